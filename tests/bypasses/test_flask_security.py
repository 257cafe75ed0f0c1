"""Flask-Security, and Flask-Security-Too after it."""

from __future__ import annotations

import pytest

from ..conftest import Visitor, client_of
from .conftest import NAME, PASSWORD, app_of_ada, assert_not_followed, is_in, witnessed_app


@pytest.mark.parametrize("target", ["\\\\\\evil.example", "\\\\\\\\\\\\evil.example/path"])
def test_backslashes_in_next(target: str) -> None:
    """To a browser a backslash is a slash: CVE-2021-32618, CVE-2021-23385."""
    assert_not_followed(target)


@pytest.mark.parametrize("target", ["/\\evil.example", "\\/evil.example"])
def test_slash_and_backslash_in_next(target: str) -> None:
    """A filter for two slashes and one for two backslashes miss one of each: CVE-2023-49438."""
    assert_not_followed(target)


def test_get_hands_out_no_token() -> None:
    """A GET has no CSRF check, so it gives nothing to act by elsewhere: CVE-2021-21241."""
    ada = client_of(app_of_ada())
    ada.log_in(NAME, PASSWORD)
    url = "/login/?include_auth_token"
    answer = ada.get(url, headers={"Accept": "application/json", "Origin": "http://evil.example"})
    assert answer.json is not None
    assert set(answer.json) == {"username", "csrf_token"}
    assert not [name for name, _ in answer.headers if name.startswith("Access-Control-")]
    thief = client_of(ada.application)
    answer = thief.post("/logout/", data={"csrf_token": answer.json["csrf_token"]})
    assert "Log out?" in answer.text


def test_get_logs_nobody_in() -> None:
    """What a link can do, a foreign page can do: no login by GET, however it brings a password.

    The same `login` view, CVE-2021-21241.
    """
    app, witness = witnessed_app()
    visitor = client_of(app)
    credentials = {"username": NAME, "password": PASSWORD}
    visitor.get("/login/", query_string=credentials)
    visitor.get("/login/", data=credentials)
    visitor.get("/login/", json=credentials)
    visitor.get("/login/", json={}, auth=(NAME, PASSWORD))
    assert witness.seen == []
    assert not is_in(visitor)


@pytest.mark.parametrize("body", ["{}", "", "null"])
def test_empty_json(body: str) -> None:
    """A field that isn't there is no text to strip: issue 477 of Flask-Security 3.0."""
    app, witness = witnessed_app()
    answer = client_of(app).post("/login/", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert witness.seen == []


@pytest.mark.parametrize("body", ["[1]", '"ada"', "5", '[{"username": "ada"}]'])
def test_json_that_is_no_object(body: str) -> None:
    """JSON is not always an object: pull request 675 of Flask-Security 3.0."""
    app, witness = witnessed_app()
    answer = client_of(app).post("/login/", data=body, content_type="application/json")
    assert answer.status_code == 400
    assert witness.seen == []


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Referer": "http://evil.example/"},
        {"Sec-Purpose": "prefetch", "Sec-Fetch-Site": "same-origin"},
    ],
)
def test_logout_that_nobody_wanted(headers: dict[str, str]) -> None:
    """A GET that ends the session is for everybody who can place an image or a prefetched link.

    Issue 218 of Flask-Security 3.0, issues 112 and 1237 of Flask-Security-Too.
    """
    ada = client_of(app_of_ada())
    ada.log_in(NAME, PASSWORD)
    assert "Log out?" in ada.get("/logout/", headers=headers).text
    assert "Log out?" in ada.post("/logout/", headers=headers).text
    assert is_in(ada)


def test_csrf_token_is_renewed_at_login() -> None:
    """Who knew the token of the anonymous visitor does not know the user's.

    Issue 93 of Flask-Security-Too.
    """
    ada = client_of(app_of_ada())
    known = ada.token(ada.get("/login/"))
    ada.log_in(NAME, PASSWORD)
    ada.post("/logout/", data={"csrf_token": known})
    assert is_in(ada)
    ada.post("/logout/", data={"csrf_token": _token_of_logout_page(ada)})
    assert not is_in(ada)


def _token_of_logout_page(visitor: Visitor) -> str:
    """Return the token that the page with the logout button has."""
    return visitor.token(visitor.get("/logout/", headers={"Sec-Fetch-Site": "cross-site"}))
