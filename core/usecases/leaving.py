"""Deleting many people of any kind at once, with a dry run and an undo entry (RES-03, ACC-12)."""

from __future__ import annotations

from collections.abc import Sequence

from core.base.errors import GatewrightError
from core.entities.person import RESIDENT, AccountType, Resident
from core.store.reader import Reader
from core.usecases.bulk import BulkReport, Outcome, Verb, run_bulk
from core.usecases.context import Context, Permission
from core.usecases.guards import guard_remove
from core.usecases.people import check_master_may_go, remove_person


async def delete_people(ctx: Context, person_ids: Sequence[str], *, check: bool = False) -> BulkReport:
    """Delete people with everything that hangs on them, members before masters; devices hold them until the next push.

    Who may not be deleted (a switch of the site, a master who would leave members behind) is listed with the reason.
    """
    ctx.require(Permission.EDIT_PEOPLE)
    wanted = list(dict.fromkeys(person_ids))

    def pick(reader: Reader) -> list[Resident]:
        found = reader.find_in(RESIDENT, "id", wanted)
        return sorted(found, key=lambda p: p.account_type is AccountType.MASTER)

    def judge(reader: Reader, person: Resident) -> tuple[Outcome, str]:
        try:
            guard_remove(ctx, reader, RESIDENT, person)
            if not _family_goes_too(reader, person, wanted):
                check_master_may_go(reader, person)
        except GatewrightError as fault:
            return Outcome.CANNOT, str(fault)
        return Outcome.CHANGE, ""

    return await run_bulk(ctx, RESIDENT, pick, Verb("Delete people", judge, remove_person), check=check)


def _family_goes_too(reader: Reader, person: Resident, wanted: Sequence[str]) -> bool:
    if not person.apartment_id:
        return True
    family = reader.find(RESIDENT, apartment_id=person.apartment_id)
    return all(p.id in wanted for p in family if p.account_type is AccountType.MEMBER)
