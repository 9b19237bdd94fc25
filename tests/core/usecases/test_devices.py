"""Devices by requirement (DEV-04 to DEV-06, DEV-18, DEV-21), without a device being asked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from core.base.errors import NotAllowedError, UserError
from core.entities.attachment import (
    CONTROLLER_RELAY,
    RELAY_CONTROLLER,
    ControllerModel,
    Wiring,
)
from core.entities.device import DEVICE, RELAY, ContactDisplay, DeviceKind, DoorSensor, RelayFunction
from core.entities.organisation import Role
from core.entities.place import DEPARTMENT
from core.entities.site import SITE, SiteKind
from core.rules.rights import may_write
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases import generic
from core.usecases.device_list import DeviceFilter, device_info, list_devices
from core.usecases.devices import remove_device
from core.usecases.doors import set_emergency_doors
from tests.core.usecases.conftest import Desk
from tests.factories import plant, random_mac

AsManager = Callable[[], None]


async def write(desk: Desk, work: Callable[[Tx], Any]) -> Any:
    return await desk.ctx.mirror.write(work, origin=Origin.USER, act="test")


async def patched(desk: Desk, **changes: Any) -> Any:
    """The desk's door phone with other fields."""
    return await write(desk, lambda tx: tx.patch(DEVICE, tx.require(DEVICE, desk.device.id), **changes))


# ------------------------------------------------------------------------------------------------------- DEV-04


async def monitor(desk: Desk) -> Any:
    made, _ = await desk.add_device("Hall", kind=DeviceKind.MONITOR, apartment_id=desk.home.id)
    return made


async def test_dev_04_a_monitors_relay_has_a_function_and_the_monitor_may_show_arming(desk: Desk) -> None:
    """DEV-04: arming; the built-in relay on or off, with name and function (door, light, other)."""
    hall = await monitor(desk)
    [relay] = await desk.read(RELAY, device_id=hall.id)
    assert (hall.arming, relay.function) == (False, RelayFunction.DOOR)
    put = generic.put_row
    told = await put(desk.ctx, DEVICE, {"arming": "yes"}, row_id=hall.id)
    lamp = await put(desk.ctx, RELAY, {"name": "Lamp", "function": "light", "enabled": "no"}, row_id=relay.id)
    assert (told.arming, lamp.name, lamp.function, lamp.enabled) == (True, "Lamp", RelayFunction.LIGHT, False)
    with pytest.raises(UserError, match="door, light, other"):
        await put(desk.ctx, RELAY, {"function": "siren"}, row_id=relay.id)


@pytest.mark.parametrize(
    ("model", "wiring", "fits"),
    [
        (ControllerModel.MK485, Wiring.RS485, True),
        (ControllerModel.MK485, Wiring.NON_LATCHING, True),
        (ControllerModel.MK485, Wiring.LATCHING, True),
        (ControllerModel.MK485, Wiring.ETHERNET, False),
        (ControllerModel.HF8000, Wiring.ETHERNET, True),
        (ControllerModel.HF8000, Wiring.RS485, True),
        (ControllerModel.HF8000, Wiring.LATCHING, False),
        (ControllerModel.RSAC, Wiring.RS485, True),
        (ControllerModel.RSAC, Wiring.ETHERNET, False),
    ],
)
def test_dev_04_each_controller_has_its_ways_of_being_connected(
    model: ControllerModel, wiring: Wiring, fits: bool
) -> None:
    row = RELAY_CONTROLLER.row(
        id="a" * 32, device_id="b" * 32, model=model, wiring=wiring, address="10.0.0.9", port=502
    )
    assert (RELAY_CONTROLLER.problems(row) == []) is fits


@pytest.mark.parametrize(
    ("model", "most"),
    [(ControllerModel.MK485, 8), (ControllerModel.HF8000, 4), (ControllerModel.RSAC, 16)],
)
async def test_dev_04_a_controller_has_so_many_relays(desk: Desk, model: ControllerModel, most: int) -> None:
    hall = await monitor(desk)
    controller = await write(desk, lambda tx: plant(tx, RELAY_CONTROLLER, device_id=hall.id, model=model))

    async def add(number: int) -> Any:
        fields = {"controller_id": controller.id, "number": number, "name": f"Load {number}"}
        return await write(desk, lambda tx: plant(tx, CONTROLLER_RELAY, **fields))

    assert (await add(most)).function is RelayFunction.LIGHT
    with pytest.raises(UserError, match=f"has {most} relays|from 1 to 16"):
        await add(most + 1)


async def test_dev_04_only_a_monitor_has_a_controller_and_ethernet_needs_its_address(desk: Desk) -> None:
    async def add(**more: Any) -> Any:
        return await write(desk, lambda tx: plant(tx, RELAY_CONTROLLER, model=ControllerModel.HF8000, **more))

    with pytest.raises(UserError, match="no indoor monitor"):
        await add(device_id=desk.device.id)
    hall = await monitor(desk)
    with pytest.raises(UserError, match="IP address and port"):
        await add(device_id=hall.id, wiring=Wiring.ETHERNET, address="10.0.0.9")
    await add(device_id=hall.id, wiring=Wiring.ETHERNET, address="10.0.0.9", port=502)
    with pytest.raises(UserError, match="already"):
        await add(device_id=hall.id)
    await remove_device(desk.ctx, hall.id)
    assert await desk.read(RELAY_CONTROLLER) == []


# ------------------------------------------------------------------------------------------------------- DEV-05


async def test_dev_05_the_directorys_contacts_are_chosen_where_the_device_can(desk: Desk) -> None:
    """DEV-05, DEV-19: multi-tenant door phones in a public area, from a firmware on; the refusal names it."""
    choose = {"contact_display": "devices"}
    await patched(desk, firmware="29.30.10.204")
    with pytest.raises(UserError, match=r"29\.30\.10\.205"):
        await generic.put_row(desk.ctx, DEVICE, choose, row_id=desk.device.id)
    await patched(desk, firmware="29.30.10.205")
    told = await generic.put_row(desk.ctx, DEVICE, choose, row_id=desk.device.id)
    assert told.contact_display is ContactDisplay.DEVICES
    hall = await monitor(desk)
    with pytest.raises(UserError, match="multi-tenant door phone in a public area"):
        await generic.put_row(desk.ctx, DEVICE, choose, row_id=hall.id)


# ------------------------------------------------------------------------------------------------------- DEV-06


async def test_dev_06_the_list_names_place_people_sensor_and_status(desk: Desk) -> None:
    """DEV-06: building, apartment, name, resident's name, MAC, type, door sensor, status, last connected."""
    hall = await monitor(desk)
    now = desk.ctx.clock.now()
    await patched(desk, seen_at=now - timedelta(minutes=2), door_sensor=DoorSensor.OPEN)
    rows = await list_devices(desk.ctx)
    assert [
        (r.building, r.apartment, r.device.name, r.residents, r.device.kind, r.door_sensor, r.status)
        for r in rows
    ] == [
        ("Building A", "101", "Hall", ("Ada Byron",), DeviceKind.MONITOR, DoorSensor.NONE, "offline"),
        ("Building A", "", "Main entrance", (), DeviceKind.MULTI_DOOR, DoorSensor.OPEN, "online"),
    ]
    assert (rows[0].last_connected, rows[1].last_connected) == (None, now - timedelta(minutes=2))
    assert rows[0].device.mac == hall.mac


async def test_dev_06_the_list_is_filtered_by_each_of_its_filters(desk: Desk) -> None:
    """DEV-06: by site, building, apartment, department, status, type and MAC."""
    hall = await monitor(desk)
    office = await write(desk, lambda tx: plant(tx, SITE, name="Quay 4", kind=SiteKind.OFFICE))
    floor = await write(desk, lambda tx: plant(tx, DEPARTMENT, site_id=office.id, name="Sales"))
    desk_phone = await write(
        desk,
        lambda tx: plant(
            tx, DEVICE, site_id=office.id, name="Desk", mac=random_mac(), department_id=floor.id
        ),
    )
    await patched(desk, seen_at=desk.ctx.clock.now())

    async def found(**wanted: Any) -> list[str]:
        return [r.device.name for r in await list_devices(desk.ctx, DeviceFilter(**wanted))]

    assert await found(site_id=office.id) == ["Desk"]
    assert await found(building_id=desk.building.id) == ["Hall", "Main entrance"]
    assert await found(apartment_id=desk.home.id) == ["Hall"]
    assert await found(department_id=floor.id) == ["Desk"]
    assert await found(online=True) == ["Main entrance"]
    assert sorted(await found(online=False)) == ["Desk", "Hall"]
    assert await found(kind=DeviceKind.MONITOR) == ["Hall"]
    shown = ":".join(desk_phone.mac[i : i + 2] for i in range(0, 12, 2)).lower()
    assert await found(mac=shown) == ["Desk"]
    assert hall.name in await found(mac=hall.mac[-5:])


async def test_dev_06_dev_19_the_page_of_a_device_says_what_waits_for_a_firmware(desk: Desk) -> None:
    await patched(desk, firmware="29.30.10.400", sip_number="6100", address="http://10.0.0.5")
    info = await device_info(desk.ctx, desk.device.id)
    device = info.row.device
    assert (device.name, device.sip_number, device.model, device.address) == (
        *("Main entrance", "6100"),
        *("R29", "http://10.0.0.5"),
    )
    assert {a.feature: a.needs for a in info.waits} == {
        "tamper_alarm": "29.30.10.437",
        "failure_reason": "29.30.10.507",
        "hash_in_apartment": "29.30.10.420",
        "letters_in_apartment": "29.30.10.420",
    }
    assert all(a.needs in a.said for a in info.waits)


# ------------------------------------------------------------------------------------------------------- DEV-18


async def test_dev_18_only_models_that_open_in_an_emergency_are_emergency_doors(desk: Desk) -> None:
    other, [gate] = await desk.add_device("Gate")
    await write(desk, lambda tx: tx.patch(DEVICE, tx.require(DEVICE, other.id), model="E12"))
    wanted = [desk.relays[0].id, gate.id]
    done = await set_emergency_doors(desk.ctx, site_id=desk.site.id, relay_ids=wanted)
    assert [line.title for line in done.changed] == ["All doors (taken out)", "Main entrance · Street"]
    assert [line.why for line in done.cannot] == ["An E12 has no opening in an emergency."]


# ------------------------------------------------------------------------------------------------------- DEV-21


async def test_dev_21_what_a_property_manager_changes_of_devices_and_what_not(
    desk: Desk, as_manager: AsManager
) -> None:
    """DEV-21: names, monitoring, calls, contact display, relays; not place, MAC and type."""
    hall = await monitor(desk)
    await patched(desk, firmware="29.30.10.507")
    as_manager()
    soft = {"name": "Street door", "may_monitor": "no", "may_call": "no", "contact_display": "devices"}
    told = await generic.put_row(desk.ctx, DEVICE, soft, row_id=desk.device.id)
    assert (told.name, told.may_monitor, told.may_call) == ("Street door", False, False)
    relay = {"name": "Lobby", "enabled": "no", "dtmf": "7", "methods": "pin;card;face", "function": "other"}
    assert (await generic.put_row(desk.ctx, RELAY, relay, row_id=desk.relays[0].id)).dtmf == "7"
    for fixed in (
        {"building_id": ""},
        {"apartment_id": desk.home.id},
        {"mac": random_mac()},
        {"kind": "guard_phone"},
    ):
        with pytest.raises(NotAllowedError):
            await generic.put_row(desk.ctx, DEVICE, fixed, row_id=desk.device.id)
    with pytest.raises(NotAllowedError):
        await remove_device(desk.ctx, desk.device.id)
    controller = {"device_id": hall.id, "model": "hf-8000"}
    assert (await generic.put_row(desk.ctx, RELAY_CONTROLLER, controller)).model is ControllerModel.HF8000, (
        "a monitor's external controller is a manager's as well"
    )


def test_dev_21_the_cloud_lets_a_manager_write_the_same() -> None:
    manager = Role.MANAGER
    assert may_write(manager, "devices", "patch", {"name", "may_monitor", "may_call", "contact_display"})
    assert not may_write(manager, "devices", "patch", {"mac"})
    assert not may_write(manager, "devices", "create", ())
    assert may_write(manager, "cameras", "patch", {"name", "may_monitor", "terminals"})
    assert not may_write(manager, "cameras", "patch", {"address"})
    assert may_write(manager, "recorders", "patch", {"may_watch"})
    assert may_write(manager, "locks", "patch", {"name"})
    assert may_write(manager, "lock_holds", "create", ())
    assert may_write(manager, "screen_savers", "create", ())
    assert may_write(manager, "device_settings", "create", ()), "AutoP, connection type, push buttons: DEV-07"
    assert may_write(manager, "relay_controllers", "create", ())
