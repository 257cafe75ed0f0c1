"""An accent colour is made readable, whatever it is."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_simplelogin import SettingError, SimpleLogin
from flask_simplelogin.colors import (
    DARK_CARD,
    LIGHT_CARD,
    WHITE,
    Color,
    accent_on,
    contrast,
    parse,
    problem_of_color,
    to_hex,
)
from flask_simplelogin.settings import Settings

from .conftest import new_app
from .servers import ROOT

AAA = 7.0  # WCAG 2.2, success criterion 1.4.6

byte = st.integers(0, 255)
colors = st.tuples(byte, byte, byte)


@given(colors, st.sampled_from([LIGHT_CARD, DARK_CARD]))
def test_all_text_can_be_read(color: Color, card: Color) -> None:
    """On a button and on the card, in both looks, with AAA contrast."""
    accent = accent_on(card, color)
    assert contrast(accent.fill, accent.on_fill) >= AAA
    assert contrast(accent.ink, card) >= AAA


@given(colors, st.sampled_from([LIGHT_CARD, DARK_CARD]))
def test_readable_color_stays(color: Color, card: Color) -> None:
    """It is changed only where it must be."""
    accent = accent_on(card, color)
    if contrast(color, accent.on_fill) >= AAA:
        assert accent.fill == color
    if contrast(color, card) >= AAA:
        assert accent.ink == color


@given(colors)
def test_text_and_back(color: Color) -> None:
    """A colour that is written for CSS is read as the same."""
    assert parse(to_hex(color)) == color
    assert problem_of_color(to_hex(color)) is None


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000", "#fff", 21), ("#fff", "#fff", 1), ("#777777", "#fff", 4.48), ("#f00", "#fff", 4.0)],
)
def test_contrast(one: str, other: str, ratio: float) -> None:
    """It is that of WCAG, whichever comes first."""
    assert contrast(parse(one), parse(other)) == pytest.approx(ratio, abs=0.01)
    assert contrast(parse(other), parse(one)) == pytest.approx(ratio, abs=0.01)


def test_short_form() -> None:
    """Three digits stand for six."""
    assert parse("#1aF") == parse("#11aaff")


@pytest.mark.parametrize(
    "text",
    ["red", "#12", "#12345", "#1234567", "#ggg", "123456", "#fff;}", "#fff\n", "rgb(0,0,0)"]
    + ["#fff}body{display:none", "#fff", "#１23", " #fff"],
)
def test_setting_takes_hex_only(text: str) -> None:
    """Anything else could write rules of its own into the style sheet, and stops the app."""
    if text == "#fff":
        SimpleLogin(new_app(SIMPLELOGIN_ACCENT=text))
        return
    with pytest.raises(SettingError, match=re.escape("SIMPLELOGIN_ACCENT must be a colour in hex")):
        SimpleLogin(new_app(SIMPLELOGIN_ACCENT=text))


def test_style_sheet_has_the_same_cards() -> None:
    """The contrast is measured against what is there."""
    style = (ROOT / "flask_simplelogin" / "static" / "simplelogin.css").read_text()
    light, dark = re.findall(r"--card: (#\w+);", style)
    assert (parse(light), parse(dark)) == (LIGHT_CARD, DARK_CARD)


def test_default_needs_no_change() -> None:
    """The accent that comes with the package is readable as it is."""
    assert accent_on(LIGHT_CARD, parse(Settings.accent.default)).fill == parse(
        Settings.accent.default
    )
    assert contrast(parse(Settings.accent.default), WHITE) >= AAA
