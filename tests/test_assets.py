"""The style sheet and the script: under a URL that changes with what they hold."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from flask_simplelogin import SettingError, SimpleLogin

from .conftest import client_of, new_app, with_views

FOREVER = "private, max-age=31536000, immutable"


def app_with(**config: Any) -> Flask:
    """Return an app with a login."""
    app = new_app(**config)
    SimpleLogin(app)
    return with_views(app)


def style_url(app: Flask) -> str:
    """Return the address of the style sheet, as the login page has it."""
    found = re.search(r'<link rel="stylesheet" href="([^"]+)"', client_of(app).get("/login/").text)
    assert found
    return found[1]


def test_file_is_kept_as_long_as_it_is_the_same() -> None:
    """Browsers need not ask again; under any other URL they do."""
    app = app_with()
    visitor = client_of(app)
    answer = visitor.get(style_url(app))
    assert answer.headers["Cache-Control"] == FOREVER
    assert answer.mimetype == "text/css"
    assert "Set-Cookie" not in answer.headers
    etag = answer.headers["ETag"]
    for query in ("", "?v=", "?v=other", "?v=000000000000"):
        old = visitor.get(f"/simplelogin/static/simplelogin.css{query}")
        assert old.status_code == 200
        assert old.headers["Cache-Control"] == "no-cache"
        again = visitor.get(old.request.path, headers={"If-None-Match": etag})
        assert again.status_code == 304


def test_url_changes_with_the_accent() -> None:
    """For the accent is a part of the content."""
    one, other = app_with(), app_with(SIMPLELOGIN_ACCENT="#fc0")
    assert style_url(one) != style_url(other)
    assert style_url(one) == style_url(app_with())
    assert "--fill:#ffcc00" in client_of(other).get(style_url(other)).text


@pytest.mark.parametrize(
    "name",
    ["nothing.css", "../views.py", "..%2fviews.py", "simplelogin.css/", "%00", "a" * 5000]
    + ["..\\views.py", "SIMPLELOGIN.CSS"],
)
def test_nothing_else_is_served(name: str) -> None:
    """Whatever the name."""
    assert client_of(app_with()).get(f"/simplelogin/static/{name}").status_code == 404


def test_template_may_ask_for_the_url_of_anything() -> None:
    """A name that is not ours gives a URL where nothing is, and no error in a page."""
    app = app_with()
    with app.test_request_context():
        url = app.jinja_env.from_string("{{ simplelogin_url('static', filename='x.css') }}")
        assert url.render() == "/simplelogin/static/x.css"


def test_title() -> None:
    """It stands in the title and above the heading, escaped."""
    page = client_of(app_with(SIMPLELOGIN_TITLE="Ada & <b>Co</b>")).get("/login/").text
    assert "<title>Log in · Ada &amp; &lt;b&gt;Co&lt;/b&gt;</title>" in page
    assert page.count("Ada &amp; &lt;b&gt;Co&lt;/b&gt;") == 2


@pytest.mark.parametrize(
    ("logo", "url"),
    [
        ("logo.svg", "/tool/static/logo.svg"),
        ("img/my logo.png", "/tool/static/img/my%20logo.png"),
        ("/files/logo.svg", "/tool/files/logo.svg"),
        ('/"onload=x', "/tool/%22onload%3Dx"),
    ],
)
def test_logo(logo: str, url: str) -> None:
    """A file of the app's static folder, or a path below the app's mount."""
    app = app_with(SIMPLELOGIN_LOGO=logo)
    page = client_of(app).get("/login/", base_url="http://localhost/tool").text
    assert f'<img src="{url}" alt="">' in page
    assert f'<link rel="icon" href="{url}">' in page


@pytest.mark.parametrize(
    "logo",
    ["https://example.com/logo.svg", "//example.com/logo.svg", "data:image/png,x", "a\\b", "x?y"],
)
def test_logo_from_elsewhere(logo: str) -> None:
    """Is no logo: the page asks no other host."""
    with pytest.raises(SettingError, match="SIMPLELOGIN_LOGO must be a file"):
        app_with(SIMPLELOGIN_LOGO=logo)


def test_logo_without_a_folder() -> None:
    """An app that has no static folder is told so as it starts."""
    app = Flask("app", static_folder=None)
    app.config.update(SECRET_KEY="key", SIMPLELOGIN_LOGO="logo.svg")
    with pytest.raises(SettingError, match="no static folder"):
        SimpleLogin(app)


def test_blocks(tmp_path: Path) -> None:
    """A login page of the application takes ours and fills its blocks."""
    names = ("head", "brand", "heading", "before_form", "submit", "after_form", "footer")
    blocks = "".join(f"{{% block {name} %}}<i>{name}</i>{{% endblock %}}" for name in names)
    (tmp_path / "login.html").write_text('{% extends "simplelogin/login.html" %}' + blocks)
    app = new_app()
    app.template_folder = str(tmp_path)
    SimpleLogin(app)
    page = client_of(app).get("/login/").text
    assert [name for name in names if f"<i>{name}</i>" in page] == list(names)
    assert client_of(app).log_in().status_code == 302
