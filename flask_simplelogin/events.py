"""What happened: one line in the log and one signal for each event.

The log is that of the logger ``flask_simplelogin``. A line is one line whatever a name contains,
its fields are attributes of the log record too, and no password, key, token or cookie is among
them.
"""

from __future__ import annotations

import json
import logging
from ipaddress import ip_address

from blinker import Namespace
from flask import Flask, current_app, request

from .state import wait_for

logger = logging.getLogger("flask_simplelogin")

_signals = Namespace()

user_logged_in = _signals.signal("user-logged-in")
"""Somebody has logged in, or was logged in by the program."""

login_failed = _signals.signal("login-failed")
"""A checker has said no to somebody's credentials."""

login_throttled = _signals.signal("login-throttled")
"""Somebody was refused without a look at their credentials: too many were wrong before."""

access_denied = _signals.signal("access-denied")
"""A user has asked for what is not theirs."""

user_logged_out = _signals.signal("user-logged-out")
"""A user has logged out."""

password_changed = _signals.signal("password-changed")
"""A user has changed their password on the page for it."""

_EVENTS = {
    "login": (logging.INFO, user_logged_in),
    "failure": (logging.WARNING, login_failed),
    "throttled": (logging.WARNING, login_throttled),
    "denied": (logging.WARNING, access_denied),
    "logout": (logging.INFO, user_logged_out),
    "password": (logging.INFO, password_changed),
}


def report(event: str, username: str | None, via: str) -> None:
    """Log an event and send its signal, with the current app as the sender.

    Args:
        event: ``login``, ``failure``, ``throttled``, ``denied``, ``logout`` or ``password``.
        username: The name that was claimed, or that of the user.
        via: How the visitor came in: ``form``, ``json``, ``basic``, ``password``,
            ``session`` or ``program``.

    What a receiver of the signal raises is logged and changes nothing.
    """
    level, signal = _EVENTS[event]
    address = request.remote_addr
    fields = {
        "event": event,
        "username": username,
        "remote_addr": address,
        "via": via,
    }
    logger.log(
        level,
        "%s username=%s remote_addr=%s via=%s",
        event,
        json.dumps(username),
        address if _is_address(address) else json.dumps(address),
        via,
        extra=fields,
    )
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    for receiver in () if signal.is_muted else signal.receivers_for(app):
        try:
            wait_for(receiver(app, **fields))
        except Exception:
            app.logger.exception("A receiver of the signal %s raised.", signal.name)


def _is_address(text: str | None) -> bool:
    """Return whether it is an IP address: what a trusted proxy forwards may be anything."""
    try:
        ip_address(text or "")
    except ValueError:
        return False
    return "%" not in (text or "")  # behind it stands what a client may have written
