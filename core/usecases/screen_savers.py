"""Screen savers of door phones (DEV-14): pictures taken in, wanted for chosen phones, and sent to them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from core.base.errors import GatewrightError, RefusedError, UnreachableError, UserError
from core.base.ids import new_id
from core.base.verdict import Verdict
from core.base.words import clean
from core.entities.attachment import SCREEN_SAVER, SaverMode, ScreenSaver
from core.entities.device import DEVICE, Device
from core.rules.catalogue import limit, require_ability
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.guards import guard_made
from core.usecases.lan import open_link
from core.usecases.undo_log import keep_undo, last_number

_KINDS = {b"\xff\xd8\xff": "jpg", b"\x89PNG": "png"}
MODE_UNKNOWN = (
    "The key by which a unit shows no picture or a black screen is not published; "
    "set it on the device's own web page."
)


@dataclass(frozen=True, slots=True)
class Shown:
    """What came of one device. ACCEPTED: it took every picture; no device tells afterwards which ones it shows."""

    device: Device
    verdict: Verdict
    said: str = ""


async def set_screen_saver(
    ctx: Context,
    device_ids: Sequence[str],
    *,
    mode: SaverMode = SaverMode.IMAGE,
    files: Sequence[Path] = (),
) -> list[ScreenSaver]:
    """Want a screen saver for door phones: all of them or, when one cannot (DEV-19), none.

    UserError for a file that is no JPEG or PNG or larger than 2 MB, fewer than two or more than five pictures, and a
    device whose model or firmware shows none.
    """
    ctx.require(Permission.SET_DEVICES)
    for path in files:
        _check(path)
    digests = [(await asyncio.to_thread(ctx.blobs.add, path)).sha256 for path in files]

    def work(tx: Tx) -> list[ScreenSaver]:
        tx.grouped()
        since = last_number(tx)
        wanted = [_want(tx, tx.require(DEVICE, n), mode, tuple(digests)) for n in dict.fromkeys(device_ids)]
        for row in wanted:
            guard_made(ctx, tx, SCREEN_SAVER, row)
        if wanted:
            keep_undo(tx, since, site_id=wanted[0].scope_id)
        return wanted

    return await ctx.mirror.write(work, origin=Origin.USER, act="Set screen saver")


def _check(path: Path) -> None:
    name, most = clean(path.name, limit=80), limit("screen_saver_bytes")
    if not path.is_file():
        raise UserError("screen_saver.file", f"There is no file {name}.")
    if path.stat().st_size > most:
        raise UserError("screen_saver.large", f"{name} is larger than {most // 1_000_000} MB.")
    if not _kind(path):
        raise UserError("screen_saver.kind", f"{name} is neither a JPEG nor a PNG.")


def _kind(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    return next((kind for mark, kind in _KINDS.items() if head.startswith(mark)), "")


def _want(tx: Tx, device: Device, mode: SaverMode, pictures: tuple[str, ...]) -> ScreenSaver:
    present = tx.first(SCREEN_SAVER, device_id=device.id)
    if present is not None:
        return tx.patch(SCREEN_SAVER, present, mode=mode, pictures=pictures)
    row = ScreenSaver(
        id=new_id(), scope_id=device.scope_id, device_id=device.id, mode=mode, pictures=pictures
    )
    return tx.put(SCREEN_SAVER, row)


async def show_screen_savers(ctx: Context, device_ids: Sequence[str]) -> list[Shown]:
    """Send what is wanted to each device; one that is away or says no does not keep it from the others."""
    ctx.require(Permission.PUSH)
    return [await _show(ctx, one) for one in dict.fromkeys(device_ids)]


async def _show(ctx: Context, device_id: str) -> Shown:
    device, saver = await ctx.mirror.read(
        lambda r: (r.require(DEVICE, device_id), r.first(SCREEN_SAVER, device_id=device_id))
    )
    if saver is None:
        return Shown(device, Verdict.WAITING, "No screen saver is wanted for it.")
    if saver.mode is not SaverMode.IMAGE:
        return Shown(device, Verdict.REFUSED, MODE_UNKNOWN)
    missing = sum(1 for one in saver.pictures if not ctx.blobs.has(one))
    if missing:
        words = f"{missing} of its pictures are not on this workstation yet. Sync while there is a network."
        return Shown(device, Verdict.WAITING, words)
    paths = [ctx.blobs.path(one) for one in saver.pictures]
    try:
        require_ability("screen_saver", device.name, device.model, device.firmware)
        link, _ = await open_link(ctx, device)
        named = [(f"{one[:16]}.{_kind(path)}", path) for one, path in zip(saver.pictures, paths, strict=True)]
        await ctx.gateway.send_screen_saver(link, named)
    except GatewrightError as fault:
        return Shown(device, _verdict(fault), clean(str(fault), limit=400))
    words = f"It took {len(paths)} pictures and shows them within two minutes."
    return Shown(device, Verdict.ACCEPTED, words)


def _verdict(fault: GatewrightError) -> Verdict:
    if isinstance(fault, UnreachableError):
        return Verdict.UNREACHABLE
    if isinstance(fault, (RefusedError, UserError)):
        return Verdict.REFUSED
    raise fault
