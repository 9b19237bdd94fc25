"""Taking and giving back leases: two workstations never work on one device (W4).

A lease is a row of the site. The cloud keeps the first of two that were taken apart, so with a network a lease is sure
before the work begins; without one it is a warning for whoever syncs later.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from core.entities.event import DOOR_EVENT
from core.entities.task import LEASE, TASK, Lease, lease_id
from core.rules.lease import Held, ended_by, in_the_way, parse_held, who_ended
from core.store import syncmeta, tray
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context

UNSURE = "Not confirmed by the cloud: see to it that no other workstation works on the same device."


@dataclass(frozen=True, slots=True)
class LeaseAnswer:
    """Whether it is ours. `other`: whose it is else. `sure`: the cloud has confirmed it."""

    mine: bool
    sure: bool = False
    other: Held | None = None


async def take(ctx: Context, site_id: str, subject: str, *, minutes: int = 60) -> LeaseAnswer:
    """Take or renew a lease. With a network the answer is the cloud's; without one, ours alone."""
    me = await who_am_i(ctx)
    other = await ctx.mirror.write(
        partial(_take, site_id=site_id, subject=subject, me=me, name=ctx.workstation, minutes=minutes),
        origin=Origin.JOB,
        act="Take lease",
    )
    if other is not None:
        return LeaseAnswer(mine=False, other=other)
    sure = await confirmed(ctx)
    held = await ctx.mirror.read(partial(_held, subject=subject))
    now = ctx.clock.now()
    other = in_the_way(held, me, now)
    return LeaseAnswer(mine=other is None, sure=sure, other=other)


async def confirmed(ctx: Context) -> bool:
    """Run a round of sync so that the cloud has seen what was taken; False without a network.

    What the cloud did not take of a lease needs no person: the first one stays.
    """
    if ctx.confirm is None or not await ctx.confirm():
        return False
    await ctx.mirror.write(_first_stays, origin=Origin.USER, act="Settle leases")
    return True


async def give_back(ctx: Context, subject: str) -> None:
    """Free a lease of ours; that of another is left alone."""
    me = await who_am_i(ctx)

    def work(tx: Tx) -> None:
        row = tx.get(LEASE, lease_id(subject))
        held = parse_held(row.held) if row else None
        if row is not None and held is not None and held.holder == me:
            tx.patch(LEASE, row, held="")

    await ctx.mirror.write(work, origin=Origin.JOB, act="Give lease back")


async def note_deleted(ctx: Context, subjects: Sequence[str]) -> None:
    """Whoever works on these under a lease learns from it by whom they were deleted; rows that are gone cannot tell."""
    me, name = await who_am_i(ctx), ctx.me.name

    def work(tx: Tx) -> None:
        rows = [tx.get(LEASE, lease_id(subject)) for subject in subjects]
        for row in rows:
            if row is not None and row.held:
                tx.patch(LEASE, row, held=ended_by(name, me))

    await ctx.mirror.write(work, origin=Origin.JOB, act="Give lease back")


def who_deleted(reader: Reader, subject: str) -> str:
    """By whom something was deleted that was worked on here, as its lease tells; else empty."""
    return who_ended(_held(reader, subject))


async def who_am_i(ctx: Context) -> str:
    """The mark of this installation, as leases name it."""

    def known(reader: Reader) -> str:
        return syncmeta.get(reader, syncmeta.REPLICA) or ""

    def made(tx: Tx) -> str:
        me = syncmeta.replica_id(tx)
        syncmeta.put(tx, syncmeta.REPLICA, me)
        return me

    return await ctx.mirror.read(known) or await ctx.mirror.write(made, origin=Origin.JOB)


def _take(tx: Tx, *, site_id: str, subject: str, me: str, name: str, minutes: int) -> Held | None:
    row = tx.get(LEASE, lease_id(subject))
    other = in_the_way(row.held, me, tx.now) if row else None
    if other is not None:
        return other
    held = Held(tx.now + timedelta(minutes=minutes), me, name).text()
    if row is None:
        tx.put(LEASE, Lease(id=lease_id(subject), scope_id=site_id, subject=subject, held=held))
    else:
        tx.patch(LEASE, row, held=held)
    return None


def _held(reader: Reader, subject: str) -> str:
    row = reader.get(LEASE, lease_id(subject))
    return row.held if row else ""


def _first_stays(tx: Tx) -> None:
    for entry in tray.entries(tx):
        lost = entry.entity in {LEASE.name, DOOR_EVENT.name} or (
            entry.entity == TASK.name and set(entry.mine) <= {"held"}
        )
        if not lost:
            continue
        if entry.kind in {"conflict", "gone"}:
            tray.keep_theirs(tx, entry.id)
        else:
            tray.drop(tx, entry.id)
