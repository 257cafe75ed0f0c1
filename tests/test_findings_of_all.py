"""What attacks on protection, limits and pages have found, so that it does not come back."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, send_from_directory
from redis import Redis
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.security import generate_password_hash

from flask_simplelogin import SimpleLogin, login_required
from flask_simplelogin.audit import posture
from flask_simplelogin.clients import fold, network_of
from flask_simplelogin.paths import names_in

from .conftest import Visitor, client_of, new_app, with_views
from .servers import free_port, need, running

PASSWORD = "analytical-engine"
HASH = generate_password_hash(PASSWORD, "scrypt:1024:8:1")
BASIC = {"Authorization": "Basic YWRhOnJpZ2h0"}  # ada, right


def app_with(**options: Any) -> Flask:
    """Return an app with a login."""
    config = {key: options.pop(key) for key in list(options) if key.isupper()}
    app = new_app(**config)
    SimpleLogin(app, **options)
    return with_views(app)


@pytest.mark.parametrize(
    "spelling",
    [
        ".../..",
        "%20/..",
        "..;z/..",
        "..%3Az/..",
        "x%5Cy/..",
        "x%252Fy/..",
        "%252e%252e/..",
        "%E2%80%8B/..",
        "x%EF%BC%8Fy/..",
        "x/..",
    ],
)
def test_way_back_up(tmp_path: Path, spelling: str) -> None:
    """A path that goes up again is below every prefix: who serves it may count otherwise."""
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "a").write_text("the secret")
    app = new_app()
    login = SimpleLogin(app)
    login.protect("/files/private/")
    app.add_url_rule("/files/<path:p>", "files", lambda p: send_from_directory(tmp_path, p))
    assert client_of(app).get("/files/private/a").status_code == 302
    answer = client_of(app).get(f"/files/{spelling}/private/a")
    assert answer.status_code in {302, 308, 404}
    assert "the secret" not in answer.text


def test_path_that_takes_long_to_read() -> None:
    """It is not read at all: normalisation takes the square of its length."""
    path = "/a" + "\u0315" * 50_000 + "\u0316" * 50_000
    begin = time.process_time()
    assert names_in(path) is None
    assert time.process_time() - begin < 0.5


def test_lookalike_does_not_clear_the_count() -> None:
    """In a store names are exact, and so are their counts: an own account is of no use."""
    app = app_with(users={"admin": HASH, "\u00c0dmin": HASH})
    statuses = []
    for number in range(12):
        statuses.append(client_of(app).log_in("admin", f"wrong-{number}").status_code)
        if number % 4 == 3:
            client_of(app).log_in("\u00c0dmin", PASSWORD)
    assert statuses == [401] * 10 + [429] * 2


@pytest.mark.parametrize("filename", ["simplelogin.css", "simplelogin.js"])
def test_asset_is_for_one_browser(visitor: Visitor, filename: str) -> None:
    """It may carry the refreshed cookie of a session, which no shared cache may keep."""
    page = visitor.get("/login/").text
    url = page.partition(f"{filename}?v=")[2][:12]
    answer = visitor.get(f"/simplelogin/static/{filename}?v={url}")
    assert "immutable" in answer.headers["Cache-Control"]
    assert "public" not in answer.headers["Cache-Control"]


def test_many_device_cookies_count_as_one() -> None:
    """Who once knew the password may have collected them, where nothing voids them."""
    passwords = {"ada": PASSWORD}
    app = app_with(login_checker=lambda user: passwords.get(user["username"]) == user["password"])
    browsers = [client_of(app) for _ in range(4)]
    for browser in browsers:
        assert browser.log_in("ada", PASSWORD).status_code == 302
        browser.post("/logout/", json={})
    passwords["ada"] = "difference-engine"
    statuses = [browser.log_in("ada", "wrong").status_code for browser in browsers * 4]
    assert statuses.count(401) == 10


class TestPasswordPage:
    """The page on which users change their password."""

    @pytest.fixture
    def app(self, tmp_path: Path) -> Flask:
        """An app with ada in SQLite."""
        app = app_with(users=f"sqlite:///{tmp_path}/users.db")
        app.extensions["simplelogin"].users.add("ada", PASSWORD)
        return app

    def change(self, visitor: Visitor) -> Any:
        """Send the form."""
        token = visitor.token(visitor.get("/password/"))
        new = "difference-engine"
        data = {"password": PASSWORD, "new_password": new, "csrf_token": token}
        fields = ("confirmation", "repeated", "new_password_again", "again", "confirm")
        return visitor.post("/password/", data={**data, **dict.fromkeys(fields, new)})

    def test_change_meanwhile(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        """What another request has set since the old one was asked for is not overwritten."""
        visitor = client_of(app)
        visitor.log_in("ada", PASSWORD)
        users = app.extensions["simplelogin"].users
        judge = users._hash

        def late(password: str, username: str) -> Any:
            monkeypatch.undo()
            users.set_password("ada", "owners-new-password")
            return judge(password, username)

        monkeypatch.setattr(users, "_hash", late)
        assert self.change(visitor).status_code == 503
        assert client_of(app).log_in("ada", "owners-new-password").status_code == 302

    def test_browser_stays_known(self, app: Flask) -> None:
        """It gets in under attack with the new password, as it did with the old one."""
        owner = client_of(app)
        owner.log_in("ada", PASSWORD)
        answer = self.change(owner)
        assert answer.status_code == 303, answer.text
        owner.post("/logout/", json={})
        for number in range(11):
            client_of(app).log_in("ada", f"wrong-{number}")
        assert client_of(app).log_in("ada", "difference-engine").status_code == 429
        assert owner.log_in("ada", "difference-engine").status_code == 302


def test_decorator_below_another() -> None:
    """A guard that does not take Basic is seen through what was put around it."""
    from functools import wraps

    app = new_app()
    login = SimpleLogin(app, lambda user: user["password"] == "right")
    login.protect("/api/", basic=True)

    def around(view: Any) -> Any:
        @wraps(view)
        def inner() -> Any:
            return view()

        return inner

    app.add_url_rule("/api/a", "a", around(login_required(lambda: "in")))
    app.add_url_rule("/api/b", "b", around(lambda: "in"))
    assert client_of(app).get("/api/b", headers=BASIC).status_code == 200
    assert client_of(app).get("/api/a", headers=BASIC).status_code != 200


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("198.51.100.7:4711", "198.51.100.7/32"),
        (" 198.51.100.7", "198.51.100.7/32"),
        ("[2001:db8::1]:443", "2001:db8::/64"),
        ("[2001:db8::1]", "2001:db8::/64"),
        ("198.51.100.7:", "unknown"),
        ("a:1", "unknown"),
    ],
)
def test_address_with_a_port(address: str, network: str) -> None:
    """As some proxies forward it: it is that client's, and not everybody's."""
    assert network_of(address, 32, 64) == network


@pytest.mark.parametrize(("one", "other"), [("\u00f8laf", "olaf"), ("\u0141ukasz", "lukasz")])
def test_letters_that_directories_take_for_one(one: str, other: str) -> None:
    """Guesses at them are counted together where a checker may do so."""
    assert fold(one) == fold(other)


def test_scope_of_an_address_is_quoted(caplog: pytest.LogCaptureFixture) -> None:
    """What a client has written behind an address adds no field to the line."""
    app = app_with()
    app.wsgi_app = ProxyFix(app.wsgi_app, x_for=1)  # type: ignore[method-assign]
    visitor = client_of(app)
    visitor.environ_base["HTTP_X_FORWARDED_FOR"] = "::1%a remote_addr=192.0.2.7 via=form"
    visitor.log_in("ada", "wrong")
    assert 'remote_addr="::1%a remote_addr=192.0.2.7' in caplog.text


def test_long_accept_language(visitor: Visitor) -> None:
    """It is cut off, and read once."""
    header = ",".join(f"x{number}-y;q=0.1" for number in range(6000))
    begin = time.process_time()
    assert visitor.get("/login/", headers={"Accept-Language": header}).status_code == 200
    assert time.process_time() - begin < 0.5


def test_role_that_nobody_can_have() -> None:
    """The check says so, where neither a store nor a loader gives any."""
    for options, level in (({}, "error"), ({"users": {"ada": HASH}}, "ok")):
        app = app_with(**options)
        app.add_url_rule("/a", "a", login_required(role="admin")(lambda: "in"))
        with app.app_context():
            found = {each.check: each for each in posture(app)}["protection"]
        assert found.level == level


@pytest.fixture
def full_redis(tmp_path: Path) -> Iterator[str]:
    """A Redis that can be read and has no room for anything new."""
    port = free_port()
    command = [need("redis-server"), "--port", str(port), "--save", "", "--dir", str(tmp_path)]
    with running(command, port, tmp_path / "log"):
        with Redis(port=port) as client:
            client.config_set("maxmemory", 1)
        yield f"redis://127.0.0.1:{port}/0"


def test_storage_that_can_only_be_read(full_redis: str, caplog: pytest.LogCaptureFixture) -> None:
    """Guesses are counted here, all limits hold, nobody is held, and it is said once."""
    app = app_with(SIMPLELOGIN_THROTTLE_STORAGE=full_redis)
    begin = time.monotonic()
    statuses = [client_of(app).log_in("ada", f"wrong-{n}").status_code for n in range(13)]
    assert statuses == [401] * 10 + [429] * 3
    assert time.monotonic() - begin < 15
    assert caplog.text.count("does not answer") == 1


def test_environment_names_another_store(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It goes before what stands in the source, so that a deployment can grow."""
    monkeypatch.setenv("SIMPLELOGIN_USERS", f"sqlite:///{tmp_path}/other.db")
    app = app_with(users={"ada": HASH})
    assert client_of(app).log_in("ada", PASSWORD).status_code == 401
    app.extensions["simplelogin"].users.add("ada", PASSWORD)
    assert client_of(app).log_in("ada", PASSWORD).status_code == 302


def test_users_in_memory_are_told(caplog: pytest.LogCaptureFixture) -> None:
    """A command would add them, and the next one not find them."""
    app_with(users="sqlite://")
    assert "in memory only" in caplog.text


def test_folder_that_is_not_there() -> None:
    """A slip in a path makes no folders in strange places."""
    from flask_simplelogin import StoreError

    with pytest.raises(StoreError, match="can't be made"):
        app_with(users="sqlite:////tmp/simplelogin-is-not-here/users.db")


def test_way_on_after_a_refused_guess() -> None:
    """The page's link keeps where the visitor wanted to go."""
    app = app_with(users={"ada": HASH})
    html = {"headers": {"Accept": "text/html"}}
    for number in range(10):
        client_of(app).log_in("ada", f"wrong-{number}")
    answer = client_of(app).log_in("ada", "wrong", "/login/?next=/secret", **html)
    assert answer.status_code == 429
    assert 'href="/login/?next=/secret"' in answer.text


def test_denied_page_tells_no_success() -> None:
    """What waits to be told is told on the next page: here it would contradict."""
    app = app_with(users={"ada": HASH, "grace": HASH})
    visitor = client_of(app)
    visitor.log_in("grace", PASSWORD)
    answer = visitor.get("/only-admin", headers={"Accept": "text/html"})
    assert answer.status_code == 403
    assert "login success!" not in answer.text
    assert ("success", "login success!") in visitor.flashes()
