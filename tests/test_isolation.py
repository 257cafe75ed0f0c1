"""No app sees another, and no request sees the one before."""

from __future__ import annotations

import pytest
from flask import Flask, session

from flask_simplelogin import LoginChecker, Message, SimpleLogin, is_logged_in

from .conftest import client_of, new_app, with_views


def only(name: str) -> LoginChecker:
    """Return a checker that lets one name in."""
    return lambda user: user["username"] == name


def test_two_apps_in_one_process() -> None:
    """Messages, checkers, settings and blueprint names stay with their app."""
    one = new_app("one", SIMPLELOGIN_LOGIN_URL="/one/", SIMPLELOGIN_BLUEPRINT="first")
    two = new_app("two", SIMPLELOGIN_LOGIN_URL="/two/")
    SimpleLogin(one, only("ada"), messages={"login_success": "one"})
    SimpleLogin(two, only("bob"), messages={"login_success": "two"})
    for app, url, name, other in ((one, "/one/", "ada", "bob"), (two, "/two/", "bob", "ada")):
        visitor = client_of(with_views(app))
        assert visitor.get("/secret").location == f"{url}?next=/secret"
        assert visitor.log_in(other, "x", url).status_code == 401
        assert visitor.log_in(name, "x", url).status_code == 302
        assert ("primary", app.name) in visitor.flashes()
    assert SimpleLogin.messages["login_success"] == Message("login success!", "success")


def test_one_instance_serves_a_factory() -> None:
    """A module-level `SimpleLogin()` gives each app of a factory its own state."""
    login = SimpleLogin(messages={"logout": "Bye"})
    login.login_checker(only("everywhere"))
    called: list[str] = []

    def create_app(name: str) -> Flask:
        app = new_app(name, SIMPLELOGIN_HOME_URL=f"/{name}")
        login.init_app(app, messages={"login_success": name})
        if name != "second":
            login.login_checker(only(name))
        login.register_on_logout_callback(lambda: called.append(name))
        return with_views(app)

    apps = [create_app(name) for name in ("first", "second", "third")]
    assert login.app is apps[-1]
    for app in apps:
        checked_name = "everywhere" if app.name == "second" else app.name
        visitor = client_of(app)
        assert visitor.log_in("nobody", "x").status_code == 401
        assert visitor.log_in(checked_name, "x").location == f"/{app.name}"
        assert visitor.flashes()[-1] == ("primary", app.name)
        visitor.get("/logout/")
        assert visitor.flashes()[-1] == ("primary", "Bye")
        assert called == [app.name]
        called.clear()
        with app.app_context():
            assert login.config["home_url"] == f"/{app.name}"
            assert login.messages["login_success"] == Message(app.name)


def test_instance_of_another_app_does_not_answer_for_it() -> None:
    """In the context of an app that is not its own, an instance speaks of its own."""
    one, two = new_app("one"), new_app("two")
    first = SimpleLogin(one, messages={"logout": "one"})
    SimpleLogin(two, messages={"logout": "two"})
    with two.app_context():
        assert first.messages["logout"] == Message("one")


def test_outer_app_context_carries_no_identity() -> None:
    """Tests and shells hold an app context open over several requests."""
    app = with_views(new_app())
    SimpleLogin(app)
    with app.app_context():
        first, second = client_of(app), client_of(app)
        assert first.log_in().status_code == 302
        assert first.get("/secret").status_code == 200
        assert second.get("/secret").status_code == 302
        assert second.get("/").text.startswith("home of None")
        assert second.log_in().status_code == 302
        first.get("/logout/")
        assert first.get("/secret").status_code == 302
        assert second.get("/secret").status_code == 200


def test_outer_app_context_carries_no_basic_identity(app: Flask) -> None:
    """What one request's header said is forgotten with the request."""
    with app.app_context():
        visitor = client_of(app)
        assert visitor.get("/api", auth=("admin", "secret")).status_code == 200
        assert visitor.get("/").text.startswith("home of None")
        assert visitor.get("/secret").status_code == 302


def test_outside_of_a_request_nobody_is_logged_in(app: Flask) -> None:
    """A template that a command renders can ask."""
    with app.app_context():
        assert not is_logged_in()


def test_changing_the_session_changes_the_answer(app: Flask) -> None:
    """Within one request too: nothing is remembered that the session no longer says."""
    with app.test_request_context():
        session.update(simple_logged_in=True, simple_username="ada")
        assert is_logged_in("ada")
        session["simple_username"] = "bob"
        assert is_logged_in("bob")
        assert not is_logged_in("ada")
        session.clear()
        assert not is_logged_in()


@pytest.mark.parametrize("number", range(2))
def test_settings_are_frozen(number: int) -> None:
    """What `init_app` read is not changed by what the configuration says later."""
    app = with_views(new_app())
    SimpleLogin(app)
    app.config["SIMPLELOGIN_HOME_URL"] = f"/later{number}"
    assert client_of(app).log_in().location == "/"
