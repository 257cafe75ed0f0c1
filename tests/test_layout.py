"""The order of the modules, as CONTRIBUTING.md has it: imports go down, never up."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "flask_simplelogin"
FREE = {"__init__"}


def rows() -> dict[str, int]:
    """Return each module's row in the table of CONTRIBUTING.md."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    return {
        module: int(row)
        for row, modules in re.findall(r"^\| (\d+) \| (`.*?`) \|", text, re.MULTILINE)
        for module in re.findall(r"`(\w+)(?:\.py|/)`", modules)
    }


def imports(source: str, depth: int = 1) -> Iterator[str]:
    """Yield the package's modules that a module's source imports, wherever in it.

    The depth is 2 for a module of a package inside, whose own modules are free among themselves.
    """
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.level == depth:
            names = (
                [f"flask_simplelogin.{node.module}"]
                if node.module
                else [f"flask_simplelogin.{alias.name}" for alias in node.names]
            )
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        yield from (name.split(".")[1] for name in names if name.startswith("flask_simplelogin."))


def upward(module: str, source: str) -> list[str]:
    """Return the imports of a module that do not go down."""
    order = rows()
    depth = 2 if (PACKAGE / module).is_dir() else 1
    return [other for other in imports(source, depth) if order[other] >= order[module]]


MODULES = sorted(
    [path.stem for path in PACKAGE.glob("*.py") if path.stem not in FREE]
    + [path.parent.name for path in PACKAGE.glob("*/__init__.py")]
)


def sources(module: str) -> list[str]:
    """Return the source of a module, or those of a package's modules, free among themselves."""
    folder = PACKAGE / module
    paths = folder.glob("*.py") if folder.is_dir() else [PACKAGE / f"{module}.py"]
    return [path.read_text() for path in paths]


def test_table_lists_every_module() -> None:
    """Neither a module without a row nor a row without a module."""
    assert sorted(rows()) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_imports_go_down(module: str) -> None:
    """A module imports only from rows with a lower number."""
    assert [other for source in sources(module) for other in upward(module, source)] == []


@pytest.mark.parametrize(
    "source",
    [
        "from .views import login",
        "from . import views",
        "import flask_simplelogin.views",
        "from flask_simplelogin.views import login",
        "from flask_simplelogin import views",
        "def late():\n    from .extension import SimpleLogin",
    ],
)
def test_upward_import_is_found(source: str) -> None:
    """The test above would see it."""
    assert upward("policy", source) != []


@pytest.mark.parametrize(
    ("pattern", "owner"),
    [
        (r"\.login_checker\(", "authentication"),
        (r"from flask import .*\bsession\b|flask\.session", "identity"),
        (r"check_password_hash\(", "passwords"),
    ],
)
def test_what_only_one_module_does(pattern: str, owner: str) -> None:
    """One module calls the checker, one touches the session, one verifies hashes."""
    found = {path.stem for path in PACKAGE.glob("*.py") if re.search(pattern, path.read_text())}
    assert found == {owner}


def test_core_imports_no_extra() -> None:
    """Neither SQLAlchemy nor Flask-Admin nor asyncio's bridge is imported by the two lines."""
    code = (
        "import sys, flask, flask_simplelogin; flask_simplelogin.SimpleLogin(flask.Flask('x'));"
        "print([m for m in ('sqlalchemy', 'argon2', "
        "'bcrypt', 'flask_admin', 'asgiref', 'redis') if m in sys.modules])"
    )
    found = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout
    assert found.strip() == "[]"
