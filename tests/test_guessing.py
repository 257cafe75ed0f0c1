"""Guessing through the front door: every entrance shares the counts, and a no says little."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from html import escape
from pathlib import Path
from threading import Barrier, BrokenBarrierError
from typing import Any

import pytest
from flask import Flask, abort, request
from werkzeug.exceptions import TooManyRequests
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.security import generate_password_hash
from werkzeug.test import TestResponse

from flask_simplelogin import SimpleLogin, User, login_throttled, login_user
from flask_simplelogin.state import state_of

from .conftest import Visitor, client_of, new_app, with_views
from .servers import ROOT, free_port, redis_server
from .throttles import Ground, in_memory, in_redis

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
JSON = {"Accept": "application/json"}


class Checker:
    """A checker that notes whom it is asked about; one password is right, one breaks it."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, user: User) -> bool:
        """Note the name, and compare."""
        self.asked.append(user["username"])
        if user["password"] == "broken":
            raise LookupError
        return user["password"] == "right"


def guarded(**config: Any) -> tuple[Flask, Checker, Ground]:
    """Return an app, its checker, and what makes time pass for it."""
    app, checker, ground = new_app(**config), Checker(), in_memory()
    SimpleLogin(app, checker)
    ground.of_app(app)
    return with_views(app), checker, ground


def visitor_from(app: Flask, address: str | None) -> Visitor:
    """Return a visitor with an address."""
    visitor = client_of(app)
    visitor.environ_base["REMOTE_ADDR"] = address  # type: ignore[assignment]
    return visitor


def by_form(visitor: Visitor, name: str, password: str = "wrong") -> TestResponse:
    """Guess by the form."""
    return visitor.log_in(name, password)


def by_json(visitor: Visitor, name: str, password: str = "wrong") -> TestResponse:
    """Guess by JSON."""
    return visitor.post("/login/", json={"username": name, "password": password})


def by_basic(visitor: Visitor, name: str, password: str = "wrong") -> TestResponse:
    """Guess by Basic."""
    return visitor.get("/api", auth=(name, password))


def by_basic_at_login(visitor: Visitor, name: str, password: str = "wrong") -> TestResponse:
    """Guess by Basic with JSON at the login URL."""
    return visitor.post("/login/", json={}, auth=(name, password))


ENTRANCES = [by_form, by_json, by_basic, by_basic_at_login]


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_eleventh_guess_does_not_reach_the_checker(entrance: Any) -> None:
    """Not even with the right password; after a quarter of an hour it does."""
    app, checker, ground = guarded()
    visitor = client_of(app)
    assert [entrance(visitor, "ada").status_code for _ in range(10)] == [401] * 10
    for password in ("wrong", "right"):
        assert entrance(visitor, "ada", password).status_code == 429
    assert len(checker.asked) == 10
    ground.advance(901)
    assert entrance(visitor, "ada", "right").status_code in {200, 302}


def test_entrances_share_the_counts() -> None:
    """Whoever is refused at one is refused at all."""
    app, checker, _ = guarded()
    for number in range(10):
        assert ENTRANCES[number % 4](client_of(app), "ada").status_code == 401
    for entrance in ENTRANCES:
        assert entrance(client_of(app), "ada", "right").status_code == 429
    assert len(checker.asked) == 10


def test_thousand_guesses_are_ten_checks() -> None:
    """From one address, at one name."""
    app, checker, _ = guarded()
    visitor = client_of(app)
    answers = [by_json(visitor, "ada").status_code for _ in range(1000)]
    assert answers == [401] * 10 + [429] * 990
    assert len(checker.asked) == 10


def test_different_ways_to_write_a_name_are_one() -> None:
    """For the counts; the checker gets what was typed."""
    app, checker, _ = guarded()
    names = ["ada", "Ada", "ADA", " ada", "áda", "ａda"]
    answers = [by_json(client_of(app), names[number % 6]).status_code for number in range(12)]
    assert answers == [401] * 10 + [429] * 2
    assert set(checker.asked) == set(names)


def test_networks() -> None:
    """Each address of IPv4, and each /64 of IPv6, guesses for itself; mapped ones are the same."""
    app, _, _ = guarded()
    for address in ("192.0.2.7", "::ffff:192.0.2.7") * 5:
        assert by_json(visitor_from(app, address), "ada").status_code == 401
    assert by_json(visitor_from(app, "::ffff:c000:207"), "ada").status_code == 429
    assert by_json(visitor_from(app, "192.0.2.8"), "ada").status_code == 401
    for number in range(10):
        assert by_json(visitor_from(app, f"2001:db8::{number}"), "ada").status_code == 401
    assert by_json(visitor_from(app, "2001:db8::ffff:1"), "ada").status_code == 429
    assert by_json(visitor_from(app, "2001:db8:0:1::1"), "ada").status_code == 401


@pytest.mark.parametrize("address", [None, "", "unknown", "unix:/run/app.sock", "10.0.0.1, 10.2"])
def test_address_that_is_none(address: str | None) -> None:
    """It is an address like another, and no error."""
    app, _, _ = guarded()
    answers = [by_json(visitor_from(app, address), "ada").status_code for _ in range(11)]
    assert answers == [401] * 10 + [429]


def test_header_changes_nothing() -> None:
    """Who writes another address into each request has ten guesses all the same."""
    app, checker, _ = guarded()
    visitor = client_of(app)
    for number in range(20):
        address = f"198.51.100.{number}"
        headers = {"X-Forwarded-For": address, "Forwarded": f"for={address}", "X-Real-IP": address}
        visitor.get("/api", auth=("ada", "wrong"), headers=headers)
    assert len(checker.asked) == 10


def test_behind_a_proxy() -> None:
    """With `ProxyFix` the client counts, and what it wrote into the header itself does not."""
    app, checker, _ = guarded()
    app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    for number in range(12):
        headers = {"X-Forwarded-For": f"203.0.113.{number}, 192.0.2.7"}
        client_of(app).get("/api", auth=("ada", "wrong"), headers=headers)
    assert len(checker.asked) == 10
    headers = {"X-Forwarded-For": "192.0.2.8"}
    assert client_of(app).get("/api", auth=("ada", "right"), headers=headers).status_code == 200


def test_failures_of_a_network() -> None:
    """Fifty, at whatever names; then nobody there gets in, and everybody elsewhere does."""
    app, _, _ = guarded()
    answers = [by_json(client_of(app), f"user{number}").status_code for number in range(60)]
    assert answers == [401] * 50 + [429] * 10
    assert by_json(client_of(app), "ada", "right").status_code == 429
    assert by_json(visitor_from(app, "192.0.2.7"), "ada", "right").status_code == 200


def test_failures_at_a_name() -> None:
    """A hundred, from wherever; other names are free."""
    app, _, ground = guarded()
    for number in range(100):
        visitor = visitor_from(app, f"192.0.2.{number}")
        assert by_json(visitor, "ada").status_code == 401
    assert by_json(visitor_from(app, "192.0.2.200"), "ada", "right").status_code == 429
    assert by_json(visitor_from(app, "192.0.2.200"), "bob", "right").status_code == 200
    ground.advance(3601)
    assert by_json(visitor_from(app, "192.0.2.200"), "ada", "right").status_code == 200


def test_success_clears() -> None:
    """The slips of somebody who knows the password in the end do not add up."""
    app, _, _ = guarded()
    for _ in range(4):
        for _ in range(9):
            assert by_json(client_of(app), "ada").status_code == 401
        assert by_json(client_of(app), "ada", "right").status_code == 200


def test_numbers_are_settings() -> None:
    """Each of them, and off."""
    app, checker, _ = guarded(SIMPLELOGIN_THROTTLE_PER_NETWORK_AND_NAME="3/hour")
    assert [by_json(client_of(app), "ada").status_code for _ in range(4)] == [401] * 3 + [429]
    app, checker, _ = guarded(SIMPLELOGIN_THROTTLE_PER_NETWORK="2 per minute")
    answers = [by_json(client_of(app), name).status_code for name in ("ada", "bob", "eve")]
    assert answers == [401, 401, 429]
    app, checker, _ = guarded(SIMPLELOGIN_THROTTLE_PER_NAME="1/day")
    addresses = ("192.0.2.7", "192.0.2.8")
    answers = [by_json(visitor_from(app, each), "ada").status_code for each in addresses]
    assert answers == [401, 429]
    app, checker, _ = guarded(
        SIMPLELOGIN_THROTTLE_IPV4_PREFIX=24, SIMPLELOGIN_THROTTLE_IPV6_PREFIX=48
    )
    for number in range(12):
        by_json(visitor_from(app, f"192.0.2.{number}"), "ada")
        by_json(visitor_from(app, f"2001:db8:0:{number}::1"), "ada")
    assert len(checker.asked) == 20


def test_switched_off() -> None:
    """All guesses are free, and no cookie is set that nobody asks for."""
    app = new_app(SIMPLELOGIN_THROTTLE=False)
    SimpleLogin(app, Checker())
    assert [by_json(client_of(app), "ada").status_code for _ in range(30)] == [401] * 30
    answer = by_json(client_of(app), "ada", "right")
    assert "device" not in str(answer.headers.getlist("Set-Cookie"))


def test_apps_count_for_themselves() -> None:
    """What is refused in one is free in the other."""
    one, two = guarded()[0], guarded()[0]
    for _ in range(11):
        by_json(client_of(one), "ada")
    assert by_json(client_of(one), "ada").status_code == 429
    assert by_json(client_of(two), "ada").status_code == 401


def refused(app: Flask, **kwargs: Any) -> TestResponse:
    """Return the answer to a guess that is one too many, by Basic."""
    for _ in range(10):
        by_basic(client_of(app), "ada")
    return client_of(app).get("/api", auth=("ada", "right"), **kwargs)


def test_json_problem() -> None:
    """An API request is told as RFC 9457 has it, and when to try again."""
    answer = refused(guarded()[0], headers=JSON)
    assert answer.status_code == 429
    assert answer.mimetype == "application/problem+json"
    assert answer.headers["Retry-After"] == "901"
    assert answer.json == {
        "title": "Too Many Requests",
        "status": 429,
        "detail": "Too many attempts. Try again in 15 min.",
    }
    assert "WWW-Authenticate" not in answer.headers
    assert answer.headers["Cache-Control"] == "no-store"


def test_json_problem_of_the_login() -> None:
    """The login by JSON says the same."""
    app, _, _ = guarded()
    refused(app)
    answer = client_of(app).post("/login/", json={"username": "ada", "password": "right"})
    assert (answer.status_code, answer.mimetype) == (429, "application/problem+json")
    assert answer.headers["Retry-After"] == "901"


@pytest.mark.parametrize("entrance", [by_form, by_basic])
def test_page(entrance: Any) -> None:
    """A browser gets a page with the sentence, out of caches and frames."""
    app, _, ground = guarded()
    refused(app)
    ground.advance(840)
    visitor = client_of(app)
    visitor.environ_base["HTTP_ACCEPT"] = BROWSER["Accept"]
    answer = entrance(visitor, "ada", "right")
    assert (answer.status_code, answer.mimetype) == (429, "text/html")
    assert re.search(r'role="alert">Too many attempts. Try again in 61 s.</p>', answer.text)
    assert answer.headers["Retry-After"] == "61"
    assert answer.headers["Cache-Control"] == "no-store"
    assert "frame-ancestors" in answer.headers["Content-Security-Policy"]
    assert 'href="/login/"' in answer.text


def test_text_for_who_asks_for_no_html() -> None:
    """The bare sentence, as with other refusals."""
    answer = refused(guarded()[0])
    assert answer.text == "Too many attempts. Try again in 15 min."
    assert (answer.status_code, answer.mimetype) == (429, "text/plain")


@pytest.mark.parametrize("entrance", ENTRANCES)
def test_program_answers_itself(entrance: Any) -> None:
    """A handler for 429, or for all errors, goes before our page."""
    app, _, _ = guarded()

    @app.errorhandler(429)
    def slowly(error: TooManyRequests) -> tuple[str, int]:
        return f"slowly, slowly: {error.retry_after} {error.description}", 429

    refused(app)
    answer = entrance(client_of(app), "ada", "right")
    assert answer.text == "slowly, slowly: 901 Too many attempts. Try again in 15 min."


def test_own_message() -> None:
    """In the program's words, with the time in its place; or none."""
    for text, shown in (("Warte {0}!", "Warte 15 min!"), ("Nein.", "Nein."), (None, "This user")):
        app = new_app()
        SimpleLogin(app, Checker(), messages={"throttled": text})
        assert refused(with_views(app), headers=BROWSER).text.count(escape(shown)) == 1


def test_own_429_of_the_program_is_left_alone() -> None:
    """What a checker says by `abort` is its own."""
    app = new_app()
    SimpleLogin(app, lambda user: abort(429, "the moon is full"))
    assert "the moon is full" in client_of(app).log_in("ada", "x").text
    assert "Try again in" not in client_of(app).log_in("ada", "x").text


def test_refusal_is_logged_and_signalled(caplog: pytest.LogCaptureFixture) -> None:
    """One line and one signal each, with the fields of the other events."""
    app, _, _ = guarded()
    received: list[tuple[str, str, str, str]] = []

    def receive(sender: Flask, event: str, username: str, remote_addr: str, via: str) -> None:
        assert sender is app
        received.append((event, username, remote_addr, via))

    with login_throttled.connected_to(receive), caplog.at_level(logging.WARNING):
        refused(app)
        by_form(client_of(app), "ada")
    lines = [each for each in caplog.messages if each.startswith("throttled")]
    assert lines == [
        'throttled username="ada" remote_addr=127.0.0.1 via=basic',
        'throttled username="ada" remote_addr=127.0.0.1 via=form',
    ]
    assert received == [("throttled", "ada", "127.0.0.1", via) for via in ("basic", "form")]


def test_name_that_exists_is_refused_like_one_that_does_not() -> None:
    """The answers are equal to the letter, with right and with wrong passwords."""
    app = with_views(new_app(SIMPLELOGIN_USERNAME="ada", SIMPLELOGIN_PASSWORD="right"))
    SimpleLogin(app)
    in_memory().of_app(app)
    answers = set()
    for name, password in (("ada", "wrong"), ("ada", "right"), ("nobody", "wrong")):
        for _ in range(10):
            by_json(client_of(app), name)
        answer = by_json(client_of(app), name, password)
        answers.add((answer.status, answer.text, str(answer.headers)))
    assert len(answers) == 1


def test_program_that_logs_in_by_other_means_is_not_limited() -> None:
    """`login_user` guesses nothing."""
    app, _, _ = guarded()

    @app.get("/portal")
    def portal() -> str:
        login_user("ada")
        return "in"

    refused(app)
    assert client_of(app).get("/portal").text == "in"


def test_what_is_not_even_a_guess_counts_nothing() -> None:
    """An empty form, a form without its token, a list as a password."""
    app, checker, _ = guarded()
    visitor = client_of(app)
    for _ in range(15):
        visitor.log_in("ada", "")
        visitor.post("/login/", data={"username": "ada", "password": "x"})
        visitor.post("/login/", json={"username": "ada", "password": ["x"]})
        visitor.get("/api", headers={"Authorization": "Basic ====="})
    assert checker.asked == []
    assert by_json(visitor, "ada", "right").status_code == 200


def test_checker_that_raises_is_not_asked_without_end() -> None:
    """Who can make it fail gets no more guesses by that: each was one."""
    app, _, _ = guarded(PROPAGATE_EXCEPTIONS=False)
    answers = [by_json(client_of(app), "ada", "broken").status_code for _ in range(12)]
    assert answers == [503] * 10 + [429] * 2
    for number in range(60):
        by_json(client_of(app), f"user{number}", "broken")
    assert by_json(client_of(app), "bob", "right").status_code == 200


def test_remembered_credentials_can_not_be_guessed() -> None:
    """Where none is free, Basic credentials that are remembered as right are refused as well."""
    hashed = generate_password_hash("right", "pbkdf2:sha256:1")
    app = with_views(new_app(SIMPLELOGIN_USERNAME="ada", SIMPLELOGIN_PASSWORD=hashed))
    SimpleLogin(app)
    in_memory().of_app(app)
    assert by_basic(client_of(app), "ada", "right").status_code == 200
    for _ in range(10):
        by_basic(client_of(app), "ada")
    assert by_basic(client_of(app), "ada", "right").status_code == 429


def at_once(count: int, act: Any) -> list[int]:
    """Return the statuses of as many requests that start together."""
    together = Barrier(count)

    def start(number: int) -> int:
        together.wait(30)
        return int(act(number).status_code)

    with ThreadPoolExecutor(count) as pool:
        return sorted(pool.map(start, range(count)))


def test_four_hundred_different_guesses_at_once() -> None:
    """Ten get to the checker."""
    app, checker, _ = guarded()
    answers = at_once(100, lambda number: by_basic(client_of(app), "ada", f"wrong {number}"))
    assert answers == [401] * 10 + [429] * 90
    assert len(checker.asked) == 10


@pytest.mark.parametrize("memory", [None, 0, 30])
def test_two_hundred_right_requests_at_once(memory: int | None) -> None:
    """None is refused, whether a yes is remembered or the checker is asked each time."""
    app, ten = new_app(SIMPLELOGIN_BASIC_MEMORY=memory), Barrier(10)

    def check(user: User) -> bool:
        with suppress(BrokenBarrierError):  # all that are free are taken before any is answered
            ten.wait(0.5)
        return user["password"] == "right"

    SimpleLogin(with_views(app), check)
    answers = at_once(200, lambda _: by_basic(client_of(app), "ada", "right"))
    assert answers == [200] * 200


def test_proxy_without_proxy_fix_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    """Once, at the first request that names a client of which nobody takes notice."""
    app, _, _ = guarded()
    for _ in range(3):
        by_basic_headers(app, {"X-Forwarded-For": "192.0.2.7"})
    assert [each for each in caplog.messages if "ProxyFix" in each] == [
        "Requests come through a proxy, and every client has its address, 127.0.0.1: when guesses "
        "from there are refused, they are for all. Put ProxyFix around the app."
    ]


def by_basic_headers(app: Flask, headers: dict[str, str], address: str = "127.0.0.1") -> None:
    """Ask with headers."""
    visitor_from(app, address).get("/api", auth=("ada", "right"), headers=headers)


@pytest.mark.parametrize(
    ("fix", "headers", "address"),
    [
        (True, {"X-Forwarded-For": "192.0.2.7"}, "127.0.0.1"),
        (True, {"X-Forwarded-For": "10.0.0.9"}, "127.0.0.1"),
        (False, {}, "127.0.0.1"),
        (False, {"X-Forwarded-For": "192.0.2.7"}, "9.9.9.9"),
    ],
)
def test_nothing_is_told_where_nothing_is_wrong(
    caplog: pytest.LogCaptureFixture, *, fix: bool, headers: dict[str, str], address: str
) -> None:
    """With `ProxyFix`, without a proxy, and when a client on the internet makes things up."""
    app, _, _ = guarded()
    if fix:
        app.wsgi_app = ProxyFix(app.wsgi_app)  # type: ignore[method-assign]
    by_basic_headers(app, headers, address)
    assert [each for each in caplog.messages if "ProxyFix" in each] == []


def test_proxy_that_says_nothing_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    """Once, when the failures of an address that may be a proxy's fill its network's limit."""
    app, _, _ = guarded()
    for number in range(60):
        by_json(client_of(app), f"user{number}")
    assert len([each for each in caplog.messages if "ProxyFix" in each]) == 1


def test_several_processes_that_count_alone_are_told_of(caplog: pytest.LogCaptureFixture) -> None:
    """Once in each of them, as the server says that it is not alone."""
    app, _, _ = guarded()
    for _ in range(3):
        client_of(app).get(
            "/api", auth=("ada", "right"), environ_overrides={"wsgi.multiprocess": True}
        )
    assert len([each for each in caplog.messages if "SIMPLELOGIN_THROTTLE_STORAGE" in each]) == 1


def test_no_name_is_in_the_storage() -> None:
    """Nor an address: what was typed into the wrong field may be a password."""
    app, _, _ = guarded()
    throttle = state_of(app).throttle
    assert throttle is not None
    keys: list[str] = []
    count = throttle.counts.hit
    throttle.counts.hit = lambda counter: keys.append(str(counter)) or count(counter)  # type: ignore[method-assign,func-returns-value]
    by_json(client_of(app), "my-password")
    assert len(keys) == 4
    assert not any("my-password" in key or "127.0.0.1" in key for key in keys)


def test_checker_may_look_at_the_request() -> None:
    """The limits leave its surroundings as they are."""
    app = new_app()
    SimpleLogin(app, lambda user: request.headers["X-Code"] == user["password"])
    with_views(app)
    answer = client_of(app).get("/api", auth=("ada", "1"), headers={"X-Code": "1"})
    assert answer.status_code == 200


def steps() -> list[tuple[float, int, bool, str]]:
    """Return the documented walk along the clock: seconds, how many, right or not, the answer."""
    text = (ROOT / "docs" / "guessing.md").read_text()
    rows = re.findall(r"^\| (\d+):(\d\d) \| (.+) passwords? \| (.+) \|$", text, re.MULTILINE)
    return [
        (
            int(minutes) * 60 + int(seconds),
            int(sent.split()[0]) if "wrong" in sent else 1,
            "right" in sent,
            answer,
        )
        for minutes, seconds, sent, answer in rows
    ]


@pytest.fixture(params=["memory", "redis"])
def ground(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ground]:
    """A place where guesses are counted."""
    if request.param == "memory":
        yield in_memory()
        return
    port = free_port()
    with redis_server(tmp_path, port):
        yield in_redis(port)


def test_documented_walk_along_the_clock(ground: Ground) -> None:
    """Each line of it holds, in memory and in Redis; there a second may have passed meanwhile."""
    app, _, _ = guarded()
    ground.of_app(app)
    now = 0.0
    assert len(steps()) == 10
    for at, times, is_right, expected in steps():
        ground.advance(at - now)
        now = at
        for _ in range(times):
            answer = by_json(client_of(app), "ada", "right" if is_right else "wrong")
            status = {"401": 401, "let": 200, "429": 429}[expected[:3]]
            assert answer.status_code == status, (at, expected)
            if status == 429:
                seconds = int(answer.headers["Retry-After"])
                assert int(re.sub(r"\D", "", expected[4:])) - seconds in {0, 1}
