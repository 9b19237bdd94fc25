"""The parking lots of a site, their doors, and what stands in them since when (PARK-02). No widgets."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core.entities.device import DEVICE, RELAY
from core.entities.parking import PARKED_VEHICLE, PARKING_DOOR, PARKING_LOT, ParkedVehicle, ParkingLot
from core.rules.door import Door
from core.schema.field import Items, Text
from core.store.reader import Reader
from core.usecases.context import Context
from desktop.models.columns import NUMBER, QUIET, STRONG, ListColumn, col
from desktop.models.record_draft import DraftField, RecordDraft
from desktop.models.words import age_word, number_word, translate

TOUCHES = frozenset({PARKING_LOT.name, PARKING_DOOR.name, PARKED_VEHICLE.name, RELAY.name, DEVICE.name})


@dataclass(frozen=True, slots=True)
class LotRow:
    """One lot: the relays of its doors with their names, and what stands there, the longest first."""

    lot: ParkingLot
    doors: tuple[tuple[str, str], ...]
    standing: tuple[ParkedVehicle, ...]


@dataclass(frozen=True, slots=True)
class Parking:
    """The lots of a site by name, and every door that there is to choose from."""

    lots: tuple[LotRow, ...] = ()
    doors: tuple[tuple[object, str], ...] = ()


async def load_parking(ctx: Context, site_id: str) -> Parking:
    """Read a site's lots."""
    if not site_id:
        return Parking()

    def work(reader: Reader) -> Parking:
        devices = {d.id: d for d in reader.find(DEVICE, scope_id=site_id)}
        words = {
            r.id: Door(devices[r.device_id], r).name
            for r in reader.find(RELAY, scope_id=site_id)
            if r.device_id in devices and r.enabled
        }
        lots = sorted(reader.find(PARKING_LOT, site_id=site_id), key=lambda lot: lot.name.casefold())
        every = sorted(words.items(), key=lambda pair: pair[1].casefold())
        return Parking(tuple(_row(reader, lot, words) for lot in lots), tuple(every))

    return await ctx.mirror.read(work, limit_ms=10_000)


def _row(reader: Reader, lot: ParkingLot, words: dict[str, str]) -> LotRow:
    doors = [(d.relay_id, words.get(d.relay_id, "")) for d in reader.find(PARKING_DOOR, lot_id=lot.id)]
    standing = [v for v in reader.find(PARKED_VEHICLE, lot_id=lot.id) if v.left_at is None]
    return LotRow(
        lot,
        tuple(sorted(doors, key=lambda door: door[1].casefold())),
        tuple(sorted(standing, key=lambda vehicle: vehicle.since)),
    )


def lot_columns(now: Callable[[], datetime]) -> list[ListColumn]:
    """The columns of the list."""

    def longest(row: LotRow) -> str:
        return age_word(row.standing[0].since, now()) if row.standing else ""

    return [
        col("name", translate("Name"), lambda x: x.lot.name, 220, STRONG),
        col("doors", translate("Doors"), _doors, 320, QUIET, stretch=True),
        col(
            "standing",
            translate("Vehicles"),
            lambda x: number_word(len(x.standing)) if x.standing else "",
            96,
            NUMBER,
            order=lambda x: len(x.standing),
        ),
        col("longest", translate("Longest"), longest, 96, NUMBER, drop=1),
    ]


def _doors(row: LotRow) -> str:
    return ", ".join(words for _, words in row.doors) or translate("none yet")


def plates_of(row: LotRow) -> str:
    """More words to find a lot by: what stands in it."""
    return " ".join(vehicle.plate for vehicle in row.standing)


def lot_draft(row: LotRow | None) -> RecordDraft:
    """The form of a lot: its name and exactly its doors."""
    fields = [
        DraftField("name", Text(max_len=128), translate("Name"), required=True, optional=False),
        DraftField("doors", Items(max_items=64, max_len=32), translate("Doors")),
    ]
    values = {
        "name": row.lot.name if row else "",
        "doors": tuple(relay for relay, _ in row.doors) if row else (),
    }
    return RecordDraft(fields, values, new=row is None)
