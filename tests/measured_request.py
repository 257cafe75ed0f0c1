"""A program to be counted by callgrind: requests to one view, guarded in one of two ways.

Run as ``python measured_request.py guarded|by-hand COUNT``.
"""

from __future__ import annotations

import sys

from flask import Flask, redirect, session
from flask.typing import ResponseReturnValue
from werkzeug.test import EnvironBuilder, run_wsgi_app

from flask_simplelogin import SimpleLogin, login_required


def create_app() -> Flask:
    """Return an app with the same view twice: by the decorator and by a session look-up."""
    app = Flask(__name__)
    app.config.update(SECRET_KEY="measured" * 8)
    SimpleLogin(app)

    @app.get("/guarded")
    @login_required
    def guarded() -> str:
        return "for users only"

    @app.get("/by-hand")
    def by_hand() -> ResponseReturnValue:
        if not session.get("simple_logged_in"):
            return redirect("/login/")
        return "for users only"

    return app


def main(path: str, count: int) -> None:
    """Ask for the page `count` times as a logged-in user."""
    app = create_app()
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    cookie = serializer.dumps({"simple_logged_in": True, "simple_username": "ada"})
    builder = EnvironBuilder(path=f"/{path}", headers=[("Cookie", f"session={cookie}")])
    environ = builder.get_environ()
    for _ in range(count):
        body, status, _headers = run_wsgi_app(app, dict(environ))
        assert status == "200 OK", status
        assert b"".join(body) == b"for users only"


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
