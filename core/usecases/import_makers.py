"""The use cases' own ways of making buildings and devices, for imports."""

from __future__ import annotations

from core.entities.device import Device
from core.entities.site import SITE, Building
from core.sheets.makers import DeviceWish, Makers
from core.store.tx import Tx
from core.usecases.devices import NewDevice, put_device
from core.usecases.places import put_building


def _building(tx: Tx, site_id: str, name: str) -> Building:
    return put_building(tx, tx.require(SITE, site_id), name)


def _device(tx: Tx, wish: DeviceWish) -> Device:
    more = {"department_id": wish.department_id, "owner_id": wish.owner_id}
    new = NewDevice(wish.site_id, wish.mac, wish.name, kind=wish.kind, more=more)
    return put_device(tx, new, wish.org_id)


MAKERS = Makers(_building, _device)
