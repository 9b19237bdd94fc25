from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from device_link.simulator.doors import Method, may_open
from device_link.simulator.profiles import profile
from device_link.simulator.schedule_wire import DAY_FLAGS, matches, read_schedule, to_wire
from device_link.simulator.state import Schedule, User
from device_link.simulator.unit import Unit
from tests.device_link.simulator.helpers import make_unit

MONDAY = datetime.fromisoformat("2026-01-05 12:00")


def schedule(**members: object) -> Schedule:
    fresh = read_schedule(dict(members), profile("P1"), Schedule("9", "1", "S", daily=""))
    assert fresh is not None
    return fresh


@pytest.mark.parametrize(
    "clock, is_open",
    [("07:59:59", False), ("08:00:00", True), ("18:00:00", True), ("18:00:01", False), ("23:00:00", False)],
)
def test_a_daily_schedule_is_open_within_its_bounds(clock: str, is_open: bool) -> None:
    when = datetime.fromisoformat(f"2026-01-05 {clock}")
    assert matches(schedule(Type="2", Daily="08:00-18:00"), when) is is_open


def test_the_last_minute_of_a_day_is_whole() -> None:
    night = datetime.fromisoformat("2026-01-05 23:59:59")
    assert matches(schedule(Type="2", Daily="00:00-23:59"), night)
    assert matches(schedule(Type="2", Daily="00:00:00-23:59:59"), night)
    assert not matches(schedule(Type="2", Daily="00:00:00-23:59:58"), night)


def test_a_window_over_midnight_is_never_open() -> None:
    over = schedule(Type="2", Daily="22:00-06:00")
    assert not any(matches(over, MONDAY + timedelta(hours=hour)) for hour in range(24))


@given(st.datetimes(MONDAY - timedelta(days=3000), MONDAY + timedelta(days=3000)), st.sets(st.integers(0, 6)))
def test_days_are_counted_from_sunday(when: datetime, days: set[int]) -> None:
    weekly = schedule(Type="1", Daily="00:00-23:59", Week="".join(map(str, sorted(days))))
    assert matches(weekly, when) is (int(when.strftime("%w")) in days)


def test_a_normal_schedule_needs_its_date_range_too() -> None:
    spring = schedule(Type="0", Daily="00:00-23:59", Week="0123456", Date="20260301-20260531")
    days = ["2026-02-28", "2026-03-01", "2026-05-31", "2026-06-01"]
    assert [matches(spring, datetime.fromisoformat(f"{day} 12:00")) for day in days] == [
        False,
        True,
        True,
        False,
    ]
    assert matches(schedule(Type="0", Daily="00:00-23:59", Week="1"), MONDAY)
    assert not matches(schedule(Type="0", Daily="00:00-23:59"), MONDAY)


def test_both_dialects_are_understood_and_both_are_shown() -> None:
    ranged = schedule(Type="0", Name="O", Date="20260101-20261231", Daily="08:00-18:00", Week="135")
    flagged = schedule(
        Type="0", Name="O", DateStart="20260101", DateEnd="20261231", TimeStart="08:00", TimeEnd="18:00",
        **{name: "1" if name in {"Mon", "Wed", "Fri"} else "0" for name in DAY_FLAGS},
    )  # fmt: skip
    assert ranged == flagged
    shown = to_wire(ranged, profile("P1"))
    assert (shown["Daily"], shown["TimeStart"], shown["TimeEnd"]) == ("08:00-18:00", "08:00", "18:00")
    assert (shown["Week"], shown["Mon"], shown["Sun"], shown["Type"]) == ("135", "1", "0", "0")
    assert to_wire(ranged, profile("P2"))["Type"] == 0


@pytest.mark.parametrize("key, believed", [("P1", "09:00-17:00"), ("P2", "08:00-18:00")])
def test_where_a_record_carries_both_dialects_each_family_believes_its_own(key: str, believed: str) -> None:
    record = {"Type": "2", "Daily": "08:00-18:00", "TimeStart": "09:00", "TimeEnd": "17:00"}
    read = read_schedule(record, profile(key), Schedule("9", "1", "S"))
    assert read is not None
    assert read.daily == believed


@pytest.mark.parametrize(
    "record",
    [
        {"Type": "3"},
        {"Type": "2", "Daily": "25:00-26:00"},
        {"Type": "2", "Daily": "08:00"},
        {"Type": "1", "Week": "7"},
        {"Type": "0", "Date": "20261301-20261302"},
        {"Type": "0", "DateStart": "soon"},
        {"Type": {"a": 1}},
    ],
)
def test_a_schedule_that_makes_no_sense_is_not_taken(record: dict[str, object]) -> None:
    assert read_schedule(record, profile("P1"), Schedule("9", "1", "S", type=9, daily="")) is None


def test_models_with_day_flags_want_them() -> None:
    base = Schedule("9", "1", "S", daily="")
    assert read_schedule({"Type": "1", "Week": "12", "Daily": "08:00-09:00"}, profile("P5"), base) is None
    assert read_schedule({"Type": "1", "Mon": "1", "Daily": "08:00-09:00"}, profile("P5"), base) is not None


# -------------------------------------------------------------------------------------------------- the door decision


def unit_with(**members: Any) -> Unit:
    unit = make_unit("P1")
    unit.state.schedules["9"] = Schedule("9", "7", "Office", 1, "08:00-18:00", week="12345")
    unit.people.keep(
        User(**({"id": "1", "user_id": "1001", "name": "Ann", "pin": "4711", "card": "0A1B2C3D"} | members))
    )
    return unit


def opens(unit: Unit, method: Method, code: str, relay: int = 1, when: datetime = MONDAY) -> bool:
    return may_open(unit, relay, method, code, when).opens


def test_a_schedule_is_named_by_its_display_id_and_its_relays() -> None:
    unit = unit_with(schedule="7-12;")
    assert opens(unit, "pin", "4711")
    assert opens(unit, "pin", "4711", relay=2)
    assert not opens(unit, "pin", "4711", relay=3)
    assert not opens(unit, "pin", "4711", when=MONDAY + timedelta(hours=8))
    assert not opens(unit_with(schedule="9-1;"), "pin", "4711"), "9 is the schedule's ID, not its DisplayID"
    assert not opens(unit_with(schedule="1002-1;"), "pin", "4711")
    assert opens(unit_with(schedule="1002-1;1001-1;"), "pin", "4711")
    assert not opens(unit_with(schedule=""), "pin", "4711")


def test_cards_are_numbers_and_pins_are_texts() -> None:
    unit = unit_with(schedule="1001-1;", pin="4711;0815", card="0A1B2C3D;00FF")
    for card in ("0A1B2C3D", "a1b2c3d", "0a1b2c3d", "FF"):
        assert opens(unit, "card", card)
    assert opens(unit, "pin", "0815")
    assert not opens(unit, "pin", "815")
    assert not opens(unit, "card", "4711")
    assert not opens(unit, "pin", "")


def test_two_factors_are_wanted_where_the_user_says_so() -> None:
    unit = unit_with(schedule="1001-1;", auth_mode="3")
    assert may_open(unit, 1, "pin", "4711", MONDAY).reason == "one factor is not enough"
    assert opens(unit, "card+pin", "A1B2C3D+4711")
    assert not opens(unit, "card+pin", "A1B2C3D+4712")
    assert not opens(unit, "card+pin", "A1B2C3D")
    face = unit_with(schedule="1001-1;", auth_mode="1")
    assert not opens(face, "face+pin", "1001+4711"), "no face is on the device"
    face.people.get("1").face = True  # type: ignore[union-attr]
    assert opens(face, "face+pin", "1001+4711")
    assert not opens(face, "face+card", "1001+A1B2C3D")


def test_a_public_pin_opens_for_nobody_in_particular() -> None:
    unit = make_unit("P1")
    prefix = "Config.DoorSetting.PASSWORD"
    unit.config.put({f"{prefix}.PublicKey2": "3388"})
    assert not opens(unit, "pin", "3388")
    unit.config.put({f"{prefix}.PublicKeyEnable": "1"})
    decision = may_open(unit, 1, "pin", "3388", MONDAY)
    assert (decision.opens, decision.kind, decision.user) == (True, "Public", None)


def test_a_relay_schedule_holds_the_door_open_for_everybody() -> None:
    unit = unit_with()
    prefix = "Config.DoorSetting.RELAYSCHEDULE"
    unit.config.put({f"{prefix}.RelayAEnable": "1", f"{prefix}.RelayASchedule": "7/"})
    assert opens(unit, "pin", "0000")
    assert not opens(unit, "pin", "0000", relay=2)
    assert not opens(unit, "pin", "0000", when=MONDAY + timedelta(days=5))


def test_a_security_relay_has_schedules_of_its_own() -> None:
    unit = unit_with(schedule="1001-1;", security="1001-1;")
    assert opens(unit, "pin", "4711", relay=11)
    assert not opens(unit, "pin", "4711", relay=12)
    assert may_open(unit, 5, "pin", "4711", MONDAY).reason == "this device has no such relay"
