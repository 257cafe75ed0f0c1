"""Flask-Admin: the records for logged-in users, the users for administrators."""

from __future__ import annotations

from typing import Any, ClassVar

from flask import Flask, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_admin import Admin, AdminIndexView, expose
from flask_admin.contrib.sqla import ModelView
from flask_admin.form import SecureForm
from flask_admin.menu import MenuLink
from flask_admin.theme import Bootstrap4Theme
from wtforms import PasswordField

from flask_simplelogin import SimpleLoginError

from .models import Device, Location, User, db
from .users import login


class StartView(AdminIndexView):
    """The entrance: it leads to the devices."""

    @expose("/")  # type: ignore[untyped-decorator]  # Flask-Admin does not say its types
    def index(self) -> ResponseReturnValue:
        """Go to the list of devices."""
        return redirect(url_for("device.index_view"))

    def is_visible(self) -> bool:
        """Leave the entrance out of the menu."""
        return False


class RecordView(ModelView):
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


class UserView(RecordView):
    """The users, for administrators; each change goes by the login, which has the rules."""

    column_list = ("username", "roles", "is_enabled")
    column_labels: ClassVar = {"is_enabled": "May log in"}
    column_searchable_list = ("username", "roles")
    column_default_sort = "username"
    form_columns = ("username", "password", "roles", "is_enabled")
    form_extra_fields: ClassVar = {"password": PasswordField("New password")}
    form_args: ClassVar = {"roles": {"description": "With commas between them"}}

    def get_create_form(self) -> Any:
        """Ask for all but whether they may log in: they may."""
        return type("NewUserForm", (super().get_create_form(),), {"is_enabled": None})

    def get_edit_form(self) -> Any:
        """Ask for all but the name, which stays."""
        return type("UserForm", (super().get_edit_form(),), {"username": None})

    def create_model(self, form: Any) -> User | None:
        """Add a user, if name and password can be such."""
        try:
            login.users.add(form.username.data, form.password.data, roles_in(form))
        except SimpleLoginError as error:
            flash(error.message, "error")
            return None
        return db.session.get(User, form.username.data)

    def update_model(self, form: Any, model: User) -> bool:
        """Change what differs; an empty password stays the old one."""
        try:
            login.users.set_roles(model.username, roles_in(form))
            if form.password.data:
                login.users.set_password(model.username, form.password.data)
            if model.is_enabled != form.is_enabled.data:
                change = login.users.enable if form.is_enabled.data else login.users.disable
                change(model.username)
        except SimpleLoginError as error:
            flash(error.message, "error")
            return False
        return True

    def delete_model(self, model: User) -> bool:
        """Remove a user; their sessions end."""
        try:
            login.users.remove(model.username)
        except SimpleLoginError as error:
            flash(error.message, "error")
            return False
        return True


def roles_in(form: Any) -> list[str]:
    """Return the roles that are typed into the form."""
    names = (form.roles.data or "").split(",")
    return [name.strip() for name in names if name.strip()]


def add_admin(app: Flask) -> None:
    """Give the app its administration under ``/admin/``."""
    admin = Admin(
        app,
        name="Inventory",
        theme=Bootstrap4Theme(base_template="admin_base.html", fluid=True),
        index_view=StartView(),
    )
    login.protect(admin)
    login.protect("/admin/users/", role="admin")
    admin.add_view(DeviceView(Device, db, name="Devices"))
    admin.add_view(LocationView(Location, db, name="Locations"))
    admin.add_view(UserView(User, db, name="Users", endpoint="users"))
    admin.add_link(MenuLink("Start page", endpoint="pages.index"))
