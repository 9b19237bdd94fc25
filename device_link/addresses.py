"""MAC addresses from the network: one notation, bogus ones dropped, the makers that matter here. Pure functions."""

from __future__ import annotations

import re

AKUVOX = "Akuvox"
TWO_N = "2N"

_MAKERS = {"0C1105": AKUVOX, "7C1EB3": TWO_N}
"""The blocks registered to the makers (device API 5)."""


def real_mac(text: object) -> str:
    """Twelve upper-case hexadecimal digits; empty for what is no MAC of a card (all zeros, all ones, group addresses).

    Pairs may lack their leading zero, as macOS prints them (`c:11:5:2a:7f:31`).
    """
    if not isinstance(text, str) or len(text) > 32:
        return ""
    parts = re.split(r"[:\-]", text.strip())
    digits = "".join(part.zfill(2) for part in parts) if len(parts) == 6 else re.sub(r"[\s:.\-]", "", text)
    digits = digits.upper()
    if not re.fullmatch(r"[0-9A-F]{12}", digits) or digits == "0" * 12 or int(digits[1], 16) & 1:
        return ""
    return digits


def maker_of(mac: str) -> str:
    """The maker by the first three bytes of a MAC in plain notation; empty when it is none that we know."""
    return _MAKERS.get(mac[:6], "")
