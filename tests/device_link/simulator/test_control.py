from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from device_link.simulator import SimLan
from device_link.simulator.state import User
from tests.device_link.simulator.helpers import FAST


@pytest.fixture
async def lan() -> AsyncIterator[SimLan]:
    async with await SimLan.start(2, "P1,P4", timing=FAST, auth="none", control_port=0) as made:
        yield made


@pytest.fixture
async def control(lan: SimLan) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=lan.control_url) as client:
        yield client


async def test_looking(lan: SimLan, control: httpx.AsyncClient) -> None:
    told = (await control.get("/devices")).json()["devices"]
    assert [one["mac"] for one in told] == [device.mac for device in lan.devices]
    one = (await control.get(f"/devices/{lan.devices[1].mac.lower()}")).json()
    assert one == lan.devices[1].summary()
    assert (one["phase"], one["users"], one["model"]) == ("running", 0, "A08S")


async def test_acting(lan: SimLan, control: httpx.AsyncClient) -> None:
    device = lan.devices[0]
    device.unit.people.keep(User("1", "1001", "Ann", pin="4711", card="AB12", schedule="1001-2;", face=True))
    here = f"/devices/{device.mac}"
    swiped = (await control.post(f"{here}/swipe", json={"card": "ab12", "relay": 2})).json()
    assert swiped == {"ok": True, "opens": True, "reason": "schedule is open", "user_id": "1001"}
    assert not (await control.post(f"{here}/pin", json={"pin": "4711"})).json()["opens"]
    assert (await control.post(f"{here}/face", json={"user_id": "1001", "relay": "B"})).json()["opens"]
    await control.post(f"{here}/input", json={"input": "c", "level": 1})
    assert device.unit.inputs["C"] == 1
    await control.post(f"{here}/offline")
    assert (await control.get(here)).json()["phase"] == "offline"
    with pytest.raises(httpx.ConnectError):
        await control.get(f"{device.url}/")
    await control.post(f"{here}/online")
    assert (await control.get(f"{device.url}/")).status_code == 200
    await control.post(f"{here}/fault", json={"fault": "slow:1"})
    assert (await control.get(here)).json()["faults"] == ["slow:1"]
    assert (await control.post(f"{here}/clear-fault", json={"fault": "slow"})).json() == {
        "ok": True,
        "was_on": True,
    }
    await control.post(f"{here}/reboot")
    await device.settled()
    assert (await control.get(here)).json()["restarts"] == 1


@pytest.mark.parametrize(
    "asked, body, answered",
    [
        ("GET /", "", (404, "no GET /")),
        ("GET /devices/000000000000", "", (404, "no simulated device")),
        ("POST /devices/000000000000/reboot", "", (404, "no simulated device")),
        ("POST /devices/{mac}/melt", "", (404, "no POST")),
        ("GET /devices/{mac}/reboot", "", (404, "no GET")),
        ("POST /devices/{mac}/swipe", "{}", (400, "needs 'card'")),
        ("POST /devices/{mac}/swipe", "{", (400, "no JSON")),
        ("POST /devices/{mac}/swipe", "[]", (400, "no JSON object")),
        ("POST /devices/{mac}/pin", '{"pin":"1","relay":"Z"}', (400, "no such relay")),
        ("POST /devices/{mac}/input", '{"input":"D"}', (200, "")),
        ("POST /devices/{mac}/input", '{"input":"E"}', (400, "no input")),
        ("POST /devices/{mac}/fault", '{"fault":"melt"}', (400, "no fault named")),
        ("POST /devices/{mac}/clear-fault", '{"fault":"melt"}', (400, "no fault named")),
        ("POST /devices/{mac}/fault", '{"fault":"' + "x" * 70_000 + '"}', (400, "too large")),
    ],
)
async def test_mistakes(
    lan: SimLan, control: httpx.AsyncClient, asked: str, body: str, answered: tuple[int, str]
) -> None:
    method, path = asked.replace("{mac}", lan.devices[0].mac).split(" ")
    answer = await control.request(method, path, content=body)
    assert answer.status_code == answered[0]
    assert answered[1] in answer.text
