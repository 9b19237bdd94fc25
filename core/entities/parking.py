"""Parking lots, their doors, and the vehicles that stand there (PARK-02)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from core.schema.entity import EntitySpec, Problem, Row, Scope, looks_at, spec_of
from core.schema.field import Moment, Ref, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkingLot(Row):
    """A parking lot of a site."""

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    name: Annotated[str, Text(label="Name", max_len=128, searchable=True)]


PARKING_LOT: EntitySpec[ParkingLot] = spec_of(
    ParkingLot,
    name="parking_lots",
    number=25,
    label="Parking lot",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("site_id", "name"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkingDoor(Row):
    """A relay that lets vehicles into a lot or out of it."""

    lot_id: Annotated[str, Ref(label="Parking lot", to="parking_lots", indexed=True)]
    relay_id: Annotated[str, Ref(label="Relay", to="relays", indexed=True)]


PARKING_DOOR: EntitySpec[ParkingDoor] = spec_of(
    ParkingDoor,
    name="parking_doors",
    number=26,
    label="Parking door",
    scope=Scope.SITE,
    title=(),
    natural_key=("lot_id", "relay_id"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ParkedVehicle(Row):
    """A vehicle that came into a lot; it stands there while `left_at` is empty."""

    lot_id: Annotated[str, Ref(label="Parking lot", to="parking_lots", indexed=True)]
    plate: Annotated[str, Text(label="License plate", max_len=16, searchable=True, indexed=True)]
    since: Annotated[datetime, Moment(label="Since")]
    left_at: Annotated[datetime | None, Moment(label="Left")] = None


@looks_at("left_at", "since")
def _leaves_after(vehicle: ParkedVehicle) -> Iterator[Problem]:
    if vehicle.left_at is not None and vehicle.left_at < vehicle.since:
        yield Problem("left_at", "parked_vehicles.reversed", "A vehicle cannot leave before it came.")


PARKED_VEHICLE: EntitySpec[ParkedVehicle] = spec_of(
    ParkedVehicle,
    name="parked_vehicles",
    number=27,
    label="Parked vehicle",
    scope=Scope.SITE,
    title=("plate",),
    rules=(_leaves_after,),
)
