"""Counts that several processes share, in Redis or what speaks like it.

While it can't be reached each process counts by itself: guessing is neither free nor impossible.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from importlib import import_module
from threading import Lock
from typing import Any, TypeVar
from urllib.parse import urlsplit

from limits import RateLimitItemPerSecond
from limits.errors import ConfigurationError
from limits.storage import Storage, storage_from_string

from .errors import MissingExtraError, SettingError, StoreError
from .throttle import Counter, Counts
from .throttle_storage import BoundedStorage

logger = logging.getLogger("flask_simplelogin")

_KEY_PREFIX = "simplelogin"
_PAUSE = 2.0

# What is counted during an outage, to see whether anything can be.
_PROBE = Counter(RateLimitItemPerSecond(10**6, 1), ("probe",))

T = TypeVar("T")


class SharedCounts(Counts):
    """Counts in Redis, and in this process for as long as that does not answer.

    Each question waits for the answer at most as long as is set. After one that was not answered
    two seconds pass before Redis is asked again, by one request; the others do not wait.

    Args:
        url: Where it is; with a password, maybe, which no message shows.
        timeout: How many seconds to wait for an answer.
        clock: Tells the time in seconds; it never goes back.

    Raises:
        MissingExtraError: The package is missing by which it is spoken to.
        SettingError: The URL can't be used.
    """

    is_shared = True

    def __init__(
        self, url: str, timeout: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__(BoundedStorage())
        self._url = url
        self._timeout = timeout
        self._clock = clock
        self._lock = Lock()
        self._shared: Counts | None = None
        self._is_down = False
        self._next_try = 0.0
        self._answered_at = self._down_since = float("-inf")
        try:
            self._shared = self._connect()
        except (SettingError, MissingExtraError):
            raise
        except Exception as error:  # noqa: BLE001  # a cluster is asked at once, and may be down
            self._note_outage(error, self._clock())

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def hit(self, counter: Counter) -> bool:
        """Count, unless the limit is reached; return whether it was counted."""
        return self._ask(lambda counts: counts.hit(counter), super().hit, counter)

    def clear(self, counter: Counter) -> None:
        """Forget what was counted, here and there."""
        super().clear(counter)
        self._ask(lambda counts: counts.clear(counter), lambda _: None, counter)

    def windows(self, counter: Counter) -> tuple[int, float, int, float]:
        """Return the counts of the last window and of this one, each with its seconds left.

        During an outage they are those of this process: a storage that can be read may be full, and
        only what can be counted there shows that it is back.
        """
        if self._is_down:
            self._ask(lambda counts: counts.hit(_PROBE), lambda _: False, _PROBE)
        if self._is_down:
            return super().windows(counter)
        return self._ask(lambda counts: counts.windows(counter), super().windows, counter)

    def forget(self, *who: str) -> bool:
        """Forget whatever was counted for somebody; return whether anything was.

        Raises:
            StoreError: Redis does not answer.
        """
        try:
            shared = self._shared or self._connect()
            client = shared.storage.get_connection()  # type: ignore[attr-defined]
            keys = list(client.scan_iter(match=f"{_KEY_PREFIX}:{{LIMITER/{'/'.join(who)}/*"))
            return bool(sum(client.delete(key) for key in keys))
        except Exception as error:  # noqa: BLE001  # whatever it is
            raise StoreError(
                f"The storage of the counts does not answer: {type(error).__name__}."
            ) from None

    def _ask(self, shared: Callable[[Counts], T], local: Callable[[Counter], T], of: Counter) -> T:
        """Return the answer of Redis or, where there is none, that of this process."""
        asked_at = self._clock()
        if self._is_to_be_asked(asked_at):
            try:
                self._shared = self._shared or self._connect()
                answer = shared(self._shared)
            except Exception as error:  # noqa: BLE001  # whatever it is, the counting goes on
                self._note_outage(error, asked_at)
            else:
                self._note_answer(asked_at)
                return answer
        return local(of)

    def _is_to_be_asked(self, now: float) -> bool:
        """Return whether Redis answers, or this is the one to try whether it does again."""
        with self._lock:
            if self._is_down and now < self._next_try:
                return False
            self._next_try = now + _PAUSE
            return True

    def _note_outage(self, error: Exception, asked_at: float) -> None:
        """Let the next ones count here; say so once. The error's text may hold the URL.

        It is no outage where others have got an answer meanwhile.
        """
        with self._lock:
            if asked_at < self._answered_at:
                return
            was_down, self._is_down = self._is_down, True
            self._down_since = self._clock()
            self._next_try = self._down_since + _PAUSE
        if not was_down:
            logger.warning(
                "The storage of SIMPLELOGIN_THROTTLE_STORAGE does not answer (%s): until it does, "
                "each process counts guesses by itself.",
                type(error).__name__,
            )

    def _note_answer(self, asked_at: float) -> None:
        """Let the next ones count there again; say so once.

        The answer to what was asked before the outage says nothing.
        """
        with self._lock:
            if self._is_down and asked_at < self._down_since:
                return
            self._answered_at = self._clock()
            was_down, self._is_down = self._is_down, False
        if was_down:
            logger.warning(
                "The storage of SIMPLELOGIN_THROTTLE_STORAGE answers again: guesses are counted "
                "for all processes."
            )

    def _connect(self) -> Counts:
        """Return the counts in the storage that the URL names."""
        scheme = urlsplit(self._url).scheme
        package = "valkey" if scheme.startswith("valkey") else "redis"
        try:
            options = _options(package, self._timeout)
        except ImportError:
            raise MissingExtraError("To count guesses there needs its client", package) from None
        if scheme.endswith("+sentinel"):
            options["sentinel_kwargs"] = dict(options)
        try:
            storage = storage_from_string(self._url, key_prefix=_KEY_PREFIX, **options)
        except (ConfigurationError, ValueError, TypeError):
            raise SettingError(
                "SIMPLELOGIN_THROTTLE_STORAGE is not a URL that can be used: is it of the form "
                "redis://:password@host:6379/0, with characters such as / in the password "
                "written as %2F?"
            ) from None
        if not isinstance(storage, Storage):
            raise SettingError("SIMPLELOGIN_THROTTLE_STORAGE is not a URL that can be used.")
        return Counts(storage)


def _options(package: str, timeout: float) -> dict[str, Any]:
    """Return what keeps a question from taking longer than the timeout.

    The packages would try again on their own account, with pauses.
    """
    retry = import_module(f"{package}.retry").Retry
    backoff = import_module(f"{package}.backoff").NoBackoff
    return {
        "socket_timeout": timeout,
        "socket_connect_timeout": timeout,
        "retry": retry(backoff(), 0),
    }
