"""Discovery on a virtual LAN: own address and MAC for each device, multicast, neighbours, and things gone wrong."""

from __future__ import annotations

from typing import Any

import pytest

from device_link.simulator.profiles import profile
from tests.device_link.lan.conftest import ODD_ADDRESS, TWICE, Network

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120), pytest.mark.xdist_group("lan")]

RANGE = "10.77.0.0/25"


@pytest.fixture(scope="module")
def scanned(network: Network) -> dict[str, Any]:
    return network.scan(RANGE)


def test_every_device_is_found_with_its_mac_model_and_firmware(
    network: Network, scanned: dict[str, Any], record_property: Any
) -> None:
    found = {one["mac"]: one for one in scanned["found"] if one["mac"]}
    record_property("took_s", scanned["took_s"])
    plain = [plan for plan in network.plans[:55] if plan["kind"] == "akuvox"]
    assert len(plain) == 44
    for plan in plain:
        one, what = found[plan["mac"]], profile(plan["profile"])
        assert (one["url"], one["model"], one["firmware"]) == (
            f"http://{plan['address']}", what.model, what.firmware), plan  # fmt: skip
        assert one["access"] == "signed_in"
        assert {"sweep", "neighbour"} <= set(one["methods"])
    others = [plan for plan in network.plans[:55] if plan["kind"] != "akuvox"]
    names = {"two_n": ("2N IP Verso", "2.46.0.1.2"), "camera": ("Northwind Dome 7", "5.1.2")}
    for plan in others:
        one = found[plan["mac"]]
        assert (one["url"], one["access"]) == (f"http://{plan['address']}", "signed_in"), one
        assert (one["model"], one["firmware"]) == names[plan["kind"]]
    assert len(plain) + len(others) >= 50


def test_what_was_heard_is_told_with_the_way(network: Network, scanned: dict[str, Any]) -> None:
    ways = {way: (asked, heard, trouble) for way, asked, heard, trouble in scanned["ways"]}
    assert set(ways) == {"sweep", "neighbour", "mdns", "wsd", "ssdp", "pnp"}
    assert all(trouble == "" for _, _, trouble in ways.values())
    for way in ("mdns", "pnp"):
        wanted = {plan["mac"] for plan in network.plans if way in plan["says"]}
        assert ways[way][1] >= len(wanted) - (way == "pnp"), "two of them have one address"
    assert ways["wsd"][1] == 3
    assert ways["ssdp"][1] == 1


def test_a_device_with_an_address_of_another_network_is_named_with_the_way_to_reach_it(
    network: Network, scanned: dict[str, Any]
) -> None:
    [one] = [one for one in scanned["found"] if ODD_ADDRESS in one["url"]]
    assert one["access"] == "other_network"
    assert one["mac"] == network.plans[57]["mac"]
    assert "192.168.1.250" in one["reason"]
    assert "pnp" in one["methods"]


def test_two_devices_on_one_address_are_named(network: Network, scanned: dict[str, Any]) -> None:
    [one] = [one for one in scanned["found"] if one["url"] == f"http://{TWICE}"]
    assert {one["mac"], *one["also"]} == {network.plans[55]["mac"], network.plans[56]["mac"]}
    assert "Two devices have this address" in one["reason"]


def test_a_closed_device_has_its_mac_from_the_link_layer(network: Network, scanned: dict[str, Any]) -> None:
    closed = network.plans[58]
    [one] = [one for one in scanned["found"] if one["mac"] == closed["mac"]]
    assert one["access"] == "needs_login"
    assert "neighbour" in one["methods"]


def test_without_a_range_the_network_of_the_card_is_searched(network: Network) -> None:
    document = network.scan()
    macs = {one["mac"] for one in document["found"]}
    assert {plan["mac"] for plan in network.plans[:55]} <= macs
    [sweep] = [way for way in document["ways"] if way[0] == "sweep"]
    assert sweep[1] == 4094, "a /16 is cut to the part around the own address"
