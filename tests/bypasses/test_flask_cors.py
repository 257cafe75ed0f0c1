"""Flask-CORS."""

from __future__ import annotations

from ..conftest import client_of
from .conftest import NAME, PASSWORD, app_of_ada


def test_path_that_is_not_canonical() -> None:
    """A rule about paths holds only for paths in their one form: CVE-2020-25032.

    The rule here is that no login leads to the logout or round to the login.
    """
    app = app_of_ada()
    for target in (
        "/x/../logout/",
        "/x/%2e%2E/logout/",
        "/./logout/",
        "/%6Cogout/",
        "/logout",
        "/x/../login/?next=/logout/",
    ):
        answer = client_of(app).log_in(NAME, PASSWORD, data={"next": target})
        assert answer.location == "/", target
