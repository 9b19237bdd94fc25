"""account, firm: one's own account, the accounts below it, a distributor's installers; asked of the cloud at once."""

from __future__ import annotations

import argparse
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec

from core.base.clock import from_ms
from core.base.errors import UserError
from core.base.paths import Profile
from core.usecases import account
from core.wire.accounts import ChangeAccount, ChangeFirm, ChangeMe, NewAccount, NewFirm
from core.wire.service import Service
from desktop.app.joined import joined_profile
from desktop.app.workstation import Workstation, open_workstation
from desktop.cli.output import Output
from desktop.cli.registry import Commands
from desktop.cli.server_commands import read_password
from sync.transport import HttpTransport

Ask = Callable[[HttpTransport, argparse.Namespace], Awaitable[msgspec.Struct | None]]


def register(commands: Commands) -> None:
    """Add the commands to the parser."""
    own = commands.group("account", "one's own account, and those below it")
    _register_own(own)
    _register_below(own)
    _register_firms(commands.group("firm", "a distributor's installers, or one's own firm"))


def _add(group: Commands, name: str, ask: Ask, words: str) -> argparse.ArgumentParser:
    parser = group.add(name, _ask, words)
    parser.set_defaults(ask=ask)
    return parser


def _register_own(group: Commands) -> None:
    _add(group, "show", lambda door, _: account.show(door), "one's own account as the cloud has it")
    _add(
        group,
        "password",
        _password,
        "a new password; the old and the new one come on standard input, a line each",
    )
    email = _add(group, "email", _email, "another e-mail address; the password comes on standard input")
    email.add_argument("address")
    totp = _add(group, "totp", _totp, "an authenticator app: begin, confirm --code, drop --code")
    totp.add_argument("step", choices=("begin", "confirm", "drop"))
    totp.add_argument("--code", default="")
    log = _add(
        group, "log", lambda door, args: account.log(door, args.before), "acts on accounts, newest first"
    )
    log.add_argument("--before", default="", metavar="ID")
    group.add("sign-out-everywhere", _leave, "end every session of this account, here too")
    for name, run, words in (
        ("policies", _policies, "the privacy policy and the terms of service"),
        ("forgot", _forgot, "ask for a code by mail for a new password"),
        ("reset", _reset, "a new password (standard input) by the code of the mail"),
    ):
        parser = group.add(name, run, words)
        parser.add_argument("--cloud", required=True, metavar="URL")
        if name != "policies":
            parser.add_argument("--user", required=True)
        if name == "reset":
            parser.add_argument("--code", required=True)
    _register_joined(group)
    group.add("service", _service, "links for help, and the operator's news")
    group.add("read-news", _read_news, "the operator's news were read").add_argument("id", nargs="*")


def _register_joined(group: Commands) -> None:
    _add(group, "links", lambda door, _: account.links(door), "accounts joined with one's own")
    link = _add(group, "link", _link, "join another manager's account; its password comes on standard input")
    link.add_argument("--user", required=True)
    link.add_argument("--code", default="")
    unlink = _add(group, "unlink", lambda door, args: account.unlink(door, args.account), "cut a link")
    unlink.add_argument("account", metavar="ID")
    switch = group.add("switch", _switch, "sign another profile in as a joined account, without a password")
    switch.add_argument("account", metavar="ID")
    switch.add_argument(
        "--into",
        type=_folder,
        default=None,
        metavar="DIR",
        help="the other profile; else one inside this one",
    )
    group.add("joined-sites", _joined_sites, "the sites of all joined accounts in one list")


def _register_below(group: Commands) -> None:
    _add(group, "list", lambda door, _: account.accounts(door), "the accounts below one's own")
    add = _add(
        group, "add", _add_account, "a sub-installer or property manager; without --password it is mailed"
    )
    for name in ("--user", "--name", "--email"):
        add.add_argument(name, required=True)
    add.add_argument("--role", choices=("manager", "sub-installer"), default="manager")
    add.add_argument("--password", action="store_true", help="the password comes on standard input")
    add.add_argument("--reminder", action="store_true", help="ask for a new password once a month")
    add.add_argument("--site", action="append", default=[], metavar="ID")
    change = _add(group, "change", _change, "edit an account")
    change.add_argument("user")
    change.add_argument("--name", default=None)
    change.add_argument("--email", default=None)
    for name in ("active", "reminder", "two-factor", "pm-app"):
        change.add_argument(f"--{name}", choices=("on", "off"), default=None)
    for name, ask, words in (
        ("remove", account.remove, "delete an account"),
        ("reset-password", account.reset_password, "mail an account a new password"),
        ("reset-totp", account.reset_totp, "take the authenticator app from an account"),
    ):
        _add(group, name, _by_name(ask), words).add_argument("user")
    sites = _add(group, "sites", _sites, "exactly these sites are a property manager's")
    sites.add_argument("user")
    sites.add_argument("site", nargs="*", metavar="ID")


def _register_firms(group: Commands) -> None:
    _add(group, "list", lambda door, _: account.firms(door), "a distributor's installers, or one's own firm")
    add = _add(
        group, "add", _add_firm, "an installer with its first account; without --password it is mailed"
    )
    for name in ("--name", "--user", "--full-name", "--email"):
        add.add_argument(name, required=True)
    add.add_argument("--password", action="store_true", help="the password comes on standard input")
    change = _add(group, "change", _change_firm, "what an installer is allowed")
    change.add_argument("firm")
    for name in ("may-pay", "two-factor", "act-offered"):
        change.add_argument(f"--{name}", choices=("on", "off"), default=None)
    grant = _add(group, "grant", _grant, "let the distributor act in one's account, or not any more")
    grant.add_argument("on", choices=("on", "off"))
    act = group.add("act", _act, "sign another profile in for an installer, by its grant")
    act.add_argument("firm")
    act.add_argument("--into", type=_folder, required=True, metavar="DIR")
    _add(group, "settings", lambda door, _: account.firm_settings(door), "an installer's settings")
    change = _add(group, "set", _set, "change some of an installer's settings")
    change.add_argument("settings", nargs="+", metavar="NAME=VALUE")


# --------------------------------------------------------------------------------------------------------- answers


async def _ask(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    """One question, and its answer as lines or as the document."""
    _say(out, await args.ask(door_of(station), args))
    return 0


def door_of(station: Workstation) -> HttpTransport:
    """The cloud in the name of who is signed in. UserError when nobody is."""
    if station.transport is None or station.ctx.actor is None:
        raise UserError("session.none", "Nobody is signed in on this workstation.", remedy="Sign in first.")
    return station.transport


def _say(out: Output, answer: msgspec.Struct | None) -> None:
    document: dict[str, Any] = msgspec.to_builtins(answer) if answer is not None else {}
    out.document(document)
    if out.as_json:
        return
    for name, value in document.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            out.table(value, list(value[0]))
        elif value not in ("", [], None):
            out.line(f"{name:12} {value}" if name != "message" else str(value))


# ---------------------------------------------------------------------------------------------------- one's own


async def _password(door: HttpTransport, _args: argparse.Namespace) -> msgspec.Struct:
    old = read_password("The password now: ")
    return await account.change_password(door, old, read_password("The new password: "))


async def _email(door: HttpTransport, args: argparse.Namespace) -> msgspec.Struct:
    password = read_password("Your password: ")
    return await account.change(door, ChangeMe(email=args.address, password=password))


async def _totp(door: HttpTransport, args: argparse.Namespace) -> msgspec.Struct:
    if args.step == "confirm":
        return await account.confirm_totp(door, args.code)
    password = read_password("Your password: ")
    if args.step == "drop":
        return await account.drop_totp(door, password, args.code)
    return await account.begin_totp(door, password)


async def _leave(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    del args
    await account.sign_out_everywhere(station.mirror, door_of(station))
    await station.refresh()
    out.document({"signed_out": True})
    out.line("Signed out everywhere.")
    return 0


async def _policies(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    texts = await account.policies(await station.connect(args.cloud))
    out.document(msgspec.to_builtins(texts))
    for one in texts.policies:
        out.line(f"--- {one.kind}, version {one.version}")
        out.line(one.text)
    return 0


async def _forgot(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    _say(out, await account.forgot(await station.connect(args.cloud), args.user))
    return 0


async def _reset(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    door = await station.connect(args.cloud)
    _say(out, await account.reset(door, args.user, args.code, read_password("The new password: ")))
    return 0


async def _link(door: HttpTransport, args: argparse.Namespace) -> msgspec.Struct:
    return await account.link(door, args.user, read_password(f"Password of {args.user}: "), args.code)


async def _switch(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    into = args.into or joined_profile(station.profile, args.account).root
    return await _enter(station, account.link_path(args.account), into, out)


async def _joined_sites(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    del args
    told = await account.joined_sites(station.mirror, station.transport)
    rows: list[dict[str, Any]] = [msgspec.to_builtins(one) for one in told.sites]
    out.document({"sites": rows})
    out.table(rows, ["name", "firm", "user", "site", "account"])
    return 0


async def _service(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    del args
    return _say_service(out, await account.service(station.mirror, station.transport))


async def _read_news(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    return _say_service(out, await account.read_news(station.mirror, door_of(station), args.id))


def _say_service(out: Output, told: Service) -> int:
    out.document(msgspec.to_builtins(told))
    for link in told.links:
        out.line(f"{link.kind.replace('_', ' '):16} {link.url}")
    for one in told.news:
        out.line(f"{' ' if one.read else '*'} {from_ms(one.at):%Y-%m-%d}  {one.title}  ({one.id})")
        out.line(one.text)
    out.line(f"{told.unread} unread.")
    return 0


async def _enter(station: Workstation, path: str, into: Path, out: Output) -> int:
    other = await open_workstation(Profile(into))
    try:
        actor = await account.enter(door_of(station), path, other.mirror)
    finally:
        await other.close()
    out.document({"account": actor.account_id, "organisation": actor.org_id, "name": actor.name})
    out.line(f"The profile {into} is signed in as {actor.name}.")
    return 0


# ------------------------------------------------------------------------------------------------ below, and firms


def _by_name(ask: Callable[[HttpTransport, str], Awaitable[msgspec.Struct]]) -> Ask:
    async def work(door: HttpTransport, args: argparse.Namespace) -> msgspec.Struct:
        return await ask(door, (await account.account_named(door, args.user)).id)

    return work


async def _add_account(door: HttpTransport, args: argparse.Namespace) -> msgspec.Struct:
    new = NewAccount(
        user=args.user,
        full_name=args.name,
        email=args.email,
        role=args.role.replace("-", "_"),
        password=read_password(f"Password of {args.user}: ") if args.password else "",
        reminder=args.reminder,
        sites=args.site,
    )
    return await account.add(door, new)


async def _change(door: HttpTransport, args: argparse.Namespace) -> msgspec.Struct:
    change = ChangeAccount(
        full_name=args.name,
        email=args.email,
        active=_switched(args.active),
        reminder=_switched(args.reminder),
        two_factor=_switched(args.two_factor),
        pm_app=_switched(args.pm_app),
    )
    return await account.change_account(door, (await account.account_named(door, args.user)).id, change)


async def _sites(door: HttpTransport, args: argparse.Namespace) -> msgspec.Struct:
    return await account.assign(door, (await account.account_named(door, args.user)).id, args.site)


async def _add_firm(door: HttpTransport, args: argparse.Namespace) -> msgspec.Struct:
    password = read_password(f"Password of {args.user}: ") if args.password else ""
    new = NewFirm(
        name=args.name, user=args.user, full_name=args.full_name, email=args.email, password=password
    )
    return await account.add_firm(door, new)


async def _change_firm(door: HttpTransport, args: argparse.Namespace) -> msgspec.Struct:
    change = ChangeFirm(
        may_pay=_switched(args.may_pay),
        two_factor=_switched(args.two_factor),
        act_offered=_switched(args.act_offered),
    )
    return await account.change_firm(door, (await account.firm_named(door, args.firm)).id, change)


async def _grant(door: HttpTransport, args: argparse.Namespace) -> msgspec.Struct:
    return await account.grant(door, on=args.on == "on")


async def _set(door: HttpTransport, args: argparse.Namespace) -> msgspec.Struct:
    return await account.change_firm_settings(door, dict(one.partition("=")[::2] for one in args.settings))


async def _act(station: Workstation, args: argparse.Namespace, out: Output) -> int:
    firm = await account.firm_named(door_of(station), args.firm)
    return await _enter(station, account.acting_path(firm.id), args.into, out)


def _folder(text: str) -> Path:
    return Path(text).absolute()


def _switched(text: str | None) -> bool | None:
    return None if text is None else text == "on"
