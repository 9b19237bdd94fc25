"""What the demo proved, device by device, and what the cloud and a second workstation see. Nothing is said better."""

from __future__ import annotations

from functools import partial
from typing import Any

from core.base.verdict import Verdict
from core.entities import SYNCED
from core.entities.device import DEVICE, SIGHTING, Device, DeviceState
from core.entities.firmware import ROLLOUT_TARGET
from core.entities.person import RESIDENT
from core.entities.proof import ItemKind
from core.rules.compile import shown_mac
from core.rules.status import DeviceStatus
from core.store.reader import Reader
from core.usecases.desired import site_status
from desktop.app.workstation import Workstation


async def device_documents(station: Workstation, site_id: str) -> list[dict[str, Any]]:
    """One document per device of the site."""
    documents = []
    for device, status in await site_status(station.ctx, site_id):
        before, seen = await station.mirror.read(partial(_history, device=device))
        documents.append(_document(device, status, before, seen))
    return documents


def _history(reader: Reader, *, device: Device) -> tuple[str, str]:
    """The firmware before the first rollout touched it (or now), and the address it was seen at."""
    targets = reader.find(ROLLOUT_TARGET, device_id=device.id)
    seen = [s.url for s in reader.find(SIGHTING, mac=device.mac)]
    return (targets[0].before if targets else device.firmware), (seen[-1] if seen else "")


def _document(device: Device, status: DeviceStatus, before: str, seen: str) -> dict[str, Any]:
    wanted = status.count(ItemKind.PERSON)
    proved = status.count(ItemKind.PERSON, Verdict.PROVED)
    refused = status.count(ItemKind.PERSON, Verdict.REFUSED)
    people = {"wanted": wanted, "proved": proved, "refused": refused, "not_proved": wanted - proved - refused}
    verdict = status.verdict()
    return {
        "mac": shown_mac(device.mac),
        "name": device.name,
        "model": device.model,
        "address": seen or device.address,
        "found": bool(seen),
        "adopted": True,
        "commissioned": device.state is DeviceState.COMMISSIONED,
        "settings": status.verdict(ItemKind.SETTING).value,
        "people": {**people, "verdict": status.verdict(ItemKind.PERSON, ItemKind.SCHEDULE).value},
        "firmware": {
            "before": before,
            "wanted": device.wanted_firmware,
            "after": device.firmware,
            "verdict": status.verdict(ItemKind.FIRMWARE).value,
        },
        "state": verdict.value,
        "reason": "" if verdict is Verdict.PROVED else status.reason(),
    }


async def second_document(first: Workstation, second: Workstation) -> dict[str, Any]:
    """What the second workstation holds, and whether every synced row equals the first one's."""
    ours, theirs = await first.mirror.read(_everything), await second.mirror.read(_everything)
    return {
        "devices": len(theirs[DEVICE.name]),
        "residents": len(theirs[RESIDENT.name]),
        "equal": ours == theirs,
    }


def _everything(reader: Reader) -> dict[str, dict[str, Any]]:
    return {
        spec.name: {row.id: (row.scope_id, spec.store(row)) for row in reader.find(spec)} for spec in SYNCED
    }


def lines(documents: list[dict[str, Any]]) -> list[str]:
    """The report for people: one line per device, and its reason below when something is not proved."""
    text = []
    for d in documents:
        people, firmware = d["people"], d["firmware"]
        text.append(
            f"{d['state']:11} {d['name']:20} {d['model']:8} {d['mac']}  settings {d['settings']}, people "
            f"{people['proved']} of {people['wanted']}, firmware {firmware['after'] or '-'} {firmware['verdict']}"
        )
        if d["reason"]:
            text.append(f"{'':11} {d['reason']}")
    return text
