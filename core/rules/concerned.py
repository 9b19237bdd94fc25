"""Which rules across rows have to be asked about a change: those that look at a field that was changed.

A rule that is not named here is always asked. A test watches each one and fails where it looks at more than is here.
"""

from __future__ import annotations

from functools import cache

from core.rules import device_rules, invariants, typed_codes
from core.rules.invariants import INVARIANTS, Rule

READS: dict[Rule, frozenset[str]] = {
    invariants.mac_claimed_once: frozenset({"mac", "site_id"}),
    invariants.few_with_video: frozenset({"stores_video", "site_id"}),
    device_rules.display_can_be_chosen: frozenset(
        {"contact_display", "kind", "apartment_id", "model", "firmware"}
    ),
    invariants.pin_unique_in_site: frozenset({"kind", "code", "person_id"}),
    invariants.few_per_person: frozenset({"kind", "person_id"}),
    invariants.site_takes_code: frozenset({"kind", "code"}),
    typed_codes.typed_once: frozenset({"kind", "code", "person_id"}),
    invariants.member_has_master: frozenset({"kind", "account_type", "apartment_id"}),
    invariants.person_has_place: frozenset({"site_id", "kind", "apartment_id", "building_id"}),
    invariants.office_number_unique: frozenset({"kind", "number", "uid"}),
    **invariants.UNIQUE,
}
"""By rule: the fields of the row itself that it looks at, id and scope aside."""


@cache
def concerned(entity: str, changed: frozenset[str]) -> tuple[Rule, ...]:
    """The rules that may say something else of a row of which these fields were changed."""
    rules = INVARIANTS.get(entity, ())
    return tuple(rule for rule in rules if rule not in READS or not READS[rule].isdisjoint(changed))
