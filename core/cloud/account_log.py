"""The log of acts on accounts (LOG-06): who did what to whom, and in whose name (ACC-08); never a secret."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from core.base.clock import to_ms
from core.base.ids import new_id
from core.base.words import clean
from core.cloud.access import Who
from core.cloud.account_tables import ACCOUNT_LOG
from core.cloud.cloud import Cloud
from core.cloud.db import table_of
from core.entities.organisation import ACCOUNT, Role
from core.wire.accounts import Log, LogEntry

PAGE = 100


def note(
    cloud: Cloud,
    connection: Connection,
    *,
    tenant: str,
    org: str,
    what: str,
    words: str,
    about: str | None = None,
    by: str | None = None,
    acting: str | None = None,
) -> None:
    """Write one act down, in its own transaction's end. `by` None: an operator, or nobody who had signed in."""
    connection.execute(
        ACCOUNT_LOG.insert().values(
            id=new_id(),
            tenant=tenant,
            at=to_ms(cloud.clock.now()),
            org=org,
            account=about,
            by=by,
            acting=acting or None,
            what=what,
            words=clean(words, limit=300),
        )
    )


def note_by(
    cloud: Cloud,
    connection: Connection,
    who: Who,
    what: str,
    words: str,
    *,
    about: str | None = None,
    org: str = "",
) -> None:
    """As `note`, for a signed-in account. `org`: the firm that it concerns, when it is another than its own."""
    note(
        cloud,
        connection,
        tenant=who.tenant,
        org=org or who.org,
        what=what,
        words=words,
        about=about or who.account,
        by=who.account,
        acting=who.acting,
    )


def read(cloud: Cloud, who: Who, before: str = "") -> Log:
    """The firm's log, newest first; for a property manager what concerns its own account."""
    with cloud.database.read(who.tenant) as connection:
        query = select(ACCOUNT_LOG).where(ACCOUNT_LOG.c.tenant == who.tenant, ACCOUNT_LOG.c.org == who.org)
        if who.role is Role.MANAGER:
            query = query.where((ACCOUNT_LOG.c.account == who.account) | (ACCOUNT_LOG.c.by == who.account))
        if before:
            query = query.where(ACCOUNT_LOG.c.id < before)
        rows = connection.execute(query.order_by(ACCOUNT_LOG.c.id.desc()).limit(PAGE + 1)).all()
        names = _names(connection, who.tenant, rows)
    entries = [_entry(row, names) for row in rows[:PAGE]]
    return Log(entries=entries, more=len(rows) > PAGE)


def _names(connection: Connection, tenant: str, rows: Any) -> dict[str, str]:
    people = table_of(ACCOUNT)
    ids = {i for r in rows for i in (r.account, r.by, r.acting) if i}
    query = select(people.c.id, people.c.full_name).where(people.c.tenant == tenant, people.c.id.in_(ids))
    return {r.id: r.full_name for r in connection.execute(query)}


def _entry(row: Any, names: dict[str, str]) -> LogEntry:
    about, by, acting = (names.get(i or "", "") for i in (row.account, row.by, row.acting))
    return LogEntry(id=row.id, at=row.at, what=row.what, words=row.words, about=about, by=by, acting=acting)
