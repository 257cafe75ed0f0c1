"""What an operator sees: one line and one signal for each event, and no secret in any of them."""

from __future__ import annotations

import json
import logging
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.security import generate_password_hash

from flask_simplelogin import (
    SimpleLogin,
    access_denied,
    login_failed,
    login_throttled,
    login_user,
    logout_user,
    user_logged_in,
    user_logged_out,
)

from .conftest import Visitor, client_of, new_app, with_views
from .servers import ROOT, need

SIGNALS = {
    "login": user_logged_in,
    "failure": login_failed,
    "throttled": login_throttled,
    "denied": access_denied,
    "logout": user_logged_out,
}
LINE = re.compile(
    r'(?P<event>\w+) username=(?P<username>".*"|null) remote_addr=(?P<remote_addr>\S+) '
    r"via=(?P<via>\w+)"
)


@pytest.fixture
def app() -> Flask:
    """An app that lets in who knows the password."""
    app = new_app()
    SimpleLogin(app, lambda user: user["password"] == "right")

    @app.get("/portal")
    def portal() -> str:
        login_user("ada")
        return "in"

    @app.get("/leave")
    def leave() -> str:
        logout_user()
        return "out"

    return with_views(app)


def events(caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str, str]]:
    """Return the events in the log, each read from its line and compared with its fields."""
    found = []
    for record in caplog.records:
        if record.name == "flask_simplelogin" and hasattr(record, "event"):
            line = LINE.fullmatch(record.getMessage())
            assert line, record.getMessage()
            fields = vars(record)
            assert json.loads(line["username"]) == fields["username"]
            for name in ("event", "remote_addr", "via"):
                assert line[name] == fields[name]
            found.append((line["event"], fields["username"], line["remote_addr"], line["via"]))
    return found


def form(visitor: Visitor) -> None:
    """Log in by the form."""
    visitor.log_in("ada", "right")


def wrong_form(visitor: Visitor) -> None:
    """Guess by the form."""
    visitor.log_in("ada", "wrong")


def logout(visitor: Visitor) -> None:
    """Log in and out."""
    visitor.log_in("ada", "right")
    visitor.get("/logout/")


def denied(visitor: Visitor) -> None:
    """Ask for another's page."""
    visitor.log_in("ada", "right")
    visitor.get("/only-admin")


LOGIN = ("login", "ada", "127.0.0.1", "form")
CASES: dict[str, tuple[Any, list[tuple[str, str, str, str]]]] = {
    "login by form": (form, [LOGIN]),
    "failure by form": (wrong_form, [("failure", "ada", "127.0.0.1", "form")]),
    "login by JSON": (
        lambda v: v.post("/login/", json={"username": "ada", "password": "right"}),
        [("login", "ada", "127.0.0.1", "json")],
    ),
    "failure by JSON": (
        lambda v: v.post("/login/", json={"username": "ada", "password": "wrong"}),
        [("failure", "ada", "127.0.0.1", "json")],
    ),
    "login by Basic": (
        lambda v: v.post("/login/", json={}, auth=("ada", "right")),
        [("login", "ada", "127.0.0.1", "basic")],
    ),
    "failure by Basic": (
        lambda v: v.get("/api", auth=("ada", "wrong")),
        [("failure", "ada", "127.0.0.1", "basic")],
    ),
    "throttled": (
        lambda v: [v.get("/api", auth=("ada", "wrong")) for _ in range(11)],
        [("failure", "ada", "127.0.0.1", "basic")] * 10
        + [("throttled", "ada", "127.0.0.1", "basic")],
    ),
    "request with Basic": (lambda v: v.get("/api", auth=("ada", "right")), []),
    "login by the program": (
        lambda v: v.get("/portal"),
        [("login", "ada", "127.0.0.1", "program")],
    ),
    "logout": (logout, [LOGIN, ("logout", "ada", "127.0.0.1", "session")]),
    "denied": (denied, [LOGIN, ("denied", "ada", "127.0.0.1", "session")]),
    "anonymous": (lambda v: v.get("/secret"), []),
    "logout of nobody": (lambda v: v.get("/leave"), []),
    "empty form": (lambda v: v.log_in("", ""), []),
}


@pytest.mark.parametrize(("act", "expected"), CASES.values(), ids=CASES)
def test_one_line_and_one_signal(
    app: Flask,
    caplog: pytest.LogCaptureFixture,
    act: Any,
    expected: list[tuple[str, str, str, str]],
) -> None:
    """For each event, with the same fields in both."""
    received: list[tuple[str, str, str, str]] = []

    def receive(sender: Flask, **fields: str) -> None:
        assert sender is app
        received.append((fields["event"], fields["username"], fields["remote_addr"], fields["via"]))

    for signal in SIGNALS.values():
        signal.connect(receive)
    with caplog.at_level(logging.DEBUG):
        act(client_of(app))
    assert events(caplog) == expected
    assert received == expected


@pytest.mark.parametrize("name", ['a" via=x', "a remote_addr=1.2.3.4", "\u2028x", "ünï", "a\\n"])
def test_one_line_whatever_the_name(
    app: Flask, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    """Quotes and what some programs read as a new line are escaped; so is what is not ASCII."""
    client_of(app).log_in(name, "wrong")
    assert events(caplog) == [("failure", name, "127.0.0.1", "form")]
    assert len(caplog.records[-1].getMessage().splitlines()) == 1
    assert caplog.records[-1].getMessage().isascii()


def test_receiver_that_raises_changes_nothing(app: Flask) -> None:
    """The login goes on, and the error is logged."""

    def receive(sender: Flask, **fields: str) -> None:
        raise LookupError

    with user_logged_in.connected_to(receive):
        assert client_of(app).log_in("ada", "right").status_code == 302


def test_failure_is_seen_without_any_configuration(app: Flask) -> None:
    """Failures and denials are warnings, logins and logouts are information."""
    levels = []

    class Handler(logging.Handler):
        """Notes the levels."""

        def emit(self, record: logging.LogRecord) -> None:
            """Note one."""
            levels.append((vars(record)["event"], record.levelname))

    handler = Handler()
    logger = logging.getLogger("flask_simplelogin")
    logger.addHandler(handler)
    logger.setLevel(logging.DEBUG)
    try:
        visitor = client_of(app)
        visitor.log_in("ada", "wrong")
        denied(visitor)
        visitor.get("/logout/")
    finally:
        logger.removeHandler(handler)
        logger.setLevel(logging.NOTSET)
    assert levels == [
        ("failure", "WARNING"),
        ("login", "INFO"),
        ("denied", "WARNING"),
        ("logout", "INFO"),
    ]


def test_no_secret_in_any_output(
    caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """A full round at DEBUG shows no password, key, hash, token or cookie."""
    hashed = generate_password_hash("right-password", "pbkdf2:sha256:1")
    app = new_app(
        key="the-secret-key",
        SIMPLELOGIN_USERNAME="ada",
        SIMPLELOGIN_PASSWORD=hashed,
        DEBUG=True,
    )
    login = SimpleLogin(app)
    login.register_on_logout_callback(lambda: 1 / 0)
    with_views(app)
    secrets = {"right-password", "wrong-password", "the-secret-key", hashed}
    with caplog.at_level(logging.DEBUG):
        visitor = client_of(app)
        page = visitor.get("/login/")
        secrets.add(visitor.token(page))
        visitor.log_in("ada", "wrong-password")
        visitor.log_in("ada", "right-password")
        cookie = visitor.get_cookie("session")
        assert cookie is not None
        secrets.add(cookie.value)
        visitor.get("/only-admin")
        visitor.get("/api", auth=("ada", "wrong-password"))
        visitor.post("/login/", json={"username": "ada", "password": "wrong-password"})
        visitor.get("/logout/")
        app.config["SIMPLELOGIN_PASSWORD"] = hashed[:-1] + "!"
        visitor.log_in("ada", "right-password")
    output = caplog.text + "".join(capfd.readouterr())
    assert "failure" in output
    assert "ZeroDivisionError" in output
    for secret in secrets:
        assert secret not in output


def test_fail2ban_filter(app: Flask, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    """The documented filter finds each guess and its address in real lines, and nothing else."""
    program = need("fail2ban-regex")
    formatter = logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s")
    visitor = client_of(app)
    visitor.environ_base["REMOTE_ADDR"] = "192.0.2.7"
    with caplog.at_level(logging.DEBUG):
        for name in ("ada", 'x" remote_addr=198.51.100.1 via=form', "ada remote_addr=10.0.0.1"):
            visitor.log_in(name, "wrong")
        visitor.environ_base["REMOTE_ADDR"] = "2001:db8::7"
        visitor.get("/api", auth=("ada", "wrong"))
        denied(visitor)
        visitor.environ_base["REMOTE_ADDR"] = "192.0.2.8"
        for _ in range(12):
            visitor.get("/api", auth=("ada", "wrong"))
    lines = [
        formatter.format(record) for record in caplog.records if record.name == "flask_simplelogin"
    ]
    log = tmp_path / "app.log"
    log.write_text("\n".join(lines) + "\n")
    result = subprocess.run(
        [program, "--out", "ip", str(log), str(ROOT / "docs" / "fail2ban" / "simplelogin.conf")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.stdout.split() == [
        *["192.0.2.7"] * 3,
        "2001:db8::7",
        *["192.0.2.8"] * 12,
    ], result.stdout
