"""Parsers of the 2N and ONVIF drivers under any bytes and mutated samples: only errors by name, only clean texts."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import DataError
from core.rules.desired import ALWAYS, Grant
from device_link.drivers.onvif import soap
from device_link.drivers.twon.acts import door_event
from device_link.drivers.twon.people import entry_errors, held_person
from device_link.drivers.twon.reply import Refusal, identity_of, read_reply, records
from device_link.gateways import maker_in
from device_link.http import Answer
from tests.device_link.discovery.test_announcements import mutated

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
INFO = (
    b'{"success": true, "result": {"variant": "2N IP Verso", "serialNumber": "54", "macAddr": "7C-1E-B3-00-00-01", '
    b'"swVersion": "2.46", "hwVersion": "570v1", "users": [{"uuid": "x", "name": "A", "access": {"pin": "1"}}]}}'
)
REFUSED = b'{"success": false, "error": {"code": 12, "param": "switch\\u001b", "description": "invalid"}}'
SOAP = (
    b'<e:Envelope xmlns:e="x"><e:Body><r><Manufacturer>Northwind</Manufacturer><Model>Dome</Model><FirmwareVersion>1'
    b"</FirmwareVersion><HwAddress>00:40:8c:00:00:01</HwAddress><UTCDateTime><Time><Hour>1</Hour><Minute>2</Minute>"
    b"<Second>3</Second></Time><Date><Year>2026</Year><Month>2</Month><Day>28</Day></Date></UTCDateTime>"
    b'<Profiles token="main"/><Fault><Reason><Text>no</Text></Reason></Fault></r></e:Body></e:Envelope>'
)


def two_n(data: bytes) -> None:
    result = read_reply(data)
    if isinstance(result, Refusal):
        assert result.said.isprintable()
        return
    everything(result)
    identity_of(result)


def everything(result: Mapping[str, Any]) -> None:
    for one in (result, *records(result, "users"), *records(result, "events")):
        person = held_person(one)
        assert person.name.isprintable()
        assert person.grants in {(Grant(ALWAYS, "1"),), (Grant("#dates", "1"),)}
        event = door_event(one)
        assert event is None or (event.name.isprintable() and len(event.code_tail) <= 4)
    assert len(entry_errors(result, 3)) == 3


def onvif(data: bytes) -> None:
    body = soap.read_body(data)
    words, _ = soap.fault_words(body)
    assert words.isprintable()
    for read in (lambda: soap.identity_of(body, soap.mac_of(body)), lambda: soap.moment_of(body),
                 lambda: soap.media_profile(body)):  # fmt: skip
        try:
            assert str(read())
        except DataError:
            continue


def fails_by_name(parse: Callable[[bytes], None], data: bytes) -> None:
    words = ""
    try:
        parse(data)
    except DataError as fault:
        words = fault.message
    assert words.isprintable()


PARSERS = [(two_n, INFO), (two_n, REFUSED), (onvif, SOAP)]


@pytest.mark.parametrize("parse", [two_n, onvif])
@given(data=st.binary(max_size=400))
def test_any_bytes(parse: Callable[[bytes], None], data: bytes) -> None:
    fails_by_name(parse, data)
    maker_in(Answer(200, {}, (), data))


@given(
    value=JSON,
    result=st.dictionaries(st.sampled_from(["users", "events", "variant", "access", "event"]), JSON),
)
def test_any_json(value: Any, result: dict[str, Any]) -> None:
    fails_by_name(two_n, msgspec.json.encode({"success": True, "result": value}))
    fails_by_name(two_n, msgspec.json.encode({"success": False, "error": value}))
    everything(result)
    everything({"users": [result], "events": [{"event": "CardEntered", "params": value}, value]})


@pytest.mark.parametrize(("parse", "sample"), PARSERS)
def test_mutated_samples(parse: Callable[[bytes], None], sample: bytes) -> None:
    source = random.Random(11)
    for _ in range(3000):
        fails_by_name(parse, mutated(sample, source))


def test_the_samples_themselves_are_read() -> None:
    result = read_reply(INFO)
    assert not isinstance(result, Refusal)
    assert identity_of(result).mac == "7C1EB3000001"
    refusal = read_reply(REFUSED)
    assert isinstance(refusal, Refusal)
    assert refusal.said == "a value is not accepted (switch, invalid)"
    body = soap.read_body(SOAP)
    assert soap.moment_of(body) == datetime(2026, 2, 28, 1, 2, 3, tzinfo=UTC)
    assert soap.identity_of(body, soap.mac_of(body)).mac == "00408C000001"
    assert soap.fault_words(body) == ("no", False)
