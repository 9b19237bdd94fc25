"""Finds buildings and apartments by the names in a file, all of a site read at once."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from core.entities.site import APARTMENT, BUILDING, Apartment, Building
from core.store.reader import Reader

T = TypeVar("T")


class NameBook(Generic[T]):
    """Things by name: the exact name first, else letter case and doubled blanks aside."""

    def __init__(self, pairs: Iterable[tuple[str, T]] = ()) -> None:
        self._exact: dict[str, list[T]] = {}
        self._loose: dict[str, list[T]] | None = None
        """Made at the first name that is not exact: most files need none."""
        for name, thing in pairs:
            self.add(name, thing)

    def add(self, name: str, thing: T) -> None:
        """One more."""
        self._exact.setdefault(name, []).append(thing)
        if self._loose is not None:
            self._loose.setdefault(loose(name), []).append(thing)

    @property
    def all(self) -> list[T]:
        """Everything in it, oldest first."""
        return [thing for things in self._exact.values() for thing in things]

    def find(self, name: str) -> list[T]:
        """All things that the name can mean; nothing is guessed when there are several."""
        if (found := self._exact.get(name)) is not None:
            return found
        if self._loose is None:
            self._loose = {}
            for known, things in self._exact.items():
                self._loose.setdefault(loose(known), []).extend(things)
        return self._loose.get(loose(name), [])


def loose(name: str) -> str:
    """A name for comparing: letter case and doubled blanks aside."""
    return " ".join(name.split()).casefold()


class Places:
    """The buildings and apartments of one site."""

    def __init__(self, reader: Reader, site_id: str) -> None:
        self.buildings: dict[str, Building] = {b.id: b for b in reader.find(BUILDING, site_id=site_id)}
        self.apartments: dict[str, Apartment] = {a.id: a for a in reader.find(APARTMENT, site_id=site_id)}
        self._building = NameBook((b.name, b) for b in self.buildings.values())
        self._apartment: dict[str, NameBook[Apartment]] = {}
        for apartment in self.apartments.values():
            self._apartment.setdefault(apartment.building_id, NameBook()).add(apartment.number, apartment)
        self._found: dict[tuple[str, str], tuple[Apartment | None, str, str]] = {}

    def find(self, building: str, number: str) -> tuple[Apartment | None, str, str]:
        """The apartment, or None with the field at fault (`building` or `apartment`) and a sentence."""
        key = (building, number)
        if key not in self._found:
            self._found[key] = self._look(building, number)
        return self._found[key]

    def _look(self, building: str, number: str) -> tuple[Apartment | None, str, str]:
        if not building:
            return None, "building", "Building is missing."
        houses = self._building.find(building)
        if len(houses) != 1:
            words = (
                "fits several buildings; write it exactly as at the site"
                if houses
                else "is unknown at this site"
            )
            return None, "building", f"Building {words}."
        house = houses[0]
        if not number:
            return None, "apartment", "Apt is missing."
        found = self._apartment.get(house.id, NameBook()).find(number)
        if len(found) != 1:
            words = "fits several apartments; write it exactly" if found else f"is unknown in '{house.name}'"
            return None, "apartment", f"Apt {words}."
        return found[0], "", ""

    def named(self, building: str) -> list[Building]:
        """The buildings that a name can mean."""
        return self._building.find(building)

    def of(self, building_id: str, number: str) -> Apartment | None:
        """The apartment of that number in a building, when there is exactly one."""
        book = self._apartment.get(building_id)
        found = book.find(number) if book else []
        return found[0] if len(found) == 1 else None

    def words(self, apartment_id: str | None) -> tuple[str, str]:
        """Names of building and apartment for an export; empty without one and for an apartment that is gone."""
        apartment = self.apartments.get(apartment_id or "")
        building = self.buildings.get(apartment.building_id) if apartment else None
        return (building.name if building else ""), (apartment.number if apartment else "")
