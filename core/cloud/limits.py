"""Limits that hold over all nodes: lock-out of a name after wrong passwords and codes, and counts per address.

An attempt is counted before the password is looked at: a hundred that arrive at once are a hundred.
"""

from __future__ import annotations

from sqlalchemy import Connection, delete, select, update

from core.base.clock import to_ms
from core.base.errors import SignInError
from core.cloud.account_tables import RATE
from core.cloud.cloud import Cloud
from core.cloud.db import LOGIN_GUARD
from core.cloud.dialect import upsert
from core.ports.cloud import BusyError

FREE_FAILURES = 5
"""Wrong passwords or codes before a name is locked."""
LOCK_MS, LONGEST_LOCK_MS = 60_000, 900_000
"""The first lock, doubled with each further failure, and the longest one."""
ADDRESS_FAILURES, ADDRESS_WINDOW_S = 100, 600
"""Failed sign-ins from one address: a whole office behind one router, but no list of a thousand names."""


class TooManyError(BusyError):
    """429: too many attempts; `retry_after_s` says when."""


def reserve(cloud: Cloud, name: str) -> None:
    """Count an attempt to sign in. SignInError while the name is locked; it is told so, known or not."""
    now_ms = to_ms(cloud.clock.now())
    with cloud.database.write() as connection:
        here = LOGIN_GUARD.c.user_name == name
        guard = connection.execute(select(LOGIN_GUARD).where(here).with_for_update()).one_or_none()
        locked = guard is not None and guard.locked_until > now_ms
        if not locked:
            failures = (guard.failures if guard is not None else 0) + 1
            lock = min(LOCK_MS << max(0, failures - FREE_FAILURES), LONGEST_LOCK_MS)
            until = now_ms + lock if failures >= FREE_FAILURES else 0
            record = {"user_name": name, "failures": failures, "locked_until": until}
            connection.execute(upsert(connection, LOGIN_GUARD), record)
    if guard is not None and locked:
        seconds = -(-(guard.locked_until - now_ms) // 1000)
        words = f"Too many wrong passwords. Sign-in with this name is locked for {seconds} s."
        raise SignInError("session.locked", words)


def take_back(connection: Connection, name: str) -> None:
    """The attempt was no failure, and no success either: the password was right, a code is asked for."""
    fewer = LOGIN_GUARD.c.failures - 1
    connection.execute(
        update(LOGIN_GUARD).where(LOGIN_GUARD.c.user_name == name).values(failures=fewer, locked_until=0)
    )


def forget(connection: Connection, name: str) -> None:
    """A success: earlier failures count no more."""
    connection.execute(delete(LOGIN_GUARD).where(LOGIN_GUARD.c.user_name == name))


def is_full(cloud: Cloud, key: str, limit: int, window_s: float) -> float:
    """Seconds until the window of a key ends when it is full; 0 when there is room."""
    now_ms = to_ms(cloud.clock.now())
    with cloud.database.read() as connection:
        row = connection.execute(select(RATE).where(RATE.c.key == key)).one_or_none()
    if row is None or row.used < limit:
        return 0.0
    return float(max(0.0, (row.since + window_s * 1000 - now_ms) / 1000))


def count(cloud: Cloud, key: str, limit: int, window_s: float) -> None:
    """Count one use of a key. TooManyError over the limit within the window."""
    now_ms = to_ms(cloud.clock.now())
    with cloud.database.write() as connection:
        row = connection.execute(select(RATE).where(RATE.c.key == key).with_for_update()).one_or_none()
        fresh = row is None or row.since + window_s * 1000 <= now_ms
        since = now_ms if row is None or fresh else row.since
        used = 1 if row is None or fresh else row.used + 1
        connection.execute(upsert(connection, RATE), {"key": key, "since": since, "used": used})
    if used > limit:
        raise too_many((since + window_s * 1000 - now_ms) / 1000)


def too_many(seconds: float) -> TooManyError:
    """The refusal, with when to come back."""
    words = f"Too many attempts. Try again in {max(1, round(seconds))} s."
    return TooManyError("limit.too_many", words, retry_after_s=max(1.0, seconds))


def check_address(cloud: Cloud, address: str) -> None:
    """TooManyError when too many sign-ins from this address have failed."""
    if address and (left := is_full(cloud, _by_address(address), ADDRESS_FAILURES, ADDRESS_WINDOW_S)):
        raise too_many(left)


def note_failure(cloud: Cloud, address: str) -> None:
    """A sign-in from this address has failed."""
    if address:
        count(cloud, _by_address(address), 1 << 30, ADDRESS_WINDOW_S)


def _by_address(address: str) -> str:
    return f"sign-in:{address[:64]}"
