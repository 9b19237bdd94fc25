"""Doors of a site at the desk: held open for a while, and all logs read at once with one answer per device."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from core.base.errors import GatewrightError, UserError
from core.base.verdict import Verdict
from core.entities.device import DEVICE, RELAY, Device
from core.store.changes import Origin
from core.usecases.actions import ActionResult
from core.usecases.context import Context, Permission
from core.usecases.events import pull_log
from core.usecases.lan import open_link
from core.usecases.provision import verdict_of

LONGEST_HOLD_S = 8 * 3600
AT_ONCE = 4
"""Logs that are read at the same time: a site's devices share one network."""


async def hold_relay(ctx: Context, device: Device, number: int, *, seconds: int) -> ActionResult:
    """Open a relay for longer than its hold time; it closes by itself. Proved when it is read open at once.

    UserError beyond eight hours: what stays open longer is a schedule (GRP-03).
    """
    ctx.require(Permission.PUSH)
    if not 1 <= seconds <= LONGEST_HOLD_S:
        raise UserError("relays.hold", "A door is held for up to 8 hours; longer takes a schedule.")
    relay = await ctx.mirror.read(lambda r: r.first(RELAY, device_id=device.id, number=number))
    if relay is None:
        raise UserError("relays.unknown", f"'{device.name}' has no relay {number}.")
    link, _ = await open_link(ctx, device)
    await ctx.gateway.trigger_relay(link, number, hold_s=seconds)
    states = await ctx.gateway.relay_states(link)
    act = f"Hold {relay.name} open for {seconds} s"
    await ctx.mirror.write(lambda tx: tx.note_act(DEVICE, device, act), origin=Origin.USER, act=act)
    if states.get(number):
        return ActionResult(device, Verdict.PROVED, f"{relay.name} was read open.")
    return ActionResult(device, Verdict.ACCEPTED, f"The device said yes; {relay.name} was not read open.")


@dataclass(frozen=True, slots=True)
class LogAnswer:
    """What came of reading one device's log: how many new events, or why not."""

    device: Device
    count: int
    verdict: Verdict
    said: str = ""


async def pull_doors(ctx: Context, site_id: str) -> list[LogAnswer]:
    """Read what is new in every door log of a site, a few devices at a time; one answer per device, by name."""
    ctx.require(Permission.SEE_LOGS)
    devices = await ctx.mirror.read(lambda r: r.find(DEVICE, scope_id=site_id))
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(device: Device) -> LogAnswer:
        async with gate:
            try:
                pulled = await pull_log(ctx, device)
            except GatewrightError as fault:
                return LogAnswer(device, 0, verdict_of(fault), str(fault))
            return LogAnswer(device, len(pulled.events), Verdict.PROVED)

    ordered = sorted(devices, key=lambda d: d.name.casefold())
    return list(await asyncio.gather(*(one(device) for device in ordered)))
