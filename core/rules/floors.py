"""Floors that a lift knows: -10 to 128, G0, G1, G2, or all of them (RES-04, VIS-02, SITE-21)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from core.base.errors import UserError
from core.entities.person import floor_known

ALL_FLOORS = "all"
_GROUND = {"G0": -0.4, "G1": -0.3, "G2": -0.2}
"""Where the ground floors stand in an ordered list: just below 0."""


def parse_floors(text: str) -> tuple[str, ...]:
    """Floors of a text such as `-2;G0;1;12` in their order, each once; `all` takes in the others.

    Separators are ';' ',' and blanks. UserError names the first that is no floor.
    """
    return tidy_floors(re.split(r"[;,\s]+", text.strip()) if text.strip() else [])


def tidy_floors(floors: Iterable[str]) -> tuple[str, ...]:
    """The same for single words: `07` is `7`, `g1` is `G1`."""
    found: set[str] = set()
    for word in floors:
        floor = _plain(word)
        if not floor_known(floor):
            words = f"'{word[:12]}' is no floor: -10 to 128, G0, G1, G2 or all."
            raise UserError("floors.unknown", words, field="floors")
        found.add(floor)
    return (ALL_FLOORS,) if ALL_FLOORS in found else tuple(sorted(found, key=_order))


def union(parts: Iterable[Iterable[str]]) -> tuple[str, ...]:
    """All floors of several lists."""
    return tidy_floors(floor for part in parts for floor in part)


def reaches(floors: Iterable[str], floor: str) -> bool:
    """Whether a list of floors holds a floor."""
    known = set(floors)
    return ALL_FLOORS in known or _plain(floor) in known


def _plain(word: str) -> str:
    text = word.strip()
    if text.lower() == ALL_FLOORS:
        return ALL_FLOORS
    if re.fullmatch(r"[gG][0-9]", text):
        return text.upper()
    return str(int(text)) if re.fullmatch(r"-?[0-9]{1,3}", text) else text


def _order(floor: str) -> float:
    return _GROUND.get(floor) or float(floor)
