"""Many rows by column are stored, named and doubted as one by one."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from typing import Any

import msgspec
import pytest

from core.entities import ALL, BY_NAME
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.person import RESIDENT
from core.schema.columns import doubtful, fields_json, made_json, names_of, store_columns
from core.schema.entity import EntitySpec
from tests.factories import make

COUNT = 12


def rows_of(spec: EntitySpec[Any]) -> list[Any]:
    """Rows of which half share their values, as those of a file do."""
    first = make(spec)
    return [first, *(replace(first, id=f"{n:032x}") for n in range(5)), *(make(spec) for _ in range(6))]


@pytest.mark.parametrize("name", sorted(BY_NAME))
def test_stored_forms_names_and_json_are_those_of_single_rows(name: str) -> None:
    spec = BY_NAME[name]
    rows = rows_of(spec)
    columns = store_columns(spec, rows)
    single = [spec.store(row) for row in rows]
    assert [dict(zip(spec.names, values, strict=True)) for values in zip(*columns, strict=True)] == single
    assert fields_json(spec, columns, COUNT) == [msgspec.json.encode(row).decode() for row in single]
    assert names_of(spec, rows) == [spec.name_of(row) for row in rows]
    made = [json.loads(text) for text in made_json(spec, columns, COUNT, "##")]
    for told, stored in zip(made, single, strict=True):
        assert told.keys() == {k for k, v in stored.items() if v is not None}
        for key, (was, now) in told.items():
            assert was is None
            assert now == ("##" if key in spec.secrets and stored[key] else stored[key])


@pytest.mark.parametrize(
    "odd", ['"', "\\", "a\nb", "\t", "\x7f", "\u2028", "é", "中", "</x>", "", "a\u00a0b", '\\"', "\x1f"]
)
def test_json_of_texts_is_that_of_the_encoder_whatever_stands_in_them(odd: str) -> None:
    rows = [replace(make(RESIDENT), first_name=f"F{n}") for n in range(COUNT - 1)]
    rows.append(replace(make(RESIDENT), first_name=odd))
    columns = store_columns(RESIDENT, rows)
    alone = [msgspec.json.encode(RESIDENT.store(row)).decode() for row in rows]
    assert fields_json(RESIDENT, columns, COUNT) == alone
    [told] = [json.loads(text)["first_name"] for text in made_json(RESIDENT, columns, COUNT, "##")[-1:]]
    assert told == [None, odd]


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.name)
def test_a_row_with_a_fault_is_always_doubted(spec: EntitySpec[Any]) -> None:
    """Whatever stands in a field: what `problems` finds is never taken for sound, in any company."""
    dice = random.Random(spec.number)
    odd: list[Any] = [
        "",
        " ",
        None,
        "x" * 5000,
        "a\nb",
        "a\0b",
        -1,
        10**18,
        True,
        1,
        0,
        "pin",
        (),
        ("",),
        ("a;b",),
    ]
    for _ in range(40):
        rows = rows_of(spec)
        for _ in range(dice.randrange(4)):
            place, column = dice.randrange(len(rows)), dice.choice(spec.names)
            rows[place] = replace(rows[place], **{column: dice.choice(odd)})
        wrong = set()
        for index, row in enumerate(rows):
            try:
                wrong.update([index] if spec.problems(row) else [])
            except (TypeError, AttributeError):
                wrong.add(index)  # a value of a type that the field never has
        try:
            found = doubtful(spec, rows)
        except (TypeError, AttributeError):
            continue
        assert wrong <= found


def test_rows_without_a_fault_are_not_doubted() -> None:
    specs: tuple[EntitySpec[Any], ...] = (RESIDENT, CREDENTIAL)
    for spec in specs:
        more: dict[str, Any] = {"kind": CredentialKind.PIN, "code": "4712"} if spec is CREDENTIAL else {}
        rows = [make(spec, **more) for _ in range(COUNT)]
        assert [spec.problems(row) for row in rows] == [[]] * COUNT
        assert doubtful(spec, rows) == set()
