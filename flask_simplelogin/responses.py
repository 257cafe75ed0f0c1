"""How a refusal looks."""

from __future__ import annotations

from flask import Response, make_response, redirect, render_template, request
from markupsafe import Markup, escape

from .identity import is_flashed
from .messages import Message, flash
from .navigation import login_url
from .policy import Refusal


def refuse(refusal: Refusal) -> Response:
    """Return the answer to a request that may not be let in.

    An anonymous visitor is sent to the login page, somebody else is told why with status 403: on
    a page where HTML is asked for, and else as the bare text.
    """
    if refusal.is_anonymous:
        _flash_once(refusal.label)
        return make_response(redirect(login_url()))
    message = Message.from_current_app(refusal.label)
    text = Markup() if message is None else message.to_html(_shown(refusal.detail))
    if asks_for_html():
        text = Markup(  # noqa: S704  # a template escapes what is put into it
            render_template("simplelogin/denied.html", message=text)
        )
    return make_response(str(text), 403)


def challenge() -> Response:
    """Return the answer that asks a client for Basic credentials (RFC 7617)."""
    response = make_response("Invalid credentials", 401)
    response.headers["WWW-Authenticate"] = 'Basic realm="Login Required"'
    return response


def asks_for_html() -> bool:
    """Return whether the client names HTML among what it accepts, as browsers do."""
    return any(mime == "text/html" and quality for mime, quality in request.accept_mimetypes)


def is_api_request() -> bool:
    """Return whether a program asks rather than a person who looks at a page."""
    accepted = request.accept_mimetypes.best_match(["text/html", "application/json"])
    return (
        request.is_json
        or request.headers.get("X-Requested-With") is not None
        or request.headers.get("Sec-Fetch-Mode") == "cors"
        or accepted == "application/json"
    )


def expects_challenge() -> bool:
    """Return whether the client is better asked for credentials than shown the login page."""
    return "Authorization" in request.headers or is_api_request()


def _shown(detail: object) -> object:
    """Return a validator's answer for an HTML page: `Markup` as it is, all else escaped."""
    return detail if isinstance(detail, Markup) else escape(str(detail))


def _flash_once(label: str) -> None:
    """Flash a message unless it waits already: each refused request would add to the cookie."""
    message = Message.from_current_app(label)
    if message is not None and not is_flashed(message.text, message.category):
        flash(label)
