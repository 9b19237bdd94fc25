"""Finds residents by building, apartment and name, as the files of cards, PINs and faces name them."""

from __future__ import annotations

from collections.abc import Sequence

from core.entities.person import RESIDENT, Resident
from core.sheets.places import NameBook, Places
from core.sheets.rows import Fault, Grid


class PersonFinder:
    """Finds people by building, apartment and name, each once per file."""

    def __init__(self, places: Places, people: Sequence[Resident]) -> None:
        self._places = places
        self._people: dict[str, NameBook[Resident]] = {}
        self._seen: dict[str, int] = {}
        for person in people:
            book = self._people.setdefault(person.apartment_id or "", NameBook())
            book.add(RESIDENT.name_of(person), person)

    def find(
        self, grid: Grid, index: int, building: str, number: str, user: str
    ) -> tuple[Resident | None, list[Fault]]:
        """The person of a row, or None; and what is wrong with the row so far."""
        faults = grid.rounded(index)
        apartment, column, words = self._places.find(building, number)
        if apartment is None:
            return None, [*faults, grid.fault(index, column, f"{column}.unknown", words)]
        found = self._people.get(apartment.id, NameBook()).find(user) if user else []
        if len(found) != 1:
            words = "fits several residents of the apartment" if found else "is no resident of the apartment"
            words = words if user else "is missing"
            return None, [*faults, grid.fault(index, "user", "user.unknown", f"User {words}.")]
        first = self._seen.setdefault(found[0].id, grid.numbers[index])
        if first != grid.numbers[index]:
            faults.append(grid.fault(index, "user", "double", f"The same person stands in row {first}."))
        return found[0], faults
