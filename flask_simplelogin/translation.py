"""The visitor's language, and our texts in it.

Texts are looked up at the time of the request, by their English original: what is kept in settings,
messages and forms stays English.
"""

from __future__ import annotations

import gettext as catalogues
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from flask import current_app, has_app_context, has_request_context, request
from markupsafe import Markup, escape
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header
from wtforms.i18n import messages_path

KEY = "simplelogin.language"
ENGLISH = "en"

_FOLDER = Path(__file__).parent / "translations"
CODES = (ENGLISH, *sorted(path.name for path in _FOLDER.iterdir() if path.is_dir()))
_BY_PRIMARY_TAG = {code.partition("_")[0]: code for code in CODES}
_TRADITIONAL_CHINESE = {"hant", "hk", "mo", "tw"}
_RIGHT_TO_LEFT = {"ar"}

# Browsers send a few languages. What is longer is cut off.
_MAX_HEADER = 500

# Marks a text for the catalogues that is looked up later, or by another name.
to_translate = str

# What other packages, or code that must not know of languages, say in English to visitors.
_TEXTS_FROM_ELSEWHERE = (
    to_translate("The CSRF token is missing."),
    to_translate("The CSRF session token is missing."),
    to_translate("The CSRF token has expired."),
    to_translate("The CSRF token is invalid."),
    to_translate("The CSRF tokens do not match."),
    to_translate("Give one username only."),
    to_translate("Give one password only."),
    to_translate("This username has a character that can't be part of it."),
    to_translate("This password has a character that can't be part of it."),
    to_translate("This username is too long: at most 1024 bytes."),
    to_translate("This password is too long: at most 4096 bytes."),
    to_translate("Choose a password of at least 8 characters."),
    to_translate("This is one of the passwords that are guessed first. Choose another one."),
    to_translate("This password has too few different characters. Choose another one."),
    to_translate("This password is little more than the username. Choose another one."),
    to_translate("Too many attempts. Try again in {0}."),
    to_translate("Invalid next url"),
)


@dataclass(frozen=True)
class Language:
    """A language in which there are texts; its code is that of a folder of catalogues."""

    code: str

    @property
    def tag(self) -> str:
        """How HTML and HTTP name it (BCP 47)."""
        return self.code.replace("_", "-")

    @property
    def direction(self) -> str:
        """In which direction it is written: ``ltr`` or ``rtl``."""
        return "rtl" if self.code in _RIGHT_TO_LEFT else "ltr"


def current_language() -> Language:
    """Return the language for this request.

    It is that of the setting; else Flask-Babel's locale, where the app has it; else the first one
    in ``Accept-Language`` that there is a catalogue for; else English.
    """
    return Language(_fixed_code() or _code_of_flask_babel() or _accepted_code() or ENGLISH)


def hangs_on_header() -> bool:
    """Return whether another ``Accept-Language`` could give this request another language."""
    return _fixed_code() is None and "babel" not in current_app.extensions


def problem_of_language(code: str) -> str | None:
    """Return why a setting can't name this language, or `None`."""
    return None if code in CODES else f"must be one of {', '.join(CODES)}"


def gettext(text: str) -> str:
    """Return a text of ours in the visitor's language; any other text as it is."""
    return _catalogue(current_language().code).gettext(text) if text else text


def text_for_template(text: str, *args: object) -> Markup:
    """Return a text of ours in the visitor's language, with its placeholders filled."""
    return escape(gettext(text)).format(*args) if args else escape(gettext(text))


def wtforms_translations() -> catalogues.NullTranslations:
    """Return the catalogue of WTForms' own messages in the visitor's language."""
    return _wtforms_catalogue(current_language().code)


def match(tag: str) -> str | None:
    """Return the code of the language that serves a reader of this one, or `None`.

    ``de-AT`` is served by ``de``. Traditional Chinese is not served by the simplified one: it is
    another script.
    """
    primary, *others = tag.lower().replace("_", "-").split("-")
    if primary == "zh" and "hans" not in others and _TRADITIONAL_CHINESE & set(others):
        return None
    return _BY_PRIMARY_TAG.get(primary)


def _fixed_code() -> str | None:
    """Return the language that the app's setting demands."""
    code: str | None = current_app.extensions.get(KEY) if has_app_context() else None
    return code


def _code_of_flask_babel() -> str | None:
    """Return the language of Flask-Babel's locale, which is English where there is none of ours."""
    if not has_app_context() or "babel" not in current_app.extensions:
        return None
    try:
        from flask_babel import get_locale
    except ImportError:  # another extension of that name
        return None
    locale: Any = get_locale()
    return (match(str(locale)) or ENGLISH) if locale else None


def _accepted_code() -> str | None:
    """Return the first language that the visitor's browser asks for and there is."""
    if not has_request_context():
        return None
    header = request.headers.get("Accept-Language", "")[:_MAX_HEADER]
    return _first_accepted(header)


@lru_cache(maxsize=256)
def _first_accepted(header: str) -> str | None:
    """Return the first language in a header that there is."""
    accepted = parse_accept_header(header, LanguageAccept)
    codes = (match(tag) for tag, quality in accepted if quality > 0)
    return next(filter(None, codes), None)


@cache
def _catalogue(code: str) -> catalogues.NullTranslations:
    """Return the catalogue of our texts; English needs none."""
    return catalogues.translation("simplelogin", _FOLDER, [code], fallback=True)


@cache
def _wtforms_catalogue(code: str) -> catalogues.NullTranslations:
    """Return WTForms' catalogue, or ours for a language that it lacks."""
    own = Path(_FOLDER, code, "LC_MESSAGES", "wtforms.mo").exists()
    folder = _FOLDER if own else messages_path()
    return catalogues.translation("wtforms", folder, [code, code.partition("_")[0]], fallback=True)
