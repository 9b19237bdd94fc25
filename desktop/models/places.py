"""Buildings and apartments of a site, read once, to name places and to fill choices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from core.entities.site import APARTMENT, BUILDING, SITE, Apartment, Building, Site
from core.store.reader import Reader
from core.usecases.context import Context


@dataclass(frozen=True)
class Places:
    """The places of one site, by name and number."""

    site: Site | None
    buildings: Sequence[Building] = ()
    apartments: Sequence[Apartment] = ()

    @cached_property
    def building_by_id(self) -> dict[str, Building]:
        """Buildings by id."""
        return {b.id: b for b in self.buildings}

    @cached_property
    def apartment_by_id(self) -> dict[str, Apartment]:
        """Apartments by id."""
        return {a.id: a for a in self.apartments}

    def building_name(self, building_id: str | None) -> str:
        """A building's name, empty for none."""
        building = self.building_by_id.get(building_id or "")
        return building.name if building else ""

    def unit(self, apartment_id: str | None) -> str:
        """`Building B · 0101`: an apartment is only clear together with its building."""
        apartment = self.apartment_by_id.get(apartment_id or "")
        if apartment is None:
            return ""
        building = self.building_name(apartment.building_id)
        return (
            f"{building} · {apartment.number}" if len(self.buildings) > 1 and building else apartment.number
        )

    def place(self, building_id: str | None, apartment_id: str | None) -> str:
        """Where a device is: its unit, its building, or the site."""
        if apartment_id:
            return self.unit(apartment_id)
        return self.building_name(building_id) or (self.site.name if self.site else "")

    def apartment_choices(self, building_id: str | None = None) -> list[tuple[object, str]]:
        """(id, words) of the apartments, of one building or of all."""
        return [
            (a.id, a.number if building_id else self.unit(a.id))
            for a in self.apartments
            if building_id in (None, a.building_id)
        ]

    def building_choices(self) -> list[tuple[object, str]]:
        """(id, name) of the buildings."""
        return [(b.id, b.name) for b in self.buildings]


NOWHERE = Places(None)


def read_places(reader: Reader, site_id: str) -> Places:
    """The places of a site inside a read."""
    site = reader.get(SITE, site_id) if site_id else None
    if site is None:
        return NOWHERE
    buildings = sorted(reader.find(BUILDING, site_id=site_id), key=lambda b: b.name.casefold())
    order = {b.id: n for n, b in enumerate(buildings)}
    apartments = reader.find(APARTMENT, site_id=site_id)
    return Places(site, buildings, sorted(apartments, key=lambda a: (order.get(a.building_id, 0), a.number)))


UNIT_SQL = (
    "(SELECT CASE WHEN b.name <> '' "
    "AND EXISTS (SELECT 1 FROM buildings x WHERE x.site_id = a.site_id AND x.id <> b.id) "
    "THEN b.name || ' · ' || a.number ELSE a.number END "
    "FROM apartments a LEFT JOIN buildings b ON b.id = a.building_id WHERE a.id = {home})"
)
"""`Places.unit` as an expression of SQL; `{home}` is the column that holds the apartment's id."""


async def load_places(ctx: Context, site_id: str) -> Places:
    """The places of a site."""
    return await ctx.mirror.read(lambda reader: read_places(reader, site_id), limit_ms=10_000)
