"""Flask-Session, and other stores of sessions that a cookie only names."""

from __future__ import annotations

from cachelib import SimpleCache
from flask import Flask
from flask_session import Session

from ..conftest import Visitor, client_of
from .conftest import NAME, PASSWORD, app_of_ada, is_in


def app_with_stored_sessions() -> Flask:
    """Return an app whose sessions are kept in memory."""
    app = app_of_ada(SESSION_TYPE="cachelib", SESSION_CACHELIB=SimpleCache())
    Session(app)
    return app


def with_cookie_of(visitor: Visitor) -> Visitor:
    """Return another visitor, who has the first one's cookie."""
    cookie = visitor.get_cookie("session")
    assert cookie is not None
    other = client_of(visitor.application)
    other.set_cookie("session", cookie.value)
    return other


def test_session_id_from_before_the_login() -> None:
    """Who planted a session's id before the login must not hold the user's afterwards.

    Pull request 173 of Flask-Session; CVE-2022-38054 in Apache Airflow, which uses it;
    CVE-2018-1000519 in aiohttp-session; CVE-2022-3269 in rdiffweb.
    """
    attacker = client_of(app_with_stored_sessions())
    attacker.get("/login/")
    ada = with_cookie_of(attacker)
    assert ada.log_in(NAME, PASSWORD).status_code == 302
    assert is_in(ada)
    assert not is_in(attacker)


def test_session_id_from_before_the_logout() -> None:
    """A cookie that was copied while the user was logged in is worth nothing after the logout.

    CVE-2020-18701 in Lin-CMS.
    """
    ada = client_of(app_with_stored_sessions())
    ada.log_in(NAME, PASSWORD)
    thief = with_cookie_of(ada)
    assert is_in(thief)
    ada.get("/logout/")
    assert not is_in(thief)
