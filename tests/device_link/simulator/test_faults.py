from __future__ import annotations

import pytest

from device_link.simulator import FaultSyntaxError
from device_link.simulator.faults import CATALOGUE, Fault, FaultSet, parse_fault, parse_faults


def test_faults_are_read_for_single_devices_and_for_all() -> None:
    assert parse_faults("3:drop-user:7,1:allowlist-403, *:slow:20,", 4) == [
        (3, Fault("drop-user", "7")),
        (1, Fault("allowlist")),
        *((index, Fault("slow", "20")) for index in range(4)),
    ]
    assert parse_faults("", 4) == []


@pytest.mark.parametrize(
    "text, words",
    [
        ("slow:20", "There is no device 'slow'"),
        ("offline", "names no device"),
        ("4:offline", "there are 4, counted from 0"),
        ("0:melt", "no fault named 'melt'"),
        ("0:slow:soon", "needs a whole number"),
        ("0:offline:1", "takes no argument"),
        ("0:config-ignore", "needs an argument"),
        ("0:image-check:never", "needs one of"),
        ("0:drop-after-write:often", "number of times"),
    ],
)
def test_a_mistake_is_named(text: str, words: str) -> None:
    with pytest.raises(FaultSyntaxError, match=words):
        parse_faults(text, 4)


def test_every_fault_can_be_written_by_its_name_alone_or_says_what_it_needs() -> None:
    for name, kind in CATALOGUE.items():
        if kind.argument == "text":
            assert str(parse_fault(f"{name}:x")) == f"{name}:x"
        else:
            assert parse_fault(name) == Fault(name, kind.default)


def test_a_fault_with_a_number_of_times_is_used_up() -> None:
    faults = FaultSet([parse_fault("drop-after-write:2"), parse_fault("user-add-500")])
    assert [faults.strike("drop-after-write") for _ in range(3)] == [True, True, False]
    assert [faults.strike("user-add-500") for _ in range(3)] == [True, True, True]
    assert not faults.has("drop-after-write")
    faults.switch_on(parse_fault("drop-after-write"))
    assert [faults.strike("drop-after-write") for _ in range(3)] == [True, True, True]


def test_keys_add_up_and_numbers_replace() -> None:
    faults = FaultSet(map(parse_fault, ["config-ignore:a", "config-ignore:b", "slow:1", "slow:2"]))
    assert faults.texts("config-ignore") == {"a", "b"}
    assert faults.number("slow") == 2
    assert faults.switch_off("slow")
    assert not faults.switch_off("slow")
    assert (faults.number("slow", 9), faults.text("claim-peer", "none")) == (9, "none")
    assert sorted(map(str, faults)) == ["config-ignore:a", "config-ignore:b"]
