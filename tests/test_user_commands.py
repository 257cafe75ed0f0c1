"""`flask simplelogin users …` and `hash`: what a person sees who types them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import create_engine, text

from flask_simplelogin import SimpleLogin, UserRecord, login_required
from flask_simplelogin.cli import group
from flask_simplelogin.passwords import is_verifiable, verify
from flask_simplelogin.users import Users

from .conftest import client_of, new_app, with_views
from .servers import ROOT

PASSWORD = "analytical-engine"


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    """An app with a store in SQLite that has no user yet."""
    app = new_app()
    SimpleLogin(app, users=f"sqlite:///{tmp_path}/users.db")
    return with_views(app)


def run(app: Flask, *arguments: str, typed: str = "") -> Result:
    """Type a command, and what it asks for."""
    return app.test_cli_runner().invoke(args=["simplelogin", *arguments], input=typed)


def add(app: Flask, name: str, *roles: str) -> Result:
    """Add a user as a script does."""
    options = [option for role in roles for option in ("--role", role)]
    return run(app, "users", "add", name, *options, "--password-stdin", typed=f"{PASSWORD}\n")


def users_of(app: Flask) -> Users:
    """Return the app's users."""
    users = app.extensions["simplelogin"].users
    assert isinstance(users, Users)
    return users


def test_add(app: Flask) -> None:
    """The password is asked for twice, hidden; then the user can log in."""
    result = run(app, "users", "add", "ada", "--role", "admin", typed=f"{PASSWORD}\n{PASSWORD}\n")
    assert result.exit_code == 0
    assert result.output.endswith("ada is added, with the role admin.\n")
    assert "Password:" in result.output
    assert PASSWORD not in result.output
    assert client_of(app).log_in("ada", PASSWORD).status_code == 302


def test_add_asks_again(app: Flask) -> None:
    """For a password that is too short or common, and for one that was mistyped."""
    typed = ["short", "password1", PASSWORD, "mistyped", PASSWORD, PASSWORD]
    result = run(app, "users", "add", "ada", typed="".join(f"{line}\n" for line in typed))
    assert result.exit_code == 0
    assert "at least 8 characters" in result.output
    assert "guessed first" in result.output
    assert "do not match" in result.output
    assert users_of(app).verify(users_of(app).get("ada"), PASSWORD)


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ("short\n", "Choose a password of at least 8 characters."),
        ("\n", "Enter your password."),
        ("", "Enter your password."),
        ("Password1\n", "guessed first"),
        ("aaaabbbbaaaabbbb\n", "too few different characters"),
        ("adalovelace\n", "little more than the username"),
    ],
)
def test_script_is_told(app: Flask, typed: str, sentence: str) -> None:
    """A script gets one sentence, the status 1, and no user."""
    result = run(app, "users", "add", "adalovelace", "--password-stdin", typed=typed)
    assert result.exit_code == 1
    assert sentence in result.output
    assert len(result.output.splitlines()) == 1
    assert list(users_of(app).list()) == []


def test_password_from_a_file_keeps_its_spaces(app: Flask) -> None:
    """Only the line's end is taken off it."""
    command = ("users", "add", "ada", "--password-stdin")
    run(app, *command, typed="  a pass word \r\nanother line\n")
    assert users_of(app).verify(users_of(app).get("ada"), "  a pass word ")


def test_name_that_is_taken(app: Flask) -> None:
    """It is said before a password is asked for."""
    add(app, "ada")
    result = run(app, "users", "add", "ada")
    assert result.exit_code == 1
    assert result.output == "Error: There is a user 'ada' already.\n"


def test_list(app: Flask) -> None:
    """A table with columns under each other, in the order of the names."""
    assert "There are no users yet" in run(app, "users", "list").output
    add(app, "grace", "editor", "admin")
    add(app, "ada")
    run(app, "users", "disable", "ada")
    assert run(app, "users", "list").output.splitlines() == [
        "NAME   ROLES          LOGIN",
        "ada    -              disabled",
        "grace  admin, editor  enabled",
    ]


def test_changes(app: Flask) -> None:
    """Each says what it did, and it counts for a session that is under way."""
    add(app, "ada")

    @app.get("/admin")
    @login_required(role="admin")
    def admin() -> str:
        return "in"

    visitor = client_of(app)
    visitor.log_in("ada", PASSWORD)
    assert visitor.get("/admin").status_code == 403
    assert run(app, "users", "roles", "ada", "editor", "admin").output == (
        "ada was without a role, and now is with the roles admin, editor.\n"
    )
    assert visitor.get("/admin").status_code == 200
    assert run(app, "users", "roles", "ada").output == (
        "ada was with the roles admin, editor, and now is without a role.\n"
    )
    assert visitor.get("/admin").status_code == 403
    assert run(app, "users", "disable", "ada").output == "ada is kept out.\n"
    assert visitor.get("/secret").status_code == 302
    assert run(app, "users", "enable", "ada").output == "ada is let in again.\n"
    visitor.log_in("ada", PASSWORD)
    typed = "difference-engine\ndifference-engine\n"
    assert "new password" in run(app, "users", "passwd", "ada", typed=typed).output
    assert visitor.get("/secret").status_code == 302
    assert visitor.log_in("ada", PASSWORD).status_code == 401
    assert visitor.log_in("ada", "difference-engine").status_code == 302


def test_remove_asks(app: Flask) -> None:
    """Unless it is told not to; a no, or nothing, leaves the user there."""
    add(app, "ada")
    for typed in ("n\n", "\n", ""):
        assert run(app, "users", "remove", "ada", typed=typed).exit_code == 1
        assert users_of(app).get("ada")
    assert run(app, "users", "remove", "ada", typed="y\n").exit_code == 0
    add(app, "ada")
    assert run(app, "users", "remove", "ada", "--yes").output == "ada is removed.\n"
    assert users_of(app).get("ada") is None


@pytest.mark.parametrize(
    "arguments",
    [("passwd",), ("roles",), ("disable",), ("enable",), ("remove",), ("remove", "--yes")],
)
def test_unknown_user(app: Flask, arguments: tuple[str, ...]) -> None:
    """One sentence, before anything is asked for."""
    command, *options = arguments
    result = run(app, "users", command, "nobody", *options)
    assert result.exit_code == 1
    assert result.output == "Error: There is no user 'nobody'.\n"


@pytest.mark.parametrize("name", ["a\nb", "", "x" * 300, "\x1b[2J"])
def test_name_that_can_not_be_one(app: Flask, name: str) -> None:
    """It is refused, and its control characters do not reach the terminal."""
    result = add(app, name)
    assert result.exit_code == 1
    assert "\x1b" not in result.output
    assert len(result.output.splitlines()) == 1


def test_name_of_a_program_can_not_steer_the_terminal() -> None:
    """What stands in a mapping may be anything: it is shown escaped."""
    record = UserRecord("\x1b[2Jada", "hash", frozenset({"\nadmin"}))

    class Store:
        def get(self, username: str) -> UserRecord | None:
            return None

        def list(self) -> list[UserRecord]:
            return [record]

    app = new_app()
    SimpleLogin(app, users=Store())
    shown = run(app, "users", "list").output
    assert "\x1b" not in shown
    assert len(shown.splitlines()) == 2


def test_hash(app: Flask) -> None:
    """It prints a hash and nothing else on the standard output; it asks for the password twice."""
    for method in ("scrypt", "argon2id"):
        if method == "argon2id":
            pytest.importorskip("argon2")
        typed = f"{PASSWORD}\n"
        made = run(app, "hash", "--method", method, "--password-stdin", typed=typed).output.strip()
        assert is_verifiable(made)
        assert verify(made, PASSWORD)
    assert run(app, "hash", "--password-stdin", typed="short\n").exit_code == 1
    assert "The same again" in run(app, "hash", typed=f"{PASSWORD}\n{PASSWORD}\n").output


def test_hash_works_while_the_app_does_not_start(tmp_path: Path) -> None:
    """The error about a plain password names the command, so it must work just then."""
    (tmp_path / "app.py").write_text(
        "from flask import Flask\nfrom flask_simplelogin import SimpleLogin\n"
        "app = Flask(__name__)\nSimpleLogin(app, users={'ada': 'plain'})\n"
    )
    flask = [sys.executable, "-m", "flask", "--app", "app", "simplelogin"]

    def call(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*flask, *arguments],
            input=typed,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            check=False,
        )

    told = call("users", "list")
    assert "make one with `flask simplelogin hash`" in told.stderr
    assert "Traceback" not in told.stderr
    assert is_verifiable(call("hash", "--password-stdin", typed=f"{PASSWORD}\n").stdout.strip())


@pytest.mark.parametrize(
    ("users", "sentence"),
    [
        (None, "has no store of users"),
        ({}, "read only"),
    ],
)
def test_store_that_can_not_be_written(users: Any, sentence: str) -> None:
    """One sentence, before a password is asked for."""
    app = new_app()
    SimpleLogin(app, users=users)
    for command in ("add", "passwd", "roles", "disable", "enable", "remove"):
        result = run(app, "users", command, "ada")
        assert result.exit_code == 1
        assert sentence in result.output
        assert len(result.output.splitlines()) == 1


@pytest.mark.parametrize(
    ("url", "table", "sentence"),
    [
        ("sqlite:///{}/users.db", "(username TEXT)", "has no column"),
        ("sqlite:///{}/users.db", "(username TEXT, password_hash BLOB, roles TEXT)", "no column"),
        ("postgresql+psycopg://u:hunter2@127.0.0.1:1/d", "", "can't be used: "),
    ],
)
def test_wrong_database(tmp_path: Path, url: str, table: str, sentence: str) -> None:
    """One sentence without a traceback and without a password, for each command."""
    url = url.format(tmp_path)
    if table:
        with create_engine(url).begin() as connection:
            connection.execute(text(f"CREATE TABLE simplelogin_user {table}"))
    app = new_app()
    SimpleLogin(app, users=url)
    for arguments in (("list",), ("add", "ada", "--password-stdin"), ("disable", "ada")):
        result = run(app, "users", *arguments, typed=f"{PASSWORD}\n")
        assert result.exit_code == 1
        assert isinstance(result.exception, SystemExit)
        assert sentence in result.output
        assert "hunter2" not in result.output
        assert len(result.output.splitlines()) == 1


def test_commands_explain_themselves() -> None:
    """Each has a line of help, and so has each option."""

    def commands(each: click.Command) -> list[click.Command]:
        inner = each.commands.values() if isinstance(each, click.Group) else ()
        return [each, *(found for one in inner for found in commands(one))]

    for command in commands(group):
        assert command.help
        for parameter in command.params:
            if isinstance(parameter, click.Option) and parameter.name != "method":
                assert parameter.help


def test_flask_finds_the_commands_without_an_app(tmp_path: Path) -> None:
    """They are a plugin of Flask, in an installed package."""
    shown = subprocess.run(
        [sys.executable, "-m", "flask", "simplelogin", "users", "--help"],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert "passwd" in shown.stdout
    assert str(ROOT) not in shown.stdout
