"""The page on which users change their password, in an app whose store can be written."""

from __future__ import annotations

from typing import cast

from flask import Response, abort, current_app, redirect, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from .accounts import find_record
from .authentication import Credentials, authenticate, renew_session
from .errors import PasswordError
from .events import report
from .forms import PasswordForm
from .identity import forget_cached_csrf_token
from .messages import flash
from .navigation import home_url
from .origins import is_from_this_site
from .policy import get_username
from .protection import login_required
from .responses import page, present
from .state import current_state
from .translation import gettext
from .users import Users


@login_required
def change_password() -> ResponseReturnValue:
    """Show the page, or change the password of who is logged in.

    The current password is asked for where every login is: a guess at it here counts as it does
    there. This session goes on, all others of the user end.

    Raises:
        Forbidden: The form was sent from another site.
        ServiceUnavailable: The store does not work.
    """
    try:
        return _change_password(cast(str, get_username()))
    except HTTPException as error:
        present(error)
        raise


def _change_password(username: str) -> ResponseReturnValue:
    """Show the form, or do what it says: 400 if that can't be, 401 for a wrong password."""
    forget_cached_csrf_token()
    if request.method != "POST":
        return _page(PasswordForm(None))
    if not is_from_this_site():
        abort(403, gettext("A password is changed on a page of this site only."))
    form = PasswordForm(request.form)
    if not form.validate():
        return _page(form, 400)
    if authenticate(Credentials(username, form.password.data, "password")) is None:
        form.password.errors = [gettext("This is not your current password.")]
        return _page(form, 401)
    problem = _store(username, str(form.new_password.data))
    if problem:
        form.new_password.errors = [gettext(problem)]
        return _page(form, 400)
    flash("password_changed")
    return redirect(home_url(), 303)


def _store(username: str, password: str) -> str | None:
    """Set the password and let this session go on, or return why it may not be that password."""
    try:
        users = cast(Users, current_state().users)
        verified = find_record(username)
        users.set_password(username, password, if_hash=verified.password_hash if verified else None)
        renew_session(username)
    except PasswordError as error:
        return error.message
    except HTTPException:
        raise
    except Exception:
        current_app.logger.exception("A password could not be changed.")
        abort(503, gettext("Your password can't be changed right now. Try again later."))
    report("password", username, "session")
    return None


def _page(form: PasswordForm, status: int = 200) -> Response:
    """Return the page, the application's or ours."""
    return page("simplelogin/password.html", status, form=form)
