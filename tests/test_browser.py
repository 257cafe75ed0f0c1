"""The example in a real browser, served by a process of its own as `make demo` starts it."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

ROOT = Path(__file__).parents[1]
SECONDS_TO_END = 10


@dataclass
class Demo:
    """A running demo.

    Args:
        process: The server.
        log: Where its standard error goes.
        url: Its address, as it printed it.
    """

    process: subprocess.Popen[str]
    log: Path
    url: str = ""

    def press_ctrl_c(self) -> int:
        """Interrupt it and return its exit status."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(SECONDS_TO_END)


def start(directory: Path, port: int = 0) -> Demo:
    """Start the demo with a database of its own; port 0 takes any that is free."""
    log = directory / "demo.log"
    settings = {
        "FLASK_SECRET_KEY": "a key for tests",
        "FLASK_SQLALCHEMY_DATABASE_URI": f"sqlite:///{directory}/inventory.db",
    }
    # What ignores SIGINT, as a script's background job does, passes that on; a handler it can't.
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with log.open("w") as stderr:
            process = subprocess.Popen(
                [sys.executable, "-m", "example", "--port", str(port)],
                cwd=ROOT,
                env={**os.environ, **settings},
                stdout=subprocess.PIPE,
                stderr=stderr,
                text=True,
            )
    finally:
        signal.signal(signal.SIGINT, previous)
    return Demo(process, log)


@contextmanager
def running(directory: Path) -> Iterator[Demo]:
    """Start the demo, wait for its address and end it afterwards, whatever happens."""
    demo = start(directory)
    with demo.process:
        try:
            assert demo.process.stdout is not None
            addresses = (re.search(r"http://\S+", line) for line in demo.process.stdout)
            address = next(filter(None, addresses), None)
            assert address, demo.log.read_text()
            demo.url = address[0]
            yield demo
        finally:
            demo.process.kill()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """The demo that the browser looks at."""
    with running(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


@pytest.fixture
def context(chromium: Browser, demo: Demo) -> Iterator[BrowserContext]:
    """A browser without cookies."""
    context = chromium.new_context(base_url=demo.url)
    yield context
    context.close()


@pytest.fixture
def page(context: BrowserContext) -> Page:
    """A tab of the browser."""
    return context.new_page()


def log_in(page: Page, username: str = "ada", password: str = "analytical-engine") -> None:
    """Fill in the login page that is shown, and send it."""
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name="Log in").click()


def expect_login_page(page: Page) -> None:
    """Wait for the login page."""
    expect(page.get_by_role("heading", name="Log in")).to_be_visible()


def test_a_login_leads_to_the_records(page: Page) -> None:
    """Who asks for the records logs in first, then sees and searches them."""
    page.goto("/admin/device/?search=lisbon")
    expect_login_page(page)
    log_in(page)

    expect(page).to_have_url(re.compile(r"/admin/device/\?search=lisbon$"))
    expect(page.get_by_text("List (17)")).to_be_visible()
    expect(page.get_by_role("cell", name="Framework Laptop 13")).to_be_visible()

    page.get_by_placeholder("Asset tag").fill("printer")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_text("List (1)")).to_be_visible()


@pytest.mark.skipif(
    version("WTForms").startswith("3.1."), reason="Flask-Admin 2.2 fails on WTForms 3.1"
)
def test_a_record_is_edited(page: Page) -> None:
    """Flask-Admin's own form, with its CSRF token, saves what a user changes."""
    page.goto("/admin/device/edit/?id=32")
    log_in(page, "admin", "marigold-parade")
    page.get_by_label("Model").fill("Zebra ZD621 label printer")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Record was successfully saved.")).to_be_visible()

    page.goto("/admin/device/?search=ZD621")
    expect(page.get_by_text("List (1)")).to_be_visible()


def test_a_wrong_password_is_refused(page: Page) -> None:
    """The login page says so, keeps the name and takes the right password afterwards."""
    page.goto("/mine/")
    log_in(page, password="wrong")
    expect(page.get_by_role("alert")).to_have_text("invalid credentials")
    expect(page.get_by_label("Username")).to_have_value("ada")

    page.get_by_label("Password").fill("analytical-engine")
    page.get_by_label("Password").press("Enter")
    expect(page.get_by_role("heading", name="My devices")).to_be_visible()
    expect(page.get_by_role("cell", name="LT-0108")).to_be_visible()


def test_after_a_logout_the_back_button_opens_nothing(page: Page, context: BrowserContext) -> None:
    """A reload of the page behind, and a link in another tab, lead to the login page."""
    page.goto("/mine/")
    log_in(page)
    other = context.new_page()
    other.goto("/")

    page.get_by_role("link", name="Log out").click()
    expect(page.get_by_text("Logged out!")).to_be_visible()

    page.go_back()
    page.reload()
    expect_login_page(page)

    other.get_by_role("navigation").get_by_role("link", name="All records").click()
    expect_login_page(other)


def test_the_logout_of_the_administration_works(page: Page) -> None:
    """Flask-Admin's pages have their own navigation."""
    page.goto("/admin/")
    log_in(page)
    page.get_by_role("link", name="Log out").click()
    expect(page.get_by_text("Logged out!")).to_be_visible()


def test_pages_fit_a_phone_and_need_no_other_host(page: Page, demo: Demo) -> None:
    """Nothing is wider than 320 pixels, and all that is loaded comes from the demo itself."""
    page.set_viewport_size({"width": 320, "height": 640})
    loaded: set[str] = set()
    page.on("request", lambda request: loaded.add(request.url))

    page.goto("/login/")
    assert width(page) <= 320
    log_in(page, "admin", "marigold-parade")
    for url in ("/", "/mine/", "/costs/", "/admin/device/", "/admin/device/edit/?id=1"):
        page.goto(url)
        assert width(page) <= 320, url
    assert all(url.startswith((demo.url, "data:")) for url in loaded), loaded


def width(page: Page) -> int:
    """Return how wide the page is, with what has to be scrolled to."""
    return int(page.evaluate("document.documentElement.scrollWidth"))


def test_a_taken_port_is_told_in_a_sentence(tmp_path: Path) -> None:
    """The sentence says what to type, and the exit status that it went wrong."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        demo = start(tmp_path, port)
        output, _ = demo.process.communicate(timeout=30)
    assert demo.process.returncode != 0
    assert output == ""
    assert demo.log.read_text() == (
        f"Port {port} is taken: choose another one, as in `make demo PORT={port + 1}`.\n"
    )


def test_ctrl_c_ends_the_demo_quietly(tmp_path: Path) -> None:
    """It exits with success and without a traceback, and its port is free again."""
    with running(tmp_path) as demo:
        address = ("127.0.0.1", int(demo.url.strip("/").rpartition(":")[2]))
        socket.create_connection(address).close()
        assert demo.press_ctrl_c() == 0
    assert "Traceback" not in demo.log.read_text()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(address)
