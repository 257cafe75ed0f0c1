"""Flask-HTTPAuth."""

from __future__ import annotations

from base64 import b64encode

import pytest

from flask_simplelogin import SimpleLogin, User

from ..conftest import client_of, new_app, with_views
from .conftest import is_in, witnessed_app


def basic(value: bytes) -> str:
    """Return a Basic header with these bytes."""
    return "Basic " + b64encode(value).decode()


def test_empty_credentials() -> None:
    """Nothing sent is not an empty password, which somebody in the database may have.

    CVE-2026-34531; the habit behind it is issue 62.
    """
    users = {"": "", "eve": "", None: None}
    asked: list[User] = []

    def check(user: User) -> bool:
        asked.append(user)
        return users.get(user["username"]) == user["password"]

    app = new_app()
    SimpleLogin(app, check)
    with_views(app)
    for header in ("", "Basic", "Bearer", basic(b""), basic(b":"), basic(b"eve:"), basic(b":x")):
        visitor = client_of(app)
        headers = {"Accept": "application/json", "Authorization": header}
        assert visitor.get("/api", headers=headers).status_code == 401
        visitor.post("/login/", json={}, headers=headers)
        assert not is_in(visitor)
    assert client_of(app).get("/api", headers={"Accept": "application/json"}).status_code == 401
    visitor = client_of(app)
    visitor.log_in("eve", "")
    visitor.post("/login/", json={"username": "eve", "password": ""})
    assert not is_in(visitor)
    assert asked == []


@pytest.mark.parametrize("header", [basic(b"\xffser:pass"), "Basic \xff\xfe", "Basic foo"])
def test_credentials_that_are_no_text(header: str) -> None:
    """What can't be decoded is refused as a wrong password is, not by a crash.

    Issue 122; the same in Werkzeug, issues 1816 and 2717.
    """
    app, witness = witnessed_app()
    visitor = client_of(app)
    assert visitor.get("/api", headers={"Authorization": header}).status_code == 401
    answer = visitor.post("/login/", json={}, headers={"Authorization": header})
    assert answer.status_code == 401
    assert witness.seen == []
