"""Plan and judgement: nothing foreign is touched, nothing is called proved that was not read back."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.verdict import Verdict
from core.entities.access import Repeat
from core.entities.proof import ItemKind
from core.rules.desired import (
    Desired,
    Grant,
    HeldPerson,
    HeldSchedule,
    HeldSetting,
    Identity,
    Observed,
    WantedFirmware,
    WantedPerson,
    WantedSchedule,
    WantedSetting,
)
from core.rules.plan import (
    Act,
    ItemResult,
    Judgement,
    Plan,
    fingerprint,
    judge,
    make_plan,
    unsent,
    wanted_only,
)
from tests.codes import stands_in

TAG = "gw7"
WORD = st.text("abcdefghij", min_size=1, max_size=6)
PINS = st.lists(st.integers(10, 89_999_999).map(str), max_size=2, unique=True).map(tuple)
CARDS = st.lists(st.integers(1, 2**40).map(lambda n: f"{n:X}"), max_size=2, unique=True).map(tuple)
TIMES = st.times().map(lambda t: t.replace(second=0, microsecond=0, fold=0))
GRANTS = st.lists(
    st.builds(Grant, WORD, st.sampled_from(["1", "2", "12"])), max_size=2, unique_by=lambda g: g.schedule
)
SETTINGS = st.lists(
    st.builds(lambda name, value: WantedSetting(f"Config.Test.{name}", name, value), WORD, WORD),
    max_size=4,
    unique_by=lambda s: s.name,
)


@st.composite
def schedules(draw: st.DrawFn) -> WantedSchedule:
    repeat = draw(st.sampled_from(Repeat))
    period = (date(2026, 3, 1), date(2026, 3, 9)) if repeat is Repeat.NEVER else (None, None)
    days = draw(st.sampled_from(["1", "12345", "06"])) if repeat is Repeat.WEEKLY else ""
    key = f"{TAG}-{draw(WORD)}"
    return WantedSchedule(key, key, repeat, days, draw(TIMES), draw(TIMES), *period)


@st.composite
def people(draw: st.DrawFn) -> WantedPerson:
    key = draw(WORD)
    grants = tuple(draw(GRANTS))
    return WantedPerson(f"id-{key}", f"{TAG}{key}", key.title(), draw(PINS), draw(CARDS), grants, ("1",))


@st.composite
def wishes(draw: st.DrawFn) -> Desired:
    return Desired(
        device_id="d",
        mac="0C11052A7F31",
        tag=TAG,
        settings=tuple(draw(SETTINGS)),
        schedules=tuple(draw(st.lists(schedules(), max_size=3, unique_by=lambda s: s.key))),
        people=tuple(draw(st.lists(people(), max_size=4, unique_by=lambda p: p.user_id))),
        firmware=draw(st.none() | st.just(WantedFirmware("R29", "29.30.10.437"))),
    )


def held_schedule(wanted: WantedSchedule, number: int) -> HeldSchedule:
    times = (wanted.repeat, wanted.days, wanted.from_time, wanted.to_time, wanted.from_day, wanted.to_day)
    return HeldSchedule(str(number), str(1100 + number), wanted.key, *times)


def held_person(wanted: WantedPerson, number: int) -> HeldPerson:
    return HeldPerson(
        str(number), wanted.user_id, wanted.name, wanted.pins, wanted.cards, wanted.grants, wanted.floors
    )


def reached(desired: Desired, **other: Any) -> Observed:
    """What a device tells that holds exactly what is wanted."""
    version = desired.firmware.version if desired.firmware else "29.30.10.1"
    facts: dict[str, Any] = {
        "identity": Identity(desired.mac, "R29", version),
        "settings": {s.name: HeldSetting(s.name, s.value) for s in desired.settings},
        "schedules": tuple(held_schedule(s, n) for n, s in enumerate(desired.schedules)),
        "people": tuple(held_person(p, n) for n, p in enumerate(desired.people)),
    }
    return Observed(**(facts | other))


@st.composite
def situations(draw: st.DrawFn) -> tuple[Desired, Observed]:
    """A wish, and a device that holds some of it, other versions of some, things of old, and strangers."""
    desired, before = draw(wishes()), draw(wishes())
    strangers = [
        HeldPerson(f"x{n}", draw(WORD), "Stranger", draw(PINS)) for n in range(draw(st.integers(0, 2)))
    ]
    from_cloud = [HeldPerson("c1", f"{TAG}cloud", "Cloud's", local=False)] if draw(st.booleans()) else []
    both = [held_person(p, n) for n, p in enumerate((*desired.people, *before.people)) if draw(st.booleans())]
    strange_times = [
        HeldSchedule("s9", "1009", "Office", Repeat.DAILY),
        HeldSchedule("s1", "1001", "Always", Repeat.DAILY),
    ]
    times = [
        held_schedule(s, n)
        for n, s in enumerate((*desired.schedules, *before.schedules))
        if draw(st.booleans())
    ]
    settings = {
        s.name: HeldSetting(s.name, draw(st.sampled_from([s.value, "else", None]))) for s in desired.settings
    }
    identity = Identity(desired.mac, "R29", draw(st.sampled_from(["29.30.10.437", "29.30.10.1", ""])))
    return desired, Observed(
        identity,
        settings=settings,
        schedules=tuple(times + strange_times),
        people=tuple(both + strangers + from_cloud),
    )


VERDICTS = st.sampled_from(Verdict)
FEW = settings(max_examples=40)
"""A situation takes some milliseconds to draw."""


@st.composite
def results(draw: st.DrawFn, plan: Plan) -> list[ItemResult]:
    """Any story that a sending may tell, the boldest lies included."""
    return [
        ItemResult(item.kind, item.subject, draw(VERDICTS), "words")
        for item in plan.items
        if draw(st.booleans())
    ]


def by_key(judgements: list[Judgement]) -> dict[tuple[ItemKind, str], Judgement]:
    return {(j.kind, j.subject): j for j in judgements}


@given(wishes())
def test_a_device_that_holds_all_needs_nothing(desired: Desired) -> None:
    plan = make_plan(desired, reached(desired))
    assert plan.changes == ()
    assert plan.equal == len(plan.items)
    assert {j.verdict for j in judge(plan, [])} <= {Verdict.PROVED}


@given(wishes(), st.randoms(use_true_random=False))
def test_order_letter_case_and_leading_zeros_are_no_difference(desired: Desired, random: Any) -> None:
    people = [
        replace(
            p, pins=p.pins[::-1], cards=tuple(f"00{c.lower()}" for c in p.cards[::-1]), grants=p.grants[::-1]
        )
        for p in reached(desired).people or ()
    ]
    random.shuffle(people)
    assert make_plan(desired, reached(desired, people=tuple(people))).changes == ()


@FEW
@given(situations())
def test_strangers_are_found_and_left_alone(situation: tuple[Desired, Observed]) -> None:
    desired, observed = situation
    plan = make_plan(desired, observed)
    for item in plan.items:
        if item.act is Act.REMOVE:
            held = item.held
            assert isinstance(held, HeldPerson | HeldSchedule)
            name = held.user_id if isinstance(held, HeldPerson) else held.name
            assert name.startswith(TAG)
            assert (
                not isinstance(held, HeldPerson) or held.local or name in {p.user_id for p in desired.people}
            )
    strangers = [p for p in observed.people or () if not p.user_id.startswith(TAG)]
    foreign = [i for i in plan.items if i.act is Act.FOREIGN]
    assert len(foreign) >= len(strangers)


@FEW
@given(situations())
def test_without_a_tag_nothing_on_a_device_is_ours_to_remove(situation: tuple[Desired, Observed]) -> None:
    desired, observed = situation
    plan = make_plan(replace(desired, tag="", people=(), schedules=()), observed)
    assert not [i for i in plan.items if i.act is Act.REMOVE]


@FEW
@given(situations(), st.data())
def test_only_what_was_read_back_equal_is_proved(
    situation: tuple[Desired, Observed], data: st.DataObject
) -> None:
    plan = make_plan(*situation)
    for item, judgement in zip(plan.items, judge(plan, data.draw(results(plan))), strict=True):
        assert (judgement.kind, judgement.subject) == item.key
        assert (judgement.verdict is Verdict.PROVED) == (item.act is Act.KEEP)
        assert (judgement.verdict is Verdict.FOREIGN) == (item.act is Act.FOREIGN)
        assert judgement.verdict is not Verdict.ACCEPTED
        assert judgement.fingerprint == item.fingerprint
        if judgement.verdict not in {Verdict.PROVED, Verdict.FOREIGN}:
            assert judgement.said


@given(wishes(), st.data())
def test_what_a_device_dropped_in_silence_is_not_proved(desired: Desired, data: st.DataObject) -> None:
    """A device that says yes to everything and keeps less: the liar of the demo."""
    dropped = {p.user_id for p in desired.people if data.draw(st.booleans())}
    kept = tuple(p for p in reached(desired).people or () if p.user_id not in dropped)
    plan = make_plan(desired, reached(desired, people=kept))
    yes = [ItemResult(ItemKind.PERSON, p.subject, Verdict.ACCEPTED) for p in desired.people]
    verdicts = by_key(judge(plan, yes))
    for person in desired.people:
        expected = Verdict.DIFFERS if person.user_id in dropped else Verdict.PROVED
        assert verdicts[ItemKind.PERSON, person.subject].verdict is expected


@FEW
@given(situations())
def test_a_plan_is_worded_without_codes(situation: tuple[Desired, Observed]) -> None:
    desired, observed = situation
    everybody: list[WantedPerson | HeldPerson] = [*desired.people, *(observed.people or ())]
    codes = {c for p in everybody for c in (*p.pins, *p.cards) if len(c) > 5}
    for item in make_plan(desired, observed).items:
        shown = f"{item.title} {item.has} {item.gets} {item.why} {item.wanted!r} {item.held!r}"
        assert not [c for c in codes if stands_in(c, shown)]


@FEW
@given(situations())
def test_every_wanted_item_is_in_the_plan_once(situation: tuple[Desired, Observed]) -> None:
    desired, observed = situation
    plan = make_plan(desired, observed)
    wanted = [i for i in plan.items if i.wanted is not None]
    assert len({i.key for i in plan.items}) == len(plan.items)
    count = (
        len(desired.settings) + len(desired.schedules) + len(desired.people) + (desired.firmware is not None)
    )
    assert len(wanted) == count == len(wanted_only(desired).items)
    assert all(i.fingerprint for i in wanted)


@given(wishes())
def test_parts_that_were_not_read_are_not_planned(desired: Desired) -> None:
    plan = make_plan(replace(desired, firmware=None), Observed(Identity(desired.mac, "R29", "29.30.10.437")))
    assert plan.items == ()


@given(wishes())
def test_a_device_that_does_not_answer_has_every_item_waiting(desired: Desired) -> None:
    plan = wanted_only(desired)
    told = unsent(plan, Verdict.UNREACHABLE, "No answer.")
    assert len(told) == len(plan.items)
    assert {j.verdict for j in told} <= {Verdict.UNREACHABLE}


def test_a_person_held_twice_is_kept_once() -> None:
    person = WantedPerson("id", f"{TAG}ada", "Ada", ("1234",))
    desired = Desired("d", "0C11052A7F31", TAG, people=(person,))
    twice = (held_person(person, 1), held_person(person, 2))
    plan = make_plan(desired, reached(desired, people=twice))
    assert [(i.act, i.held.ref if isinstance(i.held, HeldPerson) else "") for i in plan.items] == [
        (Act.KEEP, "1"),
        (Act.REMOVE, "2"),
    ]


def test_a_setting_that_the_model_lacks_cannot_be_set() -> None:
    wanted = WantedSetting("Config.Test.x", "X", "1")
    desired = Desired("d", "0C11052A7F31", TAG, settings=(wanted,))
    plan = make_plan(desired, reached(desired, settings={wanted.name: HeldSetting(wanted.name, None)}))
    assert plan.items[0].act is Act.CANNOT
    told = judge(plan, [ItemResult(ItemKind.SETTING, wanted.name, Verdict.ACCEPTED)])
    assert told[0].verdict is Verdict.REFUSED
    assert "X" in told[0].said


def test_a_fingerprint_tells_changes_apart_and_not_the_order() -> None:
    grants = (Grant("a", "1"), Grant("b", "2"))
    person = WantedPerson("id", "u", "Ada", ("1", "2"), ("A", "B"), grants, ("1", "2"))
    same = replace(person, pins=("2", "1"), cards=("B", "A"), grants=grants[::-1], floors=("2", "1"))
    assert fingerprint(person) == fingerprint(same)
    others = [
        replace(person, subject="other"),
        replace(person, name="Bob"),
        replace(person, pins=("1",), cards=("2", "A", "B")),
        replace(person, cards=("A",)),
        replace(person, grants=(Grant("a", "12"), Grant("b", "2"))),
        replace(person, floors=()),
    ]
    assert len({fingerprint(p) for p in (person, *others)}) == len(others) + 1
    spans = [WantedSchedule("k", "K", Repeat.DAILY, to_time=time(hour)) for hour in (8, 9)]
    assert fingerprint(spans[0]) != fingerprint(spans[1])
