"""The extension: how the parts are put into an app."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any, TypeVar

from flask import Blueprint, Flask, current_app, has_app_context, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from . import cli, identity, translation, views
from .accounts import check_store
from .assets import Assets
from .authentication import authenticate, credentials_from_basic, has_basic_header
from .caching import keep_private_answers_out_of_caches
from .checkers import default_login_checker
from .errors import AlreadyInitializedError, SettingError, UsageError
from .forms import LoginForm, translated, usable_form, with_remember_box
from .guessing import TooManyGuesses, throttle_of
from .memory import BriefMemory
from .messages import DEFAULT_MESSAGES, Message, Messages, flash, merge_messages
from .navigation import url_of
from .password_page import change_password
from .policy import (
    CHALLENGE,
    Refusal,
    Requirement,
    TemplateQuestion,
    Validator,
    get_user,
    get_username,
    has_role,
    is_logged_in,
)
from .protection import add_rule, complete_rules, enforce_first
from .responses import present, refuse
from .rules import FlaskAdmin, Rule, checked_target, rules_of
from .settings import Settings
from .startup import (
    answers_not_found,
    before_first_request,
    ensure_secret_key,
    report_half_set_credentials,
    report_idle_rules,
    report_misplaced_decorators,
    report_unknown_settings,
    serves,
    watch_development_server,
)
from .state import (
    KEY,
    LoginChecker,
    State,
    UserLoader,
    current_state,
    refused,
    state_of,
    usable_checker,
    usable_loader,
)
from .users import Users, UsersSource, open_store

_ONE_OF_TWO = (
    "users= (or SIMPLELOGIN_USERS) and a login_checker can't be used together: a store checks the "
    "passwords itself. Give user_loader= for objects of your own."
)

Checker = TypeVar("Checker", bound=LoginChecker)
Loader = TypeVar("Loader", bound=UserLoader)
Callback = TypeVar("Callback", bound=Callable[[], object])


class _MessagesOfApp:
    """``SimpleLogin.messages`` are the defaults, ``login.messages`` those of the app at hand."""

    def __get__(
        self, login: SimpleLogin | None, owner: type[SimpleLogin]
    ) -> dict[str, Message | None]:
        if login is None:
            return DEFAULT_MESSAGES
        state = login._state()
        return state.messages if state else merge_messages(login._messages)


class SimpleLogin:
    """A login for a Flask app.

    >>> app = Flask(__name__)
    >>> SimpleLogin(app)
    <SimpleLogin>

    Or ``login = SimpleLogin()`` and, in a factory, ``login.init_app(app)``: one instance serves any
    number of apps, and each has a state of its own.

    Args:
        app: The app to initialise at once.
        login_checker: Gets a `User` and answers, by its truth, whether the credentials are right;
            may be ``async``. Without one the name and the password of the settings count.
        login_form: A form of your own with the fields ``username`` and ``password``.
        messages: Texts or `Message` objects in place of the default ones, by label; `None`
            switches a message off.
        users: A store of users, in place of a checker: a mapping of names to hashes, a URL such as
            ``sqlite:///users.db``, or an object with `UserStore`'s method. ``SIMPLELOGIN_USERS`` in
            the environment goes before it, the setting of that name after it.
        user_loader: Gets the username and returns your own object for that user, which `get_user`
            gives and whose ``roles`` count; or `None` for who is not let in. May be ``async``.

    Raises:
        SettingError: A setting can't be used.
        AlreadyInitializedError: The app has a login already.
    """

    messages = _MessagesOfApp()

    def __init__(
        self,
        app: Flask | None = None,
        login_checker: LoginChecker | None = None,
        login_form: type[FlaskForm] | None = None,
        messages: Messages | None = None,
        *,
        users: UsersSource | None = None,
        user_loader: UserLoader | None = None,
    ) -> None:
        self.app: Flask | None = None
        self._login_checker = login_checker
        self._login_form = login_form
        self._messages = messages
        self._users = users
        self._user_loader = user_loader
        self._logout_callbacks: list[Callable[[], object]] = []
        self._rules: list[Rule] = []
        if app is not None:
            self.init_app(app)

    def __repr__(self) -> str:
        return f"<{type(self).__name__}>"

    def init_app(
        self,
        app: Flask,
        login_checker: LoginChecker | None = None,
        login_form: type[FlaskForm] | None = None,
        messages: Messages | None = None,
        *,
        users: UsersSource | None = None,
        user_loader: UserLoader | None = None,
    ) -> None:
        """Give the app a login; the arguments go before those of the constructor.

        >>> login = SimpleLogin()
        >>> def create_app():
        ...     app = Flask(__name__)
        ...     login.init_app(app)
        ...     return app
        """
        _check_app(app)
        settings = Settings(app.config)
        _check_logo(app, settings)
        checker = login_checker or self._login_checker
        store = self._open_users(users, app, settings, checker)
        loader = user_loader or self._user_loader
        form = usable_form(login_form or self._login_form or LoginForm)
        report_unknown_settings(app)
        app.extensions["simplelogin"] = self
        app.extensions[KEY] = State(
            settings=settings,
            messages=merge_messages({**(self._messages or {}), **(messages or {})}),
            login_form=translated(with_remember_box(form) if settings.remember_me else form),
            login_checker=usable_checker(
                checker or (check_store if store else default_login_checker)
            ),
            has_own_form=form is not LoginForm,
            lifetime=settings.session_lifetime,
            assets=Assets(settings.accent),
            basic_memory=BriefMemory(settings.basic_memory),
            throttle=throttle_of(settings),
            users=store,
            user_loader=usable_loader(loader) if loader else None,
            logout_callbacks=list(self._logout_callbacks),
        )
        app.extensions[translation.KEY] = settings.language or None
        self.app = app
        ensure_secret_key(app)
        if app.config["SESSION_COOKIE_SAMESITE"] is None:
            app.config["SESSION_COOKIE_SAMESITE"] = "Lax"
        app.jinja_env.globals.update(
            is_logged_in=TemplateQuestion(is_logged_in),
            get_username=TemplateQuestion(get_username),
            get_user=TemplateQuestion(get_user),
            has_role=TemplateQuestion(has_role, bare=False),
            simplelogin_language=translation.current_language,
            simplelogin_text=translation.text_for_template,
            simplelogin_title=settings.title,
            simplelogin_url=url_of,
            simplelogin_logout_button=views.logout_button,
        )
        app.register_blueprint(self._blueprint(state_of(app)))
        for rule in self._rules:
            if rule.target is app or not rule.is_app_wide:
                add_rule(app, rule)
        if settings.security_headers:
            keep_private_answers_out_of_caches(app)
        before_first_request(app, self._finish)
        app.cli.add_command(cli.group)
        watch_development_server(app)

    def login_checker(self, function: Checker) -> Checker:
        """Set the checker, as a decorator.

        >>> @login.login_checker
        ... def check(user):
        ...     return user == {"username": "chuck", "password": "norris"}

        Before any `init_app` it counts for all apps that follow, afterwards for the app at hand.
        """
        usable_checker(function)
        state = self._state()
        if state is None:
            self._login_checker = function
            return function
        if state.users is not None:
            raise UsageError(_ONE_OF_TWO)
        state.login_checker = function
        return function

    def user_loader(self, function: Loader) -> Loader:
        """Set what finds your own object for a user, as a decorator.

        >>> @login.user_loader
        ... def load(username):
        ...     return db.session.scalar(select(Person).where(Person.name == username))

        It is called once for each request of a logged-in user. Who is `None` to it is logged out.
        Before any `init_app` it counts for all apps that follow, afterwards for the app at hand.
        """
        usable_loader(function)
        state = self._state()
        if state:
            state.user_loader = function
        else:
            self._user_loader = function
        return function

    @property
    def users(self) -> Users:
        """The users of the app at hand, to look up and, where the store can be written, to change.

        >>> login = SimpleLogin(Flask(__name__), users="sqlite://")
        >>> login.users.add("ada", "analytical-engine", roles=["admin"])
        UserRecord(username='ada', roles=frozenset({'admin'}), is_enabled=True)

        Raises:
            UsageError: The app has no store of users.
        """
        state = self._state()
        if state is None or state.users is None:
            raise UsageError(
                "This app has no store of users: give SimpleLogin users=, such as "
                "users='sqlite:///users.db'."
            )
        return state.users

    def protect(
        self,
        target: Flask | Blueprint | FlaskAdmin | str,
        *,
        username: str | Iterable[str] | None = None,
        role: str | Iterable[str] | None = None,
        must: Validator | Iterable[Validator] | None = None,
        basic: bool = False,
    ) -> None:
        """Let only logged-in users into a whole app, a blueprint, a Flask-Admin or a path.

        >>> login.protect(app)
        >>> login.protect("/dash/", role="analyst")
        >>> login.protect(admin, username="admin")

        Before any `init_app` it counts for all apps that follow, afterwards for the app at hand.
        It counts for what is added later too, for all methods, and before the app's own
        ``before_request`` functions. Several add up: whoever enters must meet each one. The other
        arguments are those of `login_required`.

        Args:
            target: The Flask app: all but what is `public`, Flask's ``static`` and the login. Or a
                `flask.Blueprint`, with those nested in it; the ``Admin`` of Flask-Admin; or a path
                such as ``"/dash/"``, with all below it and by whatever spelling.
            username: The name, or the names, that are let in.
            role: The role, or the roles, one of which lets in.
            must: A function or several, called with the username.
            basic: Whether a request may bring its credentials along. Where several cover a view,
                all of them that are for less than the whole app must say so.

        Raises:
            UsageError: The target is none of these, or the app is serving already.
        """
        requirement = Requirement.of(username, must, role)
        rule = Rule(checked_target(target), requirement, basic=basic)
        app = target if isinstance(target, Flask) else self._app()
        if app is None or KEY not in app.extensions:
            self._rules.append(rule)
        else:
            add_rule(app, rule)
        if isinstance(target, Flask):
            enforce_first(target)  # without an init_app it fails, rather than stand open

    def register_on_logout_callback(self, function: Callback) -> Callback:
        """Call the function, without an argument, at each logout, before the session is cleared.

        >>> @login.register_on_logout_callback
        ... def say_goodbye():
        ...     print("Goodbye", get_username())

        Callbacks run in the order of their registration; what one raises is logged.
        """
        state = self._state()
        (state.logout_callbacks if state else self._logout_callbacks).append(function)
        return function

    @property
    def config(self) -> Mapping[str, str]:
        """The settings ``blueprint``, ``login_url``, ``logout_url`` and ``home_url`` in force.

        >>> login.config["login_url"]
        '/login/'
        """
        state = self._state()
        return (state.settings if state else Settings({})).public()

    @staticmethod
    def flash(label: str, *args: object) -> None:
        """Flash the message of that label, its placeholders filled, unless it is switched off.

        >>> @app.get("/not-yet")
        ... def not_yet():
        ...     SimpleLogin.flash("auth_error", "not before Monday")
        ...     return redirect("/")
        """
        flash(label, *args)

    def login(self) -> ResponseReturnValue:
        """Answer a request to the login URL; override it to do more.

        >>> class CountedLogin(SimpleLogin):
        ...     def login(self):
        ...         visits["login"] += 1
        ...         return super().login()
        """
        return views.login()

    def logout(self) -> ResponseReturnValue:
        """Answer a request to the logout URL; override it to do more.

        >>> class CountedLogout(SimpleLogin):
        ...     def logout(self):
        ...         visits["logout"] += 1
        ...         return super().logout()
        """
        return views.logout()

    def basic_auth(self, response: Any = None) -> Any:
        """Judge the request's ``Authorization: Basic`` header.

        >>> class CountedBasic(SimpleLogin):
        ...     def basic_auth(self, response=None):
        ...         visits["basic"] += 1
        ...         return super().basic_auth(response)

        With right credentials the request is made under their name, and `response` is returned,
        or `True` where there is none; else a 401 that asks for credentials. Whoever overrides it
        says in the same way who is let in. Where the limits leave no guess free, the request ends
        with 429, and where the checker raises, with 503.
        """
        credentials = credentials_from_basic() if has_basic_header() else None
        at_login = request.endpoint == current_state().endpoint("login")
        try:
            username = authenticate(credentials, briefly=not at_login) if credentials else None
        except TooManyGuesses as error:
            present(error)
            raise
        if username is None:
            return refused(CHALLENGE)
        identity.identify_request(username)
        return True if response is None else response

    def refuse(self, refusal: Refusal) -> ResponseReturnValue:
        """Shape the answer to a request that is not let in; override it to shape all of them.

        >>> class OwnLogin(SimpleLogin):
        ...     def refuse(self, refusal):
        ...         return "Not you.", refusal.status
        """
        return refuse(refusal)

    def _open_users(
        self,
        users: UsersSource | None,
        app: Flask,
        settings: Settings,
        checker: LoginChecker | None,
    ) -> Users | None:
        """Return the users that the environment, the arguments or the setting name, if any do."""
        url = os.environ.get(Settings.users.key) or None
        named = (url, users, self._users)
        given = next((each for each in named if each is not None), settings.users)
        if given == "":
            return None
        if checker is not None:
            raise UsageError(_ONE_OF_TWO)
        return Users(open_store(given, app.instance_path), settings.hash_method)

    def _state(self) -> State | None:
        """Return the state of the current app or else of the last one, if it is served by this."""
        app = self._app()
        return state_of(app) if app is not None else None

    def _app(self) -> Flask | None:
        """Return the current app or else the last one, if it is served by this."""
        app = current_app._get_current_object() if has_app_context() else self.app  # type: ignore[attr-defined]
        if app is None or app.extensions.get("simplelogin") is not self:
            app = self.app
        return app

    @staticmethod
    def _finish(app: Flask) -> None:
        """Do what has to wait until the app is complete."""
        complete_rules(app)
        if rules_of(app).rules and isinstance(app.extensions.get("admin"), list):
            from .admin_menu import fit_menus

            fit_menus(app)
        report_misplaced_decorators(app)
        report_idle_rules(app)
        report_half_set_credentials(app)
        settings = state_of(app).settings
        if not (serves(app, settings.home_url) or answers_not_found(app)):
            with suppress(AssertionError):  # a program that made a request by hand is closed
                app.add_url_rule(settings.home_url, f"{settings.blueprint}.home", views.home)

    def _blueprint(self, state: State) -> Blueprint:
        """Return the blueprint with the login's own pages."""
        settings = state.settings
        blueprint = Blueprint(settings.blueprint, "flask_simplelogin", template_folder="templates")
        static_url = f"/{settings.blueprint}/static/<path:filename>"
        blueprint.add_url_rule(static_url, "static", views.static)
        blueprint.add_url_rule(settings.login_url, "login", self.login, methods=["GET", "POST"])
        blueprint.add_url_rule(settings.logout_url, "logout", self.logout, methods=["GET", "POST"])
        if state.has_password_page:
            blueprint.add_url_rule(
                settings.password_url, "password", change_password, methods=["GET", "POST"]
            )
        blueprint.url_value_preprocessor(_leave_csrf_to_the_form)
        return blueprint


def _check_app(app: Flask) -> None:
    """Raise an error unless the app can get a login."""
    if not isinstance(app, Flask):
        raise UsageError(
            f"SimpleLogin(app) and init_app(app) take a Flask app, not {type(app).__name__}. "
            "Its own blueprint is registered on the app."
        )
    if app.url_map.host_matching:
        raise UsageError("An app with host_matching=True can't have a login: it has no host.")
    if KEY in app.extensions:
        raise AlreadyInitializedError(
            "This app has a login already: call SimpleLogin(app) or init_app(app), once."
        )


def _check_logo(app: Flask, settings: Settings) -> None:
    """Raise an error if the logo can't be served."""
    is_path = settings.logo.startswith("/") or not settings.logo
    if not (is_path or app.has_static_folder):
        raise SettingError("SIMPLELOGIN_LOGO names a file, but the app has no static folder.")


def _leave_csrf_to_the_form(_endpoint: str | None, _values: dict[str, Any] | None) -> None:
    """Keep a `CSRFProtect` of the app from judging the login form before it does so itself.

    It would answer a stale token with an error page instead of the form. A `login` that a
    subclass overrides is left to it. This hook runs before it, and for our own pages only.
    """
    protect = current_app.extensions.get("csrf")
    if protect is not None:
        protect.exempt(change_password)
        protect.exempt(SimpleLogin.login)
        protect.exempt(SimpleLogin.logout)
