"""One's own account: what it is, its e-mail address, its second factor (ACC-02, ACC-04, ACC-10)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from core.base.errors import NotAllowedError, UserError
from core.cloud import account_log, links, reset, second_factor
from core.cloud.access import Who
from core.cloud.account_rows import change_row, info_of, row_of
from core.cloud.cloud import Cloud
from core.cloud.mail import Letter, queue
from core.cloud.settings import is_address
from core.wire.accounts import AccountInfo, ChangeMe, Proof, Said, TotpKey


def read(cloud: Cloud, who: Who) -> AccountInfo:
    """One's own account as it is now."""
    with cloud.database.read() as connection:
        person = row_of(connection, who.tenant, who.account)
        return info_of(connection, person, links=links.infos(connection, who.account))


def change(cloud: Cloud, who: Who, message: ChangeMe) -> AccountInfo:
    """Change name, address or the switch of notifications. A new address needs the password; the old one is told."""
    fields: dict[str, Any] = {}
    if message.full_name is not None:
        fields["full_name"] = message.full_name.strip()
    if message.email is not None:
        if not is_address(message.email.strip()):
            raise UserError("account.email", "That is no e-mail address.", field="email")
        reset.check_password(cloud, who, message.password)
        fields["email"] = message.email.strip()
    with cloud.database.write() as connection:
        before = row_of(connection, who.tenant, who.account)
        if message.quiet is not None:
            second_factor.put_state(connection, who.tenant, who.account, quiet=message.quiet)
        if "email" in fields and before.email and before.email != fields["email"]:
            _tell_old(cloud, connection, before)
        if fields or message.quiet is not None:
            words = f"Account Management: Edit own account ({', '.join(sorted(fields)) or 'notifications'})"
            account_log.note_by(cloud, connection, who, "account.changed", words)
        change_row(cloud, connection, who.tenant, who.account, fields)
    return read(cloud, who)


def _tell_old(cloud: Cloud, connection: Connection, before: Any) -> None:
    if cloud.settings.mail is None:
        return
    text = (
        f"Hello {before.full_name},\n\nthe e-mail address of your account {before.user_name} was changed. "
        "If it was not you, ask who made the account at once.\n"
    )
    queue(cloud, connection, Letter(before.email, "Your e-mail address was changed", text))


def begin_totp(cloud: Cloud, who: Who, message: Proof) -> TotpKey:
    """A key for an authenticator app; it is asked for from `confirm_totp` on. Needs the password."""
    reset.check_password(cloud, who, message.password)
    with cloud.database.write() as connection:
        person = row_of(connection, who.tenant, who.account)
        key, uri = second_factor.begin_totp(cloud, connection, person)
    return TotpKey(key=key, uri=uri)


def confirm_totp(cloud: Cloud, who: Who, message: Proof) -> Said:
    """The first code of the app: from now on one is asked for at each sign-in."""
    _own(who)
    with cloud.database.write() as connection:
        second_factor.confirm_totp(cloud, connection, who.account, message.code)
        words = "Account Management: Authenticator app on"
        account_log.note_by(cloud, connection, who, "factor.totp_on", words)
    return Said(message="From now on a code of the app is asked for at sign-in.")


def drop_totp(cloud: Cloud, who: Who, message: Proof) -> Said:
    """Without the app; needs the password and one more code of it."""
    reset.check_password(cloud, who, message.password)
    with cloud.database.write() as connection:
        person = row_of(connection, who.tenant, who.account)
        state = second_factor.state_of(connection, who.account)
        wrong = state is not None and bool(state.totp)
        if wrong and second_factor.fits(cloud, connection, person, "totp", message.code):
            wrong = False
        if not wrong:
            second_factor.drop_totp(connection, who.tenant, who.account)
            words = "Account Management: Authenticator app off"
            account_log.note_by(cloud, connection, who, "factor.totp_off", words)
    if wrong:
        raise UserError("totp.wrong", "The code is not right or too old.", field="code")
    return Said(message="The app's code is not asked for any more.")


def _own(who: Who) -> None:
    if who.acting:
        raise NotAllowedError(
            "acting.not_allowed", "A distributor may not change how the installer signs in."
        )
