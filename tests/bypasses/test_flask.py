"""Flask itself."""

from __future__ import annotations

from io import BytesIO

from flask import session

from flask_simplelogin import is_logged_in, login_required

from ..conftest import client_of
from .conftest import NAME, PASSWORD, app_of_ada, witnessed_app


def test_refreshed_session_is_not_cached_for_others() -> None:
    """A page that sends a session's cookie anew is that visitor's alone, whatever its view reads.

    CVE-2023-30861.
    """
    app = app_of_ada()

    @app.before_request
    def keep() -> None:
        session.permanent = True

    @app.get("/report")
    @login_required
    def report() -> str:
        return "report"

    ada = client_of(app)
    ada.log_in(NAME, PASSWORD)
    answer = ada.get("/report")
    assert answer.text == "report"
    assert "Set-Cookie" in answer.headers
    assert "Cookie" in answer.headers["Vary"]


def test_asking_who_it_is_makes_the_answer_personal() -> None:
    """Looking for a key in the session is reading it, also for who has none: CVE-2026-27205."""
    app = app_of_ada()

    @app.get("/greeting")
    def greeting() -> str:
        return "Hello, user" if is_logged_in() else "Hello"

    @app.get("/rendered")
    def rendered() -> str:
        return app.jinja_env.from_string("{{ is_logged_in() }}").render()

    ada, stranger = client_of(app), client_of(app)
    ada.log_in(NAME, PASSWORD)
    for visitor in (ada, stranger):
        for path in ("/greeting", "/rendered", "/secret"):
            assert "Cookie" in visitor.get(path).headers["Vary"]


def test_large_json_is_refused_unread() -> None:
    """A login needs no megabytes, and guessing their encoding costs memory.

    CVE-2018-1000656, CVE-2019-1010083.
    """
    app, witness = witnessed_app()
    body = f'{{"username": "ada", "password": "{"x" * 70_000}"}}'.encode("utf-32-be")
    answer = client_of(app).post("/login/", data=body, content_type="application/json")
    assert answer.status_code == 413
    assert witness.seen == []


def test_large_json_of_unknown_length_is_refused() -> None:
    """A body sent in chunks names no length, and has none that may be trusted.

    The way round the limit of the test above: CVE-2018-1000656, CVE-2019-1010083.
    """
    app, witness = witnessed_app()
    body = f'{{"username": "ada", "password": "right", "x": "{"x" * 1_000_000}"}}'.encode()
    answer = client_of(app).post(
        "/login/",
        input_stream=BytesIO(body),
        content_type="application/json",
        headers={"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input_terminated": True},
    )
    assert answer.status_code in {400, 413}
    assert witness.seen == []
