"""Shapes of addresses and numbers that a person's fields do not check by themselves: e-mail, phones, calling codes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_PHONE = (re.compile(r"[0-9 ()+./-]{3,32}"), "takes digits, blanks and + ( ) . / -")
_SHAPES = {
    "email": (
        re.compile(r"[^@\s;,]+@[^@\s;,.]+(?:\.[^@\s;,.]+)+"),
        "is no address: it is written name@place.country",
    ),
    "calling_code": (re.compile(r"[0-9]{1,4}"), "has 1 to 4 digits, such as 34"),
    **dict.fromkeys(("mobile", "phone_1", "phone_2", "phone_3"), _PHONE),
}


def judge_shapes(changed: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Field and what is wrong, as the rest of a sentence after the label, for every changed field that does not fit."""
    for name, (shape, words) in _SHAPES.items():
        text = changed.get(name)
        if text and not shape.fullmatch(text):
            yield name, words


def fits(name: str, text: str) -> bool:
    """Whether the text of a cell has the shape of its field; a plus sign may stand before a calling code."""
    plain = text.removeprefix("+") if name == "calling_code" else text
    return _SHAPES[name][0].fullmatch(plain) is not None


def all_fit(name: str, texts: Iterable[str]) -> bool:
    """Whether each of the texts surely has the shape of its field: asked of all together, as the lines of one text,
    which costs a third of asking each. False where a text has line breaks of its own.
    """
    lines = list(texts)
    whole = "\n".join(lines)
    return whole.count("\n") < max(1, len(lines)) and len(_LINES[name].findall(whole)) == len(lines)


_LINES = {
    name: re.compile(rf"^{'[+]?' if name == 'calling_code' else ''}(?:{shape.pattern})$", re.MULTILINE)
    for name, (shape, _) in _SHAPES.items()
}
