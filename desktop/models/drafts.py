"""Drafts that survive: what was typed and not saved is kept in the encrypted mirror until it is saved or given up.

The mirror belongs to one account, so drafts do too. Texts may hold codes; they are written nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, QTimer

from core.base.errors import GatewrightError
from core.base.tasks import TaskOwner
from core.store import syncmeta
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context
from desktop.models.latest import Latest
from desktop.models.record_draft import RecordDraft
from desktop.qt.language import spoken

KEY = "window_drafts"
PAUSE_MS = 400
"""A pause in typing after which what was typed is kept: a crash costs less than half a second of it."""

Texts = dict[str, dict[str, str]]


class Drafts(dict[str, RecordDraft]):
    """Drafts by what they are about; `told` is called when one is given up."""

    def __init__(self, told: Callable[[], None]) -> None:
        super().__init__()
        self._told = told

    def pop(self, key: str, *default: Any) -> Any:
        """As of a dict."""
        found = super().pop(key, *default)
        self._told()
        return found


class DraftKeeper(QObject):
    """Keeps the texts of drafts that hold edits. `restore` is awaited before the first page is shown."""

    def __init__(self, ctx: Context, tasks: TaskOwner) -> None:
        super().__init__()
        self._ctx = ctx
        self.drafts = Drafts(self.ask)
        self._kept: Texts = {}
        self._written: Texts = {}
        self._latest = Latest(tasks, self._write, failed=self._not_kept)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(PAUSE_MS)
        self._timer.timeout.connect(self._latest.ask)
        self.fault = ""

    def draft(self, key: str, fresh: RecordDraft) -> RecordDraft:
        """The draft that was begun, brought up to what is saved now; the one kept over a restart; or the fresh one."""
        begun = self.drafts.get(key)
        if begun is not None and begun.dirty():
            begun.rebase_on(fresh)
            return begun
        self.drafts[key] = fresh
        fresh.changed.connect(self.ask)
        for name, text in self._kept.pop(key, {}).items():
            field = fresh.fields.get(name)
            if field is not None and not field.locked:
                fresh.set_text(name, text)
        return fresh

    @property
    def kept(self) -> int:
        """How many drafts of before the start were not opened yet."""
        return len(self._kept)

    def texts(self) -> Texts:
        """What is worth keeping now."""
        open_ones = {k: {n: d.text(n) for n in d.dirty()} for k, d in self.drafts.items() if d.dirty()}
        return {**self._kept, **open_ones}

    def ask(self, _name: str = "") -> None:
        """Keep what is typed, after a pause."""
        self._timer.start()

    async def restore(self) -> None:
        """Read what was kept. A damaged note is dropped: it holds nothing that was saved."""
        if self._ctx.actor is None:
            return

        def work(reader: Reader) -> str:
            return syncmeta.get(reader, KEY) or "{}"

        self._kept = _read(await self._ctx.mirror.read(work))
        self._written = dict(self._kept)

    async def flush(self) -> None:
        """Keep now what is typed; for the end of the program."""
        self._timer.stop()
        await self._write()

    def close(self) -> None:
        """Keep nothing any more."""
        self._timer.stop()
        self._latest.close()

    async def _write(self) -> None:
        texts = self.texts()
        if texts == self._written or self._ctx.actor is None:
            return

        def work(tx: Tx) -> None:
            syncmeta.put(tx, KEY, json.dumps(texts, ensure_ascii=False) if texts else None)

        await self._ctx.mirror.write(work, origin=Origin.PULL, act="Keep drafts")
        self._written = texts

    def _not_kept(self, fault: GatewrightError) -> None:
        self.fault = spoken(fault)


def _read(text: str) -> Texts:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {
        str(key): {str(n): str(t) for n, t in texts.items()}
        for key, texts in found.items()
        if isinstance(texts, dict)
    }
