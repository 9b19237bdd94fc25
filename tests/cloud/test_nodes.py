"""Several nodes behind one PostgreSQL: writers at the same time, readers that skip nothing, a node that dies."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from random import Random

import httpx
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError

from core.base.clock import SystemClock
from core.base.ids import new_id
from core.cloud import admin, auth
from core.cloud.access import Grant
from core.cloud.cloud import Cloud, open_cloud
from core.cloud.db import FEED, MUT_LOG, TENANT_CLOCK
from core.cloud.settings import KEY_VARIABLE
from core.entities.person import RESIDENT
from core.ports.cloud import BusyError
from core.wire import codec
from core.wire.codec import Packing
from core.wire.messages import (
    PROTOCOL,
    SCHEMA,
    Mutation,
    PullPage,
    PullRequest,
    PushAnswer,
    PushBatch,
    SignIn,
)
from tests.cloud.bench import Hand, installer
from tests.cloud.postgres import Postgres
from tests.cloud.test_migrations import settings
from tests.history.world import PASSWORD

WRITERS = 8
LIMIT_S = 60.0
ROOT = Path(__file__).parents[2]
NODE = """
import asyncio, sys
from pathlib import Path
from core.cloud.run import serve
asyncio.run(serve(sys.argv[1], "127.0.0.1", 0, blobs=Path(sys.argv[2]), on_ready=lambda url: print(url, flush=True)))
"""


@pytest.fixture
def nodes(postgres: Postgres, tmp_path: Path) -> Iterator[tuple[Cloud, Cloud]]:
    """Two open clouds on one database."""
    with postgres.database() as url, ExitStack() as stack:
        pair = []
        for name in ("one", "two"):
            pair.append(open_cloud(settings(url, tmp_path / name)))
            stack.callback(pair[-1].close)
        yield pair[0], pair[1]


def colleague(anna: Hand, node: Cloud) -> Hand:
    """Another workstation of the same account, at a node."""
    hand = Hand.of(node, "anna")
    hand.site, hand.building, hand.apartment = anna.site, anna.building, anna.apartment
    return hand


def patiently(hand: Hand, *muts: Mutation) -> None:
    """Push what has to be taken; where a lock was not had in time, again, as a workstation does."""
    for left in reversed(range(50)):
        try:
            hand.must(*muts)
            return
        except BusyError:
            if not left:
                raise


def follow(anna: Hand, start: PullPage, done: Callable[[], bool]) -> list[tuple[str, int]]:
    """What a reader sees that goes from page to page until everything was written: (id, version), in order.

    `start` is pulled before the first writer begins: what was committed before it is nobody's to see.
    """
    seen, seq = list[tuple[str, int]](), start.next
    while True:
        last = done()
        page = anna.pull(start.epoch, seq, start.access_seq, max_rows=7)
        assert page.next >= seq
        seen += [(row.id, row.ver) for row in page.rows]
        seq = page.next
        if last and not page.more and not page.rows:
            return seen


def in_threads(*works: Callable[[], None]) -> tuple[list[threading.Thread], list[BaseException]]:
    """Run all at once; faults are collected."""
    faults: list[BaseException] = []

    def run(work: Callable[[], None]) -> None:
        try:
            work()
        except BaseException as fault:  # noqa: BLE001  shown by the test
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    return threads, faults


@pytest.mark.slow
def test_readers_of_two_nodes_skip_nothing_that_eight_writers_commit(nodes: tuple[Cloud, Cloud]) -> None:
    """Fault 6 of sync.md on PostgreSQL: numbers appear in the order of commits, whoever writes where."""
    anna = installer(nodes[0], "anna")
    shared = anna.resident(remark="0")
    anna.must(shared)
    hands = [colleague(anna, nodes[n % 2]) for n in range(WRITERS)]

    def write(hand: Hand, mark: int) -> None:
        for n in range(4):
            # All touch one row as well: they wait for each other there, and each gives it a version of its own.
            people = [hand.resident(), hand.resident()]
            same = hand.edit(RESIDENT, "patch", shared.entity_id, {"mobile": f"{mark}{n}"}, base_ver=2**30)
            patiently(hand, *people, same)

    readers = [colleague(anna, node) for node in nodes]
    starts = [reader.pull() for reader in readers]
    threads, faults = in_threads(*[partial(write, hand, n) for n, hand in enumerate(hands)])
    seen: list[list[tuple[str, int]]] = []

    def watch(reader: Hand, start: PullPage) -> None:
        seen.append(follow(reader, start, lambda: not any(t.is_alive() for t in threads)))

    watching, wrong = in_threads(*[partial(watch, r, at) for r, at in zip(readers, starts, strict=True)])
    for thread in [*threads, *watching]:
        thread.join(LIMIT_S)
    assert (faults, wrong) == ([], [])
    with nodes[0].database.read() as c:
        written = {(r.entity_id, r.ver) for r in c.execute(select(FEED).where(FEED.c.scope == anna.site))}
        numbers = sorted(c.execute(select(FEED.c.seq)).scalars())
        head = c.execute(select(TENANT_CLOCK.c.seq)).scalar_one()
    new = written - {
        (i, v)
        for i, v in written
        if v == 1 and i in {anna.site, anna.building.entity_id, anna.apartment.entity_id}
    }
    assert len(new) == WRITERS * 4 * 2 + 1
    assert [new - set(one) for one in seen] == [set(), set()]
    assert numbers[-1] <= head
    assert admin.check(nodes[1]) == []


def test_f24_a_node_that_knew_another_access_list_reads_it_anew(nodes: tuple[Cloud, Cloud]) -> None:
    """Fault 24 of sync.md: a node keeps lists of access; one that was changed at another node is not used any more."""
    anna = installer(nodes[0], "anna")
    other = colleague(anna, nodes[1])
    person = other.resident(remark="old")
    other.must(person)  # both nodes have looked the list up
    with nodes[0].database.write(anna.who.tenant) as c:
        grant = Grant(anna.site, anna.who.org, "site", active=False)
        nodes[0].publisher.publish(c, anna.who.tenant, [], at=1, grants=[grant])
    fields = {"remark": "new"}
    for hand in (anna, other):
        [answer] = hand.push(hand.edit(RESIDENT, "patch", person.entity_id, fields, base_ver=1))
        assert answer.code == "scope_denied"
    assert anna.site not in {s.scope for hand in (anna, other) for s in hand.pull().scopes or []}
    with nodes[1].database.write(anna.who.tenant) as c:
        again = Grant(anna.site, anna.who.org, "site")
        nodes[1].publisher.publish(c, anna.who.tenant, [], at=1, grants=[again])
    taken = anna.edit(RESIDENT, "patch", person.entity_id, {"remark": "newer"}, base_ver=1)
    assert [a.status for a in anna.push(taken)] == ["ok"]


def test_two_nodes_give_one_answer_to_one_edit(nodes: tuple[Cloud, Cloud]) -> None:
    """Fault 3: a batch that is repeated at another node at the same moment is judged once."""
    anna = installer(nodes[0], "anna")
    twin = Hand(nodes[1], anna.who, anna.numbers, anna.site)
    person = anna.resident()
    answers: list[object] = []
    threads, faults = in_threads(
        *[partial(lambda h: answers.append(h.push(person)), h) for h in (anna, twin) * 2]
    )
    for thread in threads:
        thread.join(LIMIT_S)
    assert faults == []
    assert len(answers) == 4
    assert all(answer == answers[0] for answer in answers)
    with nodes[0].database.read() as c:
        assert (
            c.execute(
                select(func.count()).select_from(MUT_LOG).where(MUT_LOG.c.mut_id == person.mut_id)
            ).scalar()
            == 1
        )


def test_a_transaction_that_the_server_ended_is_a_reason_to_come_back(nodes: tuple[Cloud, Cloud]) -> None:
    """A machine that is too busy to go on in time; and no value stands in the words of such a fault."""

    def idle() -> None:
        with nodes[0].database.write() as c:
            c.exec_driver_sql("SET LOCAL idle_in_transaction_session_timeout = '1ms'")
            for _ in range(1000):
                threading.Event().wait(0.02)
                c.execute(select(FEED).where(FEED.c.entity_id == "a name that nobody may read"))

    with pytest.raises(BusyError) as busy:
        idle()
    assert isinstance(busy.value.__cause__, DBAPIError)
    assert "nobody may read" not in str(busy.value.__cause__)
    with nodes[0].database.read() as c:
        assert c.execute(select(func.count()).select_from(FEED)).scalar() == 0


# ---------------------------------------------------------------------------------------------- processes that die


@dataclass
class Node:
    """A service in a process of its own."""

    url: str
    process: subprocess.Popen[str]


class Nodes:
    """Services behind one database; one may be killed and another started."""

    def __init__(self, url: str, folder: Path, key: bytes) -> None:
        self._arguments = [sys.executable, "-c", NODE, url.replace("+psycopg", ""), str(folder / "blobs")]
        self._environment = {**os.environ, KEY_VARIABLE: key.hex(), "PYTHONPATH": str(ROOT)}
        self.live: list[Node] = []

    def start(self) -> None:
        process = subprocess.Popen(
            self._arguments,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            env=self._environment,
        )
        assert process.stdout is not None
        self.live.append(Node(process.stdout.readline().strip(), process))
        assert self.live[-1].url

    def kill(self) -> None:
        """End the oldest by kill -9."""
        self._end(self.live.pop(0), hard=True)

    def close(self) -> None:
        while self.live:
            self._end(self.live.pop(), hard=False)

    def _end(self, node: Node, *, hard: bool) -> None:
        (node.process.kill if hard else node.process.terminate)()
        node.process.wait(LIMIT_S)
        if node.process.stdout is not None:
            node.process.stdout.close()


@contextmanager
def processes(url: str, folder: Path, key: bytes) -> Iterator[Nodes]:
    nodes = Nodes(url, folder, key)
    try:
        for _ in range(2):
            nodes.start()
        yield nodes
    finally:
        nodes.close()


@dataclass
class Client:
    """A workstation that pushes over HTTP to whichever node answers, and repeats what had no answer."""

    hand: Hand
    nodes: Nodes
    token: str
    rng: Random
    acked: set[str] = field(default_factory=set)
    repeats: int = 0

    def ask(self, path: str, message: object) -> bytes:
        headers = {"content-type": Packing.ZSTD.value, "authorization": f"Bearer {self.token}"}
        for _ in range(2000):
            node = self.rng.choice(list(self.nodes.live) or [None])
            if node is None:
                continue
            try:
                answer = self.http.post(
                    f"{node.url}/v1/sync/{path}", content=codec.pack(message), headers=headers
                )
            except httpx.TransportError:
                self.repeats += 1
                self.pause.wait(0.02)
                continue
            if answer.status_code == 503:
                self.pause.wait(0.05)
                continue
            assert answer.status_code == 200, answer.text
            return codec.unpack_bytes(answer.content, Packing.ZSTD)
        raise AssertionError("no node answered")

    def push_all(self, batches: int) -> None:
        for _ in range(batches):
            muts = [self.hand.resident() for _ in range(3)]
            self.push(muts)

    def push(self, muts: list[Mutation]) -> None:
        batch = PushBatch(proto=PROTOCOL, schema=SCHEMA, replica=self.hand.who.replica, acked_n=0, muts=muts)
        answers = codec.parse(self.ask("push", batch), PushAnswer).answers
        assert {a.status for a in answers} == {"ok"}
        self.acked |= {m.entity_id for m in muts}

    def pull(self, epoch: str, seq: int, access_seq: int) -> PullPage:
        request = PullRequest(
            proto=PROTOCOL,
            schema=SCHEMA,
            replica=self.hand.who.replica,
            epoch=epoch,
            seq=seq,
            access_seq=access_seq,
            max_rows=11,
        )
        return codec.parse(self.ask("pull", request), PullPage)

    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30, trust_env=False))
    pause: threading.Event = field(default_factory=threading.Event)


def client(anna: Hand, nodes: Nodes, seed: int) -> Client:
    session = auth.sign_in(anna.cloud, SignIn(user="anna", password=PASSWORD, replica=new_id()))
    hand = Hand(anna.cloud, auth.who_is(anna.cloud, session.access_token), site=anna.site)
    hand.building, hand.apartment = anna.building, anna.apartment
    return Client(hand, nodes, session.access_token, Random(seed))


@pytest.mark.soak
@pytest.mark.timeout(600)
def test_nodes_are_killed_while_eight_workstations_write(postgres: Postgres, tmp_path: Path) -> None:
    """Two processes behind one database, one killed -9 again and again: each edit once, no reader skips one."""
    with postgres.database() as url, ExitStack() as stack:
        cloud = open_cloud(replace(settings(url, tmp_path / "own"), clock=SystemClock()))
        stack.callback(cloud.close)
        anna = installer(cloud, "anna")
        nodes = stack.enter_context(processes(url, tmp_path, cloud.settings.key))
        writers = [client(anna, nodes, n) for n in range(WRITERS)]
        reader = client(anna, nodes, 99)
        for one in (*writers, reader):
            stack.callback(one.http.close)
        start = reader.pull("", 0, 0)
        threads, faults = in_threads(*[partial(w.push_all, 60) for w in writers])
        seen: set[str] = set()
        seq, kills, due = start.next, 0, time.monotonic() + 1
        while (
            any(t.is_alive() for t in threads) or seq < reader.pull(start.epoch, seq, start.access_seq).head
        ):
            page = reader.pull(start.epoch, seq, start.access_seq)
            seen |= {row.id for row in page.rows}
            seq = page.next
            if time.monotonic() > due and kills < 6 and any(t.is_alive() for t in threads):
                nodes.kill()
                nodes.start()
                kills, due = kills + 1, time.monotonic() + 1
        for thread in threads:
            thread.join(LIMIT_S)
        assert faults == []
        acked = set().union(*[w.acked for w in writers])
        assert len(acked) == WRITERS * 60 * 3
        assert acked - seen == set()
        with cloud.database.read() as c:
            logged = c.execute(select(MUT_LOG.c.mut_id)).scalars().all()
        assert len(logged) == len(set(logged))
        assert admin.check(cloud) == []
        assert kills
        assert sum(w.repeats for w in writers), "a kill that nobody noticed proves nothing"
