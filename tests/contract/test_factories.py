"""The factories themselves: rows of any entity, with or without what they refer to."""

from __future__ import annotations

from core.entities.access import GROUP_DOOR
from core.entities.person import CREDENTIAL, RESIDENT
from core.entities.site import APARTMENT, BUILDING, SITE
from core.store.changes import Origin
from core.store.mirror import Mirror
from core.store.tx import Tx
from tests.factories import make, plant


def test_overrides_are_taken_and_a_site_is_its_own_scope() -> None:
    assert make(RESIDENT, first_name="Ada").first_name == "Ada"
    site = make(SITE)
    assert site.scope_id == site.id
    building = make(BUILDING, site_id=site.id)
    assert building.scope_id == building.site_id == site.id
    assert make(RESIDENT).id != make(RESIDENT).id


async def test_what_a_row_needs_is_planted_in_one_site(mirror: Mirror) -> None:
    def work(tx: Tx) -> None:
        credential = plant(tx, CREDENTIAL)
        person = tx.require(RESIDENT, credential.person_id)
        assert person.apartment_id is not None
        apartment = tx.require(APARTMENT, person.apartment_id)
        building = tx.require(BUILDING, apartment.building_id)
        scopes = {credential.scope_id, person.site_id, apartment.site_id, building.site_id}
        assert scopes == {tx.require(SITE, person.site_id).id}
        door = plant(tx, GROUP_DOOR)
        assert door.scope_id != ""

    await mirror.write(work, origin=Origin.USER)
