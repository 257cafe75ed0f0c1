"""What all tests share: apps, visitors who log in as a browser does, and the rule on skips."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Generator, Iterator
from contextlib import suppress
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, get_flashed_messages
from flask.testing import FlaskClient
from playwright.sync_api import Browser, Page, sync_playwright
from playwright.sync_api import Error as PlaywrightError
from werkzeug.test import TestResponse

from flask_simplelogin import SimpleLogin, get_username, is_logged_in, login_required

PICTURES = Path(__file__).with_name("pictures")

Flashes = list[tuple[str, str]]


class Visitor(FlaskClient):
    """A test client that logs in as a browser does: by the form, with the token it finds there."""

    def token(self, page: TestResponse) -> str:
        """Return the CSRF token in a page."""
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
        return unescape(found[1]) if found else ""

    def log_in(
        self,
        username: str = "admin",
        password: str = "secret",
        url: str = "/login/",
        **kwargs: Any,
    ) -> TestResponse:
        """Fetch the login page and send its form."""
        page = self.get(url)
        assert page.status_code == 200, page.status
        action = re.search(r'<form action="([^"]*)"\s+method="post"', page.text)
        assert action, page.text
        data = {
            "username": username,
            "password": password,
            "csrf_token": self.token(page),
            **kwargs.pop("data", {}),
        }
        return self.post(_below_mount(page, unescape(action[1])), data=data, **kwargs)

    def flashes(self) -> Flashes:
        """Return the messages that wait in the session."""
        with self.session_transaction() as session:
            return [(category, text) for category, text in session.get("_flashes", [])]

    def session_data(self) -> dict[str, Any]:
        """Return what the session holds."""
        with self.session_transaction() as session:
            return dict(session)


def _below_mount(page: TestResponse, path: str) -> str:
    """Return a URL's path as the client wants it: without the mount that it adds itself."""
    return path.removeprefix(page.request.root_path)


def new_app(
    name: str = "app_of_a_test", *, key: str | None = "a key for tests", **config: Any
) -> Flask:
    """Return an app without a login, whose test clients are visitors."""
    app = Flask(name)
    app.test_client_class = Visitor
    app.config.update(SECRET_KEY=key, **config)
    return app


def with_views(app: Flask) -> Flask:
    """Give the app the views that most tests ask for."""

    @app.route("/")
    def home() -> str:
        flashed = [str(text) for text in get_flashed_messages()]
        return f"home of {get_username()}, logged in: {is_logged_in()}, told: {flashed}"

    @app.route("/secret", methods=["GET", "POST"])
    @login_required
    def secret() -> str:
        return f"secret of {get_username()}"

    @app.route("/only-admin")
    @login_required(username="admin")
    def only_admin() -> str:
        return "for admin"

    @app.post("/delete")
    @login_required
    def delete() -> str:
        return "deleted"

    @app.get("/api")
    @login_required(basic=True)
    def api() -> dict[str, str | None]:
        return {"username": get_username()}

    return app


@pytest.fixture
def app() -> Flask:
    """An app with the two-line login and a few views."""
    app = new_app()
    SimpleLogin(app)
    return with_views(app)


@pytest.fixture
def visitor(app: Flask) -> Visitor:
    """A visitor of `app`, with cookies and without a login."""
    return client_of(app)


def client_of(app: Flask) -> Visitor:
    """Return a new visitor of an app."""
    client = app.test_client()
    assert isinstance(client, Visitor)
    return client


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the settings of whoever runs the tests out of them."""
    for name in list(os.environ):
        if name.startswith(("SIMPLELOGIN_", "SIMPLE_LOGIN_", "FLASK_")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A real Chromium, without a window.

    For one module: while it is there an event loop runs, in which no other can be started.
    """
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("needs the program chromium")
    flags = (
        "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
        "--disable-sync --no-first-run --disable-quic"
    )
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=flags.split())
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def blank_page(chromium: Browser) -> Iterator[Page]:
    """A page of Chromium on which scripts can be evaluated."""
    page = chromium.new_page()
    yield page
    page.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Count a test that is skipped for a missing program as failed where CI runs it.

    Of each page that a browser shows while a test fails, a picture is kept in tests/pictures.
    """
    report = yield
    if report.failed and call.when == "call":
        _keep_pictures(item)
    reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""
    if os.environ.get("CI") and report.skipped and "needs the program" in reason:
        report.outcome = "failed"
        report.longrepr = f"{item.nodeid}: {reason}, and CI must have it"
    return report


def _keep_pictures(item: pytest.Item) -> None:
    """Take a picture of each page that is open in a browser of the test."""
    fixtures = getattr(item, "funcargs", {}).values()
    browsers = [fixture for fixture in fixtures if isinstance(fixture, Browser)]
    pages = [page for each in browsers for context in each.contexts for page in context.pages]
    for number, page in enumerate(pages):
        PICTURES.mkdir(exist_ok=True)
        name = re.sub(r"[^\w.-]+", "-", item.nodeid).strip("-")[-150:]
        with suppress(PlaywrightError):  # the page may be what has failed
            page.screenshot(path=PICTURES / f"{name}-{number}.png", timeout=5000)
