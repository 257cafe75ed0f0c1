"""What attacks on the users have found, so that it does not come back."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort
from sqlalchemy import ForeignKey, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import NullPool
from werkzeug.security import generate_password_hash

from flask_simplelogin import (
    MissingExtraError,
    SimpleLogin,
    StoreError,
    UnknownUserError,
    UsageError,
    UserExistsError,
    UserRecord,
    get_username,
    login_required,
)
from flask_simplelogin.audit import posture
from flask_simplelogin.users import Users, open_store, roles_of
from flask_simplelogin.users.sql import SQLUsers

from .conftest import client_of, new_app, with_views

PASSWORD = "analytical-engine"
HASH = generate_password_hash(PASSWORD, "scrypt:1024:8:1")
BCRYPT = "$2y$05$DSLD5LZk3R4bKgIzMrTtMeHL1iD.SwN54BlOo/JOpDA3MQ7jbPhtK"


class Base(DeclarativeBase):
    """The base of the models below."""


class Plain(Base):
    """A model that has no version, and whose truth is a text."""

    __tablename__ = "plain"

    id: Mapped[int] = mapped_column(primary_key=True)
    username: Mapped[str]
    password_hash: Mapped[str]
    active: Mapped[str | None] = mapped_column(default="N")

    def is_active(self) -> bool:
        """Answer as a method, which is always true itself."""
        return False


class Member(Base):
    """A model whose roles come along with it."""

    __tablename__ = "member"

    username: Mapped[str] = mapped_column(primary_key=True)
    password_hash: Mapped[str]
    roles: Mapped[list[Role]] = relationship(lazy="joined")


class Role(Base):
    """A role of a member."""

    __tablename__ = "role"

    name: Mapped[str] = mapped_column(primary_key=True)
    member: Mapped[str] = mapped_column(ForeignKey("member.username"))


def sql_store(folder: Path, model: type[Base], *rows: Base, **names: str) -> SQLUsers:
    """Return a store over a model with these rows."""
    engine = create_engine(f"sqlite:///{folder}/own.db", poolclass=NullPool)
    Base.metadata.create_all(engine)
    with Session(engine) as session:
        session.add_all(rows)
        session.commit()
    return SQLUsers(engine, model=model, **names)


def app_with(**options: Any) -> Flask:
    """Return an app with a login and a view for admins."""
    app = new_app()
    SimpleLogin(app, **options)
    with_views(app)

    @app.get("/admin")
    @login_required(role="admin")
    def admin() -> str:
        return "for admins"

    return app


def status_of_admin(app: Flask, password: str = PASSWORD) -> int:
    """Log in, and return how the view for admins answers."""
    visitor = client_of(app)
    assert visitor.log_in("ada", password).status_code == 302
    return visitor.get("/admin").status_code


def test_login_that_renews_a_hash_stays(tmp_path: Path) -> None:
    """Also where the store has no version, and the hash is what a session hangs on."""
    row = Plain(username="ada", password_hash=HASH)
    app = app_with(users=sql_store(tmp_path, Plain, row))
    visitor = client_of(app)
    assert visitor.log_in("ada", PASSWORD).status_code == 302
    assert visitor.get("/secret").status_code == 200
    users = app.extensions["simplelogin"].users
    assert users.get("ada").password_hash != HASH
    assert visitor.get("/secret").status_code == 200


@pytest.mark.parametrize("value", ["N", "no", "true", "", "0"])
def test_truth_of_a_text(tmp_path: Path, value: str) -> None:
    """Whether somebody is enabled is never guessed: a text is an error, and nobody is in."""
    row = Plain(username="ada", password_hash=HASH, active=value)
    app = app_with(users=sql_store(tmp_path, Plain, row, is_enabled="active"))
    assert client_of(app).log_in("ada", PASSWORD).status_code == 503


def test_truth_that_is_missing(tmp_path: Path) -> None:
    """Who is not said to be enabled is not."""
    store = sql_store(tmp_path, Plain, Plain(username="ada", password_hash=HASH))
    with store.engine.begin() as connection:
        connection.execute(text("UPDATE plain SET active = NULL"))
    app = app_with(users=SQLUsers(store.engine, model=Plain, is_enabled="active"))
    assert client_of(app).log_in("ada", PASSWORD).status_code == 401


def test_truth_of_a_method(tmp_path: Path) -> None:
    """It would be true for everybody: an error as the app starts."""
    with pytest.raises(StoreError, match="no attribute 'is_active'"):
        sql_store(tmp_path, Plain, is_enabled="is_active")


@pytest.mark.parametrize("value", ["false", 1, None, []])
def test_truth_of_an_own_store(value: Any) -> None:
    """A record whose truth is none is an error."""

    class Store:
        def get(self, username: str) -> UserRecord:
            return UserRecord(username, HASH, is_enabled=value)

    assert client_of(app_with(users=Store())).log_in("ada", PASSWORD).status_code == 503


def test_mapping_that_ignores_case() -> None:
    """As Dynaconf's do: a name stays exact."""

    class Boxed(dict[str, str]):
        def get(self, key: str, default: Any = None) -> Any:
            return super().get(key.lower(), default)

        def __contains__(self, key: object) -> bool:
            return super().__contains__(str(key).lower())

    users = Users(open_store(Boxed(ada=HASH), "."))
    assert users.get("ada")
    assert users.get("ADA") is None


class _Role(str, Enum):
    ADMIN = "admin"


@pytest.mark.parametrize(
    ("roles", "expected"),
    [
        ({"admin": False}, set()),
        (None, set()),
        (7, set()),
        ("admin, editor,,", {"admin", "editor"}),
        ([_Role.ADMIN], {"admin"}),
        ([None, 7, ["admin"], object()], set()),
    ],
)
def test_names_of_roles(roles: object, expected: set[str]) -> None:
    """A mapping's keys are none, and a text that has a name too is the text."""
    assert roles_of(roles) == expected


@pytest.mark.parametrize("roles", [{"admin": False}, "admin", None, 7])
def test_roles_that_are_no_list(roles: Any) -> None:
    """They are refused where they are given."""
    users = Users(open_store("sqlite://", "."))
    with pytest.raises(UsageError, match="takes a list"):
        users.add("ada", PASSWORD, roles=roles)


@pytest.mark.parametrize("answer", [None, False])
def test_loader_that_says_no(answer: object) -> None:
    """By `None`, by what `user and user.active and user` is, or by a 404."""
    app = app_with(login_checker=lambda user: True, user_loader=lambda name: answer)
    assert client_of(app).log_in("ada", PASSWORD).status_code == 401


def test_loader_that_finds_nothing() -> None:
    """A 404, as `first_or_404` raises it, means nobody; no other abort does."""

    def load(username: str) -> object:
        abort(404 if username == "ada" else 418)

    app = app_with(login_checker=lambda user: True, user_loader=load)
    assert client_of(app).log_in("ada", PASSWORD).status_code == 401
    assert client_of(app).log_in("eve", PASSWORD).status_code == 503


def test_loader_that_generates() -> None:
    """What it returns is always true: an error where it is given."""

    def load(username: str) -> Any:
        yield username

    with pytest.raises(UsageError, match="generator"):
        SimpleLogin(new_app(), user_loader=load)


def test_loader_that_asks_for_its_user() -> None:
    """It gets no answer, rather than the question back a thousand times."""
    asked: list[str | None] = []

    def load(username: str) -> object:
        asked.append(get_username())
        return username

    app = app_with(login_checker=lambda user: True, user_loader=load)
    visitor = client_of(app)
    visitor.log_in("ada", PASSWORD)
    assert visitor.get("/secret").status_code == 200
    assert set(asked) == {None}
    assert len(asked) == 2


def test_broken_roles_do_not_become_those_of_the_store() -> None:
    """An object that has roles and can't say them has none."""

    class Person:
        @property
        def roles(self) -> Any:
            return self.profile.roles  # type: ignore[attr-defined]

    app = app_with(
        users={"ada": {"password": HASH, "roles": ["admin"]}}, user_loader=lambda name: Person()
    )
    assert status_of_admin(app) == 403


def test_roles_that_can_be_read_once() -> None:
    """They are read once for a request."""

    class Person:
        roles = property(lambda self: (role for role in ["admin"]))

    app = app_with(login_checker=lambda user: True, user_loader=lambda name: Person())
    assert status_of_admin(app) == 200


def test_roles_that_are_joined(tmp_path: Path) -> None:
    """A relationship that is loaded with its user is read like any other."""
    row = Member(username="ada", password_hash=HASH, roles=[Role(name="admin"), Role(name="x")])
    assert status_of_admin(app_with(users=sql_store(tmp_path, Member, row))) == 200


def test_second_user_of_a_name(tmp_path: Path) -> None:
    """It is refused also where the table would take it: else both were kept out."""
    users = Users(sql_store(tmp_path, Plain))
    users.add("ada", PASSWORD)
    with pytest.raises(UserExistsError):
        users.add("ada", PASSWORD)


def test_own_table_that_is_missing(tmp_path: Path) -> None:
    """It is an error, and no session ends: the database is the wrong one."""
    app = app_with(users=sql_store(tmp_path, Plain, Plain(username="ada", password_hash=HASH)))
    visitor = client_of(app)
    visitor.log_in("ada", PASSWORD)
    engine = app.extensions["simplelogin"].users.store.engine
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE plain RENAME TO gone"))
    assert visitor.get("/secret").status_code == 503
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE gone RENAME TO plain"))
    assert visitor.get("/secret").status_code == 200


def test_model_of_another_bind(tmp_path: Path) -> None:
    """It is asked in the database that its bind names."""

    class Db:
        engine = property(lambda self: create_engine("sqlite://"))

    store = sql_store(tmp_path, Plain, Plain(username="ada", password_hash=HASH))
    db: Any = Db()
    db.engines = {"people": store.engine}
    bound = type("Bound", (Plain,), {"__bind_key__": "people"})
    assert SQLUsers(db, model=bound).engine is store.engine


@pytest.mark.parametrize("engine", ["sqlite://", Session(), object()])
def test_what_is_no_engine(engine: Any) -> None:
    """It is an error where it is given."""
    with pytest.raises(StoreError, match="takes an engine"):
        SQLUsers(engine)


def test_database_that_is_away_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second question would take as long again."""
    asked = []

    def connect(*args: object, **kwargs: object) -> None:
        import psycopg

        asked.append(args)
        raise psycopg.OperationalError("failed to resolve host 'ter2@db'")

    monkeypatch.setattr("psycopg.connect", connect)
    store = SQLUsers.from_url("postgresql+psycopg://u:hun@ter2@db/d", ".")
    with pytest.raises(StoreError) as error:
        store.get("ada")
    assert len(asked) == 1
    assert "ter2" not in str(error.value)


def test_memory_and_threads() -> None:
    """One connection for all threads is used by one at a time."""
    users = Users(open_store("sqlite://", "."))
    store = users.store
    assert isinstance(store, SQLUsers)
    users.add("first", PASSWORD)

    def add(number: int) -> None:
        store.add(UserRecord(f"user{number}", HASH))
        assert store.get(f"user{number}")

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(add, range(100)))
    assert len(users.list()) == 101


@pytest.mark.parametrize("name", ["\ud800", "a\0b", "", "x" * 5000, b"ada", None])
def test_name_that_can_not_be_one_is_nobody(tmp_path: Path, name: Any) -> None:
    """To whoever asks for it, and without an error."""
    users = Users(open_store("sqlite:///users.db", tmp_path))
    users.add("ada", PASSWORD)
    assert users.get(name) is None
    changes: list[Callable[[], object]] = [
        lambda: users.disable(name),
        lambda: users.set_password(name, "difference-engine") if name else users.enable(name),
        lambda: users.remove(name),
    ]
    for change in changes:
        with pytest.raises((UnknownUserError, TypeError, AttributeError)):
            change()


def test_changes_meet_the_exact_name(tmp_path: Path) -> None:
    """Also in a table that ignores case."""
    store = SQLUsers.from_url("sqlite:///users.db", tmp_path)
    with store.engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE simplelogin_user (username TEXT COLLATE NOCASE PRIMARY KEY, "
                "password_hash TEXT, roles TEXT, is_enabled BOOLEAN, version TEXT)"
            )
        )
    users = Users(store)
    users.add("ada", PASSWORD)
    with pytest.raises(UserExistsError):
        users.add("ADA", PASSWORD)
    for change in (users.disable, users.remove):
        with pytest.raises(UnknownUserError):
            change("ADA")
    found = users.get("ada")
    assert found is not None
    assert found.is_enabled


@pytest.mark.parametrize("name", [" ada", "ada ", "ada\u200b", "\u202enimda", "a\u2028b"])
def test_name_that_looks_like_another(name: str) -> None:
    """Nobody gets it."""
    users = Users(open_store("sqlite://", "."))
    with pytest.raises(UsageError, match=r"can't be seen|can't be part of it"):
        users.add(name, PASSWORD)


def test_htpasswd_that_is_being_written(tmp_path: Path) -> None:
    """An empty file is none that has no users: nobody's session ends."""
    path = tmp_path / "f"
    path.write_text(f"ada:{BCRYPT}\n")
    store = open_store("htpasswd:f", tmp_path)
    path.write_text("")
    with pytest.raises(StoreError, match="empty"):
        store.get("ada")
    path.write_text(f"ada:{BCRYPT}\n\n")
    assert store.get("ada")


def test_library_that_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The app does not start: at the login it would tell who exists."""
    (tmp_path / "f").write_text(f"ada:{BCRYPT}\n")
    monkeypatch.setitem(__import__("sys").modules, "bcrypt", None)
    with pytest.raises(MissingExtraError, match="bcrypt"):
        SimpleLogin(new_app(), users=f"htpasswd:{tmp_path}/f")


def test_unknown_name_in_a_file_of_other_hashes(tmp_path: Path) -> None:
    """It costs a hash of that kind."""
    (tmp_path / "f").write_text(f"ada:{BCRYPT}\n")
    users = Users(open_store("htpasswd:f", tmp_path))
    assert users._hash_of_nobody == BCRYPT
    assert not users.verify(None, PASSWORD)


def test_store_that_is_async() -> None:
    """It is refused where it is given: what it returns would be no user."""

    class Store:
        async def get(self, username: str) -> UserRecord | None:
            return None

    store: Any = Store()
    with pytest.raises(UsageError, match="must not be async"):
        SimpleLogin(new_app(), users=store)


def test_session_follows_a_new_key() -> None:
    """Who comes while the old key is a fallback stays when it goes."""
    app = app_with(users={"ada": HASH})
    visitor = client_of(app)
    visitor.log_in("ada", PASSWORD)
    app.config.update(SECRET_KEY="new key", SECRET_KEY_FALLBACKS=["a key for tests"])
    assert visitor.get("/secret").status_code == 200
    app.config.update(SECRET_KEY_FALLBACKS=None)
    assert visitor.get("/secret").status_code == 200


def test_check_looks_into_the_store(tmp_path: Path) -> None:
    """What is no hash there is an error."""
    for stored, level in ((HASH, "ok"), (PASSWORD, "error")):
        folder = tmp_path / level
        folder.mkdir()
        row = Plain(username="ada", password_hash=stored)
        app = app_with(users=sql_store(folder, Plain, row))
        with app.app_context():
            found = {each.check: each for each in posture(app)}["credentials"]
        assert found.level == level
        assert PASSWORD not in found.sentence


@pytest.mark.parametrize("question", ["is_logged_in", "get_username", "get_user", "has_role"])
def test_question_without_parentheses(question: str) -> None:
    """In a template it is the answer, and never true for an anonymous visitor."""
    app = app_with(users={"ada": {"password": HASH, "roles": ["admin"]}})
    template = app.jinja_env.from_string(f"{{% if {question} %}}yes{{% else %}}no{{% endif %}}")
    app.add_url_rule("/asked", view_func=template.render)
    visitor = client_of(app)
    assert visitor.get("/asked").text == "no"
    visitor.log_in("ada", PASSWORD)
    assert visitor.get("/asked").text == ("no" if question == "has_role" else "yes")
