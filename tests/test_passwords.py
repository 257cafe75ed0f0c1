"""Passwords: plain or hashed, compared in constant time."""

from __future__ import annotations

import pytest
from werkzeug.security import generate_password_hash

from flask_simplelogin import SettingError, SimpleLogin, SimpleLoginError
from flask_simplelogin.passwords import is_hash, verify

from .conftest import client_of, new_app

QUICK = "pbkdf2:sha256:1"


@pytest.mark.parametrize("password", ["secret", "pässwörd", "\u5bc6\u7801", " ", "a" * 4096])
@pytest.mark.parametrize("method", [QUICK, "scrypt:1024:8:1"])
def test_hash_is_verified(password: str, method: str) -> None:
    """What `generate_password_hash` makes is understood."""
    stored = generate_password_hash(password, method)
    assert is_hash(stored)
    assert verify(stored, password)
    assert not verify(stored, password + "x")


def test_hash_is_never_compared() -> None:
    """Who has read the hash can't log in with it."""
    stored = generate_password_hash("secret", QUICK)
    assert not verify(stored, stored)


@pytest.mark.parametrize(
    "stored", ["secret", "scrypt is nice", "pbkdf2", "$12.50", "a$b$c", "ключ"]
)
def test_plain_text_is_compared(stored: str) -> None:
    """Non-ASCII too, which `hmac.compare_digest` refuses as `str`."""
    assert not is_hash(stored)
    assert verify(stored, stored)
    assert not verify(stored, stored[:-1])


@pytest.mark.parametrize(
    "stored",
    [
        "$2b$12$abcdefghijklmnopqrstuv",
        "$argon2id$v=19$m=1$a$b",
        "$6$salt$hash",
        "$apr1$salt$hash",
        "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
        "{SSHA512}abc",
        "sha256$salt$0123",
        "md5$salt$0123",
        "pbkdf2_sha256$1000$salt$hash=",
        "SCRYPT:32768:8:1$SALT$0123",
        "scrypt:32768:8:1$salt$not hex",
    ],
)
def test_hash_that_can_not_be_verified(stored: str) -> None:
    """It is an error at start-up, and never a plain password."""
    with pytest.raises(SimpleLoginError, match="flask simplelogin hash"):
        verify(stored, stored)
    app = new_app(SIMPLELOGIN_USERNAME="admin", SIMPLELOGIN_PASSWORD=stored)
    with pytest.raises(SettingError, match="SIMPLELOGIN_PASSWORD is a password hash of a kind"):
        SimpleLogin(app)
    app = new_app(SIMPLELOGIN_USERNAME="admin")
    SimpleLogin(app)
    app.config["SIMPLELOGIN_PASSWORD"] = stored
    assert client_of(app).log_in("admin", stored).status_code == 503


def test_hash_from_a_file_that_ends_with_a_newline() -> None:
    """It is the hash all the same."""
    stored = generate_password_hash("secret", QUICK) + "\n"
    assert verify(stored, "secret")
    assert not verify(stored, stored)


def test_login_with_a_hashed_password() -> None:
    """`SIMPLELOGIN_PASSWORD` may be a hash."""
    stored = generate_password_hash("norris", QUICK)
    app = new_app(SIMPLELOGIN_USERNAME="chuck", SIMPLELOGIN_PASSWORD=stored)
    SimpleLogin(app)
    assert client_of(app).log_in("chuck", "norris").status_code == 302
    assert client_of(app).log_in("chuck", stored).status_code == 401


@pytest.mark.parametrize(
    "name", ["аdmin", "Admin", "admin ", "ａdmin", "admin\u200b", "adm\u0131n"]
)
def test_names_that_look_alike_are_different(name: str) -> None:
    """No folding, no normalisation."""
    app = new_app()
    SimpleLogin(app)
    assert client_of(app).log_in(name, "secret").status_code == 401
