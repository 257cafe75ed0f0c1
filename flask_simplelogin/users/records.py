"""What a store of users holds, and what it must be able to do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypedDict, runtime_checkable


@dataclass(frozen=True)
class UserRecord:
    """A user as a store has them; the hash is not in the `repr`.

    >>> UserRecord("ada", generate_password_hash("analytical-engine"), frozenset({"admin"}))
    UserRecord(username='ada', roles=frozenset({'admin'}), is_enabled=True)

    Args:
        username: The name, exactly as it is typed at the login.
        password_hash: The hash of the password, never the password.
        roles: The names of the roles.
        is_enabled: Whether the user is let in.
        version: A text that changes when all sessions of the user are to end. Where it is empty,
            a changed hash ends them.
    """

    username: str
    password_hash: str = field(repr=False)
    roles: frozenset[str] = frozenset()
    is_enabled: bool = True
    version: str = field(default="", repr=False)


class Changes(TypedDict, total=False):
    """The fields of a `UserRecord` that are to change, with their new values."""

    password_hash: str
    roles: frozenset[str]
    is_enabled: bool
    version: str


@runtime_checkable
class UserStore(Protocol):
    """Knows users by name; one method is enough.

    >>> class Staff:
    ...     def get(self, username):
    ...         return UserRecord(username, HASHES[username]) if username in HASHES else None
    """

    def get(self, username: str) -> UserRecord | None:
        """Return the user of exactly this name, or `None`.

        It is called once for each request of a logged-in user: so it should be quick. What it
        raises is logged, and nobody is let in until it works again.
        """


@runtime_checkable
class WritableUserStore(UserStore, Protocol):
    """A store that ``login.users`` and ``flask simplelogin users`` can change.

    Names, passwords and roles have been checked, and passwords hashed, before it is called.
    """

    def list(self) -> Iterable[UserRecord]:
        """Return all users."""

    def add(self, record: UserRecord) -> None:
        """Add a user; raise `UserExistsError` if the name is taken."""

    def change(self, username: str, changes: Changes, if_hash: str | None = None) -> bool:
        """Change these fields at once, and no others; return whether there was anything to change.

        Args:
            username: Whose record it is.
            changes: The new values.
            if_hash: Change nothing unless this is the stored hash.
        """

    def remove(self, username: str) -> bool:
        """Remove a user; return whether there was one."""


def roles_of(roles: object) -> frozenset[str]:
    """Return the names of roles: from texts, or from objects with a ``name``.

    One text is one role, or several with commas between them; `None` is none, and so is a mapping,
    whose keys may be what somebody is not.
    """
    if isinstance(roles, str):
        roles = roles.split(",")
    if isinstance(roles, Mapping) or not isinstance(roles, Iterable):
        return frozenset()
    names = (role if isinstance(role, str) else getattr(role, "name", None) for role in roles)
    return frozenset(name.strip() for name in names if isinstance(name, str) and name.strip())
