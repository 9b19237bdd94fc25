"""Fixtures of the core that every package's tests share: a hand-driven clock, a profile, an open mirror, some rows."""

from __future__ import annotations

import asyncio
import heapq
import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from core.base.paths import Profile
from core.entities.device import DEVICE, Device
from core.entities.organisation import ORGANISATION, Organisation
from core.entities.person import RESIDENT, Resident
from core.entities.site import APARTMENT, BUILDING, SITE, Apartment, Building, Site
from core.schema.entity import EntitySpec, R
from core.store.changes import Origin
from core.store.mirror import Mirror, open_mirror
from tests.factories import plant

START = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


class HandClock:
    """A Clock that stands still until it is told to move. Sleepers wake in the order of their time."""

    def __init__(self, start: datetime = START) -> None:
        self._start = start
        self._passed = 0.0
        self._order = itertools.count()
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._news = asyncio.Event()

    def now(self) -> datetime:
        """The wall clock."""
        return self._start + timedelta(seconds=self._passed)

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._passed

    async def sleep(self, seconds: float) -> None:
        """Wait until the clock was moved so far; zero gives others a turn."""
        if seconds <= 0:
            await asyncio.sleep(0)
            return
        wake = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self._passed + seconds, next(self._order), wake))
        self._news.set()
        await wake

    @property
    def sleeping(self) -> int:
        """How many wait for the clock."""
        return sum(1 for *_, wake in self._sleepers if not wake.done())

    def advance(self, seconds: float) -> None:
        """Move the clock and wake who is due; they run when the caller next awaits."""
        target = self._passed + seconds
        while self._sleepers and self._sleepers[0][0] <= target:
            due, _, wake = heapq.heappop(self._sleepers)
            self._passed = max(self._passed, due)
            if not wake.done():
                wake.set_result(None)
        self._passed = target

    async def until_asleep(self, count: int = 1, *, limit_s: float = 30.0) -> None:
        """Wait until `count` others sleep on this clock; TimeoutError after `limit_s` real seconds."""
        async with asyncio.timeout(limit_s):
            while self.sleeping < count:
                self._news.clear()
                await self._news.wait()

    async def run_for(self, seconds: float) -> None:
        """Move the clock from sleeper to sleeper and give each its turns. For code that waits on this clock only."""
        target = self._passed + seconds
        await _turns()
        while self._sleepers and self._sleepers[0][0] <= target:
            self.advance(self._sleepers[0][0] - self._passed)
            await _turns()
        self.advance(target - self._passed)
        await _turns()


async def _turns() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


@pytest.fixture
def hand_clock() -> HandClock:
    """A clock that the test moves."""
    return HandClock()


@pytest.fixture
def profile(tmp_path: Path) -> Profile:
    """A profile with its folders."""
    return Profile(tmp_path / "profile").make()


@pytest.fixture
def mirror_secret() -> str:
    """The key of `mirror`: 64 hexadecimal digits."""
    return secrets.token_hex(32)


@pytest.fixture
def mirror(profile: Profile, mirror_secret: str, hand_clock: HandClock) -> Iterator[Mirror]:
    """An open, empty mirror; closed after the test."""
    opened = open_mirror(profile.mirror, mirror_secret, hand_clock, backups=profile.backups)
    yield opened
    opened.close_now()


@dataclass(frozen=True, slots=True)
class Planter:
    """Plants rows into a mirror, one write each."""

    mirror: Mirror
    origin: Origin = Origin.USER

    async def __call__(self, spec: EntitySpec[R], **overrides: Any) -> R:
        """See `tests.factories.plant`."""
        return await self.mirror.write(lambda tx: plant(tx, spec, **overrides), origin=self.origin)


@pytest.fixture
def planted(mirror: Mirror) -> Planter:
    """Plants a row and what that row needs; awaited with a spec and values of fields."""
    return Planter(mirror)


@pytest.fixture
async def org(planted: Planter) -> Organisation:
    """An installer's firm."""
    return await planted(ORGANISATION, name="Hanley Installations")


@pytest.fixture
async def site(planted: Planter, org: Organisation) -> Site:
    """A community of that firm."""
    return await planted(SITE, org_id=org.id, name="Tamarind Court", time_zone="Europe/Madrid")


@pytest.fixture
async def building(planted: Planter, site: Site) -> Building:
    """A building of the site."""
    return await planted(BUILDING, site_id=site.id, name="Building A")


@pytest.fixture
async def apartment(planted: Planter, site: Site, building: Building) -> Apartment:
    """An apartment of the building."""
    return await planted(APARTMENT, site_id=site.id, building_id=building.id, number="101")


@pytest.fixture
async def resident(planted: Planter, site: Site, apartment: Apartment) -> Resident:
    """A resident of the apartment."""
    return await planted(
        RESIDENT, site_id=site.id, apartment_id=apartment.id, first_name="Ada", last_name="Byron"
    )


@pytest.fixture
async def device(planted: Planter, site: Site, building: Building) -> Device:
    """A door phone of the building."""
    return await planted(DEVICE, site_id=site.id, building_id=building.id, name="Main entrance")
