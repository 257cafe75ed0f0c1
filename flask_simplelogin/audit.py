"""How safe is this app's login, as it is configured? The answer as data.

Each check is one function that returns one `Finding`; the list at the end of the module is all of
them. Numbers such as V7.3.2 are requirements of the OWASP Application Security Verification
Standard, version 5.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import Literal

from flask import Flask
from werkzeug.middleware.proxy_fix import ProxyFix

from .checkers import default_login_checker, is_loopback, uses_sample_credentials
from .passwords import is_hash, is_verifiable
from .protection import has_guarded_twin
from .routes import routes
from .startup import has_generated_key
from .state import state_of
from .users import Users

Level = Literal["ok", "warning", "error"]

_SHORTEST_KEY = 32
_MOST_LAYERS = 50
# What is set on platforms where each request comes through a router.
_PLATFORMS = (
    *("DYNO", "FLY_APP_NAME", "K_SERVICE", "RENDER", "RAILWAY_ENVIRONMENT"),
    *("VERCEL", "WEBSITE_HOSTNAME", "FORWARDED_ALLOW_IPS"),
)
_WELL_KNOWN_KEYS = ("secret", "dev", "change", "key", "password", "test", "something", "flask")


@dataclass(frozen=True)
class Finding:
    """What one check says of an app.

    Args:
        level: ``ok``; ``warning`` for what is weaker than it could be; ``error`` for what must not
            face the internet.
        check: The name of the check.
        sentence: What is the case.
        remedy: What to do about it; empty where it is ``ok``.
    """

    level: Level
    check: str
    sentence: str
    remedy: str = ""


def posture(app: Flask) -> list[Finding]:
    """Return what each check says of the app, which has a login."""
    state_of(app)
    return [check(app) for check in _CHECKS]


def _secret_key(app: Flask) -> Finding:
    """Judge the key that signs the sessions (V11.2.3)."""
    remedy = (
        "Set SECRET_KEY, outside of the source, to what this prints: "
        "python -c 'import secrets; print(secrets.token_hex(32))'"
    )
    key = app.secret_key if isinstance(app.secret_key, (str, bytes)) else ""
    if has_generated_key(app):
        sentence = "SECRET_KEY is not set: every restart logs everybody out."
        return Finding("error", "secret_key", sentence, remedy)
    text = key if isinstance(key, str) else key.decode("latin-1")
    is_guessable = any(word in text.lower() for word in _WELL_KNOWN_KEYS) and len(text) < 64
    if len(text) < 16 or is_guessable or len(set(text)) < 8:
        sentence = "SECRET_KEY can be guessed: who does so can log in as anybody."
        return Finding("error", "secret_key", sentence, remedy)
    if len(text) < _SHORTEST_KEY:
        return Finding("warning", "secret_key", "SECRET_KEY is short.", remedy)
    return Finding("ok", "secret_key", "SECRET_KEY is set and long.")


def _credentials(app: Flask) -> Finding:
    """Judge the built-in checker's name and password (V6.3.2, V11.4.2)."""
    state = state_of(app)
    if state.users is not None:
        return _stored_credentials(state.users)
    if state.login_checker is not default_login_checker:
        return Finding("ok", "credentials", "A checker of the app's own says who is let in.")
    if uses_sample_credentials(state.settings):
        return Finding(
            "error",
            "credentials",
            "The sample credentials are in force: nobody can log in but from this machine.",
            "Set SIMPLELOGIN_USERNAME and SIMPLELOGIN_PASSWORD.",
        )
    if not is_hash(state.settings.password):
        return Finding(
            "warning",
            "credentials",
            "SIMPLELOGIN_PASSWORD is the password itself: who reads the configuration has it.",
            "Set it to what `flask simplelogin hash` prints.",
        )
    return Finding("ok", "credentials", "The password is stored as a hash.")


def _stored_credentials(users: Users) -> Finding:
    """Judge what a store has in the place of hashes (V11.4.2)."""
    try:
        records = users.list()
    except Exception:  # noqa: BLE001  # whatever it is, it can't be judged
        sentence = "What the store of users holds can't be told."
        return Finding("warning", "credentials", sentence, "See that it can list its users.")
    odd = [each for each in records if each.password_hash and not is_verifiable(each.password_hash)]
    if odd:
        return Finding(
            "error",
            "credentials",
            f"{len(odd)} of {len(records)} users have something else than a hash in the store.",
            "Set their passwords by `flask simplelogin users passwd`, which hashes them.",
        )
    return Finding("ok", "credentials", "Users are kept in a store, with hashes only.")


def _cookie_secure(app: Flask) -> Finding:
    """Judge whether the session's cookie travels by HTTPS only (V3.3.1)."""
    if app.config["SESSION_COOKIE_SECURE"]:
        return Finding("ok", "cookie_secure", "The session's cookie travels by HTTPS only.")
    return Finding(
        "warning",
        "cookie_secure",
        "The session's cookie travels by plain HTTP too: who listens can take it.",
        "Serve the app by HTTPS and set SESSION_COOKIE_SECURE = True.",
    )


def _cookie_http_only(app: Flask) -> Finding:
    """Judge whether scripts can read the session's cookie (V3.3.4)."""
    if app.config["SESSION_COOKIE_HTTPONLY"]:
        return Finding("ok", "cookie_http_only", "No script can read the session's cookie.")
    return Finding(
        "error",
        "cookie_http_only",
        "Scripts can read the session's cookie.",
        "Leave SESSION_COOKIE_HTTPONLY at its default, True.",
    )


def _cookie_same_site(app: Flask) -> Finding:
    """Judge whether other sites' requests carry the session's cookie (V3.3.2)."""
    if str(app.config["SESSION_COOKIE_SAMESITE"]).title() in {"Lax", "Strict"}:
        return Finding("ok", "cookie_same_site", "Other sites' forms don't carry the session.")
    return Finding(
        "warning",
        "cookie_same_site",
        "Other sites' forms carry the session's cookie.",
        "Leave SESSION_COOKIE_SAMESITE at its default here, 'Lax'.",
    )


def _csrf(app: Flask) -> Finding:
    """Judge whether the login form needs its token (V3.5.1)."""
    if app.config.get("WTF_CSRF_ENABLED", True):
        return Finding("ok", "csrf", "The login form can't be sent from other sites.")
    return Finding(
        "error",
        "csrf",
        "The login form can be sent from other sites.",
        "Remove WTF_CSRF_ENABLED = False; it is for tests.",
    )


def _debug(app: Flask) -> Finding:
    """Judge whether visitors can reach the debugger (V13.4.2)."""
    host = os.environ.get("FLASK_RUN_HOST", "127.0.0.1")
    if not app.debug:
        return Finding("ok", "debug", "The debugger is off.")
    remedy = "Run it without --debug, FLASK_DEBUG and debug=True."
    if is_loopback(host):
        return Finding("warning", "debug", "The debugger is on, for this machine.", remedy)
    sentence = f"The debugger is on at {host}: who reaches it can run code here."
    return Finding("error", "debug", sentence, remedy)


def _lifetime(app: Flask) -> Finding:
    """Judge whether a session ends (V7.3.2)."""
    seconds = state_of(app).settings.session_lifetime
    if seconds:
        return Finding("ok", "lifetime", f"A login ends after {seconds / 86400:g} days.")
    return Finding(
        "warning",
        "lifetime",
        "A login never ends by itself.",
        "Set SIMPLELOGIN_SESSION_LIFETIME to a number of seconds.",
    )


def _headers(app: Flask) -> Finding:
    """Judge whether pages are kept out of caches and frames (V3.4.6, V14.3.2)."""
    if state_of(app).settings.security_headers:
        return Finding("ok", "headers", "Guarded answers stay out of caches, pages out of frames.")
    return Finding(
        "warning",
        "headers",
        "Guarded answers may be cached, and the login page be framed.",
        "Make sure that something else sets the headers, or leave SIMPLELOGIN_SECURITY_HEADERS on.",
    )


def _throttle(app: Flask) -> Finding:
    """Judge whether guesses are limited, and counted in one place (V6.3.1)."""
    throttle = state_of(app).throttle
    workers = _workers()
    if throttle is None:
        return Finding(
            "warning",
            "throttle",
            "Guesses at passwords are not limited.",
            "Leave SIMPLELOGIN_THROTTLE on, unless something else limits them by name.",
        )
    if throttle.is_shared:
        return Finding("ok", "throttle", "Guesses are limited, for all processes together.")
    if workers > 1:
        return Finding(
            "warning",
            "throttle",
            f"Each of {workers} processes counts guesses by itself: there are {workers} times more "
            "than the limits say.",
            "Set SIMPLELOGIN_THROTTLE_STORAGE to the URL of a Redis.",
        )
    return Finding(
        "ok",
        "throttle",
        "Guesses are limited, in each process: several of them would need "
        "SIMPLELOGIN_THROTTLE_STORAGE.",
    )


def _client_address(app: Flask) -> Finding:
    """Judge whether clients can be told apart by their address (V4.1.3)."""
    platform = next((name for name in _PLATFORMS if os.environ.get(name)), None)
    if _has_proxy_fix(app):
        return Finding("ok", "client_address", "ProxyFix tells the clients of a proxy apart.")
    if platform is not None:
        return Finding(
            "warning",
            "client_address",
            f"Every client seems to come from one address: {platform} is set where a proxy stands "
            "before the app, and there is no ProxyFix.",
            "Put ProxyFix around the app: see the page on proxies.",
        )
    return Finding(
        "ok",
        "client_address",
        "Clients are told apart by the address of their connection: behind a proxy the app needs "
        "ProxyFix.",
    )


def _workers() -> int:
    """Return how many processes the environment asks a server for, as far as it tells."""
    told = f"{os.environ.get('GUNICORN_CMD_ARGS', '')} "
    found = re.findall(r"(?:-w|--workers)[ =]*(\d+)\s", told)
    names = ("WEB_CONCURRENCY", "UWSGI_PROCESSES", "UWSGI_WORKERS")
    found += [os.environ.get(name, "") for name in names]
    return max(int(each) if each.isdecimal() else 1 for each in found)


def _has_proxy_fix(app: Flask) -> bool:
    """Return whether there is a `ProxyFix` among the layers around the app."""
    layers: list[object] = [app.wsgi_app]
    for layer in layers:  # it grows
        if isinstance(layer, ProxyFix):
            return True
        inner = [getattr(layer, name, None) for name in ("app", "wsgi_app", "__wrapped__")]
        cells = getattr(layer, "__closure__", None) or ()
        inner += [cell.cell_contents for cell in cells]
        layers += [
            each
            for each in inner
            if callable(each) and not isinstance(each, Flask) and len(layers) < _MOST_LAYERS
        ]
    return False


def _protection(app: Flask) -> Finding:
    """Judge whether anything asks who is logged in (V8.2.1)."""
    open_twins = sorted(name for name, view in app.view_functions.items() if has_guarded_twin(view))
    if open_twins:
        return Finding(
            "error",
            "protection",
            f"These views stand open though they are decorated: {', '.join(open_twins)}.",
            "Put @login_required below @app.route.",
        )
    verdicts = [each.verdict for each in routes(app)]
    asks_for_role = any(who.startswith("role ") for verdict in verdicts for who in verdict.who)
    if asks_for_role and not state_of(app).knows_users:
        return Finding(
            "error",
            "protection",
            "Roles are asked for, and nobody has one.",
            "Give SimpleLogin users= or user_loader=, which say who has which roles.",
        )
    if any(not verdict.is_open or verdict.asks for verdict in verdicts):
        return Finding("ok", "protection", "Views are protected.")
    return Finding(
        "warning",
        "protection",
        "No view is protected: the login keeps nobody from anything.",
        "Put @login_required below @app.route of what is for users only, or call "
        "login.protect(app).",
    )


_CHECKS = (
    _secret_key,
    _credentials,
    _cookie_secure,
    _cookie_http_only,
    _cookie_same_site,
    _csrf,
    _debug,
    _lifetime,
    _headers,
    _throttle,
    _client_address,
    _protection,
)
