"""Accounts of property managers that one person joined (ACC-07): made by different installers, switched between freely.

Joining proves the other account once, with its password and second factor; after that each is a way into the other,
until the link is cut from either side, or one of the two changes its password at an operator's or installer's hand.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from core.base.clock import to_ms
from core.base.errors import NotAllowedError, NotFoundError, RefusedError, SignInError, UserError
from core.base.ids import is_id
from core.cloud import account_log, auth, tokens
from core.cloud.access import Who
from core.cloud.account_rows import row_of
from core.cloud.account_tables import ACCOUNT_STATE, LINK
from core.cloud.cloud import Cloud
from core.cloud.db import LOGIN, SITE_ACCESS, table_of
from core.cloud.dialect import upsert
from core.entities.organisation import ACCOUNT, ORGANISATION, Role
from core.entities.site import SITE
from core.wire.accounts import Act, LinkInfo, Links, NewLink, Said
from core.wire.messages import Session
from core.wire.service import JoinedSite, JoinedSites


def infos(connection: Connection, account: str) -> list[LinkInfo]:
    """The accounts joined with one."""
    people, firms = table_of(ACCOUNT), table_of(ORGANISATION)
    query = (
        select(LINK.c.other, people.c.user_name, people.c.full_name, firms.c.name)
        .join(people, (people.c.tenant == LINK.c.other_tenant) & (people.c.id == LINK.c.other))
        .join(firms, (firms.c.tenant == people.c.tenant) & (firms.c.id == people.c.org_id))
        .where(LINK.c.account == account, LINK.c.active, people.c.deleted_at.is_(None))
        .order_by(firms.c.name, people.c.user_name)
    )
    rows = connection.execute(query)
    return [LinkInfo(account=r.other, user=r.user_name, full_name=r.full_name, firm=r.name) for r in rows]


def show(cloud: Cloud, who: Who) -> Links:
    """The accounts joined with one's own."""
    with cloud.database.read() as connection:
        return Links(links=infos(connection, who.account))


def sites(cloud: Cloud, who: Who) -> JoinedSites:
    """ACC-07: the sites of one's own account and of every joined one, by name: one view to switch in."""
    _managers_only(who)
    places, found = table_of(SITE), []
    with cloud.database.read() as connection:
        joined = [(one.account, one.user, one.firm) for one in infos(connection, who.account)]
        # One's own firm is not named: a property manager has sites and nothing of the firm.
        for account, user, name in [(who.account, who.user, ""), *joined]:
            query = (
                select(places.c.id, places.c.name)
                .join(
                    SITE_ACCESS,
                    (SITE_ACCESS.c.tenant == places.c.tenant) & (SITE_ACCESS.c.scope == places.c.id),
                )
                .where(SITE_ACCESS.c.principal == account, SITE_ACCESS.c.active)
                .where(places.c.deleted_at.is_(None))
            )
            for row in connection.execute(query):
                place = {"account": account, "user": user, "firm": name, "site": row.id, "name": row.name}
                found.append(JoinedSite(**place, own=account == who.account))
    return JoinedSites(sites=sorted(found, key=lambda s: (s.name.casefold(), s.firm, s.site)))


def add(cloud: Cloud, who: Who, message: NewLink, address: str) -> Links:
    """Join another property manager's account. RefusedError when its password or code is wrong, or a code is needed."""
    _managers_only(who)
    try:
        other = auth.prove(cloud, message.user, message.password, message.code, address).person
    except SignInError as fault:
        # Not a 401: it is not the session that is refused, and a new token would change nothing.
        raise RefusedError(fault.code, fault.message, remedy=fault.remedy, field=fault.field) from fault
    if other.id == who.account:
        raise UserError("link.self", "That is the account you are signed in with.", field="user")
    if other.role != Role.MANAGER.value:
        raise UserError("link.role", "Only accounts of property managers can be joined.", field="user")
    pairs = [
        (who.account, who.tenant, other.id, other.tenant),
        (other.id, other.tenant, who.account, who.tenant),
    ]
    with cloud.database.write() as connection:
        for mine, tenant, its, its_tenant in pairs:
            record = {"account": mine, "tenant": tenant, "other": its, "other_tenant": its_tenant}
            at = to_ms(cloud.clock.now())
            connection.execute(upsert(connection, LINK), {**record, "active": True, "at": at})
        _note(cloud, connection, who, other, what="link.added", words="Link site")
    return show(cloud, who)


def remove(cloud: Cloud, who: Who, account: str) -> Said:
    """Cut a link, for both sides. A workstation that was switched already stays signed in until it signs out."""
    with cloud.database.write() as connection:
        other = _linked(connection, who, account)
        both = or_(
            (LINK.c.account == who.account) & (LINK.c.other == account),
            (LINK.c.account == account) & (LINK.c.other == who.account),
        )
        connection.execute(delete(LINK).where(both))
        _note(cloud, connection, who, other, what="link.removed", words="Unlink site")
    return Said(message="The accounts are not joined any more.")


def switch(cloud: Cloud, who: Who, message: Act, account: str) -> Session:
    """A session of a joined account, without its password. NotFoundError when it is not joined, or locked."""
    _managers_only(who)
    if not is_id(message.replica):
        raise SignInError("session.replica", "This workstation has no proper mark.")
    with cloud.database.write() as connection:
        other = _linked(connection, who, account)
        found = connection.execute(select(LOGIN.c.account).where(LOGIN.c.account == account)).scalar()
        locked = connection.execute(
            select(ACCOUNT_STATE.c.locked).where(ACCOUNT_STATE.c.account == account)
        ).scalar()
        if found is None or locked or not other.active:
            raise NotFoundError("link.unknown", "There is no such joined account.")
        session, pair = tokens.begin(
            cloud, connection, account=account, tenant=other.tenant, replica=message.replica
        )
        its = Who(
            account,
            other.tenant,
            other.org_id,
            Role(other.role),
            other.user_name,
            other.full_name,
            message.replica,
            session,
        )
        account_log.note_by(cloud, connection, its, "login.link", "Login Management: Log In: Linked account")
    return auth.told(its, pair, [])


def cut_all(connection: Connection, account: str) -> None:
    """Cut every link of an account, from both sides."""
    both = or_(LINK.c.account == account, LINK.c.other == account)
    connection.execute(update(LINK).where(both).values(active=False))


def _linked(connection: Connection, who: Who, account: str) -> Any:
    here = (LINK.c.account == who.account) & (LINK.c.other == account) & LINK.c.active
    row = connection.execute(select(LINK).where(here)).one_or_none()
    if row is None:
        raise NotFoundError("link.unknown", "There is no such joined account.")
    return row_of(connection, row.other_tenant, account)


def _note(cloud: Cloud, connection: Connection, who: Who, other: Any, *, what: str, words: str) -> None:
    """Both firms' logs tell it, each about its own account."""
    account_log.note_by(cloud, connection, who, what, f"{words}: {other.user_name}")
    account_log.note(
        cloud,
        connection,
        tenant=other.tenant,
        org=other.org_id,
        what=what,
        words=f"{words}: {who.user}",
        about=other.id,
    )


def _managers_only(who: Who) -> None:
    if who.role is not Role.MANAGER:
        raise NotAllowedError("not_allowed", "Only property managers join accounts.")
