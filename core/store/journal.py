"""What a transaction writes beside its rows: outbox, shadow and audit. Collected in memory, written before commit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.sqlite import insert as upsert

from core.base.ids import new_id
from core.base.words import clean
from core.entities.record import AUDIT_ENTRY
from core.schema.entity import EntitySpec
from core.store.direct import run_many
from core.store.tables import OUTBOX, SYNC_META, table_of
from core.wire.messages import SCHEMA

UNAUDITED = frozenset({"audit_entries", "jobs", "proofs", "sightings", "undo_entries"})
"""Records and receipts of the workstation's own work are not audited again; undo entries would put codes into it."""

AUDIT_HEAD = "audit_head"
"""Key in `sync_meta` of the newest link, so that entries removed from the end are noticed too."""

PIECE = 500


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a journal."""

    next_n: int | None
    chain: str | None
    created: dict[str, int]


class Journal:
    """The bulk side of one transaction."""

    def __init__(self, connection: Connection, *, now_ms: int, who: str, act: str) -> None:
        self._connection = connection
        self._now_ms = now_ms
        self._who = who
        self._act = act
        self._mutations: list[dict[str, Any]] = []
        self._shadows: list[dict[str, Any]] = []
        self._entries: list[dict[str, Any]] = []
        self._next_n: int | None = None
        self._points: list[list[str]] = []
        self._created: dict[str, int] = {}
        self._chain: str | None = None
        self._titled: tuple[Any, str] = (None, "")

    def mutation(
        self,
        spec: EntitySpec[Any],
        row: Any,
        op: str,
        fields: dict[str, Any],
        old: dict[str, Any],
        *,
        image: dict[str, Any] | None,
        group: str | None,
        supersedes: str | None = None,
    ) -> int:
        """Note one edit for the cloud; returns its number. `image`: the row before, None for a new one."""
        number = self._number()
        self._points.append([row.id, *(t for c in spec.refs if (t := getattr(row, c.name)))])
        below = as_json(image) if image else None
        self._shadows.append({"entity": spec.number, "entity_id": row.id, "ver": row.ver, "image": below})
        self._mutations.append(
            {
                "n": number,
                "mut_id": new_id(),
                "grp": group,
                "entity": spec.number,
                "entity_id": row.id,
                "scope": row.scope_id,
                "op": op,
                "base_ver": row.ver,
                "fields": as_json(fields),
                "old": as_json(old),
                "needs": None,
                "supersedes": supersedes,
                "label": clean(self._title(spec, row), limit=160),
                "made_at": self._now_ms,
                "schema": SCHEMA,
                "origin": None,
            }
        )
        if op == "create":
            self._created[row.id] = number
        return number

    def audit(self, spec: EntitySpec[Any], row: Any, op: str, changes: dict[str, list[Any]]) -> bool:
        """Note one change for people (LOG-06), secrets masked; False when the entity is not audited."""
        if spec.name in UNAUDITED:
            return False
        masked = {
            k: ["••••" if v else v for v in pair] if k in spec.secrets else pair
            for k, pair in changes.items()
        }
        entry = {
            "at": self._now_ms,
            "who": self._who,
            "act": self._act,
            "entity": spec.name,
            "entity_id": row.id,
            "op": op,
            "title": self._title(spec, row),
            "changes": as_json(masked),
        }
        self._chain = chain_of(self._last_chain(), entry)
        self._entries.append({"id": new_id(), "scope_id": "", "ver": 0, "chain": self._chain, **entry})
        return True

    def _title(self, spec: EntitySpec[Any], row: Any) -> str:
        """The title of the row that was asked about last is remembered: outbox and audit both want it."""
        if self._titled[0] is not row:
            self._titled = (row, title_of(spec, row, 200))
        return self._titled[1]

    def mark(self) -> Mark:
        """Where the journal stands, after a flush; for `back_to`."""
        return Mark(self._next_n, self._chain, dict(self._created))

    def back_to(self, mark: Mark) -> None:
        """Forget what was noted since the mark; what was flushed since then is undone by the database."""
        self._shadows, self._mutations, self._entries, self._points = [], [], [], []
        self._next_n, self._chain, self._created = mark.next_n, mark.chain, dict(mark.created)

    def flush(self) -> None:
        """Write what was collected. Called before commit, and by whoever must see it inside the transaction."""
        if self._mutations:
            self._find_needs()
            run_many(self._connection, _into("shadow", self._shadows[0]), _tuples(self._shadows))
            run_many(self._connection, _into("outbox", self._mutations[0]), _tuples(self._mutations))
        if self._entries:
            run_many(self._connection, _into(AUDIT_ENTRY.name, self._entries[0]), _tuples(self._entries))
            head = {"k": AUDIT_HEAD, "v": self._chain}
            self._connection.execute(upsert(SYNC_META).on_conflict_do_update(set_={"v": self._chain}), head)
        self._shadows, self._mutations, self._entries, self._points = [], [], [], []

    def _find_needs(self) -> None:
        """Give every mutation the number of the newest unsettled creation that it builds on: of its own row or of one
        that it points at. Without that row the cloud could not judge it.
        """
        asked = list({t for targets in self._points for t in targets} - self._created.keys())
        for start in range(0, len(asked), PIECE):
            query = select(OUTBOX.c.entity_id, OUTBOX.c.n).where(
                OUTBOX.c.entity_id.in_(asked[start : start + PIECE]), OUTBOX.c.op == "create"
            )
            self._created |= {r[0]: r[1] for r in self._connection.execute(query)}
        for mutation, targets in zip(self._mutations, self._points, strict=True):
            made = (self._created.get(t, mutation["n"]) for t in targets)
            mutation["needs"] = max((n for n in made if n < mutation["n"]), default=None)

    def _number(self) -> int:
        if self._next_n is None:
            found = self._connection.execute(
                text("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")
            ).scalar()
            self._next_n = int(found or 0)
        self._next_n += 1
        return self._next_n

    def _last_chain(self) -> str:
        if self._chain is None:
            table = table_of(AUDIT_ENTRY)
            newest = select(table.c.chain).order_by(table.c.row_no.desc()).limit(1)
            self._chain = self._connection.execute(newest).scalar() or ""
        return self._chain


def _into(table: str, row: dict[str, Any]) -> str:
    """The statement that adds such rows; of shadows the first one stays."""
    how = "INSERT OR IGNORE" if table == "shadow" else "INSERT"
    marks = ",".join("?" * len(row))
    return f'{how} INTO "{table}"({",".join(row)}) VALUES({marks})'


def _tuples(rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    return [tuple(row.values()) for row in rows]


def title_of(spec: EntitySpec[Any], row: Any, limit: int) -> str:
    """What a row is called in the outbox and the audit: the kind, and its short name where it has one."""
    name = spec.name_of(row)
    return clean(spec.label if name == spec.label else f"{spec.label} {name}", limit=limit)


def chain_of(last: str, entry: dict[str, Any]) -> str:
    """The link of an audit entry: SHA-256 over the link before it and its content."""
    return hashlib.sha256(last.encode() + as_json(entry).encode()).hexdigest()


def as_json(value: Any) -> str:
    """Compact JSON text."""
    return msgspec.json.encode(value).decode()
