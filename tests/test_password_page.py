"""The page on which users change their password."""

from __future__ import annotations

import logging
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, get_flashed_messages
from flask_wtf import CSRFProtect
from werkzeug.test import TestResponse

from flask_simplelogin import SimpleLogin, password_changed
from flask_simplelogin.passwords import hash_password
from flask_simplelogin.users import UserRecord

from .conftest import Visitor, client_of, new_app, with_views

OLD = "analytical-engine"
NEW = "difference-engine"
BROWSER = {"Accept": "text/html"}


class Store:
    """A store in memory that can be written, and be made to fail."""

    def __init__(self) -> None:
        self.records = {name: UserRecord(name, new_hash()) for name in ("ada", "grace")}
        self.fails = False

    def get(self, username: str) -> UserRecord | None:
        """Return the user."""
        return self.records.get(username)

    def list(self) -> list[UserRecord]:
        """Return all users."""
        return list(self.records.values())

    def add(self, record: UserRecord) -> None:
        """Add a user."""
        self.records[record.username] = record

    def change(self, username: str, changes: Any, if_hash: str | None = None) -> bool:
        """Change a user."""
        if self.fails:
            raise OSError("the disk is full")
        self.records[username] = UserRecord(**{**vars(self.records[username]), **changes})
        return True

    def remove(self, username: str) -> bool:
        """Remove a user."""
        return self.records.pop(username, None) is not None


@cache
def new_hash() -> str:
    """Return the hash of the password that everybody begins with."""
    return hash_password(OLD)


def app_with(store: Any = None, **config: Any) -> Flask:
    """Return an app with Ada and Grace in its store."""
    app = new_app(**config)
    SimpleLogin(app, users=store or Store())
    return with_views(app)


@pytest.fixture
def app() -> Flask:
    """An app whose store can be written."""
    return app_with()


def ada_of(app: Flask, username: str = "ada") -> Visitor:
    """Return a browser in which Ada is logged in, which a form would take longer to do."""
    visitor = client_of(app)
    with visitor.session_transaction() as session:
        session.update(simple_logged_in=True, simple_username=username)
    assert visitor.get("/login/").status_code == 302
    visitor.get("/")  # takes the message away
    return visitor


def has_old_password(app: Flask) -> bool:
    """Return whether nothing has been changed in the store."""
    login: SimpleLogin = app.extensions["simplelogin"]
    with app.app_context():
        record = login.users.get("ada")
    return record is not None and record.password_hash == new_hash()


def change(
    visitor: Visitor,
    current: str = OLD,
    new: str = NEW,
    repeated: str | None = None,
    url: str = "/password/",
    **kwargs: Any,
) -> TestResponse:
    """Send the form of the page."""
    form = visitor.get(url)
    assert form.status_code == 200, form.status
    data = {
        "password": current,
        "new_password": new,
        "repeated": new if repeated is None else repeated,
        "csrf_token": visitor.token(form),
    }
    return visitor.post(url, data=data, **kwargs)


def test_password_is_changed(app: Flask) -> None:
    """The new one counts from now on, the old one does not."""
    visitor = ada_of(app)
    answer = change(visitor)
    assert (answer.status_code, answer.location) == (303, "/")
    assert "Your password has been changed." in visitor.get("/").text
    assert client_of(app).log_in("ada", OLD).status_code == 401
    assert client_of(app).log_in("ada", NEW).status_code == 302
    assert client_of(app).log_in("grace", OLD).status_code == 302


def test_this_session_goes_on_and_the_others_end(app: Flask) -> None:
    """Whoever has a copy of the cookie from before is out, too."""
    visitor, elsewhere = ada_of(app), ada_of(app)
    copied = visitor.get_cookie("session")
    assert copied
    change(visitor)
    assert visitor.get("/secret").text == "secret of ada"
    assert elsewhere.get("/secret").status_code == 302
    thief = client_of(app)
    thief.set_cookie("session", copied.value)
    assert thief.get("/secret").status_code == 302
    assert ada_of(app, "grace").get("/secret").status_code == 200


def test_wrong_current_password(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """Nothing is changed; it is logged, and counts, as a failed login."""
    visitor = ada_of(app)
    with caplog.at_level(logging.INFO):
        answer = change(visitor, current="wrong-engine")
    assert answer.status_code == 401
    assert "This is not your current password." in answer.text
    assert 'failure username="ada" remote_addr=127.0.0.1 via=password' in caplog.messages
    assert has_old_password(app)


@pytest.mark.parametrize(
    ("new", "repeated", "problem"),
    [
        ("", "", "Enter a new password."),
        ("short", "short", "Choose a password of at least 8 characters."),
        ("password123", "password123", "This is one of the passwords that are guessed first."),
        ("ada-xada", "ada-xada", "This password is little more than the username."),
        ("abababab", "abababab", "This password has too few different characters."),
        (NEW, "another-engine", "The two new passwords differ."),
        (NEW, "", "The two new passwords differ."),
        ("x\0" + NEW, "x\0" + NEW, "has a character that can&#39;t be part of it."),
        ("é" * 2049, "é" * 2049, "This password is too long"),
    ],
)
def test_refused_passwords(app: Flask, new: str, repeated: str, problem: str) -> None:
    """What the command refuses is refused here, with the reason, and nothing is changed."""
    answer = change(ada_of(app), new=new, repeated=repeated)
    assert answer.status_code == 400
    assert problem in answer.text
    assert NEW not in answer.text
    assert OLD not in answer.text
    assert has_old_password(app)


def test_reason_is_translated(app: Flask) -> None:
    """Also that of the store."""
    answer = change(ada_of(app), new="short", headers={"Accept-Language": "de"})
    assert "mindestens 8 Zeichen" in answer.text


def test_anonymous_visitor_is_led_to_the_login(app: Flask) -> None:
    """And from there back."""
    assert client_of(app).get("/password/").location == "/login/?next=/password/"
    assert client_of(app).post("/password/").status_code == 302


@pytest.mark.parametrize("token", [None, "", "wrong", "\0"])
def test_token_is_demanded(app: Flask, token: str | None) -> None:
    """Without it the form comes again."""
    visitor = ada_of(app)
    data = {"password": OLD, "new_password": NEW, "repeated": NEW, "csrf_token": token}
    answer = visitor.post("/password/", data=data)
    assert answer.status_code == 400
    assert "csrf_token" in answer.text
    assert has_old_password(app)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Referer": "http://evil.example/password/"},
    ],
)
@pytest.mark.parametrize("has_csrf", [True, False])
def test_other_origin_is_refused(headers: dict[str, str], has_csrf: bool) -> None:
    """Even with a token, and where the tokens are switched off."""
    app = app_with(WTF_CSRF_ENABLED=has_csrf)
    answer = change(ada_of(app), headers={**headers, **BROWSER})
    assert answer.status_code == 403
    assert "on a page of this site only" in answer.text
    assert has_old_password(app)


@pytest.mark.parametrize(
    "kwargs",
    [
        {"json": {"password": OLD, "new_password": NEW}},
        {"json": [1]},
        {"data": b"\xff\0", "content_type": "text/plain"},
        {"data": {"password": (BytesIO(b"x"), "x")}},
        {"data": {"password": ["a", "b"], "new_password": ["", NEW]}},
        {},
    ],
)
def test_broken_input(app: Flask, kwargs: dict[str, Any]) -> None:
    """Whatever is sent in place of the form changes nothing, and is no error of the server."""
    assert ada_of(app).post("/password/", **kwargs).status_code == 400
    assert has_old_password(app)


def test_store_that_fails(caplog: pytest.LogCaptureFixture) -> None:
    """It is logged, nobody is told more than that, and the session goes on."""
    store = Store()
    app = app_with(store)
    visitor = ada_of(app)
    store.fails = True
    answer = change(visitor, headers=BROWSER)
    assert answer.status_code == 503
    assert "changed right now. Try again later." in answer.text
    assert "disk" not in answer.text
    assert "the disk is full" in caplog.text
    assert NEW not in caplog.text
    store.fails = False
    assert visitor.get("/secret").status_code == 200


def test_user_who_is_removed_meanwhile(app: Flask) -> None:
    """Is nobody by then."""
    visitor = ada_of(app)
    form = visitor.get("/password/")
    login: SimpleLogin = app.extensions["simplelogin"]
    with app.app_context():
        login.users.remove("ada")
    data = {"password": OLD, "new_password": NEW, "repeated": NEW}
    answer = visitor.post("/password/", data={**data, "csrf_token": visitor.token(form)})
    assert answer.status_code == 302
    assert answer.location.startswith("/login/")


def test_event(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """One line and one signal, without either password."""
    seen: list[dict[str, Any]] = []

    def receive(_app: Flask, **fields: Any) -> None:
        seen.append(fields)

    with password_changed.connected_to(receive, app), caplog.at_level(logging.INFO):
        change(ada_of(app))
    assert seen == [
        {"event": "password", "username": "ada", "remote_addr": "127.0.0.1", "via": "session"}
    ]
    assert 'password username="ada" remote_addr=127.0.0.1 via=session' in caplog.messages
    assert NEW not in caplog.text
    assert OLD not in caplog.text


def test_store_that_is_read_only() -> None:
    """There is no page, nor a link to one."""
    visitor = ada_of(app_with({"ada": new_hash()}))
    assert visitor.get("/password/").status_code == 404


def test_app_without_a_store() -> None:
    """There is no page."""
    app = new_app()
    SimpleLogin(app)
    visitor = client_of(app)
    visitor.log_in()
    assert visitor.get("/password/").status_code == 404
    assert "Change password" not in visitor.get("/").text


def test_page_can_be_switched_off() -> None:
    """By a setting."""
    visitor = ada_of(app_with(SIMPLELOGIN_PASSWORD_PAGE=False))
    assert visitor.get("/password/").status_code == 404


def test_page_can_be_elsewhere() -> None:
    """By a setting."""
    visitor = ada_of(app_with(SIMPLELOGIN_PASSWORD_URL="/me/secret/"))
    assert visitor.get("/password/").status_code == 404
    assert change(visitor, url="/me/secret/").status_code == 303


def test_page_can_be_replaced(tmp_path: Path) -> None:
    """By a template of the application."""
    (tmp_path / "simplelogin").mkdir()
    (tmp_path / "simplelogin" / "password.html").write_text(
        '<form action="" method="post">{{ form.csrf_token }} {{ form.new_password }} mine</form>'
    )
    app = app_with()
    app.template_folder = str(tmp_path)
    visitor = ada_of(app)
    assert "mine" in visitor.get("/password/").text
    assert change(visitor).status_code == 303


def test_home_page_links_to_it() -> None:
    """The one that stands in for an app's own."""
    app = new_app()
    SimpleLogin(app, users=Store())
    assert 'href="/password/"' in ada_of(app).get("/").text


def test_csrf_protect_beside_it() -> None:
    """A stale token gives the form back, as at the login."""
    app = new_app()
    CSRFProtect(app)
    SimpleLogin(app, users=Store())
    visitor = client_of(app)
    visitor.log_in("ada", OLD)
    answer = visitor.post("/password/", data={"csrf_token": "stale"})
    assert answer.status_code == 400
    assert "Please try again." in answer.text
    assert change(visitor).status_code == 303


def test_page_is_stored_nowhere(app: Flask) -> None:
    """Neither in a cache nor in a frame."""
    answer = ada_of(app).get("/password/")
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "Cookie" in answer.headers["Vary"]


def test_message_is_flashed_once(app: Flask) -> None:
    """And can be one's own."""

    @app.get("/told")
    def told() -> str:
        return str(get_flashed_messages(with_categories=True))

    visitor = ada_of(app)
    change(visitor)
    assert visitor.get("/told").text == "[('success', 'Your password has been changed.')]"
