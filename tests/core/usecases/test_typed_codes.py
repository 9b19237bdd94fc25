"""APT+PIN: what is typed, what a device can take of it, and that nobody types what another types."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.base.errors import UserError
from core.base.verdict import Verdict
from core.entities.access import ACCESS_GROUP
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.person import RESIDENT, PersonKind
from core.entities.site import APARTMENT, SITE, PinMode
from core.rules.plan import wanted_only
from core.rules.typed_codes import CLASHES, typed, typed_by_others, typed_fault, typed_once
from core.schema.entity import EntitySpec, R, Row
from core.store.changes import Origin
from core.usecases.access import explain_access
from core.usecases.apartments import change_apartment
from core.usecases.desired import device_status, device_target
from core.usecases.people import add_credential
from core.usecases.places import add_apartment
from core.usecases.sites import change_site
from core.usecases.staff import NewPerson, add_person
from core.usecases.visitors import NewKey, add_key
from tests.codes import stands_in
from tests.core.usecases.conftest import Desk
from tests.core.usecases.test_groups_and_visitors import WEEK
from tests.factories import make


async def switch_on(desk: Desk) -> None:
    await change_site(desk.ctx, site_id=desk.site.id, pin_mode=PinMode.APARTMENT_PIN)


async def pins_on(desk: Desk) -> dict[str, tuple[str, ...]]:
    return {p.name: p.pins for p in (await device_target(desk.ctx, desk.device.id)).desired.people}


async def test_access_push_a_resident_types_the_apartment_and_then_the_pin(desk: Desk) -> None:
    assert await pins_on(desk) == {"Ada Byron": ("4711",)}
    await switch_on(desk)
    assert await pins_on(desk) == {"Ada Byron": ("1014711",)}
    await change_site(desk.ctx, site_id=desk.site.id, pin_mode=PinMode.PIN)
    assert await pins_on(desk) == {"Ada Byron": ("4711",)}


async def test_access_push_vis_01_staff_and_visitors_type_their_code_alone(desk: Desk) -> None:
    await switch_on(desk)
    key = await add_key(
        desk.ctx, NewKey(desk.building.id, "Lee Fixit", [desk.relays[0].id], WEEK, desk.home.id)
    )
    [group] = await desk.read(ACCESS_GROUP, building_id=desk.building.id)
    new = NewPerson(
        desk.site.id, PersonKind.STAFF, "Sam", "Guard", [(CredentialKind.PIN, "8080")], group_ids=[group.id]
    )
    await add_person(desk.ctx, new)
    found = await pins_on(desk)
    assert found["Lee Fixit"] == (key.credential.code,)
    assert found["Sam Guard"] == ("8080",)


async def test_cred_05_what_a_device_cannot_take_is_listed_and_not_cut(desk: Desk) -> None:
    await switch_on(desk)
    odd = await add_apartment(desk.ctx, building_id=desk.building.id, number="2#123A")
    kit = await desk.person("Kit", apartment_id=odd.id, pins=("1234",))
    desired = (await device_target(desk.ctx, desk.device.id)).desired
    assert [p.name for p in desired.people] == ["Ada Byron"]
    [unfit] = desired.unfit
    assert unfit.subject.startswith(kit.id)
    assert "10 characters together; a device takes 8" in unfit.why
    assert not stands_in("1234", repr(unfit))
    status = await device_status(desk.ctx, desk.device.id)
    assert [i.verdict for i in status.items if i.subject == unfit.subject] == [Verdict.WAITING]
    assert unfit.subject in {i.subject for i in wanted_only(desired).items}


@pytest.mark.parametrize(
    ("text", "firmware", "fits"),
    [
        ("1011234", "29.30.10.1", True),
        ("123456789", "29.30.10.507", False),
        ("2#1234", "29.30.10.419", False),
        ("2#1234", "29.30.10.420", True),
        ("7B1234", "29.30.10.419", False),
        ("7B1234", "29.30.10.420", True),
    ],
)
def test_site_10_dev_17_letters_and_hash_need_a_firmware_that_reads_them(
    text: str, firmware: str, fits: bool
) -> None:
    fault = typed_fault(text, "R29", firmware)
    assert (fault == "") == fits
    assert text not in fault


async def test_cred_01_two_people_who_would_type_the_same_are_refused(desk: Desk) -> None:
    await switch_on(desk)
    short = await add_apartment(desk.ctx, building_id=desk.building.id, number="10")
    kit = await desk.person("Kit", apartment_id=short.id)
    give: dict[str, Any] = {"person_id": kit.id, "kind": CredentialKind.PIN}
    with pytest.raises(UserError, match="would type the same"):
        await add_credential(desk.ctx, code="14711", **give)
    await add_credential(desk.ctx, code="24711", **give)
    with pytest.raises(UserError, match="would type the same"):
        await change_apartment(desk.ctx, apartment_id=desk.home.id, number="102")
    staff = NewPerson(desk.site.id, PersonKind.STAFF, "Sam", "Guard", [(CredentialKind.PIN, "1014711")])
    with pytest.raises(UserError, match="would type the same"):
        await add_person(desk.ctx, staff)


async def test_set_01_the_mode_is_not_switched_on_over_codes_that_clash(desk: Desk) -> None:
    staff = NewPerson(desk.site.id, PersonKind.STAFF, "Sam", "Guard", [(CredentialKind.PIN, "1014711")])
    await add_person(desk.ctx, staff)
    with pytest.raises(UserError, match="2 codes could not be told apart"):
        await switch_on(desk)


async def test_cred_01_after_a_race_the_older_code_counts_and_the_other_is_told(desk: Desk) -> None:
    """The mode came from another workstation while a code was given here that clashes in it."""
    short = await add_apartment(desk.ctx, building_id=desk.building.id, number="10")
    kit = await desk.person("Kit", apartment_id=short.id, pins=("14711",), cards=("77",))
    mode = {"pin_mode": PinMode.APARTMENT_PIN}
    await desk.ctx.mirror.write(
        lambda tx: tx.patch(SITE, tx.require(SITE, desk.site.id), **mode), origin=Origin.PULL
    )
    desired = (await device_target(desk.ctx, desk.device.id)).desired
    assert {p.name: p.pins for p in desired.people} == {"Ada Byron": ("1014711",), "Kit Byron": ()}
    assert [(u.title, u.why) for u in desired.unfit] == [("Kit Byron: PIN", CLASHES)]
    ada = await explain_access(desk.ctx, person=desk.ada.id, door="Street")
    other = await explain_access(desk.ctx, person=kit.id, door="Street")
    assert {w.credential.kind for w in ada.ways} == {CredentialKind.PIN, CredentialKind.CARD}
    assert {w.credential.kind for w in other.ways} == {CredentialKind.CARD}


numbers = st.from_regex(r"[0-9A-Z][0-9A-Z#]{0,3}", fullmatch=True)
pins = st.from_regex(r"[0-8][0-9]{1,4}", fullmatch=True)


class Rows:
    """A reader over rows in memory."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self.rows = rows

    def get(self, spec: EntitySpec[R], row_id: str) -> R | None:
        return next(iter(self.find(spec, id=row_id)), None)

    def find(self, spec: EntitySpec[R], **equals: Any) -> list[R]:
        mine = (row for row in self.rows if isinstance(row, spec.row))
        return [row for row in mine if all(getattr(row, n) == v for n, v in equals.items())]


@settings(max_examples=40)
@given(st.lists(st.tuples(numbers, pins), min_size=2, max_size=6))
def test_cred_01_the_look_up_by_every_cut_finds_exactly_what_is_typed_alike(
    people: list[tuple[str, str]],
) -> None:
    site = make(SITE, pin_mode=PinMode.APARTMENT_PIN)
    homes = [make(APARTMENT, site_id=site.id, number=number) for number, _ in people]
    who = [make(RESIDENT, site_id=site.id, apartment_id=home.id) for home in homes]
    codes = [
        make(CREDENTIAL, scope_id=site.id, person_id=person.id, kind=CredentialKind.PIN, code=pin)
        for person, (_, pin) in zip(who, people, strict=True)
    ]
    reader = Rows([site, *homes, *who, *codes])
    for code, home, person, (number, pin) in zip(codes, homes, who, people, strict=True):
        text = typed(site, person, home, code)
        assert text == number + pin
        same = sum(a + b == text for a, b in people)
        assert typed_by_others(reader, [site], code, text) == (same > 1)
        assert bool(list(typed_once(reader, code))) == (same > 1)
