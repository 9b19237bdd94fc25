"""Remote maintenance of one device (DEV-07): connection type, push buttons, its own web page. AutoP, restart and reset
are `autop` and `actions`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

from core.base.errors import UserError
from core.base.verdict import Verdict
from core.entities.device import DEVICE, Device
from core.ports.device import Part
from core.rules.maintenance import TRANSPORT_KEY, TRANSPORT_VALUES, ButtonModule, Transport, button_settings
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases.autop import keep_settings
from core.usecases.context import Context, Permission
from core.usecases.lan import locate
from core.usecases.provision import submit


async def set_transport(ctx: Context, device: Device, transport: Transport) -> list[str]:
    """Want a connection type and push it; returns the job's id. The push reads it back."""
    return await _want(ctx, device, {TRANSPORT_KEY: TRANSPORT_VALUES[transport]}, "Connection type")


async def set_push_buttons(
    ctx: Context, device: Device, module: ButtonModule, numbers: Mapping[int, Sequence[str]]
) -> list[str]:
    """Want what a module's buttons call and push it; returns the job's id.

    UserError, before anything is written, for a device that has no module, or a number that is none.
    """
    settings = button_settings(device.name, device.model, module, numbers)
    if not settings:
        raise UserError("buttons.empty", "No button was named.")
    return await _want(ctx, device, settings, "Push buttons")


async def _want(ctx: Context, device: Device, settings: Mapping[str, str], act: str) -> list[str]:
    ctx.require(Permission.SET_DEVICES)

    def work(tx: Tx) -> Device:
        return keep_settings(tx, device.id, settings)

    kept = await ctx.mirror.write(work, origin=Origin.USER, act=act)
    return await submit(ctx, [kept], parts=frozenset({Part.SETTINGS}))


async def own_page(ctx: Context, device: Device) -> str:
    """Remote control: the address of the device's own web page, without a sign-in; it asks for its own.

    That it was asked for is audited. UnreachableError when the device was never seen.
    """
    ctx.require(Permission.SET_DEVICES)
    parts = urlsplit(await locate(ctx, device))
    await ctx.mirror.write(
        lambda tx: tx.note_act(DEVICE, device, "Remote control"), origin=Origin.USER, act="Remote control"
    )
    return f"{parts.scheme}://{parts.hostname and parts.netloc.rpartition('@')[2]}/"


async def verdict_of_job(ctx: Context, job_id: str) -> tuple[Verdict, str]:
    """How a push ended: its verdict, and what was said."""
    record = await ctx.jobs.wait(job_id)
    return Verdict(record.result.get("verdict", Verdict.AMBIGUOUS.value)), record.said
