"""Guard: a window test leaves no top-level widget and no running timer. Only tests that use Qt pay for it.

Qt's own warnings fail tests by pytest-qt's setting `qt_log_level_fail` in pyproject.toml.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

from tests.guards.leaks import fail_leak, is_allowed

if TYPE_CHECKING:
    from PySide6.QtWidgets import QWidget

# Qt keeps one tool-tip label for the whole program.
OWNED_BY_QT = {"QTipLabel"}


@pytest.fixture(autouse=True)
def _no_qt_left(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    if "qapp" not in request.fixturenames:
        yield
        return
    # Imported here, because tests of the core must run without Qt's libraries.
    import shiboken6  # noqa: PLC0415
    from PySide6.QtCore import QTimer  # noqa: PLC0415

    started: list[QTimer] = []
    original = QTimer.start

    def start(timer: QTimer, *arguments: Any) -> None:
        started.append(timer)
        original(timer, *arguments)

    monkeypatch.setattr(QTimer, "start", start)
    before = set(_top_level())
    yield
    left = [one for one in _top_level() if one not in before]
    if left:
        # A window in a reference cycle goes with the next collection; too slow to do after every test.
        gc.collect()
        left = [one for one in _top_level() if one not in before]
    if left and not is_allowed(request, "widgets"):
        found = [f"{type(one).__name__} {one.objectName()!r} {one.windowTitle()!r}" for one in left]
        fail_leak("widgets", found, "give them to qtbot.addWidget, or close and delete them")
    running = [one for one in started if shiboken6.isValid(one) and one.isActive()]
    if running and not is_allowed(request, "timers"):
        found = [f"{type(one).__name__} {one.objectName()!r} of {one.parent()!r}" for one in running]
        fail_leak("timers", found, "stop them when their owner closes")


def _top_level() -> list[QWidget]:
    """Return the top-level widgets that are still there once pending deletions are done."""
    from PySide6.QtCore import QCoreApplication, QEvent  # noqa: PLC0415
    from PySide6.QtWidgets import QApplication  # noqa: PLC0415

    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    return [one for one in QApplication.topLevelWidgets() if type(one).__name__ not in OWNED_BY_QT]
