"""The vocabulary of settings."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import UserError
from core.rules.settings import (
    WORDS,
    city_text,
    gmt_text,
    is_raw,
    is_secret,
    label_of,
    normal,
    relay_setting,
)

WINTER, SUMMER = datetime(2026, 1, 15, tzinfo=UTC), datetime(2026, 7, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "zone,text",
    [
        ("Europe/Paris", "GMT+1:00"),
        ("Europe/Dublin", "GMT+0:00"),
        ("America/New_York", "GMT-5:00"),
        ("America/St_Johns", "GMT-3:30"),
        ("Asia/Kathmandu", "GMT+5:45"),
        ("Australia/Sydney", "GMT+10:00"),
        ("Asia/Kolkata", "GMT+5:30"),
        ("UTC", "GMT+0:00"),
    ],
)
def test_a_zone_by_its_offset_is_the_same_all_year(zone: str, text: str) -> None:
    assert gmt_text(zone, WINTER) == gmt_text(zone, SUMMER) == text


def test_the_city_of_a_zone() -> None:
    assert city_text("America/New_York") == "New_York"
    assert city_text("America/Argentina/Buenos_Aires") == "Buenos_Aires"


@pytest.mark.parametrize("zone", ["", "Mars/Olympus", "../etc/passwd", "Europe", "\x00"])
def test_no_zone(zone: str) -> None:
    with pytest.raises(UserError) as caught:
        gmt_text(zone, WINTER)
    assert caught.value.code == "settings.zone.unknown"


def test_names_of_relays() -> None:
    assert relay_setting(1, "name") == "relay_a_name"
    assert relay_setting(4, "hold") == "relay_d_hold"
    assert label_of("relay_d_hold") == "Relay D hold time in seconds"
    for number, what in ((0, "name"), (5, "name"), (1, "colour")):
        with pytest.raises(ValueError, match="relay"):
            relay_setting(number, what)


@pytest.mark.parametrize(
    "name,value,same",
    [
        ("relay_a_hold", "05", "5"),
        ("relay_a_hold", "five", "five"),
        ("api_enabled", "1", "1"),
        ("time_zone", "GMT+01:00", "GMT+1:00"),
        ("time_zone", "gmt-3:30", "GMT-3:30"),
        ("time_zone", "+2", "GMT+2:00"),
        ("time_zone", "GMT-0:00", "GMT+0:00"),
        ("time_zone", "GMT", "GMT+0:00"),
        ("time_zone", "somewhere", "somewhere"),
        ("device_name", " Main ", "Main"),
        ("Config.A.B", " 05 ", " 05 "),
    ],
)
def test_normal_values(name: str, value: str, same: str) -> None:
    assert normal(name, value) == same


@given(st.sampled_from(sorted(WORDS)), st.text(max_size=20))
def test_normal_is_stable(name: str, value: str) -> None:
    once = normal(name, value)
    assert normal(name, once) == once


def test_what_is_secret() -> None:
    assert is_raw("Config.X")
    assert not is_raw("device_name")
    for name in ("api_password", "Config.Account1.GENERAL.Pwd", "Config.Settings.WEB_LOGIN.Password02"):
        assert is_secret(name)
    for name in ("device_name", "Config.DoorSetting.GENERAL.DeviceName", "relay_a_dtmf"):
        assert not is_secret(name)
