"""Counters in memory: bounded, of even cost, and not to be flooded."""

from __future__ import annotations

import sys
import threading
from itertools import count

import pytest
from limits import RateLimitItemPerMinute
from limits.strategies import FixedWindowRateLimiter, SlidingWindowCounterRateLimiter

from flask_simplelogin.throttle_storage import _BUCKETS, _PLACES, BoundedStorage

LIMIT = RateLimitItemPerMinute(10, 15)
CAPACITY = _BUCKETS * _PLACES


class Clock:
    """A clock that stands until it is set."""

    now = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


def size(storage: BoundedStorage) -> int:
    """Return how many counters there are."""
    return sum(map(len, storage._buckets.values())) + len(storage._overflow)


def hit(storage: BoundedStorage, key: str, times: int = 1) -> int:
    """Count, and return how often that was possible."""
    limiter = SlidingWindowCounterRateLimiter(storage)
    return sum(limiter.hit(LIMIT, key) for _ in range(times))


@pytest.mark.parametrize("stands_at", [10, 9])
def test_flood_resets_nothing(stands_at: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """A counter at its limit, or one before it, is what it was after a flood of other names."""
    monkeypatch.setattr("flask_simplelogin.throttle_storage._BUCKETS", 32)
    storage = BoundedStorage(Clock())
    hit(storage, "ada", stands_at)
    for number in range(20_000):
        storage.acquire_sliding_window_entry(f"user {number}", 10, 900)
    assert hit(storage, "ada", 20) == 10 - stands_at


def test_memory_is_bounded() -> None:
    """A flood of a sixty thousand names leaves ten megabytes at most, and no thread."""
    clock = Clock()
    storage = BoundedStorage(clock)
    threads = threading.active_count()
    for number in range(60_000):
        clock.now += 0.001
        storage.acquire_sliding_window_entry(f"user {number}", 10, 900)
    assert CAPACITY * 0.95 < size(storage) <= CAPACITY
    objects: list[object] = list(storage._buckets.values())
    for bucket in storage._buckets.values():
        objects += bucket
        objects += bucket.values()
        objects += [window.start for window in bucket.values()]
    assert sum(map(sys.getsizeof, objects)) < 10e6
    assert threading.active_count() == threads


def test_places_that_all_stand_at_their_limit_are_kept() -> None:
    """Then newcomers share a counter more, which has the same limit; nobody else notices."""
    storage = BoundedStorage(Clock())
    same_bucket = (key for key in map(str, count()) if _bucket(key) == _bucket("0"))
    keys = [next(same_bucket) for _ in range(_PLACES)]
    for key in keys:
        assert hit(storage, key, 11) == 10
    assert [hit(storage, next(same_bucket)) for _ in range(12)] == [1] * 10 + [0] * 2
    assert [hit(storage, key) for key in keys] == [0] * _PLACES
    assert hit(storage, "elsewhere", 11) == 10
    assert size(storage) == _PLACES + 2


def test_shared_counter_is_not_cleared_for_one_of_them() -> None:
    """Whoever logs in with success does not give the others new guesses."""
    storage = BoundedStorage(Clock())
    same_bucket = (key for key in map(str, count()) if _bucket(key) == _bucket("0"))
    for _ in range(_PLACES):
        hit(storage, next(same_bucket), 10)
    newcomer = next(same_bucket)
    assert hit(storage, newcomer, 11) == 10
    SlidingWindowCounterRateLimiter(storage).clear(LIMIT, newcomer)
    assert hit(storage, newcomer) == 0


def test_place_is_free_again_in_time() -> None:
    """Newcomers take the place of what has been over for long, without a sweep."""
    clock = Clock()
    storage = BoundedStorage(clock)
    same_bucket = (key for key in map(str, count()) if _bucket(key) == _bucket("0"))
    for _ in range(_PLACES):
        hit(storage, next(same_bucket), 10)
    hit(storage, next(same_bucket), 10)
    clock.now += 1801
    for _ in range(_PLACES * 3):
        assert hit(storage, next(same_bucket), 11) == 10
        clock.now += 1801


def test_the_rest_of_a_storage() -> None:
    """What `limits` asks of a storage beside: another strategy works with it as well."""
    clock = Clock()
    storage = BoundedStorage(clock)
    limiter = FixedWindowRateLimiter(storage)
    assert [limiter.hit(LIMIT, "ada") for _ in range(11)] == [True] * 10 + [False]
    assert not limiter.test(LIMIT, "ada")
    assert limiter.get_window_stats(LIMIT, "ada").reset_time == clock.now + 900
    clock.now += 901
    assert limiter.test(LIMIT, "ada")
    assert limiter.get_window_stats(LIMIT, "bob").remaining == 10
    limiter.hit(LIMIT, "ada")
    limiter.clear(LIMIT, "ada")
    assert limiter.get_window_stats(LIMIT, "ada").remaining == 10
    limiter.hit(LIMIT, "bob")
    assert storage.check()
    assert storage.reset() == 1
    assert size(storage) == 0


def _bucket(key: str) -> int:
    """Return the bucket of a key, as the limiter makes it."""
    return hash(LIMIT.key_for(key)) % _BUCKETS
