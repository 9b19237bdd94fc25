"""Taking back a bulk act: exactly what it wrote, and a list of what cannot be since it changed afterwards."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from core.base.errors import NotFoundError, UserError
from core.base.garbage import held_back
from core.entities import ALL, BY_NAME
from core.entities.access import ACCESS_GROUP
from core.entities.organisation import Role
from core.entities.person import RESIDENT, PersonKind
from core.entities.record import UNDO_ENTRY, UndoEntry
from core.entities.site import BUILDING, SITE
from core.rules.invariants import REMOVAL_RULES
from core.rules.plans import row_forbidden
from core.rules.rights import ACCESS_ROWS
from core.schema.columns import names_of
from core.schema.entity import EntitySpec
from core.schema.field import Ref
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases import moves
from core.usecases.bulk import BulkReport, Line
from core.usecases.context import Context, Permission
from core.usecases.undo_log import (
    MOVE,
    TAKEN_BACK,
    Step,
    digests_of,
    entries,
    keep_part,
    keep_undo,
    last_number,
    opposite,
    parts_of,
    spread,
)

CHANGED_SINCE = "It was changed since."


async def undo(
    ctx: Context, entry_id: str, *, progress: Callable[[int, int], None] | None = None
) -> BulkReport:
    """Take back what one act wrote, newest first. What somebody changed afterwards stays as it is and is listed.

    The undoing is kept as an entry of its own, so that it can be taken back too: that does the act again. An act of
    several transactions, such as an import, is taken back in as many; `progress(done, total)` is called between them,
    and where it is stopped, the same call goes on later. A move between sites is taken back by the cloud, and needs a
    network. UserError when there is no such entry or it was taken back.
    """
    ctx.require_signed_in()
    head, parts = await ctx.mirror.read(lambda r: (r.require(UNDO_ENTRY, entry_id), parts_of(r, entry_id)))
    if head.undone_at is not None:
        raise UserError("undo.done", f"'{head.act}' was taken back already.")
    if MOVE in head.steps:
        return await moves.undo_move(ctx, head)
    if not parts and head.steps["steps"]:
        return await ctx.mirror.write(
            lambda tx: _undo_whole(ctx, tx, entry_id), origin=Origin.USER, act="Undo"
        )
    told = Told()
    back = ""
    for done, part in enumerate(parts):
        if progress is not None:
            progress(done, len(parts))
        back = await ctx.mirror.write(
            partial(_undo_part, ctx, part_id=part, back=back, told=told), origin=Origin.USER, act="Undo"
        )
    return await ctx.mirror.write(
        lambda tx: _close(tx, entry_id, told.report(), back), origin=Origin.USER, act="Undo"
    )


def _undo_whole(ctx: Context, tx: Tx, entry_id: str) -> BulkReport:
    entry = _to_undo(ctx, tx, entry_id)
    since = last_number(tx)
    told = take_back(tx, entry.steps["steps"])
    report = told.report()
    tx.patch(UNDO_ENTRY, entry, undone_at=tx.now, said=report.sentence[:400])
    if not told.changed:
        return report
    return replace(report, undo_id=keep_undo(tx, since, site_id=entry.site_id, act=opposite(entry.act)))


def _undo_part(ctx: Context, tx: Tx, *, part_id: str, back: str, told: Told) -> str:
    """One transaction's part; returns the id of the entry that takes the undoing back."""
    with held_back():
        entry = _to_undo(ctx, tx, part_id)
        since = last_number(tx)
        told.add(take_back(tx, entry.steps["steps"]))
        tx.patch(UNDO_ENTRY, entry, undone_at=tx.now)
        head = keep_part(tx, since, head=back, act=opposite(entry.act), site_id=entry.site_id)
        tx.flush()
    return head


def _to_undo(ctx: Context, tx: Tx, entry_id: str) -> UndoEntry:
    entry = tx.require(UNDO_ENTRY, entry_id)
    if entry.undone_at is not None:
        raise UserError("undo.done", f"'{entry.act}' was taken back already.")
    for entity in {step["entity"] for step in entry.steps["steps"]}:
        ctx.require(_permission(entity))
    _require_switches(ctx, tx, entry)
    tx.grouped()
    return entry


def _require_switches(ctx: Context, tx: Tx, entry: UndoEntry) -> None:
    """ACC-12: taking back is deleting accounts or setting up access as well, where the act itself was the opposite."""
    if ctx.me.role is not Role.MANAGER:
        return
    for step in spread(entry.steps["steps"]):
        site = tx.get(SITE, step["scope"])
        if step["entity"] == RESIDENT.name and step["op"] in {"create", "restore", "made"}:
            ctx.require_at(Permission.DELETE_ACCOUNTS, site)
        values = {**step.get("old", {}), **step.get("fields", {})}
        person = tx.get(RESIDENT, values.get("person_id") or values.get("owner_id") or "")
        if step["entity"] in ACCESS_ROWS and (person is None or person.kind is PersonKind.RESIDENT):
            ctx.require_at(Permission.SET_ACCESS, site)


def _close(tx: Tx, entry_id: str, report: BulkReport, back: str) -> BulkReport:
    entry = tx.require(UNDO_ENTRY, entry_id)
    tx.patch(UNDO_ENTRY, entry, undone_at=tx.now, said=report.sentence[:400])
    # The two moments are equal for what was done in one go, by which `next_redo` knows it.
    if back:
        tx.patch(UNDO_ENTRY, tx.require(UNDO_ENTRY, back), at=tx.now)
    return replace(report, undo_id=back)


async def undo_entries(ctx: Context, *, limit: int = 100) -> list[UndoEntry]:
    """What may be taken back and what was, newest first."""
    ctx.require_signed_in()
    return await ctx.mirror.read(lambda r: entries(r, limit=limit))


def next_undo(found: Sequence[UndoEntry]) -> UndoEntry | None:
    """The newest act that can be taken back, of entries with the newest first."""
    return next((e for e in found if e.undone_at is None and not e.act.startswith(TAKEN_BACK)), None)


def next_redo(found: Sequence[UndoEntry]) -> UndoEntry | None:
    """The act that was taken back last, unless another act was done since: its entry is taken back to do it again."""
    done_again = {e.undone_at for e in found if e.act.startswith(TAKEN_BACK) and e.undone_at is not None}
    for entry in found:
        # What was done again was written in the transaction that took the undoing back.
        if entry.undone_at is None and entry.at not in done_again:
            return entry if entry.act.startswith(TAKEN_BACK) else None
    return None


_PERMISSIONS = {
    "sites": Permission.EDIT_SITES,
    "buildings": Permission.EDIT_SITES,
    "departments": Permission.EDIT_SITES,
    "public_areas": Permission.EDIT_SITES,
    "apartments": Permission.EDIT_APARTMENTS,
    "mac_entries": Permission.EDIT_LIBRARY,
    "devices": Permission.EDIT_DEVICES,
    "relays": Permission.EDIT_DEVICES,
    "rollouts": Permission.FIRMWARE,
    "rollout_targets": Permission.FIRMWARE,
}


def _permission(entity: str) -> Permission:
    return _PERMISSIONS.get(entity, Permission.EDIT_PEOPLE)


class Told:
    """What became of the rows: each is told once, and as one that cannot be when any of its steps could not."""

    def __init__(self) -> None:
        self.changed: dict[str, Line] = {}
        self.cannot: dict[str, Line] = {}
        self.leaving: frozenset[str] = frozenset()
        """Ids of buildings that the same act made, which go with their default groups."""
        self.after: dict[str, Any] = {}

    def note(self, row_id: str, title: str, why: str) -> None:
        """What came of one step; `why` is empty when it was undone."""
        (self.cannot if why else self.changed)[row_id] = Line(row_id, title, why)

    def add(self, other: Told) -> None:
        """What came of another part of the same act."""
        self.changed |= other.changed
        self.cannot |= other.cannot

    def report(self) -> BulkReport:
        """For the person."""
        done = tuple(line for key, line in self.changed.items() if key not in self.cannot)
        return BulkReport(False, done, tuple(self.cannot.values()))


def take_back(tx: Tx, steps: list[Step]) -> Told:
    """Undo the steps in reverse. A row that points at one which comes back only later is tried again after it."""
    told = Told()
    made = [step["made"] for step in steps if step["op"] == "made" and step["entity"] == BUILDING.name]
    told.leaving = frozenset(row_id for pairs in made for row_id, _ in pairs)
    todo = list(spread(steps))[::-1]
    while later := [step for step in todo if not _take_back_one(tx, step, told)]:
        if len(later) == len(todo):
            for step in later:
                title = _title(tx, BY_NAME[step["entity"]], step)
                told.note(step["id"], title, "What it belongs to is not there any more.")
            break
        todo = later
    return told


def _take_back_one(tx: Tx, step: Step, told: Told) -> bool:
    """Undo one step and note what came of it; False when it has to wait for a row that it points at."""
    spec = BY_NAME[step["entity"]]
    if step["op"] == "made":
        _undo_made(tx, spec, step["made"], told)
        return True
    title = _title(tx, spec, step)
    try:
        why = _UNDO[step["op"]](tx, spec, step)
    except NotFoundError:
        return False
    except UserError as fault:
        why = str(fault)
    told.note(step["id"], title, why)
    return True


def _undo_made(tx: Tx, spec: EntitySpec[Any], made: list[list[str]], told: Told) -> None:
    """Remove rows that were made one after the other, asking the mirror once for all of them."""
    rows = {row.id: row for row in tx.find_in(spec, "id", [row_id for row_id, _ in made])}
    there = Counter[str]()
    for other, name in _pointing(spec):
        found = tx.find_in(other, name, list(rows))
        # A building's default group is kept by a rule while the building is there, so it goes after it.
        there.update(getattr(row, name) for row in found if row.id not in told.after)
    going = []
    marks = digests_of(spec, list(rows.values()))
    names = dict(zip(rows, names_of(spec, list(rows.values())), strict=True))
    for row_id, mark in reversed(made):
        row = rows.get(row_id)
        if row is None:
            continue
        why = CHANGED_SINCE if marks[row_id] != mark else ""
        why = why or (f"{there[row_id]} rows were added to it since." if there[row_id] else "")
        told.note(row_id, f"{spec.label} {names[row_id]}", why)
        if not why and spec is ACCESS_GROUP and row.building_id in told.leaving:
            told.after[row_id] = row
        elif not why:
            going.append(row)
    for row_id, why in remove_many(tx, spec, going).items():
        told.note(row_id, f"{spec.label} {names[row_id]}", why)
    if spec is BUILDING:
        _remove_default_groups(tx, told)


def _remove_default_groups(tx: Tx, told: Told) -> None:
    for row_id, why in remove_many(tx, ACCESS_GROUP, list(told.after.values())).items():
        told.note(row_id, f"{ACCESS_GROUP.label} {told.after[row_id].name}", why)
    told.after.clear()


def remove_many(tx: Tx, spec: EntitySpec[Any], rows: Sequence[Any]) -> dict[str, str]:
    """Remove rows of one entity; row id -> why a rule kept it."""
    if spec.name not in REMOVAL_RULES:
        tx.remove_many(spec, rows)
        return {}
    kept = {}
    for row in rows:
        try:
            tx.remove(spec, row.id)
        except UserError as fault:
            kept[row.id] = str(fault)
    return kept


def _title(tx: Tx, spec: EntitySpec[Any], step: Step) -> str:
    row = tx.get(spec, step["id"])
    name = (
        spec.name_of(row)
        if row is not None
        else spec.name_of(_row(spec, step, {**step["old"], **step["fields"]}))
    )
    return f"{spec.label} {name}"


def _row(spec: EntitySpec[Any], step: Step, stored: dict[str, Any]) -> Any:
    values = {
        c.name: c.load(stored[c.name]) if c.name in stored else (None if c.optional else c.default)
        for c in spec.columns
    }
    return spec.row(id=step["id"], scope_id=step["scope"], **values)


def _undo_create(tx: Tx, spec: EntitySpec[Any], step: Step) -> str:
    row = tx.get(spec, step["id"])
    if row is None:
        return ""
    if spec.store(row) != step["fields"]:
        return CHANGED_SINCE
    if count := sum(len(tx.find(other, **{name: row.id})) for other, name in _pointing(spec)):
        return f"{count} rows were added to it since."
    tx.remove(spec, row.id)
    return ""


def _pointing(spec: EntitySpec[Any]) -> Iterator[tuple[EntitySpec[Any], str]]:
    for other in ALL:
        for column in other.refs:
            if isinstance(column.kind, Ref) and column.kind.to == spec.name and other.name != "sites":
                yield other, column.name


def _undo_patch(tx: Tx, spec: EntitySpec[Any], step: Step) -> str:
    row = tx.get(spec, step["id"])
    if row is None:
        return "It was removed since."
    now = spec.store(row)
    back = {n: spec.by_name[n].load(step["old"][n]) for n, v in step["fields"].items() if now[n] == v}
    kept = [n for n, v in step["fields"].items() if now[n] not in {v, step["old"][n]}]
    if back:
        tx.patch(spec, row, **back)
    labels = [spec.by_name[n].label for n in kept]
    return f"{', '.join(labels)} was changed since." if labels else ""


def _undo_delete(tx: Tx, spec: EntitySpec[Any], step: Step) -> str:
    if tx.get(spec, step["id"]) is not None:
        return ""
    if why := row_forbidden(tx.get(SITE, step["scope"]), spec.name, tx.now):
        return why
    tx.restore(spec, _row(spec, step, step["old"]))
    return ""


_UNDO = {
    "create": _undo_create,
    "restore": _undo_create,
    "patch": _undo_patch,
    "delete": _undo_delete,
}
