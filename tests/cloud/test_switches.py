"""ACC-12 and the role table of accounts.md at the cloud: what a site's switches keep from its managers is refused there
too, whatever the workstation let through; and whose account rows are whose to change.
"""

from __future__ import annotations

from typing import Any

import pytest

from core.base.ids import new_id
from core.cloud import admin
from core.entities.access import ACCESS_GROUP, GROUP_MEMBER
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.organisation import ACCOUNT, Role
from core.entities.person import FLOOR_GRANT, RESIDENT, PersonKind
from core.entities.site import SITE, AccessReach, VideoPlan
from core.wire.messages import Mutation
from tests.cloud.bench import Hand, again
from tests.history.world import PASSWORD


@pytest.fixture
def maya(anna: Hand) -> Hand:
    """A property manager of anna's site."""
    made = admin.create_account(
        anna.cloud, org_id=anna.who.org, user="maya", password=PASSWORD, role=Role.MANAGER
    )
    admin.assign_manager(anna.cloud, account_id=made.account_id, site_id=anna.site)
    hand = Hand.of(anna.cloud, "maya")
    hand.site, hand.building, hand.apartment = anna.site, anna.building, anna.apartment
    return hand


def switch(anna: Hand, **values: Any) -> None:
    fields = {name: SITE.by_name[name].store(value) for name, value in values.items()}
    anna.must(anna.edit(SITE, "patch", anna.site, fields, base_ver=99))


def refused(hand: Hand, *muts: Mutation) -> bool:
    answers = hand.push(*muts)
    return {a.code for a in answers if a.status == "refused"} >= {"switched_off"} and not any(
        a.status in {"ok", "merged"} for a in answers
    )


def test_deleting_accounts(anna: Hand, maya: Hand) -> None:
    person = anna.resident()
    anna.must(person)
    switch(anna, pm_delete=False)
    gone = [h.edit(RESIDENT, "delete", person.entity_id, {}, base_ver=1) for h in (maya, anna)]
    [answer] = maya.push(gone[0])
    assert (answer.code, "deleting accounts" in answer.message) == ("switched_off", True)
    switch(anna, pm_delete=True)
    maya.must(maya.edit(RESIDENT, "delete", person.entity_id, {}, base_ver=1))


def test_an_installer_is_held_by_no_switch(anna: Hand) -> None:
    switch(anna, pm_delete=False, pm_access=AccessReach.PUBLIC_AREA, pm_video=False)
    person = anna.resident()
    anna.must(person, anna.pin(person, "4711"))
    anna.must(anna.edit(RESIDENT, "delete", person.entity_id, {}, base_ver=1))


def test_only_public_area_leaves_residents_access_alone(anna: Hand, maya: Hand) -> None:
    group = anna.create(ACCESS_GROUP, site_id=anna.site, name="Pool")
    person = anna.resident()
    anna.must(group, person, pin := anna.pin(person, "4711"))
    switch(anna, pm_access=AccessReach.PUBLIC_AREA)
    edits: list[Mutation] = [
        maya.pin(person, "4712"),
        maya.edit(CREDENTIAL, "delete", pin.entity_id, {}, base_ver=1),
        maya.create(GROUP_MEMBER, group_id=group.entity_id, person_id=person.entity_id),
        maya.create(
            FLOOR_GRANT, person_id=person.entity_id, building_id=anna.building.entity_id, floors=("1",)
        ),
        maya.create(ACCESS_GROUP, site_id=anna.site, name="Private", owner_id=person.entity_id),
    ]
    for edit in edits:
        assert refused(maya, edit), edit.entity
    switch(anna, pm_access=AccessReach.FULL)
    maya.must(maya.pin(person, "4712"))


def test_only_public_area_lets_staff_and_new_residents_through(anna: Hand, maya: Hand) -> None:
    default = anna.create(ACCESS_GROUP, site_id=anna.site, name="A", building_id=anna.building.entity_id)
    anna.must(default)
    switch(anna, pm_access=AccessReach.PUBLIC_AREA)
    staff = maya.create(RESIDENT, site_id=anna.site, kind=PersonKind.STAFF, apartment_id=None)
    code = maya.create(CREDENTIAL, person_id=staff.entity_id, kind=CredentialKind.CARD, code="AB12CD34")
    maya.must(staff, code)
    first, second = new_id(), new_id()
    new = maya.resident(group=first)
    member = maya.create(GROUP_MEMBER, group_id=default.entity_id, person_id=new.entity_id, group=first)
    maya.must(new, member)
    gone = [
        maya.edit(GROUP_MEMBER, "delete", member.entity_id, {}, base_ver=1, group=second),
        maya.edit(RESIDENT, "delete", new.entity_id, {}, base_ver=1, group=second),
    ]
    maya.must(*gone)


def test_video_storage_is_the_installers_unless_it_says_so(anna: Hand, maya: Hand) -> None:
    plan = {"video_plan": SITE.by_name["video_plan"].store(VideoPlan.SUBSCRIBED)}
    assert refused(maya, maya.edit(SITE, "patch", anna.site, plan, base_ver=99))
    switch(anna, pm_video=True)
    maya.must(maya.edit(SITE, "patch", anna.site, plan, base_ver=99))


@pytest.mark.parametrize("name", [n for n in SITE.names if n.startswith("pm_") or n == "charge_mode"])
def test_no_manager_turns_its_own_switches(anna: Hand, maya: Hand, name: str) -> None:
    column = SITE.by_name[name]
    value = {"pm_access": "only_public_area", "charge_mode": "manager"}.get(name, 0)
    answers = maya.push(maya.edit(SITE, "patch", anna.site, {column.name: value}, base_ver=99))
    assert again(answers) == [("refused", "not_allowed")]


def test_account_rows_are_changed_by_their_owner_and_those_above_only(anna: Hand) -> None:
    """ACC-05, ACC-06: and nobody changes an e-mail address by an edit, since it opens the account."""
    cloud = anna.cloud
    sub = admin.create_account(
        cloud, org_id=anna.who.org, user="sub", password=PASSWORD, role=Role.SUB_INSTALLER
    )
    hand = Hand.of(cloud, "sub")

    def rename(by: Hand, account: str, **fields: Any) -> list[tuple[str, str]]:
        fields = fields or {"full_name": "New name"}
        return again(by.push(by.edit(ACCOUNT, "patch", account, fields, scope=anna.who.org, base_ver=99)))

    assert rename(hand, sub.account_id) == [("ok", "")]
    assert rename(anna, sub.account_id, full_name="Other") == [("ok", "")]
    assert rename(hand, anna.who.account) == [("refused", "not_allowed")]
    for field, value in (("email", "me@example.org"), ("role", "distributor"), ("active", 1)):
        assert rename(hand, sub.account_id, **{field: value}) == [("refused", "not_allowed")]


def test_acc_20_the_cloud_keeps_the_addresses_of_an_account_with_linked_sites(anna: Hand) -> None:
    """Whatever program sends the edit; unlinking comes first, and cannot come with it."""
    person = anna.resident(linked=True, email="ada@home.example", mobile="600", calling_code="34")
    anna.must(person)

    def change(**fields: Any) -> tuple[str, str, str]:
        [answer] = anna.push(anna.edit(RESIDENT, "patch", person.entity_id, fields, base_ver=99))
        return answer.status, answer.code, answer.field

    for name, value in (("email", "b@home.example"), ("mobile", "601"), ("calling_code", "47")):
        assert change(**{name: value}) == ("refused", "residents.linked", name)
    assert change(email="b@home.example", linked=0)[:2] == ("refused", "residents.linked")
    assert change(remark="free")[0] == "ok"
    assert change(email="ada@home.example")[0] == "ok", "the same value is no change"
    assert change(linked=0)[0] == "ok"
    assert change(email="b@home.example")[0] == "ok"
