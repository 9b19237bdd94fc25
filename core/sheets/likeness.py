"""People who look alike: a row that means nobody by name may still be about somebody who is here (TPL-08).

Nothing is decided here. Accents, letter case and marks aside, the names are equal, or first and last name stand the
other way round; or the e-mail and the first name are equal.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping

from core.entities.person import RESIDENT, Resident
from core.sheets.rows import Grid, Lookalike

_SHOWN = ("first_name", "last_name", "email", "mobile", "remark")


def like(
    grid: Grid, cells: Mapping[str, str], people: Iterable[Resident]
) -> tuple[Resident, Lookalike] | None:
    """The first of the people whom a row may mean, and what is alike; None when nobody is like it."""
    first, last = folded(cells.get("first_name", "")), folded(cells.get("last_name", ""))
    email = cells.get("email", "").casefold()
    for person in people:
        by = _alike(person, first, last, email)
        if by:
            lines = tuple(
                (grid.layout.by_field[name].label, getattr(person, name), cells.get(name, ""))
                for name in _SHOWN
                if name in grid.layout.by_field
            )
            return person, Lookalike(person.id, RESIDENT.name_of(person), by, lines)
    return None


def _alike(person: Resident, first: str, last: str, email: str) -> str:
    here = folded(person.first_name), folded(person.last_name)
    if not (first and last):
        return ""
    if here == (first, last):
        return "the names differ in accents and marks only"
    if here == (last, first):
        return "first and last name stand the other way round"
    # In a family the address and the last name are often shared, but not the first name.
    same = email and email == person.email.casefold() and here[0] == first
    return "the same e-mail and first name" if same else ""


def folded(name: str) -> str:
    """A name without accents, letter case, blanks and marks; `ß` is `ss`."""
    apart = unicodedata.normalize("NFKD", name.casefold())
    return "".join(c for c in apart if c.isalnum())
