"""The service centre and the operator's news (ACC-13, ACC-14): set by the operator for all, read by each account."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Connection, delete, select

from core.base.clock import to_ms
from core.base.errors import NotFoundError, UserError
from core.base.ids import new_id
from core.base.words import clean
from core.cloud import second_factor
from core.cloud.access import Who
from core.cloud.account_tables import NEWS, NEWS_READ, SERVICE_LINK
from core.cloud.cloud import Cloud
from core.cloud.dialect import insert_new, upsert
from core.entities.organisation import Role
from core.wire.service import News, NewsRead, Service, ServiceLink

KINDS = ("knowledge_base", "tickets", "partners")
SHOWN = 100
_TITLE, _TEXT = 160, 8000


def read(cloud: Cloud, who: Who) -> Service:
    """Links, and the newest news for the account's role."""
    with cloud.database.read() as connection:
        found = connection.execute(select(SERVICE_LINK)).all()
        links = sorted(
            (ServiceLink(kind=r.kind, url=r.url) for r in found), key=lambda x: KINDS.index(x.kind)
        )
        query = select(NEWS).order_by(NEWS.c.at.desc(), NEWS.c.id.desc())
        told = [r for r in connection.execute(query) if not r.roles or who.role.value in r.roles.split(",")]
        mine = select(NEWS_READ.c.news).where(NEWS_READ.c.account == who.account)
        seen = set(connection.execute(mine).scalars())
        state = second_factor.state_of(connection, who.account)
    news = [News(id=r.id, at=r.at, title=r.title, text=r.text, read=r.id in seen) for r in told[:SHOWN]]
    quiet = state is not None and state.quiet
    return Service(links=links, news=news, unread=0 if quiet else sum(not one.read for one in news))


def mark(cloud: Cloud, who: Who, message: NewsRead) -> Service:
    """Note what was read; ids of nothing are passed over."""
    there = [one.id for one in read(cloud, who).news]
    wanted = [one for one in there if one in set(message.ids)] if message.ids else there
    with cloud.database.write(who.tenant) as connection:
        for one in wanted:
            record = {"account": who.account, "news": one, "tenant": who.tenant}
            connection.execute(insert_new(connection, NEWS_READ), record)
    return read(cloud, who)


def set_link(cloud: Cloud, kind: str, url: str) -> dict[str, Any]:
    """Set one of the links, or take it away with an empty address. UserError for what is no web address."""
    if kind not in KINDS:
        raise UserError("service.kind", f"There are these links: {', '.join(KINDS)}.", field="kind")
    parts = urlsplit(url.strip())
    if url.strip() and (parts.scheme not in {"http", "https"} or not parts.hostname or len(url) > 500):
        raise UserError("service.url", "That is no web address.", field="url")
    with cloud.database.write() as connection:
        if url.strip():
            connection.execute(upsert(connection, SERVICE_LINK), {"kind": kind, "url": url.strip()})
        else:
            connection.execute(delete(SERVICE_LINK).where(SERVICE_LINK.c.kind == kind))
        links = {r.kind: r.url for r in connection.execute(select(SERVICE_LINK))}
    return {"links": links}


def publish(cloud: Cloud, title: str, text: str, roles: list[str]) -> dict[str, Any]:
    """Tell news to everybody, or to some roles."""
    title, unknown = clean(title, limit=_TITLE), set(roles) - {r.value for r in Role}
    if not title or not text.strip() or len(text) > _TEXT:
        raise UserError("news.text", f"News have a title and a text of at most {_TEXT} characters.")
    if unknown:
        raise UserError("news.roles", f"There is no role '{min(unknown)[:40]}'.")
    row = {"id": new_id(), "at": to_ms(cloud.clock.now()), "title": title, "text": text.strip()}
    with cloud.database.write() as connection:
        connection.execute(NEWS.insert().values(**row, roles=",".join(sorted(set(roles)))))
    return {"id": row["id"], "title": title}


def withdraw(cloud: Cloud, news_id: str) -> dict[str, Any]:
    """Take news back. NotFoundError when there are none of this id."""
    with cloud.database.write() as connection:
        if not connection.execute(delete(NEWS).where(NEWS.c.id == news_id)).rowcount:
            raise NotFoundError("news.unknown", "There is no such news.")
        connection.execute(delete(NEWS_READ).where(NEWS_READ.c.news == news_id))
    return {"id": news_id, "withdrawn": True}


def forget(connection: Connection, account: str) -> None:
    """What an account has read goes with it."""
    connection.execute(delete(NEWS_READ).where(NEWS_READ.c.account == account))
