"""Receipts of move-ins and move-outs: open until every removal is proved by its device."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from core.base.verdict import Verdict
from core.schema.entity import EntitySpec, Row, Scope, spec_of
from core.schema.field import Choice, Flag, Moment, Ref, Text


class TurnoverKind(StrEnum):
    """What the receipt is about."""

    MOVE_IN = "move_in"
    MOVE_OUT = "move_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnover(Row):
    """One move-in or move-out of a person or a whole apartment. `due_at` may lie ahead; `closed_at` None is open."""

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    kind: Annotated[TurnoverKind, Choice(label="Kind", of=TurnoverKind)]
    title: Annotated[str, Text(label="Who", max_len=160, searchable=True)]
    due_at: Annotated[datetime, Moment(label="At", indexed=True)]
    made_at: Annotated[datetime, Moment(label="Made")]
    made_by: Annotated[str, Text(label="Made by", max_len=128)] = ""
    done_at: Annotated[datetime | None, Moment(label="Rows removed")] = None
    closed_at: Annotated[datetime | None, Moment(label="Closed")] = None
    apartment_id: Annotated[str | None, Ref(label="Apartment", to="apartments", indexed=True)] = None


TURNOVER: EntitySpec[Turnover] = spec_of(
    Turnover,
    name="turnovers",
    number=28,
    label="Receipt",
    scope=Scope.SITE,
    title=("title",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnoverLine(Row):
    """One person on one device. `person` is the id of a row that may be gone; `verdict` is the device's latest.

    Of a move-out: PROVED when the device was read to hold the person no more. `device_name` outlives the device.
    `at_lock`: `device_id` is a third-party lock's, which nobody can read: ACCEPTED when somebody said that it holds no
    code of the person any more.
    """

    turnover_id: Annotated[str, Ref(label="Receipt", to="turnovers", indexed=True)]
    person: Annotated[str, Text(label="Person", max_len=40, indexed=True)]
    device_id: Annotated[str, Text(label="Device", max_len=32, indexed=True)] = ""
    name: Annotated[str, Text(label="Name", max_len=160, searchable=True)] = ""
    device_name: Annotated[str, Text(label="Device name", max_len=64)] = ""
    verdict: Annotated[Verdict, Choice(label="Verdict", of=Verdict)] = Verdict.WAITING
    said: Annotated[str, Text(label="What was said", max_len=400)] = ""
    at: Annotated[datetime | None, Moment(label="Seen")] = None
    at_lock: Annotated[bool, Flag(label="Third-party lock")] = False


def has_followed(line: TurnoverLine) -> bool:
    """Whether nothing is left to be done for a line; a receipt closes when that is so of all of its lines."""
    return line.verdict is Verdict.PROVED or (line.at_lock and line.verdict is Verdict.ACCEPTED)


TURNOVER_LINE: EntitySpec[TurnoverLine] = spec_of(
    TurnoverLine,
    name="turnover_lines",
    number=29,
    label="Receipt line",
    scope=Scope.SITE,
    title=("name", "device_name"),
    natural_key=("turnover_id", "person", "device_id"),
)
