"""The built-in checker: one name and one password from the settings."""

from __future__ import annotations

import re
from io import BytesIO
from ipaddress import ip_address
from typing import TYPE_CHECKING

from flask import has_request_context, request

from .passwords import equal, verify
from .settings import Settings
from .state import User, current_state

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIEnvironment

# The headers by which proxies tell whom they speak for.
_FORWARDING_HEADERS = re.compile(
    r"Forwarded|Via|X-(?:Forwarded|Original|Real|Client|Cluster|Nginx|Envoy|Amzn|Scheme|Script)"
    r"(?:-.*)?|.*-Connecting-Ip|True-Client-Ip|Fly-Client-Ip|Cdn-Loop",
    re.IGNORECASE,
)
_HOST = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::[0-9]+)?", re.IGNORECASE)


def default_login_checker(user: User) -> bool:
    """Check the credentials against ``SIMPLELOGIN_USERNAME`` and ``SIMPLELOGIN_PASSWORD``.

    >>> @login.login_checker
    ... def check(user):
    ...     return is_office_open() and default_login_checker(user)

    They are read at each login, the environment first. While either is unset, and the sample
    credentials ``admin`` and ``secret`` so stand in, nobody is let in but a visitor on the machine
    that runs the development server: see `accepts_sample_credentials`.
    """
    settings = current_state().settings
    if uses_sample_credentials(settings) and not accepts_sample_credentials():
        return False
    same_name = equal(settings.username, user["username"])
    return verify(settings.password, user["password"]) and same_name


def uses_sample_credentials(settings: Settings) -> bool:
    """Return whether the name or the password in force is the built-in sample."""
    config = settings.config
    return not (Settings.username.is_set(config) and Settings.password.is_set(config))


def is_sample_refused(username: object, password: object) -> bool:
    """Return whether somebody tried the sample while there is reason to believe that it works.

    They are held against the sample itself and never against a setting: who guesses a password
    that somebody has set must not be told that it was right.
    """
    state = current_state()
    return (
        state.login_checker is default_login_checker
        and uses_sample_credentials(state.settings)
        and (username, password) == (Settings.username.default, Settings.password.default)
    )


def accepts_sample_credentials() -> bool:
    """Return whether this request comes from this machine, straight to a development server.

    Demanded are Werkzeug's development server or a test client, a client and a ``Host`` of this
    machine, HTTP/1.1 or newer and no forwarding header. A proxy on this machine shows a client of
    this machine; a bare nginx ``proxy_pass`` a ``Host`` of this machine too, but HTTP/1.0.
    """
    if not has_request_context():
        return False
    environ = request.environ
    host = _HOST.fullmatch(environ.get("HTTP_HOST", ""))
    return (
        (_is_development_server(environ) or _is_test_client(environ))
        and is_loopback(environ.get("REMOTE_ADDR") or "")
        and host is not None
        and is_loopback(host[1].strip("[]"))
        and environ.get("SERVER_PROTOCOL") in {"HTTP/1.1", "HTTP/2", "HTTP/2.0", "HTTP/3"}
        and not any(_FORWARDING_HEADERS.fullmatch(name) for name in dict(request.headers))
    )


def _is_development_server(environ: WSGIEnvironment) -> bool:
    """Return whether Werkzeug's own server calls the app."""
    return str(environ.get("SERVER_SOFTWARE", "")).startswith("Werkzeug/")


def _is_test_client(environ: WSGIEnvironment) -> bool:
    """Return whether no server calls the app: it has no name and reads from memory."""
    return (
        "SERVER_SOFTWARE" not in environ
        and isinstance(environ["wsgi.input"], BytesIO)
        and not environ["wsgi.multithread"]
        and not environ["wsgi.multiprocess"]
    )


def is_loopback(host: str) -> bool:
    """Return whether a host name or address is this machine's own."""
    if host.lower() == "localhost":
        return True
    try:
        address = ip_address(host)
    except ValueError:
        return False
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback
