"""What is known of a user: asked of the store and the program's loader, once for each request."""

from __future__ import annotations

import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from inspect import getattr_static
from typing import cast

from flask import Flask, Request, current_app, request
from werkzeug.exceptions import NotFound
from werkzeug.local import LocalProxy

from .errors import StoreError
from .state import State, User, current_state, wait_for
from .users import UserRecord, Users, roles_of

_RECORD = "_simplelogin_record"
_ACCOUNT = "_simplelogin_account"

_request = cast("LocalProxy[Request]", request)
_app = cast("LocalProxy[Flask]", current_app)


@dataclass(frozen=True)
class Account:
    """A user who is let in.

    Args:
        username: The name.
        user: What `get_user` gives: the program's own object, or else the store's record.
        record: What the store has, if there is one.
    """

    username: str
    user: object
    record: UserRecord | None = None

    @cached_property
    def roles(self) -> frozenset[str]:
        """The names of the roles: the program's object says them, if it has any.

        What it raises is raised: a broken answer must not become that of the store.
        """
        try:
            return roles_of(self.user.roles)  # type: ignore[attr-defined]
        except AttributeError:
            if _has_in_its_code(self.user, "roles"):
                raise
        return self.record.roles if self.record else frozenset()


def find_account(username: str) -> Account | None:
    """Return the user of this name, or `None` for who is unknown or disabled.

    It is asked once for each request, also where that fails.

    Raises:
        StoreError: The store or the loader raised; that is in the app's log.
    """
    found = _request._get_current_object().__dict__.get(_ACCOUNT)
    if found is None or found[0] != username:
        # A loader that asks for the user whom it is to load gets no answer.
        setattr(request, _ACCOUNT, (username, StoreError("The user is being loaded.")))
        found = (username, _look_up(username))
        setattr(request, _ACCOUNT, found)
    account: Account | StoreError | None = found[1]
    if isinstance(account, StoreError):
        raise account
    return account


def find_record(username: str) -> UserRecord | None:
    """Return what the app's store, if it has one, knows of a user, enabled or not.

    It is asked once for each request.
    """
    users = current_state().users
    if users is None:
        return None
    found: tuple[str, UserRecord | None] | None = request.__dict__.get(_RECORD)
    if found is None or found[0] != username:
        found = (username, users.get(username))
        setattr(request, _RECORD, found)
    return found[1]


def introduce(account: Account) -> None:
    """Let this request's user be as given, without a question to the store or the loader."""
    setattr(request, _ACCOUNT, (account.username, account))


def forget_account() -> None:
    """Ask again at the next question: something has been changed."""
    request.__dict__.pop(_RECORD, None)
    request.__dict__.pop(_ACCOUNT, None)


def fingerprints(account: Account) -> Iterator[str]:
    """Yield the text that stands for the user's credential in a session; the first is today's.

    It changes with the password, and tells nothing of it: it is made with the app's key, or with
    one of those before it (``SECRET_KEY_FALLBACKS``).
    """
    record = account.record
    if record is None:
        return
    app = _app._get_current_object()
    for key in (app.secret_key, *(app.config["SECRET_KEY_FALLBACKS"] or ())):
        key = key.encode() if isinstance(key, str) else key
        text = f"{record.username}\0{record.version or record.password_hash}"
        yield hmac.new(b"simplelogin credential" + key, text.encode(), "sha256").hexdigest()[:32]


def check_store(user: User) -> bool:
    """Check the credentials against the store: the checker of an app that has one."""
    users = cast(Users, current_state().users)
    record = find_record(user["username"])
    if not users.verify(record, user["password"]):
        return False
    try:
        renewed = users.renew_hash(cast(UserRecord, record), user["password"])
        setattr(request, _RECORD, (renewed.username, renewed))
    except Exception:
        current_app.logger.exception("A hash has aged, and could not be renewed.")
    return True


def _look_up(username: str) -> Account | StoreError | None:
    """Ask the store and the loader."""
    state = current_state()
    try:
        return _find(state, username)
    except NotFound:  # as a query of a program says it
        return None
    except StoreError as error:
        current_app.logger.error("The users can't be looked up: %s", error)
        return error
    except Exception:
        current_app.logger.exception("The users can't be looked up.")
        return StoreError("The users can't be looked up.")


def _find(state: State, username: str) -> Account | None:
    """Return the user who is in the store, if there is one, and whom the loader knows."""
    record = find_record(username)
    if state.users and not (record and record.is_enabled):
        return None
    user = wait_for(state.user_loader(username)) if state.user_loader else record
    return None if user is None or user is False else Account(username, user, record)


def _has_in_its_code(user: object, name: str) -> bool:
    """Return whether an object has an attribute, though it may fail to answer."""
    try:
        getattr_static(user, name)
    except AttributeError:
        return False
    return True
