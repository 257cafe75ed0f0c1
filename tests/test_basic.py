"""Basic credentials: they identify one request, and are not checked more often than needed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event, Lock
from typing import Any

import pytest
from flask import Flask
from werkzeug.security import check_password_hash, generate_password_hash

from flask_simplelogin import SimpleLogin, User, login_required
from flask_simplelogin.memory import BriefMemory
from flask_simplelogin.state import state_of

from .conftest import client_of, new_app, with_views

HASH = generate_password_hash("norris", "pbkdf2:sha256:1")


class Counter:
    """A checker that counts how often it is asked."""

    def __init__(self) -> None:
        self.count = 0
        self.lock = Lock()
        self.gate = Event()
        self.gate.set()

    def __call__(self, user: User) -> bool:
        """Count, wait for the gate, and let in who knows the password."""
        with self.lock:
            self.count += 1
        self.gate.wait(10)
        if user["password"] == "broken":
            raise LookupError
        return user["password"] == "right"


def counted(**config: Any) -> tuple[Flask, Counter]:
    """Return an app and its counting checker, whose yes is remembered by setting."""
    app = new_app(**{"SIMPLELOGIN_BASIC_MEMORY": 30, **config})
    counter = Counter()
    SimpleLogin(app, counter)
    return with_views(app), counter


def test_browser_gets_the_login_page_and_a_program_the_challenge() -> None:
    """Without credentials it depends on who asks."""
    app, _ = counted()
    browser = {"Accept": "text/html", "Sec-Fetch-Mode": "navigate"}
    assert client_of(app).get("/api", headers=browser).status_code == 302
    for headers in (
        {"Accept": "application/json"},
        {"X-Requested-With": "XMLHttpRequest"},
        {"Content-Type": "application/json"},
    ):
        answer = client_of(app).get("/api", headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"] == 'Basic realm="Login Required"'
        assert answer.mimetype == "application/problem+json"
        assert answer.json is not None
        assert answer.json["detail"] == "Invalid credentials"


def test_script_of_a_page_gets_no_challenge() -> None:
    """A browser would answer it by a window of its own, and the page see nothing."""
    app, _ = counted()
    script = {"Sec-Fetch-Mode": "cors", "Accept": "*/*"}
    answer = client_of(app).get("/api", headers=script)
    assert answer.status_code == 401
    assert "WWW-Authenticate" not in answer.headers
    assert answer.get_json(force=True)["login_url"] == "/login/"
    wrong = client_of(app).get("/api", headers=script, auth=("ada", "wrong"))
    assert wrong.headers["WWW-Authenticate"] == 'Basic realm="Login Required"'


def test_header_goes_before_the_session() -> None:
    """A wrong header is refused though the session would do; a right one is who it says."""
    app, _ = counted()
    visitor = client_of(app)
    visitor.log_in("ada", "right")
    assert visitor.get("/api", auth=("eve", "right")).json == {"username": "eve"}
    assert visitor.get("/api", auth=("eve", "wrong")).status_code == 401
    assert visitor.get("/api").json == {"username": "ada"}


def test_no_session_is_left_or_touched() -> None:
    """No cookie is set, with right and with wrong credentials."""
    app, _ = counted()
    for password in ("right", "wrong"):
        assert "Set-Cookie" not in client_of(app).get("/api", auth=("ada", password)).headers


def test_view_without_basic_ignores_the_header() -> None:
    """Only a `basic=True` view asks for it, and no checker is called."""
    app, counter = counted()
    assert client_of(app).get("/secret", auth=("ada", "right")).status_code == 302
    assert counter.count == 0


def test_right_credentials_are_remembered_for_a_while() -> None:
    """30 seconds by default, then they are checked again."""
    app, counter = counted()
    now = [100.0]
    state_of(app).basic_memory = BriefMemory(30, clock=lambda: now[0])
    visitor = client_of(app)
    for seconds, count in ((0, 1), (29, 1), (1, 2), (29.9, 2), (0.1, 3)):
        now[0] += seconds
        assert visitor.get("/api", auth=("ada", "right")).status_code == 200
        assert counter.count == count


def test_wrong_credentials_are_not_remembered() -> None:
    """Each of them is checked."""
    app, counter = counted()
    for count in (1, 2, 3):
        assert client_of(app).get("/api", auth=("ada", "wrong")).status_code == 401
        assert counter.count == count


@pytest.mark.parametrize(
    "other",
    [
        {"auth": ("eve", "right")},
        {"auth": ("ada", "right2")},
        {"auth": ("ad", "aright")},
        {"auth": ("ada", "right"), "environ_base": {"REMOTE_ADDR": "192.0.2.7"}},
    ],
)
def test_nobody_gets_the_answer_to_another_question(other: dict[str, Any]) -> None:
    """Another name, password or client is asked anew: a checker may read the request."""
    app, counter = counted()
    client_of(app).get("/api", auth=("ada", "right"))
    client_of(app).get("/api", **other)
    assert counter.count == 2


def test_memory_can_be_switched_off() -> None:
    """0 seconds: the checker is asked each time."""
    app, counter = counted(SIMPLELOGIN_BASIC_MEMORY=0)
    for _ in range(3):
        client_of(app).get("/api", auth=("ada", "right"))
    assert counter.count == 3


def test_own_checker_is_asked_each_time() -> None:
    """Unless the setting is made: it may look at the request, count, or leave something behind."""
    app, counter = counted(SIMPLELOGIN_BASIC_MEMORY=None)
    for _ in range(3):
        assert client_of(app).get("/api", auth=("ada", "right")).status_code == 200
    assert counter.count == 3


def test_built_in_checker_with_a_hash_is_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    """By default: a hash is verified once in 30 seconds, a plain text costs nothing."""
    app = with_views(new_app(SIMPLELOGIN_USERNAME="chuck", SIMPLELOGIN_PASSWORD=HASH))
    SimpleLogin(app)
    verified = []

    def count(stored: str, given: str) -> bool:
        verified.append(given)
        return check_password_hash(stored, given)

    monkeypatch.setattr("flask_simplelogin.passwords.check_password_hash", count)
    for _ in range(3):
        assert client_of(app).get("/api", auth=("chuck", "norris")).status_code == 200
        assert client_of(app).get("/api", auth=("chuck", "wrong")).status_code == 401
    assert verified == ["norris", "wrong", "wrong", "wrong"]


def test_login_is_never_made_from_memory() -> None:
    """Basic at the login URL writes a session: the checker is asked."""
    app, counter = counted()
    client_of(app).get("/api", auth=("ada", "right"))
    assert client_of(app).post("/login/", json={}, auth=("ada", "right")).status_code == 302
    assert counter.count == 2


def test_form_is_always_checked() -> None:
    """What is remembered counts for single requests, not for a login by the form."""
    app, counter = counted()
    client_of(app).get("/api", auth=("ada", "right"))
    client_of(app).log_in("ada", "right")
    assert counter.count == 2


def test_changed_setting_ends_it_at_once() -> None:
    """Who changed the password in the configuration has changed it."""
    app = new_app(SIMPLELOGIN_USERNAME="chuck", SIMPLELOGIN_PASSWORD=HASH)
    SimpleLogin(app)
    with_views(app)
    assert client_of(app).get("/api", auth=("chuck", "norris")).status_code == 200
    app.config["SIMPLELOGIN_PASSWORD"] = generate_password_hash("lee", "pbkdf2:sha256:1")
    assert client_of(app).get("/api", auth=("chuck", "norris")).status_code == 401


def test_sample_credentials_are_not_remembered_for_a_proxy() -> None:
    """They count for a visitor of this machine, whatever was remembered a moment ago."""
    app = with_views(new_app())
    SimpleLogin(app)
    assert client_of(app).get("/api", auth=("admin", "secret")).status_code == 200
    for headers in ({"X-Forwarded-For": "192.0.2.7"}, {"Host": "app.example"}):
        answer = client_of(app).get("/api", auth=("admin", "secret"), headers=headers)
        assert answer.status_code == 401


@pytest.mark.parametrize(
    ("password", "status", "count"), [("right", 200, 1), ("wrong", 401, 1), ("broken", 503, 20)]
)
def test_identical_credentials_that_arrive_together_are_checked_once(
    password: str, status: int, count: int
) -> None:
    """Twenty at once are one question; only what a checker raises is not shared."""
    app, counter = counted(PROPAGATE_EXCEPTIONS=False, SIMPLELOGIN_THROTTLE=password != "broken")
    counter.gate.clear()
    started = Barrier(20)

    def ask(_number: int) -> int:
        started.wait(10)
        return client_of(app).get("/api", auth=("ada", password)).status_code

    memory = state_of(app).basic_memory
    with ThreadPoolExecutor(20) as pool:
        answers = pool.map(ask, range(20))
        _wait_until(lambda: _waiting(memory) == 19)
        counter.gate.set()
        assert set(answers) == {status}
    assert counter.count == count


def _waiting(memory: BriefMemory) -> int:
    """Return how many wait for the one answer that is being found."""
    futures: list[Any] = list(memory._asked.values())
    return sum(len(future._waiters) for future in futures)


def _wait_until(condition: Any) -> None:
    """Look until the condition holds; ten seconds at most."""
    pause = Event()
    for _ in range(1000):
        if condition():
            return
        pause.wait(0.01)
    raise AssertionError


def test_memory_is_bounded() -> None:
    """The oldest of more than 1,024 is forgotten."""
    memory = BriefMemory(30, clock=lambda: 1.0)
    asked: list[int] = []

    def ask(number: int) -> None:
        def answer() -> bool:
            asked.append(number)
            return True

        memory.ask((number,), answer)

    for number in range(1025):
        ask(number)
    ask(1024)
    assert len(asked) == 1025
    ask(0)
    assert len(asked) == 1026


def test_memory_holds_no_password() -> None:
    """What is kept are keyed digests: nothing of a password, not even its plain digest."""
    app, _ = counted()
    client_of(app).get("/api", auth=("ada", "right"))
    memory = state_of(app).basic_memory
    assert "right" not in repr(vars(memory))
    other = BriefMemory(30)
    other.ask(("x",), lambda: True)
    BriefMemory(30).ask(("x",), lambda: True)
    assert memory._kept.keys() != other._kept.keys()


def test_basic_on_a_restricted_view_of_the_readme() -> None:
    """`username=` counts however the credentials come."""
    app, _ = counted()

    @app.get("/ada")
    @login_required(username="ada", basic=True)
    def ada() -> str:
        return "ada"

    assert client_of(app).get("/ada", auth=("ada", "right")).status_code == 200
    answer = client_of(app).get(
        "/ada", auth=("eve", "right"), headers={"Accept": "application/json"}
    )
    assert answer.status_code == 403
    assert answer.json == {"title": "Forbidden", "status": 403, "detail": "Access Denied"}
