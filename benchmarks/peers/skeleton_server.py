"""The server of the skeleton: what the protocol costs in Python with one kind of row and without sign-in, scopes, rules
that look at other rows, typed tables, sealing or audit. A feed of one row per entity, numbers taken last.

    SKELETON_DB=FILE SKELETON_ROWS=n python -m uvicorn skeleton_server:app
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import sys
import threading
from pathlib import Path
from typing import Any

import msgspec
import zstandard

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))
from benchmarks.peers.data import make_rows

FIELDS = ("site_id", "kind", "name", "mac", "model", "pin", "unit", "phone", "notes")
PLACE = {name: n + 2 for n, name in enumerate(FIELDS)}
TABLES = """
CREATE TABLE clock(seq INTEGER NOT NULL);
CREATE TABLE feed(scope TEXT, id TEXT PRIMARY KEY, seq INTEGER, ver INTEGER, body BLOB, fver BLOB);
CREATE UNIQUE INDEX feed_seq ON feed(seq);
CREATE INDEX feed_scope ON feed(scope, seq);
CREATE TABLE client(id TEXT PRIMARY KEY, last_n INTEGER);
CREATE TABLE result(client TEXT, n INTEGER, body BLOB, PRIMARY KEY(client, n));
CREATE TABLE claim(key TEXT PRIMARY KEY, owner TEXT)
"""
local = threading.local()
encode, decode = msgspec.json.encode, msgspec.json.decode


def database() -> sqlite3.Connection:
    if not hasattr(local, "opened"):
        local.opened = sqlite3.connect(os.environ["SKELETON_DB"], isolation_level=None)
        local.opened.execute("PRAGMA journal_mode=WAL")
        local.opened.execute("PRAGMA synchronous=FULL")
    found: sqlite3.Connection = local.opened
    return found


def seed() -> None:
    """All rows at version 1."""
    db, rows = database(), make_rows(int(os.environ["SKELETON_ROWS"])).rows
    db.executescript(TABLES)
    images = [
        (r["site_id"], r["id"], n + 1, encode([r["id"], 1, *[r[f] for f in FIELDS]]))
        for n, r in enumerate(rows)
    ]
    db.execute("BEGIN")
    db.executemany("INSERT INTO feed VALUES(?, ?, ?, 1, ?, '{}')", images)
    db.executemany("INSERT INTO claim VALUES(?, ?)", [(r["mac"], r["id"]) for r in rows])
    db.execute("INSERT INTO clock VALUES(?)", (len(rows),))
    db.execute("COMMIT")


def pull(request: dict[str, Any]) -> bytes:
    db, limit = database(), request["limit"]
    head = db.execute("SELECT seq FROM clock").fetchone()[0]
    query = "SELECT seq, body FROM feed WHERE seq > ? ORDER BY seq LIMIT ?"
    rows = db.execute(query, (request["cursor"], limit)).fetchall()
    more = len(rows) == limit
    told = encode({"next": rows[-1][0] if more else head, "more": more})
    return b'{"rows":[' + b",".join(row[1] for row in rows) + b"]," + told[1:]


def push(request: dict[str, Any]) -> bytes:
    """Per edit: once by number, field merge against who wrote what, claims; numbers last."""
    db, client = database(), request["client"]
    db.execute("BEGIN IMMEDIATE")
    known = db.execute("SELECT last_n FROM client WHERE id=?", (client,)).fetchone()
    fresh = [edit for edit in request["edits"] if edit[0] > (known[0] if known else 0)]
    ids = encode(sorted({edit[1] for edit in fresh})).decode()
    query = "SELECT id, ver, body, fver FROM feed WHERE id IN (SELECT value FROM json_each(?))"
    held = {i: [v, decode(b), decode(f)] for i, v, b, f in db.execute(query, (ids,))}
    answers = [_judge(db, client, held[edit[1]], edit) for edit in fresh]
    top = db.execute("UPDATE clock SET seq = seq + ? RETURNING seq", (len(held),)).fetchall()[0][0]
    moved = [
        (top - len(held) + 1 + n, ver, encode(image), encode(fver), i)
        for n, (i, (ver, image, fver)) in enumerate(held.items())
    ]
    db.executemany("UPDATE feed SET seq=?, ver=?, body=?, fver=? WHERE id=?", moved)
    db.executemany("INSERT INTO result VALUES(?, ?, ?)", [(client, a[0], encode(a)) for a in answers])
    if fresh:
        db.execute("INSERT OR REPLACE INTO client VALUES(?, ?)", (client, fresh[-1][0]))
    db.execute("COMMIT")
    return encode(answers)


def _judge(db: sqlite3.Connection, client: str, row: list[Any], edit: list[Any]) -> list[Any]:
    number, row_id, base, fields = edit
    _, image, fver = row
    clashes = [
        name
        for name, value in fields.items()
        if name in fver and fver[name][0] > base and fver[name][1] != client and image[PLACE[name]] != value
    ]
    if (mac := fields.get("mac")) and mac != image[PLACE["mac"]]:
        db.execute("INSERT OR IGNORE INTO claim VALUES(?, ?)", (mac, row_id))
        if db.execute("SELECT owner FROM claim WHERE key=?", (mac,)).fetchone()[0] != row_id:
            return [number, "refused", row[0]]
    row[0] = image[1] = row[0] + 1
    for name in fields.keys() - clashes:
        image[PLACE[name]], fver[name] = fields[name], [row[0], client]
    return [number, "conflict" if clashes else "ok", row[0]]


async def app(scope: dict[str, Any], receive: Any, send: Any) -> None:
    """ASGI: packed JSON in, packed JSON out."""
    if scope["type"] == "lifespan":
        while (await receive())["type"] == "lifespan.startup":
            await asyncio.to_thread(seed)
            await send({"type": "lifespan.startup.complete"})
        await send({"type": "lifespan.shutdown.complete"})
        return
    body, more = b"", True
    while more:
        message = await receive()
        body, more = body + message.get("body", b""), message.get("more_body", False)
    request = decode(zstandard.ZstdDecompressor().decompress(body))
    plain = await asyncio.to_thread(pull if scope["path"] == "/pull" else push, request)
    packed = zstandard.ZstdCompressor(level=3).compress(plain)
    headers = [(b"content-length", str(len(packed)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": packed})
