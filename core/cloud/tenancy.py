"""A second lock per tenant, in PostgreSQL itself: row-level security on every table that has a `tenant` column.

The service's own questions all name the tenant; should one ever forget it, the database still shows and takes only rows
of the tenant that the transaction was opened for. Signing in, mails and operators' work are not for one tenant: they
open their transaction for `ALL`. Claims and replicas are looked up over all tenants on purpose (a MAC is claimed once
in the world) and hold fingerprints and counters only. SQLite has no such thing: there the first lock is the only one.

A superuser, or a role with BYPASSRLS, is not held by policies: `may_bypass` tells, and the service says so at start.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

from core.cloud.db import CLAIM, METADATA, REPLICA
from core.cloud.dialect import ALL, TENANT, is_sqlite

_POLICY = "one_tenant"
_OPEN = {CLAIM.name, REPLICA.name}


def locked_tables() -> list[str]:
    """The tables that the policy stands on."""
    return sorted(t.name for t in METADATA.tables.values() if "tenant" in t.c and t.name not in _OPEN)


def install(connection: Connection) -> None:
    """Put the policy on every table that has none yet; nothing on SQLite. Part of each migration."""
    if is_sqlite(connection.engine):
        return
    query = text("SELECT tablename FROM pg_policies WHERE policyname = :p AND schemaname = current_schema()")
    there = set(connection.execute(query, {"p": _POLICY}).scalars())
    mine = f"(SELECT current_setting('{TENANT}', true))"
    for name in locked_tables():
        if name in there:
            continue
        rule = f"tenant = {mine} OR {mine} = '{ALL}'"
        connection.exec_driver_sql(f'ALTER TABLE "{name}" ENABLE ROW LEVEL SECURITY')
        connection.exec_driver_sql(f'ALTER TABLE "{name}" FORCE ROW LEVEL SECURITY')
        connection.exec_driver_sql(f'CREATE POLICY {_POLICY} ON "{name}" USING ({rule}) WITH CHECK ({rule})')


def may_bypass(connection: Connection) -> bool:
    """Whether the role of this connection is not held by policies. False on SQLite, which has none."""
    if is_sqlite(connection.engine):
        return False
    query = text("SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = current_user")
    return bool(connection.execute(query).scalar())
