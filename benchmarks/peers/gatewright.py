"""Gatewright beside the others: a cloud core in a process of its own, workstations with encrypted mirrors in this one.

All rules are in place: sign-in, tokens, scopes, roles, cross-row rules, claims, sealed PINs, outbox, audit. A third of
the rows each are devices, residents and credentials, in 250 sites, with the texts that the other peers get.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any, Self

from sqlalchemy import select

from benchmarks.peers.data import Lines, make_rows
from benchmarks.peers.measure import Sample, timed
from core.base.clock import SystemClock, to_ms
from core.base.ids import new_id
from core.cloud import admin
from core.cloud.access import SITE_KIND, Grant
from core.cloud.cloud import Cloud, open_cloud
from core.cloud.db import CLAIM
from core.cloud.rows import Held
from core.cloud.settings import settings_for
from core.entities.credential import CREDENTIAL, Credential, CredentialKind
from core.entities.device import DEVICE, Device
from core.entities.person import RESIDENT, Resident
from core.entities.site import APARTMENT, BUILDING, SITE, Apartment, Building, Site
from core.rules.claims import claims_of
from core.schema.entity import EntitySpec, Row
from core.store import syncmeta
from core.store.blobs import BlobStore
from core.store.changes import ChangeSet, Origin
from core.store.mirror import Mirror, open_mirror
from core.store.tables import table_of
from core.store.tx import Tx
from core.wire.messages import SignIn
from sync.engine import SyncEngine
from sync.transport import HttpTransport

PASSWORD = "correct horse battery"  # noqa: S105  of a cloud that lives for a minute
KEY = "5a" * 32
SITES = 250
PIECE = 2_000
_CHILD = """
import asyncio, sys
from pathlib import Path
from core.cloud.run import new_loop, serve
told = lambda url: print(url, flush=True)
with asyncio.Runner(loop_factory=new_loop) as runner:
    runner.run(serve(sys.argv[1], "127.0.0.1", 0, blobs=Path(sys.argv[2]), on_ready=told))
"""


# ---------------------------------------------------------------------------------------------------------- the cloud


def seed(url: str, folder: Path, rows: int) -> None:
    """A firm with one account, its sites, and `rows` rows in them, published as pushes publish them."""
    cloud = open_cloud(settings_for(url, blobs=folder / "blobs", environment=environment()))
    try:
        made = admin.create_installer(cloud, name="Firm", user="anna", password=PASSWORD)
        sites = [new_id() for _ in range(SITES)]
        homes = {site: (new_id(), new_id()) for site in sites}
        _publish(cloud, made.tenant, [h for s in sites for h in _place(made.org_id, s, *homes[s])], sites)
        lines = make_rows(rows)
        for start in range(0, rows, PIECE):
            piece = [
                _row(line, sites[n % SITES], homes[sites[n % SITES]][1], lines)
                for n, line in lines.cut(start, PIECE)
            ]
            _publish(cloud, made.tenant, piece)
    finally:
        cloud.close()


def _place(org: str, site: str, building: str, home: str) -> list[tuple[EntitySpec[Any], Row]]:
    return [
        (SITE, Site(id=site, scope_id=site, org_id=org, name=f"Site {site[-6:]}", time_zone="UTC")),
        (BUILDING, Building(id=building, scope_id=site, site_id=site, name="A")),
        (APARTMENT, Apartment(id=home, scope_id=site, site_id=site, building_id=building, number="1")),
    ]


def _row(line: dict[str, Any], site: str, home: str, lines: Lines) -> tuple[EntitySpec[Any], Row]:
    own: dict[str, Any] = {"id": line["id"].replace("-", ""), "scope_id": site}
    if line["kind"] == "device":
        mac = line["mac"].replace(":", "")
        return DEVICE, Device(**own, site_id=site, mac=mac, name=line["name"], model=line["model"])
    first, last = line["name"].split(" ", 1)
    if line["kind"] == "resident":
        return RESIDENT, Resident(
            **own,
            site_id=site,
            apartment_id=home,
            first_name=first,
            last_name=last,
            mobile=line["phone"],
            remark=line["notes"],
        )
    owner = lines.resident_before(line["id"]).replace("-", "")
    return CREDENTIAL, Credential(
        **own, person_id=owner, kind=CredentialKind.PIN, code=f"{lines.place(line['id']):08d}"
    )


def _publish(
    cloud: Cloud, tenant: str, rows: list[tuple[EntitySpec[Any], Row]], sites: list[str] | None = None
) -> None:
    held = [_held(tenant, spec, row) for spec, row in rows]
    grants = [Grant(site, tenant, SITE_KIND) for site in sites or ()]
    claims = [(h, c) for h in held for c in claims_of(h.spec.name, h.scope, h.values)]
    with cloud.database.write() as connection:
        if claims:
            connection.execute(CLAIM.insert(), [_claim(cloud, h, c) for h, c in claims])
        cloud.publisher.publish(connection, tenant, held, at=to_ms(cloud.clock.now()), grants=grants)


def _held(tenant: str, spec: EntitySpec[Any], row: Row) -> Held:
    return Held(spec, tenant, row.id, row.scope_id, 1, spec.store(row), {"*": (1, "cloud")})


def _claim(cloud: Cloud, held: Held, claim: Any) -> dict[str, Any]:
    key = cloud.seal.blind("claim", claim.space, claim.kind.name, claim.key)
    owner = {"owner": held.id, "owner_entity": held.spec.number, "tenant": held.tenant, "scope": held.scope}
    return {"space": claim.space, "kind": int(claim.kind), "key": key, **owner}


def environment() -> dict[str, str]:
    """The service's: the sealing key comes from it on both databases."""
    return {**os.environ, "GATEWRIGHT_CLOUD_KEY": "6b" * 32}


class CloudProcess:
    """The service in a process of its own. `with CloudProcess(...) as cloud: cloud.url, cloud.pid`."""

    def __init__(self, url: str, folder: Path) -> None:
        self._arguments = [sys.executable, "-c", _CHILD, url, str(folder / "blobs")]
        self.url = ""
        self.pid = 0

    def __enter__(self) -> Self:
        root = Path(__file__).resolve().parents[2]
        self._process = subprocess.Popen(
            self._arguments,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            cwd=root,
            env={**environment(), "PYTHONPATH": str(root)},
        )
        assert self._process.stdout is not None
        self.url, self.pid = self._process.stdout.readline().strip(), self._process.pid
        assert self.url, "the service did not start"
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        self._process.wait(30)
        if self._process.stdout is not None:
            self._process.stdout.close()


# ------------------------------------------------------------------------------------------------------- a workstation


class Station:
    """One workstation: its own encrypted mirror, transport and engine."""

    def __init__(self, folder: Path, url: str) -> None:
        folder.mkdir()
        clock = SystemClock()
        self.mirror: Mirror = open_mirror(folder / "mirror.db", KEY, clock, backups=folder)
        self.transport = HttpTransport(url, self.mirror, clock=clock)
        self.clock, self.blobs = clock, BlobStore(folder / "blobs")
        self.engine = SyncEngine(self.mirror, self.transport, self.blobs, clock)

    async def sign_in(self) -> None:
        replica = await self.mirror.write(syncmeta.replica_id, origin=Origin.JOB)
        session = await self.transport.sign_in(SignIn(user="anna", password=PASSWORD, replica=replica))
        await self.mirror.write(
            lambda tx: syncmeta.begin_session(tx, session, self.transport.base_url), origin=Origin.JOB
        )

    async def close(self) -> None:
        await self.engine.close()
        await self.transport.close()
        await self.mirror.close()


def count_rows(tx: Any) -> int:
    """Rows of the three entities of the data set in a mirror."""
    tables = [table_of(spec) for spec in (DEVICE, RESIDENT, CREDENTIAL)]
    return sum(len(tx.connection.execute(select(t.c.row_no)).all()) for t in tables)


def edit_people(tx: Tx, count: int, mark: str) -> int:
    """Two fields each of `count` rows, as an offline person would have changed them."""
    done = 0
    specs: list[tuple[EntitySpec[Any], str]] = [(RESIDENT, "remark"), (DEVICE, "name")]
    for spec, field in specs:
        table = table_of(spec)
        ids = [
            r[0]
            for r in tx.connection.execute(select(table.c.id).order_by(table.c.row_no).limit(count - done))
        ]
        rows = tx.find_in(spec, "id", ids)
        [tx.patch(spec, row, **{field: f"{getattr(row, field)[:20]} {mark}"}) for row in rows]
        done += len(rows)
    return done


async def run(
    url: str, folder: Path, sizes: tuple[int, int, int], note: Callable[[Sample], None], core: str
) -> None:
    """All cases on one core; `sizes`: rows, edits, few."""
    await asyncio.to_thread(folder.mkdir, parents=True)
    await asyncio.to_thread(seed, url, folder, sizes[0])
    with CloudProcess(url, folder) as cloud:
        anna, ben = Station(folder / "anna", cloud.url), Station(folder / "ben", cloud.url)
        try:
            await _cases(anna, ben, cloud, sizes, partial(_noted, note, f"gatewright-{core}"))
        finally:
            await anna.close()
            await ben.close()


def _noted(note: Callable[[Sample], None], peer: str, sample: Sample) -> None:
    note(sample.named(peer))


async def _cases(
    anna: Station,
    ben: Station,
    cloud: CloudProcess,
    sizes: tuple[int, int, int],
    note: Callable[[Sample], None],
) -> None:
    rows, edits, few = sizes
    await anna.sign_in()
    with timed("first", rows, cloud.pid) as t:
        await anna.engine.sync_once()
    assert (got := await anna.mirror.read(count_rows, limit_ms=60_000)) == rows, got
    note(t.sample)
    await ben.sign_in()
    await ben.engine.sync_once()
    note(await _mean("noop", 50, cloud.pid, anna.engine.sync_once))
    with timed("local", edits, 0) as t:
        done = await anna.mirror.write(lambda tx: edit_people(tx, edits, "e1"), origin=Origin.USER)
    assert done == edits, done
    note(t.sample)
    with timed("push", edits, cloud.pid) as t:
        report = await anna.engine.sync_once()
    assert (report.pushed, report.refused, report.conflicts) == (edits, 0, 0), report
    note(t.sample)
    await ben.engine.sync_once()
    for n in range(5):
        await anna.mirror.write(partial(edit_people, count=few, mark=f"e{n + 2}"), origin=Origin.USER)
        await anna.engine.sync_once()
        with timed("few", few, cloud.pid) as t:
            report = await ben.engine.sync_once()
        assert report.pulled == few, report
        note(t.sample)
    await _live(anna, ben, 40, note)


async def _live(anna: Station, ben: Station, times: int, note: Callable[[Sample], None]) -> None:
    """From the commit of an edit at one workstation until another one has committed it: with sync running as the window
    runs it, poked by the cloud.
    """
    loop, arrived = asyncio.get_running_loop(), asyncio.Event()

    def on_change(changes: ChangeSet) -> None:
        if changes.origin is Origin.PULL and changes.touches(RESIDENT.name):
            loop.call_soon_threadsafe(arrived.set)

    engines = [SyncEngine(s.mirror, s.transport, s.blobs, s.clock, live=True) for s in (anna, ben)]
    end = ben.mirror.feed.subscribe(on_change)
    took = []
    try:
        for engine in engines:
            engine.start()
        await asyncio.sleep(2)  # until both hear the cloud
        for n in range(times):
            arrived.clear()
            await anna.mirror.write(partial(edit_people, count=1, mark=f"live {n}"), origin=Origin.USER)
            begun = time.perf_counter()
            await asyncio.wait_for(arrived.wait(), 30)
            took.append(time.perf_counter() - begun)
            await asyncio.sleep(0.3)
    finally:
        end()
        for engine in engines:
            await engine.close()
    took.sort()
    note(Sample("live-p50", times, took[len(took) // 2]))
    note(Sample("live-p95", times, took[int(len(took) * 0.95) - 1]))


async def _mean(case: str, times: int, pid: int, act: Callable[[], Awaitable[Any]]) -> Sample:
    await act()
    with timed(case, 1, pid) as t:
        for _ in range(times):
            await act()
    return t.sample.divided(times)
