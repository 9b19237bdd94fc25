"""Numbered SQL files bring an older mirror to the present tables; a newer one is refused. A copy is kept before."""

from __future__ import annotations

import importlib.resources
import re
import shutil
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

from core.base.errors import DataError
from core.base.killpoints import passed

_FOLDER = "core.store"


def steps() -> list[tuple[int, str, str]]:
    """(number, file name, SQL) of every migration, ascending."""
    folder = importlib.resources.files(_FOLDER) / "migrations"
    found = [
        (int(m.group(1)), f.name, f.read_text("utf-8")) for f in folder.iterdir() if (m := _numbered(f.name))
    ]
    return sorted(found)


def _numbered(name: str) -> re.Match[str] | None:
    return re.fullmatch(r"(\d{4})_\w+\.sql", name)


def migrate(connection: Connection, path: Path, backups: Path) -> int:
    """Run what is missing, each step in one transaction; returns the version. DataError when the file is newer."""
    todo = steps()
    newest = todo[-1][0]
    version = int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())
    connection.rollback()
    if version > newest:
        words = f"The mirror {path} was written by a newer Gatewright (version {version}, this one knows {newest})."
        raise DataError("mirror.newer", words, remedy="Update Gatewright on this machine.")
    if 0 < version < newest:
        _keep_copy(connection, path, backups / f"{path.stem}-v{version}{path.suffix}")
    for number, _name, sql in todo:
        if number > version:
            with connection.begin():
                for statement in statements(sql):
                    connection.exec_driver_sql(statement)
                    passed("mirror.migrated")
                connection.exec_driver_sql(f"PRAGMA user_version = {number}")
    return newest


def _keep_copy(connection: Connection, path: Path, copy: Path) -> None:
    """Copy the whole file, log included, before a step changes it; DataError when there is no room for it."""
    raw: Any = connection.connection.driver_connection
    busy = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    if busy:
        raise DataError(
            "mirror.busy", f"Another program is using the mirror {path}.", remedy="Close it first."
        )
    part = copy.with_suffix(".part")
    try:
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(path, part)
        part.replace(copy)
    except OSError as fault:
        words = f"The mirror must be copied before it is updated, and that failed: {fault.strerror}."
        raise DataError("mirror.no_backup", words, remedy=f"Free some space for {copy.parent}.") from fault


def statements(sql: str) -> list[str]:
    """The statements of a migration file: separated by a semicolon at a line's end; `--` lines are comments."""
    code = "\n".join(line for line in sql.splitlines() if not line.lstrip().startswith("--"))
    return [part.strip() for part in re.split(r";\s*(?:\n|$)", code) if part.strip()]
