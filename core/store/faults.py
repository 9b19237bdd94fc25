"""Words for what SQLite says when the disk, the file or the key is at fault. Faults of ours stay as they are."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy.exc import DatabaseError, DBAPIError

from core.base.errors import DataError

_OURS = (
    "no such",
    "syntax error",
    "UNIQUE",
    "NOT NULL",
    "CHECK constraint",
    "datatype",
    "near ",
    "ambiguous",
    "binding",
)
"""Beginnings and parts of messages that a wrong statement gives."""

_WORDS = (
    ("full", "mirror.disk_full", "The disk is full", "Free some space and try again."),
    ("readonly", "mirror.read_only", "The mirror's file is read-only", ""),
    ("read-only", "mirror.read_only", "The mirror's file is read-only", ""),
    (
        "locked",
        "mirror.busy",
        "Another program holds the mirror's file",
        "Close programs that look into the profile's folder, such as a backup, and try again.",
    ),
    (
        "malformed",
        "mirror.damaged",
        "The mirror's file is damaged",
        "Close Gatewright, and put the newest copy from the profile's folder 'backups' in its place.",
    ),
)


def disk_error(fault: Exception, *, reading: bool = False) -> DataError | None:
    """What to tell about a fault of disk or file; None when the statement was at fault, which is a fault of ours.

    Whoever was writing hears that nothing was saved, whoever was `reading` that nothing could be read.
    """
    reason = reason_of(fault)
    if any(part in reason for part in _OURS):
        return None
    end = "it could not be read." if reading else "nothing was saved."
    for part, code, words, remedy in _WORDS:
        if part in reason:
            return DataError(code, f"{words}; {end}", remedy=remedy)
    return DataError("mirror.failed", f"The mirror could not be used ({reason}); {end}")


@contextmanager
def worded(*, reading: bool = False) -> Iterator[None]:
    """Turns faults of disk and file inside it into DataError; lets every other pass."""
    try:
        yield
    except (DatabaseError, sqlcipher.DatabaseError) as fault:
        words = disk_error(fault, reading=reading)
        if words is None:
            raise
        raise words from fault


def is_interrupt(fault: BaseException) -> bool:
    """Whether SQLite was stopped by our time limit."""
    return "interrupted" in reason_of(fault)


def unreadable(path: Path, fault: Exception) -> DataError:
    """Why a mirror cannot be opened."""
    remedy = (
        f"Check the passphrase or key ring. If the file is damaged, move {path.name} away and sign in again."
    )
    reason = reason_of(fault)
    if any(part in reason for part in ("not a database", "malformed", "encrypted")):
        words = f"The mirror {path} cannot be read: its key does not fit, or the file is damaged."
        return DataError("mirror.unreadable", words, remedy=remedy)
    return DataError("mirror.unopened", f"The mirror {path} cannot be opened ({reason}).")


def reason_of(fault: BaseException) -> str:
    """What SQLite said, without statement and values."""
    return str(fault.orig) if isinstance(fault, DBAPIError) else str(fault)
