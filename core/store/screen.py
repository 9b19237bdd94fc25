"""Cross-row rules for many new rows in a few queries: which rows surely break none of them.

What is not sure is judged row by row by the rules themselves, which stay the only place that says no. A rule that a
screen does not know is asked for every row, so that a new one cannot be forgotten here. A test compares both ways.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Sequence
from typing import Any

from core.entities.access import ACCESS_GROUP, GROUP_MEMBER, GroupMember
from core.entities.credential import CARD_CHARS, CREDENTIAL, Credential, CredentialKind
from core.entities.person import RESIDENT, AccountType, PersonKind, Resident
from core.entities.site import SITE, PinMode, SiteKind
from core.rules import invariants
from core.rules.cards import card_number
from core.rules.sharing import sites_sharing
from core.rules.typed_codes import typed_once
from core.schema.entity import EntitySpec
from core.store.direct import AMONG, ask, listed
from core.store.reader import Reader

FEW = 50
"""Below so many rows the rules are as quick."""


def screened(
    reader: Reader, spec: EntitySpec[Any], rows: Sequence[Any], arriving: Collection[str]
) -> tuple[frozenset[str], tuple[invariants.Rule, ...]]:
    """Ids of the rows that surely break none of the screened rules, and the rules that are asked for them anyway."""
    rules = invariants.INVARIANTS.get(spec.name, ())
    screen = _SCREENS.get(spec.name)
    if screen is None or len(rows) < FEW:
        return frozenset(), rules
    known = _KNOWN[spec.name]
    others = tuple(rule for rule in rules if rule not in known)
    return frozenset(screen(reader, rows, arriving)), others


def _credentials(reader: Reader, rows: Sequence[Credential], _arriving: Collection[str]) -> set[str]:
    """PINs and cards of usual length whose number nobody else has, in any spelling; not where APT+PIN is typed."""
    for scope in {row.scope_id for row in rows}:
        sites = [reader.get(SITE, one) for one in sites_sharing(reader, scope)]
        if any(site is not None and site.pin_mode is PinMode.APARTMENT_PIN for site in sites):
            return set()
    pairs = [(row.kind, card_number(row.code)) for row in rows]
    times = Counter(pairs)
    taken = _taken(reader, rows, {number for _, number in pairs})
    plain = {CredentialKind.PIN, CredentialKind.CARD}
    return {
        row.id
        for row, pair in zip(rows, pairs, strict=True)
        if pair[0] in plain
        and 0 < len(row.code) <= CARD_CHARS
        and times[pair] == 1
        and row.code not in taken
        and pair[1] not in taken
    }


def _taken(reader: Reader, rows: Sequence[Credential], numbers: set[str]) -> set[str]:
    """Those codes of rows that somebody has, as they are spelled and as numbers without zeros in front.

    A card may stand in the mirror with more or fewer zeros. Those with any are fetched by the index, which is quicker
    than asking for each of sixteen spellings of every new card.
    """
    wanted = numbers.union(row.code for row in rows)
    same = f"SELECT code FROM {CREDENTIAL.name} WHERE code {AMONG}"  # noqa: S608  a table of ours
    taken = {row[0] for row in ask(reader.connection, same, listed(wanted))}
    zeros = f"SELECT code FROM {CREDENTIAL.name} WHERE code >= '0' AND code < '1'"  # noqa: S608  as above
    if any(row.kind is CredentialKind.CARD for row in rows):
        taken |= {card_number(row[0]) for row in ask(reader.connection, zeros)}
    return taken


def _members(reader: Reader, rows: Sequence[GroupMember], arriving: Collection[str]) -> set[str]:
    """New people in groups that are nobody's own, each pair once."""
    groups = {g.id for g in reader.find_in(ACCESS_GROUP, "id", {r.group_id for r in rows}) if not g.owner_id}
    pairs = Counter((row.group_id, row.person_id) for row in rows)
    return {
        row.id
        for row in rows
        if row.person_id in arriving and row.group_id in groups and pairs[row.group_id, row.person_id] == 1
    }


def _residents(reader: Reader, rows: Sequence[Resident], _arriving: Collection[str]) -> set[str]:
    """Residents of apartments of a community with a UID of their own: masters, and members behind theirs."""
    sites = {
        s.id for s in reader.find_in(SITE, "id", {r.site_id for r in rows}) if s.kind is SiteKind.COMMUNITY
    }
    uids = Counter(row.uid for row in rows)
    query = f"SELECT DISTINCT uid FROM {RESIDENT.name} WHERE uid {AMONG}"  # noqa: S608  a table of ours
    taken = {row[0] for row in ask(reader.connection, query, listed(uids))}
    homes = _with_master(reader, {r.apartment_id for r in rows if r.account_type is AccountType.MEMBER})
    fine = set()
    for row in rows:
        home = row.apartment_id
        sure = row.kind is PersonKind.RESIDENT and home is not None and row.site_id in sites
        sure = sure and bool(row.uid) and uids[row.uid] == 1 and row.uid not in taken
        if sure and (row.account_type is AccountType.MASTER or home in homes):
            fine.add(row.id)
            if home is not None and row.account_type is AccountType.MASTER:
                homes.add(home)
    return fine


def _with_master(reader: Reader, homes: Collection[str | None]) -> set[str]:
    """Those of the apartments where a family master lives."""
    query = (
        f"SELECT DISTINCT apartment_id FROM {RESIDENT.name} "  # noqa: S608  a table of ours
        f"WHERE apartment_id {AMONG} AND account_type = ? AND kind = ?"
    )
    values = (listed(h for h in homes if h), AccountType.MASTER.value, PersonKind.RESIDENT.value)
    return {row[0] for row in ask(reader.connection, query, *values)}


Screen = Callable[[Reader, Sequence[Any], Collection[str]], set[str]]
_SCREENS: dict[str, Screen] = {
    CREDENTIAL.name: _credentials,
    GROUP_MEMBER.name: _members,
    RESIDENT.name: _residents,
}
_KNOWN: dict[str, frozenset[invariants.Rule]] = {
    CREDENTIAL.name: frozenset(
        {
            invariants.site_takes_code,
            invariants.pin_unique_in_site,
            invariants.few_per_person,
            typed_once,
        }
    ),
    GROUP_MEMBER.name: frozenset({invariants.member_once, invariants.private_group_stays_private}),
    RESIDENT.name: frozenset(
        {
            invariants.person_has_place,
            invariants.member_has_master,
            invariants.office_number_unique,
        }
    ),
}
