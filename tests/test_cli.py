"""`flask simplelogin check`: the posture of an app, in plain sentences."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.views import MethodView
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.security import generate_password_hash

from flask_simplelogin import SimpleLogin, is_logged_in, login_required
from flask_simplelogin.audit import posture

from .conftest import new_app, with_views
from .servers import ROOT, free_port

GOOD: dict[str, Any] = {
    "SIMPLELOGIN_USERNAME": "ada",
    "SIMPLELOGIN_PASSWORD": generate_password_hash("x", "pbkdf2:sha256:1"),
    "SESSION_COOKIE_SECURE": True,
}


def good_app(key: str | None = None, **config: Any) -> Flask:
    """Return an app that nothing is to be said against, but for what `config` makes worse."""
    app = new_app(key=secrets.token_hex(32) if key is None else key, **{**GOOD, **config})
    SimpleLogin(app)
    return with_views(app)


def levels(app: Flask) -> dict[str, str]:
    """Return the checks that have something to say, with their level."""
    return {found.check: found.level for found in posture(app) if found.level != "ok"}


def test_good_app() -> None:
    """Nothing to complain of, and exit 0."""
    app = good_app()
    assert levels(app) == {}
    result = app.test_cli_runner().invoke(args=["simplelogin", "check"])
    assert result.exit_code == 0
    assert "→" not in result.output


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ({"key": "dev"}, {"secret_key": "error"}),
        ({"key": "something-secret"}, {"secret_key": "error"}),
        ({"key": "x7#kQ!p2"}, {"secret_key": "error"}),
        ({"key": "x7#kQ!p2x7#kQ!p2x7"}, {"secret_key": "warning"}),
        ({"SIMPLELOGIN_PASSWORD": "plain"}, {"credentials": "warning"}),
        ({"SIMPLELOGIN_PASSWORD": None}, {"credentials": "error"}),
        ({"SIMPLELOGIN_USERNAME": None}, {"credentials": "error"}),
        ({"SESSION_COOKIE_SECURE": False}, {"cookie_secure": "warning"}),
        ({"SESSION_COOKIE_HTTPONLY": False}, {"cookie_http_only": "error"}),
        ({"SESSION_COOKIE_SAMESITE": "None"}, {"cookie_same_site": "warning"}),
        ({"SESSION_COOKIE_SAMESITE": None}, {}),
        ({"WTF_CSRF_ENABLED": False}, {"csrf": "error"}),
        ({"DEBUG": True}, {"debug": "warning"}),
        ({"SIMPLELOGIN_SESSION_LIFETIME": 0}, {"lifetime": "warning"}),
        ({"SIMPLELOGIN_SECURITY_HEADERS": False}, {"headers": "warning"}),
        ({"SIMPLELOGIN_THROTTLE": False}, {"throttle": "warning"}),
    ],
)
def test_each_weakness_is_found(config: dict[str, Any], expected: dict[str, str]) -> None:
    """Alone, and with a remedy."""
    app = good_app(**config)
    assert levels(app) == expected
    for finding in posture(app):
        assert bool(finding.remedy) is (finding.level != "ok")
        assert finding.sentence.endswith(".")


def test_generated_key_and_debug_in_public(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both are errors."""
    monkeypatch.setenv("FLASK_RUN_HOST", "0.0.0.0")
    app = good_app(key="", DEBUG=True)
    assert levels(app) == {"secret_key": "error", "debug": "error"}


@pytest.mark.parametrize(
    ("name", "value", "is_many"),
    [
        ("WEB_CONCURRENCY", "4", True),
        ("WEB_CONCURRENCY", "1", False),
        ("WEB_CONCURRENCY", "many", False),
        ("GUNICORN_CMD_ARGS", "--bind :80 --workers=3 --threads 9", True),
        ("GUNICORN_CMD_ARGS", "-w 3", True),
        ("GUNICORN_CMD_ARGS", "-w1 --threads 4", False),
        ("UWSGI_PROCESSES", "2", True),
    ],
)
def test_several_processes_that_count_alone(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, *, is_many: bool
) -> None:
    """As the environment tells it; where the counts are shared there is nothing to say."""
    monkeypatch.setenv(name, value)
    assert levels(good_app()) == ({"throttle": "warning"} if is_many else {})
    shared = good_app(SIMPLELOGIN_THROTTLE_STORAGE=f"redis://localhost:{free_port()}")
    assert levels(shared) == {}


def test_proxy_without_proxy_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the platform has one: each client would have its address. `ProxyFix` is enough."""
    monkeypatch.setenv("DYNO", "web.1")
    app = good_app()
    assert levels(app) == {"client_address": "warning"}
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    assert levels(app) == {}
    app = new_app(key=secrets.token_hex(32), **GOOD)
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    SimpleLogin(app)
    assert "client_address" not in levels(app)


def test_unlock_where_it_can_not_be(tmp_path: Path) -> None:
    """It says why, and what to do: no traceback, and no claim that it was done."""
    (tmp_path / "key.py").write_text(
        "from flask import Flask\n"
        "from flask_simplelogin import SimpleLogin\n"
        "app = Flask(__name__)\n"
        "app.config.from_prefixed_env()\n"
        "SimpleLogin(app)\n"
    )
    key = {"FLASK_SECRET_KEY": "a key for tests"}
    down = {"SIMPLELOGIN_THROTTLE_STORAGE": f"redis://:geheim@localhost:{free_port()}"}
    for environment, sentence in (
        (key, "in the memory of each process"),
        (down, "Set the SECRET_KEY"),
        ({**key, "FLASK_SIMPLELOGIN_THROTTLE": "false"}, "SIMPLELOGIN_THROTTLE is off"),
        ({**key, **down}, "does not answer: ConnectionError"),
    ):
        result = flask(tmp_path, "key", "simplelogin", "unlock", "ada", **environment)
        assert result.returncode == 1
        assert sentence in result.stderr
        assert "Traceback" not in result.stderr
        assert "geheim" not in result.stderr + result.stdout


def empty_app() -> Flask:
    """Return an app without a view."""
    app = new_app(key=secrets.token_hex(32), **GOOD)
    SimpleLogin(app)
    return app


def test_app_that_protects_nothing() -> None:
    """A login that keeps nobody from anything."""
    app = empty_app()
    app.add_url_rule("/", "open", lambda: "open")
    assert levels(app) == {"protection": "warning"}


def test_decorator_above_the_route() -> None:
    """It is an error, and the views are named."""
    app = good_app()
    login_required(app.get("/wrong")(lambda: "open"))
    assert levels(app) == {"protection": "error"}


class Page(MethodView):
    """A view of which one method is guarded."""

    @login_required
    def post(self) -> str:
        """Be guarded."""
        return ""


def protect_by_method(app: Flask) -> None:
    """Guard a method of a class-based view."""
    app.add_url_rule("/page", view_func=Page.as_view("page"))


def protect_before_request(app: Flask) -> None:
    """Guard all by a function before each request."""
    app.before_request(login_required(lambda: None))


def protect_by_asking(app: Flask) -> None:
    """Ask within the view."""

    @app.get("/page")
    def page() -> str:
        return "in" if is_logged_in() else "out"


def protect_flask_admin(app: Flask) -> None:
    """Let Flask-Admin ask."""
    flask_admin = pytest.importorskip("flask_admin")

    class View(flask_admin.BaseView):  # type: ignore[name-defined]
        @flask_admin.expose("/")  # type: ignore[untyped-decorator]
        def index(self) -> str:
            return ""

        def is_accessible(self) -> bool:
            return is_logged_in()

    flask_admin.Admin(app).add_view(View(name="x", endpoint="x"))


@pytest.mark.parametrize(
    "protect",
    [protect_by_method, protect_before_request, protect_by_asking, protect_flask_admin],
)
def test_each_way_to_protect_is_seen(protect: Any) -> None:
    """A decorated method, a function before each request, a question in a view, Flask-Admin."""
    app = empty_app()
    protect(app)
    assert levels(app) == {}


def flask(
    folder: Path, name: str, *arguments: str, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run a command of `flask` as a user does."""
    environment = {key: value for key, value in os.environ.items() if not key.startswith("FLASK_")}
    return subprocess.run(
        [sys.executable, "-m", "flask", "--app", name, *arguments],
        cwd=folder,
        env={**environment, "PYTHONPATH": str(ROOT), **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_example(tmp_path: Path) -> None:
    """It lacks a key of its own and HTTPS, and says so; with both there is nothing to say."""
    result = flask(tmp_path, "example", "simplelogin", "check")
    assert result.returncode == 1
    assert result.stdout.count("error") == 1
    assert "SECRET_KEY is not set" in result.stdout
    assert "SESSION_COOKIE_SECURE" in result.stdout
    assert "Views are protected." in result.stdout


def test_bad_app(tmp_path: Path) -> None:
    """A deliberately bad app is told all of it, as JSON too."""
    (tmp_path / "bad.py").write_text(
        "from flask import Flask\n"
        "from flask_simplelogin import SimpleLogin\n"
        "app = Flask(__name__)\n"
        "app.config.update(SECRET_KEY='dev', SESSION_COOKIE_HTTPONLY=False,\n"
        "                  SESSION_COOKIE_SAMESITE='None', WTF_CSRF_ENABLED=False,\n"
        "                  SIMPLELOGIN_SESSION_LIFETIME=0, SIMPLELOGIN_SECURITY_HEADERS=False,\n"
        "                  SIMPLELOGIN_THROTTLE=False)\n"
        "SimpleLogin(app)\n"
    )
    environment = {"FLASK_DEBUG": "1", "DYNO": "web.1"}
    result = flask(tmp_path, "bad", "simplelogin", "check", "--json", **environment)
    assert result.returncode == 1
    found = {each["check"]: each["level"] for each in json.loads(result.stdout)}
    assert found == {
        "secret_key": "error",
        "credentials": "error",
        "cookie_secure": "warning",
        "cookie_http_only": "error",
        "cookie_same_site": "warning",
        "csrf": "error",
        "debug": "warning",
        "lifetime": "warning",
        "headers": "warning",
        "throttle": "warning",
        "client_address": "warning",
        "protection": "warning",
    }
    assert "dev" not in result.stdout.replace("--debug", "").replace("device", "")


def test_app_without_a_login(tmp_path: Path) -> None:
    """It is told in one sentence what it lacks."""
    (tmp_path / "plain.py").write_text("from flask import Flask\napp = Flask(__name__)\n")
    result = flask(tmp_path, "plain", "simplelogin", "check")
    assert result.returncode == 1
    assert result.stderr.startswith("Error: This app has no login yet")
    assert "Traceback" not in result.stderr
