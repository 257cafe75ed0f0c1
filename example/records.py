"""The records that a new database begins with."""

from __future__ import annotations

import csv
from datetime import date
from pathlib import Path
from typing import cast

from sqlalchemy import Engine, inspect, select
from sqlalchemy.orm import Session

from .models import Base, Device, Kind, Location, User
from .users import demo_users

RECORDS = Path(__file__).with_name("records.csv")


def fill_database(engine: Engine) -> None:
    """Create the tables and, where there is no device yet, add those of ``records.csv``.

    The users come with their table: whoever removes them all does not get them back.
    """
    with engine.begin() as connection:
        # Several workers may start at once: SQLite lets the others wait here for the first one.
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        has_users = inspect(connection).has_table(User.__tablename__)
        Base.metadata.create_all(connection)
        with Session(connection) as session:
            if session.scalar(select(Device.id).limit(1)) is None:
                session.add_all(read_devices())
            if not has_users:
                session.add_all(demo_users())
            session.flush()


def read_devices() -> list[Device]:
    """Return the devices of ``records.csv``, each with its location."""
    locations: dict[str, Location] = {}
    with RECORDS.open(encoding="utf-8", newline="") as file:
        return [_device(row, locations) for row in csv.DictReader(file)]


def _device(row: dict[str, str], locations: dict[str, Location]) -> Device:
    """Return the device of one row; devices at the same place share their location."""
    name = row["location"]
    if name not in locations:
        locations[name] = Location(name=name)
    return Device(
        asset_tag=row["asset_tag"],
        kind=cast(Kind, row["kind"]),
        model=row["model"],
        assigned_to=row["assigned_to"] or None,
        purchased_on=date.fromisoformat(row["purchased_on"]),
        price=int(row["price"]),
        location=locations[name],
    )
