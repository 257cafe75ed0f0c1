"""The forms, in the visitor's language."""

from __future__ import annotations

from inspect import isclass
from typing import Any

from flask_wtf import FlaskForm
from wtforms import BooleanField, PasswordField, StringField
from wtforms.validators import EqualTo, InputRequired

from .errors import UsageError
from .translation import gettext, to_translate, wtforms_translations


def usable_form(form: type[FlaskForm]) -> type[FlaskForm]:
    """Return the form if a login page can be made of it, else raise `UsageError`."""
    if not (isclass(form) and issubclass(form, FlaskForm)):
        raise UsageError("login_form= takes a class of forms, a subclass of flask_wtf.FlaskForm.")
    missing = [name for name in ("username", "password") if not hasattr(form, name)]
    if missing:
        raise UsageError(f"login_form= has no field {' and no field '.join(missing)}.")
    return form


class TranslatedForm(FlaskForm):
    """A form whose labels and errors come in the visitor's language, WTForms' own ones too.

    What is not among our texts stays as it is.
    """

    class Meta:
        """How WTForms gets at its own texts."""

        def get_translations(self, _form: FlaskForm) -> Any:
            """Return WTForms' catalogue for this request."""
            return wtforms_translations()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self:
            field.label.text = _translated(field.label.text)
            field.description = _translated(field.description)

    def validate(self, *args: Any, **kwargs: Any) -> bool:
        """Validate the form as ever, then translate what was found."""
        is_valid = bool(super().validate(*args, **kwargs))
        for field in self:
            if isinstance(field.errors, (list, tuple)):
                field.errors = [_translated(error) for error in field.errors]
        return is_valid


def translated(form: type[FlaskForm]) -> type[FlaskForm]:
    """Return the form with its texts in the visitor's language, as far as they are ours."""
    return (
        form
        if issubclass(form, TranslatedForm)
        else type(form.__name__, (form, TranslatedForm), {})
    )


def with_remember_box(form: type[FlaskForm]) -> type[FlaskForm]:
    """Return the form with a box "Keep me signed in", unless it has a field of that name."""
    if hasattr(form, "remember"):
        return form
    return type(form.__name__, (form,), {"remember": BooleanField("Keep me signed in")})


def _translated(text: Any) -> Any:
    """Return a text in the visitor's language; what is lazy, or no text, is left alone."""
    return gettext(text) if type(text) is str else text


# How phones and spelling services are kept from a name or a password, also from one that is shown.
_AS_TYPED = {"autocapitalize": "none", "autocorrect": "off", "spellcheck": "false"}


# Apart from the fields: Babel passes over calls in the calls that it looks at.
_HINT = to_translate("At least 8 characters; a few words make a good one.")
_DIFFERENT = to_translate("The two new passwords differ.")


class LoginForm(TranslatedForm):
    """The form of the login page; a form of your own has these two fields and may have more.

    >>> class RememberForm(LoginForm):
    ...     pin = StringField("PIN")
    """

    username = StringField(
        "Username",
        validators=[InputRequired("Enter your username.")],
        render_kw={"autocomplete": "username", **_AS_TYPED},
    )
    password = PasswordField(
        "Password",
        validators=[InputRequired("Enter your password.")],
        render_kw={"autocomplete": "current-password", **_AS_TYPED},
    )


class PasswordForm(TranslatedForm):
    """The form of the page on which a password is changed."""

    password = PasswordField(
        "Current password",
        validators=[InputRequired("Enter your current password.")],
        render_kw={"autocomplete": "current-password", **_AS_TYPED},
    )
    new_password = PasswordField(
        "New password",
        validators=[InputRequired("Enter a new password.")],
        description=_HINT,
        render_kw={"autocomplete": "new-password", **_AS_TYPED},
    )
    repeated = PasswordField(
        "New password, once more",
        validators=[EqualTo("new_password", _DIFFERENT)],
        render_kw={"autocomplete": "new-password", **_AS_TYPED},
    )
