"""Views that only the right users see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from functools import wraps
from inspect import isclass, iscoroutinefunction
from typing import Any, TypeVar, overload
from weakref import WeakSet

from flask import Response, after_this_request, current_app, make_response, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import SecurityError

from .authentication import has_basic_header
from .caching import mark_private, vary_by_credentials
from .errors import UsageError
from .events import report
from .identity import came_by
from .policy import (
    ANYONE,
    LOGIN_REQUIRED,
    UNAVAILABLE,
    Refusal,
    Requirement,
    Validator,
    authorize,
    get_username,
)
from .responses import expects_challenge
from .state import current_login, current_state, refused

_guarded_functions: WeakSet[Callable[..., Any]] = WeakSet()
_guards: WeakSet[Callable[..., Any]] = WeakSet()

View = TypeVar("View", bound=Callable[..., Any])


@overload
def login_required(
    function: View,
    username: str | Iterable[str] | None = None,
    basic: bool = False,
    must: Validator | Iterable[Validator] | None = None,
    *,
    role: str | Iterable[str] | None = None,
) -> View: ...


@overload
def login_required(
    function: None = None,
    username: str | Iterable[str] | None = None,
    basic: bool = False,
    must: Validator | Iterable[Validator] | None = None,
    *,
    role: str | Iterable[str] | None = None,
) -> Callable[[View], View]: ...


def login_required(
    function: Callable[..., Any] | None = None,
    username: str | Iterable[str] | None = None,
    basic: bool = False,
    must: Validator | Iterable[Validator] | None = None,
    *,
    role: str | Iterable[str] | None = None,
) -> Any:
    """Let only logged-in users into a view.

    >>> @app.get("/secret")
    ... @login_required
    ... def secret():
    ...     return "for users only"

    It stands below ``@app.route``, and works on methods, ``MethodView.decorators``,
    ``before_request`` functions and Flask-Admin's ``_handle_view`` as well.

    Args:
        function: The view; left out where the decorator gets other arguments.
        username: The name, or the names, that are let in; an empty list lets nobody in.
        basic: Whether a request may bring its credentials along, by ``Authorization: Basic``.
            They count for that request only and go before a session.
        must: A function or several, called with the username; each lets in by `None` and refuses
            by anything else, which is shown to the visitor.
        role: The role, or the roles of which one is enough; an empty list lets nobody in.

    Raises:
        UsageError: An argument can't be what it should be, as in ``login_required("name")``.
    """
    if function is not None and (isclass(function) or not callable(function)):
        raise UsageError(
            "login_required stands above a function: write @login_required or, for certain users, "
            '@login_required(username="name"). For a class-based view, put it into its '
            "`decorators`."
        )
    requirement = Requirement.of(username, must, role)

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        is_async = iscoroutinefunction(view)
        _remember(view)

        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            refusal = _authorize_basic(requirement) if basic else authorize(requirement)
            if refusal is not None:
                return _answer(refusal)
            mark_private()
            if is_async:
                return current_app.ensure_sync(view)(*args, **kwargs)
            return view(*args, **kwargs)

        _guards.add(guarded)
        return guarded

    return decorate if function is None else decorate(function)


def is_guarded(function: Callable[..., Any]) -> bool:
    """Return whether a function is one that `login_required` returned."""
    try:
        return function in _guards
    except TypeError:  # what can't be hashed is none
        return False


def has_guarded_twin(view: Callable[..., Any]) -> bool:
    """Return whether `login_required` was put around this very function, which then stands open."""
    try:
        return view in _guarded_functions
    except TypeError:  # what can't be hashed was not remembered
        return False


def _remember(view: Callable[..., Any]) -> None:
    """Note what got a guard; an object that can't be referred to weakly is not noted."""
    with suppress(TypeError):
        _guarded_functions.add(view)


def _authorize_basic(requirement: Requirement) -> Refusal | Response | None:
    """Hold a request that may bring its credentials along against the requirement.

    The header goes before a session, and a program that has neither is asked for the header. What
    a program's own ``basic_auth`` lets in is in, if no more than a login is required, also where
    it leaves no name.
    """
    if not has_basic_header():
        refusal = authorize(requirement)
        if refusal is not LOGIN_REQUIRED or not expects_challenge():
            return refusal
    after_this_request(vary_by_credentials)
    answer = current_login().basic_auth(response=True)
    if answer is not True:
        return make_response(answer)
    return None if requirement == ANYONE else authorize(requirement)


def _answer(refusal: Refusal | Response) -> ResponseReturnValue | None:
    """Return what is sent instead of the view; `None` lets a ``before_request`` function pass.

    It does so for login and logout: guarded with all the rest, the login would send the visitor
    to itself, and who is not the right one could not become another.
    """
    if request.endpoint in current_state().open_endpoints:
        return None
    mark_private()
    if isinstance(request.routing_exception, SecurityError):  # no URL can be built for this host
        raise request.routing_exception
    if isinstance(refusal, Response):
        return refusal
    if refusal not in (LOGIN_REQUIRED, UNAVAILABLE):
        report("denied", get_username(), came_by())
    answer: ResponseReturnValue = refused(refusal)
    return answer
