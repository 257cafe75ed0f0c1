"""Apache Airflow and Apache Superset."""

from __future__ import annotations

import logging

import pytest
from flask import Flask

from flask_simplelogin import SimpleLogin, User

from ..conftest import client_of, new_app, with_views
from .conftest import NAME, PASSWORD, Witness, is_in


def keyless_app(name: str) -> Flask:
    """Return an app whose program set no SECRET_KEY."""
    app = new_app(name, key=None)
    SimpleLogin(app, Witness())
    return with_views(app)


def test_session_of_another_installation() -> None:
    """A key that all installations share makes one of their users a user of all.

    CVE-2020-17526 in Airflow, CVE-2023-27524 in Superset.
    """
    here, there = client_of(keyless_app("here")), client_of(keyless_app("there"))
    here.log_in(NAME, PASSWORD)
    assert is_in(here)
    cookie = here.get_cookie("session")
    assert cookie is not None
    there.set_cookie("session", cookie.value)
    assert not is_in(there)


def test_password_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """The log is read by more people than the password is for.

    CVE-2020-17511 in Airflow; CVE-2017-16613 in OpenStack Swauth.
    """

    def check(user: User) -> bool:
        if user["username"] == "broken":
            raise LookupError
        return user["username"] == NAME

    caplog.set_level(logging.DEBUG)
    app = new_app(PROPAGATE_EXCEPTIONS=False)
    SimpleLogin(app, check)
    visitor = client_of(with_views(app))
    for name in ("broken", "eve", NAME):
        visitor.log_in(name, "s3cr3t-password")
        visitor.post("/login/", json={"username": name, "password": "s3cr3t-password"})
        visitor.get("/api", auth=(name, "s3cr3t-password"))
    assert "LookupError" in caplog.text
    assert "s3cr3t-password" not in caplog.text
