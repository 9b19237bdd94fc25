"""What the network brings is of the kinds that the tables hold, or is left out and said."""

from __future__ import annotations

from typing import Any

import pytest

from core.base.ids import new_id
from core.entities.person import RESIDENT
from core.entities.site import BUILDING
from core.store import apply
from core.store.arriving import blocks
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.wire.messages import WireRow

SITE = new_id()
GOOD = WireRow(BUILDING.number, new_id(), SITE, 1, "p", [SITE, "A"])


def sound(rows: list[WireRow]) -> list[WireRow]:
    """Those that can be stored, in their order."""
    taken = {id(r) for block in blocks(rows)[0] for r in block.rows}
    return [r for r in rows if id(r) in taken]


def row(**changes: Any) -> WireRow:
    members = {name: getattr(GOOD, name) for name in GOOD.__struct_fields__}
    return WireRow(**{**members, **changes})


def test_sound_rows_pass_also_those_of_other_versions() -> None:
    rows = [
        GOOD,
        row(values=[SITE, "A", "of the next version", 7, None]),
        row(values=[SITE]),
        row(op="d", values=[]),
        row(op="l", values=[]),
    ]
    assert sound(rows) == rows


@pytest.mark.allow_logs("made no sense and were left out")
@pytest.mark.parametrize(
    "changes",
    [
        {"values": [SITE, 5]},
        {"values": [7, "A"]},
        {"values": [SITE, None]},
        {"values": [SITE, "A", 2**63]},
        {"values": [SITE, "A", -(2**63) - 1]},
        {"op": "d"},
        {"id": ""},
        {"id": "x" * 65},
        {"scope": ""},
        {"ver": -1},
        {"ver": 2**63},
    ],
)
async def test_a_row_that_makes_no_sense_is_left_out_and_the_rest_is_taken(
    mirror: Mirror, changes: dict[str, Any]
) -> None:
    bad = row(**{"id": new_id(), **changes})
    done = await mirror.write(lambda tx: apply.apply_rows(tx, [bad, GOOD]), origin=Origin.PULL)
    assert done == 1
    assert [b.id for b in await mirror.read(lambda r: r.find(BUILDING))] == [GOOD.id]


def test_an_empty_value_passes_where_the_field_may_be_empty() -> None:
    optional = [c.optional for c in RESIDENT.columns]
    assert any(optional), "the test needs a field that may be empty"
    values = [None if c.optional else 0 if c.kind.sql == "INTEGER" else "" for c in RESIDENT.columns]
    one = WireRow(RESIDENT.number, new_id(), SITE, 1, "p", list(values))
    assert sound([one]) == [one]


def test_blocks_hold_values_by_column_and_tell_which_agree() -> None:
    rows = [row(id=new_id(), values=[SITE, name]) for name in "ABC"]
    [block], unknown = blocks([*rows, WireRow(9999, new_id(), SITE, 1, "p", [])])
    assert unknown == {9999}
    assert (block.spec, block.op, block.rows) == (BUILDING, "p", rows)
    assert block.columns == [(SITE,) * 3, ("A", "B", "C")]
    assert block.agreed == [True, False]
    [rest] = block.without({rows[1].id})
    assert (rest.rows, rest.columns[1]) == ([rows[0], rows[2]], ("A", "C"))
    assert block.without(block.ids) == []
