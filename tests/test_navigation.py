"""Where Flask apps live: own URLs, mounts, proxies, pages that take only POST."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs, urlencode

import pytest
from flask import Flask, url_for
from werkzeug.middleware.dispatcher import DispatcherMiddleware
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.test import Client

from flask_simplelogin import SimpleLogin, login_required

from .conftest import Visitor, client_of, new_app, with_views


def with_catch_all(app: Flask) -> Flask:
    """Give the app a protected page for every path below /any/, which shows what was asked."""
    SimpleLogin(app, lambda user: user["password"] in {"right", "secret"})
    with_views(app)

    @app.get("/any/<path:rest>")
    @login_required
    def any_page(rest: str) -> str:
        return f"page {rest}"

    return app


def dispatched() -> tuple[Visitor, str]:
    """An app mounted by `DispatcherMiddleware`."""
    app = with_catch_all(new_app())
    app.wsgi_app = DispatcherMiddleware(  # type: ignore[method-assign]
        new_app("outer").wsgi_app, {"/mnt": app.wsgi_app}
    )
    return client_of(app), "/mnt"


def application_root() -> tuple[Visitor, str]:
    """An app that knows its mount as `APPLICATION_ROOT`."""
    return client_of(with_catch_all(new_app(APPLICATION_ROOT="/mnt"))), "/mnt"


def proxied() -> tuple[Visitor, str]:
    """An app behind a proxy that tells the prefix which it took away."""
    app = with_catch_all(new_app())
    app.wsgi_app = ProxyFix(app.wsgi_app, x_prefix=1)  # type: ignore[method-assign]
    visitor = client_of(app)
    visitor.environ_base["HTTP_X_FORWARDED_PREFIX"] = "/mnt"
    return visitor, "/mnt"


def prefix_with_space() -> tuple[Visitor, str]:
    """A mount whose name needs escaping."""
    return client_of(with_catch_all(new_app(APPLICATION_ROOT="/m t"))), "/m%20t"


MOUNTS = [dispatched, application_root, proxied, prefix_with_space]


@pytest.mark.parametrize("mount", MOUNTS)
def test_every_redirect_stays_inside_the_mount(mount: Any) -> None:
    """Login, home, `next` and logout, whatever it is that makes the prefix."""
    visitor, prefix = mount()
    # A dispatcher wants the prefix in the request; elsewhere it comes by other ways.
    inner = prefix if mount is dispatched else ""
    path, query = visitor.get(f"{inner}/secret").location.split("?")
    assert path == f"{prefix}/login/"
    assert parse_qs(query) == {"next": [f"{prefix}/secret"]}

    def log_in(query: str = "") -> str:
        token = visitor.token(visitor.get(f"{inner}/login/"))
        data = {"username": "admin", "password": "right", "csrf_token": token}
        location = visitor.post(f"{inner}/login/{query}", data=data).location
        assert visitor.get(f"{inner}/logout/").location == f"{prefix}/"
        return str(location)

    assert log_in() == f"{prefix}/"
    for target, location in (
        ("/", "/"),
        ("/secret", "/secret"),
        (f"{prefix}/secret", "/secret"),
        ("http://localhost/secret", "/secret"),
        ("/../outside", "/outside"),
        (f"{prefix}/../outside", "/outside"),
        (f"{prefix}/%2e%2E/outside", "/outside"),
        (f"{prefix}/login/", "/"),
        ("/logout/", "/"),
    ):
        assert log_in("?" + urlencode({"next": target})) == prefix + location, target


def test_home_url_that_names_the_mount_already() -> None:
    """0.3 did not add the mount; who wrote it into the setting keeps it."""
    app = new_app(APPLICATION_ROOT="/mnt", SIMPLELOGIN_HOME_URL="/mnt/start")
    SimpleLogin(app)
    assert client_of(app).log_in().location == "/mnt/start"


def test_home_url_elsewhere() -> None:
    """The home URL is the program's own word and may name a host."""
    app = new_app(SIMPLELOGIN_HOME_URL="https://portal.example/start")
    SimpleLogin(app)
    assert client_of(app).log_in().location == "https://portal.example/start"


@pytest.mark.parametrize(
    "page",
    [
        "/any/x?a=1&b=2",
        "/any/x?a=%26b%3D%23&c=%2F",
        "/any/x?q=a+b%20c",
        "/any/x?next=/other&next=//evil.example",
        "/any/caf%C3%A9?q=%E2%82%AC",
        "/any/a%20b%3Fc%23d",
        "/any/100%25",
        "/any/a%5Cb",
        "/any/x?bad=%zz&raw=%ff",
        "/any/http://evil.example/",
        "/any/x?x%5B%5D=1&y=%7Bz%7D",
    ],
)
def test_page_survives_the_login(page: str) -> None:
    """The visitor comes back to what was asked for: path, query, escaped characters."""
    visitor = client_of(with_catch_all(new_app()))
    answer = visitor.get(page)
    assert answer.status_code == 302
    landed = visitor.log_in(url=answer.location).location
    assert landed == page
    assert visitor.get(landed).status_code == 200


def test_query_of_great_length() -> None:
    """A `next` that no server would take in a request line is cut to the path, or left out."""
    visitor = client_of(with_catch_all(new_app()))
    assert visitor.get("/any/x?q=" + "y" * 9000).location == "/login/?next=/any/x"
    assert visitor.get("/any/" + "y" * 9000).location == "/login/"


def test_page_that_looks_like_a_host() -> None:
    """What a browser would read as another host is never offered as `next`."""
    app = new_app()
    SimpleLogin(app)

    @app.before_request
    @login_required
    def guard() -> None:
        """Protect all."""

    answer = client_of(app).get("/", environ_overrides={"PATH_INFO": "//evil.example/x"})
    assert answer.location == "/login/?next=/evil.example/x"


def test_post_only_page_is_no_target() -> None:
    """The page it was sent from is, if it is on this site, else home."""
    app = with_catch_all(new_app())
    page = "http://localhost/any/form?id=7"
    for referrer, location in (
        (None, "/login/"),
        (page, "/login/?next=/any/form?id%3D7"),
        ("http://evil.example/any/form", "/login/"),
        ("http://localhost/delete", "/login/"),
        ("http://localhost/login/", "/login/"),
        ("about:blank", "/login/"),
        ("http://[", "/login/"),
    ):
        headers = {"Referer": referrer} if referrer else {}
        assert client_of(app).post("/delete", headers=headers).location == location
    assert client_of(app).log_in(url="/login/?next=/delete").location == "/"


def test_foreign_referrer_is_no_target_though_its_host_is_allowed() -> None:
    """`ALLOWED_HOSTS` is for those who write `next`, not for whoever links to us."""
    app = with_catch_all(new_app(ALLOWED_HOSTS=["friend.example"]))
    answer = client_of(app).post("/delete", headers={"Referer": "http://friend.example/x"})
    assert answer.location == "/login/"


def test_page_that_takes_both_is_a_target() -> None:
    """A form posted to its own page leads back to that page."""
    assert client_of(with_catch_all(new_app())).post("/secret").location == "/login/?next=/secret"


@pytest.mark.parametrize(
    "page", ["/login/", "/login", "/logout/", "/logout", "/l%6Fgin/", "/x/../logout/"]
)
def test_no_loop_through_login_or_logout(page: str) -> None:
    """Neither is a target, however it is written."""
    visitor = client_of(with_catch_all(new_app()))
    assert visitor.log_in(url=f"/login/?next={page}").location == "/"
    assert visitor.get(f"/login/?next={page}").location == "/"


def test_unknown_page_is_followed() -> None:
    """What the app does not know may be served by another part of the site."""
    visitor = client_of(with_catch_all(new_app()))
    assert visitor.log_in(url="/login/?next=/elsewhere").location == "/elsewhere"


def test_head_and_options() -> None:
    """HEAD is refused as GET is; Flask answers OPTIONS by itself."""
    visitor = client_of(with_catch_all(new_app()))
    assert visitor.head("/secret").location == "/login/?next=/secret"
    options = visitor.options("/secret")
    assert options.status_code == 200
    assert "POST" in (options.allow or ())
    assert visitor.head("/login/").status_code == 200
    assert visitor.options("/login/").status_code == 200
    visitor.log_in()
    assert visitor.head("/secret").status_code == 200


def test_forged_host_does_not_make_a_foreign_url_ours() -> None:
    """An absolute URL is reduced to its path, so `Host` is never repeated in `Location`."""
    visitor = client_of(with_catch_all(new_app()))
    url = "/login/?next=http://evil.example/secret"
    assert visitor.get(url).status_code == 400
    with visitor.session_transaction(base_url="http://evil.example") as session:
        session.update(simple_logged_in=True, simple_username="admin")
    assert visitor.get(url, base_url="http://evil.example").location == "/secret"


def test_subdomain_and_server_name() -> None:
    """An app with `SERVER_NAME` keeps working, on its port too."""
    app = with_catch_all(new_app(SERVER_NAME="app.test:5000"))
    client = Client(app)
    answer = client.get("/secret", base_url="http://app.test:5000")
    assert answer.location == "/login/?next=/secret"
    with app.test_request_context():
        assert url_for("simplelogin.login") == "/login/"
