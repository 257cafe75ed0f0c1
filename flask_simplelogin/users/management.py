"""The users of one app: what ``login.users`` is, whatever store they are in."""

from __future__ import annotations

import secrets
from collections.abc import Iterable

from ..errors import PasswordError, StoreError, UnknownUserError, UsageError
from ..names import MAX_PASSWORD_BYTES, MAX_USERNAME_BYTES, problem_of_role, problem_of_text
from ..passwords import (
    hash_of_nobody,
    hash_password,
    is_aged,
    is_verifiable,
    problem_of_new,
    verify,
)
from .records import Changes, UserRecord, UserStore, WritableUserStore


class Users:
    """The users of one app, in a store.

    >>> login.users.add("ada", "analytical-engine", roles=["admin"])
    UserRecord(username='ada', roles=frozenset({'admin'}), is_enabled=True)

    A registration page calls `add`, and shows what the `PasswordError` or `UserExistsError` says
    that it may raise.

    Args:
        store: Where they are.
        method: How new passwords are hashed, see `hash_password`.
    """

    def __init__(self, store: UserStore, method: str = "scrypt") -> None:
        self.store = store
        self._method = method
        hash_of_nobody(method)

    def __repr__(self) -> str:
        return f"<Users in {self.store!r}>"

    @property
    def is_writable(self) -> bool:
        """Whether users can be added and changed."""
        return isinstance(self.store, WritableUserStore)

    def get(self, username: str) -> UserRecord | None:
        """Return the user of exactly this name, enabled or not, or `None`.

        Raises:
            StoreError: The store answers with something else than a `UserRecord`.
        """
        record = self.store.get(username)
        if record is None:
            return None
        if not isinstance(record, UserRecord):
            raise StoreError(
                f"{type(self.store).__name__}.get() must return a UserRecord or None, not "
                f"{type(record).__name__}."
            )
        return record if record.username == username else None  # a database may not tell case

    def list(self) -> Iterable[UserRecord]:
        """Return all users.

        Raises:
            StoreError: The store can't tell them.
        """
        find_all = getattr(self.store, "list", None)
        if find_all is None:
            raise StoreError(f"{type(self.store).__name__} can't list its users.")
        users: Iterable[UserRecord] = find_all()
        return users

    def add(self, username: str, password: str, roles: Iterable[str] = ()) -> UserRecord:
        """Add a user who can log in at once.

        Raises:
            UsageError: The name or a role can't be one; the message is fit to be shown.
            PasswordError: The password is too short, or among those that are guessed first.
            UserExistsError: The name is taken.
            StoreError: The store can't be written, or not be reached.
        """
        problem = problem_of_text(username, "username", MAX_USERNAME_BYTES)
        if problem:
            raise UsageError(problem)
        names, store = _roles(roles), self._writable
        stored = self._hash(password, username)
        record = UserRecord(username, stored, names, version=_new_version())
        store.add(record)
        return record

    def set_password(self, username: str, password: str) -> None:
        """Set a user's password; all their sessions end.

        Raises:
            PasswordError: The password is too short, or among those that are guessed first.
            UnknownUserError: There is no user of that name.
        """
        stored = self._hash(password, username)
        self._change(username, Changes(password_hash=stored, version=_new_version()))

    def set_roles(self, username: str, roles: Iterable[str]) -> None:
        """Set all roles of a user, which count from their next request on.

        Raises:
            UsageError: A role is no text, or has a comma.
            UnknownUserError: There is no user of that name.
        """
        self._change(username, Changes(roles=_roles(roles)))

    def disable(self, username: str) -> None:
        """Keep a user out; their sessions end, and do not come back with `enable`.

        Raises:
            UnknownUserError: There is no user of that name.
        """
        self._change(username, Changes(is_enabled=False, version=_new_version()))

    def enable(self, username: str) -> None:
        """Let a user in again.

        Raises:
            UnknownUserError: There is no user of that name.
        """
        self._change(username, Changes(is_enabled=True))

    def remove(self, username: str) -> None:
        """Remove a user; their sessions end.

        Raises:
            UnknownUserError: There is no user of that name.
        """
        if not self._writable.remove(username):
            raise UnknownUserError(username)

    def verify(self, record: UserRecord | None, password: str) -> bool:
        """Return whether it is the password of a user who is let in.

        It takes as long for nobody, and for who is disabled or has no password.

        Raises:
            StoreError: What is stored is not a hash that can be verified. It is never compared.
        """
        if record is None or not record.password_hash:
            verify(hash_of_nobody(self._method), password)
            return False
        if not is_verifiable(record.password_hash):
            raise StoreError(f"What is stored for {record.username!r} is no hash of a password.")
        return verify(record.password_hash, password) and record.is_enabled

    def renew_hash(self, record: UserRecord, password: str) -> None:
        """Replace a hash that has aged, unless the password has been changed meanwhile."""
        if self.is_writable and is_aged(record.password_hash, self._method):
            renewed = Changes(password_hash=hash_password(password, self._method))
            self._writable.change(record.username, renewed, if_hash=record.password_hash)

    @property
    def _writable(self) -> WritableUserStore:
        """The store, if it can be written."""
        if not isinstance(self.store, WritableUserStore):
            raise StoreError(
                f"The users can't be changed from here: {type(self.store).__name__} is read only."
            )
        return self.store

    def _change(self, username: str, changes: Changes) -> None:
        """Change a user's record."""
        if not self._writable.change(username, changes):
            raise UnknownUserError(username)

    def _hash(self, password: str, username: str) -> str:
        """Return the hash of a new password, if it may be one."""
        problem = problem_of_text(password, "password", MAX_PASSWORD_BYTES)
        problem = problem or problem_of_new(password, username)
        if problem:
            raise PasswordError(problem)
        return hash_password(password, self._method)


def _roles(roles: Iterable[str]) -> frozenset[str]:
    """Return the roles, if each can be one."""
    if isinstance(roles, str):
        raise UsageError("roles= takes a list of roles, not a text.")
    names = tuple(roles)
    for problem in filter(None, map(problem_of_role, names)):
        raise UsageError(problem)
    return frozenset(names)


def _new_version() -> str:
    """Return a text that no version had before."""
    return secrets.token_hex(8)
