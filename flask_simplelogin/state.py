"""The state of one app, and how to find the current one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from inspect import isasyncgenfunction, isawaitable, iscoroutine, isgeneratorfunction, signature
from typing import Any, TypedDict, cast

from flask import Flask, abort, current_app
from flask_wtf import FlaskForm
from werkzeug.local import LocalProxy

from .assets import Assets
from .errors import SimpleLoginNotInitializedError, UsageError
from .memory import BriefMemory
from .messages import Message
from .settings import Settings
from .throttle import Throttle
from .users import Users


class User(TypedDict):
    """What a checker gets: the credentials as they were typed.

    The other fields of the login form, if it has any, stand beside the two.
    """

    username: str
    password: str


UserLoader = Callable[[str], object]
"""Gets a username and returns the program's own object for that user; `None` or `False` is nobody.

Its attribute ``roles``, if it has one, says which roles the user has. May be ``async``.
"""

LoginChecker = Callable[[User], object]
"""Answers whether the credentials are right; may be ``async``. Only its truth counts."""

KEY = "simplelogin.state"

_app = cast("LocalProxy[Flask]", current_app)


@dataclass
class State:
    """All that one app's login consists of.

    Checker and callbacks may be set while the app is being built; the rest stays as `init_app`
    made it.
    """

    settings: Settings
    messages: dict[str, Message | None]
    login_form: type[FlaskForm]
    login_checker: LoginChecker
    has_own_form: bool
    lifetime: int
    assets: Assets
    basic_memory: BriefMemory
    throttle: Throttle | None = None
    users: Users | None = None
    user_loader: UserLoader | None = None
    logout_callbacks: list[Callable[[], object]] = field(default_factory=list)
    has_seen_formless_post: bool = False
    has_reported_clients: bool = False
    has_reported_processes: bool = False

    @property
    def has_password_page(self) -> bool:
        """Whether users can change their password on a page."""
        can_write = self.users is not None and self.users.is_writable
        return can_write and self.settings.password_page

    @property
    def knows_users(self) -> bool:
        """Whether a login counts only for who is known to a store or the program."""
        return self.users is not None or self.user_loader is not None

    def endpoint(self, name: str) -> str:
        """Return the endpoint of one of the login's own views."""
        return f"{self.settings.blueprint}.{name}"

    @property
    def open_endpoints(self) -> tuple[str, ...]:
        """The endpoints that nobody can be kept from: login and logout, and their style."""
        return tuple(self.endpoint(name) for name in ("login", "logout", "static"))


def state_of(app: Flask) -> State:
    """Return the app's state; raise `SimpleLoginNotInitializedError` if it has none."""
    try:
        state: State = app.extensions[KEY]
    except KeyError:
        raise SimpleLoginNotInitializedError from None
    return state


def current_state() -> State:
    """Return the current app's state; raise `SimpleLoginNotInitializedError` if it has none."""
    try:
        state: State = _app._get_current_object().extensions[KEY]
    except KeyError:
        raise SimpleLoginNotInitializedError from None
    return state


def current_login() -> Any:
    """Return the `SimpleLogin` of the current app, whose methods a subclass may override."""
    current_state()
    return current_app.extensions["simplelogin"]


def usable_checker(checker: LoginChecker) -> LoginChecker:
    """Return the checker if it can be called with a `User`, else raise `UsageError`."""
    if not callable(checker):
        raise UsageError(f"login_checker= takes a function, not {type(checker).__name__}.")
    try:
        signature(checker).bind({})
    except TypeError:
        raise UsageError(
            "The login_checker must take one argument, the user: a dict with the texts username "
            "and password."
        ) from None
    except ValueError:  # a built-in that does not tell
        pass
    _refuse_generator(checker, "login_checker")
    return checker


def usable_loader(loader: UserLoader) -> UserLoader:
    """Return the loader if it can be called with a name, else raise `UsageError`."""
    if not callable(loader):
        raise UsageError(f"user_loader= takes a function, not {type(loader).__name__}.")
    try:
        signature(loader).bind("")
    except TypeError:
        raise UsageError("The user_loader must take one argument, the username.") from None
    except ValueError:  # a built-in that does not tell
        pass
    _refuse_generator(loader, "user_loader")
    return loader


def _refuse_generator(function: Callable[..., object], name: str) -> None:
    """Raise `UsageError` for what would answer by a generator, which is always true."""
    if isgeneratorfunction(function) or isasyncgenfunction(function):
        raise UsageError(f"The {name} must return its answer: a generator is always true.")


def refused(refusal: Any) -> Any:
    """Return the program's answer to a refusal, or ours.

    What is no answer would let the request pass: `None` does so in a ``before_request`` function,
    and `True` says of credentials that they are right.
    """
    answer = current_login().refuse(refusal)
    if answer is None or answer is True:
        abort(refusal.status)
    return answer


def wait_for(result: object) -> object:
    """Return a callback's answer, waiting for it where the callback was ``async``.

    A coroutine is true: never take the answer of a checker or validator without this.
    """
    if not isawaitable(result):
        return result

    async def answer(awaitable: Awaitable[Any]) -> object:
        return await awaitable

    try:
        return current_app.ensure_sync(answer)(result)
    finally:
        if iscoroutine(result):
            result.close()  # where it could not be started, for lack of what runs it
