"""The codes of third-party locks: what is to be entered at the makers' programs, and what was (SET-03, INT-02).

Nothing here calls a maker. The list is written with codes in the clear, which is audited; a person enters it and says
so, or says what the maker's program answered. What a moved-out person left in a lock stays in the list until somebody
says that it is gone, and so long the receipt of the move-out stays open.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

from core.base.errors import UserError
from core.base.ids import new_id
from core.base.verdict import Verdict
from core.base.words import clean
from core.entities.credential import CREDENTIAL
from core.entities.lock import LOCK, LOCK_CODE, LockCode
from core.entities.site import SITE
from core.rules.explain import word_of
from core.rules.lock_codes import OPEN, LockItem, Todo, lock_items, mark_of
from core.rules.locks import compile_lock
from core.sheets.write import write_table
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.bulk import BulkReport, Line, run_act
from core.usecases.context import Context, Permission
from core.usecases.desired import site_rows
from core.usecases.turnover import settle_lock_lines

HEADS = ("Lock", "Brand", "What to do", "Name", "Kind", "Code", "Why")


async def lock_work(ctx: Context, *, site_id: str, lock_id: str = "") -> list[LockItem]:
    """What is to be done at the locks of a site or at one of them, and what stands; no code in it is to be shown."""
    ctx.require(Permission.EDIT_PEOPLE)
    now = ctx.clock.now()
    work = partial(items_of, now=now, site_id=site_id, lock_id=lock_id)
    return await ctx.mirror.read(work, limit_ms=20_000)


def items_of(reader: Reader, *, now: datetime, site_id: str, lock_id: str = "") -> list[LockItem]:
    """What `lock_work` gives, at a moment; nothing is looked for at a site without such locks."""
    if reader.first(LOCK, scope_id=site_id) is None:
        return []
    site, rows = reader.require(SITE, site_id), site_rows(reader, site_id)
    known = reader.find(LOCK_CODE, scope_id=site_id)
    locks = sorted((one for one in rows.locks if lock_id in {"", one.id}), key=lambda one: one.name.lower())
    return [
        item for lock in locks for item in lock_items(compile_lock(rows, lock, now), site.proof_key, known)
    ]


async def write_lock_sheet(ctx: Context, *, site_id: str, path: Path, lock_id: str = "") -> int:
    """Write what is to be done as a list for the maker's program, codes in the clear; how many lines.

    Takes the right to see codes; each code that is written is noted in the audit (LOG-06).
    """
    ctx.require(Permission.SEE_SECRETS)
    items = [one for one in await lock_work(ctx, site_id=site_id, lock_id=lock_id) if one.todo in OPEN]

    def note(tx: Tx) -> None:
        for item in items:
            if item.code is not None:
                tx.note_act(CREDENTIAL, item.code, "reveal")

    await ctx.mirror.write(note, origin=Origin.USER, act="Codes for locks")
    lines = (
        (
            one.lock.name,
            one.lock.brand.value,
            one.todo.value,
            one.name,
            word_of(one.kind),
            _code(one),
            one.why,
        )
        for one in items
    )
    return write_table(path, HEADS, lines, title="Codes for locks")


def _code(item: LockItem) -> str:
    return item.code.code if item.code is not None else ""


async def note_lock_work(
    ctx: Context,
    *,
    lock_id: str,
    person_ids: Sequence[str] | None = None,
    failed: str = "",
    check: bool = False,
) -> BulkReport:
    """Say that what was to be done at a lock was done at its maker's program, for all or for some people; with `failed`
    that the program refused it, in its words. UserError for a lock that is not here.
    """
    ctx.require(Permission.EDIT_PEOPLE)
    said = clean(failed, limit=400)

    def work(tx: Tx) -> BulkReport:
        lock = tx.require(LOCK, lock_id)
        salt = tx.require(SITE, lock.site_id).proof_key
        changed, already, cannot = [], [], []
        for item in items_of(tx, now=tx.now, site_id=lock.site_id, lock_id=lock.id):
            line = Line(item.person, f"{item.name}, {word_of(item.kind)}: {item.todo.value}", item.why)
            if person_ids is not None and item.person not in person_ids:
                continue
            if item.todo is Todo.CANNOT:
                cannot.append(line)
            elif item.todo is Todo.KEEP:
                already.append(Line(item.person, line.title))
            else:
                _note(tx, item, salt, said)
                changed.append(Line(item.person, line.title))
        if person_ids is not None and not (changed or already or cannot):
            raise UserError("locks.codes.nobody", f"Nothing at '{lock.name}' is about them.")
        return BulkReport(check, tuple(changed), tuple(cannot), tuple(already))

    return await run_act(ctx, "Codes of a lock", work, check=check, site_id=await _site_of(ctx, lock_id))


async def note_lock_items(
    ctx: Context, *, site_id: str, keys: Collection[str], failed: str = "", check: bool = False
) -> BulkReport:
    """As `note_lock_work`, for single codes at one or more locks of a site, by `LockItem.key`: in one transaction.

    With `failed` also what was said to stand is refused. UserError when none of them is to be done any more.
    """
    ctx.require(Permission.EDIT_PEOPLE)
    said = clean(failed, limit=400)

    def work(tx: Tx) -> BulkReport:
        salt = tx.require(SITE, site_id).proof_key
        changed, already, cannot = [], [], []
        for item in items_of(tx, now=tx.now, site_id=site_id):
            line = Line(item.key, f"{item.lock.name}: {item.todo.value}: {item.name}, {word_of(item.kind)}")
            if item.key not in keys:
                continue
            if item.todo is Todo.CANNOT:
                cannot.append(replace(line, why=item.why))
            elif item.todo is Todo.KEEP and not said:
                already.append(line)
            else:
                _note(tx, item, salt, said)
                changed.append(line)
        if not (changed or already or cannot):
            words = "Somebody has said in the meantime that this was done, or it is not wanted any more."
            raise UserError("locks.codes.gone", words, remedy="Look at the list again.")
        return BulkReport(check, tuple(changed), tuple(cannot), tuple(already))

    return await run_act(ctx, "Codes of a lock", work, check=check, site_id=site_id)


async def show_lock_code(ctx: Context, *, site_id: str, key: str) -> str:
    """The code of one item in the clear, to be entered at the maker's program; the audit notes it (LOG-06).

    UserError for an item without one: of what is to be taken away only a fingerprint is kept.
    """
    ctx.require(Permission.SEE_SECRETS)
    items = await lock_work(ctx, site_id=site_id)
    code = next((one.code for one in items if one.key == key), None)
    if code is None:
        raise UserError("locks.codes.none", "Nothing here holds this code any more.")
    await ctx.mirror.write(
        lambda tx: tx.note_act(CREDENTIAL, code, "reveal"), origin=Origin.USER, act="Codes for locks"
    )
    return code.code


async def _site_of(ctx: Context, lock_id: str) -> str:
    return (await ctx.mirror.read(lambda r: r.require(LOCK, lock_id))).site_id


def _note(tx: Tx, item: LockItem, salt: str, failed: str) -> None:
    now: dict[str, Any] = {"at": tx.now, "by": tx.author.name}
    if item.todo is Todo.TAKE and item.known is not None:
        if failed:
            tx.patch(LOCK_CODE, item.known, said=failed, **now)
        else:
            tx.remove(LOCK_CODE, item.known.id)
        settle_lock_lines(tx, item.lock.id)
        return
    verdict = Verdict.REFUSED if failed else Verdict.ACCEPTED
    if item.known is not None:
        tx.patch(LOCK_CODE, item.known, verdict=verdict, said=failed, **now)
    elif item.code is not None:
        row = LockCode(
            id=new_id(),
            scope_id=item.lock.scope_id,
            lock_id=item.lock.id,
            person=item.person,
            kind=item.kind,
            mark=mark_of(salt, item.code),
            name=item.name[:160],
            verdict=verdict,
            said=failed,
            **now,
        )
        tx.put(LOCK_CODE, row)
