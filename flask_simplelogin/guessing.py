"""Who is guessing? The throttle, asked about the current request."""

from __future__ import annotations

import logging
from ipaddress import ip_address
from math import ceil

from flask import current_app, request
from werkzeug.exceptions import TooManyRequests

from .clients import UNKNOWN, fold, network_of, pseudonym
from .device_cookie import device_of
from .messages import Message
from .settings import Settings
from .shared_counts import SharedCounts
from .state import current_state
from .throttle import Counts, Guess, Limits, Throttle, limit_of
from .throttle_storage import BoundedStorage

logger = logging.getLogger("flask_simplelogin")

# The headers in which proxies name the client.
_CLIENT_HEADERS = ("Forwarded", "X-Forwarded-For", "X-Real-IP")


class TooManyGuesses(TooManyRequests):
    """The answer to a guess that is one too many: a sentence and ``Retry-After`` say until when.

    The units in the sentence are those that all languages write alike.
    """

    def __init__(self, seconds: int) -> None:
        message = Message.from_current_app("throttled")
        minutes = ceil((seconds - 1) / 60)  # the last second is there to be sure
        when = f"{seconds} s" if seconds < 100 else f"{minutes} min"
        super().__init__(message.format(when) if message else None, retry_after=seconds)


def throttle_of(settings: Settings) -> Throttle | None:
    """Return the throttle that the settings ask for; `None` if it is switched off."""
    if not settings.throttle:
        return None
    limits = Limits(
        limit_of(settings.throttle_per_network_and_name),
        limit_of(settings.throttle_per_network),
        limit_of(settings.throttle_per_name),
    )
    url = settings.throttle_storage
    if url == Settings.throttle_storage.default:
        return Throttle(limits, Counts(BoundedStorage()))
    return Throttle(limits, SharedCounts(url, settings.throttle_timeout))


def guess_at(username: str) -> Guess | None:
    """Return the guess that this request makes at the password of a name.

    It is `None` where guesses are not limited.
    """
    state = current_state()
    if state.throttle is None:
        return None
    report_deployment()
    settings = state.settings
    network = network_of(
        request.remote_addr, settings.throttle_ipv4_prefix, settings.throttle_ipv6_prefix
    )
    return state.throttle.guess(_key(network), name_key(username), device_of(username))


def name_key(username: str) -> str:
    """Return under what the guesses at a name are counted.

    A store tells names apart as they are written, and so must the counts: who has an account with
    a name that looks like another's would clear the other's count by logging in.
    """
    return _key(username if current_state().users is not None else fold(username))


def report_many_at_one_address(refused_by: frozenset[str]) -> None:
    """Say once in the log that a proxy's address may be taken for that of all clients."""
    state = current_state()
    address = request.remote_addr or ""
    if "network" in refused_by and _is_internal(address) and not state.has_reported_clients:
        state.has_reported_clients = True
        logger.warning(
            "There have been so many failures from the one address %s that its network is kept "
            "out. If that is the address of a proxy, all clients are: put ProxyFix around the app.",
            address or UNKNOWN,
        )


def report_deployment() -> None:
    """Say once in the log what keeps the limits from being what they are meant to be."""
    state = current_state()
    address = request.remote_addr or ""
    told = [request.headers[name] for name in _CLIENT_HEADERS if name in request.headers]
    is_hidden = bool(told) and not (address and any(address in each for each in told))
    if is_hidden and _is_internal(address) and not state.has_reported_clients:
        state.has_reported_clients = True
        logger.warning(
            "Requests come through a proxy, and every client has its address, %s: when guesses "
            "from there are refused, they are for all. Put ProxyFix around the app.",
            address or UNKNOWN,
        )
    is_shared = state.throttle is not None and state.throttle.is_shared
    if request.is_multiprocess and not is_shared and not state.has_reported_processes:
        state.has_reported_processes = True
        logger.warning(
            "Each of several processes counts guesses by itself, so that there are as many times "
            "more: set SIMPLELOGIN_THROTTLE_STORAGE to the URL of a Redis."
        )


def _is_internal(address: str) -> bool:
    """Return whether an address is none of the public internet, and so may be a proxy's."""
    try:
        return not ip_address(address).is_global
    except ValueError:
        return True


def _key(text: str) -> str:
    """Return what stands for a text in the storage."""
    return pseudonym(current_app.secret_key or "", text)
