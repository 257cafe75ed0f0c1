"""Keep guarded answers out of every cache.

A view's answer gets its ``Cache-Control`` around the WSGI app rather than on the response object:
there it costs half as much, and comes after all that the view and the program's ``after_request``
functions have set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, cast

from flask import Flask, Request, Response, request
from werkzeug.local import LocalProxy

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

_MARK = "simplelogin.private"
_NO_STORE = ("Cache-Control", "no-store")

_request = cast("LocalProxy[Request]", request)


def mark_private() -> None:
    """Note that the answer to this request is for its user only."""
    mark = _request._get_current_object().environ.get(_MARK)
    if mark is not None:
        mark.append(True)


def vary_by_credentials(response: Response) -> Response:
    """Tell caches that the answer hangs on what the request says of its user."""
    response.vary.update(("Authorization", "Cookie"))
    return response


def keep_private_answers_out_of_caches(app: Flask) -> None:
    """Give each answer that is marked ``Cache-Control: no-store``, unless it has its own."""
    inner = app.wsgi_app

    def wsgi_app(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        # A list, not a flag: whoever copies the environment shares it.
        mark: list[bool] = []
        environ[_MARK] = mark

        def start(
            status: str, headers: list[tuple[str, str]], exc_info: Any = None
        ) -> Callable[..., Any]:
            if mark:
                for name, _value in headers:
                    if name.lower() == "cache-control":
                        break
                else:
                    headers.append(_NO_STORE)
            if exc_info is None:  # a program's middleware may take no more than two
                return start_response(status, headers)
            return start_response(status, headers, exc_info)

        return inner(environ, start)

    app.wsgi_app = wsgi_app  # type: ignore[method-assign]
