r"""May this `next` be followed, and what exactly goes into ``Location``?

Pure functions. A URL is read as browsers read it (the WHATWG URL Standard), not as `urllib.parse`
does: the two disagree on ``////host``, ``http:host``, ``/\host``, tabs and more, and each
disagreement has been somebody's open redirect. So nothing here looks for bad patterns: a target is
taken apart, each part is held against what it may be, and ``Location`` is built from the parts.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import quote

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}

# What may stand unescaped in a path, a query and a fragment (RFC 3986); "%" because what is
# escaped already stays as it is.
_PATH_SAFE = "/!$&'()*+,:;=@-._~%[]|^"
_QUERY_SAFE = _PATH_SAFE + "?\\`{}"
_FRAGMENT_SAFE = _QUERY_SAFE + "#"

_TARGET = re.compile(
    r"(?:(?:(?P<scheme>https?):)?//(?P<host>[^/?#\\@]+))?"
    r"(?P<path>(?:/[^?#\\]*)?)"
    r"(?P<query>\?[^#]*)?"
    r"(?P<fragment>#.*)?",
    re.IGNORECASE | re.ASCII,
)
_UNSEEN = re.compile("[\x00-\x1f\x7f\ud800-\udfff]")


@dataclass(frozen=True)
class Site:
    """Where the app stands, as the visitor's browser sees it.

    Args:
        scheme: ``http`` or ``https``.
        host: The host, with its port where that isn't the scheme's own.
        root_path: The prefix under which the app is mounted, without a slash at its end.
        allowed_hosts: Other hosts, with port, that a redirect may lead to.
    """

    scheme: str
    host: str
    root_path: str = ""
    allowed_hosts: Collection[str] = ()

    def within_mount(self, path: str) -> str:
        """Return the path below the mount, unless it stands there already."""
        root = quoted_path(self.root_path)
        if path == root or path.startswith(root + "/"):
            return path
        return root + path

    def is_origin_of(self, url: str) -> bool:
        """Return whether an absolute URL, or an ``Origin``, is one of exactly this origin."""
        parts = None if _UNSEEN.search(url) else _TARGET.fullmatch(url)
        if parts is None or parts["scheme"] is None:
            return False
        scheme = parts["scheme"].lower()
        host = _normal_host(scheme, parts["host"])
        return host is not None and self._is_own(scheme, host)

    def _is_own(self, scheme: str, host: str) -> bool:
        """Return whether scheme and normal host are this site's."""
        return (scheme, host) == (self.scheme, _normal_host(self.scheme, self.host))

    def follow(self, target: str) -> str | None:
        """Return the ``Location`` for a `next`, or `None` where it must not be followed.

        Followed are a path on this site, and an absolute URL of exactly this origin, which is
        reduced to its path (so a forged ``Host`` can't make a foreign URL ours); both are kept
        below the mount. A URL whose http(s) host is one of `allowed_hosts` is followed as it is.
        All else is refused.
        """
        parts = None if _UNSEEN.search(target) else _TARGET.fullmatch(target)
        if parts is None:
            return None
        path = _remove_dot_segments(parts["path"]) if parts["path"] else "/"
        if path is None:
            return None
        rest = quote(path, safe=_PATH_SAFE)
        tail = quote(parts["query"] or "", safe=_QUERY_SAFE)
        if parts["fragment"]:
            tail += quote(parts["fragment"], safe=_FRAGMENT_SAFE)
        if parts["host"] is None:
            return self.within_mount(rest) + tail if parts["path"] else None
        scheme = (parts["scheme"] or self.scheme).lower()
        host = _normal_host(scheme, parts["host"])
        if host and self._is_own(scheme, host):
            return self.within_mount(rest) + tail
        if host and host in {_normal_host(scheme, allowed) for allowed in self.allowed_hosts}:
            return f"{scheme}://{host}{rest}{tail}"
        return None


def quoted_path(path: str, query_string: bytes = b"") -> str:
    """Return a request's decoded path and raw query as the browser would write them in a URL."""
    query = quote(query_string, safe=_QUERY_SAFE)
    return quote(path, safe=_PATH_SAFE.replace("%", "")) + ("?" + query if query else "")


def _normal_host(scheme: str, host: str) -> str | None:
    """Return the host in lower case without the scheme's own port, or `None` if it isn't plain."""
    if not host.isascii():
        return None
    return host.lower().removesuffix(_DEFAULT_PORTS[scheme])


def _remove_dot_segments(path: str) -> str | None:
    """Return a path without ``.`` and ``..``, escaped or not.

    What would come out with two slashes in front is refused: as a ``Location`` it names a host.
    """
    segments = path.split("/")[1:]
    kept: list[str] = []
    for number, segment in enumerate(segments, start=1):
        dots = segment.lower().replace("%2e", ".")
        if dots not in {".", ".."}:
            kept.append(segment)
            continue
        if dots == "..":
            del kept[-1:]
        if number == len(segments):
            kept.append("")
    clean = "/" + "/".join(kept)
    return None if clean.startswith("//") else clean
