"""Files that rows name by digest: sent before the row that names them, fetched ahead of the trip (DESIGN.md, sync.md).

Which columns hold a digest follows from the declarations.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

from sqlalchemy import select

from core.base.errors import DataError, NotFoundError, RefusedError, SignInError
from core.entities import BY_NUMBER, SYNCED
from core.ports.cloud import CloudTransport
from core.store.blobs import BlobStore
from core.store.mirror import Mirror
from core.store.reader import Reader
from core.store.tables import table_of
from core.wire.messages import Mutation, WireRow

log = logging.getLogger(__name__)
LIMIT_MS = 120_000
"""For the look through all rows that name files: a million take seconds where the machine does something else."""
_NAMING = {
    spec.number: found for spec in SYNCED if (found := [c for c in spec.columns if c.kind.names_files])
}
"""By number of the entity, its fields that name files."""
_PLACES = {
    number: [(BY_NUMBER[number].names.index(c.name), c.kind) for c in columns]
    for number, columns in _NAMING.items()
}


class BlobSync:
    """Sends and fetches files."""

    def __init__(self, mirror: Mirror, transport: CloudTransport, blobs: BlobStore) -> None:
        self._mirror = mirror
        self._transport = transport
        self._blobs = blobs
        self._known: set[str] = set()
        self.complete = False
        """Whether every file that a row named at the last look is here."""

    async def send_for(self, batch: Sequence[Mutation]) -> int:
        """Send the files that these edits name, so that nobody sees a row whose file is nowhere. A file that is not
        here holds nothing up: it was added elsewhere, or will be. Nor does one that the cloud refuses, as too large.
        """
        sent = 0
        for sha256 in _named(batch):
            if sha256 not in self._known and self._blobs.has(sha256):
                try:
                    sent += await self._transport.put_blob(sha256, self._blobs.path(sha256))
                except SignInError:
                    raise
                except (RefusedError, DataError) as fault:
                    log.warning("The cloud does not take the file %s…: %s", sha256[:12], fault)
                self._known.add(sha256)
        return sent

    async def fetch_missing(self) -> int:
        """Fetch every file that a row of the mirror names and that is not here; goes on where it was cut off."""
        fetched, self.complete = 0, True
        for sha256 in await self._mirror.read(self._missing, limit_ms=LIMIT_MS):
            try:
                await self._fetch(sha256)
            except (NotFoundError, DataError) as fault:
                # Nobody has sent it yet, or it came damaged: the next round tries again, and the rest is fetched now.
                log.info("File %s… was not fetched: %s", sha256[:12], fault.code)
                self.complete = False
                continue
            fetched += 1
        return fetched

    async def _fetch(self, sha256: str) -> None:
        await self._transport.get_blob(sha256, self._blobs.part(sha256))
        self._blobs.finish(sha256)

    def _missing(self, reader: Reader) -> list[str]:
        found: set[str] = set()
        for number, columns in _NAMING.items():
            table = table_of(BY_NUMBER[number])
            for column in columns:
                stored = table.c[column.name]
                rows = reader.connection.execute(select(stored).where(stored != "").distinct())
                found.update(digest for row in rows for digest in column.kind.digests(row[0]))
        return sorted(sha256 for sha256 in found if not self._blobs.has(sha256))


def name_files(rows: Sequence[WireRow]) -> bool:
    """Whether one of these rows names a file. Looking for such rows in the mirror takes as long as all else of a small
    pull.
    """
    for number in _PLACES.keys() & {row.entity for row in rows}:
        naming = [row.values for row in rows if row.entity == number]
        for place, kind in _PLACES[number]:
            if any(map(kind.digests, {values[place] for values in naming if place < len(values)})):
                return True
    return False


def _named(batch: Sequence[Mutation]) -> list[str]:
    naming = [m for m in batch if m.entity in _NAMING]
    return sorted(
        {
            digest
            for m in naming
            for column in _NAMING[m.entity]
            for digest in column.kind.digests(m.fields.get(column.name))
        }
    )
