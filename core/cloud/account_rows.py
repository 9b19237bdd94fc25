"""The synced row of an account or a firm: read, changed and removed by the cloud itself, through the publisher."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, select

from core.base.clock import to_ms
from core.base.errors import NotFoundError, UserError
from core.cloud import second_factor
from core.cloud.access import Grant
from core.cloud.cloud import Cloud
from core.cloud.db import SITE_ACCESS, table_of
from core.entities.organisation import ACCOUNT, Role
from core.schema.entity import EntitySpec
from core.wire.accounts import AccountInfo, LinkInfo

AUTHOR = "cloud"
"""Stands where a replica's id would, for what the cloud wrote itself."""


def row_of(connection: Connection, tenant: str, account: str) -> Any:
    """An account's row; NotFoundError alike for one of another tenant, a removed one and none."""
    people = table_of(ACCOUNT)
    here = (people.c.tenant == tenant) & (people.c.id == account) & people.c.deleted_at.is_(None)
    row = connection.execute(select(people).where(here)).one_or_none()
    if row is None:
        raise NotFoundError("account.unknown", "There is no such account.")
    return row


def change_row(
    cloud: Cloud,
    connection: Connection,
    tenant: str,
    row_id: str,
    fields: dict[str, Any],
    *,
    spec: EntitySpec[Any] = ACCOUNT,
    grants: Sequence[Grant] = (),
) -> None:
    """Change fields of a row (values in stored form) and publish it: the last thing in a transaction."""
    held = cloud.rows.by_ids(connection, spec, tenant, [row_id], lock=True)[row_id]
    different = {name: value for name, value in fields.items() if held.values[name] != value}
    changed = []
    if different:
        held.values.update(different)
        held.ver += 1
        held.fver.update(dict.fromkeys(different, (held.ver, AUTHOR)))
        problems = spec.problems(held.row(), changed=set(different))
        if problems:
            raise UserError(problems[0].code, problems[0].message, field=problems[0].field)
        changed = [held]
    if changed or grants:
        cloud.publisher.publish(connection, tenant, changed, at=to_ms(cloud.clock.now()), grants=grants)


def remove_row(
    cloud: Cloud, connection: Connection, tenant: str, row_id: str, grants: Sequence[Grant] = ()
) -> None:
    """Leave an account's tombstone: the last thing in a transaction."""
    held = cloud.rows.by_ids(connection, ACCOUNT, tenant, [row_id], lock=True)[row_id]
    held.ver, held.deleted_at = held.ver + 1, to_ms(cloud.clock.now())
    cloud.publisher.publish(connection, tenant, [held], at=held.deleted_at, grants=grants)


def sites_of(connection: Connection, tenant: str, account: str) -> list[str]:
    """The sites that an account itself holds: a property manager's."""
    held = SITE_ACCESS
    query = select(held.c.scope).where(held.c.tenant == tenant, held.c.principal == account, held.c.active)
    return sorted(connection.execute(query).scalars())


def info_of(connection: Connection, person: Any, links: Sequence[LinkInfo] = ()) -> AccountInfo:
    """An account as those see it who may change it."""
    state = second_factor.state_of(connection, person.id)
    manager = person.role == Role.MANAGER.value
    return AccountInfo(
        id=person.id,
        org_id=person.org_id,
        user=person.user_name,
        full_name=person.full_name,
        role=person.role,
        email=person.email,
        active=bool(person.active),
        two_factor=bool(state is not None and state.two_factor),
        totp=bool(state is not None and state.totp),
        reminder=bool(state is not None and state.reminder),
        quiet=bool(state is not None and state.quiet),
        pm_app=bool(state is not None and state.pm_app),
        locked=bool(state is not None and state.locked),
        sites=sites_of(connection, person.tenant, person.id) if manager else [],
        wants=[] if person.email else ["email"],
        links=list(links),
    )
