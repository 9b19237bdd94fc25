"""Where the workstation keeps the mirrors of joined accounts (ACC-07): each in a profile of its own inside this one."""

from __future__ import annotations

from core.base.errors import UserError
from core.base.ids import is_id
from core.base.paths import Profile

FOLDER = "joined"


def joined_profile(profile: Profile, account: str) -> Profile:
    """The profile of a joined account: the same one each time, so that a second switch has everything already.

    Asked from a joined account's own profile it is one beside that: profiles inside profiles would have no end.
    """
    if not is_id(account):
        raise UserError("link.unknown", "That is no account's id.", field="account")
    above = profile.root.parent
    inside = above.name == FOLDER and is_id(profile.root.name)
    return Profile((above if inside else profile.root / FOLDER) / account)
