"""Views that only the right users see."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial, wraps
from inspect import isclass, iscoroutinefunction
from typing import Any, TypeVar, cast, overload
from weakref import WeakKeyDictionary, WeakSet

from flask import (
    Flask,
    Request,
    Response,
    after_this_request,
    current_app,
    make_response,
    request,
)
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, SecurityError
from werkzeug.local import LocalProxy

from .authentication import has_basic_header
from .caching import mark_private, vary_by_credentials
from .errors import UsageError
from .events import report
from .identity import came_by
from .policy import (
    LOGIN_REQUIRED,
    UNAVAILABLE,
    Refusal,
    Requirement,
    Validator,
    authorize,
    get_username,
)
from .responses import expects_challenge
from .rules import Rule, current_rules, rules_of
from .state import current_login, current_state, refused


@dataclass(frozen=True)
class Guard:
    """What one `login_required` demands."""

    requirement: Requirement
    basic: bool


_guarded_functions: WeakSet[Callable[..., Any]] = WeakSet()
_guards: WeakKeyDictionary[Callable[..., Any], Guard] = WeakKeyDictionary()

_ASKED = "_simplelogin_asked_rules"

_request = cast("LocalProxy[Request]", request)

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
    guard = Guard(requirement, basic)

    def decorate(view: Callable[..., Any]) -> Callable[..., Any]:
        is_async = iscoroutinefunction(view)
        _remember(view)

        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            refusal = _authorize_basic([requirement]) if basic else authorize(requirement)
            if refusal is not None:
                return _answer(refusal)
            mark_private()
            if is_async:
                return current_app.ensure_sync(view)(*args, **kwargs)
            return view(*args, **kwargs)

        _guards[guarded] = guard
        return guarded

    _guards[decorate] = guard
    return decorate if function is None else decorate(function)


def guard_of(function: Any) -> Guard | None:
    """Return what a function demands that `login_required` returned, or that returns such."""
    try:
        return _guards.get(function)
    except TypeError:  # what can't be hashed is none
        return None


def layers_of(function: Any) -> list[Any]:
    """Return a function and what it was put around, the outermost first."""
    layers: list[Any] = []
    layer = function
    while callable(layer) and not isclass(layer) and not any(layer is each for each in layers):
        layer = getattr(layer, "__func__", layer)
        layers.append(layer)
        layer = layer.func if isinstance(layer, partial) else getattr(layer, "__wrapped__", None)
    return layers


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


def enforce() -> ResponseReturnValue | None:
    """Hold the request against the rules that cover it, before anything else of the app does.

    What the router answers by itself is left to it: what does not exist, a redirect to the right
    form of a path, and which methods there are, which browsers ask without cookies (CORS).
    """
    this_request = _request._get_current_object()
    route = this_request.url_rule
    if route is None:
        return None
    if this_request.method == "OPTIONS" and getattr(route, "provide_automatic_options", False):
        return None
    rules = current_rules().covering(route.endpoint, this_request.path)
    if not rules:
        return None
    refusal = _authorize_by(rules, route.endpoint)
    if refusal is not None:
        return _answer(refusal)
    mark_private()
    return None


def add_rule(app: Flask, rule: Rule) -> None:
    """Add a rule to an app, and have it enforced."""
    rules_of(app).add(rule)
    enforce_first(app)


def complete_rules(app: Flask) -> None:
    """Take no more rules for an app whose first request arrives.

    Functions that were put before ours since we were put first come after it again.
    """
    rules = rules_of(app)
    rules.complete()
    if rules.rules:
        enforce_first(app)


def enforce_first(app: Flask) -> None:
    """Have the rules of an app enforced, before all other ``before_request`` functions."""
    functions = app.before_request_funcs.setdefault(None, [])
    functions[:] = [enforce, *(function for function in functions if function is not enforce)]


def may_enter(endpoint: str, path: str) -> bool:
    """Return whether the rules let the current visitor in, as far as that can be told beforehand.

    Each rule is asked once in a request: a page may have a long menu.
    """
    asked = request.__dict__.setdefault(_ASKED, {})
    for rule in current_rules().covering(endpoint, path):
        question = (get_username(), rule)
        if question not in asked:
            asked[question] = _is_met(rule.requirement)
        if not asked[question]:
            return False
    return True


def _is_met(requirement: Requirement) -> bool:
    """Return whether a requirement is met, where nothing may come between."""
    try:
        return authorize(requirement) is None
    except HTTPException:  # a validator that answers by itself does not let in
        return False


def _authorize_by(rules: Iterable[Rule], endpoint: str) -> Refusal | Response | None:
    """Hold the request against rules; whether they take Basic is asked where it matters."""
    requirements = [rule.requirement for rule in rules]
    if not has_basic_header():
        refusal = _authorize_all(requirements)
        if refusal is not LOGIN_REQUIRED:
            return refusal
    if _takes_basic(rules, endpoint):
        return _authorize_basic(requirements)
    return _authorize_all(requirements)


def _takes_basic(rules: Iterable[Rule], endpoint: str) -> bool:
    """Return whether a request may bring its credentials along.

    All rules that name the view more closely than the one for the whole app must say so, its own
    `login_required` among them; that for the whole app decides where there is none.
    """
    closer = [rule.basic for rule in rules if not rule.is_app_wide]
    view = current_app.view_functions.get(endpoint)
    closer += [guard.basic for guard in filter(None, map(guard_of, layers_of(view)))]
    return all(closer or (rule.basic for rule in rules))


def _authorize_all(requirements: Iterable[Requirement]) -> Refusal | None:
    """Return why the request does not meet the first requirement that it does not meet."""
    refusals = (authorize(requirement) for requirement in requirements)
    return next((refusal for refusal in refusals if refusal is not None), None)


def _authorize_basic(requirements: list[Requirement]) -> Refusal | Response | None:
    """Hold a request that may bring its credentials along against the requirements.

    The header goes before a session, and a program that has neither is asked for the header. What
    a program's own ``basic_auth`` lets in is in, if no more than a login is required, also where
    it leaves no name.
    """
    if came_by() != "basic":
        if not has_basic_header():
            refusal = _authorize_all(requirements)
            if refusal is not LOGIN_REQUIRED or not expects_challenge():
                return refusal
        after_this_request(vary_by_credentials)
        answer = current_login().basic_auth(response=True)
        if answer is not True:
            return make_response(answer)
        requirements = [each for each in requirements if not each.is_login_only]
    return _authorize_all(requirements)


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
