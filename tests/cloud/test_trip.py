"""Trips to PostgreSQL: statements sent at once, prepared once; what fails leaves the connection as good as before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError

from core.cloud import trip
from core.cloud.dialect import Packed, Sent, array, open_engine
from core.cloud.statements import ask_all, tell_all
from tests.cloud.postgres import Postgres

ONE = Sent("SELECT %(n)s::int8 + 1, %(n)s::text, %(word)s::text", {"n": 41, "word": "ü %s"})


@pytest.fixture(scope="module")
def engine(postgres: Postgres) -> Iterator[Engine]:
    with postgres.database() as url:
        made = open_engine(url)
        with made.connect() as c:
            tell_all(c, [Sent("CREATE TABLE kept (id int PRIMARY KEY, body bytea)", told=False)])
        yield made
        made.dispose()


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as opened:
        tell_all(opened, [Sent("TRUNCATE kept", told=False)])
        yield opened


def _put(*numbers: int) -> Sent:
    return Sent("INSERT INTO kept(id) SELECT unnest(%s::int[])", (array("int4", numbers),), told=False)


def _ids(connection: Connection) -> list[int]:
    return [row[0] for row in ask_all(connection, [Sent("SELECT id FROM kept ORDER BY id")])[0]]


def test_each_statement_tells_its_rows_or_how_many_it_wrote(connection: Connection) -> None:
    body = Packed.of([b"\0\xff", b""])
    put = Sent("INSERT INTO kept SELECT n, b FROM unnest(%s::int[], %s::bytea[]) AS x(n, b)", ("{1,2}", body))
    assert tell_all(connection, [put, Sent("DELETE FROM kept WHERE id = %s", (1,), told=False)]) == [0, 1]
    kept = Sent("SELECT id, body, %s::text, 'x%%y', id > 1 FROM kept", (None,))
    assert ask_all(connection, [kept, ONE]) == [[(2, b"", None, "x%y", True)], [(42, "41", "ü %s")]]


def test_what_fails_stops_the_rest_and_leaves_the_connection_good(connection: Connection) -> None:
    tell_all(connection, [_put(1)])
    line = [Sent("BEGIN", told=False), _put(5), _put(1), _put(7), Sent("COMMIT", told=False)]
    with pytest.raises(IntegrityError, match="kept_pkey"):
        tell_all(connection, line)
    tell_all(connection, [Sent("ROLLBACK", told=False)])
    assert _ids(connection) == [1]
    tell_all(connection, [_put(8)])
    assert _ids(connection) == [1, 8]


def test_a_statement_that_makes_no_sense_is_told_so_each_time(connection: Connection) -> None:
    for _ in range(2):
        with pytest.raises(DBAPIError, match="nowhere"):
            ask_all(connection, [ONE, Sent("SELECT * FROM nowhere")])
    assert ask_all(connection, [ONE])[0][0][0] == 42


def test_a_rollback_takes_no_prepared_statement_along(connection: Connection) -> None:
    for _ in range(3):
        with connection.begin() as transaction:
            tell_all(connection, [_put(3)])
            transaction.rollback()
        assert _ids(connection) == []


@pytest.mark.parametrize("value", ["nul\0", b"bytes", 1.5])
def test_what_cannot_be_sent_is_refused_before_and_nothing_after_it_runs(
    connection: Connection, value: Any
) -> None:
    with pytest.raises((ValueError, TypeError)):
        tell_all(connection, [_put(1), Sent("SELECT %s::text", (value,)), _put(2)])
    assert _ids(connection) == [1]


def test_a_fault_of_who_makes_the_statements_is_raised_as_it_is(connection: Connection) -> None:
    def making() -> Iterator[Sent]:
        yield _put(1)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        tell_all(connection, making())
    assert _ids(connection) == [1]


def test_megabytes_go_both_ways_at_once(connection: Connection) -> None:
    long = "x" * 3_000_000
    echo = Sent("SELECT %s::text", (long,))
    assert ask_all(connection, [echo, echo, echo]) == [[(long,)]] * 3


def test_only_so_many_statements_stay_prepared(
    connection: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trip, "_KEPT", 5)
    count = Sent("SELECT count(*) FROM pg_prepared_statements WHERE name ~ '^trip_'")
    [[(before,)]] = ask_all(connection, [count])
    trips = trip.Trips(connection.connection.driver_connection)
    for turn in range(2):
        for number in range(12):
            [told] = trips.run([Sent(f"SELECT {number}, %s::int8", (turn,))])
            assert told.rows == [(number, turn)]
    [[(after,)]] = ask_all(connection, [count])
    assert after - before == 5


def test_a_connection_that_is_gone_is_told_and_given_up(engine: Engine) -> None:
    own = open_engine(engine.url.render_as_string(hide_password=False))
    try:
        with own.connect() as victim, engine.connect() as other:
            [[(pid,)]] = ask_all(victim, [Sent("SELECT pg_backend_pid()")])
            ask_all(other, [Sent("SELECT pg_terminate_backend(%s, 10000)", (pid,))])
            with pytest.raises(OperationalError) as fault:
                ask_all(victim, [ONE, ONE])
            assert fault.value.connection_invalidated
        with own.connect() as again:
            assert ask_all(again, [ONE])[0][0][0] == 42
    finally:
        own.dispose()
