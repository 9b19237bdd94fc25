"""What came over the network is looked at before it goes into tables: each value of the kind that its column holds.

A row that is not what it should be is left out and said in the log; the rest of its page is taken. Looked at are types
only: whether a value makes sense the cloud has judged, and an unknown word of a list is shown as it is (sync.md 3.12).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from core.entities import BY_NUMBER
from core.schema.entity import Column
from core.wire.messages import WireRow

log = logging.getLogger(__name__)
LARGEST = 2**63
LONGEST_ID = 64


def sound(rows: Sequence[WireRow]) -> list[WireRow]:
    """The rows that can be stored; all are of known entities."""
    if _are_sound(rows):
        return list(rows)
    good = [row for row in rows if _is_sound(row)]
    if len(good) < len(rows):
        first = next(row for row in rows if not _is_sound(row))
        label = BY_NUMBER[first.entity].label
        log.warning(
            "%d rows from the cloud made no sense and were left out, the first: %s",
            len(rows) - len(good),
            label,
        )
    return good


def _are_sound(rows: Sequence[WireRow]) -> bool:
    """Whether each row is, column by column: ten times as fast as row by row, and nearly always so."""
    groups: dict[tuple[int, str, int], list[WireRow]] = defaultdict(list)
    for row in rows:
        groups[row.entity, row.op, len(row.values)].append(row)
    return all(_is_group_sound(entity, op, found) for (entity, op, _), found in groups.items())


def _is_group_sound(entity: int, op: str, rows: Sequence[WireRow]) -> bool:
    """Rows of one entity and as many values."""
    lengths, versions = [len(row.id) for row in rows], [row.ver for row in rows]
    if not (min(lengths) > 0 and max(lengths) <= LONGEST_ID and all(row.scope for row in rows)):
        return False
    if not (min(versions) >= 0 and max(versions) < LARGEST):
        return False
    columns = [*zip(*[row.values for row in rows], strict=True)]
    if op != "p":
        return not columns
    declared = BY_NUMBER[entity].columns
    return all(
        _is_column_sound(values, declared[place] if place < len(declared) else None)
        for place, values in enumerate(columns)
    )


def _is_column_sound(values: tuple[Any, ...], column: Column | None) -> bool:
    """`column` None: a field that this version does not know yet."""
    if values[0] == values[-1] and values.count(values[0]) == len(values):
        values = values[:1]
    kinds = set(map(type, values))
    if column is not None:
        allowed = {int if column.kind.sql == "INTEGER" else str, *([type(None)] if column.optional else [])}
        if not kinds <= allowed:
            return False
    return int not in kinds or all(-LARGEST <= v < LARGEST for v in values if type(v) is int)


def _is_sound(row: WireRow) -> bool:
    # Pages are full of rows of a few shapes: a shape is judged once, and only very large numbers need a second look.
    if not _fits(row.entity, row.op, tuple(map(type, row.values))):
        return False
    if not 0 < len(row.id) <= LONGEST_ID or not row.scope or not 0 <= row.ver < LARGEST:
        return False
    return not any(type(v) is int and not -LARGEST <= v < LARGEST for v in row.values)


@lru_cache(maxsize=4096)
def _fits(entity: int, op: str, shape: tuple[type, ...]) -> bool:
    if op != "p":
        return not shape
    columns = BY_NUMBER[entity].columns
    return all(
        kind is (int if column.kind.sql == "INTEGER" else str) or (kind is type(None) and column.optional)
        for column, kind in zip(columns, shape, strict=False)
    )
