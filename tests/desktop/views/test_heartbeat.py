"""The window's thread comes back to its events within 100 ms, and does no SQL, file or network work (style 4.11)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtTest import QTest

from core.base.ids import new_id
from core.entities.person import RESIDENT, Resident
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases.provision import submit
from tests.desktop.fixtures_window import Drive, Opened, Scene, until
from tests.desktop.furnish_window import Furnished
from tests.desktop.heartbeat import Heartbeat, beating

Stage = Callable[[Scene], None]
PAGES = (
    "dashboard",
    "lan",
    "jobs",
    "sites",
    "devices",
    "macs",
    "firmware",
    "autop",
    "users",
    "sync",
    "audit",
)
BUILD_S = 0.4
"""A page is built once, when it is first shown; 30 to 120 ms were measured on two loaded cores."""


def burn(seconds: float) -> None:
    """Work in this thread for so much CPU time."""
    until_then = time.thread_time() + seconds
    while time.thread_time() < until_then:
        pass


async def turns(count: int = 10) -> None:
    """Let the loop come round."""
    for _ in range(count):
        await asyncio.sleep(0.005)


async def silent() -> None:
    """A part of a scene that works for too long at once."""
    with beating(0.02):
        await turns()
        burn(0.06)
        await turns()


def test_the_heart_notices_silence_files_and_sql(
    drive: Drive[None], furnished: Furnished, tmp_path: Path
) -> None:
    path = tmp_path / "note.txt"

    async def work() -> None:
        heart = Heartbeat(0.05)
        await turns()
        burn(0.12)
        await turns()
        path.write_text("x")
        await furnished.mirror.read(lambda r: r.find(RESIDENT))
        heart.close()
        assert len(heart.late) == 1
        assert heart.longest > 0.1
        assert [w for w in heart.forbidden if "note.txt" in w]
        assert not [w for w in heart.forbidden if "SQL" in w], "the mirror's own threads may"
        with pytest.raises(AssertionError, match="silent"):
            await silent()

    drive(work())


def test_no_page_keeps_the_window_waiting(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        with beating(BUILD_S):
            for key in PAGES:
                await opened.page(key)
                await turns(2)
        with beating():
            for key in PAGES:
                await opened.page(key)
                await turns(2)
        assert {page.key for page in opened.frame.made()} >= set(PAGES)

    stage(scene)


def test_a_pull_and_a_push_go_on_beside_a_person_who_types(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        made = opened.made
        page = await opened.page("devices")
        home = made.apartments[0]

        def pull(tx: Tx) -> None:
            for number in range(1_500):
                tx.put(
                    RESIDENT,
                    Resident(
                        id=new_id(),
                        scope_id=made.site.id,
                        site_id=made.site.id,
                        apartment_id=home.id,
                        first_name="Nova",
                        last_name=f"Pulled {number}",
                    ),
                )

        await turns()
        with beating():
            jobs = await submit(made.ctx, made.devices, send=False)
            await made.mirror.write(pull, origin=Origin.PULL, act="Fill")
            for letter in "gate":
                QTest.keyClicks(page.list.pane.search, letter)
                await turns(3)
            await made.runner.wait_all(jobs)
            await until(lambda: opened.desk.counts.figures.residents > 1_500)
        await opened.settle()

    stage(scene)
