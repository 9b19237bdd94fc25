"""What hangs beside the intercoms of the furnished site: cameras, a recorder, locks, a panel with a sensor, relays."""

from __future__ import annotations

from core.entities.attachment import ControllerModel, RelayController, Wiring
from core.entities.device import DEVICE, DeviceKind
from core.entities.equipment import PANEL_UNIT, RecorderBrand, SmartLockModel
from core.entities.lock import LockBrand
from core.entities.site import SITE, Plan
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases import generic
from core.usecases.equipment import add_equipment, attach_equipment
from tests.desktop.furnish_window import Furnished

PASSWORD = "seldom-qx"


async def furnish_equipment(made: Furnished) -> None:
    """By use cases, as an installer."""
    ctx, site = made.ctx, made.site.id

    def premium(tx: Tx) -> None:
        tx.patch(SITE, tx.require(SITE, site), plan=Plan.PREMIUM, itec=True)

    await made.mirror.write(premium, origin=Origin.USER, act="Plan")
    for name, host in (("Car park", 21), ("Bicycle cellar", 22)):
        more = {"address": f"rtsp://10.0.4.{host}:554/main", "user": "view", "password": PASSWORD}
        await add_equipment(ctx, "cameras", site_id=site, name=name, building_id=made.buildings[0].id, **more)
    await add_equipment(ctx, "recorders", site_id=site, name="Lobby", brand=RecorderBrand.MILESIGHT)
    home = made.apartments[0].id
    await add_equipment(
        ctx,
        "smart_locks",
        site_id=site,
        name="Flat",
        model=SmartLockModel.SL21,
        apartment_id=home,
        battery=80,
    )
    panel = await add_equipment(
        ctx, "panels", site_id=site, name="Hall", mac="0C11052B0001", apartment_id=home
    )
    sensor = {"panel_id": panel.id, "name": "Window", "kind": "Door sensor"}
    await generic.put_row(ctx, PANEL_UNIT, sensor)
    await add_equipment(
        ctx, "locks", site_id=site, name="Bicycle store", brand=LockBrand.ITEC, serial="77120", gateway="G-02"
    )
    await furnish_controller(made)


async def furnish_controller(made: Furnished) -> RelayController | None:
    """A controller with two relays on the first indoor monitor; None where the site has no monitor."""
    monitors = await made.mirror.read(lambda r: r.find(DEVICE, kind=DeviceKind.MONITOR))
    if not monitors:
        return None
    wired = {"wiring": Wiring.ETHERNET, "address": "10.0.4.40", "port": 502}
    hung: RelayController = await attach_equipment(
        made.ctx, "relay_controllers", device_id=monitors[0].id, model=ControllerModel.HF8000, **wired
    )
    for number, name in ((1, "Stair light"), (2, "Garage gate")):
        await attach_equipment(
            made.ctx,
            "controller_relays",
            controller_id=hung.id,
            number=number,
            name=name,
            enabled=number == 1,
        )
    return hung
