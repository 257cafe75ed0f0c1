"""Which addresses are one network, and which names are one name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_simplelogin.clients import fold, network_of, pseudonym


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7/32"),
        ("::ffff:192.0.2.7", "192.0.2.7/32"),
        ("::FFFF:c000:0207", "192.0.2.7/32"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:DB8:1:2::", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("fe80::1%eth1", "fe80::/64"),
        *[(address, "unknown") for address in (None, "", "unknown", "unix:", "_hidden", "1.2.3")],
        ("192.0.2.7:4711", "192.0.2.7/32"),
        ("192.0.2.7, 198.51.100.1", "unknown"),
    ],
)
def test_network(address: str | None, network: str) -> None:
    """However an address is written; what is none is one network."""
    assert network_of(address, 32, 64) == network


def test_prefixes() -> None:
    """They are settings: a whole site, or a whole provider, can be one network."""
    assert network_of("192.0.2.7", 24, 64) == "192.0.2.0/24"
    assert network_of("::ffff:192.0.2.7", 24, 64) == "192.0.2.0/24"
    assert network_of("2001:db8:1:2::3", 32, 48) == "2001:db8:1::/48"


@given(st.text(max_size=50))
def test_no_address_is_an_error(address: str) -> None:
    """Whatever a proxy forwards."""
    assert network_of(address, 32, 64)


@pytest.mark.parametrize(
    "name",
    ["Ada", "ADA", " ada ", "a\u00adda", "ａｄａ", "áda", "a\u0301da", "ada\u200b", "a da"],
)
def test_other_ways_to_write_a_name(name: str) -> None:
    """They are counted as one: some checkers take them for one."""
    assert fold(name) == "ada"


@pytest.mark.parametrize(("one", "other"), [("STRASSE", "straße"), ("ﬁn", "FIN"), ("Σας", "σασ")])
def test_letters_with_several_forms(one: str, other: str) -> None:
    """Case is folded, as Unicode has it."""
    assert fold(one) == fold(other)


@pytest.mark.parametrize("other", ["adam", "eve", "ad", "ada1", "аda"])
def test_other_names(other: str) -> None:
    """They stay apart; so do letters of other scripts that look alike."""
    assert fold(other) != "ada"


@given(st.text(max_size=50))
def test_folding_twice_changes_nothing(name: str) -> None:
    """For any text."""
    assert fold(fold(name)) == fold(name)


def test_pseudonym_tells_nothing() -> None:
    """It hangs on the key, so that nobody can try which text it stands for."""
    assert pseudonym("key", "ada") == pseudonym(b"key", "ada")
    assert pseudonym("key", "ada") != pseudonym("another key", "ada")
    assert len(pseudonym("key", "x" * 5000)) == 32
    assert pseudonym("key", "ada").isalnum()
