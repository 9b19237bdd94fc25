"""PySide6 gives no reference to None, True or False away: 6.12.0 does on Python 3.11, and kills the process in time."""

from __future__ import annotations

import sys

import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

ROUNDS = 2000
# Other threads and the interpreter itself move the count a little; a leak moves it by ROUNDS.
NOISE = 200


class Emitter(QObject):
    """An object with one signal."""

    happened = Signal(bool)


def drift(constant: object, count: int) -> int:
    """Return how many references a constant gained or lost since `count` was read."""
    return abs(sys.getrefcount(constant) - count)


@pytest.mark.parametrize("constant", [None, True, False])
def test_events_keep_the_count(qapp: QApplication, constant: object) -> None:
    before = sys.getrefcount(constant)
    for _ in range(ROUNDS):
        qapp.processEvents()
    assert drift(constant, before) < NOISE


@pytest.mark.parametrize("constant", [None, True, False])
def test_signals_keep_the_count(qapp: QApplication, constant: object) -> None:
    emitter = Emitter()
    heard: list[bool] = []
    emitter.happened.connect(lambda value: heard.append(value) if len(heard) < 1 else None)
    before = sys.getrefcount(constant)
    for number in range(ROUNDS):
        emitter.happened.emit(number % 2 == 0)
    assert drift(constant, before) < NOISE
    assert heard == [True]
