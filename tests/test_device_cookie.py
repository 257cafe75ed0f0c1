"""The cookie by which a browser is known to have logged in under a name, and what it is not."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from flask import Flask
from itsdangerous import URLSafeTimedSerializer

from flask_simplelogin import SimpleLogin, login_user
from flask_simplelogin.device_cookie import _serializer

from .conftest import Visitor, client_of, new_app, with_views
from .throttles import Ground, in_memory

NAME = "session_device"
DAY = 24 * 60 * 60
FEW = {
    "SIMPLELOGIN_THROTTLE_PER_NETWORK": "20 per hour",
    "SIMPLELOGIN_THROTTLE_PER_NAME": "20 per hour",
}


def app_of_all(ground: Ground | None = None, **config: Any) -> Flask:
    """Return an app that lets in who knows the password."""
    app = new_app(**{**FEW, **config})
    SimpleLogin(app, lambda user: user["password"] == "right")
    (ground or in_memory()).of_app(app)
    return with_views(app)


def attack(app: Flask, name: str = "ada") -> None:
    """Use up all guesses: of the name, of this network, and of both together."""
    for number in range(20):
        stranger = client_of(app)
        stranger.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
        stranger.get("/api", auth=(name, "wrong"))
    for number in range(20):
        client_of(app).get("/api", auth=(f"user{number}", "wrong"))
    assert client_of(app).get("/api", auth=(name, "right")).status_code == 429


def known_browser(app: Flask, name: str = "ada", password: str = "right") -> Visitor:
    """Return a browser that has logged in, and out again."""
    visitor = client_of(app)
    assert visitor.log_in(name, password).status_code == 302
    visitor.get("/logout/")
    assert visitor.get_cookie(NAME) is not None
    return visitor


def is_let_in(visitor: Visitor, name: str = "ada", password: str = "right") -> bool:
    """Return whether the browser gets in by the form, rather than being kept out by the limits."""
    answer = visitor.log_in(name, password)
    assert answer.status_code in {302, 429}
    return answer.status_code == 302


def test_owner_gets_in_during_an_attack() -> None:
    """On their name, on their network and on both: by a browser that they have used before."""
    app = app_of_all()
    owner = known_browser(app)
    attack(app)
    assert not is_let_in(client_of(app))
    assert is_let_in(owner)


@pytest.mark.parametrize("way", ["form", "JSON", "Basic at the login URL"])
def test_each_login_that_makes_a_session_sets_it(way: str) -> None:
    """Whatever the credentials came by."""
    app = app_of_all()
    visitor = client_of(app)
    if way == "form":
        visitor.log_in("ada", "right")
    elif way == "JSON":
        visitor.post("/login/", json={"username": "ada", "password": "right"})
    else:
        visitor.post("/login/", json={}, auth=("ada", "right"))
    visitor.get("/logout/")
    attack(app)
    assert is_let_in(visitor)


def test_nothing_else_sets_it() -> None:
    """Neither a failure nor a request with Basic, nor a login by the program without a password."""
    app = app_of_all()

    @app.get("/portal")
    def portal() -> str:
        login_user("ada")
        return ""

    visitor = client_of(app)
    visitor.log_in("ada", "wrong")
    visitor.get("/api", auth=("ada", "right"))
    visitor.get("/portal")
    assert visitor.get_cookie(NAME) is None


@pytest.mark.parametrize("other", ["bob", "Ada", "ad", "ada ", "adam"])
def test_worthless_for_another_name(other: str) -> None:
    """Whoever has an account gets no further guesses at those of others by it."""
    app = app_of_all()
    owner = known_browser(app)
    attack(app, other)
    assert not is_let_in(owner, other)


def test_ten_guesses_of_its_own() -> None:
    """A stolen cookie is worth no more than a new address."""
    app = app_of_all()
    owner = known_browser(app)
    attack(app)
    answers = [owner.log_in("ada", "wrong").status_code for _ in range(12)]
    assert answers == [401] * 10 + [429] * 2
    assert not is_let_in(owner)


def test_success_gives_it_new_guesses() -> None:
    """And the old cookie is not taken away from another window of the browser."""
    app = app_of_all()
    owner = known_browser(app)
    attack(app)
    for _ in range(3):
        assert [owner.log_in("ada", "wrong").status_code for _ in range(9)] == [401] * 9
        assert is_let_in(owner)
        owner.get("/logout/")


def test_it_is_no_login() -> None:
    """It opens nothing by itself."""
    app = app_of_all()
    owner = known_browser(app)
    assert owner.get("/secret").status_code == 302
    owner.log_in("ada", "wrong")
    assert owner.get("/secret").status_code == 302


def test_expires(monkeypatch: pytest.MonkeyPatch) -> None:
    """After 90 days, or what the setting says: by the signature, not by the browser."""
    for lifetime, days, is_known in ((None, 89, True), (None, 91, False), (DAY, 2, False)):
        app = app_of_all(SIMPLELOGIN_DEVICE_COOKIE_LIFETIME=lifetime)
        owner = known_browser(app)
        cookie = owner.get_cookie(NAME)
        assert cookie is not None
        assert cookie.max_age == (lifetime or 90 * DAY)
        attack(app)
        later = time.time() + days * DAY
        with monkeypatch.context() as patch:
            patch.setattr("time.time", lambda later=later: later)
            visitor = client_of(app)
            visitor.set_cookie(NAME, cookie.value)
            assert is_let_in(visitor) is is_known


def test_switched_off() -> None:
    """With a lifetime of 0 none is set, and none is heard."""
    cookie = known_browser(app_of_all()).get_cookie(NAME)
    assert cookie is not None
    app = app_of_all(SIMPLELOGIN_DEVICE_COOKIE_LIFETIME=0)
    visitor = client_of(app)
    assert "_device" not in str(visitor.log_in("ada", "right").headers)
    visitor.get("/logout/")
    attack(app)
    visitor.set_cookie(NAME, cookie.value)
    assert not is_let_in(visitor)


def test_key_that_was_replaced() -> None:
    """Cookies signed with a key of SECRET_KEY_FALLBACKS are known; with an unknown one not."""
    cookie = known_browser(app_of_all(key="old")).get_cookie(NAME)
    assert cookie is not None
    for fallbacks, is_known in ((["older", "old"], True), (["older"], False), (None, False)):
        app = app_of_all(key="new", SECRET_KEY_FALLBACKS=fallbacks)
        visitor = client_of(app)
        visitor.set_cookie(NAME, cookie.value)
        attack(app)
        assert is_let_in(visitor) is is_known


@pytest.mark.parametrize("fallback", [False, True])
def test_ends_with_the_password_of_the_settings(*, fallback: bool) -> None:
    """Whoever knew the old one has no guesses at the new one by it; a new key changes nothing."""
    config = {"SIMPLELOGIN_USERNAME": "ada", "SIMPLELOGIN_PASSWORD": "right", **FEW}
    app = with_views(new_app(**config))
    SimpleLogin(app)
    in_memory().of_app(app)
    owner, thief = known_browser(app), known_browser(app)
    attack(app)
    if fallback:
        app.config["SECRET_KEY_FALLBACKS"], app.secret_key = [app.secret_key], "another key"
        attack(app)
        assert is_let_in(owner)
    app.config["SIMPLELOGIN_PASSWORD"] = "new"
    assert thief.log_in("ada", "new").status_code == 429


@pytest.mark.parametrize("change", ["nothing", "password", "removed", "disabled"])
def test_ends_with_the_credential_of_a_store(tmp_path: Any, change: str) -> None:
    """A new password, a removed and a disabled user make it worthless."""
    pytest.importorskip("sqlalchemy")
    app = new_app()
    login = SimpleLogin(app, users=f"sqlite:///{tmp_path}/users.db")
    in_memory().of_app(app)
    with_views(app)
    with app.app_context():
        login.users.add("ada", "a long right password")
    owner = known_browser(app, "ada", "a long right password")
    attack_with(app, "a long right password")
    with app.app_context():
        if change == "password":
            login.users.set_password("ada", "another long password")
        elif change == "removed":
            login.users.remove("ada")
        elif change == "disabled":
            login.users.disable("ada")
    password = "another long password" if change == "password" else "a long right password"
    assert is_let_in(owner, "ada", password) is (change == "nothing")


def attack_with(app: Flask, right: str) -> None:
    """Use up the guesses of this network at the name."""
    for _ in range(10):
        client_of(app).get("/api", auth=("ada", "wrong"))
    assert client_of(app).get("/api", auth=("ada", right)).status_code == 429


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, "Path=/; SameSite=Lax"),
        ({"SESSION_COOKIE_SECURE": True}, "Secure; Path=/; SameSite=Lax"),
        ({"SESSION_COOKIE_SAMESITE": "Strict"}, "Path=/; SameSite=Strict"),
        ({"SESSION_COOKIE_PATH": "/app"}, "Path=/app; SameSite=Lax"),
        ({"APPLICATION_ROOT": "/app"}, "Path=/app; SameSite=Lax"),
        ({"SESSION_COOKIE_DOMAIN": "localhost"}, "Domain=localhost; Path=/; SameSite=Lax"),
        (
            {"SESSION_COOKIE_PARTITIONED": True, "SESSION_COOKIE_SECURE": True},
            "Secure; Path=/; SameSite=Lax; Partitioned",
        ),
        ({"SESSION_COOKIE_HTTPONLY": False}, "Path=/; SameSite=Lax"),
    ],
)
def test_attributes(config: dict[str, Any], expected: str) -> None:
    """Those of the session's cookie; no script reads it, whatever the setting."""
    answer = client_of(app_of_all(**config)).post(
        "/login/", json={"username": "ada", "password": "right"}
    )
    (cookie,) = [each for each in answer.headers.getlist("Set-Cookie") if "_device=" in each]
    plain = re.sub(r"^\S+ |Expires=[^;]*; |Max-Age=\d+; |HttpOnly; ", "", cookie)
    assert "HttpOnly" in cookie
    assert sorted(plain.split("; ")) == sorted(expected.split("; "))


def test_name_goes_with_the_session() -> None:
    """Two apps on one host whose sessions have names of their own do not mix."""
    app = app_of_all(SESSION_COOKIE_NAME="__Host-shop", SESSION_COOKIE_SECURE=True)
    answer = client_of(app).post("/login/", json={"username": "ada", "password": "right"})
    assert "__Host-shop_device=" in str(answer.headers)


def test_nothing_can_be_read_in_it() -> None:
    """Neither the name nor anything of the password; no two are alike."""
    app = app_of_all()
    values = []
    for _ in range(2):
        cookie = known_browser(app, "somebody").get_cookie(NAME)
        assert cookie is not None
        values.append(cookie.value)
        device, fingerprint = URLSafeTimedSerializer("x").loads_unsafe(cookie.value)[1]
        assert re.fullmatch(r"[0-9a-f]{32}", device)
        assert fingerprint == ""
    assert values[0] != values[1]


@pytest.mark.parametrize(
    "value",
    ["", "x", ".", "a.b.c", "é", "W10.x.y", "x" * 4000, "null", "." * 100, "\udcff"],
)
def test_broken_cookie_is_none(value: str) -> None:
    """Whatever a browser sends, the login goes on as without it."""
    app = app_of_all()
    visitor = client_of(app)
    header = {"Cookie": f"{NAME}={value}".encode("utf-8", "surrogateescape").decode("latin-1")}
    answer = visitor.get("/api", auth=("ada", "right"), headers=header)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "content", [None, 1, "ab", [], ["x"], ["x", "", "z"], {"a": 1, "b": 2}, [["x"], ""], ["x", []]]
)
def test_signed_value_of_another_shape_is_none(content: Any) -> None:
    """As another version of this extension may have written it."""
    app = app_of_all()
    with app.test_request_context():
        value = _serializer("ada").dumps(content)
    assert isinstance(value, str)
    header = {"Cookie": f"{NAME}={value}"}
    answer = client_of(app).get("/api", auth=("ada", "right"), headers=header)
    assert answer.status_code == 200
