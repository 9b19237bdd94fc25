from __future__ import annotations

import base64
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from device_link.simulator import SimDevice
from tests.device_link.simulator.conftest import Connect, Simulate
from tests.device_link.simulator.helpers import must

RELAY = "Config.DoorSetting.RELAY"


async def sign_in(client: httpx.AsyncClient, password: str = "admin", user: str = "admin") -> httpx.Response:
    body = {"target": "login", "action": "set", "data": {}}
    nonce = (await client.post("/api/web/login/set", json=body)).json()["data"]["encrypt"]
    secret = base64.b64encode(f"{nonce}{password}".encode()).decode()
    login = {"target": "login", "action": "login", "data": {"userName": user, "password": secret}}
    return await client.post("/api/web/login/login", json=login)


async def test_the_web_pages_open_an_api_that_is_shut(simulate: Simulate, connect: Connect) -> None:
    device = await simulate("S532", "allowlist")
    client = await connect(device)
    assert (await client.get("/api/system/info")).status_code == 403
    page = await connect(device, auth=None)
    leaked = (await page.get("/api/web/system/info")).json()["data"]["Status"]
    assert leaked == {"Model": "S532", "FirmwareVersion": "532.30.10.24", "HardwareVersion": "532.0"}
    prefix = "Config.DoorSetting.APIFCGI"
    read = {"target": "config", "action": "get", "data": {"item": [f"{prefix}.AuthMode"]}}
    assert (await page.post("/api/web/config/get", json=read)).status_code == 401
    assert (await sign_in(page, "wrong")).json()["retcode"] == -1
    assert (await sign_in(page, "admin", "root")).json()["retcode"] == -1
    page.cookies.set("token", (await sign_in(page)).json()["data"]["token"])
    assert (await page.post("/api/web/config/get", json=read)).json()["data"] == {f"{prefix}.AuthMode": "2"}
    write = {"target": "config", "action": "set", "data": {f"{prefix}.AuthMode": "4"}}
    assert (await page.post("/api/web/config/set", json=write)).json()["message"] == "OK"
    assert (await client.get("/api/system/info")).status_code == 200
    other = await page.post("/api/web/user/get", json={"target": "user", "action": "get"})
    assert other.json()["message"] == "Invalid http request"


async def test_the_web_password_is_changed_in_base64(simulate: Simulate, connect: Connect) -> None:
    device = await simulate("S532")
    client = await connect(device)
    body = {"firstLogin": "1", "userName": "YWRtaW4=", "newPassword": base64.b64encode(b"NewPass").decode()}
    await must(client, "security_basic/set", body)
    page = await connect(device, auth=None)
    assert (await sign_in(page)).json()["retcode"] == -1
    assert (await sign_in(page, "NewPass")).json()["retcode"] == 0
    bad = await client.post(
        "/api", json={"target": "security_basic", "action": "set", "data": {"userName": "!"}}
    )
    assert bad.json()["message"] == "error param"


async def test_an_e18_leaks_its_name(simulate: Simulate, connect: Connect) -> None:
    guest = await connect(await simulate("E18C", "allowlist"), auth=None)
    assert (await guest.get("/api/system/info")).status_code == 403
    assert (await guest.get("/web/status/get?session=&web=1")).json()["data"]["ProductName"] == "E18C"


async def test_open_door_by_url(p1: SimDevice, connect: Connect) -> None:
    guest = await connect(p1, auth=None)
    url = "/fcgi/do?action=OpenDoor&UserName=admin&Password={}&DoorNum=1"
    assert "failed" in (await guest.get(url.format("admin"))).text
    p1.unit.config.put({f"{RELAY}.HttpTrig": "1"})
    assert "failed" in (await guest.get(url.format("wrong"))).text
    assert not p1.unit.relays.is_open(1)
    assert "failed" not in (await guest.get(url.format("admin"))).text
    assert p1.unit.relays.is_open(1)
    assert p1.unit.state.door_log[-1].status == "Succ"
    high_security = await connect(p1, auth=("admin", "admin"))
    assert "failed" not in (await high_security.get("/fcgi/OpenDoor?action=OpenDoor&DoorNum=SA")).text
    assert p1.unit.relays.is_open(11)


@pytest.mark.parametrize(
    "password, door, result", [("admin", "1", "0"), ("bad", "1", "-1"), ("admin", "9", "1")]
)
async def test_an_it83_says_the_result_in_a_hidden_input(
    simulate: Simulate, connect: Connect, password: str, door: str, result: str
) -> None:
    device = await simulate("P6", config={f"{RELAY}.RelayOnWeb": "1"})
    guest = await connect(device, auth=None)
    query = {"action": "OpenDoor", "UserName": "admin", "Password": password, "DoorNum": door}
    answer = await guest.get("/fcgi/do", params=query)
    assert (answer.status_code, f'id="hcSingleResult" value="{result}"' in answer.text) == (200, True)


async def test_an_r20a_refuses_the_old_way(simulate: Simulate, connect: Connect) -> None:
    guest = await connect(await simulate("R20A"), auth=None)
    assert "use new interface" in (await guest.get("/fcgi/do?action=OpenDoor")).text


async def test_a_new_relay_password_holds_after_the_restart(
    p1: SimDevice, client: httpx.AsyncClient, connect: Connect
) -> None:
    await must(client, "config/set", {f"{RELAY}.HttpTrig": "1", f"{RELAY}.Password": "other"})
    guest = await connect(p1, auth=None)
    url = "/fcgi/do?action=OpenDoor&UserName=admin&Password=other&DoorNum=1"
    assert "failed" in (await guest.get(url)).text
    p1.press_reboot()
    await p1.settled()
    assert "failed" not in (await guest.get(url)).text


async def test_a_snapshot(p1: SimDevice, connect: Connect) -> None:
    guest = await connect(p1, auth=None)
    assert (await guest.get("/picture.jpg")).status_code == 401
    picture = await (await connect(p1, auth=("admin", "admin"))).get("/picture.jpg")
    assert (picture.headers["content-type"], picture.content[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    p1.unit.config.put({"Config.DoorSetting.RTSP.MJPEGAuthorization": "0"})
    assert (await guest.get("/picture.jpg")).status_code == 200


def self_signed(folder: Path) -> ssl.SSLContext:
    """A certificate as devices have one: signed by itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "Intercom")])
    start = datetime(2020, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(1).not_valid_before(start).not_valid_after(start + timedelta(days=36500))
    plain = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "device.pem"
    path.write_bytes(key.private_bytes(*plain) + builder.sign(key, hashes.SHA256()).public_bytes(plain[0]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


async def test_a_redirect_leads_to_https_where_the_api_answers(
    simulate: Simulate, connect: Connect, tmp_path: Path
) -> None:
    device = await simulate("P2", "https-redirect", tls=self_signed(tmp_path))
    client = await connect(device)
    moved = await client.get("/api/system/info?x=1")
    assert (moved.status_code, moved.headers["location"]) == (
        308,
        f"{device.describe()['https_url']}/api/system/info?x=1",
    )
    assert (await client.get(moved.headers["location"])).json()["data"]["Status"]["Model"] == "X912"
    device.press_reboot()
    await device.settled()
    assert (await client.get(moved.headers["location"])).status_code == 200


async def test_a_redirect_without_https(simulate: Simulate, connect: Connect) -> None:
    guest = await connect(await simulate("P2", "https-redirect"), auth=None)
    assert (await guest.get("/api/system/info")).headers["location"] == "https://127.0.0.1/api/system/info"
