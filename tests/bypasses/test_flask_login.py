"""Flask-Login, mostly what its documentation told people to copy."""

from __future__ import annotations

import pytest
from flask import session

from ..conftest import client_of
from .conftest import NAME, PASSWORD, app_of_ada, assert_not_followed


@pytest.mark.parametrize("target", ["http://evil.example", "//evil.example/login"])
def test_next_as_it_comes(target: str) -> None:
    """A redirect to whatever `next` says is everybody's redirect: issue 211."""
    assert_not_followed(target)


@pytest.mark.parametrize("target", ["/\\evil.example/path", "/.\\/evil.example"])
def test_check_with_urljoin(target: str) -> None:
    """Python's idea of where a URL leads is not the browser's: pull request 737."""
    assert_not_followed(target)


def test_nothing_outlives_the_logout() -> None:
    """A value that survives logout and login ties the next user to the last: issue 449."""
    app = app_of_ada()

    @app.get("/note")
    def note() -> str:
        session["note"] = "Ada's"
        return "noted"

    ada = client_of(app)
    ada.log_in(NAME, PASSWORD)
    ada.get("/note")
    before = ada.session_data()
    ada.get("/logout/")
    assert set(ada.session_data()) == {"_flashes"}
    ada.log_in(NAME, PASSWORD)
    after = ada.session_data()
    assert "note" not in after
    assert after.get("csrf_token") != before.get("csrf_token") or "csrf_token" not in after
