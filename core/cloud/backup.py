"""Backup and restore of a cloud core, on either kind of database and from one kind to the other.

A backup is one file: every table as it was at one moment (one snapshot; the service goes on meanwhile), and the files.
Sealed values stay sealed: the key is not in the backup and has to be kept apart. A restored database is another lineage
(sync.md 3.14): workstations fetch everything again and offer again what the backup does not have.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import zstandard
from sqlalchemy import Connection, LargeBinary, Table, func, select

from core.base.clock import from_ms, to_ms
from core.base.errors import DataError, UserError
from core.cloud import migrations
from core.cloud.cloud import Cloud, open_cloud
from core.cloud.db import LOGIN, METADATA, TENANT_CLOCK, VERSION_TABLE
from core.cloud.lineage import begin_lineage
from core.cloud.settings import CloudSettings

FORMAT, PIECE = 1, 2_000
_LEFT_OUT = {VERSION_TABLE.name, "rate", "login_guard", "session", "spent_token", "one_time_code"}
"""What has no meaning later: counts of attempts, sessions and codes. After a restore everybody signs in anew."""


def backup(cloud: Cloud, to: Path, *, files: bool = True) -> dict[str, Any]:
    """Write a backup; what is in it. The file appears whole or not at all. UserError when it cannot be written."""
    part = to.with_name(to.name + ".part")
    try:
        with zipfile.ZipFile(part, "w", zipfile.ZIP_STORED, allowZip64=True) as box:
            told = _write(cloud, box, files=files)
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(to)
    except OSError as fault:
        raise UserError("backup.write", f"The backup {to} cannot be written: {fault.strerror}.") from fault
    finally:
        part.unlink(missing_ok=True)
    return told


def _write(cloud: Cloud, box: zipfile.ZipFile, *, files: bool) -> dict[str, Any]:
    tables: dict[str, Any] = {}
    with cloud.database.read() as connection:
        for table in _tables():
            tables[table.name] = _write_table(connection, table, box)
    count = size = 0
    for path in sorted(cloud.blobs.folder.glob("??/*")) if files else ():
        if not path.name.endswith(".part"):
            box.write(path, f"files/{path.name}")
            count, size = count + 1, size + path.stat().st_size
    manifest = {
        "format": FORMAT,
        "version": migrations.VERSION,
        "made_at": from_ms(to_ms(cloud.clock.now())).isoformat(),
        "key": key_mark(cloud),
        "tables": tables,
        "files": count,
    }
    box.writestr("manifest.json", json.dumps(manifest))
    rows = sum(t["rows"] for t in tables.values())
    return {"rows": rows, "files": count, "bytes_of_files": size, "made_at": manifest["made_at"]}


def _tables() -> list[Table]:
    return [t for t in METADATA.sorted_tables if t.name not in _LEFT_OUT]


def _write_table(connection: Connection, table: Table, box: zipfile.ZipFile) -> dict[str, Any]:
    """One table as lines of JSON arrays, packed; its columns, count and digest."""
    digest, count = hashlib.sha256(), 0
    bytes_at = {n for n, c in enumerate(table.c) if isinstance(c.type, LargeBinary)}
    query = select(table).execution_options(yield_per=PIECE)
    with (
        box.open(f"tables/{table.name}.zst", "w", force_zip64=True) as raw,
        zstandard.ZstdCompressor(level=3).stream_writer(raw, closefd=False) as out,
    ):
        for row in connection.execute(query):
            values = [_plain(v) if n in bytes_at else v for n, v in enumerate(row)]
            line = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
            digest.update(line)
            out.write(line)
            count += 1
    columns = [c.name for c in table.c]
    return {"columns": columns, "rows": count, "sha256": digest.hexdigest()}


def _plain(value: Any) -> str | None:
    return None if value is None else base64.b64encode(bytes(value)).decode("ascii")


def key_mark(cloud: Cloud) -> str:
    """What tells whether a key is the same one, and nothing else about it."""
    return cloud.seal.blind("which key is this")[:16]


def restore(settings: CloudSettings, source: Path) -> dict[str, Any]:
    """Load a backup into an empty database; what was loaded. Nothing is left in the database on failure.

    DataError for a file that is damaged, newer or no backup, UserError when the database is not empty or the key is
    another one.
    """
    try:
        box = zipfile.ZipFile(source)
    except (OSError, zipfile.BadZipFile) as fault:
        raise DataError("backup.unreadable", f"{source} is no backup, or cannot be read.") from fault
    with box:
        manifest = _manifest(box, source)
        cloud = open_cloud(settings)
        try:
            if manifest["key"] != key_mark(cloud):
                remedy = "Set GATEWRIGHT_CLOUD_KEY, or put back the key file that belongs to it."
                raise UserError("backup.key", "The backup was sealed with another key.", remedy=remedy)
            rows = _load(cloud, box, manifest)
            files = _unpack_files(cloud, box)
            begin_lineage(cloud)
        finally:
            cloud.close()
    return {"rows": rows, "files": files, "made_at": manifest["made_at"]}


def _manifest(box: zipfile.ZipFile, source: Path) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(box.read("manifest.json"))
        version, form = int(manifest["version"]), int(manifest["format"])
        known = all(name in METADATA.tables for name in manifest["tables"])
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as fault:
        raise DataError("backup.unreadable", f"{source} is no backup.") from fault
    if version > migrations.VERSION or form > FORMAT or not known:
        words = f"The backup is of version {version}; this program knows {migrations.VERSION}."
        raise DataError("backup.newer", words, remedy="Update the service first.")
    return manifest


def _load(cloud: Cloud, box: zipfile.ZipFile, manifest: dict[str, Any]) -> int:
    total = 0
    with cloud.database.write() as connection:
        for table in (TENANT_CLOCK, LOGIN):
            if connection.execute(select(func.count()).select_from(table)).scalar_one():
                remedy = "Restore into a new one, then point the service at it."
                raise UserError("backup.not_empty", "This database holds data already.", remedy=remedy)
        for name, told in manifest["tables"].items():
            total += _load_table(connection, METADATA.tables[name], box, told)
        for version in range(int(manifest["version"]) + 1, migrations.VERSION + 1):
            if version in migrations.STEPS:
                migrations.STEPS[version](connection)
    return total


def _load_table(connection: Connection, table: Table, box: zipfile.ZipFile, told: dict[str, Any]) -> int:
    columns = [c for c in told["columns"] if c in table.c]
    if columns != told["columns"]:
        raise DataError("backup.columns", f"The backup's table {table.name} is not what this program knows.")
    digest, count, piece = hashlib.sha256(), 0, []
    later = migrations.defaults_of_later(table.name, columns)
    bytes_in = {c for c in columns if isinstance(table.c[c].type, LargeBinary)}
    for line in _lines(box, table.name):
        digest.update(line)
        record = {**later, **dict(zip(columns, json.loads(line), strict=True))}
        for name in bytes_in:
            if record[name] is not None:
                record[name] = base64.b64decode(record[name])
        piece.append(record)
        count += 1
        if len(piece) == PIECE:
            connection.execute(table.insert(), piece)
            piece = []
    if piece:
        connection.execute(table.insert(), piece)
    if (count, digest.hexdigest()) != (told["rows"], told["sha256"]):
        raise DataError("backup.damaged", f"The backup's table {table.name} is damaged.")
    return count


def _lines(box: zipfile.ZipFile, name: str) -> Iterator[bytes]:
    """The lines of a table; DataError where the packing is damaged."""
    try:
        with (
            box.open(f"tables/{name}.zst") as raw,
            zstandard.ZstdDecompressor().stream_reader(raw) as stream,
        ):
            rest = b""
            while piece := stream.read(1 << 20):
                *whole, rest = (rest + piece).split(b"\n")
                yield from (line + b"\n" for line in whole)
    except (KeyError, zipfile.BadZipFile, zstandard.ZstdError) as fault:
        raise DataError("backup.damaged", f"The backup's table {name} is damaged.") from fault


def _unpack_files(cloud: Cloud, box: zipfile.ZipFile) -> int:
    names: Sequence[str] = [n for n in box.namelist() if n.startswith("files/")]
    for name in names:
        sha256 = name.removeprefix("files/")
        path = cloud.blobs.path(sha256)
        path.parent.mkdir(parents=True, exist_ok=True)
        part, digest = path.with_name(f"{path.name}.part"), hashlib.sha256()
        with box.open(name) as raw, part.open("wb") as file:
            while piece := raw.read(1 << 20):
                digest.update(piece)
                file.write(piece)
        if digest.hexdigest() != sha256:
            part.unlink()
            raise DataError("backup.damaged", f"The file {sha256[:12]}… of the backup is damaged.")
        part.replace(path)
    return len(names)
