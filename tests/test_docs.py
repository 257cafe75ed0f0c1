"""The documentation says what the code does: each piece of code on its pages is run."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import combinations, product
from pathlib import Path
from threading import Thread
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from jinja2 import DictLoader, StrictUndefined
from playwright.sync_api import Browser
from werkzeug.serving import make_server

import flask_simplelogin
from flask_simplelogin import LoginForm, SettingError, SimpleLogin
from flask_simplelogin.passwords import is_hash
from flask_simplelogin.settings import Settings

from .conftest import Visitor, client_of, new_app
from .servers import ROOT, flask_run, free_port, gunicorn, need, running
from .test_protect import combined_app, statuses
from .test_startup import browser, log_in

DOCS = ROOT / "docs"
PAGES = {path.stem: path.read_text() for path in sorted(DOCS.glob("*.md"))}
KEY = "the key of a test"
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
JSON = {"Accept": "application/json"}


@dataclass(frozen=True)
class Block:
    """A piece of code on a page, and the heading that it stands under."""

    heading: str
    language: str
    text: str

    @property
    def filename(self) -> str | None:
        """The file that a template says it is, in a comment on its first line."""
        name = re.match(r"\{# (\S+) #\}\n", self.text)
        return name[1] if name else None


def blocks(page: str, language: str = "") -> list[Block]:
    """Return the code of a page in its order, all of it or that in one language."""
    found = []
    heading = ""
    for match in re.finditer(r"^#+ ([^\n]+)|^```(\S+)[^\n]*\n(.*?)^```$", PAGES[page], re.M | re.S):
        heading = match[1] or heading
        if match[2] and language in {"", match[2]}:
            found.append(Block(heading, match[2], match[3]))
    return found


def block(page: str, heading: str, language: str) -> str:
    """Return the only piece of code in a language under a heading."""
    (found,) = (each for each in blocks(page, language) if each.heading == heading)
    return found.text


@dataclass
class Reader:
    """Somebody who types what the pages say, page by page, each in a folder of its own."""

    folder: Path
    _names: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def names(self, page: str, heading: str) -> dict[str, Any]:
        """Return the names that a page has defined where the text under the heading ends."""
        if page not in self._names:
            self._names[page] = self._follow(page)
        return self._names[page][heading]

    def visitor(self, page: str, heading: str, app: str = "app") -> Visitor:
        """Return a new visitor of the app that is there under the heading."""
        found: Flask = self.names(page, heading)[app]
        found.test_client_class = Visitor
        return client_of(found)

    def _follow(self, page: str) -> dict[str, dict[str, Any]]:
        """Run the Python of a page, after its templates are written."""
        folder = self.folder / page
        folder.mkdir(exist_ok=True)
        for template in blocks(page, "html+jinja"):
            if template.filename:
                path = folder / template.filename
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(template.text)
        for each in blocks(page, "json"):
            if each.heading == "Users in a file of settings":
                (folder / "users.json").write_text(each.text)
        module = ModuleType("a_page_of_the_docs")
        names, sections = vars(module), {}
        with in_folder(folder), pytest.MonkeyPatch.context() as patch:
            patch.setitem(sys.modules, module.__name__, module)  # models look for it there
            for each in blocks(page, "python"):
                exec(compile(each.text, f"{page}.md, {each.heading}", "exec"), names)
                sections[each.heading] = dict(names)
        return sections


@contextmanager
def in_folder(folder: Path) -> Iterator[None]:
    """Work in a folder, with nothing in the environment but the key that the pages put there."""
    with pytest.MonkeyPatch.context() as patch:
        for name in list(os.environ):
            if name.startswith(("SIMPLELOGIN_", "SIMPLE_LOGIN_", "FLASK_")):
                patch.delenv(name)
        patch.setenv("FLASK_SECRET_KEY", KEY)
        patch.chdir(folder)
        yield


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Reader:
    """One reader for all tests of this file."""
    return Reader(tmp_path_factory.mktemp("reader"))


# The pages as such


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "python")])
def test_python_runs(reader: Reader, page: str) -> None:
    """All of it, from the top of a page to its end."""
    assert reader.names(page, blocks(page, "python")[-1].heading)


@pytest.mark.parametrize(
    "template", [each for page in PAGES for each in blocks(page, "html+jinja")]
)
@pytest.mark.parametrize("username", [None, "admin"])
def test_template_renders(template: Block, username: str | None) -> None:
    """For everybody, with no name in it that templates do not know."""
    app = new_app()
    app.jinja_env.undefined = StrictUndefined
    SimpleLogin(app)
    with app.test_request_context():
        if username:
            flask_simplelogin.login_user(username)
        known = {"form": LoginForm(), "next": None}
        text = app.jinja_env.from_string(template.text).render(known)
    assert "<" in text


def test_languages() -> None:
    """No piece of code is in a language that these tests pass over."""
    found = {each.language for page in PAGES for each in blocks(page) if each.language[0] != "{"}
    assert found == {"console", "html+jinja", "js", "json", "nginx", "python", "toml"}


def test_all_pages_are_listed() -> None:
    """The start page lists each page once."""
    listed = [
        line
        for each in blocks("index", "{toctree}")
        for line in each.text.splitlines()
        if line and not line.startswith(":")
    ]
    assert sorted(["index", *listed]) == sorted(PAGES)


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page: str) -> None:
    """To a file that is there and, in a page, to a heading that is there."""
    for target in re.findall(r"\]\((?!http)([^)\s]+)\)", PAGES[page]):
        name, _, anchor = target.partition("#")
        path = DOCS / (name or f"{page}.md")
        assert path.exists(), target
        if anchor:
            headings = re.findall(r"^#+ (.+)", path.read_text(), re.MULTILINE)
            assert anchor in map(slug, headings), target


def slug(heading: str) -> str:
    """Return the name of a heading in a link, as GitHub makes it."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_settings_page_has_every_setting() -> None:
    """With its default and its description, since both are taken from the code."""
    assert "```{table-of} settings\n" in PAGES["settings"]
    table = tables()["settings"]()
    rows = re.findall(r"^\| `(SIMPLELOGIN_\w+)` \| `(.+?)` \| (.+) \|$", table, re.MULTILINE)
    assert [(key, default) for key, default, _ in rows] == [
        (row.key, repr(row.default)) for row in Settings.table()
    ]
    for row, (_, _, meaning) in zip(Settings.table(), rows, strict=True):
        assert meaning.startswith(row.description)
        assert ("Environment first." in meaning) is row.environment


def test_messages_page_has_every_message() -> None:
    """With its text and its category."""
    assert "```{table-of} messages\n" in PAGES["your-own-page"]
    table = tables()["messages"]()
    for label, message in SimpleLogin.messages.items():
        assert message is not None
        assert f"| `{label}` | {message.text} | `{message.category}` |\n" in table


def tables() -> dict[str, Callable[[], str]]:
    """Return the functions that make tables for the pages."""
    found: dict[str, Callable[[], str]] = runpy.run_path(str(DOCS / "tables.py"))["TABLES"]
    return found


def test_api_page_has_every_name() -> None:
    """All that can be imported has an entry; `url_for` is Flask's."""
    parts = re.split(r"^\.\. currentmodule:: (\S+)$", PAGES["api"], flags=re.MULTILINE)
    text = "".join(
        part
        for module, part in zip(parts[1::2], parts[2::2], strict=True)
        if module == "flask_simplelogin"
    )
    entries = re.findall(r"^\.\. (?:auto\w+|py:data):: (\w+)$", text, re.MULTILINE)
    assert sorted([*entries, "url_for"]) == sorted(flask_simplelogin.__all__)


# first-login.md


def test_first_start(tmp_path: Path) -> None:
    """`flask run` prints what the page shows."""
    page, heading = "first-login", "Two lines"
    (tmp_path / "app.py").write_text(block(page, heading, "python"))
    port = free_port()
    with running(flask_run(port), port, tmp_path / "log"):
        browser().open(f"http://127.0.0.1:{port}/login/").close()  # by then all is printed
    log = (tmp_path / "log").read_text().splitlines()
    command, *shown = block(page, heading, "console").splitlines()
    assert command == "$ flask run"
    for line in shown:
        assert line.replace("5000", str(port)) in log


def test_first_login(reader: Reader) -> None:
    """The home page stands in, and a page of one's own is protected."""
    visitor = reader.visitor("first-login", "Log in")
    assert visitor.get("/").status_code == 404
    assert visitor.get("/secret").location == "/login/?next=/secret"
    assert visitor.log_in(url="/login/?next=/secret").location == "/secret"
    assert visitor.get("/secret").text == "Only for users, admin"
    assert "Hello, admin" in visitor.get("/").text
    assert "Log out</button>" in visitor.get("/").text


def test_key_from_the_environment(reader: Reader) -> None:
    """It is read under the name that the page says."""
    assert reader.names("first-login", "The secret key")["app"].secret_key == KEY
    assert "$ export FLASK_SECRET_KEY=" in block("first-login", "The secret key", "console")


def test_error_of_configuration() -> None:
    """The page shows the sentence as it is."""
    with pytest.raises(SettingError) as error:
        SimpleLogin(new_app(SIMPLELOGIN_LOGIN_URL="login/"))
    assert f"Error: {error.value}\n" in block("first-login", "When something is wrong", "console")


# protecting-views.md


@pytest.mark.parametrize(
    ("username", "url", "status", "text"),
    [
        (None, "/", 200, "Hello, stranger"),
        ("ada", "/", 200, "Hello, ada"),
        ("admin", "/", 200, "Hello, boss"),
        ("ada", "/secret", 200, "for every user"),
        ("ada", "/costs", 403, "Access Denied"),
        ("admin", "/costs", 200, "for admin"),
        ("ada", "/plans", 200, "for two"),
        ("grace", "/plans", 403, "Access Denied"),
        ("ada", "/checked", 200, "for whom at_work says None"),
        ("grace", "/checked", 403, "Authentication Error: grace is on holiday"),
        ("ada", "/notes", 403, "Access Denied"),
        ("admin", "/notes", 200, "notes"),
        (None, "/board", 200, "everybody reads"),
        ("ada", "/reports/monthly", 200, "a report"),
        ("grace", "/reports/monthly", 403, "Access Denied"),
        ("admin", "/dash/1", 403, "Access Denied"),
        ("admin", "/admin/records/", 200, "records"),
        ("admin", "/api/report", 200, '{"asked by":"admin"}\n'),
    ],
)
def test_who_sees_what(
    reader: Reader, username: str | None, url: str, status: int, text: str
) -> None:
    """As the page says, for each of its views."""
    visitor = visitor_named(reader, username)
    answer = visitor.get(url)
    assert (answer.status_code, answer.text) == (status, text)


@pytest.mark.parametrize(
    "url",
    ["/secret", "/costs", "/plans", "/checked", "/notes", "/reports/monthly", "/api/report"]
    + ["/admin/", "/admin/records/", "/dash/1"],
)
def test_nobody_sees_what_is_protected(reader: Reader, url: str) -> None:
    """Who is not logged in is led to the login, and from there back."""
    assert visitor_named(reader, None).get(url).location == f"/login/?next={url}"


def visitor_named(reader: Reader, username: str | None) -> Visitor:
    """Return a visitor of the first app of protecting-views.md, logged in under a name."""
    visitor = reader.visitor("protecting-views", "Endpoints for programs")
    if username:
        with visitor.session_transaction() as session:
            session.update(simple_logged_in=True, simple_username=username)
    return visitor


def test_method_of_a_class(reader: Reader) -> None:
    """Only the one that has the decorator is protected."""
    assert visitor_named(reader, None).post("/board").status_code == 302
    assert visitor_named(reader, "ada").post("/board").text == "ada writes"


def test_admin_only(reader: Reader) -> None:
    """Flask-Admin shows its index to nobody else either."""
    assert visitor_named(reader, None).get("/admin/").location == "/login/?next=/admin/"
    assert visitor_named(reader, "ada").get("/admin/").status_code == 403
    assert visitor_named(reader, "admin").get("/admin/").status_code == 200


def test_basic(reader: Reader) -> None:
    """The command of the page gets the answer of the page, and leaves no session."""
    command, answer = block("protecting-views", "Endpoints for programs", "console").splitlines()
    _curl, _user, credentials, url = command.removeprefix("$ ").split()
    username, _, password = credentials.partition(":")
    visitor = visitor_named(reader, None)
    response = visitor.get(url.partition("5000")[2], auth=(username, password))
    assert response.text.strip() == answer
    assert visitor.session_data() == {}


def test_whole_app(reader: Reader) -> None:
    """Everything is closed but what is public, and the login."""
    visitor = reader.visitor("protecting-views", "The whole app", "closed_app")
    assert visitor.get("/health").text == "ok"
    assert visitor.get("/").status_code == 302
    assert visitor.get("/nothing").status_code == 404
    assert visitor.get("/static/nothing").status_code == 404
    with visitor.get("/simplelogin/static/simplelogin.css") as style:
        assert style.status_code == 200
    assert visitor.log_in().status_code == 302
    assert visitor.get("/").text == "home"


# What stands in the first column of the table: the ways to close a view that are meant.
CLOSER = ["blueprint", "path", "decorator"]
COVERS: dict[str, list[tuple[str, ...]]] = {
    "nothing": [()],
    "the whole app": [("app",)],
    "a blueprint, a path or the decorator": [(kind,) for kind in CLOSER],
    "two of these": list(combinations(CLOSER, 2)),
    "the whole app and one of these": [("app", kind) for kind in CLOSER],
}
# What stands in the others: who must be met, what `@public` leaves of it, and who must say `basic`.
MEETS = {"nothing": 0, "it": 1, "both": 2}
PUBLIC = {"changes nothing": (), "opens it": ("app",), "lifts the app's": ("app",)}


def test_what_holds_together() -> None:
    """Each row of the table is true, for each way to close a view that it names."""
    table = PAGES["protecting-views"].partition("### What holds together")[2]
    rows = re.findall(r"^\| (.+) \| (.+) \| (.+) \| (.+) \|$", table, re.MULTILINE)[1:6]
    assert [row[0] for row in rows] == list(COVERS)
    for covers, meets, is_public, basic in rows:
        for kinds in COVERS[covers]:
            assert len(kinds) == MEETS[meets]
            check_combination(kinds, set(PUBLIC[is_public]))
            check_basic(kinds, basic)


def check_combination(kinds: tuple[str, ...], lifted: set[str]) -> None:
    """Who meets all of the rules is let in, who misses one is not; `@public` lifts some."""
    for is_public in (False, True):
        for missed in (None, *kinds):
            rules = {kind: {"username": ["ada", "eve"]} for kind in kinds}
            if missed:
                rules[missed] = {"username": ["ada"]}
            app = combined_app(rules, is_public=is_public)
            left = set(kinds) - (lifted if is_public else set())
            assert statuses(app, "/shop/page") == [302 if left else 200]
            assert statuses(app, "/shop/page", name="ada") == [200]
            assert statuses(app, "/shop/page", name="eve") == [403 if missed in left else 200]


def check_basic(kinds: tuple[str, ...], expected: str) -> None:
    """Credentials may come along if those say so who are to."""
    for said in product((False, True), repeat=len(kinds)):
        rules = {kind: {"basic": basic} for kind, basic in zip(kinds, said, strict=True)}
        answer = client_of(combined_app(rules)).get("/shop/page", auth=("eve", "right"))
        others = [basic for kind, basic in zip(kinds, said, strict=True) if kind != "app"]
        counts = {
            "never": False,
            "it says so": all(said),
            "both say so": all(said),
            "the other says so": all(others),
        }[expected]
        shown = "page of eve" if counts else "page of None" if not kinds else None
        assert (answer.text if answer.status_code == 200 else None) == shown


@pytest.mark.parametrize(
    ("headers", "anonymous", "denied"),
    [
        (BROWSER, "302", "403 text/html"),
        ({}, "302", "403 text/html"),
        (JSON, "401 application/problem+json", "403 application/problem+json"),
        (
            {"Sec-Fetch-Mode": "cors"},
            "401 application/problem+json",
            "403 application/problem+json",
        ),
        (
            {"X-Requested-With": "XMLHttpRequest"},
            "401 application/problem+json",
            "403 application/problem+json",
        ),
        (
            {"HX-Request": "true", "Sec-Fetch-Mode": "cors"},
            "401 to the login",
            "403 application/problem+json",
        ),
    ],
    ids=["browser", "program", "json", "fetch", "xhr", "htmx"],
)
def test_refusals(reader: Reader, headers: dict[str, str], anonymous: str, denied: str) -> None:
    """They look as the table of the page says."""
    answer = visitor_named(reader, None).get("/costs", headers=headers)
    assert answer.status.startswith(anonymous[:3])
    assert (answer.headers.get("HX-Redirect") == "/login/") is anonymous.endswith("to the login")
    assert (answer.mimetype == "application/problem+json") is anonymous.endswith("json")
    assert (answer.location == "/login/?next=/costs") is (anonymous == "302")
    answer = visitor_named(reader, "ada").get("/costs", headers=headers)
    assert f"{answer.status_code} {answer.mimetype}" == denied
    assert ("<h1>" in answer.text) is (headers is BROWSER)


def test_problem(reader: Reader) -> None:
    """The one on the page is the one that is sent."""
    answer = visitor_named(reader, None).get("/secret", headers=JSON)
    shown = block("protecting-views", "What a refused visitor gets", "json")
    assert answer.get_json(force=True) == json.loads(shown)


def test_own_refusal(reader: Reader) -> None:
    """One method shapes them all."""
    visitor = reader.visitor("protecting-views", "Refuse in your own way", "own_app")
    assert visitor.get("/vault").status_code == 302
    visitor.log_in()
    answer = visitor.get("/vault")
    assert (answer.status_code, answer.text) == (403, "No, admin: access_denied")


# credentials.md


@pytest.mark.parametrize(
    ("heading", "app", "username", "password"),
    [
        ("A function of yours", "app", "ada", "2718"),
        ("A function of yours", "async_app", "grace", "nanosecond"),
        ("Several users", "app", "ada", "analytical-engine"),
        ("One user, from the settings", "app", "chuck", "my-own-password"),
    ],
)
def test_credentials(reader: Reader, heading: str, app: str, username: str, password: str) -> None:
    """Each way lets the right ones in, and nobody else."""
    visitor = reader.visitor("credentials", heading, app)
    assert visitor.log_in(username, "wrong").status_code == 401
    assert visitor.log_in("nobody", password).status_code == 401
    assert visitor.log_in(username, password).status_code == 302


def test_hash_in_the_settings(reader: Reader) -> None:
    """It is that of the password before, and does not log in itself."""
    visitor = reader.visitor("credentials", "A hash in place of the password")
    stored = visitor.application.config["SIMPLELOGIN_PASSWORD"]
    assert is_hash(stored)
    assert visitor.log_in("chuck", stored).status_code == 401
    assert visitor.log_in("chuck", "my-own-password").status_code == 302


def test_command_that_makes_a_hash() -> None:
    """It asks for a password, and prints its hash."""
    command = block("credentials", "A hash in place of the password", "console")
    result = subprocess.run(
        [sys.executable, "-m", *shlex.split(command.removeprefix("$ "))],
        input="my-own-password\nmy-own-password\n",
        capture_output=True,
        text=True,
        start_new_session=True,  # without a terminal it reads from the input
        timeout=60,
    )
    assert is_hash(result.stdout.split()[-1])


# users.md


@pytest.mark.parametrize(
    ("heading", "username", "password"),
    [
        ("Add users", "ada", "analytical-engine"),
        ("Add users", "grace", "debugging-the-moth"),
        ("Your own model", "ada@example.com", "analytical-engine"),
        ("Objects of your own", "ada", "analytical-engine"),
        ("Users in a file of settings", "ada", "analytical-engine"),
        ("A store of your own", "ada", "analytical-engine"),
    ],
)
def test_store(reader: Reader, heading: str, username: str, password: str) -> None:
    """Each lets the right ones in, and nobody else."""
    visitor = reader.visitor("users", heading)
    assert visitor.log_in(username, "wrong").status_code == 401
    assert visitor.log_in("nobody", password).status_code == 401
    assert visitor.log_in(username, password).status_code == 302


def test_roles_of_the_store(reader: Reader) -> None:
    """They open the views that ask for them."""
    visitor = reader.visitor("users", "Who is it, and what may they do?")
    visitor.log_in("grace", "debugging-the-moth")
    assert visitor.get("/").text == "Hello, grace"
    assert visitor.get("/payroll").status_code == 200
    assert visitor.get("/menu").get_json() == {"payroll": True, "is_ada": False}
    assert reader.names("users", "Add users")["names"] == ["ada", "grace"]
    email = reader.visitor("users", "Objects of your own")
    email.log_in("ada", "analytical-engine")
    assert email.get("/").text == "ada@example.com"


def test_file_of_settings(reader: Reader) -> None:
    """In TOML it says what it says in JSON."""
    heading = "Users in a file of settings"
    users = reader.names("users", heading)["app"].config["SIMPLELOGIN_USERS"]
    assert set(users) == {"ada", "grace"}
    if sys.version_info >= (3, 11):
        import tomllib

        assert tomllib.loads(block("users", heading, "toml"))["SIMPLELOGIN_USERS"] == users


def test_registration(reader: Reader) -> None:
    """Who registers is logged in; what is refused is said beside its field, and adds nobody."""
    app = reader.visitor("users", "A page for registration").application

    def register(name: str, password: str) -> Any:
        visitor = client_of(app)
        token = visitor.token(visitor.get("/register"))
        data = {"username": name, "password": password, "csrf_token": token}
        return visitor, visitor.post("/register", data=data)

    for name, password, sentence in [
        ("ada", "password1", "guessed first"),
        ("ada", "short", "at least 8 characters"),
        ("", "analytical-engine", "Enter your username."),
        ("a\x07", "analytical-engine", "can&#39;t be part of it"),
    ]:
        _, answer = register(name, password)
        assert answer.status_code == 200
        assert sentence in answer.text
    visitor, answer = register("ada", "analytical-engine")
    assert answer.status_code == 302
    assert "ada" in visitor.get("/").text
    _, answer = register("ada", "difference-engine")
    assert "There is a user &#39;ada&#39; already." in answer.text
    assert client_of(app).log_in("ada", "analytical-engine").status_code == 302


def test_commands_of_the_guide() -> None:
    """They are those that there are, in an order in which they work."""
    lines = block("users", "Add users", "console").splitlines()
    words = [shlex.split(line.removeprefix("$ flask simplelogin ")) for line in lines]
    app = new_app()
    SimpleLogin(app, users="sqlite://")
    for each in words:
        asks = each[1] in {"add", "passwd"}
        typed = "analytical-engine\n" * 2 if asks else "y\n"
        result = app.test_cli_runner().invoke(args=["simplelogin", *each], input=typed)
        assert result.exit_code == 0, result.output


def test_directory(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who may bind to the entry of that name is let in; one that is down is no yes."""
    asked = []
    ldap3, utils, names = (ModuleType(name) for name in ("ldap3", "ldap3.utils", "ldap3.utils.dn"))

    def connect(server: object, user: str, password: str) -> SimpleNamespace:
        if password == "down":
            raise OSError("no directory")
        asked.append(user)
        return SimpleNamespace(bind=lambda: password == "right", unbind=lambda: None)

    vars(ldap3).update(Connection=connect, Server=lambda host, **_: host, Tls=SimpleNamespace)
    vars(names).update(escape_rdn=lambda text: text.replace(",", "\\,"))
    for module in (ldap3, utils, names):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    visitor = reader.visitor("credentials", "A directory by LDAP")
    assert visitor.log_in("ada,ou=admins", "wrong").status_code == 401
    assert visitor.log_in("ada", "down").status_code == 503
    assert visitor.log_in("ada", "right").status_code == 302
    assert asked == [
        f"uid={name},ou=people,dc=example,dc=com" for name in ("ada\\,ou=admins", "ada")
    ]


def test_single_sign_on(reader: Reader, capsys: pytest.CaptureFixture[str]) -> None:
    """What the portal has signed logs in, all else does not; closing the account logs out."""
    page, heading = "credentials", "Logged in by somebody else"
    visitor = reader.visitor(page, heading)
    token = reader.names(page, heading)["portal"].dumps("ada")
    assert visitor.get("/from-the-portal?token=forged").status_code == 403
    assert visitor.get("/from-the-portal").status_code == 400
    assert "Log out" not in visitor.get("/").text
    assert visitor.get(f"/from-the-portal?token={token}").location == "/"
    assert "Hello, ada" in visitor.get("/").text
    assert visitor.post("/close-account").location == "/"
    assert capsys.readouterr().out == "Goodbye ada\n"
    assert visitor.flashes() == [("message", "Your account is closed.")]
    assert visitor.get("/").status_code == 404


def test_login_by_json_in_a_browser(reader: Reader, chromium: Browser) -> None:
    """The script of the page logs in, and gets the answer of the page."""
    script = block("credentials", "A login by JSON", "js")
    app = reader.names("credentials", "Several users")["app"]
    with serving(app) as address:
        page = chromium.new_page()
        page.goto(f"{address}/nothing")  # a page of the app, whose scripts may ask it
        answer = page.evaluate(f"async () => {{ {script} return answer.json(); }}")
        page.goto(f"{address}/")
        assert page.text_content("body") == "Hello, ada"
        page.close()
    assert answer == {"username": "ada", "next": "/reports"}
    assert '`{"username": "ada", "next": "/reports"}`' in PAGES["credentials"]


@contextmanager
def serving(app: Flask) -> Iterator[str]:
    """Serve an app from a thread, and return its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_login_by_json(reader: Reader) -> None:
    """Its other answers are as the page says."""
    visitor = reader.visitor("credentials", "Several users")
    assert set(visitor.get("/login/", headers=JSON).get_json()) == {"username", "csrf_token"}
    right = {"username": "ada", "password": "analytical-engine"}
    wrong = {"username": "ada", "password": "wrong"}
    assert visitor.post("/login/", json=wrong).status_code == 401
    assert visitor.post("/login/", json={"username": "ada"}).status_code == 400
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert visitor.post("/login/", json=right, headers=foreign).status_code == 403
    assert visitor.post("/login/", json=right).status_code == 200
    assert visitor.get("/login/", headers=JSON).get_json()["username"] == "ada"
    assert visitor.post("/logout/", json={}).status_code == 200
    assert visitor.get("/login/", headers=JSON).get_json()["username"] is None


def test_basic_memory(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """A yes is remembered, a no is not."""
    visitor = reader.visitor("credentials", "Basic credentials")
    check = reader.names("credentials", "Basic credentials")["check"]
    right = ("ada", "2718")
    assert visitor.get("/api/me", auth=right).get_json() == {"username": "ada"}
    monkeypatch.setitem(check.__globals__, "is_right_pin", lambda pin: False)
    assert visitor.get("/api/me", auth=right).get_json() == {"username": "ada"}
    assert visitor.get("/api/me", auth=("ada", "wrong")).status_code == 401


# your-own-page.md


def test_own_login_page(reader: Reader) -> None:
    """It logs in, shows what is wrong, and stands in the app's own frame."""
    visitor = reader.visitor("your-own-page", "Your own page and messages")
    page = visitor.get("/login/?next=/there")
    assert "Come in</button>" in page.text
    assert "My tool</title>" in page.text
    assert "csrf_token The CSRF token is missing." in visitor.post("/login/").text
    assert "invalid credentials" in visitor.log_in("admin", "wrong").text
    assert visitor.log_in(url="/login/?next=/there").location == "/there"
    home = visitor.get("/")
    assert "Hello, admin" in home.text
    assert "My tool</title>" in home.text
    assert visitor.post("/logout/", data={"csrf_token": visitor.token(home)}).location == "/"
    assert "Log in again" in visitor.get("/").text


def test_logout_link(reader: Reader) -> None:
    """It works from a page of the site; others get a page that asks."""
    visitor = reader.visitor("your-own-page", "Your own page and messages")
    visitor.log_in()
    foreign = {"Sec-Fetch-Site": "cross-site"}
    assert "Log out</button>" in visitor.get("/logout/", headers=foreign).text
    assert visitor.get("/").status_code == 200
    assert visitor.get("/logout/", headers={"Sec-Fetch-Site": "same-origin"}).status_code == 302
    assert "Log in again" in visitor.get("/").text


def test_template_names(reader: Reader) -> None:
    """Each name in the table of the page is known to templates."""
    app = reader.names("your-own-page", "Your own page and messages")["app"]
    names = re.findall(r"^\| `(\w+\(.*?\))` \|", PAGES["your-own-page"], re.MULTILINE)
    assert len(names) == 8
    with app.test_request_context():
        for name in names:
            app.jinja_env.compile_expression(name, undefined_to_none=False)()
        truth = app.jinja_env.from_string("{% if is_logged_in %}yes{% endif %}").render()
    assert truth == ""


def test_replaceable_templates() -> None:
    """Each file in the table of the page is one that the package has."""
    names = re.findall(r"^\| `([\w/]+\.html)` \|", PAGES["your-own-page"], re.MULTILINE)
    templates = ROOT / "flask_simplelogin" / "templates"
    for name in names:
        assert (templates / name).exists()
    pages = [
        path
        for path in (templates / "simplelogin").iterdir()
        if path.stem not in {"base", "fields", "login", "logout_button"}
    ]
    assert len(names) == len(pages) + 1


def test_blocks() -> None:
    """Each block in the table of the page is there, and the other way round."""
    rows = re.findall(
        r"^\| (`\w+`.*?) \| (?:all pages|login,)", PAGES["your-own-page"], re.MULTILINE
    )
    listed = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    templates = ROOT / "flask_simplelogin" / "templates" / "simplelogin"
    texts = [(templates / f"{name}.html").read_text() for name in ("base", "login", "password")]
    assert listed == {name for text in texts for name in re.findall(r"{% block (\w+) %}", text)}


def test_brand(reader: Reader) -> None:
    """Title, logo and colour are on the page, by a line each."""
    visitor = reader.visitor("your-own-page", "Title, logo and colour")
    visitor.application.jinja_loader = DictLoader({})  # without the templates of the page
    page = visitor.get("/login/").text
    assert "Marigold Inventory" in page
    assert 'src="/static/logo.svg"' in page


def test_part_of_the_page(tmp_path: Path) -> None:
    """The page of the extension is shown, with what the block adds."""
    visitor = visitor_with(tmp_path, block("your-own-page", "A part of the page", "html+jinja"))
    page = visitor.get("/login/").text
    assert page.index("</form>") < page.index("Ask Grace, extension 1906.")
    assert visitor.log_in().status_code == 302


def test_bootstrap(tmp_path: Path) -> None:
    """The page logs in, says what is wrong with Bootstrap's classes, and speaks languages."""
    visitor = visitor_with(tmp_path, block("your-own-page", "With Bootstrap 5", "html+jinja"))
    page = visitor.get("/login/", headers={"Accept-Language": "es"})
    assert 'href="/static/bootstrap.min.css"' in page.text
    assert '<html lang="es" dir="ltr">' in page.text
    assert page.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    assert 'class="alert alert-danger" role="alert">invalid' in visitor.log_in("admin", "x").text
    assert "is-invalid" in visitor.log_in("admin", "").text
    assert "The CSRF token is missing." in visitor.post("/login/").text
    assert visitor.log_in(url="/login/?next=/there").location == "/there"


def visitor_with(folder: Path, login_page: str) -> Visitor:
    """Return a visitor of an app with a login page of its own."""
    (folder / "login.html").write_text(login_page)
    app = new_app()
    app.template_folder = str(folder)
    SimpleLogin(app)
    return client_of(app)


def test_own_messages(reader: Reader) -> None:
    """They are replaced, formatted and switched off as the page says."""
    visitor = reader.visitor("your-own-page", "Messages")
    visitor.log_in()
    assert visitor.flashes() == [("success", "Welcome!")]
    assert visitor.get("/checked").text == "Not now: it is too late, admin"
    visitor.get("/logout/")
    assert visitor.flashes() == []


def test_own_form(reader: Reader) -> None:
    """The page of the extension shows the field, and the checker gets it."""
    visitor = reader.visitor("your-own-page", "A form with more fields")
    visitor.application.jinja_loader = DictLoader({})  # without the templates of the page
    right = {"username": "ada", "password": "the password of Ada"}
    assert 'name="pin"' in visitor.get("/login/").text
    refused = visitor.log_in(**right, data={"pin": "27182"})
    assert "A PIN has four digits." in refused.text
    assert visitor.log_in(**right, data={"pin": "1111"}).status_code == 401
    assert visitor.log_in(**right, data={"pin": "2718"}).status_code == 302


def test_other_urls(reader: Reader) -> None:
    """Login, logout and home are where the settings say."""
    visitor = reader.visitor("your-own-page", "Other URLs")
    assert visitor.log_in(url="/in/").location == "/start"
    assert visitor.get("/start").text == "Hello, admin"
    assert visitor.get("/out/").location == "/start"
    assert visitor.get("/login/").status_code == 404


def test_overridden_login(reader: Reader) -> None:
    """It is what runs."""
    visitor = reader.visitor("your-own-page", "More around login and logout")
    visitor.log_in()
    assert reader.names("your-own-page", "More around login and logout")["counter"].visits == 2


# behind-a-proxy.md


def test_forwarded_headers(reader: Reader) -> None:
    """With them a login by HTTPS in a folder works, and the cookie is for HTTPS only."""
    visitor = reader.visitor("behind-a-proxy", "Where `next` may lead")
    headers = {
        "X-Forwarded-For": "192.0.2.7",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Host": "example.com",
        "X-Forwarded-Prefix": "/tool",
    }
    assert visitor.get("/secret", headers=headers).location == "/tool/login/?next=/tool/secret"
    page = visitor.get("/login/", base_url="https://example.com", headers=headers)
    assert "Secure;" in page.headers["Set-Cookie"]
    assert "SameSite=Lax" in page.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/secret?page=2", "/secret?page=2"),
        ("http://localhost/secret", "/secret"),
        ("https://reports.example.com/monthly", "https://reports.example.com/monthly"),
        ("https://evil.example.com/", None),
        ("//evil.example.com/", None),
        ("https://localhost/secret", None),
    ],
)
def test_next(reader: Reader, target: str, location: str | None) -> None:
    """It leads to this site and to the hosts that are named, and nowhere else."""
    app = reader.names("behind-a-proxy", "Where `next` may lead")["app"]
    page = client_of_proxied(app).get("/login/", query_string={"next": target})
    assert page.status_code == (400 if location is None else 200)
    if location is not None:
        visitor = client_of_proxied(app)
        with visitor.session_transaction() as session:
            session.update(simple_logged_in=True, simple_username="chuck")
        assert visitor.get("/login/", query_string={"next": target}).location == location


def client_of_proxied(app: Flask) -> Visitor:
    """Return a visitor whose cookie also goes by HTTP, as the test client speaks it."""
    app.config["SESSION_COOKIE_SECURE"] = False
    app.test_client_class = Visitor
    return client_of(app)


def test_nginx(tmp_path: Path) -> None:
    """The lines of the page serve the app in the folder: login, redirects and logout stay in it."""
    backend, front = free_port(), free_port()
    text = block("behind-a-proxy", "Tell Flask about the proxy", "python")
    (tmp_path / "app.py").write_text(text.replace('SECURE"] = True', 'SECURE"] = False'))
    location = block("behind-a-proxy", "nginx", "nginx").replace(":8000/", f":{backend}/")
    folder = tmp_path / "nginx"
    folder.mkdir()
    temporary = " ".join(
        f"{name}_temp_path {folder}/{name};"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/error.log; events {{}}\n"
        f"http {{ access_log off; {temporary}\n"
        f"server {{ listen 127.0.0.1:{front};\n{location}\n}} }}"
    )
    command = [need("nginx"), "-p", str(folder), "-c", str(folder / "nginx.conf")]
    with (
        running(gunicorn(backend), backend, tmp_path / "log", FLASK_SECRET_KEY=KEY),
        running(command, front, folder / "log"),
    ):
        site = f"http://127.0.0.1:{front}"
        client = browser()
        assert client.open(f"{site}/tool/secret").url == f"{site}/tool/login/?next=/tool/secret"
        assert log_in(client, f"{site}/tool", "admin", "secret")[0] == 401
        status, home = log_in(client, f"{site}/tool", "chuck", "norris")
        assert status == 200
        assert 'action="/tool/logout/"' in home
        own = f"{site}/tool/secret"
        with client.open(f"{site}/tool/login/?next={own}") as answer:
            assert answer.url == own
            assert answer.read() == b"for users"


# coming-from-0.3.md


def test_old_program(reader: Reader) -> None:
    """It runs, and does what it did."""
    visitor = reader.visitor("coming-from-0.3", "Coming from 0.3")
    right = ("chuck", "norris")
    assert visitor.post("/api", json={}, auth=right).get_json() == {"data": "for programs"}
    assert visitor.get("/protected").status_code == 302
    assert visitor.log_in(*right).status_code == 302
    assert visitor.get("/protected").text == "You are logged in as chuck"
    assert visitor.get("/complex").text == "for admins"


def test_differences_are_listed() -> None:
    """The page takes the table from CHANGES.md, where the words it looks for still stand."""
    (include,) = blocks("coming-from-0.3", "{include}")
    words = re.search(r':start-after: "(.+)"', include.text)
    assert words
    _before, table = (ROOT / "CHANGES.md").read_text().split(words[1])
    assert table.lstrip().startswith("| Was, in 0.3 | Is |")


# settings.md


def test_settings_snippet(reader: Reader) -> None:
    """A setting counts, and `login.config` tells those that the page names."""
    names = reader.names("settings", "Settings")
    assert reader.visitor("settings", "Settings").log_in(url="/in/").status_code == 302
    assert names["login"].config["login_url"] == "/in/"
    assert set(names["login"].config) == {"blueprint", "login_url", "logout_url", "home_url"}
