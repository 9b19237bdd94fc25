"""How many pushes one tenant's cloud takes: several workstations of one firm, each pushing 20 edits again and again.

    .venv/bin/python benchmarks/pushes.py [--json] [--core postgresql|sqlite] [--rows 20000] [--clients 16]
        [--nodes 2] [--seconds 10]

The bar is 500 pushes a second of one tenant on PostgreSQL (sync.md 7). Clients speak the real protocol over real
sockets, signed in, with everything judged; they have no mirror, so that the cloud is what is measured: each edit
patches one field of a row of its own, on the version that the last answer told. Clients, nodes and PostgreSQL share the
machine's processors: beside the rate stands how much processor time a push takes of each, which says what a machine
with more of them would do. The floor, in the same run, is what the database takes of bare transactions of as many rows,
by eight connections (benchmarks/peers/bare_pushes.py). With `--nodes 0` there are no sockets and no service between:
each client is a node and calls what the service would.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

# Else `sync` would be a file of this folder and not the package.
sys.path[0] = str(Path(__file__).resolve().parents[1])

import msgspec  # noqa: E402
from sqlalchemy import create_engine, select, text  # noqa: E402

from benchmarks.peers import bare_pushes, gatewright  # noqa: E402
from core.base.ids import new_id  # noqa: E402
from core.cloud import auth, service  # noqa: E402
from core.cloud.cloud import open_cloud  # noqa: E402
from core.cloud.db import table_of  # noqa: E402
from core.cloud.settings import settings_for  # noqa: E402
from core.entities.person import RESIDENT  # noqa: E402
from core.wire import codec  # noqa: E402
from core.wire.codec import Packing  # noqa: E402
from core.wire.messages import PROTOCOL, SCHEMA, Mutation, PushAnswer, PushBatch, Session, SignIn  # noqa: E402
from tests.cloud.postgres import AS_AT_WORK, reason_without, running  # noqa: E402

EDITS = 20
BAR = 500
WARM_S = 1.0
"""Before the time runs: connections, prepared statements."""


# -------------------------------------------------------------------------------------------------------- one client


class Client:
    """A workstation without a mirror, with rows of its own."""

    def __init__(self, url: str, rows: list[tuple[str, str, int]]) -> None:
        self._address = urlsplit(url).netloc
        self._socket: socket.socket | None = None
        self._replica, self._n = new_id(), 0
        self._rows = rows
        self._vers = {row_id: ver for row_id, _, ver in rows}
        self._token = ""

    def sign_in(self) -> None:
        body = SignIn(user="anna", password=gatewright.PASSWORD, replica=self._replica)
        answer = self._post("/v1/session", msgspec.json.encode(body), {})
        self._token = msgspec.json.decode(answer, type=Session).access_token

    def push(self, turn: int) -> None:
        """One push of EDITS edits, each of another row; every one of them has to be taken."""
        at = turn * EDITS
        muts = [self._edit(*self._rows[(at + k) % len(self._rows)][:2]) for k in range(EDITS)]
        batch = PushBatch(proto=PROTOCOL, schema=SCHEMA, replica=self._replica, acked_n=0, muts=muts)
        told = self._offer(batch)
        assert all(a.status == "ok" for a in told.answers), told.answers
        self._vers |= {m.entity_id: a.ver for m, a in zip(muts, told.answers, strict=True)}

    def _offer(self, batch: PushBatch) -> PushAnswer:
        kind = Packing.ZSTD.value
        headers = {"content-type": kind, "accept": kind, "authorization": f"Bearer {self._token}"}
        answer = self._post("/v1/sync/push", codec.pack(batch), headers)
        return codec.unpack(answer, PushAnswer, Packing.ZSTD)

    def come_back(self) -> None:
        """After a rest, in which the service closes a connection."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _post(self, path: str, body: bytes, headers: dict[str, str]) -> bytes:
        # The leanest that speaks HTTP: it stands for machines of their own, and takes of this one's processors.
        if self._socket is None:
            host, _, port = self._address.partition(":")
            self._socket = socket.create_connection((host, int(port)), timeout=30)
        told = {"host": self._address, "content-length": len(body), **headers}
        head = f"POST {path} HTTP/1.1\r\n" + "".join(f"{k}: {v}\r\n" for k, v in told.items())
        self._socket.sendall(head.encode() + b"\r\n" + body)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._more()
        words, _, content = answer.partition(b"\r\n\r\n")
        size = int(words.lower().split(b"content-length:")[1].split(b"\r\n")[0])
        while len(content) < size:
            content += self._more()
        assert words.startswith(b"HTTP/1.1 200"), (words, content[:200])
        return content

    def _more(self) -> bytes:
        assert self._socket is not None
        piece = self._socket.recv(1 << 16)
        assert piece, "the service hung up"
        return piece

    def _edit(self, row_id: str, site: str) -> Mutation:
        self._n += 1
        fields: dict[str, Any] = {"remark": f"edit {self._n}"}
        made_at = time.time_ns() // 1_000_000
        row = (RESIDENT.number, row_id, site)
        return Mutation(self._n, new_id(), None, *row, "patch", self._vers[row_id], fields, made_at)


class Inside(Client):
    """A node that pushes to itself: the whole judging and writing of a push without the network, as the figures of
    sync.md 3.6 are taken. `url` is the database's.
    """

    def __init__(self, url: str, rows: list[tuple[str, str, int]]) -> None:
        super().__init__("http://127.0.0.1", rows)
        files = Path(tempfile.gettempdir()) / f"gatewright-pushes-{os.getpid()}"
        self._cloud = open_cloud(settings_for(url, blobs=files, environment=gatewright.environment()))

    def sign_in(self) -> None:
        """Past the address and the token, which are looked at once here."""
        request = SignIn(user="anna", password=gatewright.PASSWORD, replica=self._replica)
        self._who = auth.who_is(self._cloud, auth.sign_in(self._cloud, request).access_token)

    def _offer(self, batch: PushBatch) -> PushAnswer:
        return service.push(self._cloud, self._who, batch)


def client(url: str, rows_path: str, seconds: float) -> None:
    """The process of one client: ready, wait for the word, push, tell how often and how long each took."""
    rows = msgspec.json.decode(Path(rows_path).read_bytes(), type=list[tuple[str, str, int]])
    one = Client(url, rows) if url.startswith("http") else Inside(url, rows)
    one.sign_in()
    print("signed in", flush=True)
    turn, warm = 0, time.perf_counter() + WARM_S
    while time.perf_counter() < warm:
        one.push(turn)
        turn += 1
    print("ready", flush=True)
    sys.stdin.readline()
    one.come_back()
    took, used, end = [], time.process_time(), time.perf_counter() + seconds
    while (begun := time.perf_counter()) < end:
        one.push(turn)
        turn += 1
        took.append(time.perf_counter() - begun)
    print(json.dumps({"took": took, "cpu": time.process_time() - used}), flush=True)


# ------------------------------------------------------------------------------------------------------- the measure


@contextmanager
def _database(core: str, folder: Path) -> Iterator[str]:
    if core == "sqlite":
        yield f"sqlite:///{folder / 'cloud.db'}"
        return
    if why := reason_without():
        raise SystemExit(f"PostgreSQL cannot be measured: {why}")
    with running(AS_AT_WORK) as server, server.database() as url:
        yield url


def _own_rows(url: str, clients: int, folder: Path) -> list[Path]:
    """Each client's rows, in a file: the same sites for all, so that they share scopes, but no row."""
    people = table_of(RESIDENT)
    engine = create_engine(url)
    with engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text("SELECT set_config('gatewright.tenant', '*', true)"))
        found = [tuple(r) for r in connection.execute(select(people.c.id, people.c.scope, people.c.ver))]
    engine.dispose()
    paths = [folder / f"rows-{k}.json" for k in range(clients)]
    for k, path in enumerate(paths):
        path.write_bytes(msgspec.json.encode(found[k::clients]))
    return paths


def _settle(url: str) -> None:
    """What autovacuum does on a real server within a minute: without figures of its tables PostgreSQL guesses."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            connection.execute(text("ANALYZE"))
    engine.dispose()


def _backends() -> float:
    """Processor seconds of PostgreSQL's processes for connections, those included that ended."""
    total = 0.0
    for place in Path("/proc").iterdir():
        try:
            words = (place / "cmdline").read_bytes()[:200] if place.name.isdigit() else b""
            if b"gatewright_" in words[:80] or (b"/gwpg-" in words and b"-D" in words):
                fields = (place / "stat").read_text("ascii").rsplit(")", 1)[1].split()
                own, children = fields[11:13], fields[13:15]
                total += sum(map(int, children if b"-D" in words else own)) / os.sysconf("SC_CLK_TCK")
        except OSError:
            continue
    return total


def _cpu_of(pids: list[int]) -> float:
    stats = [Path(f"/proc/{pid}/stat").read_text("ascii").rsplit(")", 1)[1].split() for pid in pids]
    return sum(int(f[11]) + int(f[12]) for f in stats) / os.sysconf("SC_CLK_TCK")


def measure(core: str, rows: int, clients: int, seconds: float, nodes: int) -> dict[str, Any]:
    """The whole run."""
    folder = Path(tempfile.mkdtemp(prefix="gatewright-pushes-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        url = stack.enter_context(_database(core, folder))
        gatewright.seed(url, folder, rows)
        _settle(url)
        served = [stack.enter_context(gatewright.CloudProcess(url, folder)) for _ in range(nodes)]
        own = _own_rows(url, clients, folder)
        command = [sys.executable, __file__, "--client"]
        processes = []
        for k, path in enumerate(own):
            process = subprocess.Popen(
                [*command, served[k % nodes].url if served else url, str(path), "--seconds", str(seconds)],
                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
            )  # fmt: skip
            stack.callback(process.kill)
            processes.append(process)
            # One after the other: attempts to sign in by one name at once count as guesses.
            _expect(process, "signed in")
        for process in processes:
            _expect(process, "ready")
        pids = [node.pid for node in served]
        before = _cpu_of(pids), _backends()
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("go\n")
            process.stdin.flush()
        told = [json.loads(process.communicate(timeout=seconds + 60)[0]) for process in processes]
        after = _cpu_of(pids), _backends()
        floor = 0.0
        if core == "postgresql":
            libpq = url.replace("postgresql+psycopg://", "postgresql://")
            floor = bare_pushes.pushes_a_second(libpq, edits=EDITS)
    used = after[0] - before[0], after[1] - before[1]
    shape = {"core": core, "rows": rows, "clients": clients, "nodes": nodes, "edits": EDITS}
    return shape | _came_to(told, seconds, *used) | {"floor_per_s": round(floor, 1)}


def _expect(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    assert process.stdout.readline().strip() == words, "a client did not come up"


def _came_to(told: list[dict[str, Any]], seconds: float, nodes_s: float, database_s: float) -> dict[str, Any]:
    """Rate, times, and processor milliseconds of each for one push."""
    took = sorted(t for one in told for t in one["took"])
    each = 1000 / len(took)
    return {
        "pushes_per_s": round(len(took) / seconds, 1),
        "p50_ms": round(took[len(took) // 2] * 1000, 2),
        "p95_ms": round(took[int(len(took) * 0.95)] * 1000, 2),
        "client_cpu_ms": round(sum(one["cpu"] for one in told) * each, 3),
        "node_cpu_ms": round(nodes_s * each, 3),
        "database_cpu_ms": round(database_s * each, 3),
        "load": round(os.getloadavg()[0], 1),
        "cores": os.cpu_count(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    parser.add_argument("--core", choices=("postgresql", "sqlite"), default="postgresql")
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--nodes", type=int, default=2, help="0: each client is a node that pushes to itself")
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--client", nargs=2, metavar=("URL", "ROWS"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.client:
        client(given.client[0], given.client[1], given.seconds)
        return
    found = measure(given.core, given.rows, given.clients, given.seconds, given.nodes)
    if given.json:
        print(json.dumps(found, indent=1))
        return
    for name, value in found.items():
        print(f"{name:18}{value}")
    print(f"{'bar':18}{BAR} pushes a second of one tenant on PostgreSQL")


if __name__ == "__main__":
    main()
