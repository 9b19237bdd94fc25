"""Ghosts: people and codes that were read from a door and that belong to nobody current at its site."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from core.base.verdict import Verdict
from core.entities.device import Device
from core.entities.person import Resident
from core.entities.proof import PROOF, ItemKind, Proof
from core.entities.site import SITE
from core.rules.compile_people import home_of, site_tag
from core.rules.explain import name_of
from core.rules.site_rows import SiteRows
from core.rules.validity import home_fault, person_fault
from core.store.reader import Reader
from core.usecases.context import Context, Permission
from core.usecases.desired import site_rows


@dataclass(frozen=True, slots=True)
class Ghost:
    """Something on a device that should open for nobody. `person` is there when the row still is."""

    device: Device
    name: str
    subject: str
    why: str
    seen_at: datetime | None
    person: Resident | None = None


async def find_ghosts(ctx: Context, *, site: str) -> list[Ghost]:
    """All ghosts of a site (id or name), by device and name; from receipts, without asking a device."""
    ctx.require(Permission.EDIT_PEOPLE)
    now = ctx.clock.now()

    def work(reader: Reader) -> list[Ghost]:
        row = reader.get(SITE, site) or reader.first(SITE, name=site) or reader.require(SITE, site)
        return ghosts_of(site_rows(reader, row.id), reader.find(PROOF, scope_id=row.id), now)

    return await ctx.mirror.read(work, limit_ms=20_000)


def ghosts_of(rows: SiteRows, proofs: list[Proof], now: datetime) -> list[Ghost]:
    """The ghosts in the receipts of a site's devices. Pure."""
    found = []
    for proof in proofs:
        device = rows.by_id.get(proof.device_id)
        if proof.kind is not ItemKind.PERSON or not isinstance(device, Device):
            continue
        person = rows.by_id.get(proof.subject.partition(":")[0].partition("+")[0])
        known = person if isinstance(person, Resident) else None
        if why := _why(rows, proof, known, now):
            found.append(Ghost(device, proof.title, proof.subject, why, proof.at, known))
    return sorted(found, key=lambda g: (g.device.name.lower(), g.name.lower(), g.subject))


def _why(rows: SiteRows, proof: Proof, person: Resident | None, now: datetime) -> str:
    if proof.verdict is Verdict.FOREIGN:
        return proof.said or "On the device, but nobody's at this site."
    if person is None:
        guest = any(proof.subject.partition(":")[0] in rows.guests[g].by_id for g in rows.guests)
        if guest or not (proof.wanted or proof.subject.startswith(site_tag(rows.site.id))):
            return ""
        return "Was at this site once; the removal is not proved yet."
    zone = rows.site.time_zone
    if fault := person_fault(person, now, zone):
        return f"{name_of(person)} {fault}."
    fault = home_fault(home_of(rows, person), now, zone)
    return f"{fault[:1].upper()}{fault[1:]}." if fault else ""


def document(ghost: Ghost) -> dict[str, Any]:
    """A ghost as a JSON document; without codes."""
    seen = ghost.seen_at.isoformat() if ghost.seen_at else ""
    person = ghost.person.id if ghost.person else ""
    return {"device": ghost.device.name, "name": ghost.name, "why": ghost.why, "seen": seen, "person": person}
