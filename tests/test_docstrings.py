"""Each public docstring says in one sentence what it is about, and shows it by code that runs."""

from __future__ import annotations

import doctest
import re
from collections import Counter
from collections.abc import Callable
from inspect import cleandoc, isclass
from typing import Any

import pytest
from flask import Flask, redirect, request
from flask_admin import Admin
from werkzeug.security import generate_password_hash
from wtforms import StringField

import flask_simplelogin
from flask_simplelogin import SimpleLogin

from .conftest import new_app

# A first paragraph in which no second sentence begins.
ONE_SENTENCE = re.compile(r"[A-Z`](?:(?![.!?]\s+[A-Z])[\s\S])*\.")


def is_own(public: object) -> bool:
    """Return whether a name is of this package: `url_for` is only passed on."""
    return getattr(public, "__module__", "").startswith("flask_simplelogin")


def is_exempt(public: Any) -> bool:
    """Return whether something needs no example: errors, and types that are only written down."""
    return not callable(public) or (isclass(public) and issubclass(public, (Exception, dict)))


NAMES = {name: getattr(flask_simplelogin, name) for name in flask_simplelogin.__all__}
METHODS = {
    f"SimpleLogin.{name}": public
    for name, public in vars(SimpleLogin).items()
    if not name.startswith("_")
}
DOCUMENTED: dict[str, Any] = {"flask_simplelogin": flask_simplelogin} | {
    name: public
    for name, public in {**NAMES, **METHODS}.items()
    if (is_own(public) or name in METHODS) and getattr(public, "__doc__", None)
}
WITHOUT_EXAMPLE = {name for name, public in NAMES.items() if is_exempt(public)}


def namespace(app: Flask) -> dict[str, Any]:
    """Return what an example takes for granted: an app with a login, and what Flask brings."""
    return {
        **NAMES,
        "Flask": Flask,
        "StringField": StringField,
        "admin": Admin(app),
        "app": app,
        "is_office_open": lambda: True,
        "generate_password_hash": generate_password_hash,
        "login": SimpleLogin(app),
        "name_from_the_portal": lambda request: request.args["name"],
        "redirect": redirect,
        "request": request,
        "visits": Counter[str](),
    }


def check_example(name: str, app: Flask) -> list[str]:
    """Run the example of one docstring; return what it answered other than it says."""
    found = doctest.DocTestFinder(recurse=False).find(DOCUMENTED[name], name, globs=namespace(app))
    complaints: list[str] = []
    runner = doctest.DocTestRunner()
    for test in found:
        with app.app_context():
            runner.run(test, out=complaints.append)
    return complaints


@pytest.mark.parametrize("name", DOCUMENTED)
def test_example(name: str) -> None:
    """It runs, and answers what it says."""
    assert check_example(name, new_app()) == []


@pytest.mark.parametrize("name", [name for name, public in NAMES.items() if is_own(public)])
def test_name_is_documented(name: str) -> None:
    """By one sentence, and an example unless it is an error or a type."""
    public = NAMES[name]
    if name in WITHOUT_EXAMPLE and not isclass(public):
        return  # an alias of a type can't have a docstring of its own
    assert problem_of(public, needs_example=name not in WITHOUT_EXAMPLE) is None


@pytest.mark.parametrize("name", METHODS)
def test_method_is_documented(name: str) -> None:
    """So is each public method and property of the extension; ``messages`` is in its text."""
    public = METHODS[name]
    if name == "SimpleLogin.messages":
        assert "messages:" in str(SimpleLogin.__doc__)
        return
    assert problem_of(public) is None


def problem_of(public: object, *, needs_example: bool = True) -> str | None:
    """Return what a docstring lacks, or `None`."""
    text = cleandoc(getattr(public, "__doc__", None) or "")
    if not ONE_SENTENCE.fullmatch(text.partition("\n\n")[0]):
        return "does not start with one sentence"
    if needs_example and ">>> " not in text:
        return "has no example"
    return None


def _without_docstring() -> None: ...


def _with_two_sentences() -> None:
    """Return nothing. It is one of two.

    >>> None
    """


def _without_example() -> None:
    """Return nothing at all."""


def _good() -> None:
    """Return nothing at all.

    >>> None
    """


@pytest.mark.parametrize(
    ("function", "problem"),
    [
        (_without_docstring, "does not start with one sentence"),
        (_with_two_sentences, "does not start with one sentence"),
        (_without_example, "has no example"),
        (_good, None),
    ],
)
def test_what_lacks_is_found(function: Callable[[], None], problem: str | None) -> None:
    """The tests above would see it."""
    assert problem_of(function) == problem


def test_wrong_example_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer other than the one in the docstring is reported."""

    def wrong() -> None:
        """Return nothing at all.

        >>> 1 + 1
        3
        """

    wrong.__module__ = "flask_simplelogin"
    monkeypatch.setitem(DOCUMENTED, "wrong", wrong)
    assert "Expected:\n    3\nGot:\n    2\n" in "".join(check_example("wrong", new_app()))
