"""The workstation tells the time: a device three hours off asks, takes it, and its clock is proved (W13)."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import subprocess
from datetime import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.clock import SystemClock
from core.entities.access import ACCESS_GROUP
from device_link import ntp
from device_link.ntp import TimeServer, answer
from tests.device_link.environments import environment_with
from tests.factories import plant
from tests.fixtures_core import HandClock
from tests.link.commands import command, served
from tests.link.conftest import MakeWorld
from tests.link.world import World, specs

QUESTION = bytes([0b00100011]) + bytes(39) + b"12345678"


def test_the_answer_is_the_clock_and_repeats_the_question() -> None:
    now = HandClock().now()
    reply = answer(QUESTION, int(now.timestamp() * 1000) + 250)
    assert reply is not None
    assert (reply[0] & 7, reply[0] >> 3 & 7, reply[1], len(reply)) == (4, 4, 10, 48)
    assert reply[24:32] == b"12345678"
    seconds, fraction = struct.unpack("!II", reply[40:48])
    assert seconds - 2_208_988_800 == int(now.timestamp())
    assert abs(fraction / 2**32 - 0.25) < 0.001


@given(st.binary(max_size=120))
def test_nothing_but_a_question_is_answered(data: bytes) -> None:
    reply = answer(data, 1_900_000_000_000)
    asked = len(data) >= 48 and data[0] & 7 == 3 and 1 <= data[0] >> 3 & 7 <= 4
    assert (reply is not None) == asked
    assert reply is None or len(reply) <= len(data), "it cannot be used to flood others"


async def test_devices_are_told_the_time_and_their_clocks_are_proved(make_world: MakeWorld) -> None:
    made: World = await make_world(
        specs(3, "clock-off:10800", "config-ignore:Config.Settings.SNTP.NTPServer1")
    )
    made.lan.devices[1].unit.set_clock(made.lan.devices[1].unit.now() - 7200)
    await made.lan.devices[2].set_offline()
    async with served(made, "time-server", "--bind", "127.0.0.1:0", "--site", made.site.id) as service:
        assert service.ready["proved"] == [made.devices[0].id]
        assert await service.until("127.0.0.1 asked") == "127.0.0.1 asked for the time"
    first, second = made.lan.devices[:2]
    assert abs(first.unit.now() - made.ctx.clock.now().timestamp()) < 5
    assert abs(second.unit.now() - made.ctx.clock.now().timestamp()) > 3600


async def test_the_command_measures_sets_and_warns_of_the_nights(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(2, "clock-off:3600"))
    await made.write(
        lambda tx: plant(
            tx,
            ACCESS_GROUP,
            site_id=made.site.id,
            name="Cleaning",
            code=7,
            from_time=time(2, 30),
            to_time=time(6, 0),
        )
    )
    code, told = await command(made, "clock", "--site", made.site.id)
    assert (code, [round(c["drift_s"], -2) for c in told["clocks"]]) == (1, [3600.0, 0.0])
    assert {n["night"][5:7] for n in told["nights"]} == {"03", "10"}
    assert "comes twice" in " ".join(n["words"] for n in told["nights"])
    code, text = await command(made, "clock", "--device", made.devices[0].id, "--set", as_json=False)
    assert "Cleaning" in text
    code, told = await command(made, "clock", "--site", made.site.id)
    assert all(abs(c["drift_s"]) < 30 for c in told["clocks"])
    await made.lan.devices[0].set_offline()
    code, told = await command(made, "clock", "--site", made.site.id)
    assert code == 1
    assert "error" in told["clocks"][0]


async def test_a_taken_port_is_said(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))
    with contextlib.closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as other:
        other.bind(("127.0.0.1", 0))
        with pytest.raises(Exception, match="cannot be used"):
            await command(made, "time-server", "--bind", f"127.0.0.1:{other.getsockname()[1]}")
    assert ntp.PORT == 123


CLIENT = """
import ntplib, sys, time
reply = ntplib.NTPClient().request("127.0.0.1", port=int(sys.argv[1]), version=int(sys.argv[2]), timeout=10)
print(reply.mode, reply.stratum, reply.version, abs(reply.offset) < 5)
"""


@pytest.mark.soak
async def test_an_independent_client_takes_our_time(pytestconfig: pytest.Config) -> None:
    python = environment_with(pytestconfig, "ntplib==0.4.0", "ntplib")
    server = TimeServer(SystemClock())
    port = await server.open("127.0.0.1", 0)
    try:
        for version in (2, 3, 4):
            process = await asyncio.create_subprocess_exec(
                python, "-c", CLIENT, str(port), str(version), stdout=subprocess.PIPE
            )
            out, _ = await process.communicate()
            assert out.decode().split() == ["4", "10", str(version), "True"]
    finally:
        server.close()
