"""What can go wrong by wrong use: each message gives the cause and the remedy.

Every error is a :class:`click.ClickException`, so that ``flask run`` and the other ``flask``
commands print the sentence instead of a traceback.
"""

from __future__ import annotations

from click import ClickException


class SimpleLoginError(ClickException):
    """The base of all errors that this extension raises for wrong use."""


class SimpleLoginNotInitializedError(SimpleLoginError, RuntimeError):
    """The current app has no login: `init_app` was not called on it."""

    def __init__(
        self,
        message: str = "This app has no login yet: call SimpleLogin(app), or init_app(app) on "
        "your SimpleLogin instance, where the app is created.",
    ) -> None:
        super().__init__(message)


class AlreadyInitializedError(SimpleLoginError, RuntimeError):
    """`init_app` was called a second time on the same app."""


class UsageError(SimpleLoginError, ValueError):
    """An argument that can't mean anything, such as ``login_required("name")``."""


class SettingError(SimpleLoginError, ValueError):
    """A setting whose value can't be used."""
