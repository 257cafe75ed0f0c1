"""Every store keeps the same promises: one suite, run on each of them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import ForeignKey, String, create_engine, text
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column, relationship
from sqlalchemy.pool import NullPool
from werkzeug.security import generate_password_hash

from flask_simplelogin import (
    PasswordError,
    SimpleLogin,
    StoreError,
    UnknownUserError,
    UsageError,
    UserExistsError,
    UserRecord,
    UserStore,
)
from flask_simplelogin.users import Changes, HtpasswdUsers, MappingUsers, Users, open_store
from flask_simplelogin.users.sql import SQLUser, SQLUsers

from .conftest import new_app
from .servers import postgresql

HASH = generate_password_hash("analytical-engine", "scrypt:1024:8:1")
PASSWORD = "analytical-engine"


class Base(DeclarativeBase):
    """The base of a program's own models."""


class Person(Base):
    """A program's own model, with names of its own."""

    __tablename__ = "person"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(unique=True)
    secret: Mapped[str | None]
    groups: Mapped[str] = mapped_column(default="")
    active: Mapped[bool] = mapped_column(default=True)
    stamp: Mapped[str | None]


class Staff:
    """A store that a program wrote itself."""

    def __init__(self) -> None:
        self.records: dict[str, UserRecord] = {}

    def get(self, username: str) -> UserRecord | None:
        """Return a user."""
        return self.records.get(username)

    def list(self) -> Any:
        """Return all."""
        return self.records.values()

    def add(self, record: UserRecord) -> None:
        """Add one."""
        if record.username in self.records:
            raise UserExistsError(record.username)
        self.records[record.username] = record

    def change(self, username: str, changes: Changes, if_hash: str | None = None) -> bool:
        """Change one."""
        record = self.records.get(username)
        if record is None or if_hash not in (None, record.password_hash):
            return False
        self.records[username] = UserRecord(
            username,
            changes.get("password_hash", record.password_hash),
            changes.get("roles", record.roles),
            changes.get("is_enabled", record.is_enabled),
            changes.get("version", record.version),
        )
        return True

    def remove(self, username: str) -> bool:
        """Remove one."""
        return self.records.pop(username, None) is not None


@pytest.fixture(scope="module")
def postgresql_url() -> Iterator[str]:
    """A real PostgreSQL for this module."""
    with postgresql() as url:
        yield url


def own_model(folder: Path) -> SQLUsers:
    """Return a store over a program's own model, whose table the program has made."""
    engine = create_engine(f"sqlite:///{folder}/own.db", poolclass=NullPool)
    Base.metadata.create_all(engine)
    return SQLUsers(
        engine,
        model=Person,
        username="email",
        password_hash="secret",
        roles="groups",
        is_enabled="active",
        version="stamp",
    )


@pytest.fixture(params=["sqlite", "memory", "own model", "own store", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[UserStore]:
    """Each store that can be written, empty."""
    if request.param == "own store":
        yield Staff()
        return
    if request.param == "own model":
        yield own_model(tmp_path)
        return
    urls = {"sqlite": "sqlite:///users.db", "memory": "sqlite://"}
    url = urls.get(request.param) or request.getfixturevalue("postgresql_url")
    opened = SQLUsers.from_url(url, tmp_path)
    with opened.engine.begin() as connection:
        connection.execute(text("DROP TABLE IF EXISTS simplelogin_user"))
    yield opened
    opened.engine.dispose()


@pytest.fixture
def users(store: UserStore) -> Users:
    """The users of the store, as `login.users` gives them."""
    return Users(store)


def test_user_is_added_and_found(users: Users) -> None:
    """With the roles, enabled, and with a hash instead of the password."""
    added = users.add("ada", PASSWORD, roles=["admin", "editor"])
    found = users.get("ada")
    assert found == added
    assert found is not None
    assert found.roles == {"admin", "editor"}
    assert found.is_enabled
    assert found.password_hash.startswith("scrypt:")
    assert users.verify(found, PASSWORD)
    assert not users.verify(found, "difference-engine")


def test_nobody_is_there_before_the_first(users: Users) -> None:
    """Neither to be found nor in the list, also where there is no table yet."""
    assert users.get("ada") is None
    assert list(users.list()) == []
    with pytest.raises(UnknownUserError):
        users.disable("ada")
    with pytest.raises(UnknownUserError):
        users.remove("ada")


def test_name_is_taken_once(users: Users) -> None:
    """The second one is refused, and the first keeps the password."""
    users.add("ada", PASSWORD)
    with pytest.raises(UserExistsError, match="'ada' already"):
        users.add("ada", "difference-engine")
    assert users.verify(users.get("ada"), PASSWORD)


@pytest.mark.parametrize("name", ["ADA", "ada ", " ada", "ad%", "a_a", "ada'--", "адa"])
def test_name_is_exact(users: Users, name: str) -> None:
    """Neither case nor spaces nor what a database takes for a pattern makes another name right."""
    users.add("ada", PASSWORD)
    assert users.get(name) is None


@pytest.mark.parametrize("name", ["Ærøskøbing", "山田", "o'brien", "a b", "x" * 255, "日" * 255])
def test_any_text_is_a_name(users: Users, name: str) -> None:
    """It comes back as it was given."""
    users.add(name, PASSWORD)
    found = users.get(name)
    assert found is not None
    assert found.username == name
    assert [record.username for record in users.list()] == [name]


def test_changes(users: Users) -> None:
    """Each changes what it says and nothing else."""
    users.add("ada", PASSWORD, roles=["admin"])
    users.add("grace", PASSWORD)
    users.set_roles("ada", ["editor"])
    users.disable("ada")
    users.set_password("ada", "difference-engine")
    ada, grace = users.get("ada"), users.get("grace")
    assert ada is not None
    assert ada.roles == {"editor"}
    assert not ada.is_enabled
    assert not users.verify(ada, "difference-engine")
    users.enable("ada")
    assert users.verify(users.get("ada"), "difference-engine")
    assert grace is not None
    assert (grace.roles, grace.is_enabled) == (frozenset(), True)
    assert users.verify(grace, PASSWORD)
    users.set_roles("ada", [])
    users.remove("grace")
    assert [(each.username, each.roles) for each in users.list()] == [("ada", frozenset())]


def test_what_ends_sessions(users: Users) -> None:
    """A new password and being disabled do; roles, a renewed hash and being enabled do not."""
    users.add("ada", PASSWORD)

    def version() -> str:
        found = users.get("ada")
        assert found is not None
        return found.version

    first = version()
    users.set_roles("ada", ["admin"])
    users.store.change("ada", Changes(password_hash=HASH))  # type: ignore[attr-defined]
    assert version() == first
    users.disable("ada")
    second = version()
    users.enable("ada")
    assert version() == second
    users.set_password("ada", "difference-engine")
    assert len({first, second, version()}) == 3


def test_aged_hash_is_renewed(users: Users) -> None:
    """Once, and the password stays right."""
    users.add("ada", PASSWORD)
    users.store.change("ada", Changes(password_hash=HASH))  # type: ignore[attr-defined]
    aged = users.get("ada")
    assert aged is not None
    users.renew_hash(aged, PASSWORD)
    renewed = users.get("ada")
    assert renewed is not None
    assert renewed.password_hash.startswith("scrypt:32768:8:1$")
    assert users.verify(renewed, PASSWORD)
    users.renew_hash(renewed, PASSWORD)
    assert users.get("ada") == renewed


def test_renewal_does_not_bring_an_old_password_back(users: Users) -> None:
    """Between a login's verification and its renewal somebody may set another password."""
    users.add("ada", PASSWORD)
    users.store.change("ada", Changes(password_hash=HASH))  # type: ignore[attr-defined]
    aged = users.get("ada")
    assert aged is not None
    users.set_password("ada", "difference-engine")
    users.renew_hash(aged, PASSWORD)
    assert users.verify(users.get("ada"), "difference-engine")


def test_what_can_not_be_added(users: Users) -> None:
    """Each is refused with a sentence for who asked, and leaves nothing behind."""
    for name in ("", None, 7, "a\nb", "\ud800", "x" * 2000):
        with pytest.raises(UsageError):
            users.add(name, PASSWORD)  # type: ignore[arg-type]
    for password in ("", None, b"analytical-engine", "1234567", "password1", "a" * 5000):
        with pytest.raises(PasswordError):
            users.add("ada", password)  # type: ignore[arg-type]
    for roles in (["a,b"], [""], [None], [" a"], ["a\n"], ["x" * 65], "admin"):
        with pytest.raises(UsageError):
            users.add("ada", PASSWORD, roles=roles)  # type: ignore[arg-type]
    assert list(users.list()) == []


def test_no_hash_is_shown(users: Users) -> None:
    """Neither a user's nor a store's `repr` has it."""
    record = users.add("ada", PASSWORD)
    for shown in (repr(record), repr(users), repr(users.store), repr(list(users.list()))):
        assert "scrypt" not in shown
        assert record.version not in shown


class TestMapping:
    """A mapping: read as it is at the moment, and never written."""

    def test_both_shapes(self) -> None:
        """A hash alone, or a mapping with roles."""
        entry = {"password": HASH, "roles": ["admin"], "enabled": False}
        store = MappingUsers({"ada": HASH, "grace": entry})
        assert store.get("ada") == UserRecord("ada", HASH)
        assert store.get("grace") == UserRecord("grace", HASH, frozenset({"admin"}), False)
        assert store.get("chuck") is None

    def test_change_in_the_mapping_counts(self) -> None:
        """At once."""
        mapping = {"ada": HASH}
        store = MappingUsers(mapping)
        del mapping["ada"]
        assert store.get("ada") is None

    @pytest.mark.parametrize(
        "mapping",
        [
            {"ada": "analytical-engine"},
            {"ada": ""},
            {"ada": None},
            {"ada": 7},
            {"ada": {}},
            {"ada": {"password": "plain"}},
            {"ada": {"password": HASH, "role": "admin"}},
            {"ada": {"password": HASH, "roles": "admin"}},
            {"ada": {"password": HASH, "roles": [["admin"]]}},
            {"ada": {"password": HASH, "enabled": "no"}},
            {"ada": {"password": HASH, "enabled": 0}},
            {"ada": "{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g="},
            {7: HASH},
            {"": HASH},
        ],
    )
    def test_other_entries(self, mapping: Any) -> None:
        """They stop the app as it starts, by a sentence without what stands there."""
        with pytest.raises(StoreError) as error:
            SimpleLogin(new_app(), users=mapping)
        assert "analytical-engine" not in str(error.value)
        assert HASH not in str(error.value)

    def test_it_can_not_be_written(self) -> None:
        """It says so."""
        users = Users(MappingUsers({"ada": HASH}))
        assert not users.is_writable
        with pytest.raises(StoreError, match="read only"):
            users.set_password("ada", "difference-engine")


class TestHtpasswd:
    """Apache's file."""

    LINES = "# staff\n\nada:$2y$05$DSLD5LZk3R4bKgIzMrTtMeHL1iD.SwN54BlOo/JOpDA3MQ7jbPhtK\n"

    def test_it_is_read_anew(self, tmp_path: Path) -> None:
        """A line that is added or removed counts at the next request."""
        path = tmp_path / "users.htpasswd"
        path.write_text(self.LINES)
        store = HtpasswdUsers(path)
        assert store.get("ada") is not None
        assert store.get("# staff") is None
        path.write_text(self.LINES.replace("ada", "grace"))
        assert store.get("ada") is None
        assert [record.username for record in store.list()] == ["grace"]
        path.unlink()
        with pytest.raises(StoreError, match="can't be read"):
            store.get("grace")

    def test_bcrypt_is_verified(self, tmp_path: Path) -> None:
        """As `htpasswd -B` writes it."""
        bcrypt = pytest.importorskip("bcrypt")
        made = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(5)).decode()
        (tmp_path / "f").write_text(f"ada:{made.replace('$2b$', '$2y$')}\n")
        users = Users(open_store("htpasswd:f", tmp_path))
        assert users.verify(users.get("ada"), PASSWORD)
        assert not users.verify(users.get("ada"), "difference-engine")

    @pytest.mark.parametrize(
        "line",
        [
            "ada",
            "ada:",
            ":$2y$05$DSLD5LZk3R4bKgIzMrTtMeHL1iD.SwN54BlOo/JOpDA3MQ7jbPhtK",
            "ada:analytical-engine",
            "ada:$apr1$salt$hash",
            "ada:{SHA}W6ph5Mm5Pz8GgiULbPgzG37mj9g=",
        ],
    )
    def test_other_lines(self, tmp_path: Path, line: str) -> None:
        """Their number is told, not their content."""
        (tmp_path / "f").write_text(f"{self.LINES}{line}\n")
        with pytest.raises(StoreError, match="Line 4 ") as error:
            HtpasswdUsers(tmp_path / "f")
        assert "analytical" not in str(error.value)


class TestOwnModel:
    """A program's own model."""

    @pytest.mark.parametrize("field", ["username", "roles", "is_enabled", "version"])
    def test_attribute_that_is_not_there(self, tmp_path: Path, field: str) -> None:
        """A slip in its name is an error, for it could let in who is disabled."""
        names: dict[str, Any] = {"username": "email", "password_hash": "secret", field: "activ"}
        with pytest.raises(StoreError, match=f"no attribute 'activ': .* by {field}="):
            SQLUsers(own_model(tmp_path).engine, model=Person, **names)

    def test_roles_may_be_objects(self, tmp_path: Path) -> None:
        """Of a table of their own; then they are read only."""

        class Roles(DeclarativeBase):
            pass

        class Member(Roles):
            __tablename__ = "member"
            username: Mapped[str] = mapped_column(primary_key=True)
            password_hash: Mapped[str] = mapped_column(String(255))
            roles: Mapped[list[Role]] = relationship()

        class Role(Roles):
            __tablename__ = "role"
            name: Mapped[str] = mapped_column(primary_key=True)
            member: Mapped[str] = mapped_column(ForeignKey("member.username"))

        Member.__annotations__["roles"] = Mapped[list[Role]]
        engine = create_engine(f"sqlite:///{tmp_path}/roles.db", poolclass=NullPool)
        Roles.metadata.create_all(engine)
        with Session(engine) as session:
            session.add(Member(username="ada", password_hash=HASH, roles=[Role(name="admin")]))
            session.commit()
        users = Users(SQLUsers(engine, model=Member))
        found = users.get("ada")
        assert found is not None
        assert found.roles == {"admin"}
        with pytest.raises(StoreError, match="can't be changed"):
            users.set_roles("ada", ["editor"])

    def test_user_without_a_password(self, tmp_path: Path) -> None:
        """Who has none, as after a single sign-on, logs in by none."""
        store = own_model(tmp_path)
        with Session(store.engine) as session:
            session.add(Person(email="ada"))
            session.commit()
        users = Users(store)
        assert not users.verify(users.get("ada"), "")
        assert not users.verify(users.get("ada"), "None")

    def test_plain_text_in_the_table(self, tmp_path: Path) -> None:
        """It is never compared: an error, and nobody is let in."""
        store = own_model(tmp_path)
        with Session(store.engine) as session:
            session.add(Person(email="ada", secret=PASSWORD))
            session.commit()
        users = Users(store)
        with pytest.raises(StoreError, match="no hash") as error:
            users.verify(users.get("ada"), PASSWORD)
        assert PASSWORD not in str(error.value)


class TestUrl:
    """What `users=` and the setting may name."""

    @pytest.mark.parametrize(
        ("url", "sentence"),
        [
            ("users.db", "is a URL such as"),
            ("htpasswd:", "is a URL such as"),
            ("htpasswd:missing", "can't be read"),
            ("sqlite3:///users.db", "no database of the kind 'sqlite3'"),
            ("postgresql://u:hunter2@host:port/d", "can't be read"),
            ("mysql+mysqldb://u:hunter2@host/d", "driver MySQLdb .* is not installed"),
            ("://", "can't be read"),
            ("sqlite:////proc/none/users.db", "can't be made"),
            (7, "takes a mapping"),
            (Staff, "takes a mapping"),
            (object(), "takes a mapping"),
        ],
    )
    def test_wrong_one(self, url: Any, sentence: str) -> None:
        """It stops the app by a sentence that has no password in it."""
        with pytest.raises((StoreError, UsageError), match=sentence) as error:
            SimpleLogin(new_app(), users=url)
        assert "hunter2" not in str(error.value)

    def test_file_is_for_its_owner_only(self, tmp_path: Path) -> None:
        """It holds hashes; a relative path starts at the folder, which is made."""
        users = Users(open_store("sqlite:///in/users.db", tmp_path))
        users.add("ada", PASSWORD)
        assert (tmp_path / "in" / "users.db").stat().st_mode & 0o777 == 0o600

    def test_name_that_is_too_long(self, tmp_path: Path) -> None:
        """What the table has no room for is refused, where SQLite would take it."""
        users = Users(open_store("sqlite://", tmp_path))
        with pytest.raises(UsageError, match="255 characters"):
            users.add("x" * 256, PASSWORD)

    def test_missing_column(self, tmp_path: Path) -> None:
        """It is named, in a sentence."""
        store = SQLUsers.from_url("sqlite:///users.db", tmp_path)
        with store.engine.begin() as connection:
            connection.execute(text("CREATE TABLE simplelogin_user (username TEXT, roles TEXT)"))
        sentence = "has no column is_enabled, password_hash, version"
        with pytest.raises(StoreError, match=sentence):
            store.get("ada")
        with pytest.raises(StoreError, match=sentence):
            Users(store).add("ada", PASSWORD)

    def test_no_database_in_the_file(self, tmp_path: Path) -> None:
        """A sentence, and nothing of the statement."""
        (tmp_path / "users.db").write_text("not a database" * 100)
        store = SQLUsers.from_url("sqlite:///users.db", tmp_path)
        with pytest.raises(StoreError, match="can't be used: file is not a database") as error:
            store.get("ada")
        assert error.value.__cause__ is None
        assert error.value.__suppress_context__

    def test_second_table_of_that_name(self, tmp_path: Path) -> None:
        """Two rows of one name let nobody in."""
        store = own_model(tmp_path)
        with store.engine.begin() as connection:
            connection.execute(text("DROP TABLE person"))
            connection.execute(
                text(
                    "CREATE TABLE person (id INTEGER PRIMARY KEY, email TEXT, secret TEXT, "
                    "groups TEXT, active BOOLEAN, stamp TEXT)"
                )
            )
            insert = "INSERT INTO person (email, secret, active) VALUES ('ada', 'x', 1)"
            connection.execute(text(insert))
            connection.execute(text(insert))
        with pytest.raises(StoreError, match="several users 'ada'"):
            store.get("ada")


@pytest.mark.parametrize("answer", [{"username": "ada"}, True, HASH, SQLUser(username="ada")])
def test_store_that_answers_otherwise(answer: object) -> None:
    """Only a `UserRecord` is a user: anything else is an error."""

    class Odd:
        def get(self, username: str) -> Any:
            return answer

    with pytest.raises(StoreError, match="must return a UserRecord"):
        Users(Odd()).get("ada")


def test_forked_worker_has_connections_of_its_own(postgresql_url: str, tmp_path: Path) -> None:
    """What gunicorn's master has opened before it forks is not read by two of its workers."""
    store = SQLUsers.from_url(postgresql_url, tmp_path)
    users = Users(store)
    if users.get("fork") is None:
        users.add("fork", PASSWORD)
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        opened = store.engine.pool.checkedin()  # type: ignore[attr-defined]
        os.write(writer, f"{opened} {users.get('fork') is not None}".encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert os.read(reader, 100) == b"0 True"
    assert users.get("fork") is not None
    store.engine.dispose()
