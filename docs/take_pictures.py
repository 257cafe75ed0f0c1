"""Take the pictures of README and docs: run it as ``python docs/take_pictures.py``.

With a folder as argument it takes all of them there: every page of the login in every state, light
and dark, narrow and wide, with large text, in forced colours, in print. Look at them after each
change of a template or of the style sheet. It needs Chromium and the packages of
``tests/requirements.txt``.
"""

from __future__ import annotations

import shutil
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from flask import Flask, Response
from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.exceptions import TooManyRequests
from werkzeug.serving import make_server

from flask_simplelogin import SimpleLogin, login_required
from flask_simplelogin.users import Changes, UserRecord

PICTURES = Path(__file__).parent / "pictures"
FLAGS = (
    "--no-sandbox --disable-gpu --disable-background-networking --disable-component-update "
    "--disable-sync --no-first-run"
)
PASSWORD = "analytical-engine"  # noqa: S105
LONG_NAME = "Wolfeschlegelsteinhausenbergerdorff-" * 4
LONG_MESSAGE = "The office is closed until the painters have left. " * 8
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="44" height="44" viewBox="0 0 44 44">'
    '<rect width="44" height="44" rx="13" fill="#0d7a5f"/><path d="M12 30V14l10 10 10-10v16" '
    'fill="none" stroke="#fff" stroke-width="3.5" stroke-linejoin="round"/></svg>'
)


class Store:
    """A store of users in memory."""

    def __init__(self) -> None:
        self._records: dict[str, UserRecord] = {}

    def get(self, username: str) -> UserRecord | None:
        """Return the user; one of them has guessed too often."""
        if username == "throttled":
            raise TooManyRequests("Too many attempts. Try again in 15 min.", retry_after=900)
        return self._records.get(username)

    def list(self) -> Iterable[UserRecord]:
        """Return all users."""
        return self._records.values()

    def add(self, record: UserRecord) -> None:
        """Add a user."""
        self._records[record.username] = record

    def change(self, username: str, changes: Changes, if_hash: str | None = None) -> bool:
        """Change a user."""
        if if_hash not in {None, self._records[username].password_hash}:
            return False
        self._records[username] = replace(self._records[username], **changes)
        return True

    def remove(self, username: str) -> bool:
        """Remove a user."""
        return self._records.pop(username, None) is not None


def new_app(**config: Any) -> Flask:
    """Return an app with the pages that the pictures need, and Ada in its store."""
    app = Flask("pictures")
    app.config.update(
        SECRET_KEY="for pictures only",  # noqa: S106
        SIMPLELOGIN_LOGOUT_POST_ONLY=True,
        **config,
    )
    login = SimpleLogin(app, users=Store())
    login.users.add("ada", PASSWORD)
    login.users.add(LONG_NAME, PASSWORD)

    @app.get("/denied")
    @login_required(username="somebody else")
    def denied() -> str:
        return ""

    @app.get("/checked")
    @login_required(must=lambda _username: LONG_MESSAGE)
    def checked() -> str:
        return ""

    @app.get("/told")
    def told() -> Response:
        login.flash("auth_error", LONG_MESSAGE)
        return Response("told")

    @app.get("/logo.svg")
    def logo() -> Response:
        return Response(LOGO, mimetype="image/svg+xml")

    return app


def send(page: Page, username: str, password: str) -> None:
    """Fill in the login page and send it."""
    page.goto("/login/")
    page.locator("#username").fill(username)
    page.locator("#password").fill(password)
    page.locator("main form button[type=submit]").last.click()


def logged_in_at(url: str) -> Callable[[Page], object]:
    """Return how to get to a page as somebody who is logged in."""

    def go(page: Page) -> None:
        send(page, LONG_NAME if "checked" in url else "ada", PASSWORD)
        page.goto(url)

    return go


def log_out(page: Page) -> None:
    """Log in and out again."""
    send(page, "ada", PASSWORD)
    page.locator("main form button").click()


def filled_in(page: Page) -> None:
    """Type name and password."""
    page.goto("/login/")
    page.locator("#username").fill("ada")
    page.locator("#password").fill(PASSWORD)
    page.locator("#password").blur()


def with_shown_password(page: Page) -> None:
    """Show the password while it is typed."""
    filled_in(page)
    page.locator(".reveal button").click()
    page.mouse.move(0, 0)


def with_message(page: Page) -> None:
    """Get to the login page with a very long message."""
    page.goto("/told")
    page.goto("/login/")


def with_refused_password(page: Page) -> None:
    """Choose a new password that is too short."""
    logged_in_at("/password/")(page)
    page.locator("#password").fill(PASSWORD)
    page.locator("#new_password").fill("short")
    page.locator("#repeated").fill("short")
    page.locator("main form button[type=submit]").click()


STATES: dict[str, Callable[[Page], object]] = {
    "login": lambda page: page.goto("/login/"),
    "required": lambda page: page.goto("/denied"),
    "filled-in": filled_in,
    "typed": with_shown_password,
    "error": lambda page: send(page, "ada", "wrong"),
    "incomplete": lambda page: send(page, "ada", ""),
    "long-name": lambda page: send(page, LONG_NAME, "wrong"),
    "long-message": with_message,
    "denied": logged_in_at("/denied"),
    "denied-long": logged_in_at("/checked"),
    "throttled": lambda page: send(page, "throttled", "x"),
    "password": logged_in_at("/password/"),
    "password-refused": with_refused_password,
    "invalid-next": lambda page: page.goto("/login/?next=//example.com"),
    "home": logged_in_at("/"),
    "logout": logged_in_at("/logout/"),
    "goodbye": log_out,
}
LOOKS: dict[str, dict[str, Any]] = {
    f"{width}-{scheme}": {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
    for width, height in ((320, 640), (768, 800), (1440, 900))
    for scheme in ("light", "dark")
}
LOOKS["forced-light"] = {**LOOKS["768-light"], "forced_colors": "active"}
LOOKS["forced-dark"] = {**LOOKS["768-dark"], "forced_colors": "active"}


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an app, and give its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        server.server_close()


@contextmanager
def browsing() -> Iterator[Browser]:
    """Start Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=FLAGS.split()
        )
        yield browser
        browser.close()


def take(
    browser: Browser,
    path: Path,
    address: str,
    state: str,
    *,
    text_size: int = 100,
    media: Any = None,
    **options: Any,
) -> None:
    """Take one picture of a page in one state."""
    context = browser.new_context(base_url=address, bypass_csp=True, **options)
    page = context.new_page()
    STATES[state](page)
    if text_size != 100:
        page.add_style_tag(content=f":root {{ font-size: {text_size}% }}")
    page.emulate_media(media=media, reduced_motion="reduce")
    page.screenshot(path=path, full_page=True)
    context.close()


def take_all(folder: Path) -> None:
    """Take every picture."""
    folder.mkdir(parents=True, exist_ok=True)
    branded = new_app(
        SIMPLELOGIN_TITLE="Marigold Inventory",
        SIMPLELOGIN_LOGO="/logo.svg",
        SIMPLELOGIN_ACCENT="#0d7a5f",
        SIMPLELOGIN_REMEMBER_ME=True,
    )
    with browsing() as browser, serving(new_app()) as plain, serving(branded) as own:
        for state in STATES:
            for look, options in LOOKS.items():
                take(browser, folder / f"{state}-{look}.png", plain, state, **options)
        for look in LOOKS:
            take(browser, folder / f"branded-{look}.png", own, "typed", **LOOKS[look])
        for state in ("login", "error", "denied"):
            for language in ("ar", "ja", "hi", "de"):
                path = folder / f"{state}-{language}.png"
                take(browser, path, plain, state, locale=language, **LOOKS["768-light"])
            for look in ("320-light", "768-light"):
                path = folder / f"{state}-{look}-large.png"
                take(browser, path, plain, state, text_size=200, **LOOKS[look])
            path = folder / f"{state}-print.png"
            take(browser, path, plain, state, media="print", **LOOKS["768-dark"])


def take_committed() -> None:
    """Take the pictures that README and docs show."""
    size = {"viewport": {"width": 640, "height": 560}, "device_scale_factor": 2}
    brand = {
        "SIMPLELOGIN_TITLE": "Marigold Inventory",
        "SIMPLELOGIN_LOGO": "/logo.svg",
        "SIMPLELOGIN_ACCENT": "#0d7a5f",
    }
    light, dark = {"color_scheme": "light", **size}, {"color_scheme": "dark", **size}
    with browsing() as browser, serving(new_app()) as plain, serving(new_app(**brand)) as branded:
        take(browser, PICTURES / "login-light.png", plain, "filled-in", **light)
        take(browser, PICTURES / "login-dark.png", plain, "filled-in", **dark)
        take(browser, PICTURES / "branded.png", branded, "filled-in", **light)
        take(browser, PICTURES / "branded-dark.png", branded, "filled-in", **dark)
        take(browser, PICTURES / "error-ar.png", plain, "error", locale="ar", **light)
    for path in PICTURES.glob("*.png"):  # Chromium does not save bytes
        with Image.open(path) as picture:
            picture.convert("RGB").save(path, optimize=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        take_all(Path(sys.argv[1]))
    else:
        take_committed()
