"""The library of a site's codes (CRED-04), vehicles (PARK-01) and parking lots (PARK-02)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from core.base.errors import UserError
from core.base.ids import new_id
from core.entities.credential import CREDENTIAL, Credential, CredentialKind
from core.entities.device import RELAY
from core.entities.parking import (
    PARKED_VEHICLE,
    PARKING_DOOR,
    PARKING_LOT,
    ParkedVehicle,
    ParkingDoor,
    ParkingLot,
)
from core.entities.person import RESIDENT, Resident
from core.entities.site import APARTMENT, BUILDING, SITE
from core.rules.cards import card_number, plain_card, same_card
from core.rules.explain import name_of
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.bulk import BulkReport, Line, run_act
from core.usecases.context import Context, Permission
from core.usecases.guards import guard_access
from core.usecases.people import put_credential

LONGEST_CODE = 32
"""Digits of the longest code there is, a UHF card."""


@dataclass(frozen=True, slots=True)
class CodeLine:
    """One code of the library; `code` is masked unless asked for with the right, which is audited."""

    credential_id: str
    building: str
    apartment: str
    identity: str
    code: str
    name: str
    made_by: str
    made_at: datetime | None


@dataclass(frozen=True, slots=True)
class LibraryFilter:
    """CRED-04: search by building, apartment, identity, code, name. Empty texts match everything."""

    building: str = ""
    apartment: str = ""
    identity: str = ""
    code: str = ""
    name: str = ""


async def codes(
    ctx: Context,
    site_id: str,
    kind: CredentialKind,
    wanted: LibraryFilter | None = None,
    *,
    reveal: bool = False,
) -> list[CodeLine]:
    """All PINs or all cards of a site. With `reveal` in the clear: that takes the right, and the audit notes it."""
    ctx.require(Permission.EDIT_PEOPLE)
    if reveal:
        await reveal_codes(ctx, site_id)
    asked = wanted or LibraryFilter()
    return await ctx.mirror.read(lambda r: _codes(r, site_id, kind, asked, reveal=reveal), limit_ms=20_000)


async def reveal_codes(ctx: Context, site_id: str) -> None:
    """Before the codes of a site are shown in the clear: takes the right to see them, and the audit notes it."""
    ctx.require(Permission.EDIT_PEOPLE)
    ctx.require(Permission.SEE_SECRETS)
    await ctx.mirror.write(
        lambda tx: tx.note_act(SITE, tx.require(SITE, site_id), "reveal"),
        origin=Origin.USER,
        act="Show codes",
    )


async def find_code(ctx: Context, site_id: str, text: str) -> list[Credential]:
    """Everybody's codes at a site that are exactly this one, of any kind, whatever zeros stand in front of a card.

    A whole code only: a search by parts would tell a masked code digit by digit. Looked up by the index of codes.
    """
    ctx.require(Permission.EDIT_PEOPLE)
    readings = dict.fromkeys((text.strip().upper(), plain_card(text)))
    bare = [card_number(one) for one in readings]
    spelled = {*readings, *(one.zfill(length) for one in bare for length in range(1, LONGEST_CODE + 1))}

    def work(reader: Reader) -> list[Credential]:
        found = reader.find_in(CREDENTIAL, "code", spelled - {""})
        return [c for c in found if c.scope_id == site_id and any(_is_code(c, one) for one in readings)]

    return await ctx.mirror.read(work)


def _codes(
    reader: Reader, site_id: str, kind: CredentialKind, wanted: LibraryFilter, *, reveal: bool
) -> list[CodeLine]:
    people = {p.id: p for p in reader.find(RESIDENT, scope_id=site_id)}
    homes = {a.id: a for a in reader.find(APARTMENT, scope_id=site_id)}
    buildings = {b.id: b.name for b in reader.find(BUILDING, scope_id=site_id)}
    lines = []
    for credential in reader.find(CREDENTIAL, scope_id=site_id, kind=kind):
        person = people.get(credential.person_id)
        if person is None or (wanted.code and not _is_code(credential, wanted.code)):
            continue
        home = homes.get(person.apartment_id or "")
        building = buildings.get((home.building_id if home else person.building_id) or "", "")
        line = _line(credential, person, building, home.number if home else "", reveal=reveal)
        if _fits(line, wanted):
            lines.append(line)
    return lines


def _line(
    credential: Credential, person: Resident, building: str, apartment: str, *, reveal: bool
) -> CodeLine:
    code = credential.code if reveal else str(CREDENTIAL.by_name["code"].kind.show(credential.code))
    made = (credential.made_by, credential.made_at)
    return CodeLine(credential.id, building, apartment, person.kind.value, code, name_of(person), *made)


def _is_code(credential: Credential, text: str) -> bool:
    """A whole code only: a search by parts would tell a masked code digit by digit."""
    plain = text.strip().upper()
    if credential.kind in {CredentialKind.CARD, CredentialKind.UHF}:
        return same_card(credential.code, plain)
    return credential.code == plain


def _fits(line: CodeLine, wanted: LibraryFilter) -> bool:
    pairs = ((line.building, wanted.building), (line.apartment, wanted.apartment), (line.name, wanted.name))
    parts = all(not text or text.lower() in value.lower() for value, text in pairs)
    return parts and wanted.identity in {"", line.identity}


async def add_vehicle(
    ctx: Context,
    *,
    person_id: str,
    plate: str,
    uhf: str = "",
    period: tuple[datetime, datetime] | None = None,
) -> list[Credential]:
    """PARK-01: a plate and perhaps a UHF card; a long-term vehicle unless a period is given."""
    ctx.require(Permission.EDIT_PEOPLE)
    if not plate.strip():
        raise UserError("vehicles.plate", "A vehicle needs its license plate.", field="plate")

    def work(tx: Tx) -> list[Credential]:
        tx.grouped()
        person = tx.require(RESIDENT, person_id)
        guard_access(ctx, tx, person)
        start, end = period or (None, None)
        made = []
        for kind, text in ((CredentialKind.PLATE, plate), (CredentialKind.UHF, uhf)):
            if text:
                times = {"long_term": period is None, "valid_from": start, "valid_until": end}
                made.append(put_credential(tx, person, kind, text, **times))
        return made

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add vehicle")


@dataclass(frozen=True, slots=True)
class LotLine:
    """A parking lot, its doors, and how long each vehicle in it has stood."""

    lot: ParkingLot
    doors: tuple[str, ...]
    vehicles: tuple[tuple[str, timedelta], ...]


async def add_lot(ctx: Context, *, site_id: str, name: str, relay_ids: Sequence[str]) -> ParkingLot:
    """PARK-02: a lot with its doors."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> ParkingLot:
        tx.grouped()
        lot = ParkingLot(id=new_id(), scope_id=tx.require(SITE, site_id).id, site_id=site_id, name=name)
        tx.put(PARKING_LOT, lot)
        for relay_id in dict.fromkeys(relay_ids):
            _put_parking_door(tx, lot, relay_id)
        return lot

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add parking lot")


async def set_lot(
    ctx: Context, *, lot_id: str, name: str | None = None, relay_ids: Sequence[str], check: bool = False
) -> BulkReport:
    """PARK-02: a lot has exactly these doors, and perhaps another name."""
    ctx.require(Permission.EDIT_PEOPLE)
    lot = await ctx.mirror.read(lambda r: r.require(PARKING_LOT, lot_id))

    def work(tx: Tx) -> BulkReport:
        lines = []
        if name is not None and name != lot.name:
            tx.patch(PARKING_LOT, lot, name=name)
            lines.append(Line(lot.id, f"Named {name}"))
        present = {door.relay_id: door for door in tx.find(PARKING_DOOR, lot_id=lot_id)}
        for relay_id in present.keys() - set(relay_ids):
            tx.remove(PARKING_DOOR, present[relay_id].id)
            lines.append(Line(relay_id, "Parking door (taken out)"))
        for relay_id in (i for i in dict.fromkeys(relay_ids) if i not in present):
            _put_parking_door(tx, lot, relay_id)
            lines.append(Line(relay_id, "Parking door"))
        same = tuple(Line(i, "Parking door") for i in dict.fromkeys(relay_ids) if i in present)
        return BulkReport(False, tuple(lines), (), same)

    return await run_act(ctx, "Set parking lot", work, check=check, site_id=lot.site_id)


def _put_parking_door(tx: Tx, lot: ParkingLot, relay_id: str) -> None:
    if tx.require(RELAY, relay_id).scope_id != lot.scope_id:
        raise UserError("parking.door", "This is a door of another site.", field="relay_ids")
    tx.put(PARKING_DOOR, ParkingDoor(id=new_id(), scope_id=lot.scope_id, lot_id=lot.id, relay_id=relay_id))


async def remove_lot(ctx: Context, lot_id: str, *, check: bool = False) -> BulkReport:
    """PARK-02: delete a lot with its doors and the notes of its vehicles."""
    ctx.require(Permission.EDIT_PEOPLE)
    lot = await ctx.mirror.read(lambda r: r.require(PARKING_LOT, lot_id))

    def work(tx: Tx) -> BulkReport:
        gone = [Line(lot.id, f"Parking lot {lot.name}")]
        for vehicle in tx.find(PARKED_VEHICLE, lot_id=lot_id):
            tx.remove(PARKED_VEHICLE, vehicle.id)
            gone.append(Line(vehicle.id, "Parked vehicle"))
        for door in tx.find(PARKING_DOOR, lot_id=lot_id):
            tx.remove(PARKING_DOOR, door.id)
            gone.append(Line(door.id, "Parking door"))
        tx.remove(PARKING_LOT, lot_id)
        return BulkReport(False, tuple(gone))

    return await run_act(ctx, "Remove parking lot", work, check=check, site_id=lot.site_id)


async def note_vehicle(ctx: Context, *, lot_id: str, plate: str, leaves: bool = False) -> ParkedVehicle:
    """A vehicle came in or left, now."""
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> ParkedVehicle:
        lot = tx.require(PARKING_LOT, lot_id)
        standing = [v for v in tx.find(PARKED_VEHICLE, lot_id=lot_id, plate=plate) if v.left_at is None]
        if leaves:
            if not standing:
                raise UserError("parking.not_here", "This vehicle does not stand in the lot.", field="plate")
            return tx.patch(PARKED_VEHICLE, standing[0], left_at=tx.now)
        if standing:
            return standing[0]
        row = ParkedVehicle(id=new_id(), scope_id=lot.scope_id, lot_id=lot_id, plate=plate, since=tx.now)
        return tx.put(PARKED_VEHICLE, row)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Vehicle left" if leaves else "Vehicle came")


async def list_lots(ctx: Context, site_id: str, *, name: str = "") -> list[LotLine]:
    """PARK-02: lots by name, with doors, number of vehicles and how long each has stood."""
    ctx.require(Permission.SEE_PEOPLE)
    now = ctx.clock.now()

    def work(reader: Reader) -> list[LotLine]:
        lots = [lot for lot in reader.find(PARKING_LOT, site_id=site_id) if name.lower() in lot.name.lower()]
        lines = []
        for lot in sorted(lots, key=lambda one: one.name):
            doors = [reader.require(RELAY, d.relay_id).name for d in reader.find(PARKING_DOOR, lot_id=lot.id)]
            standing = [v for v in reader.find(PARKED_VEHICLE, lot_id=lot.id) if v.left_at is None]
            stood = sorted(
                ((v.plate, now - v.since) for v in standing), key=lambda pair: pair[1], reverse=True
            )
            lines.append(LotLine(lot, tuple(doors), tuple(stood)))
        return lines

    return await ctx.mirror.read(work)
