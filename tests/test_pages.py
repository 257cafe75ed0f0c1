"""Our pages for refusals and errors: for browsers, where the program has no answer of its own."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Blueprint, Flask, abort
from jinja2 import StrictUndefined
from werkzeug.exceptions import Forbidden, HTTPException, TooManyRequests
from wtforms import (
    BooleanField,
    DateField,
    HiddenField,
    RadioField,
    SelectField,
    SelectMultipleField,
    SubmitField,
    TextAreaField,
)
from wtforms.validators import InputRequired

from flask_simplelogin import LoginForm, SimpleLogin, User, login_required
from flask_simplelogin.users import UserRecord

from .conftest import Visitor, client_of, new_app, with_views

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
PROGRAM = {"Accept": "*/*"}
JSON = {"Accept": "application/json"}
LOOK = '<link rel="stylesheet" href="/simplelogin/static/simplelogin.css?v='


def checker(user: User) -> bool:
    """Let everybody in who does not ask for trouble."""
    if user["password"] == "crash":
        raise OSError("the directory is down")
    if user["password"] == "throttle":
        raise TooManyRequests("Slowly, <b>please</b>.", retry_after=60)
    if user["password"] == "abort":
        abort(418)
    return user["password"] == "right"


def app_with(handler: object = None, *errors: Any) -> Flask:
    """Return an app that answers these errors itself."""
    app = new_app()
    SimpleLogin(app, checker)
    for error in errors:
        app.register_error_handler(error, handler)  # type: ignore[arg-type]
    return with_views(app)


def own(error: Exception) -> tuple[str, int]:
    """Answer an error as the program does."""
    status = error.code if isinstance(error, HTTPException) else 500
    return f"mine: {getattr(error, 'description', '')}", status or 500


def denied(visitor: Visitor, **kwargs: Any) -> Any:
    """Ask for what is not Ada's."""
    visitor.log_in("ada", "right")
    return visitor.get("/only-admin", **kwargs)


def bad_next(visitor: Visitor, **kwargs: Any) -> Any:
    """Ask for a login that leads to another site."""
    return visitor.get("/login/?next=//evil.example", **kwargs)


def crash(visitor: Visitor, **kwargs: Any) -> Any:
    """Log in while the checker fails."""
    return visitor.log_in("ada", "crash", **kwargs)


def throttle(visitor: Visitor, **kwargs: Any) -> Any:
    """Log in once too often."""
    return visitor.log_in("ada", "throttle", **kwargs)


ERRORS: list[tuple[Callable[..., Any], int, str]] = [
    (denied, 403, "Access Denied"),
    (bad_next, 400, "Invalid next url"),
    (crash, 503, "Logging in is not possible right now. Try again later."),
    (throttle, 429, "Slowly, &lt;b&gt;please&lt;/b&gt;."),
]


@pytest.mark.parametrize(("cause", "status", "text"), ERRORS)
def test_browser_gets_a_page(cause: Callable[..., Any], status: int, text: str) -> None:
    """In the look of the login, with what went wrong, and with the headers of our pages."""
    answer = cause(client_of(app_with()), headers=BROWSER)
    assert answer.status_code == status
    assert LOOK in answer.text
    assert text in answer.text
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert (answer.headers.get("Retry-After") == "60") is (status == 429)


@pytest.mark.parametrize(("cause", "status", "text"), ERRORS)
@pytest.mark.parametrize("headers", [PROGRAM, JSON, {}], ids=["any", "json", "none"])
def test_program_gets_no_page(
    cause: Callable[..., Any], status: int, text: str, headers: dict[str, str]
) -> None:
    """It is told the same in a form that it can read."""
    answer = cause(client_of(app_with()), headers=headers)
    assert answer.status_code == status
    assert LOOK not in answer.text
    assert text.replace("&lt;", "<").replace("&gt;", ">")[:8] in answer.text
    assert answer.is_json is (headers is JSON)


@pytest.mark.parametrize(("cause", "status", "text"), ERRORS)
@pytest.mark.parametrize("kind", ["number", "all"])
def test_handler_of_the_program_goes_first(
    cause: Callable[..., Any], status: int, text: str, kind: str
) -> None:
    """Whether it was registered for the status or for all errors of HTTP."""
    app = app_with(own, status if kind == "number" else HTTPException)
    answer = cause(client_of(app), headers=BROWSER)
    assert answer.status_code == status
    assert answer.text.startswith("mine: ")
    assert text[:6] in answer.text


def test_handler_for_any_exception_is_not_asked() -> None:
    """It is meant for bugs, and would make an error of the server of a denied page."""
    answer = denied(client_of(app_with(own, Exception)), headers=BROWSER)
    assert answer.status_code == 403
    assert LOOK in answer.text


def test_handler_of_a_blueprint() -> None:
    """Counts for what is behind it."""
    app = app_with()
    part = Blueprint("part", __name__, url_prefix="/part")
    part.register_error_handler(Forbidden, own)

    @part.get("/only-admin")
    @login_required(username="admin")
    def only_admin() -> str:
        return ""

    app.register_blueprint(part)
    visitor = client_of(app)
    assert LOOK in denied(visitor, headers=BROWSER).text
    assert visitor.get("/part/only-admin", headers=BROWSER).text == "mine: Access Denied"


def test_what_the_handler_gets_is_escaped() -> None:
    """A program that puts it into a page raw shows no markup of a user."""
    app = app_with(own, 403)

    @app.get("/checked")
    @login_required(must=lambda username: f"not {username}")
    def checked() -> str:
        return ""

    visitor = client_of(app)
    visitor.log_in("<script>alert(1)</script>", "right")
    assert "<script>" not in visitor.get("/checked", headers=BROWSER).text


def test_program_that_aborts_with_an_answer(app: Flask) -> None:
    """A checker that says all by itself is not talked over."""
    answer = client_of(app_with()).log_in("ada", "abort", headers=BROWSER)
    assert answer.status_code == 418
    assert "teapot" in answer.text


def test_refuse_of_a_subclass_gets_an_answer() -> None:
    """A program that changes our answers to refusals still can."""

    class OwnLogin(SimpleLogin):
        def refuse(self, refusal: Any) -> Any:
            answer: Any = super().refuse(refusal)
            answer.headers["X-Mine"] = refusal.label
            return answer

    app = new_app()
    OwnLogin(app, checker)
    with_views(app)
    assert denied(client_of(app), headers=BROWSER).headers["X-Mine"] == "access_denied"


class FailingStore:
    """A store that can't be reached."""

    def get(self, username: str) -> UserRecord | None:
        """Fail."""
        raise OSError("the database is down")


def test_store_that_is_down() -> None:
    """A browser gets a page, on the login and on a guarded view."""
    app = new_app()
    SimpleLogin(app, users=FailingStore())
    with_views(app)
    visitor = client_of(app)
    login = visitor.log_in("ada", "right", headers=BROWSER)
    with visitor.session_transaction() as session:
        session.update(simple_logged_in=True, simple_username="ada")
    for answer in (login, visitor.get("/secret", headers=BROWSER)):
        assert answer.status_code == 503
        assert LOOK in answer.text
        assert "not possible right now" in answer.text
        assert "database" not in answer.text
    assert LOOK not in visitor.get("/secret", headers=PROGRAM).text


def test_every_page_offers_a_way_on(visitor: Visitor) -> None:
    """None is a dead end: each has a link or a button."""
    visitor.log_in()
    with visitor.session_transaction() as session:
        session["simple_username"] = "ada"
    for url in ("/only-admin", "/logout/", "/login/?next=//evil.example"):
        page = visitor.get(url, headers={**BROWSER, "Sec-Fetch-Site": "cross-site"})
        assert 'class="button' in page.text, url


CHOICES: Any = ["Here", "There"]


class ManyFields(LoginForm):
    """A form with fields of all kinds."""

    remember = BooleanField("Remember")
    office = SelectField("Office", choices=CHOICES)
    floor = RadioField("Floor", choices=CHOICES)
    rooms = SelectMultipleField("Rooms", choices=CHOICES)
    reason = TextAreaField("Reason", [InputRequired("Why?")], description="In a few words.")
    secret = HiddenField("Secret", [InputRequired("The secret is missing.")])
    since = DateField("Since")
    go = SubmitField("Go")


def test_form_with_fields_of_all_kinds() -> None:
    """Each is shown once, with its label, hint and error, also where templates may miss nothing."""
    app = new_app()
    app.jinja_env.undefined = StrictUndefined
    SimpleLogin(app, checker, login_form=ManyFields)
    page = client_of(app).log_in("ada", "right").text
    for name in ("username", "remember", "office", "rooms", "reason", "since", "secret"):
        assert page.count(f'name="{name}"') == 1, name
    assert 'name="go"' not in page
    assert "secret The secret is missing." in page
    assert 'aria-describedby="reason-hint reason-error"' in page
    assert '<p class="hint" id="reason-hint">In a few words.</p>' in page
    assert page.count("autofocus") == 1
    assert re.search(r"<select [^>]*autofocus", page)  # the first that is wrong


@pytest.mark.parametrize(("cause", "status", "text"), ERRORS)
def test_templates_miss_nothing(cause: Callable[..., Any], status: int, text: str) -> None:
    """An app that lets Jinja fail at names that are not there shows our pages."""
    app = app_with()
    app.jinja_env.undefined = StrictUndefined
    answer = cause(client_of(app), headers=BROWSER)
    assert (answer.status_code, text in answer.text) == (status, True)
