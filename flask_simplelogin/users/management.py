"""The users of one app: what ``login.users`` is, whatever store they are in."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import replace
from inspect import iscoroutinefunction

from ..errors import PasswordError, StoreError, UnknownUserError, UsageError
from ..names import (
    MAX_PASSWORD_BYTES,
    MAX_USERNAME_BYTES,
    problem_of_new_name,
    problem_of_role,
    problem_of_text,
)
from ..passwords import (
    hash_of_nobody,
    hash_password,
    is_aged,
    is_verifiable,
    load_library,
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
        if iscoroutinefunction(store.get):
            raise UsageError(f"{type(store).__name__}.get() must not be async.")
        self._hash_of_nobody = hash_of_nobody(method)
        if not self.is_writable and hasattr(store, "list"):
            self._learn_from(self.list())

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
        if problem_of_text(username, "username", MAX_USERNAME_BYTES):
            return None
        record = self.store.get(username)
        if record is None:
            return None
        if not _is_record(record):
            raise StoreError(
                f"{type(self.store).__name__}.get() must return a UserRecord, whose is_enabled is "
                f"True or False, or None; not {type(record).__name__}."
            )
        return record if record.username == username else None  # a database may not tell case

    def list(self) -> tuple[UserRecord, ...]:
        """Return all users.

        Raises:
            StoreError: The store can't tell them.
        """
        find_all = getattr(self.store, "list", None)
        if find_all is None:
            raise StoreError(f"{type(self.store).__name__} can't list its users.")
        return tuple(find_all())

    def add(self, username: str, password: str, roles: Iterable[str] = ()) -> UserRecord:
        """Add a user who can log in at once.

        Raises:
            UsageError: The name or a role can't be one; the message is fit to be shown.
            PasswordError: The password is too short, or among those that are guessed first.
            UserExistsError: The name is taken.
            StoreError: The store can't be written, or not be reached.
        """
        problem = problem_of_text(username, "username", MAX_USERNAME_BYTES)
        problem = problem or problem_of_new_name(username)
        if problem:
            raise UsageError(problem)
        names, store = _roles(roles), self._writable
        stored = self._hash(password, username)
        record = UserRecord(username, stored, names, version=_new_version())
        store.add(record)
        return record

    def set_password(self, username: str, password: str, *, if_hash: str | None = None) -> None:
        """Set a user's password; all their sessions end.

        Args:
            username: Whose it is.
            password: The new one, as it was typed.
            if_hash: Change nothing unless this is the stored hash, as it was when the old password
                was asked for.

        Raises:
            PasswordError: The password is too short, or among those that are guessed first.
            UnknownUserError: There is no user of that name, or none with that hash.
        """
        stored = self._hash(password, username)
        self._change(username, Changes(password_hash=stored, version=_new_version()), if_hash)

    def set_roles(self, username: str, roles: Iterable[str]) -> None:
        """Set all roles of a user, which count from their next request on.

        Raises:
            UsageError: A role is no text, or has a comma.
            UnknownUserError: There is no user of that name.
        """
        self._change(username, Changes(roles=_roles(roles)))

    def disable(self, username: str) -> None:
        """Keep a user out; their sessions end.

        They do not come back with `enable`, where the store keeps a ``version``.

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
        if self.get(username) is None or not self._writable.remove(username):
            raise UnknownUserError(username)

    def verify(self, record: UserRecord | None, password: str) -> bool:
        """Return whether it is the password of a user who is let in.

        It takes as long for nobody, and for who is disabled or has no password.

        Raises:
            StoreError: What is stored is not a hash that can be verified. It is never compared.
        """
        if record is None or not record.password_hash:
            verify(self._hash_of_nobody, password)
            return False
        if not is_verifiable(record.password_hash):
            raise StoreError(f"What is stored for {record.username!r} is no hash of a password.")
        return verify(record.password_hash, password) and record.is_enabled

    def renew_hash(self, record: UserRecord, password: str) -> UserRecord:
        """Replace a hash that has aged, and return the record as it is then.

        It stays as it is where the password has been changed meanwhile.
        """
        if not self.is_writable or not is_aged(record.password_hash, self._method):
            return record
        renewed = hash_password(password, self._method)
        changes = Changes(password_hash=renewed)
        if not self._writable.change(record.username, changes, if_hash=record.password_hash):
            return record
        return replace(record, password_hash=renewed)

    def _learn_from(self, records: Iterable[UserRecord]) -> None:
        """See to it that users who do not exist cost what these cost, and that all can log in.

        Their hashes stay of the kind they are: the store can't be written.

        Raises:
            MissingExtraError: A library is not installed that a hash needs.
        """
        stored = [record.password_hash for record in records if record.password_hash]
        for each in stored:
            load_library(each)
        if stored:
            self._hash_of_nobody = stored[0]

    @property
    def _writable(self) -> WritableUserStore:
        """The store, if it can be written."""
        if not isinstance(self.store, WritableUserStore):
            raise StoreError(
                f"The users can't be changed from here: {type(self.store).__name__} is read only."
            )
        return self.store

    def _change(self, username: str, changes: Changes, if_hash: str | None = None) -> None:
        """Change the record of exactly this user."""
        store = self._writable
        if self.get(username) is None or not store.change(username, changes, if_hash):
            raise UnknownUserError(username)

    def _hash(self, password: str, username: str) -> str:
        """Return the hash of a new password, if it may be one."""
        problem = problem_of_text(password, "password", MAX_PASSWORD_BYTES)
        problem = problem or problem_of_new(password, username)
        if problem:
            raise PasswordError(problem)
        return hash_password(password, self._method)


def _is_record(answer: object) -> bool:
    """Return whether it is a user, of whom can be told whether they are let in."""
    return isinstance(answer, UserRecord) and isinstance(answer.is_enabled, bool)


def _roles(roles: Iterable[str]) -> frozenset[str]:
    """Return the roles, if each can be one."""
    if isinstance(roles, (str, Mapping)) or not isinstance(roles, Iterable):
        raise UsageError(f"roles= takes a list of roles, not {type(roles).__name__}.")
    names = tuple(roles)
    for problem in filter(None, map(problem_of_role, names)):
        raise UsageError(problem)
    return frozenset(names)


def _new_version() -> str:
    """Return a text that no version had before."""
    return secrets.token_hex(8)
