"""Looking for a secret code in a text."""

from __future__ import annotations

import re


def stands_in(code: str, text: str) -> bool:
    """Whether a code stands in a text as a word of its own: ids are hexadecimal and hold any few digits by chance."""
    return re.search(rf"(?<![0-9A-Za-z]){re.escape(code)}(?![0-9A-Za-z])", text) is not None
