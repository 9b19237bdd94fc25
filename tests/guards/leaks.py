"""Guard: what a test starts, it ends. Threads, tasks, sockets, top-level widgets and timers left behind fail it.

A test that has to leave something says which and why: @pytest.mark.allow_leaks("threads", reason="...").
What a fixture of a wider scope owns is there before the test begins and does not count.
"""

from __future__ import annotations

import asyncio
import gc
import inspect
import socket
import sys
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

# What is being closed when the test ends (a thread in its last lines, the other end of a connection) gets this long.
GRACE_S = 2.0
DESCRIPTORS = Path("/proc/self/fd")


def settled(left: Callable[[], bool]) -> bool:
    """Wait until `left` is no longer true, for GRACE_S at most; returns whether it came to that."""
    deadline = time.monotonic() + GRACE_S
    pause = threading.Event()
    while left():
        if time.monotonic() > deadline:
            return False
        pause.wait(0.005)
    return True


def is_allowed(request: pytest.FixtureRequest, kind: str) -> bool:
    """Whether the running test is marked to leave this kind of thing behind."""
    return any(kind in marker.args for marker in request.node.iter_markers("allow_leaks"))


def fail_leak(kind: str, found: list[str], advice: str) -> None:
    """Fail the running test, saying what it left and how to end such things."""
    lines = "\n  ".join(found)
    pytest.fail(
        f"the test left {kind} behind (see tests/guards/leaks.py); {advice}:\n  {lines}", pytrace=False
    )


# ----------------------------------------------------------------------------------------------------------- threads


def _new_threads(before: set[threading.Thread]) -> list[threading.Thread]:
    # A dummy stands for a thread that Python did not start (Qt's pool); nobody can tell when such a one ends.
    dummy = threading._DummyThread
    return [one for one in threading.enumerate() if one not in before and not isinstance(one, dummy)]


@pytest.fixture(autouse=True)
def _no_threads_left(request: pytest.FixtureRequest) -> Iterator[None]:
    before = set(threading.enumerate())
    yield
    if not is_allowed(request, "threads") and not settled(lambda: bool(_new_threads(before))):
        found = [f"{one.name}{' (daemon)' if one.daemon else ''}" for one in _new_threads(before)]
        fail_leak("threads", found, "close what owns them (mirror, runner, server) and join")


# ----------------------------------------------------------------------------------------------------------- sockets


def _open_sockets() -> set[str]:
    """Return the kernel's names of the sockets that this process holds; empty where the system cannot tell."""
    found = set()
    for descriptor in DESCRIPTORS.iterdir() if sys.platform == "linux" else ():
        try:
            target = str(descriptor.readlink())
        except FileNotFoundError:
            continue  # closed in the meantime, as is the descriptor of this very listing
        if target.startswith("socket:"):
            found.add(target)
    return found


def _describe_sockets() -> list[str]:
    """Return what Python knows of its open sockets; collecting them costs too much to do after every test."""
    found = [one for one in gc.get_objects() if isinstance(one, socket.socket) and one.fileno() >= 0]
    return [repr(one) for one in found]


@pytest.fixture(autouse=True)
def _no_sockets_left(request: pytest.FixtureRequest) -> Iterator[None]:
    before = _open_sockets()
    yield
    if not is_allowed(request, "sockets") and not settled(lambda: bool(_open_sockets() - before)):
        left = len(_open_sockets() - before)
        found = [f"{left} new sockets; open in this process:", *_describe_sockets()]
        fail_leak("sockets", found, "close clients, servers and their connections")


# ------------------------------------------------------------------------------------------------------------- tasks


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the task guard to coroutine tests only: it needs their loop, and others must not get one."""
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            item.fixturenames.insert(0, "_no_tasks_left")


@pytest.fixture
async def _no_tasks_left(request: pytest.FixtureRequest) -> AsyncIterator[None]:
    before = asyncio.all_tasks()
    yield
    deadline = time.monotonic() + GRACE_S
    while (left := _new_tasks(before)) and time.monotonic() < deadline:
        await asyncio.wait(left, timeout=0.05)
        if is_allowed(request, "tasks"):
            break
    found = [repr(task) for task in left]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)
    if found and not is_allowed(request, "tasks"):
        fail_leak("tasks", found, "whoever starts a task cancels and awaits it")


def _new_tasks(before: set[asyncio.Task[object]]) -> set[asyncio.Task[object]]:
    current = asyncio.current_task()
    return {task for task in asyncio.all_tasks() if task not in before and task is not current}


# --------------------------------------------------------------------------------------------------------- collector


def _collector() -> tuple[bool, tuple[int, int, int]]:
    return gc.isenabled(), gc.get_threshold()


@pytest.fixture(autouse=True)
def _collector_as_it_was() -> Iterator[None]:
    """The collector is one for the process: what one test sets, every later one of the same worker would run with."""
    before = _collector()
    yield
    if _collector() != before:
        advice = "set the collector back where the work ends"
        fail_leak("the collector changed", [f"on and thresholds: {before} -> {_collector()}"], advice)
