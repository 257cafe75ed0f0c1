"""Who is this request? The only module that touches Flask's session.

The identity is that of the session, or for one request only that of its ``Authorization: Basic``
header. Neither is ever kept on `flask.g`: an outer app context, as tests and shells have it, would
hand one visitor's identity to the next.

This is on the way of every guarded request. Each access through one of Flask's proxies costs as
much as all the rest, so the objects behind them are fetched once.
"""

from __future__ import annotations

import math
import time
from inspect import signature
from typing import cast

from flask import Request, current_app, g, request, session
from flask.sessions import SessionMixin
from werkzeug.local import LocalProxy

from .accounts import Account, find_account, fingerprints
from .passwords import equal
from .state import current_state

LOGGED_IN = "simple_logged_in"
USERNAME = "simple_username"
BASIC_AUTH = "simple_basic_auth"
SINCE = "simple_since"
REMEMBERED = "simple_remembered"
FINGERPRINT = "simple_fingerprint"

_CLOCK_SKEW = 300

_REQUEST_IDENTITY = "_simplelogin_username"

_request = cast("LocalProxy[Request]", request)
_session = cast("LocalProxy[SessionMixin]", session)


def current_username() -> str | None:
    """Return the name that this request is made under, or `None` for an anonymous one.

    Raises:
        StoreError: The app's store of users, or its loader, can't tell.
    """
    try:
        this_request = _request._get_current_object()
    except RuntimeError:  # outside of a request nobody is logged in
        return None
    name: str | None = this_request.__dict__.get(_REQUEST_IDENTITY)
    return session_username() if name is None else name


def current_account() -> Account | None:
    """Return the user that this request is made under, as the store or the loader knows them.

    It is `None` for an anonymous request, and where there is neither store nor loader.

    Raises:
        StoreError: The store or the loader can't tell.
    """
    name = current_username()
    return None if name is None else find_account(name)


def session_username() -> str | None:
    """Return the name of the logged-in session, or `None`.

    Both keys count, whoever wrote them; a missing, empty or non-text name is nobody. A login that
    was written here ends after the app's session lifetime, and each when its user is not let in
    any more or their password has changed; all that the session holds ends with it.

    Raises:
        StoreError: The app's store of users, or its loader, can't tell.
    """
    data = _session._get_current_object()
    name = data.get(USERNAME)
    if not name or not isinstance(name, str) or not data.get(LOGGED_IN):
        return None
    state = current_state()
    since = data.get(SINCE)
    if since is not None:  # the program's own login has none
        lifetime = state.lifetime
        age = time.time() - since if isinstance(since, int) else -math.inf
        if age < -_CLOCK_SKEW or 0 < lifetime <= age:
            data.clear()
            return None
    # What `state.knows_users` says, without its call: this is on the way of every guarded request.
    is_kept = state.users is not None or state.user_loader is not None
    if is_kept and not _is_still_known(name, data):
        data.clear()
        return None
    return name


def claimed_username() -> str | None:
    """Return the name that the request claims, whether its login still counts or not."""
    name = request.__dict__.get(_REQUEST_IDENTITY) or session.get(USERNAME)
    return name if name and isinstance(name, str) else None


def identify_request(username: str) -> None:
    """Let this one request be made under the name, whatever its session says."""
    setattr(request, _REQUEST_IDENTITY, username)


def log_in(
    username: str,
    account: Account | None = None,
    *,
    basic: bool = False,
    remember: bool = False,
) -> None:
    """Write the login into the session.

    What the visitor's session holds is kept, its CSRF token and the id that a server-side session
    has are renewed; if another user was logged in, nothing of theirs is left.

    Args:
        username: Whose session it is.
        account: What the app's store or loader knows of them, if it has one.
        basic: Whether it came by Basic credentials.
        remember: Whether it outlives the browser; what the program made permanent stays so.
    """
    if session.get(USERNAME) not in (None, username):
        _drop_other_users_data()
    session.pop(_csrf_key(), None)
    forget_cached_csrf_token()
    request.__dict__.pop(_REQUEST_IDENTITY, None)
    session.pop(FINGERPRINT, None)
    session[LOGGED_IN] = True
    session[USERNAME] = username
    session[SINCE] = int(time.time())
    if account is not None:
        _write_fingerprint(session, account)
    if basic:
        session[BASIC_AUTH] = True
    if remember:
        session.permanent = session[REMEMBERED] = True
    _renew_id()  # last, for a session that is still empty gets no new one


def log_out() -> None:
    """Clear the whole session, and what the box has made of it."""
    was_remembered = REMEMBERED in session
    session.clear()
    if was_remembered and session.permanent:  # a server-side session keeps that
        session.permanent = False
    forget_cached_csrf_token()
    request.__dict__.pop(_REQUEST_IDENTITY, None)


def came_by() -> str:
    """Return how this request got its name: ``basic`` or ``session``."""
    return "basic" if _REQUEST_IDENTITY in request.__dict__ else "session"


def is_flashed(text: str, category: str) -> bool:
    """Return whether this message is waiting in the session already."""
    return (category, text) in map(tuple, session.get("_flashes", ()))


def forget_cached_csrf_token() -> None:
    """Drop what Flask-WTF cached on `flask.g`: the token, and that one was valid.

    It caches for a request, but an outer app context lives longer.
    """
    g.pop(_csrf_key(), None)
    g.pop("csrf_valid", None)


def has_csrf_token() -> bool:
    """Return whether the session that came with the request has a token to compare with."""
    return _csrf_key() in session


def _is_still_known(name: str, data: SessionMixin) -> bool:
    """Return whether the user is let in, and has the password that they logged in with.

    A session without a fingerprint, as the program or an older version wrote it, gets one.
    """
    account = find_account(name)
    if account is None:
        return False
    known = list(fingerprints(account))
    kept = data.get(FINGERPRINT)
    if kept is None:
        _write_fingerprint(data, account)
        return True
    matches = [equal(each, str(kept)) for each in known]
    if any(matches) and not matches[0]:  # made with a key that is on its way out
        _write_fingerprint(data, account)
    return not known or any(matches)


def _write_fingerprint(data: SessionMixin, account: Account) -> None:
    """Note in the session with which credential it began."""
    fingerprint = next(fingerprints(account), None)
    if fingerprint is not None:
        data[FINGERPRINT] = fingerprint


def _drop_other_users_data() -> None:
    """Clear the session; what the program, not the box, has made permanent stays so."""
    is_permanent = session.permanent and REMEMBERED not in session
    session.clear()
    if session.permanent != is_permanent:
        session.permanent = is_permanent


def _renew_id() -> None:
    """Give a session that is kept on the server a new id, as far as its interface can."""
    regenerate = getattr(current_app.session_interface, "regenerate", None)
    if regenerate is None:
        return
    try:
        signature(regenerate).bind(session)
    except TypeError:  # it is another method of that name
        return
    regenerate(session)


def _csrf_key() -> str:
    """Return the session's key of Flask-WTF's token."""
    key: str = current_app.config.get("WTF_CSRF_FIELD_NAME") or "csrf_token"
    return key
