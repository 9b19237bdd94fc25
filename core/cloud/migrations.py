"""Versions of the cloud's database: forwards only, each database brought to what the declarations say (DESIGN.md).

Missing tables, columns and indexes are added from the declarations; a new field of an entity takes its default in the
rows that are there. What must happen to data beside that is a step in `STEPS`. One transaction, held by one node.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from sqlalchemy import Connection, Table, inspect, select, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateColumn

from core.base.errors import DataError, UserError
from core.cloud import account_tables, tenancy
from core.cloud.account_tables import BLOB_GIVER
from core.cloud.db import BLOB, FEED_SCOPE, METADATA, MUT_LOG, ROOM, VERSION_TABLE, Database, table_of
from core.cloud.dialect import insert_new, is_sqlite
from core.cloud.file_fields import NAMED_BY, naming
from core.cloud.merge import new_values
from core.entities import SYNCED

VERSION = 5
"""Of the tables; a database of a newer version is refused. 1: 0.1.0. 2: accounts, second factors, mails, the log. 3:
ticket books, the operator's links and news, who may see logs. 4: room beside rows in PostgreSQL's pages. 5:
fewer orders of feed and log.
"""

_LATER_TABLES = account_tables.MAIL.metadata
"""Importing them declares them; a new database gets all at once."""

_LOCK = 0x6A7E0001
"""Of PostgreSQL's advisory locks: two nodes that start at once migrate one after the other."""


def version_of(connection: Connection) -> int | None:
    """The version of a database; None when it is empty. DataError when the tables are another program's."""
    names = set(inspect(connection).get_table_names())
    if not names:
        return None
    if VERSION_TABLE.name not in names:
        raise DataError("cloud.database_foreign", "This database holds tables of another program.")
    return int(connection.execute(select(VERSION_TABLE.c.version)).scalar_one())


def migrate(database: Database) -> int:
    """Bring a database to the present tables; returns their version. DataError when it is newer or not ours."""
    try:
        database.engine.connect().close()
    except DBAPIError as fault:
        words = "The cloud's database cannot be opened: it is damaged, or no database, or not reachable."
        raise UserError("cloud.database_unreadable", words, remedy="Check --database.") from fault
    with database.write() as connection:
        if not is_sqlite(database.engine):
            connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": _LOCK})
        version = version_of(connection)
        if version is None:
            _LATER_TABLES.create_all(connection)
            connection.execute(VERSION_TABLE.insert().values(version=VERSION))
            tenancy.install(connection)
        elif version > VERSION:
            words = f"The cloud's database has version {version}; this program knows {VERSION}."
            raise DataError("cloud.database_newer", words, remedy="Update the service.")
        elif version < VERSION:
            _bring_up(connection, version)
    return VERSION


def _bring_up(connection: Connection, version: int) -> None:
    _LATER_TABLES.create_all(connection)  # what is missing
    added = {}
    for table in METADATA.sorted_tables:
        added[table.name] = _add_columns(connection, table)
        _add_indexes(connection, table)
    _fill_defaults(connection, added)
    for number in range(version + 1, VERSION + 1):
        if number in STEPS:
            STEPS[number](connection)
    tenancy.install(connection)
    connection.execute(update(VERSION_TABLE).values(version=VERSION))


def _add_columns(connection: Connection, table: Table) -> set[str]:
    there = {c["name"] for c in inspect(connection).get_columns(table.name)}
    missing = [column for column in table.c if column.name not in there]
    for column in missing:
        if not column.nullable and column.server_default is None:
            msg = f"{table.name}.{column.name} cannot be added to rows that are there: it needs a default"
            raise RuntimeError(msg)
        words = CreateColumn(column).compile(dialect=connection.dialect)
        connection.exec_driver_sql(f'ALTER TABLE "{table.name}" ADD COLUMN {words}')
    return {column.name for column in missing}


def _add_indexes(connection: Connection, table: Table) -> None:
    there = {i["name"] for i in inspect(connection).get_indexes(table.name)}
    for index in sorted(table.indexes, key=lambda i: str(i.name)):
        if index.name not in there:
            index.create(connection)


def _fill_defaults(connection: Connection, added: dict[str, set[str]]) -> None:
    """Fields that came later take their defaults in the rows of before."""
    for spec in SYNCED:
        table, new = table_of(spec), added[spec.name]
        values = {name: value for name, value in new_values(spec).items() if name in new}
        if values:
            connection.execute(update(table).values(values))


def defaults_of_later(table: str, columns: Collection[str]) -> dict[str, object]:
    """Of an entity's table, the defaults of fields that are not among the columns: those of a backup of before."""
    return {
        name: value
        for spec in SYNCED
        if spec.name == table
        for name, value in new_values(spec).items()
        if name not in columns and not spec.by_name[name].kind.secret
    }


def _name_givers(connection: Connection) -> None:
    """Files of before belong to the firms whose rows name them; the firm stands for the account."""
    for spec, column in NAMED_BY:
        rows = table_of(spec)
        found = (
            select(BLOB.c.tenant, BLOB.c.sha256, rows.c.scope, BLOB.c.at)
            .join(rows, (rows.c.tenant == BLOB.c.tenant) & naming(rows, column, BLOB.c.sha256))
            .distinct()
        )
        for tenant, sha256, scope, at in connection.execute(found).all():
            giver = {"tenant": tenant, "sha256": sha256, "account": scope, "org": scope, "at": at}
            connection.execute(insert_new(connection, BLOB_GIVER), giver)


def _leave_room(connection: Connection) -> None:
    """In pages that are filled from now on; what is full gets room as rows are edited."""
    if not is_sqlite(connection.engine):
        for spec in SYNCED:
            connection.exec_driver_sql(f'ALTER TABLE "{table_of(spec).name}" SET (fillfactor = {ROOM})')


def _fewer_orders(connection: Connection) -> None:
    """A push writes each index of what it touches."""
    if not is_sqlite(connection.engine):
        connection.exec_driver_sql("ALTER TABLE mut_log DROP CONSTRAINT IF EXISTS mut_log_replica_n_key")
        return
    connection.exec_driver_sql("DROP INDEX IF EXISTS feed_scope")
    connection.exec_driver_sql(FEED_SCOPE["sqlite"])
    connection.exec_driver_sql("ALTER TABLE mut_log RENAME TO mut_log_before")
    MUT_LOG.create(connection)
    names = ",".join(f'"{c["name"]}"' for c in inspect(connection).get_columns("mut_log_before"))
    connection.exec_driver_sql(f"INSERT INTO mut_log({names}) SELECT {names} FROM mut_log_before")  # noqa: S608
    connection.exec_driver_sql("DROP TABLE mut_log_before")


STEPS: dict[int, Callable[[Connection], None]] = {2: _name_givers, 4: _leave_room, 5: _fewer_orders}
"""By version: what is done to data once the tables of that version are there."""
