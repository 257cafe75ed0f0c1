"""An app whose users are in a store, or loaded by the program: through its front door."""

from __future__ import annotations

import json
import logging
import re
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, abort, render_template_string, session
from flask.views import MethodView
from sqlalchemy import event, text
from werkzeug.security import generate_password_hash

from flask_simplelogin import (
    SimpleLogin,
    UnknownUserError,
    UsageError,
    UserRecord,
    get_user,
    get_username,
    has_role,
    is_logged_in,
    login_required,
    login_user,
)
from flask_simplelogin.identity import FINGERPRINT
from flask_simplelogin.users.sql import SQLUsers

from .conftest import Visitor, client_of, new_app, with_views

PASSWORD = "analytical-engine"
HASH = generate_password_hash(PASSWORD, "scrypt:1024:8:1")
OTHER_HASH = generate_password_hash("difference-engine", "scrypt:1024:8:1")


def with_role_views(app: Flask) -> Flask:
    """Give the app views that ask for roles."""
    with_views(app)

    @app.get("/admin")
    @login_required(role="admin")
    def admin() -> str:
        return "for admins"

    @app.get("/staff")
    @login_required(role=["admin", "editor"], basic=True)
    def staff() -> str:
        return "for staff"

    @app.get("/nobody")
    @login_required(role=[])
    def nobody() -> str:
        return "for nobody"

    @app.get("/me")
    def me() -> dict[str, Any]:
        user = get_user()
        return {
            "name": get_username(),
            "is_admin": has_role("admin"),
            "is_staff": has_role({"admin", "editor"}),
            "is_anything": has_role([]),
            "user": None if user is None else repr(user),
            "page": render_template_string(
                "{{ has_role('admin') }} {{ get_user().username if get_user() }}"
            ),
        }

    return app


def mapped_app(users: Any = None, **config: Any) -> tuple[Flask, dict[str, Any]]:
    """Return an app with three users in a mapping, and the mapping."""
    mapping: dict[str, Any] = {
        "ada": {"password": HASH, "roles": ["admin"]},
        "grace": {"password": HASH, "roles": ["editor", "administrator"]},
        "chuck": HASH,
        "eve": {"password": HASH, "roles": ["admin"], "enabled": False},
    }
    mapping.update(users or {})
    app = new_app(**config)
    SimpleLogin(app, users=mapping)
    return with_role_views(app), mapping


def basic(username: str, password: str = PASSWORD) -> dict[str, str]:
    """Return the header that carries the credentials."""
    return {"Authorization": "Basic " + b64encode(f"{username}:{password}".encode()).decode()}


@pytest.fixture
def sql_app(tmp_path: Path) -> Flask:
    """An app with users in SQLite: ada, an admin."""
    app = new_app()
    login = SimpleLogin(app, users=f"sqlite:///{tmp_path}/users.db")
    login.users.add("ada", PASSWORD, roles=["admin"])
    return with_role_views(app)


def login_of(app: Flask) -> SimpleLogin:
    """Return the app's login."""
    login = app.extensions["simplelogin"]
    assert isinstance(login, SimpleLogin)
    return login


def test_login() -> None:
    """A user of the store gets in by the password, and by nothing else."""
    app, _ = mapped_app()
    for name, password, status in [
        ("ada", PASSWORD, 302),
        ("ada", "wrong", 401),
        ("ada", HASH, 401),
        ("eve", PASSWORD, 401),
        ("nobody", PASSWORD, 401),
        ("ADA", PASSWORD, 401),
        ("admin", "secret", 401),
    ]:
        assert client_of(app).log_in(name, password).status_code == status, name


def test_login_by_json_and_basic() -> None:
    """They ask the same store."""
    app, _ = mapped_app()
    for password, status in [(PASSWORD, 200), ("wrong", 401)]:
        visitor = client_of(app)
        answer = visitor.post("/login/", json={"username": "ada", "password": password})
        assert answer.status_code == status
        assert client_of(app).get("/api", headers=basic("ada", password)).status_code == status
        assert client_of(app).get("/api", headers=basic("eve", password)).status_code == 401


@pytest.mark.parametrize(
    ("name", "admin", "staff"),
    [("ada", 200, 200), ("grace", 403, 200), ("chuck", 403, 403)],
)
def test_roles(name: str, admin: int, staff: int) -> None:
    """Who has one of the roles gets in, at each entrance; no role at all admits nobody."""
    app, _ = mapped_app()
    visitor = client_of(app)
    visitor.log_in(name, PASSWORD)
    assert visitor.get("/admin").status_code == admin
    assert visitor.get("/staff").status_code == staff
    assert visitor.get("/nobody").status_code == 403
    assert client_of(app).get("/staff", headers=basic(name)).status_code == staff
    told = visitor.get("/me").get_json()
    assert told["is_admin"] is (admin == 200)
    assert told["is_staff"] is (staff == 200)
    assert told["is_anything"] is False


def test_who_is_told() -> None:
    """`get_user` gives the record, without the hash; an anonymous visitor is nobody."""
    app, _ = mapped_app()
    visitor = client_of(app)
    anonymous = visitor.get("/me").get_json()
    assert (anonymous["name"], anonymous["user"], anonymous["is_admin"]) == (None, None, False)
    assert anonymous["page"] == "False "
    assert visitor.get("/admin").status_code == 302
    visitor.log_in("ada", PASSWORD)
    told = visitor.get("/me").get_json()
    assert told["page"] == "True ada"
    assert "UserRecord(username='ada'" in told["user"]
    assert "scrypt" not in told["user"]


@pytest.mark.parametrize("role", [7, b"admin", object()])
def test_role_of_a_wrong_type(role: Any) -> None:
    """It is an error where the view is written."""
    with pytest.raises(UsageError, match="role= takes a name"):
        login_required(role=role)


def test_role_without_a_store(app: Flask, visitor: Visitor) -> None:
    """Nobody has one."""

    @app.get("/admin")
    @login_required(role="admin")
    def admin() -> str:
        return "for admins"

    visitor.log_in()
    assert visitor.get("/admin").status_code == 403


def test_role_in_a_class_based_view() -> None:
    """It stands with the other conditions: all must hold."""
    app, _ = mapped_app()

    class View(MethodView):
        decorators = [login_required(role="admin", username=["grace", "ada"])]

        def get(self) -> str:
            return "in"

    app.add_url_rule("/view", view_func=View.as_view("view"))
    for name, status in [("ada", 200), ("grace", 403)]:
        visitor = client_of(app)
        visitor.log_in(name, PASSWORD)
        assert visitor.get("/view").status_code == status


class TestNextRequest:
    """What changes in the store counts at the next request."""

    Change = Callable[[dict[str, Any]], object]

    @pytest.mark.parametrize(
        "change",
        [
            lambda users: users.pop("ada"),
            lambda users: users.update(ada=OTHER_HASH),
            lambda users: users.update(ada={"password": HASH, "enabled": False}),
        ],
        ids=["removed", "new password", "disabled"],
    )
    def test_session_ends(self, change: Change) -> None:
        """Of who is removed or disabled, or has another password; and nothing is left of it."""
        app, users = mapped_app()
        visitor, other = client_of(app), client_of(app)
        visitor.log_in("ada", PASSWORD)
        other.log_in("grace", PASSWORD)
        with visitor.session_transaction() as data:
            data["cart"] = "books"
        change(users)
        assert visitor.get("/secret").status_code == 302
        assert "cart" not in visitor.session_data()
        assert other.get("/secret").status_code == 200

    def test_session_does_not_come_back(self, sql_app: Flask) -> None:
        """Who is enabled again, or added again, logs in again."""
        visitor = client_of(sql_app)
        visitor.log_in("ada", PASSWORD)
        cookie = visitor.get_cookie("session")
        assert cookie is not None
        users = login_of(sql_app).users
        users.disable("ada")
        users.enable("ada")
        assert visitor.get("/secret").status_code == 302
        visitor.log_in("ada", PASSWORD)
        assert visitor.get("/secret").status_code == 200
        users.remove("ada")
        users.add("ada", PASSWORD, roles=["admin"])
        assert visitor.get("/secret").status_code == 302

    def test_roles_change_without_a_login(self, sql_app: Flask) -> None:
        """The session goes on, with other rights."""
        visitor = client_of(sql_app)
        visitor.log_in("ada", PASSWORD)
        assert visitor.get("/admin").status_code == 200
        login_of(sql_app).users.set_roles("ada", ["editor"])
        assert visitor.get("/admin").status_code == 403
        assert visitor.get("/staff").status_code == 200

    def test_basic_credentials_are_forgotten(self) -> None:
        """A yes that is remembered is not that of a changed, disabled or removed user."""
        app, users = mapped_app()
        for change in ({"password": OTHER_HASH}, {"password": HASH, "enabled": False}, None):
            users["ada"] = HASH
            assert client_of(app).get("/api", headers=basic("ada")).status_code == 200
            users["ada"] = change
            assert client_of(app).get("/api", headers=basic("ada")).status_code == 401


class TestFingerprint:
    """What the session carries of the credential."""

    def test_session_without_one(self) -> None:
        """As the program or an older version wrote it: it counts for a user who exists."""
        app, users = mapped_app()
        visitor = client_of(app)
        with visitor.session_transaction() as data:
            data.update(simple_logged_in=True, simple_username="ada")
        assert visitor.get("/secret").status_code == 200
        assert visitor.session_data()[FINGERPRINT]
        users["ada"] = OTHER_HASH
        assert visitor.get("/secret").status_code == 302
        for name in ("eve", "nobody"):
            with visitor.session_transaction() as data:
                data.update(simple_logged_in=True, simple_username=name)
            assert visitor.get("/secret").status_code == 302

    def test_it_tells_nothing(self) -> None:
        """It differs between apps with other keys, and between users with the same hash."""
        seen = set()
        for key in ("one key", "another key"):
            app, _ = mapped_app(key=key)
            for name in ("ada", "grace"):
                visitor = client_of(app)
                visitor.log_in(name, PASSWORD)
                seen.add(visitor.session_data()[FINGERPRINT])
        assert len(seen) == 4
        assert all(re.fullmatch("[0-9a-f]{32}", each) for each in seen)

    @pytest.mark.parametrize("value", ["", "é", 7, ["x"], None, "0" * 32])
    def test_other_value(self, value: Any) -> None:
        """It ends the session, whatever a program has written; none gets one."""
        app, _ = mapped_app()
        visitor = client_of(app)
        visitor.log_in("ada", PASSWORD)
        with visitor.session_transaction() as data:
            data[FINGERPRINT] = value
        expected = 200 if value is None else 302
        assert visitor.get("/secret").status_code == expected

    def test_key_that_is_replaced(self) -> None:
        """With the old one among the fallbacks sessions go on, as Flask's own do."""
        app, _ = mapped_app(key="old key")
        visitor = client_of(app)
        visitor.log_in("ada", PASSWORD)
        app.config.update(SECRET_KEY="new key", SECRET_KEY_FALLBACKS=["old key"])
        assert visitor.get("/secret").status_code == 200

    def test_no_hash_in_the_cookie(self, sql_app: Flask) -> None:
        """Nor its version, for a client can read its cookie."""
        visitor = client_of(sql_app)
        visitor.log_in("ada", PASSWORD)
        record = login_of(sql_app).users.get("ada")
        assert record is not None
        data = json.dumps(visitor.session_data())
        assert record.version not in data
        assert "scrypt" not in data


class TestUserLoader:
    """The program's own objects."""

    class Person:
        """A user as a program has them."""

        def __init__(self, name: str, roles: Any = ()) -> None:
            self.username = name
            self.roles = roles

        def __repr__(self) -> str:
            return f"<Person {self.username}>"

    def app_with(self, people: dict[str, Any], **options: Any) -> Flask:
        """Return an app whose checker knows the password, and whose loader knows the people."""
        app = new_app()
        options = options or {"login_checker": lambda user: user["password"] == PASSWORD}
        login = SimpleLogin(app, **options)

        @login.user_loader
        def load(username: str) -> object:
            return people.get(username)

        return with_role_views(app)

    def test_object_and_its_roles(self) -> None:
        """`get_user` gives the object, and its roles count, also as objects with a name."""

        class Role:
            name = "admin"

        people = {
            "ada": self.Person("ada", [Role()]),
            "grace": self.Person("grace", "editor, administrator"),
            "chuck": self.Person("chuck", None),
        }
        app = self.app_with(people)
        for name, admin, staff in [
            ("ada", 200, 200),
            ("grace", 403, 200),
            ("chuck", 403, 403),
        ]:
            visitor = client_of(app)
            visitor.log_in(name, PASSWORD)
            assert visitor.get("/me").get_json()["user"] == f"<Person {name}>"
            assert visitor.get("/admin").status_code == admin
            assert visitor.get("/staff").status_code == staff

    def test_who_is_none(self) -> None:
        """They are not let in, and out at the next request; at each entrance."""
        people = {"ada": self.Person("ada")}
        app = self.app_with(people)
        visitor = client_of(app)
        assert visitor.log_in("grace", PASSWORD).status_code == 401
        assert client_of(app).get("/api", headers=basic("grace")).status_code == 401
        assert client_of(app).get("/api", headers=basic("ada")).status_code == 200
        visitor.log_in("ada", PASSWORD)
        assert visitor.get("/secret").status_code == 200
        del people["ada"]
        assert visitor.get("/secret").status_code == 302
        assert client_of(app).get("/api", headers=basic("ada")).status_code == 401

    def test_beside_a_store(self) -> None:
        """The store checks, the loader gives the object; who has no roles there has the store's."""
        people = {"ada": {"email": "ada@example.com"}, "chuck": self.Person("chuck", ["admin"])}
        app = self.app_with(people, users=dict.fromkeys(("ada", "chuck", "grace"), HASH))
        for name, admin in [("ada", 403), ("chuck", 200), ("grace", 302)]:
            visitor = client_of(app)
            visitor.log_in(name, PASSWORD)
            assert visitor.get("/admin").status_code == admin, name

    def test_it_is_asked_once_a_request(self) -> None:
        """However often the views and templates ask."""
        asked: list[str] = []

        def load(name: str) -> object:
            asked.append(name)
            return name

        app = new_app()
        SimpleLogin(app, lambda user: True, user_loader=load)
        visitor = client_of(with_role_views(app))
        visitor.get("/me")
        assert asked == []
        visitor.log_in("ada", PASSWORD)
        asked.clear()
        visitor.get("/me")
        assert asked == ["ada"]

    def test_async(self) -> None:
        """Its answer is awaited: a coroutine alone would be somebody."""
        app = new_app()

        async def load(username: str) -> object:
            return username if username == "ada" else None

        SimpleLogin(app, lambda user: True, user_loader=load)
        with_views(app)
        assert client_of(app).log_in("grace").status_code == 401
        assert client_of(app).log_in("ada").status_code == 302

    @pytest.mark.parametrize("loader", [7, "load", lambda: None, lambda a, b: None])
    def test_what_can_not_load(self, loader: Any) -> None:
        """It is an error where it is given."""
        with pytest.raises(UsageError, match="user_loader"):
            SimpleLogin(new_app(), user_loader=loader)
        with pytest.raises(UsageError, match="user_loader"):
            SimpleLogin().user_loader(loader)

    def test_roles_that_can_not_be_read(self, caplog: pytest.LogCaptureFixture) -> None:
        """They are none, and the log has the reason."""

        class Detached:
            @property
            def roles(self) -> Any:
                raise RuntimeError("the database's session is closed")

        app = self.app_with({"ada": Detached()})
        visitor = client_of(app)
        visitor.log_in("ada", PASSWORD)
        assert visitor.get("/secret").status_code == 200
        assert visitor.get("/admin").status_code == 403
        assert "the database's session is closed" in caplog.text


class TestStoreAway:
    """The store can't be reached."""

    @pytest.fixture
    def away(self) -> tuple[Flask, list[Exception]]:
        """An app whose store raises what is in the list."""
        raised: list[Exception] = []

        class Store:
            def get(self, username: str) -> UserRecord | None:
                if raised:
                    raise raised[0]
                return UserRecord(username, HASH, frozenset({"admin"}))

        app = new_app()
        SimpleLogin(app, users=Store())
        return with_role_views(app), raised

    def test_answers(
        self, away: tuple[Flask, list[Exception]], caplog: pytest.LogCaptureFixture
    ) -> None:
        """Public pages know nobody, guards and the login answer 503, and then all is as before."""
        app, raised = away
        visitor = client_of(app)
        visitor.log_in("ada", PASSWORD)
        raised.append(ConnectionError("no route to the database"))
        told = visitor.get("/me")
        assert told.status_code == 200
        assert (told.get_json()["name"], told.get_json()["is_admin"]) == (None, False)
        assert caplog.text.count("no route to the database") == 1
        for path in ("/secret", "/admin", "/staff", "/api"):
            assert visitor.get(path).status_code == 503, path
        answer = visitor.get("/api", headers={"Accept": "application/json"})
        assert answer.status_code == 503
        assert answer.get_json()["detail"].endswith("Try again later.")
        assert client_of(app).get("/api", headers=basic("ada")).status_code == 503
        assert client_of(app).get("/secret").status_code == 302
        assert client_of(app).log_in("ada", PASSWORD).status_code == 503
        assert visitor.get("/login/").status_code == 200
        raised.clear()
        assert visitor.get("/admin").status_code == 200

    def test_logout(self, away: tuple[Flask, list[Exception]]) -> None:
        """Who wants to leave can leave."""
        app, raised = away
        visitor = client_of(app)
        visitor.log_in("ada", PASSWORD)
        raised.append(ConnectionError())
        assert visitor.get("/logout/").status_code == 302
        raised.clear()
        assert visitor.get("/secret").status_code == 302

    def test_refusals_own_shape(self) -> None:
        """A program's shape for refusals counts here too, and lets nobody in."""

        class Store:
            def get(self, username: str) -> UserRecord | None:
                raise ConnectionError

        class Own(SimpleLogin):
            def refuse(self, refusal: Any) -> Any:
                return None

        app = new_app()
        Own(app, users=Store())
        visitor = client_of(with_views(app))
        with visitor.session_transaction() as data:
            data.update(simple_logged_in=True, simple_username="ada")
        assert visitor.get("/secret").status_code == 503

    def test_loader_that_raises_or_aborts(self) -> None:
        """It is as if the store were away: nobody is in."""
        raised: list[BaseException] = []

        def load(username: str) -> object:
            if raised:
                raise raised[0]
            return username

        app = new_app()
        SimpleLogin(app, lambda user: True, user_loader=load)
        visitor = client_of(with_views(app))
        visitor.log_in("ada")
        for error in (KeyError("x"), UsageError("x")):
            raised[:] = [error]
            assert visitor.get("/secret").status_code == 503
            assert client_of(app).log_in("ada").status_code == 503


def test_one_query_for_each_request(sql_app: Flask) -> None:
    """By the primary key; none for an anonymous visitor."""
    store = login_of(sql_app).users.store
    assert isinstance(store, SQLUsers)
    asked: list[str] = []
    event.listen(store.engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    visitor = client_of(sql_app)
    visitor.get("/me")
    visitor.get("/secret")
    assert asked == []
    visitor.log_in("ada", PASSWORD)
    assert len(asked) == 1
    asked.clear()
    for path in ("/me", "/admin", "/secret"):
        visitor.get(path)
        assert len(asked) == 1
        assert "WHERE simplelogin_user.username = ?" in asked.pop()
    for _ in range(2):
        assert client_of(sql_app).get("/staff", headers=basic("ada")).status_code == 200
        assert len(asked) == 1
        asked.clear()


def test_aged_hash_is_renewed_at_login(sql_app: Flask) -> None:
    """It costs no session, neither this one nor the others."""
    store = login_of(sql_app).users.store
    assert isinstance(store, SQLUsers)
    visitor, other = client_of(sql_app), client_of(sql_app)
    store.change("ada", {"password_hash": HASH})
    other.log_in("ada", PASSWORD)
    store.change("ada", {"password_hash": HASH})
    visitor.log_in("ada", PASSWORD)
    record = store.get("ada")
    assert record is not None
    assert record.password_hash.startswith("scrypt:32768:8:1$")
    assert visitor.get("/secret").status_code == other.get("/secret").status_code == 200


def test_renewal_that_fails(sql_app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """The login goes on, and the log says it, without a hash."""
    store = login_of(sql_app).users.store
    assert isinstance(store, SQLUsers)
    store.change("ada", {"password_hash": HASH})
    with store.engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TRIGGER stop BEFORE UPDATE ON simplelogin_user BEGIN "
                "SELECT RAISE(ABORT, 'the disk is read only'); END"
            )
        )
    assert client_of(sql_app).log_in("ada", PASSWORD).status_code == 302
    assert "the disk is read only" in caplog.text
    assert "scrypt:" not in caplog.text


def test_argon2id(tmp_path: Path) -> None:
    """New passwords are hashed so where the setting says it, and older ones at the next login."""
    pytest.importorskip("argon2")
    app = new_app(SIMPLELOGIN_HASH_METHOD="argon2id")
    login = SimpleLogin(app, users=f"sqlite:///{tmp_path}/users.db")
    with_views(app)
    login.users.add("ada", PASSWORD)
    store = login.users.store
    assert isinstance(store, SQLUsers)

    def stored() -> str:
        record = store.get("ada")
        assert record is not None
        return record.password_hash

    assert stored().startswith("$argon2id$")
    store.change("ada", {"password_hash": generate_password_hash(PASSWORD)})
    assert client_of(app).log_in("ada", PASSWORD).status_code == 302
    assert stored().startswith("$argon2id$")
    assert client_of(app).log_in("ada", PASSWORD).status_code == 302
    assert client_of(app).log_in("ada", "wrong").status_code == 401


def test_login_by_the_program() -> None:
    """It is refused for who is not let in."""
    app, _ = mapped_app()

    @app.get("/sso/<name>")
    def sso(name: str) -> str:
        try:
            login_user(name)
        except UnknownUserError as error:
            abort(403, str(error))
        return "in"

    for name, status in [("ada", 200), ("eve", 403), ("nobody", 403)]:
        visitor = client_of(app)
        assert visitor.get(f"/sso/{name}").status_code == status
        assert visitor.get("/secret").status_code == (200 if status == 200 else 302)


def test_new_password_keeps_this_session(sql_app: Flask) -> None:
    """A page that sets it and calls `login_user` ends all sessions but its own."""

    @sql_app.get("/change")
    def change() -> str:
        login_of(sql_app).users.set_password("ada", "difference-engine")
        login_user("ada")
        return "changed"

    visitor, other = client_of(sql_app), client_of(sql_app)
    visitor.log_in("ada", PASSWORD)
    other.log_in("ada", PASSWORD)
    visitor.get("/secret")
    assert visitor.get("/change").status_code == 200
    assert visitor.get("/secret").status_code == 200
    assert other.get("/secret").status_code == 302


class TestWhereUsersComeFrom:
    """The argument, the environment, the settings."""

    def test_environment_goes_first(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """Before the argument, and that before the settings."""
        monkeypatch.setenv("SIMPLELOGIN_USERS", f"sqlite:///{tmp_path}/environment.db")
        app = new_app(SIMPLELOGIN_USERS={"ada": HASH})
        login = SimpleLogin(app)
        assert isinstance(login.users.store, SQLUsers)
        login = SimpleLogin(new_app(), users={"ada": HASH})
        assert isinstance(login.users.store, SQLUsers)
        monkeypatch.delenv("SIMPLELOGIN_USERS")
        login = SimpleLogin(new_app(SIMPLELOGIN_USERS={"eve": HASH}), users={"ada": HASH})
        assert login.users.get("ada") == UserRecord("ada", HASH)

    def test_settings(self) -> None:
        """A mapping, as a file of settings has it."""
        app = new_app(SIMPLELOGIN_USERS={"ada": HASH})
        SimpleLogin(app)
        assert client_of(with_views(app)).log_in("ada", PASSWORD).status_code == 302

    def test_init_app_goes_before_the_constructor(self) -> None:
        """And each app keeps its own."""
        login = SimpleLogin(users={"ada": HASH})
        one, two = with_views(new_app()), with_views(new_app())
        login.init_app(one)
        login.init_app(two, users={"grace": HASH})
        assert client_of(one).log_in("ada", PASSWORD).status_code == 302
        assert client_of(one).log_in("grace", PASSWORD).status_code == 401
        assert client_of(two).log_in("grace", PASSWORD).status_code == 302
        assert client_of(two).log_in("ada", PASSWORD).status_code == 401
        with one.app_context():
            assert login.users.get("ada")

    def test_both_a_store_and_a_checker(self) -> None:
        """It is an error: which of the two would count?"""
        for given in (
            lambda: SimpleLogin(new_app(), lambda user: True, users={"ada": HASH}),
            lambda: SimpleLogin(new_app(SIMPLELOGIN_USERS={"ada": HASH}), lambda user: True),
            lambda: SimpleLogin(new_app(), users={"ada": HASH}).login_checker(lambda user: True),
        ):
            with pytest.raises(UsageError, match="can't be used together"):
                given()

    def test_no_store(self, app: Flask) -> None:
        """`login.users` says what to do."""
        with pytest.raises(UsageError, match="give SimpleLogin users="):
            _ = login_of(app).users
        with pytest.raises(UsageError, match="give SimpleLogin users="):
            _ = SimpleLogin().users

    def test_empty_mapping(self) -> None:
        """It is a store in which nobody is: the sample credentials do not count."""
        app = new_app()
        SimpleLogin(app, users={})
        assert client_of(with_views(app)).log_in("admin", "secret").status_code == 401

    def test_relative_path_starts_at_the_instance_folder(self, tmp_path: Path) -> None:
        """As in Flask-SQLAlchemy."""
        app = Flask("app", instance_path=str(tmp_path / "instance"))
        app.secret_key = "a key for tests"
        SimpleLogin(app, users="sqlite:///users.db").users.add("ada", PASSWORD)
        assert (tmp_path / "instance" / "users.db").exists()


def test_no_password_in_the_log(sql_app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    """Nor a hash, whatever happens to the user."""
    caplog.set_level(logging.DEBUG)
    visitor = client_of(sql_app)
    visitor.log_in("ada", "difference-engine")
    visitor.log_in("ada", PASSWORD)
    login_of(sql_app).users.set_password("ada", "difference-engine")
    visitor.get("/secret")
    for secret in (PASSWORD, "difference-engine", "scrypt:"):
        assert secret not in caplog.text


def test_visitor_of_a_public_page() -> None:
    """One whose session has ended is anonymous there."""
    app, users = mapped_app()

    @app.get("/public")
    def public() -> str:
        return f"{is_logged_in()} {get_username()} {session.get('simple_username')}"

    visitor = client_of(app)
    visitor.log_in("ada", PASSWORD)
    assert visitor.get("/public").text == "True ada ada"
    users.pop("ada")
    assert visitor.get("/public").text == "False None None"
