"""Lin-CMS, a content management system on Flask."""

from __future__ import annotations

from flask_simplelogin import SimpleLogin, login_required

from ..conftest import client_of, new_app, with_views
from .conftest import BROWSER


def test_markup_as_a_name() -> None:
    """A name is text that a stranger wrote, on the login page and on every other.

    CVE-2020-18699.
    """
    app = new_app()
    SimpleLogin(app, lambda user: user["password"] == "right")
    with_views(app)

    @app.get("/checked")
    @login_required(must=lambda name: f"Not you, {name}")
    def checked() -> str:
        return "seen"

    visitor = client_of(app)
    name = "<script>alert(1)</script>"
    pages = [visitor.log_in(name, "wrong", headers=BROWSER)]
    assert visitor.log_in(name, "right").status_code == 302
    pages += [visitor.get("/only-admin", headers=BROWSER), visitor.get("/checked", headers=BROWSER)]
    pages += [visitor.get("/checked", headers={"Accept": "*/*"})]
    for page in pages:
        assert page.status_code in {401, 403}
        assert "<script>" not in page.text
