"""What a transaction writes beside its rows: outbox, shadow and audit. Collected in memory, written before commit."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import repeat
from operator import itemgetter
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.sqlite import insert as upsert

from core.base.ids import new_id, new_ids
from core.base.words import clean
from core.entities.record import AUDIT_ENTRY
from core.schema.columns import Columns, fields_json, names_of
from core.schema.entity import EntitySpec
from core.schema.field import Ref
from core.store.direct import AMONG, ask, listed, run_many
from core.store.tables import SYNC_META, table_of
from core.wire.messages import SCHEMA

UNAUDITED = frozenset({"audit_entries", "jobs", "proofs", "sightings", "undo_entries"})
"""Records and receipts of the workstation's own work are not audited again; undo entries would put codes into it."""

AUDIT_HEAD = "audit_head"
"""Key in `sync_meta` of the newest link, so that entries removed from the end are noticed too."""

MASK = "••••"
"""What stands for a secret in the audit."""
TITLE, LABEL = 200, 160
"""Characters of what a row is called in the audit and in the outbox."""
_ENCODER = msgspec.json.Encoder()
_NO_FIELDS = repeat("{}")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place in a journal."""

    next_n: int | None
    chain: str | None
    created: dict[str, int]


_MUTATION = (
    *("n", "mut_id", "grp", "entity", "entity_id", "scope", "op", "base_ver", "fields", "old"),
    *("needs", "supersedes", "label", "made_at", "schema", "origin"),
)
_N, _NEEDS = _MUTATION.index("n"), _MUTATION.index("needs")
_SHADOW = ("entity", "entity_id", "ver", "image")
_ENTRY = (
    *("id", "scope_id", "ver", "chain", "at", "who", "act", "entity", "entity_id", "op", "title", "changes"),
)


class Noted(NamedTuple):
    """One edit that was noted and not written yet; `fields` and `old` are JSON texts."""

    entity: int
    entity_id: str
    scope: str
    op: str
    fields: str
    old: str


_NOTED = itemgetter(*map(_MUTATION.index, Noted._fields))


class Journal:
    """The bulk side of one transaction."""

    def __init__(self, connection: Connection, *, now_ms: int, who: str, act: str) -> None:
        self._connection = connection
        self._now_ms = now_ms
        self._who = who
        self._act = act
        self._mutations: list[list[Any]] = []
        self._shadows: list[tuple[Any, ...]] = []
        self._entries: list[tuple[Any, ...]] = []
        self._next_n: int | None = None
        self._points: list[tuple[Any, ...]] = []
        self._created: dict[str, int] = {}
        self._chain: str | None = None

    def made(
        self,
        spec: EntitySpec[Any],
        rows: Sequence[Any],
        columns: Columns,
        op: str,
        *,
        groups: Sequence[str | None],
        supersedes: str | None = None,
    ) -> None:
        """Note new rows for the cloud; `columns`: their fields. Rows of one of `groups` stand or fall together."""
        texts = fields_json(spec, columns, len(rows))
        first = self._note(spec, rows, columns, op, fields=texts, groups=groups, supersedes=supersedes)
        self._shadows.extend((spec.number, row.id, row.ver, None) for row in rows)
        if op == "create":
            self._created.update((row.id, number) for number, row in enumerate(rows, first))

    def gone(
        self,
        spec: EntitySpec[Any],
        rows: Sequence[Any],
        columns: Columns,
        *,
        group: str | None,
        supersedes: str | None,
    ) -> None:
        """Note for the cloud that rows were removed; `columns`: their fields."""
        texts = fields_json(spec, columns, len(rows))
        self._note(spec, rows, columns, "delete", old=texts, groups=repeat(group), supersedes=supersedes)
        for row, old in zip(rows, texts, strict=True):
            image = f'{{"ver":{row.ver},{old[1:]}' if len(old) > len("{}") else as_json({"ver": row.ver})
            self._shadows.append((spec.number, row.id, row.ver, image))

    def _note(
        self,
        spec: EntitySpec[Any],
        rows: Sequence[Any],
        columns: Columns,
        op: str,
        *,
        fields: Iterable[str] = _NO_FIELDS,
        old: Iterable[str] = _NO_FIELDS,
        groups: Iterable[str | None],
        supersedes: str | None,
    ) -> int:
        """Note an edit of each row with what it names, put together by columns; the first one's number."""
        count, now_ms = len(rows), self._now_ms
        first, ids = self._numbers(count), [row.id for row in rows]
        titles = titles_of(spec, rows)
        labels = [title if len(title) <= LABEL else clean(title, limit=LABEL) for title in titles]
        head = zip(
            range(first, first + count), new_ids(count), groups, repeat(spec.number), ids, strict=False
        )
        scopes, vers = [row.scope_id for row in rows], [row.ver for row in rows]
        body = zip(scopes, repeat(op), vers, fields, old, repeat(None), repeat(supersedes), strict=False)
        tail = zip(labels, repeat(now_ms), repeat(SCHEMA), repeat(None), strict=False)
        self._mutations.extend([*h, *b, *t] for h, b, t in zip(head, body, tail, strict=True))
        refs = [column for column, c in zip(columns, spec.columns, strict=True) if isinstance(c.kind, Ref)]
        self._points.extend(zip(ids, *refs, strict=True))
        return first

    def mutation(
        self,
        spec: EntitySpec[Any],
        row: Any,
        op: str,
        fields: dict[str, Any],
        old: dict[str, Any],
        *,
        image: dict[str, Any],
        group: str | None,
        supersedes: str | None = None,
    ) -> None:
        """Note one edit of a row that the mirror has; `image`: the row before."""
        number = self._numbers(1)
        self._points.append((row.id, *(t for c in spec.refs if (t := getattr(row, c.name)))))
        self._shadows.append((spec.number, row.id, row.ver, as_json(image)))
        label = clean(title_of(spec, row, TITLE), limit=LABEL)
        self._mutations.append(
            [
                *(number, new_id(), group, spec.number, row.id, row.scope_id, op, row.ver, as_json(fields)),
                *(as_json(old), None, supersedes, label, self._now_ms, SCHEMA, None),
            ]
        )

    def audit(self, spec: EntitySpec[Any], rows: Sequence[Any], op: str, changes: Sequence[str]) -> bool:
        """Note one change of each row for people (LOG-06): JSON objects of pairs, secrets masked already.

        False when the entity is not audited.
        """
        if spec.name in UNAUDITED:
            return False
        encode, sha = _ENCODER.encode, hashlib.sha256
        at, who, act, entity = self._now_ms, self._who, self._act, spec.name
        chain, titles = self._last_chain(), titles_of(spec, rows)
        # A link is made over the entry's JSON in the order of `audit`; what all entries share is encoded once.
        shared = encode({"at": at, "who": who, "act": act, "entity": entity})[:-1] + b',"entity_id":"'
        middle = b'","op":' + encode(op) + b',"title":'
        named = {title: middle + encode(title) + b',"changes":' for title in set(titles)}
        each = zip(new_ids(len(rows)), rows, titles, changes, strict=True)
        for entry_id, row, title, told in each:
            text = b"".join((chain.encode(), shared, row.id.encode(), named[title], encode(told), b"}"))
            chain = sha(text).hexdigest()
            self._entries.append((entry_id, "", 0, chain, at, who, act, entity, row.id, op, title, told))
        self._chain = chain
        return True

    def since(self, number: int) -> list[Noted] | None:
        """The edits after a number, when none of them was written yet; None when some were."""
        if not self._mutations or self._mutations[0][_N] != number + 1:
            return None
        return [Noted(*_NOTED(mutation)) for mutation in self._mutations]

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
            run_many(self._connection, _into("shadow", _SHADOW), self._shadows)
            run_many(self._connection, _into("outbox", _MUTATION), self._mutations)
        if self._entries:
            run_many(self._connection, _into(AUDIT_ENTRY.name, _ENTRY), self._entries)
            head = {"k": AUDIT_HEAD, "v": self._chain}
            self._connection.execute(upsert(SYNC_META).on_conflict_do_update(set_={"v": self._chain}), head)
        self._shadows, self._mutations, self._entries, self._points = [], [], [], []

    def _find_needs(self) -> None:
        """Give every mutation the number of the newest unsettled creation that it builds on: of its own row or of one
        that it points at. Without that row the cloud could not judge it.
        """
        created = self._created
        asked = {t for targets in self._points for t in targets} - created.keys() - {None}
        query = f"SELECT entity_id, n FROM outbox WHERE op='create' AND entity_id {AMONG}"  # noqa: S608  no value
        created.update(ask(self._connection, query, listed(asked)) if asked else ())
        for mutation, targets in zip(self._mutations, self._points, strict=True):
            number, newest = mutation[_N], 0
            for target in targets:
                made = created.get(target, 0)
                if newest < made < number:
                    newest = made
            mutation[_NEEDS] = newest or None

    def _numbers(self, count: int) -> int:
        """The first of so many numbers in a row that nobody else gets."""
        if self._next_n is None:
            found = self._connection.execute(
                text("SELECT seq FROM sqlite_sequence WHERE name = 'outbox'")
            ).scalar()
            self._next_n = int(found or 0)
        self._next_n += count
        return self._next_n - count + 1

    def _last_chain(self) -> str:
        if self._chain is None:
            table = table_of(AUDIT_ENTRY)
            newest = select(table.c.chain).order_by(table.c.row_no.desc()).limit(1)
            self._chain = self._connection.execute(newest).scalar() or ""
        return self._chain


@cache
def _into(table: str, names: tuple[str, ...]) -> str:
    """The statement that adds such rows; of shadows the first one stays."""
    how = "INSERT OR IGNORE" if table == "shadow" else "INSERT"
    return f'{how} INTO "{table}"({",".join(names)}) VALUES({",".join("?" * len(names))})'


def titles_of(spec: EntitySpec[Any], rows: Sequence[Any]) -> list[str]:
    """As `title_of`, for many rows."""
    label, names = spec.label, names_of(spec, rows)
    known = {name: clean(label if name == label else f"{label} {name}", limit=TITLE) for name in set(names)}
    return [known[name] for name in names]


def title_of(spec: EntitySpec[Any], row: Any, limit: int) -> str:
    """What a row is called in the outbox and the audit: the kind, and its short name where it has one."""
    name = spec.name_of(row)
    return clean(spec.label if name == spec.label else f"{spec.label} {name}", limit=limit)


def chain_of(last: str, entry: dict[str, Any]) -> str:
    """The link of an audit entry: SHA-256 over the link before it and its content."""
    return hashlib.sha256(last.encode() + as_json(entry).encode()).hexdigest()


def as_json(value: Any) -> str:
    """Compact JSON text."""
    return _ENCODER.encode(value).decode()
