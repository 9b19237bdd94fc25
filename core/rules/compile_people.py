"""Who is on one device with what: people, their codes, relays and times (ACCESS-PUSH, GRP-01 to GRP-05). Pure.

A device keeps one list of relays per user record, so a person whose PIN and card open different relays becomes two
records there.
"""

from __future__ import annotations

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, time

from core.entities.access import AccessGroup, Repeat
from core.entities.credential import CARD_CHARS, Credential, CredentialKind
from core.entities.device import AccessMethod, Device, Relay
from core.entities.person import Resident
from core.entities.site import AccessReach, Apartment
from core.rules.access_times import windows_of_period
from core.rules.desired import ALWAYS, Grant, Unfit, WantedPerson, WantedSchedule
from core.rules.floors import union
from core.rules.plan_words import wanted_schedule
from core.rules.site_rows import SiteRows
from core.rules.typed_codes import CLASHES, typed, typed_fault
from core.rules.validity import METHOD_OF, credential_fault, home_fault, person_fault


def site_tag(site_id: str) -> str:
    """What begins the device's UserID of every person this site puts on a device: tells ours from foreign."""
    return f"g{hashlib.sha256(site_id.encode()).hexdigest()[:4]}-"


def device_user_id(site_id: str, person_id: str) -> str:
    """The UserID of a person on devices: the same on every device and at every push; 16 characters."""
    digest = base64.b32encode(hashlib.sha256(person_id.encode()).digest()).decode("ascii")
    return site_tag(site_id) + digest[:10].lower()


def schedule_key(site_id: str, group: AccessGroup) -> str:
    """The name of a group's schedule on devices; ALWAYS for one without any limit."""
    whole_day = group.from_time == time(0, 0, 0) and group.to_time >= time(23, 59, 0)
    if group.repeat is Repeat.DAILY and whole_day:
        return ALWAYS
    return f"{site_tag(site_id)}{group.code}"


def groups_holding(rows: SiteRows, relay: Relay) -> list[AccessGroup]:
    """The groups whose times hold a relay open (GRP-03)."""
    found = (rows.by_id.get(hold.group_id) for hold in rows.holds_of.get(relay.id, []))
    return [group for group in found if isinstance(group, AccessGroup)]


def groups_by_relay(rows: SiteRows, device: Device) -> dict[str, list[AccessGroup]]:
    """The groups that open each relay of a device. GRP-05: with 'only public area' none opens a private device."""
    private = device.apartment_id is not None or device.owner_id is not None
    if private and rows.site.pm_access is AccessReach.PUBLIC_AREA:
        return {}
    found: dict[str, list[AccessGroup]] = {}
    for relay in rows.relays_of.get(device.id, []):
        if relay.enabled:
            groups = (rows.by_id.get(door.group_id) for door in rows.doors_of.get(relay.id, []))
            found[relay.id] = [group for group in groups if isinstance(group, AccessGroup)]
    return found


@dataclass
class Opening:
    """Who of one site opens what on a device: relays by group. `holder` is the site that the device belongs to."""

    rows: SiteRows
    holder: str
    device: Device
    relays: dict[str, list[Relay]] = field(default_factory=lambda: defaultdict(list))

    def groups_of_people(self) -> dict[str, list[AccessGroup]]:
        """Groups that open something here, by the people in them."""
        found: dict[str, list[AccessGroup]] = defaultdict(list)
        for group in self.rows.groups:
            if group.id in self.relays:
                for member in self.rows.members_of.get(group.id, []):
                    found[member.person_id].append(group)
        return found


def people_and_schedules(
    rows: SiteRows, device: Device, now: datetime
) -> tuple[list[WantedPerson], list[WantedSchedule], list[Unfit]]:
    """The people that a device holds at `now`, in the order of the rows, the schedules that they use, and the codes
    that it cannot take.
    """
    people: list[WantedPerson] = []
    schedules: dict[str, WantedSchedule] = {}
    unfit: list[Unfit] = []
    for opening in openings(rows, device):
        groups_of = opening.groups_of_people()
        mine = [
            wanted
            for person in _in_order(opening.rows, groups_of)
            if _counts(opening.rows, person, now)
            for wanted in _records(opening, person, groups_of[person.id], now, unfit)
        ]
        people += mine
        used = {g.schedule for p in mine for g in p.grants}
        groups = [g for g in opening.rows.groups if g.id in opening.relays]
        schedules |= _schedules(opening.rows.site.id, groups, used)
    held = [g for r in rows.relays_of.get(device.id, []) if r.enabled for g in groups_holding(rows, r)]
    schedules |= _schedules(rows.site.id, held, None)
    return people, list(schedules.values()), unfit


def _in_order(rows: SiteRows, ids: Iterable[str]) -> list[Resident]:
    """Those people in the order of the rows. A site has many devices, and few of its people on each: going through
    all of them for each device took minutes for 20,000 people and 33,000 devices.
    """
    return [rows.residents[place] for place in sorted(rows.place_of[i] for i in ids if i in rows.place_of)]


def openings(rows: SiteRows, device: Device) -> Iterable[Opening]:
    """The site's own people, then those of each site that shares a door of this device."""
    own = Opening(rows, rows.site.id, device)
    guests: dict[str, Opening] = {}
    by_relay = groups_by_relay(rows, device)
    for relay in rows.relays_of.get(device.id, []):
        for group in by_relay.get(relay.id, []):
            own.relays[group.id].append(relay)
        for share in rows.shares_of.get(relay.id, []) if relay.enabled else ():
            if share.guest_site in rows.guests:
                guest = guests.setdefault(
                    share.guest_site, Opening(rows.guests[share.guest_site], rows.site.id, device)
                )
                guest.relays[share.guest_group].append(relay)
    return [own, *guests.values()]


def _counts(rows: SiteRows, person: Resident, now: datetime) -> bool:
    return not person_fault(person, now) and not home_fault(home_of(rows, person), now)


def home_of(rows: SiteRows, person: Resident) -> Apartment | None:
    """The apartment whose lease bounds a person's access; a visitor's is told by the key itself."""
    home = rows.by_id.get(person.apartment_id or "")
    return home if isinstance(home, Apartment) else None


def schedules_of(site_id: str, group: AccessGroup) -> tuple[WantedSchedule, ...]:
    """A group's times as devices know them; none for one that is always open.

    GRP-02: 'never' is one period, but a device opens a dated schedule at the same times on each of its days. So a
    period over several days becomes up to three schedules: the rest of the first day, whole days, the last day.
    """
    key = schedule_key(site_id, group)
    if key == ALWAYS:
        return ()
    whole = wanted_schedule(key, group)
    if group.repeat is not Repeat.NEVER or group.from_day is None or group.to_day is None:
        return (whole,)
    windows = windows_of_period(group.from_day, group.from_time, group.to_day, group.to_time)
    return tuple(
        replace(
            whole,
            key=key if number == 1 else f"{key}-{number}",
            from_day=window.from_day,
            to_day=window.to_day,
            from_time=window.from_time,
            to_time=window.to_time,
        )
        for number, window in enumerate(windows, 1)
    )


def keys_of(site_id: str, group: AccessGroup) -> tuple[str, ...]:
    """The keys of a group's schedules on devices."""
    return tuple(schedule.key for schedule in schedules_of(site_id, group)) or (ALWAYS,)


def _schedules(
    site_id: str, groups: Iterable[AccessGroup], used: set[str] | None
) -> dict[str, WantedSchedule]:
    found = (schedule for group in groups for schedule in schedules_of(site_id, group))
    return {schedule.key: schedule for schedule in found if used is None or schedule.key in used}


_RECORD_METHODS = {
    AccessMethod.PIN: "p",
    AccessMethod.CARD: "c",
    AccessMethod.FACE: "f",
    AccessMethod.LPR: "l",
}
"""Methods whose codes stand in a device's user record, and the letter of a record of their own."""


def codes_for_device(rows: SiteRows, person: Resident, now: datetime) -> dict[AccessMethod, list[Credential]]:
    """A person's credentials that count now and that a door phone holds itself, by method.

    CRED-05: a card over 16 characters is a lock's only. CRED-02: of plates and UHF cards only the latter go there.
    """
    home = home_of(rows, person)
    found: dict[AccessMethod, list[Credential]] = defaultdict(list)
    for code in rows.codes_of.get(person.id, []):
        if credential_fault(rows.site, person, home, code, now):
            continue
        if code.kind is CredentialKind.CARD and len(code.code) > CARD_CHARS:
            continue
        found[METHOD_OF[code.kind]].append(code)
    if any(c.kind is CredentialKind.UHF for c in found.get(AccessMethod.CARD, ())):
        found.pop(AccessMethod.LPR, None)
    return {method: found[method] for method in _RECORD_METHODS if method in found}


def _fitting_pins(
    opening: Opening, person: Resident, pins: Iterable[Credential], unfit: list[Unfit]
) -> list[Credential]:
    """The PINs in the form in which they are typed at the site of the device; those that it cannot take are listed."""
    rows, device = opening.rows, opening.device
    home, kept = home_of(rows, person), []
    for pin in pins:
        text = typed(rows.site, person, home, pin)
        fault = "" if text == pin.code else typed_fault(text, device.model, device.firmware)
        if rows.first_typed and rows.first_typed.get(text) != pin.id:
            fault = CLASHES
        if fault:
            name = f"{person.first_name} {person.last_name}".strip()
            unfit.append(Unfit(f"{person.id}+pin-{pin.id[-8:]}", f"{name}: PIN", fault))
        else:
            kept.append(replace(pin, code=text))
    return kept


def _records(
    opening: Opening, person: Resident, groups: list[AccessGroup], now: datetime, unfit: list[Unfit]
) -> Iterable[WantedPerson]:
    """One record per set of grants, since a device keeps one list of relays per record."""
    by_grants: dict[tuple[Grant, ...], list[AccessMethod]] = {}
    codes = codes_for_device(opening.rows, person, now)
    for method in tuple(codes):
        if grants := _grants(opening, groups, method):
            if method is AccessMethod.PIN:
                codes[method] = _fitting_pins(opening, person, codes[method], unfit)
            if codes[method]:
                by_grants.setdefault(grants, []).append(method)
    user_id = device_user_id(opening.holder, person.id)
    floors = _floors(opening.rows, person, opening.device)
    name = f"{person.first_name} {person.last_name}".strip()
    for number, (grants, methods) in enumerate(by_grants.items()):
        subject, own = person.id, user_id
        if number:
            subject, own = f"{person.id}:{methods[0].value}", user_id + _RECORD_METHODS[methods[0]]
        kept = [code for method in methods for code in codes[method]]
        yield WantedPerson(
            subject=subject,
            user_id=own,
            name=name,
            pins=_codes(kept, CredentialKind.PIN, CredentialKind.TEMPORARY),
            cards=_codes(kept, CredentialKind.CARD, CredentialKind.UHF),
            grants=grants,
            floors=floors,
            plates=_codes(kept, CredentialKind.PLATE),
            faces=tuple(sorted(c.blob for c in kept if c.kind is CredentialKind.FACE and c.blob)),
            uses=min((c.uses for c in kept if c.uses is not None), default=None),
            salt=opening.rows.site.proof_key,
        )


def _codes(credentials: Iterable[Credential], *kinds: CredentialKind) -> tuple[str, ...]:
    return tuple(sorted(c.code for c in credentials if c.kind in kinds))


def _floors(rows: SiteRows, person: Resident, device: Device) -> tuple[str, ...]:
    """RES-04, SITE-22: floors go to public devices; a building's floors to that building's and the site's devices."""
    granted = rows.floors_of.get(person.id, [])
    if device.apartment_id is not None or (not granted and not person.floors):
        return ()
    there = [g.floors for g in granted if device.building_id in {None, g.building_id}]
    return union([person.floors, *there])


def _grants(opening: Opening, groups: list[AccessGroup], method: AccessMethod) -> tuple[Grant, ...]:
    """Per schedule the relays that the method moves; what ALWAYS opens is not named again under a schedule."""
    relays: dict[str, set[int]] = defaultdict(set)
    for group in groups:
        numbers = {r.number for r in opening.relays[group.id] if method.value in r.methods}
        for key in keys_of(opening.rows.site.id, group):
            relays[key] |= numbers
    always = relays.get(ALWAYS, set())
    grants = [
        Grant(key, "".join(str(n) for n in sorted(numbers if key == ALWAYS else numbers - always)))
        for key, numbers in sorted(relays.items())
    ]
    return tuple(g for g in grants if g.relays)
