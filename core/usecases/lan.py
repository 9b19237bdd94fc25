"""The LAN as this workstation sees it: scan, sightings, and the way to a device (device API 1.2, 1.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta

from core.base.errors import RefusedError, UnreachableError
from core.base.ids import new_id
from core.base.words import clean
from core.entities.device import DEVICE, DEVICE_LOGIN, SIGHTING, Device, DeviceLogin, Sighting
from core.ports.device import Link
from core.ports.lan import Login, Sighted
from core.rules.desired import Identity
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context

QUIET = timedelta(seconds=20)
"""A device seen again unchanged within this time is not written again: a sweep of 400 devices is no news."""


async def scan(
    ctx: Context, targets: Sequence[str], on_found: Callable[[Sighted], None] = lambda _s: None
) -> list[Sighted]:
    """Sweep the targets (none: every network of this machine), note what was seen, and what answers no more."""
    logins = await known_logins(ctx)
    found: list[Sighted] = []
    async for sighted in ctx.scanner.scan(targets, logins):
        found.append(sighted)
        on_found(sighted)
    await ctx.mirror.write(lambda tx: _note(tx, found), origin=Origin.DEVICE, act="Scan")
    return found


def _note(tx: Tx, found: Sequence[Sighted]) -> None:
    for sighted in found:
        _note_one(tx, sighted)
        _note_known(tx, sighted)


def _note_one(tx: Tx, sighted: Sighted) -> None:
    present = tx.first(SIGHTING, url=sighted.url)
    new = Sighting(
        id=present.id if present else new_id(),
        url=sighted.url,
        mac=sighted.mac,
        model=sighted.model,
        firmware=sighted.firmware,
        hardware=sighted.hardware,
        access=sighted.access.value,
        reason=clean(sighted.reason, limit=400),
        methods=sighted.methods,
        seen_at=tx.now,
    )
    if present is None:
        tx.put(SIGHTING, new)
        return
    same = replace(new, seen_at=present.seen_at) == present
    if not same or present.seen_at is None or tx.now - present.seen_at > QUIET:
        tx.patch(SIGHTING, present, **{name: getattr(new, name) for name in SIGHTING.names})


def _note_known(tx: Tx, sighted: Sighted) -> None:
    """A known device tells its address, model and firmware anew; its identity is the MAC."""
    if not sighted.mac:
        return
    for device in tx.find(DEVICE, mac=sighted.mac):
        news = {
            "address": sighted.url,
            "model": sighted.model,
            "firmware": sighted.firmware,
            "hardware": sighted.hardware,
        }
        changes = {k: v for k, v in news.items() if v and v != getattr(device, k)}
        if changes:
            tx.patch(DEVICE, device, seen_at=tx.now, **changes)


async def known_logins(ctx: Context, mac: str = "") -> list[Login]:
    """Sign-ins to try, the device's own first, then the installer's general ones, then the factory's."""

    def work(reader: Reader) -> list[Login]:
        rows = [*(reader.find(DEVICE_LOGIN, mac=mac) if mac else []), *reader.find(DEVICE_LOGIN, mac="")]
        return [Login(row.user, row.password) for row in rows]

    own = await ctx.mirror.read(work)
    return [*own, *(login for login in ctx.factory_logins if login not in own)]


async def locate(ctx: Context, device: Device) -> str:
    """The base URL where the device was last seen; UnreachableError when it never was."""

    def work(reader: Reader) -> str:
        seen = [s for s in reader.find(SIGHTING, mac=device.mac) if not s.gone]
        latest = max(seen, key=lambda s: (s.seen_at is not None, s.seen_at), default=None)
        return latest.url if latest else device.address

    url = await ctx.mirror.read(work)
    if not url:
        words = f"'{device.name}' has not been seen on this LAN yet."
        raise UnreachableError("device.not_seen", words, remedy="Check its power and cable, then scan again.")
    return url


async def open_link(ctx: Context, device: Device) -> tuple[Link, Identity]:
    """A link that was proved: address, sign-in and MAC fit. Tries every sign-in that may be meant for the device."""
    url = await locate(ctx, device)
    refusal: RefusedError | None = None
    for login in [*await known_logins(ctx, device.mac), Login("", "")]:
        link = Link(url, device.mac, login.user, login.password)
        try:
            return link, await ctx.gateway.identify(link)
        except RefusedError as fault:
            if fault.code != "device.sign_in":
                raise
            refusal = fault
    raise refusal or RefusedError("device.sign_in", f"'{device.name}' did not accept any known sign-in.")


async def keep_login(ctx: Context, mac: str, link: Link) -> None:
    """Remember the sign-in that fitted a device, in the installer's own scope."""
    actor = ctx.me
    if not link.user:
        return

    def work(tx: Tx) -> None:
        present = tx.first(DEVICE_LOGIN, mac=mac)
        if present is None:
            row = DeviceLogin(
                id=new_id(), scope_id=actor.org_id, user=link.user, password=link.password, mac=mac
            )
            tx.put(DEVICE_LOGIN, row)
        else:
            tx.patch(DEVICE_LOGIN, present, user=link.user, password=link.password)

    await ctx.mirror.write(work, origin=Origin.DEVICE, act="Keep device sign-in")
