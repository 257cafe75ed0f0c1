"""`flask simplelogin routes`: who may enter each route, and why."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial, wraps
from typing import Any

import pytest
from flask import Blueprint, Flask, g
from flask.views import MethodView
from flask_admin import Admin, BaseView, expose
from flask_restful import Api, Resource

from flask_simplelogin import (
    SimpleLogin,
    get_username,
    has_role,
    is_logged_in,
    login_required,
    public,
)
from flask_simplelogin.routes import routes

from .conftest import client_of, new_app


def view() -> Callable[..., str]:
    """Return a function that nothing was put around yet."""

    def page(**values: object) -> str:
        """Be a view."""
        return ""

    return page


def on_duty(username: str) -> None:
    """Let in."""


class Board(MethodView):
    """A view whose methods differ."""

    def get(self) -> str:
        """Be read by everybody."""
        return ""

    def delete(self) -> str:
        """Ask by itself."""
        return "" if has_role("admin") else "no"

    @login_required
    def post(self) -> str:
        """Be for users."""
        return ""


class Notes(MethodView):
    """A view that is decorated as a whole."""

    decorators = [login_required(username="ada")]

    def get(self) -> str:
        """Be for Ada."""
        return ""


class Items(Resource):
    """A resource of Flask-RESTful."""

    method_decorators = {"post": [login_required(username="ada")], "put": [login_required]}

    def get(self) -> str:
        """Be read by everybody."""
        return ""

    post = put = get


class Records(BaseView):
    """A view of Flask-Admin."""

    @expose("/")  # type: ignore[untyped-decorator]
    def index(self) -> str:
        """Be asked for."""
        return ""


class Asking(Records):
    """One that decides."""

    def is_accessible(self) -> bool:
        """Let users in."""
        return is_logged_in()


class Handled(Records):
    """One whose `_handle_view` is decorated."""

    _handle_view = login_required(BaseView._handle_view)


def listed(app: Flask) -> dict[str, tuple[str, str, bool]]:
    """Return who may enter each route and why, and whether it is open: methods and path → these."""
    return {
        f"{' '.join(route.methods)} {route.path}": (
            ", ".join(route.verdict.who),
            "; ".join(route.verdict.why),
            route.verdict.is_open,
        )
        for route in routes(app)
    }


def test_each_way() -> None:
    """Each way to close a view, or to leave it open, is told as it is."""
    app = new_app()
    login = SimpleLogin(app)
    app.add_url_rule("/open", "open", view())
    app.add_url_rule("/users", "users", login_required(view()))
    app.add_url_rule("/named", "named", login_required(username=["grace", "ada"])(view()))
    app.add_url_rule("/nobody", "nobody", login_required(username=[])(view()))
    app.add_url_rule("/live", "live", login_required(username={"ada": 1}.keys())(view()))
    app.add_url_rule("/role", "role", login_required(role="admin", must=on_duty)(view()))
    app.add_url_rule("/wrong", "wrong", view())
    app.add_url_rule("/board", view_func=Board.as_view("board"))
    app.add_url_rule("/notes", view_func=Notes.as_view("notes"))
    app.add_url_rule("/around", "around", wraps(view())(partial(login_required(view()))))
    app.get("/asks")(wraps(view())(lambda: "in" if is_logged_in() else "out"))
    Api(app).add_resource(Items, "/items")
    login.protect("/dash/", username="ada")
    app.add_url_rule("/dash/<x>", "dash", view(), methods=["GET", "PUT"])
    app.add_url_rule("/<path:rest>", "rest", view())
    guarded = Blueprint("guarded", __name__)
    guarded.before_request(login_required(view()))
    guarded.add_url_rule("/guarded", "guarded", view())
    app.register_blueprint(guarded)
    nothing, asks = "nothing closes it", "asks itself"
    users = "anyone logged in"
    own = {
        each: found
        for each, found in listed(app).items()
        if "login" not in each and "logout" not in each
    }
    assert own == {
        "GET /open": ("everybody", nothing, True),
        "GET /users": (users, "@login_required", False),
        "GET /named": ("user ada or grace", "@login_required", False),
        "GET /nobody": ("nobody", "@login_required", False),
        "GET /live": ("user in a dict_keys", "@login_required", False),
        "GET /role": ("role admin, must on_duty", "@login_required", False),
        "GET /wrong": ("everybody", nothing, True),
        "GET /board": ("everybody", nothing, True),
        "DELETE /board": ("everybody", asks, True),
        "POST /board": (users, "@login_required", False),
        "GET /notes": ("user ada", "@login_required", False),
        "GET /around": (users, "@login_required", False),
        "GET /asks": ("everybody", asks, True),
        "GET /items": ("everybody", nothing, True),
        "POST /items": ("user ada", "@login_required", False),
        "PUT /items": (users, "@login_required", False),
        "GET PUT /dash/<x>": ("user ada", 'protect("/dash/")', False),
        "GET /<path:rest>": ("everybody", 'but below protect("/dash/"): user ada', True),
        "GET /guarded": (users, "@login_required on page, before each request", False),
        "GET /static/<path:filename>": ("everybody", "Flask's static files", True),
    }


def test_whole_app() -> None:
    """What is open is named as such, and rules add up."""
    app = new_app()
    login = SimpleLogin(app)
    login.protect(app)
    login.protect("/page", username="ada")
    app.add_url_rule("/page", "page", login_required(role="admin")(view()))
    app.get("/about")(public(lambda: ""))
    assert listed(app) == {
        "GET /page": (
            "user ada, role admin",
            'protect(app); protect("/page/"); @login_required',
            False,
        ),
        "GET /about": ("everybody", "@public", True),
        "GET POST /login/": ("everybody", "the login itself", True),
        "GET POST /logout/": ("everybody", "the login itself", True),
        "GET /simplelogin/static/<path:filename>": ("everybody", "the login itself", True),
        "GET /static/<path:filename>": ("everybody", "Flask's static files", True),
    }


def test_flask_admin() -> None:
    """What a program decides by itself is told as such, what the rule says as that."""
    app = new_app()
    login = SimpleLogin(app)
    admin = Admin(app)
    admin.add_view(Records(name="a", endpoint="records"))
    admin.add_view(Asking(name="b", endpoint="asking"))
    admin.add_view(Handled(name="c", endpoint="handled"))
    found = listed(app)
    assert found["GET /admin/records/"] == ("everybody", "nothing closes it", True)
    assert found["GET /admin/asking/"] == (
        "as the program decides",
        "is_accessible of Asking",
        False,
    )
    assert found["GET /admin/handled/"][::2] == ("anyone logged in", False)
    login.protect(admin, role="admin")
    found = listed(app)
    assert found["GET /admin/records/"] == ("role admin", "protect(admin admin)", False)
    assert found["GET /admin/asking/"] == (
        "role admin",
        "protect(admin admin); is_accessible of Asking",
        False,
    )


def test_function_that_only_looks() -> None:
    """Who asks for a name before each request has closed nothing by that."""
    app = new_app()
    SimpleLogin(app)

    @app.before_request
    def load() -> None:
        g.name = get_username()

    app.add_url_rule("/", "home", view())
    assert listed(app)["GET /"] == ("everybody", "asks itself on load, before each request", True)


def test_decorator_above_the_route() -> None:
    """It is open, and why is said."""
    app = new_app()
    SimpleLogin(app)
    login_required(app.get("/wrong")(lambda: ""))
    assert listed(app)["GET /wrong"][1:] == ("@login_required stands above the route", True)


def test_truth() -> None:
    """What is listed as open answers an anonymous visitor, and what is closed does not."""
    app = new_app()
    login = SimpleLogin(app)
    login.protect(app)
    login.protect("/dash/")
    views: dict[str, Any] = {
        "/a": view(),
        "/b": public(lambda: ""),
        "/c": login_required(public(lambda: "")),
        "/dash/d": public(lambda: ""),
        "/DASH/e": public(lambda: ""),
        "/dashboard": public(lambda: ""),
    }
    for path, function in views.items():
        app.add_url_rule(path, path, function)
    found = listed(app)
    for path in views:
        is_open = client_of(app).get(path).status_code == 200
        assert found[f"GET {path}"][2] is is_open
        assert is_open is (path in {"/b", "/dashboard"})


def test_command() -> None:
    """It prints a table, only the open ones if it is told to, and JSON."""
    app = new_app()
    SimpleLogin(app).protect(app)
    app.get("/about")(public(lambda: ""))
    app.add_url_rule("/page", "page", view())
    run = app.test_cli_runner().invoke
    lines = run(args=["simplelogin", "routes"]).output.splitlines()
    assert [line.split()[0] for line in lines] == [
        *("Path", "/about", "/login/", "/logout/", "/page"),
        *("/simplelogin/static/<path:filename>", "/static/<path:filename>"),
    ]
    assert lines[4].split(maxsplit=2)[1:] == ["GET", "anyone logged in  protect(app)"]
    only_open = run(args=["simplelogin", "routes", "--open"]).output
    assert "/page" not in only_open
    assert "/about" in only_open
    data = json.loads(run(args=["simplelogin", "routes", "--open", "--json"]).output)
    assert data[0] == {
        "path": "/about",
        "methods": ["GET"],
        "endpoint": "<lambda>",
        "who": ["everybody"],
        "why": ["@public"],
        "open": True,
    }


@pytest.mark.parametrize("wrong", [5, object(), type("X", (), {"__getattr__": lambda *_: 1})()])
def test_odd_views(wrong: Any) -> None:
    """Whatever stands where a view should: the list is printed all the same."""
    app = new_app()
    SimpleLogin(app)
    app.add_url_rule("/odd", "odd", view())
    app.view_functions["odd"] = wrong
    assert listed(app)["GET /odd"][2] is True


def test_list_before_the_app_is_complete() -> None:
    """It does not fix what comes later."""
    app = new_app()
    login = SimpleLogin(app)
    login.protect(app)
    app.add_url_rule("/page", "page", view())
    assert listed(app)["GET /page"][2] is False
    app.view_functions["page"] = public(lambda: "read")
    login.protect("/page", username="ada")
    assert listed(app)["GET /page"][0] == "user ada"
    assert client_of(app).get("/page").status_code == 302
