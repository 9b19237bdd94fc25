"""List queries: filter, sort and search in SQL give row numbers; rows come by number (style.md 4.7)."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, false, func, or_, select

from core.schema.entity import EntitySpec
from core.schema.field import Mac
from core.store.reader import Reader
from core.store.tables import FIXED, table_of


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list shows. `equals` maps a field to one value or a tuple of values, in Python form; `search` looks into
    every searchable field for each of its words; `sort` is a field name, `-name` for descending.
    """

    spec: EntitySpec[Any]
    equals: Mapping[str, Any] = field(default_factory=dict)
    search: str = ""
    sort: str = ""
    limit: int | None = None


def row_numbers(reader: Reader, query: ListQuery) -> array[int]:
    """Row numbers of everything that matches, in order."""
    table = table_of(query.spec)
    statement = select(table.c.row_no).where(*_conditions(query)).order_by(*_order(query))
    if query.limit is not None:
        statement = statement.limit(query.limit)
    return array("q", (r[0] for r in reader.connection.execute(statement)))


def count(reader: Reader, query: ListQuery) -> int:
    """How many rows match."""
    table = table_of(query.spec)
    return int(
        reader.connection.execute(
            select(func.count()).select_from(table).where(*_conditions(query))
        ).scalar_one()
    )


def rows(reader: Reader, query: ListQuery) -> list[Any]:
    """The matching rows themselves; for exports and the command line."""
    table = table_of(query.spec)
    columns = [table.c[name] for name in (*FIXED, *query.spec.names)]
    statement = select(*columns).where(*_conditions(query)).order_by(*_order(query))
    if query.limit is not None:
        statement = statement.limit(query.limit)
    return [query.spec.load(tuple(r)) for r in reader.connection.execute(statement)]


def _order(query: ListQuery) -> list[Any]:
    table = table_of(query.spec)
    name = query.sort.removeprefix("-")
    if not name:
        return [table.c.row_no]
    column = table.c[name]
    by_text = column.collate("NOCASE") if query.spec.by_name[name].kind.sql == "TEXT" else column
    return [by_text.desc() if query.sort.startswith("-") else by_text.asc(), table.c.row_no]


def _conditions(query: ListQuery) -> list[ColumnElement[bool]]:
    conditions = [_equal(query.spec, name, value) for name, value in query.equals.items()]
    return conditions + [_word(query.spec, word) for word in query.search.split()]


def _equal(spec: EntitySpec[Any], name: str, value: Any) -> ColumnElement[bool]:
    column = table_of(spec).c[name]
    declared = spec.by_name.get(name)
    store = declared.store if declared else (lambda v: v)
    if isinstance(value, (list, tuple, set, frozenset)):
        return column.in_([store(v) for v in value])
    return column.is_(None) if value is None else column == store(value)


def _word(spec: EntitySpec[Any], word: str) -> ColumnElement[bool]:
    """One word anywhere in any searchable field; a MAC also without the separators people type."""
    table = table_of(spec)
    hits: list[ColumnElement[bool]] = []
    for column in spec.columns:
        if not column.kind.searchable:
            continue
        needle = "".join(c for c in word if c not in ":-.") if isinstance(column.kind, Mac) else word
        if needle:
            hits.append(table.c[column.name].contains(needle, autoescape=True))
    return or_(*hits) if hits else false()
