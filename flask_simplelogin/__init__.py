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
    SettingError,
    SimpleLoginError,
    SimpleLoginNotInitializedError,
    UsageError,
)
from .events import access_denied, login_failed, user_logged_in, user_logged_out
from .extension import SimpleLogin
from .forms import LoginForm
from .messages import Message
from .policy import Refusal, Validator, get_username, is_logged_in
from .protection import login_required
from .state import LoginChecker, User

__all__ = [
    "AlreadyInitializedError",
    "LoginChecker",
    "LoginForm",
    "Message",
    "Refusal",
    "SettingError",
    "SimpleLogin",
    "SimpleLoginError",
    "SimpleLoginNotInitializedError",
    "UsageError",
    "User",
    "Validator",
    "access_denied",
    "default_login_checker",
    "get_username",
    "is_logged_in",
    "login_failed",
    "login_required",
    "login_user",
    "logout_user",
    "url_for",
    "user_logged_in",
    "user_logged_out",
]
