"""Pages of the feed: which rows, and their bytes on the wire. Whoever asks has checked what the account may see.

Bodies are stored ready for the wire, so that a page is a join of bytes. Rows are taken from the driver as they are:
SQLAlchemy's row objects would double the time of a page. Each column that is fetched is a tenth of the time again,
so that what only few rows need stands in one column, which is empty for the others.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, Select, bindparam, literal_column, select

from core.cloud.access import LOGGED, Access
from core.cloud.cloud import Cloud
from core.cloud.db import FEED
from core.cloud.dialect import listed, one_of
from core.cloud.statements import Statement, ask
from core.entities import BY_NUMBER

Image = tuple[Any, ...]
"""Number (of a fill: place), body, and what is needed beside them: entity and id of a row whose body is sealed; op,
entity, id, scope and version of one that is gone, which has no body.
"""

_SEALED = {str(number): spec for number, spec in BY_NUMBER.items() if spec.secrets}
_BESIDE = f"""CASE WHEN op <> 'p' THEN op || ' ' || entity || ' ' || entity_id || ' ' || scope || ' ' || ver
WHEN entity IN ({",".join(_SEALED)}) THEN entity || ' ' || entity_id END"""


def _behind(*more: ColumnElement[bool]) -> Select[Any]:
    return (
        select(FEED.c.seq, FEED.c.body, literal_column(_BESIDE))
        .where(FEED.c.tenant == bindparam("tenant"), FEED.c.seq > bindparam("after"), *more)
        .order_by(FEED.c.seq)
        .limit(bindparam("room"))
    )


def _in_scope(alone: bool, *more: ColumnElement[bool]) -> Select[Any]:  # noqa: FBT001  as Statement asks
    """Rows of a scope, in an order that does not change while it is filled: see FEED_SCOPE. The first column is the
    place behind which the next page begins; what gets another number meanwhile comes by a pull.
    """
    place: ColumnElement[int] = literal_column("feed.rowid") if alone else FEED.c.seq
    return (
        select(place, FEED.c.body, literal_column(_BESIDE))
        .where(FEED.c.tenant == bindparam("tenant"), place > bindparam("after"), *more)
        .where(FEED.c.scope == bindparam("scope"), FEED.c.seq <= bindparam("to"))
        .order_by(place)
        .limit(bindparam("room"))
    )


_NO_LOGS: ColumnElement[bool] = literal_column(f"entity NOT IN ({','.join(map(str, sorted(LOGGED)))})")
_OF_SCOPE = Statement(_in_scope)
_OF_SCOPE_WITHOUT_LOGS = Statement(lambda alone: _in_scope(alone, _NO_LOGS))
_SEEN = Statement(lambda alone: _behind(one_of(alone, FEED.c.scope, "scopes")))
_SEEN_WITHOUT_LOGS = Statement(
    lambda alone: _behind(
        one_of(alone, FEED.c.scope, "scopes"), ~one_of(alone, FEED.c.scope, "silent") | _NO_LOGS
    )
)


@dataclass(slots=True)
class Filled:
    """Rows of a fill: scopes that are complete with them, and the one in which they end."""

    rows: list[Image]
    done: list[str]
    partial: str
    next: int


def changes(connection: Connection, tenant: str, after: int, access: Access, limit: int) -> list[Image]:
    """Rows behind a number, of what an account may see."""
    values = {"tenant": tenant, "after": after, "room": limit, "scopes": listed(connection, access.scopes)}
    if access.without_logs:
        return ask(connection, _SEEN_WITHOUT_LOGS, **values, silent=listed(connection, access.without_logs))
    return ask(connection, _SEEN, **values)


def fill(
    connection: Connection,
    tenant: str,
    scopes: Sequence[str],
    *,
    after: int,
    to: int,
    limit: int,
    without_logs: Collection[str] = (),
) -> Filled:
    """Rows up to a number: of the first scope behind the place `after`, of the others from their start, as many as
    there is room for.
    """
    found = Filled([], [], "", to)
    for place, scope in enumerate(scopes):
        room, begin = limit - len(found.rows), 0 if place else after
        statement = _OF_SCOPE_WITHOUT_LOGS if scope in without_logs else _OF_SCOPE
        rows = ask(connection, statement, tenant=tenant, scope=scope, after=begin, to=to, room=room)
        found.rows += rows
        if len(rows) >= room:
            found.partial, found.next = scope, rows[-1][0]
            break
        found.done.append(scope)
    return found


def page(cloud: Cloud, tenant: str, rows: Sequence[Image], members: dict[str, Any]) -> bytes:
    """A PullPage as JSON."""
    ready = [body if beside is None else _made(cloud, tenant, body, beside) for _, body, beside in rows]
    head = msgspec.json.encode(members)
    if not ready:
        return b'{"rows":[],' + head[1:]
    # What stands around goes into the first and the last row, so that megabytes are copied once.
    ready[0] = b'{"rows":[' + ready[0]
    ready[-1] += b"]," + head[1:]
    return b",".join(ready)


def _made(cloud: Cloud, tenant: str, body: bytes, beside: str) -> bytes:
    """The JSON of a row that does not stand ready."""
    first, _, rest = beside.partition(" ")
    if first in _SEALED:
        return cloud.seal.open_bytes(body, cloud.rows.about(tenant, _SEALED[first], rest))
    entity, row_id, scope, ver = rest.split(" ")
    return msgspec.json.encode([int(entity), row_id, scope, int(ver), first, []])
