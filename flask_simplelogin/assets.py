"""The style sheet and the script of the login's own pages: small, and cached for as long as may be.

The accent colour is a part of the style sheet, since the policy of our pages allows no style in
the HTML. The content's hash in the URL lets browsers keep a file without asking again.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from flask import Response, request
from werkzeug.exceptions import NotFound

from .colors import DARK_CARD, LIGHT_CARD, Color, accent_on, parse, to_hex

_FOLDER = Path(__file__).parent / "static"
_TYPES = {"simplelogin.css": "text/css", "simplelogin.js": "text/javascript"}
# An answer may carry the refreshed cookie of a session: it is for one browser only.
_FOREVER = "private, max-age=31536000, immutable"


@dataclass(frozen=True)
class Asset:
    """A file as it is sent."""

    content: bytes
    mimetype: str

    @property
    def version(self) -> str:
        """What stands in the URL and changes with the content."""
        return sha256(self.content).hexdigest()[:12]


class Assets:
    """The files of one app, whose style sheet has the app's accent colour."""

    def __init__(self, accent: str) -> None:
        self._files = {
            name: Asset((_FOLDER / name).read_bytes(), mimetype)
            for name, mimetype in _TYPES.items()
        }
        style = self._files["simplelogin.css"]
        colors = _accent_rules(parse(accent)).encode()
        self._files["simplelogin.css"] = Asset(style.content + colors, style.mimetype)
        self._versions = {name: asset.version for name, asset in self._files.items()}

    def version(self, filename: str) -> str | None:
        """Return what stands in the URL of a file, or `None` if there is none of that name."""
        return self._versions.get(filename)

    def answer(self, filename: str) -> Response:
        """Return the file for the current request.

        Under the URL that has the hash of its content it may be kept for a year; under any other,
        as in the time between two versions of an app, browsers ask again.

        Raises:
            NotFound: There is no file of that name.
        """
        asset = self._files.get(filename)
        if asset is None:
            raise NotFound
        response = Response(asset.content, mimetype=asset.mimetype)
        is_current = request.args.get("v") == self._versions[filename]
        response.headers["Cache-Control"] = _FOREVER if is_current else "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        response.set_etag(self._versions[filename])
        response.make_conditional(request)
        return response


def _accent_rules(color: Color) -> str:
    """Return the rules by which the accent colour gets into the style sheet."""
    light, dark = _variables(LIGHT_CARD, color), _variables(DARK_CARD, color)
    return f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}"


def _variables(card: Color, color: Color) -> str:
    """Return the accent's variables for one look."""
    accent = accent_on(card, color)
    return ";".join(
        f"--{name.replace('_', '-')}:{to_hex(value)}" for name, value in vars(accent).items()
    )
