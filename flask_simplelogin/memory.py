"""The same question, asked by many at once or again soon, is answered once."""

from __future__ import annotations

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future, wait
from hashlib import blake2b
from threading import Lock

_CAPACITY = 1024
_PATIENCE = 10.0


class BriefMemory:
    """Remembers for some seconds that credentials were right, in this process only.

    Kept are keyed digests, at most 1,024 of them. A no is never kept; who asks the same while the
    answer is being found waits for it and shares it.

    Args:
        seconds: How long a yes is kept; 0 asks anew each time.
        clock: Tells the time in seconds; it never goes back.
    """

    def __init__(self, seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        self.seconds = seconds
        self._clock = clock
        self._key = secrets.token_bytes(32)
        self._lock = Lock()
        self._kept: OrderedDict[bytes, float] = OrderedDict()
        self._asked: dict[bytes, Future[bool]] = {}

    def ask(self, question: tuple[object, ...], answer: Callable[[], bool]) -> bool:
        """Return the kept answer to the question, or that of `answer`.

        What `answer` raises is raised to whom it was called for.
        """
        if not self.seconds:
            return answer()
        digest = blake2b(repr(question).encode("utf-8", "backslashreplace"), key=self._key).digest()
        with self._lock:
            if self._clock() < self._kept.get(digest, 0):
                return True
            waiting = self._asked.get(digest)
            if waiting is None:
                self._asked[digest] = mine = Future[bool]()
        if waiting is not None:
            return self._wait(waiting, answer)
        return self._find(digest, mine, answer)

    def _wait(self, waiting: Future[bool], answer: Callable[[], bool]) -> bool:
        """Return the answer that somebody else is finding; ask anew if they fail, or take long.

        What they fail with belongs to their request and is not shared.
        """
        wait([waiting], _PATIENCE)
        if waiting.done() and waiting.exception() is None:
            return waiting.result()
        return answer()

    def _find(self, digest: bytes, mine: Future[bool], answer: Callable[[], bool]) -> bool:
        """Find the answer, give it to all who wait, and keep a yes."""
        try:
            mine.set_result(answer())
        except BaseException as error:  # noqa: BLE001  # result() raises it again
            mine.set_exception(error)
        with self._lock:
            del self._asked[digest]
            if mine.exception() is None and mine.result():
                self._kept[digest] = self._clock() + self.seconds
                self._kept.move_to_end(digest)
                if len(self._kept) > _CAPACITY:
                    self._kept.popitem(last=False)
        return mine.result()
