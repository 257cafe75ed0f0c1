"""A login for a Flask app in two lines.

>>> from flask import Flask
>>> from flask_simplelogin import SimpleLogin
>>> app = Flask(__name__)
>>> SimpleLogin(app)
<SimpleLogin>
"""

from flask import url_for

from .authentication import login_user, logout_user
from .checkers import default_login_checker
from .errors import (
    AlreadyInitializedError,
    MissingExtraError,
    PasswordError,
    SettingError,
    SimpleLoginError,
    SimpleLoginNotInitializedError,
    StoreError,
    UnknownUserError,
    UsageError,
    UserExistsError,
)
from .events import (
    access_denied,
    login_failed,
    login_throttled,
    password_changed,
    user_logged_in,
    user_logged_out,
)
from .extension import SimpleLogin
from .forms import LoginForm
from .messages import Message
from .policy import Refusal, Validator, get_user, get_username, has_role, is_logged_in
from .protection import login_required
from .rules import public
from .state import LoginChecker, User, UserLoader
from .users import UserRecord, UserStore

__all__ = [
    "AlreadyInitializedError",
    "LoginChecker",
    "LoginForm",
    "Message",
    "MissingExtraError",
    "PasswordError",
    "Refusal",
    "SettingError",
    "SimpleLogin",
    "SimpleLoginError",
    "SimpleLoginNotInitializedError",
    "StoreError",
    "UnknownUserError",
    "UsageError",
    "User",
    "UserExistsError",
    "UserLoader",
    "UserRecord",
    "UserStore",
    "Validator",
    "access_denied",
    "default_login_checker",
    "get_user",
    "get_username",
    "has_role",
    "is_logged_in",
    "login_failed",
    "login_required",
    "login_throttled",
    "login_user",
    "logout_user",
    "password_changed",
    "public",
    "url_for",
    "user_logged_in",
    "user_logged_out",
]
