"""Firmware releases and rollouts (FW-01 to FW-04)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from core.base.verdict import Verdict
from core.schema.entity import EntitySpec, Problem, Row, Scope, spec_of
from core.schema.field import Choice, Digest, Moment, Number, Ref, Text


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
    """An upgrade of one site's devices of one model to one release (FW-02)."""

    site_id: Annotated[str, Ref(label="Site", to="sites", indexed=True)]
    release_id: Annotated[str, Ref(label="Firmware", to="firmware_releases", indexed=True)]
    name: Annotated[str, Text(label="Name", max_len=128, searchable=True)]
    state: Annotated[RolloutState, Choice(label="State", of=RolloutState)] = RolloutState.PENDING
    created_at: Annotated[datetime | None, Moment(label="Created")] = None


ROLLOUT: EntitySpec[Rollout] = spec_of(
    Rollout,
    name="rollouts",
    number=17,
    label="Rollout",
    scope=Scope.SITE,
    title=("name",),
)


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


ROLLOUT_TARGET: EntitySpec[RolloutTarget] = spec_of(
    RolloutTarget,
    name="rollout_targets",
    number=18,
    label="Rollout target",
    scope=Scope.SITE,
    title=("before",),
    natural_key=("rollout_id", "device_id"),
)
