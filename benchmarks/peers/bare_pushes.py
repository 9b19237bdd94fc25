"""The floor of a push on PostgreSQL: its rows, their numbers and their places in the feed, and nothing else.

As the figures of sync.md 3.6 were taken: threads of one process, a connection each, 20 rows of JSON, the tenant's
counter last. No service, no account, no rules, no log of edits, no image for others; so nobody can be faster here.
"""

from __future__ import annotations

import threading
import time
import uuid

import psycopg

_TABLES = """
CREATE TABLE bare_clock(tenant int PRIMARY KEY, seq bigint NOT NULL) WITH (fillfactor=50);
CREATE TABLE bare_row(tenant int, id uuid, body jsonb NOT NULL, ver bigint NOT NULL, PRIMARY KEY(tenant, id));
CREATE TABLE bare_feed(tenant int, seq bigint, id uuid NOT NULL);
CREATE INDEX bare_feed_order ON bare_feed(tenant, seq);
CREATE TABLE bare_log(client uuid, n bigint, PRIMARY KEY(client, n));
INSERT INTO bare_clock VALUES (1, 0)
"""
_BODY = '{"name": "some resident", "unit": "12B", "remark": "%s"}' % ("x" * 200)
_ROWS = """INSERT INTO bare_row SELECT 1, i, %s::jsonb, 1 FROM unnest(%s::uuid[]) AS i
ON CONFLICT (tenant, id) DO UPDATE SET body = excluded.body, ver = bare_row.ver + 1"""
_FEED = """WITH c AS (UPDATE bare_clock SET seq = seq + %s WHERE tenant = 1 RETURNING seq)
INSERT INTO bare_feed SELECT 1, c.seq - %s + o, i FROM c, unnest(%s::uuid[]) WITH ORDINALITY AS x(i, o)"""


def pushes_a_second(url: str, *, edits: int, connections: int = 8, seconds: float = 4.0) -> float:
    """How many such transactions of one tenant a database takes; `url` as libpq reads it."""
    with psycopg.connect(url, autocommit=True) as connection:
        for words in _TABLES.strip().split(";\n"):
            connection.execute(words.encode())
    done: list[int] = []
    end = time.perf_counter() + seconds

    def push() -> None:
        count = 0
        with psycopg.connect(url) as connection:
            while time.perf_counter() < end:
                _push(connection, edits)
                count += 1
        done.append(count)

    threads = [threading.Thread(target=push) for _ in range(connections)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds


def _push(connection: psycopg.Connection[tuple[object, ...]], edits: int) -> None:
    ids = [uuid.uuid4() for _ in range(edits)]
    with connection.transaction():
        connection.execute("INSERT INTO bare_log VALUES (%s, 1)", (uuid.uuid4(),))
        connection.execute(_ROWS, (_BODY, ids))
        connection.execute(_FEED, (edits, edits, ids))
