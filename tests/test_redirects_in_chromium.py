"""`next` as a browser reads it: whatever the string, held against Chromium's own URL parser."""

from __future__ import annotations

from typing import TypedDict

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from playwright.sync_api import Page

from flask_simplelogin.redirects import Site

SITE = Site("https", "app.example:8443", "/mnt", ("friend.example",))
PLAIN = Site("http", "app.example")
OWN = "https://app.example:8443"
ALLOWED = {OWN, "https://friend.example", "http://friend.example"}

PIECES = [
    *(
        "/",
        "//",
        "///",
        "\\",
        "\\/",
        "/\\",
        ".",
        "..",
        "/./",
        "/../",
        "%2e",
        "%2E%2e",
        "%2f",
        "%5c",
    ),
    *("http:", "https:", "HTTP://", "https://", "ftp://", "javascript:", "data:", "file:", "blob:"),
    *("evil.example", "app.example", "app.example:8443", "friend.example", "mnt", "login"),
    *("@", ":", ":443", ":8443", "?", "#", "&", "=", ";", "%", "%00", "%zz", "[", "]", "[::1]"),
    *(
        "\t",
        "\n",
        "\r",
        "\x00",
        "\x0b",
        "\x1f",
        "\x7f",
        " ",
        "\u00a0",
        "\u3002",
        "\uff0f",
        "\uff20",
    ),
    *("\u2028", "\ufeff", "\u017f", "\u212a", "\u00e9", "\u00ad", "0x7f.1", "2130706433", "xn--"),
]
TARGETS = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=8).map("".join),
    st.builds("{}{}".format, st.sampled_from(PIECES), st.text(max_size=12)),
    st.text(max_size=20),
)
PATHS = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\\"), max_size=15
)

# A failure names its one string; shrinking a list of sixty takes minutes.
UNSHRUNK = [Phase.explicit, Phase.reuse, Phase.generate]

READ = """([urls, base]) => urls.map(url => {
  const {origin, pathname, href} = new URL(url, base); return {origin, pathname, href}
})"""


class Read(TypedDict):
    """What Chromium says of a URL."""

    origin: str
    pathname: str
    href: str


def read(page: Page, urls: list[str], base: str) -> list[Read]:
    """Return how the browser reads each of the URLs on a page at `base`."""
    found: list[Read] = page.evaluate(READ, [urls, base])
    return found


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), phases=UNSHRUNK)
@given(targets=st.lists(TARGETS, min_size=60, max_size=60))
def test_browser_ends_on_this_origin_or_an_allowed_host(
    blank_page: Page, targets: list[str]
) -> None:
    """Or the answer is 400: for every string."""
    followed = [location for target in targets if (location := SITE.follow(target)) is not None]
    for location in followed:
        assert location.isascii()
        assert location.isprintable()
    for location, found in zip(
        followed, read(blank_page, followed, f"{OWN}/mnt/login/"), strict=True
    ):
        assert found["origin"] in ALLOWED, location
        if found["origin"] == OWN:
            assert (found["pathname"] + "/").startswith("/mnt/"), location


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck), phases=UNSHRUNK)
@given(parts=st.lists(st.tuples(PATHS, PATHS, PATHS), min_size=30, max_size=30))
def test_legitimate_target_lands_exactly_there(
    blank_page: Page, parts: list[tuple[str, str, str]]
) -> None:
    """The browser gets from `Location` where it would get from the `next` itself."""
    base = "http://app.example/login/"
    targets = [f"/x{path}?{query}#{fragment}x" for path, query, fragment in parts]
    followed = [(target, PLAIN.follow(target)) for target in targets]
    kept = [(target, location) for target, location in followed if location is not None]
    assert len(kept) >= len(targets) - 5  # dots may take what is before them away
    wanted = read(blank_page, [target for target, _ in kept], base)
    found = read(blank_page, [location for _, location in kept], base)
    for one, other in zip(found, wanted, strict=True):
        assert one["href"] == other["href"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_absolute_url_of_this_origin_lands_exactly_there(blank_page: Page, scheme: str) -> None:
    """With its port, its query and its fragment."""
    for host in ("app.example", "app.example:5000", "[::1]:5000", "127.0.0.1:8080"):
        base = f"{scheme}://{host}/login/"
        target = f"{scheme}://{host}/a%2Fb/é?q=a+b&ü#ende"
        location = Site(scheme, host).follow(target)
        assert location is not None
        assert read(blank_page, [location], base) == read(blank_page, [target], base)
