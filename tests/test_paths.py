"""Whatever spelling of a path below a prefix is one."""

from __future__ import annotations

from urllib.parse import quote

from hypothesis import given, settings
from hypothesis import strategies as st

from flask_simplelogin.paths import PrefixTable, names_in

TABLE = PrefixTable[str]()
TABLE.add("/dash/app/", "found")


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """A path below ``/dash/app/`` as somebody might write it who wants to get past."""
    case = draw(st.sampled_from([str.lower, str.upper, str.title]))
    names = [case(name) for name in ("dash", "app")] + draw(st.lists(st.text("xyz", max_size=3)))
    ends = draw(st.lists(st.sampled_from(["", ";p", ".", " ", "?q", "#f"]), min_size=len(names)))
    gaps = st.sampled_from(["/", "//", "/./", "\\", "/x/../", "/x/..;y/", "/\u200b/"])
    path = "".join(draw(gaps) + name + end for name, end in zip(names, ends, strict=False))
    for _ in range(draw(st.integers(0, 3))):
        path = quote(path, safe=draw(st.sampled_from(["/", "", "/.;"])))
    return "/" + path


@given(spellings())
@settings(max_examples=150)
def test_spellings(path: str) -> None:
    """Case, slashes, dots, parameters and encodings change nothing."""
    assert TABLE.above(path) == ["found"], names_in(path)


@given(st.text(max_size=30))
@settings(max_examples=150)
def test_any_text(path: str) -> None:
    """It is read without an error, and one that begins with the prefix is below it."""
    TABLE.above(path)
    assert TABLE.above(f"/dash/app/{path}") == ["found"]


@given(st.lists(st.text("adhps-_.é", min_size=1, max_size=5), max_size=4))
def test_plain_names(names: list[str]) -> None:
    """Names without anything special are compared as they stand."""
    names = [name.strip(".") or "x" for name in names]
    is_below = names[:2] == ["dash", "app"]
    assert bool(TABLE.above("/" + "/".join(names))) is is_below


def test_many_prefixes() -> None:
    """Each finds its own, and those above it."""
    table = PrefixTable[int]()
    for number in range(100):
        table.add(f"/a{number}/", number)
    table.add("/a7/b/", 1000)
    assert table.above("/a7/b/c") == [7, 1000]
    assert table.above("/a99") == [99]
    assert table.above("/a100/") == []


def test_long_path_is_read_quickly() -> None:
    """Encodings inside of encodings are not followed for ever."""
    assert TABLE.above("/%" + "25" * 30000 + "64ash") == ["found"]
