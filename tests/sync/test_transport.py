"""The transport against a hostile network: portals, proxies, cut bodies; tokens that end; files that resume."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path

import httpx
import msgspec
import pytest
from sqlalchemy import update

from core.base.errors import (
    GatewrightError,
    NotFoundError,
    RefusedError,
    SignInError,
    UnreachableError,
    UserError,
)
from core.base.ids import new_id
from core.cloud import admin, db
from core.cloud.run import Service
from core.ports.cloud import BusyError, ForkError, ResyncError, TooLargeError, TooOldError
from core.store import syncmeta
from core.wire import codec
from core.wire.codec import Packing
from core.wire.messages import Failure, PullPage, PullRequest
from sync.answers import is_here
from sync.transport import HttpTransport
from tests.history.world import PASSWORD, Station, World, world

REQUEST = PullRequest(proto=1, schema=1, replica=new_id(), epoch="", seq=0, access_seq=0)
Answer = Callable[[httpx.Request], Awaitable[httpx.Response]]


class Scripted(httpx.AsyncBaseTransport):
    """Answers every request as it is told."""

    def __init__(self) -> None:
        self.answer: Callable[[httpx.Request], httpx.Response] = lambda _: httpx.Response(500)

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        made = self.answer(request)
        body = httpx.ByteStream(made.content)
        return httpx.Response(made.status_code, headers=dict(made.headers), stream=body, request=request)


@pytest.fixture
async def w(tmp_path: Path) -> AsyncIterator[World]:
    """A cloud with one installer."""
    async with world(tmp_path / "w") as made:
        admin.create_installer(made.cloud, name="North", user="anna", password=PASSWORD)
        yield made


@pytest.fixture
async def anna(w: World) -> Station:
    """A signed-in workstation."""
    return await w.station("anna", "anna")


@pytest.fixture
async def scripted(anna: Station) -> AsyncIterator[tuple[HttpTransport, Scripted]]:
    """A second transport of that workstation, whose network is a script."""
    wire = Scripted()
    transport = HttpTransport("http://cloud.localhost", anna.mirror, clock=anna.world.clock, wire=wire)
    yield transport, wire
    await transport.close()


def failing(status: int, code: str = "x", **headers: str) -> Callable[[httpx.Request], httpx.Response]:
    body = msgspec.json.encode(Failure(code=code, message="The cloud's own words."))
    return lambda _: httpx.Response(
        status, headers={"content-type": "application/json", **headers}, content=body
    )


@pytest.mark.parametrize(
    "status,kind",
    [
        (400, RefusedError), (401, SignInError), (404, NotFoundError), (409, ForkError), (410, ResyncError),
        (413, TooLargeError), (426, TooOldError), (429, BusyError), (500, BusyError), (503, BusyError),
    ],
)  # fmt: skip
async def test_each_refusal_has_its_error(
    scripted: tuple[HttpTransport, Scripted], status: int, kind: type[GatewrightError]
) -> None:
    transport, wire = scripted
    wire.answer = failing(status)
    with pytest.raises(kind) as caught:
        await transport.pull(REQUEST)
    assert "own words" in caught.value.message


PAGE = codec.pack(PullPage(epoch="e", head=1, next=1, more=False, rows=[]))
STRANGE: dict[str, httpx.Response] = {
    "a portal's page": httpx.Response(200, html="<html>Welcome to Hotel Sol</html>"),
    "a redirect to a portal": httpx.Response(302, headers={"location": "http://portal.localhost/"}),
    "a proxy's error": httpx.Response(502, html="<h1>Bad gateway</h1>"),
    "a portal that refuses": httpx.Response(403, html="<h1>Pay first</h1>"),
    "a page not found": httpx.Response(404, html="<h1>Not found</h1>"),
    "an empty answer": httpx.Response(200),
    "JSON of somebody else": httpx.Response(200, json={"error": "login"}),
    "a refusal of somebody else": httpx.Response(400, json=["no"]),
    "a body that was cut": httpx.Response(
        200, headers={"content-type": Packing.ZSTD.value}, content=PAGE[: len(PAGE) // 2]
    ),
    "noise": httpx.Response(200, headers={"content-type": Packing.ZSTD.value}, content=b"\xff" * 99),
    "a bomb": httpx.Response(
        200,
        headers={"content-type": Packing.ZSTD.value},
        content=codec.pack_bytes(b" " * (codec.MAX_PLAIN + 1)),
    ),
    "a flood": httpx.Response(
        200, headers={"content-type": Packing.ZSTD.value}, content=b"x" * (codec.MAX_PACKED + 1)
    ),
}


@pytest.mark.parametrize("strange", STRANGE)
async def test_what_is_not_our_cloud_counts_as_nobody(
    scripted: tuple[HttpTransport, Scripted], strange: str
) -> None:
    transport, wire = scripted
    wire.answer = lambda _: STRANGE[strange]
    with pytest.raises(UnreachableError) as caught:
        await transport.pull(REQUEST)
    assert "Hotel" not in str(caught.value)


async def test_faults_of_the_network_are_one_error(scripted: tuple[HttpTransport, Scripted]) -> None:
    transport, wire = scripted
    for fault in (httpx.ConnectError, httpx.ReadTimeout, httpx.RemoteProtocolError, httpx.ReadError):

        def fail(request: httpx.Request, kind: type[httpx.RequestError] = fault) -> httpx.Response:
            raise kind("gone", request=request)

        wire.answer = fail
        with pytest.raises(UnreachableError):
            await transport.pull(REQUEST)


async def test_a_busy_cloud_says_when_to_come_back(scripted: tuple[HttpTransport, Scripted]) -> None:
    transport, wire = scripted
    wire.answer = failing(503, **{"retry-after": "17"})
    with pytest.raises(BusyError) as caught:
        await transport.pull(REQUEST)
    assert caught.value.retry_after_s == 17
    wire.answer = failing(429, **{"retry-after": "Thu, 01 Jan 2026 00:00:00 GMT"})
    with pytest.raises(BusyError) as later:
        await transport.pull(REQUEST)
    assert later.value.retry_after_s == 0


async def test_words_of_the_cloud_are_cleaned(scripted: tuple[HttpTransport, Scripted]) -> None:
    transport, wire = scripted
    body = msgspec.json.encode(Failure(code="x" * 900, message="a\n\x1b[31mb" + "c" * 5000))
    wire.answer = lambda _: httpx.Response(400, headers={"content-type": "application/json"}, content=body)
    with pytest.raises(RefusedError) as caught:
        await transport.pull(REQUEST)
    assert len(caught.value.message) <= 300
    assert "\x1b" not in caught.value.message
    assert len(caught.value.code) <= 64


@pytest.mark.parametrize("url", ["", "cloud", "ftp://host", "http://", "file:///etc/passwd", "http://[::1"])
async def test_an_address_that_is_none_is_refused_at_once(anna: Station, url: str) -> None:
    with pytest.raises(UserError) as caught:
        HttpTransport(url, anna.mirror, clock=anna.world.clock)
    assert caught.value.code == "cloud.url"


def test_a_proxy_is_not_asked_for_a_cloud_on_this_machine() -> None:
    assert is_here("http://127.0.0.1:8480")
    assert is_here("http://[::1]:8480")
    assert is_here("http://cloud.localhost")
    assert not is_here("https://cloud.example.net")
    assert not is_here("http://10.0.0.7")


# ------------------------------------------------------------------------------------------------------------ tokens


async def test_an_ended_token_is_exchanged_and_the_new_one_is_kept(anna: Station) -> None:
    before = await anna.mirror.read(syncmeta.session_of)
    anna.world.clock.moment += timedelta(seconds=anna.world.settings.access_s + 1)
    assert (await anna.transport.pull(REQUEST)).head > 0
    after = await anna.mirror.read(syncmeta.session_of)
    assert before is not None
    assert after is not None
    assert after.access_token != before.access_token
    await anna.restart()
    assert (await anna.transport.pull(REQUEST)).head > 0


async def test_many_requests_exchange_a_token_once(anna: Station) -> None:
    import asyncio  # noqa: PLC0415

    anna.world.clock.moment += timedelta(seconds=anna.world.settings.access_s + 1)
    pages = await asyncio.gather(*[anna.transport.pull(REQUEST) for _ in range(5)])
    assert len(pages) == 5
    assert anna.wire.seen.count("POST /v1/session/refresh") == 1


async def test_an_ended_session_asks_for_a_sign_in_and_keeps_what_is_here(anna: Station) -> None:
    with anna.world.cloud.database.write() as c:
        c.execute(db.SESSION.delete())
    with pytest.raises(SignInError):
        await anna.transport.pull(REQUEST)
    assert (await anna.mirror.read(syncmeta.session_of)) is not None, "local work goes on under the same name"
    await anna.sign_in()
    assert (await anna.transport.pull(REQUEST)).head > 0


async def test_without_a_session_nothing_is_sent(w: World) -> None:
    nobody = await w.station("nobody", "anna", signed_in=False)
    with pytest.raises(SignInError) as caught:
        await nobody.transport.pull(REQUEST)
    assert caught.value.code == "session.none"
    assert nobody.wire.seen == []


async def test_a_second_account_does_not_get_into_the_mirror_of_the_first(anna: Station, w: World) -> None:
    admin.create_installer(w.cloud, name="South", user="carl", password=PASSWORD)
    anna.user = "carl"
    with pytest.raises(UserError) as caught:
        await anna.sign_in()
    assert caught.value.code == "session.other_account"


# ------------------------------------------------------------------------------------------------------------- files


async def test_a_file_goes_up_once_and_comes_down_whole(anna: Station, tmp_path: Path) -> None:
    content = bytes(range(256)) * 1000
    source, name = tmp_path / "firmware.rom", hashlib.sha256(content).hexdigest()
    source.write_bytes(content)
    assert await anna.transport.put_blob(name, source) is True
    assert await anna.transport.put_blob(name, source) is False
    await anna.transport.get_blob(name, tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == content


@pytest.mark.parametrize("have", [0, 1, 100_000, 256_000])
async def test_a_download_goes_on_where_it_was_cut_off(anna: Station, tmp_path: Path, have: int) -> None:
    content = bytes(range(256)) * 1000
    source, name = tmp_path / "firmware.rom", hashlib.sha256(content).hexdigest()
    source.write_bytes(content)
    await anna.transport.put_blob(name, source)
    part = tmp_path / "part"
    part.write_bytes(content[:have])
    await anna.transport.get_blob(name, part)
    assert part.read_bytes() == content


async def test_a_part_that_is_too_long_is_thrown_away(anna: Station, tmp_path: Path) -> None:
    content = b"firmware"
    source, name = tmp_path / "firmware.rom", hashlib.sha256(content).hexdigest()
    source.write_bytes(content)
    await anna.transport.put_blob(name, source)
    part = tmp_path / "part"
    part.write_bytes(b"much longer than the file itself")
    await anna.transport.get_blob(name, part)
    assert part.read_bytes() == content


async def test_an_unknown_file_is_told_so(anna: Station, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        await anna.transport.get_blob("0" * 64, tmp_path / "part")


async def test_a_token_that_ends_between_files_does_not_stop_them(anna: Station, tmp_path: Path) -> None:
    content = b"firmware"
    source, name = tmp_path / "firmware.rom", hashlib.sha256(content).hexdigest()
    source.write_bytes(content)
    anna.world.clock.moment += timedelta(seconds=anna.world.settings.access_s + 1)
    assert await anna.transport.put_blob(name, source) is True
    anna.world.clock.moment += timedelta(seconds=anna.world.settings.access_s + 1)
    await anna.transport.get_blob(name, tmp_path / "part")
    assert (tmp_path / "part").read_bytes() == content


# ------------------------------------------------------------------------------------------------------ real sockets


async def test_over_real_sockets_all_of_it(w: World, tmp_path: Path) -> None:
    import asyncio  # noqa: PLC0415

    loop = asyncio.get_running_loop()
    ready: asyncio.Future[str] = loop.create_future()
    service = Service(w.settings, "127.0.0.1", 0, ready.set_result)
    task = loop.create_task(service.run_here())
    station = await w.station("real", "anna", signed_in=False)
    async with asyncio.timeout(30):
        transport = HttpTransport(await ready, station.mirror, clock=w.clock)
        old, station.transport = station.transport, transport
        await old.close()
        await station.sign_in()
        assert (await transport.pull(REQUEST)).head > 0
        content = bytes(200_000)
        source, name = tmp_path / "file", hashlib.sha256(content).hexdigest()
        source.write_bytes(content)
        assert await transport.put_blob(name, source)
        (tmp_path / "part").write_bytes(content[:5])
        await transport.get_blob(name, tmp_path / "part")
        assert (tmp_path / "part").read_bytes() == content
        service.stop()
        await task
        with pytest.raises(UnreachableError):
            await transport.pull(REQUEST)


async def test_an_account_that_was_switched_off_is_no_network_fault(anna: Station) -> None:
    from core.base.errors import NotAllowedError  # noqa: PLC0415
    from core.entities.organisation import ACCOUNT  # noqa: PLC0415

    with anna.world.cloud.database.write() as c:
        c.execute(update(db.table_of(ACCOUNT)).values(active=0))
    with pytest.raises(NotAllowedError):
        await anna.transport.pull(REQUEST)
