"""An inventory of a small company's devices: a program to copy when you start one of your own.

It has a public page, pages for users, a page for administrators only, a JSON endpoint and
Flask-Admin, and keeps its records and its users in SQLite.

>>> flask --app example run
>>> python -m example

Two users come with it, for the demo only: ``admin`` with the password ``marigold-parade`` and
``ada`` with the password ``analytical-engine``. Before anybody else can reach your program, remove
them: ``flask --app example simplelogin users remove ada``. Settings come from the environment:
``FLASK_SECRET_KEY`` for one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Flask

from flask_simplelogin.users.sql import SQLUsers

from .admin import add_admin
from .models import User, db
from .pages import pages
from .records import fill_database
from .users import login


def create_app(config: Mapping[str, Any] | None = None) -> Flask:
    """Return the app, its database created and filled at the first start.

    Args:
        config: Settings that go before those of the environment, as tests have them.
    """
    app = Flask(__name__)
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite:///inventory.db"
    app.config["SIMPLELOGIN_TITLE"] = "Inventory"
    app.config.from_prefixed_env()
    app.config.from_mapping(config)

    db.init_app(app)
    login.init_app(app, users=SQLUsers(db, model=User, version="version"))
    app.register_blueprint(pages)
    add_admin(app)

    with app.app_context():
        fill_database(db.engine)
    return app
