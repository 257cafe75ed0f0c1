"""Flask-Admin."""

from __future__ import annotations

import pytest

from .conftest import assert_not_followed


@pytest.mark.parametrize(
    "target",
    [
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "java\tscript:alert(1)",
        "//javascript:alert(1)",
    ],
)
def test_script_as_redirect_target(target: str) -> None:
    """A URL without a host is not always a path on this site: CVE-2018-16516."""
    assert_not_followed(target)
