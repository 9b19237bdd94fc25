"""What a transaction writes beside its rows: outbox, shadow and audit. Collected in memory, written in bulk before commit."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from sqlalchemy import Connection, insert, select, text
from sqlalchemy.dialects.sqlite import insert as upsert

from core.base.ids import new_id
from core.base.words import clean
from core.entities.record import AUDIT_ENTRY
from core.schema.entity import EntitySpec
from core.store.tables import OUTBOX, SHADOW, table_of

SCHEMA = 1
"""Version of the declarations; stands in every outbox row (sync.md 3.12)."""

UNAUDITED = frozenset({"audit_entries", "jobs", "proofs", "sightings"})
"""Records and receipts of the workstation's own work are not audited again."""


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
        self._created: dict[str, int] | None = None
        self._chain: str | None = None

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
        created = self._creations()
        needs = [created[t] for t in (row.id, *(getattr(row, c.name) for c in spec.refs)) if t in created]
        shadow = {
            "entity": spec.number,
            "entity_id": row.id,
            "ver": row.ver,
            "image": as_json(image) if image else None,
        }
        self._shadows.append(shadow)
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
                "needs": max(needs, default=None),
                "supersedes": supersedes,
                "label": clean(f"{spec.label} {spec.name_of(row)}", limit=160),
                "made_at": self._now_ms,
                "schema": SCHEMA,
            }
        )
        if op == "create":
            created[row.id] = number
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
            "title": clean(f"{spec.label} {spec.name_of(row)}", limit=200),
            "changes": as_json(masked),
        }
        self._chain = chain_of(self._last_chain(), entry)
        self._entries.append({"id": new_id(), "scope_id": "", "ver": 0, "chain": self._chain, **entry})
        return True

    def flush(self) -> None:
        """Write what was collected. Called before commit, and by whoever must see it inside the transaction."""
        if self._shadows:
            self._connection.execute(upsert(SHADOW).on_conflict_do_nothing(), self._shadows)
            self._connection.execute(insert(OUTBOX), self._mutations)
        if self._entries:
            self._connection.execute(insert(table_of(AUDIT_ENTRY)), self._entries)
        self._shadows, self._mutations, self._entries = [], [], []

    def _number(self) -> int:
        if self._next_n is None:
            found = self._connection.execute(
                text("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")
            ).scalar()
            self._next_n = int(found or 0)
        self._next_n += 1
        return self._next_n

    def _creations(self) -> dict[str, int]:
        """Row id -> number of its unsettled creation: without it the cloud could not judge what points at the row."""
        if self._created is None:
            query = select(OUTBOX.c.entity_id, OUTBOX.c.n).where(OUTBOX.c.op == "create")
            self._created = {r[0]: r[1] for r in self._connection.execute(query)}
        return self._created

    def _last_chain(self) -> str:
        if self._chain is None:
            table = table_of(AUDIT_ENTRY)
            newest = select(table.c.chain).order_by(table.c.row_no.desc()).limit(1)
            self._chain = self._connection.execute(newest).scalar() or ""
        return self._chain


def chain_of(last: str, entry: dict[str, Any]) -> str:
    """The link of an audit entry: SHA-256 over the link before it and its content."""
    return hashlib.sha256(last.encode() + as_json(entry).encode()).hexdigest()


def as_json(value: Any) -> str:
    """Compact JSON text."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
