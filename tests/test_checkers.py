"""Where the sample credentials count: on this machine, straight to a development server."""

from __future__ import annotations

from io import BufferedReader, BytesIO
from typing import Any

import pytest
from flask import Flask

from flask_simplelogin import SimpleLogin, User, default_login_checker

from .conftest import client_of, new_app

SAMPLE: User = {"username": "admin", "password": "secret"}
DEVELOPMENT_SERVER = {"SERVER_SOFTWARE": "Werkzeug/3.1.9"}


def is_let_in(app: Flask, **environ: Any) -> bool:
    """Return whether the built-in checker accepts the sample in such a request."""
    headers = environ.pop("headers", {})
    environ = {"REMOTE_ADDR": "127.0.0.1", **environ}
    with app.test_request_context(environ_overrides=environ, headers=headers):
        return default_login_checker(SAMPLE)


@pytest.fixture
def app() -> Flask:
    """The two-line app."""
    app = new_app()
    SimpleLogin(app)
    return app


@pytest.mark.parametrize(
    ("environ", "accepted"),
    [
        # server software
        ({}, True),
        (DEVELOPMENT_SERVER, True),
        ({"SERVER_SOFTWARE": "gunicorn/23.0.0"}, False),
        ({"SERVER_SOFTWARE": "waitress"}, False),
        ({"SERVER_SOFTWARE": "uWSGI"}, False),
        ({"SERVER_SOFTWARE": "mod_wsgi"}, False),
        ({"SERVER_SOFTWARE": ""}, False),
        ({"SERVER_SOFTWARE": "NotWerkzeug/1"}, False),
        # servers that give no name: threads, processes, a socket to read from
        ({"wsgi.multithread": True}, False),
        ({"wsgi.multiprocess": True}, False),
        ({"wsgi.input": BufferedReader(BytesIO())}, False),
        # client address
        ({"REMOTE_ADDR": "127.0.0.1"}, True),
        ({"REMOTE_ADDR": "127.8.8.8"}, True),
        ({"REMOTE_ADDR": "::1"}, True),
        ({"REMOTE_ADDR": "::ffff:127.0.0.1"}, True),
        ({"REMOTE_ADDR": "192.168.1.5"}, False),
        ({"REMOTE_ADDR": "172.17.0.1"}, False),
        ({"REMOTE_ADDR": "0.0.0.0"}, False),
        ({"REMOTE_ADDR": "2001:db8::1"}, False),
        ({"REMOTE_ADDR": "::ffff:192.0.2.1"}, False),
        ({"REMOTE_ADDR": ""}, False),
        ({"REMOTE_ADDR": None}, False),
        ({"REMOTE_ADDR": "unix:"}, False),
        # Host
        ({"HTTP_HOST": "localhost"}, True),
        ({"HTTP_HOST": "LOCALHOST:5000"}, True),
        ({"HTTP_HOST": "127.0.0.1:5000"}, True),
        ({"HTTP_HOST": "[::1]:5000"}, True),
        ({"HTTP_HOST": "[::1]"}, True),
        ({"HTTP_HOST": "app.example"}, False),
        ({"HTTP_HOST": "localhost.example"}, False),
        ({"HTTP_HOST": "127.0.0.1.example"}, False),
        ({"HTTP_HOST": "192.168.1.5:5000"}, False),
        ({"HTTP_HOST": "localhost@app.example"}, False),
        ({"HTTP_HOST": "localhost, app.example"}, False),
        ({"HTTP_HOST": ""}, False),
        # HTTP version
        ({"SERVER_PROTOCOL": "HTTP/1.1"}, True),
        ({"SERVER_PROTOCOL": "HTTP/2"}, True),
        ({"SERVER_PROTOCOL": "HTTP/1.0"}, False),
        ({"SERVER_PROTOCOL": "HTTP/0.9"}, False),
        ({"SERVER_PROTOCOL": ""}, False),
        # forwarding headers
        ({"headers": {"X-Forwarded-For": "127.0.0.1"}}, False),
        ({"headers": {"x-forwarded-proto": "https"}}, False),
        ({"headers": {"X-Forwarded-Anything": ""}}, False),
        ({"headers": {"X-Real-Ip": "127.0.0.1"}}, False),
        ({"headers": {"Forwarded": "for=127.0.0.1"}}, False),
        ({"headers": {"Via": "1.1 proxy"}}, False),
        ({"headers": {"CF-Connecting-IP": "127.0.0.1"}}, False),
        ({"headers": {"X-Client-IP": "127.0.0.1"}}, False),
        ({"headers": {"X-Envoy-External-Address": "192.0.2.1"}}, False),
        ({"headers": {"X-Nginx-Proxy": "true"}}, False),
        ({"headers": {"X-Amzn-Trace-Id": "x"}}, False),
        ({"headers": {"Cdn-Loop": "cloudflare"}}, False),
        ({"headers": {"X-Scheme": "https"}}, False),
        ({"headers": {"X-Other": "1", "Accept": "text/html"}}, True),
    ],
)
def test_sample_credentials(app: Flask, environ: dict[str, Any], accepted: bool) -> None:
    """Each condition alone is enough to refuse them."""
    assert is_let_in(app, **environ) is accepted


@pytest.mark.parametrize("half", ["SIMPLELOGIN_USERNAME", "SIMPLELOGIN_PASSWORD"])
def test_half_of_them_counts_as_the_sample(app: Flask, half: str) -> None:
    """Who set only one of the two still has the other from the sample."""
    app.config[half] = {"SIMPLELOGIN_USERNAME": "admin", "SIMPLELOGIN_PASSWORD": "secret"}[half]
    assert is_let_in(app)
    assert not is_let_in(app, REMOTE_ADDR="192.168.1.5")


def test_own_credentials_count_everywhere(app: Flask) -> None:
    """Even where they say what the sample says: it was somebody's will."""
    app.config.update(SIMPLELOGIN_USERNAME="admin", SIMPLELOGIN_PASSWORD="secret")
    assert is_let_in(app, REMOTE_ADDR="192.168.1.5", SERVER_SOFTWARE="gunicorn/23.0.0")


def test_page_says_why_the_sample_was_refused(app: Flask) -> None:
    """What to set is said to who typed the sample, and to nobody else."""
    visitor = client_of(app)
    visitor.environ_base["REMOTE_ADDR"] = "172.17.0.1"
    page = visitor.log_in("admin", "secret")
    assert page.status_code == 401
    assert "set SIMPLELOGIN_USERNAME and SIMPLELOGIN_PASSWORD" in page.text
    assert "SIMPLELOGIN_USERNAME" not in visitor.log_in("admin", "wrong").text


@pytest.mark.parametrize(
    "config",
    [{"SIMPLELOGIN_PASSWORD": "Real-P4ss"}, {"SIMPLELOGIN_USERNAME": "chuck"}],
)
def test_hint_is_no_oracle(config: dict[str, str]) -> None:
    """Who guesses from afar what somebody has set is not told that it was right."""
    app = new_app(**config)
    SimpleLogin(app)
    visitor = client_of(app)
    visitor.environ_base["REMOTE_ADDR"] = "203.0.113.9"
    name = config.get("SIMPLELOGIN_USERNAME", "admin")
    password = config.get("SIMPLELOGIN_PASSWORD", "secret")
    page = visitor.log_in(name, password)
    assert page.status_code == 401
    assert "set SIMPLELOGIN_USERNAME" not in page.text


def test_outside_of_a_request_the_sample_counts_for_nobody(app: Flask) -> None:
    """A command that calls the checker has no client."""
    with app.app_context():
        assert not default_login_checker(SAMPLE)
