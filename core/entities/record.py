"""What the workstation notes about its own work: jobs and audit entries. Local."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any

from core.schema.entity import EntitySpec, Row, Scope, spec_of
from core.schema.field import Choice, Doc, Flag, Moment, Number, Text


class JobState(StrEnum):
    """Life of a job. INTERRUPTED: the program ended under it; it is resumed by asking the device first."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobRecord(Row):
    """A durable job: what it is, for whom, how far it has come. `inputs`, `journal` and `result` hold no secrets.

    `key`: of waiting jobs with the same kind, lane and key only the latest is kept. `network`: a few jobs at once per
    network. `tries`: how often the program died under it.
    """

    kind: Annotated[str, Text(label="Kind", max_len=48, indexed=True)]
    lane: Annotated[str, Text(label="Lane", max_len=64, indexed=True)]
    title: Annotated[str, Text(label="Job", max_len=160, searchable=True)]
    state: Annotated[JobState, Choice(label="State", of=JobState)] = JobState.WAITING
    inputs: Annotated[dict[str, Any], Doc(label="Inputs")]
    stage: Annotated[str, Text(label="Step", max_len=64)] = ""
    journal: Annotated[dict[str, Any], Doc(label="Journal")]
    done: Annotated[int, Number(label="Done")] = 0
    total: Annotated[int, Number(label="Of")] = 0
    said: Annotated[str, Text(label="Last word", max_len=400, searchable=True)] = ""
    stoppable: Annotated[bool, Flag(label="Can be stopped")] = True
    made_at: Annotated[datetime | None, Moment(label="Made", indexed=True)] = None
    ended_at: Annotated[datetime | None, Moment(label="Ended")] = None
    result: Annotated[dict[str, Any], Doc(label="Result")]
    key: Annotated[str, Text(label="Key", max_len=96)] = ""
    network: Annotated[str, Text(label="Network", max_len=64)] = ""
    tries: Annotated[int, Number(label="Interrupted", low=0)] = 0


JOB: EntitySpec[JobRecord] = spec_of(
    JobRecord,
    name="jobs",
    number=61,
    label="Job",
    scope=Scope.LOCAL,
    title=("title",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry(Row):
    """One written change (LOG-06): who, when, what, from what to what, under which act. Secrets are masked.

    `chain` is the SHA-256 of the entry before it and this one's content, so that a removed row is noticed.
    """

    at: Annotated[datetime, Moment(label="Time", indexed=True)]
    who: Annotated[str, Text(label="Who", max_len=128, searchable=True)]
    act: Annotated[str, Text(label="Act", max_len=120, searchable=True)]
    entity: Annotated[str, Text(label="Kind", max_len=48, indexed=True)]
    entity_id: Annotated[str, Text(label="Row", max_len=32, indexed=True)]
    op: Annotated[str, Text(label="Action", max_len=16)]
    title: Annotated[str, Text(label="What", max_len=200, searchable=True)]
    changes: Annotated[dict[str, Any], Doc(label="Changes")]
    chain: Annotated[str, Text(label="Chain", max_len=64)] = ""


AUDIT_ENTRY: EntitySpec[AuditEntry] = spec_of(
    AuditEntry,
    name="audit_entries",
    number=62,
    label="Audit entry",
    scope=Scope.LOCAL,
    title=("title",),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoEntry(Row):
    """One bulk act with everything needed to take it back. Local: it holds codes, as the mirror itself does.

    `steps` is `{"steps": [{"entity", "id", "scope", "op", "fields", "old"}]}` in the order of writing, stored forms.
    Rows made one after the other stand in one step, `{"entity", "scope", "op": "made", "made": [[id, digest]]}`,
    and rows removed so `{"entity", "scope", "op": "gone", "gone": [[id, JSON of the fields]]}`.
    An act of several transactions has an entry without steps and one for each of them that names it in `part_of`.
    """

    act: Annotated[str, Text(label="Act", max_len=120, searchable=True)]
    at: Annotated[datetime, Moment(label="Time", indexed=True)]
    who: Annotated[str, Text(label="Who", max_len=128, searchable=True)]
    site_id: Annotated[str, Text(label="Site", max_len=32, indexed=True)] = ""
    rows: Annotated[int, Number(label="Rows", low=0)] = 0
    steps: Annotated[dict[str, Any], Doc(label="Steps")]
    undone_at: Annotated[datetime | None, Moment(label="Taken back")] = None
    said: Annotated[str, Text(label="What was said", max_len=400)] = ""
    part_of: Annotated[str, Text(label="Part of", max_len=32, indexed=True)] = ""


UNDO_ENTRY: EntitySpec[UndoEntry] = spec_of(
    UndoEntry,
    name="undo_entries",
    number=63,
    label="Undo entry",
    scope=Scope.LOCAL,
    title=("act",),
)
