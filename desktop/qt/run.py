"""Run a coroutine from a slot: the task has an owner, the trigger is off while it runs, errors find words.

Slots are plain functions that call `run(...)`. A task ends with the widget it belongs to; `tasks().close()` ends the
rest at shutdown and waits for them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from core.base.errors import CancelledByPerson, GatewrightError
from desktop.qt import crash, dialogs
from desktop.qt.language import spoken

T = TypeVar("T")


ErrorHandler = Callable[[GatewrightError], object]


class TaskKeeper:
    """Owns the tasks that were started from slots; nobody else awaits them."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()
        self._closing = False

    def __len__(self) -> int:
        return len(self._tasks)

    def start(self, work: Coroutine[Any, Any, T], name: str) -> asyncio.Task[T]:
        """Start a task and keep it until it is done. Raises RuntimeError while the program shuts down."""
        if self._closing:
            work.close()
            raise RuntimeError("The program is closing; nothing new is started.")
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def close(self) -> None:
        """Cancel what still runs, wait for it, and start nothing any more."""
        self._closing = True
        running = [task for task in self._tasks if task is not asyncio.current_task()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def idle(self) -> None:
        """Wait until no task runs: for tests and for the scripted walk."""
        while self._tasks:
            await asyncio.wait(set(self._tasks))

    def open(self) -> None:
        """Take tasks again after `close`: a second window in one process, tests."""
        self._closing = False


class Work(Generic[T]):
    """What `run` started: may be cancelled; `task` can be awaited by tests and by other coroutines."""

    def __init__(self, task: asyncio.Task[T]) -> None:
        self.task = task

    def cancel(self) -> None:
        """Stop it."""
        self.task.cancel()

    @property
    def done(self) -> bool:
        """True when it has ended, one way or another."""
        return self.task.done()


_keeper = TaskKeeper()


def tasks() -> TaskKeeper:
    """The owner of all tasks that were started by `run`."""
    return _keeper


def run(
    widget: QWidget,
    work: Coroutine[Any, Any, T],
    *,
    trigger: QWidget | None = None,
    done: Callable[[T], object] | None = None,
    failed: ErrorHandler | None = None,
    name: str = "",
) -> Work[T | None]:
    """Run `work` for `widget`. Its task gives the result, or None after an error, and raises only when cancelled.

    `trigger` is disabled meanwhile. `done(result)` runs in the window's thread unless the widget is gone. A known error
    (GatewrightError) goes to `failed`, or to a dialog; what the person stopped goes nowhere; anything else goes to the
    crash dialog. When `widget` is destroyed the work is cancelled.
    """
    watched = _watch(widget, work, trigger, done, failed)
    task = _keeper.start(watched, name or getattr(work, "__qualname__", "work"))
    # A task that is cancelled before its first step never begins `work`, which then has to be closed here.
    task.add_done_callback(lambda _task: work.close())
    widget.destroyed.connect(task.cancel)
    return Work(task)


async def _watch(
    widget: QWidget,
    work: Coroutine[Any, Any, T],
    trigger: QWidget | None,
    done: Callable[[T], object] | None,
    failed: ErrorHandler | None,
) -> T | None:
    _set_enabled(trigger, on=False)
    try:
        result = await work
    except CancelledByPerson:
        return None
    except GatewrightError as error:
        _set_enabled(trigger, on=True)
        await _tell(widget, error, failed)
        return None
    except Exception as error:  # noqa: BLE001  # the end of the line: whatever it is, the person must hear of it
        crash.report(error)
        return None
    finally:
        _set_enabled(trigger, on=True)
    if done is not None and isValid(widget):
        done(result)
    return result


def _set_enabled(trigger: QWidget | None, *, on: bool) -> None:
    if trigger is not None and isValid(trigger):
        trigger.setEnabled(on)


async def _tell(widget: QWidget, error: GatewrightError, failed: ErrorHandler | None) -> None:
    if not isValid(widget):
        return
    if failed is not None:
        failed(error)
        return
    title = getattr(error, "title", "") or QCoreApplication.translate("run", "This was not done")
    parts = [spoken(part) for part in (error.message, error.remedy) if part]
    await dialogs.tell(widget.window(), title, "\n\n".join(parts), details=getattr(error, "said", ""))
