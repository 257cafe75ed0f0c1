"""What programs written for the 0.3 line rely on; each test is one line of that contract."""

from __future__ import annotations

import base64
import inspect
import logging
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask, flash, redirect, request, session
from flask.views import MethodView
from flask_wtf import CSRFProtect, FlaskForm
from markupsafe import Markup
from werkzeug.exceptions import BadRequest
from wtforms import PasswordField, StringField

import flask_simplelogin
from flask_simplelogin import (
    LoginForm,
    Message,
    SimpleLogin,
    SimpleLoginNotInitializedError,
    User,
    default_login_checker,
    get_username,
    is_logged_in,
    login_required,
)

from .conftest import Visitor, client_of, new_app, with_views

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


def basic(username: str, password: str) -> dict[str, str]:
    """Return the header that carries Basic credentials."""
    value = base64.b64encode(f"{username}:{password}".encode()).decode()
    return {"Authorization": f"Basic {value}"}


def app_with(checker: Any = None, **config: Any) -> Flask:
    """Return an app with views and a login."""
    app = new_app(**config)
    SimpleLogin(app, checker)
    return with_views(app)


def anybody(user: User) -> bool:
    """Let everybody in whose password is "right"."""
    return user["password"] == "right"


# Names and signatures


@pytest.mark.parametrize(
    "name",
    [
        "SimpleLogin",
        "login_required",
        "is_logged_in",
        "get_username",
        "Message",
        "LoginForm",
        "default_login_checker",
        "SimpleLoginNotInitializedError",
        "User",
        "Validator",
        "LoginChecker",
        "url_for",
    ],
)
def test_name_is_importable(name: str) -> None:
    """The names of 0.3 are exported, and listed."""
    assert hasattr(flask_simplelogin, name)
    assert name in flask_simplelogin.__all__


def test_signatures() -> None:
    """The arguments stand in the order of 0.3."""

    def arguments(function: Callable[..., Any]) -> list[str]:
        return list(inspect.signature(function).parameters)

    assert arguments(SimpleLogin)[:4] == ["app", "login_checker", "login_form", "messages"]
    assert arguments(SimpleLogin.init_app)[1:5] == [
        "app",
        "login_checker",
        "login_form",
        "messages",
    ]
    assert arguments(login_required)[:4] == ["function", "username", "basic", "must"]
    assert arguments(is_logged_in) == ["username"]
    assert arguments(get_username) == []


def test_all_arguments_are_positional_too() -> None:
    """`SimpleLogin(app, checker, form, messages)` works."""
    app = new_app()
    SimpleLogin(app, anybody, LoginForm, {"login_success": "hello"})
    visitor = client_of(app)
    visitor.log_in("ada", "right")
    assert visitor.flashes() == [("primary", "hello")]


def test_init_app_twice_raises() -> None:
    """A second `init_app` on one app raises `RuntimeError`."""
    app = new_app()
    login = SimpleLogin(app)
    with pytest.raises(RuntimeError, match="has a login already"):
        login.init_app(app)


def test_login_checker_as_decorator() -> None:
    """`@login.login_checker` sets the checker, and leaves the function as it is."""
    app = new_app()
    login = SimpleLogin(app)
    assert login.login_checker(anybody) is anybody
    assert client_of(app).log_in("ada", "right").status_code == 302
    assert client_of(app).log_in("admin", "secret").status_code == 401


def test_instance_knows_its_app() -> None:
    """`login.app`, `app.extensions` and `login.config` are there for programs to read."""
    app = new_app(SIMPLELOGIN_HOME_URL="/start")
    login = SimpleLogin()
    login.init_app(app)
    assert login.app is app
    assert app.extensions["simplelogin"] is login
    assert dict(login.config) == {
        "blueprint": "simplelogin",
        "login_url": "/login/",
        "logout_url": "/logout/",
        "home_url": "/start",
    }


def test_decorated_view_keeps_its_name() -> None:
    """`__name__`, `__module__` and `__doc__` survive, with and without arguments."""

    def view() -> str:
        """Say so."""
        return ""

    for decorated in (
        login_required(view),
        login_required()(view),
        login_required(username="a", basic=True, must=lambda name: None)(view),
    ):
        assert decorated.__name__ == "view"
        assert decorated.__module__ == __name__
        assert decorated.__doc__ == "Say so."


@pytest.mark.parametrize("wrong", ["admin", ["admin"], 5, True])
def test_anything_positional_that_is_not_callable_raises(wrong: Any) -> None:
    """`login_required("name")` is a `ValueError` that says how to write it."""
    with pytest.raises(ValueError, match="username="):
        login_required(wrong)


def test_app_without_login_says_so() -> None:
    """A forgotten `init_app` is an error of its own class."""
    app = with_views(new_app())
    app.testing = True
    with pytest.raises(SimpleLoginNotInitializedError, match="init_app"):
        client_of(app).get("/secret")
    with app.test_request_context(), pytest.raises(SimpleLoginNotInitializedError):
        is_logged_in()


# login_required wherever views are


def test_method_view_decorators() -> None:
    """It works in `MethodView.decorators` and on a method with `self`."""
    app = app_with()

    class Page(MethodView):
        decorators = [login_required]

        def get(self) -> str:
            return "class-based"

    class Methods(MethodView):
        def get(self) -> str:
            return "open"

        @login_required(username="admin")
        def post(self) -> str:
            return f"posted by {get_username()}"

    app.add_url_rule("/page", view_func=Page.as_view("page"))
    app.add_url_rule("/methods", view_func=Methods.as_view("methods"))
    visitor = client_of(app)
    assert visitor.get("/page").status_code == 302
    assert visitor.get("/methods").text == "open"
    assert visitor.post("/methods").status_code == 302
    visitor.log_in()
    assert visitor.get("/page").text == "class-based"
    assert visitor.post("/methods").text == "posted by admin"


def test_flask_restful_method_decorators() -> None:
    """It works in flask-restful's `method_decorators`."""
    restful = pytest.importorskip("flask_restful")

    class Thing(restful.Resource):  # type: ignore[name-defined]
        method_decorators = [login_required(basic=True)]

        def get(self) -> dict[str, str | None]:
            return {"by": get_username()}

    app = app_with()
    restful.Api(app).add_resource(Thing, "/thing")
    assert client_of(app).get("/thing", headers=basic("admin", "secret")).json == {"by": "admin"}
    assert client_of(app).get("/thing", headers=basic("admin", "no")).status_code == 401


def test_bound_method_passed_by_hand() -> None:
    """A bound method can be decorated by a call."""

    class Pages:
        def page(self) -> str:
            return "bound"

    app = app_with()
    app.add_url_rule("/bound", "bound", login_required(Pages().page))
    visitor = client_of(app)
    assert visitor.get("/bound").status_code == 302
    visitor.log_in()
    assert visitor.get("/bound").text == "bound"


def test_before_request_function() -> None:
    """A decorated `before_request` function guards all, and the login page stays reachable."""
    app = app_with()
    ran = []

    @app.before_request
    @login_required
    def guard() -> None:
        ran.append(request.path)

    visitor = client_of(app)
    assert visitor.get("/").headers["Location"].startswith("/login/?next=/")
    assert visitor.get("/login/").status_code == 200
    with visitor.get("/simplelogin/static/simplelogin.css") as style:
        assert style.status_code == 200
    assert visitor.log_in(url="/login/?next=/").location == "/"
    assert visitor.get("/").status_code == 200
    assert ran == ["/"]


def test_none_from_handle_view_comes_back_untouched() -> None:
    """Flask-Admin's `_handle_view` answers `None` to let in, and so does the decorated one."""

    class View:
        @login_required
        def _handle_view(self, name: str, **kwargs: Any) -> None:
            return None

    app = app_with()
    with app.test_request_context("/admin/"):
        session.update(simple_logged_in=True, simple_username="admin")
        assert View()._handle_view("index") is None


# Names and validators


def test_username_takes_a_name_or_a_list() -> None:
    """Others get 403 with the text `access_denied`."""
    app = app_with(anybody)

    @app.get("/two")
    @login_required(username=["ada", "bob"])
    def two() -> str:
        return "two"

    for name, status in (("ada", 200), ("bob", 200), ("eve", 403)):
        visitor = client_of(app)
        visitor.log_in(name, "right")
        answer = visitor.get("/two")
        assert answer.status_code == status
    assert answer.text == "Access Denied"
    assert "<h1>Access Denied</h1>" in visitor.get("/two", headers=BROWSER).text


@pytest.mark.parametrize(
    ("answer", "status"),
    [(None, 200), (True, 403), ("", 403), (False, 403), ("no", 403), (0, 403), ([], 403)],
)
def test_validator_admits_by_none_alone(answer: object, status: int) -> None:
    """Anything but `None` is a no, `True` and the empty text too."""
    app = app_with()

    @app.get("/page")
    @login_required(must=lambda username: answer)
    def page() -> str:
        return "page"

    visitor = client_of(app)
    visitor.log_in()
    shown = visitor.get("/page")
    assert shown.status_code == status
    if status == 403:
        assert shown.text == f"Authentication Error: {answer}"


def test_validators_run_in_order_with_the_name() -> None:
    """The first no ends it."""
    app = app_with()
    asked: list[tuple[int, str]] = []

    def validator(number: int, answer: str | None) -> Callable[[str], str | None]:
        def validate(username: str) -> str | None:
            asked.append((number, username))
            return answer

        return validate

    @app.get("/page")
    @login_required(must=[validator(1, None), validator(2, "two"), validator(3, "three")])
    def page() -> str:
        return "page"

    visitor = client_of(app)
    visitor.log_in()
    assert visitor.get("/page").text == "Authentication Error: two"
    assert asked == [(1, "admin"), (2, "admin")]


def test_text_of_a_validator_is_escaped_and_markup_is_not() -> None:
    """A name in a validator's answer is no way to write HTML."""
    app = app_with()

    @app.get("/text")
    @login_required(must=lambda username: "<script>")
    def text() -> str:
        return ""

    @app.get("/markup")
    @login_required(must=lambda username: Markup("<b>no</b>"))
    def markup() -> str:
        return ""

    visitor = client_of(app)
    visitor.log_in()
    for headers in ({}, BROWSER):
        assert "Authentication Error: &lt;script&gt;" in visitor.get("/text", headers=headers).text
        assert "Authentication Error: <b>no</b>" in visitor.get("/markup", headers=headers).text


def test_is_logged_in_takes_a_name_or_an_iterable() -> None:
    """No names admit nobody."""
    app = app_with()
    with app.test_request_context():
        assert not is_logged_in()
        assert get_username() is None
        session.update(simple_logged_in=True, simple_username="admin")
        assert get_username() == "admin"
        assert is_logged_in()
        assert is_logged_in("admin")
        assert is_logged_in(["eve", "admin"])
        assert is_logged_in(name for name in ("eve", "admin"))
        assert not is_logged_in("eve")
        assert not is_logged_in("adm")
        assert not is_logged_in([])
        assert not is_logged_in("")


# Messages


@pytest.mark.parametrize(
    ("label", "text", "category"),
    [
        ("login_success", "login success!", "success"),
        ("login_failure", "invalid credentials", "danger"),
        ("is_logged_in", "already logged in", "primary"),
        ("logout", "Logged out!", "primary"),
        ("login_required", "You need to login first", "warning"),
        ("access_denied", "Access Denied", "primary"),
        ("auth_error", "Authentication Error: {0}", "primary"),
    ],
)
def test_default_messages(label: str, text: str, category: str) -> None:
    """`SimpleLogin.messages` holds the defaults, and `Message.from_current_app` finds them."""
    assert SimpleLogin.messages[label] == Message(text, category)
    with app_with().app_context():
        message = Message.from_current_app(label)
        assert str(message) == text
        assert message is not None
        assert message.category == category


def test_message() -> None:
    """`Message(text, category="primary")`, `str(m)`, `m.format(...)`."""
    message = Message("Hello {0}, {name}")
    assert message.category == "primary"
    assert str(message) == message.text == "Hello {0}, {name}"
    assert message.format("a", name="b") == "Hello a, b"


def test_own_messages() -> None:
    """A text becomes a `Message`, `None` switches one off, an unknown label is ignored."""
    app = new_app()
    login = SimpleLogin(
        app,
        messages={
            "login_success": "Welcome",
            "logout": None,
            "login_failure": Message("No", "error"),
            "unknown": "x",
        },
    )
    with_views(app)
    assert login.messages["login_success"] == Message("Welcome")
    assert login.messages["logout"] is None
    assert "unknown" not in login.messages
    assert SimpleLogin.messages["login_success"] == Message("login success!", "success")
    visitor = client_of(app)
    assert '<p class="message error"' in visitor.log_in(password="wrong").text
    visitor.log_in()
    assert visitor.flashes() == [("primary", "Welcome")]
    visitor.get("/logout/")
    assert visitor.flashes() == []


def test_message_switched_off_leaves_an_empty_refusal() -> None:
    """403 without its text is still 403."""
    app = new_app()
    SimpleLogin(app, anybody, messages={"access_denied": None})
    visitor = client_of(with_views(app))
    visitor.log_in("eve", "right")
    assert visitor.get("/only-admin").status_code == 403
    assert visitor.get("/only-admin", headers=BROWSER).status_code == 403


def test_flash() -> None:
    """`SimpleLogin.flash(label, *args)` flashes on class and instance."""
    app = app_with()
    with app.test_request_context():
        SimpleLogin.flash("auth_error", "why")
        app.extensions["simplelogin"].flash("logout")
        assert session["_flashes"] == [
            ("primary", "Authentication Error: why"),
            ("primary", "Logged out!"),
        ]


# Settings


def test_credentials_are_read_at_each_login(monkeypatch: pytest.MonkeyPatch) -> None:
    """Changing `app.config` after start counts, and the environment goes before it."""
    app = app_with()
    app.config.update(SIMPLELOGIN_USERNAME="chuck", SIMPLELOGIN_PASSWORD="norris")
    assert client_of(app).log_in("chuck", "norris").status_code == 302
    assert client_of(app).log_in("admin", "secret").status_code == 401
    monkeypatch.setenv("SIMPLELOGIN_USERNAME", "bruce")
    monkeypatch.setenv("SIMPLELOGIN_PASSWORD", "lee")
    assert client_of(app).log_in("bruce", "lee").status_code == 302
    assert client_of(app).log_in("chuck", "norris").status_code == 401


@pytest.mark.parametrize("empty", [None, ""])
def test_none_or_empty_means_the_default(empty: str | None) -> None:
    """A setting that is there but empty is not set."""
    app = app_with(
        SIMPLELOGIN_LOGIN_URL=empty,
        SIMPLELOGIN_HOME_URL=empty,
        SIMPLELOGIN_BLUEPRINT=empty,
        SIMPLELOGIN_USERNAME=empty,
    )
    assert client_of(app).log_in().location == "/"


def test_own_urls_and_blueprint() -> None:
    """Endpoints move with the blueprint's name."""
    app = app_with(
        SIMPLELOGIN_LOGIN_URL="/in/",
        SIMPLELOGIN_LOGOUT_URL="/out/",
        SIMPLELOGIN_HOME_URL="/start",
        SIMPLELOGIN_BLUEPRINT="door",
    )
    with app.test_request_context():
        assert flask_simplelogin.url_for("door.login") == "/in/"
        assert flask_simplelogin.url_for("door.logout") == "/out/"
    visitor = client_of(app)
    assert visitor.get("/secret").location == "/in/?next=/secret"
    assert visitor.log_in(url="/in/").location == "/start"
    assert visitor.get("/out/").location == "/start"
    assert visitor.get("/login/").status_code == 404


def test_old_prefix_warns() -> None:
    """`SIMPLE_LOGIN_` works, with a `FutureWarning` that names the new key."""
    with pytest.warns(
        FutureWarning, match="rename SIMPLE_LOGIN_LOGIN_URL to SIMPLELOGIN_LOGIN_URL"
    ):
        app = app_with(SIMPLE_LOGIN_LOGIN_URL="/old/")
    assert client_of(app).get("/old/").status_code == 200


def test_allowed_hosts_are_read_at_each_request() -> None:
    """`next` may lead to a host that is listed, as soon as it is."""
    app = app_with()
    visitor = client_of(app)
    url = "/login/?next=https://friend.example/x"
    assert visitor.get(url).status_code == 400
    app.config["ALLOWED_HOSTS"] = ["friend.example"]
    assert visitor.log_in(url=url).location == "https://friend.example/x"


def test_csrf_can_be_switched_off_later() -> None:
    """`WTF_CSRF_ENABLED=False` is honoured, also when set after `init_app`."""
    app = app_with()
    data = {"username": "admin", "password": "secret"}
    assert client_of(app).post("/login/", data=data).status_code == 200
    app.config["WTF_CSRF_ENABLED"] = False
    assert client_of(app).post("/login/", data=data).status_code == 302


@pytest.mark.parametrize("first", [True, False])
def test_csrf_protect_beside_it(*, first: bool) -> None:
    """`CSRFProtect(app)` works beside it, before or after, and the form keeps its own answer."""
    app = new_app()
    if first:
        CSRFProtect(app)
    SimpleLogin(app)
    if not first:
        CSRFProtect(app)
    with_views(app)
    visitor = client_of(app)
    stale = visitor.post("/login/", data={"username": "ada", "password": "x", "csrf_token": "old"})
    assert stale.status_code == 200
    assert 'value="ada"' in stale.text
    assert visitor.log_in().status_code == 302
    assert visitor.post("/delete").status_code == 400


# HTTP


def test_protected_page_sends_to_the_login() -> None:
    """302 with `next`, and the message is flashed: once, however often it is asked."""
    visitor = client_of(app_with())
    for _ in range(3):
        answer = visitor.get("/secret")
        assert answer.status_code == 302
        assert answer.location == "/login/?next=/secret"
    assert visitor.flashes() == [("warning", "You need to login first")]


def test_login_page() -> None:
    """GET answers 200 with a form that posts to the login URL."""
    page = client_of(app_with()).get("/login/?next=/secret")
    assert page.status_code == 200
    assert '<form action="/login/?next=/secret" method="post"' in page.text


def test_login_and_logout() -> None:
    """The whole round: login, the session's keys, logout clears all of it."""
    visitor = client_of(app_with())
    answer = visitor.log_in(url="/login/?next=/secret")
    assert answer.status_code == 302
    assert answer.location == "/secret"
    data = visitor.session_data()
    assert data["simple_logged_in"] is True
    assert data["simple_username"] == "admin"
    assert visitor.flashes() == [("success", "login success!")]
    assert visitor.get("/secret").text == "secret of admin"
    again = visitor.get("/login/?next=/secret")
    assert again.location == "/secret"
    assert ("primary", "already logged in") in visitor.flashes()
    with visitor.session_transaction() as session:
        session["cart"] = [1, 2]
    answer = visitor.get("/logout/")
    assert answer.status_code == 302
    assert answer.location == "/"
    assert visitor.session_data() == {"_flashes": [("primary", "Logged out!")]}
    assert visitor.get("/secret").status_code == 302


def test_wrong_password_is_401_with_the_form() -> None:
    """The form comes back with the message, the name and without the password."""
    answer = client_of(app_with()).log_in("admin", "a wrong one")
    assert answer.status_code == 401
    assert "invalid credentials" in answer.text
    assert 'value="admin"' in answer.text
    assert "a wrong one" not in answer.text


def test_missing_token_is_200_and_names_the_reason() -> None:
    """The page names the field and the reason."""
    answer = client_of(app_with()).post("/login/", data={"username": "admin", "password": "secret"})
    assert answer.status_code == 200
    assert "csrf_token The CSRF token is missing." in answer.text


@pytest.mark.parametrize("method", ["get", "post"])
def test_foreign_next_is_400(method: str) -> None:
    """It is `abort(400)`: an error handler of the program sees it."""
    url = "/login/?next=http://evil.example/"
    answer = client_of(app_with()).open(url, method=method)
    assert answer.status_code == 400
    assert "Invalid next url" in answer.text
    app = app_with()

    @app.errorhandler(400)
    def handle(error: BadRequest) -> tuple[str, int]:
        return f"handled: {error.description}", 418

    assert client_of(app).open(url, method=method).text == "handled: Invalid next url"


def test_next_is_read_from_the_query_then_from_the_form() -> None:
    """The query goes first."""
    app = app_with()
    assert client_of(app).log_in(data={"next": "/secret"}).location == "/secret"
    answer = client_of(app).log_in(url="/login/?next=/only-admin", data={"next": "/secret"})
    assert answer.location == "/only-admin"


def test_json_with_basic_logs_in_at_the_login_url() -> None:
    """POST with a JSON content type and a Basic header is a login (302)."""
    visitor = client_of(app_with())
    answer = visitor.post("/login/?next=/secret", json={}, headers=basic("admin", "secret"))
    assert answer.status_code == 302
    assert answer.location == "/secret"
    assert visitor.session_data()["simple_basic_auth"] is True
    assert visitor.get("/secret").text == "secret of admin"
    wrong = client_of(app_with()).post("/login/", json={}, headers=basic("admin", "x"))
    assert wrong.status_code == 401


def test_basic_on_a_view() -> None:
    """Right credentials run the view and leave no session, wrong ones are challenged."""
    visitor = client_of(app_with())
    answer = visitor.get("/api", json={}, headers=basic("admin", "secret"))
    assert answer.json == {"username": "admin"}
    assert visitor.session_data() == {}
    wrong = visitor.get("/api", json={}, headers=basic("admin", "wrong"))
    assert wrong.status_code == 401
    assert wrong.headers["WWW-Authenticate"] == 'Basic realm="Login Required"'
    assert "Invalid credentials" in wrong.text
    assert visitor.get("/api", json={}).status_code == 401
    visitor.log_in()
    assert visitor.get("/api", json={}).json == {"username": "admin"}


@pytest.mark.parametrize("kind", [{"json": {}}, {}])
def test_basic_obeys_username_and_must(kind: dict[str, Any]) -> None:
    """A valid user who is not the one asked for is refused, with a JSON body and without."""
    app = app_with(anybody)

    @app.get("/ada")
    @login_required(username="ada", basic=True)
    def ada() -> str:
        return "ada"

    @app.get("/never")
    @login_required(must=lambda username: "never", basic=True)
    def never() -> str:
        return "never"

    visitor = client_of(app)
    assert visitor.get("/ada", headers=basic("ada", "right"), **kind).status_code == 200
    assert visitor.get("/ada", headers=basic("eve", "right"), **kind).status_code == 403
    assert visitor.get("/never", headers=basic("ada", "right"), **kind).status_code == 403


# Callbacks and subclasses


def test_logout_callbacks_run_in_order_and_may_raise(caplog: pytest.LogCaptureFixture) -> None:
    """The session is gone and the visitor home even when one raises."""
    app = new_app()
    login = SimpleLogin(app)
    called: list[object] = []
    login.register_on_logout_callback(lambda: called.append(get_username()))
    login.register_on_logout_callback(lambda: called.append(1 / 0))
    login.register_on_logout_callback(lambda: called.append("third"))
    visitor = client_of(with_views(app))
    visitor.log_in()
    with caplog.at_level(logging.ERROR):
        answer = visitor.get("/logout/")
    assert answer.location == "/"
    assert called == ["admin", "third"]
    assert "ZeroDivisionError" in caplog.text
    assert "simple_logged_in" not in visitor.session_data()


def test_overridden_views_are_what_runs() -> None:
    """`login`, `logout` and `basic_auth` of a subclass are called."""

    class OwnLogin(SimpleLogin):
        def login(self) -> Any:
            return super().login() if request.args.get("super") else "own login"

        def logout(self) -> Any:
            super().logout()
            return redirect("/bye")

        def basic_auth(self, response: Any = None) -> Any:
            if request.headers.get("X-Key") == "letmein":
                return response or True
            return "own refusal", 418

    app = new_app()
    OwnLogin(app)
    visitor = client_of(with_views(app))
    assert visitor.get("/login/").text == "own login"
    assert visitor.get("/api", json={}).status_code == 418
    assert visitor.get("/api", json={}, headers={"X-Key": "letmein"}).status_code == 200
    visitor.log_in(url="/login/?super=1")
    assert visitor.get("/secret").status_code in {200, 302}
    assert visitor.get("/logout/").location == "/bye"
    assert "simple_logged_in" not in visitor.session_data()


def test_overridden_basic_auth_is_what_logs_in() -> None:
    """At the login URL too, and names demanded by a view still count."""

    class OwnLogin(SimpleLogin):
        def basic_auth(self, response: Any = None) -> Any:
            return super().basic_auth(response)

    app = new_app()
    OwnLogin(app, anybody)
    with_views(app)

    @app.get("/ada")
    @login_required(username="ada", basic=True)
    def ada() -> str:
        return "ada"

    visitor = client_of(app)
    assert visitor.get("/ada", headers=basic("eve", "right")).status_code == 403
    assert visitor.post("/login/", json={}, headers=basic("eve", "right")).status_code == 302
    assert visitor.session_data()["simple_username"] == "eve"


# Session, templates, checker


def test_session_written_by_the_program_counts() -> None:
    """The two keys alone are a login; one of them, or a name that is none, is not."""
    app = app_with()
    for data, status in (
        ({"simple_logged_in": True, "simple_username": "ada"}, 200),
        ({"simple_logged_in": True}, 302),
        ({"simple_username": "ada"}, 302),
        ({"simple_logged_in": True, "simple_username": ""}, 302),
        ({"simple_logged_in": True, "simple_username": None}, 302),
        ({"simple_logged_in": True, "simple_username": ["ada"]}, 302),
        ({"simple_logged_in": False, "simple_username": "ada"}, 302),
    ):
        visitor = client_of(app)
        with visitor.session_transaction() as session:
            session.update(data)
        assert visitor.get("/secret").status_code == status, data


def test_own_login_page(tmp_path: Any) -> None:
    """The application's `login.html` replaces ours; it gets `form` and `next`."""
    (tmp_path / "login.html").write_text(
        "own page {{ next }} {{ form.csrf_token }} {{ form.username }} {{ form.password }} "
        "{{ form.errors }} {{ is_logged_in() }} {{ get_username() }} "
        "{% if is_logged_in %}wrong{% endif %}"
    )
    app = new_app()
    app.template_folder = str(tmp_path)
    SimpleLogin(app)
    page = client_of(app).get("/login/?next=/secret").text
    assert page.startswith("own page /secret <input")
    assert page.endswith("{} False None ")
    for field in ("csrf_token", "username", "password"):
        assert f'name="{field}"' in page


def test_checker_gets_the_credentials_and_the_other_fields() -> None:
    """It may flash and read `request`, and only its truth counts."""
    seen = []

    class PinForm(FlaskForm):
        username = StringField()
        password = PasswordField()
        pin = StringField()

    def checker(user: User) -> object:
        seen.append(dict(user))
        flash(f"from {request.path}")
        return [1]

    app = new_app()
    SimpleLogin(app, checker, PinForm)
    visitor = client_of(app)
    assert visitor.log_in("ada", " spaced ", data={"pin": "1234"}).status_code == 302
    assert seen == [{"username": "ada", "password": " spaced ", "pin": "1234"}]
    assert ("message", "from /login/") in visitor.flashes()


@pytest.mark.parametrize("falsy", [False, None, 0, "", []])
def test_falsy_checker_logs_nobody_in(falsy: object) -> None:
    """Whatever is false is a no."""
    assert client_of(app_with(lambda user: falsy)).log_in().status_code == 401


def test_default_login_checker_can_be_called() -> None:
    """Programs combine it with checks of their own."""
    app = app_with(SIMPLELOGIN_USERNAME="chuck", SIMPLELOGIN_PASSWORD="norris")
    with app.test_request_context():
        assert default_login_checker({"username": "chuck", "password": "norris"})
        assert not default_login_checker({"username": "chuck", "password": "Norris"})


def test_visitor_type(visitor: Visitor) -> None:
    """The fixture is a visitor of the two-line app."""
    assert visitor.get("/").text.startswith("home of None")
