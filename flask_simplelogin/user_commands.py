"""The commands that see to users: ``flask simplelogin users …`` and ``flask simplelogin hash``."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence

import click
from flask.cli import AppGroup

from .errors import PasswordError, StoreError, UnknownUserError, UserExistsError
from .names import MAX_PASSWORD_BYTES, problem_of_text
from .passwords import METHODS, hash_password, problem_of_new
from .state import current_login
from .terminal import shown, table
from .users import UserRecord, Users

group = AppGroup("users", help="Add users, list and change them.")

_password_stdin = click.option(
    "--password-stdin",
    "from_stdin",
    is_flag=True,
    help="Read the password from the standard input instead of asking for it.",
)
_name = click.argument("name")


@group.command()
@_name
@click.option(
    "--role", "roles", multiple=True, metavar="ROLE", help="A role; for several say --role again."
)
@_password_stdin
def add(name: str, roles: Sequence[str], *, from_stdin: bool) -> None:
    """Add a user; the first one makes the table."""
    users = _writable_users()
    if users.get(name) is not None:
        raise UserExistsError(name)
    record = users.add(name, _new_password(name, from_stdin=from_stdin), roles)
    click.echo(f"{shown(name)} is added, {_with_roles(record)}.")


@group.command("list")
def list_() -> None:
    """List all users."""
    records = tuple(_users().list())
    if not records:
        place = getattr(_users().store, "place", None)
        where = f" in {place}" if place else ""
        click.echo(
            f"There are no users yet{where}: add one with `flask simplelogin users add NAME`."
        )
        return
    rows = [("NAME", "ROLES", "LOGIN")]
    for each in sorted(records, key=lambda record: record.username):
        state = "enabled" if each.is_enabled else "disabled"
        rows.append((shown(each.username), _listed(each.roles) or "-", state))
    for line in table(rows):
        click.echo(line)


@group.command()
@_name
@_password_stdin
def passwd(name: str, *, from_stdin: bool) -> None:
    """Set a user's password; all their sessions end."""
    users = _writable_users()
    _known(users, name)
    users.set_password(name, _new_password(name, from_stdin=from_stdin))
    click.echo(f"{shown(name)} has a new password, and has to log in with it.")


@group.command()
@_name
@click.argument("roles", nargs=-1, metavar="[ROLE]...")
def roles(name: str, roles: Sequence[str]) -> None:
    """Set a user's roles to exactly these; without any, take all away."""
    users = _writable_users()
    before = _known(users, name)
    users.set_roles(name, roles)
    after = _known(users, name)
    click.echo(f"{shown(name)} was {_with_roles(before)}, and now is {_with_roles(after)}.")


@group.command()
@_name
def disable(name: str) -> None:
    """Keep a user out; their sessions end."""
    _writable_users().disable(name)
    click.echo(f"{shown(name)} is kept out.")


@group.command()
@_name
def enable(name: str) -> None:
    """Let a user in again."""
    _writable_users().enable(name)
    click.echo(f"{shown(name)} is let in again.")


@group.command()
@_name
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
def remove(name: str, *, yes: bool) -> None:
    """Remove a user; their sessions end."""
    users = _writable_users()
    _known(users, name)
    if not yes:
        click.confirm(f"Remove {shown(name)}?", abort=True)
    users.remove(name)
    click.echo(f"{shown(name)} is removed.")


@click.command("hash")
@click.option("--method", type=click.Choice(METHODS), default=METHODS[0], show_default=True)
@_password_stdin
def hash_(method: str, *, from_stdin: bool) -> None:
    """Print the hash of a password, for a file of settings."""
    click.echo(hash_password(_new_password("", from_stdin=from_stdin), method))


def _users() -> Users:
    """Return the app's users, or say that there is no store."""
    users: Users = current_login().users
    return users


def _writable_users() -> Users:
    """Return the app's users if they can be changed: say so before a password is asked for."""
    users = _users()
    if not users.is_writable:
        raise StoreError("These users can't be changed from here: their store is read only.")
    return users


def _known(users: Users, name: str) -> UserRecord:
    """Return the user's record, or say that there is none."""
    record = users.get(name)
    if record is None:
        raise UnknownUserError(name)
    return record


def _new_password(username: str, *, from_stdin: bool) -> str:
    """Return a new password that may be one; a person is asked again, a script is told."""
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
        problem = _problem(password, username)
        if problem:
            raise PasswordError(problem)
        return password

    def usable(password: str) -> str:
        problem = _problem(password, username)
        if problem:
            raise click.BadParameter(problem)
        return password

    asked: str = click.prompt(
        "Password", hide_input=True, confirmation_prompt="The same again", value_proc=usable
    )
    return asked


def _problem(password: str, username: str) -> str | None:
    """Return why this can't be a new password, or `None`."""
    problem = problem_of_text(password, "password", MAX_PASSWORD_BYTES)
    return problem or problem_of_new(password, username)


def _with_roles(record: UserRecord) -> str:
    """Return what roles somebody has, in words."""
    names = _listed(record.roles)
    many = "s" if len(record.roles) > 1 else ""
    return f"with the role{many} {names}" if names else "without a role"


def _listed(names: Iterable[str]) -> str:
    """Return names in their order, with commas between them."""
    return ", ".join(shown(name) for name in sorted(names))
