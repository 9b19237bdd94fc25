"""A distributor's workstation without a network: installers, a warehouse of addresses, some handed out or bound."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec

from core.base.clock import Clock
from core.base.errors import RefusedError
from core.base.ids import new_id
from core.entities.device import DEVICE, MAC_ENTRY, Device, MacEntry
from core.entities.organisation import ACCOUNT, ORGANISATION, Account, Organisation, OrgKind, Role
from core.entities.site import SITE, Site, SiteKind
from core.store.changes import Origin
from core.store.tx import Author, Tx
from core.usecases.context import Actor, Context
from core.usecases.places import new_proof_key
from core.wire.accounts import ChangeFirm, FirmInfo, NewFirm
from tests.desktop.fakes_window import FakeGateway, FakeScanner
from tests.desktop.fixtures_window import QuietStation
from tests.desktop.furnish_window import Furnished, bare_context

FIRMS = ("Ostby Doorworks", "Quiet Hinge", "Brightgate Fit")
MACS = 240


class FakeBook:
    """What a cloud would answer about installers; `refuses` is said to the next change."""

    def __init__(self, infos: list[FirmInfo]) -> None:
        self.infos = {info.id: info for info in infos}
        self.refuses = ""

    async def firms(self) -> list[FirmInfo]:
        """All installers."""
        return list(self.infos.values())

    async def add(self, new: NewFirm) -> FirmInfo:
        """A new one."""
        made = FirmInfo(id=new_id(), name=new.name, kind="installer")
        self.infos[made.id] = made
        return made

    async def change(self, firm_id: str, change: ChangeFirm) -> FirmInfo:
        """As asked, unless it is refused."""
        if self.refuses:
            raise RefusedError("firms.refused", self.refuses)
        values = {n: getattr(change, n) for n in change.__struct_fields__ if getattr(change, n) is not None}
        self.infos[firm_id] = msgspec.structs.replace(self.infos[firm_id], **values)
        return self.infos[firm_id]


class FirmsStation(QuietStation):
    """A quiet station with a book of installers."""

    def __init__(self, ctx: Context, infos: list[FirmInfo]) -> None:
        super().__init__(ctx)
        self.firms: FakeBook | None = FakeBook(infos)


async def furnish_supply(folder: Path, *, empty: bool = False, clock: Clock | None = None) -> Furnished:
    """A distributor is signed in; the rows are what a first sync would have brought."""
    ctx, runner = bare_context(folder / "profile", [], clock)
    top = Organisation(id=new_id(), scope_id="", name="Northmost Supply", kind=OrgKind.DISTRIBUTOR)
    top = replace(top, scope_id=top.id)
    firms = [_firm(name, top.id) for name in (() if empty else FIRMS)]
    site_id = new_id()
    site = Site(
        id=site_id,
        scope_id=site_id,
        org_id=firms[0].id if firms else top.id,
        name="Tamarind Court",
        kind=SiteKind.COMMUNITY,
        time_zone="Europe/Madrid",
        proof_key=new_proof_key(),
    )

    def fill(tx: Tx) -> None:
        tx.put_many(ORGANISATION, [top, *firms])
        if firms:
            tx.put(SITE, site)
            tx.put_many(ACCOUNT, [_account(f) for f in firms])
            tx.put_many(MAC_ENTRY, [_entry(n, top.id if n < 150 else firms[n % 2].id) for n in range(MACS)])
            tx.put_many(DEVICE, [_device(n, site) for n in range(160, 166, 2)])

    await ctx.mirror.write(fill, origin=Origin.PULL, act="Fill")
    ctx.actor = Actor(new_id(), top.id, Role.DISTRIBUTOR, "Clea Montane")
    ctx.mirror.author = Author("Clea Montane", ctx.actor.account_id)
    gateway, scanner = ctx.gateway, ctx.scanner
    assert isinstance(gateway, FakeGateway)
    assert isinstance(scanner, FakeScanner)
    return Furnished(ctx, ctx.mirror, gateway, scanner, site, [], [], [], [], runner)


def _firm(name: str, parent: str) -> Organisation:
    made = new_id()
    return Organisation(id=made, scope_id=made, name=name, kind=OrgKind.INSTALLER, parent_id=parent)


def _account(firm: Organisation) -> Account:
    word = firm.name.split()[0].lower()
    return Account(
        id=new_id(),
        scope_id=firm.id,
        org_id=firm.id,
        user_name=word,
        full_name=f"{firm.name.split()[0]} desk",
        role=Role.INSTALLER,
        email=f"desk@{word}.example",
    )


def _entry(number: int, org: str) -> MacEntry:
    model = ("R29", "X915 V2", "A08S")[number % 3]
    return MacEntry(
        id=new_id(), scope_id=org, mac=f"0C1105{0x2A7F00 + number:06X}", model=model, note="PO-3412"
    )


def _device(number: int, site: Site) -> Device:
    mac = f"0C1105{0x2A7F00 + number:06X}"
    return Device(
        id=new_id(), scope_id=site.id, site_id=site.id, mac=mac, name=f"Entrance {number}", model="R29"
    )


async def firm_infos(made: Furnished) -> list[FirmInfo]:
    """What the cloud would say of the installers: the first may pay, the second must use two factors."""
    found = await made.mirror.read(lambda r: r.find(ORGANISATION, kind=OrgKind.INSTALLER))
    ordered = sorted(found, key=lambda o: FIRMS.index(o.name))
    return [
        FirmInfo(
            id=o.id,
            name=o.name,
            kind="installer",
            may_pay=n == 0,
            two_factor=n == 1,
            act_offered=n < 2,
            act_granted=n == 0,
        )
        for n, o in enumerate(ordered)
    ]
