"""Counters in the memory of this process: never more than a few megabytes, whoever guesses.

It is a storage of `limits`, whose own one sweeps all keys from a timer thread. Here each counter
has its bucket of sixteen places, found by the hash of its key, so that every question costs the
same. Where a newcomer finds its bucket full, it takes the place of the counter that is furthest
from its limit. A counter that stands at its limit stays; if all sixteen do, newcomers share one
counter more. So a flood of names resets nothing that keeps anybody out, and costs no memory.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from math import floor
from threading import Lock

from limits.storage import SlidingWindowCounterSupport, Storage

_BUCKETS = 2048
_PLACES = 16


class _Window:
    """What has been counted in the window that runs and in the one before it.

    A window begins with what is counted first, and the next one where it ends: as in the scripts
    with which `limits` counts in Redis.
    """

    __slots__ = ("current", "expiry", "limit", "previous", "start")

    def __init__(self, limit: int, expiry: int, start: float) -> None:
        self.limit = limit
        self.expiry = expiry
        self.start = start
        self.previous = 0
        self.current = 0

    def roll(self, now: float) -> bool:
        """Go on to the window of this moment; return whether anything is left to be counted."""
        age = now - self.start
        if age >= self.expiry:
            self.start += self.expiry
            self.previous, self.current = self.current, 0
        return age < 2 * self.expiry

    def weight(self, now: float) -> float:
        """Return the count: what is in the window before loses weight with each moment."""
        age = now - self.start
        if age >= self.expiry:
            return max(0.0, self.current * (2 - age / self.expiry))
        return self.previous * (1 - age / self.expiry) + self.current

    def fullness(self, now: float) -> float:
        """Return how near the count is to its limit: 1 is at it."""
        return self.weight(now) / self.limit


class BoundedStorage(Storage, SlidingWindowCounterSupport):
    """A storage of `limits` for its sliding-window counter.

    Args:
        clock: Tells the time in seconds; it never goes back.
    """

    STORAGE_SCHEME = None

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._lock = Lock()
        self._buckets: dict[int, dict[int, _Window]] = {}
        self._overflow: dict[tuple[int, int], _Window] = {}

    @property
    def base_exceptions(self) -> type[Exception]:
        """Nothing that this storage raises is worth another name."""
        return ValueError

    def acquire_sliding_window_entry(
        self, key: str, limit: int, expiry: int, amount: int = 1
    ) -> bool:
        """Count, unless that would be over the limit; return whether it was counted."""
        with self._lock:
            window = self._own_window(key, limit, expiry)
            if floor(window.weight(self._clock())) + amount > limit:
                return False
            window.current += amount
            return True

    def get_sliding_window(self, key: str, expiry: int) -> tuple[int, float, int, float]:
        """Return the windows' counts, and for how many seconds each matters still."""
        with self._lock:
            window = self._window(key, expiry)
            if window is None:
                return 0, 0.0, 0, 0.0
            left = window.start + expiry - self._clock()
            return window.previous, left, window.current, left + expiry

    def clear_sliding_window(self, key: str, expiry: int) -> None:  # noqa: ARG002
        """Forget a counter; what newcomers share is not forgotten for one of them."""
        self.clear(key)

    def clear(self, key: str) -> None:
        """Forget a counter."""
        with self._lock:
            self._bucket(key).pop(hash(key), None)

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count without a limit, and return the count of the window that runs."""
        with self._lock:
            window = self._own_window(key, amount, expiry)
            window.current += amount
            return window.current

    def get(self, key: str) -> int:
        """Return the count of the window that runs."""
        with self._lock:
            window = self._bucket(key).get(hash(key))
            return window.current if window and window.roll(self._clock()) else 0

    def get_expiry(self, key: str) -> float:
        """Return when, by the clock, the window ends that runs."""
        with self._lock:
            window = self._bucket(key).get(hash(key))
            return window.start + window.expiry if window else self._clock()

    def check(self) -> bool:
        """Return that memory is at hand."""
        return True

    def reset(self) -> int:
        """Forget all counters, and return how many there were."""
        with self._lock:
            count = sum(map(len, self._buckets.values())) + len(self._overflow)
            self._buckets.clear()
            self._overflow.clear()
            return count

    def _bucket(self, key: str) -> dict[int, _Window]:
        """Return the places among which a key has its own."""
        return self._buckets.setdefault(hash(key) % _BUCKETS, {})

    def _window(self, key: str, expiry: int) -> _Window | None:
        """Return the counter that a key has, its own or a shared one, or `None`."""
        now = self._clock()
        bucket = self._bucket(key)
        window = bucket.get(hash(key))
        if window is None and len(bucket) >= _PLACES and _emptiest(bucket, now) is None:
            window = self._overflow.get((hash(key) % _BUCKETS, expiry))
        return window if window and window.roll(now) else None

    def _own_window(self, key: str, limit: int, expiry: int) -> _Window:
        """Return the counter that a key has, or else a new one."""
        window = self._window(key, expiry)
        if window is not None:
            return window
        now = self._clock()
        window = _Window(limit, expiry, now)
        bucket = self._bucket(key)
        bucket.pop(hash(key), None)
        emptiest = _emptiest(bucket, now) if len(bucket) >= _PLACES else None
        if len(bucket) < _PLACES:
            bucket[hash(key)] = window
        elif emptiest is None:
            self._overflow[hash(key) % _BUCKETS, expiry] = window
        else:
            del bucket[emptiest]
            bucket[hash(key)] = window
        return window


def _emptiest(bucket: dict[int, _Window], now: float) -> int | None:
    """Return which counter is furthest from its limit, or `None` if all stand at theirs."""
    found = min(bucket, key=lambda each: bucket[each].fullness(now))
    return found if bucket[found].fullness(now) < 1 else None
