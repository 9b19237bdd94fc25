"""Declarations: what `spec_of` takes and refuses, problems, differences, parsing of forms."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any

import pytest

from core.schema.entity import EntitySpec, Problem, Row, Scope, parse_fields, spec_of
from core.schema.field import Choice, Doc, Flag, Mac, Number, Ref, Secret, Text


class Mood(StrEnum):
    GLAD = "glad"
    SAD = "sad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cat(Row):
    name: Annotated[str, Text(label="Name", max_len=8, searchable=True)]
    owner_id: Annotated[str | None, Ref(label="Owner", to="people")] = None
    lives: Annotated[int, Number(label="Lives", low=0, high=9)] = 9
    mood: Annotated[Mood, Choice(of=Mood)] = Mood.GLAD
    chip: Annotated[str, Mac(label="Chip")] = ""
    pin: Annotated[str, Secret(label="PIN")] = ""
    asleep: Annotated[bool, Flag()] = True


def _sad_cats_have_lives(cat: Cat) -> Iterator[Problem]:
    if cat.mood is Mood.SAD and cat.lives == 0:
        yield Problem("lives", "cats.lives.none", "A sad cat needs a life.")


def declare(row: type[Any], **more: Any) -> EntitySpec[Any]:
    facts: dict[str, Any] = {
        "name": "cats",
        "number": 900,
        "label": "Cat",
        "scope": Scope.ORG,
        "title": ("name",),
    }
    return spec_of(row, **(facts | more))


CAT: EntitySpec[Cat] = declare(Cat, rules=(_sad_cats_have_lives,))


def cat(**more: Any) -> Cat:
    return Cat(**({"id": "c", "scope_id": "s", "name": "Tom"} | more))


def test_everything_follows_from_the_annotations() -> None:
    assert CAT.names == ("name", "owner_id", "lives", "mood", "chip", "pin", "asleep")
    assert [c.required for c in CAT.columns] == [True, False, False, False, False, False, False]
    assert [c.optional for c in CAT.columns] == [False, True, False, False, False, False, False]
    assert CAT.by_name["mood"].label == "Mood"
    assert CAT.secrets == {"pin"}
    assert [c.name for c in CAT.refs] == ["owner_id"]
    assert CAT.synced
    assert not declare(Cat, scope=Scope.LOCAL).synced


def test_a_row_goes_to_storage_and_back() -> None:
    row = cat(mood=Mood.SAD, lives=3, chip="0C11052A7F31", asleep=False)
    stored = CAT.store(row)
    assert stored == {
        "name": "Tom", "owner_id": None, "lives": 3, "mood": "sad", "chip": "0C11052A7F31", "pin": "", "asleep": 0
    }  # fmt: skip
    assert CAT.load(("c", "s", 0, *stored.values())) == row
    assert CAT.differences(row, replace(row, lives=4, asleep=True)) == {"lives": (3, 4), "asleep": (0, 1)}
    assert CAT.name_of(row) == "Tom"
    assert declare(Cat, title=()).name_of(row) == "Cat"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"name": ""}, "cats.name.missing"),
        ({"name": "   "}, "cats.name.missing"),
        ({"name": "x" * 9}, "cats.name.bounds"),
        ({"lives": 10}, "cats.lives.bounds"),
        ({"mood": "angry"}, "cats.mood.bounds"),
        ({"chip": "xyz"}, "cats.chip.bounds"),
        ({"mood": Mood.SAD, "lives": 0}, "cats.lives.none"),
    ],
)
def test_problems(change: dict[str, Any], code: str) -> None:
    assert [p.code for p in CAT.problems(cat(**change))] == [code]


def test_a_sound_row_has_none() -> None:
    assert CAT.problems(cat()) == []
    assert CAT.problems(cat(chip="", owner_id=None, pin="")) == []


def test_what_was_not_changed_may_be_of_a_newer_version() -> None:
    row = cat(mood="ultraviolet", lives=0)
    assert CAT.problems(row, changed={"name", "lives"}) == []
    assert [p.field for p in CAT.problems(row, changed={"mood"})] == ["mood"]


def test_wrong_declarations_fail_at_import() -> None:
    with pytest.raises(TypeError, match="no such field: colour"):
        declare(Cat, title=("colour",))
    with pytest.raises(TypeError, match="no such field: age"):
        declare(Cat, natural_key=("age",))

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Bare(Row):
        name: str

    with pytest.raises(TypeError, match="has no kind"):
        declare(Bare)

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Double(Row):
        name: Annotated[str, Text(), Secret()]

    with pytest.raises(TypeError, match="exactly one kind"):
        declare(Double)

    @dataclass(frozen=True, slots=True, kw_only=True)
    class Travelling(Row):
        name: Annotated[dict[str, Any], Doc()]

    with pytest.raises(TypeError, match="may not travel"):
        declare(Travelling)
    assert declare(Travelling, scope=Scope.LOCAL).names == ("name",)


def test_a_form_is_parsed_field_by_field() -> None:
    texts = {
        "name": " Tom ",
        "owner_id": "",
        "lives": "7",
        "mood": "SAD",
        "asleep": "no",
        "chip": "0c-11-05-2a-7f-31",
    }
    values, faults = parse_fields(CAT, texts)
    assert faults == []
    assert values == {
        "name": "Tom", "owner_id": None, "lives": 7, "mood": Mood.SAD, "asleep": False, "chip": "0C11052A7F31"
    }  # fmt: skip


def test_a_form_with_faults_says_all_of_them() -> None:
    values, faults = parse_fields(CAT, {"lives": "many", "mood": "angry", "wings": "2", "chip": ""})
    assert values == {"chip": ""}
    assert {(p.field, p.code) for p in faults} == {
        ("lives", "cats.lives.parse"),
        ("mood", "cats.mood.parse"),
        ("wings", "cats.unknown_field"),
    }
