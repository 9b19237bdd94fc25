"""The call logs of devices: pulled piece by piece, kept beside the door events (LOG-02, device API 3.11)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from core.entities.device import DEVICE, Device
from core.entities.event import DOOR_EVENT, DoorEvent, EventSource
from core.entities.site import SITE
from core.ports.device import CallEvent
from core.rules.door_event import CALL, moment_of
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.clock import measure_clock
from core.usecases.context import Context
from core.usecases.lan import open_link

FIRST_PULL = 100
MOST = 1_000


async def pull_calls(ctx: Context, device: Device) -> list[DoorEvent]:
    """Read what is new in a device's call log and keep it; the new rows. RefusedError from a model without one.

    Two workstations that pull the same line make the same row.
    """
    ctx.require_signed_in()
    link, _ = await open_link(ctx, device)
    known = await ctx.mirror.read(partial(_known, device_id=device.id))
    newest = 20 if known else FIRST_PULL
    lines = await ctx.gateway.call_events(link, newest=newest)
    while known and len(lines) == newest < MOST and _mark(lines[-1]) not in known:
        newest = min(newest * 4, MOST)
        lines = await ctx.gateway.call_events(link, newest=newest)
    fresh = [line for line in lines if _mark(line) not in known]
    if not fresh:
        return []
    drift = (await measure_clock(ctx, device)).drift
    work = partial(_keep, device_id=device.id, lines=fresh, drift=drift)
    return await ctx.mirror.write(work, origin=Origin.DEVICE, act="Call log")


async def newest_calls(ctx: Context, device: Device, *, limit: int = 50) -> list[DoorEvent]:
    """The newest calls of a device that are known here, newest first."""

    def work(reader: Reader) -> list[DoorEvent]:
        rows = [e for e in reader.find(DOOR_EVENT, device_id=device.id) if e.event.startswith(CALL)]
        return sorted(rows, key=lambda e: (e.at, len(e.ref), e.ref), reverse=True)[:limit]

    return await ctx.mirror.read(work, limit_ms=20_000)


def _known(reader: Reader, *, device_id: str) -> frozenset[tuple[str, str]]:
    rows = reader.find(DOOR_EVENT, device_id=device_id, source=EventSource.LOG)
    return frozenset((row.ref, row.device_time) for row in rows if row.event.startswith(CALL))


def _mark(line: CallEvent) -> tuple[str, str]:
    """By number and time together: after a reset a device counts from one again."""
    return line.ref[:32], line.local_time.isoformat(sep=" ") if line.local_time else ""


def _keep(tx: Tx, *, device_id: str, lines: Sequence[CallEvent], drift: timedelta) -> list[DoorEvent]:
    device = tx.require(DEVICE, device_id)
    site = tx.require(SITE, device.site_id)
    made = []
    for line in reversed(lines):
        ref, told = _mark(line)
        digest = hashlib.sha256(f"call:{device.id}:{ref}:{told}".encode()).hexdigest()
        row_id = f"0000000000007{digest[:3]}8{digest[3:18]}"
        if tx.get(DOOR_EVENT, row_id) is not None:
            continue
        made.append(
            DoorEvent(
                id=row_id,
                scope_id=site.id,
                device_id=device.id,
                at=moment_of(line.local_time, site.time_zone, drift) if line.local_time else tx.now,
                source=EventSource.LOG,
                event=f"{CALL}{line.kind.lower()}"[:48],
                ref=ref,
                device_time=told,
                name=line.name,
                method=line.number[:32],
            )
        )
    tx.put_many(DOOR_EVENT, made)
    return made
