"""A program to be counted by callgrind: requests to one view, guarded in one of several ways.

Run as ``python measured_request.py KIND COUNT KIND COUNT`` with keys of `APPS`.
"""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask, make_response, redirect, session
from flask.typing import ResponseReturnValue
from werkzeug.test import EnvironBuilder

from flask_simplelogin import SimpleLogin, login_required, public


def guarded_app(**config: object) -> Flask:
    """Return an app with a view behind the decorator."""
    app = new_app()
    app.config.update(config)
    SimpleLogin(app)

    @app.get("/page")
    @login_required
    def page() -> str:
        return "for users only"

    return app


def app_with_routes(count: int, rules: str) -> Flask:
    """Return an app with as many open and as many protected routes, and one to be asked for.

    Args:
        count: How many of each.
        rules: What protects: ``none``, ``app``, or ``prefixes``: one for each protected route.
    """
    app = new_app()
    login = SimpleLogin(app)
    for number in range(count):
        app.add_url_rule(f"/open/{number}", f"open{number}", public(lambda: "open"))
        app.add_url_rule(f"/closed/{number}", f"closed{number}", lambda: "closed")
    app.add_url_rule("/page", "page", lambda: "for users only")
    if rules != "none":
        login.protect(app)
    if rules == "prefixes":
        login.protect("/page/")
        for number in range(count):
            login.protect(f"/closed/{number}/")
    return app


def app_by_hand(*, no_store: bool = False) -> Flask:
    """Return an app without the extension, with the same view behind a session look-up."""
    app = new_app()

    @app.get("/page")
    def page() -> ResponseReturnValue:
        if not session.get("simple_logged_in"):
            return redirect("/login/")
        if not no_store:
            return "for users only"
        response = make_response("for users only")
        response.headers["Cache-Control"] = "no-store"
        return response

    return app


def new_app() -> Flask:
    """Return an app with a key."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="measured" * 8)
    return app


def ask(app: Flask, count: int) -> None:
    """Ask for the page `count` times as a logged-in user."""
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    login = {"simple_logged_in": True, "simple_username": "ada", "simple_since": int(time.time())}
    cookie = serializer.dumps(login)
    builder = EnvironBuilder(path="/page", headers=[("Cookie", f"session={cookie}")])
    environ = builder.get_environ()
    statuses: list[str] = []

    def start_response(status: str, headers: object, _error: object = None) -> Any:
        statuses.append(status)

    for _ in range(count):
        answer = app(dict(environ), start_response)
        assert b"".join(answer) == b"for users only"
        answer.close()  # type: ignore[attr-defined]
    assert statuses == ["200 OK"] * count


APPS: dict[str, Callable[[], Flask]] = {
    "guarded": guarded_app,
    "guarded without headers": partial(guarded_app, SIMPLELOGIN_SECURITY_HEADERS=False),
    "by hand": app_by_hand,
    "by hand with headers": partial(app_by_hand, no_store=True),
}

if __name__ == "__main__":
    gc.disable()  # when it runs is chance, and adds a percent to whichever view it meets
    pairs = zip(sys.argv[1::2], sys.argv[2::2], strict=True)
    apps = [(APPS[kind](), int(count)) for kind, count in pairs]
    for app, count in apps:
        ask(app, count)
