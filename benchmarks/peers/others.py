"""Anki, WatermelonDB and PouchDB: installed by pip and npm into a cache folder outside the tree, run on loopback.

Each is taken as its makers publish it. Anki judges nothing and has one user; WatermelonDB's backend is the smallest
that keeps its contract; PouchDB speaks CouchDB's protocol with express-pouchdb. None signs in, scopes or claims.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.peers.data import rows_file
from benchmarks.peers.measure import Sample

HERE = Path(__file__).parent
LIMIT_S = 1200
_POUCH = {"pouchdb": "9.0.0", "express": "4.21.2", "express-pouchdb": "4.2.0"}
_WATERMELON = {"@nozbe/watermelondb": "0.28.0", "better-sqlite3": "11.10.0", "rxjs": "7.8.1"}
Note = Callable[[Sample], None]


def cache() -> Path:
    """Where peers are installed; GW_BENCH_CACHE, else the user's cache folder."""
    base = os.environ.get("GW_BENCH_CACHE") or Path.home() / ".cache" / "gatewright-bench"
    Path(base).mkdir(parents=True, exist_ok=True)
    return Path(base)


def anki(folder: Path, rows: int, edits: int, few: int, note: Note) -> None:
    """Anki's client and server, both from its wheel."""
    python = cache() / "anki" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", str(cache() / "anki")], check=True)
        subprocess.run([str(python), "-m", "pip", "install", "--quiet", "anki"], check=True)
    port = free_port()
    environment = {
        "SYNC_USER1": "u:p",
        "SYNC_HOST": "127.0.0.1",
        "SYNC_PORT": str(port),
        "SYNC_BASE": str(folder / "server"),
        "MAX_SYNC_PAYLOAD_MEGS": "1000",
        "RUST_LOG": "error",
    }
    with _server([str(python), "-m", "anki.syncserver"], folder, port, environment):
        arguments = [str(folder), str(port), str(rows), str(edits), str(few), str(rows_file(cache(), rows))]
        _client([str(python), str(HERE / "anki_client.py"), *arguments], "anki", note)


def pouchdb(folder: Path, rows: int, edits: int, few: int, note: Note) -> None:
    """PouchDB on LevelDB, batches of 1,000."""
    place = _packages("pouch", _POUCH, ["pouch_server.mjs", "pouch_client.mjs"])
    port = free_port()
    with _server(_node(place / "pouch_server.mjs", port, folder / "server"), folder, port, {}):
        arguments = (port, folder, rows, edits, few, rows_file(cache(), rows))
        _client(_node(place / "pouch_client.mjs", *arguments), "pouchdb", note)


def watermelondb(folder: Path, rows: int, edits: int, few: int, note: Note) -> None:
    """WatermelonDB on SQLite in node."""
    place = _packages("watermelon", _WATERMELON, ["watermelon_server.cjs", "watermelon_client.cjs"])
    port = free_port()
    with _server(_node(place / "watermelon_server.cjs", port, rows_file(cache(), rows)), folder, port, {}):
        arguments = (port, folder, rows, edits, few)
        _client(_node(place / "watermelon_client.cjs", *arguments), "watermelondb", note)


PEERS = {"anki": anki, "watermelondb": watermelondb, "pouchdb": pouchdb}


def _packages(name: str, wanted: dict[str, str], scripts: list[str]) -> Path:
    place = cache() / name
    place.mkdir(exist_ok=True)
    for script in scripts:
        shutil.copy(HERE / "js" / script, place / script)
    if not (place / "node_modules").exists():
        package = {"name": f"bench-{name}", "private": True, "dependencies": wanted}
        (place / "package.json").write_text(json.dumps(package), "utf-8")
        command = ["npm", "install", "--no-audit", "--no-fund", "--silent"]
        subprocess.run(command, cwd=place, check=True)
    return place


def _node(script: Path, *arguments: object) -> list[str]:
    return ["node", "--max-old-space-size=6000", str(script), *map(str, arguments)]


@contextmanager
def _server(command: list[str], folder: Path, port: int, more: dict[str, str]) -> Iterator[None]:
    folder.mkdir(parents=True)
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=_place_of(command), env={**os.environ, **more}, stdout=log, stderr=log
        )
        try:
            wait_for(port, process)
            yield
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _client(command: list[str], peer: str, note: Note) -> None:
    run = subprocess.run(
        command, cwd=_place_of(command), capture_output=True, text=True, timeout=LIMIT_S, check=False
    )
    if run.returncode:
        raise RuntimeError(f"{peer} failed: {run.stderr[-400:]}")
    for line in run.stdout.splitlines():
        if line.startswith("{"):
            found = json.loads(line)
            note(Sample(found["case"], found["count"], found["seconds"], peer=peer))


def _place_of(command: list[str]) -> Path:
    """Node finds its packages beside the script."""
    return Path(command[2]).parent if command[0] == "node" else cache()


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + 120
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 0.5).close()
        except OSError:
            time.sleep(0.1)  # noqa: TID251  a benchmark waits for a stranger's server
        else:
            return
    raise RuntimeError("a peer's server did not start")
