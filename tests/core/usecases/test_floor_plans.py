"""Site plans: drawings by their hash, doors in places that hold at any size, undo, and what goes with a device."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.base.errors import UserError
from core.entities.plan import FLOOR_PLAN, PLAN_DOOR, WHOLE
from core.usecases.devices import remove_device
from core.usecases.floor_plans import add_plan, change_plan, place_door, remove_plan, take_off
from core.usecases.undo import undo
from tests.core.usecases.conftest import Desk

PNG = b"\x89PNG\r\n\x1a\n" + b"drawing"


async def _plan(desk: Desk, picture: Path | None = None) -> str:
    made = await add_plan(desk.ctx, site_id=desk.site.id, name="Ground floor", picture=picture)
    return made.changed[0].row_id


async def _places(desk: Desk) -> dict[str, tuple[int, int]]:
    rows = await desk.ctx.mirror.read(lambda r: r.find(PLAN_DOOR))
    return {row.relay_id: (row.x, row.y) for row in rows}


async def test_a_drawing_is_kept_by_its_hash_and_doors_are_placed_moved_and_taken_back(
    desk: Desk, tmp_path: Path
) -> None:
    file = tmp_path / "floor.png"
    file.write_bytes(PNG)
    plan = await _plan(desk, file)
    row = await desk.ctx.mirror.read(lambda r: r.require(FLOOR_PLAN, plan))
    assert row.picture is not None
    assert desk.ctx.blobs.path(row.picture).read_bytes() == PNG
    relay = desk.relays[0].id
    await place_door(desk.ctx, plan_id=plan, relay_id=relay, x=2_500, y=9_000)
    moved = await place_door(desk.ctx, plan_id=plan, relay_id=relay, x=-40, y=WHOLE + 7)
    assert await _places(desk) == {relay: (0, WHOLE)}
    await undo(desk.ctx, moved.undo_id)
    assert await _places(desk) == {relay: (2_500, 9_000)}
    gone = await remove_plan(desk.ctx, plan)
    assert await _places(desk) == {}
    await undo(desk.ctx, gone.undo_id)
    assert await _places(desk) == {relay: (2_500, 9_000)}
    await take_off(desk.ctx, plan_id=plan, relay_id=relay)
    assert await _places(desk) == {}
    assert not (await take_off(desk.ctx, plan_id=plan, relay_id=relay)).changed


async def test_what_is_no_picture_is_refused_with_a_way_out(desk: Desk, tmp_path: Path) -> None:
    for name, data, code in (
        ("a.pdf", b"%PDF-1.7", "floor_plans.pdf"),
        ("b.txt", b"floor", "floor_plans.kind"),
        ("c.png", None, "floor_plans.file"),
    ):
        file = tmp_path / name
        if data is not None:
            file.write_bytes(data)
        with pytest.raises(UserError) as fault:
            await _plan(desk, file)
        assert fault.value.code == code
    await _plan(desk)
    with pytest.raises(UserError, match="already a plan of this name"):
        await _plan(desk)
    assert len(await desk.ctx.mirror.read(lambda r: r.find(FLOOR_PLAN))) == 1


async def test_a_door_leaves_the_plan_with_its_device(desk: Desk) -> None:
    plan = await _plan(desk)
    for relay in desk.relays:
        await place_door(desk.ctx, plan_id=plan, relay_id=relay.id, x=1, y=2)
    await change_plan(desk.ctx, plan, name="Cellar")
    await remove_device(desk.ctx, desk.device.id)
    assert await _places(desk) == {}
    [row] = await desk.ctx.mirror.read(lambda r: r.find(FLOOR_PLAN))
    assert row.name == "Cellar"
