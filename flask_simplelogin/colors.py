"""Pure: an accent colour, and what must be made of it so that everybody can read it."""

from __future__ import annotations

import re
from dataclasses import dataclass

Color = tuple[int, int, int]

# WCAG 2.2, success criterion 1.4.6 (AAA).
TEXT_CONTRAST = 7.0

BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)

# What text stands on in either look; the style sheet has the same two colours.
LIGHT_CARD: Color = WHITE
DARK_CARD: Color = (0x17, 0x1B, 0x26)

_STEPS = 64
_HEX = re.compile(r"#(?:[0-9a-fA-F]{3}|[0-9a-fA-F]{6})")


@dataclass(frozen=True)
class Accent:
    """The accent in one look.

    Args:
        fill: The colour of a button; the accent itself where its text can be read on it.
        on_fill: The colour of the button's text.
        ink: The colour of links, of the focus and of the button's edge.
    """

    fill: Color
    on_fill: Color
    ink: Color


def problem_of_color(text: str) -> str | None:
    """Return what is wrong with a colour in a setting, or `None`."""
    return None if _HEX.fullmatch(text) else "must be a colour in hex, as in '#1f4fd1'"


def parse(text: str) -> Color:
    """Return the colour that a text such as ``#1f4fd1`` or ``#14d`` stands for."""
    digits = text.removeprefix("#")
    if len(digits) == 3:
        digits = "".join(digit * 2 for digit in digits)
    red, green, blue = bytes.fromhex(digits)
    return red, green, blue


def to_hex(color: Color) -> str:
    """Return the colour as CSS has it."""
    return f"#{bytes(color).hex()}"


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def accent_on(card: Color, color: Color) -> Accent:
    """Return what the accent becomes on cards of that colour, with AAA contrast for all text."""
    on_fill = max(WHITE, BLACK, key=lambda text: contrast(text, color))
    return Accent(readable_on(on_fill, color), on_fill, readable_on(card, color))


def readable_on(background: Color, color: Color) -> Color:
    """Return the colour, as little darkened or lightened as can be read on the background."""
    end = max(WHITE, BLACK, key=lambda goal: contrast(goal, background))
    mixed = (_mix(color, end, step / _STEPS) for step in range(_STEPS + 1))
    return next((shade for shade in mixed if contrast(shade, background) >= TEXT_CONTRAST), end)


def _mix(color: Color, end: Color, share: float) -> Color:
    """Return a colour on the way to another one."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(color, end, strict=True))
    return red, green, blue


def _luminance(color: Color) -> float:
    """Return the relative luminance, from 0 to 1 (WCAG 2.2, "relative luminance")."""
    red, green, blue = (
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (part / 255 for part in color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
