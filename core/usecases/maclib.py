"""The MAC library of the signed-in distributor or installer (MAC-01 to MAC-03, MAC-05)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from core.base.errors import UserError
from core.base.ids import new_id
from core.entities.device import DEVICE, MAC_ENTRY, MacEntry
from core.entities.site import SITE, SiteKind
from core.schema.field import BadValueError, Mac
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context, Permission


@dataclass(frozen=True, slots=True)
class MacLine:
    """What became of one line of an intake: `added`, `there` (already in the library) or `refused` with a reason."""

    text: str
    outcome: str
    reason: str = ""


async def add_macs(
    ctx: Context, texts: Sequence[str], *, model: str = "", office_id: str | None = None
) -> list[MacLine]:
    """Add MACs in any common notation; one outcome per line, good lines are kept whatever the others are (MAC-02).

    `office_id`: the office that they belong to, and are bound in only (MAC-05). UserError for another kind of site.
    """
    actor = ctx.require(Permission.EDIT_LIBRARY)

    def work(tx: Tx) -> list[MacLine]:
        if office_id is not None and tx.require(SITE, office_id).kind is not SiteKind.OFFICE:
            raise UserError("maclib.office", "Only an office has a part of the MAC library of its own.")
        present = {entry.mac for entry in tx.find(MAC_ENTRY, scope_id=actor.org_id)}
        return [
            _take_in(
                tx,
                text,
                present,
                MacEntry(id="", scope_id=actor.org_id, mac="", model=model, site_id=office_id),
            )
            for text in texts
        ]

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add to MAC library")


def _take_in(tx: Tx, text: str, present: set[str], alike: MacEntry) -> MacLine:
    try:
        mac = Mac().parse(text)
    except BadValueError as fault:
        return MacLine(text[:40], "refused", f"'{text[:40]}' {fault}.")
    if mac in present:
        return MacLine(text, "there", "Already in the library.")
    present.add(mac)
    tx.put(MAC_ENTRY, replace(alike, id=new_id(), mac=mac))
    return MacLine(text, "added")


async def remove_mac(ctx: Context, mac: str) -> None:
    """Take a free MAC out of the library; a bound one is refused (MAC-03)."""
    actor = ctx.require(Permission.EDIT_LIBRARY)

    def work(tx: Tx) -> None:
        for entry in tx.find(MAC_ENTRY, mac=mac, scope_id=actor.org_id):
            tx.remove(MAC_ENTRY, entry.id)

    await ctx.mirror.write(work, origin=Origin.USER, act="Remove from MAC library")


@dataclass(frozen=True, slots=True)
class MacRow:
    """One MAC of the library. `bound_to`: the device that uses it, and its site; empty while it is free."""

    entry: MacEntry
    bound_to: str = ""
    site: str = ""


async def search_macs(
    ctx: Context, *, part: str = "", model: str = "", bound: bool | None = None, site_id: str = ""
) -> list[MacRow]:
    """The library by any part of a MAC in any notation, by model, bound or free, and by site (MAC-03)."""
    actor = ctx.require(Permission.EDIT_LIBRARY)
    digits = "".join(c for c in part.upper() if c in "0123456789ABCDEF")

    def work(reader: Reader) -> list[MacRow]:
        sites = {s.id: s.name for s in reader.find(SITE)}
        devices = {d.mac: d for d in reader.find(DEVICE)}
        where = {"model": model} if model else {}
        found = []
        for entry in reader.find(MAC_ENTRY, scope_id=actor.org_id, **where):
            device = devices.get(entry.mac)
            at = device.site_id if device is not None else entry.site_id or ""
            fits = bound in {None, device is not None} and site_id in {"", at} and digits in entry.mac
            if fits:
                found.append(MacRow(entry, device.name if device is not None else "", sites.get(at, "")))
        return sorted(found, key=lambda row: row.entry.mac)

    return await ctx.mirror.read(work, limit_ms=20_000)


async def free_macs(ctx: Context) -> set[str]:
    """MACs of the library that no device uses."""
    actor = ctx.me
    return await ctx.mirror.read(
        lambda r: {e.mac for e in r.find(MAC_ENTRY, scope_id=actor.org_id)} - {d.mac for d in r.find(DEVICE)},
        limit_ms=10_000,
    )
