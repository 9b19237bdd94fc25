"""Statements that are given to the driver as they are: made once by SQLAlchemy Core, several in one trip to PostgreSQL.

Through SQLAlchemy each one costs 0.1 to 0.3 ms of the node's processor to be put together, compared and wrapped, which
is more than either database needs for most of them; a push has a dozen. Parameters are texts and numbers; bytes come in
arrays (`dialect.array`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Executable
from sqlalchemy.exc import DBAPIError

from core.cloud.dialect import Sent, is_sqlite

Row = tuple[Any, ...]


class Statement:
    """A statement of SQLAlchemy Core with named parameters. `make` gets whether it is for SQLite; it is asked once."""

    def __init__(self, make: Callable[[bool], Executable]) -> None:
        self._make = make
        self._made: dict[str, Callable[[Mapping[str, Any]], Sent]] = {}

    def with_(self, connection: Connection, values: Mapping[str, Any]) -> Sent:
        """The statement with these parameters."""
        name = connection.dialect.name
        if name not in self._made:
            self._made[name] = self._compiled(connection)
        return self._made[name](values)

    def _compiled(self, connection: Connection) -> Callable[[Mapping[str, Any]], Sent]:
        alone = is_sqlite(connection.engine)
        made: Any = self._make(alone)
        found = made.compile(dialect=connection.dialect)
        words, fixed = str(found), {k: v for k, v in found.params.items() if v is not None}
        if not alone:
            return lambda values: Sent(words, {**fixed, **values})
        names = found.positiontup or ()
        pick: Callable[[Any], Any] = (
            itemgetter(*names) if len(names) > 1 else lambda values: tuple(values[name] for name in names)
        )
        return lambda values: Sent(words, pick({**fixed, **values}))


def ask(connection: Connection, statement: Statement, **values: Any) -> list[Row]:
    """The rows of one statement."""
    return ask_all(connection, [statement.with_(connection, values)])[0]


def ask_all(connection: Connection, sent: Iterable[Sent]) -> list[list[Row]]:
    """The rows of each statement, in one trip to PostgreSQL."""
    with _worded(connection):
        if is_sqlite(connection.engine):
            return [_one(connection, one).fetchall() for one in sent]
        return [told.rows for told in _trips(connection).run(sent)]


def tell_all(connection: Connection, sent: Iterable[Sent]) -> list[int]:
    """As `ask_all`: how many rows each statement has written."""
    with _worded(connection):
        if is_sqlite(connection.engine):
            return [_one(connection, one).rowcount for one in sent]
        return [told.written for told in _trips(connection).run(sent)]


def _trips(connection: Connection) -> Any:
    from core.cloud.trip import Trips  # noqa: PLC0415  only where PostgreSQL is there

    found = connection.info.get(Trips)
    if found is None:
        found = connection.info[Trips] = Trips(connection.connection.driver_connection)
    return found


def _one(connection: Connection, sent: Sent) -> Any:
    raw: Any = connection.connection.driver_connection
    if sent.many:
        return raw.executemany(sent.words, sent.values)
    return raw.execute(sent.words, sent.values or ())


@contextmanager
def _worded(connection: Connection) -> Iterator[None]:
    """The driver's faults as SQLAlchemy's, as everybody else here meets them."""
    dialect: Any = connection.dialect
    try:
        yield
    except dialect.loaded_dbapi.Error as fault:
        away = dialect.is_disconnect(fault, connection.connection.driver_connection, None)
        if away:
            connection.invalidate(fault)
        base = dialect.loaded_dbapi.Error
        more = {"hide_parameters": True, "connection_invalidated": away, "dialect": dialect}
        raise DBAPIError.instance(None, None, fault, base, **more) from fault
