"""What a developer is told, and spared, while an app starts."""

from __future__ import annotations

import hmac
import logging
import os
import secrets
from collections.abc import Callable, Iterable
from difflib import get_close_matches
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

import click
from flask import Flask
from werkzeug.exceptions import NotFound

from .checkers import default_login_checker, uses_sample_credentials
from .protection import has_guarded_twin
from .routes import routes
from .rules import idle_rules
from .settings import PREFIX, Settings
from .state import State, state_of
from .users import Users

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

logger = logging.getLogger("flask_simplelogin")
_server_logger = logging.getLogger("werkzeug")

# The name in the environment by which the reloader's child gets its parent's key.
_KEY_VARIABLE = "_SIMPLELOGIN_GENERATED_KEY"
_generated_key = os.environ.get(_KEY_VARIABLE) or secrets.token_hex(32)

# Apps of one factory have one name: they are told apart by their order, which a reload keeps.
_key_numbers = count()

_keys: WeakKeyDictionary[Flask, str] = WeakKeyDictionary()
_starting_apps: WeakSet[Flask] = WeakSet()


def ensure_secret_key(app: Flask) -> None:
    """Give an app without a key a random one, and say what that means; it is never printed."""
    if app.secret_key:
        return
    app.secret_key = _keys[app] = _key_for(app)
    if not _is_reloaded():
        logger.warning(
            "SECRET_KEY is not set: a random one is used. All logins end when the app restarts, "
            "and several workers do not share them. Set app.config['SECRET_KEY'] to a long random "
            "text."
        )


def has_generated_key(app: Flask) -> bool:
    """Return whether the app has the key that was generated for it, and no own."""
    return app in _keys and app.secret_key == _keys[app]


def report_unknown_settings(app: Flask) -> None:
    """Log each key that looks like one of our settings and is none, with what may be meant."""
    known = [row.key for row in Settings.table()]
    for key in app.config:
        if key.startswith(PREFIX) and key not in known:
            close = get_close_matches(key, known, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            logger.warning("There is no setting %s.%s", key, hint)


def report_misplaced_decorators(app: Flask) -> None:
    """Log each route that goes to a function beside its guard, and so stands open.

    That is what happens where ``@login_required`` stands above ``@app.route``.
    """
    for endpoint, view in app.view_functions.items():
        if has_guarded_twin(view):
            logger.warning(
                "The view %s is open to everybody: put @login_required below @app.route.",
                endpoint,
            )


def report_idle_rules(app: Flask) -> None:
    """Log each rule that covers nothing of the app: what it was meant for may stand open."""
    for rule in idle_rules(app):
        logger.warning(
            "%s covers nothing of this app: is it spelled and registered as it should be? What "
            "another WSGI app serves can't be protected here.",
            rule,
        )


def report_half_set_credentials(app: Flask) -> None:
    """Log that one half of the built-in checker's credentials is missing, and what that means."""
    state = state_of(app)
    names = [
        row.key
        for row in (Settings.username, Settings.password)
        if not row.is_set(state.settings.config)
    ]
    if state.login_checker is default_login_checker and len(names) == 1:
        logger.warning(
            "%s is not set: until it is, nobody can log in but from this machine.", names[0]
        )


def before_first_request(app: Flask, finish: Callable[[Flask], None]) -> None:
    """Call `finish` once, as the first request arrives: then all views of the app are there.

    It is done around the WSGI app, where it costs the requests that follow nothing.
    """
    inner = app.wsgi_app
    lock = Lock()
    is_finished = False

    def wsgi_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        nonlocal is_finished
        if not is_finished:
            with lock:
                if not is_finished:
                    try:
                        finish(app)
                    finally:
                        is_finished = True
                    if app.wsgi_app is wsgi_app:
                        app.wsgi_app = inner  # type: ignore[method-assign]
        return inner(environ, start_response)

    app.wsgi_app = wsgi_app  # type: ignore[method-assign]


def serves(app: Flask, url: str) -> bool:
    """Return whether a view of the app answers a GET of that path; what is no path is not ours."""
    if not url.startswith("/") or url.startswith("//") or set(url) & set("<?#"):
        return True
    try:
        app.url_map.bind("localhost").match(url, method="GET")
    except NotFound:
        return False
    except Exception:  # noqa: BLE001  # another method, a redirect, a converter that raises
        return True
    return True


def answers_not_found(app: Flask) -> bool:
    """Return whether the app has an answer of its own to what it does not serve, as many do."""
    handlers = app.error_handler_spec[None]
    return bool(handlers.get(404) or handlers.get(None))


def watch_development_server(app: Flask) -> None:
    """Tell once, as Werkzeug's development server starts, where the login is and for whom.

    The server's own log is what tells that it starts: so nothing is printed under another server
    or in tests, nor when the reloader starts the app again. The reloader's child gets the
    generated key, so that saving a file logs nobody out.
    """
    if not _is_reloaded():
        _starting_apps.add(app)
        _server_logger.addFilter(_on_server_log)


def describe_login(state: State) -> str:
    """Return the line that says where the login is and whose credentials are in force."""
    settings = state.settings
    if state.users is not None:
        who = _describe_users(state.users)
    elif state.login_checker is not default_login_checker:
        who = "for whom your login_checker lets in"
    elif uses_sample_credentials(settings):
        who = (
            f"as '{settings.username}' with the sample credentials, from this machine only: set "
            "SIMPLELOGIN_USERNAME and SIMPLELOGIN_PASSWORD"
        )
    else:
        who = f"as '{settings.username}', from the settings"
    return f" * Login at {settings.login_url} {who}"


def describe_routes(app: Flask) -> str:
    """Return the line that says how many routes stand open, and which command lists them."""
    found = routes(app)
    count = sum(route.verdict.is_open for route in found)
    return (
        f" * {count} of {len(found)} routes stand open, the login's own among them: "
        "flask simplelogin routes --open"
    )


def _describe_users(users: Users) -> str:
    """Return for whom the login is, where there is a store."""
    try:
        number = len(tuple(users.list()))
    except Exception:  # noqa: BLE001  # each request will say it
        return "for the users of a store that can't tell them"
    if not number and users.is_writable:
        return "for nobody yet: add a user with `flask simplelogin users add NAME`"
    return f"for {number} user{'' if number == 1 else 's'} of a store"


def _is_reloaded() -> bool:
    """Return whether this process is one that Werkzeug's reloader has started."""
    return os.environ.get("WERKZEUG_RUN_MAIN") == "true"


def _key_for(app: Flask) -> str:
    """Return the key that is generated for an app; another app of the process gets another."""
    name = f"{app.import_name} {next(_key_numbers)}".encode()
    return hmac.new(_generated_key.encode(), name, "sha256").hexdigest()


def _on_server_log(record: logging.LogRecord) -> bool:
    """Look at a line of the server's log, and let it pass."""
    text = str(record.msg)
    if "Running on" in text:
        while _starting_apps:
            app = _starting_apps.pop()
            with app.app_context():
                click.echo(describe_login(state_of(app)))
                click.echo(describe_routes(app))
            report_misplaced_decorators(app)
            report_idle_rules(app)
    if text.startswith(" * Restarting with"):
        os.environ[_KEY_VARIABLE] = _generated_key
        _server_logger.removeFilter(_on_server_log)
    return True
