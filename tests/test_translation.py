"""The visitor's language: how it is chosen, and that nothing is left in another."""

from __future__ import annotations

import gettext
import re
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from babel import Locale
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from flask import Flask
from flask_wtf import FlaskForm
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wtforms import PasswordField, StringField
from wtforms.validators import Length

from flask_simplelogin import LoginForm, Message, SettingError, SimpleLogin, translation
from flask_simplelogin.names import problem_of_text
from flask_simplelogin.passwords import problem_of_new
from flask_simplelogin.translation import CODES, Language, match

from .conftest import Visitor, client_of, new_app, with_views
from .servers import ROOT

PACKAGE = ROOT / "flask_simplelogin"
CATALOGUES = sorted(PACKAGE.glob("translations/*/LC_MESSAGES/*.po"))
LANGUAGES = ("ar", "de", "es", "fr", "hi", "it", "ja", "pt_BR", "zh_Hans")
BROWSER = {"Accept": "text/html"}

# "Log in" and "invalid credentials".
WORDS = {
    "ar": ("تسجيل الدخول", "اسم المستخدم أو كلمة المرور غير صحيحة"),
    "de": ("Anmelden", "Benutzername oder Passwort ist falsch"),
    "en": ("Log in", "invalid credentials"),
    "es": ("Iniciar sesión", "Nombre de usuario o contraseña incorrectos"),
    "fr": ("Se connecter", "Nom d’utilisateur ou mot de passe incorrect"),
    "hi": ("लॉग इन करें", "उपयोगकर्ता नाम या पासवर्ड गलत है"),
    "it": ("Accedi", "Nome utente o password non corretti"),
    "ja": ("ログイン", "ユーザー名またはパスワードが正しくありません"),
    "pt_BR": ("Entrar", "Nome de usuário ou senha incorretos"),
    "zh_Hans": ("登录", "用户名或密码错误"),
}


def asking_for(header: str) -> dict[str, str]:
    """Return the headers of a browser that is set to these languages."""
    return {**BROWSER, "Accept-Language": header}


def language_of(text: str) -> str:
    """Return the language that a page says it is in."""
    found = re.search(r'<html lang="([^"]+)"', text)
    assert found, text
    return found[1]


# The catalogues


def texts_in_the_source() -> set[str]:
    """Return what `make translations` would put into the catalogues."""
    found = re.search(r"^KEYWORDS = (.+)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert found
    extracted = extract_from_dir(
        PACKAGE,
        method_map=[("**.py", "python"), ("templates/**.html", "jinja2")],
        keywords=dict.fromkeys(found[1].split()),
    )
    return {str(text) for _file, _line, text, _comments, _context in extracted}


def catalogue(path: Path) -> Catalog:
    """Return a catalogue as it is written."""
    with path.open("rb") as file:
        return read_po(file, locale=path.parts[-3])


def entries(found: Catalog) -> Iterator[tuple[str, str]]:
    """Yield each text with its translation; of a plural, all its forms."""
    for message in found:
        if message.id:
            ids = message.id if isinstance(message.id, tuple) else (message.id,)
            strings = message.string if isinstance(message.string, tuple) else (message.string,)
            yield from zip(ids * len(strings), strings, strict=False)


def test_languages() -> None:
    """There are ten."""
    assert ("en", *LANGUAGES) == CODES
    assert set(WORDS) == set(CODES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogue_has_every_text(language: str) -> None:
    """None is missing, and none is there that nobody is shown: run `make translations`."""
    found = catalogue(PACKAGE / f"translations/{language}/LC_MESSAGES/simplelogin.po")
    assert {text for text, _translation in entries(found)} == texts_in_the_source()
    assert not found.obsolete


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_every_text_is_translated(path: Path) -> None:
    """With the same placeholders, and for certain."""
    for message in catalogue(path):
        assert not message.fuzzy
    for text, translated in entries(catalogue(path)):
        assert translated, text
        placeholders = r"\{\d\}|%\(\w+\)[sd]|%s|https?://[\w.]+|SIMPLELOGIN_\w+"
        assert sorted(re.findall(placeholders, translated)) == sorted(
            re.findall(placeholders, text)
        )
        assert not re.search(r"[<>&]", translated)


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: f"{path.parts[-3]}-{path.stem}")
def test_what_is_read_is_what_is_written(path: Path) -> None:
    """The compiled catalogue is that of the text: run `make translations`."""
    with path.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    for message in catalogue(path):
        ids, strings = message.id, message.string
        if isinstance(ids, tuple) and isinstance(strings, tuple):
            one, many = ids
            assert (compiled.ngettext(one, many, 1), compiled.ngettext(one, many, 7)) == strings
        elif isinstance(ids, str) and ids:
            assert compiled.gettext(ids) == strings


def test_templates_say_nothing_else() -> None:
    """All that a visitor reads in them is looked up."""
    for template in (PACKAGE / "templates").rglob("*.html"):
        text = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}", "", template.read_text(), flags=re.S)
        assert not re.search(r"(?:aria-label|alt|title|placeholder)=\"[^\"]*\w", text), template
        assert not re.search(r"\w", re.sub(r"<[^>]*>", "", text)), template


def test_texts_from_elsewhere_are_complete() -> None:
    """What other modules find wrong with a name or a password is translated too."""
    texts = texts_in_the_source()
    for name, most in (("username", 1024), ("password", 4096)):
        for value in ("", "a\0b", "a" * 5000):
            assert problem_of_text(value, name, most) in texts
    for password in ("short", "password123", "abababab", "ada-xada"):
        assert problem_of_new(password, "ada") in texts


class Bracketed(gettext.NullTranslations):
    """A language that puts each text of ours into brackets."""

    def gettext(self, message: str) -> str:
        """Return the text in brackets, if it is in the catalogues."""
        return f"⟦{message}⟧" if message in self.texts else message

    texts = frozenset(texts_in_the_source())


def test_pages_say_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shown in a language that can be told, they have no word in another; forms and errors too."""
    monkeypatch.setattr(translation, "_catalogue", lambda _code: Bracketed())
    app = new_app(SIMPLELOGIN_REMEMBER_ME=True)
    login = SimpleLogin(app, users="sqlite://")
    with app.app_context():
        login.users.add("007", "analytical-engine")
    visitor = client_of(app)
    pages = [
        visitor.get("/login/"),
        visitor.post("/login/"),
        visitor.log_in("", ""),
        visitor.log_in("7", "7"),
        visitor.get("/login/?next=//evil.example", headers=BROWSER),
    ]
    visitor.log_in("007", "analytical-engine")
    foreign = {**BROWSER, "Sec-Fetch-Site": "cross-site"}
    form = visitor.get("/password/")
    password = {"csrf_token": visitor.token(form)}
    wrong = {**password, "password": "7", "new_password": "7", "repeated": "7"}
    pages += [
        visitor.get("/"),
        visitor.get("/logout/", headers=foreign),
        form,
        visitor.post("/password/", data=password),
        visitor.post("/password/", data=wrong),
        visitor.post("/password/", data={**wrong, "password": "analytical-engine"}),
        visitor.post("/password/", data={**wrong, "repeated": "8"}),
        visitor.post("/password/", data=wrong, headers=foreign),
    ]
    for page in pages:
        text = re.sub(r"⟦.*?⟧|<[^>]*>|csrf_token", "", unescape(page.text), flags=re.S)
        assert "⟦" in page.text
        assert not re.search(r"[^\W\d]", text), text


# The choice


@pytest.mark.parametrize("language", CODES)
def test_page_in_each_language(language: str) -> None:
    """With its direction, and all that goes with it."""
    app = new_app()
    SimpleLogin(app)
    visitor = client_of(app)
    heading, failure = WORDS[language]
    headers = asking_for(language.replace("_", "-"))
    page = visitor.get("/login/", headers=headers)
    assert language_of(page.text) == language.replace("_", "-") == page.content_language.to_header()
    assert f'dir="{"rtl" if language == "ar" else "ltr"}"' in page.text
    assert f"<h1>{heading}</h1>" in page.text
    assert failure in visitor.log_in(password="wrong", headers=headers).text


@pytest.mark.parametrize("language", CODES)
def test_page_is_small_in_each_language(language: str) -> None:
    """With an error, its style and its script it has 10 KB at most."""
    app = new_app(SIMPLELOGIN_REMEMBER_ME=True)
    SimpleLogin(app)
    visitor = client_of(app)
    headers = asking_for(language.replace("_", "-"))
    page = visitor.log_in(password="", headers=headers)
    urls = re.findall(r'(?:href|src)="(/simplelogin/[^"]+)"', page.text)
    assert len(urls) == 2
    assert sum(len(answer.data) for answer in (page, *map(visitor.get, urls))) <= 10_000


@pytest.mark.parametrize("code", CODES)
def test_direction(code: str) -> None:
    """It is the one that the Unicode project has for the language."""
    expected = "rtl" if Locale.parse(code).character_order == "right-to-left" else "ltr"
    assert Language(code).direction == expected


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("*", "en"),
        ("en-GB,de;q=0.5", "en"),
        ("de-AT,en;q=0.5", "de"),
        ("en;q=0.5,de", "de"),
        ("de;q=0,fr;q=0.1", "fr"),
        ("de;q=0,ko", "en"),
        ("ko,ru;q=0.9,it;q=0.1", "it"),
        ("ko", "en"),
        ("pt", "pt-BR"),
        ("pt-PT", "pt-BR"),
        ("zh", "zh-Hans"),
        ("zh-CN", "zh-Hans"),
        ("zh-Hans-HK", "zh-Hans"),
        ("zh-TW", "en"),
        ("zh-Hant,ja;q=0.5", "ja"),
        ("zh-HK", "en"),
        ("DE", "de"),
        ("de_DE", "de"),
        ("de;q=nan,;;;=,\xff", "en"),
        ("../../etc/passwd", "en"),
        ("de/../ar", "en"),
        ("x" * 5000, "en"),
        (",".join(["ko"] * 2000), "en"),
    ],
)
def test_language_that_the_browser_asks_for(visitor: Visitor, header: str, language: str) -> None:
    """The first that there is, by the order of the visitor's wishes; English in the end."""
    page = visitor.get("/login/", headers=asking_for(header))
    assert page.status_code == 200
    assert language_of(page.text) == language
    assert "Accept-Language" in page.headers["Vary"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.text(st.characters(min_codepoint=32, max_codepoint=255)))
def test_any_header(app: Flask, header: str) -> None:
    """Whatever it holds, there is a page in one of the languages."""
    with app.test_request_context(headers={"Accept-Language": header}):
        text = app.jinja_env.from_string("{{ simplelogin_language().tag }}").render()
    assert text in {code.replace("_", "-") for code in CODES}


@given(st.text())
def test_any_tag(tag: str) -> None:
    """It is served by a language that there is, or by none."""
    assert match(tag) in {None, *CODES}


def test_one_language_by_a_setting() -> None:
    """Whatever the browser asks for; the answer then hangs on no header."""
    app = new_app(SIMPLELOGIN_LANGUAGE="fr")
    SimpleLogin(app)
    page = client_of(app).get("/login/", headers=asking_for("de"))
    assert language_of(page.text) == "fr"
    assert "Accept-Language" not in page.headers["Vary"]
    with pytest.raises(SettingError, match="SIMPLELOGIN_LANGUAGE must be one of en, ar, de"):
        SimpleLogin(new_app(SIMPLELOGIN_LANGUAGE="tlh"))


FLASK_BABEL = """
import sys
sys.path.append(sys.prefix + "/flask-babel")
from flask import Flask, request
from flask_babel import Babel
from flask_simplelogin import SimpleLogin

app = Flask("app")
app.secret_key = "key"
SimpleLogin(app)
if sys.argv[1] == "with":
    Babel(app, default_locale="fr", locale_selector=lambda: request.args.get("lang"))
client = app.test_client()
for lang in ("de", "pt_BR", "zh_Hans_CN", "ko"):
    answer = client.get("/login/", query_string={"lang": lang}, headers={"Accept-Language": "es"})
    print(answer.content_language, "Accept-Language" in answer.headers["Vary"], end="; ")
answer = client.post("/login/", headers={"Accept-Language": "es"})
print(answer.content_language, "CSRF" in answer.text)
"""


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("with", "de False; pt-BR False; zh-Hans False; en False; fr True"),
        ("without", "es True; es True; es True; es True; es True"),
    ],
)
def test_flask_babel(kind: str, told: str) -> None:
    """Where the app has it, its locale counts; where it is only installed, the browser's wish.

    In a process of its own: Flask-Admin demands that each app sets it up where it is installed.
    """
    command = [sys.executable, "-W", "error", "-c", FLASK_BABEL, kind]
    result = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    assert result.returncode == 0, result.stderr
    assert result.stdout.strip() == told


# The texts


def test_messages_are_translated_as_they_are_told(app: Flask, visitor: Visitor) -> None:
    """What is kept stays English, in the class and in the app."""
    visitor.get("/secret", headers=asking_for("de"))
    assert visitor.flashes() == [("warning", "Bitte melden Sie sich zuerst an")]
    login: SimpleLogin = app.extensions["simplelogin"]
    assert login.messages["logout"] == SimpleLogin.messages["logout"] == Message("Logged out!")
    with app.test_request_context(headers=asking_for("de")):
        assert Message.from_current_app("logout") == Message("Sie sind abgemeldet.")
    with app.test_request_context():
        assert Message.from_current_app("logout") == Message("Logged out!")
    with app.app_context():
        assert Message.from_current_app("logout") == Message("Logged out!")


def test_message_waits_once_in_each_language(visitor: Visitor) -> None:
    """Also the translated one."""
    for _ in range(3):
        visitor.get("/secret", headers=asking_for("de"))
    assert len(visitor.flashes()) == 1


def test_own_messages_win() -> None:
    """In every language, and also where they are an English text of ours."""
    app = new_app()
    SimpleLogin(app, messages={"login_failure": "Nope.", "login_required": "Log in"})
    with_views(app)
    visitor = client_of(app)
    assert "Nope." in visitor.log_in(password="wrong", headers=asking_for("de")).text
    visitor.get("/secret", headers=asking_for("de"))
    assert visitor.flashes() == [("primary", "Log in")]


def test_denied_page_is_translated(visitor: Visitor) -> None:
    """Its message and the rest, while what a validator says stays as it is."""
    app = visitor.application
    assert isinstance(app, Flask)
    visitor.log_in()
    with visitor.session_transaction() as session:
        session["simple_username"] = "ada"
    page = visitor.get("/only-admin", headers=asking_for("fr")).text
    assert "<h1>Accès refusé</h1>" in page
    assert "Vous êtes connecté en tant que ada." in page


def test_json_speaks_the_same_language(visitor: Visitor) -> None:
    """A script that asks for a language gets it; one that asks for none gets English."""
    german = {"Accept": "application/json", "Accept-Language": "de"}
    assert "Bitte melden" in visitor.get("/secret", headers=german).get_json()["detail"]
    english = {"Accept": "application/json"}
    detail = visitor.get("/secret", headers=english).get_json()["detail"]
    assert detail == "You need to login first"


class OwnForm(FlaskForm):
    """A form that knows nothing of languages."""

    username = StringField("Username", [Length(2, 9)])
    password = PasswordField("The magic word")


@pytest.mark.parametrize("base", [LoginForm, OwnForm])
@pytest.mark.parametrize(
    ("language", "found"),
    [
        ("de", "Feld muss zwischen 2 und 9 Zeichen beinhalten."),
        ("hi", "फ़ील्ड में 2 से 9 के बीच वर्ण होने चाहिए।"),
        ("en", "Field must be between 2 and 9 characters long."),
    ],
)
def test_messages_of_wtforms_follow(base: Any, language: str, found: str) -> None:
    """In a form of ours and in one of the program; labels that are none of our texts stay."""

    class Form(base):
        pin = StringField("PIN", [Length(2, 9)])

    app = new_app(SIMPLELOGIN_REMEMBER_ME=True)
    SimpleLogin(app, login_form=Form)
    page = client_of(app).log_in(
        "ada", "x", data={"pin": "0123456789"}, headers=asking_for(language)
    )
    assert found in page.text
    assert ">PIN</label>" in page.text
    remember = {"de": "Angemeldet bleiben", "hi": "मुझे लॉग इन रखें", "en": "Keep me signed in"}
    assert f"{remember[language]}</label>" in page.text
    assert (base is OwnForm) == ("The magic word" in page.text)


def test_field_of_a_form_of_the_program_is_asked_for_in_the_language() -> None:
    """Our own texts are found in it, too."""
    app = new_app()
    SimpleLogin(app, login_form=OwnForm)
    page = client_of(app).get("/login/", headers=asking_for("it")).text
    assert ">Nome utente</label>" in page
    assert ">The magic word</label>" in page


def test_token_is_reported_in_the_language(visitor: Visitor) -> None:
    """The name of the field stays, for whoever looks for the reason."""
    page = visitor.post("/login/", headers=asking_for("es")).text
    assert "csrf_token Falta el token CSRF." in page
    assert "Inténtelo de nuevo." in page


def test_log_is_english(visitor: Visitor, caplog: pytest.LogCaptureFixture) -> None:
    """Whoever reads it did not send the request."""
    visitor.log_in(password="wrong", headers=asking_for("ar"))
    visitor.post("/login/", headers=asking_for("ar"))
    assert caplog.text
    assert caplog.text.isascii()
