"""What hangs beside the intercoms of the furnished site: a camera, a recorder, a lock, a panel with a sensor."""

from __future__ import annotations

from core.entities.equipment import PANEL_UNIT, RecorderBrand, SmartLockModel
from core.entities.site import SITE, Plan
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases import generic
from core.usecases.equipment import add_equipment
from tests.desktop.furnish_window import Furnished

PASSWORD = "seldom-qx"


async def furnish_equipment(made: Furnished) -> None:
    """By use cases, as an installer."""
    ctx, site = made.ctx, made.site.id

    def premium(tx: Tx) -> None:
        tx.patch(SITE, tx.require(SITE, site), plan=Plan.PREMIUM)

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
