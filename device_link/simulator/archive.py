"""The `.tgz` with one CSV that devices export and import (device API 3.8), read with a limit on its size."""

from __future__ import annotations

import csv
import io
import tarfile
import zlib
from collections.abc import Iterable, Mapping, Sequence

CSV_LIMIT = 32 * 1024 * 1024


class ArchiveError(Exception):
    """The file is no archive of this kind, or too big."""


def pack_csv(name: str, columns: Sequence[str], rows: Iterable[Mapping[str, str]]) -> bytes:
    """Return a .tgz that holds `name`.csv; the same rows give the same bytes."""
    table = io.StringIO(newline="")
    writer = csv.DictWriter(table, columns, extrasaction="ignore", restval="")
    writer.writeheader()
    writer.writerows(rows)
    data = table.getvalue().encode("utf-8")
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz", compresslevel=1) as archive:
        member = tarfile.TarInfo(f"{name}.csv")
        member.size = len(data)
        archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def unpack_csv(data: bytes) -> list[dict[str, str]]:
    """Return the rows of the first CSV in a .tgz. Raises `ArchiveError`."""
    try:
        with tarfile.open(fileobj=io.BytesIO(data), mode="r:gz") as archive:
            member = archive.next()
            while member is not None and not (member.isfile() and member.name.lower().endswith(".csv")):
                member = archive.next()
            stored = archive.extractfile(member) if member is not None else None
            if stored is None:
                raise ArchiveError
            content = stored.read(CSV_LIMIT + 1)
        if len(content) > CSV_LIMIT:
            raise ArchiveError
        rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig", "replace"), newline="")))
    except (tarfile.TarError, OSError, EOFError, ValueError, csv.Error, zlib.error) as error:
        raise ArchiveError from error
    return [{str(name): str(value or "") for name, value in row.items() if name} for row in rows]
