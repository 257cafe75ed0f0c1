"""What type checkers tell users: nothing about right code, and where wrong code is wrong.

They see the files of ``tests/typing`` in a folder of their own, without this project's
configuration.
"""

from __future__ import annotations

import re
import shutil
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from .type_checkers import TYPE_CHECKERS, Finding

SOURCES = Path(__file__).with_name("typing")
MARK = re.compile(r"  # wrong: ([a-z-]+), (report\w+)$")
REVEALED = re.compile(r'Revealed type is "(.*)"$|Type of ".*?" is "(.*)"$', re.DOTALL)


@pytest.fixture(scope="module", params=TYPE_CHECKERS)
def checker(request: pytest.FixtureRequest) -> str:
    """The name of a type checker."""
    return str(request.param)


@pytest.fixture(scope="module")
def findings(checker: str, tmp_path_factory: pytest.TempPathFactory) -> list[Finding]:
    """All that the checker says."""
    folder = tmp_path_factory.mktemp(checker)
    for source in SOURCES.glob("*.py"):
        shutil.copy(source, folder)
    return TYPE_CHECKERS[checker](folder, Path(sys.executable))


def errors(findings: list[Finding], name: str) -> list[Finding]:
    """Return the errors in one file."""
    return [finding for finding in findings if finding.file == name and finding.is_error]


@pytest.mark.parametrize("name", ["accepted.py", "accepted_forms.py", "signatures.py"])
def test_right_code_is_accepted(findings: list[Finding], name: str) -> None:
    """At the strictest, without a comment that silences anything."""
    assert errors(findings, name) == []
    assert not re.search(r"# (type|pyright|mypy):", (SOURCES / name).read_text())


def test_wrong_code_is_refused(checker: str, findings: list[Finding]) -> None:
    """Each marked line is refused for the reason that its mark names, and no other line is."""
    column = list(TYPE_CHECKERS).index(checker)
    lines = (SOURCES / "refused.py").read_text().splitlines()
    marks = {number: MARK.search(line) for number, line in enumerate(lines, 1)}
    expected = {number: mark.groups()[column] for number, mark in marks.items() if mark}
    found = defaultdict(set)
    for finding in errors(findings, "refused.py"):
        found[finding.line].add(finding.rule)
    assert len(expected) > 60
    assert {
        number: expected[number] if expected.get(number) in rules else rules
        for number, rules in found.items()
    } == expected


def test_decorated_view_keeps_its_signature(findings: list[Finding]) -> None:
    """The names, kinds and defaults of its arguments, and what it returns or is awaited for."""
    revealed = {
        finding.line: "".join(filter(None, found.groups()))
        for finding in findings
        if finding.file == "signatures.py" and (found := REVEALED.search(finding.message))
    }
    lines = (SOURCES / "signatures.py").read_text().splitlines()
    groups: list[list[str]] = [[]]
    for number, line in enumerate(lines, 1):
        if line.startswith("reveal_type("):
            groups[-1].append(revealed[number])
        elif groups[-1]:
            groups.append([])
    assert len(groups) > 10
    for group in groups:
        assert len(group) > 1
        assert set(group) == {group[0]}
