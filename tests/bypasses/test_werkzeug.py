"""Werkzeug."""

from __future__ import annotations

from io import BytesIO

import pytest

from flask_simplelogin import SimpleLogin, login_required

from ..conftest import client_of, new_app
from .conftest import BROWSER, NAME, PASSWORD, app_of_ada, is_in, witnessed_app


def test_two_slashes_in_the_path() -> None:
    """The path of a request, put into a URL, may name a host: CVE-2020-28724, CVE-2018-14574.

    The second is Django's. Here the requested path becomes `next` and, after the login, a
    `Location`.
    """
    app = app_of_ada()
    app.before_request(login_required(lambda: None))
    for path, location in (
        ("//evil.example/x", "/evil.example/x"),
        ("/\\evil.example/x", "/%5Cevil.example/x"),
        ("/.//evil.example/x", "/"),
    ):
        visitor = client_of(app)
        refused = visitor.get("/", environ_overrides={"PATH_INFO": path}, headers=BROWSER)
        assert refused.status_code == 302
        assert visitor.log_in(NAME, PASSWORD, url=refused.location).location == location


@pytest.mark.parametrize("host", ["evil.example", "localhost.evil.example", "evil.example:5000"])
def test_local_server_by_a_foreign_name(host: str) -> None:
    """A name that an attacker points at 127.0.0.1 reaches the developer's own server.

    CVE-2024-34069; in Django CVE-2016-9014. Here it would open the door to the sample credentials.
    """
    app = new_app()
    SimpleLogin(app)
    visitor = client_of(app)
    headers = {"Host": host}
    body = {"username": "admin", "password": "secret"}
    assert visitor.post("/login/", json=body).status_code == 200
    assert visitor.post("/login/", json=body, headers=headers).status_code == 401


@pytest.mark.parametrize(
    "data",
    [
        {f"field{number}": "x" for number in range(2000)},
        {"username": "x" * 505_000},
        {"file": (BytesIO(b"x"), "x"), "password": "x" * 505_000},
    ],
    ids=["many parts", "large part", "large part beside a file"],
)
def test_form_that_fills_the_memory(data: dict[str, object]) -> None:
    """Everybody may post to the login, so the limits on forms hold there above all.

    CVE-2023-25577, CVE-2024-49767.
    """
    app, witness = witnessed_app()
    visitor = client_of(app)
    answer = visitor.post("/login/", data=data, content_type="multipart/form-data")
    assert answer.status_code == 413
    assert witness.seen == []
    assert not is_in(visitor)
