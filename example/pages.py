"""The pages: for everybody, for users, for administrators only, and for programs."""

from __future__ import annotations

from flask import Blueprint, render_template
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select

from flask_simplelogin import get_username, login_required

from .models import Device, Location, db

pages = Blueprint("pages", __name__)


@pages.get("/")
def index() -> str:
    """Show the start page to everybody."""
    return render_template("index.html")


@pages.get("/mine/")
@login_required
def my_devices() -> str:
    """Show a user's own devices."""
    mine = select(Device).where(Device.assigned_to == get_username()).order_by(Device.asset_tag)
    return render_template("devices.html", devices=db.session.scalars(mine).all())


@pages.get("/costs/")
@login_required(role="admin")
def costs() -> str:
    """Show what was spent, to administrators only."""
    spent = func.sum(Device.price).label("spent")
    per_location = (
        select(Location.name, func.count(Device.id).label("devices"), spent)
        .join(Location.devices)
        .group_by(Location.id)
        .order_by(spent.desc())
    )
    return render_template("costs.html", rows=db.session.execute(per_location).all())


@pages.get("/api/devices/")
@login_required(basic=True)
def devices_as_json() -> ResponseReturnValue:
    """Return all devices to a program, which may log in by ``curl --user ada …``."""
    devices = db.session.scalars(select(Device).order_by(Device.asset_tag))
    return [
        {
            "asset_tag": device.asset_tag,
            "model": device.model,
            "assigned_to": device.assigned_to,
            "purchased_on": device.purchased_on.isoformat(),
            "location": device.location.name,
        }
        for device in devices
    ]
