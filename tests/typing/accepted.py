"""What programs typically write: mypy and pyright have nothing to say about it.

It is only read by them, never run.
"""

from __future__ import annotations

from collections.abc import Iterable

from flask import Blueprint, Flask, Response, jsonify, redirect
from flask.typing import ResponseReturnValue
from flask.views import MethodView
from typing_extensions import assert_type

from flask_simplelogin import (
    LoginChecker,
    LoginForm,
    Message,
    Refusal,
    SimpleLogin,
    SimpleLoginNotInitializedError,
    User,
    Validator,
    default_login_checker,
    get_user,
    get_username,
    has_role,
    is_logged_in,
    login_required,
    login_user,
    logout_user,
    public,
    url_for,
)
from flask_simplelogin.testing import login_as

# Starting


def check(user: User) -> bool:
    assert_type(user["username"], str)
    return user["username"] == "chuck" and user["password"] == "norris"


async def check_slowly(user: User) -> bool:
    return default_login_checker(user)


class Directory:
    def check(self, user: User) -> Response | None:
        return jsonify(user["username"]) if user["password"] else None

    def __call__(self, user: User) -> object:
        return user.get("pin")


app = Flask(__name__)
SimpleLogin(app)
SimpleLogin(app, check)
SimpleLogin(app, login_checker=check_slowly)
SimpleLogin(app, Directory().check, LoginForm, {"logout": "Bye"})
SimpleLogin(app, Directory())
SimpleLogin(app, users="sqlite:///users.db")
SimpleLogin(app, users={"ada": "scrypt:…"}, user_loader=str.upper)
SimpleLogin(app, lambda user: user["username"] == "chuck")
SimpleLogin(app, messages={"logout": "Bye", "login_success": Message("Hi", "info"), "x": None})
texts = {"logout": "Bye"}
SimpleLogin(app, messages=texts)

checkers: list[LoginChecker] = [check, check_slowly, Directory(), default_login_checker]

login = SimpleLogin()


def create_app() -> Flask:
    app = Flask(__name__)
    login.init_app(app, login_checker=check, messages={"logout": None})
    assert_type(login.app, Flask | None)
    assert_type(login.config["login_url"], str)
    assert_type(login.messages["logout"], Message | None)
    assert_type(SimpleLogin.messages["logout"], Message | None)
    return app


@login.login_checker
def check_for_login(user: User) -> bool:
    return check(user)


@login.login_checker
async def check_for_login_slowly(user: User) -> bool:
    return await check_slowly(user)


@login.register_on_logout_callback
def say_goodbye() -> None:
    SimpleLogin.flash("logout")
    login.flash("auth_error", get_username())


assert_type(check_for_login({"username": "a", "password": "b"}), bool)
assert_type(say_goodbye(), None)


# Views


def not_on_mondays(username: str) -> str | None:
    return f"No, {username}" if is_monday() else None


async def is_known(username: str) -> Message | None:
    return None if username else Message("Who are you?")


def is_monday() -> bool:
    return True


validators: list[Validator] = [not_on_mondays, is_known]
names: Iterable[str] = (name for name in ["ada", "bob"])


@app.route("/bare/<int:number>/<name>")
@login_required
def bare(number: int, name: str = "x") -> str:
    return f"{number} {name}"


@app.route("/called")
@login_required()
def called(number: int) -> str:
    return f"{number}"


@app.get("/name")
@login_required(username="ada")
def one_name(number: int) -> tuple[str, int]:
    return "ada", number


@app.get("/names")
@login_required(role=["admin", "editor"], username="ada")
def for_roles() -> str:
    assert_type(has_role("admin"), bool)
    return get_user().email if has_role({"admin", "editor"}) else ""


@login_required(username=["ada", "bob"], basic=True)
def several_names() -> dict[str, str | None]:
    return {"username": get_username()}


@app.get("/generated")
@login_required(username=names, must=validators)
def generated() -> ResponseReturnValue:
    return redirect(url_for("bare", number=1))


@app.post("/must")
@login_required(must=not_on_mondays)
def one_validator() -> Response:
    return jsonify(1)


@app.post("/musts")
@login_required(must=[not_on_mondays, is_known, lambda username: None], username={"ada"})
def several_validators() -> str:
    return "yes"


@app.get("/async/<int:number>")
@login_required
async def bare_async(number: int) -> str:
    return f"{number}"


@app.get("/async-called")
@login_required(basic=True, must=(is_known,))
async def called_async(number: int, *, flag: bool = False) -> dict[str, int]:
    return {"number": number + flag}


async def calls_to_views() -> None:
    assert_type(bare(1), str)
    assert_type(bare(number=1, name="x"), str)
    assert_type(called(1), str)
    assert_type(one_name(number=1), tuple[str, int])
    assert_type(several_names(), dict[str, str | None])
    assert_type(one_validator(), Response)
    assert_type(await bare_async(1), str)
    assert_type(await called_async(number=1, flag=True), dict[str, int])
    assert_type(login_required(bare)(1, name="x"), str)
    assert_type(login_required(username="ada")(bare)(1, name="x"), str)


@app.before_request
@login_required
def guard_all() -> None: ...


app.before_request(login_required(lambda: None))
app.add_url_rule("/by-hand", view_func=login_required(bare))


# Class-based views


class Page(MethodView):
    decorators = [login_required]

    def get(self, number: int) -> str:
        return f"{number}"


class PageForAda(MethodView):
    decorators = [login_required(username="ada", basic=True)]

    def get(self) -> str:
        return "for Ada"

    @login_required(must=not_on_mondays)
    async def post(self, number: int) -> str:
        return f"{number}"

    @login_required
    def put(self, number: int) -> str:
        return f"{number}"


app.add_url_rule("/page", view_func=Page.as_view("page"))
app.add_url_rule("/hand", view_func=login_required(PageForAda.as_view("hand")))


async def calls_to_methods(page: PageForAda) -> None:
    assert_type(await page.post(number=1), str)
    assert_type(page.put(1), str)


# A subclass of the extension


class AuditedLogin(SimpleLogin):
    def login(self) -> ResponseReturnValue:
        return super().login()

    def logout(self) -> ResponseReturnValue:
        if is_logged_in():
            return super().logout()
        return redirect("/", 303)

    def basic_auth(self, response: ResponseReturnValue | None = None) -> ResponseReturnValue | bool:
        return super().basic_auth(response) if get_username() else ("No", 401)

    def refuse(self, refusal: Refusal) -> ResponseReturnValue:
        return f"{refusal.label} {refusal.detail}", refusal.status


AuditedLogin(app, check)


# Many views at once


class AnAdmin:
    endpoint = "admin"

    def add_view(self, view: MethodView) -> None: ...


shop = Blueprint("shop", __name__)
closed = SimpleLogin()
closed.protect(app)
closed.protect(shop, username=["ada"], basic=True)
closed.protect(AnAdmin(), role="admin")
closed.protect("/dash/", must=lambda username: None if username == "ada" else "no", role=["a", "b"])
assert_type(public(shop), Blueprint)


@app.get("/about")
@public
def about() -> str:
    return login_as(app, "ada", roles=["admin"]).get("/").text


# The rest


def whoami() -> str:
    assert_type(is_logged_in(), bool)
    assert_type(is_logged_in("ada"), bool)
    assert_type(is_logged_in(["ada", "bob"]), bool)
    assert_type(is_logged_in(name for name in "abc"), bool)
    username = get_username()
    assert_type(username, str | None)
    if username is None:
        login_user("ada")
    else:
        logout_user()
    try:
        message = Message.from_current_app("logout")
    except SimpleLoginNotInitializedError as error:
        return error.message
    assert_type(message, Message | None)
    if message is None:
        return str(Message("Hi"))
    return message.format(username, name=username) + message.text + message.category


class LoginFormOfOwn(LoginForm):
    """The fields of one's own are in the file beside, which needs the types of WTForms."""


SimpleLogin(app, login_form=LoginFormOfOwn)
