"""The skeleton's client and its cases, and the floor: the same bytes over loopback and into SQLite, without sync."""

from __future__ import annotations

import http.client
import http.server
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import msgspec
import zstandard

from benchmarks.peers.data import FIELDS, rows_file
from benchmarks.peers.measure import Sample, timed
from benchmarks.peers.others import cache, free_port, wait_for

Note = Callable[[Sample], None]
COLUMNS = FIELDS[:-1]
MARKS = ",".join("?" * (len(COLUMNS) + 2))
REPLACED = ",".join(f"{name}=excluded.{name}" for name in ("ver", *COLUMNS))
PUT = f"INSERT INTO row(id,ver,{','.join(COLUMNS)}) VALUES({MARKS}) ON CONFLICT(id) DO UPDATE SET {REPLACED}"
INDEXES = ("row(site_id, kind, name)", "row(mac)", "row(site_id, pin)")


class Page(msgspec.Struct):
    next: int
    more: bool
    rows: list[tuple[str, int, str, str, str, str, str, str, str, str, str]]


class Client:
    """One mirror, in the clear."""

    def __init__(self, url: str, path: Path, name: str) -> None:
        self.http = httpx.Client(base_url=url, timeout=120, trust_env=False)
        self.name, self.cursor, self.number = name, 0, 0
        self.db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self.db.execute("PRAGMA journal_mode=WAL")
        self.db.execute("PRAGMA synchronous=NORMAL")
        self.db.execute(
            f"CREATE TABLE row(id TEXT PRIMARY KEY, ver INT, {', '.join(f'{c} TEXT' for c in COLUMNS)})"
        )
        self.db.execute(
            "CREATE TABLE outbox(n INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT, base INT, fields TEXT)"
        )

    def ask(self, path: str, message: Any) -> bytes:
        packed = zstandard.ZstdCompressor(level=3).compress(msgspec.json.encode(message))
        return zstandard.ZstdDecompressor().decompress(self.http.post(path, content=packed).content)

    def pull(self) -> int:
        """Everything after the cursor; the next page is fetched while one is written."""
        first, count = self.cursor == 0, 0
        with ThreadPoolExecutor(1) as ahead:
            waiting = ahead.submit(self._page, self.cursor)
            while True:
                page = waiting.result()
                if page.more:
                    waiting = ahead.submit(self._page, page.next)
                self.db.execute("BEGIN")
                busy = {row[0] for row in self.db.execute("SELECT DISTINCT id FROM outbox")}
                self.db.executemany(PUT, [row for row in page.rows if row[0] not in busy])
                self.db.execute("COMMIT")
                self.cursor, count = page.next, count + len(page.rows)
                if not page.more:
                    break
        for place, index in enumerate(INDEXES if first else ()):
            self.db.execute(f"CREATE INDEX i{place} ON {index}")
        return count

    def _page(self, cursor: int) -> Page:
        return msgspec.json.decode(self.ask("/pull", {"cursor": cursor, "limit": 5000}), type=Page)

    def edit(self, count: int, mark: str) -> None:
        self.db.execute("BEGIN")
        rows = self.db.execute("SELECT id, ver, name FROM row ORDER BY id LIMIT ?", (count,)).fetchall()
        for row_id, ver, name in rows:
            fields = {"name": f"{name[:20]} {mark}", "notes": mark}
            self.db.execute("UPDATE row SET name=?, notes=? WHERE id=?", (*fields.values(), row_id))
            text = msgspec.json.encode(fields).decode()
            self.db.execute("INSERT INTO outbox(id, base, fields) VALUES(?, ?, ?)", (row_id, ver, text))
        self.db.execute("COMMIT")

    def push(self) -> int:
        done = 0
        while rows := self.db.execute(
            "SELECT n, id, base, fields FROM outbox ORDER BY n LIMIT 500"
        ).fetchall():
            edits = [[n, i, base, msgspec.json.decode(fields)] for n, i, base, fields in rows]
            answers = msgspec.json.decode(self.ask("/push", {"client": self.name, "edits": edits}))
            self.db.execute("BEGIN")
            self.db.executemany("DELETE FROM outbox WHERE n=?", [(a[0],) for a in answers])
            self.db.execute("COMMIT")
            done += sum(1 for a in answers if a[1] == "ok")
        return done


def skeleton(folder: Path, rows: int, edits: int, few: int, note: Note) -> None:
    """The four cases."""
    folder.mkdir(parents=True)
    port = free_port()
    environment = {**os.environ, "SKELETON_DB": str(folder / "server.db"), "SKELETON_ROWS": str(rows)}
    place = [
        "--app-dir",
        str(Path(__file__).parent),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--log-level",
        "error",
    ]
    command = [sys.executable, "-m", "uvicorn", "skeleton_server:app", *place]
    server = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL)
    try:
        wait_for(port, server)
        _cases(f"http://127.0.0.1:{port}", server.pid, folder, (rows, edits, few), note)
    finally:
        server.terminate()
        server.wait(30)


def _cases(url: str, pid: int, folder: Path, sizes: tuple[int, int, int], note: Note) -> None:
    rows, edits, few = sizes
    one, two = Client(url, folder / "one.db", "one"), Client(url, folder / "two.db", "two")
    with timed("first", rows, pid) as t:
        assert one.pull() == rows
    note(t.sample.named("skeleton"))
    two.pull()
    with timed("noop", 1, pid) as t:
        for _ in range(50):
            one.pull()
    note(t.sample.divided(50).named("skeleton"))
    one.edit(edits, "e1")
    with timed("push", edits, pid) as t:
        assert one.push() == edits
    note(t.sample.named("skeleton"))
    two.pull()
    for n in range(3):
        one.pull()
        one.edit(few, f"e{n + 2}")
        one.push()
        with timed("few", few, pid) as t:
            assert two.pull() == few
        note(t.sample.named("skeleton"))


def floor(folder: Path, rows: int, edits: int, few: int, note: Note) -> None:
    """The bytes of all rows over loopback, then into SQLite by executemany."""
    del edits, few
    folder.mkdir(parents=True)
    raw = rows_file(cache(), rows).read_bytes()

    class Handler(http.server.BaseHTTPRequestHandler):
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    connection = http.client.HTTPConnection("127.0.0.1", server.server_port)
    with timed("bytes", rows) as t:
        connection.request("GET", "/")
        assert len(connection.getresponse().read()) == len(raw)
    note(t.sample.named("floor"))
    connection.close()
    server.shutdown()
    server.server_close()
    lines = [tuple(msgspec.json.decode(line).values()) for line in raw.splitlines()]
    db = sqlite3.connect(folder / "floor.db", isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute(f"CREATE TABLE row(id TEXT PRIMARY KEY, {', '.join(FIELDS)})")
    with timed("first", rows) as t:
        db.execute("BEGIN")
        db.executemany(f"INSERT INTO row VALUES({','.join('?' * (len(FIELDS) + 1))})", lines)
        db.execute("COMMIT")
    note(t.sample.named("floor"))
    db.close()
