"""Compile, push, and ask the device itself: it opens for whom, where and when the rows say, both DST nights included.

The oracle below is written apart from core.rules: it reads the rows as GRP-02 puts it and knows nothing of devices.
"""

from __future__ import annotations

import asyncio
import tempfile
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.entities.access import ACCESS_GROUP, GROUP_DOOR, GROUP_MEMBER, Repeat
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.device import RELAY, AccessMethod, Relay
from core.entities.person import RESIDENT
from core.entities.site import APARTMENT
from core.ports.device import Part
from core.store.tx import Tx
from core.usecases.provision import submit
from device_link.simulator import SimSpec
from device_link.simulator.clock import SimClock
from tests.factories import plant
from tests.link.world import World, world

MADRID = ZoneInfo("Europe/Madrid")
NIGHTS = (datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC))
"""Clocks go forward at 01:00 UTC on the one, back at 01:00 UTC on the other."""
RELAYS = 2


class SetClock(SimClock):
    """A device clock that stands where it is put; waiting goes by the machine's time."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)  # noqa: TID251  devices begin in the present

    def now(self) -> float:
        return self.moment.timestamp()


@dataclass(frozen=True)
class Times:
    """The times of one group."""

    repeat: Repeat
    days: str
    start: time
    end: time
    first: date | None = None
    last: date | None = None

    def holds(self, local: datetime) -> bool:
        """GRP-02 in plain words. People enter hours and minutes: 23:59 means to the end of the day."""
        now = local.time().replace(microsecond=0)
        end = time(23, 59, 59) if self.end >= time(23, 59) else self.end
        if self.repeat is Repeat.NEVER:
            assert self.first is not None
            assert self.last is not None
            return (self.first, self.start) <= (local.date(), now) <= (self.last, end)
        if self.repeat is Repeat.WEEKLY and str(local.isoweekday() % 7) not in self.days:
            return False
        return self.start <= now <= end


@dataclass(frozen=True)
class Case:
    """Groups with their times and relays, people with their groups and kinds of code, methods of each relay."""

    groups: tuple[tuple[Times, frozenset[int]], ...]
    people: tuple[tuple[frozenset[int], bool, bool], ...]
    methods: tuple[frozenset[AccessMethod], ...]
    moments: tuple[datetime, ...]


minutes = st.integers(0, 24 * 60 - 2)
days_around = st.sampled_from([night.date() + timedelta(days=n) for night in NIGHTS for n in (-1, 0, 1)])


@st.composite
def times(draw: st.DrawFn) -> Times:
    """Times as a person may enter them."""
    repeat = draw(st.sampled_from(list(Repeat)))
    begin = draw(minutes)
    end = draw(st.integers(begin + 1, 24 * 60))
    start, stop = (
        time(begin // 60, begin % 60),
        time(23, 59, 59) if end == 1440 else time(end // 60, end % 60),
    )
    if repeat is Repeat.NEVER:
        first = draw(days_around)
        return Times(repeat, "", start, stop, first, first + timedelta(days=draw(st.integers(0, 3))))
    days = (
        "".join(sorted(draw(st.sets(st.sampled_from("0123456"), min_size=1))))
        if repeat is Repeat.WEEKLY
        else ""
    )
    return Times(repeat, days, start, stop)


@st.composite
def cases(draw: st.DrawFn) -> Case:
    """A small site, and moments that crowd around the nights when clocks change."""
    relay_sets = st.frozensets(st.integers(1, RELAYS), min_size=1)
    groups = draw(st.lists(st.tuples(times(), relay_sets), min_size=1, max_size=4))
    member = st.frozensets(st.integers(0, len(groups) - 1), max_size=3)
    people = draw(st.lists(st.tuples(member, st.booleans(), st.booleans()), min_size=1, max_size=5))
    both = st.frozensets(st.sampled_from([AccessMethod.PIN, AccessMethod.CARD]), min_size=1)
    methods = draw(st.tuples(*[both] * RELAYS))
    near = st.builds(
        lambda night, seconds: night + timedelta(seconds=seconds),
        st.sampled_from(NIGHTS),
        st.integers(-86_400, 86_400),
    )
    edges = [
        local.replace(fold=fold).astimezone(UTC)
        for span, _ in groups
        for night in NIGHTS
        for local in (
            datetime.combine(night.date(), span.start, MADRID),
            datetime.combine(night.date(), span.end, MADRID),
        )
        for fold in (0, 1)
    ]
    around = [edge + timedelta(seconds=off) for edge in edges for off in (-61, -1, 0, 1, 61)]
    moments = draw(st.lists(st.one_of(near, st.sampled_from(around)), min_size=8, max_size=24))
    return Case(tuple(groups), tuple(people), methods, tuple(moments))


def furnish(tx: Tx, made: World, case: Case) -> None:
    """The rows of a case."""
    device = made.devices[0]
    [first] = tx.find(RELAY, device_id=device.id)
    relays: dict[int, Relay] = {1: first}
    for number in range(2, RELAYS + 1):
        relays[number] = plant(tx, RELAY, device_id=device.id, number=number, name=f"Relay {number}")
    for number, relay in relays.items():
        tx.patch(RELAY, relay, methods=tuple(sorted(m.value for m in case.methods[number - 1])))
    flat = plant(tx, APARTMENT, site_id=made.site.id, building_id=made.building.id, number="101")
    groups = []
    for index, (span, doors) in enumerate(case.groups):
        group = plant(
            tx,
            ACCESS_GROUP,
            site_id=made.site.id,
            name=f"Group {index}",
            code=700 + index,
            repeat=span.repeat,
            days=span.days,
            from_time=span.start,
            to_time=span.end,
            from_day=span.first,
            to_day=span.last,
        )
        groups.append(group)
        for number in doors:
            plant(tx, GROUP_DOOR, group_id=group.id, relay_id=relays[number].id)
    home = {"site_id": made.site.id, "apartment_id": flat.id}
    for index, (member, pin, card) in enumerate(case.people):
        person = plant(tx, RESIDENT, **home, first_name=f"P{index}", last_name="Byron")
        for at in member:
            plant(tx, GROUP_MEMBER, group_id=groups[at].id, person_id=person.id)
        if pin:
            plant(tx, CREDENTIAL, person_id=person.id, kind=CredentialKind.PIN, code=f"{30_000 + index}")
        if card:
            plant(tx, CREDENTIAL, person_id=person.id, kind=CredentialKind.CARD, code=f"A1B2C3{index:02X}")


def may(case: Case, person: int, method: AccessMethod, relay: int, local: datetime) -> bool:
    """The oracle."""
    member, pin, card = case.people[person]
    has = pin if method is AccessMethod.PIN else card
    if not has or method not in case.methods[relay - 1]:
        return False
    return any(relay in case.groups[at][1] and case.groups[at][0].holds(local) for at in member)


async def must_agree(folder: Path, case: Case, profile: str) -> None:
    clock = SetClock()
    async with world(folder, [SimSpec(profile=profile)], device_clock=clock) as made:
        await made.write(lambda tx: furnish(tx, made, case))
        [job] = await submit(made.ctx, made.devices, parts=frozenset(Part))
        record = await made.ctx.jobs.wait(job)
        assert record.result["verdict"] == "proved", record.said
        unit = made.lan.devices[0]
        for moment in case.moments:
            clock.moment = moment
            local = moment.astimezone(MADRID)
            for person in range(len(case.people)):
                for relay in range(1, RELAYS + 1):
                    pin = unit.may_open(relay, "pin", f"{30_000 + person}").opens
                    card = unit.may_open(relay, "card", f"A1B2C3{person:02X}").opens
                    assert pin == may(case, person, AccessMethod.PIN, relay, local), (moment, person, relay)
                    assert card == may(case, person, AccessMethod.CARD, relay, local), (moment, person, relay)


QUIET = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)


@settings(max_examples=24, suppress_health_check=QUIET)
@given(cases(), st.sampled_from(["R29", "P1", "P2"]))
def test_the_device_opens_as_the_rows_say(case: Case, profile: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(must_agree(Path(folder), case, profile))


@pytest.mark.soak
@pytest.mark.timeout(14_400)
@settings(max_examples=10_000, suppress_health_check=QUIET)
@given(cases(), st.sampled_from(["R29", "P1", "P2", "P3", "R20K"]))
def test_the_device_opens_as_the_rows_say_for_long(case: Case, profile: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(must_agree(Path(folder), case, profile))
