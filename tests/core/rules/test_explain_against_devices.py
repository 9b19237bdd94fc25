"""Explain agrees with a decision written independently, and with what a device decides from what was sent to it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from core.base.ids import new_id
from core.entities.access import AccessGroup, GroupDoor, GroupMember, RelaySchedule, Repeat
from core.entities.credential import Credential, CredentialKind
from core.entities.device import Device, Relay
from core.entities.person import PersonKind, PersonState, Resident
from core.entities.site import Apartment, PinMode, Site
from core.rules.compile import compile_device, device_user_id
from core.rules.desired import ALWAYS, Desired
from core.rules.explain import explain, who_may_open
from core.rules.site_rows import SiteRows
from device_link.drivers.akuvox.schedules import schedule_record
from device_link.drivers.akuvox.users import person_record
from device_link.simulator.doors import may_open
from device_link.simulator.schedule_wire import read_schedule
from device_link.simulator.state import Schedule, User
from device_link.simulator.unit import Unit
from tests.device_link.simulator.helpers import make_unit

ZONE = "Europe/Madrid"
FIRMWARE = ("29.30.10.419", "29.30.10.420")
"""DEV-17: only the later one of an R29 takes letters and '#' in apartment numbers."""
NUMBERS = ("101", "12", "12345", "2#1", "7B")
BASE = datetime(2026, 3, 23, 0, 0, tzinfo=UTC)
"""The week in which Madrid's clocks go forward: 29 March at 02:00."""


def random_site(rng: random.Random) -> SiteRows:
    """A site with one device, a few people and groups of every kind of repeat."""
    site_id = new_id()

    def own() -> dict[str, Any]:
        return {"id": new_id(), "scope_id": site_id}

    site, device = _place(rng, site_id, own())
    methods = [("pin", "card"), ("pin",), ("card",), ()]
    relays = [
        Relay(
            **own(),
            device_id=device.id,
            number=n,
            name=f"R{n}",
            methods=rng.choice(methods),
            enabled=rng.random() < 0.9,
        )
        for n in (1, 2)
    ]
    homes = [_home(rng, own(), site_id, number) for number in _numbers(rng)]
    people = [_person(rng, own(), site_id, homes[n % 2].id) for n in range(4)]
    codes = [code for number, p in enumerate(people) for code in _codes(rng, own, p, number)]
    groups = [_group(rng, own(), site_id, 1001 + n) for n in range(4)]
    members = [
        GroupMember(**own(), group_id=g.id, person_id=p.id)
        for g in groups
        for p in people
        if rng.random() < 0.5
    ]
    doors = [
        GroupDoor(**own(), group_id=g.id, relay_id=r.id) for g in groups for r in relays if rng.random() < 0.5
    ]
    holds = (
        [RelaySchedule(**own(), relay_id=relays[0].id, group_id=groups[0].id)] if rng.random() < 0.15 else []
    )
    return SiteRows(
        site=site, apartments=homes, devices=[device], relays=relays, residents=people, credentials=codes,
        groups=groups, members=members, doors=doors, relay_schedules=holds,
    )  # fmt: skip


def _place(rng: random.Random, site_id: str, ids: dict[str, Any]) -> tuple[Site, Device]:
    mode = rng.choice(list(PinMode))
    site = Site(id=site_id, scope_id=site_id, org_id=new_id(), name="S", time_zone=ZONE, pin_mode=mode)
    runs = rng.choice(FIRMWARE)
    device = Device(**ids, site_id=site_id, mac="0C11052A7F31", name="Gate", model="R29", firmware=runs)
    return site, device


def _numbers(rng: random.Random) -> list[str]:
    """In every second site the first two people type alike where the number of the apartment comes first."""
    return ["12", "1"] if rng.random() < 0.5 else rng.sample(NUMBERS, 2)


def _home(rng: random.Random, own: dict[str, Any], site_id: str, number: str) -> Apartment:
    until = BASE + timedelta(hours=rng.randrange(0, 300)) if rng.random() < 0.3 else None
    return Apartment(**own, site_id=site_id, building_id=new_id(), number=number, valid_until=until)


def _person(rng: random.Random, own: dict[str, Any], site_id: str, home: str) -> Resident:
    state = rng.choices(list(PersonState), [8, 1, 1])[0]
    start = BASE + timedelta(hours=rng.randrange(0, 100)) if rng.random() < 0.2 else None
    return Resident(
        **own,
        site_id=site_id,
        apartment_id=home,
        first_name="A",
        last_name="B",
        kind=rng.choice([PersonKind.RESIDENT, PersonKind.RESIDENT, PersonKind.STAFF, PersonKind.VISITOR]),
        state=state,
        valid_from=start,
    )


def _codes(rng: random.Random, own: Any, person: Resident, number: int) -> Iterator[Credential]:
    """A visitor's key is typed alone. `241` in 1 and `41` in 12 are typed alike; only the older one counts."""
    pin = (CredentialKind.PIN, ("41", "241", "4702", "4703")[number])
    if person.kind is PersonKind.VISITOR:
        pin = (CredentialKind.TEMPORARY, f"9000000{number}")
    for kind, code in (pin, (CredentialKind.CARD, f"0A1B2C{number:02}")):
        if rng.random() < 0.8:
            until = BASE + timedelta(hours=rng.randrange(0, 200)) if rng.random() < 0.2 else None
            yield Credential(**own(), person_id=person.id, kind=kind, code=code, valid_until=until)


def _group(rng: random.Random, own: dict[str, Any], site_id: str, code: int) -> AccessGroup:
    start, end = sorted(rng.sample(range(24 * 60), 2))
    span = {"from_time": _clock(start), "to_time": _clock(end)}
    more: dict[str, Any] = {"repeat": rng.choice(list(Repeat)), **span}
    if rng.random() < 0.3:
        more |= {"from_time": time(0, 0), "to_time": time(23, 59, 59)}
    if more["repeat"] is Repeat.WEEKLY:
        more["days"] = "".join(str(d) for d in rng.sample(range(7), rng.randrange(1, 7)))
    if more["repeat"] is Repeat.NEVER:
        first = date(2026, 3, 22) + timedelta(days=rng.randrange(8))
        more |= {"from_day": first, "to_day": first + timedelta(days=rng.randrange(5))}
    return AccessGroup(**own, site_id=site_id, name=f"G{code}", code=code, **more)


def _clock(minute: int) -> time:
    return time(minute // 60, minute % 60)


def brute_force(rows: SiteRows, person: Resident, relay: Relay, at: datetime) -> bool:
    """The decision once more, from the requirements alone: RES-01, SITE-12, CRED, DEV-03, GRP-01 to GRP-03."""
    if not relay.enabled:
        return False
    local = at.astimezone(ZoneInfo(rows.site.time_zone)).replace(tzinfo=None, microsecond=0)
    by_id = {g.id: g for g in rows.groups}
    if any(h.relay_id == relay.id and _holds(by_id[h.group_id], local) for h in rows.relay_schedules):
        return True
    home = next(a for a in rows.apartments if a.id == person.apartment_id)
    alive = person.state is PersonState.NORMAL and not (person.valid_from and at < person.valid_from)
    leased = home.valid_until is None or at < home.valid_until
    mine = {m.group_id for m in rows.members if m.person_id == person.id}
    opens = {d.group_id for d in rows.doors if d.relay_id == relay.id}
    timely = any(_holds(by_id[g], local) for g in mine & opens)
    coded = any(
        c.person_id == person.id
        and ("card" if c.kind is CredentialKind.CARD else "pin") in relay.methods
        and (c.kind is CredentialKind.CARD or can_be_typed(rows, person, home, c))
        and (c.valid_until is None or at < c.valid_until)
        for c in rows.credentials
    )
    return alive and leased and timely and coded


def keys(rows: SiteRows, person: Resident, home: Apartment, code: Credential) -> str:
    """What a person types, by SET-01: residents begin with the number of their apartment."""
    first = rows.site.pin_mode is PinMode.APARTMENT_PIN and person.kind is PersonKind.RESIDENT
    return f"{home.number}{code.code}" if first and code.kind is CredentialKind.PIN else code.code


def can_be_typed(rows: SiteRows, person: Resident, home: Apartment, code: Credential) -> bool:
    """DEV-17 and CRED-01 from the requirements alone: what the device reads, and nobody older types the same."""
    text = keys(rows, person, home, code)
    if text == code.code and rows.site.pin_mode is PinMode.PIN:
        return True
    odd = not text.isdigit()
    if len(text) > 8 or (odd and rows.devices[0].firmware == FIRMWARE[0]):
        return False
    people = {p.id: (p, next(a for a in rows.apartments if a.id == p.apartment_id)) for p in rows.residents}
    same = [
        c
        for c in rows.credentials
        if c.kind is not CredentialKind.CARD and keys(rows, *people[c.person_id], c) == text
    ]
    return code.id == min(c.id for c in same)


def _holds(group: AccessGroup, local: datetime) -> bool:
    if group.repeat is Repeat.NEVER:
        assert group.from_day is not None
        assert group.to_day is not None
        first = datetime.combine(group.from_day, group.from_time)
        return first <= local <= datetime.combine(group.to_day, group.to_time)
    inside = group.from_time <= local.time() <= group.to_time
    return inside and (group.repeat is Repeat.DAILY or local.strftime("%w") in group.days)


def unit_with(desired: Desired) -> Unit:
    """A simulated device that was sent what is wanted, through the driver's own records."""
    unit = make_unit("P1")
    displays = {ALWAYS: "1001"}
    for number, schedule in enumerate(desired.schedules, 1):
        record = schedule_record(schedule)
        read = read_schedule(record, unit.profile, Schedule(str(100 + number), str(number), schedule.key))
        assert read is not None, record
        unit.state.schedules[read.id] = read
        displays[schedule.key] = read.display_id
    for number, person in enumerate(desired.people, 1):
        sent = person_record(person, displays)
        unit.people.keep(
            User(
                str(number),
                sent["UserID"],
                sent["Name"],
                sent["PrivatePIN"],
                sent["CardCode"],
                sent["ScheduleRelay"],
            )
        )
    for setting in desired.settings:
        if setting.schedules:
            letter = setting.name.split("_")[1].upper()
            prefix = f"Config.DoorSetting.RELAYSCHEDULE.Relay{letter}"
            numbers = "/".join(displays[key] for key in setting.schedules)
            unit.config.put({f"{prefix}Enable": "1", f"{prefix}Schedule": numbers})
    return unit


def moments(rng: random.Random, count: int) -> list[datetime]:
    """Moments of two weeks, to the minute: devices are told minutes."""
    return [BASE + timedelta(minutes=rng.randrange(14 * 24 * 60)) for _ in range(count)]


def check(seed: int, cases: int) -> int:
    """Random cases; returns how many doors opened."""
    rng = random.Random(seed)
    opened = done = 0
    while done < cases:
        rows = random_site(rng)
        for at in moments(rng, 3):
            unit = unit_with(compile_device(rows, rows.devices[0], at))
            local = at.astimezone(ZoneInfo(ZONE)).replace(tzinfo=None)
            for relay in rows.relays:
                openers = {o.person.id for o in who_may_open(rows, relay, at).people}
                for person in rows.residents:
                    answer = explain(rows, person, relay, at)
                    assert answer.opens == brute_force(rows, person, relay, at), answer.sentence
                    assert (person.id in openers) == bool(answer.ways)
                    assert answer.opens == on_device(unit, rows, person, relay, local), answer.sentence
                    opened += answer.opens
                    done += 1
    return opened


def on_device(unit: Unit, rows: SiteRows, person: Resident, relay: Relay, local: datetime) -> bool:
    """Whether any of a person's codes opens the relay, asked of the device."""
    if not relay.enabled:
        return False
    home = next(a for a in rows.apartments if a.id == person.apartment_id)
    codes = [c for c in rows.credentials if c.person_id == person.id]
    asked = [
        may_open(unit, relay.number, "card", c.code, local)
        if c.kind is CredentialKind.CARD
        else may_open(unit, relay.number, "pin", keys(rows, person, home, c), local)
        for c in codes
    ]
    held = may_open(unit, relay.number, "pin", "", local)
    own = device_user_id(rows.site.id, person.id)
    mine = [d for d in asked if d.opens and d.user is not None and d.user.user_id.startswith(own)]
    return held.opens or bool(mine)


@pytest.mark.parametrize("seed", range(4))
def test_access_push_explain_agrees_with_brute_force_and_with_the_device(seed: int) -> None:
    """ACCESS-PUSH, DEV-03, GRP-01, GRP-02, GRP-03, CRED-01, CRED-02, RES-01, SITE-12."""
    opened = check(seed, 250)
    assert 10 < opened < 240, "cases that all open or all stay shut prove nothing"


@pytest.mark.soak
@pytest.mark.timeout(900)
def test_explain_agrees_with_the_device_for_ten_thousand_cases() -> None:
    assert check(20260323, 10_000) > 500


def test_grp_02_a_period_over_days_is_not_a_span_on_each_of_them() -> None:
    rng = random.Random(1)
    rows = random_site(rng)
    period: dict[str, Any] = {
        "repeat": Repeat.NEVER,
        "from_time": time(9, 0),
        "to_time": time(18, 0),
        "days": "",
    }
    days: dict[str, Any] = {"from_day": date(2026, 3, 24), "to_day": date(2026, 3, 26)}
    group = replace(rows.groups[0], **period, **days)
    person = replace(rows.residents[0], state=PersonState.NORMAL, valid_from=None)
    home = replace(rows.apartments[0], valid_until=None)
    relay = replace(rows.relays[0], enabled=True, methods=("pin",))
    ids: dict[str, Any] = {"scope_id": rows.site.id}
    rows = SiteRows(
        site=rows.site, apartments=[home], devices=rows.devices, relays=[relay], groups=[group],
        residents=[replace(person, apartment_id=home.id)],
        credentials=[Credential(id=new_id(), **ids, person_id=person.id, kind=CredentialKind.PIN, code="4711")],
        members=[GroupMember(id=new_id(), **ids, group_id=group.id, person_id=person.id)],
        doors=[GroupDoor(id=new_id(), **ids, group_id=group.id, relay_id=relay.id)],
    )  # fmt: skip
    night = datetime(2026, 3, 25, 3, 0, tzinfo=UTC)
    desired = compile_device(rows, rows.devices[0], night)
    assert len(desired.schedules) == 3
    assert explain(rows, rows.residents[0], relay, night).opens
    assert may_open(
        unit_with(desired), 1, "pin", "4711", night.replace(tzinfo=None) + timedelta(hours=1)
    ).opens
