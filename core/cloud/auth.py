"""Signing in, the two tokens of a session, and signing out (ACC-01, ACC-11). Tokens are kept as SHA-256 only.

An access token lives an hour, a refresh token three months. Exchanging a refresh token gives two new ones; the old
one is good until the new session is used for the first time, since the answer may have been lost on the way.
"""

from __future__ import annotations

import secrets
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from core.base.clock import to_ms
from core.base.errors import NotAllowedError, SignInError
from core.base.ids import is_id, new_id
from core.cloud.access import Who
from core.cloud.cloud import Cloud
from core.cloud.db import LOGIN, LOGIN_GUARD, SESSION, table_of
from core.cloud.dialect import upsert
from core.entities.organisation import ACCOUNT, Role
from core.wire.messages import SCHEMA, Session, SignIn

FREE_FAILURES = 5
"""Wrong passwords before a name is locked."""
LOCK_MS, LONGEST_LOCK_MS = 60_000, 900_000
"""The first lock, doubled with each further failure, and the longest one."""


def sign_in(cloud: Cloud, request: SignIn) -> Session:
    """A new session. SignInError alike for an unknown name and a wrong password; a locked name is told so."""
    name, now_ms = request.user.strip().lower()[:64], to_ms(cloud.clock.now())
    if not is_id(request.replica):
        raise SignInError("session.replica", "This workstation has no proper mark.")
    with cloud.database.read() as connection:
        guard = connection.execute(select(LOGIN_GUARD).where(LOGIN_GUARD.c.user_name == name)).one_or_none()
        login = connection.execute(select(LOGIN).where(LOGIN.c.user_name == name)).one_or_none()
    if guard is not None and guard.locked_until > now_ms:
        seconds = -(-(guard.locked_until - now_ms) // 1000)
        words = f"Too many wrong passwords. Sign-in with this name is locked for {seconds} s."
        raise SignInError("session.locked", words)
    # Outside a transaction: hashing takes 50 ms on purpose, and would hold up every writer of an embedded database.
    fits = cloud.passwords.fits(login.password_hash if login else None, request.password)
    with cloud.database.write() as connection:
        if fits and login is not None:
            connection.execute(delete(LOGIN_GUARD).where(LOGIN_GUARD.c.user_name == name))
            return _begin(cloud, connection, login, request, now_ms)
        failures = (guard.failures if guard is not None else 0) + 1
        lock = (
            min(LOCK_MS << max(0, failures - FREE_FAILURES), LONGEST_LOCK_MS)
            if failures >= FREE_FAILURES
            else 0
        )
        record = {"user_name": name, "failures": failures, "locked_until": now_ms + lock if lock else 0}
        connection.execute(upsert(connection, LOGIN_GUARD), record)
    raise SignInError("session.refused", "User name or password is not right.")


def _begin(cloud: Cloud, connection: Connection, login: Any, request: SignIn, now_ms: int) -> Session:
    if cloud.passwords.is_stale(login.password_hash):
        fresh = cloud.passwords.hash(request.password)
        connection.execute(update(LOGIN).where(LOGIN.c.account == login.account).values(password_hash=fresh))
    # One session per installation: signing in again ends the one before.
    before = (SESSION.c.account == login.account) & (SESSION.c.replica == request.replica)
    connection.execute(delete(SESSION).where(or_(before, SESSION.c.refresh_until < now_ms)))
    tokens = _tokens(cloud, now_ms)
    record = {"id": new_id(), "account": login.account, "tenant": login.tenant, "replica": request.replica}
    connection.execute(SESSION.insert().values(**record, **tokens.columns, before_hash=None, made_at=now_ms))
    who = _who(connection, SESSION.c.id == record["id"])
    if who is None:
        raise SignInError("session.refused", "User name or password is not right.")
    return _session(who, tokens)


def refresh(cloud: Cloud, token: str) -> Session:
    """New tokens for an old refresh token. SignInError when it is unknown, used up or too old."""
    now_ms, hashed = to_ms(cloud.clock.now()), _hash(token)
    with cloud.database.write() as connection:
        this = or_(SESSION.c.refresh_hash == hashed, SESSION.c.before_hash == hashed)
        row = connection.execute(select(SESSION).where(this).with_for_update()).one_or_none()
        if row is None or row.refresh_until < now_ms:
            raise _signed_out()
        who = _who(connection, SESSION.c.id == row.id)
        if who is None:
            raise _signed_out()
        tokens = _tokens(cloud, now_ms)
        changes = {**tokens.columns, "before_hash": hashed}
        connection.execute(update(SESSION).where(SESSION.c.id == row.id).values(**changes))
        return _session(who, tokens)


def sign_out(cloud: Cloud, who: Who) -> None:
    """End the session."""
    with cloud.database.write() as connection:
        connection.execute(delete(SESSION).where(SESSION.c.id == who.session))


def who_is(cloud: Cloud, token: str) -> Who:
    """The account behind an access token, with its role as it is now. SignInError for a token that is not good,
    NotAllowedError for an account that was switched off.
    """
    hashed = _hash(token)
    with cloud.database.read() as connection:
        query = select(SESSION.c.access_until, SESSION.c.before_hash).where(SESSION.c.access_hash == hashed)
        row = connection.execute(query).one_or_none()
        if row is None or row.access_until < to_ms(cloud.clock.now()):
            raise _signed_out()
        who = _who(connection, SESSION.c.access_hash == hashed)
    if who is None:
        raise _signed_out()
    if row.before_hash is not None:
        with cloud.database.write() as connection:
            used = update(SESSION).where(SESSION.c.access_hash == hashed).values(before_hash=None)
            connection.execute(used)
    return who


def end_sessions(connection: Connection, account: str) -> None:
    """Sign an account out everywhere."""
    connection.execute(delete(SESSION).where(SESSION.c.account == account))


def _who(connection: Connection, which: Any) -> Who | None:
    people = table_of(ACCOUNT)
    columns = (people.c.org_id, people.c.role, people.c.user_name, people.c.full_name, people.c.active)
    query = (
        select(SESSION.c.id, SESSION.c.account, SESSION.c.tenant, SESSION.c.replica, *columns)
        .join(people, (people.c.tenant == SESSION.c.tenant) & (people.c.id == SESSION.c.account))
        .where(which, people.c.deleted_at.is_(None))
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    if not row.active:
        raise NotAllowedError(
            "account.disabled", "This account has been switched off.", remedy="Ask who made it."
        )
    role = Role(row.role)
    return Who(row.account, row.tenant, row.org_id, role, row.user_name, row.full_name, row.replica, row.id)


class _Tokens:
    """A pair of new tokens and the columns that keep them."""

    def __init__(self, access: str, refresh_: str, access_until: int, refresh_until: int) -> None:
        self.access, self.refresh = access, refresh_
        self.columns = {
            "access_hash": _hash(access),
            "access_until": access_until,
            "refresh_hash": _hash(refresh_),
            "refresh_until": refresh_until,
        }


def _tokens(cloud: Cloud, now_ms: int) -> _Tokens:
    settings = cloud.settings
    until = (now_ms + settings.access_s * 1000, now_ms + settings.refresh_s * 1000)
    return _Tokens(secrets.token_urlsafe(32), secrets.token_urlsafe(32), *until)


def _session(who: Who, tokens: _Tokens) -> Session:
    return Session(
        access_token=tokens.access,
        refresh_token=tokens.refresh,
        account_id=who.account,
        org_id=who.org,
        tenant=who.tenant,
        user=who.user,
        full_name=who.full_name,
        role=who.role.value,
        schema=SCHEMA,
    )


def _hash(token: str) -> str:
    return sha256(token.encode()).hexdigest()


def _signed_out() -> SignInError:
    return SignInError("session.ended", "The session has ended. Sign in again to sync; local work goes on.")
