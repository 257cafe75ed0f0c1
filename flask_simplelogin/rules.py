"""What is closed beyond the decorator: the rules of an app, as data.

A rule says who may enter what it covers: the whole app, a blueprint, a Flask-Admin or all below a
path. Rules add up. Which of them cover an endpoint is worked out once for each endpoint.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import wraps
from typing import Any, Protocol, TypeVar, cast

from flask import Blueprint, Flask, current_app
from werkzeug.local import LocalProxy

from .errors import UsageError
from .paths import PrefixTable, checked_prefix
from .policy import Requirement
from .state import state_of

RULES = "simplelogin.rules"

_PUBLIC = "_simplelogin_is_public"

_app = cast("LocalProxy[Flask]", current_app)


class FlaskAdmin(Protocol):
    """What tells Flask-Admin's ``Admin``, which need not be installed."""

    endpoint: str

    def add_view(self, view: Any) -> None:
        """Add a view, also after it was protected."""


Target = Flask | Blueprint | FlaskAdmin | str
"""What `protect` protects."""

Public = TypeVar("Public", bound="Callable[..., Any] | Blueprint")


@dataclass(frozen=True, eq=False)
class Rule:
    """Who may enter what one call of `protect` covers.

    Args:
        target: A Flask app, a blueprint, a Flask-Admin, or a prefix such as ``/dash/``.
        requirement: What whoever enters must meet.
        basic: Whether a request may bring its credentials along.
    """

    target: Any
    requirement: Requirement
    basic: bool = False

    def __str__(self) -> str:
        """Return the call, as a program writes it."""
        return f"protect({_described(self.target)})"

    @property
    def is_app_wide(self) -> bool:
        """Whether it covers all that is not public."""
        return isinstance(self.target, Flask)

    def covers(self, app: Flask, blueprints: list[str]) -> bool:
        """Return whether it covers what is in these blueprints, by their names.

        Names are compared for a Flask-Admin: it serves several apps, and makes new blueprints for
        each of them.
        """
        if isinstance(self.target, Blueprint):
            return any(app.blueprints.get(name) is self.target for name in blueprints)
        if isinstance(self.target, str):
            return False
        return any(view.endpoint in blueprints for view in views_of(self.target))


@dataclass
class Rules:
    """The rules of one app.

    Args:
        app: The app.
        rules: In the order in which they were made.
        is_complete: Whether the app has answered a request: from then on no rule is added.
    """

    app: Flask
    rules: list[Rule] = field(default_factory=list)
    is_complete: bool = False
    _below: PrefixTable[Rule] = field(default_factory=PrefixTable)
    _covering: dict[str, tuple[Rule, ...]] = field(default_factory=dict)

    def add(self, rule: Rule) -> None:
        """Add a rule.

        Raises:
            UsageError: The app is serving already: what was open until now may be known.
        """
        if self.is_complete:
            raise UsageError(
                f"{rule} comes too late: this app has answered its first request. Call it where "
                "the app is created."
            )
        self.rules.append(rule)
        if isinstance(rule.target, str):
            self._below.add(rule.target, rule)
        self._covering.clear()

    def complete(self) -> None:
        """Take no more rules; what has been worked out for an unfinished app is forgotten."""
        self.is_complete = True
        self._covering.clear()

    def covering(self, endpoint: str, path: str) -> tuple[Rule, ...]:
        """Return the rules that a request for this endpoint has to meet, asked for by this path."""
        try:
            found = self._covering[endpoint]
        except KeyError:
            found = self._covering[endpoint] = tuple(self._covering_endpoint(endpoint))
        if self._below and endpoint not in state_of(self.app).open_endpoints:
            return (*found, *self._below.above(path))
        return found

    def below(self, path: str) -> list[Rule]:
        """Return the rules for the prefixes that a path lies below."""
        return self._below.above(path)

    def _covering_endpoint(self, endpoint: str) -> Iterator[Rule]:
        """Yield the rules that cover an endpoint by whatever path."""
        if endpoint in state_of(self.app).open_endpoints:
            return
        names = blueprints_of(endpoint)
        for rule in self.rules:
            if rule.is_app_wide:
                if not is_public(self.app, endpoint):
                    yield rule
            elif rule.covers(self.app, names):
                yield rule


def rules_of(app: Flask) -> Rules:
    """Return the rules of an app, none at first."""
    rules: Rules | None = app.extensions.get(RULES)
    if rules is None:
        rules = app.extensions[RULES] = Rules(app)
    return rules


def current_rules() -> Rules:
    """Return the rules of the current app."""
    return rules_of(_app._get_current_object())


def checked_target(target: object) -> Target:
    """Return what `protect` can protect, else raise `UsageError`."""
    if isinstance(target, str):
        return checked_prefix(target)
    if isinstance(target, (Flask, Blueprint)) or _is_admin(target):
        return cast(Target, target)
    hint = " Above a view stands @login_required." if callable(target) else ""
    raise UsageError(
        "protect() takes the app, a Blueprint, a Flask-Admin's Admin or a path such as '/dash/', "
        f"not {type(target).__name__}.{hint}"
    )


def public(view: Public) -> Public:
    """Leave a view open, or a blueprint, where the whole app is protected.

    >>> login.protect(app)
    >>> @app.get("/about")
    ... @public
    ... def about():
    ...     return "for everybody"

    It opens what ``protect(app)`` has closed, and nothing else: `login_required` and the protection
    of a blueprint, a Flask-Admin or a prefix stay. It may stand above or below ``@app.route``; for
    a class-based view it belongs into ``decorators``. What it returns is what was given, but for a
    bound method, around which it puts a function.

    Raises:
        UsageError: It is given a class, or what is no function.
    """
    if isinstance(view, type) or not (callable(view) or isinstance(view, Blueprint)):
        raise UsageError(
            "public stands above a function, or takes a Blueprint. For a class-based view, put it "
            "into its `decorators`."
        )
    try:
        setattr(view, _PUBLIC, True)
    except AttributeError:  # a bound method, for one
        return cast(Public, _function_around(view))
    return view


def is_public(app: Flask, endpoint: str) -> bool:
    """Return whether an endpoint stays open where the whole app is protected."""
    if endpoint == "static" and app.has_static_folder:
        return True
    owners = [app.blueprints.get(name) for name in blueprints_of(endpoint)]
    marked = [app.view_functions.get(endpoint), *owners]
    return any(getattr(each, _PUBLIC, False) is True for each in marked)


def blueprints_of(endpoint: str) -> list[str]:
    """Return the names of the blueprints that an endpoint is in, the innermost first.

    >>> blueprints_of("shop.cart.show")
    ['shop.cart', 'shop']
    """
    parts = endpoint.split(".")[:-1]
    return [".".join(parts[:count]) for count in range(len(parts), 0, -1)]


def views_of(admin: Any) -> list[Any]:
    """Return the views of a Flask-Admin, those that were added later too."""
    return list(getattr(admin, "_views", ()))


def idle_rules(app: Flask) -> list[Rule]:
    """Return the rules that cover nothing of the app."""
    rules = rules_of(app)
    patterns = [each.rule.partition("<") for each in app.url_map.iter_rules()]
    busy = {rule for start, _, _ in patterns for rule in rules.below(start)}
    starts = tuple({start for start, converter, _ in patterns if converter})
    names = list(app.blueprints)
    return [
        rule
        for rule in rules.rules
        if not (
            rule.is_app_wide
            or rule in busy
            or rule.covers(app, names)
            or (isinstance(rule.target, str) and rule.target.startswith(starts))
        )
    ]


def _function_around(view: Any) -> Any:
    """Return a function that calls what can't be marked itself, marked in its place."""

    @wraps(view)
    def opened(*args: Any, **kwargs: Any) -> Any:
        return current_app.ensure_sync(view)(*args, **kwargs)

    setattr(opened, _PUBLIC, True)
    return opened


def _is_admin(target: Any) -> bool:
    """Return whether it is a Flask-Admin, told without an import of it."""
    return hasattr(target, "_views") and callable(getattr(target, "add_view", None))


def _described(target: Any) -> str:
    """Return a target as it stands in a program."""
    if isinstance(target, str):
        return f'"{target}"'
    if isinstance(target, Flask):
        return "app"
    if isinstance(target, Blueprint):
        return f"blueprint {target.name}"
    return f"admin {target.endpoint}"
