"""Cross-row rules about devices and what hangs beside them (DEV-04, DEV-05, DEV-09 to DEV-14). Pure.

Collected by `core.rules.invariants`; each rule yields problems, and a question that cannot be answered yields none.
"""

from __future__ import annotations

from collections.abc import Iterator

from core.entities.attachment import (
    CONTROLLER_RELAYS,
    RELAY_CONTROLLER,
    ControllerRelay,
    RelayController,
    SaverMode,
    ScreenSaver,
    shown_controller,
)
from core.entities.device import DEVICE, ContactDisplay, Device, DeviceKind
from core.entities.equipment import Camera
from core.entities.lock import LOCK, LockBrand, LockHold
from core.entities.site import SITE
from core.rules.catalogue import Can, ability
from core.rules.sharing import Asking
from core.schema.entity import Problem

DOOR_PHONES = frozenset({DeviceKind.MULTI_DOOR, DeviceKind.SINGLE_DOOR})


def display_can_be_chosen(_reader: Asking, device: Device) -> Iterator[Problem]:
    """DEV-05, DEV-19: a directory is on multi-tenant door phones in a public area, its choice from a firmware on."""
    if device.contact_display is ContactDisplay.PEOPLE:
        return
    if device.kind is not DeviceKind.MULTI_DOOR or device.apartment_id is not None:
        words = (
            "Only a multi-tenant door phone in a public area has a directory whose contacts can be chosen."
        )
        yield Problem("contact_display", "devices.contact_display.kind", words)
        return
    found = ability("contact_display", device.model, device.firmware)
    if found.can in {Can.NO, Can.UPDATE}:
        yield Problem("contact_display", "devices.contact_display.firmware", found.said)


def controller_of_a_monitor(reader: Asking, controller: RelayController) -> Iterator[Problem]:
    """DEV-04: an indoor monitor drives one external controller."""
    device = reader.get(DEVICE, controller.device_id)
    if device is not None and device.kind is not DeviceKind.MONITOR:
        words = f"'{device.name}' is no indoor monitor; only those drive an external relay controller."
        yield Problem("device_id", "relay_controllers.device_id.kind", words)
    for other in reader.find(RELAY_CONTROLLER, device_id=controller.device_id):
        if other.id != controller.id:
            words = "The monitor has an external relay controller already."
            yield Problem("device_id", "relay_controllers.device_id.taken", words)


def controller_has_relay(reader: Asking, relay: ControllerRelay) -> Iterator[Problem]:
    """DEV-04: 8, 4 or 16 relays by model."""
    controller = reader.get(RELAY_CONTROLLER, relay.controller_id)
    most = CONTROLLER_RELAYS.get(controller.model) if controller is not None else None
    if controller is not None and most is not None and relay.number > most:
        words = f"A {shown_controller(controller.model)} has {most} relays."
        yield Problem("number", "controller_relays.number.many", words)


def camera_links_a_door_phone(reader: Asking, camera: Camera) -> Iterator[Problem]:
    """DEV-09: a camera is linked to a door phone of its own site, which is on the same LAN."""
    device = reader.get(DEVICE, camera.device_id) if camera.device_id else None
    if device is None:
        return
    if device.site_id != camera.site_id:
        yield Problem("device_id", "cameras.device_id.site", "The linked door phone belongs to another site.")
    elif device.kind not in DOOR_PHONES:
        words = f"'{device.name}' is no door phone; a camera's picture is shown under a door phone's."
        yield Problem("device_id", "cameras.device_id.kind", words)


def saver_can_be_shown(reader: Asking, saver: ScreenSaver) -> Iterator[Problem]:
    """DEV-14, DEV-19: five models show one, each from a firmware on."""
    device = reader.get(DEVICE, saver.device_id)
    if device is None or saver.mode is SaverMode.NONE:
        return
    found = ability("screen_saver", device.model, device.firmware)
    if found.can in {Can.NO, Can.UPDATE}:
        yield Problem("device_id", "screen_savers.device_id.firmware", f"'{device.name}': {found.said}")


def hold_is_for_itec(reader: Asking, hold: LockHold) -> Iterator[Problem]:
    """DEV-10: only iTec locks can be held open, and only where the site has them switched on."""
    lock = reader.get(LOCK, hold.lock_id)
    if lock is None:
        return
    site = reader.get(SITE, lock.site_id)
    if lock.brand is not LockBrand.ITEC:
        yield Problem(
            "lock_id", "lock_holds.brand", f"'{lock.name}' is no iTec lock and cannot be held open."
        )
    elif site is not None and not site.itec:
        yield Problem("lock_id", "lock_holds.off", "iTec locks are not switched on at this site.")
