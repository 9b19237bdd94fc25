"""Edits on their way to the cloud: what goes next, what has to wait, and what may go again (sync.md 3.5, 3.7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from core.entities import BY_NUMBER
from core.store import direct, syncmeta, traybook
from core.store.journal import as_json
from core.store.reader import Reader
from core.store.tables import FIXED, OUTBOX, OUTBOX_DONE, SHADOW, table_of
from core.store.tx import Tx
from core.wire.messages import Mutation

BATCH = 1000
BATCH_BYTES = 1 << 20
"""Of the fields of one batch, before packing."""
OPEN = ("pending", "sent")
_TRAVELS = (
    *("n", "mut_id", "grp", "entity", "entity_id", "scope", "op", "base_ver", "fields", "made_at"),
    *("needs", "supersedes", "origin", "schema", "state"),
)
_OLDEST = f"""SELECT {",".join(_TRAVELS)} FROM outbox
WHERE state IN ('pending','sent') AND n>? ORDER BY n LIMIT ?"""  # noqa: S608  names of columns
_ASIDE = "SELECT entity, entity_id, op FROM outbox WHERE state='blocked'"
_ANY_OPEN = "SELECT EXISTS(SELECT 1 FROM outbox WHERE n>? AND state IN ('pending','sent'))"

Row = Mapping[str, Any]


def next_batch(tx: Tx, limit: int = BATCH, *, behind: Sequence[Mutation] = ()) -> list[Mutation]:
    """The oldest edits that can go, marked as sent in this transaction: after that they may have been applied without
    our knowing, so they are never changed again. Groups are not cut. Edits that build on a row which the cloud refused
    are set aside on the way. `behind`: a batch that is with the cloud; those that follow it are wanted.
    """
    while True:
        rows = _oldest(tx.connection, limit, behind[-1].n if behind else 0)
        if not rows:
            return []
        ready = _set_aside(tx, rows)
        if ready:
            mark_sent(tx, ready, behind=behind)
            return [mutation_of(row) for row in ready]


def has_open(tx: Tx, after: int = 0) -> bool:
    """Whether there are edits behind that number which nothing holds back, as far as is known."""
    [(found,)] = direct.ask(tx.connection, _ANY_OPEN, after)
    return bool(found)


def count(tx: Tx) -> int:
    """How many edits the cloud has not confirmed, those that are set aside among them; the tray is not."""
    [(found,)] = direct.ask(tx.connection, "SELECT count(*) FROM outbox")
    return int(found)


def _oldest(connection: Connection, limit: int, after: int) -> list[dict[str, Any]]:
    rows = direct.ask_dicts(connection, _OLDEST, after, limit)
    size, kept = 0, 0
    while kept < len(rows) and (not kept or size + len(rows[kept]["fields"]) <= BATCH_BYTES):
        size, kept = size + len(rows[kept]["fields"]), kept + 1
    rows = rows[:kept]
    if rows and rows[-1]["grp"]:
        query = select(OUTBOX).where(OUTBOX.c.state.in_(OPEN)).order_by(OUTBOX.c.n)
        rest = query.where(OUTBOX.c.grp == rows[-1]["grp"], OUTBOX.c.n > rows[-1]["n"])
        rows += [dict(r) for r in connection.execute(rest).mappings()]
    return rows


def _set_aside(tx: Tx, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    stuck = Stuck.of(tx.connection)
    _trim(tx, rows, stuck.widths)
    if stuck.is_empty:
        return rows
    ready, aside = stuck.divide(rows)
    if aside:
        numbers = [row["n"] for row in aside]
        tx.connection.execute(update(OUTBOX).where(OUTBOX.c.n.in_(numbers)).values(state="blocked"))
    return ready


def set_aside(tx: Tx) -> None:
    """Set aside every edit that has to wait, before the reason is removed: so that it goes behind what it builds on."""
    tx.flush()
    query = select(OUTBOX).where(OUTBOX.c.state == "pending").order_by(OUTBOX.c.n)
    _set_aside(tx, [dict(row) for row in tx.connection.execute(query).mappings()])


def mark_sent(tx: Tx, rows: list[dict[str, Any]], *, behind: Sequence[Mutation] = ()) -> None:
    """Also fix on which version each edit is based: on that of the oldest unanswered edit of the same field, since
    what others wrote after it has not been seen; the own value covered it. `behind`: edits that are not answered yet.
    """
    bases: dict[tuple[str, str], int] = {}
    again = _edited_again(rows, behind)
    for m in behind if again else ():
        for name in (m.fields if m.op == "patch" else ("*",)) if m.entity_id in again else ():
            bases[m.entity_id, name] = min(m.base_ver, bases.get((m.entity_id, name), m.base_ver))
    stored = {row["n"]: row["base_ver"] for row in rows}
    for row in rows if again else ():
        if row["entity_id"] not in again:
            continue
        fields = traybook.loads(row["fields"]) if row["op"] == "patch" else ("*",)
        known = [bases[row["entity_id"], f] for f in (*fields, "*") if (row["entity_id"], f) in bases]
        if row["state"] == "pending" and row["op"] in {"patch", "delete"}:
            row["base_ver"] = min([row["base_ver"], *known])
        for name in fields:
            bases[row["entity_id"], name] = min([row["base_ver"], *known])
    moved = [(row["base_ver"], row["n"]) for row in rows if row["base_ver"] != stored[row["n"]]]
    direct.run_many(tx.connection, "UPDATE outbox SET base_ver=? WHERE n=?", moved)
    sent = f"UPDATE outbox SET state='sent', tries=tries+1 WHERE n {direct.AMONG}"  # noqa: S608  no value
    direct.run(tx.connection, sent, direct.listed(stored))


def _edited_again(rows: Sequence[Row], behind: Sequence[Mutation]) -> set[str]:
    """The rows with more than one of these edits; most have one, whose base is what it is."""
    ids = [row["entity_id"] for row in rows]
    again = {m.entity_id for m in behind}.intersection(ids)
    return again | {i for i, times in Counter(ids).items() if times > 1}


def mutation_of(row: Row) -> Mutation:
    """A row of the outbox as it travels."""
    return Mutation(
        n=row["n"],
        mut_id=row["mut_id"],
        group=row["grp"],
        entity=row["entity"],
        entity_id=row["entity_id"],
        scope=row["scope"],
        op=row["op"],
        base_ver=row["base_ver"],
        fields=traybook.loads(row["fields"]),
        made_at=row["made_at"],
        needs=row["needs"],
        supersedes=row["supersedes"],
        origin=row["origin"],
        schema=row["schema"],
    )


class Stuck:
    """What cannot be sent: edits that build on a row whose creation is in the tray or set aside, and later edits of a
    row of which an earlier edit is set aside. Also what a cloud that is older than this program does not know yet.
    """

    def __init__(self, missing: set[str], waiting: set[str], widths: Mapping[int, int]) -> None:
        self._missing = missing
        self._waiting = waiting
        self.widths = widths

    @classmethod
    def of(cls, connection: Connection, aside: Iterable[Row] | None = None) -> Stuck:
        """The present state; `aside` instead of the edits that are set aside now."""
        if aside is None:
            aside = direct.ask_dicts(connection, _ASIDE)
        stuck = cls(traybook.open_creates(connection), set(), syncmeta.cloud_widths(Reader(connection)))
        for row in aside:
            stuck.add(row)
        return stuck

    @property
    def is_empty(self) -> bool:
        """Nothing is stuck."""
        return not self._missing and not self._waiting and not self.widths

    def holds(self, row: Row) -> bool:
        """Whether this edit has to wait."""
        if self.widths and _too_new(row, self.widths):
            return True
        return row["entity_id"] in self._waiting or not self._missing.isdisjoint(targets(row))

    def divide(self, rows: Sequence[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
        """(those that can go, those that have to wait); a group goes or waits as a whole."""
        ready: list[dict[str, Any]] = []
        aside: list[dict[str, Any]] = []
        for _, run in groupby(rows, key=lambda row: row["grp"] or row["n"]):
            together = list(run)
            if any(self.holds(row) for row in together):
                aside += together
                for row in together:
                    self.add(row)
            else:
                ready += together
        return ready, aside

    def add(self, row: Row) -> None:
        """One more edit that is set aside."""
        self._waiting.add(row["entity_id"])
        if row["op"] == "create":
            self._missing.add(row["entity_id"])


def _too_new(row: Row, widths: Mapping[int, int]) -> bool:
    """Whether an edit names a kind or a field that the cloud will know only after its update."""
    known = BY_NUMBER[row["entity"]].names[: widths.get(row["entity"], 0)]
    return row["entity"] not in widths or not traybook.loads(row["fields"]).keys() <= set(known)


def _trim(tx: Tx, rows: list[dict[str, Any]], widths: Mapping[int, int]) -> None:
    """A new row names all its fields. Those that an older cloud does not know and that hold the default are left out
    for good, so that the edit is the same whenever it is sent.
    """
    for row in rows if widths else ():
        spec, fields = BY_NUMBER[row["entity"]], traybook.loads(row["fields"])
        new = spec.columns[widths.get(spec.number, len(spec.columns)) :]
        plain = [c.name for c in new if not c.required and fields.get(c.name) == c.store(c.default)]
        if row["op"] in {"create", "restore"} and row["state"] == "pending" and fields.keys() & set(plain):
            row["fields"] = as_json({k: v for k, v in fields.items() if k not in plain})
            tx.connection.execute(update(OUTBOX).where(OUTBOX.c.n == row["n"]).values(fields=row["fields"]))


def offer_again(tx: Tx) -> int:
    """Put accepted edits back, as they were sent: the cloud came back from a backup that may not have them. What it has
    it knows by its mark. Returns how many.
    """
    names = [c.name for c in OUTBOX_DONE.c if c.name != "done_at"]
    rows = [dict(r) for r in tx.connection.execute(select(OUTBOX_DONE).order_by(OUTBOX_DONE.c.n)).mappings()]
    for number, row_id in {(row["entity"], row["entity_id"]) for row in rows}:
        keep_image(tx, number, row_id)
    if rows:
        records = [{**{name: row[name] for name in names}, "state": "sent"} for row in rows]
        tx.connection.execute(insert(OUTBOX), records)
        tx.connection.execute(delete(OUTBOX_DONE))
    return len(rows)


def keep_image(tx: Tx, number: int, row_id: str) -> None:
    """The row as it is lies below the edits that are to come, unless an image lies there already."""
    spec = BY_NUMBER[number]
    table = table_of(spec)
    query = select(*[table.c[name] for name in (*FIXED, *spec.names)]).where(table.c.id == row_id)
    row = tx.connection.execute(query).mappings().one_or_none()
    image = None if row is None else as_json({name: row[name] for name in ("ver", *spec.names)})
    values = {"entity": number, "entity_id": row_id, "ver": row["ver"] if row else 0, "image": image}
    tx.connection.execute(insert(SHADOW).prefix_with("OR IGNORE").values(**values))


def targets(row: Row) -> set[str]:
    """The rows without which an edit makes no sense: its own and those that it points at."""
    fields, spec = traybook.loads(row["fields"]), BY_NUMBER[row["entity"]]
    return {row["entity_id"], *(v for c in spec.refs if isinstance(v := fields.get(c.name), str))}


def release(tx: Tx) -> int:
    """Let go again what is no longer stuck, under new numbers: the old ones have been judged. Returns how many.

    To be called last in a transaction: the numbers it takes are not known to the transaction.
    """
    tx.flush()
    query = select(OUTBOX).where(OUTBOX.c.state == "blocked").order_by(OUTBOX.c.n)
    rows = [dict(r) for r in tx.connection.execute(query).mappings()]
    free, _ = Stuck.of(tx.connection, ()).divide(rows)
    _renumber(tx, free)
    return len(free)


def _renumber(tx: Tx, rows: Sequence[dict[str, Any]]) -> None:
    if not rows:
        return
    tx.connection.execute(delete(OUTBOX).where(OUTBOX.c.n.in_([row["n"] for row in rows])))
    creations = select(OUTBOX.c.entity_id, OUTBOX.c.n).where(OUTBOX.c.op == "create")
    made = {r[0]: r[1] for r in tx.connection.execute(creations)}
    for row in rows:
        needs = max((made[t] for t in targets(row) if t in made), default=None)
        # Another workstation's edit stays as its maker sent it.
        state = "sent" if row["origin"] else "pending"
        values = {k: v for k, v in row.items() if k != "n"} | {"state": state, "needs": needs}
        number = tx.connection.execute(insert(OUTBOX).values(**values)).inserted_primary_key
        if row["op"] == "create" and number is not None:
            made[row["entity_id"]] = number[0]
