"""Flask-Admin, for logged-in users only."""

from __future__ import annotations

from typing import ClassVar

from flask import Flask, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import Admin, AdminIndexView, BaseView, expose
from flask_admin.contrib.sqla import ModelView
from flask_admin.form import SecureForm
from flask_admin.menu import MenuLink
from flask_admin.theme import Bootstrap4Theme

from flask_simplelogin import is_logged_in, login_required

from .models import Device, Location, db


class ForUsers(BaseView):
    """What all views of the administration have in common: they ask for a login."""

    def is_accessible(self) -> bool:
        """Let only users in; ``is_logged_in("admin")`` would let only one of them in."""
        return is_logged_in()

    @login_required
    def inaccessible_callback(self, name: str, **kwargs: object) -> None:
        """Leave the answer to the decorator: it sends to the login page, and back from there."""


class StartView(ForUsers, AdminIndexView):
    """The entrance: it leads to the devices."""

    @expose("/")  # type: ignore[untyped-decorator]  # Flask-Admin does not say its types
    def index(self) -> ResponseReturnValue:
        """Go to the list of devices."""
        return redirect(url_for("device.index_view"))

    def is_visible(self) -> bool:
        """Leave the entrance out of the menu."""
        return False


class RecordView(ForUsers, ModelView):
    """How records are listed and edited."""

    # Gives the forms a CSRF token, which Flask-Admin's own base does not.
    form_base_class = SecureForm
    page_size = 20
    can_set_page_size = True


class DeviceView(RecordView):
    """The devices: searched by text, filtered and sorted by column."""

    column_list = (
        "asset_tag",
        "kind",
        "model",
        "assigned_to",
        "location",
        "purchased_on",
        "price",
    )
    column_labels: ClassVar = {
        "asset_tag": "Asset tag",
        "assigned_to": "Assigned to",
        "location.name": "Location",
        "purchased_on": "Purchased on",
        "price": "Price (€)",
    }
    column_searchable_list = ("asset_tag", "model", "assigned_to", "location.name")
    column_filters = ("kind", "assigned_to", "location.name", "purchased_on", "price")
    column_sortable_list = (
        "asset_tag",
        "kind",
        "model",
        "assigned_to",
        ("location", "location.name"),
        "purchased_on",
        "price",
    )
    column_default_sort = "asset_tag"


class LocationView(RecordView):
    """The places where devices stand."""

    column_list = ("name",)
    column_searchable_list = ("name",)
    column_default_sort = "name"
    form_columns = ("name",)


def add_admin(app: Flask) -> None:
    """Give the app its administration under ``/admin/``."""
    admin = Admin(
        app,
        name="Inventory",
        theme=Bootstrap4Theme(base_template="admin_base.html", fluid=True),
        index_view=StartView(),
    )
    admin.add_view(DeviceView(Device, db, name="Devices"))
    admin.add_view(LocationView(Location, db, name="Locations"))
    admin.add_link(MenuLink("Start page", endpoint="pages.index"))
