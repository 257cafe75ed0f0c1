"""The recipes of docs/recipes.md work as they stand there, with the real libraries."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page, Response, Route
from werkzeug.serving import make_server

from flask_simplelogin.testing import login_as

from .conftest import client_of
from .servers import ROOT
from .test_admin import menu
from .test_docs import Reader, blocks

PAGE = "recipes"
URLS = [
    *("/admin/", "/admin/report/", "/admin/salaries/", "/admin/static/admin/js/helpers.js"),
    *("/dash/", "/dash/_dash-layout", "/dash/_dash-dependencies", "/dash/any/page"),
    *("/docs/apidocs/", "/docs/apispec_1.json", "/docs/flasgger_static/swagger-ui.css"),
    *("/docs/oauth2-redirect.html", "/api/colour", "/files/plan.txt"),
]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """Somebody who has typed what the page says."""
    return Reader(tmp_path_factory.mktemp("recipes"))


@pytest.fixture(scope="module")
def app(reader: Reader) -> Flask:
    """The app of the page, with a file."""
    reader.visitor(PAGE, "Files")
    app: Flask = reader.names(PAGE, "Files")["app"]
    (reader.folder / PAGE / "files").mkdir()
    (reader.folder / PAGE / "files" / "plan.txt").write_text("the plan")
    app.root_path = str(reader.folder / PAGE)
    return app


@pytest.mark.parametrize("url", URLS)
def test_all_is_closed(app: Flask, url: str) -> None:
    """Each view of the libraries, and each static file of theirs; for a script with a 401."""
    with client_of(app).get(url) as answer:
        assert (answer.status_code, answer.location) == (302, f"/login/?next={url}")
    script = client_of(app).get(url, headers={"Sec-Fetch-Mode": "cors"})
    assert script.status_code == 401
    with login_as(app, "ada", roles=["admin", "analyst"]).get(url) as answer:
        assert answer.status_code == 200


def test_flask_admin(app: Flask) -> None:
    """The menu and the views are those of the roles, whom the store has."""
    visitor = client_of(app)
    visitor.log_in("grace", "nanosecond-wire")
    assert menu(visitor) == ["Home", "Report", "Log out"]
    assert visitor.get("/admin/salaries/").status_code == 403
    assert menu(login_as(app, "ada")) == ["Home", "Report", "Salaries", "Log out"]  # type: ignore[arg-type]


def test_dash_callback(app: Flask) -> None:
    """It answers an analyst, and nobody else."""
    body = {
        "output": "answer.children",
        "outputs": {"id": "answer", "property": "children"},
        "inputs": [{"id": "year", "property": "value", "value": "1843"}],
        "changedPropIds": ["year.value"],
    }
    url = "/dash/_dash-update-component"
    assert client_of(app).post(url, json=body).status_code == 401
    assert login_as(app, "ada").post(url, json=body).status_code == 403
    answer = login_as(app, "grace").post(url, json=body)
    assert answer.get_json()["response"]["answer"]["children"] == "Sales of 1843"


def test_files(app: Flask) -> None:
    """They are sent to users, by whatever spelling, and to nobody else."""
    for path in ("/files/plan.txt", "/files//plan.txt", "/FILES/plan.txt", "/x/../files/plan.txt"):
        with client_of(app).get(path) as refused:
            assert refused.get_data() != b"the plan"
    with login_as(app, "ada").get("/files/plan.txt") as plan:
        assert plan.get_data() == b"the plan"


def test_api_with_basic(app: Flask) -> None:
    """A program brings its credentials; the page of the specification takes none."""
    auth = ("ada", "analytical-engine")
    assert client_of(app).get("/api/colour", auth=auth).json == {"colour": "blue"}
    assert client_of(app).get("/docs/apidocs/", auth=auth).status_code == 302


def test_tests_of_the_page(reader: Reader, app: Flask) -> None:
    """Those that need no fixture run and pass."""
    names = reader.names(PAGE, "Test as a logged-in user")
    names["test_roles"]()
    names["test_closed"]()
    assert "login_as" in names["test_salaries"].__code__.co_varnames


# What stands open


def test_review_of_open_routes(tmp_path: Path) -> None:
    """The recipe's commands find a route that was opened, and nothing else."""
    (tmp_path / "app.py").write_text(
        "from flask import Flask\n"
        "from flask_simplelogin import SimpleLogin, public\n"
        "app = Flask(__name__)\n"
        "app.secret_key = 'k'\n"
        "SimpleLogin(app).protect(app)\n"
        "@app.get('/')\n"
        "def home(): return ''\n"
    )
    write, compare = (
        block.text.removeprefix("$ ").strip()
        for block in blocks(PAGE, "console")
        if block.heading == "Keep an eye on what stands open"
    )
    assert run(tmp_path, write).returncode == 0
    assert run(tmp_path, compare).returncode == 0
    source = (tmp_path / "app.py").read_text()
    (tmp_path / "app.py").write_text(source.replace("def home", "@public\ndef home"))
    found = run(tmp_path, compare)
    assert found.returncode == 1
    added = re.findall(r'^> +"(\w+)": "(.*)"', found.stdout, re.MULTILINE)
    assert added == [("path", "/"), ("endpoint", "home")]


def run(folder: Path, command: str) -> subprocess.CompletedProcess[str]:
    """Run a line of the page in a shell, as it stands there."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# In a browser


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Serve an app on this machine; yield its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def address(app: Flask) -> Iterator[str]:
    """Where the app of the page is served."""
    with served(app) as found:
        yield found


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A browser without cookies, which asks nobody but this machine."""
    context = chromium.new_context()
    context.set_default_timeout(20000)
    context.outside = []  # type: ignore[attr-defined]

    def only_here(route: Route) -> None:
        if urlsplit(route.request.url).hostname == "127.0.0.1":
            route.continue_()
        else:
            context.outside.append(route.request.url)  # type: ignore[attr-defined]
            route.abort()

    context.route("**/*", only_here)
    yield context
    context.close()


def log_in(page: Page, url: str, username: str, password: str) -> None:
    """Go to a page and log in on the way."""
    page.goto(url)
    page.fill("[name=username]", username)
    page.fill("[name=password]", password)
    page.press("[name=password]", "Enter")


def test_dash_in_chromium(address: str, context: BrowserContext) -> None:
    """It works behind the login; a callback after the session's end is a 401, and leads there."""
    page = context.new_page()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))
    log_in(page, f"{address}/dash/", "grace", "nanosecond-wire")
    page.wait_for_selector("#answer:text('Sales of 1843')")
    page.fill("#year", "1844")
    page.wait_for_selector("#answer:text('Sales of 1844')")
    assert {answer.status for answer in answers} <= {200, 302, 304}
    assert context.outside == []  # type: ignore[attr-defined]
    context.clear_cookies()
    answers.clear()
    page.fill("#year", "1845")
    page.wait_for_url(f"{address}/login/?next=/dash/")
    assert ("/dash/_dash-update-component", 401) in [
        (urlsplit(answer.url).path, answer.status) for answer in answers
    ]
    log_in(page, page.url, "grace", "nanosecond-wire")
    page.wait_for_selector("#answer:text('Sales of 1843')")


def test_fetch_in_chromium(address: str, context: BrowserContext) -> None:
    """The page of the app reads the 401 and what it says."""
    page = context.new_page()
    page.goto(f"{address}/nothing")  # the login page fetches nothing, by its policy
    found: dict[str, Any] = page.evaluate(
        "async () => { const answer = await fetch('/api/colour');"
        " return {status: answer.status, ...await answer.json()} }"
    )
    assert found["status"] == 401
    assert found["login_url"] == "/login/"


def test_swagger_in_chromium(address: str, context: BrowserContext) -> None:
    """The page, its specification and its files are there after the login, and not before."""
    page = context.new_page()
    log_in(page, f"{address}/docs/apidocs/", "ada", "analytical-engine")
    page.get_by_text("/api/colour").click()
    page.get_by_text("Try it out").click()
    page.click(".execute")
    page.wait_for_selector(".live-responses-table :text('blue')")


def test_admin_menu_in_chromium(address: str, context: BrowserContext) -> None:
    """The link of the menu logs out, and the way back is closed."""
    page = context.new_page()
    log_in(page, f"{address}/admin/", "grace", "nanosecond-wire")
    page.click("text=Log out")
    page.goto(f"{address}/admin/")
    assert page.url == f"{address}/login/?next=/admin/"
