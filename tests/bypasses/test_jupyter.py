"""Jupyter Notebook, Jupyter Server and JupyterHub."""

from __future__ import annotations

import pytest

from ..conftest import client_of
from .conftest import NAME, PASSWORD, assert_not_followed, is_in, witnessed_app


@pytest.mark.parametrize("target", ["///evil.example", "////evil.example", "https:///evil.example"])
def test_empty_netloc(target: str) -> None:
    """No host, says Python of three slashes; a browser skips the third.

    CVE-2019-10255, and CVE-2019-10856 for its first repair.
    """
    assert_not_followed(target)


@pytest.mark.parametrize("target", ["//evil.example", "http:evil.example", "https://evil.example"])
def test_who_is_logged_in_already(target: str) -> None:
    """The short cut for who needs no login passes the same check: CVE-2023-39968."""
    app, _ = witnessed_app()
    ada = client_of(app)
    ada.log_in(NAME, PASSWORD)
    answer = ada.get("/login/", query_string={"next": target})
    assert answer.status_code == 400
    assert ada.get("/login/", query_string={"next": "/secret"}).location == "/secret"


@pytest.mark.parametrize("token", [{}, {"csrf_token": ""}, {"csrf_token": "x"}])
def test_form_without_a_token(token: dict[str, str]) -> None:
    """A token that is missing is as wrong as a wrong one: CVE-2020-36191 in JupyterHub."""
    app, witness = witnessed_app()
    visitor = client_of(app)
    for _ in range(2):  # without a session, and with one
        visitor.post("/login/", data={"username": NAME, "password": PASSWORD, **token})
        assert witness.seen == []
        assert not is_in(visitor)
        visitor.get("/login/")
