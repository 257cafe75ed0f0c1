"""Passwords: hash and verify them, compare texts in constant time, judge new ones.

Hashes are understood in the forms in which Werkzeug (scrypt, PBKDF2), argon2-cffi and bcrypt write
them. The last two need their extra, and are imported only where such a hash is met.
"""

from __future__ import annotations

import gzip
import hmac
import re
import secrets
from functools import cache
from math import prod
from pathlib import Path
from types import ModuleType
from unicodedata import category, normalize

from werkzeug.security import check_password_hash, generate_password_hash

from .errors import MissingExtraError, SimpleLoginError

METHODS = ("scrypt", "argon2id")

# NIST SP 800-63B, 5.1.1.2: the least length of a password that a user chooses.
MIN_PASSWORD_LENGTH = 8

# A shorter name may be in any password by chance.
_LEAST_NAME = 3

# How Werkzeug writes a hash: method and parameters, salt, hex digest.
_WERKZEUG_HASH = re.compile(r"(?P<kind>scrypt|pbkdf2)(?::(?P<costs>[^$]*))?\$[^$]+\$[0-9a-f]+")
_ARGON2_HASH = re.compile(
    r"\$(?P<kind>argon2(?:id|i|d))\$(?:v=\d+\$)?(?P<costs>m=\d+,t=\d+,p=\d+)"
    r"\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}"
)
_BCRYPT_HASH = re.compile(r"\$(?P<kind>2[aby])\$(?P<costs>\d\d)\$[./A-Za-z0-9]{53}")

# How hashes begin, in crypt(3), LDAP, Django, Werkzeug and their kin.
_LIKE_A_HASH = re.compile(
    r"\$(?:[0-9]\w?|argon2\w*|scrypt|pbkdf2[\w-]*|bcrypt[\w-]*|apr1|g?y|sha1|md5|[PH])\$"
    r"|\{(?:S?SHA[\d-]*|S?MD5|CRYPT|BLF-CRYPT|PBKDF2[\w-]*|ARGON2\w*|SCRYPT)\}"
    r"|(?:scrypt|pbkdf2\w*|s?sha\d+|md5|argon2\w*|bcrypt\w*)[:$]",
    re.IGNORECASE,
)

# Which kind is stronger than which, where both have the costs that are usual today.
_STRENGTH = {"2a": 0, "2b": 0, "2y": 0, "pbkdf2": 0, "scrypt": 1, "argon2id": 2}

# The memory in KiB times the passes of the weakest parameters in OWASP's cheat sheet on passwords.
_LEAST_ARGON2_EFFORT = 7168 * 5

_BCRYPT_BYTES = 72


def hash_password(password: str, method: str = "scrypt") -> str:
    """Return a salted hash of the password, to be stored.

    Args:
        password: The password as it was typed.
        method: ``scrypt`` with Werkzeug's parameters, or ``argon2id`` with those of argon2-cffi
            (RFC 9106, the second recommended option).

    Raises:
        MissingExtraError: argon2-cffi is not installed.
    """
    if method == "argon2id":
        return str(_argon2().PasswordHasher().hash(password))
    return generate_password_hash(password, method)


def is_hash(text: str) -> bool:
    """Return whether the text looks like a password hash, whoever made it."""
    return _LIKE_A_HASH.match(text.strip()) is not None


def problem_of_stored(stored: str) -> str | None:
    """Return why no password can be verified against the stored text, or `None`."""
    if not is_hash(stored) or _parse(stored):
        return None
    return (
        "is a password hash of a kind that can't be verified: make one with "
        "`flask simplelogin hash`"
    )


def is_verifiable(stored: object) -> bool:
    """Return whether it is a hash against which a password can be verified."""
    return isinstance(stored, str) and is_hash(stored) and _parse(stored) is not None


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
    if not is_hash(stored):
        return equal(stored, given)
    stored = stored.strip()
    if stored.startswith("$argon2"):
        return _verify_argon2(stored, given)
    if stored.startswith("$2"):
        return _verify_bcrypt(stored, given)
    return check_password_hash(stored, given)


@cache
def hash_of_nobody(method: str) -> str:
    """Return a hash as it would be made today, of a password that nobody knows.

    To verify against it takes the time that a user takes who exists. Call it once while the app
    starts: to make it takes that time too.
    """
    return hash_password(secrets.token_urlsafe(), method)


def is_aged(stored: str, method: str) -> bool:
    """Return whether the hash is weaker than one that would be made today by the method."""
    then, now = _parse(stored), _parse(hash_of_nobody(method))
    if then is None or now is None:
        return True
    if then[0] != now[0]:
        is_poor = then[0] == "argon2id" and _effort(then) < _LEAST_ARGON2_EFFORT
        return is_poor or _STRENGTH.get(then[0], -1) < _STRENGTH[now[0]]
    return _effort(then) < _effort(now)


def problem_of_new(password: str, username: str = "") -> str | None:
    """Return why a user may not choose this password, as a sentence for them, or `None`.

    It follows NIST SP 800-63B, 5.1.1.2: a least length and a list of commonly used passwords, no
    rules of composition.
    """
    if len(password) < MIN_PASSWORD_LENGTH:
        return f"Choose a password of at least {MIN_PASSWORD_LENGTH} characters."
    folded, name = _folded(password), _folded(username)
    if folded in _common_passwords():
        return "This is one of the passwords that are guessed first. Choose another one."
    if len(set(folded)) < 4:
        return "This password has too few different characters. Choose another one."
    rest = folded.replace(name, "") if len(name) >= _LEAST_NAME else folded
    if rest != folded and (len(rest) < MIN_PASSWORD_LENGTH or rest in _common_passwords()):
        return "This password is little more than the username. Choose another one."
    return None


def _folded(text: str) -> str:
    """Return a text without what makes no difference to whoever guesses."""
    visible = (each for each in normalize("NFKC", text) if category(each) != "Cf")
    return "".join(visible).strip().casefold()


def load_library(stored: str) -> None:
    """Import what verifies this hash.

    Raises:
        MissingExtraError: It is not installed.
    """
    if stored.startswith("$argon2"):
        _argon2()
    elif stored.startswith("$2"):
        _bcrypt()


def equal(one: str, other: str) -> bool:
    """Compare two texts in a time that does not tell where they differ."""
    return hmac.compare_digest(
        one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass")
    )


def _parse(stored: str) -> tuple[str, tuple[int, ...]] | None:
    """Return the kind of a hash and its costs, each greater when it is slower."""
    for pattern in (_WERKZEUG_HASH, _ARGON2_HASH, _BCRYPT_HASH):
        found = pattern.fullmatch(stored.strip())
        if found:
            costs = re.findall(r"(?:^|[:,=])(\d+)", found["costs"] or "")
            return found["kind"], tuple(map(int, costs))
    return None


def _effort(parsed: tuple[str, tuple[int, ...]]) -> int:
    """Return what a guess costs, comparable within one kind; how much runs in parallel is not."""
    kind, costs = parsed
    return prod(costs[:2]) if kind.startswith("argon2") else prod(costs)


@cache
def _common_passwords() -> frozenset[str]:
    """Return the 11,611 that have 8 characters or more among the 30,000 most common passwords.

    They were counted by Mark Burnett in ten million leaked ones, which he put in the public
    domain.
    """
    packed = Path(__file__).with_name("common_passwords.txt.gz").read_bytes()
    return frozenset(gzip.decompress(packed).decode().split())


def _verify_argon2(stored: str, given: str) -> bool:
    """Verify a password against a hash of Argon2."""
    argon2 = _argon2()
    try:
        return bool(argon2.PasswordHasher().verify(stored, given))
    except argon2.exceptions.VerifyMismatchError:
        return False
    except argon2.exceptions.Argon2Error:
        raise SimpleLoginError("What is stored is a damaged hash of Argon2.") from None


def _verify_bcrypt(stored: str, given: str) -> bool:
    """Verify a password against a hash of bcrypt, which has read 72 bytes of it at most."""
    try:
        return bool(_bcrypt().checkpw(given.encode()[:_BCRYPT_BYTES], stored.encode()))
    except ValueError:
        raise SimpleLoginError("What is stored is a damaged hash of bcrypt.") from None


def _argon2() -> ModuleType:
    """Import argon2-cffi, or say what installs it."""
    try:
        import argon2
    except ImportError:
        raise MissingExtraError("A hash of Argon2 needs its library", "argon2") from None
    return argon2


def _bcrypt() -> ModuleType:
    """Import bcrypt, or say what installs it."""
    try:
        import bcrypt
    except ImportError:
        raise MissingExtraError("A hash of bcrypt needs its library", "bcrypt") from None
    return bcrypt
