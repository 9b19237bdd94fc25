"""The service as HTTP: what it answers to requests of every kind, good and hostile, and how it starts and stops."""

from __future__ import annotations

import asyncio
import hashlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest

from core.base.errors import UserError
from core.base.ids import new_id
from core.cloud import admin
from core.cloud.account_routes import ROUTES, Open
from core.cloud.run import Service, bound_socket, serve
from core.cloud.settings import KEY_VARIABLE
from core.wire import codec
from core.wire.codec import Packing
from core.wire.messages import PullPage, PullRequest, PushBatch, Session, SignIn
from tests.cloud.bench import settings_like
from tests.history.world import PASSWORD, World, world

ZSTD = {"content-type": Packing.ZSTD.value}


@pytest.fixture
async def running(tmp_path: Path) -> AsyncIterator[World]:
    """A cloud with one installer, without workstations."""
    async with world(tmp_path / "w") as w:
        admin.create_installer(w.cloud, name="North", user="anna", password=PASSWORD)
        yield w


@pytest.fixture
async def http(running: World) -> AsyncIterator[httpx.AsyncClient]:
    """A client of that cloud, by ASGI."""
    assert running.app is not None
    wire = httpx.ASGITransport(app=running.app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=wire, base_url="http://cloud.localhost") as client:
        yield client


async def session(http: httpx.AsyncClient) -> Session:
    body = msgspec.json.encode(SignIn(user="anna", password=PASSWORD, replica=new_id()))
    answer = await http.post("/v1/session", content=body)
    assert answer.status_code == 200
    return codec.parse(answer.content, Session)


async def token(http: httpx.AsyncClient) -> dict[str, str]:
    return {"authorization": f"Bearer {(await session(http)).access_token}"}


def a_pull() -> bytes:
    return codec.pack(PullRequest(proto=1, schema=1, replica=new_id(), epoch="", seq=0, access_seq=0))


async def test_sign_in_pull_and_sign_out(http: httpx.AsyncClient) -> None:
    signed = await token(http)
    answer = await http.post("/v1/sync/pull", content=a_pull(), headers={**signed, **ZSTD})
    assert codec.unpack(answer.content, PullPage).head > 0
    assert (await http.delete("/v1/session", headers=signed)).status_code == 204
    assert (await http.post("/v1/sync/pull", content=a_pull(), headers={**signed, **ZSTD})).status_code == 401


async def test_a_client_without_zstd_speaks_gzip(http: httpx.AsyncClient) -> None:
    request = PullRequest(proto=1, schema=1, replica=new_id(), epoch="", seq=0, access_seq=0)
    headers = {**await token(http), "content-type": Packing.GZIP.value}
    answer = await http.post("/v1/sync/pull", content=codec.pack(request, Packing.GZIP), headers=headers)
    assert answer.headers["content-type"] == Packing.GZIP.value
    assert codec.unpack(answer.content, PullPage, Packing.GZIP).head > 0


BOMB = codec.pack_bytes(b" " * (codec.MAX_PLAIN + 1))


async def test_refusals_carry_a_code_and_a_sentence(http: httpx.AsyncClient) -> None:
    signed = await token(http)
    cases: list[tuple[httpx.Request, int, str]] = [
        (http.build_request("POST", "/v1/sync/pull", content=a_pull(), headers=ZSTD), 401, "session.none"),
        (
            http.build_request("POST", "/v1/sync/pull", content=b"x", headers={**signed, **ZSTD}),
            400,
            "wire.damaged",
        ),
        (
            http.build_request("POST", "/v1/sync/pull", content=BOMB, headers={**signed, **ZSTD}),
            400,
            "wire.too_large",
        ),
        (http.build_request("POST", "/v1/sync/pull", content=b"{}", headers=signed), 400, "wire.packing"),
        (
            http.build_request(
                "POST", "/v1/sync/push", content=codec.pack_bytes(b"[]"), headers={**signed, **ZSTD}
            ),
            400,
            "wire.malformed",
        ),
        (http.build_request("POST", "/v1/session", content=b"{}"), 400, "wire.malformed"),
        (http.build_request("POST", "/v1/session", content=b"x" * 20000), 413, "wire.too_large"),
        (
            http.build_request("POST", "/v1/session/refresh", content=b'{"refresh_token":"x"}'),
            401,
            "session.ended",
        ),
        (http.build_request("GET", "/v1/blobs/" + "0" * 64, headers=signed), 404, "blob.unknown"),
        (http.build_request("GET", "/v1/blobs/..%2f..%2fcloud.db", headers=signed), 404, "http.404"),
        (http.build_request("GET", "/v1/blobs/...cloud.db", headers=signed), 404, "blob.unknown"),
        (http.build_request("PUT", "/v1/blobs/short", content=b"x", headers=signed), 400, "blob.name"),
        (http.build_request("GET", "/v1/nothing"), 404, "http.404"),
        (http.build_request("GET", "/v1/session"), 405, "http.405"),
    ]
    for request, status, code in cases:
        answer = await http.send(request)
        assert (answer.status_code, answer.json()["code"]) == (status, code), request.url
        assert answer.json()["message"]


@pytest.mark.allow_logs("failed")
async def test_a_fault_of_ours_is_told_without_its_inside(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*_: object) -> bytes:
        raise RuntimeError("the inside of it")

    monkeypatch.setattr("core.cloud.routes.feed.pull", explode)
    answer = await http.post("/v1/sync/pull", content=a_pull(), headers={**await token(http), **ZSTD})
    assert answer.status_code == 500
    assert "inside" not in answer.text


async def test_versions_epochs_and_forks_have_their_status(http: httpx.AsyncClient) -> None:
    headers = {**await token(http), **ZSTD}
    old = PullRequest(proto=0, schema=1, replica=new_id(), epoch="", seq=0, access_seq=0)
    lost = PullRequest(proto=1, schema=1, replica=new_id(), epoch=new_id(), seq=0, access_seq=0)
    newer = PullRequest(proto=9, schema=1, replica=new_id(), epoch="", seq=0, access_seq=0)
    fork = PushBatch(proto=1, schema=1, replica="no mark", acked_n=0, muts=[])
    for path, message, status in (
        ("pull", old, 426), ("pull", lost, 410), ("pull", newer, 503), ("push", fork, 409),
    ):  # fmt: skip
        answer = await http.post(f"/v1/sync/{path}", content=codec.pack(message), headers=headers)
        assert answer.status_code == status
    answer = await http.post("/v1/sync/pull", content=codec.pack(newer), headers=headers)
    assert answer.headers["retry-after"] == "600"


async def test_files_are_checked_kept_once_and_served_in_parts(
    http: httpx.AsyncClient, running: World
) -> None:
    signed, content = await token(http), bytes(range(256)) * 64
    name = hashlib.sha256(content).hexdigest()
    assert (await http.head(f"/v1/blobs/{name}", headers=signed)).status_code == 404
    wrong = await http.put(f"/v1/blobs/{name}", content=content[1:], headers=signed)
    assert (wrong.status_code, wrong.json()["code"]) == (400, "blob.damaged")
    for _ in range(2):
        assert (await http.put(f"/v1/blobs/{name}", content=content, headers=signed)).status_code == 204
    assert (await http.get(f"/v1/blobs/{name}", headers=signed)).content == content
    part = await http.get(f"/v1/blobs/{name}", headers={**signed, "range": "bytes=16000-"})
    assert (part.status_code, part.content) == (206, content[16000:])
    assert (await http.get(f"/v1/blobs/{name}")).status_code == 401
    left = [path.name for path in running.settings.blobs.rglob("*") if path.is_file()]
    assert left == [name]


async def test_a_file_of_another_firm_is_unknown_until_it_is_given(
    http: httpx.AsyncClient, running: World
) -> None:
    signed, content = await token(http), b"firmware"
    name = hashlib.sha256(content).hexdigest()
    await http.put(f"/v1/blobs/{name}", content=content, headers=signed)
    admin.create_installer(running.cloud, name="South", user="carl", password=PASSWORD)
    body = msgspec.json.encode(SignIn(user="carl", password=PASSWORD, replica=new_id()))
    other = codec.parse((await http.post("/v1/session", content=body)).content, Session)
    theirs = {"authorization": f"Bearer {other.access_token}"}
    assert (await http.get(f"/v1/blobs/{name}", headers=theirs)).status_code == 404
    await http.put(f"/v1/blobs/{name}", content=content, headers=theirs)
    assert (await http.get(f"/v1/blobs/{name}", headers=theirs)).content == content


async def test_a_file_over_the_limit_leaves_nothing(http: httpx.AsyncClient, running: World) -> None:
    running.cloud.blobs._max_bytes = 1000
    content = b"x" * 5000
    name = hashlib.sha256(content).hexdigest()
    answer = await http.put(f"/v1/blobs/{name}", content=content, headers=await token(http))
    assert answer.status_code == 413
    assert not [path for path in running.settings.blobs.rglob("*") if path.is_file()]


async def test_health_and_openapi_need_no_sign_in(http: httpx.AsyncClient) -> None:
    assert (await http.get("/v1/health")).json()["status"] == "ok"
    described = (await http.get("/v1/openapi.json")).json()
    assert {"/v1/session", "/v1/sync/push", "/v1/sync/pull", "/v1/sync/fill", "/v1/blobs/{sha256}"} <= set(
        described["paths"]
    )


async def test_every_route_but_these_asks_who_is_there(running: World) -> None:
    open_routes = {f"/v1{one.path}" for one in ROUTES if isinstance(one, Open)}
    open_routes |= {"/v1/health", "/v1/ready", "/v1/session", "/v1/session/refresh", "/v1/openapi.json"}
    open_routes |= {"/v1/metrics"}  # asks for another token: test_service_watch
    assert running.app is not None
    wire = httpx.ASGITransport(app=running.app)
    async with httpx.AsyncClient(transport=wire, base_url="http://cloud.localhost") as client:
        paths = (await client.get("/v1/openapi.json")).json()["paths"]
        for path, verbs in paths.items():
            for verb in verbs:
                if path in open_routes and not (path == "/v1/session" and verb == "delete"):
                    continue
                answer = await client.request(
                    verb, path.replace("{sha256}", "0" * 64).replace("{offset}", "0"), headers=ZSTD
                )
                assert answer.status_code == 401, (verb, path)


# ------------------------------------------------------------------------------------------------------- real sockets


async def test_a_real_server_answers_and_stops_in_good_order(running: World) -> None:
    loop = asyncio.get_running_loop()
    ready: asyncio.Future[str] = loop.create_future()
    service = Service(settings_like(running.cloud), "127.0.0.1", 0, ready.set_result)
    task = loop.create_task(service.run_here())
    async with asyncio.timeout(30):
        async with httpx.AsyncClient(base_url=await ready) as client:
            answer = await client.get("/v1/health")
        service.stop()
        await task
    assert answer.json()["status"] == "ok"
    assert "server" not in answer.headers


async def test_a_cancelled_server_closes_its_port(tmp_path: Path) -> None:
    ready: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    url = f"sqlite:///{tmp_path / 'core.db'}"
    environment = {KEY_VARIABLE: "00" * 32}
    task = asyncio.get_running_loop().create_task(
        serve(url, "127.0.0.1", 0, on_ready=ready.set_result, environment=environment)
    )
    async with asyncio.timeout(30):
        address = await ready
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    with pytest.raises(httpx.ConnectError):
        async with httpx.AsyncClient() as client:
            await client.get(address + "/v1/health")


async def test_a_port_in_use_is_one_clear_sentence(tmp_path: Path) -> None:
    taken = bound_socket("127.0.0.1", 0)
    port = taken.getsockname()[1]
    try:
        with pytest.raises(UserError) as caught:
            await serve(
                f"sqlite:///{tmp_path / 'core.db'}",
                "127.0.0.1",
                port,
                on_ready=lambda _: None,
                environment={KEY_VARIABLE: "00" * 32},
            )
    finally:
        taken.close()
    assert caught.value.code == "cloud.port"
    assert str(port) in caught.value.message
    with pytest.raises(UserError):
        bound_socket("256.0.0.1", 0)


def test_answers_leave_without_delay() -> None:
    made = bound_socket("127.0.0.1", 0)
    with made:
        assert made.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
