"""The sites of all accounts that one person joined, for the window's menu of sites and accounts (ACC-07).

A joined account has a mirror of its own, in a profile inside this one (`desktop.app.joined`): choosing one of its sites
means opening that profile. `enter` signs it in without a password; what was opened before is there without a network.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol, runtime_checkable

from core.ports.cloud import AccountDoor
from core.store.mirror import Mirror
from core.usecases import account
from core.usecases.context import Actor, Context
from core.wire.service import JoinedSite

TOUCHES = frozenset({"sites"})


@dataclass(frozen=True, slots=True)
class JoinedFirm:
    """The sites of one account, by name. `own`: of the account that is signed in here; its firm is not named."""

    account: str
    user: str
    firm: str
    own: bool
    sites: tuple[JoinedSite, ...]


@runtime_checkable
class OpensJoined(Protocol):
    """A station that can show a joined account."""

    async def open_joined(self, firm: JoinedFirm, site: str) -> None:
        """Open a joined account at one of its sites, without its password, in a window of its own. UnreachableError
        when it was never opened here and there is no network; UserError while it is open already.
        """
        ...


async def load_joined(ctx: Context, door: AccountDoor | None) -> list[JoinedFirm]:
    """Every site of every joined account, one's own first, then by firm. Without a network as the cloud told it last;
    empty when it never has.
    """
    ctx.require_signed_in()
    return grouped((await account.joined_sites(ctx.mirror, door)).sites)


def grouped(sites: Sequence[JoinedSite]) -> list[JoinedFirm]:
    """Sites by account; an account without sites is not among them."""
    ordered = sorted(
        sites, key=lambda s: (not s.own, s.firm.casefold(), s.account, s.name.casefold(), s.site)
    )
    found = []
    for key, members in groupby(ordered, key=lambda s: (s.account, s.user, s.firm, s.own)):
        found.append(JoinedFirm(*key, tuple(members)))
    return found


async def enter(door: AccountDoor, firm: JoinedFirm, other: Mirror) -> Actor:
    """Sign the joined account's own mirror in, without its password. NotFoundError when the accounts are not joined any
    more, UnreachableError without a network: a mirror that was entered before goes on working without this.
    """
    return await account.enter(door, account.link_path(firm.account), other)
