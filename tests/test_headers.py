"""Headers that keep pages out of caches and frames, and who may set others."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, Response, make_response

from flask_simplelogin import SimpleLogin, login_required
from flask_simplelogin.assets import Assets

from .conftest import client_of, new_app, with_views

SCRIPT = (
    f'<script src="/simplelogin/static/simplelogin.js?v={Assets("#fff").version("simplelogin.js")}"'
    " defer>"
)
BROWSER = {"Accept": "text/html"}


def app_with(**config: Any) -> Flask:
    """Return an app that lets in who knows the password, with a view that sets its own header."""
    app = new_app(**config)
    SimpleLogin(app, lambda user: user["password"] == "right")

    @app.get("/own")
    @login_required
    def own() -> Response:
        response = make_response("own")
        response.headers["cache-control"] = "private, max-age=60"
        return response

    @app.get("/streamed")
    @login_required
    def streamed() -> Any:
        return iter(["a", "b"])

    return with_views(app)


def test_guarded_answers_are_not_stored() -> None:
    """A view's, streamed or not, a refusal and a redirect; unless the view said otherwise."""
    visitor = client_of(app_with())
    refused = visitor.get("/secret")
    assert refused.headers["Cache-Control"] == "no-store"
    assert "Cookie" in refused.headers["Vary"]
    visitor.log_in("ada", "right")
    for page in ("/secret", "/streamed", "/only-admin"):
        answer = visitor.get(page)
        assert answer.headers.getlist("Cache-Control") == ["no-store"], page
        assert "Cookie" in answer.headers["Vary"]
    assert visitor.get("/own").headers.getlist("Cache-Control") == ["private, max-age=60"]


def test_public_page_is_left_alone() -> None:
    """What nobody guards is the program's own affair."""
    visitor = client_of(app_with())
    visitor.log_in("ada", "right")
    answer = visitor.get("/")
    assert "Cache-Control" not in answer.headers
    assert "Content-Security-Policy" not in answer.headers


def test_answer_to_basic_hangs_on_the_header() -> None:
    """A shared cache must not give it to the next one, who sends none."""
    visitor = client_of(app_with())
    for password in ("right", "wrong"):
        answer = visitor.get("/api", auth=("ada", password))
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Authorization" in answer.headers["Vary"]
        assert "Cookie" in answer.headers["Vary"]


def test_login_page() -> None:
    """Its policy is met by its own style, allows no inline one, and no frame."""
    visitor = client_of(app_with())
    for answer in (visitor.get("/login/"), visitor.log_in("ada", "wrong")):
        policy = answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy
        assert "default-src 'none'" in policy
        assert "style-src 'self'" in policy
        assert "unsafe" not in policy
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "Cookie" in answer.headers["Vary"]
        assert "style=" not in answer.text
        assert "script-src 'self'" in policy
        assert re.findall("<script.*?>", answer.text) == [SCRIPT]


def test_denied_page_has_them_too() -> None:
    """And the page that asks whether to log out."""
    visitor = client_of(app_with())
    visitor.log_in("ada", "right")
    for answer in (
        visitor.get("/only-admin", headers=BROWSER),
        visitor.get("/logout/", headers={"Sec-Fetch-Site": "cross-site"}),
    ):
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("name", ["login.html", "simplelogin/base.html"])
def test_page_of_the_program_loads_what_it_likes(tmp_path: Path, name: str) -> None:
    """A login page from before, with a style sheet from elsewhere, is not broken by a policy."""
    (tmp_path / name).parent.mkdir(exist_ok=True)
    (tmp_path / name).write_text("<style>body {}</style>{% block page_body %}{% endblock %}")
    app = new_app()
    app.template_folder = str(tmp_path)
    SimpleLogin(app)
    answer = client_of(app).get("/login/")
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"


def test_one_setting_turns_them_off() -> None:
    """For who sets headers elsewhere."""
    visitor = client_of(app_with(SIMPLELOGIN_SECURITY_HEADERS=False))
    names = ("Cache-Control", "Content-Security-Policy", "Referrer-Policy", "X-Frame-Options")
    page = visitor.get("/login/")
    visitor.log_in("ada", "right")
    for answer in (page, visitor.get("/secret"), visitor.get("/only-admin")):
        assert not any(name in answer.headers for name in names)


def test_headers_of_the_program_go_first() -> None:
    """What its own `after_request` sets stands."""
    app = app_with()

    @app.after_request
    def set_header(response: Response) -> Response:
        response.headers["Cache-Control"] = "private"
        return response

    visitor = client_of(app)
    visitor.log_in("ada", "right")
    assert visitor.get("/secret").headers.getlist("Cache-Control") == ["private"]
