"""Is this the password? Comparison in constant time, of plain texts or against a hash."""

from __future__ import annotations

import hmac
import re

from werkzeug.security import check_password_hash

from .errors import SimpleLoginError

# How Werkzeug writes a hash: method and parameters, salt, hex digest.
_WERKZEUG_HASH = re.compile(r"(?:scrypt|pbkdf2)(?::[^$]*)?\$[^$]+\$[0-9a-f]+")

# How hashes begin, in crypt(3), LDAP, Django, Werkzeug and their kin.
_LIKE_A_HASH = re.compile(
    r"\$(?:[0-9]\w?|argon2\w*|scrypt|pbkdf2[\w-]*|bcrypt[\w-]*|apr1|g?y|sha1|md5|[PH])\$"
    r"|\{(?:S?SHA[\d-]*|S?MD5|CRYPT|BLF-CRYPT|PBKDF2[\w-]*|ARGON2\w*|SCRYPT)\}"
    r"|(?:scrypt|pbkdf2\w*|s?sha\d+|md5|argon2\w*|bcrypt\w*)[:$]",
    re.IGNORECASE,
)


def is_hash(text: str) -> bool:
    """Return whether the text looks like a password hash, whoever made it."""
    return _LIKE_A_HASH.match(text.strip()) is not None


def problem_of_stored(stored: str) -> str | None:
    """Return why no password can be verified against the stored text, or `None`."""
    if not is_hash(stored) or _WERKZEUG_HASH.fullmatch(stored.strip()):
        return None
    return (
        "is a password hash of a kind that can't be verified: make one with "
        "werkzeug.security.generate_password_hash"
    )


def verify(stored: str, given: str) -> bool:
    """Return whether the given password is the stored one.

    What looks like a hash is only ever verified, never compared: whoever has read the hash must
    not be able to log in with it.

    Raises:
        SimpleLoginError: It is a hash of a kind that can't be verified here.
    """
    problem = problem_of_stored(stored)
    if problem:
        raise SimpleLoginError(f"What is stored {problem}.")
    if is_hash(stored):
        return check_password_hash(stored.strip(), given)
    return equal(stored, given)


def equal(one: str, other: str) -> bool:
    """Compare two texts in a time that does not tell where they differ."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )
