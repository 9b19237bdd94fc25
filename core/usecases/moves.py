"""A device goes to another site of the firm (sync.md 3.8). The cloud moves it, since that changes who may see it; what
is left to do here is the door's place in the default groups of the new site (GRP-04), and the entry by which the move
is taken back.
"""

from __future__ import annotations

from functools import partial

from core.base.errors import GatewrightError, UnreachableError
from core.entities.access import GROUP_DOOR
from core.entities.device import DEVICE, RELAY
from core.entities.record import UNDO_ENTRY, UndoEntry
from core.entities.site import SITE
from core.ports.cloud import AccountDoor
from core.rules.moving import UNFIT
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases.bulk import BulkReport, Line
from core.usecases.context import Context, Permission
from core.usecases.devices import open_by_default
from core.usecases.undo_log import MOVE, keep_move, opposite
from core.wire.moves import Moved, MoveDevice

ACT = "Move device"
_OVER = frozenset({"move.undone", "move.unknown", "devices.unknown", "sites.unknown"})
"""Refusals that stay: there is nothing to be taken back any more."""


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

    What is unsent here is sent first. Afterwards the device is planned anew: a push sets it up at its new site. The
    undo entry has the move's id. Raises the cloud's words; UnreachableError without a network, with what can be done
    then.
    """
    ctx.require(Permission.EDIT_DEVICES)
    await ctx.mirror.read(lambda r: (r.require(DEVICE, device_id), r.require(SITE, site_id)))
    if not check:
        await _send(ctx)
    message = MoveDevice(site=site_id, building=building_id, check=check)
    moved = await door.ask("POST", f"/v1/devices/{device_id}/move", Moved, message)
    if not check:
        await ctx.mirror.write(partial(_keep, moved=moved, act=ACT), origin=Origin.USER, act=ACT)
        await _arrive(ctx, moved)
    return moved


async def take_back(ctx: Context, door: AccountDoor, move_id: str) -> Moved:
    """Take a move back: the device stands where it stood, and what ended there comes back, as far as it still fits.

    The way back is a move too, with an entry of its own: taking that one back moves the device again.
    """
    ctx.require(Permission.EDIT_DEVICES)
    await _send(ctx)
    moved = await door.ask("DELETE", f"/v1/moves/{move_id}", Moved)
    await ctx.mirror.write(partial(_close, move_id=move_id, moved=moved), origin=Origin.USER, act="Undo")
    if ctx.confirm is not None:
        await ctx.confirm()  # Where the network went just now, the rows come with the next sync.
    return moved


async def undo_move(ctx: Context, entry: UndoEntry) -> BulkReport:
    """Take a move back by its undo entry. An entry that can never be taken back is closed with the cloud's words."""
    ctx.require(Permission.EDIT_DEVICES)
    if ctx.door is None:
        raise _no_network()
    try:
        moved = await take_back(ctx, ctx.door, entry.steps[MOVE])
    except GatewrightError as fault:
        if fault.code not in _OVER:
            raise
        report = BulkReport(check=False, cannot=(Line(entry.id, entry.act, fault.message),))
        over = partial(_note, entry_id=entry.id, said=report.sentence)
        await ctx.mirror.write(over, origin=Origin.USER, act="Undo")
        return report
    unfit = [
        Line(moved.device, f"{line.what}: {line.count}", line.fate)
        for line in moved.lines
        if line.fate == UNFIT
    ]
    return BulkReport(False, (Line(moved.device, moved.name),), tuple(unfit), undo_id=moved.move)


def _keep(tx: Tx, *, moved: Moved, act: str) -> UndoEntry:
    rows = 1 + sum(line.count for line in moved.lines)
    return keep_move(tx, moved.move, site_id=moved.to_site, act=act, rows=rows)


def _close(tx: Tx, *, move_id: str, moved: Moved) -> None:
    entry = tx.get(UNDO_ENTRY, move_id)
    _keep(tx, moved=moved, act=opposite(entry.act if entry is not None else ACT))
    _note(tx, entry_id=move_id, said="")


def _note(tx: Tx, *, entry_id: str, said: str) -> None:
    """The entry is taken back. There is none where the move was made at another workstation."""
    entry = tx.get(UNDO_ENTRY, entry_id)
    if entry is not None and entry.undone_at is None:
        tx.patch(UNDO_ENTRY, entry, undone_at=tx.now, said=said[:400])


async def _send(ctx: Context) -> None:
    """What is unsent here goes first; by that it is also known whether the cloud answers."""
    if ctx.confirm is None or not await ctx.confirm():
        raise _no_network()


def _no_network() -> UnreachableError:
    remedy = (
        "Try again when there is a network. Without one, remove the device from its site and add it to the other one; "
        "a push sets it up there."
    )
    words = "A device is moved by the cloud, which does not answer."
    return UnreachableError("move.no_network", words, remedy=remedy)


async def _arrive(ctx: Context, moved: Moved) -> None:
    if ctx.confirm is None or not await ctx.confirm():
        words = (
            f"'{moved.name}' was moved to '{moved.to_name}', but the network went before it could be fetched."
        )
        raise UnreachableError(
            "move.half", words, remedy="Sync, then add its doors to the groups of the new site."
        )
    await ctx.mirror.write(partial(_open, device_id=moved.device), origin=Origin.USER, act=ACT)


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
