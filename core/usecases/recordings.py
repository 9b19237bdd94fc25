"""The flight recorder on disk: exchanges with devices, masked before, kept for days, exportable (W25)."""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, func, insert, select

from core.base.clock import from_ms, to_ms
from core.entities.device import SIGHTING
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.store.reader import Reader
from core.store.tables import RECORDING
from core.store.tx import Tx
from core.usecases.context import Context

KEPT = timedelta(days=14)
MOST_ROWS = 200_000
"""About 100 MB; a busy week of a large site is a tenth of it."""
WAITING = 5_000
"""Exchanges that may wait in memory; beyond it the oldest go: a recorder must not stop the work that it records."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One exchange as kept: one line for people, and its members."""

    at: datetime
    mac: str
    line: str
    members: Mapping[str, Any]


class RecordingSink:
    """Takes exchanges on any thread and writes them in batches by `flush`."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror
        self._lock = threading.Lock()
        self._waiting: deque[dict[str, Any]] = deque(maxlen=WAITING)

    def __call__(self, exchange: Any) -> None:
        """Take one exchange of `device_link.recorder`; never waits."""
        row = {
            "at": to_ms(exchange.at),
            "url": exchange.url,
            "line": _line(exchange),
            "body": _members(exchange),
        }
        with self._lock:
            self._waiting.append(row)

    async def flush(self) -> int:
        """Write what waits and forget what is too old; returns how many were written."""
        with self._lock:
            rows = list(self._waiting)
            self._waiting.clear()
        if not rows:
            return 0
        await self._mirror.write(lambda tx: _write(tx, rows), origin=Origin.JOB)
        return len(rows)


def _line(exchange: Any) -> str:
    came = exchange.error or f"{exchange.status}"
    return f"{exchange.method} {exchange.path} {came} {exchange.took_ms} ms"[:600]


def _members(exchange: Any) -> bytes:
    members = {
        name: getattr(exchange, name)
        for name in ("url", "method", "path", "request", "status", "reply", "took_ms", "error")
    }
    return json.dumps(members, ensure_ascii=False).encode()


def _write(tx: Tx, rows: list[dict[str, Any]]) -> None:
    macs = {s.url: s.mac for s in tx.find(SIGHTING) if s.mac}
    values = [
        {"at": r["at"], "mac": macs.get(r["url"], ""), "line": r["line"], "body": r["body"]} for r in rows
    ]
    tx.connection.execute(insert(RECORDING), values)
    oldest = to_ms(tx.now - KEPT)
    tx.connection.execute(delete(RECORDING).where(RECORDING.c.at < oldest))
    count = tx.connection.execute(select(func.count()).select_from(RECORDING)).scalar_one()
    if count > MOST_ROWS:
        least = select(RECORDING.c.id).order_by(RECORDING.c.id).limit(count - MOST_ROWS)
        tx.connection.execute(delete(RECORDING).where(RECORDING.c.id.in_(least)))


async def recorded(ctx: Context, *, mac: str = "", newest: int = 500) -> list[Recorded]:
    """The newest exchanges, oldest first; with `mac` those with that device."""
    ctx.require_signed_in()

    def work(reader: Reader) -> list[Recorded]:
        query = select(RECORDING).order_by(RECORDING.c.id.desc()).limit(newest)
        if mac:
            query = query.where(RECORDING.c.mac == mac)
        rows = reader.connection.execute(query).all()
        return [Recorded(from_ms(r.at), r.mac, r.line, json.loads(r.body or b"{}")) for r in reversed(rows)]

    return await ctx.mirror.read(work)


async def export_recording(ctx: Context, *, mac: str = "", newest: int = 10_000) -> str:
    """The exchanges as JSON lines, for the maker or a colleague. They hold no secrets."""
    lines = [
        json.dumps({"at": r.at.isoformat(), "mac": r.mac, **r.members}, ensure_ascii=False)
        for r in await recorded(ctx, mac=mac, newest=newest)
    ]
    return "".join(f"{line}\n" for line in lines)
