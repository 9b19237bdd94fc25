"""Which of the old code pages a text is in, where its bytes tell. What they do not tell is not guessed in silence: the
plan of the file says how it was read.

Latin letters with marks stand alone between plain ones, so a few bytes above 127 in a row mean another script: that one
whose letters the bytes are, with more small letters than capitals. Western and Central European pages differ in bytes
that are signs in the one and letters in the other, and signs do not stand inside words.
"""

from __future__ import annotations

import re
import unicodedata

WESTERN = "cp1252"
NAMES = {
    WESTERN: "Windows-1252 (Western)",
    "cp1250": "Windows-1250 (Central European)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "koi8_r": "KOI8-R (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1255": "Windows-1255 (Hebrew)",
    "shift_jis": "Shift-JIS (Japanese)",
    "euc_kr": "EUC-KR (Korean)",
}
"""By Python's name of the code page, how people call it."""

_SCRIPTS = {"cp1251": "CYRILLIC", "koi8_r": "CYRILLIC", "cp1253": "GREEK", "cp1255": "HEBREW"}
_WIDE = {"shift_jis": ("HIRAGANA", "KATAKANA"), "euc_kr": ("HANGUL",)}
_RUN = re.compile(rb"[\x80-\xff]{3,}")
_HIGH = re.compile(rb"[\x80-\xff]")
_SURE = 0.8
"""Share of the letters above ASCII that must be of the script."""
_SAMPLE = 65_536


def code_page(data: bytes) -> str:
    """The code page of a text that is no Unicode: Windows-1252 where nothing speaks for another."""
    sample = data[:_SAMPLE]
    high = len(_HIGH.findall(sample))
    in_runs = sum(map(len, _RUN.findall(sample)))
    if high and in_runs > high / 2:
        return _by_script(data)
    return "cp1250" if _signs_in_words(data, WESTERN) > _signs_in_words(data, "cp1250") else WESTERN


def _by_script(data: bytes) -> str:
    found = [(_share(data, page, (script,)), page) for page, script in _SCRIPTS.items()]
    found += [(_share(data, page, scripts), page) for page, scripts in _WIDE.items()]
    share, page = max(found)
    return page if share > _SURE else WESTERN


def _share(data: bytes, page: str, scripts: tuple[str, ...]) -> float:
    """Which part of the letters above ASCII is of the script; less when capitals prevail, as in the wrong page."""
    try:
        text = data.decode(page)
    except UnicodeDecodeError:
        return 0.0
    letters = [c for c in text[:_SAMPLE] if ord(c) > 127]
    fit = sum(unicodedata.name(c, "").startswith(scripts) for c in letters)
    small, large = sum(c.islower() for c in letters), sum(c.isupper() for c in letters)
    turned = 0.5 if large > small else 1.0
    return turned * fit / len(letters) if letters else 0.0


def _signs_in_words(data: bytes, page: str) -> int:
    """How many signs stand between two letters, read in a code page; more than all bytes when it cannot be."""
    try:
        text = data.decode(page)
    except UnicodeDecodeError:
        return len(data) + 1
    return len(_IN_WORD.findall(text))


_IN_WORD = re.compile(
    r"(?<=[^\W\d_])[^\w\s\x00-\x7f\u2018\u2019\u2013\u2014](?=[^\W\d_])|(?<=[^\W\d_])[¹²³](?=[^\W\d_])"
)
