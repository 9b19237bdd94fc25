"""Faults of the network between workstation and cloud, on real sockets (rows 3 to 5, 32, 33 of the table)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from itertools import cycle, pairwise
from pathlib import Path
from random import Random

import httpx
import pytest
from sqlalchemy import func, select

from core.base.clock import SystemClock
from core.base.errors import GatewrightError, UnreachableError
from core.base.ids import new_id
from core.cloud import db
from core.cloud.app import create_app
from core.entities.person import RESIDENT
from core.entities.site import BUILDING
from core.store import apply
from core.store.changes import ChangeSet, Origin
from core.store.tables import OUTBOX
from core.wire import codec
from core.wire.codec import Packing
from core.wire.messages import (
    PROTOCOL,
    SCHEMA,
    PullRequest,
)
from sync import engine as engines
from sync import live, transport
from sync.engine import SyncEngine, SyncMood
from tests.fixtures_core import HandClock
from tests.history.world import Fault, World
from tests.reliability.invariants import hold
from tests.reliability.nodes import BUSY, LIMIT_S, PAGE, Harm, node, point_at, proxy
from tests.sync.conftest import Desk, Home

pytestmark = pytest.mark.timeout(240)


async def count(d: Desk) -> int:
    query = select(func.count()).select_from(OUTBOX)
    return int(await d.station.mirror.read(lambda r: r.connection.execute(query).scalar_one()))


def logged(w: World) -> int:
    with w.cloud.database.read() as c:
        return int(c.execute(select(func.count()).select_from(db.MUT_LOG)).scalar_one())


# ------------------------------------------------------------------------------------------------- 3: lost answers


async def test_f03_a_push_that_arrives_five_times_at_two_nodes_and_a_ghost_after_an_undo(
    anna: Desk, home: Home, w: World
) -> None:
    await anna.patch(RESIDENT, home.resident, remark="once")
    anna.station.wire.next_fault = lambda: Fault.LOSE_ANSWER
    with pytest.raises(UnreachableError):
        await anna.sync()
    url, headers, body = anna.station.wire.ghosts[0]
    other = create_app(w.settings)
    async with other.router.lifespan_context(other):
        apps = [w.app, other, w.app, other, other]
        wires = [httpx.ASGITransport(app=app) for app in apps if app is not None]
        requests = [httpx.Request("POST", url, headers=headers, content=body) for _ in wires]
        answers = await asyncio.gather(
            *[one.handle_async_request(r) for one, r in zip(wires, requests, strict=True)]
        )
        assert [a.status_code for a in answers] == [200] * 5
        assert len({await a.aread() for a in answers}) == 1, "the same answer each time"
        anna.station.wire.next_fault = lambda: Fault.NONE
        await anna.sync()
        row = await anna.must(RESIDENT, home.resident.id)
        assert (row.ver, row.remark) == (2, "once")
        await anna.patch(RESIDENT, row, remark="old")
        await anna.sync()
        before = logged(w)
        ghost = await wires[1].handle_async_request(httpx.Request("POST", url, headers=headers, content=body))
        assert ghost.status_code == 200
        assert logged(w) == before
    await hold(w, home.site.org_id, anna)
    assert (await anna.must(RESIDENT, home.resident.id)).remark == "old", "the ghost changed nothing"


# ---------------------------------------------------------------------------------------- 4, 5: cut and altered bodies


def _only_push(harm: Harm, _method: str, path: str) -> Harm:
    return harm if path.endswith("push") else Harm()


def _always(harm: Harm, _method: str, _path: str) -> Harm:
    return harm


async def test_f04_a_batch_that_is_cut_or_altered_is_not_applied(anna: Desk, home: Home, w: World) -> None:
    """A bit of the packing that means nothing may turn over: then the batch is still the same, and is taken."""
    async with node(w.settings) as url, proxy(url) as between:
        await point_at(w, anna.station, between.url)
        rng, refused = Random(4), 0
        harms = [Harm(cut_request=rng.randrange(200)) for _ in range(4)]
        harms += [Harm(flip_request=rng.randrange(8 * 250)) for _ in range(12)]
        row = await anna.patch(RESIDENT, home.resident, remark="whole 0")
        for number, harm in enumerate(harms):
            before = logged(w)
            between.rule = partial(_only_push, harm)
            try:
                await anna.sync()
            except GatewrightError:
                refused += 1
                assert (logged(w), await count(anna)) == (before, 1)
            else:
                assert harm.cut_request is None
                row = await anna.patch(RESIDENT, row, remark=f"whole {number}")
        assert refused >= 12
        between.rule = lambda _m, _p: Harm()
        await hold(w, home.site.org_id, anna)
        assert (await anna.must(RESIDENT, row.id)).remark == row.remark


async def test_f05_pages_that_are_cut_altered_repeated_or_late_leave_no_gap(
    anna: Desk, home: Home, ben: Desk, w: World
) -> None:
    for number in range(12):
        await ben.put(BUILDING, site_id=home.site.id, name=f"B{number}")
    await ben.sync()
    async with node(w.settings) as url, proxy(url) as between:
        await point_at(w, anna.station, between.url)
        here = await anna.station.mirror.read(apply.position)
        rng = Random(5)
        harms = [Harm(cut_answer=rng.randrange(1, 60)) for _ in range(3)]
        harms += [Harm(flip_answer=rng.randrange(8 * 120)) for _ in range(6)]
        harms += [Harm(drop_answer=True), Harm(answer=PAGE), Harm(answer=BUSY)]
        for harm in harms:
            between.rule = partial(_always, harm)
            with pytest.raises(UnreachableError):
                await anna.sync()
            assert await anna.station.mirror.read(apply.position) == here, (
                "the cursor moves with whole pages only"
            )
        between.rule = lambda _m, _p: Harm(times=3)
        old = await anna.station.transport.pull(_pull(here))
        await anna.sync()
        await anna.station.mirror.write(lambda tx: apply.apply_pull(tx, old), origin=Origin.PULL)
        await hold(w, home.site.org_id, anna, ben)


def _pull(here: apply.Position) -> PullRequest:
    return PullRequest(
        proto=PROTOCOL,
        schema=SCHEMA,
        replica=new_id(),
        epoch=here.epoch,
        seq=here.seq,
        access_seq=here.access_seq,
    )


async def test_f04_an_upload_that_is_cut_goes_on_where_it_was(
    anna: Desk, home: Home, w: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "PART", 20_000)
    content = Random(6).randbytes(130_000)
    source, name = tmp_path / "firmware.rom", hashlib.sha256(content).hexdigest()
    source.write_bytes(content)
    async with node(w.settings) as url, proxy(url) as between:
        await point_at(w, anna.station, between.url)
        harms = cycle([Harm(), Harm(), Harm(cut_request=7_000)])
        between.rule = lambda method, _p: next(harms) if method == "PUT" else Harm()
        cuts = 0
        while True:
            try:
                await anna.station.transport.put_blob(name, source)
            except UnreachableError:
                cuts += 1
            else:
                break
        pieces = [line for line in between.seen if line.startswith("PUT")]
        assert (cuts, len(pieces)) == (3, 10), "seven pieces, and one more for each cut"
        between.rule = lambda _m, _p: Harm()
        await anna.station.transport.get_blob(name, tmp_path / "part")
        assert (tmp_path / "part").read_bytes() == content
        assert not list((w.folder / "cloud-blobs" / "parts").glob("*/*"))


# ------------------------------------------------------------------------------------------------ 32, 33: live, rush


class Listening:
    """An engine with its ear open, and a way to wait for a row."""

    def __init__(self, d: Desk) -> None:
        self.desk = d
        station = d.station
        self.engine = SyncEngine(
            station.mirror, station.transport, station.blobs, SystemClock(), rng=Random(1), live=True
        )
        self.moods: list[SyncMood] = []
        self.engine.listen(lambda state: self.moods.append(state.mood))

    async def until(self, row_id: str) -> None:
        changed = asyncio.Event()
        loop = asyncio.get_running_loop()
        feed = self.desk.station.mirror.feed

        def heard(_changes: ChangeSet) -> None:
            loop.call_soon_threadsafe(changed.set)

        ended = feed.subscribe(heard)
        try:
            async with asyncio.timeout(LIMIT_S):
                while await self.desk.get(BUILDING, row_id) is None:
                    await changed.wait()
                    changed.clear()
        finally:
            ended()


@asynccontextmanager
async def listening(d: Desk) -> AsyncIterator[Listening]:
    made = Listening(d)
    made.engine.start()
    try:
        yield made
    finally:
        await made.engine.close()


async def test_f32_a_change_is_heard_at_once_and_a_node_may_be_replaced(
    anna: Desk, home: Home, ben: Desk, w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engines, "POLL_S", 3600.0)
    monkeypatch.setattr(live, "FIRST_WAIT_S", 0.05)
    async with node(w.settings) as url:
        await point_at(w, anna.station, url)
        ear = Listening(anna)
        ear.engine.start()
        made = await ben.put(BUILDING, site_id=home.site.id, name="First")
        await ben.sync()
        await ear.until(made.id)
        assert ear.engine._live is not None
        assert ear.engine._live.proven
    # The node has ended its streams and is gone; another one takes over its address.
    made = await ben.put(BUILDING, site_id=home.site.id, name="Second")
    await ben.sync()
    try:
        async with node(w.settings, port=httpx.URL(url).port or 0):
            await ear.until(made.id)
            made = await ben.put(BUILDING, site_id=home.site.id, name="Third")
            await ben.sync()
            await ear.until(made.id)
    finally:
        await ear.engine.close()
    assert not {SyncMood.FAILED, SyncMood.SIGNED_OUT, SyncMood.DISABLED} & set(ear.moods)


async def test_f32_behind_a_proxy_that_holds_back_changes_are_seen_by_looking(
    anna: Desk, home: Home, ben: Desk, w: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert engines.BLIND_S <= 3.0
    monkeypatch.setattr(engines, "BLIND_S", 0.05)
    monkeypatch.setattr(live, "FIRST_S", 0.05)
    async with node(w.settings) as url, proxy(url) as between:
        between.rule = lambda _m, path: Harm(hold=path.endswith("/live"))
        await point_at(w, anna.station, between.url)
        async with listening(anna) as ear:
            made = await ben.put(BUILDING, site_id=home.site.id, name="Looked for")
            await ben.sync()
            await ear.until(made.id)
            assert ear.engine._live is not None
            assert not ear.engine._live.proven
    assert SyncMood.FAILED not in ear.moods


@pytest.mark.parametrize("clients", [40, pytest.param(500, marks=pytest.mark.soak)])
async def test_f33_many_workstations_come_back_at_once(
    anna: Desk, home: Home, w: World, clients: int
) -> None:
    session = anna.station.transport.session
    assert session is not None
    here = await anna.station.mirror.read(apply.position)
    content = codec.pack(_pull(replace(here, seq=0)))
    headers = {
        "authorization": f"Bearer {session.access_token}",
        "content-type": Packing.ZSTD.value,
    }
    limits = httpx.Limits(max_connections=None)
    async with (
        node(w.settings) as url,
        httpx.AsyncClient(base_url=url, limits=limits, timeout=LIMIT_S, trust_env=False) as http,
    ):
        posts = [http.post("/v1/sync/pull", content=content, headers=headers) for _ in range(clients)]
        answers = await asyncio.gather(*posts)
    statuses = {a.status_code for a in answers}
    assert statuses <= {200, 429, 503}
    assert all("retry-after" in a.headers for a in answers if a.status_code != 200)
    assert 200 in statuses


def test_f33_the_ways_back_are_spread_out(anna_free_engine: list[SyncEngine]) -> None:
    waits = sorted(e._pause(3, UnreachableError("x", "y")) for e in anna_free_engine)
    assert waits[-1] <= 4.0
    assert waits[-1] - waits[0] > 1.0
    inside = sum(1 for a, b in pairwise(waits) if b - a < 0.2)
    assert inside > len(waits) // 2, "spread over the time, not in two heaps"


@pytest.fixture
async def anna_free_engine(anna: Desk) -> list[SyncEngine]:
    """Engines of many workstations, each with its own dice."""
    s = anna.station
    return [SyncEngine(s.mirror, s.transport, s.blobs, HandClock(), rng=Random(n)) for n in range(100)]
