"""Users in a database, with real processes that add and log in at the same time."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener

import pytest
from sqlalchemy import event

from flask_simplelogin import SimpleLogin
from flask_simplelogin.users.sql import SQLUsers

from .conftest import client_of, new_app, with_views
from .servers import PostgreSQL, free_port, gunicorn, running

APP = """
from flask import Flask
from flask_simplelogin import SimpleLogin, get_username, is_logged_in, login_required
app = Flask(__name__)
app.secret_key = "a key for tests that is long"
login = SimpleLogin(app, users="sqlite:///users.db")

@app.get("/secret")
@login_required
def secret():
    return f"secret of {get_username()}"

def add(who, number):
    with app.app_context():
        for each in range(number):
            login.users.add(f"{who}-{each}", "analytical-engine", ["staff"])
            login.users.set_roles(f"{who}-{each}", ["admin"])
"""
PASSWORD = "analytical-engine"


class Browser:
    """Logs in at a server by its form."""

    def __init__(self, port: int) -> None:
        self._url = f"http://127.0.0.1:{port}"
        self._opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def get(self, path: str) -> tuple[int, str]:
        """Return the status and the text of a page."""
        return self._ask(path)

    def log_in(self, username: str, password: str) -> int:
        """Send the login form; return the last status."""
        _, page = self._ask("/login/")
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        fields = {"username": username, "password": password, "next": "/secret"}
        fields["csrf_token"] = token[1] if token else ""
        return self._ask("/login/", urlencode(fields).encode())[0]

    def _ask(self, path: str, data: bytes | None = None) -> tuple[int, str]:
        try:
            with self._opener.open(self._url + path, data, timeout=60) as answer:
                return answer.status, answer.read().decode()
        except HTTPError as error:
            with error:
                return error.code, error.read().decode()


def test_sqlite_with_several_processes(tmp_path: Path) -> None:
    """Four processes add and change while two workers let in: nothing is lost, nobody waits."""
    (tmp_path / "app.py").write_text(APP)
    port, processes, each = free_port(), 4, 8
    command = gunicorn(port, "--workers", "2", "--threads", "4", "--preload")
    add = "import sys, app; app.add(sys.argv[1], int(sys.argv[2]))"
    with running(command, port, tmp_path / "log"):
        adding = [
            subprocess.Popen(
                [sys.executable, "-c", add, f"process{number}", str(each)],
                cwd=tmp_path,
                stderr=subprocess.PIPE,
                text=True,
            )
            for number in range(processes)
        ]
        with ThreadPoolExecutor(4) as pool:
            wrong = list(pool.map(lambda _: Browser(port).log_in("ada", "wrong-one"), range(6)))
        errors = [process.communicate(timeout=120)[1] for process in adding]
        names = [f"process{number}-{last}" for number in range(processes) for last in (0, each - 1)]
        with ThreadPoolExecutor(4) as pool:
            right = list(pool.map(lambda name: Browser(port).log_in(name, PASSWORD), names))
    assert set(errors) == {""}
    assert set(wrong) <= {401, 429}
    assert set(right) == {200}
    assert "locked" not in (tmp_path / "log").read_text()
    app = new_app()
    users = SimpleLogin(app, users=f"sqlite:///{tmp_path}/instance/users.db").users
    found = list(users.list())
    assert len(found) == processes * each
    assert {record.roles for record in found} == {frozenset({"admin"})}


@pytest.fixture
def server() -> Iterator[PostgreSQL]:
    """An empty PostgreSQL, not started yet."""
    server = PostgreSQL()
    yield server
    server.remove()


def test_database_that_goes_away(server: PostgreSQL) -> None:
    """While it is away public pages know nobody and the rest is 503; then all is as before."""
    app = new_app()
    with server.serve() as url:
        login = SimpleLogin(app, users=url)
        login.users.add("ada", PASSWORD)
        visitor = client_of(with_views(app))
        assert visitor.log_in("ada", PASSWORD).status_code == 302
        assert visitor.get("/secret").status_code == 200
    assert visitor.get("/secret").status_code == 503
    assert visitor.get("/api").status_code == 503
    assert "logged in: False" in visitor.get("/").text
    assert client_of(app).log_in("ada", PASSWORD).status_code == 503
    with server.serve():
        assert visitor.get("/secret").status_code == 200
        assert client_of(app).log_in("ada", PASSWORD).status_code == 302
        store = login.users.store
        assert isinstance(store, SQLUsers)
        asked: list[str] = []
        engine = store.engine
        event.listen(engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
        visitor.get("/secret")
        assert len(asked) == 1
        engine.dispose()
