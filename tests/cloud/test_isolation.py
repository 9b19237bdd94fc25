"""Nobody reaches another firm's rows: ids that exist there are answered like ids that exist nowhere (I4)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import msgspec
import pytest

from core.base.errors import NotAllowedError
from core.base.ids import new_id
from core.cloud import admin
from core.cloud.access import access_of
from core.entities.access import ACCESS_GROUP
from core.entities.device import MAC_ENTRY
from core.entities.organisation import ORGANISATION, Role
from core.entities.person import CREDENTIAL, RESIDENT
from core.entities.site import BUILDING, SITE
from core.wire.messages import Mutation, MutationAnswer
from tests.cloud.bench import Hand, again, installer
from tests.history.world import PASSWORD


def alike(hand: Hand, make: Callable[[str], Mutation], theirs: str) -> MutationAnswer:
    """Push an edit of a row that another has, and of one that nobody has; the answers must not differ."""
    [there] = hand.push(make(theirs))
    [nowhere] = hand.push(make(new_id()))
    same = {"n": 0, "mut_id": ""}
    assert msgspec.structs.replace(there, **same) == msgspec.structs.replace(nowhere, **same)
    assert there.status == "refused"
    assert there.image is None
    return there


def test_edits_of_another_firms_rows_are_refused_alike(anna: Hand, carl: Hand) -> None:
    person = anna.resident(first_name="Hidden")
    anna.must(person)
    there = person.entity_id
    own = alike(carl, lambda i: carl.edit(RESIDENT, "patch", i, {"remark": "x"}, base_ver=1), there)
    assert own.code == "row_gone"
    for op, fields in (("patch", {"remark": "x"}), ("delete", {}), ("restore", dict(person.fields))):
        make = partial(carl.edit, RESIDENT, op, fields=fields, scope=anna.site, base_ver=1)
        answer = alike(carl, make, there)
        assert answer.code == "scope_denied"
    assert [r.ver for r in anna.fill(anna.site).rows if r.id == there] == [1]


def test_pointing_at_another_firms_rows_is_refused_alike(anna: Hand, carl: Hand) -> None:
    person = anna.resident()
    anna.must(person)
    kind = CREDENTIAL.by_name["kind"].kind.parse("card")
    points: list[tuple[Callable[[str], Mutation], str]] = [
        (lambda i: carl.create(CREDENTIAL, person_id=i, kind=kind, code="AB12"), person.entity_id),
        (lambda i: carl.create(BUILDING, site_id=i, name="B"), anna.site),
        (lambda i: carl.create(RESIDENT, site_id=carl.site, apartment_id=i), anna.apartment.entity_id),
        (lambda i: carl.create(SITE, org_id=i, time_zone="UTC", name="Mine"), anna.who.org),
    ]
    for make, there in points:
        alike(carl, make, there)


def test_a_site_of_the_same_id_opens_nothing(anna: Hand, carl: Hand) -> None:
    """A stolen site id, used for a site of one's own, is a site of one's own."""
    anna.must(anna.resident(first_name="Hidden"))
    stolen = carl.create(SITE, row_id=anna.site, org_id=carl.who.org, time_zone="UTC", name="Mine")
    carl.must(stolen)
    assert [r.id for r in carl.fill(anna.site).rows] == [anna.site]
    assert "Mine" in str(carl.fill(anna.site).rows)
    assert "Mine" not in str(anna.fill(anna.site).rows)
    assert admin.check(anna.cloud) == []


def test_a_row_of_the_same_id_does_not_disturb_the_other(anna: Hand, carl: Hand) -> None:
    mine = anna.create(MAC_ENTRY, mac="0C1105AAAAAA", scope=anna.who.org)
    anna.must(mine)
    theirs = carl.create(MAC_ENTRY, row_id=mine.entity_id, mac="0C1105BBBBBB", scope=carl.who.org)
    carl.must(theirs)
    assert "0C1105AAAAAA" in str(anna.fill(anna.who.org).rows)
    assert "0C1105AAAAAA" not in str(carl.fill(carl.who.org).rows)


def test_fills_and_pulls_hold_own_scopes_only(anna: Hand, carl: Hand) -> None:
    anna.must(anna.resident(first_name="Hidden"))
    for scope in (anna.site, anna.who.org, new_id(), ""):
        with pytest.raises(NotAllowedError) as caught:
            carl.fill(scope)
        assert caught.value.code == "scope_denied"
    first = carl.pull()
    assert {s.scope for s in first.scopes or []} == {carl.site, carl.who.org}
    assert "Hidden" not in str(carl.pull(first.epoch, 0))


def test_a_manager_sees_assigned_sites_and_nothing_of_the_firm(anna: Hand) -> None:
    second = anna.create(SITE, org_id=anna.who.org, time_zone="UTC", name="Second")
    anna.must(second, anna.create(MAC_ENTRY, mac="0C1105AAAAAA", scope=anna.who.org))
    made = admin.create_account(
        anna.cloud, org_id=anna.who.org, user="maya", password=PASSWORD, role=Role.MANAGER
    )
    maya = Hand.of(anna.cloud, "maya")
    assert maya.pull().scopes == []
    admin.assign_manager(anna.cloud, account_id=made.account_id, site_id=anna.site)
    assert [s.scope for s in maya.pull().scopes or []] == [anna.site]
    for scope in (second.entity_id, anna.who.org):
        with pytest.raises(NotAllowedError):
            maya.fill(scope)
    maya.site = second.entity_id
    assert again(maya.push(maya.create(ACCESS_GROUP, site_id=second.entity_id))) == [
        ("refused", "scope_denied")
    ]


def test_a_distributor_sees_its_installers_and_not_each_other(anna: Hand) -> None:
    cloud = anna.cloud
    top = admin.create_distributor(cloud, name="Top", user="dora", password=PASSWORD)
    one = installer(cloud, "one", distributor_id=top.org_id)
    two = installer(cloud, "two", distributor_id=top.org_id)
    dora = Hand.of(cloud, "dora")
    assert {s.scope for s in dora.pull().scopes or []} == {
        top.org_id, one.who.org, two.who.org, one.site, two.site,
    }  # fmt: skip
    assert {s.scope for s in one.pull().scopes or []} == {one.who.org, one.site}
    assert "two" in str(dora.fill(two.who.org).rows)
    dora.must(dora.create(MAC_ENTRY, mac="0C1105CCCCCC", scope=one.who.org))
    dora.site = one.site
    assert again(dora.push(dora.create(BUILDING, site_id=one.site, name="B"))) == [("refused", "not_allowed")]
    assert again(two.push(two.create(MAC_ENTRY, mac="0C1105DDDDDD", scope=one.who.org))) == [
        ("refused", "scope_denied")
    ]
    patch = two.edit(ORGANISATION, "patch", top.org_id, {"name": "x"}, scope=top.org_id, base_ver=1)
    assert again(two.push(patch)) == [("refused", "scope_denied")]
    with cloud.database.read() as c:
        assert top.org_id not in access_of(c, one.who).scopes
