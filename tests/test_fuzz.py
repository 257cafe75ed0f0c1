"""Form, JSON, headers and cookies at random: no 5xx, no foreign redirect, no unearned login."""

from __future__ import annotations

import base64
import re
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flask_simplelogin import SimpleLogin, login_required

from .conftest import client_of, new_app, with_views

PASSWORD = "correct horse"
TEXTS = st.one_of(
    st.text(max_size=30),
    st.sampled_from(["ada", "", "\0", "//evil.example", "/secret", "admin", "a" * 5000, "../"]),
)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.one_of(TEXTS, st.none(), st.booleans(), st.integers(), st.floats()),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=5,
)
NAMES = st.sampled_from(["username", "password", "csrf_token", "next", "remember", "x"])
LATIN = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"), max_size=40)
HEADERS = st.dictionaries(
    st.sampled_from(
        [
            "Accept",
            "Authorization",
            "Content-Type",
            "Cookie",
            "Host",
            "HX-Current-URL",
            "HX-Request",
            "Origin",
            "Purpose",
            "Referer",
            "Sec-Fetch-Dest",
            "Sec-Fetch-Mode",
            "Sec-Fetch-Site",
            "Sec-Purpose",
            "X-Forwarded-For",
            "X-Forwarded-Host",
            "X-Forwarded-Prefix",
            "X-HTTP-Method-Override",
            "X-Requested-With",
        ]
    ),
    st.one_of(
        LATIN,
        st.sampled_from(["application/json", "text/html", "true", "same-origin", "cors", "Basic "]),
        st.binary(max_size=40).map(lambda raw: "Basic " + base64.b64encode(raw).decode()),
        LATIN.map(lambda value: f"session={value}"),
        LATIN.map(lambda value: f"http://localhost/{value}"),
    ),
    max_size=5,
)
BODIES = st.one_of(
    st.fixed_dictionaries({"data": st.dictionaries(NAMES, TEXTS, max_size=5)}),
    st.fixed_dictionaries({"json": st.one_of(VALUES, st.dictionaries(NAMES, VALUES, max_size=5))}),
    st.fixed_dictionaries({"data": st.binary(max_size=100)}),
    st.just({}),
)
URLS = st.one_of(
    st.sampled_from(["/login/", "/logout/", "/secret", "/api", "/only-admin", "/delete", "/must"]),
    st.builds("/login/?next={}".format, TEXTS),
)
METHODS = st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "PUT"])


def attacked_app() -> Flask:
    """Return an app with one user, and a page of each kind."""
    app = new_app(PROPAGATE_EXCEPTIONS=False)
    SimpleLogin(app, lambda user: (user["username"], user["password"]) == ("ada", PASSWORD))
    with_views(app)

    @app.get("/must")
    @login_required(must=lambda username: f"not <{username}>", basic=True)
    def must() -> str:
        return "must"

    return app


APP = attacked_app()


@settings(max_examples=1500, deadline=None, suppress_health_check=list(HealthCheck))
@given(url=URLS, method=METHODS, headers=HEADERS, body=BODIES, with_token=st.booleans())
def test_anything(
    url: str, method: str, headers: dict[str, str], body: dict[str, Any], *, with_token: bool
) -> None:
    """Whatever is sent, with a good token and without."""
    if re.search(r"[\[\]]|xn--", headers.get("Host", "")):
        del headers["Host"]  # Werkzeug's test client itself raises on it
    visitor = client_of(APP)
    if with_token and isinstance(body.get("data"), dict):
        body["data"]["csrf_token"] = visitor.token(visitor.get("/login/"))
    answer = visitor.open(url, method=method, headers=headers, **body)
    assert answer.status_code < 500, answer.text
    target = urlsplit(answer.headers.get("Location", ""))
    host = headers.get("Host", "localhost")
    assert target.netloc in {"", "localhost", host}
    assert not answer.headers.get("Location", "").startswith(("//", "/\\"))
    for page, shown in (("/secret", "secret of"), ("/api", "username"), ("/delete", "deleted")):
        if url == page and answer.status_code == 200 and method in {"GET", "POST"}:
            raise AssertionError(f"{page} was shown: {shown}")
    assert "simple_logged_in" not in visitor.session_data()
    assert visitor.get("/secret").status_code == 302
