"""OAuthenticator, a login for JupyterHub."""

from __future__ import annotations

from typing import Any

from flask_simplelogin import is_logged_in, login_required

from ..conftest import client_of
from .conftest import NAME, PASSWORD, witnessed_app


def test_restriction_that_came_out_empty() -> None:
    """An empty list of those who may enter lets nobody in, not everybody.

    CVE-2020-26250: the list that was set did not arrive, and so everybody could log in.
    """
    empty: list[Any] = [[], (), set(), "", [""], [None]]
    app, _ = witnessed_app()

    @app.get("/<int:number>/asked")
    def asked(number: int) -> str:
        return str(is_logged_in(empty[number]))

    for number, names in enumerate(empty):
        guard = login_required(username=names, basic=True)
        app.add_url_rule(f"/{number}", f"guarded{number}", guard(lambda: "seen"))
    ada = client_of(app)
    ada.log_in(NAME, PASSWORD)
    for number in range(len(empty)):
        assert ada.get(f"/{number}").status_code == 403
        assert client_of(app).get(f"/{number}", auth=(NAME, PASSWORD)).status_code == 403
        assert ada.get(f"/{number}/asked").text == "False"


def test_restriction_that_one_entrance_forgot() -> None:
    """Who comes in by another door is held against the same list: CVE-2018-7206.

    The groups that may log in were not checked for those who came from GitLab.
    """
    app, _ = witnessed_app()
    app.extensions["simplelogin"].login_checker(lambda user: True)

    @app.get("/only-ada")
    @login_required(username=NAME, basic=True)
    def only_ada() -> str:
        return "for Ada"

    kinds: list[dict[str, Any]] = [{}, {"json": {}}, {"headers": {"Accept": "application/json"}}]
    for kind in kinds:
        assert client_of(app).get("/only-ada", auth=(NAME, "x"), **kind).status_code == 200
        assert client_of(app).get("/only-ada", auth=("eve", "x"), **kind).status_code == 403
    eve = client_of(app)
    assert eve.post("/login/", json={}, auth=("eve", "x")).status_code == 302
    assert eve.get("/only-ada").status_code == 403
