"""Passwords: plain or hashed, compared in constant time."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from statistics import median
from time import process_time

import pytest
from werkzeug.security import generate_password_hash

from flask_simplelogin import MissingExtraError, SettingError, SimpleLogin, SimpleLoginError
from flask_simplelogin.authentication import Credentials, authenticate
from flask_simplelogin.passwords import (
    hash_password,
    is_aged,
    is_hash,
    is_verifiable,
    problem_of_new,
    verify,
)

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


ARGON2 = "$argon2id$v=19$m=64,t=1,p=1$WHhYWHhYWHhYWA$Q1oElCRrhCWs/5lUrUkTQA"
BCRYPT = "$2b$04$PnTCZGSpDTBDjRYiTGsDEO79XsBKEqRAqkKbkoPhMFVfoVJKPnqYO"


@pytest.mark.parametrize("kind", ["argon2id", "argon2i", "argon2d", "2a", "2b", "2y"])
def test_hash_of_another_library(kind: str) -> None:
    """Those of Argon2 and bcrypt are verified as theirs."""
    if kind.startswith("argon2"):
        low_level = pytest.importorskip("argon2.low_level")
        type_ = getattr(low_level.Type, kind.removeprefix("argon2").upper())
        stored = low_level.hash_secret(b"secret", b"saltsalt", 1, 64, 1, 16, type_).decode()
    else:
        bcrypt = pytest.importorskip("bcrypt")
        stored = bcrypt.hashpw(b"secret", bcrypt.gensalt(4)).decode().replace("2b", kind, 1)
    assert is_verifiable(stored)
    assert verify(stored, "secret")
    assert verify(f" {stored}\n", "secret")
    assert not verify(stored, "Secret")
    assert not verify(stored, stored)


def test_bcrypt_reads_72_bytes() -> None:
    """A longer password is verified as it was hashed, instead of an error."""
    bcrypt = pytest.importorskip("bcrypt")
    long = "ä" * 100
    stored = bcrypt.hashpw(long.encode()[:72], bcrypt.gensalt(4)).decode()
    assert verify(stored, long)


@pytest.mark.parametrize(
    ("stored", "extra"), [(ARGON2, "argon2"), (BCRYPT, "bcrypt")], ids=["argon2", "bcrypt"]
)
def test_extra_that_is_not_installed(
    monkeypatch: pytest.MonkeyPatch, stored: str, extra: str
) -> None:
    """The error names the command that installs it; there is no way in."""
    monkeypatch.setitem(sys.modules, extra, None)
    with pytest.raises(MissingExtraError, match=rf"pip install 'Flask-SimpleLogin\[{extra}\]'"):
        verify(stored, "secret")
    if extra == "argon2":
        with pytest.raises(MissingExtraError):
            hash_password("secret", "argon2id")


def test_database_without_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The app does not start, and the error names the command that installs it."""
    monkeypatch.setitem(sys.modules, "sqlalchemy", None)
    monkeypatch.delitem(sys.modules, "flask_simplelogin.users.sql", raising=False)
    with pytest.raises(MissingExtraError, match=r"pip install 'Flask-SimpleLogin\[sql\]'"):
        SimpleLogin(new_app(), users="sqlite:///users.db")


@pytest.mark.parametrize(
    ("stored", "for_scrypt", "for_argon2id"),
    [
        (generate_password_hash("x"), False, True),
        (generate_password_hash("x", "scrypt:65536:8:1"), False, True),
        (generate_password_hash("x", "scrypt:16384:8:1"), True, True),
        (generate_password_hash("x", "pbkdf2:sha256:2000000"), True, True),
        (BCRYPT, True, True),
        (ARGON2, True, True),
        (ARGON2.replace("m=64,t=1,p=1", "m=19456,t=2,p=1"), False, True),
        (ARGON2.replace("m=64,t=1,p=1", "m=2097152,t=1,p=4"), False, False),
        (ARGON2.replace("m=64,t=1,p=1", "m=65536,t=3,p=4"), False, False),
        (ARGON2.replace("argon2id", "argon2i"), True, True),
    ],
)
def test_what_has_aged(stored: str, *, for_scrypt: bool, for_argon2id: bool) -> None:
    """What is weaker than a new hash; a stronger one is left as it is."""
    assert is_aged(stored, "scrypt") is for_scrypt
    if "argon2" in sys.modules or find_spec("argon2"):
        assert is_aged(stored, "argon2id") is for_argon2id


@pytest.mark.parametrize(
    ("password", "username"),
    [
        ("", ""),
        ("1234567", ""),
        ("password", ""),
        ("PassWord", ""),
        ("iloveyou", ""),
        ("1qaz2wsx", ""),
        ("aaaaaaaaaaaaaaaa", ""),
        ("abababababab", ""),
        ("adalovelace", "AdaLovelace"),
        ("adalovelace1", "adalovelace"),
        ("grace.hopper@example.com", "grace.hopper@example.com"),
    ],
)
def test_password_that_nobody_may_choose(password: str, username: str) -> None:
    """Too short, commonly used, or hardly anything but the name."""
    assert problem_of_new(password, username)


@pytest.mark.parametrize(
    "password", ["analytical-engine", "correct horse battery staple", "Пароль-который", "x7#kQ!p2"]
)
def test_password_that_is_taken(password: str) -> None:
    """No rule asks for digits, capitals or signs (NIST SP 800-63B)."""
    assert problem_of_new(password, "ada") is None


def test_unknown_user_takes_as_long(tmp_path: Path) -> None:
    """As one who is known, and one who is disabled: no clock tells who exists."""
    app = new_app()
    login = SimpleLogin(app, users=f"sqlite:///{tmp_path}/users.db")
    login.users.add("ada", "analytical-engine")
    login.users.add("eve", "analytical-engine")
    login.users.disable("eve")
    taken: dict[str, list[float]] = {"ada": [], "eve": [], "nobody": []}
    for _ in range(7):
        for name, times in taken.items():
            with app.test_request_context():
                begin = process_time()
                assert authenticate(Credentials(name, "difference-engine", "form")) is None
                times.append(process_time() - begin)
    known = median(taken["ada"])
    assert 0.6 < median(taken["nobody"]) / known < 1.6
    assert 0.6 < median(taken["eve"]) / known < 1.6
