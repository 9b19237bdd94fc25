from __future__ import annotations

import asyncio
import hashlib
import json

import httpx
import pytest

from device_link.simulator import SimDevice, SimLan, SimSpec
from device_link.simulator.digest import expected_response, parse_digest
from tests.device_link.simulator.conftest import Connect, Simulate
from tests.device_link.simulator.helpers import FAST, must

INFO = "/api/system/info"
PREFIX = "Config.DoorSetting.HTTPAPI"


async def test_digest_is_asked_for_and_one_challenge_serves_a_whole_session(
    p1: SimDevice, connect: Connect, client: httpx.AsyncClient
) -> None:
    stranger = await connect(p1, auth=None)
    refused = await stranger.get(INFO)
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith(
        'Digest realm="HTTP API", qop="auth,auth-int", nonce="'
    )
    assert "<title>401 - Unauthorized</title>" in refused.text
    first = await client.get(INFO)
    second = await client.get(INFO, params={"a": "ü b"})
    assert (first.status_code, second.status_code) == (200, 200)
    assert (len(first.history), len(second.history)) == (1, 0)
    assert "nc=00000002" in second.request.headers["authorization"]


@pytest.mark.parametrize("password, status", [("admin", 200), ("Admin", 401)])
async def test_only_the_right_password_enters(
    p1: SimDevice, connect: Connect, password: str, status: int
) -> None:
    guest = await connect(p1, auth=httpx.DigestAuth("admin", password))
    assert (await guest.get(INFO)).status_code == status


@pytest.mark.parametrize("tampered, status", [(False, 200), (True, 401)])
async def test_auth_int_covers_the_body(p1: SimDevice, connect: Connect, tampered: bool, status: int) -> None:
    """Computed by hand, since httpx always chooses `auth`."""
    guest = await connect(p1, auth=None)
    challenge = parse_digest((await guest.get("/api/")).headers["www-authenticate"])
    assert challenge is not None
    body = json.dumps(
        {"target": "config", "action": "get", "data": {"item": [f"{PREFIX}.AuthMode"]}}
    ).encode()
    said = {
        "username": "admin", "realm": "HTTP API", "nonce": challenge["nonce"], "uri": "/api/", "qop": "auth-int",
        "nc": "00000001", "cnonce": "77", "opaque": challenge["opaque"],
    }  # fmt: skip
    said["response"] = expected_response(
        said, "POST", "admin", hashlib.md5(body, usedforsecurity=False).hexdigest()
    )
    header = "Digest " + ", ".join(f'{name}="{value}"' for name, value in said.items())
    sent = body.replace(b"get", b"set") if tampered else body
    answer = await guest.post("/api/", content=sent, headers={"Authorization": header})
    assert answer.status_code == status
    if not tampered:
        assert answer.json()["data"] == {f"{PREFIX}.AuthMode": "4"}


async def test_many_requests_at_once_share_one_session(client: httpx.AsyncClient) -> None:
    assert (await client.get(INFO)).status_code == 200
    answers = await asyncio.gather(*(client.get(INFO) for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}


async def test_a_restart_makes_nonces_stale_and_clients_recover(
    p1: SimDevice, client: httpx.AsyncClient
) -> None:
    assert (await client.get(INFO)).status_code == 200
    p1.press_reboot()
    await p1.settled()
    answer = await client.get(INFO)
    assert answer.status_code == 200
    assert "stale=true" in answer.history[0].headers["www-authenticate"]


async def test_basic_and_none(simulate: Simulate, connect: Connect) -> None:
    basic = await simulate("P1", auth="basic")
    assert (await (await connect(basic)).get(INFO)).status_code == 401
    assert (await (await connect(basic, auth=("admin", "admin"))).get(INFO)).status_code == 200
    wrong = await (await connect(basic, auth=("admin", "no"))).get(INFO)
    assert wrong.headers["www-authenticate"] == 'Basic realm="HTTP API"'
    opened = await simulate("P1", auth="none")
    assert (await (await connect(opened, auth=None)).get(INFO)).json()["data"]["Status"]["Model"] == "X916S"


async def test_the_allow_list_refuses_without_a_challenge(simulate: Simulate, connect: Connect) -> None:
    listed = await simulate("P1", auth="allowlist")
    assert (await (await connect(listed, auth=None)).get(INFO)).status_code == 200
    await listed.fault("claim-peer:192.168.1.77")
    refused = await (await connect(listed, auth=None)).get(INFO)
    assert refused.status_code == 403
    assert "www-authenticate" not in refused.headers
    await listed.set_auth("allowlist", allow=["192.168.1.77"])
    assert (await (await connect(listed, auth=None)).get(INFO)).status_code == 200
    empty = await simulate("P1", "allowlist-403")
    assert (await (await connect(empty)).get(INFO)).status_code == 403


async def test_access_is_changed_by_the_device_s_own_settings_while_it_runs(
    p1: SimDevice, client: httpx.AsyncClient, connect: Connect
) -> None:
    guest = await connect(p1, auth=None)
    await must(client, "config/set", {f"{PREFIX}.AuthMode": "0"})
    assert (await guest.get(INFO)).status_code == 200
    await must(guest, "config/set", {f"{PREFIX}.AuthMode": "1"})
    assert (await guest.get(INFO)).json() == {
        "retcode": -1,
        "action": "unknow",
        "message": "Invalid http request",
    }
    p1.unit.config.put({f"{PREFIX}.AuthMode": "5"})
    both = (await guest.get(INFO)).headers.get_list("www-authenticate")
    assert [value.partition(" ")[0] for value in both] == ["Digest", "Basic"]
    basic = await connect(p1, auth=("admin", "admin"))
    await must(basic, "config/set", {f"{PREFIX}.AuthMode": "2", f"{PREFIX}.WhiteListIP03": "127.0.0.1"})
    assert (await guest.get(INFO)).status_code == 200
    await must(guest, "config/set", {f"{PREFIX}.Enable": "0"})
    assert (await guest.get(INFO)).status_code == 403


async def test_a_new_password_holds_at_once_and_is_not_shown(
    p1: SimDevice, client: httpx.AsyncClient, connect: Connect
) -> None:
    await must(client, "config/set", {f"{PREFIX}.Password": "n3w-one"})
    assert (await client.get(INFO)).status_code == 401
    assert p1.describe()["password"] == "n3w-one"
    again = await connect(p1)
    assert (await must(again, "config/get", {"item": [f"{PREFIX}.Password"]})) == {f"{PREFIX}.Password": ""}


async def test_models_with_base64_passwords_take_no_others(simulate: Simulate, connect: Connect) -> None:
    s532 = await simulate("S532", auth="none")
    client = await connect(s532, auth=None)
    key = "Config.DoorSetting.APIFCGI.Password"
    plain = await client.post("/api/", json={"target": "config", "action": "set", "data": {key: "plain!"}})
    assert plain.json()["message"] == "error param"
    await must(client, "config/set", {key: "TmV3UGFzcw=="})
    assert s532.describe()["password"] == "NewPass"


@pytest.mark.parametrize("auth", ["none", "allowlist", "basic", "digest"])
async def test_describe_says_how_to_enter(auth: str) -> None:
    async with await SimLan.start([SimSpec(auth=auth, user="u", password="p")], timing=FAST) as lan:
        said = lan.describe()[0]
        assert (said["auth"], said["user"], said["password"]) == (auth, "u", "p")
