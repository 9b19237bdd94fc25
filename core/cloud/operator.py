"""The operator's other verbs (`gatewright cloud admin`): accounts, locks, second factors, grants, retention."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, func, select

from core.base.clock import to_ms
from core.base.errors import NotFoundError, UserError
from core.cloud import (
    account_log,
    admin,
    auth,
    backup,
    limits,
    news,
    policies,
    reset,
    retention,
    second_factor,
    tenancy,
)
from core.cloud.account_tables import ACCOUNT_STATE, FIRM_STATE, MAIL
from core.cloud.cloud import Cloud
from core.cloud.db import BLOB, LOGIN_GUARD, METADATA, SESSION, TENANT_CLOCK, VERSION_TABLE, table_of
from core.cloud.lineage import begin_lineage
from core.entities.organisation import ACCOUNT, ORGANISATION

Given = dict[str, Any]


def accounts(cloud: Cloud, given: Given) -> dict[str, Any]:
    """Accounts with firm, role, state, sessions and failed attempts; `given["user"]`: those of which it is a part."""
    rows, firms, state, guard = table_of(ACCOUNT), table_of(ORGANISATION), ACCOUNT_STATE, LOGIN_GUARD
    now_ms = to_ms(cloud.clock.now())
    with cloud.database.read() as connection:
        query = (
            select(rows, firms.c.name.label("firm"), state.c.locked, state.c.totp, guard.c.failures)
            .add_columns(guard.c.locked_until)
            .join(firms, (firms.c.tenant == rows.c.tenant) & (firms.c.id == rows.c.org_id), isouter=True)
            .join(state, state.c.account == rows.c.id, isouter=True)
            .join(guard, guard.c.user_name == rows.c.user_name, isouter=True)
            .where(
                rows.c.deleted_at.is_(None),
                rows.c.user_name.contains(given.get("user") or "", autoescape=True),
            )
            .order_by(rows.c.user_name)
        )
        live = select(SESSION.c.account, func.count()).where(SESSION.c.refresh_until > now_ms)
        sessions = {r[0]: r[1] for r in connection.execute(live.group_by(SESSION.c.account))}
        found = [
            {
                "user": r.user_name,
                "name": r.full_name,
                "role": r.role,
                "firm": r.firm,
                "email": r.email,
                "active": bool(r.active),
                "locked": bool(r.locked) or (r.locked_until or 0) > now_ms,
                "app": bool(r.totp),
                "failures": r.failures or 0,
                "sessions": sessions.get(r.id, 0),
            }
            for r in connection.execute(query)
        ]
    return {"accounts": found}


def lock(cloud: Cloud, given: Given) -> dict[str, Any]:
    """Nobody signs in with this account, and whoever is signed in is so no more."""
    with cloud.database.write() as connection:
        person = _person(connection, given)
        second_factor.put_state(connection, person.tenant, person.id, locked=True)
        auth.end_sessions(connection, person.id)
        _note(cloud, connection, person, "operator.lock", "Account Management: Locked by the operator")
    return {"user": person.user_name, "locked": True}


def unlock(cloud: Cloud, given: Given) -> dict[str, Any]:
    """Lift an operator's lock and the one after wrong passwords."""
    with cloud.database.write() as connection:
        person = _person(connection, given)
        second_factor.put_state(connection, person.tenant, person.id, locked=False)
        limits.forget(connection, person.user_name)
        _note(cloud, connection, person, "operator.unlock", "Account Management: Unlocked by the operator")
    return {"user": person.user_name, "locked": False}


def reset_factor(cloud: Cloud, given: Given) -> dict[str, Any]:
    """The phone is lost: the account signs in without the app, and is signed out everywhere."""
    with cloud.database.write() as connection:
        person = _person(connection, given)
        second_factor.drop_totp(connection, person.tenant, person.id)
        auth.end_sessions(connection, person.id)
        _note(cloud, connection, person, "operator.factor", "Account Management: App reset by the operator")
    return {"user": person.user_name, "app": False}


def set_password(cloud: Cloud, given: Given) -> dict[str, Any]:
    """A new password (`given["password"]`); signed out everywhere."""
    admin.set_password(cloud, user=given["user"], password=given["password"])
    with cloud.database.write() as connection:
        person = _person(connection, given)
        _note(
            cloud, connection, person, "operator.password", "Account Management: New password by the operator"
        )
    return {"user": person.user_name, "changed": True}


def grants(cloud: Cloud, _given: Given) -> dict[str, Any]:
    """What distributors allow their installers, and who lets them act (ACC-02, ACC-08, ACC-09)."""
    firms, state = table_of(ORGANISATION), FIRM_STATE
    with cloud.database.read() as connection:
        query = select(firms.c.name, state).join(
            firms, (firms.c.tenant == state.c.tenant) & (firms.c.id == state.c.org)
        )
        names = ("may_pay", "two_factor", "act_offered", "act_granted")
        found = [
            {"firm": r.name, **{n: bool(getattr(r, n)) for n in names}}
            for r in connection.execute(query.order_by(firms.c.name))
        ]
    return {"grants": found}


def run_retention(cloud: Cloud, _given: Given) -> dict[str, Any]:
    """One round of retention now; what went."""
    return {"removed": retention.run(cloud)}


def numbers(cloud: Cloud, _given: Given) -> dict[str, Any]:
    """How large the service is: rows per table, tenants, sessions, mails, files; whether tenants are locked apart."""
    with cloud.database.read() as connection:
        rows = {
            t.name: connection.execute(select(func.count()).select_from(t)).scalar_one()
            for t in METADATA.sorted_tables
            if t.name != VERSION_TABLE.name
        }
        size = connection.execute(select(func.sum(BLOB.c.size))).scalar() or 0
        mails = {
            r[0]: r[1] for r in connection.execute(select(MAIL.c.state, func.count()).group_by(MAIL.c.state))
        }
        tenants = connection.execute(select(func.count()).select_from(TENANT_CLOCK)).scalar_one()
        held = cloud.database.engine.dialect.name == "postgresql" and not tenancy.may_bypass(connection)
    told = {name: count for name, count in rows.items() if count}
    return {
        "tenants": tenants,
        "rows": told,
        "mails": mails,
        "bytes_of_files": int(size),
        "row_security": held,
    }


def policy(cloud: Cloud, given: Given) -> dict[str, Any]:
    """Publish a new version of a policy from a text file."""
    try:
        text = Path(given["file"]).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as fault:
        raise UserError("policy.file", f"The text {given['file']} cannot be read.") from fault
    return {"kind": given["kind"], "version": policies.publish(cloud, given["kind"], text)}


def service_link(cloud: Cloud, given: Given) -> dict[str, Any]:
    """ACC-13: set a link of the service centre; an empty address takes it away."""
    return news.set_link(cloud, given["kind"], given["url"])


def tell_news(cloud: Cloud, given: Given) -> dict[str, Any]:
    """ACC-14: tell news to everybody, or to some roles."""
    return news.publish(cloud, given["title"], given["text"], given.get("role") or [])


def withdraw_news(cloud: Cloud, given: Given) -> dict[str, Any]:
    """ACC-14: take news back."""
    return news.withdraw(cloud, given["id"])


def make_backup(cloud: Cloud, given: Given) -> dict[str, Any]:
    """Write a backup."""
    return backup.backup(cloud, Path(given["to"]), files=not given.get("without_files"))


def new_lineage(cloud: Cloud, _given: Given) -> dict[str, Any]:
    """After a recovery by PostgreSQL's own means: workstations fetch anew and offer again what was lost."""
    return {"tenants": begin_lineage(cloud)}


VERBS: dict[str, Callable[[Cloud, Given], dict[str, Any]]] = {
    "accounts": accounts,
    "lock": lock,
    "unlock": unlock,
    "reset-factor": reset_factor,
    "set-password": set_password,
    "grants": grants,
    "retention": run_retention,
    "numbers": numbers,
    "policy": policy,
    "service-link": service_link,
    "news": tell_news,
    "withdraw-news": withdraw_news,
    "backup": make_backup,
    "new-lineage": new_lineage,
}
"""By the name on the command line."""


def _person(connection: Connection, given: Given) -> Any:
    person = reset.account_named(connection, str(given["user"]).strip().lower())
    if person is None:
        raise NotFoundError("cloud.user", f"There is no account '{str(given['user'])[:64]}'.")
    return person


def _note(cloud: Cloud, connection: Connection, person: Any, what: str, words: str) -> None:
    account_log.note(
        cloud,
        connection,
        tenant=person.tenant,
        org=person.org_id,
        what=what,
        words=words,
        about=person.id,
    )
