"""Statements straight to the driver, inside SQLAlchemy's transaction: for the few places that move thousands of rows.

There SQLAlchemy's handling of parameters and results costs more than SQLite's work. Everywhere else its Core is used.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

AMONG = "IN (SELECT value FROM json_each(?))"
"""Condition of a column; its parameter is made by `listed`, so that a list of any length is the same statement."""


def listed(values: Iterable[Any]) -> str:
    """Numbers or texts as the parameter of `AMONG`."""
    return msgspec.json.encode(list(values)).decode()


def run(connection: Connection, sql: str, *values: Any) -> None:
    """One statement."""
    _raw(connection).execute(sql, values).close()


def run_many(connection: Connection, sql: str, rows: Sequence[Sequence[Any]]) -> None:
    """One statement for each tuple or list of values."""
    if rows:
        _raw(connection).executemany(sql, rows).close()


def ask(connection: Connection, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Rows as tuples."""
    found: list[tuple[Any, ...]] = _raw(connection).execute(sql, values).fetchall()
    return found


def ask_dicts(connection: Connection, sql: str, *values: Any) -> list[dict[str, Any]]:
    """Rows as dicts by column."""
    cursor = _raw(connection).execute(sql, values)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def _raw(connection: Connection) -> Any:
    return connection.connection.driver_connection
