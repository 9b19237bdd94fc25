"""A device goes to another site of the firm (sync.md 3.8). The cloud moves it, since that changes who may see it; what
is left to do here is the door's place in the default groups of the new site (GRP-04).
"""

from __future__ import annotations

from functools import partial

from core.base.errors import UnreachableError
from core.entities.access import GROUP_DOOR
from core.entities.device import DEVICE, RELAY
from core.entities.site import SITE
from core.ports.cloud import AccountDoor
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.devices import open_by_default
from core.wire.moves import Moved, MoveDevice


async def move_device(
    ctx: Context,
    door: AccountDoor,
    *,
    device_id: str,
    site_id: str,
    building_id: str | None = None,
    check: bool = False,
) -> Moved:
    """Move a device; with `check` only say what would go along, end or stay. Needs the cloud.

    What is unsent here is sent first. Afterwards the device is planned anew: a push sets it up at its new site. Raises
    the cloud's words; UnreachableError without a network.
    """
    ctx.require(Permission.EDIT_DEVICES)
    await ctx.mirror.read(lambda r: (r.require(DEVICE, device_id), r.require(SITE, site_id)))
    if not check:
        await _sync(ctx)
    message = MoveDevice(site=site_id, building=building_id, check=check)
    moved = await door.ask("POST", f"/v1/devices/{device_id}/move", Moved, message)
    if not check:
        await _arrive(ctx, device_id)
    return moved


async def take_back(ctx: Context, door: AccountDoor, move_id: str) -> Moved:
    """Take a move back: the device stands where it stood, and what ended there comes back, as far as it still fits."""
    ctx.require(Permission.EDIT_DEVICES)
    await _sync(ctx)
    moved = await door.ask("DELETE", f"/v1/moves/{move_id}", Moved)
    await _sync(ctx)
    return moved


async def _arrive(ctx: Context, device_id: str) -> None:
    await _sync(ctx)
    await ctx.mirror.write(partial(_open, device_id=device_id), origin=Origin.USER, act="Move device")


async def _sync(ctx: Context) -> None:
    if ctx.confirm is None or not await ctx.confirm():
        words = "A device is moved by the cloud, which does not answer."
        raise UnreachableError("move.no_network", words, remedy="Try again when there is a network.")


def _open(tx: Tx, device_id: str) -> None:
    """The doors of a public device belong to the default groups of where it stands now."""
    device = tx.get(DEVICE, device_id)
    site = tx.get(SITE, device.site_id) if device is not None else None
    if device is None or site is None or device.apartment_id is not None:
        return
    relays = [r for r in tx.find(RELAY, device_id=device_id) if not tx.find(GROUP_DOOR, relay_id=r.id)]
    if relays:
        tx.grouped()
        open_by_default(tx, site, device, relays)
