"""The first five minutes: what a newcomer sees of a real development server."""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
import time
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, OpenerDirector, build_opener

import pytest
from flask import Blueprint, Flask

from flask_simplelogin import SimpleLogin, UsageError, login_required

from .conftest import client_of, new_app, with_views
from .servers import ROOT, flask_run, free_port, gunicorn, nginx, running

TWO_LINES = """\
from flask import Flask
from flask_simplelogin import SimpleLogin

app = Flask(__name__)
SimpleLogin(app)
"""


def browser() -> OpenerDirector:
    """Return a client with a jar for cookies, which knows no proxy."""
    return build_opener(HTTPCookieProcessor(CookieJar()))


def log_in(client: OpenerDirector, address: str, username: str, password: str) -> tuple[int, str]:
    """Log in by the form of a real server; return status and text of where it ends."""
    page = client.open(f"{address}/login/").read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    assert token
    data = {"username": username, "password": password, "csrf_token": token[1]}
    try:
        with client.open(f"{address}/login/", urlencode(data).encode()) as answer:
            return answer.status, answer.read().decode()
    except HTTPError as error:
        with error:
            return error.code, error.read().decode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the two-line app."""
    (tmp_path / "app.py").write_text(TWO_LINES)
    return tmp_path


def test_two_lines_on_the_development_server(folder: Path) -> None:
    """`flask run` says where the login is and for whom; the home page shows who is in."""
    port = free_port()
    with running(flask_run(port), port, folder / "log"):
        status, text = log_in(browser(), f"http://127.0.0.1:{port}", "admin", "secret")
        assert status == 200
        assert "Hello, admin" in text
        assert "Log out</button>" in text
        with pytest.raises(HTTPError, match="404"):
            browser().open(f"http://127.0.0.1:{port}/")
    log = (folder / "log").read_text()
    assert log.count(" * Login at /login/ as 'admin' with the sample credentials") == 1
    assert log.count("SECRET_KEY is not set") == 1


def test_saving_a_file_logs_nobody_out(folder: Path) -> None:
    """The generated key survives the reloader, is never printed, and the line comes once."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    with running(flask_run(port, "--debug"), port, folder / "log"):
        client = browser()
        assert "Hello, admin" in log_in(client, address, "admin", "secret")[1]
        (folder / "app.py").write_text(
            TWO_LINES + "\n@app.get('/new')\ndef new():\n    return 'new'\n"
        )
        _wait_for(client, f"{address}/new")
        assert "Hello, admin" in client.open(f"{address}/").read().decode()
    log = (folder / "log").read_text()
    assert log.count(" * Login at") == 1
    assert log.count("SECRET_KEY is not set") == 1
    assert not re.search(r"[0-9a-f]{32}", log)


def _wait_for(client: OpenerDirector, url: str) -> None:
    """Ask until the reloaded app knows the page."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            client.open(url).close()
            return
        except OSError:
            time.sleep(0.05)  # not a delay that a result hangs on: it asks again
    raise AssertionError(url)


def test_script_with_app_run(folder: Path) -> None:
    """`app.run()` says it too."""
    port = free_port()
    (folder / "app.py").write_text(TWO_LINES + f"app.run(port={port})\n")
    with running([sys.executable, "app.py"], port, folder / "log"):
        browser().open(f"http://127.0.0.1:{port}/login/").close()
    assert (folder / "log").read_text().count(" * Login at /login/ as 'admin'") == 1


@pytest.mark.parametrize("server", [flask_run, gunicorn])
def test_bare_proxy_is_refused(folder: Path, server: object) -> None:
    """As of nginx with nothing but `proxy_pass`, before either kind of server."""
    backend, front = free_port(), free_port()
    assert server in (flask_run, gunicorn)
    command = flask_run(backend) if server is flask_run else gunicorn(backend)
    with (
        running(command, backend, folder / "log"),
        nginx(front, backend, folder / "nginx"),
    ):
        status, text = log_in(browser(), f"http://127.0.0.1:{front}", "admin", "secret")
        assert status == 401
        assert "set SIMPLELOGIN_USERNAME" in text
        direct = log_in(browser(), f"http://127.0.0.1:{backend}", "admin", "secret")[0]
        assert direct == (200 if server is flask_run else 401)
    assert (" * Login at" in (folder / "log").read_text()) is (server is flask_run)


@pytest.mark.parametrize(
    ("program", "sentence"),
    [
        (TWO_LINES + "SimpleLogin(app)", "This app has a login already"),
        (TWO_LINES.replace("SimpleLogin(app)", "SimpleLogin(app, 5)"), "takes a function, not int"),
        (
            TWO_LINES.replace(
                "SimpleLogin(app)", "app.config['SIMPLELOGIN_LOGIN_URL'] = 1\nSimpleLogin(app)"
            ),
            "SIMPLELOGIN_LOGIN_URL must be of type str",
        ),
    ],
)
def test_error_of_configuration_is_one_sentence(folder: Path, program: str, sentence: str) -> None:
    """From `flask …` commands, without a traceback."""
    (folder / "app.py").write_text(program)
    for command in ("run", "routes"):
        result = subprocess.run(
            [sys.executable, "-m", "flask", "--app", "app", command],
            cwd=folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode != 0
        assert "Traceback" not in result.stderr + result.stdout
        assert sentence in result.stderr


def test_home_page_of_an_app_that_has_none() -> None:
    """A small page for who is logged in, or just logged out; 404 for all others and programs."""
    app = new_app(SIMPLELOGIN_HOME_URL="/start")
    SimpleLogin(app)
    visitor = client_of(app)
    assert visitor.get("/start").status_code == 404
    page = visitor.log_in(follow_redirects=True)
    assert page.request.path == "/start"
    assert "Hello, admin" in page.text
    assert "login success!" in page.text
    token = visitor.token(page)
    assert visitor.get("/start", headers={"Accept": "application/json"}).status_code == 404
    assert visitor.get("/").status_code == 404
    goodbye = visitor.post("/logout/", data={"csrf_token": token}, follow_redirects=True)
    assert "Logged out!" in goodbye.text
    assert "Log in again" in goodbye.text
    assert visitor.get("/start").status_code == 404


def test_app_that_answers_what_it_does_not_serve_keeps_its_home() -> None:
    """An app in the browser is often served by the handler of 404."""
    app = new_app()
    SimpleLogin(app)

    @app.errorhandler(404)
    def not_found(error: Exception) -> str:
        return "the app in the browser"

    visitor = client_of(app)
    visitor.log_in()
    assert visitor.get("/").text == "the app in the browser"


@pytest.mark.parametrize("home", ["/<bad", "/<int:x>", "/?x=1", "/#x"])
def test_home_url_that_is_no_plain_path(home: str) -> None:
    """It makes no rule and no error."""
    app = new_app(SIMPLELOGIN_HOME_URL=home)
    SimpleLogin(app)
    assert client_of(app).log_in().status_code == 302
    assert client_of(app).get("/5").status_code == 404


@pytest.mark.parametrize("rule", ["/", "/<path:rest>", "/<int:number>"])
def test_home_of_the_app_goes_first(rule: str) -> None:
    """Whichever rule serves it, and however late it is registered."""
    app = new_app()
    SimpleLogin(app)
    app.add_url_rule(rule, "own", lambda **values: "own home", defaults={})
    visitor = client_of(app)
    visitor.log_in()
    text = visitor.get("/").text
    assert ("own home" in text) is (rule == "/")
    assert ("Hello, admin" in text) is (rule != "/")


def test_request_made_by_hand_before_the_first() -> None:
    """The app is closed for new views by then; it works, without the page."""
    app = with_views(new_app())
    SimpleLogin(app)
    with app.test_request_context("/secret"):
        assert app.full_dispatch_request().status_code == 302
    bare = new_app()
    SimpleLogin(bare)
    with bare.test_request_context("/login/"):
        bare.full_dispatch_request()
    assert client_of(bare).get("/").status_code == 404
    assert client_of(bare).get("/login/").status_code == 200


def test_home_that_takes_only_post_is_left_alone() -> None:
    """It answers 405 to a GET, as it did."""
    app = new_app()
    SimpleLogin(app)
    app.add_url_rule("/", "post", lambda: "posted", methods=["POST"])
    assert client_of(app).get("/").status_code == 405


def test_unknown_setting_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    """In the log, with what may be meant; no exception, for old programs have any."""
    SimpleLogin(new_app(SIMPLELOGIN_LOGINURL="/in/", SIMPLELOGIN_COLOUR_OF_THE_SKY=1))
    assert "no setting SIMPLELOGIN_LOGINURL. Did you mean SIMPLELOGIN_LOGIN_URL?" in caplog.text
    assert "no setting SIMPLELOGIN_COLOUR_OF_THE_SKY." in caplog.text


def test_generated_key_is_never_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The warning says that there is one; another app gets another."""
    with caplog.at_level(logging.DEBUG):
        one, two = new_app("one", key=None), Flask("two", root_path="/")
        SimpleLogin(one)
        SimpleLogin(two)
    assert one.secret_key != two.secret_key
    assert len(str(one.secret_key)) == 64
    assert str(one.secret_key) not in caplog.text
    assert caplog.text.count("SECRET_KEY is not set") == 2


def test_decorator_above_the_route_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    """The view stands open; the log says so at the first request, and says what to do."""
    app = with_views(new_app())
    SimpleLogin(app)

    @login_required
    @app.get("/wrong")
    def wrong() -> str:
        return "open"

    assert client_of(app).get("/wrong").text == "open"
    assert caplog.text.count("put @login_required below @app.route") == 1
    assert "The view wrong is open to everybody" in caplog.text
    client_of(app).get("/wrong")
    assert caplog.text.count("put @login_required below @app.route") == 1


@pytest.mark.parametrize("half", ["SIMPLELOGIN_USERNAME", "SIMPLELOGIN_PASSWORD"])
def test_half_set_credentials_are_reported(caplog: pytest.LogCaptureFixture, half: str) -> None:
    """At the first request, once: on a server nobody could log in, and nothing would say why."""
    app = new_app(**{half: "chuck"})
    SimpleLogin(app)
    for _ in range(2):
        client_of(app).get("/login/")
    assert caplog.text.count("is not set: until it is, nobody can log in") == 1
    assert half not in caplog.text


def test_form_without_a_token_is_reported(caplog: pytest.LogCaptureFixture) -> None:
    """Once: a login.html of the program's own may lack it, and its page would only come again."""
    app = new_app()
    SimpleLogin(app)
    for _ in range(2):
        client_of(app).post("/login/", data={"username": "admin", "password": "secret"})
    assert caplog.text.count("does your login.html have form.hidden_tag()?") == 1


@pytest.mark.parametrize("wrong", [Blueprint("b", "b"), "app", 5])
def test_init_app_takes_an_app(wrong: object) -> None:
    """A Blueprint is none."""
    with pytest.raises(UsageError, match="take a Flask app, not"):
        SimpleLogin(wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("checker", "sentence"),
    [
        (5, "takes a function, not int"),
        ("check", "takes a function, not str"),
        (lambda: True, "must take one argument, the user"),
        (lambda name, password: True, "must take one argument, the user"),
    ],
)
def test_checker_must_be_one(checker: object, sentence: str) -> None:
    """As an argument and by the decorator, it fails at once."""
    with pytest.raises(UsageError, match=sentence):
        SimpleLogin(new_app(), checker)  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=sentence):
        SimpleLogin(new_app()).login_checker(checker)  # type: ignore[type-var]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        (5, "a subclass of flask_wtf.FlaskForm"),
        (object, "a subclass of flask_wtf.FlaskForm"),
        (type("Empty", (__import__("flask_wtf").FlaskForm,), {}), "no field username and no field"),
    ],
)
def test_form_must_be_one(form: object, sentence: str) -> None:
    """It needs the two fields."""
    with pytest.raises(UsageError, match=sentence):
        SimpleLogin(new_app(), login_form=form)  # type: ignore[arg-type]


def test_class_is_no_view() -> None:
    """The sentence says where the decorator goes."""
    with pytest.raises(UsageError, match="`decorators`"):

        @login_required
        class Page:
            """Not a function."""
