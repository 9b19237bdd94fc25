"""What holds for every entity: round trips, labels, numbers, references, secrets. Runs over core.entities.ALL."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

import pytest

from core.entities import ALL, BY_NAME, BY_NUMBER, SYNCED
from core.schema.entity import EntitySpec, Row, Scope
from core.schema.field import Doc, Mac, Ref, Secret
from tests.factories import make, random_value


def name_of(spec: EntitySpec[Any]) -> str:
    return spec.name


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_a_made_row_has_no_problem(spec: EntitySpec[Any]) -> None:
    for _ in range(20):
        assert spec.problems(make(spec)) == []


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_a_row_survives_storage(spec: EntitySpec[Any]) -> None:
    for _ in range(20):
        row = make(spec)
        stored = spec.store(row)
        assert spec.load((row.id, row.scope_id, row.ver, *stored.values())) == row
        assert all(value is None or type(value) in {int, str} for value in stored.values())
        assert spec.differences(row, row) == {}


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_every_field_goes_from_python_to_storage_and_back(spec: EntitySpec[Any]) -> None:
    for column in spec.columns:
        for value in (random_value(spec, column) for _ in range(10)):
            stored = column.store(value)
            assert column.load(stored) == value
            assert column.store(column.load(stored)) == stored
            assert isinstance(stored, int if column.kind.sql == "INTEGER" else str)
        if not column.required:
            assert column.load(column.store(column.default)) == column.default


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_every_field_reads_back_what_it_shows(spec: EntitySpec[Any]) -> None:
    for column in spec.columns:
        value = random_value(spec, column)
        if isinstance(column.kind, Secret):
            assert column.kind.show(value) == "••••"
            assert column.kind.parse(value) == value
        elif not isinstance(column.kind, Doc):
            shown = column.kind.show(value)
            assert column.kind.show(column.kind.parse(shown)) == shown


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_every_field_has_a_word_for_people(spec: EntitySpec[Any]) -> None:
    for column in spec.columns:
        label = column.kind.label
        assert label, f"{spec.name}.{column.name} has no label"
        assert label == label.strip()
        assert label[0].isupper() or not label[0].isalpha()
        assert len(label) <= 40
        if column.kind.example and not isinstance(column.kind, Secret):
            assert column.kind.problem(column.kind.parse(column.kind.example)) == ""


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_names_and_labels_of_an_entity(spec: EntitySpec[Any]) -> None:
    assert re.fullmatch(r"[a-z]+(_[a-z]+)*", spec.name)
    assert spec.label[0].isupper()
    labels = [c.label for c in spec.columns]
    assert len(set(labels)) == len(labels), "two fields of one entity need two words"
    assert spec.row.__doc__


def test_names_and_numbers_are_single() -> None:
    assert len(BY_NAME) == len(BY_NUMBER) == len(ALL)
    assert set(SYNCED) == {spec for spec in ALL if spec.scope is not Scope.LOCAL}


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_references_point_at_entities_that_travel_as_far(spec: EntitySpec[Any]) -> None:
    for column in spec.refs:
        assert isinstance(column.kind, Ref)
        target = BY_NAME[column.kind.to]
        assert target.synced or not spec.synced, f"{spec.name}.{column.name} points at what stays here"
        assert column.kind.indexed or column.optional, (
            f"{spec.name}.{column.name} is looked up without an index"
        )


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_no_secret_is_in_a_name_or_in_a_search(spec: EntitySpec[Any]) -> None:
    assert not spec.secrets & set(spec.title)
    assert not [c.name for c in spec.columns if c.kind.secret and c.kind.searchable]
    row = make(spec)
    for name in spec.secrets:
        value = getattr(row, name)
        if len(str(value)) > 3:
            assert str(value) not in spec.name_of(row)


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_rows_are_frozen_and_have_what_every_row_has(spec: EntitySpec[Any]) -> None:
    row = make(spec)
    assert isinstance(row, Row)
    with pytest.raises(AttributeError):
        row.id = "other"  # type: ignore[misc]  # that is the point
    assert [f.name for f in fields(row)][:3] == ["id", "scope_id", "ver"]
    assert not hasattr(row, "__dict__")


@pytest.mark.parametrize("spec", ALL, ids=name_of)
def test_an_empty_required_field_is_named(spec: EntitySpec[Any]) -> None:
    for column in spec.columns:
        if column.required and column.kind.sql == "TEXT" and not isinstance(column.kind, Doc):
            empty = None if isinstance(column.kind, Mac | Ref) else ""
            problems = spec.problems(make(spec, **{column.name: empty}))
            assert [p.code for p in problems] == [f"{spec.name}.{column.name}.missing"]
            assert problems[0].message == f"{column.label} is missing."
