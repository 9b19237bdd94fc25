"""The mirror's tables: what the migrations build is what the declarations say."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, inspect
from sqlalchemy.pool import StaticPool

from core.entities import ALL
from core.schema.entity import EntitySpec
from core.store.migrate import statements, steps
from core.store.mirror import Mirror
from core.store.tables import METADATA, table_of


def shape(engine: Engine) -> dict[str, Any]:
    """Columns, keys, indexes and checks of every table, in a form that can be compared."""
    look = inspect(engine)
    found = {}
    for table in look.get_table_names():
        found[table] = {
            "columns": [
                (c["name"], str(c["type"]), c["nullable"], c["default"]) for c in look.get_columns(table)
            ],
            "key": look.get_pk_constraint(table)["constrained_columns"],
            "unique": sorted(tuple(u["column_names"]) for u in look.get_unique_constraints(table)),
            "indexes": sorted((str(i["name"]), tuple(i["column_names"])) for i in look.get_indexes(table)),
            "checks": sorted(c["sqltext"] for c in look.get_check_constraints(table)),
        }
    return found


def empty() -> Engine:
    return create_engine("sqlite://", poolclass=StaticPool)


def test_an_empty_file_that_is_migrated_has_the_declared_tables() -> None:
    migrated, declared = empty(), empty()
    with migrated.begin() as connection:
        for _, _, sql in steps():
            for statement in statements(sql):
                connection.exec_driver_sql(statement)
    METADATA.create_all(declared)
    left, right = shape(migrated), shape(declared)
    assert left.keys() == right.keys()
    for table, facts in right.items():
        words = f"{table}: write a migration, and compare with `python tools/schema.py`"
        assert left[table] == facts, words
    migrated.dispose()
    declared.dispose()


def test_numbers_of_the_outbox_and_the_tray_are_never_used_again() -> None:
    """sync.md 5.5: SQLite gives a number again unless the table says AUTOINCREMENT."""
    text = " ".join(sql for _, _, sql in steps())
    for table in ("outbox", "tray"):
        body = text[text.index(f"CREATE TABLE {table} (") :].partition(";")[0]
        assert "AUTOINCREMENT" in body


@pytest.mark.parametrize("spec", ALL, ids=lambda spec: spec.name)
def test_an_entitys_table_has_its_columns_in_wire_order(spec: EntitySpec[Any]) -> None:
    names = [c.name for c in table_of(spec).columns]
    assert names == ["row_no", "id", "scope_id", "ver", *spec.names, "extra", "flag"]


async def test_the_mirror_itself_is_at_the_newest_version(mirror: Mirror) -> None:
    version = await mirror.read(lambda r: r.connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    assert version == len(steps())
    tables = await mirror.read(
        lambda r: {
            row[0]
            for row in r.connection.exec_driver_sql("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
    )
    assert set(METADATA.tables) <= tables
