"""The session against small servers that say exactly one thing, and its waiting on a clock driven by hand."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace

import pytest

from core.base.clock import SystemClock
from core.base.errors import AmbiguousError, DataError, RefusedError, UnreachableError, UserError
from core.ports.device import Link
from device_link.drivers.akuvox.address import base_url, https_of
from device_link.drivers.akuvox.pacing import FAST, REAL, fast_pacing, real_pacing
from device_link.drivers.akuvox.session import Session
from device_link.http import device_tls
from device_link.pool import Turn
from tests.fixtures_core import HandClock

INFO = b'{"retcode":0,"action":"info","message":"OK","data":{"Status":{"Model":"X916S","MAC":"0C:11:05:00:00:01"}}}'
OK = b'{"retcode": 0, "action": "set", "message": "OK"}'

Answers = Callable[[str, str, bytes], bytes]
ServeWith = Callable[[Answers], Awaitable[str]]


def page(status: str, body: bytes = b"", headers: str = "") -> bytes:
    return (
        f"HTTP/1.1 {status}\r\nContent-Length: {len(body)}\r\n{headers}Connection: close\r\n\r\n".encode()
        + body
    )


def info_or(other: bytes) -> Answers:
    return lambda _method, path, _body: page("200 OK", INFO) if "system/info" in path else other


@pytest.fixture
async def serve() -> AsyncIterator[ServeWith]:
    """Call it with a function from (method, path, body) to the bytes of an answer; it gives the URL."""
    servers: list[asyncio.Server] = []

    async def start(answers: Answers) -> str:
        async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                method, path, _ = head.split(" ", 2)
                length = re.search(r"content-length: *(\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1])) if length else b""
                writer.write(answers(method, path, body))
                await writer.drain()
            finally:
                writer.close()

        server = await asyncio.start_server(one, "127.0.0.1", 0)
        servers.append(server)
        return f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"

    yield start
    for server in servers:
        server.close()
        await server.wait_closed()


def session_of(url: str, **more: str) -> Session:
    return Session(Link(url, **more), Turn(), clock=SystemClock(), pacing=fast_pacing)


@pytest.mark.parametrize(
    "answer,kind,code",
    [
        (page("404 Not Found"), RefusedError, "device.unsupported"),
        (page("403 Forbidden"), RefusedError, "device.blocked"),
        (page("401 Unauthorized"), RefusedError, "device.throttled"),
        (page("503 Busy"), RefusedError, "device.throttled"),
        (page("500 Error", b"<title>500 - Internal Server Error</title>"), RefusedError, "device.refused"),
        (
            page("302 Found", headers="Location: http://elsewhere/login.html\r\n"),
            DataError,
            "device.nonsense",
        ),
        (page("200 OK", b"not json"), DataError, "device.nonsense"),
        (page("200 OK", b'{"retcode": -1, "message": "error param"}'), RefusedError, "device.refused"),
        (b"", UnreachableError, "device.unreachable"),
        (b"nonsense", UnreachableError, "device.unreachable"),
    ],
)
async def test_what_a_read_ends_in(serve: ServeWith, answer: bytes, kind: type[Exception], code: str) -> None:
    async with session_of(await serve(info_or(answer))) as session:
        await session.identify()
        with pytest.raises(kind) as caught:
            await session.read("relay", "status")
        assert getattr(caught.value, "code", "") == code
        assert not isinstance(caught.value, AmbiguousError)


@pytest.mark.parametrize(
    "answer", [b"", b"nonsense", page("200 OK", b"not json"), b"HTTP/1.1 200 OK\r\nContent-Le"]
)
async def test_a_change_without_a_sensible_answer_is_ambiguous_and_sent_once(
    serve: ServeWith, answer: bytes
) -> None:
    asked: list[str] = []

    def answers(_method: str, path: str, _body: bytes) -> bytes:
        asked.append(path)
        return page("200 OK", INFO) if "system/info" in path else answer

    async with session_of(await serve(answers)) as session:
        await session.identify()
        with pytest.raises(AmbiguousError):
            await session.change("config", "set", {"a": "b"})
    assert asked.count("/api/config/set") == 1


async def test_a_change_that_is_refused_is_no_mystery(serve: ServeWith) -> None:
    answer = page("200 OK", b'{"retcode": -2, "message": "maximum \\u0007reached"}')
    async with session_of(await serve(info_or(answer))) as session:
        await session.identify()
        with pytest.raises(RefusedError) as caught:
            await session.change("user", "add", {})
        assert caught.value.said == "maximum reached"


async def test_a_unit_that_only_knows_post_is_asked_by_post_from_then_on(serve: ServeWith) -> None:
    asked: list[str] = []

    def answers(method: str, path: str, _body: bytes) -> bytes:
        asked.append(f"{method} {path}")
        if "system/info" in path:
            return page("200 OK", INFO)
        if method == "GET":
            return page("200 OK", b'{"retcode": -1, "action": "unknow", "message": "Invalid http request"}')
        return page("200 OK", OK)

    async with session_of(await serve(answers)) as session:
        await session.identify()
        await session.read("schedule", "get")
        await session.read("schedule", "get", {"page": "2"})
    assert asked[1:] == ["GET /api/schedule/get", "POST /api/schedule/get", "POST /api/schedule/get"]


async def test_a_read_is_repeated_after_a_broken_answer(serve: ServeWith) -> None:
    answers = iter([page("200 OK", INFO), b"", page("500 Oops"), page("200 OK", OK)])
    async with session_of(await serve(lambda *_: next(answers))) as session:
        await session.identify()
        assert (await session.read("relay", "status")).accepted


async def test_unknown_challenges_and_algorithms_are_named(serve: ServeWith) -> None:
    for challenge in (
        'Digest realm="x", nonce="1", algorithm="SHA-7"',
        'Digest realm="x"',
        'Digest "',
        "Bearer",
    ):
        url = await serve(lambda *_, c=challenge: page("401 No", headers=f"WWW-Authenticate: {c}\r\n"))
        async with session_of(url, user="admin", password="admin") as session:
            with pytest.raises((RefusedError, DataError)):
                await session.identify()


async def test_basic_in_clear_can_be_withheld(serve: ServeWith) -> None:
    heads: list[str] = []

    def answers(_method: str, path: str, _body: bytes) -> bytes:
        heads.append(path)
        return page("401 No", headers='WWW-Authenticate: Basic realm="HTTP API"\r\n')

    link = Link(await serve(answers), user="admin", password="own-secret")
    shy = Session(link, Turn(), clock=SystemClock(), pacing=fast_pacing, basic_in_clear=False)
    async with shy as session:
        with pytest.raises(RefusedError):
            await session.identify()
    assert len(heads) == 1, "the second request would have shown the password"


# ------------------------------------------------------------------------------------------------------- waiting


async def test_the_pace_of_real_units(serve: ServeWith, hand_clock: HandClock) -> None:
    """A quarter of a second between requests, two seconds from a change to the read after it."""
    asked: list[float] = []

    def answers(_method: str, path: str, _body: bytes) -> bytes:
        asked.append(hand_clock.monotonic())
        return page("200 OK", INFO if "info" in path else OK)

    async def talk() -> None:
        link = Link(await serve(answers))
        async with Session(link, Turn(), clock=hand_clock, pacing=real_pacing) as session:
            await session.identify()
            await session.change("config", "set", {"a": "b"})
            await session.change("config", "set", {"c": "d"})
            await session.read("relay", "status")

    async with asyncio.TaskGroup() as group:
        group.create_task(talk())
        for wait in (REAL.between_s, REAL.between_s, REAL.settle_s):
            await hand_clock.until_asleep()
            hand_clock.advance(wait)
    assert asked == [0.0, 0.25, 0.5, 2.5]


async def test_the_wait_after_a_change_outlives_the_session(serve: ServeWith, hand_clock: HandClock) -> None:
    """Apply and verify are two sessions; the unit still holds its old state between them."""
    url = await serve(lambda _m, path, _b: page("200 OK", INFO if "info" in path else OK))
    turn = Turn()
    quick = replace(FAST, settle_s=2.0)
    async with Session(Link(url), turn, clock=hand_clock, pacing=lambda _: quick) as first:
        await first.change("config", "set", {"a": "b"})
    async with (
        Session(Link(url), turn, clock=hand_clock, pacing=lambda _: quick) as second,
        asyncio.TaskGroup() as group,
    ):
        group.create_task(second.identify())
        await hand_clock.until_asleep()
        hand_clock.advance(2.0)
    assert second.identity.model == "X916S"


# ------------------------------------------------------------------------------------------------------- addresses


@pytest.mark.parametrize(
    "text,base",
    [
        ("http://10.0.0.5", "http://10.0.0.5"),
        ("http://10.0.0.5/", "http://10.0.0.5"),
        ("10.0.0.5:8080/path?x=1", "http://10.0.0.5:8080"),
        ("https://10.0.0.5:443", "https://10.0.0.5"),
        ("http://user:pw@door.local", "http://door.local"),
        ("http://[fe80::1]:81", "http://[fe80::1]:81"),
    ],
)
def test_base_url(text: str, base: str) -> None:
    assert base_url(text) == base


@pytest.mark.parametrize("text", ["", "ftp://10.0.0.5", "http://", "http://10.0.0.5:99999", "http://[::1"])
def test_no_address(text: str) -> None:
    with pytest.raises(UserError):
        base_url(text)


def test_a_redirect_never_leads_to_another_host() -> None:
    assert https_of("http://10.0.0.5", "https://evil.example/api") == "https://10.0.0.5"
    assert (
        https_of("http://10.0.0.5:8080", "https://10.0.0.5:8443/api/system/info") == "https://10.0.0.5:8443"
    )
    assert https_of("http://10.0.0.5", "http://10.0.0.5/login") == ""
    assert https_of("https://10.0.0.5", "https://10.0.0.5/login") == ""
    assert https_of("http://10.0.0.5", "https://10.0.0.5:notaport/") == ""


def test_old_units_can_be_spoken_with_over_tls() -> None:
    names = {cipher["name"] for cipher in device_tls().get_ciphers()}
    assert "AES128-SHA" in names
