"""Accounts below one's own: sub-installers and managers of an installer, accounts of a distributor's installers.

Who may do what to whom is core.rules.rights; an account that one may not see is answered like one that is not there.
"""

from __future__ import annotations

import secrets
from typing import Any

from sqlalchemy import Connection, delete, select

from core.base.errors import NotAllowedError, NotFoundError, UserError
from core.cloud import account_log, admin, auth, news, reset, second_factor
from core.cloud.access import SITE_KIND, Grant, Who, access_of
from core.cloud.account_rows import change_row, info_of, remove_row, row_of, sites_of
from core.cloud.account_tables import ACCOUNT_STATE, CODE, CONSENT, LINK
from core.cloud.cloud import Cloud
from core.cloud.db import LOGIN, table_of
from core.cloud.mail import Letter, queue
from core.cloud.settings import is_address
from core.entities.organisation import ACCOUNT, ORGANISATION, OrgKind, Role
from core.rules.rights import MADE_BY
from core.wire.accounts import AccountInfo, Accounts, ChangeAccount, NewAccount, Said, Sites

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"


def below(connection: Connection, who: Who, account: str) -> Any:
    """The row of an account that one may manage; NotFoundError alike for any other and for none."""
    person = row_of(connection, who.tenant, account)
    if Role(person.role) not in MADE_BY[who.role] or person.org_id not in _firms(connection, who):
        raise NotFoundError("account.unknown", "There is no such account.")
    return person


def _firms(connection: Connection, who: Who) -> list[str]:
    """One's own firm; for a distributor the installers below it as well."""
    orgs = table_of(ORGANISATION)
    query = select(orgs.c.id).where(orgs.c.tenant == who.tenant, orgs.c.deleted_at.is_(None))
    query = query.where(orgs.c.parent_id == who.org, orgs.c.kind == OrgKind.INSTALLER.value)
    under = connection.execute(query).scalars().all() if who.role is Role.DISTRIBUTOR else []
    return [who.org, *under]


def show(cloud: Cloud, who: Who) -> Accounts:
    """The accounts below one's own."""
    people = table_of(ACCOUNT)
    with cloud.database.read(who.tenant) as connection:
        query = select(people).where(people.c.tenant == who.tenant, people.c.deleted_at.is_(None))
        query = query.where(people.c.org_id.in_(_firms(connection, who)))
        query = query.where(people.c.role.in_([r.value for r in MADE_BY[who.role]]))
        rows = connection.execute(query.order_by(people.c.user_name)).all()
        return Accounts(accounts=[info_of(connection, r) for r in rows if r.id != who.account])


def add(cloud: Cloud, who: Who, message: NewAccount) -> AccountInfo:
    """ACC-05, ACC-06: make an account; user name and password go out by e-mail, where the cloud sends mail."""
    role = _role_of(who, message.role)
    if not is_address(message.email.strip()):
        raise UserError("account.email", "An e-mail address is needed.", field="email")
    password = message.password or first_password()
    if not message.password and cloud.settings.mail is None:
        words = "This cloud core sends no mail, so a password has to be given."
        raise UserError("account.password", words, field="password")
    person = admin.Person(message.user, password, message.full_name.strip(), message.email.strip())
    stored = cloud.passwords.hash(password)
    with cloud.database.write() as connection:  # user names are single over all tenants
        made = admin.make_account(
            cloud, connection, tenant=who.tenant, org_id=who.org, role=role, person=person, stored=stored
        )
        grants = _grants(connection, who, made.id, message.sites if role is Role.MANAGER else [])
        if message.reminder or message.two_factor:
            flags = {"reminder": message.reminder, "two_factor": message.two_factor}
            second_factor.put_state(connection, who.tenant, made.id, **flags)
        welcome(cloud, connection, made.user_name, person)
        words = f"Account Management: Add {role.value.replace('_', '-')} {made.user_name}"
        account_log.note_by(cloud, connection, who, "account.added", words, about=made.id)
        rows = [admin.held(who.tenant, ACCOUNT, made)]
        cloud.publisher.publish(connection, who.tenant, rows, at=admin.now_ms(cloud), grants=grants)
    return _read(cloud, who, made.id)


def change(cloud: Cloud, who: Who, message: ChangeAccount, account: str) -> AccountInfo:
    """Change an account below one's own; one that is switched off is signed out everywhere."""
    asked = {n: getattr(message, n) for n in message.__struct_fields__ if getattr(message, n) is not None}
    if "email" in asked and not is_address(asked["email"].strip()):
        raise UserError("account.email", "That is no e-mail address.", field="email")
    flags = {n: asked.pop(n) for n in ("reminder", "two_factor", "pm_app") if n in asked}
    fields = {n: v.strip() if isinstance(v, str) else int(v) for n, v in asked.items()}
    with cloud.database.write(who.tenant) as connection:
        person = below(connection, who, account)
        if "pm_app" in flags and person.role != Role.MANAGER.value:
            raise UserError("account.pm_app", "The app is an option of property managers' accounts.")
        if flags:
            second_factor.put_state(connection, who.tenant, account, **flags)
        if fields.get("active") == 0:
            auth.end_sessions(connection, account)
        names = ", ".join(sorted([*fields, *flags]))
        words = f"Account Management: Edit account ({names})"
        account_log.note_by(cloud, connection, who, "account.changed", words, about=account)
        change_row(cloud, connection, who.tenant, account, fields)
    return _read(cloud, who, account)


def remove(cloud: Cloud, who: Who, account: str) -> Said:
    """Delete an account below one's own: signed out everywhere, its sites taken from it, its name free again."""
    with cloud.database.write() as connection:  # links lead to other tenants
        person = below(connection, who, account)
        held = sites_of(connection, who.tenant, account)
        words = f"Account Management: Delete account {person.user_name}"
        account_log.note_by(cloud, connection, who, "account.deleted", words, about=account)
        auth.end_sessions(connection, account)
        for table in (LOGIN, ACCOUNT_STATE, CODE, CONSENT, LINK):
            connection.execute(delete(table).where(table.c.account == account))
        connection.execute(delete(LINK).where(LINK.c.other == account))
        grants = [Grant(site, account, SITE_KIND, active=False) for site in held]
        news.forget(connection, account)
        remove_row(cloud, connection, who.tenant, account, grants)
    return Said(message="The account was deleted.")


def reset_password(cloud: Cloud, who: Who, account: str) -> Said:
    """A new password goes to the account's address; it is signed out everywhere (ACC-05, ACC-06)."""
    password = first_password()
    stored = cloud.passwords.hash(password)
    with cloud.database.write(who.tenant) as connection:
        person = below(connection, who, account)
        if cloud.settings.mail is None or not person.email:
            words = "The new password cannot be sent: no mail server, or the account has no e-mail address."
            raise UserError("mail.none", words)
        reset.set_hash(cloud, connection, account, stored)
        welcome(
            cloud, connection, person.user_name, admin.Person("", password, person.full_name, person.email)
        )
        words = "Account Management: Reset password"
        account_log.note_by(cloud, connection, who, "password.reset_by", words, about=account)
    return Said(message=f"A new password was sent to {second_factor.hinted(person.email)}.")


def reset_factor(cloud: Cloud, who: Who, account: str) -> Said:
    """Take the authenticator app from an account below one's own, when the phone is lost; it is signed out."""
    with cloud.database.write(who.tenant) as connection:
        below(connection, who, account)
        second_factor.drop_totp(connection, who.tenant, account)
        auth.end_sessions(connection, account)
        words = "Account Management: Authenticator app reset"
        account_log.note_by(cloud, connection, who, "factor.reset_by", words, about=account)
    return Said(message="The account signs in without the app now.")


def assign(cloud: Cloud, who: Who, message: Sites, account: str) -> AccountInfo:
    """ACC-06: exactly these sites are a property manager's; what is taken leaves its mirror at the next sync."""
    with cloud.database.write(who.tenant) as connection:
        person = below(connection, who, account)
        if person.role != Role.MANAGER.value:
            raise UserError("account.sites", "Sites are assigned to property managers only.")
        grants = _grants(connection, who, account, message.sites)
        words = f"Account Management: Assign {len(set(message.sites))} sites to {person.user_name}"
        account_log.note_by(cloud, connection, who, "account.sites", words, about=account)
        change_row(cloud, connection, who.tenant, account, {}, grants=grants)
    return _read(cloud, who, account)


def _grants(connection: Connection, who: Who, account: str, wanted: list[str]) -> list[Grant]:
    """What has to change so that an account holds exactly these sites, all of which must be one's own."""
    mine = {s for s, (kind, _) in access_of(connection, who).scopes.items() if kind == SITE_KIND}
    if not set(wanted) <= mine:
        raise NotFoundError("site.unknown", "There is no such site.")
    held = set(sites_of(connection, who.tenant, account))
    gone = [Grant(s, account, SITE_KIND, active=False) for s in sorted(held & mine - set(wanted))]
    return [*gone, *[Grant(s, account, SITE_KIND) for s in sorted(set(wanted) - held)]]


def _role_of(who: Who, text: str) -> Role:
    roles = {r.value: r for r in MADE_BY[who.role] if r in {Role.SUB_INSTALLER, Role.MANAGER}}
    if text not in roles:
        word = who.role.value.replace("_", "-")
        known = ", ".join(sorted(roles)) or "none"
        raise NotAllowedError("not_allowed", f"A {word} adds accounts of these roles: {known}.")
    return roles[text]


def welcome(cloud: Cloud, connection: Connection, user: str, person: admin.Person) -> None:
    """Mail an account its user name and password (ACC-06); nothing where the cloud sends no mail."""
    if cloud.settings.mail is None:
        return
    text = (
        f"Hello {person.full_name},\n\nyou can sign in to Gatewright with\n\n    user name: {user}\n"
        f"    password:  {person.password}\n\nPlease change the password after the first sign-in.\n"
    )
    queue(cloud, connection, Letter(person.email, "Your account for Gatewright", text))


def _read(cloud: Cloud, who: Who, account: str) -> AccountInfo:
    with cloud.database.read(who.tenant) as connection:
        return info_of(connection, row_of(connection, who.tenant, account))


def first_password() -> str:
    """A password that is read from a mail and typed once: 80 bits in four groups."""
    return "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(4))
