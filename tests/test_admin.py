"""Flask-Admin behind one line: all its views, its menu, and what programs do beside it."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort
from flask_admin import Admin, AdminIndexView, BaseView, expose
from flask_admin.contrib.fileadmin import FileAdmin
from flask_admin.contrib.sqla import ModelView
from flask_admin.menu import MenuLink
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from flask_simplelogin import SimpleLogin, is_logged_in, login_required
from flask_simplelogin.testing import login_as

from .conftest import Visitor, client_of, new_app

pytestmark = pytest.mark.filterwarnings(
    "ignore:(Passing SelectField choices as|Yielding raw) tuples:DeprecationWarning"
)


class Base(DeclarativeBase):
    """The base of the model."""


db = SQLAlchemy(model_class=Base)


class Device(db.Model):  # type: ignore[name-defined]
    """What is kept."""

    __tablename__ = "device"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]


class DeviceView(ModelView):
    """Devices, whose names are edited in the list."""

    column_editable_list = ("name",)
    form_ajax_refs: dict[str, Any] = {}


class Records(BaseView):
    """A view with nothing but its page, on which the menu is."""

    @expose("/")  # type: ignore[untyped-decorator]
    def index(self) -> str:
        """Show the menu."""
        page: str = self.render("admin/index.html")
        return page


class Counted(Records):
    """A view that counts how often it has run."""

    runs = 0

    @expose("/")  # type: ignore[untyped-decorator]
    def index(self) -> str:
        """Count."""
        type(self).runs += 1
        return "ran"


def admin_app(**arguments: Any) -> tuple[Flask, SimpleLogin, Admin]:
    """Return an app with a Flask-Admin that is protected at once."""
    app = new_app()
    login = SimpleLogin(app, lambda user: user["password"] == "right")
    admin = Admin(app)
    login.protect(admin, **arguments)
    return app, login, admin


def named(app: Flask, name: str = "ada") -> Visitor:
    """Return a visitor who is logged in."""
    visitor = client_of(app)
    assert visitor.log_in(name, "right").status_code == 302
    return visitor


def menu(visitor: Visitor, url: str = "/admin/") -> list[str]:
    """Return what the menu of a page has, without the name of the Flask-Admin."""
    found = re.findall(
        r'class="(?:nav-link|dropdown-item)[^>]*>\s*([^<]*?)\s*</a>', visitor.get(url).text
    )
    return [each for each in found if each]


def test_all_views(tmp_path: Path) -> None:
    """Index, models, files, inline Ajax and static files; those that come later too."""
    (tmp_path / "secret.txt").write_text("secret")
    app, _login, admin = admin_app(username="ada")
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db.init_app(app)
    with app.app_context():
        db.create_all()
        admin.add_view(DeviceView(Device, db, endpoint="device"))
        admin.add_view(FileAdmin(str(tmp_path), name="Files", endpoint="files"))
        asked = 0
        for route in app.url_map.iter_rules():
            if not route.rule.startswith("/admin/"):
                continue
            url = re.sub("<.*?>", "x", route.rule)
            for method in (route.methods or set()) - {"OPTIONS"}:
                answer = client_of(app).open(url, method=method)
                assert (answer.status_code, answer.text[:6]) == (
                    302,
                    "" if method == "HEAD" else "<!doct",
                )
                asked += 1
        assert asked > 30
        assert client_of(app).get("/admin/files/download/secret.txt").status_code == 302
        assert named(app, "eve").get("/admin/files/download/secret.txt").status_code == 403
        ada = named(app)
        assert ada.get("/admin/device/").status_code == 200
        with ada.get("/admin/files/download/secret.txt") as download:
            assert download.get_data() == b"secret"
        db.session.remove()
        db.engine.dispose()


def test_upload_is_refused(tmp_path: Path) -> None:
    """A POST of somebody anonymous leaves nothing behind."""
    app, _login, admin = admin_app()
    admin.add_view(FileAdmin(str(tmp_path), name="Files", endpoint="files"))
    data = {"upload": (io.BytesIO(b"x"), "x.txt")}
    assert client_of(app).post("/admin/files/upload/", data=data).status_code == 302
    assert list(tmp_path.iterdir()) == []


def test_refusals_look_as_everywhere() -> None:
    """A redirect, JSON for a script, a page with the reason."""
    app, _login, admin = admin_app(username="ada")
    admin.add_view(Records(name="Records", endpoint="records"))
    answer = client_of(app).get("/admin/records/")
    assert answer.location == "/login/?next=/admin/records/"
    answer = client_of(app).get("/admin/records/", headers={"X-Requested-With": "XMLHttpRequest"})
    assert (answer.status_code, answer.mimetype) == (401, "application/problem+json")
    answer = named(app, "eve").get("/admin/records/", headers={"Accept": "text/html"})
    assert answer.status_code == 403
    assert "<h1>Access Denied</h1>" in answer.text


def test_views_beside_it_stay_open() -> None:
    """Another Flask-Admin of the same app, and the app's own views."""
    app, _login, _admin = admin_app()
    other = Admin(app, url="/other", endpoint="other")
    other.add_view(Records(name="Open", endpoint="open"))
    assert client_of(app).get("/other/open/").status_code == 200
    assert client_of(app).get("/admin/").status_code == 302


def test_menu() -> None:
    """What the visitor may not enter is left out, in categories too, and there is a logout."""
    app, login, admin = admin_app()
    admin.add_view(Records(name="Records", endpoint="records"))
    admin.add_view(Records(name="Costs", endpoint="costs", category="Money"))
    admin.add_view(Records(name="Gains", endpoint="gains", category="Money"))
    admin.add_link(MenuLink("Elsewhere", url="https://example.org/"))
    admin.add_link(MenuLink("Report", endpoint="report"))
    admin.add_link(MenuLink("Path", url="/path?a=1"))
    app.add_url_rule("/report", "report", lambda: "report")
    app.add_url_rule("/path", "path", lambda: "path")
    login.protect("/admin/costs/", username="boss")
    login.protect("/report", username="boss")
    login.protect("/path", must=lambda name: abort(418) if name != "boss" else None)
    assert menu(named(app, "boss")) == [
        *("Home", "Records", "Costs", "Gains", "Elsewhere", "Report", "Path", "Log out")
    ]
    ada = named(app)
    assert menu(ada) == ["Home", "Records", "Gains", "Elsewhere", "Log out"]
    assert ada.get("/admin/costs/").status_code == 403


def test_logout_from_the_menu() -> None:
    """The link logs out; where only a POST does so, it leads to the page with the button."""
    for post_only, status in ((False, 302), (True, 200)):
        app = new_app(SIMPLELOGIN_LOGOUT_POST_ONLY=post_only)
        login = SimpleLogin(app)
        login.protect(Admin(app))
        visitor = client_of(app)
        visitor.log_in()
        (url,) = re.findall(r'href="([^"]*)">\s*Log out', visitor.get("/admin/").text)
        answer = visitor.get(url, headers={"Sec-Fetch-Site": "same-origin"})
        assert (url, answer.status_code) == ("/logout/", status)


@pytest.mark.parametrize(
    "link", [{"endpoint": "simplelogin.logout"}, {"url": "/logout/"}, {"url": "/logout"}]
)
def test_own_link_to_the_logout(link: dict[str, str]) -> None:
    """A program that has one in its menu gets no second."""
    app, _login, admin = admin_app()
    admin.add_link(MenuLink("Bye", **link))
    assert menu(named(app)) == ["Home", "Bye"]


def test_is_accessible_of_the_program() -> None:
    """It decides beside the rule: both must let in, in the menu and at the view."""

    class ForBoss(Records):
        def is_accessible(self) -> bool:
            return is_logged_in("boss")

    app, _login, admin = admin_app(username=["boss", "ada"])
    admin.add_view(ForBoss(name="For boss", endpoint="boss"))
    assert menu(named(app, "boss")) == ["Home", "For boss", "Log out"]
    ada = named(app)
    assert menu(ada) == ["Home", "Log out"]
    assert ada.get("/admin/boss/").status_code == 403
    assert client_of(app).get("/admin/boss/").status_code == 302


def test_handle_view_of_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    """Programs that put the decorator around it keep what they had."""
    patched = login_required(username="boss")(BaseView._handle_view)
    monkeypatch.setattr(BaseView, "_handle_view", patched)
    app, _login, admin = admin_app()
    admin.add_view(Records(name="Records", endpoint="records"))
    assert client_of(app).get("/admin/records/").status_code == 302
    assert named(app).get("/admin/records/").status_code == 403
    assert named(app, "boss").get("/admin/records/").status_code == 200


def test_nothing_runs_before_the_rule() -> None:
    """Neither the view nor its `_handle_view` is reached by who may not enter."""
    app, _login, admin = admin_app()
    admin.add_view(Counted(name="Counted", endpoint="counted"))
    before = Counted.runs
    client_of(app).get("/admin/counted/")
    assert Counted.runs == before
    assert named(app).get("/admin/counted/").text == "ran"
    assert Counted.runs == before + 1


def test_index_view_at_the_root() -> None:
    """A Flask-Admin that is the whole site is closed, and the login is not."""
    app = new_app()
    login = SimpleLogin(app)
    admin = Admin(app, index_view=AdminIndexView(url="/"))
    login.protect(admin)
    visitor = client_of(app)
    assert visitor.get("/").location == "/login/?next=/"
    assert visitor.log_in().location == "/"
    assert visitor.get("/").status_code == 200


def test_two_apps() -> None:
    """A Flask-Admin that is given to several apps is closed in each of them."""
    login, admin = SimpleLogin(), Admin()
    admin.add_view(Records(name="Records", endpoint="records"))
    login.protect(admin)

    def create_app() -> Flask:
        app = new_app()
        login.init_app(app)
        admin.init_app(app)
        return app

    apps = [create_app(), create_app()]
    for app in apps:
        assert client_of(app).get("/admin/records/").status_code == 302
        visitor = client_of(app)
        visitor.log_in()
        assert menu(visitor, "/admin/records/") == ["Home", "Records", "Log out"]


def test_app_that_leaves_it_open() -> None:
    """Where the same Flask-Admin is not protected, its menu shows visitors no logout."""
    admin = Admin()
    apps = []
    for is_protected in (True, False):
        app = new_app()
        login = SimpleLogin(app)
        admin.init_app(app)
        if is_protected:
            login.protect(admin)
        apps.append(app)
        client_of(app).get("/")
    assert client_of(apps[0]).get("/admin/").status_code == 302
    assert menu(client_of(apps[1])) == ["Home"]


def test_whole_app_and_roles() -> None:
    """The rules add up: the app for everybody, the Flask-Admin for a role."""
    app, login, _admin = admin_app(role="admin")
    login.protect(app)
    app.add_url_rule("/", "home", lambda: "home")
    staff, admin = login_as(app, "eve", roles=["staff"]), login_as(app, "ada", roles=["admin"])
    assert [client_of(app).get(url).status_code for url in ("/", "/admin/")] == [302, 302]
    assert [staff.get(url).status_code for url in ("/", "/admin/")] == [200, 403]
    assert [admin.get(url).status_code for url in ("/", "/admin/")] == [200, 200]


def test_forgotten_flask_admin(caplog: pytest.LogCaptureFixture) -> None:
    """One that no app was given is told of."""
    app = new_app()
    SimpleLogin(app).protect(Admin())
    client_of(app).get("/")
    assert "protect(admin admin) covers nothing of this app" in caplog.text
