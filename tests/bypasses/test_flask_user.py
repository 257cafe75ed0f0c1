"""Flask-User, and Flask-Unchained, which took the same check."""

from __future__ import annotations

import pytest

from .conftest import assert_not_followed


@pytest.mark.parametrize("target", ["/////evil.example/path", "\\\\\\evil.example/path"])
def test_many_slashes_in_next(target: str) -> None:
    """Cutting scheme and host off a URL leaves a path that names a host anew.

    CVE-2021-23401 in Flask-User, CVE-2021-23393 in Flask-Unchained.
    """
    assert_not_followed(target)
