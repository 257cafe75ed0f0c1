"""Who may enter each route of an app, and what in the app decided it: as data.

What can be known is what `login_required` and `protect` say. Of what a program decides by itself,
in a view or in Flask-Admin's ``is_accessible``, only that it does can be told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import product
from typing import Any

from flask import Flask
from werkzeug.routing import Rule as Path

from .policy import ANYONE, Requirement
from .protection import guard_of, has_guarded_twin, layers_of, login_required
from .rules import Rule, blueprints_of, is_public, rules_of
from .state import state_of

EVERYBODY = "everybody"

_QUESTIONS = {"is_logged_in", "get_username", "get_user", "has_role"}


@dataclass(frozen=True)
class Verdict:
    """Who may enter, and why.

    Args:
        who: What has to be met, all of it.
        why: What in the app says so.
        is_open: Whether nothing keeps anybody from it.
        asks: Whether it can be seen that the program asks who it is.
    """

    who: tuple[str, ...]
    why: tuple[str, ...]
    is_open: bool
    asks: bool


@dataclass(frozen=True)
class Route:
    """A path of the app with the methods for which the same holds."""

    path: str
    methods: tuple[str, ...]
    endpoint: str
    verdict: Verdict

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON is made from it."""
        return {
            "path": self.path,
            "methods": self.methods,
            "endpoint": self.endpoint,
            "who": self.verdict.who,
            "why": self.verdict.why,
            "open": self.verdict.is_open,
        }


def routes(app: Flask) -> list[Route]:
    """Return all routes of the app in the order of their paths."""
    found = []
    partly = _partly_closed(app)
    for path in app.url_map.iter_rules():
        verdicts: dict[Verdict, list[str]] = {}
        for method in () if path.build_only else _methods(path):
            verdict = _verdict(app, path, method, partly.get(id(path), []))
            verdicts.setdefault(verdict, []).append(method)
        found += [
            Route(_written(path), tuple(methods), path.endpoint, verdict)
            for verdict, methods in verdicts.items()
        ]
    return sorted(found, key=lambda route: (route.path, route.endpoint, route.methods))


def _written(path: Path) -> str:
    """Return a path as it stands in the program, after the subdomain that it may have."""
    return f"{path.subdomain}.{path.rule}" if path.subdomain else path.rule


def _methods(path: Path) -> list[str]:
    """Return the methods that reach the view, without those that go along."""
    if path.methods is None:
        return ["ANY"]
    methods = set(path.methods)
    if "GET" in methods:
        methods.discard("HEAD")
    if getattr(path, "provide_automatic_options", False):
        methods.discard("OPTIONS")
    return sorted(methods) or ["OPTIONS"]


def _verdict(app: Flask, path: Path, method: str, below: Iterable[Rule]) -> Verdict:
    """Return what holds for one method of one path, of which some paths are below a prefix."""
    endpoint = path.endpoint
    if endpoint in state_of(app).open_endpoints:
        return Verdict((EVERYBODY,), ("the login itself",), is_open=True, asks=False)
    functions = list(_functions(app, endpoint, method))
    demands = [(rule.requirement, str(rule)) for rule in _covering(app, path)]
    for function, name in functions:
        demands += ((guard, f"@login_required{name}") for guard in _guards(function))
    decisions = list(_decisions_of_admin(app, endpoint))
    why = list(dict.fromkeys([reason for _, reason in demands] + decisions))
    asking = [f"asks itself{name}" for function, name in functions if _asks(function)]
    who = _who([requirement for requirement, _ in demands])
    if decisions and not who:
        who = ["as the program decides"]
    notes = [] if who else [*_notes(app, path, below), *dict.fromkeys(asking)]
    return Verdict(
        who=tuple(who or [EVERYBODY]),
        why=tuple([*why, *notes] or ["nothing closes it"]),
        is_open=not who,
        asks=bool(asking or decisions),
    )


def _covering(app: Flask, path: Path) -> Iterator[Rule]:
    """Yield the rules that cover a path, whatever its converters stand for."""
    start, converter, _ = path.rule.partition("<")
    yield from rules_of(app).covering(
        path.endpoint, start.rpartition("/")[0] if converter else start
    )


def _functions(app: Flask, endpoint: str, method: str) -> Iterator[tuple[Any, str]]:
    """Yield the functions that a request passes up to the view, and where each stands."""
    for name in (None, *reversed(blueprints_of(endpoint))):
        for function in app.before_request_funcs.get(name, ()):
            yield function, f" on {_name(function)}, before each request"
    view = app.view_functions.get(endpoint)
    yield view, ""
    view_class = getattr(view, "view_class", None)
    for name in (method.lower(), "dispatch_request"):
        yield getattr(view_class, name, None), ""
    decorators = getattr(view_class, "method_decorators", ())
    if isinstance(decorators, dict):
        decorators = decorators.get(method.lower(), ())
    for decorator in decorators:
        yield decorator, ""
    admin_view = getattr(view, "__self__", None)
    if hasattr(admin_view, "_handle_view"):
        yield getattr(type(admin_view), "_handle_view", None), " on _handle_view"


def _decisions_of_admin(app: Flask, endpoint: str) -> Iterator[str]:
    """Yield what of a Flask-Admin view the program has written to let somebody in or not."""
    view = getattr(app.view_functions.get(endpoint), "__self__", None)
    for name in ("is_accessible", "_handle_view"):
        function = getattr(type(view), name, None)
        if callable(function) and not function.__module__.startswith("flask_admin."):
            yield f"{name} of {type(view).__name__}"


def _guards(function: Any) -> Iterator[Requirement]:
    """Yield what the guards around a function demand."""
    for layer in layers_of(function):
        guard = guard_of(layer)
        if guard is not None:
            yield guard.requirement
        elif layer is login_required:
            yield ANYONE


def _asks(function: Any) -> bool:
    """Return whether a function's own code asks who it is."""
    codes = (getattr(layer, "__code__", None) for layer in layers_of(function))
    return any(_QUESTIONS & set(getattr(code, "co_names", ())) for code in codes)


def _notes(app: Flask, path: Path, below: Iterable[Rule]) -> Iterator[str]:
    """Yield what is to be said of a route that stands open."""
    view: Any = app.view_functions.get(path.endpoint)
    if has_guarded_twin(view):
        yield "@login_required stands above the route"
    if path.redirect_to is not None:
        yield "a redirect"
    if path.endpoint == "static":
        yield "Flask's static files"
    elif is_public(app, path.endpoint):
        yield "@public"
    for rule in below:
        yield f"but below {rule}: {', '.join(_who([rule.requirement]))}"


def _partly_closed(app: Flask) -> dict[int, list[Rule]]:
    """Return the rules for prefixes, below which routes answer that are made for more.

    They are found by what the router would answer there: `id` of the route → the rules.
    """
    adapter = app.url_map.bind("localhost")
    found: dict[int, list[Rule]] = {}
    for rule in rules_of(app).rules:
        prefix = rule.target if isinstance(rule.target, str) else ""
        below = (prefix.rstrip("/"), prefix, f"{prefix}simplelogin") if prefix else ()
        for path, method in product(below, ("GET", "POST")):
            with suppress(Exception):  # nothing is there, or a converter of the program raises
                rules = found.setdefault(id(adapter.match(path, method, return_rule=True)[0]), [])
                rules += [] if rule in rules else [rule]
    return found


def _who(requirements: Iterable[Requirement]) -> list[str]:
    """Return what has to be met, in words; empty if it is nothing."""
    words = [word for requirement in requirements for word in _words(requirement)]
    particular = [word for word in words if word != "anyone logged in"]
    return list(dict.fromkeys(particular or words))


def _words(requirement: Requirement) -> Iterator[str]:
    """Yield what one requirement demands, in words."""
    if requirement.is_login_only:
        yield "anyone logged in"
    for kind, names in (("user", requirement.usernames), ("role", requirement.roles)):
        if isinstance(names, (list, tuple, set, frozenset)):
            yield f"{kind} {' or '.join(sorted(map(str, names)))}" if names else "nobody"
        elif names is not None:  # it may ask a database, which it can't here
            yield f"{kind} in a {type(names).__name__}"
    yield from (f"must {_name(validator)}" for validator in requirement.validators)


def _name(function: Callable[..., Any]) -> str:
    """Return the name of a function, or of what is called like one."""
    return getattr(function, "__name__", type(function).__name__)
