"""Who counts as the same client, and what as the same name, where guesses are counted."""

from __future__ import annotations

import hmac
import re
from ipaddress import IPv6Address, ip_address, ip_network
from unicodedata import category, normalize

UNKNOWN = "unknown"

# Letters with a stroke and ligatures, which Unicode does not take apart, and directories do.
_PLAIN_LETTERS = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}
)

# Marks on letters, what can't be seen, and spaces.
_IGNORED = {"Mn", "Me", "Cf", "Zs", "Zl", "Zp"}


# How some proxies write a client: with a port behind it, and then brackets around IPv6.
_PORT = re.compile(r"^(?:\[([0-9a-fA-F:.]+)\](?::\d+)?|(\d+\.\d+\.\d+\.\d+):\d+)$")


def network_of(address: str | None, ipv4_prefix: int, ipv6_prefix: int) -> str:
    """Return the network that a client's address lies in.

    An IPv4 address that is written as IPv6 (``::ffff:192.0.2.7``) is one of IPv4. All that is no
    address, as behind a Unix socket or a proxy that forwards "unknown", is one network.
    """
    try:
        found = ip_address(_PORT.sub(r"\1\2", (address or "").strip()))
    except ValueError:
        return UNKNOWN
    if isinstance(found, IPv6Address) and found.ipv4_mapped:
        found = found.ipv4_mapped
    prefix = ipv4_prefix if found.version == 4 else ipv6_prefix
    return str(ip_network((found.packed, prefix), strict=False))


def fold(username: str) -> str:
    """Return the text under which guesses at a name are counted.

    Some checkers take names for the same that are written otherwise (a directory, MySQL): capitals,
    accents, other forms of a letter, spaces. Whoever could write a name in a thousand ways would
    have a thousand times the guesses.
    """
    text = normalize("NFKD", normalize("NFKD", username).casefold()).translate(_PLAIN_LETTERS)
    return "".join(character for character in text if category(character) not in _IGNORED)


def pseudonym(key: str | bytes, text: str) -> str:
    """Return what stands for a text in a key of the storage, and can't be read back from it.

    A password that was typed into the wrong field must not be found there.
    """
    key = key.encode() if isinstance(key, str) else key
    return hmac.new(b"simplelogin guesses" + key, text.encode(), "sha256").hexdigest()[:32]
