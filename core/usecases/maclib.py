"""The MAC library of the signed-in installer (MAC-01 to MAC-03)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.base.ids import new_id
from core.entities.device import DEVICE, MAC_ENTRY, MacEntry
from core.schema.field import BadValueError, Mac
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases.context import Context, Permission


@dataclass(frozen=True, slots=True)
class MacLine:
    """What became of one line of an intake: `added`, `there` (already in the library) or `refused` with a reason."""

    text: str
    outcome: str
    reason: str = ""


async def add_macs(ctx: Context, texts: Sequence[str], *, model: str = "") -> list[MacLine]:
    """Add MACs in any common notation; one outcome per line, good lines are kept whatever the others are (MAC-02)."""
    actor = ctx.require(Permission.EDIT_LIBRARY)

    def work(tx: Tx) -> list[MacLine]:
        present = {entry.mac for entry in tx.find(MAC_ENTRY, scope_id=actor.org_id)}
        return [_take_in(tx, text, present, actor.org_id, model) for text in texts]

    return await ctx.mirror.write(work, origin=Origin.USER, act="Add to MAC library")


def _take_in(tx: Tx, text: str, present: set[str], org_id: str, model: str) -> MacLine:
    try:
        mac = Mac().parse(text)
    except BadValueError as fault:
        return MacLine(text[:40], "refused", f"'{text[:40]}' {fault}.")
    if mac in present:
        return MacLine(text, "there", "Already in the library.")
    present.add(mac)
    tx.put(MAC_ENTRY, MacEntry(id=new_id(), scope_id=org_id, mac=mac, model=model))
    return MacLine(text, "added")


async def remove_mac(ctx: Context, mac: str) -> None:
    """Take a free MAC out of the library; a bound one is refused (MAC-03)."""
    actor = ctx.require(Permission.EDIT_LIBRARY)

    def work(tx: Tx) -> None:
        for entry in tx.find(MAC_ENTRY, mac=mac, scope_id=actor.org_id):
            tx.remove(MAC_ENTRY, entry.id)

    await ctx.mirror.write(work, origin=Origin.USER, act="Remove from MAC library")


async def free_macs(ctx: Context) -> set[str]:
    """MACs of the library that no device uses."""
    actor = ctx.me
    return await ctx.mirror.read(
        lambda r: {e.mac for e in r.find(MAC_ENTRY, scope_id=actor.org_id)} - {d.mac for d in r.find(DEVICE)},
        limit_ms=10_000,
    )
