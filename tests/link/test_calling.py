"""Calls from the desk: a device dials, tells how it goes, hangs up; models that cannot say so (device API 3.7, 8)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.base.errors import NotAllowedError, RefusedError, UserError
from core.base.verdict import Verdict
from core.entities.device import DEVICE, DeviceKind
from core.entities.organisation import Role
from core.entities.person import RESIDENT
from core.entities.record import AUDIT_ENTRY
from core.entities.site import APARTMENT, CallMode
from core.rules.calling import Callee, CallPhase, desk_phones, phase_of, phones_of
from core.store.tx import Tx
from core.usecases import calling
from core.usecases.calling import Whom
from device_link.simulator import SimSpec
from tests.factories import make, plant
from tests.link.commands import command
from tests.link.conftest import MakeWorld
from tests.link.world import World, specs

FLAT = Callee("Flat 12", "10.0.4.12")


async def test_a_device_calls_is_read_to_be_in_a_call_and_hangs_up(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))
    [device] = made.devices
    unit = made.unit(device).unit
    assert await calling.phase(made.ctx, device) is CallPhase.IDLE
    result = await calling.dial(made.ctx, device, FLAT)
    assert (result.verdict, result.said) == (Verdict.PROVED, f"{device.name} calls Flat 12.")
    assert unit.state.call_log[0].number == "10.0.4.12"
    assert unit.state.call_log[0].name == "Flat 12"
    assert await calling.phase(made.ctx, device) is CallPhase.IN_CALL, (
        "ringing and talking are one to this API"
    )
    # Whoever talks there now must not lose the call.
    with pytest.raises(RefusedError, match="in a call already"):
        await calling.dial(made.ctx, device, Callee("Flat 13", "1013"))
    assert len(unit.state.call_log) == 1
    assert (await calling.hang_up(made.ctx, device)).verdict is Verdict.PROVED
    assert not unit.talking
    assert (await calling.hang_up(made.ctx, device)).verdict is Verdict.PROVED, (
        "nobody to hang up is no fault"
    )
    noted = await made.read(lambda r: [one.op for one in r.find(AUDIT_ENTRY, entity_id=device.id)])
    assert [op for op in noted if op.startswith(("Call", "Hang"))] == ["Call Flat 12", "Hang up", "Hang up"]


async def test_a_model_without_calls_is_refused_before_it_is_asked(make_world: MakeWorld) -> None:
    made: World = await make_world([SimSpec(profile="P4")])
    with pytest.raises(RefusedError, match="has no calls that can be reached from here") as fault:
        await calling.dial(made.ctx, made.devices[0], FLAT)
    assert fault.value.remedy == "Call from another device."
    with pytest.raises(UserError, match="No number is known"):
        await calling.dial(made.ctx, made.devices[0], Callee("Flat 12", ""))


async def test_a_distributor_calls_nobody(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))
    assert made.ctx.actor is not None
    made.ctx.actor = replace(made.ctx.actor, role=Role.DISTRIBUTOR)
    for act in (
        calling.dial(made.ctx, made.devices[0], FLAT),
        calling.hang_up(made.ctx, made.devices[0]),
        calling.phase(made.ctx, made.devices[0]),
        calling.callers(made.ctx, made.site.id),
        calling.numbers(made.ctx, Whom(device_id=made.devices[0].id)),
    ):
        with pytest.raises(NotAllowedError):
            await act
    made.ctx.actor = replace(made.ctx.actor, role=Role.MANAGER)
    assert (await calling.dial(made.ctx, made.devices[0], FLAT)).verdict is Verdict.PROVED


async def test_a_home_is_reached_by_its_monitors_the_way_it_calls_then_by_phone(
    make_world: MakeWorld,
) -> None:
    made: World = await make_world(specs(1))
    site, building = made.site.id, made.building.id

    def furnish(tx: Tx) -> tuple[str, str]:
        home = plant(tx, APARTMENT, site_id=site, building_id=building, number="0101", call_mode=CallMode.IP)
        where = {"site_id": site, "apartment_id": home.id, "kind": DeviceKind.MONITOR}
        plant(
            tx,
            DEVICE,
            mac="0C1105AA0001",
            name="Hall",
            address="http://10.0.4.12",
            sip_number="1012",
            **where,
        )
        plant(tx, DEVICE, mac="0C1105AA0002", name="Kitchen", sip_number="1013", **where)
        plant(tx, DEVICE, mac="0C1105AA0003", name="Study", **where)
        person = plant(
            tx, RESIDENT, site_id=site, apartment_id=home.id, first_name="Ada", last_name="Byron",
            mobile="600 100-200", calling_code="34",
        )  # fmt: skip
        return home.id, person.id

    home, person = await made.write(furnish)
    reached = [Callee("Hall", "10.0.4.12"), Callee("Kitchen", "1013"), Callee("Ada Byron", "+34600100200")]
    assert await calling.numbers(made.ctx, Whom(apartment_id=home)) == reached
    assert await calling.numbers(made.ctx, Whom(person_id=person)) == reached
    code, told = await command(made, "call", "dial", "--device", made.devices[0].id, "--apartment", home)
    assert (code, told["number"], told["verdict"]) == (0, "10.0.4.12", "proved")
    code, told = await command(made, "call", "status", "--device", made.devices[0].id)
    assert (code, told["phase"]) == (0, "in a call")
    code, text = await command(made, "call", "hang-up", "--device", made.devices[0].id, as_json=False)
    assert (code, "in no call" in text) == (0, True)
    code, told = await command(made, "call", "from", "--site", site)
    assert [one["id"] for one in told["devices"]] == [made.devices[0].id]


def test_the_words_of_devices_and_the_order_of_desk_phones() -> None:
    words = ("Ready", "NONE", "Talking", "ringing", "connected", "WEB_UPGRADING")
    assert [phase_of(word) for word in words] == [
        *(CallPhase.IDLE, CallPhase.IDLE, CallPhase.IN_CALL),
        *(CallPhase.RINGING, CallPhase.TALKING, CallPhase.BUSY),
    ]
    door = make(DEVICE, kind=DeviceKind.MULTI_DOOR, name="Gate", model="R29")
    guard = make(DEVICE, kind=DeviceKind.GUARD, name="Lobby", model="R48G")
    terminal = make(DEVICE, kind=DeviceKind.ACCESS, name="Side", model="A08S")
    inside = make(DEVICE, kind=DeviceKind.MONITOR, name="Flat", model="C319", apartment_id="0" * 32)
    assert desk_phones([terminal, inside, door, guard]) == [guard, door]
    assert phones_of(make(RESIDENT, mobile="")) == []
