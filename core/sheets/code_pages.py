"""Which of the old code pages a text is in, where its bytes tell. What they do not tell is asked, never guessed.

Three kinds of text are told apart. Wide pages (Chinese, Japanese, Korean) have their common characters in parts of
their own, so a text is weighed by how many of its pairs stand there, and by the characters of frequent names. Of pages
with one other script the letters of that script show, with more small letters than capitals. Latin pages differ in some
letters only: a page fits when one language writes everything that the text would have in it.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from itertools import pairwise

WESTERN = "cp1252"
NAMES = {
    WESTERN: "Windows-1252 (Western)",
    "cp1250": "Windows-1250 (Central European)",
    "cp1254": "Windows-1254 (Turkish)",
    "cp1257": "Windows-1257 (Baltic)",
    "cp1258": "Windows-1258 (Vietnamese)",
    "cp1251": "Windows-1251 (Cyrillic)",
    "koi8_u": "KOI8 (Cyrillic)",
    "cp1253": "Windows-1253 (Greek)",
    "cp1255": "Windows-1255 (Hebrew)",
    "cp1256": "Windows-1256 (Arabic, Persian)",
    "cp932": "Shift-JIS (Japanese)",
    "cp949": "EUC-KR (Korean)",
    "big5": "Big5 (Traditional Chinese)",
    "gb18030": "GB18030 (Simplified Chinese)",
}
"""By Python's name of the code page, how people call it."""

_LANGUAGES: dict[str, tuple[str, ...]] = {
    WESTERN: (
        "áéíóúüñçºª",  # Spanish
        "àâæçéèêëîïôœùûüÿ",  # French
        "äöüß",  # German
        "ãõáâàçéêíóôúü",  # Portuguese
        "àèéìíîòóùú",  # Italian
        "æøåäöé",  # Danish, Norwegian, Swedish
        "áðéíóúýþæö",  # Icelandic
        "éèëïóöüáíú",  # Dutch
    ),
    "cp1250": (
        "ąćęłńóśźż",  # Polish
        "čćđšž",  # Bosnian, Croatian, Slovene
        "áčďéěíňóřšťúůýž",  # Czech
        "áäčďéíĺľňóôŕšťúýž",  # Slovak
        "áéíóöőúüű",  # Hungarian
        "ăâîşţ",  # Romanian
    ),
    "cp1254": ("çğıöşüâîûİ", "çəğıöşüİ"),
    "cp1257": ("ąčęėįšųūž", "āčēģīķļņšūž", "äõöüšž"),
    "cp1258": ("àáâãăèéêìíòóôõơùúýđư\u0300\u0301\u0303\u0309\u0323",),
}
"""By page, the letters beyond A to Z of each language that is written in it."""

_SCRIPTS = {
    "cp1251": ("CYRILLIC",),
    "koi8_u": ("CYRILLIC",),
    "cp1253": ("GREEK",),
    "cp1255": ("HEBREW",),
    "cp1256": ("ARABIC",),
}
_WIDE = ("big5", "gb18030", "cp932", "cp949")
_FREQUENT = {
    "big5": "陳林黃張李王吳劉蔡楊許鄭謝洪郭邱曾廖賴徐周葉蘇莊呂江何蕭羅高美雅淑志家明文國建怡惠偉玲英華",
    "gb18030": "王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹伟芳娜秀英敏静丽强磊军洋勇艳杰娟",
    "cp932": "佐藤鈴木高橋田中渡辺伊山本村小林加吉井松清水崎森池阿部石子美太郎一男恵之介",
    "cp949": "김이박최정강조윤장임한오서신권황안송류홍민준지현수영미은경희진호성우",
}
"""Characters of frequent names."""

_RUN = re.compile(rb"[\x80-\xff]{3,}")
_PAIR = re.compile(rb"[\x80-\xff]{2,}")
_HIGH = re.compile(rb"[\x80-\xff]")
_SAMPLE = 65_536
_SURE = 0.8
"""Share of the letters above ASCII that must be of the script."""
_CLEAR = math.log(1_000)
"""How much likelier the best wide page must be than the next."""
_RARE, _NEVER = math.log(1e-6), math.log(1e-9)


def code_pages(data: bytes) -> tuple[str, ...]:
    """The pages that a text that is no Unicode may be in, the likeliest first: one where the bytes tell, or where all
    that are left read the same.
    """
    sample = _cut(data)
    high = len(_HIGH.findall(sample))
    if not high:
        return (WESTERN,)
    in_runs = sum(map(len, _RUN.findall(sample)))
    paired = sum(map(len, _PAIR.findall(sample)))
    latin = _latin(sample)
    scripts = _by_script(sample) if in_runs > high / 2 else ()
    # Letters with marks stand alone between plain ones; wide characters are pairs, though not all of two high bytes.
    wide = _wide(sample) if paired > high * 0.9 or not latin else ()
    return (*scripts, *wide) or latin or (WESTERN,)


def _cut(data: bytes) -> bytes:
    """The beginning, up to the end of a line: a wide character is not cut in two."""
    return data if len(data) <= _SAMPLE else data[: data.rfind(b"\n", 0, _SAMPLE) + 1] or data[:_SAMPLE]


# ------------------------------------------------------------------------------------------------------------ wide


def _wide(sample: bytes) -> tuple[str, ...]:
    """Wide pages by how likely their characters are; those that are nearly as likely as the best stay."""
    weighed = sorted(((_weight(sample, page), page) for page in _WIDE), reverse=True)
    best = weighed[0][0]
    return () if best == -math.inf else tuple(page for weight, page in weighed if weight > best - _CLEAR)


def _weight(sample: bytes, page: str) -> float:
    """The logarithm of how likely such a text is in a page; minus infinity when it cannot be or hardly any of it is a
    text of names.
    """
    try:
        text = sample.decode(page)
    except UnicodeDecodeError:
        return -math.inf
    wide = [c for c in text if ord(c) > 127]
    weights = [_of_character(page, c) for c in wide]
    odd = sum(weight <= _RARE for weight in weights)
    return -math.inf if not wide or odd > len(wide) / 4 else sum(weights)


def _of_character(page: str, char: str) -> float:
    if char in _FREQUENT[page]:
        return math.log(0.3 / len(_FREQUENT[page]))
    code = char.encode(page)
    if len(code) != 2:
        # Single bytes of half-width kana, four bytes of GB18030: hardly ever in a list of names.
        return _RARE
    lead, name = code[0], unicodedata.name(char, "")
    if page == "cp949":
        return math.log(0.65 / 2350) if name.startswith("HANGUL") and 0xB0 <= lead <= 0xC8 else _RARE
    if page == "cp932":
        if name.startswith(("HIRAGANA", "KATAKANA")):
            return math.log(0.3 / 170)
        return math.log(0.4 / 2965) if 0x88 <= lead <= 0x98 else _RARE
    if page == "big5":
        return math.log(0.65 / 5401) if 0xA4 <= lead <= 0xC6 else _RARE
    return math.log(0.65 / 3755) if 0xB0 <= lead <= 0xD7 and code[1] >= 0xA1 else _RARE


# --------------------------------------------------------------------------------------------------- other scripts


def _by_script(sample: bytes) -> tuple[str, ...]:
    found = sorted(
        ((_share(sample, page, scripts), page) for page, scripts in _SCRIPTS.items()), reverse=True
    )
    share, page = found[0]
    return (page,) if share > _SURE else ()


def _share(sample: bytes, page: str, scripts: tuple[str, ...]) -> float:
    """Which part of the letters above ASCII is of the script; less when capitals prevail, as in the wrong page."""
    try:
        text = sample.decode(page)
    except UnicodeDecodeError:
        return 0.0
    letters = [c for c in text if ord(c) > 127]
    fit = sum(unicodedata.name(c, "").startswith(scripts) for c in letters)
    small, large = sum(c.islower() for c in letters), sum(c.isupper() for c in letters)
    mixed = sum(a.islower() and b.isupper() for a, b in pairwise(text) if ord(a) > 127 < ord(b))
    turned = 0.5 if large > small or mixed > len(letters) / 20 else 1.0
    return turned * fit / len(letters) if letters else 0.0


# ----------------------------------------------------------------------------------------------------------- latin


def _latin(sample: bytes) -> tuple[str, ...]:
    """The Latin pages in which one language writes all letters of the text, or where there is none, the languages of
    the page together; pages that read it alike count once.
    """
    alone: dict[str, str] = {}
    together: dict[str, str] = {}
    for page, alphabets in _LANGUAGES.items():
        try:
            text = sample.decode(page)
        except UnicodeDecodeError:
            continue
        high = {c for c in text if ord(c) > 127}
        if _SIGN_IN_WORD.search(text):
            continue
        if any(_writes(alphabet, high) for alphabet in alphabets):
            alone.setdefault(text, page)
        if _writes("".join(alphabets), high):
            together.setdefault(text, page)
    return tuple((alone or together).values())


def _writes(alphabet: str, high: Iterable[str]) -> bool:
    letters = {*alphabet, *alphabet.upper()}
    return all(c in letters or not c.isalpha() for c in high)


_SIGN_IN_WORD = re.compile(
    r"(?<=[^\W\d_])[^\w\s\x00-\x7f\u2018\u2019\u2013\u2014](?=[^\W\d_])|(?<=[^\W\d_])[¹²³](?=[^\W\d_])"
)
"""A sign between two letters, as in the wrong page."""
