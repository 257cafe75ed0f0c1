"""flask-session-captcha."""

from __future__ import annotations

from flask_simplelogin import SimpleLogin, login_required

from ..conftest import client_of, new_app, with_views
from .conftest import NAME, PASSWORD, app_of_ada, is_in


def test_answer_that_is_neither_yes_nor_no() -> None:
    """A check that answers `None` for "nothing to check" has not said yes: CVE-2022-24880."""
    app = new_app(SIMPLELOGIN_THROTTLE=False)
    login = SimpleLogin(app)
    with_views(app)
    answers: list[object] = [None, False, 0, "", [], {}]
    login.login_checker(lambda user: answers[0])
    while answers:
        visitor = client_of(app)
        assert visitor.log_in(NAME, PASSWORD).status_code == 401
        assert visitor.get("/api", auth=(NAME, PASSWORD)).status_code == 401
        assert not is_in(visitor)
        del answers[0]


def test_validator_that_does_not_answer_none() -> None:
    """Where `None` is the yes, every other value is a no, also one that is false.

    The other side of CVE-2022-24880.
    """
    answers: list[object] = [True, False, 0, "", [], {}]
    app = app_of_ada()

    @app.get("/checked")
    @login_required(must=lambda name: answers[0])
    def checked() -> str:
        return "seen"

    ada = client_of(app)
    ada.log_in(NAME, PASSWORD)
    while answers:
        assert ada.get("/checked").status_code == 403
        del answers[0]
