"""Rows whose making means more than one row: the use cases' own ways, handed in, so that there is one way of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from core.entities.device import Device, DeviceKind
from core.entities.site import Building
from core.store.tx import Tx


@dataclass(frozen=True, slots=True)
class DeviceWish:
    """A device that a file names: bound to a department of an office, perhaps one user's own."""

    site_id: str
    org_id: str
    mac: str
    name: str
    kind: DeviceKind
    department_id: str
    owner_id: str | None = None


@dataclass(frozen=True, slots=True)
class Makers:
    """`building(tx, site_id, name)` with its default group; `device(tx, wish)` with its relay."""

    building: Callable[[Tx, str, str], Building]
    device: Callable[[Tx, DeviceWish], Device]
