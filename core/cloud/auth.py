"""Signing in, who is behind a token, and signing out (ACC-01 to ACC-04, ACC-11).

A sign-in is: the name is not locked, the password fits, the second factor fits where one is demanded, the policies are
agreed to. What is missing is told as a refusal that says what to send along next time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select, update

from core.base.clock import to_ms
from core.base.errors import GatewrightError, NotAllowedError, SignInError
from core.base.ids import is_id
from core.cloud import account_log, limits, policies, second_factor, tokens
from core.cloud.access import Who
from core.cloud.account_tables import ACCOUNT_STATE, FIRM_STATE
from core.cloud.cloud import Cloud
from core.cloud.db import LOGIN, SESSION, table_of
from core.cloud.dialect import Sent, listed, one_of
from core.cloud.limits import FREE_FAILURES, LONGEST_LOCK_MS
from core.cloud.statements import Row, Statement, ask
from core.entities.organisation import ACCOUNT, ORGANISATION, Role
from core.wire.messages import SCHEMA, Session, SignIn

__all__ = ["FREE_FAILURES", "LONGEST_LOCK_MS", "Proven", "prove", "refresh", "sign_in", "sign_out", "who_is"]
REMINDER_MS = 30 * 86_400_000
"""ACC-06: how old a password is when its owner is asked for a new one."""


@dataclass(frozen=True, slots=True)
class Proven:
    """An account whose password and second factor were right: its login and its row."""

    login: Any
    person: Any


def sign_in(cloud: Cloud, request: SignIn, address: str = "") -> Session:
    """A new session. SignInError alike for an unknown name and a wrong password; a locked name is told so, and what is
    still missing: `session.code_needed`, `session.policy`.
    """
    if not is_id(request.replica):
        raise SignInError("session.replica", "This workstation has no proper mark.")
    proven = prove(cloud, request.user, request.password, request.code, address)
    person = proven.person
    with cloud.database.write() as connection:
        missing = policies.settle(
            cloud,
            connection,
            account=person.id,
            tenant=person.tenant,
            role=person.role,
            agreed=request.agreed,
        )
        if missing is None:
            return _begin(cloud, connection, proven, request)
    raise missing


def prove(cloud: Cloud, user: str, password: str, code: str = "", address: str = "") -> Proven:
    """The account behind a name and password, and a code where one is demanded. SignInError as in `sign_in`."""
    name = user.strip().lower()[:64]
    limits.check_address(cloud, address)
    limits.reserve(cloud, name)
    with cloud.database.read() as connection:
        login = connection.execute(select(LOGIN).where(LOGIN.c.user_name == name)).one_or_none()
    # Outside a transaction: hashing takes 50 ms on purpose, and would hold up every writer of an embedded database.
    if not cloud.passwords.fits(login.password_hash if login else None, password) or login is None:
        limits.note_failure(cloud, address)
        raise _refused()
    fault: GatewrightError | None = None
    with cloud.database.write() as connection:
        person = _person(connection, login)
        fault = _unfit(cloud, connection, person, name, code)
        if fault is None:
            limits.forget(connection, name)
            _rehash(cloud, connection, login, password)
    if fault is not None:
        if fault.code == "session.code_wrong":
            limits.note_failure(cloud, address)
        raise fault
    return Proven(login, person)


def _unfit(cloud: Cloud, connection: Connection, person: Any, name: str, code: str) -> GatewrightError | None:
    """What is in the way although the password is right; None: nothing."""
    if person is None:
        return _refused()
    state = second_factor.state_of(connection, person.id)
    if not person.active or (state is not None and state.locked):
        limits.take_back(connection, name)
        return _disabled()
    factor = second_factor.needed(connection, person)
    if not factor:
        return None
    if not code.strip():
        limits.take_back(connection, name)
        return second_factor.ask(cloud, connection, person, factor)
    if second_factor.fits(cloud, connection, person, factor, code):
        return None
    return SignInError("session.code_wrong", "The code is not right or too old.", field="code")


def _begin(cloud: Cloud, connection: Connection, proven: Proven, request: SignIn) -> Session:
    person, login = proven.person, proven.login
    session, pair = tokens.begin(
        cloud, connection, account=login.account, tenant=login.tenant, replica=request.replica
    )
    who = _who(connection, "id", session)
    if who is None:
        raise _refused()
    account_log.note_by(cloud, connection, who, "login.in", "Login Management: Log In: Workstation")
    return told(who, pair, _wants(cloud, connection, person, login))


def refresh(cloud: Cloud, token: str) -> Session:
    """New tokens for an old refresh token. SignInError when it is unknown, used up or too old."""
    with cloud.database.write() as connection:
        exchanged = tokens.exchange(cloud, connection, token)
        if exchanged is not None:
            session, pair = exchanged
            who = _who(connection, "id", session)
            if who is None:
                raise tokens.signed_out()
            return told(who, pair, [])
    raise tokens.signed_out()


def sign_out(cloud: Cloud, who: Who) -> None:
    """End the session."""
    with cloud.database.write() as connection:
        connection.execute(delete(SESSION).where(SESSION.c.id == who.session))
        account_log.note_by(cloud, connection, who, "login.out", "Login Management: Log Out: Workstation")


def sign_out_everywhere(cloud: Cloud, who: Who) -> None:
    """End every session of the account, this one too."""
    with cloud.database.write() as connection:
        end_sessions(connection, who.account)
        words = "Login Management: Log Out: Everywhere"
        account_log.note_by(cloud, connection, who, "login.out_everywhere", words)


def who_is(cloud: Cloud, token: str) -> Who:
    """The account behind an access token, with its role as it is now. SignInError for a token that is not good,
    NotAllowedError for an account that was switched off.
    """
    hashed = tokens.hashed(token)
    found = cloud.database.ask(_sessions("access_hash"), value=hashed)
    row = _Session(*found[0]) if found else None
    if row is None or row.access_until < to_ms(cloud.clock.now()):
        raise tokens.signed_out()
    _check_on(row)
    name = row.full_name
    if row.acting:
        with cloud.database.read() as connection:
            name = _acting_name(connection, row)
    if row.before_hash is not None:
        with cloud.database.write() as connection:
            used = update(SESSION).where(SESSION.c.access_hash == hashed).values(before_hash=None)
            connection.execute(used)
    return _who_of(row, name)


def asking(connection: Connection, given: Sequence[str]) -> Sent:
    """The question who is behind some access tokens, to be sent together with others; `found` reads the answer."""
    hashes = listed(connection, [tokens.hashed(token) for token in given])
    return _sessions_among().with_(connection, {"values": hashes})


def found(cloud: Cloud, rows: Iterable[Row]) -> dict[str, Who]:
    """Accounts by the hash of their token (`tokens.hashed`). Only those about whom nothing more has to be asked or
    written; `who_is` tells of the others, and what is wrong with them.
    """
    now_ms = to_ms(cloud.clock.now())
    sessions = [_Session(*row) for row in rows]
    plain = [
        s
        for s in sessions
        if s.access_until >= now_ms and s.active and not s.locked and not s.acting and s.before_hash is None
    ]
    return {s.access_hash: _who_of(s, s.full_name) for s in plain}


def session_of(connection: Connection, access_hash: str) -> Who:
    """Who is behind a session that has just been made."""
    who = _who(connection, "access_hash", access_hash)
    if who is None:
        raise tokens.signed_out()
    return who


def end_sessions(connection: Connection, account: str, *, but: str = "") -> None:
    """Sign an account out everywhere, and whoever acts through it; `but`: the session that goes on."""
    mine = (SESSION.c.account == account) | (SESSION.c.acting == account)
    connection.execute(delete(SESSION).where(mine, SESSION.c.id != but))


def told(who: Who, pair: tokens.Pair, wants: list[str]) -> Session:
    """The session as the workstation is told it."""
    return Session(
        access_token=pair.access,
        refresh_token=pair.refresh,
        account_id=who.account,
        org_id=who.org,
        tenant=who.tenant,
        user=who.user,
        full_name=who.full_name,
        role=who.role.value,
        schema=SCHEMA,
        wants=wants,
        acting=who.acting,
    )


def _person(connection: Connection, login: Any) -> Any:
    people = table_of(ACCOUNT)
    here = (people.c.tenant == login.tenant) & (people.c.id == login.account)
    return connection.execute(select(people).where(here, people.c.deleted_at.is_(None))).one_or_none()


def _rehash(cloud: Cloud, connection: Connection, login: Any, password: str) -> None:
    if cloud.passwords.is_stale(login.password_hash):
        fresh = cloud.passwords.hash(password)
        connection.execute(update(LOGIN).where(LOGIN.c.account == login.account).values(password_hash=fresh))


def _wants(cloud: Cloud, connection: Connection, person: Any, login: Any) -> list[str]:
    """ACC-04: an account without an address is asked for it. ACC-06: once a month for a new password."""
    wants = [] if person.email else ["email"]
    state = second_factor.state_of(connection, person.id)
    old = to_ms(cloud.clock.now()) - login.changed_at >= REMINDER_MS
    return [*wants, "password"] if state is not None and state.reminder and old else wants


class _Session(NamedTuple):
    """A session with its account and firm."""

    id: str
    account: str
    tenant: str
    replica: str
    acting: str | None
    org_id: str
    role: str
    user_name: str
    full_name: str
    active: int
    locked: int | None
    firm: str | None
    access_until: int
    before_hash: str | None
    access_hash: str


def _who(connection: Connection, by: str, value: str) -> Who | None:
    found = ask(connection, _sessions(by), value=value)
    if not found:
        return None
    row = _Session(*found[0])
    _check_on(row)
    return _who_of(row, _acting_name(connection, row) if row.acting else row.full_name)


@cache
def _sessions(by: str) -> Statement:
    """The session with this value in the column `by`; none where the account was removed."""
    return Statement(lambda _alone: _of_sessions().where(SESSION.c[by] == bindparam("value")))


@cache
def _sessions_among() -> Statement:
    """As `_sessions`, of several access tokens."""
    return Statement(lambda alone: _of_sessions().where(one_of(alone, SESSION.c.access_hash, "values")))


def _of_sessions() -> Any:
    people, firms, state = table_of(ACCOUNT), table_of(ORGANISATION), ACCOUNT_STATE
    columns = (people.c.org_id, people.c.role, people.c.user_name, people.c.full_name, people.c.active)
    return (
        select(SESSION.c.id, SESSION.c.account, SESSION.c.tenant, SESSION.c.replica, SESSION.c.acting)
        .add_columns(*columns, state.c.locked, firms.c.name)
        .add_columns(SESSION.c.access_until, SESSION.c.before_hash, SESSION.c.access_hash)
        .join(people, (people.c.tenant == SESSION.c.tenant) & (people.c.id == SESSION.c.account))
        .join(firms, (firms.c.tenant == SESSION.c.tenant) & (firms.c.id == people.c.org_id), isouter=True)
        .join(state, state.c.account == SESSION.c.account, isouter=True)
        .where(people.c.deleted_at.is_(None))
    )


def _check_on(row: _Session) -> None:
    """NotAllowedError for an account that was switched off."""
    if not row.active or row.locked:
        raise _disabled()


def _who_of(row: _Session, name: str) -> Who:
    who = (row.account, row.tenant, row.org_id, Role(row.role), row.user_name, name, row.replica, row.id)
    return Who(*who, acting=row.acting or "")


def _acting_name(connection: Connection, row: _Session) -> str:
    """Both names (ACC-08). NotAllowedError once the installer took its grant back, or the distributor its offer."""
    people = table_of(ACCOUNT)
    here = (people.c.tenant == row.tenant) & (people.c.id == row.acting) & people.c.deleted_at.is_(None)
    actor = connection.execute(select(people).where(here, people.c.active == 1)).one_or_none()
    granted = connection.execute(select(FIRM_STATE).where(FIRM_STATE.c.org == row.org_id)).one_or_none()
    if actor is None or granted is None or not (granted.act_offered and granted.act_granted):
        words = f"{row.firm or 'The installer'} does not let its distributor act in its account any more."
        raise NotAllowedError("acting.ended", words)
    return f"{actor.full_name} for {row.firm} ({row.full_name})"[:128]


def _refused() -> SignInError:
    return SignInError("session.refused", "User name or password is not right.")


def _disabled() -> NotAllowedError:
    words = "This account has been switched off."
    return NotAllowedError("account.disabled", words, remedy="Ask who made it.")
