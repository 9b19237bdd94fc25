"""Which MAC the link layer has for an address: the system's table, or a file that stands for it on a simulated LAN."""

from __future__ import annotations

import asyncio
import logging
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import msgspec

from core.base.errors import DataError
from core.ports.lan import NeighbourTable
from device_link.addresses import real_mac

_log = logging.getLogger(__name__)

_PROC: Final = Path("/proc/net/arp")
_LIMIT_S: Final = 4.0
_OUTPUT_LIMIT: Final = 4 << 20

_ADDRESS = r"(?<![\d.])(\d{1,3}(?:\.\d{1,3}){3})(?![\d.])"
_MAC = r"(?<![0-9A-Fa-f:\-])((?:[0-9A-Fa-f]{1,2}[:\-]){5}[0-9A-Fa-f]{1,2})(?![0-9A-Fa-f:\-])"


def parse_proc_arp(text: str) -> dict[str, str]:
    """`/proc/net/arp` of Linux; entries that were never completed have the flags 0x0."""
    found: dict[str, str] = {}
    for line in text.splitlines()[1:]:
        parts = line.split()
        if len(parts) >= 4 and parts[2] != "0x0" and (mac := real_mac(parts[3])):
            found[parts[0]] = mac
    return found


def parse_ip_neigh(text: str) -> dict[str, str]:
    """`ip neigh` of Linux, IPv6 too; failed entries have no MAC."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        parts = line.split()
        if "lladdr" in parts[:-1] and (mac := real_mac(parts[parts.index("lladdr") + 1])):
            found[parts[0]] = mac
    return found


def parse_arp_a(text: str) -> dict[str, str]:
    """`arp -a` of Windows, macOS and BSD, in whatever language its words are."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        address, mac = re.search(_ADDRESS, line), re.search(_MAC, line)
        if address and mac and (plain := real_mac(mac[1])):
            found[address[1]] = plain
    return found


def _text_of(path: Path) -> str:
    """A small file at once: a table of the kernel, or the one of a simulated LAN; a thread would cost more."""
    return path.read_text("utf-8", "replace")


class SystemNeighbours(NeighbourTable):
    """The table of this computer. A system that tells nothing is logged once, then stays empty."""

    def __init__(self) -> None:
        self._silent = False

    async def read(self) -> Mapping[str, str]:
        """See `NeighbourTable.read`."""
        if sys.platform == "linux":
            found = await self._linux()
        else:
            found = parse_arp_a(await self._output(["arp", "-a"]))
        if not found and not self._silent:
            self._silent = True
            _log.info(
                "this computer's neighbour table is empty or cannot be read: MACs come from devices only"
            )
        return found

    async def _linux(self) -> dict[str, str]:
        try:
            found = parse_proc_arp(_text_of(_PROC))
        except OSError:
            found = {}
        return found or parse_ip_neigh(await self._output(["ip", "neigh"]))

    async def _output(self, command: Sequence[str]) -> str:
        try:
            process = await asyncio.create_subprocess_exec(
                *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
            )
        except OSError:
            return ""
        try:
            async with asyncio.timeout(_LIMIT_S):
                output, _ = await process.communicate()
        except TimeoutError:
            process.kill()
            await process.wait()
            return ""
        return output[:_OUTPUT_LIMIT].decode("utf-8", "replace")


class FileNeighbours(NeighbourTable):
    """A table from a JSON file `{"address[:port]": "mac"}`: simulated LANs on loopback have no link layer."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def read(self) -> Mapping[str, str]:
        """See `NeighbourTable.read`. Empty while the file is not there; DataError when it is no such table."""
        try:
            data = _text_of(self._path)
        except FileNotFoundError:
            return {}
        except OSError as fault:
            raise self._wrong() from fault
        try:
            table = msgspec.json.decode(data, type=dict[str, str])
        except (msgspec.DecodeError, ValueError) as fault:
            raise self._wrong() from fault
        return {address: mac for address, text in table.items() if (mac := real_mac(text))}

    def _wrong(self) -> DataError:
        return DataError(
            "scan.neighbours",
            f"The neighbour file {self._path} is no table of addresses and MACs.",
            remedy='It holds JSON such as {"127.0.0.1:8080": "0C:11:05:00:00:01"}.',
        )
