"""The login form."""

from __future__ import annotations

from inspect import isclass

from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import InputRequired

from .errors import UsageError


def usable_form(form: type[FlaskForm]) -> type[FlaskForm]:
    """Return the form if a login page can be made of it, else raise `UsageError`."""
    if not (isclass(form) and issubclass(form, FlaskForm)):
        raise UsageError("login_form= takes a class of forms, a subclass of flask_wtf.FlaskForm.")
    missing = [name for name in ("username", "password") if not hasattr(form, name)]
    if missing:
        raise UsageError(f"login_form= has no field {' and no field '.join(missing)}.")
    return form


def with_remember_box(form: type[FlaskForm]) -> type[FlaskForm]:
    """Return the form with a box "Keep me signed in", unless it has a field of that name."""
    if hasattr(form, "remember"):
        return form
    return type(form.__name__, (form,), {"remember": BooleanField("Keep me signed in")})


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
