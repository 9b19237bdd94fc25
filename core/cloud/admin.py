"""What an operator does (`gatewright cloud admin`): make firms and accounts, assign sites to managers, look, check.

Everything that people see goes through the publisher, so that it reaches the workstations like any other change.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, func, select

from core.base.clock import to_ms
from core.base.errors import NotFoundError, UserError
from core.base.ids import new_id
from core.cloud.access import ORG_KIND, SITE_KIND, Grant, holders
from core.cloud.account_rows import AUTHOR
from core.cloud.auth import end_sessions
from core.cloud.cloud import Cloud
from core.cloud.db import FEED, LOGIN, SCOPE_SUM, TENANT_CLOCK, table_of
from core.cloud.publish import open_tenant
from core.cloud.rows import Held
from core.entities import SYNCED
from core.entities.organisation import ACCOUNT, ORGANISATION, Account, Organisation, OrgKind, Role
from core.entities.site import SITE
from core.schema.entity import EntitySpec, Row
from core.wire.checksum import row_sum


@dataclass(frozen=True, slots=True)
class Created:
    """A new firm or account."""

    tenant: str
    org_id: str
    account_id: str


def create_distributor(
    cloud: Cloud, *, name: str, user: str, password: str, full_name: str = "", email: str = ""
) -> Created:
    """A distributor with its first account: a tenant of its own."""
    return create_firm(cloud, None, OrgKind.DISTRIBUTOR, name, Person(user, password, full_name, email))


def create_installer(
    cloud: Cloud,
    *,
    name: str,
    user: str,
    password: str,
    distributor_id: str | None = None,
    full_name: str = "",
    email: str = "",
) -> Created:
    """An installer's firm with its first account; under a distributor, or a tenant of its own."""
    return create_firm(
        cloud, distributor_id, OrgKind.INSTALLER, name, Person(user, password, full_name, email)
    )


def create_account(
    cloud: Cloud, *, org_id: str, user: str, password: str, role: Role, full_name: str = "", email: str = ""
) -> Created:
    """One more account of a firm: a sub-installer or a property manager, most often (ACC-05, ACC-06)."""
    stored = cloud.passwords.hash(password)
    with cloud.database.write() as connection:
        tenant = _tenant_of(connection, org_id)
        person = Person(user, password, full_name, email)
        account = make_account(
            cloud, connection, tenant=tenant, org_id=org_id, role=role, person=person, stored=stored
        )
        cloud.publisher.publish(connection, tenant, [held(tenant, ACCOUNT, account)], at=now_ms(cloud))
    return Created(tenant, org_id, account.id)


def assign_manager(cloud: Cloud, *, account_id: str, site_id: str, active: bool = True) -> None:
    """Give a site to a property manager, or take it away (ACC-06)."""
    sites, people = table_of(SITE), table_of(ACCOUNT)
    with cloud.database.write() as connection:
        tenant = connection.execute(select(people.c.tenant).where(people.c.id == account_id)).scalar()
        wanted = select(sites.c.id).where(sites.c.tenant == tenant, sites.c.id == site_id)
        if tenant is None or connection.execute(wanted).scalar() is None:
            raise NotFoundError("cloud.assign", "There is no such account or site in one firm.")
        grant = Grant(site_id, account_id, SITE_KIND, active)
        cloud.publisher.publish(connection, tenant, [], at=now_ms(cloud), grants=[grant])


def set_password(cloud: Cloud, *, user: str, password: str) -> None:
    """Give an account another password and sign it out everywhere."""
    with cloud.database.write() as connection:
        values = {"password_hash": cloud.passwords.hash(password), "changed_at": now_ms(cloud)}
        done = connection.execute(LOGIN.update().where(LOGIN.c.user_name == _name(user)).values(**values))
        account = connection.execute(select(LOGIN.c.account).where(LOGIN.c.user_name == _name(user))).scalar()
        if not done.rowcount or account is None:
            raise NotFoundError("cloud.user", f"There is no account '{user}'.")
        end_sessions(connection, account)


def organisation_named(cloud: Cloud, name: str) -> str:
    """The id of the organisation of a name; NotFoundError when there is none, UserError when there are several."""
    orgs = table_of(ORGANISATION)
    with cloud.database.read() as connection:
        query = select(orgs.c.id).where(orgs.c.name == name, orgs.c.deleted_at.is_(None))
        found = connection.execute(query).scalars().all()
    if not found:
        raise NotFoundError("cloud.organisation", f"There is no organisation named '{name[:80]}'.")
    if len(found) > 1:
        raise UserError("cloud.organisation", f"There are {len(found)} organisations named '{name[:80]}'.")
    return str(found[0])


def show(cloud: Cloud) -> dict[str, Any]:
    """Firms, their accounts, how many rows of each kind there are, and the newest number per tenant; no secret."""
    orgs, people = table_of(ORGANISATION), table_of(ACCOUNT)
    with cloud.database.read() as connection:
        firms = [
            {"id": r.id, "tenant": r.tenant, "name": r.name, "kind": r.kind, "parent": r.parent_id}
            for r in connection.execute(select(orgs).where(orgs.c.deleted_at.is_(None)).order_by(orgs.c.id))
        ]
        accounts = [
            {
                "id": r.id,
                "organisation": r.org_id,
                "user": r.user_name,
                "role": r.role,
                "active": bool(r.active),
            }
            for r in connection.execute(
                select(people).where(people.c.deleted_at.is_(None)).order_by(people.c.id)
            )
        ]
        counts = {spec.name: _count(connection, spec) for spec in SYNCED}
        heads = {r.tenant: r.seq for r in connection.execute(select(TENANT_CLOCK))}
    return {"organisations": firms, "accounts": accounts, "rows": counts, "heads": heads}


def check(cloud: Cloud) -> list[str]:
    """What is wrong with the database, in sentences: feed or sums that do not agree with the rows."""
    found: list[str] = []
    with cloud.database.read() as connection:
        for tenant in connection.execute(select(TENANT_CLOCK.c.tenant)).scalars().all():
            found += _check_tenant(cloud, connection, tenant)
    return found


def _check_tenant(cloud: Cloud, connection: Connection, tenant: str) -> list[str]:
    sums: dict[str, list[int]] = {}
    versions: dict[str, tuple[int, bool]] = {}
    for spec in SYNCED:
        for held in cloud.rows.of_tenant(connection, spec, tenant):
            versions[held.id] = (held.ver, held.deleted)
            if not held.deleted:
                entry = sums.setdefault(held.scope, [0, 0])
                entry[0], entry[1] = entry[0] + 1, entry[1] ^ row_sum(held.id, held.ver)
    stored = {
        r.scope: [r.rows, r.h]
        for r in connection.execute(select(SCOPE_SUM).where(SCOPE_SUM.c.tenant == tenant))
    }
    found = [
        f"The sum of scope {s} is wrong."
        for s in {*sums, *stored}
        if sums.get(s, [0, 0]) != stored.get(s, [0, 0])
    ]
    feed = connection.execute(select(FEED.c.entity_id, FEED.c.ver, FEED.c.op).where(FEED.c.tenant == tenant))
    in_feed = {r.entity_id: (r.ver, r.op == "d") for r in feed if r.op != "l"}
    # Tombstones leave the feed after a time (core.cloud.sweep).
    known = {i for i, (_, deleted) in versions.items() if not deleted or i in in_feed}
    wrong = Counter(i for i in {*known, *in_feed} if versions.get(i) != in_feed.get(i))
    return found + [f"Row {i} and the feed do not agree." for i in sorted(wrong)]


# ------------------------------------------------------------------------------------------------------ making


@dataclass(frozen=True, slots=True)
class Person:
    """What is asked for a new account."""

    user: str
    password: str = field(repr=False)
    full_name: str
    email: str


def create_firm(cloud: Cloud, parent: str | None, kind: OrgKind, name: str, person: Person) -> Created:
    """A firm with its first account, below a parent or a tenant of its own."""
    role = Role.DISTRIBUTOR if kind is OrgKind.DISTRIBUTOR else Role.INSTALLER
    org_id = new_id()
    stored = cloud.passwords.hash(person.password)
    org = Organisation(id=org_id, scope_id=org_id, name=name, kind=kind, parent_id=parent)
    with cloud.database.write() as connection:
        tenant = _tenant_of(connection, parent) if parent else org_id
        if not parent:
            open_tenant(connection, tenant)
        account = make_account(
            cloud, connection, tenant=tenant, org_id=org_id, role=role, person=person, stored=stored
        )
        above = holders(connection, tenant, parent) if parent else []
        grants = [Grant(org_id, principal, ORG_KIND) for principal in (org_id, *above)]
        rows = [held(tenant, ORGANISATION, org), held(tenant, ACCOUNT, account)]
        cloud.publisher.publish(connection, tenant, rows, at=now_ms(cloud), grants=grants)
    return Created(tenant, org_id, account.id)


def make_account(
    cloud: Cloud,
    connection: Connection,
    *,
    tenant: str,
    org_id: str,
    role: Role,
    person: Person,
    stored: str,
) -> Account:
    """The row and the login (`stored`: the password's hash) of a new account; the row is the caller's to publish."""
    user = _name(person.user)
    account = Account(
        id=new_id(),
        scope_id=org_id,
        org_id=org_id,
        user_name=user,
        full_name=person.full_name or person.user,
        role=role,
        email=person.email,
    )
    if not user:
        raise UserError("cloud.user", "An account needs a user name.", field="user")
    if connection.execute(select(LOGIN.c.account).where(LOGIN.c.user_name == user)).scalar():
        raise UserError("cloud.user_taken", f"The user name '{user}' is taken.", field="user")
    record = {"user_name": user, "account": account.id, "tenant": tenant, "changed_at": now_ms(cloud)}
    connection.execute(LOGIN.insert().values(password_hash=stored, **record))
    return account


def held(tenant: str, spec: EntitySpec[Any], row: Row) -> Held:
    """A row that the cloud itself makes. UserError when it breaks a rule of its declaration."""
    problems = spec.problems(row)
    if problems:
        raise UserError(problems[0].code, problems[0].message, field=problems[0].field)
    return Held(spec, tenant, row.id, row.scope_id, 1, spec.store(row), {"*": (1, AUTHOR)})


def _tenant_of(connection: Connection, org_id: str) -> str:
    orgs = table_of(ORGANISATION)
    tenant = connection.execute(select(orgs.c.tenant).where(orgs.c.id == org_id)).scalar()
    if tenant is None:
        raise NotFoundError("cloud.organisation", f"There is no organisation with the id {org_id[:40]}.")
    return str(tenant)


def _count(connection: Connection, spec: EntitySpec[Any]) -> int:
    table = table_of(spec)
    query = select(func.count()).select_from(table).where(table.c.deleted_at.is_(None))
    return int(connection.execute(query).scalar_one())


def _name(user: str) -> str:
    return user.strip().lower()


def now_ms(cloud: Cloud) -> int:
    """The cloud's wall clock in milliseconds."""
    return to_ms(cloud.clock.now())
