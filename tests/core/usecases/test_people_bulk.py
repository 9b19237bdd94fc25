"""Acts on many people: what would change, what cannot and why, what is so already; and taking it back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from core.base.errors import UserError
from core.entities.access import GROUP_MEMBER, Repeat
from core.entities.credential import CREDENTIAL
from core.entities.person import RESIDENT, AccountType, PersonKind, PersonState
from core.entities.site import SITE
from core.store.changes import Origin
from core.usecases.leaving import delete_people
from core.usecases.people_bulk import clear_visitors, edit_people
from core.usecases.undo import undo
from core.usecases.visitors import NewKey, Times, add_key
from tests.core.usecases.conftest import Desk
from tests.fixtures_core import HandClock


async def test_res_01_many_people_get_a_state_with_a_dry_run_and_an_undo(desk: Desk) -> None:
    kit = await desk.person("Kit", state=PersonState.INACTIVE)
    asked: dict[str, Any] = {"site_id": desk.site.id, "ids": [desk.ada.id, kit.id, "0" * 32]}
    change = {"state": PersonState.INACTIVE}
    dry = await edit_people(desk.ctx, **asked, changes=change, check=True)
    assert dry.sentence == "1 would change, 0 cannot, 1 already so."
    assert (await desk.read(RESIDENT, id=desk.ada.id))[0].state is PersonState.NORMAL
    done = await edit_people(desk.ctx, **asked, changes=change)
    assert [line.row_id for line in done.changed] == [desk.ada.id]
    await undo(desk.ctx, done.undo_id)
    assert (await desk.read(RESIDENT, id=desk.ada.id))[0].state is PersonState.NORMAL
    with pytest.raises(UserError, match="cannot be the same"):
        await edit_people(desk.ctx, **asked, changes={"first_name": "Same"})


async def test_res_03_many_people_are_deleted_masters_only_with_their_members(
    desk: Desk, as_manager: Callable[[], None]
) -> None:
    kit = await desk.person("Kit", account_type=AccountType.MEMBER)
    alone = await delete_people(desk.ctx, [desk.ada.id], check=True)
    assert "only master of 1 members" in alone.cannot[0].why
    both = [desk.ada.id, kit.id]
    await desk.ctx.mirror.write(
        lambda tx: tx.patch(SITE, tx.require(SITE, desk.site.id), pm_delete=False), origin=Origin.PULL
    )
    installer = desk.ctx.actor
    as_manager()
    refused = await delete_people(desk.ctx, both, check=True)
    assert (len(refused.changed), len(refused.cannot)) == (0, 2)
    assert "switched off deleting accounts" in refused.cannot[0].why
    desk.ctx.actor = installer
    done = await delete_people(desk.ctx, both)
    assert len(done.changed) == 2
    assert await desk.read(CREDENTIAL) == []
    assert (await undo(desk.ctx, done.undo_id)).cannot == ()
    assert {p.id for p in await desk.read(RESIDENT)} == {desk.ada.id, kit.id}
    assert len(await desk.read(GROUP_MEMBER)) == 2


async def test_vis_01_visitors_whose_keys_are_over_are_cleared_away(
    desk: Desk, hand_clock: HandClock
) -> None:
    door = [desk.relays[0].id]
    days = Times(Repeat.NEVER, from_day=date(2026, 3, 1), to_day=date(2026, 3, 7))
    over = await add_key(desk.ctx, NewKey(desk.building.id, "Lee Fixit", door, days))
    stays = await add_key(desk.ctx, NewKey(desk.building.id, "Cy Cleaner", door, Times(Repeat.DAILY)))
    assert (await clear_visitors(desk.ctx, site_id=desk.site.id, check=True)).changed == ()
    hand_clock.advance(timedelta(days=10).total_seconds())
    dry = await clear_visitors(desk.ctx, site_id=desk.site.id, check=True)
    assert [line.row_id for line in dry.changed] == [over.visitor.id]
    done = await clear_visitors(desk.ctx, site_id=desk.site.id)
    assert [v.id for v in await desk.read(RESIDENT, kind=PersonKind.VISITOR)] == [stays.visitor.id]
    await undo(desk.ctx, done.undo_id)
    assert len(await desk.read(RESIDENT, kind=PersonKind.VISITOR)) == 2
