"""First at once, the rest as one more: nothing is lost, nothing comes too often."""

from __future__ import annotations

from pytestqt.qtbot import QtBot

from desktop.qt.throttle import Throttle


def test_the_first_call_is_done_at_once(qtbot: QtBot) -> None:
    seen: list[int] = []
    throttle = Throttle(20, lambda: seen.append(len(seen)))
    throttle()
    assert seen == [0]
    throttle.stop()


def test_many_calls_become_one_more(qtbot: QtBot) -> None:
    seen: list[int] = []
    throttle = Throttle(10, lambda: seen.append(1))
    for _ in range(50):
        throttle("an argument of a signal")
    assert len(seen) == 1
    assert throttle.waiting
    qtbot.waitUntil(lambda: len(seen) == 2, timeout=20_000)
    qtbot.waitUntil(lambda: not throttle._timer.isActive(), timeout=20_000)
    assert len(seen) == 2


def test_what_is_still_to_come_can_be_done_or_forgotten(qtbot: QtBot) -> None:
    seen: list[int] = []
    throttle = Throttle(60_000, lambda: seen.append(1))
    throttle()
    throttle()
    throttle.flush()
    assert len(seen) == 2
    throttle()
    throttle.stop()
    assert not throttle.waiting
    assert len(seen) == 2
