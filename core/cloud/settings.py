"""What a cloud core is told at its start: where the database and the files are, and the key that seals secrets."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qs, unquote, urlsplit

from core.base.clock import Clock, SystemClock
from core.base.errors import UserError

KEY_VARIABLE = "GATEWRIGHT_CLOUD_KEY"
"""64 hexadecimal digits; where it is not set, a file beside an SQLite database holds the key."""

LOG_DAYS_VARIABLE = "GATEWRIGHT_LOG_DAYS"
"""How many days the logs are kept; 30 where it is not set."""
METRICS_VARIABLE = "GATEWRIGHT_METRICS_TOKEN"
MAIL_VARIABLE = "GATEWRIGHT_MAIL"
"""`smtp://USER:PASSWORD@HOST:PORT?from=ADDRESS&tls=starttls`; tls is starttls, tls or none."""

_ADDRESS = re.compile(r"[^@\s<>\"',;:\\]{1,64}@[^@\s<>\"',;:\\]{1,180}\.?[^@\s<>\"',;:\\.]")


@dataclass(frozen=True, slots=True)
class PasswordCost:
    """argon2id parameters; the defaults are RFC 9106's second recommendation, some 50 ms of one core."""

    time_cost: int = 3
    memory_kib: int = 65536
    parallelism: int = 4


@dataclass(frozen=True, slots=True)
class MailSettings:
    """A mail server and who the mails are from."""

    host: str
    port: int
    sender: str
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)


def mail_settings(text: str) -> MailSettings | None:
    """The settings of an address as in `MAIL_VARIABLE`; None for an empty one. UserError for anything else."""
    if not text.strip():
        return None
    parts = urlsplit(text.strip())
    asked = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    tls = asked.get("tls", "starttls")
    try:
        port = parts.port or {"tls": 465, "starttls": 587}.get(tls, 25)
    except ValueError:
        port = 0
    sender = asked.get("from", "")
    if parts.scheme != "smtp" or not parts.hostname or not port or not is_address(sender):
        remedy = "Give smtp://USER:PASSWORD@HOST:PORT?from=ADDRESS&tls=starttls."
        raise UserError("cloud.mail_shape", f"{MAIL_VARIABLE} is no address of a mail server.", remedy=remedy)
    if tls not in {"starttls", "tls", "none"}:
        raise UserError("cloud.mail_tls", f"{MAIL_VARIABLE}: tls is starttls, tls or none.")
    secret = unquote(parts.password or "")
    return MailSettings(parts.hostname, port, sender, tls, unquote(parts.username or ""), secret)  # type: ignore[arg-type]


def is_address(text: str) -> bool:
    """Whether a text can be an e-mail address, and cannot be more than one or carry a line of a header."""
    return len(text) <= 254 and _ADDRESS.fullmatch(text) is not None and "\n" not in text


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
    mail: MailSettings | None = None
    metrics_token: str = field(default="", repr=False)
    """What /v1/metrics wants to see from other machines; empty: it answers this machine only."""
    log_days: int = 30
    """How long the logs of doors and accounts are kept (LOG-07)."""
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
    mail = mail_settings(environment.get(MAIL_VARIABLE, ""))
    return CloudSettings(
        database_url=url,
        blobs=folder,
        key=key,
        mail=mail,
        log_days=_log_days(environment),
        metrics_token=environment.get(METRICS_VARIABLE, "").strip(),
    )


def _log_days(environment: Mapping[str, str]) -> int:
    text = environment.get(LOG_DAYS_VARIABLE, "").strip() or "30"
    if not text.isdigit() or not 1 <= int(text) <= 3650:
        raise UserError("cloud.log_days", f"{LOG_DAYS_VARIABLE} is a number of days from 1 to 3650.")
    return int(text)


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
