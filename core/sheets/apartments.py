"""The file of buildings and apartments (SITE-10, SITE-12, SITE-14): new ones, names, floors, leases."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.base.errors import UserError
from core.base.ids import new_id
from core.base.words import clean, listed
from core.entities.site import APARTMENT, BUILDING, SITE, Apartment, Building
from core.schema.field import BadValueError
from core.sheets.dates import parse_day
from core.sheets.layout import Layout, SheetColumn
from core.sheets.makers import Makers
from core.sheets.places import Places, loose
from core.sheets.rows import Change, Fault, Grid, RowPlan, RowVerdict
from core.store.reader import Reader
from core.store.tx import Tx

LAYOUT = Layout(
    "apartments",
    "Apartments",
    (
        SheetColumn(
            label="Building",
            field="building",
            needed=True,
            example="Building A",
            note="At most 128 characters.",
        ),
        SheetColumn(
            label="Apartment",
            field="apartment",
            aliases=("Apt", "Apartment number", "Unit", "Flat", "Number"),
            needed=True,
            example="102",
            note="Letters, digits and '#', not beginning with '#'. '102 (Floor 7)' is read too.",
        ),
        SheetColumn(label="APT Name", field="name", aliases=("Apartment name", "Name")),
        SheetColumn(
            label="Floor", field="floor", aliases=("Level", "Storey"), example="7", note="-10 to 128."
        ),
        SheetColumn(
            label="Lease From",
            field="lease_from",
            aliases=("Valid from", "Move in"),
            note="First day of the lease, such as 2026-03-01.",
        ),
        SheetColumn(
            label="Lease Until",
            field="lease_until",
            aliases=("Valid until", "Move out"),
            note="Last day of the lease.",
        ),
    ),
)

_WITH_FLOOR = re.compile(r"(\S+)\s*\(\s*floor\s*(-?\d{1,3})\s*\)", re.IGNORECASE)
_COLUMNS = {"number": "apartment", "valid_from": "lease_from", "valid_until": "lease_until"}
"""Field of an apartment -> column of the file, where they differ."""


@dataclass(frozen=True, slots=True)
class _Work:
    """What one row does. `building_id` empty: the building of that name is new. `apartment_id` empty: a new one."""

    building: str
    building_id: str
    apartment_id: str
    values: Mapping[str, Any] = field(default_factory=dict)


class ApartmentFile:
    """The kind `apartments`. `into` is the site."""

    layout = LAYOUT

    def plan(self, reader: Reader, grid: Grid, into: str) -> list[RowPlan]:
        """See `Kind.plan`."""
        judge = _Judge(reader, grid, into)
        plans = [judge.row(index) for index in range(len(grid.rows))]
        if judge.new_buildings:
            names = [clean(n, limit=40) for n in judge.new_buildings.values()]
            grid.notes.append(f"New buildings: {listed(names)}.")
        return plans

    def apply(self, tx: Tx, rows: Sequence[RowPlan], into: str, makers: Makers) -> Mapping[int, Fault]:
        """See `Kind.apply`."""
        buildings = {b.name: b for b in tx.find(BUILDING, site_id=into)}
        faults: dict[int, Fault] = {}
        for row in rows:
            try:
                with tx.savepoint():
                    _write(tx, row.work, into, makers, buildings)
            except UserError as fault:
                faults[row.number] = Fault("", "", fault.code, fault.message)
                buildings = {b.name: b for b in tx.find(BUILDING, site_id=into)}
        return faults

    def export(self, reader: Reader, into: str, *, show_secrets: bool) -> Iterator[Sequence[str]]:
        """See `Kind.export`."""
        del show_secrets
        zone = _zone(reader, into)
        buildings = {b.id: b.name for b in reader.find(BUILDING, site_id=into)}
        for home in sorted(reader.find(APARTMENT, site_id=into), key=lambda a: a.id):
            yield [
                buildings.get(home.building_id, ""),
                home.number,
                home.name,
                "" if home.floor is None else str(home.floor),
                home.valid_from.astimezone(zone).date().isoformat() if home.valid_from else "",
                _last_day(home.valid_until, zone),
            ]


def _zone(reader: Reader, site_id: str) -> ZoneInfo:
    return ZoneInfo(reader.require(SITE, site_id).time_zone)


def _last_day(until: datetime | None, zone: ZoneInfo) -> str:
    """The moment after a lease is outside of it, so a lease until midnight has the day before as its last."""
    return (until.astimezone(zone) - timedelta(microseconds=1)).date().isoformat() if until else ""


class _Judge:
    """The rows of one file, judged one after the other."""

    def __init__(self, reader: Reader, grid: Grid, site_id: str) -> None:
        self._grid = grid
        self._site_id = site_id
        self._zone = _zone(reader, site_id)
        self._places = Places(reader, site_id)
        self._columns = {name: grid.column(name) for name in grid.places}
        self._seen: dict[tuple[str, str], int] = {}
        self.new_buildings: dict[str, str] = {}

    def row(self, index: int) -> RowPlan:
        """The verdict of one row."""
        cells = {name: texts[index] for name, texts in self._columns.items() if texts[index]}
        faults = self._grid.rounded(index)
        building = self._building(index, cells, faults)
        values = self._values(index, cells, faults)
        number = values.get("number", "")
        old = self._places.of(building.id, number) if building and number else None
        self._only_once(index, cells, number, faults)
        if not faults:
            faults += self._bounds(index, old, values)
        title = f"{clean(cells.get('building', ''), limit=60)} {clean(number, limit=20)}".strip()
        row, place = self._grid.rows[index], self._grid.numbers[index]
        if faults:
            return RowPlan(place, row, RowVerdict.REFUSED, title, tuple(faults))
        if building is None:
            self.new_buildings.setdefault(loose(cells["building"]), cells["building"])
        name = building.name if building else self.new_buildings[loose(cells["building"])]
        patch = {n: v for n, v in values.items() if old is None or getattr(old, n) != v}
        work = _Work(name, building.id if building else "", old.id if old else "", patch)
        if old is None:
            return RowPlan(place, row, RowVerdict.NEW, title, work=work)
        verdict = RowVerdict.CHANGED if patch else RowVerdict.UNCHANGED
        return RowPlan(place, row, verdict, title, (), self._changes(old, patch), work)

    def _building(self, index: int, cells: Mapping[str, str], faults: list[Fault]) -> Building | None:
        name = cells.get("building", "")
        found = self._places.named(name) if name else []
        if not name:
            faults.append(self._grid.fault(index, "building", "building.missing", "Building is missing."))
        elif len(found) > 1:
            words = "Building fits several buildings; write it exactly as at the site."
            faults.append(self._grid.fault(index, "building", "building.unknown", words))
        elif not found:
            words = BUILDING.by_name["name"].kind.problem(name)
            if words:
                faults.append(self._grid.fault(index, "building", "building.bounds", f"Building {words}."))
        return found[0] if len(found) == 1 else None

    def _values(self, index: int, cells: Mapping[str, str], faults: list[Fault]) -> dict[str, Any]:
        values: dict[str, Any] = {}
        number, floor = cells.get("apartment", ""), cells.get("floor", "")
        if both := _WITH_FLOOR.fullmatch(number):
            number = both[1]
            if floor and floor != both[2]:
                words = "Floor differs from what stands beside the apartment's number."
                faults.append(self._grid.fault(index, "floor", "floor.other", words))
            floor = both[2]
        if number:
            values["number"] = number
        else:
            faults.append(self._grid.fault(index, "apartment", "apartment.missing", "Apartment is missing."))
        if "name" in cells:
            values["name"] = cells["name"]
        for name, text, read in (
            ("floor", floor, APARTMENT.by_name["floor"].kind.parse),
            ("valid_from", cells.get("lease_from", ""), lambda t: self._midnight(parse_day(t))),
            ("valid_until", cells.get("lease_until", ""), lambda t: self._midnight(parse_day(t), 1)),
        ):
            try:
                if text:
                    values[name] = read(text)
            except BadValueError as fault:
                column = _COLUMNS.get(name, name)
                label = LAYOUT.by_field[column].label
                faults.append(self._grid.fault(index, column, f"{column}.shape", f"{label} {fault}."))
        return values

    def _midnight(self, day: date, days: int = 0) -> datetime:
        start = datetime.combine(day + timedelta(days=days), time(), self._zone)
        return start.astimezone(UTC)

    def _only_once(self, index: int, cells: Mapping[str, str], number: str, faults: list[Fault]) -> None:
        key = (loose(cells.get("building", "")), loose(number))
        first = self._seen.setdefault(key, self._grid.numbers[index]) if all(key) else 0
        if first and first != self._grid.numbers[index]:
            words = f"The same apartment stands in row {first}."
            faults.append(self._grid.fault(index, "apartment", "double", words))

    def _bounds(self, index: int, old: Apartment | None, values: Mapping[str, Any]) -> list[Fault]:
        fresh = Apartment(id="x", scope_id=self._site_id, site_id=self._site_id, building_id="x", number="1")
        problems = APARTMENT.problems(replace(old or fresh, **values), changed=values.keys())
        return [
            self._grid.fault(index, column, p.code.partition(".")[2], p.message)
            for p in problems
            for column in (_COLUMNS.get(p.field, p.field),)
        ]

    def _changes(self, old: Apartment, patch: Mapping[str, Any]) -> tuple[Change, ...]:
        return tuple(
            Change(LAYOUT.by_field[_COLUMNS.get(n, n)].label, kind.show(getattr(old, n)), kind.show(value))
            for n, value in patch.items()
            for kind in (APARTMENT.by_name[n].kind,)
        )


def _write(tx: Tx, work: _Work, into: str, makers: Makers, buildings: dict[str, Building]) -> None:
    if work.apartment_id:
        tx.patch(APARTMENT, tx.require(APARTMENT, work.apartment_id), **work.values)
        return
    building = tx.get(BUILDING, work.building_id) if work.building_id else buildings.get(work.building)
    if building is None:
        building = buildings[work.building] = makers.building(tx, into, work.building)
    if tx.find(APARTMENT, building_id=building.id, number=work.values["number"]):
        return  # written by an earlier run of the same plan
    row: dict[str, Any] = {"scope_id": into, "site_id": into, "building_id": building.id, **work.values}
    tx.put(APARTMENT, Apartment(id=new_id(), **row))
