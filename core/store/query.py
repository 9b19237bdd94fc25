"""List queries: filter, sort and search in SQL give row numbers; rows come by number (style.md 4.7).

The numbers of a long list come as one JSON array: a million of them one by one would cost a step of the driver each,
with Python's lock taken and given every time.
"""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
from sqlalchemy import (
    ColumnElement,
    FromClause,
    Integer,
    bindparam,
    cast,
    false,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy import text as text_clause

from core.base.errors import UserError
from core.base.words import clean
from core.schema.entity import Column, EntitySpec, R
from core.schema.field import Field, Items, Mac, Text
from core.store.direct import AMONG, ask, listed
from core.store.reader import Reader
from core.store.tables import FIXED, WIDER, table_of
from core.store.trigrams import SEPARATORS, match_of, table_name

SPARSE = 4_000
"""Rows that the index of words may name: above it, hits stand so close that a screenful is found by going along the
list's order, which 0.5 % of a million rows do within 20 ms. Below it each is looked up, 10 µs each.
"""
_PIECE = 1 << 19
"""Characters of a JSON array that are decoded at once: a million numbers as Python objects would be 32 MB."""


@dataclass(frozen=True, slots=True)
class Among:
    """Rows whose `field` is a value that `other` has in its `other_field`; `absent`: that it has not."""

    field: str
    other: EntitySpec[Any]
    other_field: str
    absent: bool = False


@dataclass(frozen=True, slots=True)
class Computed:
    """A column that is no field of the entity: SQLite computes it from other rows, or from the query's `Facts`.

    `sql` is one expression over the entity's table by its name (and `facts.n`), ours and never a person's words.
    `order`: expressions to sort by, `sql` without regard to letter case by default. `searched`: words are looked for
    in it as in a field.
    """

    name: str
    sql: str
    order: tuple[str, ...] = ()
    searched: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Facts:
    """What no SQL can tell, such as a verdict that is compiled: one whole number per key, given to SQLite as a table.

    `text` is a JSON object from key to number, made once; a query joins it where its `facts_key` equals the key.
    Two are the same only when they are one object: comparing megabytes would cost more than asking again.
    """

    text: str


NO_FACTS = Facts("{}")


@dataclass(frozen=True, slots=True)
class ListQuery:
    """What a list shows. `equals` maps a field to one value or a tuple of values, in Python form; `search` looks into
    every searchable field for each of its words; `sort` is a field name, `-name` for the exact reverse, rows that are
    equal in it included. `among` are conditions on values of other entities. `computed` columns are searched, filtered
    and sorted by like fields; `ties` are SQL expressions for the order of rows that are equal otherwise.
    """

    spec: EntitySpec[Any]
    equals: Mapping[str, Any] = field(default_factory=dict)
    search: str = ""
    sort: str = ""
    limit: int | None = None
    among: tuple[Among, ...] = ()
    computed: tuple[Computed, ...] = ()
    ties: tuple[str, ...] = ()
    facts: Facts = NO_FACTS
    facts_key: str = ""
    """An expression like `Computed.sql`; empty: no facts are joined."""

    def computes(self, name: str) -> Computed | None:
        """The computed column of that name."""
        return next((one for one in self.computed if one.name == name), None)

    @property
    def asks_facts(self) -> bool:
        """Whether filter, search or order need the facts."""
        named = {*self.equals, self.sort.removeprefix("-")}
        used = (c for c in self.computed if c.name in named or (c.searched and self.search))
        return any("facts." in text for c in used for text in (c.sql, *c.order))


def row_numbers(reader: Reader, query: ListQuery) -> array[int]:
    """Row numbers of everything that matches, in order."""
    table = table_of(query.spec)
    found = _candidates(reader, query)
    # A limit that is none keeps SQLite from dropping the order of what is only gathered.
    limit = -1 if query.limit is None else query.limit
    ordered = (
        select(table.c.row_no)
        .select_from(_source(query))
        .where(*_conditions(query, found))
        .order_by(*_order(query, kept_out=found is not None))
        .limit(limit)
        .subquery()
    )
    statement = select(func.json_group_array(ordered.c.row_no))
    return _decoded(reader.connection.execute(statement).scalar_one())


def count(reader: Reader, query: ListQuery) -> int:
    """How many rows match."""
    found = _candidates(reader, query)
    statement = select(func.count()).select_from(_source(query)).where(*_conditions(query, found))
    return int(reader.connection.execute(statement).scalar_one())


def rows(reader: Reader, query: ListQuery) -> list[Any]:
    """The matching rows themselves; for exports and the command line."""
    table, found = table_of(query.spec), _candidates(reader, query)
    columns = [table.c[name] for name in (*FIXED, *query.spec.names)]
    order = _order(query, kept_out=found is not None)
    statement = (
        select(*columns).select_from(_source(query)).where(*_conditions(query, found)).order_by(*order)
    )
    if query.limit is not None:
        statement = statement.limit(query.limit)
    return [query.spec.load(tuple(r)) for r in reader.connection.execute(statement)]


PIECE = 2_000
"""Rows that are loaded at once where all of a long list are wanted."""


def rows_by_number(reader: Reader, spec: EntitySpec[R], numbers: Sequence[int]) -> list[R]:
    """The rows of these numbers, in the same order; those that are gone are left out."""
    names = ", ".join(f'"{name}"' for name in ("row_no", *FIXED, *spec.names))
    sql = f'SELECT {names} FROM "{spec.name}" WHERE row_no {AMONG}'  # noqa: S608  names of ours
    found = {row[0]: spec.load(row[1:]) for row in ask(reader.connection, sql, listed(numbers))}
    return [found[number] for number in numbers if number in found]


def lines_by_number(
    reader: Reader,
    spec: EntitySpec[R],
    keys: Sequence[int | str],
    shows: Sequence[str] = (),
    *,
    by: str = "row_no",
) -> list[tuple[int, R, tuple[Any, ...]]]:
    """(number, row, computed values) of these numbers (or ids), in no order; `shows` as in `Computed.sql`.

    Each expression is computed for these rows alone, so that a screenful of joined rows stays one bounded fetch.
    """
    names = ", ".join((*(f'"{name}"' for name in ("row_no", *FIXED, *spec.names)), *shows))
    end = 1 + len(FIXED) + len(spec.names)
    sql = f'SELECT {names} FROM "{spec.name}" WHERE {by} {AMONG}'  # noqa: S608  names of ours
    return [(row[0], spec.load(row[1:end]), row[end:]) for row in ask(reader.connection, sql, listed(keys))]


def ids_by_number(reader: Reader, spec: EntitySpec[Any], numbers: Sequence[int]) -> list[str]:
    """The ids of the rows of these numbers, in the order of the numbers; those that are gone are left out."""
    sql = f'SELECT row_no, id FROM "{spec.name}" WHERE row_no {AMONG}'  # noqa: S608  a table of ours
    found = dict(ask(reader.connection, sql, listed(numbers)))
    return [found[number] for number in numbers if number in found]


def tally(reader: Reader, spec: EntitySpec[Any], numbers: Sequence[int], sql: str) -> list[tuple[Any, int]]:
    """The values of an expression among these rows and how many have each, most first."""
    asked = (
        f'SELECT {sql} AS said, count(*) AS times FROM "{spec.name}" WHERE row_no {AMONG} '  # noqa: S608  ours
        "GROUP BY said ORDER BY times DESC, said"
    )
    return [(row[0], row[1]) for row in ask(reader.connection, asked, listed(numbers))]


def _decoded(text: str) -> array[int]:
    """The numbers of a JSON array, in pieces."""
    found, at, end = array("q"), 1, len(text) - 1
    while at < end:
        stop = text.find(",", min(at + _PIECE, end))
        stop = end if stop < 0 else stop
        found.extend(msgspec.json.decode(f"[{text[at:stop]}]", type=list[int]))
        at = stop + 1
    return found


def _candidates(reader: Reader, query: ListQuery) -> list[int] | None:
    """Rows that may have every word of the search, by the index of words; None where it names none or too many."""
    match = match_of(query.spec, query.search)
    if not match:
        return None
    words = table_name(query.spec)
    sql = f"SELECT rowid FROM {words} WHERE {words} MATCH ? LIMIT {SPARSE + 1}"  # noqa: S608  a table of ours
    found = [row[0] for row in ask(reader.connection, sql, match)]
    return found if len(found) <= SPARSE else None


def _order(query: ListQuery, *, kept_out: bool = False) -> list[Any]:
    """`kept_out`: no index may be used for the order, since few rows are already named."""
    table = table_of(query.spec)
    name = query.sort.removeprefix("-")
    ties: list[Any] = [literal_column(sql) for sql in query.ties]
    computed = query.computes(name)
    if computed is not None:
        own: list[Any] = [
            literal_column(sql) for sql in computed.order or (f"{computed.sql} COLLATE NOCASE",)
        ]
        return _directed(query, [*own, *ties, table.c.row_no])
    if not name:
        return [*ties, table.c.row_no]
    column = _column(query.spec, name)
    declared = query.spec.by_name.get(name)
    if kept_out:
        column = _plus(column)
    # Only a free text has letter cases; what is closed (a MAC, a choice, a day) is read in the order of its index.
    by = column.collate("NOCASE") if isinstance(_kind(declared), Text) else column
    # Rows that are equal in it stand as in the index, so that nothing has to be sorted.
    rest = () if kept_out else (table.c[more] for more in WIDER.get((query.spec.name, name), ()))
    return _directed(query, [by, *rest, *ties, table.c.row_no])


def _directed(query: ListQuery, keys: list[Any]) -> list[Any]:
    return [k.desc() for k in keys] if query.sort.startswith("-") else [k.asc() for k in keys]


def _source(query: ListQuery) -> FromClause:
    """The entity's table, with the facts beside it where the question needs them."""
    table = table_of(query.spec)
    if not query.asks_facts:
        return table
    each = func.json_each(bindparam("facts", query.facts.text)).table_valued("key", "value", name="told")
    told = select(cast(each.c.key, Integer).label("k"), each.c.value.label("n")).cte("facts")
    # Materialized, SQLite gives it an index; else each row would go through the whole text.
    facts = told.prefix_with("MATERIALIZED")
    return table.outerjoin(facts, facts.c.k == literal_column(query.facts_key))


def _plus(column: Any) -> Any:
    """The column as an expression, which keeps its indexes out of SQLite's choice."""
    return literal_column(f'+"{column.table.name}"."{column.name}"', column.type)


def _conditions(query: ListQuery, found: list[int] | None = None) -> list[ColumnElement[bool]]:
    table = table_of(query.spec)
    # Without statistics SQLite takes the index of the scope and sorts the whole library for one screenful.
    by_order = (query.spec.name, query.sort.removeprefix("-")) in WIDER
    loose = {"scope_id"} if by_order or found is not None else set()
    conditions = [_equal(query, n, v, loose=n in loose) for n, v in query.equals.items()]
    conditions += [_among(query.spec, one) for one in query.among]
    if found is not None:
        conditions.append(table.c.row_no.op("IN")(_listed(found)))
    return conditions + [_word(query, word) for word in query.search.split()]


def _listed(numbers: list[int]) -> Any:
    return text_clause(AMONG.removeprefix("IN ").replace("?", ":numbers")).bindparams(numbers=listed(numbers))


def _among(spec: EntitySpec[Any], one: Among) -> ColumnElement[bool]:
    other = _column(one.other, one.other_field)
    values = select(other).where(other.is_not(None))
    column = _column(spec, one.field)
    condition: ColumnElement[bool] = column.not_in(values) if one.absent else column.in_(values)
    return condition


def _equal(query: ListQuery, name: str, value: Any, *, loose: bool = False) -> ColumnElement[bool]:
    spec, computed = query.spec, query.computes(name)
    if computed is not None:
        same: ColumnElement[bool] = literal_column(computed.sql) == value
        return same
    column = _plus(_column(spec, name)) if loose else _column(spec, name)
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


def _word(query: ListQuery, word: str) -> ColumnElement[bool]:
    """One word anywhere in any searchable field or column; a MAC also without the separators people type."""
    table = table_of(query.spec)
    hits: list[ColumnElement[bool]] = []
    for column in query.spec.columns:
        if not column.kind.searchable:
            continue
        if isinstance(column.kind, Mac):
            needle = "".join(c for c in word if c not in SEPARATORS)
            hits += [table.c[column.name].contains(needle, autoescape=True)] if needle else []
        else:
            hits += _contains(table.c[column.name], word)
    for computed in query.computed:
        hits += _contains(literal_column(computed.sql), word) if computed.searched else []
    return or_(*hits) if hits else false()


def _contains(column: Any, word: str) -> list[ColumnElement[bool]]:
    """SQLite takes letter cases for the same in ASCII only; other words are looked for as they are usually written."""
    cases = (
        (word,) if word.isascii() else dict.fromkeys((word, word.lower(), word.upper(), word.capitalize()))
    )
    return [column.contains(one, autoescape=True) for one in cases]
