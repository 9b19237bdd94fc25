"""Serving rows: changes after a cursor, and the first fill of one scope; each answer from one snapshot (sync.md 3.8).

Bodies are stored ready for the wire, so that a page is a join of bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection, select

from core.base.errors import NotAllowedError
from core.cloud.access import Access, Who, access_of, labelled
from core.cloud.cloud import Cloud
from core.cloud.db import FEED, TENANT_CLOCK
from core.entities import BY_NUMBER, SYNCED
from core.ports.cloud import BusyError, ResyncError, TooOldError
from core.wire.convert import OLDEST
from core.wire.messages import PROTOCOL, SCHEMA, FillRequest, PullRequest

MAX_ROWS = 20_000
"""Of one page, whatever is asked for."""
_COLUMNS = (FEED.c.seq, FEED.c.entity, FEED.c.entity_id, FEED.c.scope, FEED.c.ver, FEED.c.op, FEED.c.body)


def pull(cloud: Cloud, who: Who, request: PullRequest) -> bytes:
    """The page after a cursor, as JSON of a PullPage. A first pull gets the scopes and the head, and no rows: they
    come scope by scope. ResyncError when the cursor is of another lineage of the database.
    """
    _check_version(request.proto, request.schema)
    with cloud.database.read() as connection:
        clock = connection.execute(select(TENANT_CLOCK).where(TENANT_CLOCK.c.tenant == who.tenant)).one()
        first = not request.epoch
        if not first and (
            request.epoch != clock.epoch or request.seq > clock.seq or request.seq < clock.horizon
        ):
            raise _resync()
        access = access_of(connection, who)
        told = _told(connection, who, access, request, clock.access_seq)
        rows = [] if first else _after(connection, who, access, request)
        more = len(rows) >= _limit(request.max_rows)
        return _page(
            cloud,
            who,
            rows,
            epoch=clock.epoch,
            head=clock.seq,
            next=rows[-1].seq if more else clock.seq,
            more=more,
            tenant=who.tenant,
            access_seq=clock.access_seq,
            **told,
            **_own_schema(request.schema),
        )


def fill(cloud: Cloud, who: Who, request: FillRequest) -> bytes:
    """A page of one scope. NotAllowedError alike for a scope that is not the account's and one that does not exist."""
    _check_version(request.proto, request.schema)
    with cloud.database.read() as connection:
        clock = connection.execute(select(TENANT_CLOCK).where(TENANT_CLOCK.c.tenant == who.tenant)).one()
        if request.epoch != clock.epoch:
            raise _resync()
        if request.scope not in access_of(connection, who).scopes:
            raise NotAllowedError("scope_denied", "You have no access to this site any more.")
        limit = _limit(request.max_rows)
        query = (
            select(*_COLUMNS)
            .where(FEED.c.tenant == who.tenant, FEED.c.scope == request.scope)
            .where(FEED.c.seq > request.after, FEED.c.seq <= request.to)
            .order_by(FEED.c.seq)
            .limit(limit)
        )
        rows = connection.execute(query).all()
        more = len(rows) >= limit
        last = rows[-1].seq if more else request.to
        return _page(
            cloud, who, rows, epoch=clock.epoch, head=clock.seq, next=last, more=more, tenant=who.tenant
        )


def _after(connection: Connection, who: Who, access: Access, request: PullRequest) -> Sequence[Any]:
    query = select(*_COLUMNS).where(FEED.c.tenant == who.tenant, FEED.c.seq > request.seq)
    query = query.where(FEED.c.scope.in_(sorted(access.scopes)))
    return connection.execute(query.order_by(FEED.c.seq).limit(_limit(request.max_rows))).all()


def _told(
    connection: Connection, who: Who, access: Access, request: PullRequest, access_seq: int
) -> dict[str, Any]:
    """The list of scopes, when it may have changed since the workstation was told it last."""
    if request.epoch and request.access_seq == access_seq:
        return {}
    scopes = labelled(connection, who.tenant, access)
    return {"scopes": scopes, "withdrawn": sorted(access.lost)}


def _own_schema(asked: int) -> dict[str, Any]:
    """What this cloud knows, for a workstation that may know more."""
    widths = {spec.number: len(spec.names) for spec in SYNCED}
    return {"schema": SCHEMA} | ({} if asked == SCHEMA else {"widths": widths})


def _page(cloud: Cloud, who: Who, rows: Sequence[Any], **members: Any) -> bytes:
    head = msgspec.json.encode(members)
    return b'{"rows":[' + b",".join([_body(cloud, who, row) for row in rows]) + b"]," + head[1:]


def _body(cloud: Cloud, who: Who, row: Any) -> bytes:
    if row.op != "p":
        return msgspec.json.encode([row.entity, row.entity_id, row.scope, row.ver, row.op, []])
    body = bytes(row.body)
    spec = BY_NUMBER[row.entity]
    if not spec.secrets:
        return body
    return cloud.seal.open_bytes(body, cloud.rows.about(who.tenant, spec, row.entity_id))


def _limit(asked: int) -> int:
    return max(1, min(asked, MAX_ROWS))


def _check_version(proto: int, schema: int) -> None:
    if proto > PROTOCOL:
        raise BusyError(
            "sync.newer",
            "This workstation is newer than the cloud, which will be updated.",
            retry_after_s=600,
        )
    if proto < 1 or schema < OLDEST:
        raise TooOldError(
            "sync.too_old", "This Gatewright is too old for the cloud.", remedy="Update Gatewright."
        )


def _resync() -> ResyncError:
    words = "The cloud's database is another than at the last sync; everything is fetched again."
    return ResyncError("sync.resync", words)
