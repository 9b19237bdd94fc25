"""Exports: the rows of a kind in its layout, and any list as its filter shows it (TPL-09)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.entities import BY_NAME
from core.schema.entity import Column
from core.schema.field import Ref
from core.sheets.kinds import kind_of
from core.sheets.layout import layout_of
from core.sheets.write import write_table
from core.store.query import ListQuery, rows
from core.store.reader import Reader


def export_kind(reader: Reader, kind_name: str, into: str, path: Path, *, show_secrets: bool = False) -> int:
    """Write all rows of a scope in the layout of a kind, so that reading them back changes nothing.

    Codes are dots unless `show_secrets`, and dots are left alone by an import. Returns how many rows were written.
    """
    kind = kind_of(kind_name)
    cells = kind.export(reader, into, show_secrets=show_secrets)
    return write_table(path, kind.layout.heads, cells, title=kind.layout.title)


def export_list(
    reader: Reader,
    query: ListQuery,
    path: Path,
    *,
    fields: Sequence[str] = (),
    show_secrets: bool = False,
) -> int:
    """Write what a list shows: its filter, its order, its columns (all when none are named), the UID behind.

    References are written as names. Returns how many rows were written.
    """
    layout = layout_of(query.spec)
    names = [c.field for c in layout.columns if c.field != "id" and (not fields or c.field in fields)]
    columns = [query.spec.by_name[name] for name in (fields or names) if name in names]
    found = rows(reader, query)
    cells = list_cells(reader, columns, found, show_secrets=show_secrets)
    return write_table(path, [*(c.label for c in columns), "UID"], cells, title=layout.title)


def list_cells(
    reader: Reader, columns: Sequence[Column], found: Sequence[Any], *, show_secrets: bool
) -> Iterator[list[str]]:
    """The rows as texts, with the id behind; names of what they refer to are looked up in bulk."""
    names = {
        c.name: _names(reader, c.kind.to, [getattr(row, c.name) for row in found]) for c in _refs(columns)
    }
    for row in found:
        yield [*(_text(c, getattr(row, c.name), names, show_secrets=show_secrets) for c in columns), row.id]


def _refs(columns: Sequence[Column]) -> Iterator[Any]:
    return (c for c in columns if isinstance(c.kind, Ref))


def _names(reader: Reader, entity: str, ids: Sequence[str | None]) -> dict[str, str]:
    spec = BY_NAME[entity]
    return {row.id: spec.name_of(row) for row in reader.find_in(spec, "id", {i for i in ids if i})}


def _text(column: Column, value: Any, names: Mapping[str, Mapping[str, str]], *, show_secrets: bool) -> str:
    if value is None:
        return ""
    if column.name in names:
        return names[column.name].get(value, "")
    return str(value) if column.kind.secret and show_secrets else column.kind.show(value)
