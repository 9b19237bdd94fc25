"""Passwords: a new one by a code that goes out by mail, and one's own change of it (ACC-04, ACC-10).

Whether an account exists is not told: the answer is the same, and the mail leaves later from the queue.
"""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Connection, select, update

from core.base.clock import to_ms
from core.base.errors import NotAllowedError, RefusedError, SignInError, UserError
from core.cloud import account_log, auth, limits, second_factor
from core.cloud.access import Who
from core.cloud.cloud import Cloud
from core.cloud.db import LOGIN, table_of
from core.cloud.mail import Letter, queue
from core.entities.organisation import ACCOUNT
from core.wire.accounts import Forgot, NewPassword, Reset, Said

PURPOSE, LIFE_MS = "reset", 1_800_000
PER_NAME, PER_ADDRESS, WINDOW_S = 5, 50, 3600
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"


def forgot(cloud: Cloud, message: Forgot, address: str) -> Said:
    """Send a code to the account's address. RefusedError where no mail is sent, TooManyError over the limits."""
    if cloud.settings.mail is None:
        words = "This cloud core sends no mail, so a password cannot be reset by mail."
        raise RefusedError("mail.none", words, remedy="Ask who made the account to set a new one.")
    name = message.user.strip().lower()[:64]
    limits.count(cloud, f"forgot:{name}", PER_NAME, WINDOW_S)
    limits.count(cloud, f"forgot-from:{address[:64]}", PER_ADDRESS, WINDOW_S)
    with cloud.database.write() as connection:
        person = account_named(connection, name)
        if person is not None and person.active and person.email:
            _send(cloud, connection, person)
    return Said(message="If there is such an account with an e-mail address, a code was sent to it.")


def _send(cloud: Cloud, connection: Connection, person: Any) -> None:
    code = "".join(secrets.choice(_LETTERS) for _ in range(12))
    shown = "-".join(code[i : i + 4] for i in range(0, 12, 4))
    if not second_factor.keep_code(cloud, connection, person, code, purpose=PURPOSE, life_ms=LIFE_MS):
        return
    text = (
        f"Hello {person.full_name},\n\nsomebody asked for a new password of your account "
        f"{person.user_name}. To set one, enter this code:\n\n    {shown}\n\n"
        f"It is good for {LIFE_MS // 60_000} minutes. If it was not you, nothing has to be done.\n"
    )
    queue(cloud, connection, Letter(person.email, "A new password for Gatewright", text))


def reset(cloud: Cloud, message: Reset, address: str) -> Said:
    """Set a new password by the code of the mail; signs out everywhere, lifts a lock. SignInError for a wrong code."""
    name = message.user.strip().lower()[:64]
    limits.check_address(cloud, address)
    stored = cloud.passwords.hash(message.password)
    taken = None
    with cloud.database.write() as connection:
        person = account_named(connection, name)
        if person is not None:
            taken = second_factor.take_code(cloud, connection, person.id, PURPOSE, message.code)
        if person is not None and taken is not None:
            set_hash(cloud, connection, person.id, stored)
            limits.forget(connection, name)
            account_log.note(
                cloud,
                connection,
                tenant=person.tenant,
                org=person.org_id,
                what="password.reset",
                words="Account Management: New password by e-mail",
                about=person.id,
            )
    if taken is None:
        limits.note_failure(cloud, address)
        raise SignInError("reset.code", "The code is not right or too old.", remedy="Ask for a new one.")
    return Said(message="The password was changed. Sign in with it.")


def change(cloud: Cloud, who: Who, message: NewPassword) -> Said:
    """Change one's own password; every other workstation is signed out. UserError when the old one is wrong."""
    check_password(cloud, who, message.old)
    if message.old == message.new:
        raise UserError("password.same", "The new password is the old one.", field="new")
    stored = cloud.passwords.hash(message.new)
    with cloud.database.write() as connection:
        set_hash(cloud, connection, who.account, stored, but=who.session)
        words = "Account Management: Change password"
        account_log.note_by(cloud, connection, who, "password.changed", words)
    return Said(message="The password was changed; other workstations were signed out.")


def check_password(cloud: Cloud, who: Who, password: str) -> None:
    """The password of who is signed in; wrong ones count as at sign-in. UserError for a wrong one, NotAllowedError for
    a distributor who acts here: it does not know it.
    """
    if who.acting:
        words = "A distributor may not change how the installer signs in."
        raise NotAllowedError("acting.not_allowed", words)
    limits.reserve(cloud, who.user)
    with cloud.database.read() as connection:
        stored = connection.execute(
            select(LOGIN.c.password_hash).where(LOGIN.c.account == who.account)
        ).scalar()
    if not cloud.passwords.fits(stored, password):
        raise UserError("password.wrong", "The password is not right.", field="password")
    with cloud.database.write() as connection:
        limits.forget(connection, who.user)


def set_hash(cloud: Cloud, connection: Connection, account: str, stored: str, *, but: str = "") -> None:
    """Another password; signs the account out everywhere (`but`: the session that goes on)."""
    values = {"password_hash": stored, "changed_at": to_ms(cloud.clock.now())}
    connection.execute(update(LOGIN).where(LOGIN.c.account == account).values(**values))
    auth.end_sessions(connection, account, but=but)


def account_named(connection: Connection, name: str) -> Any:
    """The account row behind a user name; None when there is none."""
    people = table_of(ACCOUNT)
    query = (
        select(people)
        .join(LOGIN, (LOGIN.c.account == people.c.id) & (LOGIN.c.tenant == people.c.tenant))
        .where(LOGIN.c.user_name == name, people.c.deleted_at.is_(None))
    )
    return connection.execute(query).one_or_none()
