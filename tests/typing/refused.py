"""What type checkers refuse: each line with the mark, and no other. Only read by them, never run.

The mark names mypy's code and pyright's rule, so that a line is refused for the right reason.
"""

from __future__ import annotations

from collections.abc import Awaitable

from flask import Blueprint, Flask
from flask.typing import ResponseReturnValue

from flask_simplelogin import (
    Message,
    Refusal,
    SimpleLogin,
    User,
    get_username,
    is_logged_in,
    login_required,
    login_user,
    logout_user,
    public,
)

app = Flask(__name__)
login = SimpleLogin()


def check_nothing() -> bool:
    return True


def check_pair(username: str, password: str) -> bool:
    return username == password


def check_text(user: str) -> bool:
    return user == "admin"


def validate_nothing() -> None: ...


def validate_number(username: int) -> None: ...


def page(number: int, name: str = "x") -> str:
    return f"{number} {name}"


async def page_async(number: int) -> str:
    return f"{number}"


# Arguments of login_required
login_required("admin")  # wrong: call-overload, reportCallIssue
login_required(5)  # wrong: call-overload, reportCallIssue
login_required(["admin"])  # wrong: call-overload, reportCallIssue
login_required(username=5)  # wrong: call-overload, reportArgumentType
login_required(username=[1, 2])  # wrong: list-item, reportArgumentType
login_required(username=b"admin")  # wrong: arg-type, reportArgumentType
login_required(basic="yes")  # wrong: call-overload, reportArgumentType
login_required(role=5)  # wrong: call-overload, reportArgumentType
login_required(page, "admin", True, None, "role")  # wrong: call-overload, reportCallIssue
login_required(must="admin")  # wrong: arg-type, reportArgumentType
login_required(must=5)  # wrong: call-overload, reportArgumentType
login_required(must=["admin"])  # wrong: list-item, reportArgumentType
login_required(must=validate_nothing)  # wrong: arg-type, reportArgumentType
login_required(must=[validate_number])  # wrong: list-item, reportArgumentType
login_required(user="admin")  # wrong: call-overload, reportCallIssue
login_required(page, "admin", True, None, "more")  # wrong: call-overload, reportCallIssue


# Calls of decorated views
bare = login_required(page)
called = login_required(username="ada")(page)
bare_async = login_required(page_async)
bare()  # wrong: call-arg, reportCallIssue
bare("one")  # wrong: arg-type, reportArgumentType
bare(1, title="x")  # wrong: call-arg, reportCallIssue
bare(1, "x", "y")  # wrong: call-arg, reportCallIssue
called()  # wrong: call-arg, reportCallIssue
called(number="one")  # wrong: arg-type, reportArgumentType
called(1, 2)  # wrong: arg-type, reportArgumentType
number: int = bare(1)  # wrong: assignment, reportAssignmentType
text: str = bare_async(1)  # wrong: assignment, reportAssignmentType
awaited: Awaitable[int] = bare_async(1)  # wrong: assignment, reportAssignmentType
awaitable: Awaitable[str] = called(1)  # wrong: assignment, reportAssignmentType


class Page:
    @login_required
    def get(self, number: int) -> str:
        return f"{number}"

    @login_required(basic=True)
    def post(self, number: int) -> str:
        return f"{number}"


Page().get()  # wrong: call-arg, reportCallIssue
Page().get("one")  # wrong: arg-type, reportArgumentType
Page().post(1, 2)  # wrong: call-arg, reportCallIssue

# Arguments of SimpleLogin
SimpleLogin("app")  # wrong: arg-type, reportArgumentType
SimpleLogin(Blueprint("a", "b"))  # wrong: arg-type, reportArgumentType
SimpleLogin(Flask)  # wrong: arg-type, reportArgumentType
SimpleLogin(app, 5)  # wrong: arg-type, reportArgumentType
SimpleLogin(app, check_nothing)  # wrong: arg-type, reportArgumentType
SimpleLogin(app, login_checker=check_pair)  # wrong: arg-type, reportArgumentType
SimpleLogin(app, login_checker=check_text)  # wrong: arg-type, reportArgumentType
SimpleLogin(app, lambda: True)  # wrong: arg-type, reportArgumentType
SimpleLogin(app, checker=check_text)  # wrong: call-arg, reportCallIssue
SimpleLogin(app, messages={"logout": 5})  # wrong: dict-item, reportArgumentType
SimpleLogin(app, messages=["logout"])  # wrong: arg-type, reportArgumentType
SimpleLogin(app, messages="logout")  # wrong: arg-type, reportArgumentType
SimpleLogin(app, login_form=5)  # wrong: arg-type, reportArgumentType
SimpleLogin(app).init_app()  # wrong: call-arg, reportCallIssue
SimpleLogin(app).init_app("app")  # wrong: arg-type, reportArgumentType
login.init_app(app, check_nothing)  # wrong: arg-type, reportArgumentType
login.login_checker(check_nothing)  # wrong: type-var, reportArgumentType
login.login_checker("check")  # wrong: type-var, reportArgumentType
login.register_on_logout_callback(check_text)  # wrong: type-var, reportArgumentType
login.protect()  # wrong: call-arg, reportCallIssue
login.protect(5)  # wrong: arg-type, reportArgumentType
login.protect(["/dash/"])  # wrong: arg-type, reportArgumentType
login.protect(page)  # wrong: arg-type, reportArgumentType
login.protect(app, "admin")  # wrong: call-arg, reportCallIssue
login.protect(app, must=validate_nothing)  # wrong: arg-type, reportArgumentType
public("page")  # wrong: type-var, reportArgumentType
login.flash(5)  # wrong: arg-type, reportArgumentType
login.messages["logout"].text  # wrong: union-attr, reportOptionalMemberAccess
login.config["login_url"] = "/in/"  # wrong: index, reportIndexIssue


@login.login_checker  # wrong: type-var, reportArgumentType
def check_late() -> bool:
    return True


class OwnLogin(SimpleLogin):
    def login(self) -> int:  # wrong: override, reportIncompatibleMethodOverride
        return 5

    def refuse(self) -> ResponseReturnValue:  # wrong: override, reportIncompatibleMethodOverride
        return "No"


class OtherLogin(SimpleLogin):
    def refuse(self, refusal: Refusal) -> ResponseReturnValue:
        return refusal.reason  # wrong: attr-defined, reportAttributeAccessIssue


# The rest
Message()  # wrong: call-arg, reportCallIssue
Message(5)  # wrong: arg-type, reportArgumentType
Message("Hi", 5)  # wrong: arg-type, reportArgumentType
Message("Hi").text = "Ho"  # wrong: misc, reportAttributeAccessIssue
Message("Hi").colour  # wrong: attr-defined, reportAttributeAccessIssue
Message.from_current_app(None)  # wrong: arg-type, reportArgumentType
is_logged_in(5)  # wrong: arg-type, reportArgumentType
is_logged_in([1])  # wrong: list-item, reportArgumentType
get_username("ada")  # wrong: call-arg, reportCallIssue
get_username().upper()  # wrong: union-attr, reportOptionalMemberAccess
login_user()  # wrong: call-arg, reportCallIssue
login_user(5)  # wrong: arg-type, reportArgumentType
logout_user("ada")  # wrong: call-arg, reportCallIssue
login_user(get_username())  # wrong: arg-type, reportArgumentType
logged_in: str = is_logged_in()  # wrong: assignment, reportAssignmentType


def check_field(user: User) -> bool:
    return bool(user["email"])  # wrong: typeddict-item, reportGeneralTypeIssues
