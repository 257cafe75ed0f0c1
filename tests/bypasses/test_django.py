"""Django: its redirects after a login, its authentication, its CSRF protection."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import session
from werkzeug.security import generate_password_hash

from flask_simplelogin import get_username, login_required

from ..conftest import client_of
from .conftest import (
    BROWSER,
    NAME,
    PASSWORD,
    app_of_ada,
    assert_not_followed,
    is_in,
    witnessed_app,
)


@pytest.mark.parametrize(
    "target", ["javascript:alert(1)", "\njavascript:alert(1)", "\x08javascript:alert(1)"]
)
def test_script_behind_what_is_not_seen(target: str) -> None:
    """A browser drops what stands before the scheme, a check that doesn't sees a path.

    CVE-2013-6044, CVE-2015-0220, CVE-2015-2317.
    """
    assert_not_followed(target)


def test_data_as_redirect_target() -> None:
    """Two schemes are allowed, instead of some forbidden: CVE-2012-3442."""
    assert_not_followed("data:text/html,<script>alert(1)</script>")


@pytest.mark.parametrize("target", ["http:\\\\\\evil.example", "http:///evil.example"])
def test_url_with_an_empty_host(target: str) -> None:
    """Where a parser finds no host, a browser goes on looking: CVE-2014-3730."""
    assert_not_followed(target)


@pytest.mark.parametrize(
    "target", ["http://localhost\\@evil.example", "http://localhost@evil.example/"]
)
def test_credentials_in_the_url(target: str) -> None:
    """What stands before an `@` is a name, unless a backslash ends the host: CVE-2016-2512."""
    assert_not_followed(target)


@pytest.mark.parametrize("target", ["http:999999999", "https:2222222222", "http:/3627734734"])
def test_numeric_host(target: str) -> None:
    """A number after the scheme is an IP address to a browser: CVE-2017-7233."""
    assert_not_followed(target)


@pytest.mark.parametrize("host", ["localhost:pw@evil.example", "localhost@evil.example"])
def test_credentials_in_the_host_header(host: str) -> None:
    """A `Host` with a name and password in it is nobody's host: CVE-2012-4520."""
    visitor = client_of(app_of_ada())
    headers = {"Host": host}
    target = {"next": f"http://{host}/x"}
    assert visitor.get("/secret", headers=headers).location == "/login/?next=/secret"
    assert visitor.get("/login/", query_string=target, headers=headers).status_code == 400


def test_unknown_name_with_basic_costs_a_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """The delay of the answer must not tell who exists, at no entrance.

    CVE-2016-2513, CVE-2024-39329, and CVE-2025-13473 at the one that was forgotten: Basic.
    """
    checked: list[str] = []
    monkeypatch.setattr(
        "flask_simplelogin.passwords.check_password_hash",
        lambda stored, given: checked.append(given),
    )
    app = app_of_ada()
    app.config["SIMPLELOGIN_PASSWORD"] = generate_password_hash(PASSWORD, "pbkdf2:sha256:1")
    for name in (NAME, "nobody", "nöbödy"):
        assert client_of(app).get("/api", auth=(name, "guess")).status_code == 401
    assert checked == ["guess"] * 3


def test_answer_does_not_tell_who_exists() -> None:
    """A wrong password and an unknown name get the same answer: CVE-2018-6188."""
    app = app_of_ada()
    visitor = client_of(app)
    known, unknown = (
        re.sub(r'name="csrf_token"[^>]*>', "", visitor.log_in(name, "guess").text)
        for name in (NAME, "bob")
    )
    assert "invalid credentials" in known
    assert known.replace(NAME, "bob") == unknown


def test_password_of_great_length() -> None:
    """Hashing is slow by intent, so what is hashed is short: CVE-2013-1443."""
    app, witness = witnessed_app()
    visitor = client_of(app)
    long = "x" * 30_000
    assert visitor.log_in(NAME, long).status_code == 200
    answer = visitor.post("/login/", json={"username": NAME, "password": long})
    assert answer.status_code == 400
    assert visitor.get("/api", auth=(NAME, long)).status_code == 401
    assert witness.seen == []


def test_names_that_look_alike() -> None:
    """Names that fold to the same letters are different users: CVE-2019-19844."""
    app, _ = witnessed_app()
    app.extensions["simplelogin"].login_checker(lambda user: True)

    @app.get("/only-ada")
    @login_required(username=NAME)
    def only_ada() -> str:
        return "for Ada"

    strict = app_of_ada()
    for name in ("ADA", "ªda", "аda", "ａda", "ada ", "ada\u200b", "ada\0"):
        visitor = client_of(app)
        visitor.log_in(name, "x")
        assert visitor.get("/only-ada").status_code in {302, 403}
        assert client_of(strict).log_in(name, PASSWORD).status_code in {200, 401}
    assert client_of(strict).log_in(NAME, PASSWORD).status_code == 302


def test_session_of_another_user() -> None:
    """Who logs in over somebody's session gets none of what is in it: CVE-2014-0482."""
    app, _ = witnessed_app()
    app.extensions["simplelogin"].login_checker(lambda user: True)

    @app.get("/cart")
    @login_required
    def cart() -> str:
        return f"{get_username()}: {session.setdefault('cart', get_username())}"

    visitor = client_of(app)
    by_json: list[dict[str, Any]] = [
        {"json": {"username": "bob", "password": "x"}},
        {"json": {}, "auth": ("bob", "x")},
    ]
    for bob in by_json:
        visitor.get("/logout/")
        visitor.log_in("ada", "x")
        assert visitor.get("/cart").text == "ada: ada"
        visitor.post("/login/", **bob)
        assert visitor.get("/cart").text == "bob: bob"


def test_header_in_place_of_the_token() -> None:
    """A header that "only scripts of this site can send" is no token: CVE-2011-0696."""
    app, witness = witnessed_app()
    visitor = client_of(app)
    visitor.get("/login/")
    answer = visitor.post(
        "/login/",
        data={"username": NAME, "password": PASSWORD},
        headers={"X-Requested-With": "XMLHttpRequest"},
    )
    assert answer.status_code == 200
    assert witness.seen == []
    assert not is_in(visitor)


def test_page_with_a_token_is_not_cached_for_others() -> None:
    """A token that a cache gives to everybody is known to everybody: CVE-2014-0473."""
    app = app_of_ada()
    pages = [client_of(app).get("/login/") for _ in range(2)]
    assert all("Cookie" in page.headers["Vary"] for page in pages)
    tokens = [client_of(app).token(page).partition(".")[0] for page in pages]
    assert tokens[0] != tokens[1]


def test_address_of_the_refused_page() -> None:
    """The login page that stands in for another must not print its address raw: CVE-2008-2302."""
    visitor = client_of(app_of_ada())
    answer = visitor.get('/secret?"><script>alert(1)</script>', headers=BROWSER)
    page = visitor.get(answer.location, headers=BROWSER)
    assert page.status_code == 200
    assert "<script>" not in page.text
    assert visitor.log_in(NAME, PASSWORD, url=answer.location).location.startswith("/secret?%22")


def test_refused_post_is_not_made_up_for() -> None:
    """What was posted before the login is not carried out after it: CVE-2008-3909."""
    app = app_of_ada()
    done: list[str] = []

    @app.post("/wipe")
    @login_required
    def wipe() -> str:
        done.append("wiped")
        return "wiped"

    visitor = client_of(app)
    answer = visitor.post("/wipe", data={"all": "yes"}, headers=BROWSER)
    landing = visitor.log_in(NAME, PASSWORD, url=answer.location, follow_redirects=True)
    assert landing.request.path == "/"
    assert done == []
