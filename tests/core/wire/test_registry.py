"""The order of fields on the wire only grows at its end: a golden list that may be appended to (sync.md 3.12)."""

from __future__ import annotations

import json
from pathlib import Path

from core.entities import SYNCED

GOLDEN = Path(__file__).with_name("registry.json")


def present() -> dict[str, list[str]]:
    """`{"number name": [fields in wire order]}` of the declarations as they are."""
    return {f"{spec.number} {spec.name}": list(spec.names) for spec in sorted(SYNCED, key=lambda s: s.number)}


def test_entities_keep_their_numbers_and_fields_their_places() -> None:
    golden: dict[str, list[str]] = json.loads(GOLDEN.read_text("utf-8"))
    now = present()
    for entity, fields in golden.items():
        assert entity in now, f"{entity} left the wire: older programs still send it"
        assert now[entity][: len(fields)] == fields, f"fields of {entity} moved: new ones go to the end"


def test_the_golden_list_is_complete() -> None:
    words = "append what is new to tests/core/wire/registry.json, and raise SCHEMA in core/wire/messages.py"
    assert json.loads(GOLDEN.read_text("utf-8")) == present(), words


def test_entity_numbers_are_single() -> None:
    numbers = [spec.number for spec in SYNCED]
    assert len(numbers) == len(set(numbers))
