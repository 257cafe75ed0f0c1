"""Throttles for tests, whose time passes when a test says so: in memory and in a real Redis."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

from flask import Flask
from redis import Redis

from flask_simplelogin.shared_counts import SharedCounts
from flask_simplelogin.state import state_of
from flask_simplelogin.throttle import Counts, Limits, Throttle, limit_of
from flask_simplelogin.throttle_storage import BoundedStorage

LIMITS = Limits(
    limit_of("10 per 15 minutes"), limit_of("50 per 15 minutes"), limit_of("100 per hour")
)


@dataclass
class Ground:
    """A place where guesses are counted, and its clock."""

    counts: Counts
    advance: Callable[[float], None]

    def throttle(self, limits: Limits = LIMITS) -> Throttle:
        """Return a throttle that counts here; it waits for nobody."""
        return Throttle(limits, self.counts, pause=lambda _: None)

    def of_app(self, app: Flask) -> None:
        """Let an app count here."""
        throttle = state_of(app).throttle
        assert throttle is not None
        throttle.counts = self.counts


def in_memory() -> Ground:
    """Return a place in memory."""
    now = [1000.0]

    def advance(seconds: float) -> None:
        now[0] += seconds

    return Ground(Counts(BoundedStorage(lambda: now[0])), advance)


_databases = count()


def in_redis(port: int) -> Ground:
    """Return a place in a real Redis, empty and to itself.

    Redis has no clock that can be set, but all that it knows of time is when a key expires.
    """
    database = next(_databases) % 16
    client: Any = Redis(port=port, db=database)
    client.flushdb()

    def advance(seconds: float) -> None:
        for key in client.scan_iter():
            left = client.pttl(key) - int(seconds * 1000)
            if left > 0:
                client.pexpire(key, left)
            else:
                client.delete(key)

    return Ground(SharedCounts(f"redis://localhost:{port}/{database}", 5), advance)
