"""Where a row of the list of sites leads (SITE-09, SITE-28 to SITE-30): which ways, for whom, what is behind."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.entities.device import DEVICE
from core.entities.lock import LOCK
from core.entities.organisation import Role
from core.entities.person import RESIDENT, AccountType, PersonKind
from core.entities.site import SITE, Site, SiteKind
from core.store.reader import Reader
from core.usecases.context import Context, Permission


class WayTo(StrEnum):
    """What a row leads to."""

    EDIT = "edit"
    RESET = "reset"
    FAMILY = "family members"
    USERS = "users"
    INTERCOMS = "intercoms"
    LOCKS = "third-party locks"
    SMART_HOME = "smart home"
    IMPORT_USERS = "import users"
    IMPORT_DEVICES = "import devices"
    AUTOP = "AutoP"
    UPGRADES = "upgrades"
    SUBSCRIPTIONS = "subscriptions"


@dataclass(frozen=True, slots=True)
class Way:
    """One way. `count`: how many there are behind it, by brand for locks; None where nothing is counted."""

    to: WayTo
    count: int | None = None
    parts: tuple[tuple[str, int], ...] = ()


_OF_KIND: dict[SiteKind, tuple[WayTo, ...]] = {
    SiteKind.HOUSE: (WayTo.EDIT, WayTo.RESET, WayTo.FAMILY, WayTo.INTERCOMS, WayTo.LOCKS, WayTo.SMART_HOME),
    SiteKind.COMMUNITY: (WayTo.EDIT, WayTo.USERS, WayTo.INTERCOMS, WayTo.LOCKS),
    SiteKind.OFFICE: (
        *(WayTo.EDIT, WayTo.USERS, WayTo.INTERCOMS, WayTo.LOCKS),
        *(WayTo.IMPORT_USERS, WayTo.IMPORT_DEVICES, WayTo.SMART_HOME),
    ),
}
_EVERY = (WayTo.AUTOP, WayTo.UPGRADES, WayTo.SUBSCRIPTIONS)
"""SITE-30: from every site."""
_INSTALLERS = frozenset(
    {WayTo.RESET, WayTo.IMPORT_USERS, WayTo.IMPORT_DEVICES, WayTo.SMART_HOME, WayTo.AUTOP, WayTo.UPGRADES}
)
"""What a property manager is not offered (ACC-17, SITE-16)."""
IMPORT_KINDS = {WayTo.IMPORT_USERS: "office_users", WayTo.IMPORT_DEVICES: "office_devices"}
"""SITE-29: the kinds of file of TPL-04, by way."""


async def site_ways(ctx: Context, site_id: str) -> tuple[Way, ...]:
    """The ways from a site's row for the person who is signed in, in the order of the row."""
    actor = ctx.require(Permission.EDIT_PEOPLE)

    def work(reader: Reader) -> tuple[Way, ...]:
        site = reader.require(SITE, site_id)
        ways = [to for to in (*_OF_KIND[site.kind], *_EVERY) if _offered(site, to, actor.role)]
        return tuple(_counted(reader, site, to) for to in ways)

    return await ctx.mirror.read(work)


def _offered(site: Site, to: WayTo, role: Role) -> bool:
    if role is Role.MANAGER and to in _INSTALLERS:
        return False
    if to is WayTo.SUBSCRIPTIONS and role is Role.MANAGER:
        return site.charge_mode.value == "manager"
    # SITE-04: in a house only once the link is on; an office always leads there (SITE-28).
    return to is not WayTo.SMART_HOME or site.kind is SiteKind.OFFICE or site.smart_home


def _counted(reader: Reader, site: Site, to: WayTo) -> Way:
    if to is WayTo.INTERCOMS:
        return Way(to, len(reader.find(DEVICE, scope_id=site.id)))
    if to is WayTo.LOCKS:
        brands = [lock.brand.value for lock in reader.find(LOCK, scope_id=site.id)]
        parts = tuple((brand, brands.count(brand)) for brand in sorted(set(brands)))
        return Way(to, len(brands), parts)
    if to in {WayTo.USERS, WayTo.FAMILY}:
        people = reader.find(RESIDENT, scope_id=site.id)
        if to is WayTo.FAMILY:
            members = [p for p in people if p.account_type is AccountType.MEMBER]
            return Way(to, sum(1 for p in members if p.kind is PersonKind.RESIDENT))
        return Way(to, sum(1 for p in people if p.kind is not PersonKind.VISITOR))
    return Way(to)
