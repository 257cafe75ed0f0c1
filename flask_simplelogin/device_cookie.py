"""A cookie by which a browser is known to have logged in under a name.

OWASP calls it a device cookie: who attacks a name from everywhere, or from the owner's own network,
does not keep the owner out. It is signed with the app's key for one name and one credential; it is
no login, and worthless for other names.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from hashlib import sha256

from flask import Flask, Response, after_this_request, current_app, request
from itsdangerous import BadSignature, URLSafeTimedSerializer

from .accounts import find_account, fingerprints
from .checkers import default_login_checker
from .clients import pseudonym
from .state import current_state


def device_of(username: str) -> str | None:
    """Return the browser that sends this request, if it has logged in under this name before.

    Not so after the cookie's lifetime, and where the user is not let in any more or has another
    password, as far as that is known.
    """
    value = request.cookies.get(_name())
    lifetime = current_state().settings.device_cookie_lifetime
    if not value or not lifetime:
        return None
    try:
        device, fingerprint = _serializer(username).loads(value, max_age=lifetime)
    except (BadSignature, TypeError, ValueError):
        return None
    if fingerprint not in _fingerprints(username):
        return None
    # Whoever once knew the password may have many cookies, where nothing voids them: they count
    # as one.
    return str(device) if fingerprint else pseudonym("", username)


def remember_device(username: str) -> None:
    """Give the browser the cookie with the answer to this request, to a login of this user."""
    lifetime = current_state().settings.device_cookie_lifetime
    fingerprint = next(_fingerprints(username), None)
    if not lifetime or fingerprint is None:
        return
    value = _serializer(username).dumps([secrets.token_hex(16), fingerprint])

    @after_this_request
    def set_cookie(response: Response) -> Response:
        app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
        interface = app.session_interface
        response.set_cookie(
            _name(),
            value,
            max_age=lifetime,
            path=interface.get_cookie_path(app),
            domain=interface.get_cookie_domain(app),
            secure=interface.get_cookie_secure(app),
            samesite=interface.get_cookie_samesite(app),
            partitioned=interface.get_cookie_partitioned(app),
            httponly=True,
        )
        return response


def _name() -> str:
    """Return the cookie's name: two apps whose sessions don't mix do not mix these."""
    return f"{current_app.config['SESSION_COOKIE_NAME']}_device"


def _serializer(username: str) -> URLSafeTimedSerializer:
    """Return what signs for one name: today's key, and the ones before it are understood."""
    fallbacks = current_app.config["SECRET_KEY_FALLBACKS"] or ()
    return URLSafeTimedSerializer(
        [*fallbacks, current_app.secret_key or ""],
        salt=f"simplelogin device of {username}".encode(),
        signer_kwargs={"key_derivation": "hmac", "digest_method": sha256},
    )


def _fingerprints(username: str) -> Iterator[str]:
    """Yield what stands for the user's credential: today's, and how it was before a key changed.

    Nothing stands for a user who is not let in. A checker of the program tells nothing.
    """
    state = current_state()
    if state.knows_users:
        account = find_account(username)
        if account is not None:
            yield from fingerprints(account) if account.record else [""]
    elif state.login_checker is default_login_checker:
        fallbacks = current_app.config["SECRET_KEY_FALLBACKS"] or ()
        for key in (current_app.secret_key or "", *fallbacks):
            yield pseudonym(key, f"password {state.settings.password}")
    else:
        yield ""
