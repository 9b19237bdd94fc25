"""The sums by which a workstation finds out that its mirror is not what the cloud has (sync.md 3.13).

Count and exclusive-or per scope are kept by each push and cost nothing to serve. Over the values of one scope they are
made on request, which reads the scope once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

import msgspec
from sqlalchemy import Connection, select

from core.cloud.access import LOGGED, Who, access_of
from core.cloud.cloud import Cloud
from core.cloud.db import FEED, SCOPE_SUM, TENANT_CLOCK
from core.entities import BY_NUMBER
from core.ports.cloud import ResyncError
from core.wire.checksum import row_sum, value_sum
from core.wire.messages import SCHEMA, CheckAnswer, CheckRequest, ScopeSum


def check(cloud: Cloud, who: Who, request: CheckRequest) -> bytes:
    """A CheckAnswer in JSON. ResyncError when the workstation knows another lineage of the database."""
    with cloud.database.read(who.tenant) as connection:
        clock = connection.execute(select(TENANT_CLOCK).where(TENANT_CLOCK.c.tenant == who.tenant)).one()
        if request.epoch != clock.epoch:
            raise ResyncError("sync.resync", "The cloud's database is another than at the last sync.")
        access = access_of(connection, who)
        scopes = access.scopes
        query = select(SCOPE_SUM).where(
            SCOPE_SUM.c.tenant == who.tenant, SCOPE_SUM.c.scope.in_(sorted(scopes))
        )
        found = {r.scope: ScopeSum(r.scope, r.rows, r.h) for r in connection.execute(query)}
        found |= _without_logs(connection, who.tenant, found, access.without_logs)
        sums = [found.get(scope, ScopeSum(scope, 0, 0)) for scope in sorted(scopes)]
        hidden = LOGGED if request.deep in access.without_logs else frozenset()
        seen = request.deep in scopes
        deep = _values(cloud, connection, who.tenant, request.deep, hidden) if seen else None
    return msgspec.json.encode(CheckAnswer(head=clock.seq, schema=SCHEMA, sums=sums, values=deep))


def _without_logs(
    connection: Connection, tenant: str, sums: Mapping[str, ScopeSum], sites: Collection[str]
) -> dict[str, ScopeSum]:
    """The sums of these sites without the rows that are kept from the account."""
    left = {site: [sums[site].rows, sums[site].h] for site in sites if site in sums}
    query = select(FEED.c.scope, FEED.c.entity_id, FEED.c.ver).where(
        FEED.c.tenant == tenant,
        FEED.c.scope.in_(sorted(left)),
        FEED.c.entity.in_(sorted(LOGGED)),
        FEED.c.op == "p",
    )
    for row in connection.execute(query) if left else ():
        one = left[row.scope]
        one[0], one[1] = one[0] - 1, one[1] ^ row_sum(row.entity_id, row.ver)
    return {site: ScopeSum(site, rows, h) for site, (rows, h) in left.items()}


def _values(cloud: Cloud, connection: Connection, tenant: str, scope: str, hidden: Collection[int]) -> int:
    """The exclusive-or over the rows of a scope as they travel, but for those of hidden entities."""
    columns = (FEED.c.entity, FEED.c.entity_id, FEED.c.body)
    query = select(*columns).where(FEED.c.tenant == tenant, FEED.c.scope == scope, FEED.c.op == "p")
    found = 0
    for row in connection.execute(query):
        if row.entity in hidden:
            continue
        body, spec = bytes(row.body), BY_NUMBER[row.entity]
        if spec.secrets:
            body = cloud.seal.open_bytes(body, cloud.rows.about(tenant, spec, row.entity_id))
        found ^= value_sum(body)
    return found
