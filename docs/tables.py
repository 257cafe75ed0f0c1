"""The tables of the documentation that are made from the code, so that they can't differ from it.

Written as Markdown, without Sphinx, so that a test can read them.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask_simplelogin import SimpleLogin
from flask_simplelogin.settings import Setting, Settings


def settings_table() -> str:
    """Return every setting with its default, and what it does."""
    return _table(
        ("Key", "Default", "Meaning"),
        ((f"`{row.key}`", f"`{row.default!r}`", _meaning(row)) for row in Settings.table()),
    )


def messages_table() -> str:
    """Return every message's label with its default text and category."""
    return _table(
        ("Label", "Text", "Category"),
        (
            (f"`{label}`", message.text, f"`{message.category}`")
            for label, message in SimpleLogin.messages.items()
            if message is not None
        ),
    )


TABLES = {"settings": settings_table, "messages": messages_table}


def _meaning(row: Setting[object]) -> str:
    """Return what a setting does, and where it is read other than once from `app.config`."""
    notes = ["Environment first."] * row.environment + ["Read at each use."] * row.live
    return " ".join([row.description, *notes])


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """Return a Markdown table."""
    lines = [list(head), *map(list, rows)]
    lines.insert(1, ["---"] * len(lines[0]))
    return "".join("| " + " | ".join(_cell(text) for text in line) + " |\n" for line in lines)


def _cell(text: str) -> str:
    """Return a text for a cell, which a bar would end."""
    return text.replace("|", "\\|")
