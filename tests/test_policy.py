"""One verdict for each requirement: whoever asks, and however the visitor came in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Blueprint, Flask, redirect, request
from flask.typing import ResponseReturnValue
from flask_admin import Admin, BaseView, expose

from flask_simplelogin import (
    SimpleLogin,
    UsageError,
    get_username,
    has_role,
    is_logged_in,
    login_required,
    login_user,
    logout_user,
    public,
)

from .conftest import Visitor, client_of, new_app


def yes(username: str) -> None:
    """Let everybody in."""


def no(username: str) -> str:
    """Let nobody in."""
    return "no"


def truth(username: str) -> bool:
    """Answer what is no yes."""
    return True


def only_ada(username: str) -> str | None:
    """Let Ada in."""
    return None if username == "ada" else "not Ada"


def broken(username: str) -> None:
    """Raise an error."""
    raise LookupError(username)


async def async_no(username: str) -> str:
    """Let nobody in, asynchronously."""
    return "no"


async def async_yes(username: str) -> None:
    """Let everybody in, asynchronously."""


# Arguments of login_required, and whether Ada and Eve meet them.
REQUIREMENTS: dict[str, tuple[dict[str, Any], bool, bool]] = {
    "anyone": ({}, True, True),
    "name": ({"username": "ada"}, True, False),
    "list": ({"username": ["ada", "bob"]}, True, False),
    "tuple": ({"username": ("bob", "eve")}, False, True),
    "empty list": ({"username": []}, False, False),
    "empty name": ({"username": ""}, False, False),
    "validator yes": ({"must": yes}, True, True),
    "validator no": ({"must": no}, False, False),
    "validator true": ({"must": truth}, False, False),
    "validator by name": ({"must": only_ada}, True, False),
    "validator that raises": ({"must": broken}, False, False),
    "async validator": ({"must": async_no}, False, False),
    "async validator yes": ({"must": async_yes}, True, True),
    "several": ({"must": [yes, only_ada]}, True, False),
    "several with a no": ({"must": [yes, only_ada, no]}, False, False),
    "no validators": ({"must": []}, True, True),
    "role": ({"role": "admin"}, True, False),
    "roles": ({"role": ["editor", "admin"]}, True, True),
    "no role": ({"role": []}, False, False),
    "part of a role": ({"role": "adm"}, False, False),
    "role and another name": ({"role": "admin", "username": "eve"}, False, False),
    "role and a no": ({"role": ["admin", "editor"], "must": only_ada}, True, False),
    "name and validator": ({"username": ["ada", "eve"], "must": only_ada}, True, False),
}

ROLES = {"ada": ["admin"], "eve": "editor, administrator"}

PROTECTED = ["app", "blueprint", "path", "admin"]

Ask = Callable[[Visitor, str, str], int]


def by_form(visitor: Visitor, name: str, url: str) -> int:
    """Come in by the form."""
    assert visitor.log_in(name, "right").status_code == 302
    return visitor.get(url).status_code


def by_json(visitor: Visitor, name: str, url: str) -> int:
    """Come in by a JSON object."""
    answer = visitor.post("/login/", json={"username": name, "password": "right"})
    assert answer.status_code == 200
    return visitor.get(url).status_code


def by_basic(visitor: Visitor, name: str, url: str) -> int:
    """Bring the credentials along."""
    return visitor.get(url, auth=(name, "right")).status_code


def by_basic_with_json(visitor: Visitor, name: str, url: str) -> int:
    """Bring the credentials along with a JSON body."""
    return visitor.get(url, auth=(name, "right"), json={}).status_code


def by_basic_over_a_session(visitor: Visitor, name: str, url: str) -> int:
    """Bring the credentials along where somebody else is logged in."""
    visitor.log_in("ada" if name == "eve" else "eve", "right")
    return visitor.get(url, auth=(name, "right")).status_code


def by_basic_login(visitor: Visitor, name: str, url: str) -> int:
    """Log in by the header at the login URL."""
    assert visitor.post("/login/", json={}, auth=(name, "right")).status_code == 302
    return visitor.get(url).status_code


def by_login_user(visitor: Visitor, name: str, url: str) -> int:
    """Be logged in by the program."""
    visitor.get(f"/portal/{name}")
    return visitor.get(url).status_code


def by_session(visitor: Visitor, name: str, url: str) -> int:
    """Have a session that the program wrote."""
    with visitor.session_transaction() as session:
        session.update(simple_logged_in=True, simple_username=name)
    return visitor.get(url).status_code


ENTRANCES: list[Ask] = [
    by_form,
    by_json,
    by_basic,
    by_basic_with_json,
    by_basic_over_a_session,
    by_basic_login,
    by_login_user,
    by_session,
]


def page() -> str:
    """Show who is here."""
    return f"page of {get_username()}"


def nothing() -> None:
    """Let in, as a ``before_request`` function does it."""


def app_asking(way: str, arguments: dict[str, Any]) -> Flask:
    """Return an app whose ``/page`` is guarded in one of the ways to ask."""
    app = new_app()
    login = SimpleLogin(app, lambda user: user["password"] == "right")
    if "role" in arguments:
        login.user_loader(lambda name: SimpleNamespace(roles=ROLES[name]))

    @app.get("/portal/<name>")
    @public
    def portal(name: str) -> ResponseReturnValue:
        login_user(name)
        return redirect("/")

    guarded: Any = login_required(basic=True, **arguments)
    if way == "login_required":
        app.add_url_rule("/page", view_func=guarded(page))
    elif way in PROTECTED:
        protect(app, login, way, arguments)
    elif way == "before_request":
        app.add_url_rule("/page", view_func=page)
        guard = guarded(nothing)
        app.before_request(lambda: guard() if request.path == "/page" else None)
    else:
        asked = login_required(basic=True)(lambda: page() if asks(**arguments) else ("no", 403))
        app.add_url_rule("/page", "page", asked)
    return app


def protect(app: Flask, login: SimpleLogin, way: str, arguments: dict[str, Any]) -> None:
    """Close the page by one of the targets of `protect`."""
    blueprint, admin = Blueprint("pages", __name__), Admin()
    if way == "admin":
        admin.init_app(app)
        admin.add_view(AdminPage(url="/page"))
    else:
        blueprint.add_url_rule("/page", "page", page)
        app.register_blueprint(blueprint)
    targets = {"app": app, "blueprint": blueprint, "path": "/page", "admin": admin}
    login.protect(targets[way], basic=True, **arguments)


class AdminPage(BaseView):
    """The page as a view of Flask-Admin."""

    @expose("/")  # type: ignore[untyped-decorator]
    def index(self) -> str:
        """Show who is here."""
        return page()


def asks(username: Any = None, role: Any = None) -> bool:
    """Ask in the view's own code."""
    return is_logged_in(username) and (role is None or has_role(role))


def cases() -> Iterator[Any]:
    """Every requirement, asked in every way that can ask it."""
    for number, (name, (arguments, ada, eve)) in enumerate(REQUIREMENTS.items()):
        ways = ["login_required", "before_request"]
        # All targets of `protect` are enforced by one function: they take turns.
        ways += PROTECTED if name in {"name", "role"} else [PROTECTED[number % 4]]
        if "must" not in arguments:
            ways.append("is_logged_in")
        for way in ways:
            yield pytest.param(way, arguments, ada, eve, id=f"{name}-{way}")


@pytest.mark.parametrize("entrance", ENTRANCES, ids=lambda entrance: entrance.__name__)
@pytest.mark.parametrize(("way", "arguments", "ada", "eve"), list(cases()))
def test_one_verdict(
    entrance: Ask, way: str, arguments: dict[str, Any], ada: bool, eve: bool
) -> None:
    """The same for all entrances and all ways to ask."""
    app = app_asking(way, arguments)
    url = "/page/" if way == "admin" else "/page"
    assert client_of(app).get(url).status_code == 302
    for name, admitted in (("ada", ada), ("eve", eve)):
        assert entrance(client_of(app), name, url) == (200 if admitted else 403)


def test_validator_that_raises_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """Access is denied, and the traceback is in the app's log."""
    app = app_asking("login_required", {"must": broken})
    assert by_form(client_of(app), "ada", "/page") == 403
    assert "LookupError" in caplog.text


@pytest.mark.parametrize("name", ["", "a" * 1025, "a\0b", None, 5, ["ada"]])
def test_login_user_takes_a_name(name: Any) -> None:
    """Anything that is none fails at once."""
    app = app_asking("login_required", {})
    with app.test_request_context(), pytest.raises(UsageError, match="login_user"):
        login_user(name)


def test_logout_user_calls_the_callbacks() -> None:
    """A program that logs out gets the same as a visitor who does."""
    app = new_app()
    called = []
    SimpleLogin(app).register_on_logout_callback(lambda: called.append(get_username()))
    with app.test_request_context():
        login_user("ada")
        assert is_logged_in("ada")
        logout_user()
        assert not is_logged_in()
    assert called == ["ada"]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"username": 5}, "takes a name or a list of names, not int"),
        ({"username": b"ada"}, "takes a name or a list of names, not bytes"),
        ({"must": "name"}, "takes a function or a list of functions, not str"),
        ({"must": [yes, None]}, "takes a function or a list of functions, not NoneType"),
        ({"must": 5}, "takes a function or a list of functions, not int"),
    ],
)
def test_wrong_arguments_fail_at_once(arguments: dict[str, Any], sentence: str) -> None:
    """Where the view is defined, not at the first request."""
    with pytest.raises(UsageError, match=sentence):
        login_required(**arguments)
