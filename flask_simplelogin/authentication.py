"""Form or ``Authorization`` header → `Credentials` → identity: the only way to a checker."""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

from flask import current_app, request
from flask_wtf import FlaskForm
from werkzeug.exceptions import HTTPException, ServiceUnavailable

from .accounts import Account, check_store, find_account, find_record, forget_account
from .checkers import accepts_sample_credentials, default_login_checker
from .device_cookie import remember_device
from .errors import UnknownUserError, UsageError
from .events import report
from .guessing import TooManyGuesses, guess_at, report_many_at_one_address
from .identity import came_by, claimed_username, log_in, log_out
from .messages import Message
from .names import MAX_PASSWORD_BYTES, MAX_USERNAME_BYTES, problem_of_text
from .passwords import is_hash
from .settings import Settings
from .state import User, current_state, wait_for
from .throttle import Guess, Throttled


@dataclass(frozen=True)
class Credentials:
    """What a visitor claims to be, as it was typed; the password is not in the `repr`.

    Args:
        username: The name, of whatever type the client sent.
        password: The password, likewise.
        via: The entrance: ``form``, ``json``, ``basic``, or ``password`` for the page on which it
            is changed.
        others: The values of the form's other fields.
    """

    username: object
    password: object = field(repr=False)
    via: str
    others: Mapping[str, Any] = field(default_factory=dict, repr=False)

    def problems(self) -> dict[str, str]:
        """Return why these can't be anybody's credentials: field → a sentence for the visitor."""
        found = {
            "username": problem_of_text(self.username, "username", MAX_USERNAME_BYTES),
            "password": problem_of_text(self.password, "password", MAX_PASSWORD_BYTES),
        }
        return {name: problem for name, problem in found.items() if problem}


def authenticate(credentials: Credentials, *, briefly: bool = False) -> str | None:
    """Return the username if the app's checker accepts the credentials, else `None`.

    Args:
        credentials: What the visitor claims, from whatever entrance.
        briefly: Whether they count for this request only. Then, if the checker is one whose
            answer may be remembered, the same credentials are not checked again and again.

    Guaranteed whatever the entrance: a checker is called with two non-empty texts of bounded
    length and only its truth, awaited where it is ``async``, counts. No more guesses get to it
    than the limits leave free.

    Raises:
        TooManyRequests: None is free. The credentials were not looked at.
        ServiceUnavailable: The checker raised; its traceback is in the app's log, and nobody is
            logged in. What it raises by `flask.abort` passes as it is.
    """
    if credentials.problems():
        return None
    username = cast(str, credentials.username)
    password = cast(str, credentials.password)
    user = cast(User, {**credentials.others, "username": username, "password": password})
    guess: Guess | None = None
    accepted: bool | None = None
    try:
        guess = guess_at(username)
        ask = _check_once if briefly and _is_memorable() else _check
        accepted = ask(user, guess)
        if accepted and current_state().knows_users:
            accepted = find_account(username) is not None
    except HTTPException:
        raise
    except Throttled as throttled:
        report("throttled", username, credentials.via)
        report_many_at_one_address(throttled.refused_by)
        raise TooManyGuesses(throttled.retry_after) from None
    except Exception as error:
        current_app.logger.exception("The login checker raised: nobody is logged in.")
        message = Message.from_current_app("unavailable")
        raise ServiceUnavailable(message.text if message else None) from error
    finally:
        if guess:
            guess.end(accepted)
    if not accepted:
        report("failure", username, credentials.via)
        return None
    return username


def start_session(credentials: Credentials, username: str) -> None:
    """Log the user in whom `authenticate` has accepted; their browser is known from now on."""
    remember = current_state().settings.remember_me and bool(credentials.others.get("remember"))
    log_in(username, _account_of(username), basic=credentials.via == "basic", remember=remember)
    if current_state().throttle:
        remember_device(username)
    report("login", username, credentials.via)


def renew_session(username: str) -> None:
    """Let this session go on although its user's credential has been changed."""
    forget_account()
    log_in(username, _account_of(username))
    if current_state().throttle:
        remember_device(username)


def login_user(username: str) -> None:
    """Log somebody in whom the program knows by other means, such as a single sign-on.

    >>> @app.get("/from-the-portal")
    ... def from_the_portal():
    ...     login_user(name_from_the_portal(request))
    ...     return redirect("/")

    No checker is asked. The session is renewed as after any login.

    Raises:
        UnknownUserError: The app's store or `user_loader` does not know this name, or the user is
            disabled.
        StoreError: It can't tell.
        UsageError: The name is not a non-empty text of at most 1,024 bytes.
    """
    problem = problem_of_text(username, "username", MAX_USERNAME_BYTES)
    if problem:
        raise UsageError(f"login_user() takes a username: {problem}")
    forget_account()
    account = _account_of(username)
    if account is None and current_state().knows_users:
        raise UnknownUserError(username)
    log_in(username, account)
    report("login", username, "program")


def logout_user() -> None:
    """Log the visitor out: call the logout callbacks, then clear the session.

    >>> @app.post("/close-account")
    ... @login_required
    ... def close_account():
    ...     logout_user()
    ...     return redirect("/")

    The session is cleared also when a callback raises; that is logged.
    """
    for callback in current_state().logout_callbacks:
        try:
            wait_for(callback())
        except Exception:
            current_app.logger.exception("A logout callback raised: the logout goes on.")
    username = claimed_username()
    if username is not None:
        report("logout", username, came_by())
    log_out()


def credentials_from_form(form: FlaskForm, via: str = "form") -> Credentials:
    """Return what the login form holds; the CSRF token is not part of it."""
    data = dict(form.data)
    data.pop(form.meta.csrf_field_name, None)
    return Credentials(data.pop("username", None), data.pop("password", None), via, data)


def repeated_fields() -> dict[str, str]:
    """Return the credentials' fields that the request's form has more than once.

    Which of the two would count is a question that no two programs answer alike.
    """
    return {
        name: f"Give one {name} only."
        for name in ("username", "password")
        if len(request.form.getlist(name)) + len(request.files.getlist(name)) > 1
    }


def has_basic_header() -> bool:
    """Return whether the request has an ``Authorization`` header of the scheme ``Basic``."""
    return _authorization().partition(" ")[0].lower() == "basic"


def credentials_from_basic() -> Credentials | None:
    """Return what the header ``Authorization: Basic`` holds, or `None` if it is malformed.

    Read by RFC 7617: the value is Base64, in it UTF-8, the name ends at the first colon.
    """
    value = _authorization().partition(" ")[2].strip()
    try:
        text = b64decode(value, validate=True).decode("utf-8")
    except ValueError:
        return None
    username, colon, password = text.partition(":")
    return Credentials(username, password, "basic") if colon else None


def _account_of(username: str) -> Account | None:
    """Return what is known of a user who logs in, where there is a store or a loader."""
    return find_account(username) if current_state().knows_users else None


def _check(user: User, guess: Guess | None) -> bool:
    """Ask the app's checker, if a guess is free."""
    if guess:
        guess.begin()
    return bool(wait_for(current_state().login_checker(user)))


def _check_once(user: User, guess: Guess | None) -> bool:
    """Ask the app's checker, unless it has just said yes to the same or is about to answer.

    The answer hangs on the credentials, on what is stored, and for the sample on where the
    request comes from: all of that is part of the question. It is put only while a guess is free:
    what is remembered could be guessed at as well.
    """
    if guess:
        guess.test()
    state = current_state()
    question: list[object] = [sorted(user.items()), request.remote_addr]
    if state.login_checker is default_login_checker:
        stored = (state.settings.username, state.settings.password)
        question += [stored, accepts_sample_credentials()]
    elif state.login_checker is check_store:
        record = find_record(user["username"])
        question += [record, record and (record.password_hash, record.version)]
    return state.basic_memory.ask(tuple(question), partial(_check, user, guess))


def _is_memorable() -> bool:
    """Return whether the checker's yes may be remembered.

    The built-in one's may, and is worth it where a hash is verified. A checker of the program may
    look at the request, count, or leave something behind: its yes is remembered only where the
    setting was made on purpose.
    """
    state = current_state()
    if state.login_checker is default_login_checker:
        return is_hash(state.settings.password)
    if state.login_checker is check_store:
        return True
    return Settings.basic_memory.is_set(state.settings.config)


def _authorization() -> str:
    """Return the raw header: `Request.authorization` raises on some, and hides what others are."""
    return request.headers.get("Authorization", "").strip()
