"""Rules across rows say which fields of the row itself they look at; a change of others asks nothing. Each is held to
it here: its own row is watched while it runs, in worlds that lead it down every way.
"""

from __future__ import annotations

from dataclasses import fields, replace
from enum import Enum
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.ids import new_id
from core.entities import BY_NAME
from core.entities.credential import CREDENTIAL
from core.entities.device import DEVICE
from core.entities.person import RESIDENT
from core.entities.site import SITE, PinMode
from core.rules import invariants
from core.rules.concerned import READS, concerned
from core.rules.invariants import INVARIANTS
from core.schema.entity import EntitySpec
from core.schema.field import Choice, Flag, Ref

IDS = [new_id() for _ in range(3)]
DECLARED = [(name, rule) for name, rules in INVARIANTS.items() for rule in rules if rule in READS]
TEXTS = ("", "1", "12345678", "1A2B3C4D5E6F7A8B9C", "0C1105000001")


class Watched:
    """A row that notes what is read of it."""

    def __init__(self, row: Any) -> None:
        self.row = row
        self.read: set[str] = set()

    def __getattr__(self, name: str) -> Any:
        self.read.add(name)
        return getattr(self.row, name)


def some_row(spec: EntitySpec[Any], draw: Any) -> Any:
    """A row whose choices, switches, references and texts are anything."""
    values: dict[str, Any] = {"id": draw(st.sampled_from(IDS)), "scope_id": draw(st.sampled_from(IDS))}
    for column in spec.columns:
        kind = column.kind
        if isinstance(kind, Choice):
            values[column.name] = draw(st.sampled_from([*kind.of]))
        elif isinstance(kind, Flag):
            values[column.name] = draw(st.booleans())
        elif isinstance(kind, Ref):
            values[column.name] = draw(st.sampled_from([*IDS, None] if column.optional else IDS))
        elif column.required:
            values[column.name] = draw(st.sampled_from(TEXTS)) if kind.sql == "TEXT" else 1
    known = {f.name for f in fields(spec.row)}
    row = spec.row(**{name: value for name, value in values.items() if name in known})
    texts = [c.name for c in spec.columns if isinstance(getattr(row, c.name), str)]
    free = [n for n in texts if not isinstance(getattr(row, n), Enum) and n not in values]
    return replace(row, **{name: draw(st.sampled_from(TEXTS)) for name in free})


class Anything:
    """A reader that finds something for every question, so that rules go on to their end."""

    def __init__(self, draw: Any) -> None:
        self._draw = draw

    def get(self, spec: EntitySpec[Any], row_id: str) -> Any:
        row = replace(some_row(spec, self._draw), id=row_id)
        if spec is SITE and self._draw(st.booleans()):
            return replace(row, pin_mode=PinMode.APARTMENT_PIN)
        return row if self._draw(st.integers(0, 4)) else None

    def find(self, spec: EntitySpec[Any], **_equals: Any) -> list[Any]:
        return [some_row(spec, self._draw) for _ in range(self._draw(st.integers(0, 2)))]


@pytest.mark.parametrize(("entity", "rule"), DECLARED, ids=lambda part: getattr(part, "__name__", str(part)))
@settings(max_examples=20, deadline=None)
@given(st.data())
def test_a_rule_looks_at_what_it_declares_and_nothing_else(
    entity: str, rule: Any, data: st.DataObject
) -> None:
    row = Watched(some_row(BY_NAME[entity], data.draw))
    list(rule(Anything(data.draw), row))
    assert row.read <= READS[rule] | {"id", "scope_id"}


def test_a_change_asks_the_rules_that_look_at_it() -> None:
    assert concerned(RESIDENT.name, frozenset({"remark", "mobile"})) == ()
    assert concerned(DEVICE.name, frozenset({"name"})) == ()
    assert invariants.mac_claimed_once in concerned(DEVICE.name, frozenset({"name", "mac"}))
    assert concerned(CREDENTIAL.name, frozenset({"code"})) != ()
    for name, rules in INVARIANTS.items():
        assert concerned(name, frozenset(BY_NAME[name].names)) == rules, "a whole row is judged by all"
        undeclared = tuple(rule for rule in rules if rule not in READS)
        assert concerned(name, frozenset()) == undeclared, "a rule that declares nothing is always asked"


OWN = [(spec, rule) for spec in BY_NAME.values() for rule in spec.rules if hasattr(rule, "looks_at")]


@pytest.mark.parametrize(("spec", "rule"), OWN, ids=[f"{spec.name}-{rule.__name__}" for spec, rule in OWN])
@settings(max_examples=30, deadline=None)
@given(st.data())
def test_a_rule_of_a_row_looks_at_what_it_declares_and_nothing_else(
    spec: EntitySpec[Any], rule: Any, data: st.DataObject
) -> None:
    row = Watched(some_row(spec, data.draw))
    list(rule(row))
    assert row.read <= rule.looks_at <= set(spec.names)


def test_a_change_asks_the_rows_own_rules_that_look_at_it() -> None:
    def names(*changed: str) -> list[str]:
        return [rule.__name__ for rule in RESIDENT.concerned(frozenset(changed))[1]]

    assert names("remark") == []
    assert names("valid_until", "remark") == ["_times_in_order"]
    assert names(*RESIDENT.names) == [rule.__name__ for rule in RESIDENT.rules]
    assert [rule.__name__ for rule in SITE.concerned(frozenset({"name"}))[1]] == ["_own_scope"], "undeclared"
