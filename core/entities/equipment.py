"""What hangs beside the intercoms: cameras, recorders, the vendor's own locks, smart-home panels (DEV-09, 11 to 13)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from core.schema.entity import EntitySpec, Problem, Row, Scope, looks_at, spec_of
from core.schema.field import Choice, Flag, Mac, Moment, Number, Ref, Secret, Text


class Terminals(StrEnum):
    """DEV-09: where residents watch a camera; in communities 'monitor' includes guard phones."""

    BOTH = "app_and_monitor"
    APP = "app"
    MONITOR = "monitor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera(Row):
    """A third-party camera (DEV-09). `apartment_id` None is a public area; `owner_id` whose it is in a house or office.

    Linked to a door phone of the same LAN (`device_id`), its picture is shown under that phone and it has no icon of
    its own in the app.
    """

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    name: Annotated[str, Text(label="Name", max_len=64, searchable=True, example="Car park")]
    address: Annotated[str, Text(label="RTSP address", max_len=255, example="rtsp://10.0.0.9:554/stream1")]
    user: Annotated[str, Text(label="User", max_len=64)]
    password: Annotated[str, Secret(label="Password", max_len=64)]
    building_id: Annotated[str | None, Ref(label="Building", to="buildings", indexed=True)] = None
    apartment_id: Annotated[str | None, Ref(label="Apartment", to="apartments", indexed=True)] = None
    owner_id: Annotated[str | None, Ref(label="Owner", to="residents", indexed=True)] = None
    device_id: Annotated[str | None, Ref(label="Linked device", to="devices", indexed=True)] = None
    may_monitor: Annotated[bool, Flag(label="Residents may monitor")] = True
    terminals: Annotated[Terminals, Choice(label="Terminals", of=Terminals)] = Terminals.BOTH
    made_at: Annotated[datetime | None, Moment(label="Created")] = None


_RTSP = re.compile(r"rtsp://(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?):(\d{1,5})(/\S*)?")


@looks_at("address")
def _rtsp_shape(camera: Camera) -> Iterator[Problem]:
    found = _RTSP.fullmatch(camera.address)
    if found is None or not 1 <= int(found.group(2)) <= 65_535:
        words = (
            "RTSP address is written as rtsp://address:port, with the maker's path behind it; no user in it."
        )
        yield Problem("address", "cameras.address.shape", words)


CAMERA: EntitySpec[Camera] = spec_of(
    Camera,
    name="cameras",
    number=33,
    label="Camera",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("site_id", "name"),
    rules=(_rtsp_shape,),
)


class RecorderBrand(StrEnum):
    """DEV-12."""

    MILESIGHT = "milesight"
    HIKVISION = "hikvision"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorder(Row):
    """A network video recorder (DEV-12).

    `may_watch`: residents see the live picture where it hangs in a public area.
    """

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    name: Annotated[str, Text(label="Name", max_len=64, searchable=True)]
    brand: Annotated[RecorderBrand, Choice(label="Maker", of=RecorderBrand)]
    address: Annotated[str, Text(label="Address", max_len=128, searchable=True)] = ""
    serial: Annotated[str, Text(label="Serial number", max_len=64, searchable=True)] = ""
    channels: Annotated[int, Number(label="Channels", low=0, high=256)] = 0
    building_id: Annotated[str | None, Ref(label="Building", to="buildings", indexed=True)] = None
    apartment_id: Annotated[str | None, Ref(label="Apartment", to="apartments", indexed=True)] = None
    may_watch: Annotated[bool, Flag(label="Residents may watch")] = False
    made_at: Annotated[datetime | None, Moment(label="Created")] = None


@looks_at("may_watch", "apartment_id")
def _watched_in_public(recorder: Recorder) -> Iterator[Problem]:
    if recorder.may_watch and recorder.apartment_id is not None:
        words = "Residents watch the picture of a recorder in a public area only."
        yield Problem("may_watch", "recorders.may_watch.private", words)


RECORDER: EntitySpec[Recorder] = spec_of(
    Recorder,
    name="recorders",
    number=34,
    label="Recorder",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("site_id", "name"),
    rules=(_watched_in_public,),
)


class SmartLockModel(StrEnum):
    """DEV-11: the vendor's own locks."""

    SL20 = "SL20"
    SL21 = "SL21"
    SL50 = "SL50"


@dataclass(frozen=True, slots=True, kw_only=True)
class SmartLock(Row):
    """One of the vendor's own smart locks (DEV-11). `battery` and `status` came from the lock itself."""

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    name: Annotated[str, Text(label="Name", max_len=64, searchable=True)]
    model: Annotated[SmartLockModel, Choice(label="Model", of=SmartLockModel)]
    serial: Annotated[str, Text(label="Serial number", max_len=64, searchable=True)] = ""
    building_id: Annotated[str | None, Ref(label="Building", to="buildings", indexed=True)] = None
    apartment_id: Annotated[str | None, Ref(label="Apartment", to="apartments", indexed=True)] = None
    added_by: Annotated[str, Text(label="Added by", max_len=128)] = ""
    battery: Annotated[int | None, Number(label="Battery in percent", low=0, high=100)] = None
    status: Annotated[str, Text(label="Status", max_len=64)] = ""
    made_at: Annotated[datetime | None, Moment(label="Created")] = None


SMART_LOCK: EntitySpec[SmartLock] = spec_of(
    SmartLock,
    name="smart_locks",
    number=35,
    label="Smart lock",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("site_id", "name"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel(Row):
    """A smart-home panel of an apartment, PH81-POE-ST (DEV-13)."""

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    name: Annotated[str, Text(label="Name", max_len=64, searchable=True)]
    mac: Annotated[str, Mac(label="MAC", indexed=True, searchable=True)]
    apartment_id: Annotated[str | None, Ref(label="Apartment", to="apartments", indexed=True)] = None
    model: Annotated[str, Text(label="Model", max_len=32)] = "PH81-POE-ST"
    made_at: Annotated[datetime | None, Moment(label="Created")] = None


PANEL: EntitySpec[Panel] = spec_of(
    Panel,
    name="panels",
    number=36,
    label="Smart-home panel",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("mac",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelUnit(Row):
    """A Zigbee device behind a panel (DEV-13). `ieee`: its address, 16 hexadecimal digits."""

    panel_id: Annotated[str, Ref(label="Panel", to="panels", indexed=True)]
    name: Annotated[str, Text(label="Name", max_len=64, searchable=True)]
    kind: Annotated[str, Text(label="Type", max_len=64, searchable=True, example="Door sensor")] = ""
    ieee: Annotated[str, Text(label="Zigbee address", max_len=16)] = ""
    status: Annotated[str, Text(label="Status", max_len=64)] = ""
    seen_at: Annotated[datetime | None, Moment(label="Last seen")] = None


@looks_at("ieee")
def _ieee_shape(unit: PanelUnit) -> Iterator[Problem]:
    if unit.ieee and not re.fullmatch(r"[0-9A-F]{16}", unit.ieee):
        words = "Zigbee address has 16 upper-case hexadecimal digits."
        yield Problem("ieee", "panel_units.ieee.shape", words)


PANEL_UNIT: EntitySpec[PanelUnit] = spec_of(
    PanelUnit,
    name="panel_units",
    number=37,
    label="Zigbee device",
    scope=Scope.SITE,
    title=("name",),
    natural_key=("panel_id", "name"),
    rules=(_ieee_shape,),
)
