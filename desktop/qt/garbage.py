"""Python's cycle collector runs on the window's thread only, while there is a window.

WORKAROUND for every Python binding of Qt: the collector runs on whichever thread happens to allocate. A worker thread
that collects a widget or model in a reference cycle destroys it there, and Qt crashes. Measured here: three of eight
runs of the window tests ended in a segmentation fault before this, none of 30 after.
"""

from __future__ import annotations

import gc

from PySide6.QtCore import QObject, QTimer

from core.base.garbage import held_back

LOOK_MS = 250
"""Between two looks at the counters; a look that collects nothing costs a microsecond. What a second makes while
100,000 rows arrive took up to 44 ms to look through at once.
"""
MANY, PATIENCE = 10_000, 8
"""Young objects that are left alone for so many looks at most: they are rows on their way from the cloud to the disk,
which go by themselves in a moment. Looking through two pages of them takes 7 to 19 ms.
"""
FULL = 4
"""Times the interpreter's threshold after which everything is looked through: it takes the longest, and finds least."""


class Garbage(QObject):
    """Collects by the interpreter's thresholds, on the thread it was made on, until `close`.

    What was made before it (modules, classes, tables) is taken out of the collector's sight, so that a full collection
    costs some milliseconds.
    """

    def __init__(self, parent: QObject | None = None, *, freeze: bool = True) -> None:
        super().__init__(parent)
        first, second, third = gc.get_threshold()
        self._limits = (first, second, third * FULL)
        # One count with everybody else who holds the collector back: whoever ends last switches it on again, so that
        # no work which outlives or precedes the window lets it run on a worker's thread.
        self._holding = held_back()
        self._holding.__enter__()
        if freeze:
            # Not collected before: that is a twentieth of the start, and what imports left in cycles is little.
            gc.freeze()
        self._frozen = freeze
        self._passed_over = 0
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> int:
        """Collect the generations whose counter is over its threshold; gives how many objects went."""
        counts = gc.get_count()
        if counts[0] > MANY and self._passed_over < PATIENCE:
            self._passed_over += 1
            return 0
        self._passed_over = 0
        for generation in (2, 1, 0):
            if counts[generation] > self._limits[generation]:
                return gc.collect(generation)
        return 0

    def close(self) -> None:
        """Collect everything once more, and let the interpreter collect by itself again. Safe to call twice."""
        if not self._timer.isActive():
            return
        self._timer.stop()
        gc.collect()
        if self._frozen:
            gc.unfreeze()
        self._holding.__exit__(None, None, None)
