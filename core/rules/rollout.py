"""What a rollout does next: waves, thresholds, quiet hours, doors of one entrance, parked devices (FW-02, W4). Pure.

State in, acts out. Whoever carries the acts out writes down what came of them and asks again; nothing is remembered
here, so a workstation that died in between asks the same question and gets the same answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.base.errors import UserError
from core.entities.firmware import Rollout, RolloutState, TargetEnd

PARKED_FIRST = timedelta(minutes=1)
PARKED_LONGEST = timedelta(hours=1)
"""A device that did not answer is tried again after a minute, then twice as long each time, up to an hour."""
RESET_WARNING = (
    "A reset after the upgrade removes settings and people from each device; what is on it cannot be brought back. "
    "Gatewright pushes what it knows again."
)
"""FW-02: shown before a rollout with a reset may begin."""
_OVER = frozenset({TargetEnd.PROVED, TargetEnd.FAILED, TargetEnd.REFUSED, TargetEnd.ABORTED})
_FAULTS = frozenset({TargetEnd.FAILED, TargetEnd.REFUSED})


@dataclass(frozen=True, slots=True)
class QuietSpan:
    """Hours of the day, in the site's zone, in which no upgrade begins. `end` before `start` goes over midnight."""

    start: time
    end: time

    def __str__(self) -> str:
        return f"{self.start:%H:%M}-{self.end:%H:%M}"

    def holds(self, moment: time) -> bool:
        """Whether a time of the day lies in it; the end does not."""
        if self.start <= self.end:
            return self.start <= moment < self.end
        return moment >= self.start or moment < self.end


def parse_quiet(text: str) -> QuietSpan:
    """`07:00-08:30`; UserError with one sentence otherwise."""
    found = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*[-\u2013]\s*(\d{1,2}):(\d{2})\s*", text)
    if found:
        hours, minutes, to_hours, to_minutes = (int(part) for part in found.groups())
        if max(hours, to_hours) < 24 and max(minutes, to_minutes) < 60:
            span = QuietSpan(time(hours, minutes), time(to_hours, to_minutes))
            if span.start != span.end:
                return span
    words = f"'{text[:30]}' is no span of quiet hours."
    raise UserError("rollout.quiet", words, remedy="Write it as 07:00-08:30.", field="quiet_hours")


@dataclass(frozen=True, slots=True)
class Policy:
    """How careful a rollout is.

    `go_on_pct`: so many of a wave's targets, parked and excused ones aside, must be proved before the next wave; the
    canary wave needs all. `stop_faults`: so many faults of one wave pause the rollout; one in the canary wave does.
    `watch_s`: how long a wave is watched after its last proof. `max_down`: doors of one entrance at a time, 0 no limit.
    """

    go_on_pct: int = 90
    stop_faults: int = 2
    watch_s: int = 0
    max_down: int = 1
    at_once: int = 4
    quiet: tuple[QuietSpan, ...] = ()
    takes_s: int = 0
    """How long an upgrade takes at most: none begins that would last into quiet hours."""


def policy_of(rollout: Rollout, *, takes_s: int = 0) -> Policy:
    """The policy that a rollout's row holds. UserError for quiet hours that are none."""
    return Policy(
        go_on_pct=rollout.go_on_pct,
        stop_faults=rollout.stop_faults,
        watch_s=rollout.watch_s,
        max_down=rollout.max_down,
        at_once=rollout.at_once,
        quiet=tuple(parse_quiet(text) for text in rollout.quiet_hours),
        takes_s=takes_s if rollout.quiet_hours else 0,
    )


@dataclass(frozen=True, slots=True)
class TargetView:
    """One device as the engine sees it. `entrance`: doors with the same one are not down together."""

    id: str
    wave: int = 0
    entrance: str = ""
    end: TargetEnd = TargetEnd.OPEN
    retry_at: datetime | None = None
    ended_at: datetime | None = None
    excused: bool = False

    @property
    def over(self) -> bool:
        """Whether it has come to an end state."""
        return self.end in _OVER

    @property
    def fault(self) -> bool:
        """Whether it counts against its wave."""
        return self.end in _FAULTS and not self.excused


@dataclass(frozen=True, slots=True)
class View:
    """Everything that decides. `busy`: doors that other rollouts of the site have down now, by entrance."""

    state: RolloutState
    policy: Policy
    targets: tuple[TargetView, ...]
    now: datetime
    zone: str = "UTC"
    starts_at: datetime | None = None
    busy: Mapping[str, int] = field(default_factory=dict)


class Do(StrEnum):
    """What is to be done."""

    START = "start"
    """The time has come: PENDING becomes RUNNING."""
    BEGIN = "begin"
    """Begin with this target."""
    PROMOTE = "promote"
    """Move this target into the wave that has nobody left to prove it."""
    PAUSE = "pause"
    FINISH = "finish"
    WAIT = "wait"
    """Ask again at `until`; without one, when a running target has ended."""


@dataclass(frozen=True, slots=True)
class Act:
    """One act. `why` is a sentence for people."""

    do: Do
    target_id: str = ""
    wave: int = 0
    until: datetime | None = None
    why: str = ""


def decide(view: View) -> list[Act]:
    """The next acts, in order. Exactly one WAIT, alone, when there is nothing to do now; [] when nothing ever will be.

    Never begins a target before its wave's turn, in quiet hours, beside too many doors of its entrance or too many at
    once; never twice.
    """
    if view.state in {RolloutState.DONE, RolloutState.ABORTED}:
        return []
    if view.state is RolloutState.PENDING:
        if view.starts_at is not None and view.now < view.starts_at:
            return [Act(Do.WAIT, until=view.starts_at, why="Waits for its time.")]
        return [Act(Do.START)]
    running = [t for t in view.targets if t.end is TargetEnd.RUNNING]
    if view.state is RolloutState.PAUSED:
        return [Act(Do.WAIT, why="Paused; what is being written is finished.")] if running else []
    if all(t.over for t in view.targets):
        return [Act(Do.FINISH)]
    if fault := _too_many_faults(view):
        return [Act(Do.PAUSE, why=fault)]
    wave, gate = _open_wave(view)
    if gate is not None:
        return [gate]
    return _begin(view, wave, running)


def _too_many_faults(view: View) -> str:
    for wave, targets in _waves(view.targets).items():
        faults = sum(1 for t in targets if t.fault)
        limit = 1 if wave == 0 else view.policy.stop_faults
        if limit and faults >= limit:
            name = "The canary" if wave == 0 else f"Wave {wave}"
            counted = "a fault" if faults == 1 else f"{faults} faults"
            return f"{name} had {counted}; look at them before going on."
    return ""


def _waves(targets: Iterable[TargetView]) -> dict[int, list[TargetView]]:
    found: dict[int, list[TargetView]] = {}
    for target in sorted(targets, key=lambda t: t.wave):
        found.setdefault(target.wave, []).append(target)
    return found


def _open_wave(view: View) -> tuple[int, Act | None]:
    """The last wave whose turn has come, and what has to be done first (or waited for), if anything."""
    waves = _waves(view.targets)
    reached = min(waves)
    for wave in sorted(waves):
        reached = wave
        later = [t for n, targets in waves.items() if n > wave for t in targets]
        if not later or all(t.over for t in later):
            continue
        passed_at = _passed_at(waves[wave], 100 if wave == 0 else view.policy.go_on_pct)
        if passed_at is None:
            return reached, _short_of(waves[wave], wave) or _promotion(waves[wave], later, wave)
        watched = passed_at + timedelta(seconds=view.policy.watch_s)
        if view.now < watched:
            open_here = any(not t.over and t.end is not TargetEnd.PARKED for t in waves[wave])
            why = f"Wave {wave} is watched until it has run for a while."
            return reached, None if open_here else Act(Do.WAIT, until=watched, why=why)
    return reached, None


def _passed_at(targets: Sequence[TargetView], pct: int) -> datetime | None:
    """When a wave had proved enough for the next one; None when it has not. Parked and excused ones do not count."""
    counted = [
        t
        for t in targets
        if t.end is not TargetEnd.PARKED and not t.excused and t.end is not TargetEnd.ABORTED
    ]
    proved = [t for t in counted if t.end is TargetEnd.PROVED]
    if not proved or 100 * len(proved) < pct * len(counted):
        return None
    return max((t.ended_at for t in proved if t.ended_at), default=datetime.min.replace(tzinfo=UTC))


def _short_of(targets: Sequence[TargetView], wave: int) -> Act | None:
    """A wave that is over but for parked devices, and proved too few because of faults, needs a person."""
    faults = sum(1 for t in targets if t.fault)
    if not faults or any(t.end in {TargetEnd.OPEN, TargetEnd.RUNNING} for t in targets):
        return None
    proved = sum(1 for t in targets if t.end is TargetEnd.PROVED)
    why = (
        f"Wave {wave} proved {proved} of {len(targets)}, with {faults} faults; look at them before going on."
    )
    return Act(Do.PAUSE, why=why)


def _promotion(targets: Sequence[TargetView], later: Sequence[TargetView], wave: int) -> Act | None:
    """A wave in which everybody is parked or over, and nobody proved anything, takes the next device in."""
    if any(t.end in {TargetEnd.OPEN, TargetEnd.RUNNING, TargetEnd.PROVED} for t in targets):
        return None
    fresh = next((t for t in later if t.end is TargetEnd.OPEN), None)
    return Act(Do.PROMOTE, fresh.id, wave, why="Nobody of the wave can be reached.") if fresh else None


def _begin(view: View, wave: int, running: Sequence[TargetView]) -> list[Act]:
    """Begin what may begin now; else wait for the earliest thing that changes that."""
    ready = [t for t in view.targets if t.wave <= wave and _is_due(t, view.now)]
    free_at = after_quiet(view.now, view.zone, view.policy.quiet, view.policy.takes_s)
    if ready and free_at > view.now:
        return [Act(Do.WAIT, until=free_at, why="Quiet hours.")]
    down = Counter(view.busy) + Counter(t.entrance for t in running)
    acts: list[Act] = []
    for target in sorted(ready, key=lambda t: (t.wave, t.end is TargetEnd.PARKED)):
        if len(running) + len(acts) >= view.policy.at_once:
            break
        if view.policy.max_down and down[target.entrance] >= view.policy.max_down:
            continue
        down[target.entrance] += 1
        acts.append(Act(Do.BEGIN, target.id, target.wave))
    return acts or [_wait(view, wave, ready, running)]


def _is_due(target: TargetView, now: datetime) -> bool:
    if target.end is TargetEnd.OPEN:
        return True
    return target.end is TargetEnd.PARKED and (target.retry_at is None or target.retry_at <= now)


def _wait(view: View, wave: int, ready: Sequence[TargetView], running: Sequence[TargetView]) -> Act:
    if running:
        return Act(Do.WAIT, why="Waits for the devices that are being written.")
    if ready:
        until = view.now + timedelta(seconds=15)
        return Act(Do.WAIT, until=until, why="Waits for a door of the same entrance.")
    retries = [
        t.retry_at for t in view.targets if t.wave <= wave and t.end is TargetEnd.PARKED and t.retry_at
    ]
    if retries:
        return Act(Do.WAIT, until=min(retries), why="Waits for devices that do not answer.")
    return Act(Do.WAIT, until=view.now + PARKED_LONGEST, why="Waits for somebody to look at it.")


def after_quiet(now: datetime, zone: str, quiet: Sequence[QuietSpan], takes_s: int = 0) -> datetime:
    """The first moment from `now` on at which an upgrade may begin and be over before quiet hours; `now` itself when
    there is none within two days (quiet hours all day long are no wish to wait for ever).
    """
    tz = ZoneInfo(zone)
    moment, limit = now, now + timedelta(days=2)
    while quiet and moment < limit:
        span = _span_in(moment, tz, quiet, takes_s)
        if span is None:
            return moment
        local = moment.astimezone(tz)
        end = local.replace(hour=span.end.hour, minute=span.end.minute, second=0, microsecond=0, fold=1)
        if end.replace(tzinfo=None) <= local.replace(tzinfo=None):
            end += timedelta(days=1)
        following = end.astimezone(UTC)
        # On the nights when clocks change a wall time may lie before the moment that it is computed from.
        moment = following if following > moment else moment + timedelta(minutes=1)
    return now if moment >= limit else moment


def _span_in(moment: datetime, tz: ZoneInfo, quiet: Sequence[QuietSpan], takes_s: int) -> QuietSpan | None:
    """The span that the moment, or the work that begins then, falls into."""
    looks = range(0, takes_s + 1, 300) if takes_s else (0,)
    for after in (*looks, takes_s):
        local = (moment + timedelta(seconds=after)).astimezone(tz).time()
        for span in quiet:
            if span.holds(local):
                return span
    return None


def retry_delay(tries: int) -> timedelta:
    """How long a parked device is left alone after so many tries that found nothing."""
    factor: int = 1 << min(max(tries - 1, 0), 12)
    return min(PARKED_FIRST * factor, PARKED_LONGEST)


def assign_waves(entrances: Sequence[str], sizes: Sequence[int]) -> list[int]:
    """The wave of each device, given the entrances of devices in the order of preference. `sizes`: canary wave first; a
    size of 0, and the end of the list, take all the rest. Within a wave entrances alternate, so that doors of one
    entrance do not queue behind each other.
    """
    order: list[int] = []
    left: dict[str, list[int]] = {}
    for index, entrance in enumerate(entrances):
        left.setdefault(entrance, []).append(index)
    while left:
        for entrance in list(left):
            order.append(left[entrance].pop(0))
            if not left[entrance]:
                del left[entrance]
    waves = [0] * len(order)
    at = 0
    for wave, size in enumerate([*sizes, 0]):
        take = size or len(order)
        for index in order[at : at + take]:
            waves[index] = wave
        at += take
    return waves
