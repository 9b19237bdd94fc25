"""What a person does with refused and conflicting edits (sync.md 3.10). Each act is one function over a transaction.

An act that sends something again makes a new edit, which says whose place it takes; the entry stays as history. All
acts are audited. Call each in a transaction of its own, as origin USER.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, select

from core.base.clock import from_ms
from core.base.errors import NotFoundError, UserError
from core.entities import BY_NUMBER
from core.schema.entity import EntitySpec
from core.store import outbox, traybook
from core.store.reader import Reader
from core.store.rebase import rebase, shadow_of
from core.store.tables import OUTBOX, SHADOW, SYNC_SCOPE, TRAY, table_of
from core.store.tx import Tx


@dataclass(frozen=True, slots=True)
class TrayEntry:
    """One edit that the cloud did not take as it was. Values are in stored form; `secrets` names those to be masked.

    `kind`: refused, conflict, scope_lost, gone, too_old. `context` reads without the mirror: kind, row, place, fields.
    """

    id: int
    mut_id: str
    entity: str
    entity_id: str
    scope: str
    op: str
    kind: str
    code: str
    message: str
    field: str
    mine: Mapping[str, Any]
    theirs: Mapping[str, Any] | None
    base: Mapping[str, Any] | None
    their_name: str
    label: str
    context: Mapping[str, Any]
    at: datetime
    resolved_at: datetime | None
    resolution: str | None

    @property
    def spec(self) -> EntitySpec[Any]:
        """The declaration of the row's entity."""
        return next(spec for spec in BY_NUMBER.values() if spec.name == self.entity)

    @property
    def secrets(self) -> frozenset[str]:
        """Fields whose values are not shown in clear."""
        return self.spec.secrets


def entries(reader: Reader, *, settled: bool = False) -> list[TrayEntry]:
    """The open entries, oldest first; with `settled` the closed ones instead."""
    state = TRAY.c.resolved_at.is_not(None) if settled else TRAY.c.resolved_at.is_(None)
    return [
        _entry(r) for r in reader.connection.execute(select(TRAY).where(state).order_by(TRAY.c.id)).mappings()
    ]


def entry(reader: Reader, entry_id: int) -> TrayEntry:
    """One open entry; NotFoundError when there is none of that number."""
    query = select(TRAY).where(TRAY.c.id == entry_id, TRAY.c.resolved_at.is_(None))
    row = reader.connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFoundError("tray.unknown", f"The tray has no open entry {entry_id}.")
    return _entry(row)


def retry(tx: Tx, entry_id: int) -> None:
    """Send it again as it was: the reason may be gone (another PIN was freed, access was given)."""
    found = entry(tx, entry_id)
    _send_again(tx, found, {}, "sent again")


def edit(tx: Tx, entry_id: int, **values: Any) -> None:
    """Correct and send again. `values`: Python values of fields, on top of what was entered before."""
    found = entry(tx, entry_id)
    if found.op == "delete":
        raise UserError("tray.nothing_to_edit", "This was a removal: there is nothing to correct in it.")
    unknown = sorted(set(values) - set(found.spec.names))
    if unknown:
        raise UserError("tray.field", f"{found.spec.label} has no field '{unknown[0][:40]}'.")
    _send_again(tx, found, values, "corrected")


def keep_mine(tx: Tx, entry_id: int) -> None:
    """Having seen the other value, put mine over it; a row that was removed comes back with my change."""
    found = entry(tx, entry_id)
    if found.kind not in {"conflict", "gone"}:
        raise UserError(
            "tray.not_a_conflict", "This was refused, not overtaken: send it again, correct it or drop it."
        )
    _send_again(tx, found, {}, "kept mine")


def keep_theirs(tx: Tx, entry_id: int) -> None:
    """Leave what stands in the cloud; mine is kept in the history of the tray."""
    found = entry(tx, entry_id)
    if found.kind not in {"conflict", "gone"}:
        raise UserError(
            "tray.not_a_conflict", "There is no other value to keep: send it again, correct it or drop it."
        )
    _close(tx, found, "kept theirs")


def drop(tx: Tx, entry_id: int) -> int:
    """Let it go. A row that was never accepted goes from the mirror, and with it everything that was built on it;
    returns how many edits went.
    """
    found = entry(tx, entry_id)
    if found.op != "create":
        _close(tx, found, "dropped")
        return 1
    count = _drop_created(tx, found)
    outbox.release(tx)
    return count


# ---------------------------------------------------------------------------------------------------- sending again


def _send_again(tx: Tx, found: TrayEntry, values: Mapping[str, Any], resolution: str) -> None:
    _require_access(tx, found)
    outbox.set_aside(tx)
    _resolve(tx, found, resolution)
    tx.supersedes = found.mut_id
    try:
        if found.op == "create":
            _create_again(tx, found, values)
        elif found.op == "delete":
            if found.kind != "gone" and tx.get(found.spec, found.entity_id) is not None:
                tx.remove(found.spec, found.entity_id)
        elif found.kind == "gone" or found.op == "restore":
            _bring_back(tx, found, values)
        else:
            mine = {**_loaded(found.spec, found.mine), **values}
            tx.patch(found.spec, tx.require(found.spec, found.entity_id), **mine)
        tx.flush()
    finally:
        tx.supersedes = None
    _refresh_flag(tx, found)
    outbox.release(tx)
    image = shadow_of(tx.connection, found.spec, found.entity_id, found.scope)
    if found.op == "create" and image is not None:
        # Edits of the row that waited for it are in view again.
        rebase(tx, found.spec, found.entity_id, image)


def _create_again(tx: Tx, found: TrayEntry, values: Mapping[str, Any]) -> None:
    """The row as it is here now (it may have been corrected in its form), or as it was entered. A removal that waited
    for it is overtaken: who sends a row again wants it.
    """
    for removal in [e for e in _unsent(tx) if (e["entity_id"], e["op"]) == (found.entity_id, "delete")]:
        _throw_away(tx, removal, "This row was sent again after it had been removed here.")
        traybook.resolve(tx, "overtaken", mut_id=removal["mut_id"])
    row = tx.get(found.spec, found.entity_id) or _row(found.spec, found, found.mine)
    table = table_of(found.spec)
    tx.connection.execute(delete(table).where(table.c.id == found.entity_id))
    tx.put(found.spec, _with(found.spec, row, values))


def _bring_back(tx: Tx, found: TrayEntry, values: Mapping[str, Any]) -> None:
    if tx.get(found.spec, found.entity_id) is not None:
        mine = {**_loaded(found.spec, found.mine), **values}
        tx.patch(found.spec, tx.require(found.spec, found.entity_id), **mine)
        return
    whole = {**(found.base or {}), **found.mine}
    if not set(found.spec.names) <= whole.keys():
        raise UserError("tray.not_whole", "The rest of this row is not known here any more; add it anew.")
    row = _row(found.spec, found, whole)
    tx.restore(found.spec, _with(found.spec, row, values))


def _row(spec: EntitySpec[Any], found: TrayEntry, stored: Mapping[str, Any]) -> Any:
    return spec.load((found.entity_id, found.scope, 0, *[stored.get(name) for name in spec.names]))


def _with(spec: EntitySpec[Any], row: Any, values: Mapping[str, Any]) -> Any:
    fields = {name: getattr(row, name) for name in spec.names}
    return spec.row(id=row.id, scope_id=row.scope_id, ver=0, **{**fields, **values})


def _loaded(spec: EntitySpec[Any], stored: Mapping[str, Any]) -> dict[str, Any]:
    return {name: spec.by_name[name].load(value) for name, value in stored.items() if name in spec.by_name}


def _require_access(tx: Tx, found: TrayEntry) -> None:
    if found.kind != "scope_lost":
        return
    held = select(SYNC_SCOPE.c.scope).where(SYNC_SCOPE.c.scope == found.scope, SYNC_SCOPE.c.state == "live")
    if tx.connection.execute(held).first() is None:
        remedy = "Ask for access, or copy what you entered and hand it to somebody who has it."
        raise UserError("tray.no_access", "You have no access to this site now.", remedy=remedy)


# ---------------------------------------------------------------------------------------------------------- letting go


def _drop_created(tx: Tx, found: TrayEntry) -> int:
    """Remove the row and, again and again, what points at a removed row: unsent edits and entries of the tray."""
    gone, count = {found.entity_id}, 0
    while True:
        edits = [e for e in _unsent(tx) if not gone.isdisjoint(outbox.targets(e))]
        tray = [e for e in entries(tx) if not gone.isdisjoint(_targets(e))]
        if not edits and not tray:
            return count
        for edit_ in edits:
            _throw_away(tx, edit_, "This was built on a row that was dropped.")
            _without(tx, edit_, gone)
        for one in entries(tx) if edits else tray:
            if not gone.isdisjoint(_targets(one)):
                _close(tx, one, "dropped")
                count += 1
                if one.op == "create":
                    gone.add(one.entity_id)
                    _remove_row(tx, one)


def _throw_away(tx: Tx, edit_: Mapping[str, Any], words: str) -> None:
    """An unsent edit leaves the outbox; what was entered stays readable in the tray."""
    mine = traybook.loads(edit_["fields"])
    traybook.add(tx, edit_, kind="refused", code="dropped", message=words, mine=mine)
    tx.connection.execute(delete(OUTBOX).where(OUTBOX.c.n == edit_["n"]))


def _without(tx: Tx, edit_: Mapping[str, Any], gone: set[str]) -> None:
    """A row that stays shows its state without the edit."""
    spec, row_id = BY_NUMBER[edit_["entity"]], edit_["entity_id"]
    image = shadow_of(tx.connection, spec, row_id, edit_["scope"])
    if row_id not in gone and edit_["op"] != "create" and image is not None:
        rebase(tx, spec, row_id, image)


def _unsent(tx: Tx) -> list[dict[str, Any]]:
    """Edits that never left, or came back unjudged: only those may be thrown away."""
    rows = tx.connection.execute(select(OUTBOX).where(OUTBOX.c.state != "sent")).mappings()
    return [dict(row) for row in rows]


def _targets(one: TrayEntry) -> set[str]:
    pointed = (one.mine.get(c.name) for c in one.spec.refs)
    return {one.entity_id, *(v for v in pointed if isinstance(v, str))}


def _remove_row(tx: Tx, one: TrayEntry) -> None:
    table = table_of(one.spec)
    tx.connection.execute(delete(table).where(table.c.id == one.entity_id, table.c.ver == 0))
    tx.connection.execute(
        delete(SHADOW).where(SHADOW.c.entity == one.spec.number, SHADOW.c.entity_id == one.entity_id)
    )
    tx.touch(one.spec.name, removed=[one.entity_id])


def _close(tx: Tx, found: TrayEntry, resolution: str) -> None:
    _resolve(tx, found, resolution)
    _refresh_flag(tx, found)


def _resolve(tx: Tx, found: TrayEntry, resolution: str) -> None:
    traybook.resolve(tx, resolution, who=tx.author.account_id, id=found.id)
    row = tx.get(found.spec, found.entity_id) or _row(found.spec, found, {**(found.base or {}), **found.mine})
    tx.note_act(found.spec, row, f"tray {resolution}")


def _refresh_flag(tx: Tx, found: TrayEntry) -> None:
    table = table_of(found.spec)
    edits = select(OUTBOX.c.n).where(
        OUTBOX.c.entity_id == found.entity_id, OUTBOX.c.entity == found.spec.number
    )
    pending = traybook.PENDING if tx.connection.execute(edits.limit(1)).first() else 0
    bits = traybook.badge(traybook.open_of(tx.connection, found.spec, found.entity_id))
    flagged = table.update().where(table.c.id == found.entity_id).values(flag=pending | bits)
    if tx.connection.execute(flagged).rowcount:
        tx.touch(found.spec.name, changed=[found.entity_id])


def _entry(row: RowMapping) -> TrayEntry:
    same = (
        "id",
        "mut_id",
        "entity_id",
        "scope",
        "op",
        "kind",
        "code",
        "message",
        "field",
        "label",
        "resolution",
    )
    return TrayEntry(
        **{name: row[name] for name in same},
        entity=BY_NUMBER[row["entity"]].name,
        mine=traybook.loads(row["mine"]),
        theirs=traybook.loads(row["theirs"]) if row["theirs"] else None,
        base=traybook.loads(row["base"]) if row["base"] else None,
        their_name=row["their_name"] or "",
        context=traybook.loads(row["context"]),
        at=from_ms(row["at"]),
        resolved_at=from_ms(row["resolved_at"]) if row["resolved_at"] else None,
    )
