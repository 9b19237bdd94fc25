from __future__ import annotations

import asyncio
import json
import random
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from device_link.simulator.call import Answer, BadCallError, Call, resolve
from device_link.simulator.doors import present
from device_link.simulator.endpoints.registry import HANDLERS, answer
from device_link.simulator.envelope import encode
from device_link.simulator.profiles import PROFILES
from tests.device_link.simulator.conftest import Connect, Simulate
from tests.device_link.simulator.helpers import ask, make_unit, must, person


async def test_the_body_decides_and_the_path_is_the_fallback(client: httpx.AsyncClient) -> None:
    record = {"target": "user", "action": "add", "data": {"item": [person(1)]}}
    assert (await client.post("/api/user/set", json=record)).json()["action"] == "add"
    by_path = await client.post("/api/user/get", json={"data": {"page": 1}})
    assert by_path.json()["data"]["num"] == 1
    half = await client.post("/api/relay/status", json={"target": "user", "data": {}})
    assert half.json()["message"] == "unsupport action"
    assert (await client.post("/api/user/get")).json()["data"]["num"] == 1
    assert (await client.get("/api/user/get?page=2")).json()["data"]["item"] == []


@pytest.mark.parametrize(
    "method, path, body, words",
    [
        ("GET", "/api/system/nothing", "", "unsupport action"),
        ("GET", "/api/nothing/get", "", "Invalid http request"),
        ("GET", "/api", "", "Invalid http request"),
        ("GET", "/api/user", "", "Invalid http request"),
        ("GET", "/api/user/get/more", "", "Invalid http request"),
        ("GET", "/api/user/add", "", "Invalid http request"),
        ("POST", "/api/user/get", "{", "Invalid http request"),
        ("POST", "/api/user/get", "[1]", "Invalid http request"),
        ("POST", "/api/config/set", '{"Config.Settings.GENERAL.Mute":"1"}', "unsupport action"),
        ("POST", "/api/config/get", '{"data":{"item":"x"}}', "error param"),
        ("POST", "/api/user/add", '{"data":{"item":[]}}', "error param"),
    ],
)
async def test_what_makes_no_sense_gets_the_device_s_own_words(
    client: httpx.AsyncClient, method: str, path: str, body: str, words: str
) -> None:
    found = await client.request(method, path, content=body)
    assert found.status_code == 200
    assert (found.json()["retcode"], found.json()["message"]) == (-1, words)


async def test_trailing_zero_bytes_and_foreign_bytes_in_a_request_are_forgiven(
    client: httpx.AsyncClient,
) -> None:
    found = await client.post("/api/", content=b'{"target":"user","action":"get","note":"T\xfcr"}\0\r\n')
    assert found.json()["message"] == "OK"


@pytest.mark.parametrize(
    "key, call, words",
    [
        ("P6", "relay/status", "No hanlders for this request"),
        ("P6", "user/get", "Api unsupported"),
        ("P4", "contact/get", "Api unsupported"),
        ("P4", "calllog/get", "Api unsupported"),
        ("P4", "call/status", "Api unsupported"),
        ("P3", "contact/add", "unsupport action"),
        ("P2", "contact/set", "unsupport action"),
        ("S532", "contact/clear", "unsupport action"),
        ("E12W", "dialreplace/get", "Api unsupported"),
        ("P1", "config/reset_factory_except_data", "unsupport action"),
    ],
)
async def test_what_a_model_does_not_have(
    simulate: Simulate, connect: Connect, key: str, call: str, words: str
) -> None:
    found = await ask(await connect(await simulate(key)), call, {"item": [{"ID": "1"}]})
    assert (found["retcode"], found["message"]) == (-1, words)


async def test_other_paths_are_not_found(client: httpx.AsyncClient) -> None:
    for path in ("/admin", "/api/web/system/info", "/web/status/get", "/fcgi/do", "/download/x", "/../etc"):
        assert (await client.get(path)).status_code == 404
    assert (await client.get("/")).status_code == 200


# ----------------------------------------------------------------------------------------------- whatever may come

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["1", "-1", "19"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
NAMES = (
    "ID UserID Name PrivatePIN CardCode ScheduleRelay Schedule-Relay WebRelay LiftFloorNum Type Daily Date Week "
    "DateStart TimeStart TimeEnd Mon Phone Group Prefix Line page NameOrCode Status SourceType num mode level delay "
    "time type md5 UserName item"
)
MEMBERS = st.sampled_from(NAMES.split())
RECORD = st.dictionaries(MEMBERS, JSON, max_size=8)
DATA = RECORD | st.fixed_dictionaries({"item": st.lists(RECORD, max_size=3)}) | JSON


def checked(found: Answer) -> dict[str, Any]:
    """An answer is a file, or an envelope that a strict client can read."""
    if found.envelope is None:
        assert isinstance(found.raw, bytes)
        return {}
    back: dict[str, Any] = json.loads(encode(found.envelope))
    assert isinstance(back["retcode"], int)
    assert isinstance(back["message"], str)
    return back


@settings(max_examples=150)
@given(st.sampled_from(PROFILES), st.lists(st.tuples(st.sampled_from(sorted(HANDLERS)), DATA), max_size=6))
def test_no_endpoint_falls_over_any_data(profile: Any, calls: list[tuple[str, Any]]) -> None:
    unit = make_unit(profile.key)
    for name, data in calls:
        target, action = name.split("/")
        body = msgspec.json.encode({"target": target, "action": action, "data": data})
        checked(answer(unit, resolve("POST", "/api/", {}, body, [])))
    checked(answer(unit, Call("user", "get")))
    present(unit, 1, "pin", "1234")
    checked(answer(unit, Call("doorlog", "get")))


@given(st.sampled_from(["GET", "POST", "PUT"]), st.text(max_size=30), st.binary(max_size=60))
def test_the_router_takes_any_bytes(method: str, path: str, body: bytes) -> None:
    try:
        call = resolve(method, "/api/" + path, {}, body, [])
    except BadCallError:
        return
    assert call.target
    checked(answer(make_unit(), call))


def test_deep_nesting_is_only_a_bad_call() -> None:
    with pytest.raises(BadCallError):
        resolve("POST", "/api/user/get", {}, b'{"data":' * 200_000 + b"1" + b"}" * 200_000, [])


FORM = (
    b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.rom"\r\n\r\nGWSIMROM 1 916\r\n--b--\r\n'
)
REQUESTS = (
    b"GET /api/user/get?page=1 HTTP/1.1\r\nHost: x\r\nCookie: a=b\r\nExpect: 100-continue\r\n\r\n",
    b'POST /api/ HTTP/1.1\r\nHost: x\r\nContent-Length: 36\r\n\r\n{"target":"user","action":"get","x":1}',
    b"POST /api/firmware/upload HTTP/1.1\r\nHost: x\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    b"Content-Length: %d\r\n\r\n%s" % (len(FORM), FORM),
    b"GET /fcgi/do?action=OpenDoor&UserName=a&Password=b&DoorNum=1 HTTP/1.1\r\nAuthorization: Basic YTpi\r\n\r\n",
)


async def test_the_socket_takes_any_bytes(simulate: Simulate, connect: Connect) -> None:
    """Raw rubbish on the wire is answered with 400, or the connection is closed; the device lives on."""
    device = await simulate("P1", auth="none")
    for junk in (b"\0\xff\r\n\r\n", b"GET\r\n\r\n", b"A" * 70_000, b"\x16\x03\x01\x02\0"):
        assert (await exchange(device.unit.port, junk)).partition(b"\r\n")[0] in {
            b"HTTP/1.1 400 Bad Request",
            b"",
        }
    both = b"POST /api/ HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcd"
    assert (await exchange(device.unit.port, both)).startswith(b"HTTP/1.1 400")
    assert await must(await connect(device, auth=None), "system/status")


async def test_the_socket_takes_mutilated_requests(simulate: Simulate, connect: Connect) -> None:
    """An error of the simulator's own would be logged, and a logged error fails the test."""
    device = await simulate("P1", auth="none")
    source = random.Random(20260105)
    for _ in range(150):
        data = bytearray(source.choice(REQUESTS))
        for _ in range(source.randint(1, 6)):
            at = source.randrange(len(data))
            data[at : at + source.choice((0, 1, 1, 8))] = source.randbytes(source.choice((0, 1, 4)))
        answer = await exchange(device.unit.port, bytes(data))
        assert answer[:9] in {b"", b"HTTP/1.1 "}
        assert b" 500 " not in answer[:13]
    assert await must(await connect(device, auth=None), "system/status")


async def exchange(port: int, data: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(data)
    writer.write_eof()
    try:
        return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()
        await writer.wait_closed()
