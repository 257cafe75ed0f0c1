"""The pages of the blueprint: login and logout."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flask import current_app, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm

from . import identity
from .authentication import (
    authenticate,
    credentials_from_form,
    has_basic_header,
    repeated_fields,
)
from .messages import flash
from .navigation import destination, home_url, next_url
from .policy import get_username, is_logged_in
from .state import current_state


def login(basic_auth: Callable[..., ResponseReturnValue]) -> ResponseReturnValue:
    """Show the login page, or log in by what was sent.

    Args:
        basic_auth: What judges the credentials of an ``Authorization`` header.

    Raises:
        BadRequest: The `next` leads to a place that must not be followed.
        ServiceUnavailable: The checker raised.
    """
    target = next_url()
    location = destination(target)
    if is_logged_in():
        flash("is_logged_in")
        return redirect(location)
    if request.method == "POST" and request.is_json and has_basic_header():
        return _log_in_by_header(basic_auth, location)
    identity.forget_cached_csrf_token()
    form = current_state().login_form(request.form if request.method == "POST" else None)
    if request.method != "POST":
        return _page(form, target)
    return _log_in_by_form(form, target, location)


def logout() -> ResponseReturnValue:
    """Log out and go home, also where a callback of the program raises."""
    for callback in current_state().logout_callbacks:
        try:
            callback()
        except Exception:
            current_app.logger.exception("A logout callback raised: the logout goes on.")
    identity.log_out()
    flash("logout")
    return redirect(home_url())


def _log_in_by_form(form: FlaskForm, target: str | None, location: str) -> ResponseReturnValue:
    """Log in by the form, or show it again with what is wrong: 401 for wrong credentials."""
    credentials = credentials_from_form(form)
    problems = {**credentials.problems(), **repeated_fields()}
    # The form goes first: only what its validators leave unsaid is added.
    if not form.validate() or problems:
        _add_errors(form, problems)
        return _page(form, target)
    username = authenticate(credentials)
    if username is None:
        flash("login_failure")
        return _page(form, target), 401
    identity.log_in(username)
    flash("login_success")
    return redirect(location)


def _log_in_by_header(
    basic_auth: Callable[..., ResponseReturnValue], location: str
) -> ResponseReturnValue:
    """Log in by an ``Authorization: Basic`` header, as programs do with a JSON request."""
    success = redirect(location)
    answer = basic_auth(response=success)
    username = get_username()
    if answer is success and username is not None:
        identity.log_in(username, basic=True)
        flash("login_success")
    return answer


def _page(form: FlaskForm, target: str | None) -> str:
    """Render the application's ``login.html``, or ours."""
    return render_template("login.html", form=form, next=target)


def _add_errors(form: FlaskForm, problems: Mapping[str, str]) -> None:
    """Put the problems with their fields, where no validator of the form has found one."""
    for name, problem in problems.items():
        if name in form and not form[name].errors:
            form[name].errors = [problem]
