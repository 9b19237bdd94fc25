"""Card numbers: the plain notation the product keeps (CRED-02)."""

from __future__ import annotations

import re


def plain_card(text: str) -> str:
    """Hexadecimal digits in upper case without separators; nothing is guessed: what is no hexadecimal stays as it is
    and is refused by the credential's own rule.
    """
    return re.sub(r"[\s:.\-]", "", text).upper()


def tail(code: str, digits: int = 4) -> str:
    """The last digits, for recognising a code without telling it."""
    return f"…{code[-digits:]}" if len(code) > digits else "…"
