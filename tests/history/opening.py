"""The state in which every history begins: two firms that have settled in, and a property manager without sites. It is
played once and copied, since it takes as long as a history. On SQLite, or on a PostgreSQL where one is given.
"""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path
from random import Random

from core.cloud import admin
from core.entities.organisation import Role
from tests.history import acts
from tests.history.world import PASSWORD, SeededIds, World, world

POSTGRES = os.environ.get("GW_POSTGRES", "")
"""Where databases may be made, such as `gw@/{}?host=/run/postgresql`; without it histories run on SQLite."""
STATIONS = {"anna": "anna", "anna-2": "anna", "ben": "ben", "carl": "carl", "maya": "maya"}
"""Workstations of the opening and their users: two installers, a sub-installer, another firm, a property manager."""
LATER = timedelta(minutes=20)
"""From the opening to the history: what was judged in the one comes before what is judged in the other."""
_databases = itertools.count(1)


class Opening:
    """Made at the first use; `world` gives a copy."""

    def __init__(self) -> None:
        self.orgs: dict[str, str] = {}
        """The tenant of each user."""
        self.manager = ""
        self._folder: Path | None = None
        self._database = ""

    @asynccontextmanager
    async def world(self, folder: Path) -> AsyncIterator[World]:
        """A copy with its cloud running and its workstations closed; all of it is thrown away at the end."""
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="opening-", dir=Path.home())) / "w"
            self._database = _created() if POSTGRES else ""
            with SeededIds(0).used():
                async with world(self._folder, _url(self._database)) as w:
                    await self._play(w)
        shutil.copytree(self._folder, folder)
        copy = _created(self._database) if POSTGRES else ""
        try:
            async with world(folder, _url(copy)) as w:
                w.clock.moment += LATER
                yield w
        finally:
            if copy:
                _maintain(f"DROP DATABASE {copy} WITH (FORCE)")

    async def _play(self, w: World) -> None:
        north = admin.create_installer(w.cloud, name="North", user="anna", password=PASSWORD)
        add = partial(admin.create_account, w.cloud, org_id=north.org_id, password=PASSWORD)
        add(user="ben", role=Role.SUB_INSTALLER)
        self.manager = add(user="maya", role=Role.MANAGER).account_id
        south = admin.create_installer(w.cloud, name="South", user="carl", password=PASSWORD)
        self.orgs = {"anna": north.org_id, "ben": north.org_id, "carl": south.org_id, "maya": north.org_id}
        for name, user in STATIONS.items():
            station = await w.station(name, user)
            await station.engine.sync_once()
            if name in {"anna", "carl"}:
                await acts.settle_in(station, Random(user), self.orgs[user])
                await station.engine.sync_once()


OPENING = Opening()


def _url(database: str) -> str:
    return "postgresql+psycopg://" + POSTGRES.format(database) if database else ""


def _created(template: str = "template1") -> str:
    name = f"history_{os.getpid()}_{next(_databases)}"
    _maintain(f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


def _maintain(statement: str) -> None:
    import psycopg  # noqa: PLC0415  only where PostgreSQL is asked for

    with psycopg.connect("postgresql://" + POSTGRES.format("postgres"), autocommit=True) as connection:
        connection.execute(statement.encode())
