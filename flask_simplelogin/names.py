"""What can be a username, a password or the name of a role."""

from __future__ import annotations

from unicodedata import category

MAX_USERNAME_BYTES = 1024
MAX_PASSWORD_BYTES = 4096


def problem_of_text(value: object, name: str, max_bytes: int) -> str | None:
    """Return the sentence that says why this can't be a username or password, or `None`."""
    if not isinstance(value, str) or not value:
        return f"Enter your {name}."
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        size = -1
    if size < 0 or "\0" in value or (name == "username" and _has_control_character(value)):
        return f"This {name} has a character that can't be part of it."
    if size > max_bytes:
        return f"This {name} is too long: at most {max_bytes} bytes."
    return None


def problem_of_new_name(name: str) -> str | None:
    """Return why nobody may get this name, although it could be one, or `None`.

    It would look like another one: of spaces around it and of characters that nobody sees.
    """
    if name != name.strip() or any(category(each) in {"Cf", "Zl", "Zp"} for each in name):
        return "A username has no spaces around it, and no character that can't be seen."
    return None


def problem_of_role(role: object) -> str | None:
    """Return the sentence that says why this can't be the name of a role, or `None`."""
    if not isinstance(role, str) or not role.strip() or role != role.strip():
        return "A role is a text, without spaces around it."
    if "," in role or not role.isprintable() or len(role) > 64:
        return "A role has at most 64 characters, none of them a comma."
    return None


def _has_control_character(name: str) -> bool:
    """Return whether a name would write more than one line, or steer a terminal."""
    return any(category(character) == "Cc" for character in name)
