from __future__ import annotations

import threading
from typing import Any

from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from core.store.changes import ChangeFeed, ChangeSet, Origin, Touched
from desktop.qt.bridge import bridge_feed


def _change(number: int) -> ChangeSet:
    return ChangeSet(Origin.USER, f"act {number}", {"sites": Touched(changed={str(number)})})


def test_a_burst_from_another_thread_becomes_few_signals_in_order(qtbot: QtBot) -> None:
    feed = ChangeFeed()
    bridge = bridge_feed(feed)
    got: list[list[Any]] = []
    threads: list[threading.Thread] = []

    def take(items: list[Any]) -> None:
        got.append(items)
        threads.append(threading.current_thread())

    def publish() -> None:
        for number in range(500):
            feed.publish(_change(number))

    bridge.delivered.connect(take)
    worker = threading.Thread(target=publish)
    worker.start()
    qtbot.waitUntil(lambda: sum(map(len, got)) == 500)
    worker.join()
    assert [c.act for items in got for c in items] == [f"act {n}" for n in range(500)]
    assert len(got) < 20
    assert set(threads) == {threading.main_thread()}
    bridge.close()


def test_the_first_news_of_a_quiet_time_goes_through_at_once_and_the_rest_waits(qtbot: QtBot) -> None:
    feed = ChangeFeed()
    bridge = bridge_feed(feed)
    got: list[int] = []
    bridge.delivered.connect(lambda items: got.append(len(items)))
    feed.publish(_change(1))
    QCoreApplication.sendPostedEvents()
    assert got == [1]
    got.clear()
    feed.publish(_change(2))
    feed.publish(_change(3))
    assert got == []
    qtbot.waitUntil(lambda: got == [2])
    bridge.close()


def test_closing_leaves_no_subscription_and_delivers_nothing_more(qtbot: QtBot) -> None:
    feed = ChangeFeed()
    bridge = bridge_feed(feed)
    got: list[object] = []
    bridge.delivered.connect(got.append)
    feed.publish(_change(1))
    bridge.close()
    bridge.close()
    assert feed.listeners == 0
    qtbot.wait(1)
    assert got == []
