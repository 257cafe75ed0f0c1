"""What the tests of published holes share: an app whose one user is Ada, and her checker."""

from __future__ import annotations

from functools import cache
from typing import Any

from flask import Flask

from flask_simplelogin import SimpleLogin, User

from ..conftest import Visitor, client_of, new_app, with_views

NAME = "ada"
PASSWORD = "right"

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Sec-Fetch-Mode": "navigate"}


class Witness:
    """A checker that notes whom it is asked about, and lets Ada in."""

    def __init__(self) -> None:
        self.seen: list[User] = []

    def __call__(self, user: User) -> bool:
        """Note what came, and compare."""
        self.seen.append(user)
        return user["username"] == NAME and user["password"] == PASSWORD


def app_of_ada(**config: Any) -> Flask:
    """Return an app whose settings let Ada in, by whatever host it is called."""
    app = new_app(SIMPLELOGIN_USERNAME=NAME, SIMPLELOGIN_PASSWORD=PASSWORD, **config)
    SimpleLogin(app)
    return with_views(app)


def witnessed_app(**config: Any) -> tuple[Flask, Witness]:
    """Return an app and its checker; an error in it is answered, not raised."""
    app = new_app(PROPAGATE_EXCEPTIONS=False, **config)
    witness = Witness()
    SimpleLogin(app, witness)
    return with_views(app), witness


def is_in(visitor: Visitor) -> bool:
    """Return whether the visitor gets to see what is for users only."""
    return visitor.get("/secret").status_code == 200


@cache
def _app_with_next() -> Flask:
    """Return the one app on which each `next` is tried: compiling its templates takes longest."""
    return app_of_ada()


def assert_not_followed(target: str) -> None:
    """Try a `next` by the page, the form, JSON and when logged in: 400, and nobody is logged in."""
    app = _app_with_next()
    stranger, ada = client_of(app), client_of(app)
    ada.log_in(NAME, PASSWORD)
    credentials = {"username": NAME, "password": PASSWORD}
    answers = [
        stranger.get("/login/", query_string={"next": target}),
        stranger.log_in(NAME, PASSWORD, data={"next": target}),
        stranger.post("/login/", json={**credentials, "next": target}),
        ada.get("/login/", query_string={"next": target}),
    ]
    for answer in answers:
        assert answer.status_code == 400, answer.location
        assert "Location" not in answer.headers
    assert not is_in(stranger)
