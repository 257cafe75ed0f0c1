"""A program to be counted by callgrind: requests to one view, guarded in one of two ways.

Run as ``python measured_request.py guarded|by-hand COUNT``.
"""

from __future__ import annotations

import sys

from flask import Flask, redirect, session
from flask.typing import ResponseReturnValue
from werkzeug.test import EnvironBuilder, run_wsgi_app

from flask_simplelogin import SimpleLogin, login_required


def guarded_app() -> Flask:
    """Return an app with a view behind the decorator."""
    app = new_app()
    SimpleLogin(app)

    @app.get("/page")
    @login_required
    def page() -> str:
        return "for users only"

    return app


def app_by_hand() -> Flask:
    """Return an app without the extension, with the same view behind a session look-up."""
    app = new_app()

    @app.get("/page")
    def page() -> ResponseReturnValue:
        if not session.get("simple_logged_in"):
            return redirect("/login/")
        return "for users only"

    return app


def new_app() -> Flask:
    """Return an app with a key."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="measured" * 8)
    return app


def main(kind: str, count: int) -> None:
    """Ask for the page `count` times as a logged-in user."""
    app = guarded_app() if kind == "guarded" else app_by_hand()
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    cookie = serializer.dumps({"simple_logged_in": True, "simple_username": "ada"})
    builder = EnvironBuilder(path="/page", headers=[("Cookie", f"session={cookie}")])
    environ = builder.get_environ()
    for _ in range(count):
        body, status, _headers = run_wsgi_app(app, dict(environ))
        assert status == "200 OK", status
        assert b"".join(body) == b"for users only"


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
