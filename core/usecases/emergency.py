"""An emergency at a site: its emergency doors opened by hand and kept open, with an answer from each (ALM-02)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass

from core.base.errors import GatewrightError
from core.base.verdict import Verdict
from core.entities.device import DEVICE
from core.entities.site import SITE
from core.rules.door import Door
from core.store.changes import Origin
from core.store.reader import Reader
from core.usecases.context import Context, Permission
from core.usecases.door_desk import LONGEST_HOLD_S, hold_relay
from core.usecases.doors import emergency_doors
from core.usecases.provision import verdict_of

AT_ONCE = 8
"""Devices that are told at the same time: in an emergency the last door must not wait for a silent first one."""


@dataclass(frozen=True, slots=True)
class EmergencyAnswer:
    """What one door answered: PROVED when it was read open, ACCEPTED when the device only said yes."""

    door: Door
    verdict: Verdict
    said: str


async def doors_to_open(ctx: Context, site_id: str) -> list[Door]:
    """The doors that an emergency at the site opens, by name."""
    ctx.require(Permission.PUSH)

    def work(reader: Reader) -> list[Door]:
        devices = {d.id: d for d in reader.find(DEVICE, scope_id=site_id)}
        relays = [r for r in emergency_doors(reader, site_id) if r.device_id in devices]
        found = [Door(devices[r.device_id], r) for r in relays]
        return sorted(found, key=lambda d: (d.device.name.casefold(), d.relay.number))

    return await ctx.mirror.read(work)


async def open_in_emergency(
    ctx: Context,
    site_id: str,
    *,
    seconds: int = LONGEST_HOLD_S,
    only: Collection[str] | None = None,
    told: Callable[[EmergencyAnswer], object] = lambda _answer: None,
) -> list[EmergencyAnswer]:
    """Open every emergency door and keep it open; one that fails keeps no other from opening.

    `only`: these relays of them, to try what did not open again. `told(answer)` hears of each door at once. The doors
    of one device are opened one after the other. The emergency and every door of it are audited.
    """
    doors = [d for d in await doors_to_open(ctx, site_id) if only is None or d.relay.id in only]
    by_device: dict[str, list[Door]] = {}
    for door in doors:
        by_device.setdefault(door.device.id, []).append(door)
    gate = asyncio.Semaphore(AT_ONCE)
    answers: dict[str, EmergencyAnswer] = {}

    async def one(mine: list[Door]) -> None:
        async with gate:
            for door in mine:
                answers[door.relay.id] = answer = await _open(ctx, door, seconds)
                told(answer)

    await _note(ctx, site_id, f"Emergency: opening {len(doors)} doors")
    await asyncio.gather(*(one(mine) for mine in by_device.values()))
    opened = sum(1 for a in answers.values() if a.verdict in {Verdict.PROVED, Verdict.ACCEPTED})
    await _note(ctx, site_id, f"Emergency: {opened} of {len(doors)} doors opened")
    return [answers[d.relay.id] for d in doors]


async def _open(ctx: Context, door: Door, seconds: int) -> EmergencyAnswer:
    try:
        result = await hold_relay(ctx, door.device, door.relay.number, seconds=seconds)
    except GatewrightError as fault:
        return EmergencyAnswer(door, verdict_of(fault), str(fault))
    return EmergencyAnswer(door, result.verdict, result.said)


async def _note(ctx: Context, site_id: str, act: str) -> None:
    await ctx.mirror.write(
        lambda tx: tx.note_act(SITE, tx.require(SITE, site_id), "emergency"), origin=Origin.USER, act=act
    )
