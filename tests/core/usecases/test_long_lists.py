"""Acts on all that a long list shows: devices and MACs removed at once, and a code looked up by its index."""

from __future__ import annotations

import pytest

from core.base.errors import NotAllowedError
from core.base.ids import new_id
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.device import DEVICE, MAC_ENTRY
from core.entities.organisation import Role
from core.entities.record import AUDIT_ENTRY
from core.store.changes import Origin
from core.usecases.context import Actor
from core.usecases.devices import remove_devices
from core.usecases.library import find_code, reveal_codes
from core.usecases.maclib import remove_macs
from core.usecases.undo import undo
from tests.core.usecases.conftest import Desk
from tests.core.usecases.test_bulk_undo import furnished, rows_of


async def test_many_devices_go_after_a_dry_run_and_come_back_with_all_that_hung_on_them(desk: Desk) -> None:
    await furnished(desk)
    ids = [d.id for d in await desk.read(DEVICE)]
    before = await rows_of(desk)
    told = await remove_devices(desk.ctx, ids, check=True)
    assert (len(told.changed), told.undo_id) == (len(ids), "")
    assert await rows_of(desk) == before
    done = await remove_devices(desk.ctx, ids)
    assert await desk.read(DEVICE) == []
    report = await undo(desk.ctx, done.undo_id)
    assert not report.cannot
    after = await rows_of(desk)
    assert {name for name in before if before[name] != after[name]} == set()


async def test_free_macs_go_at_once_and_bound_ones_stay(desk: Desk) -> None:
    """MAC-03: only what is free is taken out."""
    org = desk.ctx.me.org_id
    free = [MAC_ENTRY.row(id=new_id(), scope_id=org, mac=f"0C1105F0000{n}") for n in range(3)]
    await desk.ctx.mirror.write(lambda tx: tx.put_many(MAC_ENTRY, free), origin=Origin.USER)
    every = [entry.id for entry in await desk.read(MAC_ENTRY)]
    told = await remove_macs(desk.ctx, every, check=True)
    assert {line.row_id for line in told.changed} == {entry.id for entry in free}
    assert [line.why for line in told.cannot] == [f"It is bound to '{desk.device.name}'."]
    done = await remove_macs(desk.ctx, every)
    assert len(await desk.read(MAC_ENTRY)) == 1
    await undo(desk.ctx, done.undo_id)
    assert {entry.id for entry in await desk.read(MAC_ENTRY)} == set(every)


async def test_a_code_is_found_whole_in_any_spelling_and_never_by_a_part(desk: Desk) -> None:
    """CRED-04: a part of a code finds nothing, since it would tell masked codes digit by digit."""
    site = desk.site.id
    for text in ("0A1B2C3D", "0a:1b:2c:3d", "a1b2c3d", "000A1B2C3D"):
        [card] = await find_code(desk.ctx, site, text)
        assert (card.kind, card.person_id) == (CredentialKind.CARD, desk.ada.id), text
    [pin] = await find_code(desk.ctx, site, " 4711 ")
    assert pin.kind is CredentialKind.PIN
    for text in ("471", "0A1B", "04711", ""):
        assert await find_code(desk.ctx, site, text) == [], text
    assert await find_code(desk.ctx, new_id(), "4711") == []
    assert len(await desk.read(CREDENTIAL)) == 2


async def test_showing_codes_takes_the_right_and_is_noted(desk: Desk) -> None:
    await reveal_codes(desk.ctx, desk.site.id)
    assert [entry.title for entry in await desk.read(AUDIT_ENTRY, op="reveal")] == [f"Site {desk.site.name}"]
    desk.ctx.actor = Actor(new_id(), desk.ctx.me.org_id, Role.DISTRIBUTOR, "Dee")
    with pytest.raises(NotAllowedError):
        await reveal_codes(desk.ctx, desk.site.id)
