"""Many keys and codes at once: extended or taken away, with a dry run and an undo entry (VIS-01, CRED-04)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta

from core.base.errors import GatewrightError
from core.entities.access import ACCESS_GROUP, AccessGroup, Repeat
from core.entities.credential import CREDENTIAL, Credential
from core.entities.person import RESIDENT, PersonKind, Resident
from core.entities.site import SITE
from core.rules.access_times import local_of
from core.store.reader import Reader
from core.store.tx import Tx
from core.usecases.bulk import BulkReport, Outcome, Verb, run_bulk
from core.usecases.context import Context, Permission
from core.usecases.guards import guard_remove
from core.usecases.people import remove_person


async def extend_keys(
    ctx: Context, visitor_ids: Sequence[str], *, by: timedelta, check: bool = False
) -> BulkReport:
    """Move the last day of keys; one that repeats or has expired cannot be extended."""
    ctx.require(Permission.EDIT_PEOPLE)
    now = ctx.clock.now()

    def judge(reader: Reader, visitor: Resident) -> tuple[Outcome, str]:
        group = _times_of(reader, visitor)
        if group is None:
            return Outcome.CANNOT, "It has no key."
        if group.repeat is not Repeat.NEVER or group.to_day is None:
            return Outcome.CANNOT, "A key that repeats has no end to extend."
        local = local_of(now, reader.require(SITE, group.site_id).time_zone)
        if (group.to_day, group.to_time) < (local.date(), local.time()):
            return Outcome.CANNOT, "It has expired already; make a new one."
        return Outcome.CHANGE, ""

    def do(tx: Tx, visitor: Resident) -> None:
        group = _times_of(tx, visitor)
        if group is not None and group.to_day is not None:
            tx.patch(ACCESS_GROUP, group, to_day=group.to_day + by)

    verb = Verb("Extend temporary keys", judge, do)
    return await run_bulk(ctx, RESIDENT, _picker(visitor_ids), verb, check=check)


async def remove_keys(ctx: Context, visitor_ids: Sequence[str], *, check: bool = False) -> BulkReport:
    """Delete keys with their visitors; the devices hold them until the next push."""
    ctx.require(Permission.EDIT_PEOPLE)

    def judge(_reader: Reader, visitor: Resident) -> tuple[Outcome, str]:
        if visitor.kind is not PersonKind.VISITOR:
            return Outcome.CANNOT, "This is no visitor."
        return Outcome.CHANGE, ""

    verb = Verb("Delete temporary keys", judge, remove_person)
    return await run_bulk(ctx, RESIDENT, _picker(visitor_ids), verb, check=check)


def _picker(ids: Sequence[str]) -> Callable[[Reader], list[Resident]]:
    wanted = list(dict.fromkeys(ids))
    return lambda reader: reader.find_in(RESIDENT, "id", wanted)


def _times_of(reader: Reader, visitor: Resident) -> AccessGroup | None:
    return reader.first(ACCESS_GROUP, owner_id=visitor.id)


async def remove_codes(ctx: Context, credential_ids: Sequence[str], *, check: bool = False) -> BulkReport:
    """CRED-04: take PINs, cards and plates away from their people; devices hold them until the next push."""
    ctx.require(Permission.EDIT_PEOPLE)
    wanted = list(dict.fromkeys(credential_ids))

    def judge(reader: Reader, credential: Credential) -> tuple[Outcome, str]:
        try:
            guard_remove(ctx, reader, CREDENTIAL, credential)
        except GatewrightError as fault:
            return Outcome.CANNOT, str(fault)
        return Outcome.CHANGE, ""

    def pick(reader: Reader) -> list[Credential]:
        return reader.find_in(CREDENTIAL, "id", wanted)

    verb = Verb("Remove codes", judge, lambda tx, row: tx.remove(CREDENTIAL, row.id))
    return await run_bulk(ctx, CREDENTIAL, pick, verb, check=check)
