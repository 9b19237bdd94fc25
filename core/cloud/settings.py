"""What a cloud core is told at its start: where the database and the files are, and the key that seals secrets."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from core.base.clock import Clock, SystemClock
from core.base.errors import UserError

KEY_VARIABLE = "GATEWRIGHT_CLOUD_KEY"
"""64 hexadecimal digits; where it is not set, a file beside an SQLite database holds the key."""


@dataclass(frozen=True, slots=True)
class PasswordCost:
    """argon2id parameters; the defaults are RFC 9106's second recommendation, some 50 ms of one core."""

    time_cost: int = 3
    memory_kib: int = 65536
    parallelism: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class CloudSettings:
    """`database_url`: `sqlite:///FILE` or `postgresql://…`. `key`: 32 bytes that never stand in the database."""

    database_url: str
    blobs: Path
    key: bytes = field(repr=False)
    password_cost: PasswordCost = PasswordCost()
    access_s: int = 3600
    refresh_s: int = 90 * 86400
    max_blob_bytes: int = 1 << 30
    clock: Clock = field(default_factory=SystemClock)


def settings_for(
    database_url: str, *, blobs: Path | None = None, environment: Mapping[str, str] = os.environ
) -> CloudSettings:
    """The settings of a service on this machine. Makes the key file of an SQLite database at the first call.

    UserError for an address that is none, or when a PostgreSQL database comes without a key in the environment.
    """
    url = database_url.strip()
    file = sqlite_file(url)
    if file is None and not re.match(r"postgres(ql)?(\+psycopg)?://", url):
        remedy = "Give sqlite:///FILE or postgresql://USER@HOST/NAME."
        raise UserError(
            "cloud.database", f"'{_without_password(url)}' is no database address.", remedy=remedy
        )
    if file is None and blobs is None:
        raise UserError(
            "cloud.blobs", "A folder for files is needed with PostgreSQL.", remedy="Use --blobs DIR."
        )
    folder = blobs or Path(f"{file}-files")
    key = _key_from(environment) or (_key_beside(file) if file else None)
    if key is None:
        words = f"With PostgreSQL the sealing key comes from the environment variable {KEY_VARIABLE}."
        raise UserError(
            "cloud.key_missing", words, remedy="Set it to 64 hexadecimal digits, and keep a copy."
        )
    url = re.sub(r"^postgres(ql)?://", "postgresql+psycopg://", url)
    return CloudSettings(database_url=url, blobs=folder, key=key)


def sqlite_file(url: str) -> Path | None:
    """The file of an SQLite address; None for another database."""
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") and len(url) > 10 else None


def _key_from(environment: Mapping[str, str]) -> bytes | None:
    text = environment.get(KEY_VARIABLE, "").strip()
    if not text:
        return None
    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise UserError("cloud.key_shape", f"{KEY_VARIABLE} must be 64 hexadecimal digits.")
    return bytes.fromhex(text)


def _key_beside(database: Path) -> bytes:
    """The key of an embedded service: a file that only this user can read, made together with the database."""
    file = database.with_name(database.name + ".key")
    try:
        if not file.exists():
            if database.exists():
                words = f"The database {database} is there, but its key file {file.name} is missing."
                raise UserError(
                    "cloud.key_lost", words, remedy="Put the key file back; without it secrets are lost."
                )
            file.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as out:
                out.write(secrets.token_hex(32))
        text = file.read_text("ascii").strip()
    except OSError as fault:
        raise UserError("cloud.key_file", f"The key file {file} cannot be used: {fault.strerror}.") from fault
    if not re.fullmatch(r"[0-9a-f]{64}", text):
        raise UserError("cloud.key_damaged", f"The key file {file} does not hold a key.")
    return bytes.fromhex(text)


def _without_password(url: str) -> str:
    return re.sub(r"//([^:/@]*):[^@]*@", r"//\1:…@", url)[:120]
