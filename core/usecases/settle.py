"""Settling refused and conflicting edits: the tray (sync.md 3.10). Nothing leaves it but by a person's word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from core.base.errors import UserError
from core.schema.entity import EntitySpec, parse_fields
from core.store import tray
from core.store.changes import Origin
from core.store.tray import TrayEntry
from core.store.tx import Tx
from core.usecases.context import Context

ACTS: dict[str, Callable[[Tx, int], Any]] = {
    "retry": tray.retry,
    "drop": tray.drop,
    "keep-mine": tray.keep_mine,
    "keep-theirs": tray.keep_theirs,
}
"""What may be done with an entry as it is; correcting it is `correct`."""


async def open_entries(ctx: Context, *, settled: bool = False) -> list[TrayEntry]:
    """What waits for a person, oldest first; with `settled` what has been dealt with."""
    ctx.require_signed_in()
    return await ctx.mirror.read(lambda reader: tray.entries(reader, settled=settled))


async def settle(ctx: Context, entry_id: int, act: str) -> None:
    """Do one of ACTS with an entry; UserError where it does not fit the entry, NotFoundError for a settled one."""
    ctx.require_signed_in()
    await ctx.mirror.write(
        lambda tx: ACTS[act](tx, entry_id), origin=Origin.USER, act=f"Tray: {act.replace('-', ' ')}"
    )


async def settle_fields(ctx: Context, entry: TrayEntry, choices: Mapping[str, str]) -> None:
    """Settle a conflict field by field: all `theirs`, all `mine`, or mine for some fields and theirs for the others."""
    sides = set(choices.values())
    if len(sides) == 1:
        await settle(ctx, entry.id, f"keep-{sides.pop()}")
        return
    ctx.require_signed_in()
    theirs, columns = entry.theirs or {}, entry.spec.by_name
    values = {
        n: columns[n].load(theirs[n]) for n, side in choices.items() if side == "theirs" and n in theirs
    }
    await ctx.mirror.write(
        lambda tx: tray.edit(tx, entry.id, **values), origin=Origin.USER, act="Tray: settle"
    )


async def correct(ctx: Context, entry_id: int, texts: Mapping[str, str]) -> None:
    """Send an entry again with other values, given as typed."""
    ctx.require_signed_in()

    def work(tx: Tx) -> None:
        values, faults = parse_fields(tray.entry(tx, entry_id).spec, texts)
        if faults:
            raise UserError(faults[0].code, faults[0].message, field=faults[0].field)
        tray.edit(tx, entry_id, **values)

    await ctx.mirror.write(work, origin=Origin.USER, act="Tray: correct")


def plain(entry: TrayEntry) -> dict[str, Any]:
    """An entry as members of a JSON document, secrets masked."""
    return {
        "id": entry.id,
        "kind": entry.kind,
        "what": entry.label,
        "place": entry.context.get("place", ""),
        "code": entry.code,
        "message": entry.message,
        "field": entry.field,
        "mine": _shown(entry.spec, entry.mine),
        "theirs": _shown(entry.spec, entry.theirs),
        "before": _shown(entry.spec, entry.base),
        "by": entry.their_name,
        "at": _time(entry.at),
    }


def _shown(spec: EntitySpec[Any], values: Mapping[str, Any] | None) -> dict[str, str] | None:
    if values is None:
        return None
    columns = spec.by_name
    return {k: columns[k].kind.show(columns[k].load(v)) for k, v in values.items() if k in columns}


def _time(moment: datetime) -> str:
    return moment.isoformat(timespec="seconds")
