"""Bottle."""

from __future__ import annotations

from ..conftest import client_of
from .conftest import BROWSER, app_of_ada, assert_not_followed


def test_line_end_in_next() -> None:
    """A line end in a redirect's target begins a header of the attacker's: CVE-2016-9964."""
    assert_not_followed("/233\r\nSet-Cookie: name=salt")
    visitor = client_of(app_of_ada())
    answer = visitor.get("/secret?a=%0d%0aSet-Cookie:%20name=salt", headers=BROWSER)
    assert answer.location == "/login/?next=/secret?a%3D%250d%250aSet-Cookie:%2520name%3Dsalt"
