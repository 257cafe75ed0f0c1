"""No spelling of a closed path gets through real servers, whatever they make of it."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser

from .servers import flask_run, free_port, gunicorn, nginx, running

APP = """\
from urllib.parse import unquote
from flask import Flask, request, send_from_directory
from flask_simplelogin import SimpleLogin

app = Flask(__name__)
app.config["SECRET_KEY"] = "a key for tests"
login = SimpleLogin(app)
app.url_map.merge_slashes = False


@app.route("/", methods=["GET", "POST", "HEAD", "OPTIONS", "PROPFIND"])
@app.route("/<path:path>", methods=["GET", "POST", "HEAD", "OPTIONS", "PROPFIND"])
def anything(path=""):
    name = unquote(path).replace("\\\\", "/").lower()
    return send_from_directory("files", name)


login.protect("/dash/")
"""

# What an attacker writes into the request line, byte by byte.
PATHS = [
    "/dash/secret.txt", "//dash/secret.txt", "///dash//secret.txt", "/./dash/secret.txt",
    "/x/../dash/secret.txt", "/%2e/dash/secret.txt", "/x/%2e%2e/dash/secret.txt",
    "/DASH/secret.txt", "/dAsH/secret.txt", "/%64ash/secret.txt", "/%2564ash/secret.txt",
    "/dash%2fsecret.txt", "/dash%2Fsecret.txt", "/dash%252fsecret.txt", "/%2fdash/secret.txt",
    "/\\dash/secret.txt", "/%5cdash/secret.txt", "/dash%5csecret.txt", "/x\\..\\dash\\secret.txt",
    "/x/..%5cdash/secret.txt", "/x/..%2fdash%2fsecret.txt", "/dash/./secret.txt",
    "/dash/x/../secret.txt", "/dash;p=1/secret.txt", "/;/dash/secret.txt", "/x/..;/dash/secret.txt",
    "/dash%00/secret.txt", "/dash%09/secret.txt", "/dash%20/secret.txt", "/dash./secret.txt",
    "/dash?/../secret.txt", "/dash%3f/secret.txt", "/dash%23/secret.txt",
    "/open/../dash/secret.txt", "/open/%2e%2e%2fdash/secret.txt", "/open/..%252fdash/secret.txt",
    "/%ef%bd%84ash/secret.txt",
    "/da%c2%adsh/secret.txt", "/da%e2%80%8bsh/secret.txt", "/%c0%afdash/secret.txt",
    "http://localhost/dash/secret.txt", "http://localhost//dash/secret.txt", "dash/secret.txt",
    "*", "/dash/secret.txt#x", "/dash/secret.txt?x", "/dash/secret.txt/", "/dash/secret.txt%00.css",
]  # fmt: skip
METHODS = ["GET", "POST", "HEAD", "PROPFIND", "get", "OPTIONS"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The app, and a file that is nobody's business."""
    folder = tmp_path_factory.mktemp("servers")
    (folder / "app.py").write_text(APP)
    for name in ("dash/secret.txt", "open/public.txt"):
        path = folder / "files" / name
        path.parent.mkdir(parents=True)
        path.write_text(f"this is {path.name}".ljust(4321))
    return folder


@pytest.fixture(scope="module", params=["development server", "gunicorn", "nginx"])
def port(request: pytest.FixtureRequest, folder: Path) -> Iterator[int]:
    """Where one of the servers listens."""
    with ExitStack() as stack:
        listening = backend = free_port()
        command = flask_run if request.param == "development server" else gunicorn
        stack.enter_context(running(command(backend), backend, folder / "log"))
        if request.param == "nginx":
            listening = free_port()
            stack.enter_context(nginx(listening, backend, folder / "nginx"))
        yield listening


def ask(port: int, line: str) -> bytes:
    """Send a request line as it stands; return the whole answer."""
    head = f"{line} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
    answer = b""
    with socket.create_connection(("127.0.0.1", port), 10) as connection:
        connection.sendall(head.encode("latin-1"))
        while part := connection.recv(65536):
            answer += part
    return answer


def test_no_spelling_gets_through(port: int) -> None:
    """The file is read by no path and no method, while the one beside it is."""
    assert b"this is public.txt" in ask(port, "GET /open/public.txt")
    assert b"this is public.txt" in ask(port, "GET /OPEN%2fpublic.txt")
    for path in PATHS:
        answer = ask(port, f"GET {path}")
        assert b"this is secret.txt" not in answer, path
        assert b" 500 " not in answer.splitlines()[0], path
    for method in METHODS:
        answer = ask(port, f"{method} /dash/secret.txt")
        assert b"this is secret.txt" not in answer, method
        assert b"content-length: 4321" not in answer.lower(), method


def test_browser_gets_the_login(folder: Path, chromium: Browser) -> None:
    """However an address is typed, Chromium ends on the login page."""
    port = free_port()
    with running(gunicorn(port), port, folder / "log"):
        page = chromium.new_page()
        for path in ("//dash/secret.txt", "/\\dash/secret.txt", "/x/..%2fdash/secret.txt"):
            answer = page.goto(f"http://127.0.0.1:{port}/%2e/{quote(path, safe='/%')}")
            assert answer is not None
            assert "/login/?next=" in page.url
        page.close()
