"""Accounts, firms and links, asked of the cloud: they are the cloud's own and wait for nothing, so they need a network.

Each verb is one request. Errors are the cloud's words: RefusedError, NotAllowedError, NotFoundError; UnreachableError
without a network. What a person looks at (`own`, `joined_sites`, `service`) is kept as the cloud told it last.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import TypeVar

import msgspec

from core.base.errors import GatewrightError, UnreachableError, UserError
from core.ports.cloud import AccountDoor
from core.store import syncmeta
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.usecases.context import Actor
from core.usecases.session import actor_of
from core.wire.accounts import (
    AccountInfo,
    Accounts,
    Act,
    ChangeAccount,
    ChangeFirm,
    ChangeMe,
    FirmInfo,
    Firms,
    FirmSettings,
    Forgot,
    Grant,
    Links,
    Log,
    NewAccount,
    NewFirm,
    NewLink,
    NewPassword,
    Policies,
    Policy,
    Proof,
    Reset,
    Said,
    Sites,
    TotpKey,
)
from core.wire.messages import Session
from core.wire.service import JoinedSites, NewsRead, Service

T = TypeVar("T", bound=msgspec.Struct)
SITES_KEPT, SERVICE_KEPT, OWN_KEPT = "joined_sites", "service", "own_account"
"""Keys of what the cloud told last."""


class Own(msgspec.Struct, frozen=True, kw_only=True):
    """One's own account, its texts (ACC-03) and, for whoever works for an installer, the firm and its settings."""

    info: AccountInfo
    texts: list[Policy] = msgspec.field(default_factory=list)
    firm: FirmInfo | None = None
    settings: FirmSettings | None = None


# ------------------------------------------------------------------------------------------------- without a sign-in


async def policies(door: AccountDoor) -> Policies:
    """ACC-03: the texts as they are now."""
    return await door.ask_openly("GET", "/v1/policies", Policies)


async def forgot(door: AccountDoor, user: str) -> Said:
    """ACC-04: a code for a new password goes to the account's address, if there is one."""
    return await door.ask_openly("POST", "/v1/password/forgot", Said, Forgot(user=user))


async def reset(door: AccountDoor, user: str, code: str, password: str) -> Said:
    """ACC-04: the new password, by the code of the mail."""
    message = Reset(user=user, code=code, password=password)
    return await door.ask_openly("POST", "/v1/password/reset", Said, message)


# ------------------------------------------------------------------------------------------------------- one's own


async def show(door: AccountDoor) -> AccountInfo:
    """One's own account as the cloud has it now."""
    return await door.ask("GET", "/v1/account", AccountInfo)


async def own(mirror: Mirror, door: AccountDoor | None, *, firm: bool) -> tuple[Own | None, bool]:
    """All that one's settings show, and whether it is fresh: without a network as told last, None when it never was.

    `firm`: ask for the firm too; the cloud refuses that to managers and distributors.
    """
    if door is not None:
        with suppress(UnreachableError):
            told = Own(
                info=await show(door),
                texts=(await door.ask("GET", "/v1/policies", Policies)).policies,
                firm=next(iter((await firms(door)).firms), None) if firm else None,
                settings=await firm_settings(door) if firm else None,
            )
            await _keep(mirror, OWN_KEPT, told)
            return told, True
    text = await mirror.read(lambda reader: syncmeta.get(reader, OWN_KEPT))
    return (msgspec.json.decode(text, type=Own) if text else None), False


async def change(door: AccountDoor, message: ChangeMe) -> AccountInfo:
    """ACC-04, ACC-10: name, address (with the password), notifications."""
    return await door.ask("PATCH", "/v1/account", AccountInfo, message)


async def change_password(door: AccountDoor, old: str, new: str) -> Said:
    """ACC-10. Every other workstation is signed out."""
    return await door.ask("POST", "/v1/account/password", Said, NewPassword(old=old, new=new))


async def begin_totp(door: AccountDoor, password: str) -> TotpKey:
    """ACC-02: a key for an authenticator app."""
    return await door.ask("POST", "/v1/account/totp", TotpKey, Proof(password=password))


async def confirm_totp(door: AccountDoor, code: str) -> Said:
    """ACC-02: the app's first code; asked for at each sign-in from now on."""
    return await door.ask("PUT", "/v1/account/totp", Said, Proof(code=code))


async def drop_totp(door: AccountDoor, password: str, code: str) -> Said:
    """ACC-02: without the app again."""
    return await door.ask("DELETE", "/v1/account/totp", Said, Proof(password=password, code=code))


async def log(door: AccountDoor, before: str = "") -> Log:
    """LOG-06: acts on accounts, newest first."""
    return await door.ask("GET", f"/v1/account/log?before={before}" if before else "/v1/account/log", Log)


async def sign_out_everywhere(mirror: Mirror, door: AccountDoor) -> None:
    """End every session of the account, here too (ACC-11). UnreachableError when the cloud could not be told."""
    await door.ask("DELETE", "/v1/sessions", None)
    with suppress(GatewrightError):  # that it has ended already is what was wanted
        await door.sign_out()
    await mirror.write(lambda tx: syncmeta.keep_session(tx, None), origin=Origin.PULL)


# ------------------------------------------------------------------------------------------------- accounts below


async def accounts(door: AccountDoor) -> Accounts:
    """ACC-05, ACC-06: the accounts below one's own."""
    return await door.ask("GET", "/v1/accounts", Accounts)


async def add(door: AccountDoor, message: NewAccount) -> AccountInfo:
    """ACC-05, ACC-06: a sub-installer or property manager."""
    return await door.ask("POST", "/v1/accounts", AccountInfo, message)


async def change_account(door: AccountDoor, account: str, message: ChangeAccount) -> AccountInfo:
    """ACC-05, ACC-06: edit one."""
    return await door.ask("PATCH", f"/v1/accounts/{account}", AccountInfo, message)


async def remove(door: AccountDoor, account: str) -> Said:
    """ACC-05, ACC-06: delete one."""
    return await door.ask("DELETE", f"/v1/accounts/{account}", Said)


async def assign(door: AccountDoor, account: str, sites: list[str]) -> AccountInfo:
    """ACC-06: exactly these sites."""
    return await door.ask("PUT", f"/v1/accounts/{account}/sites", AccountInfo, Sites(sites=sites))


async def reset_password(door: AccountDoor, account: str) -> Said:
    """ACC-05, ACC-06: a new password goes to its address."""
    return await door.ask("POST", f"/v1/accounts/{account}/password", Said)


async def reset_totp(door: AccountDoor, account: str) -> Said:
    """ACC-02: the phone is lost."""
    return await door.ask("DELETE", f"/v1/accounts/{account}/totp", Said)


async def account_named(door: AccountDoor, name: str) -> AccountInfo:
    """The account below one's own of a user name or id. UserError when there is none."""
    wanted = name.strip().lower()
    for one in (await accounts(door)).accounts:
        if wanted in {one.user, one.id}:
            return one
    raise UserError("account.unknown", f"There is no account '{name[:64]}' below yours.")


# ---------------------------------------------------------------------------------------------------- firms, links


async def firms(door: AccountDoor) -> Firms:
    """A distributor's installers, or one's own firm."""
    return await door.ask("GET", "/v1/firms", Firms)


async def add_firm(door: AccountDoor, message: NewFirm) -> FirmInfo:
    """An installer below the distributor."""
    return await door.ask("POST", "/v1/firms", FirmInfo, message)


async def change_firm(door: AccountDoor, firm: str, message: ChangeFirm) -> FirmInfo:
    """ACC-02, ACC-08, ACC-09: what an installer is allowed."""
    return await door.ask("PATCH", f"/v1/firms/{firm}", FirmInfo, message)


async def firm_named(door: AccountDoor, name: str) -> FirmInfo:
    """The firm of a name or id. UserError when there is none, or more than one."""
    found = [one for one in (await firms(door)).firms if name.strip() in {one.name, one.id}]
    if len(found) != 1:
        words = "There is no firm" if not found else "There is more than one firm"
        raise UserError("firm.unknown", f"{words} '{name[:80]}' below yours.")
    return found[0]


async def grant(door: AccountDoor, *, on: bool) -> FirmInfo:
    """ACC-08: let the distributor act in one's account, or not any more."""
    return await door.ask("PUT", "/v1/firm/grant", FirmInfo, Grant(on=on))


async def firm_settings(door: AccountDoor) -> FirmSettings:
    """ACC-10, LOG-07."""
    return await door.ask("GET", "/v1/firm/settings", FirmSettings)


async def put_firm_settings(door: AccountDoor, message: FirmSettings) -> FirmSettings:
    """ACC-10, LOG-07: all of them."""
    return await door.ask("PUT", "/v1/firm/settings", FirmSettings, message)


async def change_firm_settings(door: AccountDoor, wanted: Mapping[str, str]) -> FirmSettings:
    """ACC-10: change some settings, given as people write them (on, off, text); the others stay. UserError for a name
    or a word that is not known.
    """
    present = await firm_settings(door)
    known = {one.name: one.type for one in msgspec.structs.fields(FirmSettings)}
    values: dict[str, object] = {}
    for name, text in wanted.items():
        if name not in known:
            raise UserError("firm.setting", f"There is no setting '{name[:40]}': {', '.join(sorted(known))}.")
        if known[name] is bool and text not in {"on", "off"}:
            raise UserError("firm.setting", f"'{name}' is on or off.", field=name)
        values[name] = text == "on" if known[name] is bool else text
    return await put_firm_settings(door, msgspec.structs.replace(present, **values))


async def links(door: AccountDoor) -> Links:
    """ACC-07: the accounts joined with one's own."""
    return await door.ask("GET", "/v1/account/links", Links)


async def link(door: AccountDoor, user: str, password: str, code: str = "") -> Links:
    """ACC-07: join another account of one's own."""
    return await door.ask(
        "POST", "/v1/account/links", Links, NewLink(user=user, password=password, code=code)
    )


async def joined_sites(mirror: Mirror, door: AccountDoor | None) -> JoinedSites:
    """ACC-07: every site of every joined account in one view. Without a network what was told last."""
    return await _asked(mirror, door, "/v1/account/sites", JoinedSites, SITES_KEPT)


async def service(mirror: Mirror, door: AccountDoor | None) -> Service:
    """ACC-13, ACC-14: links for help, the operator's news and how many are unread. Without a network as last told."""
    return await _asked(mirror, door, "/v1/service", Service, SERVICE_KEPT)


async def read_news(mirror: Mirror, door: AccountDoor, ids: list[str] | None = None) -> Service:
    """ACC-14: note these news, or all, as read."""
    told = await door.ask("POST", "/v1/service/read", Service, NewsRead(ids=ids or []))
    await _keep(mirror, SERVICE_KEPT, told)
    return told


async def _asked(mirror: Mirror, door: AccountDoor | None, path: str, kind: type[T], key: str) -> T:
    if door is not None:
        with suppress(UnreachableError):
            told = await door.ask("GET", path, kind)
            await _keep(mirror, key, told)
            return told
    text = await mirror.read(lambda reader: syncmeta.get(reader, key))
    return msgspec.json.decode(text or "{}", type=kind)


async def _keep(mirror: Mirror, key: str, told: msgspec.Struct) -> None:
    text = msgspec.json.encode(told).decode()
    await mirror.write(lambda tx: syncmeta.put(tx, key, text), origin=Origin.PULL)


async def unlink(door: AccountDoor, account: str) -> Said:
    """ACC-07: cut a link."""
    return await door.ask("DELETE", f"/v1/account/links/{account}", Said)


async def enter(door: AccountDoor, path: str, other: Mirror) -> Actor:
    """Sign another profile's mirror in without a password: as a joined account (ACC-07) or for an installer (ACC-08).

    `path` is the address that gives the session. UserError when that mirror belongs to yet another account.
    """
    replica = await other.write(syncmeta.replica_id, origin=Origin.PULL)
    session = await door.ask("POST", path, Session, Act(replica=replica))
    url = door.base_url

    await other.write(lambda tx: syncmeta.begin_session(tx, session, url), origin=Origin.PULL)
    return actor_of(session)


def link_path(account: str) -> str:
    """The address of `enter` for a joined account."""
    return f"/v1/account/links/{account}/session"


def acting_path(firm: str) -> str:
    """The address of `enter` for an installer's firm."""
    return f"/v1/firms/{firm}/session"
