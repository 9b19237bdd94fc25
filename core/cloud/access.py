"""Who may see what: an account's principals, the scopes they hold, and grants and withdrawals (sync.md 3.8).

A scope is a site or an organisation. An organisation's people hold what their organisation holds, a property manager
what was assigned to the account itself; what an installer holds, its distributor holds too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, bindparam, select

from core.base.errors import DataError
from core.cloud.db import SCOPE_SUM, SITE_ACCESS, table_of
from core.cloud.dialect import among, upsert
from core.cloud.statements import Statement, ask
from core.entities.event import DOOR_EVENT
from core.entities.organisation import ACCOUNT, ORGANISATION, Role
from core.entities.site import SITE
from core.wire.messages import ScopeGrant

SITE_KIND, ORG_KIND = "site", "org"
LOGGED = frozenset({DOOR_EVENT.number})
"""Entities that tell what people did: kept from property managers without 'log access' (ACC-12)."""


@dataclass(frozen=True, slots=True)
class Who:
    """The account behind a request, as it is at this moment."""

    account: str
    tenant: str
    org: str
    role: Role
    user: str
    full_name: str
    replica: str
    session: str
    acting: str = ""
    """The account of the distributor that acts in this one's name (ACC-08); empty: nobody does."""

    @property
    def principal(self) -> str:
        """Whose grants count."""
        return self.account if self.role is Role.MANAGER else self.org


@dataclass(frozen=True, slots=True)
class Access:
    """What an account may see: scope -> (kind, generation); and what was taken from it. `without_logs`: sites whose
    door logs the installer keeps from it (ACC-12): rows of LOGGED are not among what it sees of them.
    """

    scopes: dict[str, tuple[str, int]] = field(default_factory=dict)
    lost: frozenset[str] = frozenset()
    without_logs: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Grant:
    """One change of access: a principal gains or loses a scope; or sees another part of it from now on (`anew`), and
    has to fetch it once more.
    """

    scope: str
    principal: str
    kind: str
    active: bool = True
    anew: bool = False


_OF_PRINCIPAL = Statement(
    lambda _alone: select(
        SITE_ACCESS.c.scope, SITE_ACCESS.c.kind, SITE_ACCESS.c.active, SITE_ACCESS.c.gen
    ).where(SITE_ACCESS.c.tenant == bindparam("tenant"), SITE_ACCESS.c.principal == bindparam("principal"))
)


class AccessBook:
    """Access lists as they were at the tenant's last change of access. Who asks has read the number of that change in
    its own transaction, which is written with the change: a list that is kept here is the one that it would read.
    """

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], tuple[object, Access]] = {}

    def of(self, connection: Connection, who: Who, mark: object) -> Access:
        """The account's scopes; `mark` tells the tenant's lineage and its last change of access."""
        key = who.tenant, who.principal
        known = self._known.get(key)
        if known is not None and known[0] == mark:
            return known[1]
        access = access_of(connection, who)
        # Of a property manager it hangs on the sites' switches, too (ACC-12), and the list is short.
        if who.role is not Role.MANAGER:
            if len(self._known) >= _KNOWN:
                self._known.clear()
            self._known[key] = mark, access
        return access


_KNOWN = 2000
"""Accounts whose lists are kept: of a distributor with 5,000 sites one has 1 MB."""


def access_of(connection: Connection, who: Who) -> Access:
    """The account's scopes in this snapshot."""
    rows = ask(connection, _OF_PRINCIPAL, tenant=who.tenant, principal=who.principal)
    scopes = {scope: (kind, gen) for scope, kind, active, gen in rows if active}
    lost = frozenset(scope for scope, _, active, _ in rows if not active)
    return Access(scopes, lost, _without_logs(connection, who, scopes))


def _without_logs(connection: Connection, who: Who, scopes: Collection[str]) -> frozenset[str]:
    """ACC-12: 'log access' is of property managers only."""
    if who.role is not Role.MANAGER or not scopes:
        return frozenset()
    sites = table_of(SITE)
    off = select(sites.c.id).where(
        sites.c.tenant == who.tenant, among(connection, sites.c.id, scopes), sites.c.pm_logs == 0
    )
    return frozenset(connection.execute(off).scalars())


def managers_again(connection: Connection, tenant: str, sites: Collection[str]) -> list[Grant]:
    """For sites whose log access was switched: each property manager that holds one fetches it again, by a new
    generation of its grant; what it may not see any more goes by that.
    """
    if not sites:
        return []
    table, people = SITE_ACCESS, table_of(ACCOUNT)
    query = (
        select(table.c.scope, table.c.principal)
        .join(people, (people.c.tenant == table.c.tenant) & (people.c.id == table.c.principal))
        .where(table.c.tenant == tenant, table.c.scope.in_(sorted(sites)), table.c.active)
        .order_by(table.c.scope, table.c.principal)
    )
    return [Grant(r.scope, r.principal, SITE_KIND, anew=True) for r in connection.execute(query)]


def labelled(connection: Connection, tenant: str, access: Access) -> list[ScopeGrant]:
    """The scopes with names for people; organisations first, since their rows are what sites point at."""
    names: dict[str, str] = {}
    for spec in (SITE, ORGANISATION):
        table = table_of(spec)
        query = select(table.c.id, table.c.name).where(table.c.tenant == tenant)
        names.update({r.id: r.name for r in connection.execute(query) if r.id in access.scopes})
    sums = select(SCOPE_SUM.c.scope, SCOPE_SUM.c.rows).where(SCOPE_SUM.c.tenant == tenant)
    rows: dict[str, int] = {r.scope: r.rows for r in connection.execute(sums)}
    grants = [
        ScopeGrant(s, kind, names.get(s, ""), gen, rows.get(s, 0)) for s, (kind, gen) in access.scopes.items()
    ]
    return sorted(grants, key=lambda g: (g.kind != ORG_KIND, g.label, g.scope))


def holders(connection: Connection, tenant: str, org: str) -> list[str]:
    """An organisation and those above it: who holds what is made in it."""
    table = table_of(ORGANISATION)
    found, here = [], org
    while here and here not in found:
        found.append(here)
        parent = select(table.c.parent_id).where(table.c.tenant == tenant, table.c.id == here)
        here = connection.execute(parent).scalar() or ""
    if found[-1] != tenant:
        raise DataError("cloud.organisation", "An organisation does not hang under its tenant's root.")
    return found


def grants_of_site(connection: Connection, tenant: str, site: str, org: str) -> list[Grant]:
    """Who holds a new site of an organisation."""
    return [Grant(site, principal, SITE_KIND) for principal in holders(connection, tenant, org)]


def write_grants(connection: Connection, tenant: str, grants: Iterable[Grant], seq: int) -> int:
    """Store changes of access under a number; what is as wanted already stays untouched. Returns how many changed."""
    present = _present(connection, tenant, grants := list(grants))
    records: list[dict[str, Any]] = []
    for grant in grants:
        active, gen = present.get((grant.scope, grant.principal), (False, 0))
        if (active != grant.active and (grant.active or gen)) or (active and grant.anew):
            record = {
                "scope": grant.scope,
                "principal": grant.principal,
                "kind": grant.kind,
                "active": grant.active,
            }
            records.append({"tenant": tenant, "gen": gen + int(grant.active), "seq": seq, **record})
    if records:
        connection.execute(upsert(connection, SITE_ACCESS), records)
    return len(records)


def _present(
    connection: Connection, tenant: str, grants: list[Grant]
) -> dict[tuple[str, str], tuple[bool, int]]:
    table = SITE_ACCESS
    query = select(table).where(table.c.tenant == tenant, table.c.scope.in_({g.scope for g in grants}))
    return {(r.scope, r.principal): (r.active, r.gen) for r in connection.execute(query)}
