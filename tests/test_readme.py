"""The README says what the code does."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from flask_simplelogin import SimpleLogin
from flask_simplelogin.settings import Settings

from .conftest import Visitor, client_of, new_app

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()


@pytest.fixture
def snippets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Run all the README's Python, block by block, as one who follows it would type it.

    Each app that a block creates is kept under the number of its block.
    """
    monkeypatch.chdir(tmp_path)  # where a database is made
    namespace: dict[str, Any] = {"__name__": "readme"}
    apps = {}
    for number, block in enumerate(re.findall(r"```python\n(.*?)```", README, re.DOTALL)):
        exec(block, namespace)
        apps[f"app{number}"] = namespace["app"]
        namespace["app"].test_client_class = Visitor
    return {**namespace, **apps}


def test_two_lines_and_views(snippets: dict[str, Any]) -> None:
    """The first app logs in, and its views are protected as the text says."""
    app = snippets["app0"]
    visitor = client_of(app)
    assert visitor.get("/").text == "Hello, stranger"
    assert visitor.get("/secret").status_code == 302
    assert visitor.log_in("admin", "secret").status_code == 302
    assert visitor.get("/").text == "Hello, admin"
    assert visitor.get("/secret").status_code == 200
    assert visitor.get("/for-two").status_code == 403
    assert visitor.get("/checked").status_code == 200
    answer = client_of(app).get("/api/report", auth=("admin", "secret"))
    assert answer.json == {"asked by": "admin"}


def test_protect(snippets: dict[str, Any]) -> None:
    """Flask-Admin is for one user."""
    app = snippets["app2"]
    assert client_of(app).get("/admin/").location == "/login/?next=/admin/"
    visitor = client_of(app)
    visitor.log_in("admin", "secret")
    assert "/logout/" in visitor.get("/admin/").text
    with visitor.session_transaction() as session:
        session["simple_username"] = "ada"
    assert visitor.get("/admin/").status_code == 403


@pytest.mark.parametrize(
    ("number", "username", "password"),
    [(4, "chuck", "norris"), (5, "ada", "the password of Ada"), (7, "admin", "secret")],
)
def test_users(snippets: dict[str, Any], number: int, username: str, password: str) -> None:
    """Each way to have users of one's own lets them in, and nobody else."""
    app = snippets[f"app{number}"]
    assert client_of(app).log_in(username, password).status_code == 302
    assert client_of(app).log_in(username, "wrong").status_code == 401
    assert client_of(app).log_in("nobody", "wrong").status_code == 401


def test_store(snippets: dict[str, Any]) -> None:
    """Whom the command adds gets in, with the role that it gives."""
    app = snippets["app3"]
    command = re.search(r"^\$ flask (simplelogin users add .*)$", README, re.MULTILINE)
    assert command
    result = app.test_cli_runner().invoke(
        args=shlex.split(command[1]), input="analytical-engine\n" * 2
    )
    assert result.exit_code == 0
    visitor = client_of(app)
    assert visitor.log_in("ada", "analytical-engine").status_code == 302
    assert visitor.get("/payroll").text == "for ada, who may read"


def test_brand(snippets: dict[str, Any]) -> None:
    """Title, logo and colour are on the page."""
    page = client_of(snippets["app6"]).get("/login/").text
    assert "Marigold Inventory" in page
    assert 'src="/static/logo.svg"' in page


def test_messages(snippets: dict[str, Any]) -> None:
    """The last app has its own words."""
    visitor = client_of(snippets["app7"])
    visitor.log_in()
    assert visitor.flashes() == [("primary", "Welcome!")]
    assert isinstance(snippets["app7"].extensions["simplelogin"], SimpleLogin)


def test_login_page(tmp_path: Path) -> None:
    """The page that is shown as the least logs in, and says what is wrong."""
    found = re.search(r"```html\+jinja\n(.*?)```", README, re.DOTALL)
    assert found
    (tmp_path / "login.html").write_text(found[1])
    app = new_app()
    app.template_folder = str(tmp_path)
    SimpleLogin(app)
    assert client_of(app).log_in("admin", "secret").status_code == 302
    assert "invalid credentials" in client_of(app).log_in("admin", "wrong").text
    assert "Enter your password." in client_of(app).log_in("admin", "").text


def test_settings_table() -> None:
    """It lists every setting with its default."""
    row = r"^\| `(SIMPLELOGIN_\w+)` \| (?:`(.*?)`|none) \|"
    listed = dict(re.findall(row, README, re.MULTILINE))
    assert listed == {row.key: str(row.default) for row in Settings.table()}


def test_links_lead_to_files() -> None:
    """Every file that the README links to is there."""
    targets = re.findall(r"\]\((?!http)([^)#]+)|(?:src|srcset)=\"([^\"]+)", README)
    for target in map("".join, targets):
        assert (ROOT / target).exists(), target
