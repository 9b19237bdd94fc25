"""The facts of a hand-over: what is proved of what is wanted, what is open and why, who lives where; never a code."""

from __future__ import annotations

import re
from typing import Any

import pytest

from core.base.errors import NotFoundError
from core.base.ids import new_id
from core.base.verdict import Verdict
from core.entities.device import DEVICE, DeviceState
from core.entities.person import PersonKind
from core.entities.proof import PROOF, ItemKind, Proof
from core.rules.plan import wanted_only
from core.rules.status import DeviceStatus, ItemStatus
from core.store.changes import Origin
from core.usecases.desired import device_target
from core.usecases.handover import device_facts, handover
from core.usecases.places import add_building
from core.usecases.staff import NewPerson, add_person
from tests.core.usecases.conftest import Desk
from tests.factories import make


async def prove(desk: Desk, *kinds: ItemKind) -> int:
    """Receipts for all wanted items of the kinds on the first device; how many."""
    plan = wanted_only((await device_target(desk.ctx, desk.device.id)).desired)
    items = [item for item in plan.items if item.kind in kinds]

    def work(tx: Any) -> None:
        for item in items:
            row = Proof(
                id=new_id(),
                scope_id=desk.site.id,
                device_id=desk.device.id,
                kind=item.kind,
                verdict=Verdict.PROVED,
                at=tx.now,
                subject=item.subject,
                title=item.title,
                wanted=item.fingerprint,
            )
            tx.put(PROOF, row)

    await desk.ctx.mirror.write(work, origin=Origin.USER)
    return len(items)


async def test_a_site_of_which_nothing_is_proved_is_all_open(desk: Desk) -> None:
    facts = await handover(desk.ctx, desk.site.id)
    assert (facts.site.name, facts.made_by, facts.made_at) == (
        "Tamarind Court",
        "Tor Ostby",
        desk.ctx.clock.now(),
    )
    assert facts.installer
    (one,) = facts.devices
    assert (one.place, [r.name for r in one.relays], one.firmware) == (
        "Building A",
        ["Street", "Inner"],
        None,
    )
    assert (facts.commissioned, facts.proved, one.verdict, one.proved_at) == (0, 0, Verdict.WAITING, None)
    assert facts.open == facts.wanted > 0
    assert {item.said for item in one.open_items} == {"Not pushed to the device yet."}
    assert [item.titles for item in one.open_items if item.kind is ItemKind.PERSON] == [("Ada Byron",)]


async def test_what_is_proved_is_counted_with_its_moment_and_the_rest_stays_open(desk: Desk) -> None:
    settings = await prove(desk, ItemKind.SETTING)
    await desk.ctx.mirror.write(
        lambda tx: tx.patch(
            DEVICE, desk.device, state=DeviceState.COMMISSIONED, wanted_firmware="29.30.10.438"
        ),
        origin=Origin.USER,
    )
    facts = await handover(desk.ctx, desk.site.id)
    (one,) = facts.devices
    shares = {share.kind: (share.proved, share.wanted) for share in one.shares}
    assert shares[ItemKind.SETTING] == (settings, settings)
    assert shares[ItemKind.PERSON] == (0, 1)
    assert (facts.commissioned, one.commissioned, one.firmware) == (1, True, Verdict.WAITING)
    assert one.proved_at == desk.ctx.clock.now()
    assert facts.proved + facts.open == facts.wanted
    assert ItemKind.SETTING not in {item.kind for item in one.open_items}


async def test_people_are_counted_by_building_without_visitors(desk: Desk) -> None:
    await add_building(desk.ctx, site_id=desk.site.id, name="Annex")
    await desk.person("Grace")
    await add_person(desk.ctx, NewPerson(desk.site.id, PersonKind.STAFF, "Sam", "Porter"))
    facts = await handover(desk.ctx, desk.site.id)
    assert [(p.name, p.apartments, p.people) for p in facts.people] == [
        ("Annex", 0, 0),
        ("Building A", 1, 2),
        ("", 0, 1),
    ]


async def test_no_code_is_part_of_it(desk: Desk) -> None:
    await prove(desk, ItemKind.SETTING)
    told = repr(await handover(desk.ctx, desk.site.id))
    assert re.findall(r"\b4711\b|0A1B2C3D", told) == []


def test_what_a_device_said_about_a_setting_with_a_code_is_left_out() -> None:
    device = make(DEVICE)
    items = []
    for subject in ("relay_a_dtmf", "relay_a_hold"):
        proof = make(PROOF, said="The device has 73; 58 is wanted.", verdict=Verdict.DIFFERS)
        items.append(ItemStatus(ItemKind.SETTING, subject, subject, Verdict.DIFFERS, proof.said, proof))
    found = ItemStatus(ItemKind.PERSON, "x", "record 99", Verdict.FOREIGN, "Nobody's.")
    one = device_facts(device, "Yard", [], DeviceStatus(device.id, tuple(items), (found,)))
    said = {item.titles: item.said for item in one.open_items}
    assert "73" not in said["relay_a_dtmf",]
    assert "73" in said["relay_a_hold",]
    assert said["record 99",] == "Nobody's."
    assert (one.open, one.wanted) == (3, 2)


async def test_a_site_that_is_not_here_is_refused(desk: Desk) -> None:
    with pytest.raises(NotFoundError):
        await handover(desk.ctx, new_id())
