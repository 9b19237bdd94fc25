"""The firmware library, and rollouts with their targets, as rows of lists."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.base.verdict import Verdict, worst
from core.entities.device import DEVICE, Device
from core.entities.firmware import (
    FIRMWARE_RELEASE,
    ROLLOUT,
    ROLLOUT_TARGET,
    FirmwareRelease,
    Rollout,
    RolloutState,
    RolloutTarget,
)
from core.entities.record import JobRecord, JobState
from core.rules.versions import same_version
from core.store.reader import Reader
from core.usecases.context import Context
from desktop.models.columns import MONO, QUIET, QUIET_END, STRONG, ListColumn, col
from desktop.models.jobs import stage_word
from desktop.models.places import read_places
from desktop.models.words import day_word, number_word, size_word, time_word, translate, verdict_word
from desktop.qt.roles import HasGets, Look, Progress, RowLook

LIBRARY_TOUCHES = frozenset({"firmware_releases", "devices"})
ROLLOUT_TOUCHES = frozenset({"rollouts", "rollout_targets", "devices", "firmware_releases", "jobs"})


@dataclass(frozen=True, slots=True)
class ReleaseLine:
    """One file of the library. `here`: it is on this workstation; `behind`: devices of the site on another version."""

    release: FirmwareRelease
    here: bool
    running: int
    behind: int


@dataclass(frozen=True, slots=True)
class TargetLine:
    """One device of a rollout, with its job while one runs."""

    target: RolloutTarget
    device: Device
    place: str
    wanted: str
    job: JobRecord | None = None

    @property
    def mark(self) -> str:
        """running, or the verdict."""
        return "running" if self.job and self.job.state is JobState.RUNNING else self.target.verdict.value


@dataclass(frozen=True, slots=True)
class RolloutLine:
    """One rollout and its targets."""

    rollout: Rollout
    release: FirmwareRelease | None
    targets: tuple[TargetLine, ...]

    @property
    def verdict(self) -> Verdict:
        """The worst of the targets."""
        return worst([t.target.verdict for t in self.targets])

    @property
    def proved(self) -> int:
        """How many targets read back the version."""
        return sum(1 for t in self.targets if t.target.verdict is Verdict.PROVED)

    def counts(self) -> dict[str, int]:
        """How many targets per mark."""
        found: dict[str, int] = {}
        for target in self.targets:
            found[target.mark] = found.get(target.mark, 0) + 1
        return found


async def load_releases(ctx: Context, site_id: str) -> list[ReleaseLine]:
    """The library, newest first, with how the chosen site stands to each."""

    def work(reader: Reader) -> list[ReleaseLine]:
        devices = reader.find(DEVICE, scope_id=site_id) if site_id else []
        lines = []
        for release in reader.find(FIRMWARE_RELEASE):
            mine = [d for d in devices if d.model == release.model]
            same = sum(1 for d in mine if same_version(d.firmware, release.version))
            lines.append(ReleaseLine(release, ctx.blobs.has(release.sha256), same, len(mine) - same))
        return sorted(
            lines, key=lambda x: x.release.created_at.timestamp() if x.release.created_at else 0, reverse=True
        )

    return await ctx.mirror.read(work)


async def load_rollouts(ctx: Context, site_id: str) -> list[RolloutLine]:
    """The rollouts of a site, newest first."""
    if not site_id:
        return []
    by_target = {
        str(r.inputs.get("target_id")): r
        for r in ctx.jobs.current()
        if r.kind == "firmware" and r.inputs.get("target_id")
    }

    def work(reader: Reader) -> list[RolloutLine]:
        places = read_places(reader, site_id)
        devices = {d.id: d for d in reader.find(DEVICE, scope_id=site_id)}
        releases = {r.id: r for r in reader.find(FIRMWARE_RELEASE)}
        targets: dict[str, list[TargetLine]] = {}
        for target in reader.find(ROLLOUT_TARGET, scope_id=site_id):
            device = devices.get(target.device_id)
            if device is not None:
                place = places.place(device.building_id, device.apartment_id)
                line = TargetLine(target, device, place, device.wanted_firmware, by_target.get(target.id))
                targets.setdefault(target.rollout_id, []).append(line)
        lines = [
            RolloutLine(
                rollout,
                releases.get(rollout.release_id),
                tuple(sorted(targets.get(rollout.id, []), key=lambda t: t.device.name.casefold())),
            )
            for rollout in reader.find(ROLLOUT, scope_id=site_id)
        ]
        return sorted(lines, key=lambda x: x.rollout.id, reverse=True)

    return await ctx.mirror.read(work)


def release_columns(zone: Callable[[], str]) -> list[ListColumn]:
    """The columns of the library."""

    def added(line: ReleaseLine) -> str:
        return day_word(line.release.created_at, zone())

    return [
        col("model", translate("Model"), lambda x: x.release.model, 100, STRONG),
        col("version", translate("Version"), lambda x: x.release.version, 140, MONO),
        col(
            "site",
            translate("At this site"),
            site_words,
            190,
            _site_look,
            order=lambda x: -x.behind,
            stretch=True,
        ),
        col("file", translate("File"), _file_words, 140, _file_look),
        col("size", translate("Size"), _size, 80, QUIET_END, order=lambda x: x.release.size, drop=2),
        col("created", translate("Added"), added, 100, QUIET, order=_created, drop=1),
    ]


def _size(line: ReleaseLine) -> str:
    return size_word(line.release.size)


def _created(line: ReleaseLine) -> float:
    return line.release.created_at.timestamp() if line.release.created_at else 0.0


def site_words(line: ReleaseLine) -> str:
    """`3 run it, 2 on another version`."""
    if not line.running and not line.behind:
        return translate("no such device")
    parts = []
    if line.running:
        parts.append(translate("{0} run it").format(line.running))
    if line.behind:
        parts.append(translate("{0} on another version").format(line.behind))
    return ", ".join(parts)


def _site_look(line: ReleaseLine) -> Look:
    if line.behind:
        return Look(tone="t1")
    return Look(tone="t2" if line.running else "t3")


def _file_words(line: ReleaseLine) -> str:
    return translate("on this laptop") if line.here else translate("in the cloud only")


def _file_look(line: ReleaseLine) -> Look:
    return Look(icon="hard-drive-download" if line.here else "cloud", tone="t2" if line.here else "ambiguous")


def rollout_columns(now: Callable[[], datetime], zone: Callable[[], str]) -> list[ListColumn]:
    """The columns of the rollouts."""

    def made(line: RolloutLine) -> str:
        return time_word(line.rollout.created_at, now(), zone())

    return [
        col("name", translate("Rollout"), lambda x: x.rollout.name, 210, STRONG, stretch=True),
        col("state", translate("State"), state_words, 100, _state_look),
        col("progress", translate("Proved"), _proved_words, 140, _proved_look, order=lambda x: x.proved),
        col("verdict", translate("Verdict"), _verdict_words, 120, _verdict_look),
        col("made", translate("Started"), made, 100, QUIET, drop=1),
    ]


def _verdict_words(line: RolloutLine) -> str:
    return verdict_word(line.verdict) if line.targets else ""


def _verdict_look(line: RolloutLine) -> Look:
    return Look(verdict=line.verdict.value) if line.targets else Look()


def state_words(line: RolloutLine) -> str:
    """The state of a rollout in words."""
    words = {
        RolloutState.PENDING: translate("not begun"),
        RolloutState.RUNNING: translate("open"),
        RolloutState.PAUSED: translate("paused"),
        RolloutState.DONE: translate("done"),
        RolloutState.ABORTED: translate("aborted"),
    }
    return words.get(line.rollout.state, str(line.rollout.state))


def _state_look(line: RolloutLine) -> Look:
    icons = {RolloutState.PAUSED: "pause", RolloutState.DONE: "check", RolloutState.ABORTED: "circle-x"}
    return Look(icon=icons.get(line.rollout.state, "rocket"), tone="t2")


def _proved_words(line: RolloutLine) -> str:
    return f"{line.proved}/{len(line.targets)}"


def _proved_look(line: RolloutLine) -> Look:
    tone = "proved.solid" if line.verdict is Verdict.PROVED else "acc"
    return Look(progress=Progress(line.proved, max(1, len(line.targets)), _proved_words(line), tone))


def target_columns(now: Callable[[], datetime], zone: Callable[[], str]) -> list[ListColumn]:
    """The columns of a rollout's targets."""

    def verdict(line: TargetLine) -> str:
        if line.mark == "running":
            return translate("running")
        word = verdict_word(line.target.verdict)
        return (
            f"{word} {time_word(line.target.at, now(), zone())}"
            if line.target.verdict is Verdict.PROVED
            else word
        )

    return [
        col("name", translate("Door"), lambda x: x.device.name, 150, STRONG),
        col("place", translate("Place"), lambda x: x.place, 110, QUIET, drop=2),
        col("change", translate("Has → gets"), _change_words, 230, _change_look),
        col("step", translate("Step"), _step_words, 170, _step_look, stretch=True, drop=1),
        col("verdict", translate("Verdict"), verdict, 140, _target_look),
    ]


def _target_look(line: TargetLine) -> Look:
    return Look(verdict=line.mark, reason=line.target.said)


def _change_words(line: TargetLine) -> str:
    return f"{line.device.firmware or line.target.before} → {line.wanted}"


def _change_look(line: TargetLine) -> Look:
    return Look(has_gets=HasGets(line.target.before or "—", line.target.after or line.wanted, mono=True))


def _step_words(line: TargetLine) -> str:
    job = line.job
    if job is None or job.state is not JobState.RUNNING:
        return line.target.said
    share = f"{round(100 * job.done / job.total)} %" if job.total else ""
    return " ".join(p for p in (stage_word(job), share) if p)


def _step_look(line: TargetLine) -> Look:
    return Look(tone="t2", reason=line.target.said)


def target_row_look(line: TargetLine) -> RowLook:
    """The stripe of a target."""
    return RowLook(stripe=line.mark)


def count_words(counts: dict[str, int]) -> dict[str, str]:
    """`{"proved": "2 proved"}` for the line of counts."""
    return {
        mark: f"{number_word(n)} {translate('running') if mark == 'running' else verdict_word(mark)}"
        for mark, n in counts.items()
    }


def behind_devices(lines: Sequence[RolloutLine]) -> int:
    """How many targets of open rollouts are not proved."""
    return sum(len(x.targets) - x.proved for x in lines if x.rollout.state is RolloutState.RUNNING)
