"""What comes due by the clock: move-outs whose moment has come, families of leases that have ended (SITE-12)."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from core.base.errors import GatewrightError
from core.entities.organisation import Role
from core.entities.person import RESIDENT, AccountType, PersonKind, Resident
from core.entities.site import APARTMENT
from core.entities.turnover import TURNOVER, TURNOVER_LINE, Turnover, TurnoverKind
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context
from core.usecases.turnover import Moved, add_lock_lines, keep_receipt, move_of, remove_people
from core.usecases.undo_log import keep_undo, last_number

log = logging.getLogger(__name__)
EVERY_S = 300.0
"""Between two looks at the clock."""
BY_THE_CLOCK = "the clock"
"""Who made a receipt that nobody asked for."""


@dataclass(frozen=True, slots=True)
class Due:
    """What was done, or with `check` would be: receipts of move-outs, and of families whose lease has ended."""

    moved_out: tuple[Turnover, ...] = ()
    leases: tuple[Turnover, ...] = ()


async def run_due(ctx: Context, *, check: bool = False) -> Due:
    """Do what is due now; called at the start and from time to time, harmless when nothing is.

    Every receipt stays open until each door was read without the people. Nothing happens while nobody is signed in, nor
    for a distributor, who has no sites.
    """
    if ctx.actor is None or ctx.actor.role is Role.DISTRIBUTOR:
        return Due()
    plan = partial(_plan, now=ctx.clock.now())
    due = await ctx.mirror.read(plan, limit_ms=20_000)
    if check or due == Due():
        return due
    moved = await ctx.mirror.write(_complete, origin=Origin.JOB, act="Move out")
    ended = await ctx.mirror.write(_end_leases, origin=Origin.JOB, act="End leases")
    return Due(tuple(moved), tuple(ended))


async def keep_due(ctx: Context) -> None:
    """Do what is due again and again, until cancelled: for a window that stays open. A full disk does not end it."""
    while True:
        try:
            await run_due(ctx)
        except GatewrightError as fault:
            log.warning("What was due could not be done: %s", fault.code)
        await ctx.clock.sleep(EVERY_S)


def _plan(reader: Reader, *, now: datetime) -> Due:
    ended = (moved.receipt for moved in _ended(reader, now))
    return Due(tuple(_due_receipts(reader, now)), tuple(ended))


def _due_receipts(reader: Reader, now: datetime) -> list[Turnover]:
    waiting = reader.find(TURNOVER, done_at=None)
    return [t for t in waiting if t.due_at <= now and t.kind is TurnoverKind.MOVE_OUT]


def _complete(tx: Tx) -> list[Turnover]:
    done = []
    for receipt in _due_receipts(tx, tx.now):
        tx.grouped()
        ids = {line.person for line in tx.find(TURNOVER_LINE, turnover_id=receipt.id)}
        people = [p for i in sorted(ids) if (p := tx.get(RESIDENT, i)) is not None]
        add_lock_lines(tx, receipt, people)
        remove_people(tx, people)
        done.append(tx.patch(TURNOVER, receipt, done_at=tx.now))
    return done


def _ended(reader: Reader, now: datetime) -> list[Moved]:
    """SITE-12: where a lease has ended and 'delete family accounts on expiry' is set, the members who go."""
    found = []
    for apartment in reader.find(APARTMENT, delete_members=True):
        if apartment.valid_until is not None and apartment.valid_until <= now:
            members = [p for p in reader.find(RESIDENT, apartment_id=apartment.id) if _is_member(p)]
            if members:
                found.append(
                    move_of(reader, members, now, now, apartment_id=apartment.id, made_by=BY_THE_CLOCK)
                )
    return found


def _is_member(person: Resident) -> bool:
    return person.kind is PersonKind.RESIDENT and person.account_type is AccountType.MEMBER


def _end_leases(tx: Tx) -> list[Turnover]:
    done = []
    for moved in _ended(tx, tx.now):
        tx.grouped()
        since = last_number(tx)
        remove_people(tx, moved.people)
        done.append(keep_receipt(tx, moved, done_at=tx.now))
        keep_undo(tx, since, site_id=moved.receipt.site_id)
    return done
