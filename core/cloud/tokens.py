"""The two tokens of a session: made, kept as SHA-256, exchanged. A spent one that comes again ends the session.

An access token lives an hour, a refresh token three months. Exchanging a refresh token gives two new ones; the old one
is good until the new session is used for the first time, since the answer may have been lost on the way. After that an
old one is in two hands, and nobody can tell whose is the thief's: the session ends for both.
"""

from __future__ import annotations

import logging
import secrets
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from core.base.clock import to_ms
from core.base.errors import SignInError
from core.base.ids import new_id
from core.cloud.account_tables import SPENT
from core.cloud.cloud import Cloud
from core.cloud.db import SESSION
from core.cloud.dialect import insert_new

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Pair:
    """A pair of new tokens and the columns that keep them."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    columns: dict[str, Any] = field(repr=False)


def new_pair(cloud: Cloud, now_ms: int) -> Pair:
    """Two new tokens of 256 random bits each."""
    access, refresh = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    columns = {
        "access_hash": hashed(access),
        "access_until": now_ms + cloud.settings.access_s * 1000,
        "refresh_hash": hashed(refresh),
        "refresh_until": now_ms + cloud.settings.refresh_s * 1000,
    }
    return Pair(access, refresh, columns)


def begin(
    cloud: Cloud, connection: Connection, *, account: str, tenant: str, replica: str, acting: str = ""
) -> tuple[str, Pair]:
    """A new session of an account on a workstation, which ends the one before; its id and tokens."""
    now_ms = to_ms(cloud.clock.now())
    before = (SESSION.c.account == account) & (SESSION.c.replica == replica)
    connection.execute(delete(SESSION).where(or_(before, SESSION.c.refresh_until < now_ms)))
    pair = new_pair(cloud, now_ms)
    session = new_id()
    record = {"id": session, "account": account, "tenant": tenant, "replica": replica, **pair.columns}
    record |= {"acting": acting or None, "before_hash": None, "made_at": now_ms}
    connection.execute(SESSION.insert().values(**record))
    return session, pair


def exchange(cloud: Cloud, connection: Connection, token: str) -> tuple[str, Pair] | None:
    """New tokens for a refresh token: the session's id and the pair. None when the token is spent, in which case its
    session is ended by this. SignInError when it is unknown or too old.
    """
    now_ms, mark = to_ms(cloud.clock.now()), hashed(token)
    this = or_(SESSION.c.refresh_hash == mark, SESSION.c.before_hash == mark)
    row = connection.execute(select(SESSION).where(this).with_for_update()).one_or_none()
    if row is None:
        _end_reused(connection, mark)
        return None
    if row.refresh_until < now_ms:
        raise signed_out()
    pair = new_pair(cloud, now_ms)
    connection.execute(update(SESSION).where(SESSION.c.id == row.id).values(**pair.columns, before_hash=mark))
    spent = {"hash": mark, "session": row.id, "account": row.account, "at": now_ms}
    connection.execute(insert_new(connection, SPENT), spent)
    return str(row.id), pair


def _end_reused(connection: Connection, mark: str) -> None:
    spent = connection.execute(select(SPENT).where(SPENT.c.hash == mark)).one_or_none()
    if spent is None:
        raise signed_out()
    ended = connection.execute(delete(SESSION).where(SESSION.c.id == spent.session)).rowcount
    if ended:
        log.warning("A spent refresh token of account %s came again; its session was ended.", spent.account)


def hashed(token: str) -> str:
    """The form in which a token is kept."""
    return sha256(token.encode()).hexdigest()


def signed_out() -> SignInError:
    """What a token is told that is not good any more."""
    return SignInError("session.ended", "The session has ended. Sign in again to sync; local work goes on.")
