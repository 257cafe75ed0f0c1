"""Flask-AppBuilder, on which Apache Airflow and Superset stand."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from flask_simplelogin import SimpleLogin, User

from ..conftest import Visitor, client_of, new_app, with_views
from .conftest import (
    BROWSER,
    NAME,
    PASSWORD,
    app_of_ada,
    assert_not_followed,
    is_in,
    witnessed_app,
)


def test_next_to_another_domain() -> None:
    """A link that begins with a trusted host must end there: CVE-2021-32805."""
    assert_not_followed("https://evil.example/login")


def test_host_header() -> None:
    """The `Host` is the visitor's word, so what it makes "ours" is followed as a path only.

    CVE-2025-32962.
    """
    forged = {"Host": "evil.example"}
    visitor = client_of(app_of_ada())
    assert visitor.get("/secret", headers=forged).location == "/login/?next=/secret"
    answer = visitor.post(
        "/login/",
        json={"username": NAME, "password": PASSWORD, "next": "http://evil.example/x"},
        headers=forged,
    )
    assert answer.json == {"username": NAME, "next": "/x"}
    assert visitor.get("/login/?next=http://evil.example/x", headers=forged).location == "/x"


def test_unknown_name_costs_a_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """If only a known name makes the server hash, its answer's delay tells who is known.

    CVE-2021-29621, CVE-2022-21659, CVE-2025-24023.
    """
    checked: list[str] = []

    def count(stored: str, given: str) -> bool:
        checked.append(given)
        return False

    monkeypatch.setattr("flask_simplelogin.passwords.check_password_hash", count)
    app = app_of_ada()
    app.config["SIMPLELOGIN_PASSWORD"] = generate_password_hash(PASSWORD, "pbkdf2:sha256:1")
    visitor = client_of(app)
    for name in (NAME, "nobody"):
        assert visitor.log_in(name, "guess").status_code == 401
        body = {"username": name, "password": "guess"}
        assert visitor.post("/login/", json=body).status_code == 401
    assert checked == ["guess"] * 4


def test_login_page_is_not_stored() -> None:
    """On a shared computer the browser's cache must not show what was typed: CVE-2024-45314."""
    visitor = client_of(app_of_ada())
    for answer in (visitor.get("/login/"), visitor.log_in(NAME, "guess")):
        assert "no-store" in answer.headers.get("Cache-Control", "")


def test_crafted_url_is_escaped() -> None:
    """What the URL brings into the login page is text there, never markup: CVE-2024-27083."""
    visitor = client_of(app_of_ada())
    markup = '"><script>alert(1)</script>'
    for target in (f"/{markup}", f"/?{markup}", f"/#{markup}"):
        page = visitor.get("/login/", query_string={"next": target}, headers=BROWSER)
        assert page.status_code == 200
        assert "<script>" not in page.text
        assert 'action="/login/?next=' in page.text


def test_other_ways_in_stay_shut() -> None:
    """An app that replaced how passwords are checked has replaced it everywhere.

    There the REST login still took the built-in way that the app did not use: CVE-2021-41265.
    """
    app, _ = witnessed_app()
    attempts: list[Callable[[Visitor], TestResponse]] = [
        lambda visitor: visitor.log_in("admin", "secret"),
        lambda visitor: visitor.post("/login/", json={"username": "admin", "password": "secret"}),
        lambda visitor: visitor.post("/login/", json={}, auth=("admin", "secret")),
        lambda visitor: visitor.get("/api", auth=("admin", "secret")),
    ]
    for attempt in attempts:
        visitor = client_of(app)
        assert attempt(visitor).status_code == 401
        assert not is_in(visitor)


def test_error_of_the_store_is_not_shown() -> None:
    """A database error may quote the row with the hash, so nobody outside sees it: CVE-2023-34110.

    There a special character in the user's name was enough to cause one.
    """

    def fail(user: User) -> bool:
        raise LookupError(f"near {user['username']}: ada, pbkdf2:sha256:1$salt$abcdef")

    app = new_app(PROPAGATE_EXCEPTIONS=False)
    SimpleLogin(app, fail)
    visitor = client_of(with_views(app))
    for answer in (
        visitor.log_in("ada'", "x"),
        visitor.post("/login/", json={"username": "ada'", "password": "x"}),
        visitor.get("/api", auth=("ada'", "x")),
    ):
        assert answer.status_code == 503
        assert "pbkdf2" not in answer.text
