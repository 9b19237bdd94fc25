"""Lives of a workstation and of a node that end by SIGKILL at a named moment (core.base.killpoints).

They run in processes forked from a server that has imported everything, since importing takes longer than a life.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import signal
import sys
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest

from core.base import killpoints
from core.entities.site import BUILDING, SITE
from core.store import apply, building, syncmeta
from core.store.changes import Origin
from core.store.tx import Tx
from sync import pull
from tests.factories import plant
from tests.history.world import World, world

unix_only = pytest.mark.skipif(sys.platform == "win32", reason="SIGKILL and forks are of Unix")
LIMIT_S = 120.0


def begin(work: Callable[..., None], *arguments: Any) -> multiprocessing.process.BaseProcess:
    """A life that has begun."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.reliability.lives"])
    process = context.Process(target=work, args=arguments)
    process.start()
    return process


def killed(work: Callable[..., None], *arguments: Any) -> bool:
    """Whether a life ended by SIGKILL; False when it came to its natural end."""
    process = begin(work, *arguments)
    process.join(LIMIT_S)
    code = process.exitcode
    process.close()
    assert code in {0, -signal.SIGKILL}, code
    return code == -signal.SIGKILL


# -------------------------------------------------------------------------------------------------- a workstation's


def station_life(folder: str, user: str, moment: str, word: str) -> None:
    """Open what is there, edit, and sync a first time, with pages of two rows; die at the moment."""
    asyncio.run(_station_life(Path(folder), user, moment, word))


async def _station_life(folder: Path, user: str, moment: str, word: str) -> None:
    pull.PAGE, apply.DROP_PIECE, building.WORTH = 2, 2, 1
    async with world(folder) as w:
        station = await w.station(user, user, signed_in=False)
        if station.transport.session is None and not await station.mirror.read(syncmeta.session_of):
            await station.sign_in()
        killpoints.arm(moment)
        if word:
            await station.mirror.write(partial(_edit, word=word), origin=Origin.USER)
            # What is told to the person as saved; the test looks whether it is still there.
            with (folder / "saved").open("a", encoding="utf-8") as file:
                file.write(f"{word}\n")
        await station.engine.sync_once()


def _edit(tx: Tx, word: str) -> None:
    site = tx.find(SITE)[0]
    tx.patch(SITE, site, city=word)
    plant(tx, BUILDING, site_id=site.id, name=word)


# -------------------------------------------------------------------------------------------------------- a node's


def node_life(folder: str, port: int, moment: str, ready: Connection) -> None:
    """Serve the world's database until killed."""
    asyncio.run(_node_life(Path(folder), port, moment, ready))


async def _node_life(folder: Path, port: int, moment: str, ready: Connection) -> None:
    from tests.reliability.nodes import node  # noqa: PLC0415

    settings = World(folder).settings
    async with node(settings, port=port) as url:
        killpoints.arm(moment)
        ready.send(url)
        await asyncio.Event().wait()
