"""The MAC library of the signed-in distributor or installer (MAC-01 to MAC-03, MAC-05)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from core.base.errors import UserError
from core.base.ids import new_id
from core.entities.device import DEVICE, MAC_ENTRY, MacEntry
from core.entities.site import SITE, SiteKind
from core.schema.field import BadValueError, Mac
from core.store.changes import Origin
from core.store.query import Among, ListQuery, rows
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.bulk import BulkReport, Outcome, Verb, run_bulk
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
        named = {mac for text in texts if (mac := _plain(text))}
        present = {e.mac for e in tx.find_in(MAC_ENTRY, "mac", named) if e.scope_id == actor.org_id}
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


def _plain(text: str) -> str:
    """The MAC of a text; empty where it is none."""
    try:
        return str(Mac().parse(text))
    except BadValueError:
        return ""


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


async def remove_macs(ctx: Context, entry_ids: Sequence[str], *, check: bool = False) -> BulkReport:
    """Take free MACs out of the library, with a dry run and an undo entry; bound ones stay (MAC-03)."""
    actor = ctx.require(Permission.EDIT_LIBRARY)

    def pick(reader: Reader) -> list[MacEntry]:
        return reader.find_in(MAC_ENTRY, "id", dict.fromkeys(entry_ids))

    def judge(reader: Reader, entry: MacEntry) -> tuple[Outcome, str]:
        if entry.scope_id != actor.org_id:
            return Outcome.CANNOT, "It lies in another firm's library."
        device = reader.first(DEVICE, mac=entry.mac)
        return (Outcome.CANNOT, f"It is bound to '{device.name}'.") if device else (Outcome.CHANGE, "")

    verb = Verb("Remove from MAC library", judge, lambda tx, entry: tx.remove(MAC_ENTRY, entry.id))
    return await run_bulk(ctx, MAC_ENTRY, pick, verb, check=check)


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
        where = {"scope_id": actor.org_id, **({"model": model} if model else {})}
        state = () if bound is None else (Among("mac", DEVICE, "mac", absent=not bound),)
        found = []
        for entry in rows(reader, ListQuery(MAC_ENTRY, where, digits, "mac", among=state)):
            device = devices.get(entry.mac)
            at = device.site_id if device is not None else entry.site_id or ""
            fits = bound in {None, device is not None} and site_id in {"", at} and digits in entry.mac
            if fits:
                found.append(MacRow(entry, device.name if device is not None else "", sites.get(at, "")))
        return found

    return await ctx.mirror.read(work, limit_ms=20_000)


def library_of(reader: Reader, macs: Iterable[str], org_id: str = "") -> frozenset[str]:
    """Those of the MACs that are in the library, of one organisation or of anybody: looked up, never read whole."""
    return frozenset(e.mac for e in reader.find_in(MAC_ENTRY, "mac", macs) if org_id in {"", e.scope_id})
