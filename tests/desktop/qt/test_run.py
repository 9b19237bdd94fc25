"""A coroutine from a slot: its trigger is off meanwhile, errors find words, and it ends with its widget."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from PySide6.QtWidgets import QPushButton, QWidget
from pytestqt.qtbot import QtBot
from shiboken6 import delete

from core.base.errors import CancelledByPerson, GatewrightError, RefusedError, UserError
from desktop.qt import crash
from desktop.qt.dialogs import QuestionDialog
from desktop.qt.run import TaskKeeper, run, tasks
from desktop.qt.theme import Theme


@pytest.fixture
def window(qtbot: QtBot, look: Theme) -> QWidget:
    made = QWidget()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def crashes() -> Iterator[list[str]]:
    found: list[str] = []
    crash.set_presenter(lambda text, _count: found.append(text))
    yield found
    crash.set_presenter(None)


async def give(value: int) -> int:
    await asyncio.sleep(0)
    return value


async def fail(error: Exception) -> int:
    await asyncio.sleep(0)
    raise error


async def test_the_result_comes_and_the_trigger_is_off_meanwhile(window: QWidget) -> None:
    button = QPushButton(window)
    seen: list[int] = []
    work = run(window, give(7), trigger=button, done=seen.append)
    await asyncio.sleep(0)
    assert not button.isEnabled()
    assert await work.task == 7
    assert work.done
    assert seen == [7]
    assert button.isEnabled()
    assert len(tasks()) == 0


async def test_a_known_error_goes_to_its_handler(window: QWidget) -> None:
    button = QPushButton(window)
    seen: list[tuple[str, bool]] = []
    error = UserError("pin.taken", "Already opens Main entrance.", remedy="Use 70318")

    def failed(problem: GatewrightError) -> None:
        seen.append((problem.message, button.isEnabled()))

    assert await run(window, fail(error), trigger=button, failed=failed).task is None
    assert seen == [("Already opens Main entrance.", True)]


async def test_a_known_error_without_a_handler_is_said(window: QWidget) -> None:
    window.show()
    error = RefusedError("device.no", "Gym refused it.", remedy="Choose 5 cards.", said="retcode -4")
    task = run(window, fail(error)).task
    for _ in range(20):
        await asyncio.sleep(0)
    found = window.findChildren(QuestionDialog)
    text = found[0].accessibleDescription()
    assert "Gym refused it." in text
    assert "Choose 5 cards." in text
    found[0].reject()
    assert await task is None


async def test_what_the_person_stopped_is_no_error(window: QWidget, crashes: list[str]) -> None:
    assert await run(window, fail(CancelledByPerson())).task is None
    assert crashes == []


@pytest.mark.allow_logs("ZeroDivisionError")
async def test_a_fault_of_ours_goes_to_the_crash_report(window: QWidget, crashes: list[str]) -> None:
    button = QPushButton(window)
    assert await run(window, fail(ZeroDivisionError("x")), trigger=button).task is None
    assert len(crashes) == 1
    assert "ZeroDivisionError" in crashes[0]
    assert button.isEnabled()


async def test_work_ends_with_its_widget(look: Theme) -> None:
    window, started = QWidget(), asyncio.Event()

    async def forever() -> None:
        started.set()
        await asyncio.Event().wait()

    task = run(window, forever()).task
    await started.wait()
    delete(window)
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_nothing_is_shown_in_a_window_that_is_gone(look: Theme) -> None:
    window, gate = QWidget(), asyncio.Event()
    seen: list[object] = []

    async def slow() -> int:
        try:
            await gate.wait()
        except asyncio.CancelledError:
            seen.append("cancelled")
            raise
        return 1

    work = run(window, slow(), done=seen.append)
    await asyncio.sleep(0)
    delete(window)
    with pytest.raises(asyncio.CancelledError):
        await work.task
    assert seen == ["cancelled"]


async def test_the_keeper_ends_what_it_started() -> None:
    keeper = TaskKeeper()
    task = keeper.start(asyncio.Event().wait(), "waiting")
    await keeper.close()
    assert task.cancelled()
    assert len(keeper) == 0
    late = give(1)
    with pytest.raises(RuntimeError):
        await keeper.start(late, "late")
    keeper.open()
    assert await keeper.start(give(2), "again") == 2


async def test_idle_waits_for_all() -> None:
    keeper = TaskKeeper()
    made = [keeper.start(give(number), "work") for number in range(3)]
    await keeper.idle()
    assert [task.result() for task in made] == [0, 1, 2]


async def test_work_can_be_stopped(window: QWidget) -> None:
    gate = asyncio.Event()

    async def wait() -> None:
        await gate.wait()

    work = run(window, wait())
    await asyncio.sleep(0)
    work.cancel()
    await tasks().idle()
    assert work.task.cancelled()
