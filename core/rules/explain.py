"""May this person open this door then, and why: one sentence and the chain behind it. Pure.

The chain is group, schedule, credential, method, proof. `who_may_open` asks the same the other way round. Both decide
from rows, for any moment; what a device really holds is told by the proof.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.base.verdict import Verdict
from core.base.words import listed
from core.entities.access import AccessGroup
from core.entities.credential import CARD_CHARS, Credential, CredentialKind
from core.entities.device import AccessMethod, Device, Relay
from core.entities.person import Resident
from core.entities.proof import ItemKind
from core.entities.site import Apartment
from core.rules.access_times import is_open, local_of, moment_words
from core.rules.compile_people import Opening, groups_holding, home_of, openings
from core.rules.door import Door
from core.rules.plan_words import schedule_words, wanted_schedule
from core.rules.site_rows import SiteRows
from core.rules.status import DeviceStatus, ItemStatus
from core.rules.typed_codes import CLASHES, TYPED, has_prefix, typed, typed_fault
from core.rules.validity import METHOD_OF, credential_fault, home_fault, person_fault


class Step(StrEnum):
    """The links of a chain, in this order."""

    DOOR = "door"
    PERSON = "person"
    GROUP = "group"
    SCHEDULE = "schedule"
    CREDENTIAL = "credential"
    METHOD = "method"
    PROOF = "proof"


@dataclass(frozen=True, slots=True)
class Link:
    """One link: whether it holds, and what there is to say about it."""

    step: Step
    holds: bool
    said: str


@dataclass(frozen=True, slots=True)
class Way:
    """One way to open: through a group, with a credential, by a method."""

    group: AccessGroup
    credential: Credential
    method: AccessMethod


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether the door opens, in a sentence, with the chain and every way there is."""

    opens: bool
    sentence: str
    chain: tuple[Link, ...]
    ways: tuple[Way, ...] = ()


@dataclass(frozen=True, slots=True)
class Opener:
    """Somebody who may open a door, and how."""

    person: Resident
    ways: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Openers:
    """Who may open a door. `everybody` says why anybody may (held open); empty otherwise."""

    everybody: str
    people: tuple[Opener, ...]


@dataclass(frozen=True, slots=True)
class _Case:
    """One person before one door at one moment; `rows` are those of the person's site."""

    rows: SiteRows
    person: Resident
    home: Apartment | None
    device: Device
    relay: Relay
    groups: tuple[AccessGroup, ...]
    local: datetime
    at: datetime

    def ways(self) -> Iterator[Way]:
        if not self.relay.enabled or self.bar():
            return
        for group in self.groups:
            if group_open(group, self.local):
                for credential in self.usable():
                    yield Way(group, credential, METHOD_OF[credential.kind])

    def bar(self) -> str:
        """Why the person may open nothing at all then."""
        zone = self.rows.site.time_zone
        fault = person_fault(self.person, self.at, zone)
        return f"{name_of(self.person)} {fault}" if fault else home_fault(self.home, self.at, zone)

    def usable(self) -> list[Credential]:
        return [c for c in self.codes() if not self.useless(c)]

    def codes(self) -> list[Credential]:
        return self.rows.codes_of.get(self.person.id, [])

    def useless(self, credential: Credential) -> str:
        """Why a credential does not open this relay; empty when it does."""
        kind = credential.kind
        if fault := credential_fault(self.rows.site, self.person, self.home, credential, self.at):
            return fault
        if METHOD_OF[kind].value not in self.relay.methods:
            return f"opens by {_method_word(METHOD_OF[kind])}, which '{self.relay.name}' does not take"
        if kind is CredentialKind.CARD and len(credential.code) > CARD_CHARS:
            return "is too long for a door phone; it is for locks only"
        if kind is CredentialKind.PLATE and any(self.is_live_uhf(c) for c in self.codes()):
            return "stays away from door phones, since there is a UHF card too"
        text = typed(self.rows.site, self.person, self.home, credential)
        if text != credential.code and (fault := typed_fault(text, self.device.model, self.device.firmware)):
            return f"cannot be typed there ({fault.rstrip('.')})"
        if kind in TYPED and self.rows.first_typed and self.rows.first_typed.get(text) != credential.id:
            return f"cannot be told apart ({CLASHES.rstrip('.')})"
        return ""

    def is_live_uhf(self, credential: Credential) -> bool:
        is_uhf = credential.kind is CredentialKind.UHF
        return is_uhf and not credential_fault(self.rows.site, self.person, self.home, credential, self.at)


def group_open(group: AccessGroup, local: datetime) -> bool:
    """Whether a group's times hold at a wall-clock moment of the door's site (GRP-02)."""
    span = (group.from_time, group.to_time, group.from_day, group.to_day)
    return is_open(group.repeat, group.days, *span, local)


def name_of(person: Resident) -> str:
    """First and last name."""
    return f"{person.first_name} {person.last_name}".strip()


def explain(
    rows: SiteRows,
    person: Resident,
    relay: Relay,
    at: datetime,
    *,
    status: DeviceStatus | None = None,
    hedge: str = "",
) -> Answer:
    """The answer for a person of `rows` (or of a site that shares the door) at an aware moment.

    `status` is that of the relay's device and gives the proof; `hedge` is put before the sentence.
    """
    device = _device_of(rows, relay)
    case = _case(rows, device, person, relay, at)
    ways = tuple(case.ways())
    held = _holding(rows, relay, case.local)
    zone = rows.site.time_zone
    links = (*_chain(case, device, ways, held), _proof(status, person, ways, zone))
    opens = bool(ways or held)
    day, hour = f"{case.local:%a %Y-%m-%d}", f"{case.local:%H:%M}"
    who, door = name_of(person), Door(device, relay).name
    if held:
        words = f"Anybody may open {door} on {day} at {hour} ({zone}): it is held open by {_quoted(held)}."
    elif ways:
        words = f"{who} may open {door} on {day} at {hour} ({zone}), {_how(case, ways)}."
    else:
        fault = next((link.said for link in links if not link.holds), "there is no way")
        words = f"{who} may not open {door} on {day} at {hour} ({zone}): {fault}."
    return Answer(opens, f"{hedge}{words}", links, ways)


def who_may_open(rows: SiteRows, relay: Relay, at: datetime) -> Openers:
    """Everybody who may open a relay at an aware moment, by name; guests of other sites included."""
    device = _device_of(rows, relay)
    local = local_of(at, rows.site.time_zone)
    held = _holding(rows, relay, local)
    found: list[Opener] = []
    for opening in openings(rows, device):
        groups_of = _groups_of(opening, relay)
        for person in opening.rows.residents:
            if groups := groups_of.get(person.id):
                home = home_of(opening.rows, person)
                case = _Case(opening.rows, person, home, device, relay, tuple(groups), local, at)
                if ways := tuple(case.ways()):
                    found.append(Opener(person, ways))
    found.sort(key=lambda o: (o.person.last_name.lower(), o.person.first_name.lower(), o.person.id))
    return Openers(f"Held open by {_quoted(held)}." if held else "", tuple(found))


def _device_of(rows: SiteRows, relay: Relay) -> Device:
    device = rows.by_id[relay.device_id]
    if not isinstance(device, Device):
        msg = "a relay belongs to a device"
        raise TypeError(msg)
    return device


def _case(rows: SiteRows, device: Device, person: Resident, relay: Relay, at: datetime) -> _Case:
    local = local_of(at, rows.site.time_zone)
    groups: list[AccessGroup] = []
    owner = rows
    for opening in openings(rows, device):
        if any(p.id == person.id for p in opening.rows.residents):
            owner, groups = opening.rows, _groups_of(opening, relay).get(person.id, [])
    return _Case(owner, person, home_of(owner, person), device, relay, tuple(groups), local, at)


def _groups_of(opening: Opening, relay: Relay) -> dict[str, list[AccessGroup]]:
    """By person, the groups that open this relay."""
    here = {g for g, relays in opening.relays.items() if any(r.id == relay.id for r in relays)}
    found: dict[str, list[AccessGroup]] = {}
    for person_id, groups in opening.groups_of_people().items():
        if kept := [g for g in groups if g.id in here]:
            found[person_id] = kept
    return found


def _holding(rows: SiteRows, relay: Relay, local: datetime) -> list[AccessGroup]:
    return [g for g in groups_holding(rows, relay) if relay.enabled and group_open(g, local)]


def _chain(case: _Case, device: Device, ways: tuple[Way, ...], held: list[AccessGroup]) -> Iterator[Link]:
    relay = case.relay
    door = Door(device, relay).name
    if held:
        yield Link(Step.DOOR, True, f"{door} is held open by {_quoted(held)}")
    else:
        yield Link(Step.DOOR, relay.enabled, f"{door} is {'on' if relay.enabled else 'switched off'}")
    bar = case.bar()
    yield Link(Step.PERSON, not bar, bar or f"{name_of(case.person)} is active")
    if not case.groups:
        yield Link(Step.GROUP, False, f"no access group of {name_of(case.person)} opens {relay.name}")
    else:
        yield Link(Step.GROUP, True, f"in {_quoted(case.groups)}")
    yield _schedule_link(case, ways)
    yield _credential_link(case, ways)
    methods = listed([_method_word(m) for m in relay.methods]) or "nothing"
    usable = bool(case.usable())
    yield Link(Step.METHOD, usable, f"{relay.name} opens by {methods}")


def _schedule_link(case: _Case, ways: tuple[Way, ...]) -> Link:
    opened = [g for g in case.groups if group_open(g, case.local)]
    shown = [w.group for w in ways] or opened or list(case.groups)
    words = listed([f"'{g.name}' is open {times_of_group(g)}" for g in _once(shown)])
    if not case.groups:
        return Link(Step.SCHEDULE, False, "there is no schedule without a group")
    return Link(Step.SCHEDULE, bool(opened), words if opened else f"it is outside the times: {words}")


def _credential_link(case: _Case, ways: tuple[Way, ...]) -> Link:
    if ways:
        kinds = list(dict.fromkeys(word_of(w.credential.kind) for w in ways))
        return Link(Step.CREDENTIAL, True, f"has {listed(kinds)}")
    codes = case.codes()
    if not codes:
        return Link(Step.CREDENTIAL, False, f"{name_of(case.person)} has no credential")
    if case.usable():
        return Link(Step.CREDENTIAL, True, f"has {listed([word_of(c.kind) for c in case.usable()])}")
    faults = [f"the {word_of(c.kind)} {case.useless(c)}" for c in codes]
    return Link(Step.CREDENTIAL, False, listed(list(dict.fromkeys(faults)), limit=3))


def word_of(kind: CredentialKind) -> str:
    """A kind of credential, for people."""
    return {CredentialKind.PIN: "PIN", CredentialKind.QR: "QR code", CredentialKind.NFC: "NFC"}.get(
        kind, kind.value.replace("_", " ")
    )


def _method_word(method: str) -> str:
    """A way to open, for people: abbreviations in capitals, `app talk`."""
    return method.upper() if len(method) <= len("PIN") else method.replace("_", " ")


def times_of_group(group: AccessGroup) -> str:
    """A group's times, for people: `daily 06:00-22:00`."""
    return schedule_words(wanted_schedule("", group))


def _proof(status: DeviceStatus | None, person: Resident, ways: tuple[Way, ...], zone: str) -> Link:
    items = [] if status is None else [i for i in status.items if _is_about(i, person.id)]
    if not items:
        words = "nothing of this person is wanted on the device" if not ways else "the device was not asked"
        return Link(Step.PROOF, not ways, words)
    bad = [i for i in items if i.verdict is not Verdict.PROVED]
    if bad:
        state, said = bad[0].verdict.value, bad[0].said.rstrip(".")
        words = f"on the device it is {state}: {said}" if said else f"on the device it is {state}"
        return Link(Step.PROOF, False, words)
    times = [i.proof.at for i in items if i.proof is not None and i.proof.at is not None]
    if not times:
        return Link(Step.PROOF, True, "read back from the device")
    return Link(Step.PROOF, True, f"read back from the device on {moment_words(min(times), zone)}")


def _is_about(item: ItemStatus, person_id: str) -> bool:
    return item.kind is ItemKind.PERSON and item.subject.partition(":")[0].partition("+")[0] == person_id


def _how(case: _Case, ways: tuple[Way, ...]) -> str:
    kinds = list(dict.fromkeys(word_of(w.credential.kind) for w in ways))
    words = f"by {listed(kinds)}, through {_quoted(w.group for w in ways)}"
    home = case.home
    if home is not None and has_prefix(case.rows.site, case.person, home) and "PIN" in kinds:
        words += f" ({home.number} first, then the PIN)"
    uses = [w.credential.uses for w in ways if w.credential.uses is not None]
    if uses and len(uses) == len(ways):
        words += f", {max(uses)} times at this door"
    return words


def _quoted(groups: Iterable[AccessGroup]) -> str:
    return listed([f"'{g.name}'" for g in _once(groups)])


def _once(groups: Iterable[AccessGroup]) -> list[AccessGroup]:
    return list({g.id: g for g in groups}.values())
