"""Each group of lines reveals one type: that of the view is that of the decorated view.

Only read by type checkers, never run.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from typing import Any

from flask import Flask
from flask.typing import ResponseReturnValue
from typing_extensions import reveal_type

from flask_simplelogin import SimpleLogin, User, login_required, public

app = Flask(__name__)
login = SimpleLogin(app)


def no_arguments() -> str:
    return ""


def all_kinds(a: int, /, b: str = "x", *c: bytes, d: bool, e: None = None, **f: float) -> str:
    return ""


def any_answer(**values: Any) -> ResponseReturnValue:
    return ""


def none() -> None: ...


def stream(count: int) -> Generator[str, None, int]:
    yield "" * count
    return count


async def coroutine(number: int, name: str = "x") -> dict[str, int]:
    return {name: number}


async def async_stream(count: int) -> Iterator[str]:
    return iter("" * count)


class View:
    def method(self, number: int, name: str = "x") -> str:
        return f"{number} {name}"


async def checker(user: User) -> bool:
    return bool(user)


reveal_type(no_arguments)
reveal_type(login_required(no_arguments))
reveal_type(login_required()(no_arguments))
reveal_type(login_required(None)(no_arguments))
reveal_type(login_required(username="ada")(no_arguments))
reveal_type(login_required(basic=True, must=[])(no_arguments))
reveal_type(login_required(no_arguments, username="ada"))

reveal_type(all_kinds)
reveal_type(login_required(all_kinds))
reveal_type(login_required()(all_kinds))
reveal_type(public(all_kinds))
reveal_type(login_required(username=["ada"])(all_kinds))

reveal_type(any_answer)
reveal_type(login_required(any_answer))
reveal_type(login_required()(any_answer))
reveal_type(app.get("/any")(login_required()(any_answer)))

reveal_type(none)
reveal_type(login_required(none))
reveal_type(login_required()(none))

reveal_type(stream)
reveal_type(login_required(stream))
reveal_type(login_required()(stream))

reveal_type(coroutine)
reveal_type(login_required(coroutine))
reveal_type(login_required()(coroutine))
reveal_type(login_required(basic=True)(coroutine))

reveal_type(async_stream)
reveal_type(login_required(async_stream))
reveal_type(login_required()(async_stream))

reveal_type(View.method)
reveal_type(login_required(View.method))
reveal_type(login_required()(View.method))

reveal_type(View().method)
reveal_type(login_required(View().method))
reveal_type(login_required()(View().method))
reveal_type(public(View().method))

reveal_type(checker)
reveal_type(login.login_checker(checker))

reveal_type(none)
reveal_type(login.register_on_logout_callback(none))
