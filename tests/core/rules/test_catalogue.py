"""The catalogue of models and features: complete against the lists of devices.md, and said before it is tried."""

from __future__ import annotations

import re

import pytest

from core.base.errors import UserError
from core.rules.catalogue import (
    Can,
    abilities,
    ability,
    cards_per_user,
    features,
    limit,
    models,
    require_ability,
)
from core.rules.catalogue import _data as data
from core.rules.versions import family, version_key


def test_every_value_names_its_source() -> None:
    for part in ("limits", "features", "models"):
        for name, entry in data()[part].items():
            assert re.search(r"DEV-\d\d|device API \d", entry["source"]), name


def test_every_version_is_one_and_its_family_is_the_models() -> None:
    known = models()
    for feature, entry in data()["features"].items():
        for model, least in entry["from"].items():
            if least:
                assert len(version_key(least)) == 4, (feature, model)
                assert family(least) == known[model].prefix, (feature, model)


@pytest.mark.parametrize(
    ("feature", "count"),
    [
        ("access_methods", 15),
        ("contact_display", 10),
        ("screen_saver", 5),
        ("tamper_alarm", 14),
        ("failure_reason", 12),
        ("hash_in_apartment", 11),
        ("letters_in_apartment", 2),
        ("emergency_door", 21),
    ],
)
def test_the_lists_are_as_long_as_in_the_requirements(feature: str, count: int) -> None:
    assert len(data()["features"][feature]["from"]) == count


@pytest.mark.parametrize(
    ("feature", "model", "firmware", "can", "needs"),
    [
        ("tamper_alarm", "R29", "29.30.10.437", Can.YES, ""),
        ("tamper_alarm", "R29", "29.30.10.436", Can.UPDATE, "29.30.10.437"),
        ("tamper_alarm", "R29C", "29.30.9.999", Can.UPDATE, "29.30.10.437"),
        ("failure_reason", "X916S", "916.30.10.216", Can.NO, ""),
        ("contact_display", "X916S", "916.30.10.114", Can.UPDATE, "916.30.10.212"),
        ("access_methods", "R20K", "320.30.10.22", Can.UPDATE, "320.30.10.125"),
        ("access_methods", "R20K", "320.30.10.125", Can.YES, ""),
        ("hash_in_apartment", "R20A", "320.30.10.230", Can.NO, ""),
        ("package_detection", "X910", "910.1.1.1", Can.YES, ""),
        ("door_sensor", "R29", "29.30.10.437", Can.UNKNOWN, ""),
        ("access_methods", "Q99", "7.1.1.1", Can.UNKNOWN, ""),
        ("access_methods", "E18", "", Can.UNKNOWN, "18.30.10.205"),
    ],
)
def test_what_a_device_can(feature: str, model: str, firmware: str, can: Can, needs: str) -> None:
    found = ability(feature, model, firmware)
    assert (found.can, found.needs) == (can, needs)
    assert bool(found.said) == (can is not Can.YES)


def test_a_refusal_before_the_act_names_the_version_that_can() -> None:
    with pytest.raises(UserError, match=r"29\.30\.10\.437") as refused:
        require_ability("tamper_alarm", "Main entrance", "R29", "29.30.10.400")
    assert "Main entrance" in str(refused.value)
    require_ability("tamper_alarm", "Main entrance", "R29", "29.30.10.437")
    require_ability("door_sensor", "Main entrance", "R29", "29.30.10.437")


def test_all_of_them_for_a_devices_page() -> None:
    assert [a.feature for a in abilities("R29", "29.30.10.437")] == list(features())
    assert (cards_per_user(), limit("autop_batch"), limit("allow_list_ips")) == (5, 500, 5)


def listed(words: str) -> list[tuple[str, str]]:
    """Pairs of model and least version, as the requirements write them."""
    return [(model.strip(), version) for model, version in re.findall(r"([A-Z][A-Z0-9 ]+) ([0-9.]+)", words)]


TAMPER = listed(
    "A01 101.30.10.222, A02 101.30.10.222, A03 103.30.10.208, A05 205.30.10.150, A08 108.30.11.27, "
    "A094 92.30.10.219, X915 V2 2915.30.10.524, S539 539.30.10.409, E12 312.30.11.9, E16 V2 216.30.11.16, "
    "X912 912.30.11.209, R29 29.30.10.437, R25 25.30.10.117, R20 320.30.11.103"
)
REASONS = listed(
    "X912 912.30.12.22, X915 V2 2915.30.10.619, R29 29.30.10.507, R20 320.30.11.206, E16 V2 216.30.11.107, "
    "S539 539.30.10.507, A08 108.30.11.110, A01 101.30.11.12, A02 101.30.11.12, A03 103.30.11.6, "
    "A095 95.30.10.203, A094 92.30.11.8"
)


def before(version: str) -> str:
    """The version just below."""
    head, _, last = version.rpartition(".")
    return f"{head}.{int(last) - 1}"


@pytest.mark.parametrize(("model", "least"), TAMPER)
def test_dev_15_dev_19_tamper_alarms_from_each_models_version_on(model: str, least: str) -> None:
    assert ability("tamper_alarm", model, least).can is Can.YES
    found = ability("tamper_alarm", model, before(least))
    assert (found.can, found.needs) == (Can.UPDATE, least)
    assert least in found.said


@pytest.mark.parametrize(("model", "least"), REASONS)
def test_dev_16_dev_19_the_reason_of_a_failed_opening_from_each_models_version_on(
    model: str, least: str
) -> None:
    assert ability("failure_reason", model, least).can is Can.YES
    found = ability("failure_reason", model, before(least))
    assert (found.can, found.needs) == (Can.UPDATE, least)
    assert least in found.said


EMERGENCY = (
    "R20 R29 C315 R28 C313 IT80 X915 A01 A02 A092 X912 E18 R20A R20K R20B A03 X915_V2 S539 S532 A08 X910"
)


def test_dev_18_packages_weather_and_emergency_doors_are_those_of_the_list() -> None:
    """DEV-18: and what the source only points to elsewhere is unknown, never yes or no."""
    for name in EMERGENCY.split():
        assert ability("emergency_door", name.replace("_", " "), "").can is Can.YES, name
    assert ability("emergency_door", "E12", "312.30.11.9").can is Can.NO
    assert ability("package_detection", "X910", "").can is Can.YES
    assert ability("package_detection", "R29", "29.30.10.507").can is Can.NO
    assert ability("package_notice_office", "R29", "29.1.1.1").can is Can.YES
    assert ability("weather_office", "C319", "119.30.10.202").can is Can.UPDATE
    assert ability("weather_office", "C319", "119.30.10.203").can is Can.YES
    for unknown in ("door_sensor", "relay_schedule", "video_storage", "weather_house"):
        assert {ability(unknown, model, "").can for model in models()} == {Can.UNKNOWN}, unknown
