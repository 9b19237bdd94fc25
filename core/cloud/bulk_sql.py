"""Many rows in one statement: an array per column for PostgreSQL, one run for each row in SQLite.

Past SQLAlchemy's parameters, which cost more than either database needs for the rows. In PostgreSQL a round trip for
each row would be longer than all the judging. What is the same in every row is sent once.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Boolean,
    Connection,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    Table,
    Text,
)

from core.cloud.dialect import Sent, array, is_sqlite

Merge = Callable[[str, str], str]
"""A column's new value in SQL, out of the names of the old and the offered one."""
Same = Collection[str]
"""Columns that hold the same in every row."""


def rows_put(
    connection: Connection,
    table: Table,
    rows: Sequence[Sequence[Any]],
    *,
    merge: tuple[tuple[str, Merge], ...] = (),
    new: bool = False,
    same: Same = (),
) -> Sent:
    """Insert rows, a value per column in the table's order, over those with the same key, the last of several. `new`:
    a key that is there already is a fault (IntegrityError).
    """
    if is_sqlite(connection.engine):
        marks = f"VALUES({','.join('?' * len(table.c))})"
        return Sent(_into(table, marks) if new else _over(table, marks, merge), rows, many=True, told=False)
    keys = [place for place, c in enumerate(table.c) if c.primary_key]
    single = rows if new else [*{tuple(row[k] for k in keys): row for row in rows}.values()]
    source = _source(table, _names(table), frozenset(same))
    words = _into(table, source.words) if new else _over(table, source.words, merge)
    return Sent(words, source.values(single), told=False)


def rows_numbered(
    table: Table, rows: Sequence[Sequence[Any]], *, column: str, first: str, values: Sequence[Any], same: Same
) -> Sent:
    """As `rows_put`, for PostgreSQL only: what stands in one column is added to the number that the SQL `first` tells
    when the rows are written, so that nobody has to fetch it before.
    """
    source = _source(table, _names(table), frozenset(same), counted=column, first=first)
    return Sent(_over(table, source.words, ()), (*values, *source.values(rows)), told=False)


def columns_put(
    connection: Connection, table: Table, names: Sequence[str], rows: Sequence[Sequence[Any]]
) -> Sent:
    """Write some columns of rows of one tenant that are there: their values, then those of the key. Counts those that
    were there.
    """
    keys = tuple(c.name for c in table.primary_key)
    if is_sqlite(connection.engine):
        values, match = ",".join(f'"{n}"=?' for n in names), " AND ".join(f'"{k}"=?' for k in keys)
        return Sent(f'UPDATE "{table.name}" SET {values} WHERE {match}', rows, many=True, told=False)  # noqa: S608
    source = _source(table, (*names, *keys), frozenset({"tenant"}))
    return Sent(_update(table, tuple(names), keys, source.words), source.values(rows), told=False)


def in_order(table: Table, records: Iterable[Mapping[str, Any]]) -> list[list[Any]]:
    """Records by column name as `rows_put` takes them."""
    names = [c.name for c in table.c]
    return [[record[name] for name in names] for record in records]


@dataclass(frozen=True, slots=True)
class _Source:
    """Rows as PostgreSQL gets them: the SELECT, and of each parameter the place of its column."""

    words: str
    single: tuple[int, ...]
    arrays: tuple[tuple[int, str], ...]

    def values(self, rows: Sequence[Sequence[Any]]) -> tuple[Any, ...]:
        """The parameters for some rows."""
        columns = [*zip(*rows, strict=True)]
        once = [columns[place][0] for place in self.single]
        return (*once, *[array(kind, columns[place]) for place, kind in self.arrays])


_ARRAYS: dict[type, str] = {
    BigInteger: "int8",
    Integer: "int4",
    SmallInteger: "int2",
    String: "text",
    Text: "text",
    LargeBinary: "bytea",
    Boolean: "bool",
}


@cache
def _names(table: Table) -> tuple[str, ...]:
    return tuple(c.name for c in table.c)


@cache
def _source(
    table: Table, names: tuple[str, ...], same: frozenset[str], *, counted: str = "", first: str = ""
) -> _Source:
    kinds = [_ARRAYS[type(table.c[name].type)] for name in names]
    single = tuple(place for place, name in enumerate(names) if name in same)
    arrays = tuple((place, kinds[place]) for place, name in enumerate(names) if name not in same)
    # Parameters stand where they are read: those of the whole statement in front, the arrays behind.
    head = ",".join(f'%s::{kinds[place]} AS "{names[place]}"' for place in single)
    body = ",".join(f'n."{names[place]}"' for place, _ in arrays)
    given = ",".join(f'"{names[place]}"' for place, _ in arrays)
    unnested = ",".join(f"%s::{kind}[]" for _, kind in arrays)
    inner = f"SELECT {head}{',' if head else ''}{body} FROM unnest({unnested}) AS n({given})"  # noqa: S608
    chosen = ",".join(f'({first})+r."{name}"' if name == counted else f'r."{name}"' for name in names)
    return _Source(f"SELECT {chosen} FROM ({inner}) AS r", single, arrays)  # noqa: S608  names of columns


@cache
def _update(table: Table, names: tuple[str, ...], keys: tuple[str, ...], source: str) -> str:
    values, match = ",".join(f'"{n}"=r."{n}"' for n in names), " AND ".join(f't."{k}"=r."{k}"' for k in keys)
    return f'UPDATE "{table.name}" AS t SET {values} FROM ({source}) AS r WHERE {match}'  # noqa: S608


@cache
def _into(table: Table, source: str) -> str:
    columns = ",".join(f'"{name}"' for name in _names(table))
    return f'INSERT INTO "{table.name}"({columns}) {source}'


@cache
def _over(table: Table, source: str, merge: tuple[tuple[str, Merge], ...]) -> str:
    keys, merged = [c.name for c in table.primary_key], dict(merge)
    pairs = [
        (name, f'"{table.name}"."{name}"', f'excluded."{name}"') for name in _names(table) if name not in keys
    ]
    values = [(name, merged[name](old, new) if name in merged else new) for name, old, new in pairs]
    replaced = ",".join(f'"{name}"={value}' for name, value in values)
    conflict = ",".join(f'"{key}"' for key in keys)
    return f"{_into(table, source)} ON CONFLICT({conflict}) DO UPDATE SET {replaced}"
