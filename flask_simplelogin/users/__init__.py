"""Users and where they are kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .htpasswd import HtpasswdUsers
from .management import Users
from .mapping import MappingUsers
from .records import Changes, UserRecord, UserStore, WritableUserStore, roles_of

__all__ = [
    "Changes",
    "HtpasswdUsers",
    "MappingUsers",
    "UserRecord",
    "UserStore",
    "Users",
    "UsersSource",
    "WritableUserStore",
    "open_store",
    "roles_of",
]

UsersSource = Mapping[str, Any] | str | UserStore
"""What ``users=`` takes: a mapping of names to hashes, a URL or path, or a store."""


def open_store(users: object, folder: str | Path) -> UserStore:
    """Return the store that ``users=`` stands for.

    Args:
        users: A mapping, a URL of SQLAlchemy, ``htpasswd:`` with a path, or a store.
        folder: Where relative paths start.

    Raises:
        UsageError: It is none of these.
        StoreError: It is one that can't be used.
        MissingExtraError: It is a URL, and SQLAlchemy is not installed.
    """
    if isinstance(users, Mapping):
        return MappingUsers(users)
    if isinstance(users, str):
        return _open_url(users, Path(folder))
    if isinstance(users, UserStore) and not isinstance(users, type):
        return users
    raise UsageError(
        "users= takes a mapping of names to hashes, a URL such as 'sqlite:///users.db', "
        f"'htpasswd:users.htpasswd', or an object with get(username), not {type(users).__name__}."
    )


def _open_url(url: str, folder: Path) -> UserStore:
    """Return the store that a text names."""
    kind, _colon, rest = url.partition(":")
    if kind == "htpasswd" and rest:
        return HtpasswdUsers(folder / rest)
    if "://" not in url:
        raise UsageError(
            "users= as a text is a URL such as 'sqlite:///users.db', or 'htpasswd:' and a path."
        )
    from .sql import SQLUsers  # only here, for it needs an extra

    return SQLUsers.from_url(url, folder)
