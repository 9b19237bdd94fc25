"""Neighbour tables of three systems and of a file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import DataError
from device_link.addresses import real_mac
from device_link.discovery.neighbours import (
    FileNeighbours,
    SystemNeighbours,
    parse_arp_a,
    parse_ip_neigh,
    parse_proc_arp,
)

PROC = """IP address       HW type     Flags       HW address            Mask     Device
192.168.1.20     0x1         0x2         0c:11:05:2a:7f:31     *        eth0
192.168.1.21     0x1         0x0         00:00:00:00:00:00     *        eth0
192.168.1.22     0x1         0x0         0c:11:05:00:00:09     *        eth0
"""
NEIGH = """192.168.1.20 dev eth0 lladdr 0c:11:05:2a:7f:31 REACHABLE
192.168.1.21 dev eth0  FAILED
fe80::e11 dev eth0 lladdr 7c:1e:b3:00:00:01 router STALE
192.168.1.22 dev eth0 lladdr
"""
WINDOWS = """
Schnittstelle: 192.168.1.10 --- 0x5
  Internetadresse       Physische Adresse     Typ
  192.168.1.20          0c-11-05-2a-7f-31     dynamisch
  192.168.1.255         ff-ff-ff-ff-ff-ff     statisch
  224.0.0.22            01-00-5e-00-00-16     statisch
"""
MACOS = """? (192.168.1.20) at c:11:5:2a:7f:31 on en0 ifscope [ethernet]
door.local (192.168.1.21) at (incomplete) on en0 ifscope [ethernet]
? (192.168.1.22) at 7c:1e:b3:0:0:1 on en0 ifscope permanent [ethernet]
"""


def test_linux() -> None:
    assert parse_proc_arp(PROC) == {"192.168.1.20": "0C11052A7F31"}
    assert parse_ip_neigh(NEIGH) == {"192.168.1.20": "0C11052A7F31", "fe80::e11": "7C1EB3000001"}


def test_windows_and_macos() -> None:
    assert parse_arp_a(WINDOWS) == {"192.168.1.20": "0C11052A7F31"}
    assert parse_arp_a(MACOS) == {"192.168.1.20": "0C11052A7F31", "192.168.1.22": "7C1EB3000001"}


shuffled = st.sampled_from([PROC, NEIGH, WINDOWS, MACOS]).flatmap(lambda text: st.permutations(text[:60]))


@given(st.text(max_size=200) | shuffled.map("".join))
def test_any_text_gives_a_table(text: str) -> None:
    for parse in (parse_proc_arp, parse_ip_neigh, parse_arp_a):
        for mac in parse(text).values():
            assert real_mac(mac) == mac


async def test_a_file_stands_for_the_table(tmp_path: Path) -> None:
    path = tmp_path / "neighbours.json"
    table = FileNeighbours(path)
    assert await table.read() == {}
    path.write_text('{"127.0.0.1:8001": "0c:11:05:00:00:01", "127.0.0.1:8002": "nonsense"}')
    assert await table.read() == {"127.0.0.1:8001": "0C1105000001"}


@pytest.mark.parametrize("text", ["", "[]", "{", '{"a": 1}', "\x00"])
async def test_a_damaged_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "neighbours.json"
    path.write_text(text)
    with pytest.raises(DataError, match=r"neighbours\.json"):
        await FileNeighbours(path).read()


@pytest.mark.skipif(sys.platform != "linux", reason="reads the kernel's table of Linux")
async def test_this_computers_own_table() -> None:
    found = await SystemNeighbours().read()
    assert all(real_mac(mac) == mac for mac in found.values())
