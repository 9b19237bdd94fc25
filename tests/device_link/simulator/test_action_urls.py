from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from device_link.simulator import SimDevice
from device_link.simulator.action_url import call, expand
from device_link.simulator.config_map import ACTION_URL
from device_link.simulator.state import User
from tests.device_link.simulator.conftest import Simulate


class Listener:
    """A small web server that remembers request lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.url = ""

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.lines.append((await reader.readline()).decode().strip())
        while await reader.readline() not in {b"\r\n", b""}:
            pass
        writer.write(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()
        await writer.wait_closed()


@pytest.fixture
async def listener() -> AsyncIterator[Listener]:
    made = Listener()
    server = await asyncio.start_server(made.answer, "127.0.0.1", 0)
    async with server:
        made.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        yield made


async def with_urls(device: SimDevice, listener: Listener, **urls: str) -> None:
    device.unit.config.put({f"{ACTION_URL}.Enable": "1"})
    device.unit.config.put({f"{ACTION_URL}.{name}": f"{listener.url}{tail}" for name, tail in urls.items()})


async def test_a_card_calls_its_url_with_everything_filled_in(p1: SimDevice, listener: Listener) -> None:
    await with_urls(
        p1,
        listener,
        ValidCardEntered="/ev?e=card&mac=$mac&card=$card_sn&user=$active_user&r1=$relay1status&x=$nothing",
        InvalidCardEntered="/ev?e=bad&card=$card_sn",
        RelayATriggered="/ev?e=relay&id=$relay_id",
    )
    p1.unit.people.keep(User("1", "1001", "Ann & Bob", card="AB12", schedule="1001-1;"))
    await p1.swipe_card("AB12")
    await p1.swipe_card("FF")
    await p1.settled()
    assert sorted(listener.lines) == [
        "GET /ev?e=bad&card=FF HTTP/1.1",
        f"GET /ev?e=card&mac={p1.mac}&card=AB12&user=Ann%20%26%20Bob&r1=1&x=$nothing HTTP/1.1",
        "GET /ev?e=relay&id=1 HTTP/1.1",
    ]


async def test_inputs_restarts_and_closing_relays_call_too(simulate: Simulate, listener: Listener) -> None:
    device = await simulate("P1", config={"Config.DoorSetting.RELAY.HoldDelayA": "0"})
    await with_urls(
        device, listener, InputBTriggered="/in?2=$input2status", InputBClosed="/out", SetupCompleted="/up",
        RelayAClosed="/closed", ValidCodeEntered="/code?c=$code",
    )  # fmt: skip
    device.unit.config.put({f"{ACTION_URL}.Method": "POST"})
    for level in (1, 1, 0):
        await device.set_input("B", level)
        await device.settled()
    device.press_reboot()
    await device.settled()
    device.unit.people.keep(User("1", "1001", "Ann", pin="4711", schedule="1001-1;"))
    await device.enter_pin("4711")
    await device.settled()
    paths = [line.split(" ")[:2] for line in listener.lines]
    assert paths[:3] == [["POST", "/in?2=1"], ["POST", "/out"], ["POST", "/up"]]
    assert sorted(path for _, path in paths[3:]) == ["/closed", "/code?c=4711"]


async def test_nothing_is_called_while_action_urls_are_off(p1: SimDevice, listener: Listener) -> None:
    await with_urls(p1, listener, InvalidCodeEntered="/bad")
    p1.unit.config.put({f"{ACTION_URL}.Enable": "0"})
    await p1.enter_pin("1")
    await p1.settled()
    assert listener.lines == []


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9/", "https://127.0.0.1/", "nonsense", "http://", "http://127.0.0.1:x/"]
)
async def test_a_url_that_cannot_be_called_is_no_error(url: str) -> None:
    assert await call(url) is None


def test_expanding() -> None:
    assert expand("$a$b $a_b", {"a": "1", "a_b": "2"}) == "1$b 2"
    assert expand("http://x/?u=$u", {"u": "a b&c"}) == "http://x/?u=a%20b%26c"
