"""Rows of the residents' file, and what became of the people in it."""

from __future__ import annotations

from core.entities.access import GROUP_MEMBER
from core.entities.person import CREDENTIAL, RESIDENT, CredentialKind, Resident
from core.sheets.residents import LAYOUT
from tests.core.sheets.conftest import Town

HEADS = LAYOUT.heads


def line(**cells: str) -> list[str]:
    """A row of the file: a new master of B 101 with these cells instead."""
    base = {
        "building": "Building B",
        "apartment": "101",
        "account_type": "0",
        "first_name": "Paul",
        "last_name": "Edward",
    }
    return [(base | cells).get(c.field, "") for c in LAYOUT.columns]


async def person(town: Town, first: str) -> Resident:
    found = await town.mirror.read(lambda r: r.find(RESIDENT, site_id=town.site.id, first_name=first))
    assert len(found) == 1
    return found[0]


async def codes(town: Town, person_id: str) -> dict[str, list[str]]:
    found = await town.mirror.read(lambda r: r.find(CREDENTIAL, person_id=person_id))
    return {
        k.value: sorted(c.code for c in found if c.kind is k)
        for k in (CredentialKind.PIN, CredentialKind.CARD)
    }


async def groups(town: Town, person_id: str) -> set[int]:
    found = await town.mirror.read(lambda r: r.find(GROUP_MEMBER, person_id=person_id))
    numbers = {g.id: code for code, g in town.groups.items()}
    return {numbers[m.group_id] for m in found}
