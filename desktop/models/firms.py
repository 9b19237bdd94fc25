"""A distributor's installers: what the mirror knows of each, and what the cloud allows them when it can be asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from core.entities.device import DEVICE, MAC_ENTRY
from core.entities.organisation import ACCOUNT, Account, Organisation, Role
from core.entities.site import SITE
from core.ports.cloud import AccountDoor
from core.store.direct import ask
from core.store.reader import Reader
from core.usecases import account
from core.usecases.context import Context
from core.usecases.supply import installers
from core.wire.accounts import ChangeFirm, FirmInfo, NewFirm
from desktop.models.columns import NUMBER, QUIET, STRONG, ListColumn, col
from desktop.models.listing import FilterField
from desktop.models.words import number_word, translate
from desktop.qt.roles import Look

TOUCHES = frozenset({"organisations", "accounts", "mac_entries", "sites", "devices"})


class FirmBook(Protocol):
    """What the cloud can be asked about installers."""

    async def firms(self) -> list[FirmInfo]:
        """All of them."""
        ...

    async def add(self, new: NewFirm) -> FirmInfo:
        """Make one."""
        ...

    async def change(self, firm_id: str, change: ChangeFirm) -> FirmInfo:
        """Change what one is allowed."""
        ...


class DoorBook:
    """The book of a cloud that answers."""

    def __init__(self, door: AccountDoor) -> None:
        self._door = door

    async def firms(self) -> list[FirmInfo]:
        """All of them."""
        return (await account.firms(self._door)).firms

    async def add(self, new: NewFirm) -> FirmInfo:
        """Make one."""
        return await account.add_firm(self._door, new)

    async def change(self, firm_id: str, change: ChangeFirm) -> FirmInfo:
        """Change what one is allowed."""
        return await account.change_firm(self._door, firm_id, change)


@runtime_checkable
class WithFirms(Protocol):
    """A station that can ask the cloud about installers; None while there is no cloud."""

    @property
    def firms(self) -> FirmBook | None:
        """The book."""
        ...


def firm_book(station: object) -> FirmBook | None:
    """The book of a station that has one."""
    return station.firms if isinstance(station, WithFirms) else None


@dataclass(frozen=True, slots=True)
class FirmLine:
    """One installer. `info` is None until the cloud was asked."""

    firm: Organisation
    accounts: tuple[Account, ...]
    macs: int
    bound: int
    sites: int
    info: FirmInfo | None = None

    @property
    def contact(self) -> str:
        """The installer's own account."""
        first = next((a for a in self.accounts if a.role is Role.INSTALLER), None)
        return f"{first.full_name} · {first.email}".strip(" ·") if first else ""


# Counted in the index, by the database: a distributor's library may hold a million addresses.
_HELD = f"SELECT scope_id, count(*) FROM {MAC_ENTRY.name} GROUP BY scope_id"  # noqa: S608  tables of ours
_USED = f"""
SELECT scope_id, count(*) FROM {MAC_ENTRY.name} WHERE mac IN (SELECT mac FROM {DEVICE.name}) GROUP BY scope_id
"""  # noqa: S608  as above


async def load_firms(ctx: Context, infos: Sequence[FirmInfo]) -> list[FirmLine]:
    """The installers by name, with counts of what they hold."""
    firms = await installers(ctx)
    told = {info.id: info for info in infos}

    def work(reader: Reader) -> list[FirmLine]:
        macs = Counter(dict(ask(reader.connection, _HELD)))
        used = Counter(dict(ask(reader.connection, _USED)))
        sites = Counter(site.org_id for site in reader.find(SITE))
        people: dict[str, list[Account]] = {}
        for one in reader.find(ACCOUNT):
            people.setdefault(one.org_id, []).append(one)
        return [
            FirmLine(f, tuple(people.get(f.id, ())), macs[f.id], used[f.id], sites[f.id], told.get(f.id))
            for f in firms
        ]

    return await ctx.mirror.read(work, limit_ms=30_000)


def firm_columns() -> list[ListColumn]:
    """The columns of the list of installers."""
    return [
        col("name", translate("Installer"), lambda x: x.firm.name, 200, STRONG, stretch=True),
        col("contact", translate("Contact"), lambda x: x.contact, 210, QUIET, drop=2),
        col(
            "macs", translate("Addresses"), lambda x: number_word(x.macs), 90, NUMBER, order=lambda x: x.macs
        ),
        col(
            "bound",
            translate("Installed"),
            lambda x: number_word(x.bound),
            80,
            NUMBER,
            order=lambda x: x.bound,
        ),
        col(
            "sites",
            translate("Sites"),
            lambda x: number_word(x.sites),
            60,
            NUMBER,
            order=lambda x: x.sites,
            drop=1,
        ),
        col(
            "two",
            translate("Two-factor"),
            lambda x: _word(x, "two_factor"),
            90,
            lambda x: _look(x, "two_factor"),
        ),
        col("pay", translate("May pay"), lambda x: _word(x, "may_pay"), 80, lambda x: _look(x, "may_pay")),
        col("act", translate("Access"), _access_words, 96, _access_look),
    ]


def _word(line: FirmLine, name: str) -> str:
    if line.info is None:
        return "…"
    return translate("on") if getattr(line.info, name) else translate("off")


def _look(line: FirmLine, name: str) -> Look:
    if line.info is None:
        return Look(tone="t3", reason=translate("The cloud was not asked yet."))
    return Look(icon="check", tone="proved.text") if getattr(line.info, name) else Look(tone="t3")


def _access_words(line: FirmLine) -> str:
    if line.info is None:
        return "…"
    if not line.info.act_offered:
        return translate("off")
    return translate("granted") if line.info.act_granted else translate("offered")


def _access_look(line: FirmLine) -> Look:
    if line.info is None or not line.info.act_offered:
        return Look(tone="t3")
    return Look(icon="check", tone="proved.text") if line.info.act_granted else Look(icon="clock", tone="t2")


def firm_filters(rows: Callable[[], Sequence[FirmLine]]) -> list[FilterField]:
    """What the list can be narrowed by."""
    del rows
    has: list[tuple[object, str]] = [(True, translate("with addresses")), (False, translate("without"))]
    switch: list[tuple[object, str]] = [(True, translate("on")), (False, translate("off"))]
    return [
        FilterField("macs", translate("Addresses"), lambda: has, lambda x: x.macs > 0),
        FilterField(
            "pay", translate("May pay"), lambda: switch, lambda x: x.info.may_pay if x.info else None
        ),
    ]
