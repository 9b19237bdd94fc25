"""What holds for every entity when it is written: outbox, audit, change set, and nothing of what failed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest

from core.base.errors import UserError
from core.base.ids import new_id
from core.entities import ALL
from core.entities.record import AUDIT_ENTRY
from core.rules.invariants import REMOVAL_RULES
from core.schema.entity import Column, EntitySpec
from core.schema.field import Choice, Doc, Flag, Mac, Number, Secret, Text
from core.store.changes import ChangeSet, Origin
from core.store.journal import UNAUDITED
from core.store.mirror import Mirror
from core.store.tables import OUTBOX, SHADOW, table_of
from tests.factories import plant


def name_of(spec: EntitySpec[Any]) -> str:
    return spec.name


SYNCED = [spec for spec in ALL if spec.synced]
LOCAL = [spec for spec in ALL if not spec.synced]


def candidates(spec: EntitySpec[Any], row: Any) -> list[dict[str, Any]]:
    """Changes of one field each that may be valid: the first that the rules let through is taken."""
    found = []
    for column in spec.columns:
        value = getattr(row, column.name)
        other = _other(column, value)
        if other is not None and other != value:
            found.append({column.name: other})
    return found


def _other(column: Column, value: Any) -> Any:
    kind = column.kind
    if isinstance(kind, Flag):
        return not value
    if isinstance(kind, Number):
        return kind.low if value != kind.low else kind.low + 1
    if isinstance(kind, Text) and not isinstance(kind, Secret) and kind.max_len >= 8:
        return "Changed"
    if isinstance(kind, Choice):
        return next((m for m in kind.of if m != value), None)
    return {"changed": True} if isinstance(kind, Doc) else None


async def change(mirror: Mirror, spec: EntitySpec[Any], row: Any) -> tuple[str, Any]:
    """Change some field of a row; the field and the row as it is then. Links are pointed at another row."""
    other = await mirror.write(lambda tx: plant(tx, spec), origin=Origin.PULL)
    links = [{c.name: getattr(other, c.name)} for c in spec.refs if getattr(other, c.name)]
    for changes in [*candidates(spec, row), *links]:
        try:
            now = await mirror.write(
                lambda tx, c=changes: tx.patch(spec, row, **c),  # type: ignore[misc]
                origin=Origin.USER,
                act="Change",
            )
        except UserError:
            continue
        return next(iter(changes)), now
    pytest.fail(f"no field of {spec.name} could be changed")


async def edits_of(mirror: Mirror, row: Any) -> Sequence[Any]:
    query = OUTBOX.select().where(OUTBOX.c.entity_id == row.id).order_by(OUTBOX.c.n)
    return await mirror.read(lambda r: r.connection.execute(query).mappings().all())


async def audit_of(mirror: Mirror, row: Any) -> list[str]:
    found = await mirror.read(lambda r: r.find(AUDIT_ENTRY, entity_id=row.id))
    return [entry.op for entry in found]


@pytest.mark.parametrize("spec", ALL, ids=name_of)
async def test_put_patch_and_remove_do_all_that_belongs_to_it(mirror: Mirror, spec: EntitySpec[Any]) -> None:
    heard: list[ChangeSet] = []
    row = await mirror.write(lambda tx: plant(tx, spec), origin=Origin.USER, act="Add")
    mirror.feed.subscribe(heard.append)
    assert await mirror.read(lambda r: r.get(spec, row.id)) == row
    field, changed = await change(mirror, spec, row)
    assert heard[-1].touched[spec.name].changed == {row.id}
    assert await mirror.read(lambda r: r.get(spec, row.id)) == changed != row
    if spec.name not in REMOVAL_RULES or not getattr(row, "building_id", None):
        await mirror.write(lambda tx: tx.remove(spec, row.id), origin=Origin.USER, act="Remove")
        assert heard[-1].touched[spec.name].removed == {row.id}
        assert await mirror.read(lambda r: r.get(spec, row.id)) is None
        ops = ["create", "patch", "delete"]
    else:
        ops = ["create", "patch"]
    edits = await edits_of(mirror, row)
    assert [e["op"] for e in edits] == (ops if spec.synced else [])
    words = {"create": "add", "patch": "change", "delete": "remove"}
    assert await audit_of(mirror, row) == ([] if spec.name in UNAUDITED else [words[op] for op in ops])
    if spec.synced:
        assert list(json.loads(edits[1]["fields"])) == [field]
        assert edits[0]["scope"] == row.scope_id != ""
        assert json.loads(edits[0]["fields"]) == spec.store(row)


@pytest.mark.parametrize("spec", LOCAL, ids=name_of)
async def test_local_rows_never_enter_the_outbox(mirror: Mirror, spec: EntitySpec[Any]) -> None:
    for origin in Origin:
        await mirror.write(lambda tx: plant(tx, spec), origin=origin)
    for table in (OUTBOX, SHADOW):
        assert await mirror.read(lambda r, t=table: r.connection.execute(t.select()).all()) == []  # type: ignore[misc]


@pytest.mark.parametrize("spec", ALL, ids=name_of)
async def test_a_transaction_that_fails_leaves_nothing(mirror: Mirror, spec: EntitySpec[Any]) -> None:
    def work(tx: Any) -> None:
        plant(tx, spec)
        tx.flush()
        raise ZeroDivisionError

    heard: list[ChangeSet] = []
    mirror.feed.subscribe(heard.append)
    with pytest.raises(ZeroDivisionError):
        await mirror.write(work, origin=Origin.USER)
    for table in (table_of(spec), OUTBOX, SHADOW, table_of(AUDIT_ENTRY)):
        assert await mirror.read(lambda r, t=table: r.connection.execute(t.select()).all()) == []  # type: ignore[misc]
    assert heard == []


@pytest.mark.parametrize("spec", [s for s in SYNCED if s.secrets], ids=name_of)
async def test_a_secret_is_in_no_audit_entry_and_in_no_label(mirror: Mirror, spec: EntitySpec[Any]) -> None:
    given = {name: "4711081" for name in spec.secrets if not spec.by_name[name].required}
    row = await mirror.write(lambda tx: plant(tx, spec, **given), origin=Origin.USER)
    await mirror.write(lambda tx: tx.remove(spec, row.id), origin=Origin.USER)
    entries = [str(e) for e in await mirror.read(lambda r: r.find(AUDIT_ENTRY, entity_id=row.id))]
    labels = [e["label"] for e in await edits_of(mirror, row)]
    assert entries
    assert labels
    for name in spec.secrets:
        secret = getattr(row, name)
        assert len(secret) > 3
        assert not [text for text in (*entries, *labels) if secret in text]


@pytest.mark.parametrize("spec", [s for s in ALL if s.refs], ids=name_of)
async def test_what_a_row_points_at_must_be_there(mirror: Mirror, spec: EntitySpec[Any]) -> None:
    row = await mirror.write(lambda tx: plant(tx, spec), origin=Origin.USER)
    for column in spec.refs:
        values = {c.name: getattr(row, c.name) for c in spec.columns} | {column.name: new_id()}
        row_id = new_id()
        # A site is its own scope.
        bad = spec.row(id=row_id, scope_id=row_id if row.scope_id == row.id else row.scope_id, **values)
        with pytest.raises(UserError) as caught:
            await mirror.write(lambda tx, b=bad: tx.put(spec, b), origin=Origin.USER)  # type: ignore[misc]
        assert caught.value.code == f"{spec.name}.{column.name}.unknown"


@pytest.mark.parametrize(
    "spec", [s for s in SYNCED if any(isinstance(c.kind, Mac) for c in s.columns)], ids=name_of
)
async def test_macs_are_stored_in_one_shape(mirror: Mirror, spec: EntitySpec[Any]) -> None:
    with pytest.raises(UserError, match="twelve upper-case"):
        await mirror.write(lambda tx: plant(tx, spec, mac="0c:11:05:2a:7f:31"), origin=Origin.USER)
