"""The login form."""

from __future__ import annotations

from flask_wtf import FlaskForm
from wtforms import PasswordField, StringField
from wtforms.validators import InputRequired


class LoginForm(FlaskForm):
    """The form of the login page; a form of your own has these two fields and may have more.

    >>> class RememberForm(LoginForm):
    ...     pin = StringField("PIN")
    """

    username = StringField(
        "Username",
        validators=[InputRequired("Enter your username.")],
        render_kw={
            "autocomplete": "username",
            "autocapitalize": "none",
            "autocorrect": "off",
            "spellcheck": "false",
        },
    )
    password = PasswordField(
        "Password",
        validators=[InputRequired("Enter your password.")],
        render_kw={"autocomplete": "current-password"},
    )
