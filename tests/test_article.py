"""The article that the mission came from, followed line by line."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from flask import Flask, render_template_string

from flask_simplelogin import SimpleLogin, User, is_logged_in, login_required

from .conftest import client_of, new_app

LOGIN_PAGE = """\
{% extends 'base.html' %}
{% block title %}Login{% endblock %}
{% block messages %}
   {%if form.errors %}
     <ul class="alert alert-danger">
       {% for field, errors in form.errors.items() %}
         <li>{{field}} {% for error in errors %}{{ error }}{% endfor %}</li>
       {% endfor %}
     </ul>
   {% endif %}
{% endblock %}

{% block page_body %}
       <form action="{{ url_for('simplelogin.login', next=request.args.get('next', '/')) }}"
             method="post">
            <div class="form-group">
            {{ form.csrf_token }}
            {{form.username.label}}<div class="form-control">{{ form.username }}</div><br>
            {{form.password.label}}<div class="form-control"> {{ form.password }}</div><br>
            </div>
           <input type="submit" value="Send">
       </form>
{% endblock %}
"""


def test_two_lines() -> None:
    """There are /login and /logout; the name is `admin` and the password `secret`."""
    app = new_app(key=None)
    SimpleLogin(app)
    visitor = client_of(app)
    assert visitor.get("/login").status_code == 308
    assert visitor.log_in("admin", "secret").location == "/"
    assert visitor.get("/logout/").location == "/"


def test_simple_way() -> None:
    """Name and password stand in the configuration, set before the login or after it."""
    app = new_app(key=None)
    SimpleLogin(app)
    app.config["SECRET_KEY"] = "something-secret"
    app.config["SIMPLELOGIN_USERNAME"] = "chuck"
    app.config["SIMPLELOGIN_PASSWORD"] = "norris"
    assert client_of(app).log_in("chuck", "norris").status_code == 302
    assert client_of(app).log_in("admin", "secret").status_code == 401


def test_environment_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """SimpleLogin reads them by itself."""
    monkeypatch.setenv("SIMPLELOGIN_USERNAME", "chuck")
    monkeypatch.setenv("SIMPLELOGIN_PASSWORD", "norris")
    app = new_app()
    SimpleLogin(app)
    assert client_of(app).log_in("chuck", "norris").status_code == 302


def test_custom_login_checker() -> None:
    """Only Chuck Norris can log in."""

    def only_chuck_norris_can_login(user: User) -> bool:
        "user = {'username': 'foo', 'password': 'bar'}"  # noqa: D300, D403, D415
        if user.get("username") == "chuck" and user.get("password") == "norris":  # noqa: SIM103
            return True  # Allowed
        return False  # Denied

    app = new_app()
    SimpleLogin(app, login_checker=only_chuck_norris_can_login)
    assert client_of(app).log_in("chuck", "norris").status_code == 302
    assert client_of(app).log_in("chuck", "lee").status_code == 401


def test_checking_and_decorating() -> None:
    """`is_logged_in()` in a view and the decorator on one."""
    app = new_app()
    SimpleLogin(app)

    @app.get("/")
    def index() -> str:
        if is_logged_in("admin"):
            return "admin"
        return "anyone" if is_logged_in() else "no one"

    @app.get("/foo")
    @login_required  # < --- simple decorator
    def foo() -> str:
        return "secret"

    visitor = client_of(app)
    assert visitor.get("/").text == "no one"
    assert visitor.get("/foo").status_code == 302
    visitor.log_in()
    assert visitor.get("/").text == "admin"
    assert visitor.get("/foo").text == "secret"


def test_flask_admin_view() -> None:
    """`is_accessible` asks `is_logged_in('admin')`, and hides the view from all others."""
    flask_admin = pytest.importorskip("flask_admin")

    class AdminView(flask_admin.BaseView):  # type: ignore[name-defined]
        @flask_admin.expose("/")  # type: ignore[untyped-decorator]
        def index(self) -> str:
            return "records"

        def is_accessible(self) -> bool:
            return is_logged_in("admin")

    app = new_app()
    SimpleLogin(app)
    flask_admin.Admin(app).add_view(AdminView(name="Records", endpoint="records"))
    visitor = client_of(app)
    assert visitor.get("/admin/records/").status_code == 403
    visitor.log_in()
    assert visitor.get("/admin/records/").text == "records"


@pytest.mark.parametrize("with_own_base", [True, False])
def test_custom_template(tmp_path: Path, *, with_own_base: bool) -> None:
    """The article's `login.html` works on the app's own `base.html`, or on ours."""
    (tmp_path / "login.html").write_text(LOGIN_PAGE)
    if with_own_base:
        (tmp_path / "base.html").write_text(
            "own base: {% block messages %}{% endblock %}{% block page_body %}{% endblock %}"
        )
    app = new_app()
    app.template_folder = str(tmp_path)
    SimpleLogin(app)

    @app.get("/foo")
    @login_required
    def foo() -> str:
        return "secret"

    visitor = client_of(app)
    page = visitor.get(visitor.get("/foo").location)
    assert page.text.startswith("own base") is with_own_base
    assert visitor.log_in(url="/login/?next=/foo").location == "/foo"
    refused = client_of(app).post("/login/", data={"username": "admin"})
    assert "csrf_token The CSRF token is missing." in refused.text


def test_is_logged_in_in_a_template() -> None:
    """`{% if is_logged_in %}` means the call, also without its parentheses."""
    app = new_app()
    SimpleLogin(app)

    @app.get("/")
    def index() -> str:
        return render_template_string(
            "{% if is_logged_in %}in{% endif %} {% if is_logged_in('admin') %}admin{% endif %}"
        )

    visitor = client_of(app)
    assert visitor.get("/").text == " "
    visitor.log_in()
    assert visitor.get("/").text == "in admin"


def test_checker_may_query_a_database() -> None:
    """What a checker raises, a database that is away for one, logs nobody in: 503."""

    def checker(user: User) -> bool:
        connection = sqlite3.connect(":memory:")
        try:
            return bool(connection.execute("SELECT 1 FROM users").fetchone())
        finally:
            connection.close()

    app = Flask("database")
    app.test_client_class = type(client_of(new_app()))
    app.config["SECRET_KEY"] = "k"
    SimpleLogin(app, checker)
    assert client_of(app).log_in().status_code == 503
