"""``async def`` views, checkers and validators."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from flask.views import MethodView

from flask_simplelogin import SimpleLogin, User, get_username, login_required

from .conftest import client_of, new_app

DECORATORS = {
    "bare": login_required,
    "called": login_required(),
    "name": login_required(username="ada"),
    "basic": login_required(basic=True),
}


async def checker(user: User) -> bool:
    """Let Ada in."""
    return user["username"] == "ada"


class AsyncChecker:
    """An object whose call is a coroutine: no inspection of the object shows that."""

    async def __call__(self, user: User) -> bool:
        """Let Ada in."""
        return await checker(user)


CHECKERS: dict[str, Any] = {
    "function": checker,
    "object": AsyncChecker(),
    "partial": partial(checker),
    "lambda": lambda user: checker(user),
}


@pytest.mark.parametrize("decorator", DECORATORS.values(), ids=DECORATORS)
@pytest.mark.parametrize("login_checker", CHECKERS.values(), ids=CHECKERS)
def test_async_view_and_checker(decorator: Any, login_checker: Any) -> None:
    """The checker's answer is waited for: a coroutine is true."""
    app = new_app()
    SimpleLogin(app, login_checker)

    @app.get("/page")
    @decorator  # type: ignore[untyped-decorator]
    async def page() -> str:
        return f"page of {get_username()}"

    class Page(MethodView):
        decorators = [decorator]

        async def get(self) -> str:
            return "class-based"

    app.add_url_rule("/class", view_func=Page.as_view("page_class"))
    visitor = client_of(app)
    assert visitor.get("/page").status_code == 302
    assert visitor.log_in("eve", "x").status_code == 401
    assert visitor.log_in("ada", "x").status_code == 302
    assert visitor.get("/page").text == "page of ada"
    assert visitor.get("/class").text == "class-based"
    if decorator is DECORATORS["basic"]:
        assert client_of(app).get("/page", auth=("ada", "x")).text == "page of ada"
        assert client_of(app).get("/page", auth=("eve", "x")).status_code == 401


@pytest.mark.parametrize(("answer", "status"), [(None, 200), ("no", 403), (True, 403)])
def test_async_validator(answer: object, status: int) -> None:
    """A validator may be asynchronous too."""

    async def validate(username: str) -> object:
        return answer

    app = new_app()
    SimpleLogin(app)

    @app.get("/page")
    @login_required(must=validate)
    def page() -> str:
        return "page"

    visitor = client_of(app)
    visitor.log_in()
    assert visitor.get("/page").status_code == status
