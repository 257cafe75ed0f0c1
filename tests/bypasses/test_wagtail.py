"""Wagtail and django-basic-auth-ip-whitelist: one shared password for everybody."""

from __future__ import annotations

import hmac

import pytest

from ..conftest import client_of
from .conftest import NAME, PASSWORD, app_of_ada


@pytest.mark.parametrize("name", [NAME, "nobody"])
def test_comparison_that_stops_early(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A comparison that ends at the first wrong letter tells how many were right.

    CVE-2020-11037 in Wagtail, CVE-2020-4071 in django-basic-auth-ip-whitelist.
    """
    compared: set[tuple[bytes, bytes]] = set()
    original = hmac.compare_digest

    def compare(one: bytes, other: bytes) -> bool:
        compared.add((one, other))
        return original(one, other)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    app = app_of_ada()
    assert client_of(app).get("/api", auth=(name, "pässword")).status_code == 401
    assert (NAME.encode(), name.encode()) in compared
    assert (PASSWORD.encode(), "pässword".encode()) in compared
