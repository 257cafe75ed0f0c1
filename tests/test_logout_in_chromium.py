"""Who can make a real browser log out: the site's own link and button, and nobody else."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from flask import Flask, render_template_string
from playwright.sync_api import Browser, Page
from werkzeug.serving import make_server

from flask_simplelogin import SimpleLogin, login_required

HOME = """<!doctype html><title>home</title>
<a href="{{ simplelogin_url('logout') }}">link</a> {{ simplelogin_logout_button() }}
<a href="/secret">secret</a>"""

SUBMIT = "<script>document.forms[0].submit()</script>"

# Each on a page of another site, and of another name of this one.
ATTACKS = {
    "image": '<img src="{logout}">',
    "frame": '<iframe src="{logout}"></iframe>',
    "style": '<link rel="stylesheet" href="{logout}">',
    "script": '<script src="{logout}"></script>',
    "prefetch": '<link rel="prefetch" href="{logout}">',
    "fetch": "<script>fetch('{logout}', {{mode: 'no-cors', credentials: 'include'}})</script>",
    "form": '<form method="post" action="{logout}"></form>' + SUBMIT,
    "form to the login": '<form method="post" action="{login}"></form>' + SUBMIT,
    "form to a page": '<form method="post" action="{page}"></form>' + SUBMIT,
    "link": '<a href="{logout}" id="go">go</a><script>go.click()</script>',
}


@contextmanager
def serving(app: Flask) -> Iterator[int]:
    """Serve an app in a thread; give its port."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield server.port
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    """The address of an app with a link and a button to log out."""
    app = Flask("site")
    app.secret_key = "a key for tests"
    SimpleLogin(app)

    @app.get("/")
    def home() -> str:
        return render_template_string(HOME)

    @app.route("/secret", methods=["GET", "POST"])
    @login_required
    def secret() -> str:
        return "the secret"

    with serving(app) as port:
        yield f"http://localhost:{port}"


@pytest.fixture(scope="module")
def evil(site: str) -> Iterator[str]:
    """The address of another site, which attacks by the page that is asked for."""
    app = Flask("evil")

    @app.get("/<attack>")
    def page(attack: str) -> str:
        return "<!doctype html><title>evil</title>" + ATTACKS[attack].format(
            logout=f"{site}/logout/", login=f"{site}/login/", page=f"{site}/secret"
        )

    with serving(app) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    """A browser that is logged in."""
    context = chromium.new_context()
    page = context.new_page()
    page.goto(f"{site}/login/?next=/")
    page.fill("#username", "admin")
    page.fill("#password", "secret")
    page.click("[type=submit]")
    page.wait_for_url(f"{site}/")
    assert page.title() == "home"
    yield page
    context.close()


def is_logged_in(page: Page, site: str) -> bool:
    """Return whether the browser sees the secret."""
    page.goto(f"{site}/secret")
    return "the secret" in page.content()


@pytest.mark.parametrize("attack", ATTACKS)
def test_foreign_page_logs_nobody_out(page: Page, site: str, evil: str, attack: str) -> None:
    """Neither by a part of it nor by a link that clicks itself."""
    page.goto(f"{evil}/{attack}")
    page.wait_for_load_state("networkidle")
    assert is_logged_in(page, site)


@pytest.mark.parametrize("selector", ["text=link", "button"])
def test_link_and_button_of_the_site_log_out(page: Page, site: str, selector: str) -> None:
    """As their visitor wants."""
    with page.expect_navigation(url=f"{site}/"):
        page.click(selector)
    assert not is_logged_in(page, site)


def test_page_with_a_button_logs_out(page: Page, site: str, evil: str) -> None:
    """A link from elsewhere leads to a page that asks, and its button works."""
    page.goto(f"{evil}/link")
    page.wait_for_url(f"{site}/logout/")
    assert "Log out?" in page.content()
    page.click("button")
    page.wait_for_url(f"{site}/")
    assert not is_logged_in(page, site)


def test_back_button_shows_no_protected_page(page: Page, site: str) -> None:
    """After the logout, what was seen before is not shown from the browser's memory."""
    page.click("text=secret")
    page.wait_for_url(f"{site}/secret")
    assert "the secret" in page.content()
    page.goto(f"{site}/logout/")  # as if typed: no page asks for it
    page.go_back()
    assert "the secret" not in page.content()


def test_policy_of_the_login_page_is_met_by_it(chromium: Browser, site: str) -> None:
    """Nothing that it loads is refused, and its style is there."""
    page = chromium.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.goto(f"{site}/login/")
    assert page.evaluate("getComputedStyle(document.querySelector('main')).borderRadius") != "0px"
    assert complaints == []
    page.close()
