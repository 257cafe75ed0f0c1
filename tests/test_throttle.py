"""Who may guess, and how often: the same promises for memory and for Redis."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Lock
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flask_simplelogin import SettingError, SimpleLogin
from flask_simplelogin.throttle import Guess, Limits, Throttle, Throttled, limit_of

from .conftest import new_app
from .servers import free_port, redis_server
from .throttles import Ground, in_memory, in_redis


@pytest.fixture(scope="module")
def redis_port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a real Redis."""
    port = free_port()
    with redis_server(tmp_path_factory.mktemp("redis"), port):
        yield port


@pytest.fixture(params=["memory", "redis"])
def ground(request: pytest.FixtureRequest) -> Ground:
    """A place where guesses are counted."""
    if request.param == "memory":
        return in_memory()
    return in_redis(request.getfixturevalue("redis_port"))


def fails(guess: Guess) -> bool:
    """Make a wrong guess; return whether it was let through."""
    return ends(guess, is_right=False)


def ends(guess: Guess, *, is_right: bool | None) -> bool:
    """Make a guess with the given end; return whether it was let through."""
    try:
        guess.begin()
    except Throttled:
        return False
    guess.end(is_right)
    return True


def retry_after(guess: Guess) -> int:
    """Return for how many seconds a guess is refused."""
    with pytest.raises(Throttled) as caught:
        guess.begin()
    return caught.value.retry_after


def let_through(throttle: Throttle, guesses: list[tuple[str, str]]) -> int:
    """Return how many of these guesses, all of them wrong, were let through."""
    return sum(fails(throttle.guess(network, name)) for network, name in guesses)


def test_ten_at_a_name_from_a_network(ground: Ground) -> None:
    """The eleventh is refused; other names, and other networks, are not."""
    throttle = ground.throttle()
    assert let_through(throttle, [("here", "ada")] * 12) == 10
    assert let_through(throttle, [("here", "bob"), ("there", "ada")]) == 2


def test_fifty_failures_from_a_network(ground: Ground) -> None:
    """At whatever names; other networks are not refused."""
    throttle = ground.throttle()
    assert let_through(throttle, [("here", f"user {number}") for number in range(60)]) == 50
    assert let_through(throttle, [("there", "user 1")]) == 1


def test_hundred_failures_at_a_name(ground: Ground) -> None:
    """From wherever; other names are not refused."""
    throttle = ground.throttle()
    assert let_through(throttle, [(f"network {number}", "ada") for number in range(110)]) == 100
    assert let_through(throttle, [("network 1", "bob")]) == 1


def test_success_clears(ground: Ground) -> None:
    """What was counted for this network and name; the failures of the wider limits stay."""
    throttle = ground.throttle()
    for _ in range(6):
        assert let_through(throttle, [("here", "ada")] * 8) == 8
        assert ends(throttle.guess("here", "ada"), is_right=True)
        if throttle.counts.windows(throttle.guess("here", "ada")._wide[0])[2] == 48:
            break
    assert let_through(throttle, [("here", "ada")] * 8) == 2


def test_success_counts_nothing(ground: Ground) -> None:
    """Who knows the password may come as often as they like."""
    throttle = ground.throttle()
    assert all(ends(throttle.guess("here", "ada"), is_right=True) for _ in range(200))


def test_refused_guesses_count_nothing(ground: Ground) -> None:
    """A thousand that are refused do not put the next free one off, nor fill the wider limits."""
    throttle = ground.throttle()
    let_through(throttle, [("here", "ada")] * 10)
    before = retry_after(throttle.guess("here", "ada"))
    let_through(throttle, [("here", "ada")] * 100)
    assert retry_after(throttle.guess("here", "ada")) <= before
    assert let_through(throttle, [("here", f"user {number}") for number in range(50)]) == 40


def test_checker_that_could_not_tell(ground: Ground) -> None:
    """It was asked, so the guess is counted; but it was no failure, for the wider limits."""
    throttle = ground.throttle()
    assert sum(ends(throttle.guess("here", "ada"), is_right=None) for _ in range(20)) == 10
    assert let_through(throttle, [("here", f"user {number}") for number in range(60)]) == 50


def test_test_counts_nothing(ground: Ground) -> None:
    """It says whether a guess is free, and no more."""
    throttle = ground.throttle()
    for _ in range(30):
        throttle.guess("here", "ada").test()
    assert let_through(throttle, [("here", "ada")] * 11) == 10
    with pytest.raises(Throttled):
        throttle.guess("here", "ada").test()


def test_known_browser_counts_by_itself(ground: Ground) -> None:
    """An attack on its name and network does not refuse it, and it does not fill their limits."""
    throttle = ground.throttle()
    let_through(throttle, [("here", "ada")] * 10)
    let_through(throttle, [("here", f"user {number}") for number in range(40)])
    let_through(throttle, [(f"network {number}", "ada") for number in range(90)])
    assert sum(fails(throttle.guess("here", "ada", "browser")) for _ in range(12)) == 10
    assert fails(throttle.guess("here", "ada", "another browser"))
    assert not fails(throttle.guess("there", "ada"))


@pytest.mark.parametrize("passed", [0.0, 1.5, 300.0, 899.0, 900.5, 1500.0])
def test_who_waits_as_long_as_was_said_gets_through(ground: Ground, passed: float) -> None:
    """And not a moment earlier than about a second before, wherever in the window that is."""
    throttle = ground.throttle()
    let_through(throttle, [("here", "ada")] * 6)
    ground.advance(passed)
    let_through(throttle, [("here", "ada")] * 10)
    seconds = retry_after(throttle.guess("here", "ada"))
    assert 0 < seconds <= 901
    ground.advance(seconds - 1.2)
    assert not fails(throttle.guess("here", "ada"))
    ground.advance(1.2)
    assert fails(throttle.guess("here", "ada"))


def test_answer_names_the_longest_of_the_waits(ground: Ground) -> None:
    """Who is refused by two limits is not told to come back for the second no."""
    throttle = ground.throttle()
    let_through(throttle, [(f"network {number}", "ada") for number in range(90)])
    let_through(throttle, [("here", "ada")] * 10)
    assert retry_after(throttle.guess("here", "ada")) > 3590
    ground.advance(retry_after(throttle.guess("here", "ada")))
    assert fails(throttle.guess("here", "ada"))


def test_all_is_forgotten_in_time(ground: Ground) -> None:
    """Two windows after the last guess nothing of it is left."""
    throttle = ground.throttle()
    let_through(throttle, [("here", "ada")] * 10)
    ground.advance(1801)
    assert let_through(throttle, [("here", "ada")] * 11) == 10


def test_four_hundred_at_once(ground: Ground) -> None:
    """Ten of them get to the checker, whatever the threads do."""
    throttle = ground.throttle()
    throttle.pause = time.sleep
    together = Barrier(40)
    lock = Lock()
    checked = 0

    def make_ten(_thread: int) -> None:
        nonlocal checked
        together.wait(30)
        for _ in range(10):
            guess = throttle.guess("here", "ada")
            try:
                guess.begin()
            except Throttled:
                continue
            with lock:
                checked += 1
            guess.end(is_right=False)

    with ThreadPoolExecutor(40) as pool:
        list(pool.map(make_ten, range(40)))
    assert checked == 10


def test_right_ones_that_come_together_wait_for_each_other(ground: Ground) -> None:
    """More at once than are free, all of them right: none is refused, and ten are checked at once.

    So it is after failures too.
    """
    throttle = ground.throttle()
    throttle.pause = time.sleep
    let_through(throttle, [("here", "ada")] * 5)
    together = Barrier(60)

    def ask(_thread: int) -> bool:
        together.wait(30)
        return all(ends(throttle.guess("here", "ada"), is_right=True) for _ in range(3))

    with ThreadPoolExecutor(60) as pool:
        assert all(pool.map(ask, range(60)))


def test_nobody_waits_for_what_has_failed(ground: Ground) -> None:
    """A guess that is one too many is refused at once when all before it are decided."""
    throttle = ground.throttle()
    waited: list[float] = []
    throttle.pause = waited.append
    let_through(throttle, [("here", "ada")] * 20)
    assert waited == []


def test_nobody_waits_for_ever() -> None:
    """A process that died in the middle of ten guesses keeps the next one for ten seconds."""
    ground = in_memory()
    throttle = ground.throttle()
    throttle.pause = ground.advance
    for _ in range(10):
        throttle.guess("here", "ada").begin()
    assert 890 <= retry_after(throttle.guess("here", "ada")) < 900


def test_unlock(ground: Ground, request: pytest.FixtureRequest) -> None:
    """A name is free again, from all networks; other names are not. Memory can't do that."""
    throttle = ground.throttle()
    let_through(throttle, [("here", "ada"), ("there", "ada"), ("here", "adam")] * 10)
    if not throttle.is_shared:
        with pytest.raises(Exception, match="in the memory of each process"):
            throttle.unlock("ada")
        return
    assert throttle.unlock("ada")
    assert not throttle.unlock("ada")
    assert let_through(throttle, [("here", "ada"), ("there", "ada")]) == 2
    assert let_through(throttle, [("here", "adam")]) == 0


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(st.tuples(st.floats(0, 1000), st.integers(1, 12)), min_size=5, max_size=60))
def test_long_run(steps: list[tuple[float, int]]) -> None:
    """Whatever the rhythm: within any 15 minutes never more than 20, and on average ten."""
    ground = in_memory()
    throttle = ground.throttle(Limits(limit_of("10 per 15 minutes"), *([limit_of("999/hour")] * 2)))
    now, passed = 0.0, []
    for pause, number in steps:
        ground.advance(pause)
        now += pause
        passed += [now] * let_through(throttle, [("here", "ada")] * number)
    for start in passed:
        assert sum(start <= each < start + 900 for each in passed) <= 20
    assert len(passed) <= 10 * (now / 900 + 2)


@pytest.mark.parametrize(
    "text", ["", "ten per hour", "10", "0 per hour", "1/second; 5/minute", "10 per fortnight"]
)
def test_what_is_no_limit(text: str) -> None:
    """A number and a time, one of each."""
    with pytest.raises(ValueError, match=r"."):
        limit_of(text)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("THROTTLE_PER_NAME", "100"),
        ("THROTTLE_PER_NAME", 100),
        ("THROTTLE_PER_NETWORK", "5/minute;2/second"),
        ("THROTTLE_PER_NETWORK_AND_NAME", "0 per hour"),
        ("THROTTLE_IPV4_PREFIX", 0),
        ("THROTTLE_IPV4_PREFIX", 33),
        ("THROTTLE_IPV6_PREFIX", 129),
        ("THROTTLE_TIMEOUT", 0),
        ("THROTTLE_TIMEOUT", True),
        ("THROTTLE_STORAGE", "memcached://:geheim@localhost"),
        ("THROTTLE_STORAGE", "redis"),
        ("THROTTLE_STORAGE", "http://[geheim"),
        ("DEVICE_COOKIE_LIFETIME", -1),
        ("THROTTLE", "no"),
    ],
)
def test_wrong_setting_fails_at_start(key: str, value: Any) -> None:
    """With a sentence that names it, and never shows a password."""
    with pytest.raises(SettingError, match=f"SIMPLELOGIN_{key} must") as caught:
        SimpleLogin(new_app(**{f"SIMPLELOGIN_{key}": value}))
    assert "geheim" not in str(caught.value)
