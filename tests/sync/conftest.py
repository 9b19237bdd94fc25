"""Fixtures of the tests of sync: a cloud with a firm, and workstations of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from core.cloud import admin
from core.entities.organisation import ORGANISATION, Role
from core.entities.person import RESIDENT, Resident
from core.entities.site import APARTMENT, BUILDING, SITE, Apartment, Building, Site
from core.schema.entity import EntitySpec, R
from core.store import tray
from core.store.changes import Origin
from core.store.tray import TrayEntry
from tests.factories import plant
from tests.history import acts
from tests.history.opening import LATER
from tests.history.world import PASSWORD, Station, World, world


@pytest.fixture
async def w(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[World]:
    """A cloud with the firms North (anna, ben, maya) and South (carl), and what the other fixtures need."""
    kind = next((k for k in ("ben", "home") if k in request.fixturenames), "firms")
    await OPENINGS.copy(kind, tmp_path / "w")
    async with world(tmp_path / "w") as made:
        made.clock.moment += LATER
        yield made


@dataclass(frozen=True)
class Home:
    """One site with one apartment and its resident, on every workstation that may see it."""

    site: Site
    building: Building
    apartment: Apartment
    resident: Resident


class Desk:
    """A workstation with short words for what tests do at it."""

    def __init__(self, station: Station) -> None:
        self.station = station

    async def act(self, work: Any) -> Any:
        """One transaction of a person; its edits are noted, so that the oracle can ask where each one went."""
        done = await self.station.mirror.write(work, origin=Origin.USER)
        await acts.note(self.station)
        return done

    async def sync(self) -> Any:
        return await self.station.engine.sync_once()

    async def put(self, spec: EntitySpec[R], **fields: Any) -> R:
        made: R = await self.act(lambda tx: plant(tx, spec, **fields))
        return made

    async def patch(self, spec: EntitySpec[R], row: R, **fields: Any) -> R:
        changed: R = await self.act(lambda tx: tx.patch(spec, row, **fields))
        return changed

    async def remove(self, spec: EntitySpec[Any], row_id: str) -> None:
        await self.act(lambda tx: tx.remove(spec, row_id))

    async def get(self, spec: EntitySpec[R], row_id: str) -> R | None:
        return await self.station.mirror.read(lambda r: r.get(spec, row_id))

    async def must(self, spec: EntitySpec[R], row_id: str) -> R:
        return await self.station.mirror.read(lambda r: r.require(spec, row_id))

    async def ids(self, spec: EntitySpec[Any]) -> set[str]:
        return {row.id for row in await self.station.mirror.read(lambda r: r.find(spec))}

    async def tray(self) -> list[TrayEntry]:
        return await self.station.mirror.read(tray.entries)

    async def settle(self, act: Any, entry_id: int, **values: Any) -> Any:
        return await self.act(lambda tx: act(tx, entry_id, **values))


async def desk(w: World, user: str, name: str = "") -> Desk:
    """A signed-in workstation that has synced once."""
    made = Desk(await w.station(name or user, user))
    await made.sync()
    return made


@pytest.fixture
async def anna(w: World) -> Desk:
    """An installer's workstation."""
    return await OPENINGS.desk(w, "anna")


@pytest.fixture
async def home(anna: Desk) -> Home:
    """Anna's site, synced."""
    assert OPENINGS.home is not None
    return OPENINGS.home


@pytest.fixture
async def ben(w: World, home: Home) -> Desk:
    """A colleague's workstation, at the same state."""
    return await OPENINGS.desk(w, "ben")


class Openings:
    """States in which tests begin, played once and copied, since playing them takes longer than most tests: `firms`,
    `home` (Anna's site is on her workstation), `ben` (and on Ben's).
    """

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="openings-", dir=Path.home()))
        self._noted: dict[str, dict[str, Any]] = {}
        self.home: Home | None = None

    async def copy(self, kind: str, to: Path) -> None:
        """Put an opening into a new folder."""
        whole = self._folder / kind
        if not whole.exists():
            if kind != "firms":
                await self.copy("firms" if kind == "home" else "home", whole)
            async with world(whole) as w:
                await {"firms": self._firms, "home": self._home, "ben": self._ben}[kind](w)
        shutil.copytree(whole, to)

    async def desk(self, w: World, user: str) -> Desk:
        """A workstation of an opening; one that is not part of it is made."""
        if not (w.folder / user).exists():
            return await desk(w, user)
        station = await w.station(user, user, signed_in=False)
        await station.transport._token()
        station.noted = dict(self._noted.get(user, {}))
        return Desk(station)

    async def _firms(self, w: World) -> None:
        north = admin.create_installer(
            w.cloud, name="North", user="anna", password=PASSWORD, full_name="Anna Berg"
        )
        add = partial(admin.create_account, w.cloud, org_id=north.org_id, password=PASSWORD)
        add(user="ben", role=Role.SUB_INSTALLER, full_name="Ben Oak")
        add(user="maya", role=Role.MANAGER)
        admin.create_installer(w.cloud, name="South", user="carl", password=PASSWORD)

    async def _home(self, w: World) -> None:
        anna = await desk(w, "anna")
        org = await anna.station.mirror.read(lambda r: r.find(ORGANISATION)[0])
        site = await anna.put(SITE, org_id=org.id, name="Home", time_zone="UTC")
        building = await anna.put(BUILDING, site_id=site.id, name="A")
        apartment = await anna.put(APARTMENT, site_id=site.id, building_id=building.id, number="1")
        resident = await anna.put(
            RESIDENT, site_id=site.id, apartment_id=apartment.id, first_name="Ada", remark="old"
        )
        await anna.sync()
        self._noted["anna"] = anna.station.noted
        self.home = Home(site, building, apartment, await anna.must(RESIDENT, resident.id))

    async def _ben(self, w: World) -> None:
        await desk(w, "ben")


OPENINGS = Openings()
