"""What users install is what is tested here: the archives, and a login from what they install."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
from email.parser import HeaderParser
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from .servers import ROOT
from .test_typing import SOURCES
from .type_checkers import TYPE_CHECKERS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PACKAGE = ROOT / "flask_simplelogin"
KINDS = {".css", ".gz", ".html", ".js", ".mo", ".po", ".py", ".typed"}
EPOCH = "1700000000"
NO_NETWORK = "Retrying|ConnectionError|NewConnectionError|Max retries|Temporary failure"

LOGIN = """
import re, sys
from html import unescape
import flask_simplelogin
from flask import Flask
from flask_simplelogin import SimpleLogin, get_username, login_required

assert flask_simplelogin.__file__.startswith(sys.prefix), flask_simplelogin.__file__
app = Flask("app")
SimpleLogin(app)

@app.get("/secret")
@login_required
def secret():
    return f"secret of {get_username()}"

@app.get("/for-ada")
@login_required(username="ada")
def for_ada():
    return "for Ada"

client = app.test_client()
assert client.get("/secret").location == "/login/?next=/secret"
page = client.get("/login/?next=/secret").text
token = unescape(re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1])
style = re.search(r'<link[^>]*href="([^"]+[.]css[^"]*)"', page)[1]
credentials = {"username": "admin", "password": "secret"}
assert "The CSRF token is missing." in client.post("/login/", data=credentials).text
answer = client.post("/login/?next=/secret", data={**credentials, "csrf_token": token})
assert (answer.status_code, answer.location) == (302, "/secret"), answer.text
assert client.get("/secret").text == "secret of admin"
assert "Hello, admin" in client.get("/").text
denied = client.get("/for-ada", headers={"Accept": "text/html"})
assert (denied.status_code, denied.mimetype) == (403, "text/html")
assert client.get(style).mimetype == "text/css"
german = app.test_client().get("/login/", headers={"Accept-Language": "de"})
assert ">Anmelden<" in german.text
assert client.get("/logout/", headers={"Sec-Fetch-Site": "cross-site"}).text.count("<button")
print("logged in")
"""


def run(*command: str | Path, folder: Path) -> str:
    """Return what a command prints, when it succeeds."""
    environment = {**os.environ, "SOURCE_DATE_EPOCH": EPOCH}
    result = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    assert result.returncode == 0, result.stdout + result.stderr
    return result.stdout


def build(kind: str, source: Path, target: Path) -> Path:
    """Return the wheel or the sdist that is built of a source, as pip would have it built."""
    target.mkdir()
    code = f"import sys, flit_core.buildapi as api; print(api.build_{kind}(sys.argv[1]))"
    return target / run(sys.executable, "-c", code, target, folder=source).strip()


def package_files() -> set[str]:
    """Return the package's files as they stand in the tree."""
    return {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel of the tree."""
    return build("wheel", ROOT, tmp_path_factory.mktemp("package") / "wheel")


@pytest.fixture(scope="module")
def sdist(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A source distribution of the tree."""
    return build("sdist", ROOT, tmp_path_factory.mktemp("package") / "sdist")


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment, in which pip has installed nothing but the wheel."""
    folder = tmp_path_factory.mktemp("installed")
    run(sys.executable, "-m", "venv", "--without-pip", folder / "venv", folder=folder)
    python = folder / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", f"--python={python}", "install", "--retries=1", str(wheel)]
    result = subprocess.run(pip, cwd=folder, capture_output=True, text=True)
    if result.returncode and re.search(NO_NETWORK, result.stdout + result.stderr):
        pytest.skip("pip can't reach a package index")
    assert result.returncode == 0, result.stdout + result.stderr
    return python


def test_wheel_holds_the_package(wheel: Path) -> None:
    """Its templates, styles, the mark for type checkers and the licence; nothing beside."""
    names = set(ZipFile(wheel).namelist())
    info = "flask_simplelogin-1.0.0.dist-info"
    own = {f"{info}/{name}" for name in ("METADATA", "RECORD", "WHEEL", "entry_points.txt")}
    own.add(f"{info}/licenses/LICENSE")
    assert names == package_files() | own
    assert {"py.typed", "templates/login.html", "static/simplelogin.css"} <= {
        name.removeprefix("flask_simplelogin/") for name in names
    }


def test_sdist_holds_what_the_wheel_is_built_from(sdist: Path) -> None:
    """The package, what says how to build it, and its licence; nothing beside."""
    with tarfile.open(sdist) as archive:
        members = archive.getmembers()
    assert all(member.isfile() for member in members)
    own = {"LICENSE", "PKG-INFO", "README.md", "pyproject.toml"}
    assert {member.name for member in members} == {
        f"flask_simplelogin-1.0.0/{name}" for name in package_files() | own
    }


def test_package_holds_nothing_unwanted() -> None:
    """Only kinds of files that belong there: no database, no backup of an editor."""
    assert {Path(name).suffix for name in package_files()} <= KINDS


def test_wheel_of_the_sdist_is_the_wheel_of_the_tree(
    wheel: Path, sdist: Path, tmp_path: Path
) -> None:
    """Byte for byte."""
    with tarfile.open(sdist) as archive:
        for member in archive.getmembers():  # what `extractall` does depends on the Python
            content = archive.extractfile(member)
            assert content is not None
            path = tmp_path / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.read())
    again = build("wheel", tmp_path / "flask_simplelogin-1.0.0", tmp_path / "wheel")
    assert again.name == wheel.name == "flask_simplelogin-1.0.0-py3-none-any.whl"
    assert again.read_bytes() == wheel.read_bytes()


def test_metadata(wheel: Path) -> None:
    """They say which Python and libraries are needed, and under which licence it may be used."""
    metadata = HeaderParser().parsestr(
        ZipFile(wheel).read("flask_simplelogin-1.0.0.dist-info/METADATA").decode()
    )
    assert metadata["Name"] == "Flask-SimpleLogin"
    assert metadata["Version"] == "1.0.0"
    assert metadata["Requires-Python"] == ">=3.10"
    assert metadata["License-Expression"] == "MIT"
    needed = metadata.get_all("Requires-Dist", [])
    always = [line for line in needed if "extra" not in line]
    assert versions(always, ">=").keys() == {"flask", "flask-wtf", "limits", "wtforms"}
    assert str(metadata.get_payload()).strip() == (ROOT / "README.md").read_text().strip()


def test_lower_bounds_are_those_that_are_tested() -> None:
    """`make test-all` runs once with the least versions that the metadata claims."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / "tests" / "minimum-requirements.txt").read_text()
    extras = project["optional-dependencies"]
    tested = [name for extra in ("argon2", "bcrypt", "sql") for name in extras[extra]]
    assert versions([*project["dependencies"], *tested], ">=") == versions(
        re.findall(r"^\w.*", text.partition("\n\n")[0], re.MULTILINE), "=="
    )


def versions(requirements: list[str], operator: str) -> dict[str, Version]:
    """Return each requirement's version, all of which have this operator and no other."""
    parsed = {canonicalize_name(found.name): found for found in map(Requirement, requirements)}
    assert all(
        [bound.operator for bound in found.specifier] == [operator] for found in parsed.values()
    )
    return {
        name: Version(bound.version) for name, found in parsed.items() for bound in found.specifier
    }


def test_login_with_what_users_install(installed: Path, tmp_path: Path) -> None:
    """By the form, with its token, in a new environment and far from the source."""
    assert run(installed, "-I", "-W", "error", "-c", LOGIN, folder=tmp_path) == "logged in\n"


@pytest.mark.parametrize("name", TYPE_CHECKERS)
def test_types_reach_users(installed: Path, tmp_path: Path, name: str) -> None:
    """Typical code is accepted, also where nothing describes the types of WTForms."""
    (tmp_path / "accepted.py").write_bytes((SOURCES / "accepted.py").read_bytes())
    findings = TYPE_CHECKERS[name](tmp_path, installed)
    assert [finding for finding in findings if finding.is_error] == []
