"""List queries: filter, sort and search in SQL give row numbers; rows come by number (style.md 4.7)."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, Text, false, func, or_, select

from core.base.errors import UserError
from core.base.words import clean
from core.schema.entity import Column, EntitySpec
from core.schema.field import Field, Items, Mac
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
    column = _column(query.spec, name)
    by_text = column.collate("NOCASE") if isinstance(column.type, Text) else column
    return [by_text.desc() if query.sort.startswith("-") else by_text.asc(), table.c.row_no]


def _conditions(query: ListQuery) -> list[ColumnElement[bool]]:
    conditions = [_equal(query.spec, name, value) for name, value in query.equals.items()]
    return conditions + [_word(query.spec, word) for word in query.search.split()]


def _equal(spec: EntitySpec[Any], name: str, value: Any) -> ColumnElement[bool]:
    column = _column(spec, name)
    declared = spec.by_name.get(name)
    store = declared.store if declared else (lambda v: v)
    if isinstance(value, (list, tuple, set, frozenset)) and not isinstance(_kind(declared), Items):
        among: ColumnElement[bool] = column.in_([store(v) for v in value if v is not None])
        return or_(among, column.is_(None)) if None in value else among
    equal: ColumnElement[bool] = column.is_(None) if value is None else column == store(value)
    return equal


def _kind(declared: Column | None) -> Field | None:
    return declared.kind if declared else None


def _column(spec: EntitySpec[Any], name: str) -> Any:
    """The table's column; the name may come from a command line."""
    if name not in spec.by_name and name not in FIXED:
        words = f"{spec.label} has no field '{clean(name, limit=40)}'."
        raise UserError(f"{spec.name}.unknown_field", words, remedy=f"There are {', '.join(spec.names)}.")
    return table_of(spec).c[name]


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
