"""Acts without a state to prove: reboot, reset, open a relay, read logs and pictures (DEV-07, LOG-01)."""

from __future__ import annotations

from dataclasses import dataclass

from core.base.errors import RefusedError, UserError
from core.base.verdict import Verdict
from core.entities.device import DEVICE, RELAY, Device
from core.entities.site import SITE
from core.ports.device import DoorEvent
from core.rules.desired import Identity
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.lan import open_link


@dataclass(frozen=True, slots=True)
class ActionResult:
    """What came of an act: ACCEPTED when the device said yes, PROVED when its state was read afterwards."""

    device: Device
    verdict: Verdict
    said: str = ""


async def open_relay(ctx: Context, device: Device, number: int) -> ActionResult:
    """Open a relay for its hold time; proved when the relay is read open at once."""
    ctx.require(Permission.PUSH)
    relay = await ctx.mirror.read(lambda r: r.first(RELAY, device_id=device.id, number=number))
    if relay is None:
        raise UserError("relays.unknown", f"'{device.name}' has no relay {number}.")
    link, _ = await open_link(ctx, device)
    await ctx.gateway.trigger_relay(link, number, hold_s=relay.hold_s)
    try:
        states = await ctx.gateway.relay_states(link)
    except RefusedError:
        # Some models open a door and do not tell of it (IT83, device API 3.5).
        states = {}
    await _note(ctx, device, f"Open {relay.name}")
    if states.get(number):
        return ActionResult(
            device, Verdict.PROVED, f"{relay.name} was read open; it closes after {relay.hold_s} s."
        )
    return ActionResult(device, Verdict.ACCEPTED, f"The device said yes; {relay.name} was not read open.")


async def reboot(ctx: Context, device: Device) -> ActionResult:
    """Restart a device and wait until it tells its identity again."""
    ctx.require(Permission.PUSH)
    link, _ = await open_link(ctx, device)
    await ctx.gateway.reboot(link)
    await _note(ctx, device, "Reboot")
    identity = await ctx.gateway.wait_back(link, limit_s=ctx.restart_limit_s)
    return ActionResult(device, Verdict.PROVED, f"Back with {identity.firmware}.")


async def reset(ctx: Context, device: Device) -> ActionResult:
    """Factory reset (DEV-07; DEV-21: a property manager's as well): settings and people on the device are gone. The
    mirror keeps what is wanted.
    """
    ctx.require(Permission.PUSH)
    link, _ = await open_link(ctx, device)
    await ctx.gateway.reset(link)
    await _note(ctx, device, "Factory reset")
    return ActionResult(device, Verdict.ACCEPTED, "The device said yes; it restarts with factory settings.")


async def identify(ctx: Context, device: Device) -> Identity:
    """Ask a device what it is."""
    _, identity = await open_link(ctx, device)
    return identity


async def stream_address(ctx: Context, device: Device) -> str:
    """Where a device's video stream is, without a sign-in; empty where it has none."""
    link, _ = await open_link(ctx, device)
    try:
        return await ctx.gateway.stream_address(link)
    except RefusedError:
        return ""


async def door_log(ctx: Context, device: Device, *, newest: int) -> list[DoorEvent]:
    """The newest lines of the device's door log (LOG-01)."""
    site = await ctx.mirror.read(lambda r: r.get(SITE, device.site_id))
    ctx.require_at(Permission.SEE_LOGS, site)
    link, _ = await open_link(ctx, device)
    return await ctx.gateway.door_events(link, newest=newest)


async def inputs(ctx: Context, device: Device) -> dict[int, bool]:
    """Input number -> active (device API 3.6)."""
    link, _ = await open_link(ctx, device)
    return await ctx.gateway.input_states(link)


async def doing(ctx: Context, device: Device) -> str:
    """What the device is doing, in its own word."""
    link, _ = await open_link(ctx, device)
    return await ctx.gateway.phone(link).state()


async def capture(ctx: Context, device: Device, *, seconds: int) -> bytes:
    """Packets on the device's network card, as a pcap file. They may hold what people say and see."""
    ctx.require(Permission.EDIT_DEVICES)
    link, _ = await open_link(ctx, device)
    await _note(ctx, device, "Packet capture")
    return await ctx.gateway.capture(link, seconds=seconds)


async def snapshot(ctx: Context, device: Device) -> bytes:
    """A JPEG of what the device sees now."""
    link, _ = await open_link(ctx, device)
    return await ctx.gateway.snapshot(link)


async def _note(ctx: Context, device: Device, act: str) -> None:
    """An act on a door is audited though no row changes (LOG-06)."""

    def work(tx: Tx) -> None:
        tx.note_act(DEVICE, device, act)

    await ctx.mirror.write(work, origin=Origin.USER, act=act)
