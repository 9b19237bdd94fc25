"""Sites with their counts, and the buildings and apartments of one, as rows of lists."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from core.base.errors import UserError
from core.entities.device import DEVICE
from core.entities.organisation import ORGANISATION
from core.entities.person import RESIDENT
from core.entities.site import APARTMENT, BUILDING, SITE, Apartment, Building, Site
from core.schema.entity import EntitySpec
from core.store.reader import Reader
from core.usecases.context import Context
from desktop.models.columns import NUMBER, QUIET, QUIET_NUMBER, STRONG, ListColumn, col
from desktop.models.listing import FilterField
from desktop.models.rows_table import Group
from desktop.models.site_choice import SiteLine
from desktop.models.site_form import zone_names
from desktop.models.words import number_word, translate
from desktop.qt.roles import GroupRow, Look

TOUCHES = frozenset({"sites", "buildings", "apartments", "devices", "residents"})
MOST_APARTMENTS = 500


@dataclass(frozen=True, slots=True)
class SiteRow:
    """One site of the list."""

    site: Site
    buildings: int
    apartments: int
    devices: int
    residents: int

    @property
    def kind_words(self) -> str:
        """House, Community, Office."""
        return SiteLine(self.site, 0).kind_words


@dataclass(frozen=True, slots=True)
class PlaceRow:
    """One apartment, or the place in the list of a building that has none yet."""

    building: Building
    apartment: Apartment | None
    residents: int = 0
    devices: int = 0

    @property
    def key(self) -> str:
        """What identifies the row."""
        return self.apartment.id if self.apartment else f"none:{self.building.id}"


async def load_sites(ctx: Context) -> list[SiteRow]:
    """All sites of this workstation, by name."""
    ctx.require_signed_in()

    def work(reader: Reader) -> list[SiteRow]:
        zone_names()
        counts: dict[tuple[str, str], int] = {}
        specs: tuple[EntitySpec[Any], ...] = (BUILDING, APARTMENT, DEVICE, RESIDENT)
        for spec in specs:
            for row in reader.find(spec):
                counts[spec.name, row.scope_id] = counts.get((spec.name, row.scope_id), 0) + 1
        return [
            SiteRow(
                s, *(counts.get((n, s.id), 0) for n in ("buildings", "apartments", "devices", "residents"))
            )
            for s in sorted(reader.find(SITE), key=lambda s: s.name.casefold())
        ]

    return await ctx.mirror.read(work, limit_ms=10_000)


async def load_place_rows(ctx: Context, site_id: str) -> list[PlaceRow]:
    """The apartments of a site by building; a building without any is one row that says so."""
    if not site_id:
        return []

    def work(reader: Reader) -> list[PlaceRow]:
        people = _count([r.apartment_id for r in reader.find(RESIDENT, scope_id=site_id)])
        devices = _count([d.apartment_id for d in reader.find(DEVICE, scope_id=site_id) if d.apartment_id])
        apartments: dict[str, list[Apartment]] = {}
        for apartment in reader.find(APARTMENT, scope_id=site_id):
            apartments.setdefault(apartment.building_id, []).append(apartment)
        found: list[PlaceRow] = []
        for building in sorted(reader.find(BUILDING, scope_id=site_id), key=lambda b: b.name.casefold()):
            mine = sorted(apartments.get(building.id, []), key=lambda a: natural(a.number))
            found += [PlaceRow(building, a, people.get(a.id, 0), devices.get(a.id, 0)) for a in mine]
            if not mine:
                found.append(PlaceRow(building, None))
        return found

    return await ctx.mirror.read(work, limit_ms=10_000)


def _count(ids: Sequence[str | None]) -> dict[str | None, int]:
    found: dict[str | None, int] = {}
    for one in ids:
        found[one] = found.get(one, 0) + 1
    return found


def natural(number: str) -> list[tuple[int, int, str]]:
    """A key that puts 9 before 10 and 2A after 2."""
    parts = re.findall(r"\d+|\D+", number)
    return [(0, int(p), "") if p.isdigit() else (1, 0, p.casefold()) for p in parts]


def parse_numbers(text: str) -> list[str]:
    """Apartment numbers as typed: `101-110 201 202A`; a range keeps leading zeros. UserError for what is none."""
    found: list[str] = []
    for word in re.split(r"[\s,;]+", text.strip()):
        if not word:
            continue
        match = re.fullmatch(r"(\d{1,6})[-\u2013](\d{1,6})", word)
        if match is None:
            found.append(word)
            continue
        first, last = int(match[1]), int(match[2])
        if last < first or last - first >= MOST_APARTMENTS:
            words = translate("'{0}' is no range of at most {1} numbers.").format(word, MOST_APARTMENTS)
            raise UserError("apartments.range", words, field="numbers")
        width = len(match[1]) if match[1].startswith("0") else 0
        found += [str(n).zfill(width) for n in range(first, last + 1)]
    if not found:
        raise UserError("apartments.none", translate("No apartment number was named."), field="numbers")
    return list(dict.fromkeys(found))


def site_columns() -> list[ListColumn]:
    """The columns of the site list."""

    def count(name: str, title: str, drop: int = 0) -> ListColumn:
        return col(
            name,
            title,
            lambda x: number_word(getattr(x, name)),
            88,
            NUMBER,
            order=lambda x: getattr(x, name),
            drop=drop,
        )

    return [
        col("name", translate("Site"), lambda x: x.site.name, 200, STRONG, stretch=True),
        col("kind", translate("Kind"), lambda x: x.kind_words, 96, QUIET),
        col("city", translate("City"), lambda x: x.site.city, 110, QUIET, drop=3),
        col("zone", translate("Time zone"), lambda x: x.site.time_zone, 130, QUIET, drop=2),
        count("buildings", translate("Buildings"), 1),
        count("apartments", translate("Apartments"), 1),
        count("devices", translate("Devices")),
        count("residents", translate("Residents")),
    ]


def site_filters() -> list[FilterField]:
    """What the list can be narrowed by."""
    kinds: list[tuple[object, str]] = [
        ("house", translate("House")),
        ("community", translate("Community")),
        ("office", translate("Office")),
    ]
    return [FilterField("kind", translate("Kind"), lambda: kinds, lambda x: x.site.kind.value)]


def place_columns() -> list[ListColumn]:
    """The columns of buildings and apartments."""
    return [
        col("number", translate("Apartment"), _number, 140, _number_look, order=_number_order),
        col("name", translate("Name"), lambda x: x.apartment.name if x.apartment else "", 180, stretch=True),
        col("floor", translate("Floor"), _floor, 64, QUIET_NUMBER, order=_floor_order, drop=1),
        col(
            "residents",
            translate("Residents"),
            lambda x: _figure(x.residents),
            84,
            NUMBER,
            order=lambda x: x.residents,
        ),
        col(
            "devices",
            translate("Devices"),
            lambda x: _figure(x.devices),
            76,
            NUMBER,
            order=lambda x: x.devices,
        ),
    ]


def _number(row: PlaceRow) -> str:
    return row.apartment.number if row.apartment else translate("no apartment yet")


def _number_look(row: PlaceRow) -> Look:
    return Look(strong=True) if row.apartment else Look(tone="t3")


def _number_order(row: PlaceRow) -> list[tuple[int, int, str]]:
    return natural(row.apartment.number) if row.apartment else []


def _floor(row: PlaceRow) -> str:
    return "" if row.apartment is None or row.apartment.floor is None else str(row.apartment.floor)


def _floor_order(row: PlaceRow) -> int:
    return -999 if row.apartment is None or row.apartment.floor is None else row.apartment.floor


def _figure(count: int) -> str:
    return number_word(count) if count else ""


def building_heading(name: str, rows: Sequence[PlaceRow]) -> Group:
    """The heading of a building. `name` is its id."""
    building = rows[0].building
    apartments = [r for r in rows if r.apartment]
    residents = sum(r.residents for r in rows)
    note = translate("{0} residents").format(number_word(residents)) if residents else ""
    return Group(name, 0, GroupRow(building.name, number_word(len(apartments)), note))


async def firm_is_here(ctx: Context) -> bool:
    """Whether the signed-in firm's own row has arrived: no site can be made before, since it belongs to the firm."""
    actor = ctx.actor
    return (
        actor is not None and await ctx.mirror.read(lambda r: r.get(ORGANISATION, actor.org_id)) is not None
    )
