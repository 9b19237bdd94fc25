"""Devices in their places: claimed from the MAC library, with their relays (DEV-01, DEV-02, MAC-01)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from core.base.errors import NotFoundError, UserError
from core.base.ids import new_id
from core.entities.access import (
    ACCESS_GROUP,
    DOOR_SHARE,
    EMERGENCY_DOOR,
    GROUP_DOOR,
    RELAY_SCHEDULE,
    AccessGroup,
    GroupDoor,
)
from core.entities.attachment import CONTROLLER_RELAY, RELAY_CONTROLLER, SCREEN_SAVER
from core.entities.device import (
    DEVICE,
    DEVICE_LOGIN,
    DEVICE_SETTING,
    MAC_ENTRY,
    RELAY,
    Device,
    DeviceKind,
    DeviceSetting,
    MacEntry,
    Relay,
)
from core.entities.equipment import CAMERA
from core.entities.event import DOOR_EVENT
from core.entities.firmware import ROLLOUT_TARGET
from core.entities.lock import LOCK
from core.entities.parking import PARKING_DOOR
from core.entities.plan import PLAN_DOOR
from core.entities.proof import PROOF
from core.entities.site import BUILDING, SITE, Site
from core.entities.task import TASK
from core.rules.catalogue import model_of
from core.rules.compile import shown_mac
from core.schema.entity import EntitySpec
from core.schema.field import BadValueError, Mac
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.bulk import BulkReport, Outcome, Verb, run_bulk
from core.usecases.context import Context, Permission


@dataclass(frozen=True, slots=True)
class NewDevice:
    """What is asked for a device. Without `relay_names`, one relay named after the device is switched on."""

    site_id: str
    mac: str
    name: str
    model: str = ""
    kind: DeviceKind | None = None
    building_id: str | None = None
    apartment_id: str | None = None
    relay_names: Sequence[str] = ()
    wanted_firmware: str = ""
    more: dict[str, Any] = field(default_factory=dict)


async def add_device(ctx: Context, new: NewDevice) -> Device:
    """Bind a MAC of the library to a place. Refusals say whether it is unknown, bound here or bound elsewhere."""
    actor = ctx.require(Permission.EDIT_DEVICES)

    def work(tx: Tx) -> Device:
        tx.grouped()
        return put_device(tx, new, actor.org_id)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add device")


def put_device(tx: Tx, new: NewDevice, org_id: str) -> Device:
    """The rows of `add_device` inside a transaction."""
    mac = parse_mac(new.mac)
    site = tx.require(SITE, new.site_id)
    entry = tx.first(MAC_ENTRY, mac=mac, scope_id=org_id)
    if entry is None:
        words = f"MAC {shown_mac(mac)} is not in your library."
        raise UserError(
            "devices.mac.unknown", words, remedy="Ask your distributor to register it.", field="mac"
        )
    _in_its_office(tx, entry, site)
    model = new.model or entry.model
    known = model_of(model)
    device = Device(
        id=new_id(),
        scope_id=site.id,
        site_id=site.id,
        mac=mac,
        name=new.name,
        model=model,
        kind=new.kind or (known.kind if known else DeviceKind.MULTI_DOOR),
        building_id=new.building_id,
        apartment_id=new.apartment_id,
        wanted_firmware=new.wanted_firmware,
        **new.more,
    )
    tx.put(DEVICE, device)
    names = list(new.relay_names) or [new.name]
    limit = known.relays if known else 4
    if len(names) > limit:
        raise UserError(
            "relays.too_many", f"A {model} has {limit} relays; {len(names)} were named.", field="relays"
        )
    relays = [put_relay(tx, device, number, name) for number, name in enumerate(names, 1)]
    if device.apartment_id is None:
        open_by_default(tx, site, device, relays)
    return device


def _in_its_office(tx: Tx, entry: MacEntry, site: Site) -> None:
    """MAC-05: what was added for an office is bound there only."""
    office = tx.get(SITE, entry.site_id) if entry.site_id else None
    if office is not None and office.id != site.id:
        words = f"MAC {shown_mac(entry.mac)} belongs to the office '{office.name}'."
        remedy = "Take one of this site's, or add it to this site's part of the library."
        raise UserError("devices.mac.office", words, remedy=remedy, field="mac")


def put_relay(tx: Tx, device: Device, number: int, name: str, **more: Any) -> Relay:
    """One relay of a device inside a transaction."""
    relay = Relay(
        id=new_id(), scope_id=device.scope_id, device_id=device.id, number=number, name=name, **more
    )
    return tx.put(RELAY, relay)


def open_by_default(tx: Tx, site: Site, device: Device, relays: list[Relay]) -> None:
    """GRP-04: public devices of a building belong to its default group, those of the site to every building's."""
    buildings = (
        [device.building_id] if device.building_id else [b.id for b in tx.find(BUILDING, site_id=site.id)]
    )
    for building_id in buildings:
        for group in tx.find(ACCESS_GROUP, building_id=building_id):
            for relay in relays:
                put_door(tx, group, relay)


def put_door(tx: Tx, group: AccessGroup, relay: Relay) -> GroupDoor:
    """One door of a group inside a transaction."""
    return tx.put(
        GROUP_DOOR, GroupDoor(id=new_id(), scope_id=group.scope_id, group_id=group.id, relay_id=relay.id)
    )


def parse_mac(text: str) -> str:
    """Twelve upper-case digits of a MAC in any notation; UserError otherwise."""
    try:
        return str(Mac().parse(text))
    except BadValueError as fault:
        raise UserError("mac.shape", f"'{text[:40]}' {fault}.", field="mac") from fault


async def find_device(ctx: Context, text: str) -> Device:
    """The device of an id, a MAC in any notation or a name that only one device has."""

    def work(reader: Any) -> Device:
        by_id = reader.get(DEVICE, text)
        if by_id is not None:
            return by_id  # type: ignore[no-any-return]
        try:
            found = reader.find(DEVICE, mac=Mac().parse(text))
        except BadValueError:
            found = reader.find(DEVICE, name=text)
        if len(found) == 1:
            return found[0]  # type: ignore[no-any-return]
        if found:
            raise UserError(
                "devices.many", f"{len(found)} devices are called '{text[:60]}'. Name its MAC instead."
            )
        raise NotFoundError(
            "devices.unknown", f"No device of this workstation has the id, MAC or name '{text[:60]}'."
        )

    return await ctx.mirror.read(work)


async def set_extra(ctx: Context, *, device_id: str, key: str, value: str) -> DeviceSetting:
    """Want one `Config.…` value on a device, beside what follows from its other rows (regular AutoP, DEV-08)."""
    ctx.require(Permission.SET_DEVICES)

    def work(tx: Tx) -> DeviceSetting:
        device = tx.require(DEVICE, device_id)
        present = tx.first(DEVICE_SETTING, device_id=device_id, key=key)
        if present is not None:
            return tx.patch(DEVICE_SETTING, present, value=value)
        row = DeviceSetting(id=new_id(), scope_id=device.scope_id, device_id=device_id, key=key, value=value)
        return tx.put(DEVICE_SETTING, row)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Set device")


_ON_RELAYS: tuple[EntitySpec[Any], ...] = (
    GROUP_DOOR,
    RELAY_SCHEDULE,
    EMERGENCY_DOOR,
    DOOR_SHARE,
    PARKING_DOOR,
    PLAN_DOOR,
)
"""What hangs on a relay and goes with it."""
_ON_DEVICES: tuple[EntitySpec[Any], ...] = (
    *(DEVICE_SETTING, PROOF, ROLLOUT_TARGET, TASK, DOOR_EVENT),
    *(RELAY, RELAY_CONTROLLER, SCREEN_SAVER),
)
"""What goes with a device."""
_LINKED: tuple[EntitySpec[Any], ...] = (LOCK, CAMERA)
"""What only follows a device and stays without it."""


async def remove_device(ctx: Context, device_id: str) -> None:
    """Unbind a device: its MAC is free again. What the device itself holds is not touched."""
    ctx.require(Permission.EDIT_DEVICES)

    def work(tx: Tx) -> None:
        _remove(tx, tx.require(DEVICE, device_id))

    await ctx.mirror.write(work, origin=Origin.USER, act="Remove device")


async def remove_devices(ctx: Context, device_ids: Sequence[str], *, check: bool = False) -> BulkReport:
    """As `remove_device` for many, with a dry run and one undo entry."""
    ctx.require(Permission.EDIT_DEVICES)

    def pick(reader: Reader) -> list[Device]:
        return reader.find_in(DEVICE, "id", device_ids)

    def judge(_reader: Reader, _device: Device) -> tuple[Outcome, str]:
        return Outcome.CHANGE, ""

    return await run_bulk(ctx, DEVICE, pick, Verb("Remove devices", judge, _remove), check=check)


def _remove(tx: Tx, device: Device) -> None:
    """A device with everything that hangs on it."""
    tx.grouped()
    for relay in tx.find(RELAY, device_id=device.id):
        _remove_all(tx, _ON_RELAYS, relay_id=relay.id)
    for controller in tx.find(RELAY_CONTROLLER, device_id=device.id):
        _remove_all(tx, (CONTROLLER_RELAY,), controller_id=controller.id)
    _remove_all(tx, _ON_DEVICES, device_id=device.id)
    for spec in _LINKED:
        for row in tx.find(spec, device_id=device.id):
            tx.patch(spec, row, device_id=None)
    _remove_all(tx, (DEVICE_LOGIN,), mac=device.mac)
    tx.remove(DEVICE, device.id)


def _remove_all(tx: Tx, specs: tuple[EntitySpec[Any], ...], **where: Any) -> None:
    for spec in specs:
        for row in tx.find(spec, **where):
            tx.remove(spec, row.id)
