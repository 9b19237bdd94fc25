"""A move-out's receipt stays open until a third-party lock is said to hold no code of the person (SET-03, INT-02).

No lock is read by anybody, so the best word of its line is `accepted`; with that the receipt closes.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Awaitable, Callable
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from core.base.verdict import Verdict
from core.entities.lock import LOCK, LOCK_CODE, Lock
from core.entities.turnover import TURNOVER, TURNOVER_LINE, Turnover, TurnoverLine
from core.store.changes import Origin
from core.usecases.due import run_due
from core.usecases.equipment import remove_equipment
from core.usecases.lock_codes import note_lock_work
from core.usecases.locks import remove_lock
from core.usecases.today import today
from core.usecases.turnover import move_out, sentences, settle_lines
from core.usecases.undo import undo
from desktop.cli import access_commands, lock_commands
from desktop.cli.output import Output
from desktop.cli.registry import Commands
from tests.core.usecases.conftest import Desk
from tests.core.usecases.test_lock_codes import store_lock
from tests.fixtures_core import HandClock


async def doors_read(desk: Desk) -> None:
    """Every device was read to hold nobody who has left."""
    await desk.ctx.mirror.write(lambda tx: settle_lines(tx, desk.device, []), origin=Origin.DEVICE)


async def receipt(desk: Desk) -> Turnover:
    found: list[Turnover] = await desk.read(TURNOVER)
    [one] = found
    return one


async def at_locks(desk: Desk) -> list[TurnoverLine]:
    return [line for line in await desk.read(TURNOVER_LINE) if line.at_lock]


async def given_lock(desk: Desk) -> Lock:
    """A lock whose maker was given Ada's PIN and card."""
    lock = await store_lock(desk)
    await note_lock_work(desk.ctx, lock_id=lock.id)
    return lock


@pytest.mark.parametrize("lock_first", [True, False])
async def test_set_03_the_receipt_closes_when_doors_are_read_and_the_codes_are_said_to_be_gone(
    desk: Desk, lock_first: bool
) -> None:
    lock = await given_lock(desk)
    moved = await move_out(desk.ctx, person=desk.ada.id)
    assert sentences(moved)[-1] == ("And until somebody says that their codes were taken away at Store.")
    [line] = await at_locks(desk)
    assert (line.device_name, line.verdict, line.name) == ("Store", Verdict.WAITING, "Ada Byron")
    assert "take it away at the maker's program" in line.said
    if not lock_first:
        await doors_read(desk)
        assert [e.said for e in (await today(desk.ctx, desk.site.id)).receipts] == ["not proved at Store"]
    assert (await receipt(desk)).closed_at is None
    done = await note_lock_work(desk.ctx, lock_id=lock.id)
    [line] = await at_locks(desk)
    assert (line.verdict, line.said) == (Verdict.ACCEPTED, "Taken away, says Tor Ostby.")
    if lock_first:
        assert (await receipt(desk)).closed_at is None, "the doors were not read yet"
        await doors_read(desk)
    assert (await receipt(desk)).closed_at is not None
    if not lock_first:
        await undo(desk.ctx, done.undo_id)
        assert (await receipt(desk)).closed_at is None, "what was said was taken back"
        assert [one.verdict for one in await at_locks(desk)] == [Verdict.WAITING]


async def test_int_02_what_the_maker_s_program_refuses_keeps_it_open_in_its_words(desk: Desk) -> None:
    lock = await given_lock(desk)
    await move_out(desk.ctx, person=desk.ada.id)
    await doors_read(desk)
    await note_lock_work(desk.ctx, lock_id=lock.id, failed="The gateway is offline")
    [line] = await at_locks(desk)
    assert (line.verdict, line.said) == (Verdict.REFUSED, "The gateway is offline")
    assert (await receipt(desk)).closed_at is None
    await note_lock_work(desk.ctx, lock_id=lock.id)
    assert (await receipt(desk)).closed_at is not None


async def test_set_03_a_lock_that_was_given_nothing_is_in_no_receipt(desk: Desk) -> None:
    """Also where the maker's program had refused the codes."""
    lock = await store_lock(desk)
    await note_lock_work(desk.ctx, lock_id=lock.id, failed="Full")
    await move_out(desk.ctx, person=desk.ada.id)
    await doors_read(desk)
    assert await at_locks(desk) == []
    assert (await receipt(desk)).closed_at is not None


async def test_set_03_codes_that_were_given_between_plan_and_move_are_in_the_receipt(
    desk: Desk, hand_clock: HandClock
) -> None:
    lock = await store_lock(desk)
    await move_out(desk.ctx, person=desk.ada.id, at=hand_clock.now() + timedelta(hours=1))
    assert await at_locks(desk) == []
    await note_lock_work(desk.ctx, lock_id=lock.id)
    hand_clock.advance(3700)
    await run_due(desk.ctx)
    assert [line.verdict for line in await at_locks(desk)] == [Verdict.WAITING]
    await doors_read(desk)
    assert (await receipt(desk)).closed_at is None
    await note_lock_work(desk.ctx, lock_id=lock.id)
    assert (await receipt(desk)).closed_at is not None


@pytest.mark.parametrize(
    "remove",
    [
        lambda desk, lock: remove_lock(desk.ctx, lock.id),
        lambda desk, lock: remove_equipment(desk.ctx, LOCK.name, lock.id),
    ],
    ids=["by its verb", "with the equipment"],
)
async def test_a_lock_that_leaves_the_site_is_waited_for_no_longer_and_that_is_said(
    desk: Desk, remove: Callable[[Desk, Lock], Awaitable[object]]
) -> None:
    lock = await given_lock(desk)
    await move_out(desk.ctx, person=desk.ada.id)
    await doors_read(desk)
    await remove(desk, lock)
    assert await desk.read(LOCK_CODE) == []
    [line] = await at_locks(desk)
    assert line.said == "The lock was taken out of the site; what it knows was not touched."
    assert (await receipt(desk)).closed_at is not None


async def test_set_03_the_whole_way_without_a_window(desk: Desk) -> None:
    """`access move-out`, `access receipts`, `lock codes`, `lock done`."""

    async def command(*words: str) -> Any:
        top = argparse.ArgumentParser()
        commands = Commands(top.add_subparsers(dest="command"))
        for module in (access_commands, lock_commands):
            module.register(commands)
        args = top.parse_args(list(words))
        text = io.StringIO()
        station = SimpleNamespace(ctx=desk.ctx, mirror=desk.ctx.mirror)
        assert await args.run(station, args, Output(as_json=True, out=text, err=io.StringIO())) == 0
        return json.loads(text.getvalue())

    async def still_open() -> list[Any]:
        found = await command("access", "receipts", "--site", desk.site.name, "--open")
        return [item for one in found["receipts"] for item in one["items"] if item["lock"]]

    lock = await given_lock(desk)
    await command("access", "move-out", "--person", desk.ada.id)
    await doors_read(desk)
    [item] = await still_open()
    assert (item["device"], item["verdict"], item["lock"]) == ("Store", "waiting", lock.id)
    found = await command("lock", "codes", "--site", desk.site.name)
    assert {(one["lock"]["id"], one["todo"]) for one in found["codes"]} == {(lock.id, "take away")}
    dry = await command("lock", "done", lock.id, "--check")
    assert dry["checked"]
    assert len(await still_open()) == 1, "a dry run closes nothing"
    await command("lock", "done", lock.id)
    assert await still_open() == []
    assert (await receipt(desk)).closed_at is not None
