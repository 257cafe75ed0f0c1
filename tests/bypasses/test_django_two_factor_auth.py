"""Django Two-Factor Authentication."""

from __future__ import annotations

import base64

from ..conftest import client_of
from .conftest import NAME, witnessed_app


def test_password_in_the_session() -> None:
    """A session is no place for a password, least of all one that is a readable cookie.

    CVE-2020-15105.
    """
    app, _ = witnessed_app()
    app.extensions["simplelogin"].login_checker(lambda user: user["username"] == NAME)
    for name in ("eve", NAME):
        visitor = client_of(app)
        visitor.log_in(name, "s3cr3t-password")
        assert visitor.session_data()
        stored = repr(visitor.session_data())
        encoded = base64.b64encode(b"s3cr3t-password").decode()
        assert "s3cr3t-password" not in stored
        assert encoded not in stored
