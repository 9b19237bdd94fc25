"""What the cloud sends, written into the mirror: a page and its cursor in one transaction (sync.md 3.8, 3.11).

Clean rows go through the driver's executemany (an ORM costs ten times as much); rows with unsent edits are re-based one
by one. Scopes come and go only on the cloud's word: a list that is shorter means nothing.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from itertools import chain
from typing import Any

from sqlalchemy import delete, insert, select, update

from core.base.killpoints import passed
from core.entities import BY_NUMBER, SYNCED
from core.schema.entity import EntitySpec
from core.store import arriving, building, bulk, direct, outbox, reconcile, syncmeta, traybook
from core.store.arriving import Block
from core.store.bulk import Over
from core.store.reader import Reader
from core.store.rebase import Image, rebase, shadow_of
from core.store.tables import OUTBOX, OUTBOX_DONE, SHADOW, SYNC_CURSOR, SYNC_SCOPE, table_of
from core.store.tx import Tx
from core.wire.messages import PullPage, ScopeGrant, WireRow

NAMED = 1000
"""Rows of one entity in a page that are told to the screens one by one; more are told as `many`."""
DROP_PIECE = 5000
_SETTLED = """SELECT NOT EXISTS(SELECT 1 FROM sync_scope WHERE state<>'live')
AND NOT EXISTS(SELECT 1 FROM sync_meta WHERE k IN (?, ?))"""
_ANY_IN = "SELECT 1 FROM sync_scope WHERE state IN ({}) LIMIT 1"
_BEGIN_FILL = """INSERT OR REPLACE INTO sync_scope
(scope, tenant, kind, label, state, gen, fill_seq, fill_to, again, rows) VALUES (?, ?, ?, ?, 'fill', ?, 0, ?, ?, ?)"""
_MOVE_FILL = f"UPDATE sync_scope SET fill_seq=?, state=? WHERE state='fill' AND scope {direct.AMONG}"  # noqa: S608
PACKED = -2
"""Generation of a scope that came out of a job pack; the cloud has not granted it to this workstation yet."""
CONFIRM = "access_unconfirmed"
"""Key in `sync_meta`: a withdrawal of most scopes that the cloud has said once."""


@dataclass(frozen=True, slots=True)
class Position:
    """Where this mirror stands in the tenant's order; `epoch` empty before the first pull."""

    tenant: str = ""
    epoch: str = ""
    seq: int = 0
    access_seq: int = 0


@dataclass(frozen=True, slots=True)
class HeldScope:
    """One scope of this mirror and how far its first fill is."""

    scope: str
    kind: str
    label: str
    state: str
    fill_seq: int
    fill_to: int
    rows: int = 0


def position(reader: Reader) -> Position:
    """The cursor."""
    found = direct.ask(reader.connection, "SELECT tenant, epoch, seq, access_seq FROM sync_cursor")
    return Position(*found[0]) if found else Position()


@dataclass(frozen=True, slots=True)
class Start:
    """Where a pull begins, for which replica. `settled`: nothing of earlier ones is left to be done."""

    here: Position
    replica: str
    settled: bool


def start_of(reader: Reader) -> Start:
    """As the mirror stands."""
    marks = (syncmeta.CLOUD_WIDTHS, building.MARK)
    [(settled,)] = direct.ask(reader.connection, _SETTLED, *marks)
    return Start(position(reader), syncmeta.get(reader, syncmeta.REPLICA) or "", bool(settled))


def is_no_news(page: PullPage, start: Start) -> bool:
    """Whether applying a page would leave the mirror as it is: nothing new, and nothing left over."""
    if not start.settled or page.rows or page.more or page.scopes is not None or page.widths is not None:
        return False
    return Position(page.tenant, page.epoch, page.next, page.access_seq) == start.here


def scopes(reader: Reader, *states: str) -> list[HeldScope]:
    """Scopes in these states (all by default): the firm's first, since sites point at its rows; then the site in view,
    then small ones before large ones, so that there is soon something to work with.
    """
    if states and not direct.ask(reader.connection, _ANY_IN.format(",".join("?" * len(states))), *states):
        return []
    in_view = SYNC_SCOPE.c.scope != (syncmeta.get(reader, syncmeta.FIRST_SCOPE) or "")
    query = select(SYNC_SCOPE).order_by(SYNC_SCOPE.c.kind, in_view, SYNC_SCOPE.c.rows, SYNC_SCOPE.c.scope)
    if states:
        query = query.where(SYNC_SCOPE.c.state.in_(states))
    rows = reader.connection.execute(query)
    return [HeldScope(r.scope, r.kind, r.label, r.state, r.fill_seq, r.fill_to, r.rows) for r in rows]


@dataclass(frozen=True, slots=True)
class Applied:
    """What a page of changes came to: rows, and what it leaves to be done. `again`: the cloud is asked once more.
    `building`: indexes are to be made when everything is filled.
    """

    rows: int
    fill: tuple[HeldScope, ...]
    drop: tuple[HeldScope, ...]
    again: bool
    building: bool


def apply_pull(tx: Tx, page: PullPage) -> Applied:
    """Write a page of changes and the cursor after it."""
    here = position(tx)
    if not here.epoch:
        building.begin(tx, page.head)
    confirmed = _apply_access(tx, page, here)
    count = _apply_changes(tx, page) if page.rows else 0
    _note_widths(tx, page)
    access_seq = page.access_seq if confirmed else here.access_seq
    there = Position(page.tenant, page.epoch, page.next, access_seq)
    if there != here:
        tx.connection.execute(delete(SYNC_CURSOR))
        tx.connection.execute(insert(SYNC_CURSOR).values(**asdict(there)))
    todo = scopes(tx, "fill", "drop")
    fill = tuple(s for s in todo if s.state == "fill")
    drop = tuple(s for s in todo if s.state == "drop")
    return Applied(count, fill, drop, page.more or not confirmed, building.is_building(tx))


def _apply_changes(tx: Tx, page: PullPage) -> int:
    live = {r[0] for r in direct.ask(tx.connection, "SELECT scope FROM sync_scope WHERE state<>'drop'")}
    count = apply_rows(tx, [row for row in page.rows if row.scope in live])
    again = reconcile.under_way(tx)
    reconcile.note(tx, ((row.scope, row.id) for row in page.rows if row.op == "p" and row.scope in again))
    return count


def apply_fill(tx: Tx, scope: str, page: PullPage, then: Collection[str] = ()) -> int:
    """Write a page of the first fill of a scope, and of those that were asked for behind it, and how far each is; a
    scope is live after its last row.
    """
    asked, again = {scope, *then}, reconcile.under_way(tx)
    rows: Sequence[WireRow] = page.rows
    if not asked.issuperset(row.scope for row in rows):
        rows = [row for row in rows if row.scope in asked]
    anew = [row for row in rows if row.scope in again] if again else []
    first = [row for row in rows if row.scope not in again] if anew else rows
    count = apply_rows(tx, first, fresh=building.is_building(tx)) + apply_rows(tx, anew, anew=True)
    reconcile.note(tx, ((row.scope, row.id) for row in anew if row.op == "p"))
    part = fill_end(scope, page)
    if part is not None:
        _set_fill(tx, [part[0]], page.next, "fill")
    filled = [s for s in filled_by(scope, page) if s in asked]
    reconcile.finish(tx, [s for s in filled if s in again])
    _set_fill(tx, filled, page.next, "live")
    return count


def filled_by(scope: str, page: PullPage) -> Sequence[str]:
    """The scopes that are complete with a page that was asked for `scope`."""
    told = page.filled or page.partial
    return page.filled if told else () if page.more else (scope,)


def fill_end(scope: str, page: PullPage) -> tuple[str, int] | None:
    """The scope in the middle of which a page ends, and where."""
    part = page.partial if page.filled or page.partial else scope if page.more else ""
    return (part, page.next) if part else None


def _set_fill(tx: Tx, scopes_: Sequence[str], seq: int, state: str) -> None:
    if scopes_:
        direct.run(tx.connection, _MOVE_FILL, seq, state, direct.listed(scopes_))


def _note_widths(tx: Tx, page: PullPage) -> None:
    """What the cloud knows, where that is not what this program knows; edits that waited for its update may go then."""
    own = {spec.number: len(spec.names) for spec in SYNCED}
    other = page.widths is not None and page.widths != own
    text = json.dumps(page.widths) if other else None
    if syncmeta.get(tx, syncmeta.CLOUD_WIDTHS) != text:
        syncmeta.put(tx, syncmeta.CLOUD_WIDTHS, text)
        outbox.release(tx)


# ------------------------------------------------------------------------------------------- grants and withdrawals


def _apply_access(tx: Tx, page: PullPage, here: Position) -> bool:
    """Take in the list of scopes; False when so much is withdrawn that the cloud is asked a second time first."""
    if page.scopes is None:
        return True
    held = {r.scope: r for r in tx.connection.execute(select(SYNC_SCOPE))}
    begun = []
    for grant in page.scopes:
        row = held.get(grant.scope)
        if row is None or row.gen != grant.gen or row.state == "drop":
            begun.append((grant, row is not None))
        elif row.label != grant.label:
            named = update(SYNC_SCOPE).where(SYNC_SCOPE.c.scope == grant.scope).values(label=grant.label)
            tx.connection.execute(named)
    _begin_fills(tx, page, begun)
    granted = {grant.scope for grant in page.scopes}
    gone = [s for s in page.withdrawn if s in held and s not in granted and held[s].state != "drop"]
    unheld = [s for s, row in held.items() if row.gen == PACKED and s not in granted and s not in gone]
    if len(gone) > 1 and 2 * len(gone) > len(held) and not _is_confirmed(tx, page, here):
        return False
    syncmeta.put(tx, CONFIRM, None)
    if gone := [*gone, *unheld]:
        dropped = update(SYNC_SCOPE).where(SYNC_SCOPE.c.scope.in_(gone)).values(state="drop")
        tx.connection.execute(dropped)
    return True


def _begin_fills(tx: Tx, page: PullPage, begun: Sequence[tuple[ScopeGrant, bool]]) -> None:
    """Scopes that are new, or come anew (the second member); a distributor has thousands."""
    reconcile.begin(tx, [grant.scope for grant, _ in begun])
    rows = [(g.scope, page.tenant, g.kind, g.label, g.gen, page.next, int(here), g.rows) for g, here in begun]
    direct.run_many(tx.connection, _BEGIN_FILL, rows)


def _is_confirmed(tx: Tx, page: PullPage, here: Position) -> bool:
    """Losing more than half of all scopes at once is believed when the cloud says so twice (sync.md 3.8)."""
    mark = f"{here.epoch}:{page.access_seq}"
    if syncmeta.get(tx, CONFIRM) == mark:
        return True
    syncmeta.put(tx, CONFIRM, mark)
    return False


class Dropped(Enum):
    """How far the removal of a scope has come."""

    DONE = "done"
    MORE = "more"
    WAITING = "waiting"
    """Edits of it have not been offered yet: the cloud judges them first; what it refuses is kept in the tray."""


def drop_piece(tx: Tx, scope: str) -> Dropped:
    """Remove some thousand rows of a scope that was withdrawn."""
    waiting = select(OUTBOX.c.n).where(OUTBOX.c.scope == scope, OUTBOX.c.state != "blocked")
    if tx.connection.execute(waiting.limit(1)).first():
        return Dropped.WAITING
    _blocked_to_tray(tx, scope)
    passed("sync.dropping")
    left = DROP_PIECE
    for spec in SYNCED:
        left -= _drop_rows(tx, spec, scope, left)
        if left <= 0:
            return Dropped.MORE
    tx.connection.execute(delete(OUTBOX_DONE).where(OUTBOX_DONE.c.scope == scope))
    tx.connection.execute(delete(SYNC_SCOPE).where(SYNC_SCOPE.c.scope == scope, SYNC_SCOPE.c.state == "drop"))
    return Dropped.DONE


def _drop_rows(tx: Tx, spec: EntitySpec[Any], scope: str, limit: int) -> int:
    table = table_of(spec)
    query = select(table.c.id).where(table.c.scope_id == scope).limit(limit)
    ids = [row[0] for row in tx.connection.execute(query)]
    for start in range(0, len(ids), 500):
        piece = ids[start : start + 500]
        tx.connection.execute(delete(table).where(table.c.id.in_(piece)))
        tx.connection.execute(
            delete(SHADOW).where(SHADOW.c.entity == spec.number, SHADOW.c.entity_id.in_(piece))
        )
    if ids:
        _tell(tx, spec, removed=ids)
    return len(ids)


def _blocked_to_tray(tx: Tx, scope: str) -> None:
    blocked = select(OUTBOX).where(OUTBOX.c.scope == scope, OUTBOX.c.state == "blocked")
    for edit in [dict(r) for r in tx.connection.execute(blocked).mappings()]:
        words = "You lost access to this site before this could be sent."
        mine = traybook.loads(edit["fields"])
        traybook.add(tx, edit, kind="scope_lost", code="scope_lost", message=words, mine=mine)
        tx.connection.execute(delete(OUTBOX).where(OUTBOX.c.n == edit["n"]))


# ------------------------------------------------------------------------------------------------------------- rows


def apply_rows(tx: Tx, rows: Sequence[WireRow], *, fresh: bool = False, anew: bool = False) -> int:
    """Write feed rows in order; returns how many. Rows that the mirror has in that version or a newer one are passed
    over, as are entities that this version does not know (they are remembered, to be fetched after an update).
    `fresh`: part of a first fill. `anew`: part of a repeated one: the rows are taken whatever version is here.
    """
    if not rows:
        return 0
    found, skipped = arriving.blocks(rows)
    _remember_skipped(tx, skipped)
    count = sum(len(block.rows) for block in found)
    if busy := _busy(tx, found):
        slow = {id(row) for block in found for row in block.rows if row.id in busy}
        for row in rows:
            if id(row) in slow:
                _apply_slowly(tx, BY_NUMBER[row.entity], row, anew=anew)
        found = [rest for block in found for rest in block.without(busy)]
    for block in found:
        if block.op == "p":
            _put_rows(tx, block, fresh=fresh, anew=anew)
    for block in found:
        if block.op != "p":
            _remove_rows(tx, block)
    return count


def _busy(tx: Tx, found: Sequence[Block]) -> set[str]:
    """Rows that are applied one by one: those with unsent edits, and those that stand in the page twice, since they
    have moved between scopes; the two halves are applied in their order.
    """
    waiting = {r[0] for r in direct.ask(tx.connection, "SELECT DISTINCT entity_id FROM outbox")}
    if not waiting and all(block.op == "p" for block in found):
        return set()
    times = Counter(chain.from_iterable(block.ids for block in found))
    return (waiting & times.keys()) | {row_id for row_id, n in times.items() if n > 1}


def _put_rows(tx: Tx, block: Block, *, fresh: bool, anew: bool) -> None:
    spec, ids = block.spec, block.ids
    if fresh:  # nobody needs to be told row by row
        bulk.put_rows(tx.raw, block, Over.NOTHING if building.lighten(tx, block) else Over.OLDER)
        tx.touch(spec.name, many=True)
        return
    building.need_ids(tx, spec)
    before = tx.existing(spec.name, ids) if len(ids) <= NAMED else set()
    bulk.put_rows(tx.raw, block, Over.ANY if anew else Over.OLDER)
    _tell(tx, spec, added=[i for i in ids if i not in before], changed=before)


def _remove_rows(tx: Tx, block: Block) -> None:
    """Deleted rows go; a row that left a scope goes only if it is still of that scope here."""
    spec, rows = block.spec, block.rows
    there = tx.existing(spec.name, block.ids)
    table = f'"{spec.name}"'
    deleted = [(row.id, row.ver) for row in rows if row.op == "d" and row.id in there]
    left = [(row.id, row.scope) for row in rows if row.op == "l" and row.id in there]
    tx.raw.executemany(f"DELETE FROM {table} WHERE id=? AND ver<=?", deleted).close()  # noqa: S608
    tx.raw.executemany(f"DELETE FROM {table} WHERE id=? AND scope_id=?", left).close()  # noqa: S608
    _tell(tx, spec, removed=[row_id for row_id, _ in (*deleted, *left)])


def _apply_slowly(tx: Tx, spec: EntitySpec[Any], row: WireRow, *, anew: bool) -> None:
    shadow = shadow_of(tx.connection, spec, row.id, row.scope)
    table = table_of(spec)
    query = select(table.c.ver, table.c.scope_id).where(table.c.id == row.id)
    here = tx.connection.execute(query).one_or_none()
    known_ver = shadow.ver if shadow is not None else here.ver if here is not None else 0
    if not anew and (row.ver < known_ver or (row.ver == known_ver and row.op != "l")):
        return
    if row.op == "l":
        if here is not None and here.scope_id == row.scope:
            tx.connection.execute(delete(table).where(table.c.id == row.id))
            tx.touch(spec.name, removed=[row.id])
    elif row.op == "d":
        values = shadow.values if shadow else None
        rebase(tx, spec, row.id, Image(row.ver, row.scope, values, gone=True))
    else:
        fitted = bulk.fitted(spec, row.values)
        values = dict(zip(spec.names, fitted, strict=False))
        rebase(tx, spec, row.id, Image(row.ver, row.scope, values))
        tx.connection.execute(update(table).where(table.c.id == row.id).values(extra=fitted[-1]))


def _tell(
    tx: Tx,
    spec: EntitySpec[Any],
    *,
    added: Iterable[str] = (),
    changed: Iterable[str] = (),
    removed: Iterable[str] = (),
) -> None:
    added, changed, removed = set(added), set(changed), set(removed)
    if len(added) + len(changed) + len(removed) > NAMED:
        tx.touch(spec.name, many=True)
    elif added or changed or removed:
        tx.touch(spec.name, added=added, changed=changed, removed=removed)


def _remember_skipped(tx: Tx, numbers: set[int]) -> None:
    if numbers:
        before = json.loads(syncmeta.get(tx, syncmeta.SKIPPED) or "[]")
        syncmeta.put(tx, syncmeta.SKIPPED, json.dumps(sorted({*before, *numbers})))
