"""What a person may type as the place to look at."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import UserError
from device_link.discovery.targets import Target, own_networks, parse_targets, usable_network


@pytest.mark.parametrize(
    "text,found",
    [
        ("10.0.0.0/30", [Target("10.0.0.1"), Target("10.0.0.2")]),
        ("10.0.0.7/32", [Target("10.0.0.7")]),
        ("10.0.0.9/31", [Target("10.0.0.8"), Target("10.0.0.9")]),
        ("10.0.0.254-10.0.1.1", [Target(f"10.0.{a}.{b}") for a, b in ((0, 254), (0, 255), (1, 0), (1, 1))]),
        ("10.0.0.5-7", [Target("10.0.0.5"), Target("10.0.0.6"), Target("10.0.0.7")]),
        ("10.0.0.5", [Target("10.0.0.5")]),
        (" 10.0.0.5:8080 ", [Target("10.0.0.5", 8080)]),
        ("127.0.0.1:8000-8002", [Target("127.0.0.1", 8000 + n) for n in range(3)]),
        ("10.0.0.5-6:81", [Target("10.0.0.5", 81), Target("10.0.0.6", 81)]),
        ("http://10.0.0.5", [Target("10.0.0.5", 80, "http")]),
        ("https://10.0.0.5/doc?x=1", [Target("10.0.0.5", 443, "https")]),
        ("http://user:pw@10.0.0.5:90", [Target("10.0.0.5", 90, "http")]),
        ("Door-1.local", [Target("door-1.local")]),
        ("door.local:8080", [Target("door.local", 8080)]),
        ("::1", [Target("::1")]),
        ("[fe80::1]:81", [Target("fe80::1", 81)]),
        ("http://[fe80::1]:81", [Target("fe80::1", 81, "http")]),
    ],
)
def test_forms(text: str, found: list[Target]) -> None:
    assert parse_targets([text]) == found


@pytest.mark.parametrize(
    "text",
    [
        *("", " ", "10.0.0", "10.0.0.256", "300.1.1.1", "10.0.0.0/33", "10.0.0.0/8", "::/64", "10.0.0.9-5"),
        "10.0.0.5-300",
        *("10.0.0.5-", "10.0.0.5:", "10.0.0.5:0", "10.0.0.5:70000", "10.0.0.5:80-79", "10.0.0.5:1-65535"),
        *("10.0.0.5:http", "ftp://10.0.0.5", "http://", "http://10.0.0.5:x", "224.0.0.1", "255.255.255.255"),
        "0.0.0.0",  # noqa: S104  refused here, never bound
        *(
            "a b",
            "-door",
            "door-.local",
            "a" * 64,
            "[::1",
            "1.2.3.4/24/24",
            "10.0.0.1,10.0.0.2",
            "\x00",
            "дверь",
        ),
        *("10.0.0.1-10.9.0.1", "224.0.0.0/24", "::1-::ffff:ffff"),
    ],
)
def test_nonsense_is_named(text: str) -> None:
    with pytest.raises(UserError) as caught:
        parse_targets([text])
    assert caught.value.code == "scan.target"
    assert caught.value.remedy
    assert "\x00" not in caught.value.message


def test_each_host_once_in_order() -> None:
    texts = ["10.0.0.2", "10.0.0.1-3", "10.0.0.3"]
    assert [target.host for target in parse_targets(texts)] == ["10.0.0.2", "10.0.0.1", "10.0.0.3"]


def test_many_targets_have_one_limit() -> None:
    with pytest.raises(UserError, match="65536"):
        parse_targets(["10.0.0.0/17", "10.1.0.0/17", "10.2.0.0/24"])


@given(st.text(max_size=40) | st.from_regex(r"[0-9.:/\-\[\]a-f]{1,24}", fullmatch=True))
def test_any_text_gives_hosts_or_a_user_error(text: str) -> None:
    try:
        found = parse_targets([text])
    except UserError:
        return
    assert found
    assert all(target.host and (target.port is None or 1 <= target.port <= 65535) for target in found)


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_own_networks_are_bounded(address: ipaddress.IPv4Address, prefix: int) -> None:
    network = usable_network(str(address), prefix)
    if network:
        assert address in ipaddress.ip_network(network)
        assert ipaddress.ip_network(network).num_addresses <= 4096


def test_the_networks_of_this_computer() -> None:
    for network in own_networks():
        assert not ipaddress.ip_network(network).is_loopback
        assert parse_targets([network])
