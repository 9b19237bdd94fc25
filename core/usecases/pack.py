"""The job pack: a site in one sealed file before the trip, opened on another workstation without a network.

People, doors, devices, firmware, templates and free MAC addresses of the firm. It holds PINs and cards, so it takes the
right to see those, and a passphrase.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.base.errors import DataError, UserError
from core.entities.site import SITE
from core.rules.rights import sees
from core.schema.entity import Scope
from core.store import packing, syncmeta
from core.store.changes import Origin
from core.store.packing import Packed
from core.store.reader import Reader
from core.usecases import sealed_files
from core.usecases.context import Context, Permission
from core.wire.messages import SCHEMA

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

    def document(self) -> dict[str, object]:
        """The members of the command line's document."""
        return {
            "site_id": self.site_id,
            "site": self.site,
            "rows": self.rows,
            "files": self.files,
            "tickets": self.tickets,
            "unsent": self.left_here,
        }


async def pack(ctx: Context, site_id: str, file: Path, passphrase: str) -> PackReport:
    """Write the pack of a site. UserError for an unknown site, a short passphrase or a file that cannot be written."""
    ctx.require(Permission.SEE_SECRETS)

    def work(reader: Reader) -> Packed:
        session = syncmeta.session_of(reader)
        tenant = session.tenant if session else ""
        return packing.pack(reader, site_id, reader.require(SITE, site_id).name, tenant, SCHEMA)

    packed = await ctx.mirror.read(work, limit_ms=_LIMIT_MS)
    if not packed.epoch:
        raise UserError("pack.never_synced", "This workstation has not synced yet: there is nothing to pack.")
    files = await asyncio.to_thread(
        partial(sealed_files.write, file, passphrase, KIND, packed, files=packed.files, blobs=ctx.blobs)
    )
    return _report(packed, len(packed.rows), files)


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
    rows = await ctx.mirror.write(
        lambda tx: packing.unpack(tx, packed, firm=firm), origin=Origin.PULL, act="Open job pack"
    )
    return _report(packed, rows, files)


def require_same_firm(reader: Reader, tenant: str) -> None:
    """UserError for a file of another firm: its ids mean nothing here, and its people are nobody's business."""
    session = syncmeta.session_of(reader)
    if session is None or session.tenant != tenant:
        raise UserError("pack.other_firm", "This file belongs to another firm.")


def _report(packed: Packed, rows: int, files: int) -> PackReport:
    return PackReport(packed.site, packed.site_name, rows, files, packed.tickets, packed.left_here)
