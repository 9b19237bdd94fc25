"""A million random and mutated inputs through every parser of what the network brings: a value or an error by name.

Run with `-m soak`. The default run takes a thousandth of it, so that a parser that is added here is tried at once.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from functools import partial
from urllib.parse import parse_qsl

import h11
import pytest

from core.base.errors import DataError, GatewrightError, UserError
from core.rules.autop import parse_autop
from core.rules.callback_chain import ChainFacts, chain_of, points_at
from core.rules.door_event import parse_call
from core.usecases.drift import read_baseline
from device_link import ntp, small_server
from device_link.discovery.fingerprint import leaked_identity
from device_link.discovery.mdns import announced
from device_link.discovery.others import is_two_n
from device_link.drivers.akuvox.address import base_url, https_of
from device_link.drivers.akuvox.calls import call_event
from device_link.drivers.akuvox.envelope import first_value, page_title, read_reply
from device_link.drivers.akuvox.logs import door_event
from device_link.drivers.akuvox.schedules import held_schedule
from device_link.drivers.akuvox.session import identity_of
from device_link.drivers.akuvox.users import held_person
from device_link.gateways import maker_in
from device_link.http import Answer
from device_link.recorder import masked_path, shown
from device_link.replay import read_recording, twin_of
from tests.device_link.discovery import test_announcements as announcements
from tests.device_link.drivers import test_other_parsers as others

MILLION = 1_000_000
USERS = (
    b'{"retcode": 0, "action": "get", "message": "OK", "data": {"num": 2, "item": [{"ID": "1", "UserID": "7", "Name": '
    b'"Ann", "PrivatePIN": "4711;4712", "CardCode": "0A1B;22", "ScheduleRelay": "1001-12;", "FaceRegister": "1", '
    b'"FaceFileName": "0011223344556677.jpg", "LicensePlate": "AB1", "Source": 1}, {"ID": 2, "Type": 0, "Daily": '
    b'"08:00-18:00", "Date": "20260101-20261231", "Week": "123", "DisplayID": "5", "Time": "13:33:40"}]}}'
)
INFO = (
    b'{"retcode":0,"data":{"Status":{"Model":"X912","MAC":"0C:11:05:0A:0B:0C","FirmwareVersion":"912.30.11.49",'
    b'"HardwareVersion":"912.5","ProductName":"x"}}}'
)
CALL = b"e=valid_card&mac=0C:11:05:0A:0B:0C&user=g12&name=Ann&card=0A1B2C3D&relay=1&time=2026-01-15 13:33:40"
AUTOP = (
    b"# a\nConfig.Account1.SIP.Server = 10.0.0.1\nConfig.DoorSetting.RTSP.Enable=1\nConfig.Firmware.Url = x\n"
)
BASELINE = (
    b'{"format": "gatewright-baseline-1", "model": "R29", "firmware": "1", "settings": {"Config.A.B.C": "1"}}'
)
RECORDING = (
    b'{"at": "x", "url": "http://10.0.0.5", "method": "GET", "path": "/api/system/info", "status": 200, "reply": '
    b'"{\\"data\\": {\\"Status\\": {\\"Model\\": \\"R29\\"}}}"}\n'
)
REQUEST = b"POST /ev?e=valid_card&mac=0C HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nExpect: 100-continue\r\n\r\nabc"
NTP = bytes([0x23]) + bytes(47)
PLACE = b"https://[fe80::1]:8443/path?x=1"


def akuvox(data: bytes) -> None:
    assert page_title(data).isprintable()
    is_two_n(data)
    maker_in(Answer(200, {}, ('Digest realm="HTTP API"',), data))
    value = first_value(data)
    shown(value)
    leaked_identity(value)
    reply = read_reply(data)
    assert reply.message.isprintable()
    for record in reply.items:
        held_person(record, {"1001": "always"})
        held_schedule(record)
        event, call = door_event(record), call_event(record)
        assert len(event.code_tail) <= 4
        assert call.name.isprintable()
    identity_of(reply, "http://127.0.0.1")


def action_url(data: bytes) -> None:
    text = data.decode("latin-1")
    call = parse_call(parse_qsl(text, keep_blank_values=True, max_num_fields=10_000))
    assert call is None or (len(call.mac) == 12 and call.name.isprintable())
    points_at(text, "http://10.0.0.1:80")
    chain_of(
        ChainFacts(
            "http://10.0.0.1:80", answered=True, enabled="1", urls={"valid_code": text}, device_ip=text
        )
    )


def mdns(data: bytes) -> None:
    half = len(data) // 2
    found = announced("10.0.0.5", 80, {b"mac": data[:half], data[half:]: None, b"model": data})
    announcements.check([found])


def complaint(read: Callable[[], object], *kinds: type[GatewrightError]) -> str:
    """What a parser says against its input; empty when it reads it. Any other error passes through."""
    try:
        read()
    except kinds as fault:
        return fault.message
    return ""


def texts(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for line in parse_autop(text).lines:
        assert line.key.startswith("Config.")
    assert masked_path(text).isprintable()
    assert complaint(lambda: read_baseline(text), UserError).isprintable()
    assert complaint(lambda: twin_of(read_recording(text)), UserError).isprintable()


def place(data: bytes) -> None:
    text = data.decode("latin-1")
    https_of("http://10.0.0.1", text)
    assert complaint(lambda: base_url(text), UserError, DataError).isprintable()


def time_question(data: bytes) -> None:
    reply = ntp.answer(data, 1_900_000_000_000)
    assert reply is None or len(reply) == 48


class Wire:
    """Takes what a small server writes."""

    def write(self, _data: bytes) -> None:
        """Nowhere."""

    async def drain(self) -> None:
        """At once."""

    def get_extra_info(self, _name: str) -> tuple[str, int]:
        """The peer."""
        return ("127.0.0.1", 1)


async def _request(data: bytes) -> bool:
    """Whether the server got through with it."""
    reader = asyncio.StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    server = small_server.SmallServer(lambda _asked: asyncio.sleep(0, small_server.Given(204)))
    try:
        await server._converse(reader, Wire())  # type: ignore[arg-type]
    except h11.ProtocolError:
        return False
    return True


def announce(parser: Callable[[bytes], object]) -> Callable[[bytes], None]:
    return lambda data: announcements.check(parser(data))  # type: ignore[arg-type]


PARSERS: list[tuple[Callable[[bytes], None], tuple[bytes, ...]]] = [
    (akuvox, (USERS, INFO)),
    (action_url, (CALL,)),
    (mdns, (INFO[:80],)),
    (texts, (AUTOP, BASELINE, RECORDING)),
    (place, (PLACE,)),
    (time_question, (NTP,)),
    *((announce(parser), (sample,)) for parser, sample in announcements.PARSERS),
    *((parser, (sample,)) for parser, sample in others.PARSERS),
]


def many(count: int, seed: int) -> int:
    """So many inputs, three of four mutated and one random, over all parsers in turn; how many were refused by name."""
    source, refused = random.Random(seed), 0
    for number in range(count):
        parser, samples = PARSERS[number % len(PARSERS)]
        if source.random() < 0.75:
            data = announcements.mutated(source.choice(samples), source)
        else:
            data = source.randbytes(source.randrange(200))
        said = complaint(partial(parser, data), DataError)
        refused += bool(said)
        assert said.isprintable()
    return refused


def test_a_thousandth_of_it() -> None:
    refused = many(MILLION // 1000, seed=1)
    assert 0 < refused < MILLION // 1000, "some inputs are read, some are refused"


@pytest.mark.soak
@pytest.mark.timeout(7200)
def test_a_million() -> None:
    refused = many(MILLION, seed=2)
    assert 0 < refused < MILLION


@pytest.mark.parametrize(
    "count", [500, pytest.param(100_000, marks=[pytest.mark.soak, pytest.mark.timeout(3600)])]
)
async def test_requests_of_devices(count: int) -> None:
    source, served = random.Random(3), 0
    for _ in range(count):
        served += await _request(announcements.mutated(REQUEST, source))
    assert 0 < served <= count


def test_deep_and_long_ones() -> None:
    for data in (
        b"[" * 50_000,
        b'{"a":' * 50_000,
        b"\xff" * 70_000,
        json.dumps({"data": {"item": [[]] * 999}}).encode(),
    ):
        for parser, _ in PARSERS:
            assert complaint(partial(parser, data), DataError).isprintable()
