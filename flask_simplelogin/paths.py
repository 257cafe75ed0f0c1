"""Which paths lie below a prefix, by whatever reading? Pure.

A router takes a path as it stands. What comes after it may not: a view that serves any path may
look for a file, ask another server or decode once more. So a path is below a prefix if anybody may
read it so, and who has no honest path is kept out rather than let in.
"""

from __future__ import annotations

import re
from collections.abc import Hashable
from typing import Generic, TypeVar
from unicodedata import category, normalize
from urllib.parse import unquote

from .errors import UsageError

Value = TypeVar("Value", bound=Hashable)

# Such a path has one reading only, but for its case.
_PLAIN = re.compile(r"(?:[A-Za-z0-9_/-]|(?<=[A-Za-z0-9_-])\.(?=[A-Za-z0-9_-]))*")
# What may end a segment's name: parameters, a query, a fragment, and Windows' streams.
_END_OF_NAME = re.compile(r"[;?#:]")
_MAX_DECODINGS = 5
# To normalise a text may take the square of its length. No server's request line is much longer.
_MAX_LENGTH = 4096


def names_in(path: str) -> list[str] | None:
    """Return the names that a path consists of; `None` if they can't be told.

    >>> names_in("/a//B%2Fc;x/d.")
    ['a', 'b', 'c', 'd']

    Case, repeated slashes, encoded letters, look-alikes of other widths, characters that nobody
    sees and what follows a name make no difference. Where ``..`` leads hangs on what its reader
    takes for a name, so a path that has it is one that can't be told.
    """
    if _PLAIN.fullmatch(path):
        return [name for name in path.lower().split("/") if name]
    text = _decoded(path) if len(path) <= _MAX_LENGTH else None
    if text is None:
        return None
    segments = text.replace("\\", "/").split("/")
    names = [name for name in map(_name, segments) if name not in {"", "."}]
    return None if ".." in names else names


def checked_prefix(prefix: str) -> str:
    """Return a prefix in the form ``/a/b/``.

    Raises:
        UsageError: It is none, or nothing but a slash.
    """
    example = "protect() takes the path under which all is closed, as in '/dash/'"
    if not prefix.startswith("/"):
        raise UsageError(f"{example}: {prefix!r} does not start with a slash.")
    if set(prefix) & set("<>*?#%;\\"):
        raise UsageError(f"{example}: {prefix!r} is a pattern or no path. All below it is meant.")
    names = names_in(prefix)
    if names is None:
        raise UsageError(f"{example}: {prefix!r} can be read in more than one way.")
    if not names:
        raise UsageError(f"{example}: for everything write protect(app).")
    return "/" + prefix.strip("/") + "/"


class PrefixTable(Generic[Value]):
    """What is kept for each prefix, found by a few look-ups however many there are.

    >>> table = PrefixTable()
    >>> table.add("/dash/", 1)
    >>> table.above("/dash/x"), table.above("/dashboard")
    ([1], [])
    """

    def __init__(self) -> None:
        self._values: dict[tuple[str, ...], list[Value]] = {}
        self._all: list[Value] = []
        self._depths: list[int] = []

    def __bool__(self) -> bool:
        return bool(self._all)

    def add(self, prefix: str, value: Value) -> None:
        """Keep a value for a prefix, which has one reading only."""
        names = tuple(names_in(prefix) or ())
        self._values.setdefault(names, []).append(value)
        self._all.append(value)
        self._depths = sorted({*self._depths, len(names)})

    def above(self, path: str) -> list[Value]:
        """Return what is kept for the prefixes that the path lies below; it may be one itself."""
        names = names_in(path)
        if names is None:
            return self._all
        return [
            value
            for depth in self._depths
            if depth <= len(names)
            for value in self._values.get(tuple(names[:depth]), ())
        ]


def _decoded(path: str) -> str | None:
    """Return the path with nothing encoded in it; `None` for what no honest path has.

    That is a control character, or more codings one inside the other than anybody needs.
    """
    for _ in range(_MAX_DECODINGS):
        decoded = normalize("NFKC", unquote(path)).casefold()
        if decoded == path:
            break
        path = decoded
    else:
        return None
    categories = [category(character) for character in path]
    if "Cc" in categories:
        return None
    return "".join(
        character for character, kind in zip(path, categories, strict=True) if kind != "Cf"
    )


def _name(segment: str) -> str:
    """Return the name in a segment, without what some leave out of it."""
    name = _END_OF_NAME.split(segment, maxsplit=1)[0].strip()
    return name if name in {".", ".."} else name.rstrip(". ")
