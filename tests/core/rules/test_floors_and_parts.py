"""RES-04 floors; what a device cannot be sent is told; hold-open settings carry the device's own schedule numbers."""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import UserError
from core.base.ids import new_id
from core.base.verdict import Verdict
from core.entities.access import Repeat
from core.entities.credential import CREDENTIAL, Credential, CredentialKind
from core.entities.person import RESIDENT, PersonKind, Resident, floor_known
from core.entities.site import Apartment, Plan, Site, SiteKind
from core.rules.desired import (
    Desired,
    HeldPerson,
    HeldSchedule,
    HeldSetting,
    Identity,
    Observed,
    WantedPerson,
    WantedSetting,
)
from core.rules.floors import parse_floors, reaches, tidy_floors, union
from core.rules.plan import Act, judge, make_plan, wanted_only
from core.rules.validity import credential_fault, home_fault, person_fault

FLOORS = st.one_of(st.integers(-10, 128).map(str), st.sampled_from(["G0", "G1", "G2", "all"]))
AT = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)


@given(st.lists(FLOORS, max_size=12))
def test_res_04_floors_are_kept_once_and_in_order(floors: list[str]) -> None:
    tidy = tidy_floors(floors)
    assert parse_floors(";".join(tidy)) == tidy
    assert set(tidy) == ({"all"} if "all" in floors else set(floors))
    assert all(reaches(tidy, floor) for floor in floors)
    numbers = [int(f) for f in tidy if f.lstrip("-").isdigit()]
    assert numbers == sorted(numbers)


@given(st.text(max_size=5))
def test_res_04_any_text_is_a_floor_or_refused(text: str) -> None:
    found: tuple[str, ...] = ()
    with contextlib.suppress(UserError):
        found = parse_floors(text)
    assert all(floor_known(floor) for floor in found)


@pytest.mark.parametrize("text", ["-11", "129", "G3", "B1", "1.5", "٣"])
def test_res_04_what_no_lift_knows_is_refused(text: str) -> None:
    assert not floor_known(text)
    with pytest.raises(UserError, match="is no floor"):
        parse_floors(text)


def test_res_04_odd_spellings_are_one_floor() -> None:
    assert parse_floors("07, 7; g1  -02") == ("-2", "G1", "7")
    assert union([("1", "2"), ("2", "G0")]) == ("G0", "1", "2")


def person(**more: object) -> Resident:
    own = {"id": new_id(), "scope_id": "s", "site_id": "s", "first_name": "A", "last_name": "B"}
    return Resident(**{**own, **more})  # type: ignore[arg-type]


def test_vis_02_site_22_ten_floors_at_most() -> None:
    many = tuple(str(n) for n in range(11))
    for kind in (PersonKind.DELIVERY, PersonKind.STAFF):
        faults = [p.code for p in RESIDENT.problems(person(kind=kind, floors=many))]
        assert faults == (["residents.floors.many"] if kind is PersonKind.DELIVERY else [])


def code(kind: CredentialKind, **more: object) -> Credential:
    return Credential(id=new_id(), scope_id="s", person_id="p", kind=kind, **more)  # type: ignore[arg-type]


@given(st.from_regex(r"[0-9]{1,9}", fullmatch=True))
def test_cred_01_pins_by_shape(pin: str) -> None:
    fits = 2 <= len(pin) <= 8 and not pin.startswith("9")
    assert (CREDENTIAL.problems(code(CredentialKind.PIN, code=pin)) == []) is fits


@given(st.from_regex(r"[0-9]{7,9}", fullmatch=True))
def test_vis_01_keys_by_shape(key: str) -> None:
    fits = len(key) == 8 and key.startswith("9")
    assert (CREDENTIAL.problems(code(CredentialKind.TEMPORARY, code=key)) == []) is fits


def test_site_12_a_face_of_the_app_is_invalid_while_the_switch_is_off_and_the_plan_lasts() -> None:
    site = Site(id="s", scope_id="s", org_id="o", name="S", plan=Plan.PREMIUM, plan_until=AT)
    home = Apartment(id="a", scope_id="s", site_id="s", building_id="b", number="1", may_face=False)
    face = code(CredentialKind.FACE, blob="a" * 64, by_app=True)
    before = AT - timedelta(seconds=1)
    assert "may not register faces" in credential_fault(site, person(), home, face, before)
    assert credential_fault(site, person(), home, face, AT) == ""
    assert credential_fault(site, person(), home, replace(face, by_app=False), before) == ""


def test_site_20_an_office_switches_pins_off_while_its_premium_plan_lasts() -> None:
    site = Site(
        id="s",
        scope_id="s",
        org_id="o",
        name="S",
        kind=SiteKind.OFFICE,
        plan=Plan.PREMIUM,
        office_pin_qr=False,
    )
    user = person(kind=PersonKind.OFFICE_USER)
    assert credential_fault(site, user, None, code(CredentialKind.PIN, code="1234"), AT)
    assert not credential_fault(site, user, None, code(CredentialKind.CARD, code="12"), AT)
    assert not credential_fault(
        replace(site, plan_until=AT), user, None, code(CredentialKind.PIN, code="1234"), AT
    )


@given(st.integers(-5, 5), st.integers(-5, 5), st.integers(-6, 6))
def test_res_01_validity_takes_its_first_moment_and_not_its_last(start: int, end: int, now: int) -> None:
    who = person(valid_from=AT + timedelta(hours=start), valid_until=AT + timedelta(hours=end))
    at = AT + timedelta(hours=now)
    assert (person_fault(who, at) == "") == (start <= now < end)
    lease = Apartment(
        id="a",
        scope_id="s",
        site_id="s",
        building_id="b",
        number="1",
        valid_from=who.valid_from,
        valid_until=who.valid_until,
    )
    assert (home_fault(lease, at) == "") == (start <= now < end)


def observed(*people: HeldPerson, takes: frozenset[str] = frozenset(), **more: object) -> Observed:
    return Observed(Identity("0C11052A7F31", "R29", "29.30.10.437"), people=people, takes=takes, **more)  # type: ignore[arg-type]


def test_a_part_that_a_device_does_not_take_is_refused_and_never_proved() -> None:
    """VIS-01 uses, CRED-02 plates, CRED-03 faces."""
    wanted = WantedPerson(
        "p1", "gabcd-1", "Lee", pins=("91234567",), uses=3, plates=("AB1",), faces=("f" * 64,)
    )
    desired = Desired("d", "0C11052A7F31", "gabcd-", people=(wanted,))
    held = HeldPerson("1", "gabcd-1", "Lee", pins=("91234567",))
    verdicts = {j.subject: j.verdict for j in judge(make_plan(desired, observed(held)), [])}
    assert verdicts == {
        "p1": Verdict.PROVED, "p1+plates": Verdict.REFUSED, "p1+faces": Verdict.REFUSED, "p1+uses": Verdict.REFUSED,
    }  # fmt: skip
    takes = frozenset({"uses", "plates", "faces"})
    whole = replace(held, uses=3, plates=("AB1",), faces=("f" * 64,))
    assert {i.act for i in make_plan(desired, observed(whole, takes=takes)).items} == {Act.KEEP}
    assert [i.subject for i in wanted_only(desired).items] == list(verdicts)


def test_grp_03_a_hold_open_setting_waits_for_its_schedule_and_then_names_it_by_number() -> None:
    setting = WantedSetting(
        "relay_a_schedule", "Relay A open in schedules", "gabcd-7/always", ("gabcd-7", "always")
    )
    desired = Desired("d", "0C11052A7F31", "gabcd-", settings=(setting,))
    settings = {"relay_a_schedule": HeldSetting("relay_a_schedule", "9/1001", "Config.X")}
    builtin = HeldSchedule("1", "1001", "Always", Repeat.DAILY)
    [early] = make_plan(desired, observed(settings=settings, schedules=(builtin,))).items[:1]
    assert (early.act, "once more" in early.why) == (Act.CANNOT, True)
    ours = HeldSchedule("5", "9", "gabcd-7", Repeat.DAILY)
    plan = make_plan(desired, observed(settings=settings, schedules=(builtin, ours)))
    assert plan.items[0].act is Act.KEEP
