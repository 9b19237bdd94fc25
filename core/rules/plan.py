"""Desired against observed: the plan that people read, and the judgement after a read-back. Pure functions.

A plan lists every wanted item and every foreign finding; `changes` is what an apply would send. Nothing foreign is
ever removed by a plan (DESIGN.md). Texts of a plan never show a PIN or card.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import msgspec

from core.base.verdict import Verdict
from core.entities.proof import ItemKind
from core.rules.desired import (
    ALWAYS,
    Desired,
    HeldPerson,
    HeldSchedule,
    Identity,
    Observed,
    WantedContact,
    WantedFirmware,
    WantedPerson,
    WantedSchedule,
    WantedSetting,
)
from core.rules.plan_contacts import contact_items, contact_print, contacts_alone
from core.rules.plan_item import Act, PlanItem, Sent, Wanted
from core.rules.plan_parts import PERSON_PARTS, is_only_marked, part_key, part_value, sorted_part
from core.rules.plan_words import person_state, person_words, schedule_words, shown_setting, times_of
from core.rules.settings import normal
from core.rules.versions import same_version

__all__ = [
    "Act",
    "ItemResult",
    "Judgement",
    "Plan",
    "PlanItem",
    "fingerprint",
    "judge",
    "make_plan",
    "unsent",
    "wanted_only",
]

UNTOLD_FACE = "The device tells that it has a face of this person, not which one."


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything wanted of one device against what it holds."""

    device_id: str
    items: tuple[PlanItem, ...]

    @property
    def changes(self) -> tuple[PlanItem, ...]:
        """What an apply sends, in the order of `items`."""
        return tuple(i for i in self.items if i.act in {Act.ADD, Act.CHANGE, Act.REMOVE})

    @property
    def equal(self) -> int:
        """How many wanted items the device already holds as meant."""
        return sum(1 for i in self.items if i.act is Act.KEEP)


@dataclass(frozen=True, slots=True)
class ItemResult:
    """What came of sending one item: ACCEPTED, REFUSED, AMBIGUOUS, UNREACHABLE or WAITING (not reached)."""

    kind: ItemKind
    subject: str
    verdict: Verdict
    said: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict about one item after reading the device (or after failing to)."""

    kind: ItemKind
    subject: str
    title: str
    verdict: Verdict
    fingerprint: str = ""
    said: str = ""


def fingerprint(wanted: Wanted) -> str:
    """A short digest of what is meant. Codes go in with the site's secret salt."""
    if isinstance(wanted, WantedContact):
        return contact_print(wanted)
    if isinstance(wanted, WantedSetting):
        parts: list[object] = [wanted.name, wanted.value]
    elif isinstance(wanted, WantedFirmware):
        parts = [wanted.version]
    elif isinstance(wanted, WantedSchedule):
        parts = [wanted.key, *times_of(wanted)]
    else:
        grants = sorted((g.schedule, g.relays) for g in wanted.grants)
        parts = [
            wanted.salt,
            wanted.subject,
            wanted.name,
            sorted(wanted.pins),
            sorted(wanted.cards),
            grants,
            sorted(wanted.floors),
        ]
        parts += [[name, sorted_part(wanted, name)] for name in PERSON_PARTS if sorted_part(wanted, name)]
    # msgspec writes this four times as fast as json does, and ten thousand people on fifty devices are a million of it.
    return hashlib.sha256(msgspec.json.encode(parts, enc_hook=str)).hexdigest()[:32]


def make_plan(desired: Desired, observed: Observed, sent: Sent | None = None) -> Plan:
    """The plan for the parts of `observed` that were read. Order: settings, schedules, people, firmware.

    `sent`: fingerprints of what was sent before and taken, for what a device holds and does not tell.
    """
    items: list[PlanItem] = []
    if observed.settings is not None:
        items += [_setting_item(w, observed) for w in desired.settings]
    if observed.schedules is not None:
        items += _schedule_items(desired, observed.schedules)
    if observed.people is not None:
        items += _person_items(desired, observed, sent or {})
        items += _unfit_items(desired)
        items += contact_items(desired, observed.contacts, sent or {})
    if desired.firmware is not None:
        items.append(_firmware_item(desired.firmware, observed.identity.firmware))
    return Plan(desired.device_id, tuple(items))


def judge(plan: Plan, results: Iterable[ItemResult]) -> list[Judgement]:
    """Verdicts from a plan made **after** an apply, with what the apply was told.

    An item that the device now holds is proved whatever was said. One that it does not hold is refused when the
    device refused it, ambiguous or unreachable when that is how the sending ended, `differs` when the device said yes
    or was never asked to change. A foreign item stays foreign.
    """
    told = {(r.kind, r.subject): r for r in results}
    return [_judge_item(item, told) for item in plan.items]


_TRIED = frozenset({Verdict.REFUSED, Verdict.AMBIGUOUS, Verdict.UNREACHABLE, Verdict.WAITING})


def _judge_item(item: PlanItem, told: Mapping[tuple[ItemKind, str], ItemResult]) -> Judgement:
    result = told.get(item.key)
    taken = result is not None and result.verdict not in _TRIED
    if item.untold and (item.act is Act.KEEP or taken):
        verdict, said = Verdict.ACCEPTED, item.untold
    elif item.act is Act.KEEP:
        verdict, said = Verdict.PROVED, ""
    elif item.act is Act.FOREIGN:
        verdict, said = Verdict.FOREIGN, item.why
    elif item.act is Act.CANNOT:
        verdict, said = Verdict.REFUSED, item.why
    elif result is None:
        verdict, said = (
            Verdict.DIFFERS,
            f"The device has {item.has or 'nothing'}; {item.gets or 'nothing'} is wanted.",
        )
    elif result.verdict not in _TRIED:
        # ACCEPTED; anything that sounds better is no longer believed once the read-back says otherwise.
        verdict = Verdict.DIFFERS
        said = (
            f"The device said yes but holds {item.has or 'nothing'} where {item.gets or 'nothing'} was sent."
        )
    else:
        verdict, said = result.verdict, result.said
    return Judgement(item.kind, item.subject, item.title, verdict, item.fingerprint, said)


def unsent(plan: Plan, verdict: Verdict, said: str) -> list[Judgement]:
    """Judgements for a device that could not be read: every wanted item shares one verdict and its reason."""
    return [
        Judgement(i.kind, i.subject, i.title, verdict, i.fingerprint, said)
        for i in plan.items
        if i.act is not Act.FOREIGN
    ]


def wanted_only(desired: Desired) -> Plan:
    """A plan against nothing read: every wanted item as an addition. For devices that do not answer."""
    items = [
        PlanItem(
            ItemKind.SETTING,
            w.name,
            w.label,
            Act.CHANGE,
            "",
            shown_setting(w.name, w.value),
            fingerprint(w),
            w,
        )
        for w in desired.settings
    ]
    items += [
        PlanItem(ItemKind.SCHEDULE, w.key, w.label, Act.ADD, "", schedule_words(w), fingerprint(w), w)
        for w in desired.schedules
    ]
    nothing = Observed(Identity(desired.mac, "", ""))
    for person in desired.people:
        mark, gets = fingerprint(person), person_words(person)
        items.append(PlanItem(ItemKind.PERSON, person.subject, person.name, Act.ADD, "", gets, mark, person))
        items += _part_items(person, None, nothing, {})
    items += [*_unfit_items(desired), *contacts_alone(desired)]
    if desired.firmware is not None:
        items.append(_firmware_item(desired.firmware, ""))
    return Plan(desired.device_id, tuple(items))


def _setting_item(meant: WantedSetting, observed: Observed) -> PlanItem:
    has = (observed.settings or {}).get(meant.name)
    mark, gets = fingerprint(meant), shown_setting(meant.name, meant.value)
    wanted = _with_numbers(meant, observed.schedules)
    if wanted is None:
        why = "Its schedule is not on the device yet; push people and settings once more."
        return PlanItem(
            ItemKind.SETTING, meant.name, meant.label, Act.CANNOT, "", gets, mark, meant, has, why
        )
    if has is None or has.value is None:
        why = f"This model and firmware has no setting for '{wanted.label}'."
        return PlanItem(
            ItemKind.SETTING, wanted.name, wanted.label, Act.CANNOT, "", gets, mark, wanted, has, why
        )
    same = normal(wanted.name, has.value) == normal(wanted.name, wanted.value)
    act = Act.KEEP if same else Act.CHANGE
    shown = shown_setting(wanted.name, has.value)
    return PlanItem(ItemKind.SETTING, wanted.name, wanted.label, act, shown, gets, mark, wanted, has)


def _with_numbers(setting: WantedSetting, held: tuple[HeldSchedule, ...] | None) -> WantedSetting | None:
    """The setting with the device's numbers of the schedules that it names; None while one of them is not known."""
    if not setting.schedules:
        return setting
    displays = {h.name.lower() if h.name.lower() == ALWAYS else h.name: h.display for h in held or ()}
    if not all(key in displays for key in setting.schedules):
        return None
    return replace(setting, value="/".join(displays[key] for key in setting.schedules))


def _schedule_items(desired: Desired, held: tuple[HeldSchedule, ...]) -> Iterator[PlanItem]:
    by_name = {h.name: h for h in held}
    wanted_keys = {w.key for w in desired.schedules}
    for wanted in desired.schedules:
        has, mark, gets = by_name.get(wanted.key), fingerprint(wanted), schedule_words(wanted)
        if has is None:
            yield PlanItem(ItemKind.SCHEDULE, wanted.key, wanted.label, Act.ADD, "", gets, mark, wanted)
            continue
        act = Act.KEEP if times_of(has) == times_of(wanted) else Act.CHANGE
        yield PlanItem(
            ItemKind.SCHEDULE, wanted.key, wanted.label, act, schedule_words(has), gets, mark, wanted, has
        )
    for name, has in by_name.items():
        if _is_ours(desired.tag, name) and name not in wanted_keys:
            yield PlanItem(ItemKind.SCHEDULE, name, name, Act.REMOVE, schedule_words(has), "", "", None, has)


def _part_items(
    wanted: WantedPerson, held: HeldPerson | None, observed: Observed, sent: Sent
) -> Iterator[PlanItem]:
    """A line for each part of a person that is wanted, or that was sent and is there still."""
    if _has_no_parts(wanted) and (held is None or _has_no_parts(held)):
        return
    for name, words in PERSON_PARTS.items():
        if not getattr(wanted, name) and not (held is not None and getattr(held, name)):
            continue
        value = part_value(wanted, name)
        has = part_value(held, name) if held is not None else None
        meant = f"{wanted.salt}{wanted.subject}{name}{sorted_part(wanted, name)}"
        mark = hashlib.sha256(meant.encode()).hexdigest()[:32]
        key, title = part_key(wanted.subject, name), f"{wanted.name}: {words}"
        shown, gets = words if has else "", words if value else ""
        known = (ItemKind.PERSON, key) in sent
        if not value and name not in observed.takes:
            continue
        if not value and not known:
            why = "Put there by somebody else."
            yield PlanItem(ItemKind.PERSON, key, title, Act.FOREIGN, shown, "", "", None, held, why)
        elif name not in observed.takes:
            why = observed.lacks.get(name) or f"{words.capitalize()} cannot be sent to this device."
            yield PlanItem(ItemKind.PERSON, key, title, Act.CANNOT, "", gets, mark, None, None, why)
        elif is_only_marked(held, name) and value:
            same = sent.get((ItemKind.PERSON, key)) == mark
            act = Act.KEEP if same else Act.CHANGE
            yield PlanItem(
                ItemKind.PERSON, key, title, act, shown, gets, mark, wanted, held, untold=UNTOLD_FACE
            )
        else:
            act, goal = Act.KEEP if has == value else Act.CHANGE, mark if value else ""
            yield PlanItem(ItemKind.PERSON, key, title, act, shown, gets, goal, wanted, held)


def _has_no_parts(person: WantedPerson | HeldPerson) -> bool:
    return not (person.plates or person.faces or person.uses)


def _unfit_items(desired: Desired) -> Iterator[PlanItem]:
    """A line for each code that the device cannot take: whoever has it must not wonder before a shut door."""
    for unfit in desired.unfit:
        mark = hashlib.sha256(f"{unfit.subject}{unfit.why}".encode()).hexdigest()[:32]
        yield PlanItem(
            ItemKind.PERSON, unfit.subject, unfit.title, Act.CANNOT, "", "", mark, None, None, unfit.why
        )


def _person_items(desired: Desired, observed: Observed, sent: Sent) -> Iterator[PlanItem]:
    held = observed.people or ()
    by_user: dict[str, list[HeldPerson]] = {}
    for person in held:
        by_user.setdefault(person.user_id, []).append(person)
    for wanted in desired.people:
        there = by_user.pop(wanted.user_id, [])
        yield from _wanted_person(wanted, there)
        yield from _part_items(wanted, there[0] if there else None, observed, sent)
    for people in by_user.values():
        for count, person in enumerate(people):
            # The first goes by its user id; records that share one are told apart by their own.
            subject = person.user_id if person.user_id and count == 0 else f"{person.user_id}#{person.ref}"
            yield _unwanted_person(desired.tag, subject, person)


def _wanted_person(wanted: WantedPerson, held: list[HeldPerson]) -> Iterator[PlanItem]:
    mark, gets = fingerprint(wanted), person_words(wanted)
    if not held:
        yield PlanItem(ItemKind.PERSON, wanted.subject, wanted.name, Act.ADD, "", gets, mark, wanted)
        return
    first = held[0]
    same, has = person_state(first) == person_state(wanted), person_words(first)
    has += "" if same or has != gets else ", other codes or times"
    act = Act.KEEP if same else Act.CHANGE
    yield PlanItem(ItemKind.PERSON, wanted.subject, wanted.name, act, has, gets, mark, wanted, first)
    for double in held[1:]:
        why = "The device holds this person twice."
        subject = f"{wanted.subject}#{double.ref}"
        yield PlanItem(
            ItemKind.PERSON,
            subject,
            wanted.name,
            Act.REMOVE,
            person_words(double),
            "",
            "",
            None,
            double,
            why,
        )


def _is_ours(tag: str, name: str) -> bool:
    """Whether something on a device was put there by this site. Without a tag nothing is: only ours may be removed."""
    return bool(tag) and name.startswith(tag)


def _unwanted_person(tag: str, subject: str, person: HeldPerson) -> PlanItem:
    title = person.name or person.user_id or f"record {person.ref}"
    if _is_ours(tag, person.user_id) and person.local:
        return PlanItem(
            ItemKind.PERSON, subject, title, Act.REMOVE, person_words(person), "", "", None, person
        )
    why = (
        "On the device, but nobody's at this site."
        if person.local
        else "Put there by another system's cloud."
    )
    return PlanItem(
        ItemKind.PERSON, subject, title, Act.FOREIGN, person_words(person), "", "", None, person, why
    )


def _firmware_item(wanted: WantedFirmware, has: str) -> PlanItem:
    act = Act.KEEP if same_version(has, wanted.version) else Act.CHANGE
    return PlanItem(
        ItemKind.FIRMWARE, "firmware", "Firmware", act, has, wanted.version, fingerprint(wanted), wanted
    )
