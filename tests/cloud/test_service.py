"""Judging of pushed edits: the merge table, rules, claims, groups, what waits, repeats and forks (sync.md 3.7, 3.9)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from core.base.ids import new_id
from core.cloud import admin
from core.entities.device import DEVICE
from core.entities.organisation import ACCOUNT, ORGANISATION, Role
from core.entities.person import CREDENTIAL, RESIDENT
from core.entities.site import APARTMENT, BUILDING, SITE
from core.ports.cloud import BusyError, ForkError, TooLargeError, TooOldError
from core.rules import invariants
from core.schema.entity import Problem
from core.wire.messages import PushBatch
from tests.cloud.bench import Hand, again
from tests.history.world import PASSWORD

# ------------------------------------------------------------------------------------------------- the merge table


def test_an_untouched_field_is_taken_and_the_version_grows(anna: Hand) -> None:
    person = anna.resident(remark="")
    anna.must(person)
    [answer] = anna.push(
        anna.edit(RESIDENT, "patch", person.entity_id, {"remark": "knows the code"}, base_ver=1)
    )
    assert (answer.status, answer.ver, answer.image) == ("ok", 2, None)


def test_a_field_that_somebody_else_wrote_first_is_a_conflict_with_both_values(anna: Hand, ben: Hand) -> None:
    person = anna.resident(remark="old", mobile="1")
    anna.must(person)
    ben.must(ben.edit(RESIDENT, "patch", person.entity_id, {"remark": "theirs"}, base_ver=1))
    mine = anna.edit(RESIDENT, "patch", person.entity_id, {"remark": "mine", "mobile": "2"}, base_ver=1)
    [answer] = anna.push(mine)
    assert answer.status == "conflict"
    [clash] = answer.clashes
    assert (clash.field, clash.theirs, clash.who) == ("remark", "theirs", "anna")
    assert clash.at > 0
    assert answer.image is not None
    assert (answer.image["remark"], answer.image["mobile"], answer.ver) == ("theirs", "2", 3)


def test_the_same_value_twice_is_no_conflict(anna: Hand, ben: Hand) -> None:
    person = anna.resident(remark="old")
    anna.must(person)
    ben.must(ben.edit(RESIDENT, "patch", person.entity_id, {"remark": "new"}, base_ver=1))
    [answer] = anna.push(anna.edit(RESIDENT, "patch", person.entity_id, {"remark": "new"}, base_ver=1))
    assert (answer.status, answer.ver) == ("merged", 2)


def test_different_fields_of_one_row_are_merged_and_the_image_comes_along(anna: Hand, ben: Hand) -> None:
    person = anna.resident(remark="", mobile="")
    anna.must(person)
    ben.must(ben.edit(RESIDENT, "patch", person.entity_id, {"mobile": "5"}, base_ver=1))
    [answer] = anna.push(anna.edit(RESIDENT, "patch", person.entity_id, {"remark": "x"}, base_ver=1))
    assert answer.status == "merged"
    assert answer.image is not None
    assert (answer.image["remark"], answer.image["mobile"]) == ("x", "5")


def test_an_edit_behind_an_own_edit_of_the_same_field_is_no_conflict(anna: Hand) -> None:
    person = anna.resident(remark="")
    anna.must(person)
    edits = [
        anna.edit(RESIDENT, "patch", person.entity_id, {"remark": w}, base_ver=1) for w in ("a", "b", "c")
    ]
    assert [a.status for a in anna.push(*edits)] == ["ok", "ok", "ok"]


def test_a_row_that_was_changed_is_not_removed_unseen(anna: Hand, ben: Hand) -> None:
    person = anna.resident(remark="")
    anna.must(person)
    ben.must(ben.edit(RESIDENT, "patch", person.entity_id, {"remark": "stay"}, base_ver=1))
    [answer] = anna.push(anna.edit(RESIDENT, "delete", person.entity_id, {}, base_ver=1))
    assert answer.status == "conflict"
    assert [c.field for c in answer.clashes] == ["remark"]
    [confirmed] = anna.push(anna.edit(RESIDENT, "delete", person.entity_id, {}, base_ver=2))
    assert (confirmed.status, confirmed.ver) == ("ok", 3)


def test_removing_twice_is_fine_and_an_edit_of_a_removed_row_is_gone(anna: Hand, ben: Hand) -> None:
    person = anna.resident()
    anna.must(person)
    anna.must(anna.edit(RESIDENT, "delete", person.entity_id, {}, base_ver=1))
    assert again(ben.push(ben.edit(RESIDENT, "delete", person.entity_id, {}, base_ver=1))) == [("ok", "")]
    [late] = ben.push(ben.edit(RESIDENT, "patch", person.entity_id, {"remark": "x"}, base_ver=1))
    assert (late.status, late.code, late.ver, late.image) == ("refused", "row_gone", 2, None)


def test_a_removed_row_can_be_brought_back(anna: Hand) -> None:
    person = anna.resident(remark="first")
    anna.must(person, anna.edit(RESIDENT, "delete", person.entity_id, {}, base_ver=1))
    [back] = anna.must(
        anna.edit(RESIDENT, "restore", person.entity_id, {**person.fields, "remark": "second"})
    )
    assert back.ver == 3
    assert [(r.ver, r.op) for r in anna.fill(anna.site).rows if r.id == person.entity_id] == [(3, "p")]


def test_creating_what_exists_is_an_edit_of_it(anna: Hand, ben: Hand) -> None:
    person = anna.resident(remark="one")
    anna.must(person)
    clashing = ben.edit(RESIDENT, "create", person.entity_id, {**person.fields, "remark": "two"})
    [answer] = ben.push(clashing)
    assert (answer.status, [c.theirs for c in answer.clashes]) == ("conflict", ["one"])


# ------------------------------------------------------------------------------------------------- rules and claims


def test_bounds_and_rules_of_the_declaration_hold_at_the_cloud(anna: Hand) -> None:
    person = anna.resident()
    anna.must(person)
    bad: list[tuple[dict[str, Any], str]] = [
        ({"remark": "x" * 300}, "residents.remark.bounds"),
        ({"first_name": ""}, "residents.first_name.missing"),
        ({"first_name": None}, "bad_value"),
        ({"remark": 5}, "bad_value"),
        ({"remark": "a\0b"}, "bad_value"),
        ({"state": "asleep"}, "residents.state.bounds"),
        ({"valid_until": 2**63}, "bad_value"),
        ({"valid_until": "soon"}, "bad_value"),
        ({"floors": "{not json"}, "bad_value"),
        ({"floors": "[[1],2]"}, "bad_value"),
        ({"floors": '["900"]'}, "residents.floors.unknown"),
        ({"colour": "red"}, "field.unknown"),
    ]
    for fields, code in bad:
        [answer] = anna.push(anna.edit(RESIDENT, "patch", person.entity_id, fields, base_ver=1))
        assert (answer.status, answer.code) == ("refused", code), fields
    good = anna.edit(RESIDENT, "patch", person.entity_id, {"remark": "emoji 🚪 and ñ"}, base_ver=1)
    assert again(anna.push(good)) == [("ok", "")]


def test_a_mac_is_claimed_once_over_all_firms_and_the_other_firm_learns_nothing(
    anna: Hand, carl: Hand
) -> None:
    mine = anna.create(DEVICE, site_id=anna.site, mac="0C1105000001", name="Anna's secret door")
    anna.must(mine)
    [answer] = carl.push(carl.create(DEVICE, site_id=carl.site, mac="0C1105000001"))
    assert (answer.status, answer.code, answer.field) == ("refused", "mac_claimed", "mac")
    assert "Anna" not in answer.message
    anna.must(anna.edit(DEVICE, "delete", mine.entity_id, {}, base_ver=1))
    carl.must(carl.create(DEVICE, site_id=carl.site, mac="0C1105000001"))


def test_inside_one_firm_the_refusal_names_the_device(anna: Hand) -> None:
    anna.must(anna.create(DEVICE, site_id=anna.site, mac="0C1105000001", name="Main entrance"))
    [answer] = anna.push(anna.create(DEVICE, site_id=anna.site, mac="0C1105000001"))
    assert answer.code == "devices.mac.taken"
    assert "Main entrance" in answer.message


def test_a_pin_is_unique_in_its_site_and_free_in_another(anna: Hand, carl: Hand) -> None:
    person, other = anna.resident(), anna.resident()
    anna.must(person, other, anna.pin(person, "1234"))
    [answer] = anna.push(anna.pin(other, "1234"))
    assert (answer.status, answer.code) == ("refused", "credentials.pin.taken")
    stranger = carl.resident()
    carl.must(stranger, carl.pin(stranger, "1234"))


def test_two_pins_change_places_within_a_group(anna: Hand) -> None:
    one, two = anna.resident(), anna.resident()
    first, second = anna.pin(one, "1111"), anna.pin(two, "2222")
    anna.must(one, two, first, second)
    group = new_id()
    swap = [
        anna.edit(CREDENTIAL, "patch", first.entity_id, {"code": "2222"}, base_ver=1, group=group),
        anna.edit(CREDENTIAL, "patch", second.entity_id, {"code": "1111"}, base_ver=1, group=group),
    ]
    anna.must(*swap)
    [half] = anna.push(anna.edit(CREDENTIAL, "patch", first.entity_id, {"code": "1111"}, base_ver=2))
    assert half.status == "refused"


def test_a_group_stands_or_falls_together(anna: Hand) -> None:
    holder = anna.resident()
    anna.must(holder, anna.pin(holder, "1234"))
    group, person = new_id(), anna.resident()
    person = msgspec.structs.replace(person, group=group)
    pin = anna.pin(person, "1234", group=group)
    after = anna.resident()
    answers = anna.push(person, pin, after)
    assert again(answers) == [("refused", "group_refused"), ("refused", "credentials.pin.taken"), ("ok", "")]
    assert person.entity_id not in {r.id for r in anna.fill(anna.site).rows}


def test_what_points_at_nothing_is_refused(anna: Hand) -> None:
    [answer] = anna.push(anna.create(BUILDING, site_id=new_id(), name="B"))
    assert answer.code == "buildings.site_id.unknown"


def test_where_a_row_belongs_is_not_changed_by_an_edit(anna: Hand) -> None:
    second = anna.create(SITE, org_id=anna.who.org, time_zone="UTC", name="Second")
    anna.must(second)
    moved = anna.edit(BUILDING, "patch", anna.building.entity_id, {"site_id": second.entity_id}, base_ver=1)
    given = anna.edit(SITE, "patch", anna.site, {"org_id": new_id()}, base_ver=1)
    assert again(anna.push(moved, given)) == [("refused", "not_allowed")] * 2


# ------------------------------------------------------------------------------------------------------------- roles


def _hand(anna: Hand, user: str, role: Role) -> Hand:
    made = admin.create_account(anna.cloud, org_id=anna.who.org, user=user, password=PASSWORD, role=role)
    if role is Role.MANAGER:
        admin.assign_manager(anna.cloud, account_id=made.account_id, site_id=anna.site)
    hand = Hand.of(anna.cloud, user)
    hand.site, hand.building, hand.apartment = anna.site, anna.building, anna.apartment
    return hand


def test_a_manager_changes_people_and_soft_settings_and_no_more(anna: Hand) -> None:
    door = anna.create(DEVICE, site_id=anna.site, mac="0C1105000009")
    anna.must(door)
    maya = _hand(anna, "maya", Role.MANAGER)
    maya.must(maya.resident(), maya.edit(DEVICE, "patch", door.entity_id, {"name": "Garage"}, base_ver=1))
    refused = maya.push(
        maya.create(DEVICE, site_id=maya.site, mac="0C1105000008"),
        maya.edit(DEVICE, "patch", door.entity_id, {"mac": "0C1105000007"}, base_ver=2),
        maya.create(SITE, org_id=maya.who.org, time_zone="UTC", name="Own"),
        maya.edit(ACCOUNT, "patch", maya.who.account, {"role": "installer"}, scope=anna.who.org, base_ver=1),
    )
    assert again(refused) == [("refused", "not_allowed")] * 3 + [("refused", "scope_denied")]


def test_nobody_gives_oneself_rights_by_an_edit(anna: Hand) -> None:
    answers = anna.push(
        anna.edit(
            ACCOUNT, "patch", anna.who.account, {"role": "distributor"}, scope=anna.who.org, base_ver=1
        ),
        anna.create(ACCOUNT, org_id=anna.who.org, user_name="x", scope=anna.who.org),
        anna.edit(ORGANISATION, "patch", anna.who.org, {"parent_id": None}, scope=anna.who.org, base_ver=1),
        anna.edit(ORGANISATION, "delete", anna.who.org, {}, scope=anna.who.org, base_ver=1),
    )
    assert again(answers) == [("refused", "not_allowed")] * 4
    anna.must(anna.edit(ORGANISATION, "patch", anna.who.org, {"name": "New"}, scope=anna.who.org, base_ver=1))


def test_a_site_that_was_taken_away_between_edit_and_push_is_refused(anna: Hand) -> None:
    maya = _hand(anna, "maya", Role.MANAGER)
    admin.assign_manager(anna.cloud, account_id=maya.who.account, site_id=anna.site, active=False)
    assert again(maya.push(maya.resident())) == [("refused", "scope_denied")]


# --------------------------------------------------------------------------------------------- waiting and repeating


def test_what_builds_on_a_refused_creation_waits_and_the_rest_goes_through(anna: Hand) -> None:
    anna.must(anna.resident())
    bad = anna.create(APARTMENT, site_id=anna.site, building_id=anna.building.entity_id, number="1")
    tenant = anna.create(RESIDENT, site_id=anna.site, apartment_id=bad.entity_id)
    pin = anna.pin(tenant, "4321")
    unrelated = anna.resident()
    answers = anna.push(bad, tenant, pin, unrelated)
    assert again(answers) == [
        ("refused", "apartments.number.taken"),
        ("blocked", ""),
        ("blocked", ""),
        ("ok", ""),
    ]
    assert [a.blocked_by for a in answers] == [None, bad.n, tenant.n, None]


def test_an_edit_that_waited_is_judged_under_a_new_number(anna: Hand) -> None:
    bad = anna.create(APARTMENT, site_id=anna.site, building_id=anna.building.entity_id, number="1")
    tenant = anna.create(RESIDENT, site_id=anna.site, apartment_id=bad.entity_id)
    anna.push(bad, tenant)
    better = anna.edit(
        APARTMENT, "create", bad.entity_id, {**bad.fields, "number": "2"}, supersedes=bad.mut_id
    )
    later = msgspec.structs.replace(tenant, n=next(anna.numbers), needs=better.n)
    assert again(anna.push(better, later)) == [("ok", ""), ("ok", "")]
    assert again(anna.push(tenant)) == [("ok", "")], (
        "a late copy of the old request gets the answer that holds"
    )


def test_an_edit_of_a_row_does_not_overtake_one_that_waits(anna: Hand) -> None:
    person = anna.resident(remark="")
    anna.must(person)
    bad = anna.create(APARTMENT, site_id=anna.site, building_id=anna.building.entity_id, number="1")
    moved = anna.edit(RESIDENT, "patch", person.entity_id, {"apartment_id": bad.entity_id}, base_ver=1)
    noted = anna.edit(RESIDENT, "patch", person.entity_id, {"remark": "moved"}, base_ver=1)
    assert [a.status for a in anna.push(bad, moved, noted)] == ["refused", "blocked", "blocked"]


def test_a_repeated_batch_gets_the_same_answers_and_has_one_effect(anna: Hand, ben: Hand) -> None:
    person = anna.resident(remark="")
    edits = [
        person,
        anna.edit(RESIDENT, "patch", person.entity_id, {"remark": "x"}),
        anna.resident(first_name=""),
    ]
    first = anna.push(*edits)
    ben.must(ben.edit(RESIDENT, "patch", person.entity_id, {"remark": "later"}, base_ver=2))
    more = anna.resident()
    repeated = anna.push(*edits, more)
    assert repeated[:3] == first
    assert repeated[3].status == "ok"
    row = next(r for r in anna.fill(anna.site).rows if r.id == person.entity_id)
    assert row.ver == 3


def test_a_used_number_with_another_edit_is_a_fork_and_nothing_is_applied(anna: Hand) -> None:
    person = anna.resident()
    anna.must(person)
    impostor = msgspec.structs.replace(anna.resident(), n=person.n)
    changed = msgspec.structs.replace(person, fields={**person.fields, "remark": "other"})
    for edit in (impostor, changed):
        with pytest.raises(ForkError):
            anna.push(edit, anna.resident())
    assert len([r for r in anna.fill(anna.site).rows if r.entity == RESIDENT.number]) == 1


def test_under_a_new_mark_the_edits_of_a_copy_arrive_once(anna: Hand) -> None:
    person = anna.resident()
    anna.must(person)
    copy = Hand(anna.cloud, anna.who, site=anna.site)
    copy.who = Hand.of(anna.cloud, "anna").who
    copy.building, copy.apartment = anna.building, anna.apartment
    fresh = copy.create(RESIDENT, site_id=anna.site, apartment_id=anna.apartment.entity_id)
    answers = copy.push(person, msgspec.structs.replace(fresh, n=50))
    assert again(answers) == [("ok", ""), ("ok", "")]
    assert [r.ver for r in anna.fill(anna.site).rows if r.id == person.entity_id] == [1]


def test_a_mark_of_another_account_is_a_fork(anna: Hand, carl: Hand) -> None:
    anna.must(anna.resident())
    batch = PushBatch(proto=1, schema=1, replica=anna.who.replica, acked_n=0, muts=[])
    stolen = Hand(carl.cloud, msgspec_who(carl, anna.who.replica), site=carl.site)
    stolen.building, stolen.apartment = carl.building, carl.apartment
    assert batch.replica == stolen.who.replica
    with pytest.raises(ForkError):
        stolen.push(stolen.resident())


def msgspec_who(hand: Hand, replica: str) -> Any:
    from dataclasses import replace  # noqa: PLC0415

    return replace(hand.who, replica=replica)


@pytest.mark.allow_logs("could not be judged")
def test_a_poison_edit_is_refused_and_holds_nothing_up(anna: Hand, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(_reader: Any, row: Any) -> Iterator[Problem]:
        if row.remark == "poison":
            raise RuntimeError("a fault of ours")
        yield from ()

    monkeypatch.setitem(invariants.INVARIANTS, RESIDENT.name, (explode,))
    good, bad, last = anna.resident(), anna.resident(remark="poison"), anna.resident()
    answers = anna.push(good, bad, last)
    assert again(answers) == [("ok", ""), ("refused", "internal"), ("ok", "")]


def test_what_this_cloud_does_not_know_is_refused_alone(anna: Hand) -> None:
    strange = msgspec.structs.replace(anna.resident(), entity=999)
    local = msgspec.structs.replace(anna.resident(), entity=61)
    answers = anna.push(strange, local, anna.resident())
    assert again(answers) == [("refused", "entity.unknown")] * 2 + [("ok", "")]


def test_batches_out_of_shape_are_refused_whole(anna: Hand) -> None:
    one, two = anna.resident(), anna.resident()
    for muts in ([two, one], [one, one], [msgspec.structs.replace(one, n=0)]):
        with pytest.raises(ForkError):
            anna.push(*muts)
    with pytest.raises(ForkError):
        anna.push(msgspec.structs.replace(one, entity_id="../etc"))
    with pytest.raises(TooLargeError):
        anna.push(*[one] * 5001)


def test_versions_that_do_not_fit_are_told_so(anna: Hand) -> None:
    for proto, kind in ((99, BusyError), (0, TooOldError)):
        batch = PushBatch(proto=proto, schema=1, replica=anna.who.replica, acked_n=0, muts=[])
        from core.cloud import service  # noqa: PLC0415

        with pytest.raises(kind):
            service.push(anna.cloud, anna.who, batch)


def test_the_database_is_whole_after_all_that(anna: Hand, carl: Hand) -> None:
    person = anna.resident()
    anna.push(
        person, anna.pin(person, "1212"), anna.edit(RESIDENT, "delete", person.entity_id, {}, base_ver=1)
    )
    carl.push(carl.resident(), carl.resident(first_name=""))
    assert admin.check(anna.cloud) == []
