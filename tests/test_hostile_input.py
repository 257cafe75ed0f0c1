"""Broken and hostile input at the login: 200 or 4xx with a sentence, and no checker is called."""

from __future__ import annotations

import base64
from io import BytesIO
from typing import Any
from urllib.parse import quote_from_bytes

import pytest
from flask import Flask
from flask_wtf import FlaskForm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wtforms import PasswordField, StringField

from flask_simplelogin import LoginForm, SimpleLogin, User

from .conftest import Visitor, client_of, new_app, with_views

FORM = "application/x-www-form-urlencoded"


class BareForm(FlaskForm):
    """A form without any validator, as a program may bring it."""

    username = StringField()
    password = PasswordField()


class Recorder:
    """A checker that notes what it gets, and lets Ada in."""

    def __init__(self) -> None:
        self.seen: list[User] = []

    def __call__(self, user: User) -> bool:
        """Note what came."""
        self.seen.append(user)
        return user["username"] == "ada" and user["password"] == "right"


@pytest.fixture(params=[LoginForm, BareForm], ids=["our form", "form without validators"])
def recorded(request: pytest.FixtureRequest) -> tuple[Visitor, Recorder]:
    """A visitor of an app, and what its checker sees."""
    return recorded_app(request.param)


def recorded_app(form: type[FlaskForm] = LoginForm) -> tuple[Visitor, Recorder]:
    """Return a visitor of a new app, and what its checker sees."""
    app: Flask = new_app(PROPAGATE_EXCEPTIONS=False)
    recorder = Recorder()
    SimpleLogin(app, recorder, form)
    return client_of(with_views(app)), recorder


def post_raw(visitor: Visitor, body: bytes) -> Any:
    """Send a form's bytes as they are, with a good token."""
    token = visitor.token(visitor.get("/login/"))
    return visitor.post("/login/", data=body + b"&csrf_token=" + token.encode(), content_type=FORM)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [
        (b"", "Enter your username."),
        (b"password=right", "Enter your username."),
        (b"username=ada", "Enter your password."),
        (b"username=&password=right", "Enter your username."),
        (b"username=ada&password=", "Enter your password."),
        (b"username=ada&username=ada&password=right", "Give one username only."),
        (b"username=ada&password=right&password=right", "Give one password only."),
        (b"username=" + b"a" * 1025 + b"&password=right", "at most 1024 bytes"),
        (b"username=" + b"%C3%A9" * 513 + b"&password=right", "at most 1024 bytes"),
        (b"username=ada&password=" + b"a" * 4097, "at most 4096 bytes"),
        (b"username=ada%00&password=right", "a character that can"),
        (b"username=ada&password=%00right", "a character that can"),
    ],
)
def test_broken_form(recorded: tuple[Visitor, Recorder], body: bytes, sentence: str) -> None:
    """The form comes back with a sentence that says what to do."""
    visitor, recorder = recorded
    answer = post_raw(visitor, body)
    assert answer.status_code == 200
    assert sentence in answer.text
    assert recorder.seen == []


@pytest.mark.parametrize("surrogate", [b"\xed\xa0\x80", b"\xff\xfe", b"\x80"])
def test_bytes_that_are_no_text(recorded: tuple[Visitor, Recorder], surrogate: bytes) -> None:
    """Percent-encoded bytes that are no UTF-8, lone surrogates too, log nobody in."""
    visitor, recorder = recorded
    answer = post_raw(visitor, b"username=" + quote_from_bytes(surrogate).encode() + b"&password=x")
    assert answer.status_code in {200, 401}
    for user in recorder.seen:
        user["username"].encode()


def test_longest_credentials_reach_the_checker(recorded: tuple[Visitor, Recorder]) -> None:
    """The limits are what they say: 1,024 and 4,096 bytes."""
    visitor, recorder = recorded
    assert visitor.log_in("a" * 1024, "b" * 4096).status_code == 401
    assert recorder.seen == [{"username": "a" * 1024, "password": "b" * 4096}]


def test_checker_gets_exactly_what_was_typed(recorded: tuple[Visitor, Recorder]) -> None:
    """Nothing is stripped, folded or normalised."""
    visitor, recorder = recorded
    visitor.log_in(" Adä\u0301 ", "\u00a0pass wörd\t")
    assert recorder.seen == [{"username": " Adä\u0301 ", "password": "\u00a0pass wörd\t"}]


def test_files_in_place_of_texts(recorded: tuple[Visitor, Recorder]) -> None:
    """An upload named `username` is no name."""
    visitor, recorder = recorded
    token = visitor.token(visitor.get("/login/"))
    data = {
        "csrf_token": token,
        "username": (BytesIO(b"ada"), "ada.txt"),
        "password": "right",
    }
    answer = visitor.post("/login/", data=data)
    assert answer.status_code == 200
    assert "Enter your username." in answer.text
    assert recorder.seen == []


def test_form_of_great_size() -> None:
    """The size that Flask allows is the limit: 413."""
    visitor, recorder = recorded_app()
    visitor.application.config["MAX_CONTENT_LENGTH"] = 10_000
    answer = visitor.post("/login/", data={"username": "a" * 20_000})
    assert answer.status_code == 413
    assert recorder.seen == []


@pytest.mark.parametrize("body", [b"[]", b"5", b"null", b'"x"', b"{", b"", b"\xff", b'{"a": 1}'])
def test_json_that_is_no_login(recorded: tuple[Visitor, Recorder], body: bytes) -> None:
    """A list, a number, no JSON at all: never an error of the server."""
    visitor, recorder = recorded
    answer = visitor.post("/login/", data=body, content_type="application/json")
    assert answer.status_code == 200 or 400 <= answer.status_code < 500
    assert recorder.seen == []


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"username": "ada"},
        {"username": ["ada"], "password": "right"},
        {"username": {"a": 1}, "password": "right"},
        {"username": "ada", "password": True},
        {"username": "ada", "password": 5},
        {"username": None, "password": None},
        {"username": "a\ud800", "password": "right"},
    ],
)
def test_json_of_wrong_types(recorded: tuple[Visitor, Recorder], body: object) -> None:
    """Only two texts are credentials."""
    visitor, recorder = recorded
    answer = visitor.post("/login/", json=body)
    assert answer.status_code == 200 or 400 <= answer.status_code < 500
    assert recorder.seen == []


def encoded(value: bytes) -> str:
    """Return the bytes as a Basic header."""
    return "Basic " + base64.b64encode(value).decode()


@pytest.mark.parametrize(
    "header",
    [
        "Basic",
        "Basic ",
        "Basic !!!",
        "Basic YWRh",
        "basic \xe9\xe9",
        "Bearer abc",
        "Bearer",
        "Digest username=ada",
        "Negotiate \xff",
        ":",
        encoded(b":right"),
        encoded(b"ada:"),
        encoded(b":"),
        encoded(b""),
        encoded(b"ada"),
        encoded(b"\xff\xfe:right"),
        encoded(b"ada\x00:right"),
        encoded(b"a" * 1025 + b":right"),
        encoded(b"ada:right").replace("Basic ", "Basic\t"),
    ],
)
@pytest.mark.parametrize("kind", [{}, {"json": {}}], ids=["plain", "json"])
def test_malformed_authorization(header: str, kind: dict[str, Any]) -> None:
    """It is 401, never 500, and no checker is called."""
    visitor, recorder = recorded_app()
    answer = visitor.get("/api", headers={"Authorization": header}, **kind)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == 'Basic realm="Login Required"'
    assert recorder.seen == []
    assert visitor.get("/secret", headers={"Authorization": header}).status_code == 302


def test_colons_in_a_basic_password() -> None:
    """The name ends at the first colon; both are UTF-8."""
    visitor, recorder = recorded_app()
    visitor.get("/api", headers={"Authorization": encoded("ädä:a:ü:".encode())})
    assert recorder.seen == [{"username": "ädä", "password": "a:ü:"}]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    body=st.binary(max_size=200),
    content_type=st.sampled_from(
        [
            FORM,
            "application/json",
            "",
            "multipart/form-data; boundary=x",
            "text/plain",
            "application/json; charset=\xff",
        ]
    ),
)
def test_any_bytes(body: bytes, content_type: str) -> None:
    """Whatever is sent: no error of the server, nobody logged in."""
    visitor, recorder = recorded_app()
    answer = visitor.post("/login/", data=body, content_type=content_type)
    assert answer.status_code in {200, 400, 401, 413, 415}
    assert recorder.seen == []
    assert "simple_logged_in" not in visitor.session_data()
