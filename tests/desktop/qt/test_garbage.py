"""While a window lives the collector runs by the window's hand only, whoever else holds it back meanwhile."""

from __future__ import annotations

import gc

from PySide6.QtWidgets import QApplication

from core.base.garbage import held_back
from desktop.qt.garbage import MANY, PATIENCE, Garbage


def test_work_that_ends_while_a_window_lives_does_not_switch_the_collector_on(qapp: QApplication) -> None:
    assert gc.isenabled()
    with held_back():
        garbage = Garbage(freeze=False)
    assert not gc.isenabled()
    garbage.close()
    assert gc.isenabled()


def test_a_window_that_ends_first_leaves_the_collector_to_who_still_works(qapp: QApplication) -> None:
    garbage = Garbage(freeze=False)
    with held_back():
        garbage.close()
        assert not gc.isenabled()
    assert gc.isenabled()


def test_it_collects_what_is_over_the_threshold(qapp: QApplication) -> None:
    garbage = Garbage(freeze=False)
    gc.collect()
    assert garbage.look() == 0
    loops: list[list[object]] = [[] for _ in range(3_000)]
    for one in loops:
        one.append(one)
    del loops, one
    assert garbage.look() >= 3_000
    garbage.close()


def test_very_many_young_objects_are_left_alone_for_a_while_and_then_looked_through(
    qapp: QApplication,
) -> None:
    garbage = Garbage(freeze=False)
    gc.collect()
    loops: list[list[object]] = [[] for _ in range(2 * MANY)]
    for one in loops:
        one.append(one)
    assert [garbage.look() for _ in range(PATIENCE)] == [0] * PATIENCE
    del loops, one
    assert garbage.look() >= 2 * MANY
    garbage.close()
