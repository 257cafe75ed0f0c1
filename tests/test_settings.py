"""The settings table: where values come from, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from flask_simplelogin import SettingError, SimpleLogin
from flask_simplelogin.settings import Settings

from .conftest import new_app


@pytest.mark.parametrize("row", Settings.table(), ids=lambda row: row.key)
def test_every_row_is_described(row: Any) -> None:
    """A description of at least a sentence, and a default that passes its own check."""
    assert row.description.endswith(".")
    assert row.load({}) == row.default


@pytest.mark.parametrize(
    ("key", "value", "sentence"),
    [
        ("SIMPLELOGIN_LOGIN_URL", 5, "must be of type str, not int. Write it in quotes."),
        ("SIMPLELOGIN_LOGIN_URL", "login", "must start with a slash"),
        ("SIMPLELOGIN_BLUEPRINT", "a.b", "must not contain a dot"),
        ("SIMPLELOGIN_PASSWORD", 1234, "must be of type str, not int. Write it in quotes."),
        ("SIMPLELOGIN_USERNAME", ["admin"], "must be of type str, not list."),
    ],
)
def test_wrong_value_fails_at_start(key: str, value: Any, sentence: str) -> None:
    """One sentence that names the key and the remedy, and never shows the value."""
    with pytest.raises(SettingError, match=key) as caught:
        SimpleLogin(new_app(**{key: value}))
    assert sentence in str(caught.value)
    assert "1234" not in str(caught.value)


def test_new_prefix_goes_before_the_old() -> None:
    """Who has both has renamed."""
    settings = Settings({"SIMPLELOGIN_HOME_URL": "/new", "SIMPLE_LOGIN_HOME_URL": "/old"})
    assert settings.home_url == "/new"


def test_urls_are_not_taken_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what the table says is looked for there."""
    monkeypatch.setenv("SIMPLELOGIN_HOME_URL", "/elsewhere")
    assert Settings({}).home_url == "/"


def test_passwords_are_not_kept() -> None:
    """What is read at each login is not frozen, and shows up in no `repr`."""
    settings = Settings({"SIMPLELOGIN_PASSWORD": "geheim"})
    assert settings.password == "geheim"
    assert "geheim" not in repr(settings) + str(vars(settings)["frozen"])


@pytest.mark.parametrize(
    ("value", "hosts"),
    [(None, ()), ([], ()), ("one.example", ("one.example",)), (["a", "b"], ("a", "b"))],
)
def test_allowed_hosts(value: object, hosts: tuple[str, ...]) -> None:
    """A text is one host, not a set of letters."""
    assert Settings({"ALLOWED_HOSTS": value}).allowed_hosts == hosts
