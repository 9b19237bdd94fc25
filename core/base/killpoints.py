"""Named moments at which a test may kill the program: between two steps of work that has to survive it.

GATEWRIGHT_KILL_AT=name:count ends the process with SIGKILL when that moment is passed for the `count`-th time. Without
the variable `passed` does nothing. Every moment is in POINTS, so that a test can go through all of them.
"""

from __future__ import annotations

import os
import signal

VARIABLE = "GATEWRIGHT_KILL_AT"

JOB_POINTS = ("job.taken_in", "job.running", "job.done", "job.ended")
FIRMWARE_POINTS = (
    "firmware.leased",
    "firmware.reached",
    "firmware.noted",
    "firmware.prepare",
    "firmware.upload",
    "firmware.upgrade",
    "firmware.sent",
    "firmware.back",
    "firmware.kept",
)
RESET_POINTS = ("reset.noted", "reset.asked", "reset.back")
ROLLOUT_POINTS = ("rollout.started", "rollout.marked", "rollout.submitted", "rollout.ended")
PUSH_POINTS = (
    "push.reached",
    "push.noted",
    "push.observed",
    "push.item",
    "push.sent",
    "push.read_back",
    "push.kept",
)
SYNC_POINTS = (
    "mirror.commit",
    "mirror.committed",
    "mirror.migrated",
    "sync.taken",
    "sync.answered",
    "sync.halfway",
    "sync.filed",
    "sync.page",
    "sync.indexed",
    "sync.dropping",
)
CLOUD_POINTS = ("cloud.judged", "cloud.numbered", "cloud.committed")
POINTS = frozenset(
    (
        *JOB_POINTS,
        *FIRMWARE_POINTS,
        *RESET_POINTS,
        *ROLLOUT_POINTS,
        *PUSH_POINTS,
        *SYNC_POINTS,
        *CLOUD_POINTS,
    )
)
"""Every name that `passed` may be given."""


def _wanted(text: str) -> tuple[str, int]:
    name, _, count = text.partition(":")
    return name, int(count) if count.isdigit() else 1


_name, _left = _wanted(os.environ.get(VARIABLE, ""))


def arm(text: str) -> None:
    """Choose the moment (`name:count`, empty for none) in a process that runs already."""
    global _name, _left
    _name, _left = _wanted(text)


def passed(name: str) -> None:
    """Say that a moment has come; AssertionError for one that POINTS does not name."""
    global _left  # noqa: PLW0603  one process dies once
    if name != _name:
        if __debug__ and name not in POINTS:
            raise AssertionError(name)
        return
    _left -= 1
    if _left <= 0:
        os.kill(os.getpid(), getattr(signal, "SIGKILL", signal.SIGTERM))
