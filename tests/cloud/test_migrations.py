"""Forwards only: an older database becomes what a new one is, with its data; twice, and on both kinds of database."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, inspect, select, update

from core.cloud import admin, migrations
from core.cloud.cloud import open_cloud
from core.cloud.db import METADATA, VERSION_TABLE, Database
from core.cloud.settings import CloudSettings
from tests.cloud.bench import Hand
from tests.cloud.postgres import Postgres
from tests.history.world import CHEAP, ManualClock

pytestmark = pytest.mark.timeout(300)  # generous: a loaded machine takes ten times as long

OLD = Path(__file__).parents[1] / "data" / "cloud-1.sql"


def shape(engine: Engine) -> dict[str, Any]:
    """Columns, keys and indexes of every table; the order of columns is not part of it."""
    look, found = inspect(engine), {}
    for table in look.get_table_names():
        found[table] = {
            "columns": sorted((c["name"], str(c["type"]), c["nullable"]) for c in look.get_columns(table)),
            "key": look.get_pk_constraint(table)["constrained_columns"],
            "indexes": sorted((str(i["name"]), tuple(i["column_names"])) for i in look.get_indexes(table)),
        }
    return found


def settings(url: str, folder: Path) -> CloudSettings:
    return CloudSettings(
        database_url=url,
        blobs=folder / "files",
        key=b"k" * 32,
        password_cost=CHEAP,
        clock=ManualClock(),
    )


def an_old_sqlite(file: Path) -> str:
    connection = sqlite3.connect(file)
    connection.executescript(OLD.read_text("utf-8"))
    connection.close()
    return f"sqlite:///{file}"


@pytest.fixture(params=["sqlite", "postgresql"])
def old_and_new(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Addresses of a database of version 1, with data where that can be, and of an empty one."""
    if request.param == "sqlite":
        yield an_old_sqlite(tmp_path / "old.db"), f"sqlite:///{tmp_path / 'new.db'}"
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as old, server.database() as new:
        database = Database(old)
        with database.write() as c:
            for statement in re.findall(r"CREATE .*?;", OLD.read_text("utf-8"), re.DOTALL):
                c.exec_driver_sql(statement.replace("BLOB", "BYTEA").replace("\tuser ", '\t"user" '))
            c.execute(VERSION_TABLE.insert().values(version=1))
        database.close()
        yield old, new


def test_an_old_database_becomes_what_a_new_one_is(old_and_new: tuple[str, str]) -> None:
    old, new = (Database(url) for url in old_and_new)
    assert migrations.migrate(old) == migrations.migrate(new) == migrations.VERSION
    left, right = shape(old.engine), shape(new.engine)
    assert left.keys() == right.keys() == set(METADATA.tables)
    for table, facts in right.items():
        assert left[table] == facts, table
    migrations.migrate(old)
    assert shape(old.engine) == left
    old.close()
    new.close()


def test_the_people_and_rows_of_an_old_database_go_on(tmp_path: Path) -> None:
    cloud = open_cloud(settings(an_old_sqlite(tmp_path / "old.db"), tmp_path))
    anna = Hand.of(cloud, "anna")
    [scope] = [s for s in anna.pull().scopes or [] if s.kind == "site"]
    assert "Old" in str(anna.fill(scope.scope).rows)
    assert admin.check(cloud) == []
    cloud.close()


def test_a_field_that_came_later_takes_its_default_in_old_rows(tmp_path: Path) -> None:
    url = an_old_sqlite(tmp_path / "old.db")
    connection = sqlite3.connect(tmp_path / "old.db")
    connection.execute("ALTER TABLE sites DROP COLUMN free_members")
    connection.close()
    database = Database(url)
    migrations.migrate(database)
    sites = METADATA.tables["sites"]
    with database.read() as c:
        assert c.execute(select(sites.c.free_members)).scalars().all() == [3]
    database.close()


def test_a_step_of_data_runs_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[int] = []
    monkeypatch.setitem(migrations.STEPS, 2, lambda _connection: seen.append(2))
    database = Database(an_old_sqlite(tmp_path / "old.db"))
    migrations.migrate(database)
    migrations.migrate(database)
    assert seen == [2]
    database.close()


def test_what_fails_half_way_leaves_the_old_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(_connection: object) -> None:
        raise RuntimeError("no space")

    database = Database(an_old_sqlite(tmp_path / "old.db"))
    before = shape(database.engine)
    with monkeypatch.context() as patch:
        patch.setitem(migrations.STEPS, 2, explode)
        with pytest.raises(RuntimeError):
            migrations.migrate(database)
    assert shape(database.engine) == before
    migrations.migrate(database)
    with database.write() as c:
        assert c.execute(update(VERSION_TABLE).values(version=2)).rowcount == 1
    database.close()
