"""The second factor (ACC-02): a code by e-mail where the firm above demands it, or the person's own authenticator app.

Codes have six digits. One by mail lives ten minutes and five tries; one of an app (RFC 6238) is good once, in its own
half minute and the two beside it. Keys stand sealed in the database, codes as keyed fingerprints.
"""

from __future__ import annotations

import secrets
from typing import Any

import pyotp
from sqlalchemy import Connection, delete, select, update

from core.base.clock import to_ms
from core.base.errors import SignInError, UserError
from core.cloud.account_tables import ACCOUNT_STATE, CODE, FIRM_STATE
from core.cloud.cloud import Cloud
from core.cloud.db import SITE_ACCESS, table_of
from core.cloud.dialect import upsert
from core.cloud.mail import Letter, queue
from core.entities.organisation import Role
from core.entities.site import SITE

CODE_LIFE_MS, CODE_TRIES, AGAIN_MS = 600_000, 5, 60_000
"""Of a code by mail; another one is sent at the earliest after `AGAIN_MS`."""
STEP_S = 30
ISSUER = "Gatewright"


def state_of(connection: Connection, account: str) -> Any:
    """The account's state row; None before anything was set."""
    query = select(ACCOUNT_STATE).where(ACCOUNT_STATE.c.account == account)
    return connection.execute(query).one_or_none()


def put_state(connection: Connection, tenant: str, account: str, **values: Any) -> None:
    """Change some of an account's state."""
    if state_of(connection, account) is None:
        connection.execute(ACCOUNT_STATE.insert().values(account=account, tenant=tenant))
    connection.execute(update(ACCOUNT_STATE).where(ACCOUNT_STATE.c.account == account).values(**values))


def needed(connection: Connection, person: Any) -> str:
    """What an account (a row of the accounts' table) signs in with beside its password: `totp`, `email` or empty."""
    state = state_of(connection, person.id)
    if state is not None and state.totp:
        return "totp"
    if state is not None and state.two_factor:
        return "email"
    if person.role == Role.MANAGER.value:
        return "email" if _site_demands(connection, person) else ""
    query = select(FIRM_STATE.c.two_factor).where(FIRM_STATE.c.org == person.org_id)
    return "email" if connection.execute(query).scalar() else ""


def _site_demands(connection: Connection, person: Any) -> bool:
    """ACC-12: a switch of any site that the manager is assigned to."""
    sites, held = table_of(SITE), SITE_ACCESS
    query = (
        select(sites.c.id)
        .join(held, (held.c.tenant == sites.c.tenant) & (held.c.scope == sites.c.id))
        .where(held.c.tenant == person.tenant, held.c.principal == person.id, held.c.active)
        .where(sites.c.pm_two_factor == 1, sites.c.deleted_at.is_(None))
    )
    return connection.execute(query.limit(1)).first() is not None


def ask(cloud: Cloud, connection: Connection, person: Any, factor: str) -> SignInError:
    """What the person is told to do; for a code by mail it is sent, unless one has just been."""
    if factor == "totp":
        words = "Enter the code that your authenticator app shows for Gatewright."
        return SignInError("session.code_needed", words, field="code")
    if not person.email or cloud.settings.mail is None:
        words = "This account signs in with a code by e-mail, and none can be sent."
        return SignInError("session.code_unsent", words, remedy="Ask who made the account.")
    sent = send_code(cloud, connection, person, purpose="sign-in", words="sign in to Gatewright")
    words = f"A code was sent to {hinted(person.email)}." if sent else "The code was sent a moment ago."
    return SignInError("session.code_needed", words, remedy="Enter the code of the mail.", field="code")


def fits(cloud: Cloud, connection: Connection, person: Any, factor: str, code: str) -> bool:
    """Whether a code is right. It is used up by that, and a wrong one counts."""
    if factor == "totp":
        return _totp_fits(cloud, connection, person.id, code)
    return take_code(cloud, connection, person.id, "sign-in", code) is not None


def hinted(email: str) -> str:
    """An address so that its owner knows it and nobody else learns it."""
    name, _, host = email.partition("@")
    return f"{name[:1]}…@{host}"


# ---------------------------------------------------------------------------------------------------------- by mail


def send_code(cloud: Cloud, connection: Connection, person: Any, *, purpose: str, words: str) -> bool:
    """Send a code of six digits to an account's address; False when one was sent less than a minute ago."""
    code = f"{secrets.randbelow(1_000_000):06}"
    if not keep_code(cloud, connection, person, code, purpose=purpose, life_ms=CODE_LIFE_MS):
        return False
    text = (
        f"Hello {person.full_name},\n\nyour code to {words} is:\n\n    {code}\n\n"
        f"It is good for {CODE_LIFE_MS // 60_000} minutes. If it was not you who asked, change your password.\n"
    )
    queue(cloud, connection, Letter(person.email, "Your code for Gatewright", text))
    return True


def keep_code(
    cloud: Cloud,
    connection: Connection,
    person: Any,
    code: str,
    *,
    purpose: str,
    life_ms: int,
    detail: str = "",
) -> bool:
    """Remember a code that goes out; False, and nothing done, when one went out less than a minute ago."""
    now_ms = to_ms(cloud.clock.now())
    here = (CODE.c.account == person.id) & (CODE.c.purpose == purpose)
    before = connection.execute(select(CODE.c.made_at).where(here)).scalar()
    if before is not None and now_ms - before < AGAIN_MS:
        return False
    values = {"account": person.id, "purpose": purpose, "tenant": person.tenant, "tries": 0}
    values |= {"hash": _fingerprint(cloud, person.id, purpose, code), "detail": detail}
    connection.execute(upsert(connection, CODE), {**values, "until": now_ms + life_ms, "made_at": now_ms})
    return True


def take_code(cloud: Cloud, connection: Connection, account: str, purpose: str, code: str) -> str | None:
    """Use up a code that was sent; its detail, or None when it is wrong, too old, or was tried too often."""
    now_ms = to_ms(cloud.clock.now())
    here = (CODE.c.account == account) & (CODE.c.purpose == purpose)
    row = connection.execute(select(CODE).where(here).with_for_update()).one_or_none()
    if row is None or row.until <= now_ms or row.tries >= CODE_TRIES:
        return None
    if not secrets.compare_digest(row.hash, _fingerprint(cloud, account, purpose, code)):
        connection.execute(update(CODE).where(here).values(tries=CODE.c.tries + 1))
        return None
    connection.execute(delete(CODE).where(here))
    return str(row.detail)


def _fingerprint(cloud: Cloud, account: str, purpose: str, code: str) -> str:
    plain = "".join(c for c in code.upper() if c.isalnum())
    return cloud.seal.blind("code", account, purpose, plain)


# ----------------------------------------------------------------------------------------------------------- by app


def begin_totp(cloud: Cloud, connection: Connection, person: Any) -> tuple[str, str]:
    """A new key for an authenticator app, as text and as an address; it counts once `confirm_totp` was given a code."""
    key = pyotp.random_base32()
    sealed = cloud.seal.seal_bytes(key.encode(), f"totp:{person.id}")
    put_state(connection, person.tenant, person.id, totp_new=sealed)
    return key, pyotp.TOTP(key).provisioning_uri(name=person.user_name, issuer_name=ISSUER)


def confirm_totp(cloud: Cloud, connection: Connection, account: str, code: str) -> None:
    """The app shows the right codes: from now on they are asked for. UserError otherwise."""
    state = state_of(connection, account)
    if state is None or not state.totp_new:
        raise UserError("totp.none", "Begin with a new key first.")
    step = _step_of(cloud, account, bytes(state.totp_new), code)
    if step is None:
        remedy = "Check the clock of the phone, and enter the code that it shows now."
        raise UserError("totp.wrong", "The code is not right.", remedy=remedy, field="code")
    put_state(connection, state.tenant, account, totp=state.totp_new, totp_new=None, totp_step=step)


def drop_totp(connection: Connection, tenant: str, account: str) -> None:
    """Without the app from now on."""
    put_state(connection, tenant, account, totp=None, totp_new=None)


def _totp_fits(cloud: Cloud, connection: Connection, account: str, code: str) -> bool:
    query = select(ACCOUNT_STATE).where(ACCOUNT_STATE.c.account == account).with_for_update()
    state = connection.execute(query).one()
    step = _step_of(cloud, account, bytes(state.totp), code)
    if step is None or step <= state.totp_step:
        return False
    put_state(connection, state.tenant, account, totp_step=step)
    return True


def _step_of(cloud: Cloud, account: str, sealed: bytes, code: str) -> int | None:
    """The half minute (counted from 1970) whose code this is, within one of now; None when it is none of the three."""
    totp = pyotp.TOTP(cloud.seal.open_bytes(sealed, f"totp:{account}").decode())
    now, given = to_ms(cloud.clock.now()) // (STEP_S * 1000), "".join(code.split())
    for step in (now, now - 1, now + 1):
        if given.isascii() and secrets.compare_digest(totp.generate_otp(step), given):
            return step
    return None
