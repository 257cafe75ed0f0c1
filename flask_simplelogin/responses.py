"""How a refusal looks: a redirect, a page, a bare text, JSON, a challenge."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import Response, current_app, make_response, redirect, render_template, request
from markupsafe import Markup, escape
from werkzeug.exceptions import Forbidden, HTTPException, ServiceUnavailable
from werkzeug.http import HTTP_STATUS_CODES

from .caching import mark_private, vary_by_credentials
from .identity import is_flashed
from .messages import Message, flash
from .navigation import is_htmx, login_url, url_of
from .origins import is_from_this_site
from .policy import Refusal
from .state import current_state
from .translation import current_language, gettext, hangs_on_header

_FRAME_POLICY = "frame-ancestors 'none'"
_CONTENT_POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    f"base-uri 'none'; {_FRAME_POLICY}"
)
_PAGE_HEADERS = {
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_PARTS = tuple(f"simplelogin/{name}.html" for name in ("base", "fields", "login", "logout_button"))
_OUR_TEMPLATES = str(Path(__file__).parent / "templates")


def refuse(refusal: Refusal) -> Response:
    """Return the answer to a request that may not be let in.

    An API request gets a JSON problem with the status 401 or 403, htmx is told to go to the login
    page, and so is any other anonymous visitor. Who is somebody else is told why: on a page where
    HTML is asked for, and else by the bare text.
    """
    if refusal.is_challenge:
        return _challenge(refusal)
    if refusal.is_anonymous and is_htmx():
        return make_response("", refusal.status, {"HX-Redirect": login_url()})
    if is_api_request():
        return problem(refusal.status, _text(refusal))
    if refusal.status == 503:
        error = ServiceUnavailable(_text(refusal))
        present(error)
        raise error
    if refusal.is_anonymous:
        _flash_once(refusal.label)
        return make_response(redirect(login_url()))
    return _denied(refusal)


def problem(status: int, detail: str, **members: Any) -> Response:
    """Return a JSON problem (RFC 9457): what went wrong, for a program to read."""
    title = HTTP_STATUS_CODES.get(status, "Error")
    if status == 401:
        members["login_url"] = url_of("login")
    body = {"title": title, "status": status, "detail": detail, **members}
    response = make_response(current_app.json.dumps(body), status)
    response.mimetype = "application/problem+json"
    return response


def page(template: str, status: int = 200, *, is_ours: bool = True, **context: Any) -> Response:
    """Return one of the login's own pages, or what the application has in its place.

    It says what browsers may do with it. The policy for its content is that of our own style and
    templates; a page that the application has replaced, or whose form is its own, may load what it
    likes, in no frame.
    """
    response = make_response(render_template(template, **context), status)
    is_unchanged = _is_our_own(template)
    if current_state().settings.security_headers:
        policy = _CONTENT_POLICY if is_ours and is_unchanged else _FRAME_POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        for name, value in _PAGE_HEADERS.items():
            response.headers.setdefault(name, value)
    mark_private()
    if is_unchanged:
        response.content_language.add(current_language().tag)
    if hangs_on_header():
        response.vary.add("Accept-Language")
    return response


def present(error: HTTPException) -> None:
    """Give an error of ours the look that was asked for: a page, or JSON.

    It is set as the error's response, which Flask sends where the program has no handler for it.
    """
    if error.response is not None:
        return
    mark_private()
    status, text = error.code or 500, error.description or ""
    message = gettext(text)
    if is_api_request():
        error.response = problem(status, message)
    elif asks_for_html():
        name = "throttled" if status == 429 else "error"
        error.response = page(f"simplelogin/{name}.html", status, message=message)
    else:
        error.response = make_response(message, status)
        error.response.mimetype = "text/plain"
    for name, value in error.get_headers(request.environ):  # such as Retry-After
        if name.lower() != "content-type":
            error.response.headers[name] = value


def asks_for_html() -> bool:
    """Return whether the client names HTML among what it accepts, as browsers do."""
    return any(mime == "text/html" and quality for mime, quality in request.accept_mimetypes)


def asks_for_json() -> bool:
    """Return whether the client sends JSON, or would rather have it than HTML."""
    accepted = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return request.is_json or accepted == "application/json"


def is_api_request() -> bool:
    """Return whether a program asks rather than a person who looks at a page."""
    return (
        asks_for_json()
        or request.headers.get("X-Requested-With") is not None
        or request.headers.get("Sec-Fetch-Mode") == "cors"
    )


def expects_challenge() -> bool:
    """Return whether the client is better asked for credentials than shown the login page.

    Not so a script in a browser: that would ask the visitor by a window of its own, and the page
    would see no answer before it is closed.
    """
    is_program = is_api_request() and "Sec-Fetch-Mode" not in request.headers
    return "Authorization" in request.headers or is_program


def _challenge(refusal: Refusal) -> Response:
    """Return the answer that asks a client for Basic credentials (RFC 7617)."""
    text = str(refusal.detail)
    if is_api_request():
        response = problem(refusal.status, text)
    else:
        response = make_response(text, refusal.status)
    response.headers["WWW-Authenticate"] = 'Basic realm="Login Required"'
    return vary_by_credentials(response)


def _denied(refusal: Refusal) -> Response:
    """Return the reason as a page or as a text; what comes from users is escaped in both."""
    message = Message.from_current_app(refusal.label)
    detail = refusal.detail if isinstance(refusal.detail, Markup) else escape(str(refusal.detail))
    arguments = () if refusal.detail is None else (detail,)
    text = message.to_html(*arguments) if message else Markup()
    if not asks_for_html():
        return make_response(str(text), refusal.status)
    if _has_handler(Forbidden):
        raise Forbidden(text)
    return page("simplelogin/denied.html", refusal.status, message=text)


def _has_handler(error: type[HTTPException]) -> bool:
    """Return whether the program has an answer of its own to errors of this kind.

    One for all that can be raised is none: it is meant for what went wrong, and this has not.
    """
    names = (*request.blueprints, None)
    specs = [current_app.error_handler_spec.get(name) or {} for name in names]
    return any(spec.get(error.code) or HTTPException in (spec.get(None) or ()) for spec in specs)


def _is_our_own(template: str) -> bool:
    """Return whether neither the template nor a part has been replaced by the application."""
    environment = current_app.jinja_env
    files = (environment.get_template(name).filename for name in (template, *_PARTS))
    return all((file or "").startswith(_OUR_TEMPLATES) for file in files)


def _text(refusal: Refusal) -> str:
    """Return the reason as plain text, for what is not HTML."""
    message = Message.from_current_app(refusal.label)
    if message is None or refusal.detail is None:
        return message.text if message else ""
    return message.format(refusal.detail)


def _flash_once(label: str) -> None:
    """Flash a message unless it waits already: each refused request would add to the cookie.

    Nothing is flashed for what another site has sent: browsers keep the session's cookie from that,
    and a new one would take the place of it.
    """
    if request.method not in {"GET", "HEAD"} and not is_from_this_site():
        return
    message = Message.from_current_app(label)
    if message is not None and not is_flashed(message.text, message.category):
        flash(label)
