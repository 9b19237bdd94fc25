"""One act on many people: edit, clear away visitors whose keys are over. With a dry run and an undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from core.base.errors import UserError
from core.entities.access import ACCESS_GROUP
from core.entities.person import RESIDENT, PersonKind, Resident
from core.entities.site import SITE
from core.rules.access_times import local_of
from core.rules.explain import name_of
from core.store.reader import Reader
from core.usecases.bulk import BulkReport, Outcome, Verb, patching, run_bulk
from core.usecases.context import Context, Permission
from core.usecases.guards import guard_change
from core.usecases.people import remove_person
from core.usecases.visitors import key_is_over

_ALIKE = frozenset(
    {"state", "valid_from", "valid_until", "call_mode", "call_type", "app_enabled", "language", "identity"}
    | {"remark", "country", "department_id"}
)
"""Fields that may be the same for many people; a name, an ID or an address may not."""


async def edit_people(
    ctx: Context, *, site_id: str, ids: Sequence[str], changes: Mapping[str, Any], check: bool = False
) -> BulkReport:
    """Set the same fields of many people of a site."""
    ctx.require(Permission.EDIT_PEOPLE)
    if odd := sorted(set(changes) - _ALIKE):
        words = f"These cannot be the same for many people: {', '.join(odd)}."
        raise UserError("residents.bulk.field", words, field=odd[0])

    def forbid(reader: Reader, person: Resident) -> str:
        return _refusal(lambda: guard_change(ctx, reader, RESIDENT, person, changes))

    verb = patching(RESIDENT, "Edit people", changes, forbid=forbid)
    return await run_bulk(ctx, RESIDENT, _picker(site_id, ids), verb, check=check, site_id=site_id)


async def clear_visitors(
    ctx: Context, *, site_id: str, ids: Sequence[str] | None = None, check: bool = False
) -> BulkReport:
    """VIS-01: delete visitors with their keys: the chosen ones, or all whose keys are over."""
    ctx.require(Permission.EDIT_PEOPLE)
    now = ctx.clock.now()

    def pick(reader: Reader) -> list[Resident]:
        visitors = reader.find(RESIDENT, scope_id=site_id, kind=PersonKind.VISITOR)
        if ids is not None:
            return [v for v in visitors if v.id in set(ids)]
        local = local_of(now, reader.require(SITE, site_id).time_zone)
        groups = {g.owner_id: g for g in reader.find_in(ACCESS_GROUP, "owner_id", [v.id for v in visitors])}
        return [v for v in visitors if v.id in groups and key_is_over(groups[v.id], local)]

    verb = Verb("Clear visitors", lambda _r, _v: (Outcome.CHANGE, ""), remove_person)
    return await run_bulk(ctx, RESIDENT, pick, verb, check=check, site_id=site_id)


def _picker(site_id: str, ids: Sequence[str]) -> Callable[[Reader], list[Resident]]:
    def pick(reader: Reader) -> list[Resident]:
        found = [p for p in reader.find_in(RESIDENT, "id", ids) if p.scope_id == site_id]
        return sorted(found, key=lambda p: (name_of(p), p.id))

    return pick


def _refusal(ask: Callable[[], object]) -> str:
    """The words of a refusal; empty when there is none."""
    try:
        ask()
    except UserError as fault:
        return str(fault)
    return ""
