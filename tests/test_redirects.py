"""Which `next` is followed, and to where: the table."""

from __future__ import annotations

import pytest

from flask_simplelogin.redirects import Site, quoted_path

SITE = Site("http", "app.example", "", ("friend.example", "other.example:8443"))
MOUNTED = Site("https", "app.example:8080", "/mnt")


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/", "/"),
        ("/page", "/page"),
        ("/page/", "/page/"),
        ("/page?a=1&b=%2F#part", "/page?a=1&b=%2F#part"),
        ("/a%2Fb", "/a%2Fb"),
        ("/café?q=€#ü", "/caf%C3%A9?q=%E2%82%AC#%C3%BC"),
        ("/a b", "/a%20b"),
        ("/a;p=1", "/a;p=1"),
        ("/x?next=//evil.example", "/x?next=//evil.example"),
        ("/x?back=\\", "/x?back=\\"),
        ("/x#//evil.example", "/x#//evil.example"),
        ("/a/./b/../c", "/a/c"),
        ("/a/%2E%2e/c/.", "/c/"),
        ("/http://evil.example", "/http://evil.example"),
        ("http://app.example", "/"),
        ("http://app.example/page?x#y", "/page?x#y"),
        ("HTTP://APP.EXAMPLE:80/page", "/page"),
        ("//app.example/page", "/page"),
        ("https://friend.example/x?y#z", "https://friend.example/x?y#z"),
        ("http://friend.example:80/x", "http://friend.example/x"),
        ("//FRIEND.example/x", "http://friend.example/x"),
        ("https://other.example:8443", "https://other.example:8443/"),
    ],
)
def test_followed(target: str, location: str) -> None:
    """A path on this site, this origin's URLs as paths, and listed hosts."""
    assert SITE.follow(target) == location


@pytest.mark.parametrize(
    "target",
    [
        "",
        "page",
        "?x=1",
        "#x",
        ".",
        "..",
        "//",
        "///",
        "//evil.example",
        "///evil.example",
        "////evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "/\\/evil.example",
        "\\/evil.example",
        "/.//evil.example",
        "/x/..//evil.example",
        "/%2e//evil.example",
        "/%2e%2E//evil.example",
        "/./\\evil.example",
        "/\t/evil.example",
        "/\n/evil.example",
        "\t//evil.example",
        " //evil.example",
        "\x00//evil.example",
        "http:evil.example",
        "http:/evil.example",
        "http:///evil.example",
        "http:\\\\evil.example",
        "ht\ntp://evil.example",
        "https://app.example/",
        "http://app.example:8080/",
        "http://app.example.evil.example/",
        "http://app.example@evil.example/",
        "http://evil.example\\@app.example/",
        "http://evil.example#@app.example/",
        "http://evil.example?@app.example/",
        "http://user:password@friend.example/",
        "http://ａpp.example/",
        "http://app。example/",
        "http://app%2Eexample/",
        "http://[::1/",
        "//[",
        "http://friend.example:81/",
        "https://other.example/",
        "httpſ://friend.example/",
        "ftp://friend.example/",
        "javascript:alert(1)",
        "java\tscript:alert(1)",
        "data:text/html,x",
        "mailto:a@b",
        "/a\ud800",
        "/a\x7f",
    ],
)
def test_refused(target: str) -> None:
    """Whatever a browser could take to another host, and whatever is no plain target."""
    assert SITE.follow(target) is None


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("/mnt", "/mnt"),
        ("/mnt/", "/mnt/"),
        ("/mnt/page?x", "/mnt/page?x"),
        ("/page", "/mnt/page"),
        ("/mntpage", "/mnt/mntpage"),
        ("/mnt/../page", "/mnt/page"),
        ("/mnt/%2e%2e/page", "/mnt/page"),
        ("https://app.example:8080/mnt/page", "/mnt/page"),
        ("https://app.example:8080", "/mnt/"),
    ],
)
def test_kept_below_the_mount(target: str, location: str) -> None:
    """Every path is one below the mount."""
    assert MOUNTED.follow(target) == location


def test_quoted_path() -> None:
    """A decoded path is escaped so that it is read as it was."""
    assert quoted_path("/a b/c?d#e%f\\g/é", b'x=%20&y=\xff"') == (
        "/a%20b/c%3Fd%23e%25f%5Cg/%C3%A9?x=%20&y=%FF%22"
    )
