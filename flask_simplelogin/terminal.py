"""How names and tables are shown on a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence


def shown(name: str) -> str:
    """Return a name as a terminal may show it: what would steer it is escaped."""
    return name if name.isprintable() else ascii(name)


def table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table whose columns are as wide as they must be."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(cells).rstrip()
