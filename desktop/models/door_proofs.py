"""Where people stand on the devices of a site: one verdict per person and device, from the proofs there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.base.verdict import Verdict, worst
from core.entities.proof import ItemKind
from core.usecases.context import Context
from core.usecases.desired import site_status
from desktop.models.words import translate, verdict_word
from desktop.qt.roles import Look


@dataclass(frozen=True, slots=True)
class DoorProof:
    """Where one person stands on one device."""

    device_id: str
    device: str
    verdict: Verdict
    said: str
    at: datetime | None


Doors = tuple[DoorProof, ...]
NEEDS_A_PERSON = frozenset({Verdict.REFUSED, Verdict.DIFFERS, Verdict.AMBIGUOUS})


async def doors_by_person(ctx: Context, site_id: str) -> Mapping[str, Doors]:
    """Every person of a site that some device should hold, with where it stands on each of them."""
    doors: dict[str, list[DoorProof]] = {}
    for device, status in await site_status(ctx, site_id):
        for item in status.items:
            if item.kind is ItemKind.PERSON:
                at = item.proof.at if item.proof else None
                person = person_of(item.subject)
                proof = DoorProof(device.id, device.name, item.verdict, item.said, at)
                doors.setdefault(person, []).append(proof)
    return {person: by_device(found) for person, found in doors.items()}


def person_of(subject: str) -> str:
    """The person of an item: behind the id stand the method, a limit of uses, or a number of a further record."""
    return subject.partition(":")[0].partition("+")[0].partition("#")[0]


def by_device(proofs: Sequence[DoorProof]) -> Doors:
    """A person who is two records on a device (PIN and card open different relays) counts once, by the worse one."""
    found: dict[str, DoorProof] = {}
    for proof in proofs:
        other = found.get(proof.device_id)
        if other is None or worst([proof.verdict, other.verdict]) is proof.verdict:
            found[proof.device_id] = proof
    return tuple(found.values())


def proved_of(doors: Doors) -> int:
    """On how many devices the entry was read back equal."""
    return sum(1 for d in doors if d.verdict is Verdict.PROVED)


def worst_of(doors: Doors) -> Verdict:
    """The worst of the doors; PROVED when there is none."""
    return worst([d.verdict for d in doors])


def doors_words(doors: Doors) -> str:
    """`3/4`: proved of all."""
    return f"{proved_of(doors)}/{len(doors)}" if doors else translate("no door")


def doors_look(doors: Doors) -> Look:
    """The mark of the worst door, with the open ones as tool tip."""
    if not doors:
        return Look(tone="t3", reason=translate("In no access group that opens a door."))
    left = [f"{d.device}: {verdict_word(d.verdict)}" for d in doors if d.verdict is not Verdict.PROVED]
    return Look(verdict=worst_of(doors).value, reason="\n".join(left[:8]))


def doors_order(doors: Doors) -> tuple[int, int]:
    """Sorts those with the most open doors last."""
    return len(doors) - proved_of(doors), len(doors)
