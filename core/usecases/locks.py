"""Third-party locks: added, linked to a door phone, and what each should know (DEV-10, GRP-01, CRED-05, INT-02)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.base.ids import new_id
from core.entities.lock import GROUP_LOCK, LOCK, LOCK_CODE, LOCK_HOLD, Lock, LockBrand
from core.entities.site import SITE
from core.rules.explain import name_of, word_of
from core.rules.locks import LockPlan, compile_lock, groups_of_lock
from core.schema.entity import EntitySpec
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context, Permission
from core.usecases.desired import site_rows
from core.usecases.turnover import settle_lock_lines

LOCK_GONE = "The lock was taken out of the site; what it knows was not touched."
ON_LOCKS: tuple[EntitySpec[Any], ...] = (GROUP_LOCK, LOCK_HOLD, LOCK_CODE)
"""What goes with a lock."""


@dataclass(frozen=True, slots=True)
class LockLine:
    """One lock of the list: the groups that open it, how many people it should know and what it cannot take."""

    lock: Lock
    groups: tuple[str, ...]
    follows: str
    people: int
    faults: tuple[str, ...]


async def add_lock(ctx: Context, *, site_id: str, name: str, brand: LockBrand, **more: Any) -> Lock:
    """DEV-10: a lock of a site or an apartment; adding is the installer's."""
    ctx.require(Permission.EDIT_DEVICES)

    def work(tx: Tx) -> Lock:
        site = tx.require(SITE, site_id)
        row = Lock(
            id=new_id(), scope_id=site.id, site_id=site.id, name=name, brand=brand, made_at=tx.now, **more
        )
        return tx.put(LOCK, row)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add lock")


async def rename_lock(ctx: Context, *, lock_id: str, name: str) -> Lock:
    """DEV-21: a lock's name; a property manager may change it too."""
    ctx.require(Permission.SET_DEVICES)
    change = lambda tx: tx.patch(LOCK, tx.require(LOCK, lock_id), name=name)  # noqa: E731  one line, used once
    return await ctx.mirror.write(change, origin=Origin.USER, act="Rename lock")


async def link_lock(ctx: Context, *, lock_id: str, device_id: str | None) -> Lock:
    """DEV-10: from now on the lock follows this door phone (None: no longer). It leaves the groups it was in."""
    ctx.require(Permission.EDIT_DEVICES)

    def work(tx: Tx) -> Lock:
        tx.grouped()
        if device_id is not None:
            strike_from_groups(tx, lock_id)
        return tx.patch(LOCK, tx.require(LOCK, lock_id), device_id=device_id)

    return await ctx.mirror.write(work, origin=Origin.USER, act="Link lock")


def strike_from_groups(tx: Tx, lock_id: str) -> None:
    """Take a lock out of every group: it follows a door phone from now on."""
    for row in tx.find(GROUP_LOCK, lock_id=lock_id):
        tx.remove(GROUP_LOCK, row.id)


async def remove_lock(ctx: Context, lock_id: str) -> None:
    """Take a lock out of the site; what it knows is not touched."""
    ctx.require(Permission.EDIT_DEVICES)

    def work(tx: Tx) -> None:
        tx.grouped()
        for spec in ON_LOCKS:
            for row in tx.find(spec, lock_id=lock_id):
                tx.remove(spec, row.id)
        tx.remove(LOCK, lock_id)
        settle_lock_lines(tx, lock_id, said=LOCK_GONE)

    await ctx.mirror.write(work, origin=Origin.USER, act="Remove lock")


async def offered_locks(ctx: Context, site_id: str) -> list[Lock]:
    """GRP-01: the locks that a group may be given; one that is linked to a door phone is not among them."""
    ctx.require(Permission.EDIT_PEOPLE)
    locks = await ctx.mirror.read(lambda r: r.find(LOCK, scope_id=site_id))
    return sorted((lock for lock in locks if lock.device_id is None), key=lambda one: one.name.lower())


async def list_locks(ctx: Context, site_id: str) -> list[LockLine]:
    """Every lock of a site by name, with who opens it and each code that does not fit it, listed and never cut."""
    ctx.require(Permission.EDIT_PEOPLE)
    now = ctx.clock.now()

    def work(reader: Reader) -> list[LockLine]:
        rows = site_rows(reader, site_id)
        lines = []
        for lock in sorted(rows.locks, key=lambda one: one.name.lower()):
            plan = compile_lock(rows, lock, now)
            phone = next((d.name for d in rows.devices if d.id == lock.device_id), "")
            groups = tuple(g.name for g in groups_of_lock(rows, lock))
            lines.append(LockLine(lock, groups, phone, len(plan.people), faults_of(plan)))
        return lines

    return await ctx.mirror.read(work, limit_ms=20_000)


def faults_of(plan: LockPlan) -> tuple[str, ...]:
    """What a lock cannot take, for people: who, which kind, why."""
    return tuple(f"{name_of(one.person)}, {word_of(one.kind)}: {one.why}" for one in plan.faults)
