"""How our pages look and behave in a real Chromium, in every state that they have."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from .conftest import Visitor
from .servers import ROOT

# The script that takes the pictures has the states, the looks and an app that shows them.
PICTURES: dict[str, Any] = runpy.run_path(str(ROOT / "docs" / "take_pictures.py"))
PASSWORD: str = PICTURES["PASSWORD"]
MAX_BYTES = 10_000
MIN_TARGET = 44
AXE_OPTIONS = {
    "rules": {"color-contrast-enhanced": {"enabled": True}, "target-size": {"enabled": True}}
}


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """An app that shows all the states, served."""
    with PICTURES["serving"](PICTURES["new_app"]()) as address:
        yield address


@pytest.fixture(scope="module")
def branded_address() -> Iterator[str]:
    """One with a title, a logo, an accent and a box, served."""
    app = PICTURES["new_app"](
        SIMPLELOGIN_TITLE="Marigold & Sons",
        SIMPLELOGIN_LOGO="/logo.svg",
        SIMPLELOGIN_ACCENT="#ffcc00",
        SIMPLELOGIN_REMEMBER_ME=True,
    )
    with PICTURES["serving"](app) as address:
        yield address


@dataclass
class Shown:
    """A page in one state, and what was sent for it."""

    state: str
    page: Page
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@contextmanager
def shown_by(chromium: Browser, address: str, state: str, **options: Any) -> Iterator[Shown]:
    """Bring a new page of the browser into a state."""
    context = chromium.new_context(base_url=address, **options)
    shown = Shown(state, context.new_page())
    shown.page.on("request", lambda request: shown.requests.append(request.url))
    shown.page.on("console", lambda message: shown.complaints.append(message.text))
    shown.page.on("pageerror", lambda error: shown.complaints.append(str(error)))
    PICTURES["STATES"][state](shown.page)
    yield shown
    context.close()


@pytest.fixture(scope="module", params=[*PICTURES["STATES"], "branded", "branded-error", "ar"])
def shown(
    request: pytest.FixtureRequest, chromium: Browser, address: str, branded_address: str
) -> Iterator[Shown]:
    """The page in each of its states; with a brand; and from right to left."""
    states = {"branded": "typed", "branded-error": "error", "ar": "password-refused"}
    state = states.get(request.param, request.param)
    url = branded_address if "branded" in request.param else address
    locale = "ar" if request.param == "ar" else "en"
    with shown_by(chromium, url, state, locale=locale) as shown:
        yield shown


@pytest.fixture
def page(chromium: Browser, address: str) -> Iterator[Page]:
    """A new page of the browser, on no site yet."""
    context = chromium.new_context(base_url=address)
    yield context.new_page()
    context.close()


# In every state


def test_axe_finds_nothing(shown: Shown) -> None:
    """Neither in the light nor in the dark, with AAA contrast of all text, and no doubts."""
    for scheme in ("light", "dark"):
        shown.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        found = Axe().run(shown.page, options=AXE_OPTIONS).response
        violations = [(rule["id"], rule["nodes"][0]["html"]) for rule in found["violations"]]
        assert violations == [], scheme
        doubts = [
            (rule["id"], node["html"])
            for rule in found["incomplete"]
            for node in rule["nodes"]
            if "contrast" in rule["id"] or "aria" in rule["id"]
        ]
        assert doubts == [], scheme
        assert any(rule["id"] == "color-contrast-enhanced" for rule in found["passes"])


def test_page_is_small_and_asks_no_other_host(shown: Shown) -> None:
    """HTML, style and script together have 10 KB at most; nothing else is loaded."""
    responses = [shown.page.content().encode()]
    urls = shown.page.eval_on_selector_all(
        "link[rel=stylesheet], script[src]", "all => all.map(each => each.href || each.src)"
    )
    responses += [shown.page.request.get(url).body() for url in urls]
    assert sum(map(len, responses)) <= MAX_BYTES
    assert len(urls) <= 2
    origin = shown.page.url.split("/")[2]
    assert {url.split("/")[2] for url in shown.requests if url.startswith("http")} == {origin}
    assert not [text for text in shown.complaints if "status of 4" not in text]


def test_page_fits(shown: Shown) -> None:
    """Nothing is cut off or has to be scrolled to the side, also with text twice as large."""
    page = shown.page
    for width, text_size in product((320, 768, 1440), (100, 200)):
        page.set_viewport_size({"width": width, "height": 800})
        page.evaluate("size => document.documentElement.style.fontSize = `${size}%`", text_size)
        too_wide = page.eval_on_selector_all(
            "body, body *:not(.unseen)",
            "all => all.map(each => [each.outerHTML, each.getBoundingClientRect()])"
            ".filter(([_, box]) => box.left < -1 || box.right > innerWidth + 1)",
        )
        assert too_wide == [], (width, text_size)
    page.evaluate("document.documentElement.style.fontSize = ''")


def test_targets_are_large_enough(shown: Shown) -> None:
    """What is pressed by a finger has 44 px each way; a box has its label, too."""
    shown.page.set_viewport_size({"width": 320, "height": 800})
    boxes = shown.page.eval_on_selector_all(
        "main a, main button, main input:not([type=hidden], [hidden], [type=checkbox]), main .box",
        "all => all.filter(each => !each.hidden).map(each => [each, each.getBoundingClientRect()])"
        ".map(([each, box]) => [each.outerHTML, Math.min(box.width, box.height)])",
    )
    assert boxes
    assert [html for html, size in boxes if size < MIN_TARGET] == []


def test_errors_are_announced_and_bound_to_their_fields(shown: Shown) -> None:
    """Each error is an alert, and each field that has one names it."""
    page = shown.page
    for text in page.locator(".danger, .error").all():
        assert text.get_attribute("role") == "alert"
    for name in page.eval_on_selector_all(
        "[aria-describedby]",
        "all => all.flatMap(each => each.ariaDescribedByElements.length"
        " === each.getAttribute('aria-describedby').split(' ').length ? [] : [each.outerHTML])",
    ):
        pytest.fail(name)
    assert (
        page.locator(
            ".field:has(.error) :not([aria-invalid=true], label, p, button, span, svg *, svg)"
        ).count()
        == 0
    )


def test_page_has_title_language_and_one_heading(shown: Shown) -> None:
    """The heading says what the page is, and the title begins with it or sums it up."""
    page = shown.page
    assert page.locator("h1").count() == 1
    assert page.title()
    assert page.locator("html").get_attribute("lang")
    assert page.locator("main").count() == 1


# Keyboard, focus, toggle


def focused(page: Page) -> str:
    """Return what has the focus: an id, or else a text."""
    found: str = page.evaluate(
        "() => document.activeElement.id || document.activeElement.innerText.trim()"
    )
    return found


def test_keyboard_alone_is_enough(page: Page) -> None:
    """The order is that of the eye, each stop is seen, and Enter sends the form."""
    page.goto("/login/")
    assert focused(page) == "username"
    page.keyboard.type("ada")
    stops = []
    for _ in range(3):
        page.keyboard.press("Tab")
        stops.append(focused(page))
        width, style, color = page.evaluate(
            "() => { const it = getComputedStyle(document.activeElement);"
            " return [it.outlineWidth, it.outlineStyle, it.outlineColor] }"
        )
        assert (width, style) == ("3px", "solid")
        assert color == "rgb(39, 70, 199)"
    assert stops == ["password", "Show password", "Log in"]
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Space")
    expect(page.locator("#password")).to_have_attribute("type", "text")
    page.locator("#password").focus()
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Hello, ada")).to_be_visible()


@pytest.mark.parametrize(
    ("username", "password", "field_id"),
    [("ada", "wrong", "password"), ("ada", "", "password"), ("", "x", "username")],
)
def test_cursor_is_where_it_is_needed(
    page: Page, username: str, password: str, field_id: str
) -> None:
    """After a failure it is in the field that is wrong or empty, and the name is kept."""
    PICTURES["send"](page, username, password)
    expect(page.locator("[role=alert]").first).to_be_visible()
    assert focused(page) == field_id
    expect(page.locator("#username")).to_have_value(username)
    expect(page.locator("#password")).to_have_value("")


def test_failure_is_read_with_the_field(page: Page) -> None:
    """Who does not see the message hears it where the cursor is."""
    PICTURES["send"](page, "ada", "wrong")
    expect(page.get_by_label("Password")).to_have_accessible_description("invalid credentials")


def test_password_can_be_shown(page: Page) -> None:
    """And is hidden again before it is sent, so that the browser does not keep it as a text."""
    page.goto("/login/")
    toggle = page.get_by_role("button", name="Show password")
    field = page.get_by_label("Password")  # one element: the button is no second one
    expect(toggle).to_have_attribute("aria-pressed", "false")
    field.fill("difference")
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "true")
    expect(field).to_have_attribute("type", "text")
    expect(field).to_have_value("difference")
    page.evaluate(
        "document.forms[0].addEventListener('submit', event => {"
        " document.title = document.querySelector('#password').type; event.preventDefault() })"
    )
    page.get_by_role("button", name="Log in").click()
    expect(page).to_have_title("password")
    expect(toggle).to_have_attribute("aria-pressed", "false")


def test_password_can_be_pasted(page: Page) -> None:
    """No script stands in the way of a password manager."""
    page.goto("/login/")
    assert page.evaluate(
        "document.querySelector('#password').dispatchEvent("
        "new ClipboardEvent('paste', {cancelable: true, bubbles: true}))"
    )


def test_login_without_scripts(chromium: Browser, address: str) -> None:
    """All works, and the button that would not is not there."""
    context = chromium.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/login/")
    expect(page.locator(".reveal button")).to_be_hidden()
    PICTURES["send"](page, "ada", PASSWORD)
    expect(page.get_by_role("heading", name="Hello, ada")).to_be_visible()
    context.close()


def test_password_managers_are_told_what_is_what(visitor: Visitor) -> None:
    """Name and password have their `autocomplete`, and nothing corrects or reads along."""
    page = visitor.get("/login/").text
    for name, kind in (("username", "username"), ("password", "current-password")):
        found = re.search(rf'<input [^>]*id="{name}"[^>]*>', page)
        assert found
        for attribute in (
            f'autocomplete="{kind}"',
            'autocapitalize="none"',
            'autocorrect="off"',
            'spellcheck="false"',
        ):
            assert attribute in found[0]


# Ways to look


def style_of(page: Page, selector: str, name: str) -> str:
    """Return what a property of an element is in the end."""
    value: str = page.eval_on_selector(
        selector, "(each, name) => getComputedStyle(each).getPropertyValue(name)", name
    )
    return value


def test_reduced_motion(page: Page) -> None:
    """Nothing moves where that is asked for."""
    page.goto("/login/")
    page.emulate_media(reduced_motion="no-preference")
    assert style_of(page, "form > button", "transition-duration") != "0s"
    page.emulate_media(reduced_motion="reduce")
    assert style_of(page, "form > button", "transition-duration") == "0s"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_forced_colors(chromium: Browser, address: str, scheme: Any) -> None:
    """Fields and buttons have an edge, for their fill is gone."""
    options = {"forced_colors": "active", "color_scheme": scheme}
    with shown_by(chromium, address, "incomplete", **options) as shown:
        for selector in ("#username", "#password", "form > button", ".reveal button"):
            assert style_of(shown.page, selector, "border-style") == "solid"
            edge = style_of(shown.page, selector, "border-color")
            assert edge != style_of(shown.page, "main", "background-color"), selector


def test_print(page: Page) -> None:
    """Dark on white, without the card, whatever the screen looks like."""
    page.goto("/login/")
    page.emulate_media(media="print", color_scheme="dark")
    assert style_of(page, "main", "box-shadow") == "none"
    assert style_of(page, "main", "background-color") == "rgb(255, 255, 255)"
    assert style_of(page, "h1", "color") == "rgb(23, 28, 40)"


def test_right_to_left(chromium: Browser, address: str) -> None:
    """Text begins at the right, and the button in the password's field is at the left."""
    with shown_by(chromium, address, "error", locale="ar") as shown:
        toggle = shown.page.locator(".reveal button").bounding_box()
        field = shown.page.locator("#password").bounding_box()
        assert toggle
        assert field
        assert toggle["x"] == pytest.approx(field["x"], abs=1)
        assert style_of(shown.page, "h1", "direction") == "rtl"


def test_accent_of_the_app(chromium: Browser, branded_address: str) -> None:
    """A yellow stays yellow on the button, and becomes dark where it is text."""
    with shown_by(chromium, branded_address, "login", color_scheme="light") as shown:
        assert style_of(shown.page, "form > button", "background-color") == "rgb(255, 204, 0)"
        assert style_of(shown.page, "form > button", "color") == "rgb(0, 0, 0)"
        assert shown.page.locator(".brand img").evaluate("each => each.naturalWidth") == 44
        expect(shown.page.get_by_text("Marigold & Sons")).to_be_visible()


def test_password_is_changed_in_a_browser(chromium: Browser, address: str, page: Page) -> None:
    """By the keyboard; this browser stays logged in, and another one is not any more."""
    app_page = PICTURES["logged_in_at"]("/password/")
    other = chromium.new_context(base_url=address).new_page()
    PICTURES["logged_in_at"]("/")(other)
    app_page(page)
    assert focused(page) == "password"
    for text in (PASSWORD, "difference-engine", "difference-engine"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("Your password has been changed.")
    expect(page.get_by_role("heading", name="Hello, ada")).to_be_visible()
    other.goto("/password/")
    expect(other.get_by_role("heading", name="Log in")).to_be_visible()
    other.context.close()
