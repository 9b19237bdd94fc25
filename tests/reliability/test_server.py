"""Faults of the service and its database, in SQLite and where it is installed in PostgreSQL (rows 6 to 9)."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import text

from core.cloud import admin
from core.cloud.cloud import Cloud, open_cloud
from core.cloud.settings import CloudSettings
from core.entities.person import RESIDENT
from core.ports.cloud import BusyError
from core.wire.messages import Mutation, MutationAnswer
from tests.cloud.bench import Hand, installer
from tests.cloud.conftest import postgres
from tests.cloud.postgres import Postgres, programs, reason_without, running
from tests.history.world import CHEAP, TEMPLATES, ManualClock

pytestmark = pytest.mark.timeout(240)

__all__ = ["postgres"]


@dataclass
class Nodes:
    """Some nodes on one database, and a hand at the first."""

    clouds: list[Cloud]
    anna: Hand

    def hand(self, number: int) -> Hand:
        made = Hand.of(self.clouds[number], "anna")
        made.site, made.building, made.apartment = self.anna.site, self.anna.building, self.anna.apartment
        return made


@contextmanager
def nodes_on(url: str, folder: Path) -> Iterator[Nodes]:
    settings = CloudSettings(
        database_url=url, blobs=folder / "blobs", key=b"k" * 32, password_cost=CHEAP, clock=ManualClock()
    )
    clouds = [open_cloud(settings) for _ in range(3)]
    try:
        yield Nodes(clouds, installer(clouds[0], "anna"))
    finally:
        for cloud in clouds:
            cloud.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def nodes(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Nodes]:
    """Three nodes on one database of each kind."""
    if request.param == "sqlite":
        TEMPLATES.cloud(tmp_path / "cloud.db")
        with nodes_on(f"sqlite:///{tmp_path / 'cloud.db'}", tmp_path) as made:
            yield made
        return
    server: Postgres = request.getfixturevalue("postgres")
    with server.database() as url, nodes_on(url, tmp_path) as made:
        yield made


def at_once(*works: Callable[[], Any]) -> None:
    """Run each in a thread of its own; raises what one of them raised."""
    faults: list[BaseException] = []

    def guarded(work: Callable[[], Any]) -> None:
        try:
            work()
        except BaseException as fault:  # noqa: BLE001  handed to the test
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    if faults:
        raise faults[0]


@pytest.mark.parametrize("writers", [3, pytest.param(8, marks=pytest.mark.soak)])
def test_f06_readers_never_pass_over_a_row_that_is_committed_late(
    nodes: Nodes, writers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The test by which a plain sequence lost 1,219 of 2,700 rows. I3."""
    rng, pause = Random(6), threading.Event()
    whole = type(nodes.clouds[0].publisher).publish

    def late(self: Any, *arguments: Any, **named: Any) -> int:
        head = whole(self, *arguments, **named)
        pause.wait(rng.random() * 0.003)
        return head

    monkeypatch.setattr(type(nodes.clouds[0].publisher), "publish", late)
    hands = [nodes.hand(n % 3) for n in range(writers)]
    start, seen, done = nodes.anna.pull(), set[str](), threading.Event()
    total, seq = writers * 8 * 3, start.next

    def write(hand: Hand) -> None:
        for _ in range(8):
            hand.must(*[hand.resident() for _ in range(3)])

    def read() -> None:
        nonlocal seq
        while len(seen) < total and not (done.is_set() and seq >= nodes.anna.pull().head):
            page = nodes.anna.pull(start.epoch, seq, start.access_seq, max_rows=7)
            seen.update(row.id for row in page.rows)
            seq = page.next

    reader = threading.Thread(target=read)
    reader.start()
    at_once(*[partial(write, hand) for hand in hands])
    done.set()
    reader.join(60)
    assert len(seen) == total
    assert admin.check(nodes.clouds[0]) == []


def test_f07_a_transaction_that_idles_for_long_hides_nothing(nodes: Nodes) -> None:
    """An order by transaction ids would hide every commit until it ends; a counter does not."""
    start = nodes.anna.pull()
    engine = nodes.clouds[1].database.engine
    with engine.connect() as idle:
        if engine.dialect.name == "postgresql":
            idle.execute(text("SELECT pg_current_xact_id()"))
        else:
            idle.execute(text("SELECT count(*) FROM feed"))
        made = nodes.anna.resident()
        nodes.anna.must(made)
        page = nodes.hand(2).pull(start.epoch, start.next, start.access_seq)
        assert [row.id for row in page.rows] == [made.entity_id]
        idle.rollback()


def test_f08_two_replicas_push_the_same_rows_in_opposite_order(nodes: Nodes) -> None:
    """Rows are locked in the order of their ids, whatever the order of the edits; who waits too long comes again."""
    people = [nodes.anna.resident() for _ in range(6)]
    nodes.anna.must(*people)
    hands, rounds, judged = [nodes.hand(n) for n in (0, 1, 2)], 6, list[str]()

    def push(hand: Hand, ordered: list[Mutation]) -> None:
        for number in range(rounds):
            word = f"{hand.who.replica[-4:]} {number}"
            edits = [
                hand.edit(RESIDENT, "patch", p.entity_id, {"remark": word}, base_ver=2**30) for p in ordered
            ]
            judged.extend(a.status for a in _until_judged(hand, edits))

    orders = (people, people[::-1], [*people[3:], *people[:3]])
    at_once(*[partial(push, hand, order) for hand, order in zip(hands, orders, strict=True)])
    assert judged == ["ok"] * (3 * rounds * len(people))
    assert admin.check(nodes.clouds[0]) == []
    rows = nodes.clouds[0].rows
    with nodes.clouds[0].database.read() as c:
        found = rows.by_ids(c, RESIDENT, nodes.anna.who.tenant, [p.entity_id for p in people])
    assert {held.ver for held in found.values()} == {1 + 3 * rounds}, "each push had its effect once"


def _until_judged(hand: Hand, edits: list[Mutation]) -> list[MutationAnswer]:
    for _ in range(50):
        try:
            return hand.push(*edits)
        except BusyError:
            continue
    raise AssertionError("never judged")


@pytest.mark.soak
@pytest.mark.timeout(180)
def test_f09_postgresql_is_killed_and_comes_back(tmp_path: Path) -> None:
    """What was answered is there after the restart; what was not is judged once when it comes again."""
    why = reason_without()
    if why:
        pytest.skip(why)
    with running() as server, server.database() as url, nodes_on(url, tmp_path) as nodes:
        _flush_commits(nodes)
        people = [nodes.anna.resident() for _ in range(30)]
        answered: set[str] = set()
        for place, person in enumerate(people):
            if place in {10, 20}:
                _crash(server)
            for answer in _until_judged(nodes.anna, [person]):
                answered.add(answer.mut_id)
        assert len(answered) == 30
        page = nodes.anna.fill(nodes.anna.site)
        assert {p.entity_id for p in people} <= {row.id for row in page.rows}
        assert admin.check(nodes.clouds[0]) == []


def _flush_commits(nodes: Nodes) -> None:
    """The tests' server does not flush, for speed; here it must."""
    engine = nodes.clouds[0].database.engine
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as c:
        c.execute(text(f"ALTER DATABASE {engine.url.database} SET synchronous_commit = on"))
    for cloud in nodes.clouds:
        cloud.database.engine.dispose()


def _crash(server: Postgres) -> None:
    """Kill the server as kill -9 does, and start it again with the same options."""
    data, found = server.folder / "data", programs()
    assert found is not None
    os.kill(int((data / "postmaster.pid").read_text("ascii").split()[0]), signal.SIGKILL)
    owner = data.stat()
    user = ["setpriv", f"--reuid={owner.st_uid}", f"--regid={owner.st_gid}", "--clear-groups"]
    command = [
        str(found / "pg_ctl"),
        "-w",
        "-t",
        "60",
        "-D",
        str(data),
        "-l",
        str(server.folder / "log"),
        "restart",
    ]
    said = b""
    for _ in range(20):
        # Its children notice the death of their parent a moment later; until then the start is refused.
        done = subprocess.run(
            [*(user if os.geteuid() == 0 else []), *command],
            check=False,
            capture_output=True,
            cwd=server.folder,
        )
        if done.returncode == 0:
            return
        said = done.stderr
    raise AssertionError(said)
