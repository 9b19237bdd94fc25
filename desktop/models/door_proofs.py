"""Where people stand on the devices of a site: one verdict per person and device, from the proofs there are."""

from __future__ import annotations

from collections.abc import Mapping

from core.base.verdict import Verdict, worst
from core.entities.device import Device
from core.usecases.context import Context
from core.usecases.matrix import Line, matrix
from core.usecases.standing import DoorProof
from desktop.models.words import translate, verdict_word
from desktop.qt.roles import Look

Doors = tuple[DoorProof, ...]
UNKNOWN = "…"
"""Where somebody stands while that is being found out."""
NEEDS_A_PERSON = frozenset({Verdict.REFUSED, Verdict.DIFFERS, Verdict.AMBIGUOUS})


async def doors_by_person(ctx: Context, site_id: str) -> Mapping[str, Doors]:
    """Every person of a site that some device should hold, with where it stands on each of them."""
    found = await matrix(ctx, site_id)
    devices = {door.relay.id: door.device for door in found.doors}
    return {line.person.id: _by_device(line, devices) for line in found.lines}


def _by_device(line: Line, devices: Mapping[str, Device]) -> Doors:
    """A device's doors stand alike: what is proved is the entry on the device."""
    proofs: dict[str, DoorProof] = {}
    for relay_id, cell in line.cells.items():
        device = devices[relay_id]
        proofs.setdefault(device.id, DoorProof(device.id, device.name, cell.verdict, cell.said, cell.at))
    return tuple(proofs.values())


def proved_of(doors: Doors) -> int:
    """On how many devices the entry was read back equal."""
    return sum(1 for d in doors if d.verdict is Verdict.PROVED)


def worst_of(doors: Doors) -> Verdict:
    """The worst of the doors; PROVED when there is none."""
    return worst([d.verdict for d in doors])


def doors_words(doors: Doors | None) -> str:
    """`3/4`: proved of all; None is being found out."""
    if doors is None:
        return UNKNOWN
    return f"{proved_of(doors)}/{len(doors)}" if doors else translate("no door")


def doors_look(doors: Doors | None) -> Look:
    """The mark of the worst door, with the open ones as tool tip."""
    if doors is None:
        return Look(tone="t3")
    if not doors:
        return Look(tone="t3", reason=translate("In no access group that opens a door."))
    left = [f"{d.device}: {verdict_word(d.verdict)}" for d in doors if d.verdict is not Verdict.PROVED]
    return Look(verdict=worst_of(doors).value, reason="\n".join(left[:8]))


def doors_order(doors: Doors) -> tuple[int, int]:
    """Sorts those with the most open doors last."""
    return len(doors) - proved_of(doors), len(doors)
