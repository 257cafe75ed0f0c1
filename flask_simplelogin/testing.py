"""Clients that are logged in, for a program's own tests.

Nothing is switched off for them: the session is one that a login could have written, the guards ask
what they always ask, and forms need their CSRF tokens. Who a client is stands in its WSGI
environment, where nothing that is sent by HTTP can write.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, request, request_started
from flask.testing import FlaskClient

from .accounts import Account, find_account, find_record, introduce
from .errors import StoreError, UsageError
from .identity import FINGERPRINT, LOGGED_IN, SINCE, USERNAME
from .names import MAX_USERNAME_BYTES, problem_of_text
from .state import state_of
from .users import UserRecord, roles_of

_WHO = "simplelogin.testing"


def login_as(
    client: Flask | FlaskClient, username: str, *, roles: Iterable[str] | None = None
) -> FlaskClient:
    """Return a test client that is logged in, without a password.

    >>> client = login_as(app, "ada", roles=["admin"])
    >>> client.get("/admin/").status_code
    200

    Args:
        client: The app, for a new client; or a client, which has then logged in.
        username: The name.
        roles: The roles that the user has in the requests of this client. The user need not exist
            then. `None`: those that the app's store or ``user_loader`` knows, which must know the
            user.

    Raises:
        UsageError: The name can't be one.
        SimpleLoginNotInitializedError: The app has no login.
    """
    if problem_of_text(username, "username", MAX_USERNAME_BYTES):
        raise UsageError(f"login_as() takes the name of a user, not {username!r}.")
    if isinstance(client, Flask):
        client = client.test_client()
    app: Flask = client.application
    state_of(app)
    with client.session_transaction() as session:
        session.pop(FINGERPRINT, None)
        session.update({LOGGED_IN: True, USERNAME: username, SINCE: int(time.time())})
    client.environ_base.pop(_WHO, None)
    if roles is not None:
        base: dict[str, Any] = client.environ_base
        base[_WHO] = (username, roles_of(roles))
        request_started.connect(_introduce, app)
    return client


@dataclass(frozen=True)
class _TestedAccount(Account):
    """A user with the roles that a test has given them."""

    given_roles: frozenset[str] = frozenset()

    @property
    def roles(self) -> frozenset[str]:
        """Return the given roles, whatever the store or the loader say."""
        return self.given_roles


def _introduce(_app: Flask, **_others: Any) -> None:
    """Tell the app, before it asks, who makes this request; who is disabled stays so."""
    username, roles = request.environ.get(_WHO, (None, frozenset()))
    if username is None:
        return
    try:
        record, account = find_record(username), find_account(username)
    except StoreError:  # as in earnest
        return
    if record is None or record.is_enabled:
        user = account.user if account else UserRecord(username, "", roles)
        introduce(_TestedAccount(username, user, record, roles))
