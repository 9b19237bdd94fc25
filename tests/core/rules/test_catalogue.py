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
