"""The job pack: a site in one sealed file before the trip, opened on another workstation without a network.

People, doors, devices, firmware, templates and free MAC addresses of the firm. It holds PINs and cards, so it takes the
right to see those, and a passphrase. Where the cloud is heard, it keeps MAC addresses and PINs for whoever opens the
pack (claim tickets): nobody else can bind them meanwhile.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec

from core.base.clock import from_ms, to_ms
from core.base.errors import (
    DataError,
    GatewrightError,
    RefusedError,
    SignInError,
    UnreachableError,
    UserError,
)
from core.entities.credential import CREDENTIAL
from core.entities.device import DEVICE
from core.entities.site import SITE, Site
from core.ports.cloud import AccountDoor
from core.rules.rights import sees
from core.schema.entity import Scope
from core.store import apply, packing, syncmeta, tickets
from core.store.changes import Origin
from core.store.packing import Packed
from core.store.reader import Reader
from core.store.tickets import HeldBook
from core.store.tx import Tx
from core.usecases import sealed_files
from core.usecases.context import Context, Permission
from core.wire.accounts import Said
from core.wire.messages import SCHEMA
from core.wire.tickets import NewTickets, TicketBook, TicketBooks

KIND = "job pack"
_LIMIT_MS = 120_000


@dataclass(frozen=True, slots=True)
class PackReport:
    """What a pack holds, or what came out of one."""

    site_id: str
    site: str
    rows: int
    files: int
    tickets: int
    left_here: int
    book: HeldBook | None = None
    not_kept: str = ""

    def document(self) -> dict[str, object]:
        """The members of the command line's document."""
        return {
            "site_id": self.site_id,
            "site": self.site,
            "rows": self.rows,
            "files": self.files,
            "tickets": self.tickets,
            "unsent": self.left_here,
            "reserved": len(self.book.macs) + len(self.book.pins) if self.book else 0,
            "reserved_until": from_ms(self.book.until).isoformat() if self.book else None,
            "not_reserved": self.not_kept,
        }


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the cloud is asked to keep for the trip: these MAC addresses, or as many free ones; so many PINs; how long.

    The PINs are drawn here, eight digits that do not begin with 9: hard to guess, and nobody's yet (CRED-02).
    """

    macs: tuple[str, ...] = ()
    free_macs: int = 50
    pins: int = 0
    hours: int = 7 * 24


async def pack(
    ctx: Context,
    site_id: str,
    file: Path,
    passphrase: str,
    *,
    door: AccountDoor | None = None,
    wanted: Wanted | None = None,
) -> PackReport:
    """Write the pack of a site. UserError for an unknown site, a short passphrase or a file that cannot be written.

    `door`: the cloud, asked for tickets. Where it is not heard, the pack is made without them and says so.
    """
    actor = ctx.require(Permission.SEE_SECRETS)
    site = await ctx.mirror.read(lambda reader: reader.require(SITE, site_id))
    if not await ctx.mirror.read(lambda reader: apply.position(reader).epoch):
        raise UserError("pack.never_synced", "This workstation has not synced yet: there is nothing to pack.")
    book, not_kept = None, "No network: nothing is reserved."
    if door is not None:
        book, not_kept = await _reserve(ctx, door, site, wanted or Wanted(), actor.name)

    def work(reader: Reader) -> Packed:
        session = syncmeta.session_of(reader)
        tenant = session.tenant if session else ""
        return packing.pack(reader, site_id, site.name, tenant, SCHEMA, book=book)

    packed = await ctx.mirror.read(work, limit_ms=_LIMIT_MS)
    try:
        files = await asyncio.to_thread(
            partial(sealed_files.write, file, passphrase, KIND, packed, files=packed.files, blobs=ctx.blobs)
        )
    except (GatewrightError, OSError):
        if door is not None and book is not None:
            with suppress(GatewrightError):  # Otherwise their time ends by itself.
                await give_back(door, book.id)
        raise
    return replace(_report(packed, len(packed.rows), files), not_kept=not_kept)


async def _reserve(
    ctx: Context, door: AccountDoor, site: Site, wanted: Wanted, by: str
) -> tuple[HeldBook | None, str]:
    """The book that the cloud made, if any, and in words what could not be kept."""
    macs = list(wanted.macs) or await ctx.mirror.read(lambda r: packing.free_macs(r, wanted.free_macs))
    pins = [f"{secrets.randbelow(80_000_000) + 10_000_000}" for _ in range(wanted.pins)]
    if not macs and not pins:
        return None, "There is nothing to reserve: no free MAC address."
    message = NewTickets(macs=macs, pins=pins, hours=wanted.hours)
    try:
        made = await door.ask("POST", f"/v1/sites/{site.id}/tickets", TicketBook, message)
    except (UnreachableError, SignInError, RefusedError) as fault:
        return None, f"Nothing is reserved: {fault.message}"
    left = f"{made.taken} of {len(macs) + len(pins)} could not be reserved." if made.taken else ""
    if not made.id:
        return None, left
    book = HeldBook(
        id=made.id,
        site=site.id,
        site_name=site.name,
        until=made.until,
        macs=made.macs,
        pins=made.pins,
        by=by,
    )
    now = ctx.clock.now()
    await ctx.mirror.write(lambda tx: tickets.keep(tx, book, now), origin=Origin.PULL)
    return book, left


@dataclass(frozen=True, slots=True)
class HereTickets:
    """A book on this workstation, and which of its MAC addresses and PINs nothing here uses yet. `over`: by this
    machine's clock its time has ended; whether it has is the cloud's to say.
    """

    book: HeldBook
    free_macs: tuple[str, ...]
    free_pins: tuple[str, ...]
    over: bool


async def tickets_here(ctx: Context) -> list[HereTickets]:
    """The books that are known on this workstation; needs no network."""
    ctx.require(Permission.SEE_SECRETS)
    now_ms = to_ms(ctx.clock.now())

    def work(reader: Reader) -> list[HereTickets]:
        found = []
        for book in tickets.books(reader):
            macs = {d.mac for d in reader.find_in(DEVICE, "mac", book.macs)}
            pins = {c.code for c in reader.find(CREDENTIAL, scope_id=book.site)}
            free = tuple(m for m in book.macs if m not in macs), tuple(p for p in book.pins if p not in pins)
            found.append(HereTickets(book, *free, over=book.until <= now_ms))
        return found

    return await ctx.mirror.read(work)


async def tickets_of_firm(door: AccountDoor) -> TicketBooks:
    """What the cloud keeps for the firm's trips."""
    return await door.ask("GET", "/v1/tickets", TicketBooks)


async def give_back(door: AccountDoor, mark: str) -> Said:
    """End a book: what it still holds is free again. NotFoundError when there is none of this mark."""
    return await door.ask("DELETE", f"/v1/tickets/{mark}", Said)


async def unpack(ctx: Context, file: Path, passphrase: str) -> PackReport:
    """Open a pack here. UserError for another passphrase or another firm's pack, DataError for one that was altered;
    nothing is taken then.
    """
    actor = ctx.require(Permission.SEE_SECRETS)
    packed, files = await asyncio.to_thread(sealed_files.read, file, passphrase, KIND, Packed, ctx.blobs)
    await ctx.mirror.read(lambda reader: require_same_firm(reader, packed.tenant))
    if packed.schema > SCHEMA:
        raise DataError("pack.newer", "This pack was made by a newer Gatewright.", remedy="Update this one.")
    firm = sees(actor.role, Scope.ORG)
    now = ctx.clock.now()

    def work(tx: Tx) -> int:
        if packed.book is not None:
            tickets.keep(tx, msgspec.structs.replace(packed.book, usable=True), now)
        return packing.unpack(tx, packed, firm=firm)

    rows = await ctx.mirror.write(work, origin=Origin.PULL, act="Open job pack")
    return _report(packed, rows, files)


def require_same_firm(reader: Reader, tenant: str) -> None:
    """UserError for a file of another firm: its ids mean nothing here, and its people are nobody's business."""
    session = syncmeta.session_of(reader)
    if session is None or session.tenant != tenant:
        raise UserError("pack.other_firm", "This file belongs to another firm.")


def _report(packed: Packed, rows: int, files: int) -> PackReport:
    left = packed.left_here
    return PackReport(packed.site, packed.site_name, rows, files, packed.tickets, left, packed.book)
