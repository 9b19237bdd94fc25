"""Who opens a third-party lock with what, and which codes its maker cannot take (GRP-01, CRED-05, INT-02). Pure.

A lock takes its codes from its maker's service, not from the LAN; this says what that service is to be given. A lock
that is linked to a door phone follows the phone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from core.entities.access import AccessGroup
from core.entities.credential import Credential, CredentialKind
from core.entities.device import Device
from core.entities.lock import Lock, LockBrand
from core.entities.person import Resident
from core.entities.site import AccessReach, Site
from core.rules.compile_people import groups_by_relay, home_of
from core.rules.site_rows import SiteRows
from core.rules.validity import credential_fault, home_fault, person_fault

_SHAPES: dict[tuple[LockBrand, CredentialKind], tuple[str, str]] = {
    (LockBrand.DORMAKABA, CredentialKind.PIN): (r"[0-9]{6}", "takes PINs of exactly 6 digits"),
    (LockBrand.DORMAKABA, CredentialKind.CARD): (r"[0-9A-F]{20}", "takes cards of exactly 20 characters"),
    (LockBrand.ITEC, CredentialKind.PIN): (r"[0-9]{4,8}", "takes PINs of 4 to 8 digits"),
    (LockBrand.ITEC, CredentialKind.CARD): (r"[0-9A-F]{1,16}", "takes cards of 1 to 16 characters"),
}
"""INT-02. Salto has no such rule in the source."""

_KINDS = (CredentialKind.PIN, CredentialKind.CARD)


@dataclass(frozen=True, slots=True)
class LockPerson:
    """Somebody with codes for a lock; `groups` bring the times."""

    person: Resident
    groups: tuple[AccessGroup, ...]
    codes: tuple[Credential, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class LockFault:
    """One code of one person that a lock cannot take, and why; never the code."""

    person: Resident
    kind: CredentialKind
    why: str


@dataclass(frozen=True, slots=True)
class LockPlan:
    """What one lock should know at a moment."""

    lock: Lock
    people: tuple[LockPerson, ...]
    faults: tuple[LockFault, ...]


def sync_off(site: Site, brand: LockBrand) -> str:
    """SET-03: why no code of the site goes to locks of this make; empty when they go."""
    if brand is LockBrand.SALTO:
        return "codes do not go to Salto locks from here"
    on = site.dormakaba if brand is LockBrand.DORMAKABA else site.itec
    return "" if on else f"codes to {brand.value} locks are switched off at this site"


def code_fault(brand: LockBrand, kind: CredentialKind, code: str) -> str:
    """Why a lock of this make cannot take a code; empty when it can (INT-02, CRED-05)."""
    shape = _SHAPES.get((brand, kind))
    if shape is None:
        return f"a {brand.value} lock takes no {kind.value} from here"
    return "" if re.fullmatch(shape[0], code) else f"a {brand.value} lock {shape[1]}"


def groups_of_lock(rows: SiteRows, lock: Lock) -> list[AccessGroup]:
    """The groups that open a lock: its own, or those of the door phone that it is linked to. GRP-05 holds here too."""
    if lock.device_id is not None:
        phone = rows.by_id.get(lock.device_id)
        found = groups_by_relay(rows, phone).values() if isinstance(phone, Device) else []
        return list({group.id: group for groups in found for group in groups}.values())
    if lock.apartment_id is not None and rows.site.pm_access is AccessReach.PUBLIC_AREA:
        return []
    named = (rows.by_id.get(door.group_id) for door in rows.locks_of.get(lock.id, []))
    return [group for group in named if isinstance(group, AccessGroup)]


def compile_lock(rows: SiteRows, lock: Lock, now: datetime) -> LockPlan:
    """What a lock should know at `now`: each code goes there, or is listed with the reason why it cannot."""
    groups = groups_of_lock(rows, lock)
    by_person: dict[str, list[AccessGroup]] = {}
    for group in groups:
        for member in rows.members_of.get(group.id, []):
            by_person.setdefault(member.person_id, []).append(group)
    off = sync_off(rows.site, lock.brand)
    people: list[LockPerson] = []
    faults: list[LockFault] = []
    for person in rows.residents:
        if person.id in by_person and lock.active:
            good: list[Credential] = []
            for code in _live(rows, person, now):
                why = off or code_fault(lock.brand, code.kind, code.code)
                if why:
                    faults.append(LockFault(person, code.kind, f"{why[:1].upper()}{why[1:]}."))
                else:
                    good.append(code)
            if good:
                people.append(LockPerson(person, tuple(by_person[person.id]), tuple(good)))
    return LockPlan(lock, tuple(people), tuple(faults))


def _live(rows: SiteRows, person: Resident, now: datetime) -> Iterable[Credential]:
    home = home_of(rows, person)
    if person_fault(person, now) or home_fault(home, now):
        return
    for code in rows.codes_of.get(person.id, []):
        if code.kind in _KINDS and not credential_fault(rows.site, person, home, code, now):
            yield code
