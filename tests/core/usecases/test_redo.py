"""Taking back and doing again, in the order in which a person presses the keys."""

from __future__ import annotations

from core.entities.person import RESIDENT
from core.entities.record import UndoEntry
from core.usecases.people import NewResident
from core.usecases.turnover import move_in
from core.usecases.undo import next_redo, next_undo, undo, undo_entries
from tests.core.usecases.conftest import Desk
from tests.fixtures_core import HandClock


async def test_two_acts_are_taken_back_and_done_again_in_order(desk: Desk, hand_clock: HandClock) -> None:
    async def names() -> set[str]:
        return {p.first_name for p in await desk.read(RESIDENT)}

    async def moved_in(name: str) -> None:
        hand_clock.advance(60)
        await move_in(desk.ctx, apartment_id=desk.home.id, people=[NewResident(desk.home.id, name, "Byron")])

    async def press(entry: UndoEntry | None) -> None:
        assert entry is not None
        hand_clock.advance(60)
        await undo(desk.ctx, entry.id)

    await moved_in("Kit")
    await moved_in("Lou")
    for left in ({"Ada", "Kit"}, {"Ada"}):
        await press(next_undo(await undo_entries(desk.ctx)))
        assert await names() == left
    for back in ({"Ada", "Kit"}, {"Ada", "Kit", "Lou"}):
        await press(next_redo(await undo_entries(desk.ctx)))
        assert await names() == back
    assert next_redo(await undo_entries(desk.ctx)) is None
    await press(next_undo(await undo_entries(desk.ctx)))
    assert await names() == {"Ada", "Kit"}
    await moved_in("Max")
    assert next_redo(await undo_entries(desk.ctx)) is None, "another act was done since"
