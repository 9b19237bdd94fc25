"""Rows of the typed tables, opened and sealed on the way. Values are in stored form, as on the wire."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import compress
from operator import itemgetter, ne
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, bindparam, select, tuple_

from core.cloud.bulk_sql import columns_put, rows_put
from core.cloud.db import blind_name, table_of
from core.cloud.dialect import Sent, listed, one_of
from core.cloud.seal import Seal
from core.cloud.statements import Row, Statement, ask_all, tell_all
from core.entities import BY_NAME
from core.schema.entity import EntitySpec
from core.schema.field import Stored

PIECE = 500
"""Keys per question; databases limit the number of parameters."""

_CHANGING = ("ver", "fver", "deleted_at")
FIXED = ("id", "scope", "ver", "fver", "deleted_at")
Author = tuple[int, str]
"""(version, replica) of a field's last write."""
_FVER = msgspec.json.Decoder(dict[str, Author])


@dataclass(slots=True)
class Held:
    """One row as it stands at the cloud. `at_ver`: its version in the database, 0 when it is not there yet."""

    spec: EntitySpec[Any]
    tenant: str
    id: str
    scope: str
    ver: int = 0
    values: dict[str, Stored] = field(default_factory=dict)
    fver: dict[str, Author] = field(default_factory=dict)
    deleted_at: int | None = None
    at_ver: int = 0
    was_live: bool = False
    typed: Any = field(default=None, repr=False, compare=False)
    """The typed row, once somebody asked for it: rules ask for the same site again and again. Who changes a draft
    takes it away.
    """
    stored: tuple[str, dict[str, Stored]] | None = field(default=None, repr=False, compare=False)
    """Scope and values as they are in the database: only what differs from them is written."""
    touched: tuple[str, ...] | None = field(default=None, repr=False, compare=False)
    """The fields that differ, where that is known without a look at all of them."""

    @property
    def deleted(self) -> bool:
        """Whether only its tombstone is left."""
        return self.deleted_at is not None

    @property
    def key(self) -> tuple[str, str]:
        """Entity name and id."""
        return self.spec.name, self.id

    def author(self, name: str) -> Author:
        """Who wrote a field last, at which version."""
        return self.fver.get(name) or self.fver["*"]

    def copy(self) -> Held:
        """A draft that may be changed without changing this one."""
        values, fver, was = dict(self.values), dict(self.fver), (self.deleted_at, self.at_ver, self.was_live)
        draft = Held(self.spec, self.tenant, self.id, self.scope, self.ver, values, fver, *was)
        draft.stored = self.stored
        return draft

    def row(self) -> Any:
        """The typed row, for rules. ValueError or TypeError when a value is not what its kind stores."""
        return self.spec.load((self.id, self.scope, self.ver, *in_wire_order(self.spec, self.values)))

    def changed(self) -> tuple[str, ...] | None:
        """The columns that differ from the database, version and authors aside; None where that is not known."""
        if self.touched is not None:
            return self.touched
        # Values that were changed where they stood, not in a draft, cannot be told from the stored ones.
        if not self.at_ver or self.stored is None or self.stored[1] is self.values:
            return None
        scope, before = self.stored
        if [*before] == [*self.values]:  # drafts keep the order of the fields
            unlike = map(ne, self.values.values(), before.values())
            differs = tuple(compress(self.values, unlike))
        else:
            differs = tuple(name for name, value in self.values.items() if value != before[name])
        return (*(["scope"] if self.scope != scope else []), *differs)


@dataclass(frozen=True, slots=True)
class RowWrite:
    """What writes some rows; `part`: only what was changed of rows that are there."""

    sent: Sent
    rows: Sequence[Held]
    part: bool


class RowStore:
    """Reads and writes the typed tables."""

    def __init__(self, seal: Seal) -> None:
        self._seal = seal

    def by_ids(
        self,
        connection: Connection,
        spec: EntitySpec[Any],
        tenant: str,
        ids: Iterable[str],
        *,
        lock: bool = False,
    ) -> dict[str, Held]:
        """Rows by id, deleted ones too; in the order of ids, so that two pushes lock them alike."""
        wanted = set(ids)
        if not wanted:
            return {}
        return self.found(
            spec, tenant, ask_all(connection, [self.asking(connection, spec, tenant, wanted, lock=lock)])[0]
        )

    def asking(
        self, connection: Connection, spec: EntitySpec[Any], tenant: str, ids: Iterable[str], *, lock: bool
    ) -> Sent:
        """The question of `by_ids`."""
        return _by_ids(spec.name, lock).with_(connection, {"tenant": tenant, "ids": listed(connection, ids)})

    def found(self, spec: EntitySpec[Any], tenant: str, rows: Iterable[Row]) -> dict[str, Held]:
        """The rows that answer it."""
        return {row[0]: self._held(spec, tenant, row) for row in rows}

    def of_tenant(self, connection: Connection, spec: EntitySpec[Any], tenant: str) -> list[Held]:
        """Every row of a tenant, tombstones too; for operators and checks."""
        query = _select(spec).where(table_of(spec).c.tenant == tenant)
        return [self._held(spec, tenant, row) for row in connection.execute(query)]

    def equal(
        self,
        connection: Connection,
        spec: EntitySpec[Any],
        tenant: str,
        names: Sequence[str],
        values: Iterable[tuple[Stored, ...]],
    ) -> list[Held]:
        """Live rows whose fields `names` equal any of the value tuples; secret fields by their blind index."""
        table, wanted = table_of(spec), [self._sought(spec, tenant, names, v) for v in values]
        columns = [table.c[self._sought_column(spec, name)] for name in names]
        found: list[Held] = []
        # Nothing equals NULL in SQL, so values with an empty field are asked one by one.
        full, partly = [w for w in wanted if None not in w], [w for w in wanted if None in w]
        matches: list[Any] = [
            and_(*[c.is_not_distinct_from(v) for c, v in zip(columns, w, strict=True)]) for w in partly
        ]
        for start in range(0, len(full), PIECE):
            piece = full[start : start + PIECE]
            plain = (
                columns[0].in_([p[0] for p in piece]) if len(columns) == 1 else tuple_(*columns).in_(piece)
            )
            matches.append(plain)
        for match in matches:
            query = _select(spec).where(table.c.tenant == tenant, table.c.deleted_at.is_(None), match)
            found += [self._held(spec, tenant, row) for row in raw_rows(connection.execute(query))]
        return found

    def write(self, connection: Connection, spec: EntitySpec[Any], rows: Sequence[Held]) -> None:
        """Write rows of one entity; see `writes`."""
        writes = self.writes(connection, spec, rows)
        self.settle(connection, writes, tell_all(connection, [w.sent for w in writes]))

    def writes(self, connection: Connection, spec: EntitySpec[Any], rows: Sequence[Held]) -> list[RowWrite]:
        """What writes rows of one entity: new ones whole, of changed ones what was changed. Each index of a column that
        is written is written too, so that a whole row costs three times as much as one field.
        """
        alike: dict[tuple[str, ...] | None, list[Held]] = defaultdict(list)
        for held in rows:
            alike[held.changed()].append(held)
        return [
            self._whole(connection, spec, found)
            if names is None
            else self._part(connection, spec, names, found)
            for names, found in alike.items()
        ]

    def settle(self, connection: Connection, writes: Sequence[RowWrite], counts: Sequence[int]) -> None:
        """Write whole what is not there any more: only a part of it was written, and that went nowhere."""
        lost = [w for w, count in zip(writes, counts, strict=True) if w.part and count != len(w.rows)]
        tell_all(connection, [self._whole(connection, w.rows[0].spec, w.rows).sent for w in lost])

    def _whole(self, connection: Connection, spec: EntitySpec[Any], rows: Sequence[Held]) -> RowWrite:
        records = [self._record(spec, held) for held in rows]
        return RowWrite(rows_put(connection, table_of(spec), records, same=("tenant",)), rows, part=False)

    def _part(
        self, connection: Connection, spec: EntitySpec[Any], names: tuple[str, ...], rows: Sequence[Held]
    ) -> RowWrite:
        columns = [*_CHANGING, *names, *[blind_name(n) for n in names if _is_blind(spec, n)]]
        own = [n for n in names if n != "scope"]
        records = []
        for held in rows:
            values = self._sealed(spec, held, own)
            values["scope"] = held.scope
            changing = (held.ver, _fver_text(held), held.deleted_at)
            records.append((*changing, *[values[n] for n in columns[3:]], held.tenant, held.id))
        return RowWrite(columns_put(connection, table_of(spec), columns, records), rows, part=True)

    def about(self, tenant: str, spec: EntitySpec[Any], row_id: str, name: str = "") -> str:
        """What a sealed value belongs to."""
        return f"{tenant}:{spec.number}:{row_id}:{name}"

    def _held(self, spec: EntitySpec[Any], tenant: str, row: Sequence[Any]) -> Held:
        values = dict(zip(spec.names, row[5:], strict=True))
        for name in spec.secrets:
            if values[name] is not None:
                values[name] = self._seal.open_text(values[name], self.about(tenant, spec, row[0], name))
        row_id, scope, ver, fver, deleted_at = row[:5]
        live = deleted_at is None
        held = Held(spec, tenant, row_id, scope, ver, values, _FVER.decode(fver), deleted_at, ver, live)
        held.stored = (scope, values)
        return held

    def _record(self, spec: EntitySpec[Any], held: Held) -> list[Any]:
        """Values in the order of the table's columns."""
        values = self._sealed(spec, held, spec.names)
        fixed = (held.tenant, held.id, held.scope, held.ver, _fver_text(held), held.deleted_at)
        return [*fixed, *[values[name] for name in _value_columns(spec.name)]]

    def _sealed(self, spec: EntitySpec[Any], held: Held, names: Iterable[str]) -> dict[str, Any]:
        """Fields as they are stored, secrets sealed, with their blind indexes."""
        values: dict[str, Any] = {name: held.values[name] for name in names}
        for name in [n for n in values if n in spec.secrets] if spec.secrets else ():
            plain = values[name]
            if _is_blind(spec, name):
                values[blind_name(name)] = (
                    None if plain is None else self._blind(spec, held.tenant, name, plain)
                )
            if plain is not None:
                values[name] = self._seal.seal_text(str(plain), self.about(held.tenant, spec, held.id, name))
        return values

    def _blind(self, spec: EntitySpec[Any], tenant: str, name: str, plain: Stored) -> str:
        return self._seal.blind(tenant, str(spec.number), name, str(plain))

    def _sought(
        self, spec: EntitySpec[Any], tenant: str, names: Sequence[str], values: tuple[Stored, ...]
    ) -> tuple[Stored, ...]:
        pairs = zip(names, values, strict=True)
        return tuple(self._blind(spec, tenant, n, v) if n in spec.secrets else v for n, v in pairs)

    def _sought_column(self, spec: EntitySpec[Any], name: str) -> str:
        if name in spec.secrets:
            return blind_name(name)
        return "scope" if name == "scope_id" else name


def _select(spec: EntitySpec[Any]) -> Any:
    table = table_of(spec)
    return select(*[table.c[name] for name in (*FIXED, *spec.names)])


@cache
def _by_ids(entity: str, lock: bool) -> Statement:  # noqa: FBT001  part of a key
    spec, table = BY_NAME[entity], table_of(BY_NAME[entity])

    def made(alone: bool) -> Any:  # noqa: FBT001  as Statement asks
        mine = (table.c.tenant == bindparam("tenant"), one_of(alone, table.c.id, "ids"))
        query = _select(spec).where(*mine)
        # The order is that of locks; sorting of wide rows costs SQLite, which locks none, as much as finding them.
        return query.order_by(table.c.id).with_for_update() if lock and not alone else query

    return Statement(made)


def in_wire_order(spec: EntitySpec[Any], values: Mapping[str, Stored]) -> tuple[Stored, ...]:
    """A row's values as the wire and the constructor want them."""
    return _picker(spec.name)(values)


@cache
def _picker(entity: str) -> Callable[[Mapping[str, Stored]], tuple[Stored, ...]]:
    names = BY_NAME[entity].names
    return itemgetter(*names) if len(names) > 1 else lambda values: (values[names[0]],)


def _fver_text(held: Held) -> str:
    return msgspec.json.encode(held.fver).decode()


def _is_blind(spec: EntitySpec[Any], name: str) -> bool:
    """Whether a field is looked up by a blind index."""
    return name in spec.secrets and spec.by_name[name].kind.indexed


@cache
def _value_columns(entity: str) -> tuple[str, ...]:
    """The table's columns behind tenant and what every row has: fields, and blind indexes."""
    return tuple(c.name for c in table_of(BY_NAME[entity]).c)[1 + len(FIXED) :]


def raw_rows(result: Any) -> list[Any]:
    """All rows as the driver gives them; SQLAlchemy's row objects cost as much again."""
    found: list[Any] = result.cursor.fetchall()
    return found


def canonical(spec: EntitySpec[Any], fields: Mapping[str, Any]) -> dict[str, Stored]:
    """Values in the one form that their kinds store; ValueError, naming the field, for what a kind cannot hold."""
    return {name: _canonical(spec, name, value) for name, value in fields.items()}


def _canonical(spec: EntitySpec[Any], name: str, value: Any) -> Stored:
    column = spec.by_name[name]
    if value is None:
        if not column.optional:
            raise BadFieldError(name, f"{column.label} is missing.")
        return None
    wanted = int if column.kind.sql == "INTEGER" else str
    if not isinstance(value, wanted) or (isinstance(value, int) and not -(2**63) <= value < 2**63):
        raise BadFieldError(name, f"{column.label} is of another type.")
    if isinstance(value, str) and "\0" in value:
        raise BadFieldError(name, f"{column.label} holds a character that no database keeps.")
    try:
        return column.store(column.load(value))
    except (ValueError, TypeError, OverflowError, RecursionError, AttributeError) as fault:
        raise BadFieldError(name, f"{column.label} is not what it should be.") from fault


class BadFieldError(ValueError):
    """A value on the wire that its field cannot hold."""

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self.name = name
        self.message = message
