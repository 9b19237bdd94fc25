"""What goes past the framework's routing is answered as it would be there, faults included."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.cloud import check, short_way
from core.cloud.app import create_app
from core.cloud.routes import router
from core.cloud.short_way import ShortWay
from core.wire import codec
from core.wire.codec import Packing
from core.wire.messages import PROTOCOL, SCHEMA, CheckRequest, PushBatch
from tests.cloud.test_migrations import settings
from tests.guards.logs import LogGuard

SHORT = {f"/v1/sync/{name}" for name in ("push", "pull", "fill", "check")}
KIND = {"content-type": Packing.ZSTD.value}
SIGNED = {**KIND, "authorization": "Bearer nobody"}
PUSH = codec.pack(PushBatch(proto=PROTOCOL, schema=SCHEMA, replica="0" * 32, acked_n=0, muts=[]))
CASES: dict[str, tuple[str, str, dict[str, str], bytes]] = {
    "no token": ("POST", "/v1/sync/push", KIND, PUSH),
    "a token that is not good": ("POST", "/v1/sync/push", SIGNED, PUSH),
    "an unknown packing": ("POST", "/v1/sync/pull", {"authorization": "Bearer nobody"}, b"{}"),
    "a damaged message": ("POST", "/v1/sync/fill", SIGNED, b"?"),
    "another method": ("GET", "/v1/sync/push", SIGNED, b""),
    "an address behind it": ("POST", "/v1/sync/push/more", SIGNED, b""),
    "an address that is not short": ("POST", "/v1/session", KIND, b"{}"),
}


@pytest.fixture
async def both(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[list[httpx.AsyncClient]]:
    """The same service by the short way and without it."""

    def without(self: ShortWay, app: Any, **_more: Any) -> None:
        vars(self).update(_app=app, _routes={})

    async with AsyncExitStack() as stack:
        clients = []
        for short in (True, False):
            if not short:
                monkeypatch.setattr(short_way.ShortWay, "__init__", without)
            app = create_app(settings(f"sqlite:///{tmp_path / f'{short}.db'}", tmp_path / "files"))
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
            client = httpx.AsyncClient(transport=transport, base_url="http://cloud")
            clients.append(await stack.enter_async_context(client))
            await client.get("/v1/health")  # the framework puts its parts together at the first request
        yield clients


def test_what_takes_only_a_request_goes_the_short_way() -> None:
    async def never(*_: Any) -> Any:
        raise AssertionError

    assert set(vars(ShortWay(None, router, never))["_routes"]) == SHORT


@pytest.mark.parametrize("case", CASES)
async def test_answers_are_alike(both: list[httpx.AsyncClient], case: str) -> None:
    method, path, headers, body = CASES[case]
    short, long = [await one.request(method, path, headers=headers, content=body) for one in both]
    assert short.status_code == long.status_code >= 400
    assert short.json() == long.json()
    assert short.headers.keys() == long.headers.keys()


async def test_a_fault_of_ours_is_logged_and_told_as_one(
    both: list[httpx.AsyncClient], monkeypatch: pytest.MonkeyPatch, log_guard: LogGuard
) -> None:
    def broken(*_: Any) -> bytes:
        raise RuntimeError("broken")

    monkeypatch.setattr(check, "check", broken)
    monkeypatch.setattr("core.cloud.auth.who_is", lambda *_: None)
    body = codec.pack(CheckRequest(proto=PROTOCOL, schema=SCHEMA, replica="0" * 32, epoch=""))
    for one in both:
        answer = await one.post("/v1/sync/check", headers=SIGNED, content=body)
        assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    log_guard.expect("/v1/sync/check failed")
