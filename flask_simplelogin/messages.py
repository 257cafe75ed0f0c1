"""What the visitor is told: texts with a category, and how they are flashed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from flask import current_app
from flask import flash as flask_flash
from markupsafe import Markup

from .errors import SimpleLoginNotInitializedError, UsageError
from .translation import gettext


@dataclass(frozen=True)
class Message:
    """A text for the visitor and the category under which it is flashed.

    >>> Message("Welcome back, {0}!", "success").format("Ada")
    'Welcome back, Ada!'

    The text is yours and is not escaped in the body of a refusal; what is put into its
    placeholders is.
    """

    text: str
    category: str = "primary"

    def __str__(self) -> str:
        return self.text

    def format(self, *args: object, **kwargs: object) -> str:
        """Return the text with its placeholders filled, as `str.format` does it."""
        return self.text.format(*args, **kwargs)

    def to_html(self, *args: object) -> Markup:
        """Return the text for an HTML page: the arguments are escaped, `Markup` passes."""
        text = Markup(self.text)  # noqa: S704  # the program's own text, see the class
        return text.format(*args) if args else text

    @classmethod
    def from_current_app(cls, label: str) -> Message | None:
        """Return the current app's message for a label, or `None` if it is switched off.

        The default ones come in the visitor's language, the program's own as they are.
        """
        try:
            messages = current_app.extensions["simplelogin"].messages
        except KeyError:
            raise SimpleLoginNotInitializedError from None
        message: Message | None = messages.get(label)
        if message is not None and message is DEFAULT_MESSAGES.get(label):
            return replace(message, text=gettext(message.text))
        return message


Messages = Mapping[str, "str | Message | None"]

DEFAULT_MESSAGES: dict[str, Message | None] = {
    "login_success": Message("login success!", "success"),
    "login_failure": Message("invalid credentials", "danger"),
    "is_logged_in": Message("already logged in", "primary"),
    "logout": Message("Logged out!", "primary"),
    "password_changed": Message("Your password has been changed.", "success"),
    "login_required": Message("You need to login first", "warning"),
    "access_denied": Message("Access Denied", "primary"),
    "auth_error": Message("Authentication Error: {0}", "primary"),
    "throttled": Message("Too many attempts. Try again in {0}.", "danger"),
    "unavailable": Message("Logging in is not possible right now. Try again later.", "danger"),
    "sample_credentials": Message(
        "The sample credentials work only on the machine that runs the app: at http://127.0.0.1 "
        "or http://localhost, with the development server. To log in from elsewhere, set "
        "SIMPLELOGIN_USERNAME and SIMPLELOGIN_PASSWORD.",
        "warning",
    ),
}


def merge_messages(own: Messages | None) -> dict[str, Message | None]:
    """Return the default messages with the program's own in their place.

    A `str` becomes a `Message`, `None` switches the message off, an unknown label is ignored.
    """
    merged = dict(DEFAULT_MESSAGES)
    for label, given in (own or {}).items():
        if label in merged:
            message = Message(given) if isinstance(given, str) else given
            merged[label] = _usable(label, message) if message else None
    return merged


def _usable(label: str, message: Message) -> Message:
    """Return the message if its placeholders can be filled, else raise `UsageError`."""
    try:
        if label in {"auth_error", "throttled"}:
            message.format("")
    except (AttributeError, LookupError, ValueError) as error:
        raise UsageError(f"The message {label} can have the placeholder {{0}} only.") from error
    return message


def flash(label: str, *args: object) -> None:
    """Flash the current app's message for a label, unless it is switched off."""
    message = Message.from_current_app(label)
    if message is not None:
        flask_flash(message.format(*args) if args else message.text, message.category)
