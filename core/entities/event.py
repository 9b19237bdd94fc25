"""What happened at a door: told by the device at once (action URL) or read from its door log later."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from core.schema.entity import EntitySpec, Row, Scope, spec_of
from core.schema.field import Choice, Flag, Moment, Ref, Text


class EventSource(StrEnum):
    """How it came here."""

    CALL = "call"
    """The device called an address of ours (device API 6)."""
    LOG = "log"
    """Read from the device's door log (device API 3.11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DoorEvent(Row):
    """One event of one device.

    `at`: when it happened, as well as we know: the device's time corrected by the drift of its clock, or the moment of
    the call. `device_time`: the wall clock that the device itself told. `ref`: the record's number in the door log,
    empty for a call. `person_id`: whose code it was, when it is one of ours. Codes are not kept but for their tail.
    """

    device_id: Annotated[str, Ref(label="Device", to="devices", indexed=True)]
    at: Annotated[datetime, Moment(label="Time", indexed=True)]
    source: Annotated[EventSource, Choice(label="Source", of=EventSource)]
    event: Annotated[str, Text(label="Event", max_len=48, searchable=True)]
    ref: Annotated[str, Text(label="Record", max_len=32)] = ""
    device_time: Annotated[str, Text(label="Device's time", max_len=32)] = ""
    person_id: Annotated[str | None, Ref(label="Person", to="residents", indexed=True)] = None
    name: Annotated[str, Text(label="Name", max_len=160, searchable=True)] = ""
    method: Annotated[str, Text(label="Method", max_len=32, searchable=True)] = ""
    relay: Annotated[str, Text(label="Relay", max_len=8)] = ""
    worked: Annotated[bool, Flag(label="Opened")] = False
    code_tail: Annotated[str, Text(label="Code ends in", max_len=8)] = ""


DOOR_EVENT: EntitySpec[DoorEvent] = spec_of(
    DoorEvent,
    name="door_events",
    number=42,
    label="Door event",
    scope=Scope.SITE,
    title=("event", "name"),
)
