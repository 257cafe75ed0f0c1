"""Where does this request come from? What keeps other sites from acting for a visitor."""

from __future__ import annotations

from flask import request

from .redirects import Site


def site() -> Site:
    """Return where the app stands for this request, without any other host."""
    mount = request.root_path.strip("/")
    return Site(request.scheme, request.host, f"/{mount}" if mount else "")


def is_from_this_site() -> bool:
    """Return whether the request comes from a page of this origin, or from no page at all.

    Told by ``Sec-Fetch-Site``, or else by ``Origin`` or ``Referer`` (OWASP, Cross-Site Request
    Forgery Prevention). What sends none of the three is no browser, or a visitor who typed the
    address.
    """
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None:
        return fetch_site.strip().lower() in {"same-origin", "none"}
    source = request.headers.get("Origin") or request.headers.get("Referer")
    return source is None or site().is_origin_of(source)


def is_deliberate_visit() -> bool:
    """Return whether a GET was made by a visitor who followed a link of this site.

    Not so for HEAD, a prefetch, an image, a frame or any other part of a page, and for what comes
    from another site.
    """
    headers = request.headers
    destination = headers.get("Sec-Fetch-Dest", "").strip().lower()
    purposes = (headers.get(name, "") for name in ("Sec-Purpose", "Purpose", "X-Moz", "X-Purpose"))
    return (
        request.method != "HEAD"
        and destination in {"", "document", "empty"}
        and not headers.get("Accept", "").lstrip().startswith("image/")
        and not any("pre" in purpose.lower() for purpose in purposes)
        and is_from_this_site()
    )
