"""What a file says about whole families: masters before members, and how many members there may be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from core.entities.person import AccountType
from core.entities.site import Site
from core.sheets.people import Draft, is_account


def settle_masters(rows: Sequence[Draft], masters: set[str]) -> None:
    """RES-01: a member needs the apartment's master, who lives there already or comes with the same file."""
    coming: dict[str, Draft] = {}
    for draft in rows:
        if is_account(draft, AccountType.MASTER) and draft.apartment:
            best = coming.setdefault(draft.apartment.id, draft)
            if best.faults and not draft.faults:
                coming[draft.apartment.id] = draft
    for draft in rows:
        if (
            not is_account(draft, AccountType.MEMBER)
            or draft.apartment is None
            or draft.apartment.id in masters
        ):
            continue
        master = coming.get(draft.apartment.id)
        if master is None:
            words = "The apartment has no family master; a master comes before its members."
            draft.blame("account_type", "master.missing", words)
        elif master.faults:
            words = f"The family master of this apartment, in row {master.number}, is refused."
            draft.blame("account_type", "master.refused", words)


def settle_members(
    rows: Sequence[Draft], site: Site, there: Mapping[str, int], *, fee_accepted: bool
) -> None:
    """SITE-12, RES-06: how many members a master may add, and from which on they cost.

    `there`: apartment id -> members that live there already.
    """
    counts = Counter(there)
    for draft in rows:
        home = draft.apartment
        if draft.person is not None or home is None or not is_account(draft, AccountType.MEMBER):
            continue
        if home.member_limit is not None and counts[home.id] >= home.member_limit:
            words = f"Apartment {home.number} may have {home.member_limit} members."
            draft.blame("account_type", "members.limit", words)
        elif counts[home.id] >= site.free_members and not fee_accepted:
            words = f"{site.free_members} members are free; one more costs the 'additional app' fee: say yes to it."
            draft.blame("account_type", "members.fee", words)
        elif not draft.faults:
            counts[home.id] += 1
