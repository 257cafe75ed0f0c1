"""A session from login to logout: renewed, ended in time, and never anybody else's."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask, session
from flask_session import Session
from redis import Redis

from flask_simplelogin import LoginForm, SimpleLogin, login_user

from .conftest import Visitor, client_of, new_app, with_views
from .servers import free_port, need, running

DAYS = 24 * 60 * 60


def app_with(form: type[LoginForm] | None = None, **config: Any) -> Flask:
    """Return an app that lets in who knows the password."""
    app = new_app(**config)
    SimpleLogin(app, lambda user: user["password"] == "right", form)
    return with_views(app)


@pytest.fixture(scope="module")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A real Redis, empty and for this module alone."""
    folder, port = tmp_path_factory.mktemp("redis"), free_port()
    command = [need("redis-server"), "--port", str(port), "--save", "", "--dir", str(folder)]
    with running(command, port, folder / "log"):
        client = Redis(port=port)
        yield client
        client.close()


def server_side(redis: Redis, **config: Any) -> Flask:
    """Return an app whose sessions are in Redis."""
    app = app_with(SESSION_TYPE="redis", SESSION_REDIS=redis, **config)
    Session(app)
    return app


def session_id(visitor: Visitor) -> str:
    """Return the id that the visitor's cookie carries."""
    cookie = visitor.get_cookie("session")
    return cookie.value if cookie else ""


def test_id_of_a_server_side_session_is_renewed(redis: Redis) -> None:
    """Who has planted a session's id before the login has nothing by it afterwards."""
    app = server_side(redis)
    victim, attacker = client_of(app), client_of(app)
    with victim.session_transaction() as data:
        data["cart"] = [1, 2]
    before = session_id(victim)
    attacker.set_cookie("session", before)
    assert victim.log_in("ada", "right").status_code == 302
    assert session_id(victim) not in {"", before}
    assert victim.get("/secret").text == "secret of ada"
    assert victim.session_data()["cart"] == [1, 2]
    assert attacker.get("/secret").status_code == 302
    assert not redis.exists(f"session:{before}")


@pytest.mark.parametrize("how", ["form", "json", "basic", "program"])
def test_it_is_renewed_at_every_entrance(redis: Redis, how: str) -> None:
    """The form, JSON, Basic at the login URL and `login_user()`."""
    app = server_side(redis)

    @app.get("/portal")
    def portal() -> str:
        login_user("ada")
        return "in"

    visitor = client_of(app)
    visitor.get("/login/")
    before = session_id(visitor)
    if how == "form":
        visitor.log_in("ada", "right")
    elif how == "json":
        visitor.post("/login/", json={"username": "ada", "password": "right"})
    elif how == "basic":
        visitor.post("/login/", json={}, auth=("ada", "right"))
    else:
        visitor.get("/portal")
    assert session_id(visitor) not in {"", before}
    assert visitor.get("/secret").text == "secret of ada"


def test_logout_ends_a_server_side_session(redis: Redis) -> None:
    """A copied cookie is worth nothing afterwards."""
    app = server_side(redis)
    visitor, thief = client_of(app), client_of(app)
    visitor.log_in("ada", "right")
    thief.set_cookie("session", session_id(visitor))
    assert thief.get("/secret").status_code == 200
    visitor.get("/logout/")
    assert thief.get("/secret").status_code == 302


def test_nothing_of_another_user_is_left() -> None:
    """Who logs in over somebody else gets an empty session; over themselves, their own."""
    app = app_with()
    visitor = client_of(app)
    visitor.log_in("ada", "right")
    with visitor.session_transaction() as data:
        data["cart"] = ["ada's"]
    visitor.post("/login/", json={"username": "ada", "password": "right"})
    assert visitor.session_data()["cart"] == ["ada's"]
    visitor.post("/login/", json={"username": "eve", "password": "right"})
    assert "cart" not in visitor.session_data()
    assert visitor.get("/secret").text == "secret of eve"


def test_what_the_checker_stores_is_kept() -> None:
    """It runs before the session is renewed."""

    def checker(user: Any) -> bool:
        session["department"] = "analysis"
        return True

    app = new_app()
    SimpleLogin(app, checker)
    visitor = client_of(app)
    visitor.log_in("ada", "x")
    assert visitor.session_data()["department"] == "analysis"


# Lifetime


def at(monkeypatch: pytest.MonkeyPatch, moment: float) -> None:
    """Let it be that moment for the login."""
    monkeypatch.setattr("flask_simplelogin.identity.time.time", lambda: moment)


@pytest.mark.parametrize(
    ("config", "seconds"),
    [({}, 30 * DAYS), ({"SIMPLELOGIN_SESSION_LIFETIME": 3600}, 3600)],
)
def test_absolute_lifetime(
    monkeypatch: pytest.MonkeyPatch, config: dict[str, Any], seconds: int
) -> None:
    """However much it is used, a session ends that long after the login."""
    visitor = client_of(app_with(PERMANENT_SESSION_LIFETIME=400 * DAYS, **config))
    start = time.time()
    visitor.log_in("ada", "right")
    for passed, status in ((seconds / 2, 200), (seconds - 5, 200), (seconds + 5, 302)):
        at(monkeypatch, start + passed)
        assert visitor.get("/secret").status_code == status
    assert visitor.get("/").text.startswith("home of None")
    at(monkeypatch, start + seconds + 5)
    visitor.log_in("ada", "right")
    assert visitor.get("/secret").status_code == 200


def test_lifetime_can_be_switched_off(monkeypatch: pytest.MonkeyPatch) -> None:
    """0 is without an end."""
    config: dict[str, Any] = {
        "SIMPLELOGIN_SESSION_LIFETIME": 0,
        "PERMANENT_SESSION_LIFETIME": 4000 * DAYS,
    }
    visitor = client_of(app_with(**config))
    visitor.log_in("ada", "right")
    at(monkeypatch, time.time() + 1000 * DAYS)
    assert visitor.get("/secret").status_code == 200


@pytest.mark.parametrize("since", ["now", [1], {"a": 1}])
def test_login_time_of_a_wrong_type_is_no_login(since: object) -> None:
    """Nobody but us writes it."""
    visitor = client_of(app_with())
    with visitor.session_transaction() as data:
        data.update(simple_logged_in=True, simple_username="ada", simple_since=since)
    assert visitor.get("/secret").status_code == 302


# Keep me signed in


def test_box_is_off_by_default() -> None:
    """The form is as it was, and the session ends with the browser."""
    visitor = client_of(app_with())
    assert "Keep me signed in" not in visitor.get("/login/").text
    visitor.log_in("ada", "right", data={"remember": "y"})
    assert "_permanent" not in visitor.session_data()


@pytest.mark.parametrize(("sent", "permanent"), [({}, False), ({"remember": "y"}, True)])
def test_box_makes_the_session_permanent(sent: dict[str, str], *, permanent: bool) -> None:
    """If it is checked."""
    visitor = client_of(app_with(SIMPLELOGIN_REMEMBER_ME=True))
    assert "Keep me signed in" in visitor.get("/login/").text
    answer = visitor.log_in("ada", "right", data=sent)
    assert visitor.session_data().get("_permanent", False) is permanent
    cookies = answer.headers.getlist("Set-Cookie")
    assert any(each.startswith("session=") for each in cookies)
    assert any("session=" in each and "Expires=" in each for each in cookies) is permanent


def test_box_never_lowers_what_is_permanent() -> None:
    """A program that made the session permanent keeps it so."""
    app = app_with(SIMPLELOGIN_REMEMBER_ME=True)

    @app.before_request
    def make_permanent() -> None:
        session.permanent = True

    visitor = client_of(app)
    visitor.log_in("ada", "right")
    assert visitor.session_data()["_permanent"] is True


def test_box_by_json_and_in_a_form_of_the_program() -> None:
    """JSON can ask for it, and a form of the program gets the box too."""

    class OwnForm(LoginForm):
        """As a program has it."""

    for form in (None, OwnForm):
        visitor = client_of(app_with(form, SIMPLELOGIN_REMEMBER_ME=True))
        body = {"username": "ada", "password": "right", "remember": True}
        assert visitor.post("/login/", json=body).status_code == 200
        assert visitor.session_data()["_permanent"] is True


# The cookie


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({}, "SameSite=Lax"),
        ({"SESSION_COOKIE_SAMESITE": None}, "SameSite=Lax"),
        ({"SESSION_COOKIE_SAMESITE": "Strict"}, "SameSite=Strict"),
        ({"SESSION_COOKIE_SAMESITE": "None", "SESSION_COOKIE_SECURE": True}, "SameSite=None"),
    ],
)
def test_same_site(config: dict[str, Any], expected: str) -> None:
    """What Flask leaves open is `Lax`; `"None"` opts out."""
    answer = client_of(app_with(**config)).get("/login/")
    assert expected in answer.headers["Set-Cookie"]
    assert "HttpOnly" in answer.headers["Set-Cookie"]


@pytest.mark.parametrize(
    "cookie",
    ["", "x", "a.b.c", ".a.b.c", "\xff", "e" * 5000, "eyJzaW1wbGVfbG9nZ2VkX2luIjp0cnVlfQ.x.y"],
)
def test_broken_cookie_is_nobody(cookie: str) -> None:
    """Tampered with, garbage, too long: anonymous, and no error."""
    app = app_with()
    for page, status in (("/secret", 302), ("/login/", 200), ("/logout/", 302), ("/", 200)):
        client = app.test_client(use_cookies=False)
        assert client.get(page, headers={"Cookie": f"session={cookie}"}).status_code == status


def test_cookie_of_another_key_and_an_old_one_are_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """A rotated key ends all sessions; so does the age that Flask allows."""
    app = app_with()
    visitor = client_of(app)
    visitor.log_in("ada", "right")
    value = session_id(visitor)
    app.secret_key = "another"
    assert visitor.get("/secret").status_code == 302
    app.secret_key = "a key for tests"
    visitor.set_cookie("session", value)
    assert visitor.get("/secret").status_code == 200
    monkeypatch.setattr("itsdangerous.timed.time.time", lambda: time.monotonic() + 2**33)
    visitor.set_cookie("session", value)
    assert visitor.get("/secret").status_code == 302


def test_public_page_sets_no_cookie() -> None:
    """Asking who is logged in leaves nothing behind."""
    assert "Set-Cookie" not in client_of(app_with()).get("/").headers
