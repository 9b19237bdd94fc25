"""Serving rows: changes after a cursor, and the first fill of one scope; each answer from one snapshot (sync.md 3.8).

Bodies are stored ready for the wire, so that a page is a join of bytes.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from core.base.errors import NotAllowedError
from core.cloud import pages
from core.cloud.access import Access, Who, labelled
from core.cloud.clock import CLOCK, Clock, clock_of
from core.cloud.cloud import Cloud
from core.entities import SYNCED
from core.ports.cloud import BusyError, ResyncError, TooOldError
from core.wire.convert import OLDEST
from core.wire.messages import PROTOCOL, SCHEMA, FillRequest, PullRequest

MAX_ROWS = 20_000
"""Of one page, whatever is asked for."""


def pull(cloud: Cloud, who: Who, request: PullRequest) -> bytes:
    """The page after a cursor, as JSON of a PullPage. A first pull gets the scopes and the head, and no rows: they
    come scope by scope. ResyncError when the cursor is of another lineage of the database.
    """
    _check_version(request.proto, request.schema)
    if request.epoch:
        # Most pulls are at the head, and it is all that they ask.
        [row] = cloud.database.ask(CLOCK, who.tenant, tenant=who.tenant)
        clock = Clock(*row)
        if clock[:2] == (request.seq, request.epoch) and clock.access_seq == request.access_seq:
            return _page(cloud, who, request, clock, told={}, rows=[])
    with cloud.database.read(who.tenant) as connection:
        clock = clock_of(connection, who.tenant)
        first = not request.epoch
        if not first and (request.epoch != clock.epoch or request.seq > clock.seq):
            raise _resync()
        if not first and request.seq < clock.horizon:
            words = "This workstation was away for long; everything is fetched again."
            raise ResyncError("sync.horizon", words)
        told, rows = _news(cloud, connection, who, request, clock)
        return _page(cloud, who, request, clock, told=told, rows=rows)


def _page(
    cloud: Cloud,
    who: Who,
    request: PullRequest,
    clock: Clock,
    *,
    told: dict[str, Any],
    rows: list[pages.Image],
) -> bytes:
    more = len(rows) >= _limit(request.max_rows)
    members = {"epoch": clock.epoch, "head": clock.seq, "tenant": who.tenant}
    members |= {"next": rows[-1][0] if more else clock.seq, "more": more, "access_seq": clock.access_seq}
    return pages.page(cloud, who.tenant, rows, members | told | _own_schema(request.schema))


def fill(cloud: Cloud, who: Who, request: FillRequest) -> bytes:
    """A page of one scope, and of those asked for behind it.

    NotAllowedError alike for a first scope that is not the account's and one that does not exist; others like that are
    passed over.
    """
    _check_version(request.proto, request.schema)
    with cloud.database.read(who.tenant) as connection:
        clock = clock_of(connection, who.tenant)
        if request.epoch != clock.epoch:
            raise _resync()
        access = cloud.access.of(connection, who, clock.access_mark)
        allowed = access.scopes
        if request.scope not in allowed:
            raise NotAllowedError("scope_denied", "You have no access to this site any more.")
        scopes = [request.scope, *(s for s in dict.fromkeys(request.then) if s in allowed)]
        found = pages.fill(
            connection,
            who.tenant,
            scopes,
            after=request.after,
            to=request.to,
            limit=_limit(request.max_rows),
            without_logs=access.without_logs,
        )
        members = {"epoch": clock.epoch, "head": clock.seq, "tenant": who.tenant, "next": found.next}
        members |= {"more": bool(found.partial), "filled": found.done, "partial": found.partial}
        return pages.page(cloud, who.tenant, found.rows, members)


def _news(
    cloud: Cloud, connection: Connection, who: Who, request: PullRequest, clock: Clock
) -> tuple[dict[str, Any], list[pages.Image]]:
    """The list of scopes, when it may have changed, and rows. Nothing at the head, where most pulls are."""
    tells = not request.epoch or request.access_seq != clock.access_seq
    if not tells and request.seq >= clock.seq:
        return {}, []
    access = cloud.access.of(connection, who, clock.access_mark)
    told = _told(connection, who, access) if tells else {}
    if not request.epoch or not access.scopes:
        return told, []
    limit = _limit(request.max_rows)
    return told, pages.changes(connection, who.tenant, request.seq, access, limit)


def _told(connection: Connection, who: Who, access: Access) -> dict[str, Any]:
    """The list of scopes."""
    scopes = labelled(connection, who.tenant, access)
    return {"scopes": scopes, "withdrawn": sorted(access.lost)}


def _own_schema(asked: int) -> dict[str, Any]:
    """What this cloud knows, for a workstation that may know more."""
    widths = {spec.number: len(spec.names) for spec in SYNCED}
    return {"schema": SCHEMA} | ({} if asked == SCHEMA else {"widths": widths})


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
