"""The pages of the blueprint: login and logout."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import Response, abort, current_app, jsonify, redirect, render_template, request
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from flask_wtf.csrf import generate_csrf
from markupsafe import Markup
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from . import identity
from .authentication import (
    Credentials,
    authenticate,
    credentials_from_basic,
    credentials_from_form,
    has_basic_header,
    logout_user,
    repeated_fields,
    start_session,
)
from .caching import mark_private
from .checkers import is_sample_refused
from .messages import Message, flash
from .navigation import destination, home_url, next_url, url_of
from .origins import is_deliberate_visit, is_from_this_site
from .policy import LOGIN_FAILURE, get_username, is_logged_in
from .responses import asks_for_json, is_api_request, page, present, problem
from .state import current_login, current_state, refused
from .translation import gettext

_MAX_JSON_BYTES = 64 * 1024


def login() -> ResponseReturnValue:
    """Show the login page, or log in by what was sent.

    Raises:
        BadRequest: The `next` leads to a place that must not be followed.
        ServiceUnavailable: The checker raised.
        TooManyRequests: The limits leave no guess free.
    """
    mark_private()
    try:
        return _login()
    except HTTPException as error:
        present(error)
        raise


def _login() -> ResponseReturnValue:
    """Tell the ways to log in apart; JSON has to come from this origin instead of with a token."""
    identity.forget_cached_csrf_token()
    if request.method == "POST" and request.is_json:
        if not is_from_this_site():
            return problem(403, "A login by JSON is accepted from pages of this site only.")
        return _log_in_by_header() if has_basic_header() else _log_in_by_json()
    target = next_url()
    location = destination(target)
    if request.method != "POST" and asks_for_json():
        return jsonify(username=get_username(), csrf_token=generate_csrf())
    if _comes_without_cookies():
        return redirect(url_of("login", next=target), 303)
    if is_logged_in():
        flash("is_logged_in")
        return redirect(location)
    form = current_state().login_form(request.form if request.method == "POST" else None)
    if request.method != "POST":
        return _page(form, target)
    return _log_in_by_form(form, target, location)


def logout() -> ResponseReturnValue:
    """Log out and go home, if it is the visitor's own will; else ask by a page with a button."""
    mark_private()
    identity.forget_cached_csrf_token()
    if _comes_without_cookies():
        return redirect(url_of("logout"), 303)
    form = FlaskForm(request.form if request.method == "POST" else None)
    if not _is_logout_meant(form):
        if asks_for_json():
            return problem(403, "A logout is accepted from pages of this site only.")
        return page("simplelogin/logout.html")
    logout_user()
    if asks_for_json():
        return jsonify(username=None)
    flash("logout")
    return redirect(home_url())


def logout_button() -> Markup:
    """Return the form with a button that logs out, for a template."""
    return Markup(  # noqa: S704  # a template escapes what is put into it
        render_template("simplelogin/logout_button.html", form=FlaskForm(None))
    )


def home() -> ResponseReturnValue:
    """Show who is logged in, or has just logged out, in an app that has no home of its own.

    Raises:
        NotFound: It is neither.
    """
    goodbye = Message.from_current_app("logout")
    was_here = goodbye is not None and identity.is_flashed(goodbye.text, goodbye.category)
    if is_api_request() or not (is_logged_in() or was_here):
        abort(404)
    return page("simplelogin/home.html")


def static(filename: str) -> ResponseReturnValue:
    """Send the style sheet or the script of our pages."""
    return current_state().assets.answer(filename)


def _comes_without_cookies() -> bool:
    """Return whether another site's form was sent, from which browsers keep the session's cookie.

    To answer it with a page would set a new one, in place of that of whoever is logged in. A GET
    brings the cookie again.
    """
    return (
        request.method == "POST"
        and not request.is_json
        and not identity.has_csrf_token()
        and not is_from_this_site()
        and bool(current_app.config.get("WTF_CSRF_ENABLED", True))
    )


def _is_logout_meant(form: FlaskForm) -> bool:
    """Return whether no other site makes this browser log out.

    A POST brings the token or is JSON from this origin; a GET is a link of this site.
    """
    if request.method != "POST":
        return not current_state().settings.logout_post_only and is_deliberate_visit()
    if request.is_json:
        return is_from_this_site()
    return bool(form.validate())


def _log_in_by_form(form: FlaskForm, target: str | None, location: str) -> ResponseReturnValue:
    """Log in by the form, or show it again with what is wrong: 401 for wrong credentials."""
    credentials = credentials_from_form(form)
    problems = {**credentials.problems(), **repeated_fields()}
    _report_missing_token(form)
    # The form goes first: only what its validators leave unsaid is added.
    if not form.validate() or problems:
        _add_errors(form, problems)
        return _page(form, target)
    username = authenticate(credentials)
    if username is None:
        flash("login_failure")
        if is_sample_refused(credentials.username, credentials.password):
            flash("sample_credentials")
        return _page(form, target, 401)
    start_session(credentials, username)
    flash("login_success")
    return redirect(location)


def _report_missing_token(form: FlaskForm) -> None:
    """Say once in the log that a form came without a token: an own login.html may lack it."""
    state = current_state()
    name = form.meta.csrf_field_name
    if form.meta.csrf and name not in request.form and not state.has_seen_formless_post:
        state.has_seen_formless_post = True
        current_app.logger.warning(
            "The login form was sent without %s: does your login.html have form.hidden_tag()?", name
        )


def _log_in_by_header() -> ResponseReturnValue:
    """Log in by an ``Authorization: Basic`` header, as programs do with a JSON request.

    What the app's form demands beside name and password is taken from the JSON object.
    """
    success = redirect(destination(next_url()))
    credentials = credentials_from_basic()
    if credentials and not credentials.problems():
        named = {"username": credentials.username, "password": credentials.password}
        form = _json_form({**(_json_object() or {}), **named})
        if not form.validate():
            return _incomplete(form)
    answer: ResponseReturnValue = current_login().basic_auth(response=success)
    username = get_username()
    if answer is success and username is not None:
        start_session(credentials or Credentials(username, "", "basic"), username)
        flash("login_success")
    return answer


def _log_in_by_json() -> ResponseReturnValue:
    """Log in by a JSON object with ``username``, ``password`` and maybe ``next``.

    It passes through the app's form, so that what that demands is demanded here too.
    """
    data = _json_object()
    if data is None:
        return problem(400, "Send a JSON object with the texts username and password.")
    target = request.args.get("next") or data.pop("next", None)
    location = destination(target if isinstance(target, str) else None)
    form = _json_form(data)
    problems = Credentials(data.get("username"), data.get("password"), "json").problems()
    if not form.validate() or problems:
        _add_errors(form, problems)
        return _incomplete(form)
    credentials = credentials_from_form(form, "json")
    username = authenticate(credentials)
    if username is None:
        answer: ResponseReturnValue = refused(LOGIN_FAILURE)
        return answer
    start_session(credentials, username)
    return jsonify(username=username, next=location)


def _json_object() -> dict[str, Any] | None:
    """Return the request's JSON object, or `None` if its body is anything else."""
    request.max_content_length = _MAX_JSON_BYTES
    try:
        data = request.get_json(silent=True)
    except RecursionError:  # nested a thousand times
        return None
    return dict(data) if isinstance(data, dict) else None


def _json_form(data: Mapping[str, object]) -> FlaskForm:
    """Return the app's form, filled from a JSON object; what comes as JSON brings no token."""
    return current_state().login_form(_as_form(data), meta={"csrf": False})


def _incomplete(form: FlaskForm) -> Response:
    """Return the JSON problem of a form that lacks something."""
    return problem(400, "The credentials are not complete.", errors=form.errors)


def _as_form(data: Mapping[str, object]) -> MultiDict[str, str]:
    """Return the JSON object's texts, numbers and truths as a browser would send them.

    It sends nothing for a box that is not checked: so what is false or 0 is left out.
    """
    texts = {name: value for name, value in data.items() if isinstance(value, str)}
    others = {
        name: str(value).lower()
        for name, value in data.items()
        if isinstance(value, (int, float)) and value
    }
    return MultiDict({**texts, **others})


def _page(form: FlaskForm, target: str | None, status: int = 200) -> Response:
    """Return the login page, the application's or ours."""
    is_ours = not current_state().has_own_form
    return page("login.html", status, is_ours=is_ours, form=form, next=target)


def _add_errors(form: FlaskForm, problems: Mapping[str, str]) -> None:
    """Put the problems with their fields, where no validator of the form has found one."""
    for name, found in problems.items():
        if name in form and not form[name].errors:
            form[name].errors = [gettext(found)]
