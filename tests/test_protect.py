"""`login.protect`: what it closes, from the first request on and by whatever path."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import pytest
from flask import Blueprint, Flask, abort, g, request
from flask.testing import FlaskClient
from flask.views import MethodView
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.test import TestResponse

from flask_simplelogin import (
    SimpleLogin,
    SimpleLoginNotInitializedError,
    UsageError,
    get_username,
    login_required,
    login_user,
    public,
)

from .conftest import Visitor, client_of, new_app


def page(**values: object) -> str:
    """Show who is here."""
    return f"page of {get_username()}"


def app_and_login(**config: Any) -> tuple[Flask, SimpleLogin]:
    """Return an app with a page, and its login, which everybody passes with a password."""
    app = new_app(**config)
    login = SimpleLogin(app, lambda user: user["password"] == "right")
    app.add_url_rule("/page", "page", page, methods=["GET", "POST", "PUT", "DELETE"])
    return app, login


def statuses(app: Flask, *urls: str, name: str | None = None) -> list[int]:
    """Return how a visitor fares at these URLs, logged in under a name or not at all."""
    visitor = named(app, name)
    found = []
    for url in urls:
        with visitor.get(url) as answer:
            found.append(answer.status_code)
    return found


def named(app: Flask, name: str | None) -> Visitor:
    """Return a visitor who is logged in under a name, or not at all."""
    visitor = client_of(app)
    if name:
        assert visitor.log_in(name, "right").status_code == 302
    return visitor


def raw(app: Flask, path: str, method: str = "GET") -> TestResponse:
    """Ask for a path exactly as a server hands it over, decoded once."""
    return client_of(app).open(
        path="/", method=method, environ_overrides={"PATH_INFO": path.encode().decode("latin-1")}
    )


# The whole app


def test_whole_app() -> None:
    """Everything is closed but the login, its style and Flask's static files."""
    app, login = app_and_login()
    login.protect(app)
    assert statuses(app, "/page", "/") == [302, 302]
    assert statuses(app, "/login/", "/simplelogin/static/simplelogin.css") == [200, 200]
    assert statuses(app, "/static/nothing", "/nothing") == [404, 404]
    assert statuses(app, "/page", "/", "/logout/", name="ada") == [200, 200, 302]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "DELETE"])
def test_all_methods(method: str) -> None:
    """Also those that only some views take."""
    app, login = app_and_login()
    login.protect(app)
    assert client_of(app).open("/page", method=method).status_code == 302
    assert named(app, "ada").open("/page", method=method).status_code == 200


def test_what_the_router_answers_stays() -> None:
    """What does not exist, a redirect to the right form, which methods there are."""
    app, login = app_and_login()
    app.add_url_rule("/folder/", "folder", page)
    login.protect(app)
    login.protect("/folder/")
    assert statuses(app, "/nothing", "/folder/nothing", "/folder") == [404, 404, 308]
    visitor = client_of(app)
    assert visitor.patch("/page").status_code == 405
    answer = visitor.options("/page")
    assert (answer.status_code, answer.text) == (200, "")
    assert "DELETE" in answer.headers["Allow"]


def test_options_that_a_view_answers() -> None:
    """It is a view as any other."""
    app, login = app_and_login()
    login.protect(app)
    app.add_url_rule("/own", "own", page, methods=["OPTIONS"])
    assert client_of(app).options("/own").status_code == 302


def test_static_view_of_the_program() -> None:
    """A view that is only called so is closed as all others."""
    app = Flask("app_of_a_test", static_folder=None)
    app.config["SECRET_KEY"] = "a key for tests"
    app.test_client_class = Visitor
    SimpleLogin(app).protect(app)
    app.add_url_rule("/static", "static", page)
    assert statuses(app, "/static") == [302]


def test_views_that_come_later() -> None:
    """They are closed as those that were there."""
    app, login = app_and_login()
    login.protect(app)
    app.add_url_rule("/later", "later", page)
    blueprint = Blueprint("also", __name__)
    blueprint.add_url_rule("/also-later", "later", page)
    app.register_blueprint(blueprint)
    assert statuses(app, "/later", "/also-later") == [302, 302]


def test_async_view() -> None:
    """It is closed, and runs for who may enter."""
    app, login = app_and_login()
    login.protect(app)

    @app.get("/async")
    async def asynchronous() -> str:
        return page()

    assert statuses(app, "/async") == [302]
    assert named(app, "ada").get("/async").text == "page of ada"


def test_before_all_other_functions() -> None:
    """Whether they were registered before, after, or put first by hand."""
    app = new_app()
    asked: list[str] = []
    app.before_request(lambda: asked.append("before"))
    login = SimpleLogin(app)
    app.before_request(lambda: "an answer of its own")
    login.protect(app)
    app.before_request_funcs[None].insert(0, lambda: "put first")
    app.add_url_rule("/page", "page", page)
    answer = client_of(app).get("/page")
    assert (answer.status_code, asked) == (302, [])
    assert named_by_session(app).get("/page").text == "put first"


def named_by_session(app: Flask) -> Visitor:
    """Return a visitor with a session, without a look at the login page."""
    visitor = client_of(app)
    with visitor.session_transaction() as session:
        session.update(simple_logged_in=True, simple_username="ada")
    return visitor


def test_values_of_the_url_come_first() -> None:
    """Functions that take them apart run before, since the login's URL may need them."""
    app = new_app()
    login = SimpleLogin(app)

    @app.url_value_preprocessor
    def take(endpoint: str | None, values: dict[str, Any] | None) -> None:
        g.language = (values or {}).pop("language", "en")

    @app.url_defaults
    def give(endpoint: str, values: dict[str, Any]) -> None:
        if app.url_map.is_endpoint_expecting(endpoint, "language"):
            values.setdefault("language", g.language)

    app.add_url_rule("/<language>/page", "page", page)
    login.protect(app)
    assert client_of(app).get("/de/page").location == "/login/?next=/de/page"
    assert named_by_session(app).get("/de/page").text == "page of ada"


def test_forgotten_init_app() -> None:
    """An app that is protected by a login it never got is no open app."""
    app = new_app()
    app.testing = True
    SimpleLogin().protect(app)
    app.add_url_rule("/page", "page", page)
    for _ in range(2):
        with pytest.raises(SimpleLoginNotInitializedError):
            app.test_client().get("/page")


def test_guarded_answers_are_private() -> None:
    """They stay out of caches, and hang on the cookie."""
    app, login = app_and_login()
    login.protect("/page")
    answer = named(app, "ada").get("/page")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Cookie" in answer.headers["Vary"]


# What is public


class Both(MethodView):
    """A class-based view that is public."""

    decorators = [public]

    def get(self) -> str:
        """Be read by everybody."""
        return "read"


class Place:
    """A place with a method that is a view."""

    def view(self) -> str:
        """Be read."""
        return "read"

    async def slow_view(self) -> str:
        """Be read, asynchronously."""
        return "read"


class Called:
    """What can be called, and no attribute set on."""

    __slots__ = ()

    def __call__(self) -> str:
        """Be read."""
        return "read"


def test_public() -> None:
    """Above or below the route, on functions, methods, classes and whole blueprints."""
    app, login = app_and_login()
    login.protect(app)
    app.get("/below")(public(lambda: "read"))
    public(app.get("/above", endpoint="above")(lambda: "read"))
    app.add_url_rule("/class", view_func=Both.as_view("both"))
    app.add_url_rule("/method", view_func=public(Place().view))
    app.add_url_rule("/async", view_func=public(Place().slow_view))
    app.add_url_rule("/called", "called", public(Called()))
    app.add_url_rule("/other", "other", Place().view)
    blueprint = public(Blueprint("shop", __name__, static_folder="."))
    blueprint.get("/shop")(lambda: "read")
    app.register_blueprint(blueprint)
    urls = ["/below", "/above", "/class", "/method", "/async", "/called", "/shop"]
    assert statuses(app, *urls) == [200] * len(urls)
    assert statuses(app, "/other", "/page") == [302, 302]


@pytest.mark.parametrize("wrong", [Both, 5, "page", None, object()])
def test_public_on_something_else(wrong: Any) -> None:
    """It fails at once, with the remedy."""
    with pytest.raises(UsageError, match="public stands above a function"):
        public(wrong)


def test_static_files_of_a_blueprint() -> None:
    """They are closed with the app, unless the blueprint is public."""
    app, login = app_and_login()
    login.protect(app)
    app.register_blueprint(Blueprint("a", __name__, static_folder=".", static_url_path="/a"))
    opened = public(Blueprint("b", __name__, static_folder=".", static_url_path="/b"))
    app.register_blueprint(opened)
    assert statuses(app, "/a/conftest.py", "/b/conftest.py") == [302, 200]


# Blueprints


def test_blueprint() -> None:
    """It is closed, with what is nested in it and whatever comes later."""
    app, login = app_and_login()
    shop, cart = Blueprint("shop", __name__), Blueprint("cart", __name__)
    cart.add_url_rule("/cart", "cart", page)
    shop.register_blueprint(cart)
    login.protect(shop)
    shop.add_url_rule("/shop", "shop", page)
    app.register_blueprint(shop)
    assert statuses(app, "/shop", "/cart", "/page") == [302, 302, 200]
    assert statuses(app, "/shop", "/cart", name="ada") == [200, 200]


def test_nested_blueprint_alone() -> None:
    """Only it is closed, under each name that it is registered by."""
    app, login = app_and_login()
    shop, cart = Blueprint("shop", __name__), Blueprint("cart", __name__)
    cart.add_url_rule("/cart", "cart", page)
    shop.add_url_rule("/shop", "shop", page)
    shop.register_blueprint(cart)
    login.protect(cart)
    app.register_blueprint(shop)
    app.register_blueprint(shop, name="again", url_prefix="/again")
    app.register_blueprint(cart, url_prefix="/direct")
    assert statuses(app, "/shop", "/again/shop") == [200, 200]
    assert statuses(app, "/cart", "/again/cart", "/direct/cart") == [302, 302, 302]


# Paths

TRICKS = [
    "/dash", "/dash/", "/dash/x", "/dash/x/../../y", "//dash/x", "///dash", "/./dash/x",
    "/x/../dash/y", "/x/..//dash", "/DASH/x", "/Dash", "/dash;p/x", "/dash;p", "/;p/dash",
    "/x;p/..;p/dash", "/%64ash/x", "/%2564ash/x", "/dash%2fx", "/x/%2e%2e/dash", "/x/..%2fdash",
    "/\\dash", "/x\\..\\dash", "/dash\\x", "/dash./x", "/dash /x", "/ dash", "/dash?x", "/dash#x",
    "/dash::$INDEX_ALLOCATION/x", "/da\0sh", "/dash\0x", "/x/\ny", "/da\u200bsh/x", "/d\u00adash/.",
    "/ｄａｓｈ/x", "／dash／x", "/%25252525252564ash",
]  # fmt: skip


@pytest.mark.parametrize("path", TRICKS, ids=ascii)
def test_path_tricks(path: str) -> None:
    """No spelling gets past a prefix into a view that takes any path."""
    app, login = app_and_login()
    seen = []

    def anything(path: str = "") -> str:
        seen.append(path)
        return "in"

    app.add_url_rule("/", "any", anything, methods=["GET", "POST"])
    app.add_url_rule("/<path:path>", "any", methods=["GET", "POST"], merge_slashes=False)
    login.protect("/dash/")
    for method in ("GET", "POST"):
        answer = raw(app, path, method)
        assert answer.status_code in {302, 308, 404}, answer.status
    assert seen == []


@pytest.mark.parametrize(
    "path",
    ["/", "/dashboard", "/dash-2/x", "/x/dash", "/xdash/", "/da/sh", "/dashé", "/dash..x", "/100%"]
    + ["/zürich/straße", "/a b;c", "/.well-known/x", "/a/./b", "/%zz"],
)
def test_other_paths(path: str) -> None:
    """What is no reading of the prefix is not closed."""
    app, login = app_and_login()
    app.add_url_rule("/", "any", lambda path="": "in")
    app.add_url_rule("/<path:path>", "any", merge_slashes=False)
    login.protect("/dash/")
    assert raw(app, path).text == "in"


def test_prefix_and_catch_all() -> None:
    """A view that serves any path is closed below the prefix, open elsewhere."""
    app, login = app_and_login()
    app.add_url_rule("/<path:path>", "any", page)
    login.protect("/dash", username="ada")
    assert statuses(app, "/dash/x", "/x") == [302, 200]
    assert statuses(app, "/dash/x", "/x", name="eve") == [403, 200]
    assert statuses(app, "/dash/x", name="ada") == [200]


def test_prefix_in_other_letters() -> None:
    """It is closed as it is routed, and in any other case."""
    app, login = app_and_login()
    app.add_url_rule("/Büro/<x>", "office", page)
    app.add_url_rule("/BÜRO/<x>", "loud", page)
    login.protect("/Büro/")
    assert statuses(app, "/B%C3%BCro/x", "/B%C3%9CRO/x") == [302, 302]


def test_mounted_app() -> None:
    """A prefix is that of the app, wherever the app is mounted."""
    app, login = app_and_login()
    login.protect("/page")
    outer = new_app("outer")
    outer.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
        outer.wsgi_app, {"/mount": app.wsgi_app}
    )
    answer = outer.test_client().get("/mount/page")
    assert (answer.status_code, answer.location) == (302, "/mount/login/?next=/mount/page")


def test_login_below_a_prefix() -> None:
    """The login itself stays open wherever it is."""
    app = new_app(SIMPLELOGIN_LOGIN_URL="/dash/login/", SIMPLELOGIN_LOGOUT_URL="/dash/logout/")
    login = SimpleLogin(app)
    app.add_url_rule("/dash/", "dash", page)
    login.protect("/dash/")
    visitor = client_of(app)
    assert visitor.get("/dash/").location == "/dash/login/?next=/dash/"
    assert visitor.log_in(url="/dash/login/?next=/dash/").location == "/dash/"
    assert visitor.get("/dash/").text == "page of admin"


def test_other_host() -> None:
    """A host that the app does not trust gets 400, and no login."""
    app, login = app_and_login(TRUSTED_HOSTS=["localhost"])
    login.protect(app)
    answer = client_of(app).get("/page", headers={"Host": "evil.example"})
    assert answer.status_code == 400


# All together

KINDS = ["app", "blueprint", "path", "decorator"]


def combined_app(kinds: dict[str, dict[str, Any]], *, is_public: bool = False) -> Flask:
    """Return an app whose ``/shop/page`` is closed in several ways, each with its arguments."""
    app = new_app()
    login = SimpleLogin(app, lambda user: user["password"] == "right")
    shop = Blueprint("shop", __name__, url_prefix="/shop")
    view: Callable[..., Any] = lambda: page()  # noqa: E731
    if "decorator" in kinds:
        view = login_required(**kinds["decorator"])(view)
    shop.add_url_rule("/page", "page", public(view) if is_public else view)
    targets: dict[str, Any] = {"app": app, "blueprint": shop, "path": "/shop/"}
    for kind, arguments in kinds.items():
        if kind != "decorator":
            login.protect(targets[kind], **arguments)
    app.register_blueprint(shop)
    return app


def pairs() -> Iterator[tuple[str, str]]:
    """Every two ways to close a view."""
    yield from combinations(KINDS, 2)


@pytest.mark.parametrize("kinds", list(pairs()), ids="-".join)
def test_all_must_be_met(kinds: tuple[str, str]) -> None:
    """Whoever meets one of two only is not let in, whichever that is."""
    one, two = kinds
    app = combined_app({one: {"username": ["ada", "eve"]}, two: {"username": ["ada", "bob"]}})
    fared = {name: statuses(app, "/shop/page", name=name)[0] for name in ("ada", "eve", "bob")}
    assert fared == {"ada": 200, "eve": 403, "bob": 403}
    assert statuses(app, "/shop/page") == [302]


@pytest.mark.parametrize("kind", KINDS)
def test_public_opens_the_app_only(kind: str) -> None:
    """What another rule or the decorator has closed stays closed."""
    assert statuses(combined_app({kind: {}}, is_public=True), "/shop/page") == [
        200 if kind == "app" else 302
    ]
    both = combined_app({"app": {"username": "ada"}, kind: {"must": lambda name: None}})
    assert statuses(both, "/shop/page") == [302]


# Arguments `basic` of the ways to close a view, and whether credentials may come along.
BASIC: list[tuple[dict[str, bool], bool]] = [
    ({"app": True}, True),
    ({"app": False}, False),
    ({"app": False, "path": True}, True),
    ({"app": True, "path": False}, False),
    ({"app": False, "decorator": True}, True),
    ({"app": True, "decorator": False}, False),
    ({"app": False, "blueprint": True}, True),
    ({"blueprint": True, "path": False}, False),
    ({"path": True, "decorator": False}, False),
    ({"path": True, "decorator": True}, True),
    ({"app": False, "blueprint": True, "path": True, "decorator": True}, True),
    ({"app": True, "blueprint": True, "path": True, "decorator": False}, False),
]


@pytest.mark.parametrize(("kinds", "accepted"), BASIC, ids=str)
def test_credentials_that_come_along(kinds: dict[str, bool], accepted: bool) -> None:
    """All that are for less than the app must say so; the app's own decides where it is alone."""
    app = combined_app({kind: {"basic": basic} for kind, basic in kinds.items()})
    visitor = client_of(app)
    answer = visitor.get("/shop/page", auth=("ada", "right"))
    assert (answer.status_code, answer.text == "page of ada") == (
        (200, True) if accepted else (302, False)
    )
    assert visitor.get("/shop/page", auth=("ada", "wrong")).status_code == (
        401 if accepted else 302
    )
    assert "simple_username" not in visitor.session_data()


def test_credentials_are_checked_once() -> None:
    """However many rules a request passes."""
    asked: list[object] = []
    app = new_app()
    login = SimpleLogin(app, lambda user: not asked.append(user))  # type: ignore[func-returns-value]
    app.add_url_rule("/dash/", "dash", login_required(basic=True)(page))
    login.protect(app, basic=True)
    login.protect("/dash/", basic=True, username="ada")
    assert client_of(app).get("/dash/", auth=("ada", "right")).text == "page of ada"
    assert len(asked) == 1


# Which apps


def test_before_init_app() -> None:
    """It counts for all apps that follow."""
    login = SimpleLogin()
    login.protect("/page")
    apps = []
    for _ in range(2):
        app = new_app()
        login.init_app(app)
        app.add_url_rule("/page", "page", page)
        apps.append(app)
    assert [statuses(app, "/page") for app in apps] == [[302], [302]]


def test_after_init_app() -> None:
    """It counts for that app and for no other."""
    login = SimpleLogin()
    first, second, third = (new_app() for _ in range(3))
    login.init_app(first)
    login.init_app(second)
    login.protect("/page")
    with first.app_context():
        login.protect("/other")
    login.protect(third)
    login.init_app(third)
    for app in (first, second, third):
        app.add_url_rule("/page", "page", page)
        app.add_url_rule("/other", "other", page)
    assert statuses(first, "/page", "/other") == [200, 302]
    assert statuses(second, "/page", "/other") == [302, 200]
    assert statuses(third, "/page", "/other") == [302, 302]


# Wrong use


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("dash", "does not start with a slash"),
        ("", "does not start with a slash"),
        ("https://example.org/dash/", "does not start with a slash"),
        ("/", "write protect\\(app\\)"),
        ("//", "write protect\\(app\\)"),
        ("/dash/*", "is a pattern"),
        ("/<name>/", "is a pattern"),
        ("/%64ash/", "is a pattern"),
        ("/x/../dash/", "more than one way"),
        ("/da\0sh/", "more than one way"),
        (None, "not NoneType"),
        (["/dash/"], "not list"),
        (page, "@login_required"),
        (Both, "not type"),
        (b"/dash/", "not bytes"),
    ],
)
def test_wrong_target(target: Any, sentence: str) -> None:
    """It fails at once, with one sentence that says what to do."""
    with pytest.raises(UsageError, match=sentence):
        SimpleLogin().protect(target)


@pytest.mark.parametrize("arguments", [{"username": 5}, {"must": "f"}, {"role": 5}])
def test_wrong_arguments(arguments: dict[str, Any]) -> None:
    """They are those of the decorator, and fail as there."""
    with pytest.raises(UsageError):
        SimpleLogin().protect("/dash/", **arguments)


def test_too_late() -> None:
    """After the first request no rule can be added, as with Flask's own functions."""
    app, login = app_and_login()
    client_of(app).get("/page")
    with pytest.raises(UsageError, match="comes too late"):
        login.protect(app)


def test_rules_that_cover_nothing(caplog: pytest.LogCaptureFixture) -> None:
    """A blueprint that was not registered, a path that is misspelt or served by another app."""
    app, login = app_and_login()
    app.add_url_rule("/shop/<x>", "shop", page)
    login.protect(Blueprint("forgotten", __name__))
    login.protect("/dsah/")
    login.protect("/shop/new/")
    login.protect("/pages/")
    login.protect("/page")
    client_of(app).get("/page")
    told = [record.getMessage() for record in caplog.records if "covers nothing" in record.msg]
    assert [text.partition(" covers")[0] for text in told] == [
        "protect(blueprint forgotten)",
        'protect("/dsah/")',
        'protect("/pages/")',
    ]


def test_validator_is_called_once_for_a_page() -> None:
    """And one that answers by itself is heard."""
    app, login = app_and_login()
    asked = []

    def closed(username: str) -> None:
        asked.append(username)
        abort(418)

    login.protect("/page", must=closed)
    assert named(app, "ada").get("/page").status_code == 418
    assert asked == ["ada"]


def test_login_by_the_program_within_a_request() -> None:
    """Who has just been logged in is let in by the next request, not by a guess."""
    app, login = app_and_login()

    @app.post("/portal")
    @public
    def portal() -> str:
        login_user(request.form["name"])
        return "in"

    login.protect(app, username="ada")
    visitor: FlaskClient = client_of(app)
    visitor.post("/portal", data={"name": "ada"})
    assert visitor.get("/page").text == "page of ada"
    visitor.post("/portal", data={"name": "eve"})
    assert visitor.get("/page").status_code == 403
