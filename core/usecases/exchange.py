"""Unsent edits of a site from laptop to laptop by a sealed file: whichever is online first brings them to the cloud,
and the result is the same (sync.md 3.7).
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec
from sqlalchemy import select

from core.base.errors import DataError, UserError
from core.entities import BY_NUMBER
from core.entities.site import SITE
from core.store import carrying, syncmeta, tickets
from core.store.carrying import CarriedEdit
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tables import SYNC_SCOPE
from core.store.tickets import HeldBook
from core.store.tx import Tx
from core.usecases import sealed_files
from core.usecases.context import Context, Permission
from core.usecases.pack import require_same_firm
from core.wire.messages import SCHEMA

KIND = "unsent edits"


class Exchange(msgspec.Struct, frozen=True, kw_only=True):
    """The content of an exchange file. `books`: the tickets of a job pack, so that whoever carries the edits may."""

    schema: int
    tenant: str
    site: str
    site_name: str
    made_by: str
    edits: list[CarriedEdit]
    books: list[HeldBook] = msgspec.field(default_factory=list)


@dataclass(frozen=True, slots=True)
class ExchangeReport:
    """What went out, or came in. `new`: edits that were not known here."""

    site: str
    edits: int
    new: int
    files: int
    made_by: str

    def document(self) -> dict[str, object]:
        """The members of the command line's document."""
        return {
            "site": self.site,
            "edits": self.edits,
            "new": self.new,
            "files": self.files,
            "made_by": self.made_by,
        }


async def export(ctx: Context, site_id: str, file: Path, passphrase: str) -> ExchangeReport:
    """Write the unsent edits of a site; they stay here too, and may no longer be changed, only followed by others."""
    actor = ctx.require(Permission.SEE_SECRETS)
    site = await ctx.mirror.read(lambda reader: reader.require(SITE, site_id))
    tenant = await ctx.mirror.read(_tenant)
    edits = await ctx.mirror.write(
        lambda tx: carrying.hand_over(tx, site_id), origin=Origin.JOB, act="Exchange: export"
    )
    message = Exchange(
        schema=SCHEMA,
        tenant=tenant,
        site=site_id,
        site_name=site.name,
        made_by=actor.name,
        edits=edits,
        books=list(await ctx.mirror.read(lambda reader: tickets.of_site(reader, site_id))),
    )
    files = await asyncio.to_thread(
        partial(sealed_files.write, file, passphrase, KIND, message, files=_named(edits), blobs=ctx.blobs)
    )
    return ExchangeReport(site.name, len(edits), 0, files, actor.name)


async def take_in(ctx: Context, file: Path, passphrase: str) -> ExchangeReport:
    """Take another laptop's edits into this one, to be seen here and carried to the cloud. What is known already is
    passed over. Raises as `pack.unpack`; UserError when the site is not on this workstation.
    """
    ctx.require(Permission.SEE_SECRETS)
    message, files = await asyncio.to_thread(sealed_files.read, file, passphrase, KIND, Exchange, ctx.blobs)
    if message.schema > SCHEMA:
        raise DataError("pack.newer", "This file was made by a newer Gatewright.", remedy="Update this one.")

    now = ctx.clock.now()

    def work(tx: Tx) -> int:
        require_same_firm(tx, message.tenant)
        _require_site(tx, message)
        for book in message.books:
            tickets.keep(tx, book, now)
        return carrying.take_over(tx, message.edits)

    new = await ctx.mirror.write(work, origin=Origin.JOB, act="Exchange: import")
    return ExchangeReport(message.site_name, len(message.edits), new, files, message.made_by)


def _require_site(tx: Tx, message: Exchange) -> None:
    held = select(SYNC_SCOPE.c.scope).where(SYNC_SCOPE.c.scope == message.site, SYNC_SCOPE.c.state != "drop")
    made_here = any(e.mutation.op == "create" and e.mutation.entity_id == message.site for e in message.edits)
    if tx.connection.execute(held).first() is None and not made_here:
        words = f"The site '{message.site_name}' is not on this workstation."
        raise UserError("exchange.no_site", words, remedy="Sync, or open its job pack first.")
    if any(e.mutation.scope != message.site for e in message.edits):
        raise DataError("exchange.scope", "The file holds edits of another site; nothing of it is taken.")


def _tenant(reader: Reader) -> str:
    session = syncmeta.session_of(reader)
    return session.tenant if session else ""


def _named(edits: Sequence[CarriedEdit]) -> list[str]:
    """Digests of the files that edits name."""
    found: set[str] = set()
    for edit in edits:
        kinds = BY_NUMBER[edit.mutation.entity].by_name
        fields = edit.mutation.fields.items()
        found.update(digest for k, v in fields if k in kinds for digest in kinds[k].kind.digests(v))
    return sorted(found)
