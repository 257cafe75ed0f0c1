"""The login and logout pages: CSRF, JSON, and who can make whom log out."""

from __future__ import annotations

from typing import Any

import pytest
from flask import Flask
from flask_wtf import CSRFProtect
from wtforms import StringField
from wtforms.validators import AnyOf

from flask_simplelogin import LoginForm, Refusal, SimpleLogin, User

from .conftest import Visitor, client_of, new_app, with_views

JSON = {"Accept": "application/json"}


def checked_app(*, with_csrf_protect: bool = False, **config: Any) -> Flask:
    """Return an app that lets in who knows the password."""
    app = new_app(**config)
    SimpleLogin(app, lambda user: user["password"] == "right")
    if with_csrf_protect:
        CSRFProtect(app)
    return with_views(app)


@pytest.fixture(params=[False, True], ids=["alone", "with CSRFProtect"])
def visitor(request: pytest.FixtureRequest) -> Visitor:
    """A visitor of an app, with and without `CSRFProtect`."""
    return client_of(checked_app(with_csrf_protect=request.param))


# CSRF


@pytest.mark.parametrize("token", ["", "old", "\xff", "a.b.c"])
def test_stale_token_gives_the_form_back(visitor: Visitor, token: str) -> None:
    """With the name kept, a fresh token that works, and a sentence that says what to do."""
    visitor.get("/login/")
    page = visitor.post(
        "/login/", data={"username": "ada", "password": "right", "csrf_token": token}
    )
    assert page.status_code == 200
    assert 'value="ada"' in page.text
    assert "Please try again." in page.text
    data = {"username": "ada", "password": "right", "csrf_token": visitor.token(page)}
    assert visitor.post("/login/", data=data).status_code == 302


def test_expired_token_gives_the_form_back(visitor: Visitor) -> None:
    """After the time that `WTF_CSRF_TIME_LIMIT` gives."""
    visitor.application.config["WTF_CSRF_TIME_LIMIT"] = -1
    page = visitor.log_in("ada", "right")
    assert page.status_code == 200
    assert "csrf_token The CSRF token has expired." in page.text


def test_token_of_another_visitor_is_worthless(visitor: Visitor) -> None:
    """It belongs to a session."""
    other = client_of(visitor.application)
    data = {
        "username": "ada",
        "password": "right",
        "csrf_token": other.token(other.get("/login/")),
    }
    visitor.get("/login/")
    assert visitor.post("/login/", data=data).status_code == 200


def test_token_is_renewed_by_the_login(visitor: Visitor) -> None:
    """The one from before does not work afterwards."""
    page = visitor.get("/login/")
    before = visitor.session_data()["csrf_token"]
    visitor.log_in("ada", "right")
    assert visitor.session_data().get("csrf_token") != before
    answer = visitor.post("/logout/", data={"csrf_token": visitor.token(page)})
    assert answer.status_code == 200
    assert visitor.session_data()["simple_username"] == "ada"


def test_login_keeps_what_the_visitor_stored(visitor: Visitor) -> None:
    """A cart from before the login is there after it."""
    with visitor.session_transaction() as session:
        session["cart"] = [1, 2]
    visitor.log_in("ada", "right")
    assert visitor.session_data()["cart"] == [1, 2]


# JSON


def test_token_as_json() -> None:
    """`GET /login/` asked for JSON gives the CSRF token, which then works in the form."""
    visitor = client_of(checked_app())
    answer = visitor.get("/login/", headers=JSON)
    assert answer.json is not None
    assert answer.json["username"] is None
    data = {"username": "ada", "password": "right", "csrf_token": answer.json["csrf_token"]}
    assert visitor.post("/login/", data=data).status_code == 302
    answer = visitor.get("/login/", headers=JSON)
    assert answer.status_code == 200
    assert answer.json is not None
    assert answer.json["username"] == "ada"


def test_login_by_json(visitor: Visitor) -> None:
    """The answer is JSON, and the session is a session."""
    body = {"username": "ada", "password": "right", "next": "/secret?x=1"}
    answer = visitor.post("/login/", json=body)
    assert answer.status_code == 200
    assert answer.json == {"username": "ada", "next": "/secret?x=1"}
    assert visitor.get("/secret").text == "secret of ada"
    assert visitor.flashes() == []
    answer = visitor.post("/login/", json={"username": "eve", "password": "right"})
    assert answer.json == {"username": "eve", "next": "/"}


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"username": "ada", "password": "wrong"}, 401, "invalid credentials"),
        ({"username": "ada"}, 400, "The credentials are not complete."),
        ({"username": "ada", "password": ["right"]}, 400, "The credentials are not complete."),
        ({"username": 5, "password": "right"}, 400, "The credentials are not complete."),
        ([], 400, "Send a JSON object with the texts username and password."),
        ("ada", 400, "Send a JSON object with the texts username and password."),
        ({"username": "ada", "password": "right", "next": "//x"}, 400, "Invalid next url"),
    ],
)
def test_refused_json(visitor: Visitor, body: object, status: int, detail: str) -> None:
    """A problem (RFC 9457) that a program can read."""
    answer = visitor.post("/login/", json=body)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert answer.json["status"] == status
    assert answer.json["detail"] == detail
    assert "simple_logged_in" not in visitor.session_data()


def test_errors_of_fields_in_json(visitor: Visitor) -> None:
    """Each field's problem is told."""
    answer = visitor.post("/login/", json={"username": "ada"})
    assert answer.json is not None
    assert answer.json["errors"] == {"password": ["Enter your password."]}


def test_deeply_nested_and_very_long_json(visitor: Visitor) -> None:
    """Neither exhausts the stack nor the memory."""
    deep = b"[" * 30_000
    kwargs: dict[str, Any] = {"content_type": "application/json"}
    assert visitor.post("/login/", data=deep, **kwargs).status_code == 400
    assert visitor.post("/login/", data=b" " * 70_000, **kwargs).status_code == 413


HEADERS_OF_ORIGINS = [
    ({}, True),
    ({"Sec-Fetch-Site": "same-origin"}, True),
    ({"Sec-Fetch-Site": "none"}, True),
    ({"Sec-Fetch-Site": "same-site"}, False),
    ({"Sec-Fetch-Site": "cross-site"}, False),
    ({"Sec-Fetch-Site": "nonsense"}, False),
    ({"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost"}, False),
    ({"Origin": "http://localhost"}, True),
    ({"Origin": "http://localhost:80"}, True),
    ({"Origin": "null"}, False),
    ({"Origin": "http://evil.example"}, False),
    ({"Origin": "https://localhost"}, False),
    ({"Origin": "http://localhost:5000"}, False),
    ({"Origin": "http://localhost.evil.example"}, False),
    ({"Origin": "http://localhost@evil.example"}, False),
    ({"Origin": "http://evil.example", "Referer": "http://localhost/"}, False),
    ({"Referer": "http://localhost/page?x#y"}, True),
    ({"Referer": "http://evil.example/http://localhost/"}, False),
    ({"Referer": "/login/"}, False),
]


@pytest.mark.parametrize(("headers", "accepted"), HEADERS_OF_ORIGINS)
def test_json_login_from_this_origin_only(
    visitor: Visitor, headers: dict[str, str], accepted: bool
) -> None:
    """`Sec-Fetch-Site` tells, else `Origin`, else `Referer`; what has none is no browser."""
    body = {"username": "ada", "password": "right"}
    answer = visitor.post("/login/", json=body, headers=headers)
    assert answer.status_code == (200 if accepted else 403)
    assert ("simple_logged_in" in visitor.session_data()) is accepted


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_json_with_a_form_s_content_type_is_no_json(visitor: Visitor, kind: str) -> None:
    """Another site can send that; it needs the token."""
    body = b'{"username": "ada", "password": "right"}'
    assert visitor.post("/login/", data=body, content_type=kind).status_code == 200
    assert "simple_logged_in" not in visitor.session_data()


def test_json_passes_through_the_form() -> None:
    """What a form of the program demands is demanded of JSON too, and reaches the checker."""

    class PinForm(LoginForm):
        pin = StringField(validators=[AnyOf(["1234"])])

    seen = []

    def checker(user: User) -> bool:
        seen.append(dict(user))
        return True

    app = new_app()
    SimpleLogin(app, checker, PinForm)
    visitor = client_of(app)
    body: dict[str, Any] = {"username": "ada", "password": "right"}
    assert visitor.post("/login/", json=body).status_code == 400
    assert visitor.post("/login/", json={**body, "pin": "4321"}).status_code == 400
    assert seen == []
    assert visitor.post("/login/", json={**body, "pin": 1234}).status_code == 200
    assert seen == [{**body, "pin": "1234"}]


@pytest.mark.parametrize(
    "request_of", [{"json": {"username": "ada", "password": "right"}}, {"auth": ("ada", "x")}]
)
def test_checker_that_raises_is_503(
    request_of: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """The traceback is in the log, the visitor is told to try later, nobody is logged in."""

    def checker(user: User) -> bool:
        raise LookupError("the database is away")

    app = new_app()
    SimpleLogin(app, checker)
    with_views(app)
    visitor = client_of(app)
    for url in ("/login/", "/api"):
        answer = visitor.open(url, method="POST" if url == "/login/" else "GET", **request_of)
        if url == "/login/" and "auth" in request_of:
            answer = visitor.post(url, **request_of, json={})
        if url == "/api" and "auth" not in request_of:
            continue
        assert answer.status_code == 503
        assert "Try again later" in answer.text
        assert "database" not in answer.text
    assert "LookupError: the database is away" in caplog.text
    assert "right" not in caplog.text
    answer = visitor.log_in("ada", "right")
    assert answer.status_code == 503
    assert "simple_logged_in" not in visitor.session_data()


# API requests to guarded views

API_REQUESTS = [
    {"Accept": "application/json"},
    {"Accept": "application/json, text/plain, */*"},
    {"Accept": "text/html;q=0.5, application/json"},
    {"X-Requested-With": "XMLHttpRequest"},
    {"Sec-Fetch-Mode": "cors", "Accept": "*/*"},
    {"Content-Type": "application/json"},
]
PAGE_REQUESTS = [
    {},
    {"Accept": "*/*"},
    {"Accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"},
    {"Accept": "text/html, application/json;q=0.9"},
    {"Sec-Fetch-Mode": "navigate"},
]


@pytest.mark.parametrize("headers", API_REQUESTS)
def test_api_request_gets_a_problem(headers: dict[str, str]) -> None:
    """401 and 403 as JSON, and no message waits in a cookie."""
    visitor = client_of(checked_app())
    answer = visitor.get("/secret", headers=headers)
    assert answer.status_code == 401
    assert answer.mimetype == "application/problem+json"
    assert answer.json == {
        "title": "Unauthorized",
        "status": 401,
        "detail": "You need to login first",
        "login_url": "/login/",
    }
    assert "WWW-Authenticate" not in answer.headers
    assert visitor.flashes() == []
    visitor.log_in("eve", "right")
    answer = visitor.get("/only-admin", headers=headers)
    assert answer.status_code == 403
    assert answer.json == {"title": "Forbidden", "status": 403, "detail": "Access Denied"}


@pytest.mark.parametrize("headers", PAGE_REQUESTS)
def test_page_request_is_sent_to_the_login(headers: dict[str, str]) -> None:
    """All else is the login redirect."""
    assert client_of(checked_app()).get("/secret", headers=headers).status_code == 302


def test_htmx_is_sent_to_the_login() -> None:
    """The whole page goes there, and comes back to itself rather than to its part."""
    visitor = client_of(checked_app())
    headers = {"HX-Request": "true", "HX-Current-URL": "http://localhost/secret?tab=2"}
    answer = visitor.get("/api", headers={**headers, "Sec-Fetch-Mode": "cors"})
    assert answer.status_code == 401
    answer = visitor.get("/secret", headers={**headers, "Sec-Fetch-Mode": "cors"})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"] == "/login/?next=/secret?tab%3D2"
    headers["HX-Current-URL"] = "http://evil.example/"
    assert visitor.get("/secret", headers=headers).headers["HX-Redirect"] == "/login/"


def test_one_method_shapes_all_refusals() -> None:
    """Whoever overrides `refuse` has the say, at guards and for the challenge."""

    class OwnLogin(SimpleLogin):
        def refuse(self, refusal: Refusal) -> Any:
            return f"{refusal.status} {refusal.label} {refusal.is_challenge}", 418

    app = new_app()
    OwnLogin(app, lambda user: user["password"] == "right")
    visitor = client_of(with_views(app))
    assert visitor.get("/secret").text == "401 login_required False"
    assert visitor.get("/api", headers=JSON).text == "401 login_failure True"
    answer = visitor.post("/login/", json={"username": "ada", "password": "x"})
    assert answer.text == "401 login_failure False"
    visitor.log_in("eve", "right")
    answer = visitor.get("/only-admin")
    assert answer.text == "403 access_denied False"
    assert answer.status_code == 418


# Logout


@pytest.fixture
def ada(visitor: Visitor) -> Visitor:
    """A visitor who is logged in."""
    visitor.log_in("ada", "right")
    return visitor


def is_still_in(visitor: Visitor) -> bool:
    """Return whether the visitor is logged in."""
    return visitor.get("/secret").status_code == 200


@pytest.mark.parametrize(
    ("headers", "logs_out"),
    [
        *HEADERS_OF_ORIGINS,
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "document"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "empty"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "image"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "iframe"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Dest": "script"}, False),
        ({"Sec-Fetch-Site": "same-origin", "Sec-Purpose": "prefetch"}, False),
        ({"Sec-Purpose": "prefetch;prerender"}, False),
        ({"Purpose": "prefetch"}, False),
        ({"X-Moz": "prefetch"}, False),
        ({"Accept": "image/avif,image/webp,*/*;q=0.8"}, False),
    ],
)
def test_logout_by_get(ada: Visitor, headers: dict[str, str], logs_out: bool) -> None:
    """A link of this site logs out; what another site can cause gets a page with a button."""
    answer = ada.get("/logout/", headers=headers)
    assert answer.status_code == (302 if logs_out else 200)
    assert is_still_in(ada) is not logs_out
    if not logs_out:
        assert '<form action="/logout/" method="post">' in answer.text
        assert ada.post("/logout/", data={"csrf_token": ada.token(answer)}).status_code == 302
        assert not is_still_in(ada)


def test_head_does_not_log_out(ada: Visitor) -> None:
    """Link checkers and previews ask that way."""
    assert ada.head("/logout/").status_code == 200
    assert is_still_in(ada)


@pytest.mark.parametrize("token", ["", "wrong"])
def test_logout_by_post_needs_the_token(ada: Visitor, token: str) -> None:
    """Another site does not have it."""
    answer = ada.post("/logout/", data={"csrf_token": token})
    assert answer.status_code == 200
    assert "Log out?" in answer.text
    assert is_still_in(ada)


def test_logout_by_json(ada: Visitor) -> None:
    """From this origin, and the answer is JSON."""
    assert ada.post("/logout/", json={}, headers={"Origin": "http://evil"}).status_code == 403
    assert is_still_in(ada)
    assert ada.post("/logout/", json={}).json == {"username": None}
    assert not is_still_in(ada)


def test_logout_of_nobody(visitor: Visitor) -> None:
    """It is no error."""
    assert visitor.get("/logout/").status_code == 302
