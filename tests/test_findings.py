"""What attacks on this package have found: each is a line that must hold from now on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask, abort
from werkzeug.exceptions import TooManyRequests
from werkzeug.routing import BaseConverter
from wtforms import BooleanField, StringField
from wtforms.validators import AnyOf

from flask_simplelogin import (
    LoginForm,
    SimpleLogin,
    UsageError,
    User,
    get_username,
    login_required,
    login_user,
    user_logged_in,
)

from .conftest import client_of, new_app, with_views

JSON = {"Accept": "application/json"}


def right(user: User) -> bool:
    """Let in who knows the password."""
    return user["password"] == "right"


def app_with(checker: Any = right, form: Any = None, **config: Any) -> Flask:
    """Return an app with views."""
    app = new_app(PROPAGATE_EXCEPTIONS=False, **config)
    SimpleLogin(app, checker, form)
    return with_views(app)


class PinForm(LoginForm):
    """A form with a second factor."""

    pin = StringField(validators=[AnyOf(["424242"])])


def test_second_factor_is_demanded_of_json_with_basic() -> None:
    """A header at the login URL does not go around the app's form."""
    visitor = client_of(app_with(form=PinForm))
    kwargs: dict[str, Any] = {"auth": ("ada", "right")}
    assert visitor.post("/login/", json={}, **kwargs).status_code == 400
    assert visitor.post("/login/", json={"pin": "1"}, **kwargs).status_code == 400
    assert visitor.get("/secret").status_code == 302
    assert visitor.post("/login/", json={"pin": "424242"}, **kwargs).status_code == 302
    assert visitor.get("/secret").status_code == 200


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null"])
def test_json_with_basic_needs_no_object(body: bytes) -> None:
    """It never did."""
    answer = client_of(app_with()).post(
        "/login/", data=body, content_type="application/json", auth=("ada", "right")
    )
    assert answer.status_code == 302


def test_list_of_names_stays_the_programs_own() -> None:
    """Whom it removes from the list is out at the next request."""
    admins = ["ada", "bob"]
    app = app_with()
    app.add_url_rule("/page", "page", login_required(username=admins)(lambda: "page"))
    visitor = client_of(app)
    visitor.log_in("bob", "right")
    assert visitor.get("/page").status_code == 200
    admins.remove("bob")
    assert visitor.get("/page").status_code == 403
    admins.clear()
    assert visitor.get("/page").status_code == 403


def test_names_from_a_generator_are_kept() -> None:
    """It can be read once, and is asked often."""
    app = app_with()
    names = (name for name in ["ada"])
    app.add_url_rule("/page", "page", login_required(username=names)(lambda: "page"))
    visitor = client_of(app)
    visitor.log_in("ada", "right")
    assert [visitor.get("/page").status_code for _ in range(2)] == [200, 200]


class IterableValidator:
    """A validator that can be iterated, over nothing."""

    def __call__(self, username: str) -> str:
        """Say no."""
        return "no"

    def __iter__(self) -> Iterator[Any]:
        return iter(())


def test_validator_that_can_be_iterated_is_called() -> None:
    """It is one validator, not a list of none."""
    app = app_with()
    must: Any = IterableValidator()
    app.add_url_rule("/page", "page", login_required(must=must)(lambda: "page"))
    visitor = client_of(app)
    visitor.log_in("ada", "right")
    assert visitor.get("/page").status_code == 403


def test_empty_text_is_no_list_of_validators() -> None:
    """`must=""` would have demanded nothing."""
    must: Any = ""
    with pytest.raises(UsageError, match="not str"):
        login_required(must=must)


@pytest.mark.parametrize("headers", [{}, JSON, {"X-Requested-With": "x"}])
def test_untrusted_host_is_400(headers: dict[str, str]) -> None:
    """Also where a `before_request` function guards all, for programs too."""
    app = app_with(TRUSTED_HOSTS=["localhost"])
    app.before_request(login_required(lambda: None))
    answer = client_of(app).get("/secret", headers={"Host": "evil.example", **headers})
    assert answer.status_code == 400


@pytest.mark.parametrize("headers", [{}, JSON, {"Accept": "text/html"}])
def test_message_with_braces(headers: dict[str, str]) -> None:
    """A text without an argument is no template."""
    app = new_app(PROPAGATE_EXCEPTIONS=False)
    SimpleLogin(app, right, messages={"access_denied": '{"error": "{0}"}'})
    visitor = client_of(with_views(app))
    visitor.log_in("eve", "right")
    answer = visitor.get("/only-admin", headers=headers)
    assert answer.status_code == 403
    assert "{0}" in answer.text


@pytest.mark.parametrize("text", ["{1}", "{name}", "{", "{0.x.y}"])
def test_message_that_can_not_be_filled_fails_at_start(text: str) -> None:
    """Not at the first refusal."""
    with pytest.raises(UsageError, match="auth_error"):
        SimpleLogin(new_app(), messages={"auth_error": text})


def test_setting_that_breaks_later_is_503_at_every_entrance() -> None:
    """And does not touch a program with a checker of its own."""
    app = app_with(None)
    own = app_with(right)
    for each in (app, own):
        each.config["SIMPLELOGIN_PASSWORD"] = 1234
    assert client_of(app).get("/api", auth=("admin", "x")).status_code == 503
    assert client_of(app).log_in("admin", "x").status_code == 503
    assert client_of(own).get("/api", auth=("ada", "right")).status_code == 200


@pytest.mark.parametrize("value", [True, 5, [None], b"x", {"a": 1}, ["friend.example", 5]])
def test_allowed_hosts_of_wrong_types(value: object) -> None:
    """What is no host allows none."""
    visitor = client_of(app_with(ALLOWED_HOSTS=value))
    assert visitor.get("/login/?next=/secret").status_code == 200
    assert visitor.get("/login/?next=http://evil.example/").status_code == 400


def test_error_of_a_checker_keeps_its_headers() -> None:
    """`abort(429)` with `Retry-After` is the program's own answer, as JSON too."""

    def checker(user: User) -> bool:
        raise TooManyRequests("slowly", retry_after=60)

    visitor = client_of(app_with(checker))
    answer = visitor.post("/login/", json={"username": "ada", "password": "x"})
    assert answer.status_code == 429
    assert answer.headers["Retry-After"] == "60"
    assert answer.mimetype == "application/problem+json"


def test_error_of_no_known_code() -> None:
    """A status that only the program knows is passed on."""

    class OddError(TooManyRequests):
        code = 499

    def checker(user: User) -> bool:
        raise OddError

    visitor = client_of(app_with(checker))
    answer = visitor.post("/login/", json={"username": "ada", "password": "x"})
    assert answer.status_code == 499


def test_what_a_checker_aborts_with_stands() -> None:
    """An `abort` is the program's will, not an accident."""

    def checker(user: User) -> bool:
        abort(418)

    assert client_of(app_with(checker)).log_in().status_code == 418


def test_next_through_a_converter_that_raises() -> None:
    """The program's error there is none of the login."""

    class Broken(BaseConverter):
        def to_python(self, value: str) -> Any:
            raise KeyError(value)

    app = new_app(PROPAGATE_EXCEPTIONS=False)
    app.url_map.converters["broken"] = Broken
    SimpleLogin(app, right)
    app.add_url_rule("/boom/<broken:x>", "boom", lambda x: x)
    assert client_of(app).log_in("ada", "right", "/login/?next=/boom/x").location == "/boom/x"


def test_guard_for_one_user_before_all_requests_traps_nobody() -> None:
    """Who is logged in as another can log out, and log in as the right one."""
    app = app_with()
    app.before_request(login_required(username="admin")(lambda: None))
    visitor = client_of(app)
    visitor.log_in("bob", "right")
    assert visitor.get("/").status_code == 403
    with visitor.get("/simplelogin/static/simplelogin.css") as style:
        assert style.status_code == 200
    assert visitor.get("/logout/").status_code == 302
    visitor.log_in("admin", "right")
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize("mount", ["/100%", "/ä ö"])
def test_mount_with_odd_characters(mount: str) -> None:
    """It is escaped once."""
    visitor = client_of(app_with())
    environ = {"SCRIPT_NAME": mount.encode().decode("latin-1")}
    location = visitor.get("/secret", environ_overrides=environ).location
    url = "/login/" + location[location.index("?") :]
    page = visitor.get(url, environ_overrides=environ)
    data = {"username": "ada", "password": "right", "csrf_token": visitor.token(page)}
    answer = visitor.post(url, data=data, environ_overrides=environ)
    assert answer.location == quote(mount) + "/secret"


def test_host_matching_is_refused() -> None:
    """There is no host that the login could stand on."""
    app = Flask("x", host_matching=True, static_host="localhost")
    with pytest.raises(UsageError, match="host_matching"):
        SimpleLogin(app)


def generator(user: User) -> Iterator[bool]:
    """Yield where an answer is meant."""
    yield False


async def async_generator(user: User) -> Any:
    """Yield where an answer is meant."""
    yield False


@pytest.mark.parametrize("checker", [generator, async_generator])
def test_generator_is_no_checker(checker: Any) -> None:
    """It is always true."""
    with pytest.raises(UsageError, match="always true"):
        SimpleLogin(new_app(), checker)


def test_login_user_in_a_basic_view() -> None:
    """From then on the request is made by whom the program logged in."""
    app = app_with()

    @app.get("/switch")
    @login_required(basic=True)
    def switch() -> str:
        login_user("other")
        return str(get_username())

    assert client_of(app).get("/switch", auth=("ada", "right")).text == "other"


@pytest.mark.parametrize(("sent", "seen"), [(True, True), (False, False), (0, False), (1, True)])
def test_truth_in_json(sent: object, seen: bool) -> None:
    """A box is checked or not, as it is in the form."""
    got: list[object] = []

    class BoxForm(LoginForm):
        box = BooleanField()

    def checker(user: Any) -> bool:
        got.append(user["box"])
        return True

    visitor = client_of(app_with(checker, BoxForm))
    body = {"username": "ada", "password": "x", "box": sent}
    assert visitor.post("/login/", json=body).status_code == 200
    assert got == [seen]


@pytest.mark.parametrize("name", ["ad\nmin", "ad\rmin", "ad\x1b[31m", "ad\x85min", "ad\x7f"])
def test_control_character_is_no_part_of_a_name(name: str) -> None:
    """It would write another line into a log."""
    visitor = client_of(app_with())
    answer = visitor.post("/login/", json={"username": name, "password": "right"})
    assert answer.status_code == 400
    assert visitor.get("/api", auth=(name, "right")).status_code == 401


def test_apps_of_one_factory_have_different_keys() -> None:
    """A generated key is one app's own: a session of one is worth nothing at the other."""
    keys = set()
    for _ in range(3):
        app = new_app(key=None)
        SimpleLogin(app)
        keys.add(app.secret_key)
    assert len(keys) == 3


class Forgetful(SimpleLogin):
    """A login whose `refuse` forgets some refusals."""

    def refuse(self, refusal: Any) -> Any:
        """Answer one of them only."""
        return ("no", 403) if refusal.status == 403 else None


class Truthful(SimpleLogin):
    """A login whose `refuse` says yes."""

    def refuse(self, refusal: Any) -> Any:
        """Answer what a right header is answered with."""
        return True


@pytest.mark.parametrize("login", [Forgetful, Truthful])
def test_refusal_without_an_answer_is_one(login: type[SimpleLogin]) -> None:
    """`None` would let a `before_request` function pass, and `True` a wrong header."""
    app = new_app(PROPAGATE_EXCEPTIONS=False)
    login(app, right)
    with_views(app)
    app.add_url_rule("/open", "open", lambda: "open")
    app.before_request(login_required(lambda: None))
    assert client_of(app).get("/open").status_code == 401
    assert client_of(app).get("/secret").status_code == 401
    assert client_of(app).get("/api", auth=("ada", "wrong")).status_code == 401
    body = {"username": "ada", "password": "wrong"}
    assert client_of(app).post("/login/", json=body).status_code == 401


def log_in(visitor: Any, name: str) -> None:
    """Log in by JSON, which also works over another login."""
    body = {"username": name, "password": "right"}
    assert visitor.post("/login/", json=body).status_code == 200


def later(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let it be that much later for the login."""
    moment = time.time() + seconds
    monkeypatch.setattr("flask_simplelogin.identity.time.time", lambda: moment)


@pytest.mark.parametrize("ended", ["expired", "by the program"])
def test_data_of_a_login_that_ended_is_dropped(monkeypatch: pytest.MonkeyPatch, ended: str) -> None:
    """The next user does not find it, however the one before has gone."""
    visitor = client_of(app_with(SIMPLELOGIN_SESSION_LIFETIME=3600))
    log_in(visitor, "ada")
    with visitor.session_transaction() as session:
        session["cart"] = "ada's"
        if ended == "by the program":
            session["simple_logged_in"] = False
    if ended == "expired":
        later(monkeypatch, 3700)
    log_in(visitor, "eve")
    assert "cart" not in visitor.session_data()


def test_expired_login_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that read the keys see its end, and can write them anew."""
    app = app_with(SIMPLELOGIN_SESSION_LIFETIME=3600)
    visitor = client_of(app)
    log_in(visitor, "ada")
    later(monkeypatch, 3700)
    assert visitor.get("/secret").status_code == 302
    assert "simple_username" not in visitor.session_data()
    with visitor.session_transaction() as session:
        session.update(simple_logged_in=True, simple_username="ada")
    assert visitor.get("/secret").status_code == 200


def test_login_of_the_future_does_not_count(monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that was ahead must not lengthen a session."""
    visitor = client_of(app_with())
    log_in(visitor, "ada")
    later(monkeypatch, -3600)
    assert visitor.get("/secret").status_code == 302


@pytest.mark.parametrize("stays", [True, False])
def test_permanent_is_the_programs_or_the_boxs(*, stays: bool) -> None:
    """What the program made permanent stays so over another login; what a box did goes."""
    app = app_with(SIMPLELOGIN_REMEMBER_ME=True)
    visitor = client_of(app)
    body = {"username": "ada", "password": "right", "remember": not stays}
    visitor.post("/login/", json=body)
    if stays:
        with visitor.session_transaction() as session:
            session.permanent = True
    log_in(visitor, "eve")
    assert bool(visitor.session_data().get("_permanent")) is stays


def test_policy_lets_a_form_of_the_program_load_its_scripts() -> None:
    """A captcha comes from elsewhere; frames stay forbidden."""
    answer = client_of(app_with(form=PinForm)).get("/login/")
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"


def test_refused_json_logout_is_no_success() -> None:
    """A script that looks at the status must not believe that it is out."""
    visitor = client_of(app_with(SIMPLELOGIN_LOGOUT_POST_ONLY=True))
    log_in(visitor, "ada")
    assert visitor.get("/logout/", headers=JSON).status_code == 403
    assert visitor.post("/logout/", headers=JSON).status_code == 403
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert visitor.post("/logout/", json={}, headers=foreign).status_code == 403
    assert visitor.post("/logout/", json={}).json == {"username": None}


def test_middleware_that_copies_the_environment() -> None:
    """Guarded answers stay out of caches behind it too."""
    app = new_app()
    inner = app.wsgi_app
    app.wsgi_app = lambda environ, start: inner(dict(environ), start)  # type: ignore[method-assign, assignment]
    SimpleLogin(app, right)
    visitor = client_of(with_views(app))
    log_in(visitor, "ada")
    assert visitor.get("/secret").headers["Cache-Control"] == "no-store"


def test_async_callback_and_receiver_run() -> None:
    """A coroutine that nobody waits for does nothing."""
    called = []

    async def note(*args: object, **fields: object) -> None:
        called.append(fields.get("event", "callback"))

    app = new_app()
    login = SimpleLogin(app, right)
    login.register_on_logout_callback(note)
    visitor = client_of(with_views(app))
    with user_logged_in.connected_to(note):
        visitor.log_in("ada", "right")
    visitor.get("/logout/")
    assert called == ["login", "callback"]


def test_address_that_is_none_is_escaped(caplog: pytest.LogCaptureFixture) -> None:
    """A trusted hop may forward anything: it is no way to write another line."""
    forged = "10.0.0.1 via=form\x85 failure remote_addr=9.9.9.9"
    visitor = client_of(app_with())
    visitor.environ_base["REMOTE_ADDR"] = forged
    visitor.log_in("ada", "wrong")
    line = caplog.records[-1].getMessage()
    assert len(line.splitlines()) == 1
    assert 'remote_addr="10.0.0.1' in line


def test_middleware_that_takes_two_arguments() -> None:
    """Flask itself passes no third one, and neither do we where there is nothing to pass."""
    app = new_app()
    SimpleLogin(app, right)
    with_views(app)
    inner: Any = app.wsgi_app

    def middleware(environ: Any, start_response: Any) -> Any:
        def start(status: str, headers: Any) -> Any:
            return start_response(status, headers)

        return inner(environ, start)

    app.wsgi_app = middleware  # type: ignore[method-assign]
    visitor = client_of(app)
    log_in(visitor, "ada")
    assert visitor.get("/secret").headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "http://evil"}])
def test_json_with_basic_comes_from_this_origin_too(headers: dict[str, str]) -> None:
    """A browser that remembers Basic credentials is not to be logged in by another site."""
    visitor = client_of(app_with())
    answer = visitor.post("/login/", json={}, auth=("ada", "right"), headers=headers)
    assert answer.status_code == 403
    assert "simple_logged_in" not in visitor.session_data()


@pytest.mark.parametrize("url", ["/login/", "/logout/"])
def test_redirects_of_login_and_logout_are_not_stored(url: str) -> None:
    """Nor is anything else that they answer."""
    visitor = client_of(app_with())
    log_in(visitor, "ada")
    answer = visitor.get(url)
    assert answer.status_code == 302
    assert answer.headers["Cache-Control"] == "no-store"
