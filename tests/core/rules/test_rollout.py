"""What a rollout does next: rules that hold for every rollout, played to its end with random devices."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import UserError
from core.entities.firmware import RolloutState, TargetEnd
from core.rules.rollout import (
    PARKED_LONGEST,
    Act,
    Do,
    Policy,
    QuietSpan,
    TargetView,
    View,
    after_quiet,
    assign_waves,
    decide,
    parse_quiet,
    retry_delay,
)

NOON = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
ENDS = (TargetEnd.PROVED, TargetEnd.FAILED, TargetEnd.REFUSED, TargetEnd.PARKED)


def targets(*waves: int, entrance: str = "") -> tuple[TargetView, ...]:
    return tuple(TargetView(f"t{i}", wave, entrance or f"e{i}") for i, wave in enumerate(waves))


def view(rows: tuple[TargetView, ...], **changes: object) -> View:
    return replace(View(RolloutState.RUNNING, Policy(at_once=50), rows, NOON), **changes)  # type: ignore[arg-type]


def ended(row: TargetView, end: TargetEnd) -> TargetView:
    return replace(row, end=end, ended_at=NOON)


def begun(acts: list[Act]) -> list[str]:
    return [a.target_id for a in acts if a.do is Do.BEGIN]


def test_the_canary_goes_alone() -> None:
    rows = targets(0, 1, 1, 2)
    assert begun(decide(view(rows))) == ["t0"]
    running = (replace(rows[0], end=TargetEnd.RUNNING), *rows[1:])
    assert [a.do for a in decide(view(running))] == [Do.WAIT]
    proved = (ended(rows[0], TargetEnd.PROVED), *rows[1:])
    assert begun(decide(view(proved))) == ["t1", "t2"]


@pytest.mark.parametrize("end", [TargetEnd.FAILED, TargetEnd.REFUSED])
def test_one_fault_of_the_canary_pauses(end: TargetEnd) -> None:
    rows = targets(0, 1)
    [act] = decide(view((ended(rows[0], end), rows[1])))
    assert act.do is Do.PAUSE
    assert "canary" in act.why
    excused = replace(ended(rows[0], end), excused=True)
    [act] = decide(view((excused, rows[1])))
    assert (act.do, act.target_id, act.wave) == (Do.PROMOTE, "t1", 0)


def test_a_parked_canary_is_replaced() -> None:
    rows = targets(0, 1, 1)
    parked = replace(rows[0], end=TargetEnd.PARKED, retry_at=NOON + timedelta(hours=1))
    [act] = decide(view((parked, *rows[1:])))
    assert (act.do, act.target_id) == (Do.PROMOTE, "t1")


def test_a_wave_is_watched_before_the_next() -> None:
    rows = targets(0, 1)
    state = view((ended(rows[0], TargetEnd.PROVED), rows[1]), policy=Policy(watch_s=900))
    [act] = decide(state)
    assert (act.do, act.until) == (Do.WAIT, NOON + timedelta(seconds=900))
    assert begun(decide(replace(state, now=NOON + timedelta(seconds=900)))) == ["t1"]


def test_doors_of_one_entrance_are_not_down_together() -> None:
    rows = (ended(targets(0)[0], TargetEnd.PROVED), *targets(0, 1, 1, 1, entrance="A")[1:])
    assert begun(decide(view(rows))) == ["t1"]
    assert begun(decide(view(rows, policy=Policy(max_down=2, at_once=9)))) == ["t1", "t2"]
    assert begun(decide(view(rows, policy=Policy(max_down=0, at_once=9)))) == ["t1", "t2", "t3"]
    [act] = decide(view(rows, busy={"A": 1}))
    assert act.do is Do.WAIT


def test_a_pending_rollout_waits_for_its_time() -> None:
    state = view(targets(0), state=RolloutState.PENDING, starts_at=NOON + timedelta(hours=2))
    [act] = decide(state)
    assert (act.do, act.until) == (Do.WAIT, NOON + timedelta(hours=2))
    [act] = decide(replace(state, now=NOON + timedelta(hours=2)))
    assert act.do is Do.START


def test_paused_and_aborted_begin_nothing() -> None:
    for state in (RolloutState.PAUSED, RolloutState.ABORTED, RolloutState.DONE):
        assert decide(view(targets(0, 1), state=state)) == []
    running = (replace(targets(0)[0], end=TargetEnd.RUNNING),)
    assert [a.do for a in decide(view(running, state=RolloutState.PAUSED))] == [Do.WAIT]


MADRID = "Europe/Madrid"
MORNING = (QuietSpan(time(7), time(8, 30)), QuietSpan(time(16, 30), time(19)))


@pytest.mark.parametrize(
    ("now", "free"),
    [
        ("2026-01-10T05:59", "2026-01-10T05:59"),
        ("2026-01-10T06:00", "2026-01-10T07:30"),
        ("2026-01-10T07:29", "2026-01-10T07:30"),
        ("2026-07-10T05:30", "2026-07-10T06:30"),  # summer: the same wall time is an hour earlier in UTC
    ],
)
def test_quiet_hours_are_those_of_the_sites_clock(now: str, free: str) -> None:
    moment = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert after_quiet(moment, MADRID, MORNING) == datetime.fromisoformat(free).replace(tzinfo=UTC)


def test_an_upgrade_that_would_last_into_quiet_hours_does_not_begin() -> None:
    before = datetime(2026, 1, 10, 5, 55, tzinfo=UTC)
    assert after_quiet(before, MADRID, MORNING, takes_s=600) == datetime(2026, 1, 10, 7, 30, tzinfo=UTC)


@pytest.mark.parametrize("day", ["2026-03-29", "2026-10-25"])
@pytest.mark.parametrize("span", ["01:30-02:30", "02:15-02:45", "23:00-03:00", "02:00-02:59"])
def test_quiet_hours_in_the_nights_when_clocks_change(day: str, span: str) -> None:
    quiet = (parse_quiet(span),)
    start = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(hours=2)
    for minutes in range(0, 600, 7):
        moment = start + timedelta(minutes=minutes)
        free = after_quiet(moment, MADRID, quiet)
        assert moment <= free <= moment + timedelta(hours=6)
        assert not quiet[0].holds(free.astimezone(ZoneInfo(MADRID)).time())


def test_quiet_all_day_long_does_not_wait_for_ever() -> None:
    day = (QuietSpan(time(0), time(12)), QuietSpan(time(12), time(0)))
    assert after_quiet(NOON, MADRID, day) == NOON


@pytest.mark.parametrize("text", ["", "7-8", "25:00-08:00", "07:00-07:00", "07:61-08:00", "x"])
def test_quiet_hours_that_are_none_are_refused(text: str) -> None:
    with pytest.raises(UserError, match="quiet hours"):
        parse_quiet(text)


def test_retries_grow_to_an_hour() -> None:
    delays = [retry_delay(tries) for tries in range(1, 20)]
    assert delays[:4] == [timedelta(minutes=m) for m in (1, 2, 4, 8)]
    assert delays[-1] == PARKED_LONGEST
    assert delays == sorted(delays)


@given(st.lists(st.sampled_from("ABC"), max_size=40), st.lists(st.integers(0, 9), max_size=5))
def test_every_device_gets_one_wave_of_its_size(entrances: list[str], sizes: list[int]) -> None:
    waves = assign_waves(entrances, sizes)
    assert len(waves) == len(entrances)
    counts = Counter(waves)
    rest = next((i for i, size in enumerate(sizes) if size == 0), len(sizes))
    assert all(counts[i] <= size for i, size in enumerate(sizes[:rest]))
    assert not waves or max(waves) <= rest
    full = 0
    for wave in range(rest):
        if any(w > wave for w in waves):
            assert counts[wave] == sizes[wave]
        full += counts[wave]


devices = st.lists(
    st.tuples(st.sampled_from("ABC"), st.lists(st.sampled_from(ENDS), min_size=1, max_size=4)),
    min_size=1,
    max_size=14,
)
policies = st.builds(
    Policy,
    go_on_pct=st.integers(1, 100),
    stop_faults=st.integers(0, 4),
    watch_s=st.sampled_from([0, 60, 900]),
    max_down=st.integers(0, 3),
    at_once=st.integers(1, 6),
    quiet=st.sampled_from([(), MORNING, (QuietSpan(time(22), time(6)),)]),
)


class Play:
    """Carries out acts as the driver does, with devices that end as they are told, and checks every step."""

    def __init__(self, doors: list[tuple[str, list[TargetEnd]]], policy: Policy, sizes: list[int]) -> None:
        waves = assign_waves([entrance for entrance, _ in doors], sizes)
        self.rows = {
            f"t{i}": TargetView(f"t{i}", waves[i], entrance) for i, (entrance, _) in enumerate(doors)
        }
        self.coming = {f"t{i}": [*ends, TargetEnd.PROVED] for i, (_, ends) in enumerate(doors)}
        self.policy, self.now = policy, NOON
        self.state = RolloutState.RUNNING
        self.order: list[str] = []
        self.pauses = 0

    def view(self) -> View:
        return View(self.state, self.policy, tuple(self.rows.values()), self.now, MADRID)

    def run(self) -> None:
        for _ in range(600):
            acts = decide(self.view())
            if not acts:
                if self.state is RolloutState.DONE:
                    return
                self.pauses += 1
                self._resume()
            for act in acts:
                self._do(act)
        raise AssertionError("it never ends")

    def _do(self, act: Act) -> None:
        if act.do is Do.BEGIN:
            self._begin(act.target_id)
        elif act.do is Do.PROMOTE:
            self.rows[act.target_id] = replace(self.rows[act.target_id], wave=act.wave)
        elif act.do is Do.PAUSE:
            self.state = RolloutState.PAUSED
        elif act.do is Do.FINISH:
            self.state = RolloutState.DONE
        else:
            self._wait(act)

    def _begin(self, target_id: str) -> None:
        row = self.rows[target_id]
        assert row.end in {TargetEnd.OPEN, TargetEnd.PARKED}
        self.order.append(target_id)
        self.rows[target_id] = replace(row, end=TargetEnd.RUNNING, retry_at=None)
        running = [r for r in self.rows.values() if r.end is TargetEnd.RUNNING]
        assert len(running) <= self.policy.at_once
        down = Counter(r.entrance for r in running)
        assert not self.policy.max_down or max(down.values()) <= self.policy.max_down
        local = self.now.astimezone(ZoneInfo(MADRID)).time()
        assert not any(span.holds(local) for span in self.policy.quiet)
        if row.wave > 0:
            canaries = [r for r in self.rows.values() if r.wave == 0]
            assert any(r.end is TargetEnd.PROVED for r in canaries)
            assert not any(r.fault for r in canaries)

    def _wait(self, act: Act) -> None:
        running = [r for r in self.rows.values() if r.end is TargetEnd.RUNNING]
        if running:
            first = running[0]
            end = self.coming[first.id].pop(0)
            retry = self.now + timedelta(minutes=5) if end is TargetEnd.PARKED else None
            self.rows[first.id] = replace(first, end=end, ended_at=self.now, retry_at=retry)
            return
        assert act.until is not None
        assert act.until > self.now
        self.now = act.until

    def _resume(self) -> None:
        """A person looks at the faults and lets it go on."""
        assert any(r.fault for r in self.rows.values())
        self.rows = {k: replace(r, excused=r.end in ENDS[1:3]) for k, r in self.rows.items()}
        self.state = RolloutState.RUNNING


@given(devices, policies, st.lists(st.integers(1, 4), max_size=3))
def test_every_rollout_comes_to_an_end_within_its_rules(
    doors: list[tuple[str, list[TargetEnd]]], policy: Policy, sizes: list[int]
) -> None:
    play = Play(doors, policy, [1, *sizes])
    play.run()
    assert all(row.over for row in play.rows.values())
    assert play.pauses <= len(doors)
    begun_once = Counter(play.order)
    for name, row in play.rows.items():
        parks = len(doors[int(name[1:])][1][: begun_once[name] - 1])
        assert begun_once[name] == parks + 1
        assert row.end is not TargetEnd.PARKED
