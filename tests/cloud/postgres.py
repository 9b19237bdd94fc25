"""A PostgreSQL server of the tests' own, where its programs are installed: on a socket in a folder, thrown away after.

Its role may make databases and is no superuser, so that row-level security holds it as it holds the service.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROLE = "gateway"
_databases = itertools.count(1)


def programs() -> Path | None:
    """The folder of PostgreSQL's programs; None where there are none."""
    places = [Path(p) for p in os.environ.get("GW_POSTGRES_BIN", "").split(os.pathsep) if p]
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = shutil.which("initdb")
    places += [Path(found).parent] if found else []
    return next((p for p in places if (p / "initdb").exists() and (p / "pg_ctl").exists()), None)


def reason_without() -> str:
    """Why no server can be had here; empty when one can."""
    if sys.platform == "win32":
        return "PostgreSQL is started by a socket in a folder, which Windows has not"
    if programs() is None:
        return "PostgreSQL's programs (initdb, pg_ctl) are not installed"
    if os.geteuid() == 0 and shutil.which("setpriv") is None:
        return "PostgreSQL does not run as root, and setpriv is missing"
    return ""


class Postgres:
    """A running server."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, name: str, role: str = ROLE) -> str:
        """The address of a database, as libpq and SQLAlchemy (with `+psycopg`) read it."""
        return f"postgresql://{role}@/{name}?host={self.folder}"

    @contextmanager
    def database(self) -> Iterator[str]:
        """The address of a new, empty database, dropped afterwards."""
        import psycopg  # noqa: PLC0415  only where PostgreSQL is there

        name = f"gatewright_{os.getpid()}_{next(_databases)}"
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        try:
            yield self.url(name).replace("postgresql://", "postgresql+psycopg://")
        finally:
            # Autovacuum's processes are the superuser's, and only that ends them.
            with psycopg.connect(self.url("postgres", "boss"), autocommit=True) as connection:
                connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


THROWN_AWAY = (
    *("fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off"),
    *("shared_buffers=32MB", "max_connections=80"),
)
"""Settings of a server whose data nobody needs."""
AS_AT_WORK = ("shared_buffers=512MB", "max_connections=200")
"""Settings for measuring: as it comes, all safety on, with memory for what is used; as the peers of sync.md had it."""


@contextmanager
def running(settings: Sequence[str] = THROWN_AWAY) -> Iterator[Postgres]:
    """A server for the time of the block. Call only where `reason_without()` is empty."""
    found = programs()
    assert found is not None, reason_without()
    folder = Path(tempfile.mkdtemp(prefix="gwpg-", dir="/tmp"))  # a socket wants a short path
    as_user: list[str] = []
    if os.geteuid() == 0:
        import pwd  # noqa: PLC0415  not on Windows

        user = next((u for u in ("postgres", "nobody") if _known(u)), "nobody")
        entry = pwd.getpwnam(user)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
        as_user = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups"]
    data = folder / "data"
    options = " ".join(f"-c {one}" for one in ("listen_addresses=", *settings))
    options = f"-k {folder} {options}"

    def run(*command: str) -> None:
        subprocess.run([*as_user, *command], check=True, stdout=subprocess.DEVNULL, cwd=folder, timeout=120)

    run(str(found / "initdb"), "-D", str(data), "-A", "trust", "-U", "boss", "--no-sync", "-E", "UTF8")
    try:
        log = str(folder / "log")
        run(str(found / "pg_ctl"), "-w", "-t", "60", "-D", str(data), "-o", options, "-l", log, "start")
        run(str(found / "psql"), "-h", str(folder), "-U", "boss", "postgres", "-qc",
            f"CREATE ROLE {ROLE} LOGIN CREATEDB")  # fmt: skip
        yield Postgres(folder)
    finally:
        subprocess.run(
            [*as_user, str(found / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop"],
            check=False,
            stdout=subprocess.DEVNULL,
            cwd=folder,
            timeout=60,
        )
        shutil.rmtree(folder, ignore_errors=True)


def _known(user: str) -> bool:
    import pwd  # noqa: PLC0415  not on Windows

    try:
        pwd.getpwnam(user)
    except KeyError:
        return False
    return True
