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


class MissingExtraError(SimpleLoginError, RuntimeError):
    """An optional part is asked for whose package is not installed; the message names it."""

    def __init__(self, need: str, extra: str) -> None:
        super().__init__(f"{need}: pip install 'Flask-SimpleLogin[{extra}]'")


class UserExistsError(SimpleLoginError, ValueError):
    """A user of that name is there already."""

    def __init__(self, username: str) -> None:
        super().__init__(f"There is a user {username!r} already.")


class UnknownUserError(SimpleLoginError, LookupError):
    """No user of that name is let in: there is none, or they are disabled."""

    def __init__(self, username: str) -> None:
        super().__init__(f"There is no user {username!r}.")


class PasswordError(SimpleLoginError, ValueError):
    """A new password that must not be one; the message is fit to be shown to who chose it."""


class StoreError(SimpleLoginError, RuntimeError):
    """The store of users can't be reached, or does not hold what it should."""
