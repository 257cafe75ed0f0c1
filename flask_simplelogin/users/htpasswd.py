"""Users from a file that Apache's ``htpasswd -B`` writes."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ..errors import StoreError
from ..passwords import is_verifiable
from .records import UserRecord


class HtpasswdUsers:
    """The users of a file with a line ``name:hash`` for each, read anew when it has changed.

    >>> HtpasswdUsers("instance/users.htpasswd")
    HtpasswdUsers('instance/users.htpasswd')

    The file stays Apache's: change it with ``htpasswd -B``, which makes hashes of bcrypt (they need
    the extra ``bcrypt``). It has no roles. A line with a weaker hash, such as Apache's own MD5,
    lets nobody in, and is an error.

    Raises:
        StoreError: The file can't be read, or has a line of another shape.
    """

    def __init__(self, path: str | Path) -> None:
        self._path = Path(path)
        self._read: tuple[tuple[int, ...], dict[str, UserRecord]] | None = None
        self.list()

    def __repr__(self) -> str:
        return f"HtpasswdUsers({str(self._path)!r})"

    def get(self, username: str) -> UserRecord | None:
        """Return the user of this name, or `None`."""
        return self._users().get(username)

    def list(self) -> Iterable[UserRecord]:
        """Return all users."""
        return list(self._users().values())

    def _users(self) -> dict[str, UserRecord]:
        """Return the users by name, from the file unless it is still as it was read."""
        try:
            status = self._path.stat()
            state = (status.st_ino, status.st_mtime_ns, status.st_size)
            if self._read is None or self._read[0] != state:
                self._read = state, self._parsed(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or "it is not in UTF-8"
            raise StoreError(f"The users in {self._path} can't be read: {reason}.") from error
        return self._read[1]

    def _parsed(self, text: str) -> dict[str, UserRecord]:
        """Return the users that the lines describe."""
        if not text and self._read:  # it is being written
            raise StoreError(f"The users in {self._path} can't be read: it is empty.")
        users = {}
        for number, line in enumerate(text.splitlines(), 1):
            if not line.strip() or line.startswith("#"):
                continue
            name, _colon, stored = line.strip().partition(":")
            if not name or not is_verifiable(stored):
                raise StoreError(
                    f"Line {number} of {self._path} is not a name with a hash of bcrypt: make it "
                    f"with `htpasswd -B {self._path.name} NAME`."
                )
            users[name] = UserRecord(name, stored)
        return users
