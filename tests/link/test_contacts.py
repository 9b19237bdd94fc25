"""The contacts of a door phone: apartments that call by IP, by their monitors' addresses (device API 3.10)."""

from __future__ import annotations

from typing import Any

import pytest

from core.base.verdict import Verdict
from core.entities.device import DEVICE, DeviceKind
from core.entities.proof import PROOF, ItemKind
from core.entities.site import APARTMENT, BUILDING, Apartment, CallMode
from core.ports.device import Part
from core.store.tx import Tx
from core.usecases.desired import device_status, device_target
from core.usecases.provision import plan_device, submit
from device_link.simulator import SimSpec
from device_link.simulator.state import Contact
from tests.factories import plant
from tests.link.conftest import MakeWorld
from tests.link.world import World


def long(profile: str) -> Any:
    """For long runs only."""
    return pytest.param(profile, marks=pytest.mark.soak)


async def with_flats(make_world: MakeWorld, profile: str, *faults: str) -> World:
    """A door phone and three apartments: two with monitors that call by IP, one that calls by SIP."""
    made: World = await make_world([SimSpec(profile=profile, faults=faults)])

    def work(tx: Tx) -> None:
        for number, mode in ((101, CallMode.IP), (102, CallMode.IP), (103, CallMode.SIP)):
            place = {"site_id": made.site.id, "building_id": made.building.id}
            flat = plant(tx, APARTMENT, **place, number=str(number), call_mode=mode)
            plant(
                tx,
                DEVICE,
                **place,
                apartment_id=flat.id,
                mac=f"0C1105AAA{number}",
                name=f"Monitor {number}",
                kind=DeviceKind.MONITOR,
                address=f"http://10.0.0.{number}",
            )
        plant(
            tx,
            APARTMENT,
            site_id=made.site.id,
            building_id=made.building.id,
            number="104",
            call_mode=CallMode.IP,
        )

    await made.write(work)
    return made


async def pushed(made: World) -> dict[str, Verdict]:
    [job] = await submit(made.ctx, [made.devices[0]], parts=frozenset({Part.PEOPLE}))
    await made.ctx.jobs.wait(job)
    proofs = await made.read(lambda r: r.find(PROOF, kind=ItemKind.CONTACT))
    return {p.subject: p.verdict for p in proofs}


def book(made: World) -> dict[str, str]:
    return {one.name: one.phone for one in made.lan.devices[0].unit.state.contacts.values()}


@pytest.mark.parametrize("profile", ["P1", "R29", *map(long, ("E18C", "E12W", "R20K"))])
async def test_contacts_are_added_changed_removed_and_others_left(
    make_world: MakeWorld, profile: str
) -> None:
    made = await with_flats(make_world, profile)
    unit = made.lan.devices[0].unit
    unit.state.contacts["900"] = Contact("900", "Caretaker", "10.0.0.9")
    assert await pushed(made) == {
        "101": Verdict.PROVED, "102": Verdict.PROVED, "Caretaker": Verdict.FOREIGN,
    }  # fmt: skip
    assert book(made) == {"101": "10.0.0.101", "102": "10.0.0.102", "Caretaker": "10.0.0.9"}
    plan = await plan_device(made.ctx, made.devices[0].id, frozenset({Part.PEOPLE}))
    assert plan.changes == ()

    def move(tx: Tx) -> None:
        monitor = tx.first(DEVICE, mac="0C1105AAA101")
        assert monitor is not None
        tx.patch(DEVICE, monitor, address="http://10.0.0.55")
        flat: Apartment | None = tx.first(APARTMENT, number="102")
        assert flat is not None
        tx.patch(APARTMENT, flat, call_mode=CallMode.SIP)

    await made.write(move)
    status = await device_status(made.ctx, made.devices[0].id)
    assert {i.title: i.verdict for i in status.items if i.kind is ItemKind.CONTACT} == {
        "101": Verdict.WAITING, "102": Verdict.WAITING,
    }  # fmt: skip
    assert await pushed(made) == {"101": Verdict.PROVED, "Caretaker": Verdict.FOREIGN}
    assert book(made) == {"101": "10.0.0.55", "Caretaker": "10.0.0.9"}
    flat = await made.read(lambda r: r.first(APARTMENT, number="101"))
    await made.write(lambda tx: tx.patch(APARTMENT, flat, call_mode=CallMode.SIP))
    assert (await device_target(made.ctx, made.devices[0].id)).desired.contacts is None
    await pushed(made)
    assert book(made) == {"Caretaker": "10.0.0.9"}, "the last one goes too"


@pytest.mark.parametrize("profile", ["P2", "P3", "P4", *map(long, ("S532",))])
async def test_a_model_that_takes_none_says_so(make_world: MakeWorld, profile: str) -> None:
    made = await with_flats(make_world, profile)
    found = await pushed(made)
    assert found == {"101": Verdict.REFUSED, "102": Verdict.REFUSED}
    proofs = await made.read(lambda r: r.find(PROOF, kind=ItemKind.CONTACT))
    assert all(p.said for p in proofs)
    assert book(made) == {}


async def test_a_door_of_the_whole_site_names_the_building_and_a_private_one_has_no_book(
    make_world: MakeWorld,
) -> None:
    made = await with_flats(make_world, "R29")
    device = made.devices[0]

    def rebuild(tx: Tx) -> None:
        tx.patch(DEVICE, tx.require(DEVICE, device.id), building_id=None)
        tx.patch(BUILDING, made.building, name="North")

    await made.write(rebuild)
    contacts = (await device_target(made.ctx, device.id)).desired.contacts
    assert [c.name for c in contacts or ()] == ["North 101", "North 102"]
    flat = await made.read(lambda r: r.first(APARTMENT, number="101"))
    place = {"building_id": made.building.id, "apartment_id": flat.id}
    await made.write(lambda tx: tx.patch(DEVICE, tx.require(DEVICE, device.id), **place))
    assert (await device_target(made.ctx, device.id)).desired.contacts is None


async def test_dev_06_an_apartment_that_calls_by_sip_is_a_contact_once_its_monitor_told_its_number(
    make_world: MakeWorld,
) -> None:
    """DEV-06: the SIP number that was read from the monitor is what a door phone dials."""
    made = await with_flats(make_world, "P1")

    def told(tx: Tx) -> None:
        [hall] = [d for d in tx.find(DEVICE) if d.name == "Monitor 103"]
        tx.patch(DEVICE, hall, sip_number="6103")

    before = await pushed(made)
    await made.write(told)
    after = await pushed(made)
    assert (set(after) - set(before), after["103"]) == ({"103"}, Verdict.PROVED)
    assert book(made)["103"] == "6103"
