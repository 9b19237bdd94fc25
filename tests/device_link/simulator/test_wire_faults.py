from __future__ import annotations

import asyncio
import json

import httpx
import pytest

from device_link.simulator import SimDevice
from tests.device_link.simulator.conftest import Connect, Simulate
from tests.device_link.simulator.helpers import HandClock, add_people, ask, must, person

INFO = "/api/system/info"


async def test_offline_and_online_again(p1: SimDevice, client: httpx.AsyncClient) -> None:
    assert (await client.get(INFO)).status_code == 200
    await p1.set_offline()
    with pytest.raises(httpx.RemoteProtocolError):
        await client.get(INFO)  # on the connection that was open
    with pytest.raises(httpx.ConnectError):
        await client.get(INFO)
    await p1.set_online()
    assert (await client.get(INFO)).status_code == 200
    await p1.fault("offline")
    with pytest.raises(httpx.TransportError):
        await client.get(INFO)
    with pytest.raises(httpx.ConnectError):
        await client.get(INFO)
    assert p1.summary()["faults"] == ["offline"]
    assert await p1.clear_fault("offline")
    assert (await client.get(INFO)).status_code == 200


async def test_half_a_reboot_takes_connections_and_answers_nothing(
    p1: SimDevice, client: httpx.AsyncClient
) -> None:
    await p1.fault("half-reboot")
    with pytest.raises(httpx.ReadTimeout):
        await client.get(INFO, timeout=0.15)
    await p1.clear_fault("half-reboot")
    assert (await client.get(INFO)).status_code == 200


async def test_one_connection_at_a_time(simulate: Simulate, connect: Connect) -> None:
    device = await simulate("P1", "one-connection", auth="none")
    first, second = await connect(device, auth=None), await connect(device, auth=None)
    assert (await first.get(INFO)).status_code == 200
    with pytest.raises(httpx.TransportError):
        await second.get(INFO)
    assert (await first.get(INFO)).status_code == 200
    assert (await first.get(INFO, headers={"Connection": "close"})).status_code == 200
    assert (await second.get(INFO)).status_code == 200


async def test_slow(simulate: Simulate, connect: Connect) -> None:
    client = await connect(await simulate("P1", "slow:300", auth="none"), auth=None)
    with pytest.raises(httpx.ReadTimeout):
        await client.get(INFO, timeout=0.1)
    assert (await client.get(INFO, timeout=5.0)).status_code == 200


@pytest.mark.parametrize(
    "key, faults, status", [("P5", [], 500), ("P1", ["degrade:400"], 500), ("S532", ["throttle:400"], 401)]
)
async def test_a_burst_makes_a_device_sick_until_it_is_left_alone(
    simulate: Simulate, connect: Connect, key: str, faults: list[str], status: int
) -> None:
    clock = HandClock()
    client = await connect(await simulate(key, *faults, auth="none", clock=clock), auth=None)
    assert [(await client.get(INFO)).status_code for _ in range(6)] == [200] * 4 + [status] * 2
    clock.move(0.3)
    assert (await client.get(INFO)).status_code == status
    clock.move(0.9)
    for _ in range(12):
        clock.move(0.12)
        assert (await client.get(INFO)).status_code == 200


async def test_expect_is_honoured_or_stalls(simulate: Simulate) -> None:
    device = await simulate("P1", auth="none")
    body = b'{"target":"system","action":"status"}'
    head = b"POST /api/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n" % len(body)
    reader, writer = await asyncio.open_connection("127.0.0.1", device.unit.port)
    writer.write(head)
    assert (await reader.readline()).startswith(b"HTTP/1.1 100")
    assert await reader.readline() == b"\r\n"
    writer.write(body)
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    writer.close()
    await device.fault("stall-expect")
    reader, writer = await asyncio.open_connection("127.0.0.1", device.unit.port)
    writer.write(head + body)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(reader.readline(), 0.15)
    writer.close()
    await writer.wait_closed()


async def test_replies_that_a_strict_client_cannot_read(p1: SimDevice, client: httpx.AsyncClient) -> None:
    p1.unit.config.put({"Config.DoorSetting.DEVICENODE.Location": "Tor Süd"})
    await p1.fault("trailing-bytes")
    answer = await client.get(INFO)
    with pytest.raises(ValueError, match="Extra data"):
        answer.json()
    assert json.JSONDecoder().raw_decode(answer.text)[0]["retcode"] == 0
    await p1.clear_fault("trailing-bytes")
    await p1.fault("wrong-content-type")
    assert (await client.get(INFO)).headers["content-type"] == "text/html"
    await p1.fault("bad-utf8")
    answer = await client.get(INFO)
    with pytest.raises(UnicodeDecodeError):
        answer.content.decode("utf-8")
    assert json.loads(answer.content.decode("utf-8", "replace"))["data"]["Connect"]["Location"] == "Tor S�d"


async def test_retcode_one_means_ok_on_a_write(p1: SimDevice, client: httpx.AsyncClient) -> None:
    await p1.fault("retcode-one")
    answer = await ask(client, "user/add", {"item": [person(1)]})
    assert (answer["retcode"], answer["message"], len(p1.users)) == (1, "OK", 1)
    assert (await ask(client, "user/get"))["retcode"] == 0
    assert (await ask(client, "user/add", {"item": [person(1)]}))["retcode"] == 27


async def test_a_connection_cut_after_the_write_leaves_the_write(
    p1: SimDevice, client: httpx.AsyncClient
) -> None:
    await p1.fault("drop-after-write:1")
    assert (await ask(client, "user/get"))["retcode"] == 0
    with pytest.raises((httpx.RemoteProtocolError, httpx.ReadError)):
        await add_people(client, person(1))
    assert [user.user_id for user in p1.users] == ["1"]
    await add_people(client, person(2))


async def test_every_seventh_user_is_lost_without_a_word(p1: SimDevice, client: httpx.AsyncClient) -> None:
    await p1.fault("drop-user:7")
    for number in range(1, 16):
        await add_people(client, person(number))
    assert {str(number) for number in range(1, 16)} - {user.user_id for user in p1.users} == {"7", "14"}


async def test_a_full_device(p1: SimDevice, client: httpx.AsyncClient) -> None:
    await p1.fault("max-users:2")
    answer = await ask(client, "user/add", {"item": [person(1), person(2), person(3)]})
    assert (answer["retcode"], answer["message"], len(p1.users)) == (10, "maximum reached", 2)


async def test_user_add_may_answer_500(p1: SimDevice, client: httpx.AsyncClient) -> None:
    await p1.fault("user-add-500:1")
    body = {"target": "user", "action": "add", "data": {"item": [person(1)]}}
    answer = await client.post("/api/user/add", json=body)
    assert (answer.status_code, answer.text[:5]) == (500, "<?xml")
    assert (await client.post("/api/user/add", json=body)).json()["retcode"] == 0


async def test_a_pin_may_have_to_be_unique(p1: SimDevice, client: httpx.AsyncClient) -> None:
    await p1.fault("unique-pins")
    await add_people(client, person(1, PrivatePIN="4711;4712"))
    assert (await ask(client, "user/add", {"item": [person(2, PrivatePIN="4712")]}))[
        "message"
    ] == "Private PIN is repeated"
    record = (await must(client, "user/get"))["item"][0]
    await must(client, "user/set", {"item": [record | {"Schedule-Relay": "1001-2;"}]})


async def test_ids_may_be_numbers(p1: SimDevice, client: httpx.AsyncClient) -> None:
    await add_people(client, person(1))
    await p1.fault("ids-as-int")
    assert (await must(client, "user/get"))["item"][0]["ID"] == 1


async def test_the_api_can_be_switched_off_by_a_fault(p1: SimDevice, client: httpx.AsyncClient) -> None:
    await p1.fault("api-off")
    assert (await client.get(INFO)).status_code == 403
    await p1.clear_fault("api-off")
    assert (await client.get(INFO)).status_code == 200


async def test_a_reboot_may_be_ignored(p1: SimDevice, client: httpx.AsyncClient) -> None:
    await p1.fault("reboot-ignored:1")
    assert (await ask(client, "system/reboot"))["message"] == "OK"
    await p1.settled()
    assert p1.restarts == 0
    assert (await ask(client, "system/reboot"))["message"] == "OK"
    await p1.settled()
    assert p1.restarts == 1
