from __future__ import annotations

import threading
from typing import Any

import pytest
from PySide6.QtCore import QCoreApplication
from pytestqt.qtbot import QtBot

from core.store.changes import ChangeFeed, ChangeSet, Origin, Touched
from desktop.qt import bridge as crossing
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


def _page(number: int) -> ChangeSet:
    return ChangeSet(Origin.PULL, f"act {number}", {"devices": Touched(many=True)})


def test_after_a_page_the_next_ones_wait_until_somebody_does_something(
    qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crossing, "PAGES_MS", 3_600_000)
    feed = ChangeFeed()
    bridge = bridge_feed(feed)
    got: list[list[str]] = []
    bridge.delivered.connect(lambda items: got.append([change.act for change in items]))
    feed.publish(_page(1))
    QCoreApplication.sendPostedEvents()
    assert got == [["act 1"]], "the first page is shown at once"
    feed.publish(_page(2))
    feed.publish(_page(3))
    QCoreApplication.sendPostedEvents()
    assert got == [["act 1"]]
    feed.publish(_change(4))
    feed.publish(_change(5))
    qtbot.waitUntil(lambda: len(got) == 2)
    assert got[1] == ["act 2", "act 3", "act 4", "act 5"], "in their order"
    bridge.close()


def test_pages_alone_are_told_when_their_pause_is_over(qtbot: QtBot) -> None:
    feed = ChangeFeed()
    bridge = bridge_feed(feed)
    got: list[int] = []
    bridge.delivered.connect(lambda items: got.append(len(items)))
    for number in range(3):
        feed.publish(_page(number))
        QCoreApplication.sendPostedEvents()
    qtbot.waitUntil(lambda: got == [1, 2])
    bridge.close()


def test_a_few_rows_from_the_cloud_are_no_page(qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crossing, "PAGES_MS", 3_600_000)
    feed = ChangeFeed()
    bridge = bridge_feed(feed)
    got: list[int] = []
    bridge.delivered.connect(lambda items: got.append(len(items)))
    for number in range(2):
        feed.publish(ChangeSet(Origin.PULL, f"act {number}", {"devices": Touched(added={"x"})}))
        QCoreApplication.sendPostedEvents()
    qtbot.waitUntil(lambda: got == [1, 1])
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
