"""What the program keeps: devices, the places where they stand, and users."""

from __future__ import annotations

from datetime import date
from typing import Literal

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship

Kind = Literal["laptop", "monitor", "network", "phone", "printer", "tablet"]


class Base(DeclarativeBase):
    """The base of all models."""


db = SQLAlchemy(model_class=Base)


class Location(Base):
    """A place where devices stand."""

    __tablename__ = "location"

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    devices: Mapped[list[Device]] = relationship(back_populates="location")

    def __str__(self) -> str:
        return self.name


class Device(Base):
    """A device that the company owns.

    The price is in whole euros; a device that nobody uses is assigned to `None`.
    """

    __tablename__ = "device"

    id: Mapped[int] = mapped_column(primary_key=True)
    asset_tag: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[Kind]
    model: Mapped[str]
    assigned_to: Mapped[str | None] = mapped_column(index=True)
    purchased_on: Mapped[date]
    price: Mapped[int]
    location_id: Mapped[int] = mapped_column(ForeignKey(Location.id))
    location: Mapped[Location] = relationship(back_populates="devices", lazy="joined")

    def __str__(self) -> str:
        return f"{self.asset_tag} {self.model}"


class User(Base):
    """Who may log in; the login's store reads and writes it.

    The roles stand in one text, with commas between them.
    """

    __tablename__ = "user"

    username: Mapped[str] = mapped_column(String(255), primary_key=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    roles: Mapped[str] = mapped_column(String(1024), default="")
    is_enabled: Mapped[bool] = mapped_column(default=True)
    version: Mapped[str] = mapped_column(String(32), default="")

    def __str__(self) -> str:
        return self.username
