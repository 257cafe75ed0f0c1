"""Who may guess, and how often: counting only.

Three limits hold at once. That of a network and a name is taken before the checker is asked, so
that however many guess together, no more get through; a success gives it back. The wider two, of
a network and of a name, are looked at before and taken by failures. Where a browser is known to
have logged in under the name, its own limit stands in place of the three.

What somebody is called here is text without a meaning, and the clock is that of the storage.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from math import floor
from threading import Lock
from urllib.parse import urlsplit

from limits import RateLimitItem, RateLimitItemPerSecond, parse
from limits.storage import SlidingWindowCounterSupport, Storage
from limits.strategies import SlidingWindowCounterRateLimiter

from .errors import UsageError

# Memcached is not among them: its check is not atomic.
SCHEMES = (
    *("redis", "rediss", "redis+unix", "redis+sentinel", "redis+cluster"),
    *("valkey", "valkeys", "valkey+unix", "valkey+sentinel", "valkey+cluster"),
)

# For how many seconds, up to twice as many, a guess is taken for undecided, and how often is looked
# whether it is. All of the looking ends before gunicorn gives a worker up, after 30 seconds.
_UNDECIDED = RateLimitItemPerSecond(10**6, 5)
_IN_FLIGHT = ["flight", "both"]
_PAUSE = 0.02
_TURNS = 64
_LOOKS = 1000


class Throttled(Exception):  # noqa: N818  # an answer, not an error
    """No guess is free.

    Args:
        retry_after: In how many seconds one will be.
        refused_by: Which limits are reached: ``network``, ``name``, ``both`` or ``device``.
    """

    def __init__(self, retry_after: int, refused_by: frozenset[str]) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after
        self.refused_by = refused_by


@dataclass(frozen=True)
class Limits:
    """How many guesses are free in which time."""

    per_network_and_name: RateLimitItem
    per_network: RateLimitItem
    per_name: RateLimitItem


@dataclass(frozen=True)
class Counter:
    """One limit, for one somebody."""

    item: RateLimitItem
    who: tuple[str, ...]


class Counts:
    """What has been counted in one storage of `limits`."""

    is_shared = False

    def __init__(self, storage: Storage) -> None:
        self.storage = storage
        self._limiter = SlidingWindowCounterRateLimiter(storage)

    def hit(self, counter: Counter) -> bool:
        """Count, unless the limit is reached; return whether it was counted."""
        return self._limiter.hit(counter.item, *counter.who)

    def clear(self, counter: Counter) -> None:
        """Forget what was counted."""
        self._limiter.clear(counter.item, *counter.who)

    def forget(self, *who: str) -> bool:  # noqa: ARG002
        """Forget whatever was counted for somebody; return whether anything was.

        Raises:
            UsageError: Only the processes that count can do that.
        """
        raise UsageError(
            "Guesses are counted in the memory of each process of the app, which can't be reached "
            "from here: restart it, or wait for as long as the refusal says. With "
            "SIMPLELOGIN_THROTTLE_STORAGE the counts are shared."
        )

    def windows(self, counter: Counter) -> tuple[int, float, int, float]:
        """Return the counts of the last window and of this one, each with its seconds left."""
        storage = self.storage
        if not isinstance(storage, SlidingWindowCounterSupport):  # the limiter has made sure
            raise TypeError
        key = counter.item.key_for(*counter.who)
        return storage.get_sliding_window(key, counter.item.get_expiry())


class Throttle:
    """The limits of one app.

    Args:
        limits: How many guesses are free in which time.
        counts: Where they are counted.
        pause: Waits for some seconds.
    """

    def __init__(
        self, limits: Limits, counts: Counts, pause: Callable[[float], None] = time.sleep
    ) -> None:
        self.limits = limits
        self.counts = counts
        self.pause = pause
        self.turns = [Lock() for _ in range(_TURNS)]

    @property
    def is_shared(self) -> bool:
        """Whether several processes count together."""
        return self.counts.is_shared

    def unlock(self, name: str) -> bool:
        """Forget the guesses at a name, from wherever; return whether there were any.

        Raises:
            StoreError: The storage of the counts does not answer.
            UsageError: There is none that can be reached from here.
        """
        counted = [self.counts.forget(*kind, name) for kind in (["name"], ["both"], _IN_FLIGHT)]
        return any(counted)

    def guess(self, network: str, name: str, device: str | None = None) -> Guess:
        """Return the guess that somebody is about to make.

        Args:
            network: Where it comes from.
            name: Whose password is guessed.
            device: The browser that has logged in under this name before, if it is one.
        """
        if device is not None:
            return Guess(self, Counter(self.limits.per_network_and_name, ("device", device)))
        return Guess(
            self,
            Counter(self.limits.per_network_and_name, ("both", name, network)),
            Counter(self.limits.per_network, ("network", network)),
            Counter(self.limits.per_name, ("name", name)),
        )


class Guess:
    """One guess: it is tested, begins, and ends.

    While more guesses of one network and name arrive together than are free, nobody knows yet how
    many of them are right. Who is one too many waits until that is known: so a program that makes
    many requests at once, with the right password, is not refused for it. What is in flight is
    marked before it is counted, and a failure takes the mark away.
    """

    def __init__(self, throttle: Throttle, exact: Counter, *wide: Counter) -> None:
        self._counts = throttle.counts
        self._pause = throttle.pause
        self._turn = throttle.turns[hash(exact) % _TURNS]
        self._exact = exact
        self._wide = wide
        self._in_flight = Counter(_UNDECIDED, ("flight", *exact.who))
        self._is_counted = False

    def test(self) -> None:
        """Raise `Throttled` unless a guess is free; nothing is counted."""
        self._wait_for(lambda: True)

    def begin(self) -> None:
        """Count the guess, before anybody looks whether it is right, or raise `Throttled`."""
        self._wait_for(self._take)

    def end(self, is_right: bool | None) -> None:
        """Count what came of it, if it began; `None` means that nobody could tell."""
        if not self._is_counted:
            return
        self._is_counted = False
        if is_right:
            self._counts.clear(self._exact)
            return
        for counter in () if is_right is None else self._wide:
            self._counts.hit(counter)
        self._counts.clear(self._in_flight)

    def _take(self) -> bool:
        """Count the guess, if it is still free."""
        self._counts.hit(self._in_flight)
        self._is_counted = self._counts.hit(self._exact)
        return self._is_counted

    def _wait_for(self, take: Callable[[], bool]) -> None:
        """Return as soon as a guess is free and taken; raise `Throttled` if none will be."""
        for _ in range(_LOOKS):
            with self._turn:  # so that nobody marks what another thread has just taken
                waits = {each.who[0]: self._wait(each) for each in (self._exact, *self._wide)}
                reached = frozenset(kind for kind, seconds in waits.items() if seconds)
                if not reached and take():
                    return
            if reached - {self._exact.who[0]} or not self._is_undecided():
                break
            self._pause(_PAUSE)
        raise Throttled(floor(max(waits.values())) + 1, reached)

    def _is_undecided(self) -> bool:
        """Return whether guesses are in flight of which none has failed yet."""
        previous, _, current, _ = self._counts.windows(self._in_flight)
        return bool(previous or current)

    def _wait(self, counter: Counter) -> float:
        """Return in how many seconds a limit has room; 0 if it has."""
        amount, expiry = counter.item.amount, counter.item.get_expiry()
        previous, previous_left, current, current_left = self._counts.windows(counter)
        room = amount - current
        if room <= 0:  # until this window is the last one
            return current_left - expiry
        return max(0.0, previous_left - room * expiry / previous) if previous else 0.0


def limit_of(text: str) -> RateLimitItem:
    """Return the limit that a text such as ``10 per 15 minutes`` stands for.

    Raises:
        ValueError: It stands for none, or for several.
    """
    if set(text) & set(",;|"):
        raise ValueError(f"not one limit: {text!r}")
    limit = parse(text)
    if limit.amount < 1 or limit.get_expiry() < 1:
        raise ValueError(f"not one limit: {text!r}")
    return limit


def problem_of_url(url: str) -> str | None:
    """Return what is wrong with the URL of a storage, or `None`; it is never repeated."""
    try:
        scheme = urlsplit(url).scheme
    except ValueError:
        scheme = ""
    if url == "memory://" or scheme in SCHEMES:
        return None
    return f"must be 'memory://', or a URL that begins with one of {', '.join(SCHEMES)}"
