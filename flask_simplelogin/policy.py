"""Who may: the one place where a requirement is held against an identity."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any

from flask import current_app
from werkzeug.exceptions import HTTPException

from .errors import StoreError, UsageError
from .identity import current_account, current_username
from .state import current_state, wait_for

Validator = Callable[[str], object]
"""Gets the username and returns `None` for yes; anything else is a no, and is shown."""


@dataclass(frozen=True)
class Requirement:
    """What somebody must meet to be let in: to be logged in, and each part that is given.

    Args:
        usernames: One of these names; `None` means any, and none at all means nobody.
        roles: One of these roles; `None` means any or none, and no role at all means nobody.
        validators: Each of them answers `None`.
    """

    usernames: Collection[str] | None = None
    roles: Collection[str] | None = None
    validators: tuple[Validator, ...] = ()

    @classmethod
    def of(
        cls,
        username: str | Iterable[str] | None = None,
        must: Validator | Iterable[Validator] | None = None,
        role: str | Iterable[str] | None = None,
    ) -> Requirement:
        """Return the requirement that the arguments of `login_required` stand for.

        Raises:
            UsageError: An argument is of a type that can't mean a name or a validator.
        """
        return cls(_names(username, "username"), _names(role, "role"), _validators(must))

    @property
    def is_login_only(self) -> bool:
        """Whether a login is all that it demands."""
        return self.usernames is None and self.roles is None and not self.validators


ANYONE = Requirement()


@dataclass(frozen=True)
class Refusal:
    """A no, and all that an answer can be made from.

    >>> Refusal("auth_error", "not before Monday").status
    403

    Args:
        label: The label of the message that says why.
        detail: What fills the message's placeholder: a validator's answer, not escaped yet.
        status: 401 where a login could change the answer, else 403.
        is_challenge: Whether the client is to be asked for Basic credentials.
    """

    label: str
    detail: object = None
    status: int = 403
    is_challenge: bool = False

    @property
    def is_anonymous(self) -> bool:
        """Whether nobody is logged in."""
        return self.label == "login_required"


LOGIN_REQUIRED = Refusal("login_required", status=401)
ACCESS_DENIED = Refusal("access_denied")
LOGIN_FAILURE = Refusal("login_failure", status=401)
UNAVAILABLE = Refusal("unavailable", status=503)
CHALLENGE = Refusal("login_failure", "Invalid credentials", status=401, is_challenge=True)


def authorize(requirement: Requirement) -> Refusal | None:
    """Return why this request does not meet the requirement, or `None` if it does.

    The names are asked before the roles, those before the validators, and those in their order
    until one says no. A validator that raises means no, and its traceback is in the app's log.
    """
    try:
        username = current_username()
        if username is None:
            return LOGIN_REQUIRED
        if requirement.usernames is not None and username not in requirement.usernames:
            return ACCESS_DENIED
        if requirement.roles is not None and not _has_one_of(requirement.roles):
            return ACCESS_DENIED
    except StoreError:
        return UNAVAILABLE
    for validator in requirement.validators:
        refusal = _ask(validator, username)
        if refusal is not None:
            return refusal
    return None


def is_logged_in(username: str | Iterable[str] | None = None) -> bool:
    """Return whether this request is made by a logged-in user, or by one of those named.

    >>> @app.get("/")
    ... def index():
    ...     return "Hello, admin" if is_logged_in("admin") else "Hello"

    An empty list of names means nobody. Outside of a request nobody is logged in.
    """
    current_state()
    requirement = ANYONE if username is None else Requirement(_names(username, "username"))
    return authorize(requirement) is None


def get_username() -> str | None:
    """Return the name of the logged-in user, or `None`.

    >>> @app.get("/whoami")
    ... def whoami():
    ...     return get_username() or "nobody"
    """
    current_state()
    try:
        return current_username()
    except StoreError:
        return None


def has_role(role: str | Iterable[str]) -> bool:
    """Return whether the logged-in user has a role, or one of several.

    >>> @app.get("/")
    ... def index():
    ...     return "Hello, editor" if has_role(["editor", "admin"]) else "Hello"

    The roles are those that the store of users has, or the object of your `user_loader`. Without
    either nobody has one.
    """
    current_state()
    return authorize(Requirement(roles=_names(role, "role"))) is None


def get_user() -> Any:
    """Return the logged-in user: what your `user_loader` gave, or else the store's `UserRecord`.

    >>> @app.get("/profile")
    ... @login_required
    ... def profile():
    ...     return get_user().email

    It is `None` for an anonymous visitor, and where there is neither store nor loader.
    """
    current_state()
    try:
        account = current_account()
    except StoreError:
        return None
    return None if account is None else account.user


class TemplateQuestion:
    """A question for templates, where ``{% if is_logged_in %}`` means the call too.

    A function is always true: the forgotten parentheses would show everybody what is meant for
    users. What can't be asked without an argument, as `has_role`, is false then.
    """

    def __init__(self, function: Callable[..., Any], *, bare: bool = True) -> None:
        self._function = function
        self._is_callable_bare = bare

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Answer as the function does."""
        return self._function(*args, **kwargs)

    def __bool__(self) -> bool:
        return self._is_callable_bare and bool(self._function())


def _ask(validator: Validator, username: str) -> Refusal | None:
    """Return the refusal that one validator's answer means, or `None`."""
    try:
        answer = wait_for(validator(username))
    except HTTPException:
        raise
    except Exception:
        current_app.logger.exception("A validator in `must` raised: access is denied.")
        return ACCESS_DENIED
    return None if answer is None else Refusal("auth_error", answer)


def _has_one_of(roles: Collection[str]) -> bool:
    """Return whether the user has one of the roles; one that can't be read is none."""
    account = current_account()
    try:
        return account is not None and not account.roles.isdisjoint(roles)
    except Exception:
        current_app.logger.exception("The roles of a user can't be read: access is denied.")
        return False


def _names(username: str | Iterable[str] | None, argument: str) -> Collection[str] | None:
    """Return the names that are admitted; `None` for any.

    A list stays the program's own: whom it removes from it is out.
    """
    if username is None:
        return None
    if isinstance(username, str):
        return (username,)
    names: object = username
    if isinstance(names, bytes) or not isinstance(names, Iterable):
        raise UsageError(
            f"{argument}= takes a name or a list of names, not {type(names).__name__}."
        )
    return names if isinstance(names, Collection) else tuple(names)


def _validators(must: Validator | Iterable[Validator] | None) -> tuple[Validator, ...]:
    """Return the validators in their order."""
    if must is None:
        return ()
    if callable(must):
        return (must,)
    given: object = must
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise UsageError(
            f"must= takes a function or a list of functions, not {type(given).__name__}."
        )
    validators = tuple(given)
    for validator in validators:
        if not callable(validator):
            raise UsageError(
                f"must= takes a function or a list of functions, not {type(validator).__name__}."
            )
    return validators
