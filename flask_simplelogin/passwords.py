"""Is this the password? Comparison in constant time, of plain texts or against a hash."""

from __future__ import annotations

import hmac
import re

from werkzeug.security import check_password_hash

from .errors import SimpleLoginError

# How Werkzeug writes a hash (method and parameters, salt, hex digest), and how Argon2 and bcrypt
# begin theirs.
_WERKZEUG_HASH = re.compile(r"(?:scrypt|pbkdf2)(?::[^$]*)?\$[^$]+\$[0-9a-f]+")
_FOREIGN_HASH = re.compile(r"\$(?:argon2(?:id|i|d)|2[abxy]?)\$.+")


def is_hash(text: str) -> bool:
    """Return whether the text has the shape of a password hash."""
    return bool(_WERKZEUG_HASH.fullmatch(text) or _FOREIGN_HASH.fullmatch(text))


def verify(stored: str, given: str) -> bool:
    """Return whether the given password is the stored one.

    What has the shape of a hash is only ever verified, never compared: whoever has read the hash
    must not be able to log in with it.

    Raises:
        SimpleLoginError: It is a hash of a kind that can't be verified here.
    """
    if _FOREIGN_HASH.fullmatch(stored):
        raise SimpleLoginError(
            "This password hash is of a kind that can't be verified: make one with "
            "werkzeug.security.generate_password_hash."
        )
    if is_hash(stored):
        return check_password_hash(stored, given)
    return equal(stored, given)


def equal(one: str, other: str) -> bool:
    """Compare two texts in a time that does not tell where they differ."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )
