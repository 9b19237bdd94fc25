"""Taking back a bulk act: exactly what it wrote, and a list of what cannot be since it changed afterwards."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from core.base.errors import UserError
from core.entities import ALL, BY_NAME
from core.entities.record import UNDO_ENTRY, UndoEntry
from core.schema.entity import EntitySpec
from core.schema.field import Ref
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases.bulk import BulkReport, Line
from core.usecases.context import Context, Permission
from core.usecases.undo_log import entries, keep_undo, last_number

Step = dict[str, Any]
CHANGED_SINCE = "It was changed since."
TAKEN_BACK = "Undo: "
"""How the act is called that took another one back; taking such an entry back does the first act again."""


async def undo(ctx: Context, entry_id: str) -> BulkReport:
    """Take back what one act wrote, newest first. What somebody changed afterwards stays as it is and is listed.

    The undoing is kept as an entry of its own, so that it can be taken back too: that does the act again.
    UserError when there is no such entry or it was taken back already.
    """
    ctx.require(Permission.EDIT_PEOPLE)

    def work(tx: Tx) -> BulkReport:
        entry = tx.require(UNDO_ENTRY, entry_id)
        if entry.undone_at is not None:
            raise UserError("undo.done", f"'{entry.act}' was taken back already.")
        for step in entry.steps["steps"]:
            ctx.require(_permission(step["entity"]))
        tx.grouped()
        since = last_number(tx)
        changed, cannot = take_back(tx, entry.steps["steps"])
        report = BulkReport(False, tuple(changed), tuple(cannot))
        tx.patch(UNDO_ENTRY, entry, undone_at=tx.now, said=report.sentence[:400])
        if not changed:
            return report
        return replace(report, undo_id=keep_undo(tx, since, site_id=entry.site_id, act=_opposite(entry.act)))

    return await ctx.mirror.write(work, origin=Origin.USER, act="Undo")


async def undo_entries(ctx: Context, *, limit: int = 100) -> list[UndoEntry]:
    """What may be taken back, newest first."""
    ctx.require(Permission.EDIT_PEOPLE)
    return await ctx.mirror.read(lambda r: entries(r, limit=limit))


def _opposite(act: str) -> str:
    """The name of the act that takes this one back."""
    return act.removeprefix(TAKEN_BACK) if act.startswith(TAKEN_BACK) else f"{TAKEN_BACK}{act}"


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


def _permission(entity: str) -> Permission:
    places = {"sites", "buildings", "departments", "public_areas"}
    if entity == "apartments":
        return Permission.EDIT_APARTMENTS
    return Permission.EDIT_SITES if entity in places else Permission.EDIT_PEOPLE


def take_back(tx: Tx, steps: list[Step]) -> tuple[list[Line], list[Line]]:
    """Undo the steps in reverse; (rows that are as before, rows that could not be put back and why)."""
    changed: dict[str, Line] = {}
    cannot: dict[str, Line] = {}
    for step in reversed(steps):
        spec = BY_NAME[step["entity"]]
        title = _title(tx, spec, step)
        try:
            why = _UNDO[step["op"]](tx, spec, step)
        except UserError as fault:
            why = str(fault)
        (cannot if why else changed)[step["id"]] = Line(step["id"], title, why)
    return [line for key, line in changed.items() if key not in cannot], list(cannot.values())


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
    tx.restore(spec, _row(spec, step, step["old"]))
    return ""


_UNDO = {
    "create": _undo_create,
    "restore": _undo_create,
    "patch": _undo_patch,
    "delete": _undo_delete,
}
