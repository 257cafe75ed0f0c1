"""A fixture for pytest.

In your ``conftest.py`` stands ``pytest_plugins = ["flask_simplelogin.pytest_plugin"]``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient

from . import testing


@pytest.fixture
def login_as(app: Flask) -> Callable[..., FlaskClient]:
    """Return what makes clients of your fixture ``app`` that are logged in.

    >>> def test_admin(login_as):
    ...     assert login_as("ada", roles=["admin"]).get("/admin/").status_code == 200
    """
    return partial(testing.login_as, app)
