"""Plone."""

from __future__ import annotations

import pytest

from .conftest import assert_not_followed


@pytest.mark.parametrize("target", [" http://evil.example", " //evil.example", "\t//evil.example"])
def test_space_before_the_url(target: str) -> None:
    """A browser strips a URL before it reads it: CVE-2013-4200."""
    assert_not_followed(target)


@pytest.mark.parametrize("target", ["https:evil.example", "https:/evil.example", "http:x"])
def test_scheme_without_slashes(target: str) -> None:
    """A scheme without slashes leads to a host in some browsers: CVE-2021-32806."""
    assert_not_followed(target)
