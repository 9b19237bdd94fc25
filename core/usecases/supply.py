"""A distributor's MAC library: addresses handed to an installer and taken back, many at once (MAC-01 to MAC-03).

An address lies in the library of one firm. Handing it over moves it: out of the distributor's, into the installer's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from core.base.errors import UserError
from core.base.ids import new_id
from core.entities.device import DEVICE, MAC_ENTRY, MacEntry
from core.entities.organisation import ORGANISATION, Organisation, OrgKind
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.bulk import BulkReport, Outcome, Verb, run_bulk
from core.usecases.context import Context, Permission


async def installers(ctx: Context) -> list[Organisation]:
    """The installers below the signed-in distributor, by name."""
    actor = ctx.require(Permission.EDIT_LIBRARY)
    found = await ctx.mirror.read(lambda r: r.find(ORGANISATION, kind=OrgKind.INSTALLER))
    return sorted((o for o in found if o.parent_id == actor.org_id), key=lambda o: o.name.casefold())


async def hand_over(
    ctx: Context, entry_ids: Sequence[str], *, org_id: str, check: bool = False
) -> BulkReport:
    """Hand addresses to an installer. One that is bound to a place stays where it is.

    UserError for a firm that is no installer below this distributor.
    """
    if all(o.id != org_id for o in await installers(ctx)):
        raise UserError("supply.installer", "This is no installer of yours.", field="org_id")
    return await _move(ctx, entry_ids, org_id, "Hand to installer", check=check)


async def take_back(ctx: Context, entry_ids: Sequence[str], *, check: bool = False) -> BulkReport:
    """Take addresses back from installers into the distributor's own library; bound ones stay."""
    org_id = ctx.require(Permission.EDIT_LIBRARY).org_id
    return await _move(ctx, entry_ids, org_id, "Take back from installer", check=check)


async def _move(ctx: Context, entry_ids: Sequence[str], to: str, act: str, *, check: bool) -> BulkReport:
    wanted = list(dict.fromkeys(entry_ids))
    bound: dict[str, str] = {}

    def judge(reader: Reader, entry: MacEntry) -> tuple[Outcome, str]:
        if not bound:
            bound.update({d.mac: d.name for d in reader.find(DEVICE)} or {"": ""})
        if entry.scope_id == to:
            return Outcome.ALREADY, ""
        if entry.mac in bound:
            return Outcome.CANNOT, f"It is bound to '{bound[entry.mac]}'."
        return Outcome.CHANGE, ""

    def do(tx: Tx, entry: MacEntry) -> None:
        tx.remove(MAC_ENTRY, entry.id)
        moved = MacEntry(id=new_id(), scope_id=to, mac=entry.mac, model=entry.model, note=entry.note)
        tx.put(MAC_ENTRY, moved)

    return await run_bulk(ctx, MAC_ENTRY, _picker(wanted), Verb(act, judge, do), check=check)


def _picker(ids: Sequence[str]) -> Callable[[Reader], list[MacEntry]]:
    return lambda reader: reader.find_in(MAC_ENTRY, "id", ids)
