"""`flask_simplelogin.testing`: clients that are logged in, with every protection on."""

from __future__ import annotations

import textwrap
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask, session
from flask_wtf import CSRFProtect

from flask_simplelogin import (
    SimpleLogin,
    SimpleLoginNotInitializedError,
    UsageError,
    get_user,
    get_username,
    has_role,
    login_required,
)
from flask_simplelogin.testing import login_as

from .conftest import client_of, new_app
from .servers import flask_run, free_port, gunicorn, running
from .test_startup import browser

pytest_plugins = ["pytester"]

HASH = "pbkdf2:sha256:1$a$16e6f55a4c2fa7b5b4a9fd1a4d9a2dd0d4be8c6e9e2f2f9e1e4e1f3c2b1a0f9e8d"
STORE = {"ada": {"password": HASH, "roles": ["admin"]}, "bob": {"password": HASH, "enabled": False}}


def app_with(**arguments: Any) -> Flask:
    """Return an app that tells who is there."""
    app = new_app()
    SimpleLogin(app, **arguments)
    app.get("/")(lambda: {"name": get_username(), "admin": has_role("admin")})
    app.get("/admin", endpoint="admin")(login_required(role="admin")(lambda: "for admins"))
    app.post("/form", endpoint="form")(login_required(lambda: "sent"))
    return app


STORES: list[dict[str, Any]] = [
    {},
    {"login_checker": lambda user: False},
    {"users": STORE},
    {"user_loader": lambda name: None},
    {"user_loader": lambda name: SimpleNamespace(roles=["staff"])},
    {"users": STORE, "user_loader": lambda name: SimpleNamespace(roles=["staff"])},
]


@pytest.mark.parametrize("arguments", STORES, ids=" and ".join)
def test_roles(arguments: dict[str, Any]) -> None:
    """They count whatever the app knows its users by, and whether it knows this one."""
    app = app_with(**arguments)
    for name in ("ada", "somebody"):
        admin = login_as(app, name, roles=["admin"])
        assert admin.get("/").json == {"name": name, "admin": True}
        assert admin.get("/admin").text == "for admins"
        none = login_as(app, name, roles=[])
        assert none.get("/").json == {"name": name, "admin": False}
        assert none.get("/admin").status_code == 403
        assert client_of(app).get("/").json == {"name": None, "admin": False}


def test_without_roles() -> None:
    """What the app knows of the user counts, and who is unknown is not let in."""
    app = app_with(users=STORE)
    assert login_as(app, "ada").get("/").json == {"name": "ada", "admin": True}
    assert login_as(app, "eve").get("/").json == {"name": None, "admin": False}
    assert login_as(app_with(), "eve").get("/").json == {"name": "eve", "admin": False}


def test_disabled_user() -> None:
    """Who is not let in by the store is not by a test either."""
    app = app_with(users=STORE)
    assert login_as(app, "bob", roles=["admin"]).get("/").json == {"name": None, "admin": False}


def test_object_of_the_program() -> None:
    """`get_user` gives what the loader gives, with the roles of the test."""
    person = SimpleNamespace(email="ada@example.org", roles=[])
    app = app_with(user_loader=lambda name: person)
    app.get("/email", endpoint="email")(lambda: f"{get_user().email} {has_role('admin')}")
    assert login_as(app, "ada", roles=["admin"]).get("/email").text == "ada@example.org True"


def test_one_client_after_another() -> None:
    """A client can become somebody else, log out, and then be nobody."""
    app = app_with()
    client = login_as(app, "ada", roles=["admin"])
    assert login_as(client, "eve", roles=["staff"]) is client
    assert client.get("/").json == {"name": "eve", "admin": False}
    login_as(client, "ada")
    assert client.get("/").json == {"name": "ada", "admin": False}
    login_as(client, "ada", roles=["admin"])
    client.get("/logout/")
    assert client.get("/").json == {"name": None, "admin": False}
    with client.session_transaction() as data:
        data.update(simple_logged_in=True, simple_username="eve")
    assert client.get("/").json == {"name": "eve", "admin": False}


def test_nothing_is_switched_off() -> None:
    """Forms need their tokens, sessions end, and what the session held is kept."""
    app = app_with()
    app.config["WTF_CSRF_CHECK_DEFAULT"] = True
    CSRFProtect(app)
    app.get("/kept", endpoint="kept")(lambda: session.get("kept", ""))
    client = app.test_client()
    with client.session_transaction() as data:
        data["kept"] = "kept"
    login_as(client, "ada", roles=["admin"])
    assert client.post("/form").status_code == 400
    assert client.get("/kept").text == "kept"
    with client.session_transaction() as data:
        data["simple_since"] = 5
    assert client.get("/").json == {"name": None, "admin": False}


@pytest.mark.parametrize("name", ["", None, 5, "a\nb", "a" * 2000])
def test_wrong_name(name: Any) -> None:
    """It fails with one sentence."""
    with pytest.raises(UsageError, match="login_as"):
        login_as(app_with(), name)


def test_app_without_a_login() -> None:
    """It says so."""
    with pytest.raises(SimpleLoginNotInitializedError):
        login_as(new_app(), "ada")


def test_fixture(pytester: pytest.Pytester) -> None:
    """It is there for who asks for the plugin, and finds their fixture `app`."""
    pytester.makeconftest(
        """
        import pytest
        from flask import Flask
        from flask_simplelogin import SimpleLogin, login_required

        pytest_plugins = ["flask_simplelogin.pytest_plugin"]

        @pytest.fixture
        def app():
            app = Flask("app")
            app.secret_key = "key"
            SimpleLogin(app)
            app.get("/")(login_required(role="admin")(lambda: "in"))
            return app
        """
    )
    pytester.makepyfile(
        """
        def test_admin(login_as):
            assert login_as("ada", roles=["admin"]).get("/").text == "in"
            assert login_as("eve", roles=["staff"]).get("/").status_code == 403
        """
    )
    pytester.runpytest("-p", "no:dash", "-p", "no:cacheprovider").assert_outcomes(passed=1)


@pytest.mark.parametrize("server", [flask_run, gunicorn])
def test_nothing_by_http(tmp_path: Path, server: Any) -> None:
    """No header of a real request makes somebody a user, not even in an app under test."""
    (tmp_path / "app.py").write_text(
        textwrap.dedent(
            """
            from flask import Flask
            from flask_simplelogin import SimpleLogin, get_username
            from flask_simplelogin.testing import login_as

            app = Flask(__name__)
            app.secret_key = "key"
            SimpleLogin(app)
            app.get("/")(lambda: f"name: {get_username()}")
            login_as(app, "ada", roles=["admin"]).get("/")
            """
        )
    )
    port = free_port()
    with running(server(port), port, tmp_path / "log"):
        client = browser()
        for name in ("simplelogin.testing", "simplelogin-testing", "Simplelogin_Testing"):
            client.addheaders = [(name, "ada"), (f"HTTP_{name}", "ada")]
            assert client.open(f"http://127.0.0.1:{port}/").read() == b"name: None"
