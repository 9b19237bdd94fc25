"""Accounts below the installer: property managers with their sites, and sub-installers (ACC-05, ACC-06).

The cloud makes and changes accounts, so this takes a network; what it said last is shown with its age without one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from core.entities.organisation import ACCOUNT, Account, Role
from core.entities.site import SITE
from core.ports.cloud import AccountDoor
from core.schema.field import Flag, Text
from core.store.reader import Reader
from core.usecases.context import Context
from core.wire.accounts import AccountInfo
from desktop.models.columns import QUIET, STRONG, ListColumn, col
from desktop.models.listing import FilterField
from desktop.models.record_draft import DraftField, RecordDraft
from desktop.models.words import translate
from desktop.qt.roles import Look, RowLook

TOUCHES = frozenset({"accounts", "sites", "organisations"})


@runtime_checkable
class WithDoor(Protocol):
    """A station that can ask the cloud about accounts."""

    @property
    def door(self) -> AccountDoor | None:
        """None while there is no cloud."""
        ...


def account_door(station: object) -> AccountDoor | None:
    """The door of a station that has one."""
    return station.door if isinstance(station, WithDoor) else None


@dataclass(frozen=True, slots=True)
class UserLine:
    """One account. `info` is None until the cloud was asked; `sites` are names, in the order of the list of sites."""

    account_id: str
    user: str
    name: str
    email: str
    role: Role
    active: bool
    info: AccountInfo | None = None
    sites: tuple[str, ...] = ()

    @property
    def manager(self) -> bool:
        """Whether it is a property manager."""
        return self.role is Role.MANAGER


async def load_users(ctx: Context, infos: Sequence[AccountInfo]) -> list[UserLine]:
    """Accounts of the installer's firm but one's own, by name: what the cloud told, and what the mirror knows."""
    me = ctx.me

    def work(reader: Reader) -> list[UserLine]:
        names = {s.id: s.name for s in reader.find(SITE)}
        told = {i.id: i for i in infos}
        known: dict[str, UserLine] = {
            a.id: _from_row(a)
            for a in reader.find(ACCOUNT)
            if a.org_id == me.org_id and a.id != me.account_id
        }
        for info in told.values():
            known[info.id] = _from_info(info, names)
        return sorted(known.values(), key=lambda u: (u.role.value, u.name.casefold()))

    return await ctx.mirror.read(work)


def _from_row(account: Account) -> UserLine:
    return UserLine(
        account.id, account.user_name, account.full_name, account.email, account.role, account.active
    )


def _from_info(info: AccountInfo, names: Mapping[str, str]) -> UserLine:
    sites = tuple(sorted(names.get(s, s) for s in info.sites))
    role = Role(info.role) if info.role in set(Role) else Role.MANAGER
    return UserLine(info.id, info.user, info.full_name, info.email, role, info.active, info, sites)


def role_word(role: Role) -> str:
    """The word of a role."""
    words = {
        Role.DISTRIBUTOR: translate("Distributor"),
        Role.INSTALLER: translate("Installer"),
        Role.SUB_INSTALLER: translate("Sub-installer"),
        Role.MANAGER: translate("Property manager"),
    }
    return words[role]


def user_columns() -> list[ListColumn]:
    """The columns of the list."""
    return [
        col("name", translate("Name"), lambda x: x.name, 170, STRONG),
        col("user", translate("User name"), lambda x: x.user, 150, QUIET),
        col("role", translate("Role"), lambda x: role_word(x.role), 130),
        col("sites", translate("Sites"), _sites, 220, _sites_look, stretch=True),
        col("two", translate("Two-factor"), _factor, 110, QUIET, drop=2),
        col("email", translate("E-mail"), lambda x: x.email, 190, QUIET, drop=1),
        col("state", translate("State"), _state, 96, _state_look),
    ]


def _sites(line: UserLine) -> str:
    if not line.manager:
        return translate("all of the installer's")
    if line.info is None:
        return "…"
    return ", ".join(line.sites) or translate("none yet")


def _sites_look(line: UserLine) -> Look:
    if line.info is None and line.manager:
        return Look(tone="t3", reason=translate("The cloud was not asked yet."))
    needs = line.manager and not line.sites
    return Look(tone="ambiguous") if needs else Look(tone="t2" if not line.manager else "t1")


def _factor(line: UserLine) -> str:
    if line.info is None:
        return "…"
    if line.info.totp:
        return translate("app")
    return translate("e-mail") if line.info.two_factor else translate("off")


def _state(line: UserLine) -> str:
    if line.info is not None and line.info.locked:
        return translate("locked")
    return translate("active") if line.active else translate("switched off")


def _state_look(line: UserLine) -> Look:
    return Look(tone="t2") if line.active else Look(tone="t3")


def user_row_look(line: UserLine) -> RowLook:
    """Accounts that are switched off are faded."""
    return RowLook(faded=not line.active)


def user_filters() -> list[FilterField]:
    """What the list can be narrowed by."""
    roles: list[tuple[object, str]] = [(r.value, role_word(r)) for r in (Role.MANAGER, Role.SUB_INSTALLER)]
    return [FilterField("role", translate("Role"), lambda: roles, lambda x: x.role.value)]


def user_draft(line: UserLine | None, role: Role) -> RecordDraft:
    """The form of an account; for a new one also its user name and a password, empty for one that is mailed."""
    info = line.info if line else None
    fields = [
        DraftField("full_name", Text(max_len=128), translate("Name"), required=True),
        DraftField("email", Text(max_len=254), translate("E-mail"), required=True),
    ]
    if line is None:
        fields.insert(1, DraftField("user", Text(max_len=64), translate("User name"), required=True))
        hint = translate("empty: one is mailed")
        fields.append(DraftField("password", Text(max_len=128), translate("Password"), hint=hint))
    else:
        fields.append(DraftField("active", Flag(), translate("May sign in"), optional=False))
    fields.append(DraftField("two_factor", Flag(), translate("Code by e-mail at sign-in"), optional=False))
    if role is Role.MANAGER:
        words = translate("Reminder of a new password every month")
        fields.append(DraftField("reminder", Flag(), words, optional=False))
    values = {
        "full_name": line.name if line else "",
        "email": line.email if line else "",
        "active": line.active if line else True,
        "two_factor": info.two_factor if info else False,
        "reminder": info.reminder if info else False,
    }
    return RecordDraft(fields, values, new=line is None)
