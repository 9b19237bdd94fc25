"""What came over the network is looked at before it goes into tables: each value of the kind that its column holds.

A row that is not what it should be is left out and said in the log; the rest of its page is taken. Looked at are types
only: whether a value makes sense the cloud has judged, and an unknown word of a list is shown as it is (sync.md 3.12).

A page is turned into columns once: looking at them column by column takes a tenth of what it takes row by row, and then
they are written as they are (`core.store.bulk`).
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from core.entities import BY_NUMBER
from core.schema.entity import Column, EntitySpec
from core.wire.messages import WireRow

log = logging.getLogger(__name__)
LARGEST = 2**63
LONGEST_ID = 64


@dataclass(frozen=True, slots=True)
class Block:
    """Rows of one entity with the same kind of change and as many values each; what they hold by column, and for each
    column of values whether all rows agree in it.
    """

    spec: EntitySpec[Any]
    op: str
    rows: Sequence[WireRow]
    ids: Sequence[str]
    scopes: Sequence[str]
    versions: Sequence[int]
    columns: Sequence[tuple[Any, ...]]
    agreed: Sequence[bool]

    def without(self, ids: Collection[str]) -> list[Block]:
        """The same without some rows; nothing when none is left."""
        rows = [row for row in self.rows if row.id not in ids]
        return [block_of(self.spec, self.op, rows)] if rows else []


def block_of(spec: EntitySpec[Any], op: str, rows: Sequence[WireRow]) -> Block:
    """At least one row; all of the entity, with the change, and of one width."""
    columns = [*zip(*[row.values for row in rows], strict=True)]
    agreed = [c[0] == c[-1] and c.count(c[0]) == len(c) for c in columns]
    fixed = [row.id for row in rows], [row.scope for row in rows], [row.ver for row in rows]
    return Block(spec, op, rows, *fixed, columns, agreed)


def blocks(rows: Sequence[WireRow]) -> tuple[list[Block], set[int]]:
    """The rows that can be stored, and the numbers of entities that this version does not know."""
    groups: dict[tuple[int, str, int], list[WireRow]] = defaultdict(list)
    for row in rows:
        groups[row.entity, row.op, len(row.values)].append(row)
    unknown = {entity for entity, _, _ in groups} - BY_NUMBER.keys()
    known = ((key, group) for key, group in groups.items() if key[0] not in unknown)
    found = [block_of(BY_NUMBER[entity], op, group) for (entity, op, _), group in known]
    good = [good for block in found for good in ([block] if _is_sound(block) else _sound_part(block))]
    return good, unknown


def _sound_part(block: Block) -> list[Block]:
    good = [row for row in block.rows if _is_row_sound(row)]
    left_out = len(block.rows) - len(good)
    log.warning(
        "%d rows from the cloud made no sense and were left out, the first: %s", left_out, block.spec.label
    )
    return [block_of(block.spec, block.op, good)] if good else []


def _is_sound(block: Block) -> bool:
    lengths = set(map(len, block.ids))
    if not (min(lengths) > 0 and max(lengths) <= LONGEST_ID and all(block.scopes)):
        return False
    if not (min(block.versions) >= 0 and max(block.versions) < LARGEST):
        return False
    if block.op != "p":
        return not block.columns
    declared = [*block.spec.columns, *[None] * len(block.columns)]
    triples = zip(block.columns, block.agreed, declared, strict=False)
    return all(
        _is_column_sound(values[:1] if agreed else values, column) for values, agreed, column in triples
    )


def _is_column_sound(values: tuple[Any, ...], column: Column | None) -> bool:
    """`column` None: a field that this version does not know yet."""
    kinds = set(map(type, values))
    if column is not None and not kinds <= _allowed(column):
        return False
    if int not in kinds:
        return True
    numbers = values if len(kinds) == 1 else [v for v in values if type(v) is int]
    return min(numbers) >= -LARGEST and max(numbers) < LARGEST


def _allowed(column: Column) -> set[type]:
    return {int if column.kind.sql == "INTEGER" else str, *([type(None)] if column.optional else [])}


def _is_row_sound(row: WireRow) -> bool:
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
    return all(kind in _allowed(column) for column, kind in zip(columns, shape, strict=False))
