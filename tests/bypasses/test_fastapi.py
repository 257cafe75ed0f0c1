"""FastAPI."""

from __future__ import annotations

import json

import pytest

from ..conftest import client_of
from .conftest import NAME, PASSWORD, is_in, witnessed_app

BODY = json.dumps({"username": NAME, "password": PASSWORD})


@pytest.mark.parametrize(
    "content_type",
    ["text/plain", "", "application/x-www-form-urlencoded", "text/plain; application/json"],
)
def test_json_that_does_not_say_so(content_type: str) -> None:
    """Any page may send these types to any site, so JSON in them is not taken for JSON.

    CVE-2021-32677.
    """
    app, witness = witnessed_app()
    visitor = client_of(app)
    visitor.post("/login/", data=BODY, content_type=content_type)
    assert witness.seen == []
    assert not is_in(visitor)


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Referer": "http://evil.example/"},
    ],
)
def test_json_from_another_site(headers: dict[str, str]) -> None:
    """Should a browser let such a request pass all the same, its origin is looked at.

    The second line behind CVE-2021-32677.
    """
    app, witness = witnessed_app()
    visitor = client_of(app)
    answer = visitor.post("/login/", data=BODY, content_type="application/json", headers=headers)
    assert answer.status_code == 403
    assert witness.seen == []
    assert not is_in(visitor)
