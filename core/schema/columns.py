"""Many rows of one entity at once, column by column: what `EntitySpec` says of one row, at a fifth of the price.

Imports make a hundred thousand rows whose columns hold few different values. Nothing here decides: what is doubtful is
judged by `EntitySpec.problems`, and a test compares stored forms and names with those of single rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import repeat
from operator import attrgetter
from typing import Any

import msgspec

from core.schema.entity import Column, EntitySpec
from core.schema.field import Doc, Field, Mac, Number, Ref, Stored, Text

FEW = 8
"""Below so many rows the way by columns costs more than it saves."""


Columns = Sequence[Sequence[Stored]]
"""Stored values by column, in wire order."""


def store_columns(spec: EntitySpec[Any], rows: Sequence[Any]) -> Columns:
    """All fields of rows in stored form: what `EntitySpec.store` gives, by column."""
    return list(map(_stored, spec.columns, _columns(spec, rows)))


def fields_json(spec: EntitySpec[Any], columns: Columns, count: int) -> list[str]:
    """The JSON object of each of `count` rows: `{"name":value,...}`."""
    return _objects([_members(f'"{n}":', "", column) for n, column in _named(spec, columns)], count)


def made_json(spec: EntitySpec[Any], columns: Columns, count: int, mask: str) -> list[str]:
    """What the making of each row changed: `{"name":[null,value],...}`, empty fields left out, secrets masked."""
    parts = []
    for name, column in _named(spec, columns):
        shown = [mask if value else value for value in column] if name in spec.secrets else column
        parts.append(_members(f'"{name}":[null,', "]", shown, skip_none=True))
    return _objects(parts, count)


def gone_json(spec: EntitySpec[Any], columns: Columns, count: int, mask: str) -> list[str]:
    """What the removal of each row changed: `{"name":[value,null],...}`, empty fields left out, secrets masked."""
    parts = []
    for name, column in _named(spec, columns):
        shown = [mask if value else value for value in column] if name in spec.secrets else column
        parts.append(_members(f'"{name}":[', ",null]", shown, skip_none=True))
    return _objects(parts, count)


def _named(spec: EntitySpec[Any], columns: Columns) -> list[tuple[str, Sequence[Stored]]]:
    return list(zip(spec.names, columns, strict=True))


_encode = msgspec.json.Encoder().encode
_Part = str | list[str]
"""One member of every row's object: the same text for all of them, or a text for each."""


def _members(before: str, after: str, values: Sequence[Stored], *, skip_none: bool = False) -> _Part:
    def text(value: Stored) -> str:
        return "" if value is None and skip_none else f",{before}{_encode(value).decode()}{after}"

    distinct, types = set(values), set(map(type, values))
    if len(distinct) == 1 and len(types) == 1:
        return text(values[0])
    if len(types - {type(None)}) > 1:
        return [text(value) for value in values]
    if types == {str} and _needs_no_escape(values):
        return [f',{before}"{value}"{after}' for value in values]
    known = {value: text(value) for value in distinct}
    return [known[value] for value in values]


def _needs_no_escape(values: Sequence[Any]) -> bool:
    """Whether JSON writes texts as they are; one look at all of them together costs a tenth of encoding each."""
    whole = "".join(values)
    return whole.isprintable() and '"' not in whole and "\\" not in whole


def _objects(parts: Sequence[_Part], count: int) -> list[str]:
    """The members of each row put together; neighbours that all rows share are one text."""
    merged: list[_Part] = []
    for part in parts:
        if isinstance(part, str) and merged and isinstance(merged[-1], str):
            merged[-1] += part
        else:
            merged.append(part)
    each = [repeat(part, count) if isinstance(part, str) else part for part in merged]
    return [f"{{{''.join(row)[1:]}}}" for row in zip(*each, strict=True)]


def doubtful(spec: EntitySpec[Any], rows: Sequence[Any]) -> set[int]:
    """Indexes of rows that may have a fault by their own fields; `EntitySpec.problems` says which."""
    everything = set(range(len(rows)))
    if len(rows) < FEW:
        return everything
    found: set[int] = set()
    for column, values in zip(spec.columns, _columns(spec, rows), strict=True):
        if isinstance(column.kind, Doc) or len(_types(values)) > 1:
            # Values of different types may be equal, and one would hide behind the other.
            return everything
        distinct = set(values)
        if _texts_fit(column, distinct):
            continue
        bad = {value for value in distinct if _is_doubtful(column, value)}
        if bad:
            found.update(index for index, value in enumerate(values) if value in bad)
    for rule in spec.rules:
        found.update(index for index, row in enumerate(rows) if next(iter(rule(row)), None) is not None)
    return found


def names_of(spec: EntitySpec[Any], rows: Sequence[Any]) -> list[str]:
    """The short names of rows; one that many share is put together once."""
    if not spec.title:
        return [spec.label] * len(rows)
    titles = list(map(attrgetter(*spec.title), rows))
    known: dict[Any, str] = {}
    for row, title in zip(rows, titles, strict=True):
        if title not in known:
            known[title] = spec.name_of(row)
    return [known[title] for title in titles]


def _columns(spec: EntitySpec[Any], rows: Sequence[Any]) -> list[tuple[Any, ...]]:
    if len(spec.names) == 1:
        return [tuple(map(attrgetter(spec.names[0]), rows))]
    return list(zip(*map(attrgetter(*spec.names), rows), strict=True))


def _types(values: Sequence[Any]) -> set[type]:
    return set(map(type, values)) - {type(None)}


def _stored(column: Column, values: tuple[Any, ...]) -> Sequence[Stored]:
    """One field in stored form; a value that comes often is brought there once."""
    types, store = _types(values), type(column.kind).store
    if (types <= {str} and store is Field.store) or (types <= {int} and store is Number.store):
        return values
    if len(types) > 1 or isinstance(column.kind, Doc):
        return [column.store(value) for value in values]
    known = {value: column.store(value) for value in set(values)}
    return [known[value] for value in values]


def _texts_fit(column: Column, values: set[Any]) -> bool:
    """Whether texts are surely in bounds: plain, short, and none missing that is needed."""
    kind = column.kind
    texts = values - {None}
    if not isinstance(kind, Text | Ref) or set(map(type, texts)) - {str}:
        return False
    if column.required and (None in values or not all(map(str.strip, texts))):
        return False
    if isinstance(kind, Ref):
        return True
    return max(map(len, texts), default=0) <= kind.max_len and "".join(texts).isprintable()


def _is_doubtful(column: Column, value: Any) -> bool:
    if value is None or (isinstance(value, str) and not value.strip()):
        if column.required:
            return True
        if value is None or (value == "" and isinstance(column.kind, Mac | Ref)):
            return False
    return bool(column.kind.problem(value))
