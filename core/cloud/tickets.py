"""Claim tickets: MAC addresses and codes that the cloud keeps for one trip, so that what is bound in a basement without
a network is not given away meanwhile (sync.md 3.9).

A book of tickets is made for a site. Whoever holds the job pack shows the book's id with its edits; for everybody else
what it reserves is taken, until it is used, given back, or its time is over by the cloud's clock. A reservation stands
in the table of claims under the same key as a claim, so two that come at once cannot both have it.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select
from sqlalchemy.exc import IntegrityError

from core.base.clock import to_ms
from core.base.errors import NotAllowedError, NotFoundError, UserError
from core.cloud import account_log
from core.cloud.access import SITE_KIND, Who, access_of
from core.cloud.claims import NOBODY, Key, key_of
from core.cloud.cloud import Cloud
from core.cloud.db import CLAIM, TICKET_BOOK, table_of
from core.cloud.dialect import among
from core.entities.device import MAC_ENTRY
from core.entities.organisation import Role
from core.entities.site import SITE
from core.ports.cloud import BusyError
from core.rules.claims import EVERYWHERE, Claim, ClaimKind
from core.wire.accounts import Said
from core.wire.tickets import NewTickets, TicketBook, TicketBooks, TicketInfo

LIMIT, HOURS, BOOKS = 500, 14 * 24, 20
"""Of one book: tickets and hours; of a firm: books at once. So nobody reserves a library, or for ever."""
_INSTALLERS = {Role.INSTALLER, Role.SUB_INSTALLER}
_TRIES = 3


def reserve(cloud: Cloud, who: Who, message: NewTickets, site: str) -> TicketBook:
    """Keep what is free of the MACs (of a library that the account sees) and codes asked for; the rest is told."""
    _check(who, message)
    for _ in range(_TRIES):
        try:
            with cloud.database.write(who.tenant) as connection:
                return _reserve(cloud, connection, who, message, site)
        except IntegrityError:
            continue  # somebody took one of them between our look and our write: look again
    raise BusyError("cloud.busy", "The cloud is busy with the same addresses.", retry_after_s=1.0)


def show(cloud: Cloud, who: Who) -> TicketBooks:
    """The firm's books that still hold something, without their ids' power: those are told as marks."""
    _installers_only(who)
    now_ms = to_ms(cloud.clock.now())
    sites = table_of(SITE)
    left = select(func.count()).where(CLAIM.c.owner == TICKET_BOOK.c.id).scalar_subquery()
    query = (
        select(TICKET_BOOK, sites.c.name, left.label("left"))
        .join(sites, (sites.c.tenant == TICKET_BOOK.c.tenant) & (sites.c.id == TICKET_BOOK.c.site))
        .where(TICKET_BOOK.c.tenant == who.tenant, TICKET_BOOK.c.org == who.org)
        .where(TICKET_BOOK.c.until > now_ms)
        .order_by(TICKET_BOOK.c.until, TICKET_BOOK.c.id)
    )
    with cloud.database.read(who.tenant) as connection:
        rows = connection.execute(query).all()
    books = [
        TicketInfo(mark=_mark(cloud, r.id), site=r.site, site_name=r.name, until=r.until, left=r.left)
        for r in rows
        if r.left
    ]
    return TicketBooks(books=books)


def give_back(cloud: Cloud, who: Who, mark: str) -> Said:
    """End a book of one's own firm, by its mark or its id: what it still holds is free again."""
    _installers_only(who)
    mine = (TICKET_BOOK.c.tenant == who.tenant) & (TICKET_BOOK.c.org == who.org)
    with cloud.database.write(who.tenant) as connection:
        ids = connection.execute(select(TICKET_BOOK.c.id).where(mine)).scalars().all()
        book = next((i for i in ids if mark in {i, _mark(cloud, i)}), None)
        if book is None:
            raise NotFoundError("tickets.unknown", "There are no such tickets.")
        left = connection.execute(delete(CLAIM).where(CLAIM.c.owner == book, CLAIM.c.until.is_not(None)))
        connection.execute(delete(TICKET_BOOK).where(mine, TICKET_BOOK.c.id == book))
        account_log.note_by(
            cloud, connection, who, "tickets.returned", f"Tickets: {left.rowcount} given back"
        )
    return Said(message=f"{left.rowcount} tickets were given back.")


def drop_expired(cloud: Cloud) -> int:
    """Remove what is over; part of the hourly round. An expired ticket is free before that already."""
    now_ms = to_ms(cloud.clock.now())
    with cloud.database.write() as connection:
        went = connection.execute(delete(CLAIM).where(CLAIM.c.until <= now_ms)).rowcount
        connection.execute(delete(TICKET_BOOK).where(TICKET_BOOK.c.until <= now_ms))
    return int(went)


def _check(who: Who, message: NewTickets) -> None:
    _installers_only(who)
    asked = len(message.macs) + len(message.pins)
    if not 0 < asked <= LIMIT:
        raise UserError("tickets.count", f"Between 1 and {LIMIT} tickets can be asked for at once.")
    if not 0 < message.hours <= HOURS:
        raise UserError("tickets.hours", f"Tickets are kept for between 1 and {HOURS} hours.", field="hours")
    if any(not (text and len(text) <= 64) for text in (*message.macs, *message.pins)):
        raise UserError("tickets.value", "One of these is no MAC address and no code.")


def _installers_only(who: Who) -> None:
    if who.role not in _INSTALLERS:
        raise NotAllowedError("not_allowed", "Tickets are for installers.")


def _reserve(cloud: Cloud, connection: Connection, who: Who, message: NewTickets, site: str) -> TicketBook:
    access, now_ms = access_of(connection, who), to_ms(cloud.clock.now())
    if access.scopes.get(site, ("", 0))[0] != SITE_KIND:
        raise NotAllowedError("scope_denied", "You have no access to this site any more.")
    present = (TICKET_BOOK.c.org == who.org) & (TICKET_BOOK.c.until > now_ms)
    query = select(func.count()).where(TICKET_BOOK.c.tenant == who.tenant, present)
    if int(connection.execute(query).scalar_one()) >= BOOKS:
        remedy = "Give some of them back."
        raise UserError("tickets.books", f"There are {BOOKS} books of tickets already.", remedy=remedy)
    known = _of_library(connection, who.tenant, set(access.scopes), message.macs)
    wanted = [Claim(EVERYWHERE, ClaimKind.MAC, mac) for mac in dict.fromkeys(message.macs) if mac in known]
    wanted += [Claim(site, ClaimKind.PIN, pin) for pin in dict.fromkeys(message.pins)]
    keys = {claim: key_of(cloud.seal, claim) for claim in wanted}
    taken = _clear(connection, sorted(keys.values()), now_ms)
    free = [claim for claim in wanted if keys[claim] not in taken]
    book, until = secrets.token_hex(16), now_ms + message.hours * 3_600_000
    if free:
        held = {"owner": book, "owner_entity": NOBODY, "tenant": who.tenant, "scope": site, "until": until}
        names = ("space", "kind", "key")
        records = [dict(zip(names, keys[claim], strict=True)) | held for claim in free]
        connection.execute(insert(CLAIM), sorted(records, key=lambda r: (r["space"], r["kind"], r["key"])))
        row = {"id": book, "tenant": who.tenant, "org": who.org, "account": who.account, "site": site}
        connection.execute(insert(TICKET_BOOK), row | {"made_at": now_ms, "until": until})
        account_log.note_by(cloud, connection, who, "tickets.reserved", f"Tickets: {len(free)} reserved")
    return TicketBook(
        id=book if free else "",
        site=site,
        until=until,
        macs=[c.key for c in free if c.kind is ClaimKind.MAC],
        pins=[c.key for c in free if c.kind is ClaimKind.PIN],
        taken=len(set(message.macs)) + len(set(message.pins)) - len(free),
    )


def _of_library(connection: Connection, tenant: str, scopes: set[str], macs: Sequence[str]) -> set[str]:
    """Those of the MACs that stand in a library which the account sees; others are nobody's to reserve."""
    table = table_of(MAC_ENTRY)
    query = select(table.c.mac).where(
        table.c.tenant == tenant,
        table.c.deleted_at.is_(None),
        table.c.scope.in_(sorted(scopes)),
        among(connection, table.c.mac, set(macs)),
    )
    return set(connection.execute(query).scalars())


def _clear(connection: Connection, keys: Sequence[Key], now_ms: int) -> set[Key]:
    """Which keys somebody has; what is expired among them goes."""
    found: set[Key] = set()
    for space in sorted({key[0] for key in keys}):
        mine = among(connection, CLAIM.c.key, {key[2] for key in keys if key[0] == space})
        here: Any = (CLAIM.c.space == space) & mine
        connection.execute(delete(CLAIM).where(here, CLAIM.c.until <= now_ms))
        columns = (CLAIM.c.space, CLAIM.c.kind, CLAIM.c.key)
        found |= {(r.space, r.kind, r.key) for r in connection.execute(select(*columns).where(here))}
    return found


def _mark(cloud: Cloud, book: str) -> str:
    """By what a book is told apart and given back: its id would let whoever reads it use the tickets."""
    return cloud.seal.blind("ticket book", book)[:12]
