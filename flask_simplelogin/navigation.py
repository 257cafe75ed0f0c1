"""Where a visitor comes from and goes to: `redirects` asked about the current request."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from flask import abort, current_app, request, url_for
from werkzeug.exceptions import MethodNotAllowed, NotFound
from werkzeug.routing import RequestRedirect

from .origins import site
from .redirects import quoted_path
from .state import current_state

# gunicorn refuses a request line of over 4,094 bytes, and the escaped `next` stands in one.
_MAX_NEXT_LENGTH = 3000


def home_url() -> str:
    """Return where a visitor goes who asked for nothing else, below the app's mount."""
    url = current_state().settings.home_url
    return url if _names_a_host(url) else site().within_mount(url)


def url_of(name: str, **values: Any) -> str:
    """Return the URL of one of our pages, or of what is on them.

    The pages are ``login``, ``logout``, ``home`` and ``password``; on them are ``logo`` and, with a
    `filename`, ``static``. It is empty for a logo or a page that the app does not have.
    """
    state = current_state()
    if name == "home":
        return home_url()
    if name == "logo":
        return _logo_url()
    if name == "password" and not state.has_password_page:
        return ""
    if name == "static":
        values.setdefault("v", state.assets.version(values["filename"]))
    return url_for(state.endpoint(name), **values)


def login_url() -> str:
    """Return the login page's URL, with `next` naming the page to return to, if there is one."""
    return url_of("login", next=_page_to_return_to())


def next_url() -> str | None:
    """Return the `next` that the request asks for, from its query or else from its form."""
    return request.args.get("next") or request.form.get("next") or None


def destination(target: str | None) -> str:
    """Return where to go after the login, for a `next` that may be anything.

    It is the home URL where there is none, and where a browser can't land: a page that takes only
    POST, the login page itself, the logout.

    Raises:
        BadRequest: The `next` leads to a place that must not be followed.
    """
    if not target:
        return home_url()
    allowed_hosts = current_state().settings.allowed_hosts
    location = replace(site(), allowed_hosts=allowed_hosts).follow(target)
    if location is None:
        abort(400, "Invalid next url")
    return location if _is_landing_page(location) else home_url()


def is_htmx() -> bool:
    """Return whether htmx made the request, to put the answer into a part of a page."""
    return request.headers.get("HX-Request") == "true"


def _logo_url() -> str:
    """Return where the app's logo is, or nothing where it has none."""
    logo = current_state().settings.logo
    if logo.startswith("/"):
        return site().within_mount(quote(logo, safe="/%"))
    return url_for("static", filename=logo) if logo else ""


def _page_to_return_to() -> str | None:
    """Return the page that the visitor wants: the requested one or, if it can't be, its referrer.

    What is returned is a path of this site, short enough to stand in a query.
    """
    path = request.root_path + request.path
    candidates = [
        quoted_path(path, request.query_string),
        quoted_path(path),
        request.referrer or "",
    ]
    if is_htmx():  # what was asked for is a part of this page
        candidates = [request.headers.get("HX-Current-URL", "")]
    here = site()
    for candidate in candidates:
        location = here.follow(candidate)
        if (
            location is not None
            and len(quote(location)) <= _MAX_NEXT_LENGTH
            and _is_landing_page(location)
        ):
            return location
    return None


def route_at(location: str) -> tuple[str, str] | None:
    """Return the endpoint that a GET of a URL reaches in this app, and the path in it, if any."""
    if _names_a_host(location):
        return None
    try:
        return _route_at(location)
    except Exception:  # noqa: BLE001  # not found, or a converter of the program that raises
        return None


def _is_landing_page(location: str) -> bool:
    """Return whether a browser that follows the location gets somewhere.

    Not so on a page of the app that does not take GET, and on login and logout. What the app does
    not know may be served by whatever else stands under this origin.
    """
    if _names_a_host(location):
        return True
    try:
        found = _route_at(location)
    except MethodNotAllowed:
        return False
    except Exception:  # noqa: BLE001  # not found, or a converter of the program that raises
        return True
    state = current_state()
    return found is not None and found[0] not in {state.endpoint("login"), state.endpoint("logout")}


def _route_at(location: str) -> tuple[str, str] | None:
    """Return what a GET reaches, by redirects of the router's own at most two times.

    Raises:
        HTTPException: There is nothing, or it does not take GET.
    """
    adapter = current_app.create_url_adapter(request)
    if adapter is None:
        raise NotFound
    for _ in range(3):
        path = unquote(urlsplit(location).path).removeprefix(request.root_path)
        try:
            endpoint: str = adapter.match(path, method="GET")[0]
        except RequestRedirect as redirection:
            location = redirection.new_url
        else:
            return endpoint, path
    return None


def _names_a_host(location: str) -> bool:
    """Return whether a location is more than a path on this site."""
    return not location.startswith("/") or location.startswith("//")
