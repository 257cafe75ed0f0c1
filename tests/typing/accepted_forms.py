"""Login forms of one's own, for type checkers that know WTForms. Only read by them, never run."""

from __future__ import annotations

from flask import Flask
from wtforms import BooleanField, StringField
from wtforms.validators import InputRequired, Length

from flask_simplelogin import LoginForm, SimpleLogin, User


class PinForm(LoginForm):
    pin = StringField("PIN", validators=[InputRequired(), Length(max=8)])
    remember = BooleanField("Keep me signed in")


class OtherWidget(LoginForm):
    username = StringField("Name on your badge")


def check(user: User) -> bool:
    return bool(user.get("pin")) and user["username"] == "ada"


SimpleLogin(Flask(__name__), check, PinForm)
SimpleLogin(Flask(__name__), login_form=OtherWidget)
