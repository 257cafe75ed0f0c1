"""The menu of a protected Flask-Admin: without what the visitor may not enter, with a logout.

Needs Flask-Admin, and is imported only where one is protected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from flask import Flask
from flask_admin.menu import MenuLink

from .navigation import route_at, url_of
from .policy import is_logged_in
from .protection import may_enter
from .rules import rules_of
from .state import state_of

_IS_OURS = "_simplelogin_asks"


class LogoutLink(MenuLink):  # type: ignore[misc]
    """A link in the menu that logs out."""

    def __init__(self) -> None:
        super().__init__("Log out")

    def get_url(self) -> str:
        """Return the logout URL of the current app: a Flask-Admin may serve several."""
        return url_of("logout")

    def is_accessible(self) -> bool:
        """Show it to who is logged in, where the app that shows it protects the Flask-Admin."""
        return is_logged_in()


def fit_menus(app: Flask) -> None:
    """Fit the menus of the app's Flask-Admins to its rules; protected ones get a logout."""
    targets = [rule.target for rule in rules_of(app).rules]
    for admin in app.extensions.get("admin", ()):
        items = list(_all_items([*admin.menu(), *admin.menu_links()]))
        for item in items:
            if not hasattr(item, _IS_OURS):
                setattr(item, _IS_OURS, True)
                item.is_accessible = _asking(item, item.is_accessible)
        is_protected = any(target is admin for target in targets)
        if is_protected and not any(_leads_to_logout(item, app) for item in items):
            admin.add_link(LogoutLink())


def _all_items(items: Iterable[Any]) -> Iterator[Any]:
    """Yield the items of a menu, those inside of categories too."""
    for item in items:
        yield item
        yield from _all_items(getattr(item, "_children", ()))


def _asking(item: Any, is_accessible: Callable[[], bool]) -> Callable[[], bool]:
    """Return the item's own question, followed by ours."""

    def asks_both() -> bool:
        return bool(is_accessible()) and _may_follow(item)

    return asks_both


def _may_follow(item: Any) -> bool:
    """Return whether the rules let the visitor go where an item leads."""
    url = item.get_url()
    found = route_at(url) if isinstance(url, str) else None
    return found is None or may_enter(*found)


def _leads_to_logout(item: Any, app: Flask) -> bool:
    """Return whether a link of the program logs out already."""
    settings = state_of(app).settings
    if isinstance(item, LogoutLink):
        return True
    url = getattr(item, "url", None) or ""
    is_url = str(url).rstrip("/") == settings.logout_url.rstrip("/")
    return is_url or getattr(item, "endpoint", None) == state_of(app).endpoint("logout")
