"""Rollouts with their waves and targets, as rows of lists and as the figures of a board."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    TargetEnd,
)
from core.entities.record import JobRecord, JobState
from core.entities.site import SITE, Site, SiteKind
from core.store.reader import Reader
from core.usecases.context import Context
from core.usecases.rollout_list import STATUS
from desktop.models.columns import QUIET, STRONG, ListColumn, col
from desktop.models.jobs import stage_word
from desktop.models.listing import FilterField
from desktop.models.places import Places, read_places
from desktop.models.words import number_word, time_word, translate, verdict_word
from desktop.qt.language import spoken
from desktop.qt.roles import HasGets, Look, Progress, RowLook

ROLLOUT_TOUCHES = frozenset({"rollouts", "rollout_targets", "devices", "firmware_releases", "jobs"})
OVER = frozenset({RolloutState.DONE, RolloutState.ABORTED})
_FAULTS = frozenset({TargetEnd.FAILED, TargetEnd.REFUSED})
_OPEN = frozenset({TargetEnd.OPEN, TargetEnd.PARKED})


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
class WaveFigures:
    """One wave in numbers. `state`: done, current or later; `line`: the share at which the next one opens."""

    number: int
    state: str
    total: int
    counts: Mapping[str, int]
    line: float
    faults: int
    budget: int

    @property
    def proved(self) -> int:
        """Targets that read the version back."""
        return self.counts.get("proved", 0)

    @property
    def mark(self) -> str:
        """The wave's mark: running while anything runs, proved when all is, else its worst."""
        if self.counts.get("running"):
            return "running"
        if self.proved == self.total:
            return "proved"
        words = ("refused", "differs", "ambiguous", "unreachable")
        return next((w for w in words if self.counts.get(w)), "todo")


@dataclass(frozen=True, slots=True)
class RolloutLine:
    """One rollout and its targets."""

    rollout: Rollout
    release: FirmwareRelease | None
    targets: tuple[TargetLine, ...]
    driven: bool = False
    """A job of this workstation drives it."""
    site: Site | None = None

    @property
    def status(self) -> str:
        """FW-03's word: pending, processing, executed; ours: paused, aborted."""
        return STATUS[self.rollout.state]

    @property
    def version(self) -> str:
        """What it brings; empty when the library has lost the file."""
        return self.release.version if self.release else ""

    @property
    def verdict(self) -> Verdict:
        """The worst of the targets."""
        return worst([t.target.verdict for t in self.targets])

    @property
    def proved(self) -> int:
        """How many targets read back the version."""
        return sum(1 for t in self.targets if t.target.verdict is Verdict.PROVED)

    @property
    def over(self) -> bool:
        """Whether it is done or aborted."""
        return self.rollout.state in OVER

    def counts(self) -> dict[str, int]:
        """How many targets per mark."""
        return counts_of(self.targets)

    def waves(self) -> list[WaveFigures]:
        """The waves from left to right."""
        found: list[WaveFigures] = []
        current_seen = False
        for number in sorted({t.target.wave for t in self.targets}):
            members = [t for t in self.targets if t.target.wave == number]
            open_ones = any(t.target.end in _OPEN for t in members)
            state = "later" if current_seen else ("current" if open_ones and not self.over else "done")
            current_seen = current_seen or state == "current"
            first = not found
            found.append(
                WaveFigures(
                    number,
                    state,
                    len(members),
                    counts_of(members),
                    1.0 if first else self.rollout.go_on_pct / 100,
                    sum(1 for t in members if t.target.end in _FAULTS and not t.target.excused),
                    1 if first else self.rollout.stop_faults,
                )
            )
        return found


def counts_of(targets: tuple[TargetLine, ...] | list[TargetLine]) -> dict[str, int]:
    """How many targets per mark, in a fixed order."""
    order = ("proved", "accepted", "running", "waiting", "differs", "refused", "ambiguous", "unreachable")
    found = {mark: sum(1 for t in targets if t.mark == mark) for mark in order}
    return {mark: n for mark, n in found.items() if n}


async def load_rollouts(ctx: Context) -> list[RolloutLine]:
    """The rollouts of every site, newest first."""
    current = ctx.jobs.current()
    by_target = {str(r.inputs.get("target_id")): r for r in current if r.kind == "firmware"}
    driven = {str(r.inputs.get("rollout_id")) for r in current if r.kind == "rollout"}

    def work(reader: Reader) -> list[RolloutLine]:
        releases = {r.id: r for r in reader.find(FIRMWARE_RELEASE)}
        sites = {s.id: s for s in reader.find(SITE)}
        rollouts = [r for r in reader.find(ROLLOUT) if r.site_id in sites]
        targets: dict[str, list[TargetLine]] = {}
        for site_id in {r.site_id for r in rollouts}:
            targets |= _targets(reader, site_id, read_places(reader, site_id), by_target)
        lines = [
            RolloutLine(
                rollout,
                releases.get(rollout.release_id),
                tuple(_named(t, releases.get(rollout.release_id)) for t in targets.get(rollout.id, [])),
                rollout.id in driven,
                sites[rollout.site_id],
            )
            for rollout in rollouts
        ]
        return sorted(lines, key=lambda x: x.rollout.id, reverse=True)

    return await ctx.mirror.read(work)


def _named(line: TargetLine, release: FirmwareRelease | None) -> TargetLine:
    wanted = release.version if release else line.wanted
    return TargetLine(line.target, line.device, line.place, wanted, line.job)


def _targets(
    reader: Reader, site_id: str, places: Places, by_target: Mapping[str, JobRecord]
) -> dict[str, list[TargetLine]]:
    devices = {d.id: d for d in reader.find(DEVICE, scope_id=site_id)}
    found: dict[str, list[TargetLine]] = {}
    for target in reader.find(ROLLOUT_TARGET, scope_id=site_id):
        device = devices.get(target.device_id)
        if device is not None:
            place = places.place(device.building_id, device.apartment_id)
            line = TargetLine(target, device, place, device.wanted_firmware, by_target.get(target.id))
            found.setdefault(target.rollout_id, []).append(line)
    for lines in found.values():
        lines.sort(key=lambda t: (t.target.wave, t.device.name.casefold()))
    return found


def rollout_filters(
    lines: Callable[[], Sequence[RolloutLine]], names: Callable[[], dict[str, str]]
) -> list[FilterField]:
    """FW-03: by status, kind of site, site (`names` by id) and version, of which the list has some."""

    def kinds() -> list[tuple[object, str]]:
        words = {
            SiteKind.HOUSE: translate("House"),
            SiteKind.COMMUNITY: translate("Community"),
            SiteKind.OFFICE: translate("Office"),
        }
        return list(words.items())

    def sites() -> list[tuple[object, str]]:
        return [(key, name) for key, name in sorted(names().items(), key=lambda pair: pair[1].casefold())]

    def versions() -> list[tuple[object, str]]:
        return [(v, v) for v in sorted({x.version for x in lines() if x.version})]

    return [
        FilterField("status", translate("Status"), _statuses, lambda x: x.status),
        FilterField("kind", translate("Kind of site"), kinds, lambda x: x.site.kind if x.site else None),
        FilterField("site", translate("Site"), sites, lambda x: x.rollout.site_id),
        FilterField("version", translate("Version"), versions, lambda x: x.version),
    ]


def _statuses() -> list[tuple[object, str]]:
    return [
        ("pending", translate("pending")),
        ("processing", translate("processing")),
        ("paused", translate("paused")),
        ("executed", translate("executed")),
        ("aborted", translate("aborted")),
    ]


def rollout_columns(now: Callable[[], datetime], zone: Callable[[], str]) -> list[ListColumn]:
    """The columns of the rollouts."""

    def made(line: RolloutLine) -> str:
        return time_word(line.rollout.created_at, now(), zone())

    def begins(line: RolloutLine) -> str:
        own = line.site.time_zone if line.site else zone()
        return time_word(line.rollout.starts_at, now(), own) if line.rollout.starts_at else translate("now")

    return [
        col("name", translate("Rollout"), lambda x: x.rollout.name, 180, STRONG, stretch=True),
        col("site", translate("Site"), lambda x: x.site.name if x.site else "", 130, drop=2),
        col("at", translate("Upgrade time"), begins, 110, QUIET, order=_upgrade_time, drop=1),
        col("state", translate("State"), state_words, 104, _state_look),
        col("progress", translate("Proved"), _proved_words, 140, _proved_look, order=lambda x: x.proved),
        col("verdict", translate("Verdict"), _verdict_words, 120, _verdict_look),
        col("by", translate("By"), lambda x: x.rollout.by, 120, QUIET, drop=2),
        col("made", translate("Started"), made, 100, QUIET, drop=1),
    ]


def _upgrade_time(line: RolloutLine) -> float:
    moment = line.rollout.starts_at or line.rollout.created_at
    return moment.timestamp() if moment else 0.0


def _verdict_words(line: RolloutLine) -> str:
    return verdict_word(line.verdict) if line.targets else ""


def _verdict_look(line: RolloutLine) -> Look:
    return Look(verdict=line.verdict.value) if line.targets else Look()


def state_words(line: RolloutLine) -> str:
    """The state of a rollout in words."""
    words = {
        RolloutState.PENDING: translate("not begun"),
        RolloutState.RUNNING: translate("at work") if line.driven else translate("open"),
        RolloutState.PAUSED: translate("paused"),
        RolloutState.DONE: translate("done"),
        RolloutState.ABORTED: translate("aborted"),
    }
    return words.get(line.rollout.state, str(line.rollout.state))


def _state_look(line: RolloutLine) -> Look:
    icons = {RolloutState.PAUSED: "pause", RolloutState.DONE: "check", RolloutState.ABORTED: "circle-x"}
    return Look(icon=icons.get(line.rollout.state, "rocket"), tone="t2", reason=line.rollout.said)


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
        col("change", translate("Has → gets"), _change_words, 230, _change_look, sortable=False),
        col("step", translate("Step"), _step_words, 160, _step_look, stretch=True),
        col("wave", translate("Wave"), lambda x: wave_word(x.target.wave), 76, QUIET, drop=1),
        col("verdict", translate("Verdict"), verdict, 130, _target_look),
    ]


def wave_word(number: int) -> str:
    """`Canary`, `Wave 1`."""
    return translate("Wave {0}").format(number) if number else translate("Canary")


def _target_look(line: TargetLine) -> Look:
    return Look(verdict=line.mark, reason=line.target.said)


def _change_words(line: TargetLine) -> str:
    return f"{line.target.before or '—'} → {line.target.after or line.wanted}"


def _change_look(line: TargetLine) -> Look:
    return Look(has_gets=HasGets(line.target.before or "—", line.target.after or line.wanted, mono=True))


def _step_words(line: TargetLine) -> str:
    job = line.job
    if job is None or job.state is not JobState.RUNNING:
        return spoken(line.target.said)
    share = f"{round(100 * job.done / job.total)} %" if job.total else ""
    return " ".join(p for p in (stage_word(job), share) if p)


def _step_look(line: TargetLine) -> Look:
    job = line.job
    if job is not None and job.state is JobState.RUNNING and job.total:
        tone = "acc" if job.stoppable else "ambiguous.solid"
        return Look(progress=Progress(job.done, job.total, _step_words(line), tone), tone="t2")
    return Look(tone="t2", reason=line.target.said)


def target_row_look(line: TargetLine) -> RowLook:
    """The stripe of a target; amber while it is being written."""
    writing = line.job is not None and line.mark == "running" and not line.job.stoppable
    return RowLook(stripe="ambiguous" if writing else line.mark)


def count_words(counts: Mapping[str, int]) -> dict[str, str]:
    """`{"proved": "2 proved"}` for the line of counts."""
    return {
        mark: f"{number_word(n)} {translate('running') if mark == 'running' else verdict_word(mark)}"
        for mark, n in counts.items()
    }
