"""Work asked for from afar, and leases: who may touch what until when. Synced, so that two workstations agree."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from core.base.verdict import Verdict
from core.schema.entity import EntitySpec, Row, Scope, spec_of
from core.schema.field import Choice, Moment, Ref, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease(Row):
    """That one workstation works on something: a device that is flashed, a rollout that is driven.

    `subject`: the id of what is leased. `held`: `<until in ms> <workstation's id> <its name>`, empty when it is free.
    One field, since the cloud merges field by field and half of two leases would be one that nobody took.
    """

    subject: Annotated[str, Text(label="What", max_len=64, indexed=True)]
    held: Annotated[str, Text(label="Held by", max_len=200)] = ""


LEASE: EntitySpec[Lease] = spec_of(
    Lease,
    name="leases",
    number=40,
    label="Lease",
    scope=Scope.SITE,
    title=("subject",),
    natural_key=("subject",),
)


def lease_id(subject: str) -> str:
    """The id of the one lease row of a subject, the same on every workstation: of two rows that were made apart the
    cloud keeps the first and reports the other as overtaken. In the shape of an id (RFC 9562, version 7, year 1970).
    """
    digest = hashlib.sha256(f"lease:{subject}".encode()).hexdigest()
    return f"0000000000007{digest[:3]}8{digest[3:18]}"


class TaskKind(StrEnum):
    """What can be asked for from afar; the verbs of DESIGN.md's site agent."""

    PUSH = "push"
    VERIFY = "verify"
    REBOOT = "reboot"
    RELAY = "relay"
    ROLLOUT = "rollout"
    AUTOP = "autop"
    PULL_LOG = "pull_log"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task(Row):
    """One act asked for from afar. WAITING until a workstation on the site's LAN has done it; then its verdict.

    `what` of a RELAY is the relay's number, of an AUTOP the text, of a ROLLOUT the rollout's id. `held` as in Lease.
    """

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    kind: Annotated[TaskKind, Choice(label="Act", of=TaskKind)]
    device_id: Annotated[str | None, Ref(label="Device", to="devices", indexed=True)] = None
    what: Annotated[str, Text(label="What exactly", max_len=8000, lines=True)] = ""
    asked_by: Annotated[str, Text(label="Asked by", max_len=128, searchable=True)] = ""
    asked_at: Annotated[datetime | None, Moment(label="Asked")] = None
    held: Annotated[str, Text(label="Held by", max_len=200)] = ""
    verdict: Annotated[Verdict, Choice(label="Verdict", of=Verdict)] = Verdict.WAITING
    said: Annotated[str, Text(label="What was said", max_len=400)] = ""
    done_at: Annotated[datetime | None, Moment(label="Done")] = None
    done_by: Annotated[str, Text(label="Done by", max_len=128)] = ""


TASK: EntitySpec[Task] = spec_of(
    Task,
    name="tasks",
    number=41,
    label="Task",
    scope=Scope.SITE,
    title=("kind",),
)
