"""The provisioning server against an HTTP client that we did not write, and against callers that mean no good."""

from __future__ import annotations

import asyncio
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.rules.autop import common_name, mac_names, parse_autop, render
from device_link.provisioning import Fetched, Offer, ProvisioningServer

MAC = "0C1105050A0B"


async def fetch(url: str, method: str = "GET") -> httpx.Response:
    async with httpx.AsyncClient(trust_env=False) as client:
        return await client.request(method, url)


async def test_files_by_mac_in_both_letter_cases_common_file_and_firmware(tmp_path: Path) -> None:
    rom = tmp_path / "x.rom"
    rom.write_bytes(b"\0\1" * 300_000)
    seen: list[Fetched] = []
    offer = Offer(
        own={MAC: "Config.A.B.C = 1\n"},
        common={29: "Config.A.B.D = 2\n"},
        contacts={MAC: "<ContactData/>"},
        files={"29.30.10.507.rom": rom},
    )
    server = ProvisioningServer(offer, seen.append)
    url = await server.open("127.0.0.1")
    try:
        assert (await fetch(f"{url}{common_name(29)}")).status_code == 403, "nobody has said who he is yet"
        for name in mac_names(MAC):
            reply = await fetch(f"{url}some/folder/{name}")
            assert (reply.status_code, reply.text) == (200, "Config.A.B.C = 1\n")
        assert (await fetch(f"{url}{common_name(29)}")).text == "Config.A.B.D = 2\n"
        assert (await fetch(f"{url}{MAC}.xml")).text == "<ContactData/>"
        assert (await fetch(f"{url}29.30.10.507.rom")).content == rom.read_bytes()
        assert (await fetch(f"{url}29.30.10.507.rom", "HEAD")).headers["content-length"] == "600000"
        for name in ("0C1105FFFFFF.cfg", "../../etc/passwd", "nothing.rom", common_name(30)):
            assert (await fetch(f"{url}{name}")).status_code in {403, 404}
        assert (await fetch(f"{url}{MAC}.cfg", "PUT")).status_code == 405
    finally:
        await server.close()
    assert seen[0].status == 403
    assert Fetched("127.0.0.1", f"{MAC.lower()}.cfg", MAC, 200) in seen


async def test_only_named_addresses_when_they_are_named() -> None:
    server = ProvisioningServer(Offer(common={29: "x"}, addresses=frozenset({"10.0.0.9"})))
    url = await server.open("127.0.0.1")
    try:
        assert (await fetch(f"{url}{common_name(29)}")).status_code == 403
    finally:
        await server.close()


@pytest.mark.parametrize(
    "said",
    [
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n" + b"x" * 200_000,
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"GET /%ff%fe/" + b"a" * 50_000 + b" HTTP/1.1\r\n\r\n",
        b"GET http://[::1 HTTP/1.1\r\nHost: x\r\n\r\n",
    ],
)
async def test_nonsense_harms_nobody(said: bytes) -> None:
    server = ProvisioningServer(Offer(own={MAC: "fine"}))
    url = await server.open("127.0.0.1")
    try:
        host, _, port = url.removeprefix("http://").rstrip("/").partition(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(said)
        writer.write_eof()
        assert not (await reader.read(64)).startswith(b"HTTP/1.1 200")
        writer.close()
        assert (await fetch(f"{url}{MAC}.cfg")).text == "fine"
    finally:
        await server.close()


@given(st.text(max_size=400))
def test_any_text_is_read_without_a_fault(text: str) -> None:
    autop = parse_autop(text)
    again = parse_autop(render(autop.settings, autop.directives))
    assert again.settings == autop.settings
    assert not again.faults


def test_a_text_as_installers_write_it() -> None:
    text = """# written for this test
Config.DoorSetting.RTSP.Enable = 1
which a template wrapped without a hash
Config.DoorSetting.RTSP.Enable=1
Config.Account1.GENERAL.UserName = 101
  Config.Account1.GENERAL.UserName =102
Config.Account1.GENERAL.Pwd = s3cret
Config.Firmware.Url = http://192.168.1.20/29.rom
Config.NoValue
Config.Bad Key.X.Y = 1
Config.DoorSetting.APIFCGI.AuthMode = 2
"""
    autop = parse_autop(text)
    assert autop.settings["Config.Account1.GENERAL.UserName"] == "102"
    assert [f.number for f in autop.dropped] == [2, 5]
    assert "line 2 says the same as line 4" in autop.dropped[0].words
    assert "line 5 is overruled by line 6" in autop.dropped[1].words
    assert [f.number for f in autop.faults] == [9, 10]
    assert [f.number for f in autop.warnings] == [8, 11]
    assert [line.key for line in autop.directives] == ["Config.Firmware.Url"]
    assert next(line for line in autop.lines if line.key.endswith("Pwd")).shown == "••••"
    assert not autop.good
