"""Firmware releases and rollouts (FW-01 to FW-04)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from core.base.verdict import Verdict
from core.schema.entity import EntitySpec, Problem, Row, Scope, looks_at, spec_of
from core.schema.field import Choice, Digest, Flag, Items, Moment, Number, Ref, Text


@dataclass(frozen=True, slots=True, kw_only=True)
class FirmwareRelease(Row):
    """One firmware file of the library (FW-01). The file itself is a blob, named by `sha256`."""

    model: Annotated[str, Text(label="Model", max_len=32, searchable=True, indexed=True)]
    version: Annotated[str, Text(label="Version", max_len=32, searchable=True, example="29.30.10.437")]
    sha256: Annotated[str, Digest(label="SHA-256", indexed=True)]
    md5: Annotated[str, Text(label="MD5", max_len=32)]
    size: Annotated[int, Number(label="Bytes", low=1, high=2**31)]
    file_name: Annotated[str, Text(label="File", max_len=128, searchable=True)] = ""
    notes: Annotated[str, Text(label="Version log", max_len=4000, lines=True, searchable=True)] = ""
    created_at: Annotated[datetime | None, Moment(label="Created")] = None


@looks_at("version")
def _version_shape(release: FirmwareRelease) -> Iterator[Problem]:
    if not re.fullmatch(r"\d{1,5}(\.\d{1,5}){3}", release.version):
        message = "Version has four numbers with dots, such as 29.30.10.437."
        yield Problem("version", "firmware_releases.version.shape", message)


FIRMWARE_RELEASE: EntitySpec[FirmwareRelease] = spec_of(
    FirmwareRelease,
    name="firmware_releases",
    number=16,
    label="Firmware release",
    scope=Scope.ORG,
    title=("model", "version"),
    natural_key=("model", "version"),
    rules=(_version_shape,),
)


class RolloutState(StrEnum):
    """FW-03, with the end states that tell the truth."""

    PENDING = "pending"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rollout(Row):
    """An upgrade of one site's devices of one model to one release (FW-02).

    `waves`: how many devices are in the canary wave, the next one and so on; 0 is all the rest. `quiet_hours`: spans
    such as `07:00-08:30` in the site's zone in which no upgrade begins. `said`: why it is paused.
    """

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    release_id: Annotated[str, Ref(label="Firmware", to="firmware_releases", indexed=True)]
    name: Annotated[str, Text(label="Name", max_len=128, searchable=True)]
    state: Annotated[RolloutState, Choice(label="State", of=RolloutState)] = RolloutState.PENDING
    created_at: Annotated[datetime | None, Moment(label="Created")] = None
    starts_at: Annotated[datetime | None, Moment(label="Upgrade time")] = None
    waves: Annotated[tuple[str, ...], Items(label="Waves", max_items=12, max_len=6)] = ("1", "10", "0")
    go_on_pct: Annotated[int, Number(label="Go on at per cent", low=1, high=100)] = 90
    stop_faults: Annotated[int, Number(label="Stop at faults", low=0, high=1000)] = 2
    watch_s: Annotated[int, Number(label="Watch a wave for seconds", low=0, high=86_400)] = 0
    max_down: Annotated[int, Number(label="Doors of one entrance down at a time", low=0, high=50)] = 1
    at_once: Annotated[int, Number(label="Devices at a time", low=1, high=50)] = 4
    quiet_hours: Annotated[tuple[str, ...], Items(label="Quiet hours", max_items=8, max_len=16)] = ()
    reset_after: Annotated[bool, Flag(label="Reset after upgrade")] = False
    said: Annotated[str, Text(label="What was said", max_len=400)] = ""
    by: Annotated[str, Text(label="Begun by", max_len=128, searchable=True)] = ""


@looks_at("waves")
def _waves_are_sizes(rollout: Rollout) -> Iterator[Problem]:
    if any(not size.isdigit() for size in rollout.waves):
        yield Problem(
            "waves", "rollouts.waves.shape", "Waves are numbers of devices, such as 1;10;0 (0: the rest)."
        )


ROLLOUT: EntitySpec[Rollout] = spec_of(
    Rollout,
    name="rollouts",
    number=17,
    label="Rollout",
    scope=Scope.SITE,
    title=("name",),
    rules=(_waves_are_sizes,),
)


class TargetEnd(StrEnum):
    """How far one device of a rollout has come. The last four are end states."""

    OPEN = "open"
    RUNNING = "running"
    PARKED = "parked"
    """It did not answer; tried again later and later."""
    PROVED = "proved"
    FAILED = "failed"
    """Sent, and not seen again or with another version than meant."""
    REFUSED = "refused"
    """The device said no, or it is another model: it runs what it ran."""
    ABORTED = "aborted"
    """Stopped before anything was changed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolloutTarget(Row):
    """One device of a rollout: version before, version read back after, and the verdict."""

    rollout_id: Annotated[str, Ref(label="Rollout", to="rollouts", indexed=True)]
    device_id: Annotated[str, Ref(label="Device", to="devices", indexed=True)]
    before: Annotated[str, Text(label="Before", max_len=32)] = ""
    after: Annotated[str, Text(label="After", max_len=32)] = ""
    verdict: Annotated[Verdict, Choice(label="Verdict", of=Verdict)] = Verdict.WAITING
    said: Annotated[str, Text(label="What was said", max_len=400)] = ""
    at: Annotated[datetime | None, Moment(label="At")] = None
    wave: Annotated[int, Number(label="Wave", low=0, high=20)] = 0
    end: Annotated[TargetEnd, Choice(label="State", of=TargetEnd)] = TargetEnd.OPEN
    tries: Annotated[int, Number(label="Tries without an answer", low=0, high=100_000)] = 0
    retry_at: Annotated[datetime | None, Moment(label="Next try")] = None
    excused: Annotated[bool, Flag(label="Fault was looked at")] = False
    wanted_before: Annotated[str, Text(label="Wanted before", max_len=32)] = ""


ROLLOUT_TARGET: EntitySpec[RolloutTarget] = spec_of(
    RolloutTarget,
    name="rollout_targets",
    number=18,
    label="Rollout target",
    scope=Scope.SITE,
    title=("before",),
    natural_key=("rollout_id", "device_id"),
)
