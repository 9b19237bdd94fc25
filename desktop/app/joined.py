"""Where the workstation keeps the mirrors of joined accounts (ACC-07): each in a profile of its own inside this one."""

from __future__ import annotations

from core.base.errors import UserError
from core.base.ids import is_id
from core.base.paths import Profile


def joined_profile(profile: Profile, account: str) -> Profile:
    """The profile of a joined account: the same one each time, so that a second switch has everything already."""
    if not is_id(account):
        raise UserError("link.unknown", "That is no account's id.", field="account")
    return Profile(profile.root / "joined" / account)
