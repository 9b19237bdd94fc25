"""Rules of single entities: what a row may not be by its own fields."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.entities.access import ACCESS_GROUP, Repeat
from core.entities.device import DEVICE_SETTING, RELAY
from core.entities.firmware import FIRMWARE_RELEASE
from core.entities.person import CREDENTIAL, RESIDENT, CredentialKind
from core.entities.site import APARTMENT, SITE
from core.schema.entity import EntitySpec
from tests.factories import make


def codes(spec: EntitySpec[Any], **values: Any) -> list[str]:
    return [problem.code for problem in spec.problems(make(spec, **values))]


@given(st.from_regex(r"[0-8][0-9]{1,7}", fullmatch=True))
def test_pins_that_fit(pin: str) -> None:
    """CRED-01."""
    assert codes(CREDENTIAL, kind=CredentialKind.PIN, code=pin) == []


@given(st.text(max_size=12))
def test_pins_have_2_to_8_digits_and_do_not_start_with_9(pin: str) -> None:
    """CRED-01."""
    fits = pin.isascii() and pin.isdigit() and 2 <= len(pin) <= 8 and pin[0] != "9"
    assert (codes(CREDENTIAL, kind=CredentialKind.PIN, code=pin) == []) == fits


def test_the_reserved_9_is_said_apart() -> None:
    assert codes(CREDENTIAL, kind=CredentialKind.PIN, code="91234567") == ["credentials.pin.reserved"]
    assert codes(CREDENTIAL, kind=CredentialKind.PIN, code="9") == ["credentials.pin.shape"]


@pytest.mark.parametrize(
    ("card", "fits"),
    [("0A1B2C3D", True), ("F" * 16, True), ("", False), ("0a", False), ("G1", False), ("1 2", False)],
)
def test_cards_are_hexadecimal(card: str, fits: bool) -> None:
    """CRED-02."""
    assert (codes(CREDENTIAL, kind=CredentialKind.CARD, code=card) == []) is fits


@pytest.mark.parametrize(
    ("number", "fits"),
    [
        ("101", True),
        ("2#123A", True),
        ("A", True),
        ("#12", False),
        ("1-2", False),
        ("1 2", False),
        ("1#", True),
    ],
)
def test_apartments_that_a_door_phone_can_read(number: str, fits: bool) -> None:
    """SITE-10."""
    assert (codes(APARTMENT, number=number) == []) is fits


def test_a_site_has_a_known_zone_and_is_its_own_scope() -> None:
    for zone in ("Europe/Madrid", "UTC"):
        assert codes(SITE, time_zone=zone) == []
    for zone in ("Europe/Nowhere", "../../etc/passwd", "/etc/localtime", "a" * 60):
        assert codes(SITE, time_zone=zone) == ["sites.time_zone.unknown"]
    site = make(SITE)
    other = make(SITE).id
    moved = SITE.row(id=other, scope_id=site.scope_id, org_id=site.org_id, name="x")
    assert [p.code for p in SITE.problems(moved)] == ["sites.scope"]


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"repeat": Repeat.DAILY}, ""),
        ({"repeat": Repeat.DAILY, "from_time": time(10), "to_time": time(9)}, "access_groups.span.reversed"),
        ({"repeat": Repeat.WEEKLY}, "access_groups.days.missing"),
        ({"repeat": Repeat.WEEKLY, "days": "0123456"}, ""),
        ({"repeat": Repeat.WEEKLY, "days": "17"}, "access_groups.days.missing"),
        ({"repeat": Repeat.NEVER}, "access_groups.period.missing"),
        ({"repeat": Repeat.NEVER, "from_day": date(2026, 3, 1), "to_day": date(2026, 3, 1)}, ""),
        (
            {"repeat": Repeat.NEVER, "from_day": date(2026, 3, 2), "to_day": date(2026, 3, 1)},
            "access_groups.period.reversed",
        ),
        (
            {
                "repeat": Repeat.NEVER,
                "from_day": date(2026, 3, 1),
                "to_day": date(2026, 3, 2),
                "from_time": time(22),
                "to_time": time(6),
            },
            "",
        ),
    ],
)
def test_times_of_a_group(values: dict[str, Any], code: str) -> None:
    """GRP-02."""
    assert codes(ACCESS_GROUP, **values) == ([code] if code else [])


def test_relays_know_their_methods_and_codes() -> None:
    """DEV-02, DEV-03."""
    assert codes(RELAY, methods=("pin", "face"), dtmf="*12#") == []
    assert codes(RELAY, methods=("pin", "telepathy")) == ["relays.methods.unknown"]
    assert codes(RELAY, dtmf="12A") == ["relays.dtmf.shape"]
    assert codes(RELAY, number=0) == ["relays.number.bounds"]


@pytest.mark.parametrize("key", ["DoorSetting.x", "Config.a b", "Config.a=b", " Config.a"])
def test_settings_have_config_keys(key: str) -> None:
    assert codes(DEVICE_SETTING, key=key) == ["device_settings.key.shape"]


@pytest.mark.parametrize("version", ["29.30.10", "29.30.10.437.1", "v29.30.10.437", "29.30.10.x"])
def test_versions_of_the_library_have_four_numbers(version: str) -> None:
    assert codes(FIRMWARE_RELEASE, version=version) == ["firmware_releases.version.shape"]


def test_floors_of_a_lift() -> None:
    """RES-04."""
    assert codes(RESIDENT, floors=("-10", "128", "G0", "G2", "all", "0")) == []
    for floor in ("-11", "129", "G3", "ALL", "1.5", "٣"):
        assert codes(RESIDENT, floors=(floor,)) == ["residents.floors.unknown"]
