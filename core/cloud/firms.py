"""A distributor's installers: made, allowed this and that, acted for by their grant (ACC-02, ACC-08 to ACC-10)."""

from __future__ import annotations

from typing import Any

import msgspec
from sqlalchemy import Connection, delete, select, update

from core.base.errors import NotAllowedError, NotFoundError, SignInError, UserError
from core.base.ids import is_id
from core.cloud import account_log, admin, auth, people, tokens
from core.cloud.access import Who
from core.cloud.account_tables import ACCOUNT_STATE, FIRM_STATE
from core.cloud.cloud import Cloud
from core.cloud.db import SESSION, table_of
from core.cloud.settings import is_address
from core.entities.organisation import ACCOUNT, ORGANISATION, OrgKind, Role
from core.wire.accounts import Act, ChangeFirm, FirmInfo, Firms, FirmSettings, Grant, NewFirm
from core.wire.messages import Session

_INSTALLERS = {Role.INSTALLER, Role.SUB_INSTALLER}


def show(cloud: Cloud, who: Who) -> Firms:
    """A distributor's installers; an installer's own firm. A property manager has sites, and nothing of the firm."""
    if who.role is Role.MANAGER:
        raise NotAllowedError("not_allowed", "Firms are not shown to property managers.")
    orgs = table_of(ORGANISATION)
    with cloud.database.read(who.tenant) as connection:
        query = select(orgs).where(orgs.c.tenant == who.tenant, orgs.c.deleted_at.is_(None))
        mine = orgs.c.parent_id == who.org if who.role is Role.DISTRIBUTOR else orgs.c.id == who.org
        rows = connection.execute(query.where(mine).order_by(orgs.c.name)).all()
        return Firms(firms=[_info(connection, row) for row in rows])


def add(cloud: Cloud, who: Who, message: NewFirm) -> FirmInfo:
    """An installer below the distributor, with its first account; the password goes out by mail where none is given."""
    _distributors_only(who)
    if not is_address(message.email.strip()):
        raise UserError("account.email", "An e-mail address is needed.", field="email")
    if not message.password and cloud.settings.mail is None:
        words = "This cloud core sends no mail, so a password has to be given."
        raise UserError("account.password", words, field="password")
    password = message.password or people.first_password()
    person = admin.Person(message.user, password, message.full_name.strip(), message.email.strip())
    made = admin.create_firm(cloud, who.org, OrgKind.INSTALLER, message.name.strip(), person)
    with cloud.database.write(who.tenant) as connection:
        people.welcome(cloud, connection, message.user.strip().lower(), person)
        words = f"Account Management: Add installer {message.name.strip()}"
        account_log.note_by(cloud, connection, who, "firm.added", words, about=made.account_id)
        return _info(connection, _firm(connection, who, made.org_id))


def change(cloud: Cloud, who: Who, message: ChangeFirm, firm: str) -> FirmInfo:
    """What a distributor allows an installer; taking the offer to act back ends the sessions that act."""
    _distributors_only(who)
    names = [n for n in message.__struct_fields__ if getattr(message, n) is not None]
    with cloud.database.write(who.tenant) as connection:
        row = _firm(connection, who, firm)
        _put(connection, who.tenant, firm, **{n: getattr(message, n) for n in names})
        if message.act_offered is False:
            _end_acting(connection, firm)
        told = ", ".join(f"{n} {'on' if getattr(message, n) else 'off'}" for n in names)
        account_log.note_by(cloud, connection, who, "firm.changed", f"Firm: {told}", org=firm)
        return _info(connection, row)


def grant(cloud: Cloud, who: Who, message: Grant) -> FirmInfo:
    """ACC-08: the installer's own switch, shown once its distributor has offered it; off ends what is going on."""
    if who.role is not Role.INSTALLER or who.acting:
        raise NotAllowedError("not_allowed", "Only the installer itself grants access to its account.")
    with cloud.database.write(who.tenant) as connection:
        state = _state(connection, who.org)
        if message.on and (state is None or not state.act_offered):
            raise NotAllowedError("acting.not_offered", "The distributor has not enabled this.")
        _put(connection, who.tenant, who.org, act_granted=message.on)
        if not message.on:
            _end_acting(connection, who.org)
        words = f"Grant access to the distributor: {'on' if message.on else 'off'}"
        account_log.note_by(cloud, connection, who, "acting.grant", words)
        return _info(connection, _own(connection, who))


def act(cloud: Cloud, who: Who, message: Act, firm: str) -> Session:
    """ACC-08: a session in an installer's account without a password. Its name tells both, and so do all logs."""
    _distributors_only(who)
    if not is_id(message.replica):
        raise SignInError("session.replica", "This workstation has no proper mark.")
    with cloud.database.write() as connection:
        _firm(connection, who, firm)
        state = _state(connection, firm)
        if state is None or not (state.act_offered and state.act_granted):
            raise NotAllowedError(
                "acting.not_granted", "This installer has not granted access to its account."
            )
        account = _first_account(connection, who.tenant, firm)
        _, pair = tokens.begin(
            cloud, connection, account=account, tenant=who.tenant, replica=message.replica, acting=who.account
        )
        acting = auth.session_of(connection, pair.columns["access_hash"])
        words = f"Login Management: Log In: {acting.full_name}"
        account_log.note_by(cloud, connection, acting, "acting.began", words)
        account_log.note_by(cloud, connection, who, "acting.began", words, about=account)
    return auth.told(acting, pair, [])


def read_settings(cloud: Cloud, who: Who) -> FirmSettings:
    """ACC-10, LOG-07: an installer's settings."""
    _installers_only(who)
    with cloud.database.read(who.tenant) as connection:
        state = _state(connection, who.org)
    return msgspec.json.decode(state.settings if state is not None else "{}", type=FirmSettings)


def put_settings(cloud: Cloud, who: Who, message: FirmSettings) -> FirmSettings:
    """Replace an installer's settings. UserError for an address that is none."""
    _installers_only(who)
    for name in ("billing_email", "contact_email"):
        if (address := getattr(message, name)) and not is_address(address):
            raise UserError("account.email", "That is no e-mail address.", field=name)
    if any(len(v) > 4000 for n in message.__struct_fields__ if isinstance(v := getattr(message, n), str)):
        raise UserError("firm.settings", "A text of these settings is too long.")
    with cloud.database.write(who.tenant) as connection:
        _put(connection, who.tenant, who.org, settings=msgspec.json.encode(message).decode())
        account_log.note_by(cloud, connection, who, "firm.settings", "Account Management: Edit settings")
    return message


def _firm(connection: Connection, who: Who, firm: str) -> Any:
    orgs = table_of(ORGANISATION)
    here = (orgs.c.tenant == who.tenant) & (orgs.c.id == firm) & (orgs.c.parent_id == who.org)
    row = connection.execute(select(orgs).where(here, orgs.c.deleted_at.is_(None))).one_or_none()
    if row is None:
        raise NotFoundError("firm.unknown", "There is no such installer.")
    return row


def _own(connection: Connection, who: Who) -> Any:
    orgs = table_of(ORGANISATION)
    return connection.execute(select(orgs).where(orgs.c.tenant == who.tenant, orgs.c.id == who.org)).one()


def _state(connection: Connection, firm: str) -> Any:
    return connection.execute(select(FIRM_STATE).where(FIRM_STATE.c.org == firm)).one_or_none()


def _put(connection: Connection, tenant: str, firm: str, **values: Any) -> None:
    if _state(connection, firm) is None:
        connection.execute(FIRM_STATE.insert().values(org=firm, tenant=tenant))
    if values:
        connection.execute(update(FIRM_STATE).where(FIRM_STATE.c.org == firm).values(**values))


def _info(connection: Connection, row: Any) -> FirmInfo:
    state = _state(connection, row.id)
    flags = ("may_pay", "two_factor", "act_offered", "act_granted")
    told = {n: bool(getattr(state, n)) for n in flags} if state is not None else {}
    return FirmInfo(id=row.id, name=row.name, kind=row.kind, **told)


def _end_acting(connection: Connection, firm: str) -> None:
    people_of = select(table_of(ACCOUNT).c.id).where(table_of(ACCOUNT).c.org_id == firm)
    mine = SESSION.c.acting.is_not(None) & SESSION.c.account.in_(people_of)
    connection.execute(delete(SESSION).where(mine))


def _first_account(connection: Connection, tenant: str, firm: str) -> str:
    """The installer's own account: the oldest one that is active."""
    rows, state = table_of(ACCOUNT), ACCOUNT_STATE
    query = (
        select(rows.c.id)
        .join(state, state.c.account == rows.c.id, isouter=True)
        .where(rows.c.tenant == tenant, rows.c.org_id == firm, rows.c.deleted_at.is_(None))
        .where(rows.c.role == Role.INSTALLER.value, rows.c.active == 1, state.c.locked.is_not(True))
        .order_by(rows.c.id)
    )
    found = connection.execute(query.limit(1)).scalar()
    if found is None:
        raise NotFoundError("firm.account", "This installer has no active account.")
    return str(found)


def _distributors_only(who: Who) -> None:
    if who.role is not Role.DISTRIBUTOR:
        raise NotAllowedError("not_allowed", "Only a distributor does this.")


def _installers_only(who: Who) -> None:
    if who.role not in _INSTALLERS:
        raise NotAllowedError("not_allowed", "These are settings of installers.")
