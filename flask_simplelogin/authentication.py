"""Form or ``Authorization`` header → `Credentials` → identity: the only way to a checker."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from flask import current_app, request
from flask_wtf import FlaskForm
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from .state import User, current_state, wait_for

MAX_USERNAME_BYTES = 1024
MAX_PASSWORD_BYTES = 4096


@dataclass(frozen=True)
class Credentials:
    """What a visitor claims to be, as it was typed; the password is not in the `repr`.

    Args:
        username: The name, of whatever type the client sent.
        password: The password, likewise.
        others: The values of the form's other fields.
    """

    username: object
    password: object = field(repr=False)
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def problems(self) -> dict[str, str]:
        """Return why these can't be anybody's credentials: field → a sentence for the visitor."""
        found = {
            "username": _problem(self.username, "username", MAX_USERNAME_BYTES),
            "password": _problem(self.password, "password", MAX_PASSWORD_BYTES),
        }
        return {name: problem for name, problem in found.items() if problem}


def authenticate(credentials: Credentials) -> str | None:
    """Return the username if the app's checker accepts the credentials, else `None`.

    Guaranteed whatever the entrance: a checker is called with two non-empty texts of bounded
    length and only its truth, awaited where it is ``async``, counts.

    Raises:
        ServiceUnavailable: The checker raised; its traceback is in the app's log, and nobody is
            logged in. What it raises by `flask.abort` passes as it is.
    """
    if credentials.problems():
        return None
    username = cast(str, credentials.username)
    password = cast(str, credentials.password)
    user = {**credentials.others, "username": username, "password": password}
    try:
        accepted = bool(wait_for(current_state().login_checker(cast(User, user))))
    except HTTPException:
        raise
    except Exception as error:
        current_app.logger.exception("The login checker raised: nobody is logged in.")
        raise ServiceUnavailable(
            "Logging in is not possible right now. Try again later."
        ) from error
    return username if accepted else None


def credentials_from_form(form: FlaskForm) -> Credentials:
    """Return what the login form holds; the CSRF token is not part of it."""
    data = form.data
    data.pop(form.meta.csrf_field_name, None)
    return Credentials(data.pop("username", None), data.pop("password", None), data)


def repeated_fields() -> dict[str, str]:
    """Return the credentials' fields that the request's form has more than once.

    Which of the two would count is a question that no two programs answer alike.
    """
    return {
        name: f"Give one {name} only."
        for name in ("username", "password")
        if len(request.form.getlist(name)) + len(request.files.getlist(name)) > 1
    }


def has_basic_header() -> bool:
    """Return whether the request has an ``Authorization`` header of the scheme ``Basic``."""
    return _authorization().partition(" ")[0].lower() == "basic"


def credentials_from_basic() -> Credentials | None:
    """Return what the header ``Authorization: Basic`` holds, or `None` if it is malformed.

    Read by RFC 7617: the value is Base64, in it UTF-8, the name ends at the first colon.
    """
    value = _authorization().partition(" ")[2].strip()
    try:
        text = b64decode(value, validate=True).decode("utf-8")
    except ValueError:
        return None
    username, colon, password = text.partition(":")
    return Credentials(username, password) if colon else None


def _authorization() -> str:
    """Return the raw header: `Request.authorization` raises on some, and hides what others are."""
    return request.headers.get("Authorization", "").strip()


def _problem(value: object, name: str, max_bytes: int) -> str | None:
    """Return the sentence that says why this can't be a username or password, or `None`."""
    if not isinstance(value, str) or not value:
        return f"Enter your {name}."
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        size = -1
    if size < 0 or "\0" in value:
        return f"This {name} has a character that can't be part of it."
    if size > max_bytes:
        return f"This {name} is too long: at most {max_bytes} bytes."
    return None
