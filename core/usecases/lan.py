"""The LAN as this workstation sees it: scan, sightings, and the way to a device (device API 1.2, 1.3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from core.base.errors import RefusedError, UnreachableError
from core.base.ids import new_id
from core.base.words import clean
from core.entities.device import DEVICE, DEVICE_LOGIN, SIGHTING, Device, DeviceLogin, Sighting
from core.ports.device import Link
from core.ports.lan import AccessState, HeardClaim, Login, ReportsScan, ScanReport, Sighted
from core.rules.compile import shown_mac
from core.rules.desired import Identity
from core.rules.sightings import FACTORY, Absence, Clues, Standing, explain, host_of, standings
from core.store.changes import Origin
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.context import Context
from core.usecases.maclib import library_of

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
    report = last_report(ctx)
    await ctx.mirror.write(lambda tx: _note(tx, found, report), origin=Origin.DEVICE, act="Scan")
    return found


def last_report(ctx: Context) -> ScanReport | None:
    """What the last scan of this process tried and heard; None when there was none, or its scanner does not tell."""
    return ctx.scanner.last_report if isinstance(ctx.scanner, ReportsScan) else None


async def lan_standings(ctx: Context) -> list[Standing]:
    """What is to be said about everything that was ever seen on the LAN, and about devices that never were."""
    ctx.require_signed_in()
    now = ctx.clock.now()

    def work(reader: Reader) -> list[Standing]:
        seen, devices = reader.find(SIGHTING), reader.find(DEVICE)
        library = library_of(reader, {s.mac for s in seen} | {d.mac for d in devices})
        return standings(seen, devices, library, now)

    return await ctx.mirror.read(work)


@dataclass(frozen=True, slots=True)
class AbsenceReport:
    """'Why is it not here?': the cause, what to do in order, and what was tried, when and where.

    `history`: where the MAC was seen, the latest first. `report`: of the scan that was made for this question.
    """

    mac: str
    name: str
    cause: Absence
    words: str
    steps: tuple[str, ...]
    history: tuple[tuple[str, datetime | None], ...] = ()
    heard: tuple[HeardClaim, ...] = ()
    found: Sighted | None = None
    report: ScanReport | None = None


async def explain_absence(ctx: Context, mac: str, targets: Sequence[str] = ()) -> AbsenceReport:
    """Look for one device anew in every way, and say why it is not there, or where it is (W11).

    `mac` in plain notation; of a device or of anything else. UserError for a wrong target.
    """
    ctx.require_signed_in()

    def known(reader: Reader) -> tuple[Device | None, list[Sighting]]:
        return reader.first(DEVICE, mac=mac), reader.find(SIGHTING, mac=mac)

    device, before = await ctx.mirror.read(known)
    found = await scan(ctx, targets)
    report = last_report(ctx)
    history = sorted(before, key=lambda row: row.seen_at.timestamp() if row.seen_at else 0.0, reverse=True)
    last = next((row.url for row in history), device.address if device else "")
    here = next((one for one in found if one.mac == mac or mac in one.also), None)
    heard = tuple(one for one in report.heard if one.mac == mac) if report else ()
    cause, words, steps = explain(_clues(mac, last, found, here, report))
    return AbsenceReport(
        mac=mac,
        name=device.name if device else "",
        cause=cause,
        words=words,
        steps=steps,
        history=tuple((row.url, row.seen_at) for row in history),
        heard=heard,
        found=here,
        report=report,
    )


def _clues(
    mac: str, last: str, found: Sequence[Sighted], here: Sighted | None, report: ScanReport | None
) -> Clues:
    at_last = next((one for one in found if last and one.url == last and one.mac not in {"", mac}), None)
    elsewhere = here is not None and here.access is AccessState.OTHER_NETWORK
    heard = tuple((one.way, one.host) for one in report.heard if one.mac == mac) if report else ()
    if elsewhere and here is not None and not heard:
        heard = (("heard", host_of(here.url)),)
    return Clues(
        mac=mac,
        last=last,
        found=here.url if here is not None and here.mac == mac and not _unanswered(here) else "",
        reason=here.reason if here else "",
        heard=heard,
        reachable_heard=not elsewhere,
        searched=not last or report is None or _was_asked(last, report),
        taken_by=at_last.mac if at_last else "",
        others=sum(1 for one in found if one.mac != mac),
    )


def _unanswered(sighted: Sighted) -> bool:
    """Whether a sighting only says that something was heard."""
    ways = set(sighted.methods) - {"neighbour", "sweep"}
    return "sweep" not in sighted.methods and bool(ways) and sighted.access is AccessState.ERROR


def _was_asked(url: str, report: ScanReport) -> bool:
    """Whether the address was among those that the scan asked for a connection; an unusual port by name only."""
    parts = urlsplit(url)
    host, port = parts.hostname or url, parts.port
    usual = {host, f"{host}:80", f"{host}:443"} if port in {None, 80, 443} else {f"{host}:{port}"}
    return bool(report.places & usual)


def _note(tx: Tx, found: Sequence[Sighted], report: ScanReport | None) -> None:
    for sighted in found:
        _note_one(tx, sighted)
        _note_known(tx, sighted)
    if report is not None and report.complete:
        _note_gone(tx, found, report)


def _note_one(tx: Tx, sighted: Sighted) -> None:
    """One row per address and MAC: the rows of a MAC are the history of its addresses."""
    _write_row(tx, sighted, sighted.mac, sighted.reason)
    for other in sighted.also:
        words = f"Heard at an address where {shown_mac(sighted.mac)} answers: two devices have it."
        _write_row(tx, replace(sighted, model="", firmware="", hardware="", login=None), other, words)


def _write_row(tx: Tx, sighted: Sighted, mac: str, reason: str) -> None:
    present = tx.first(SIGHTING, url=sighted.url, mac=mac)
    if present is None and mac:
        present = tx.first(SIGHTING, url=sighted.url, mac="")  # It tells its MAC by now.
    new = Sighting(
        id=present.id if present else new_id(),
        url=sighted.url,
        mac=mac,
        model=sighted.model,
        firmware=sighted.firmware,
        hardware=sighted.hardware,
        access=FACTORY if _is_on_factory_settings(tx, sighted, mac) else sighted.access.value,
        reason=clean(reason, limit=400),
        methods=sighted.methods,
        seen_at=tx.now,
    )
    if present is None:
        tx.put(SIGHTING, new)
        return
    same = replace(new, seen_at=present.seen_at) == present
    if not same or present.seen_at is None or tx.now - present.seen_at > QUIET:
        tx.patch(SIGHTING, present, **{name: getattr(new, name) for name in SIGHTING.names})


def _is_on_factory_settings(reader: Reader, sighted: Sighted, mac: str) -> bool:
    """Whether it took a maker's published sign-in that is not the one it was set up with: many keep the maker's."""
    login = sighted.login
    if sighted.access is not AccessState.SIGNED_IN or login is None or not login.factory:
        return False
    kept = reader.first(DEVICE_LOGIN, mac=mac) if mac else None
    return kept is None or (kept.user, kept.password) != (login.user, login.password)


def _note_gone(tx: Tx, found: Sequence[Sighted], report: ScanReport) -> None:
    """What was not seen where it was looked for, and old addresses of what was seen at another one."""
    there = {(one.url, mac) for one in found for mac in (one.mac, *one.also)}
    seen_macs = {one.mac for one in found if one.mac}
    for row in tx.find(SIGHTING, gone=False):
        if (row.url, row.mac) in there:
            continue
        if row.mac in seen_macs or _was_asked(row.url, report):
            tx.patch(SIGHTING, row, gone=True)


def _note_known(tx: Tx, sighted: Sighted) -> None:
    """A known device tells its address, model and firmware anew; its identity is the MAC."""
    if not sighted.mac or sighted.access is AccessState.OTHER_NETWORK or _unanswered(sighted):
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


def note_identity(tx: Tx, device: Device, identity: Identity) -> None:
    """Put what a device has just told of itself into its sightings, inside a transaction: the list of the LAN must not
    show the firmware from before an upgrade until somebody scans again.
    """
    told = {"model": identity.model, "firmware": identity.firmware, "hardware": identity.hardware}
    for row in tx.find(SIGHTING, mac=device.mac, gone=False):
        news = {name: value for name, value in told.items() if value and value != getattr(row, name)}
        if news:
            tx.patch(SIGHTING, row, seen_at=tx.now, **news)


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
        rows = reader.find(SIGHTING, mac=device.mac)
        seen = [s for s in rows if not s.gone and s.access != AccessState.OTHER_NETWORK.value]
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
    """Remember the sign-in that fitted a device, in the installer's own scope: it is no new one from then on."""
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
        for seen in tx.find(SIGHTING, mac=mac, access=FACTORY):
            tx.patch(SIGHTING, seen, access=AccessState.SIGNED_IN.value)

    await ctx.mirror.write(work, origin=Origin.DEVICE, act="Keep device sign-in")
