"""Users from a mapping, as a settings file holds it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..errors import StoreError
from ..passwords import is_verifiable
from .records import UserRecord

_KEYS = {"password", "roles", "enabled"}


class MappingUsers:
    """The users of a mapping: name → hash, or name → a mapping with more.

    >>> MappingUsers({"ada": {"password": "scrypt:…", "roles": ["admin"]}})
    <MappingUsers>

    It is read at each request: what the program changes in the mapping counts at once.

    Args:
        mapping: For each name the hash of the password, or a mapping with the keys ``password``
            (the hash), ``roles`` (a list) and ``enabled`` (`False` for who is not let in).

    Raises:
        StoreError: An entry is not of that shape, or has something else than a hash.
    """

    def __init__(self, mapping: Mapping[str, Any]) -> None:
        self._mapping = mapping
        self.list()

    def __repr__(self) -> str:
        return "<MappingUsers>"

    def get(self, username: str) -> UserRecord | None:
        """Return the user of this name, or `None`."""
        entry = self._entry(username)
        return None if entry is None else _record(username, entry)

    def list(self) -> Iterable[UserRecord]:
        """Return all users."""
        return [_record(name, entry) for name, entry in self._mapping.items()]

    def _entry(self, username: str) -> object:
        """Return what stands for exactly this name: some mappings, as Dynaconf's, ignore case."""
        if isinstance(self._mapping, dict):
            return dict.get(self._mapping, username)
        return self._mapping[username] if username in list(self._mapping) else None


def _record(name: object, entry: object) -> UserRecord:
    """Return the user that an entry describes."""
    fields: Mapping[Any, Any] = entry if isinstance(entry, Mapping) else {"password": entry}
    unknown = ", ".join(repr(key) for key in fields if key not in _KEYS)
    if not name or not isinstance(name, str):
        raise StoreError(f"A username in users= must be a text, not {name!r}.")
    if unknown:
        raise StoreError(f"The user {name!r} has the unknown key {unknown}.")
    if not is_verifiable(fields.get("password")):
        raise StoreError(
            f"The user {name!r} must have the hash of a password: make one with "
            "`flask simplelogin hash`."
        )
    roles, is_enabled = fields.get("roles", ()), fields.get("enabled", True)
    is_list = isinstance(roles, (list, tuple, set, frozenset))
    if not is_list or not all(isinstance(role, str) for role in roles):
        raise StoreError(f"The roles of the user {name!r} must be a list of texts.")
    if not isinstance(is_enabled, bool):
        raise StoreError(f"The user {name!r} is enabled or not: write true or false.")
    return UserRecord(name, fields["password"].strip(), frozenset(roles), is_enabled)
