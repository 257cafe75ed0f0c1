"""Users in a database, by SQLAlchemy: from SQLite in one file to PostgreSQL."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from inspect import getattr_static, isfunction
from pathlib import Path
from threading import RLock
from typing import Any, Protocol, TypeVar
from weakref import ref

from ..errors import MissingExtraError, StoreError, UsageError, UserExistsError
from .records import Changes, UserRecord, roles_of

try:
    from sqlalchemy import Engine, String, create_engine, delete, inspect, select, update
    from sqlalchemy.engine import URL, make_url
    from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
    from sqlalchemy.pool import NullPool, StaticPool
except ImportError:
    raise MissingExtraError("Users in a database need SQLAlchemy 2", "sql") from None

MAX_NAME_LENGTH = 255

# For how many seconds SQLite waits for another process to finish writing.
_SQLITE_PATIENCE = 30

logger = logging.getLogger("flask_simplelogin")

T = TypeVar("T")


class _Base(DeclarativeBase):
    """The base of our own table, apart from those of the program."""


class SQLUser(_Base):
    """A row of the table `simplelogin_user`, which a store makes where it is given no model."""

    __tablename__ = "simplelogin_user"

    username: Mapped[str] = mapped_column(String(MAX_NAME_LENGTH), primary_key=True)
    password_hash: Mapped[str] = mapped_column(String(255))
    roles: Mapped[str] = mapped_column(String(1024), default="")
    is_enabled: Mapped[bool] = mapped_column(default=True)
    version: Mapped[str] = mapped_column(String(32), default="")

    def __repr__(self) -> str:
        return f"<SQLUser {self.username!r}>"

    def __str__(self) -> str:
        return self.username


class HasEngine(Protocol):
    """Anything with an ``engine``: SQLAlchemy's own, or Flask-SQLAlchemy's ``db``."""

    @property
    def engine(self) -> Engine:
        """Return the engine of the database."""


class SQLUsers:
    """The users in a table of a database.

    >>> SimpleLogin(app, users=SQLUsers(db, model=Person, username="email", is_enabled="active"))
    <SimpleLogin>

    Args:
        engine: An engine of SQLAlchemy, or Flask-SQLAlchemy's ``db``.
        model: A mapped class of your own; without one there is the table ``simplelogin_user``,
            made when the first user is added.
        username: The model's attribute for the name. It should be unique, and needs an index.
        password_hash: Its attribute for the hash: a text of 255 characters or more.
        roles: Its attribute for the roles, ``roles`` if it has that: a text with commas, or a
            relationship to objects with a ``name``, which is read only.
        is_enabled: Its attribute that says who is let in, ``is_enabled`` if it has that.
        version: Its attribute for a text of 32 characters that only the store changes. With it, a
            new hash for the same password, as a login makes it where the old one has aged, ends
            no session.
    """

    def __init__(
        self,
        engine: HasEngine,
        *,
        model: type[Any] = SQLUser,
        username: str = "username",
        password_hash: str = "password_hash",  # noqa: S107  # the name of a column
        roles: str | None = None,
        is_enabled: str | None = None,
        version: str | None = None,
    ) -> None:
        if isinstance(engine, str) or not hasattr(type(engine), "engine"):
            raise StoreError(
                "SQLUsers takes an engine of SQLAlchemy or Flask-SQLAlchemy's db, not "
                f"{type(engine).__name__}. For a URL write users='sqlite:///users.db'."
            )
        self._source = engine
        self._model = model
        self._turn: AbstractContextManager[Any] = nullcontext()
        if isinstance(engine, Engine):
            _forget_connections_after_fork(engine)
            if isinstance(engine.pool, StaticPool):  # one connection for all threads
                self._turn = RLock()
        names = {
            "username": username,
            "password_hash": password_hash,
            "roles": roles or _own(model, "roles"),
            "is_enabled": is_enabled or _own(model, "is_enabled"),
            "version": version or ("version" if model is SQLUser else None),
        }
        self._names = {field: name for field, name in names.items() if name}
        for field, name in self._names.items():
            # Left out, or always true as a method is, it might let in who is disabled.
            if not hasattr(model, name) or isfunction(getattr_static(model, name)):
                raise StoreError(
                    f"{model.__name__} has no attribute {name!r}: tell SQLUsers its name by "
                    f"{field}=."
                )

    def __repr__(self) -> str:
        return f"<SQLUsers of {self._table}>"

    @classmethod
    def from_url(cls, url: str, folder: str | Path) -> SQLUsers:
        """Return the users in the database of a URL of SQLAlchemy.

        Args:
            url: Such as ``sqlite:///users.db`` or ``postgresql+psycopg://user@host/database``.
            folder: Where the relative path of a SQLite file starts.

        Raises:
            StoreError: The URL can't be read, its driver is not installed, or the folder of the
                file can't be made.
        """
        try:
            parsed = make_url(url)
            if parsed.get_backend_name() == "sqlite":
                return cls(_sqlite_engine(parsed, Path(folder)))
            return cls(create_engine(parsed, pool_pre_ping=True, hide_parameters=True))
        except NoSuchModuleError:
            kind = url.partition("://")[0]
            hint = " Write postgresql+psycopg://." if kind == "postgres" else ""
            raise StoreError(f"SQLAlchemy knows no database of the kind {kind!r}.{hint}") from None
        except ImportError as error:
            raise StoreError(
                f"The driver {error.name} of the user database is not installed: install it, or "
                "name another in the URL, such as postgresql+psycopg://."
            ) from None
        except OSError as error:
            raise StoreError(
                f"The file of the user database can't be made in {error.filename}: "
                f"{error.strerror}."
            ) from None
        except (SQLAlchemyError, ValueError):
            raise StoreError(
                "The URL of the user database can't be read: it looks like sqlite:///users.db or "
                "postgresql+psycopg://user:password@host/database."
            ) from None

    def get(self, username: str) -> UserRecord | None:
        """Return the user of this name, or `None`; so too where there is no table yet."""
        query = select(self._model).where(self._column("username") == username).limit(2)
        none: Sequence[UserRecord] = ()
        found = self._run(lambda session: self._records(session, query), missing=none)
        if len(found) > 1:
            raise StoreError(f"There are several users {username!r} in {self._table}.")
        return found[0] if found else None

    def list(self) -> Iterable[UserRecord]:
        """Return all users in the order of their names; none where there is no table yet."""
        query = select(self._model).order_by(self._column("username"))
        return self._run(lambda session: self._records(session, query), missing=())

    def add(self, record: UserRecord) -> None:
        """Add a user; the first one makes the table."""
        if len(record.username) > MAX_NAME_LENGTH:
            raise UsageError(f"A username can have {MAX_NAME_LENGTH} characters at most.")
        changes = Changes(
            password_hash=record.password_hash,
            is_enabled=record.is_enabled,
            version=record.version,
        )
        if record.roles:
            changes["roles"] = record.roles
        values = self._values(changes, ignored=("is_enabled", "version"))

        def work(session: Session) -> None:
            query = select(self._model).where(self._column("username") == record.username)
            if session.scalars(query).unique().first() is not None:
                raise UserExistsError(record.username)
            session.add(self._model(**{self._names["username"]: record.username, **values}))
            session.flush()

        self._make_table()
        try:
            self._run(work)
        except StoreError:
            if self.get(record.username) is not None:
                raise UserExistsError(record.username) from None
            raise

    def change(self, username: str, changes: Changes, if_hash: str | None = None) -> bool:
        """Change these fields of a user in one statement; return whether there was one."""
        values = self._values(changes, ignored=("version",))
        statement = update(self._model).where(self._column("username") == username)
        if if_hash is not None:
            statement = statement.where(self._column("password_hash") == if_hash)
        return self._execute(statement.values(values))

    def remove(self, username: str) -> bool:
        """Remove a user; return whether there was one."""
        return self._execute(delete(self._model).where(self._column("username") == username))

    @property
    def place(self) -> str:
        """Where the users are, in words and without a password."""
        url = self.engine.url
        host = f" at {url.host}" if url.host else ""
        return f"{url.database or 'memory'}{host}"

    @property
    def engine(self) -> Engine:
        """The engine of the database; where the model names a bind of ``db``, that one."""
        bind = getattr(self._model, "__bind_key__", None)
        engine: Engine = self._source.engines[bind] if bind else self._source.engine  # type: ignore[attr-defined]
        return engine

    @property
    def _table(self) -> str:
        """The table's name."""
        return str(inspect(self._model).local_table.name)

    @property
    def _schema(self) -> str | None:
        """The schema that the table is in, if the model says one."""
        schema: str | None = inspect(self._model).local_table.schema
        return schema

    def _column(self, field: str) -> Any:
        """Return the model's attribute for a field."""
        return getattr(self._model, self._names[field])

    def _records(self, session: Session, query: Any) -> Sequence[UserRecord]:
        """Return the users that a query finds."""
        return tuple(self._record(row) for row in session.scalars(query).unique())

    def _record(self, row: Any) -> UserRecord:
        """Return what a row says of a user; what is no hash lets nobody in."""
        values = {field: getattr(row, name) for field, name in self._names.items()}
        is_enabled = values.get("is_enabled", True)
        if is_enabled not in {True, False, None}:  # as 1 and 0 are
            raise StoreError(f"Whether {values['username']!r} is enabled is not told by a truth.")
        return UserRecord(
            username=values["username"],
            password_hash=values["password_hash"] or "",
            roles=roles_of(values.get("roles")),
            is_enabled=bool(is_enabled),
            version=str(values.get("version") or ""),
        )

    def _values(self, changes: Changes, ignored: tuple[str, ...]) -> dict[str, object]:
        """Return the model's attributes and what is to stand in them."""
        values: dict[str, object] = {}
        for field, value in changes.items():
            if field in self._names:
                values[self._names[field]] = value
            elif field not in ignored:
                raise StoreError(f"{self._model.__name__} has nothing to keep {field} in.")
        if "roles" in changes:
            name = self._names["roles"]
            if name not in inspect(self._model).columns:
                raise StoreError(f"The roles in {self._table} can't be changed from here.")
            values[name] = ",".join(sorted(changes["roles"]))
        return values

    def _execute(self, statement: Any) -> bool:
        """Run a statement; return whether it met a row."""
        options = {"synchronize_session": False}

        def work(session: Session) -> bool:
            result: Any = session.execute(statement, execution_options=options)
            return bool(result.rowcount)

        return self._run(work, missing=False)

    def _run(self, work: Callable[[Session], T], missing: T | None = None) -> T:
        """Do some work in a transaction of its own.

        Args:
            work: Gets a session that nobody else has.
            missing: What to return where there is no table; `None` makes that an error too.
        """
        try:
            with self._turn, Session(self.engine) as session, session.begin():
                return work(session)
        except SQLAlchemyError as error:
            is_ours = self._model is SQLUser
            if missing is not None and is_ours and _has_connected(error) and self._lacks_table():
                return missing
            # Without its cause, which may show the statement with the hash in it.
            raise StoreError(self._explanation(error)) from None

    def _make_table(self) -> None:
        """Make our own table, unless it is there; another process may be faster."""
        if self._model is not SQLUser:
            return
        try:
            with self._turn:
                _Base.metadata.create_all(self.engine)
        except SQLAlchemyError as error:
            if not _has_connected(error) or self._lacks_table():
                raise StoreError(self._explanation(error)) from None

    def _lacks_table(self) -> bool:
        """Return whether the database answers, and has no such table."""
        try:
            return not inspect(self.engine).has_table(self._table, self._schema)
        except SQLAlchemyError:
            return False

    def _explanation(self, error: SQLAlchemyError) -> str:
        """Return a sentence that says what is wrong: the table's shape, or the database."""
        if _has_connected(error):
            missing = ", ".join(self._missing_columns())
            if missing:
                return f"The table {self._table} has no column {missing}."
        reason = str(getattr(error, "orig", None) or type(error).__name__).strip().splitlines()[0]
        if "@" in reason:  # it may be a part of the URL, and of the password in it
            reason = type(error).__name__
        return f"The user database can't be used: {reason}"

    def _missing_columns(self) -> Iterable[str]:
        """Return which columns the table lacks, if it can be told."""
        mapper = inspect(self._model)
        wanted = {mapper.columns[n].name for n in self._names.values() if n in mapper.columns}
        try:
            columns = inspect(self.engine).get_columns(self._table, self._schema)
        except SQLAlchemyError:
            return ()
        return sorted(wanted - {column["name"] for column in columns})


def _has_connected(error: SQLAlchemyError) -> bool:
    """Return whether the database has been reached, so that it is worth another question."""
    return getattr(error, "statement", None) is not None


def _own(model: type[Any], name: str) -> str | None:
    """Return the name if the model has an attribute of that name."""
    return name if hasattr(model, name) else None


def _sqlite_engine(url: URL, folder: Path) -> Engine:
    """Return an engine for SQLite; its file can be read by its owner only, and holds hashes.

    Each use opens the file anew, which is cheap, so that nothing is shared after a fork.
    """
    arguments = {"timeout": _SQLITE_PATIENCE}
    name = url.database or ":memory:"
    if name == ":memory:":
        logger.warning("The users are kept in memory only: name a file, as in sqlite:///users.db.")
        return create_engine(
            url,
            poolclass=StaticPool,
            connect_args={"check_same_thread": False},
            hide_parameters=True,
        )
    if not name.startswith("file:"):
        path = folder / name
        if folder in path.parents:  # another folder that is missing may be a slip
            path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        url = url.set(database=str(path))
    return create_engine(url, poolclass=NullPool, connect_args=arguments, hide_parameters=True)


def _forget_connections_after_fork(engine: Engine) -> None:
    """Keep a process that is forked, as gunicorn's workers are, off its parent's connections."""
    reference = ref(engine)

    def forget() -> None:
        engine = reference()
        if engine is not None:
            engine.dispose(close=False)

    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=forget)
