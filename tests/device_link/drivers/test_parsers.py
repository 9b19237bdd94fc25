"""Whatever bytes a device sends: a value or a DataError, never another exception."""

from __future__ import annotations

import json
from datetime import date, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import DataError
from core.entities.access import Repeat
from core.rules.desired import ALWAYS, Grant, HeldSchedule, Identity, Observed, WantedSchedule
from core.rules.plan import make_plan
from device_link.discovery.fingerprint import leaked_identity
from device_link.discovery.others import is_two_n
from device_link.drivers.akuvox.dialect import SPELLINGS, held, keys_for, pairs_to_write
from device_link.drivers.akuvox.envelope import (
    first_value,
    number_of,
    page_title,
    read_reply,
    request_body,
    text_of,
)
from device_link.drivers.akuvox.logs import door_event
from device_link.drivers.akuvox.schedules import held_schedule, keys_by_display, schedule_record
from device_link.drivers.akuvox.session import identity_of
from device_link.drivers.akuvox.users import held_person, person_record, written_back
from device_link.recorder import masked, shown, without_secrets
from tests.device_link.conftest import TAG, person, wanted

GOOD = [
    b'{"retcode": 0, "action": "get", "message": "OK", "data": {"num": 1, "item": [{"ID": "1", "Name": "A"}]}}',
    b'{"retcode": -1, "action": "unknow", "message": "error param"}',
    b'{"retcode":0,"data":{"Status":{"Model":"X912","MAC":"0C:11:05:0A:0B:0C","FirmwareVersion":"912.30.11.49"}}}',
    b'{"success": true, "result": {"variant": "2N IP Verso", "macAddr": "7C-1E-B3-00-00-01"}}',
    b"<html><head><title>401 - Unauthorized</title></head></html>",
]

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
NAMES = [
    *(
        "ID",
        "UserID",
        "Name",
        "PrivatePIN",
        "CardCode",
        "ScheduleRelay",
        "Schedule-Relay",
        "Schedule",
        "WebRelay",
    ),
    *(
        "LiftFloorNum",
        "Source",
        "SourceType",
        "Type",
        "Mode",
        "Daily",
        "Date",
        "Week",
        "DisplayID",
        "TimeStart",
    ),
    *(
        "DateStart",
        "DateEnd",
        "Sun",
        "Time",
        "Code",
        "Status",
        "RelayID",
        "Ret",
        "Model",
        "MAC",
        "ProductName",
    ),
]
times = st.sampled_from(
    ["08:00-18:00", "00:00:00-23:59:59", "-", "25:61-", "20260101-20261231", "1001-13;1-2", "a;b"]
)
records = st.dictionaries(
    st.sampled_from(NAMES) | st.text(max_size=5), scalars | times | st.lists(scalars, max_size=2), max_size=12
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A true answer with bytes changed, cut, doubled or put in."""
    data = bytearray(draw(st.sampled_from(GOOD)))
    for _ in range(draw(st.integers(1, 6))):
        at = draw(st.integers(0, max(len(data) - 1, 0)))
        kind = draw(st.integers(0, 3))
        if kind == 0 and data:
            data[at] = draw(st.integers(0, 255))
        elif kind == 1:
            del data[at : at + draw(st.integers(1, 9))]
        elif kind == 2:
            data[at:at] = draw(st.binary(max_size=9))
        else:
            data += data[: draw(st.integers(0, 40))]
    return bytes(data)


@given(st.binary(max_size=200) | mutated())
def test_any_bytes_give_a_reply_or_a_data_error(body: bytes) -> None:
    assert isinstance(page_title(body), str)
    is_two_n(body)
    try:
        reply = read_reply(body)
    except DataError:
        return
    assert isinstance(reply.accepted, bool)
    assert isinstance(reply.unsupported, bool)
    assert len(reply.message) <= 200
    assert reply.message.isprintable()
    shown(first_value(body))
    for record in reply.items:
        held_person(record, {})
    try:
        identity = identity_of(reply, "http://127.0.0.1")
    except DataError:
        return
    assert identity.mac == "" or len(identity.mac) == 12


@given(values)
def test_any_json_gives_a_reply_or_a_data_error(value: Any) -> None:
    body = json.dumps(value).encode()
    leaked_identity(value)
    masked(value)
    try:
        read_reply(body)
    except DataError:
        assert not isinstance(value, dict) or not value.keys() & {"retcode", "message", "data", "action"}


@given(records)
def test_any_record_is_a_person_a_schedule_and_an_event(record: dict[str, Any]) -> None:
    one = held_person(record, {"1001": ALWAYS})
    schedule = held_schedule(record)
    event = door_event(record)
    for text in (
        one.ref,
        one.user_id,
        one.name,
        *one.pins,
        *one.cards,
        schedule.name,
        event.name,
        event.method,
    ):
        assert isinstance(text, str)
        assert text == text.encode("utf-8").decode("utf-8")
    assert all(set(grant.relays) <= set("0123456789") for grant in one.grants)
    again = written_back(record, person_record(person(1), {ALWAYS: "1001"}))
    request_body("user", "set", {"item": [again]})
    # A plan is made of it without complaint, and shows nothing of a code.
    observed = Observed(Identity("", "", ""), {}, (schedule,), (one,))
    make_plan(wanted(), observed)


@given(
    st.dictionaries(st.sampled_from([k for keys in SPELLINGS.values() for k in keys]), st.text(max_size=9))
)
def test_any_map_of_settings_is_read(config: dict[str, str]) -> None:
    for name in SPELLINGS:
        found = held(name, config)
        assert (found.value is None) == (not found.key) == (not set(keys_for(name)) & config.keys())


@given(scalars | st.integers(10**29, 10**40))
def test_scalars_become_safe_texts(value: Any) -> None:
    text = text_of(value)
    assert "\x00" not in text
    assert text.encode("utf-8").decode("utf-8") == text
    number = number_of(value)
    assert number is None or abs(number) < 10**15


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b'{"a":' * 100_000, b'{"retcode": ' + b"9" * 6000 + b"}", b"", b"\x00"]
)
def test_bodies_that_break_decoders(body: bytes) -> None:
    with pytest.raises(DataError) as caught:
        read_reply(body)
    assert caught.value.code == "device.nonsense"


@pytest.mark.parametrize(
    "body,accepted",
    [
        (b'{"retcode": 0, "message": "OK"}', True),
        (b'{"retcode": "0", "message": ""}', True),
        (b'{"retcode": 1, "message": "OK"}', True),
        (b'{"retcode": 27, "message": "UserID is empty or repeated"}', False),
        (b'{"retcode": -1, "message": "OK"}', False),
        (b'{"retcode": -100, "message": "error param"}', False),
        (b'{"message": "success"}', True),
        (b'{"message": "Api unsupported"}', False),
        (b'\xef\xbb\xbf \r\n{"retcode": 0, "message": "OK"}\n<!-- lighttpd -->', True),
        (b'{"retcode": 0, "message": "OK", "data": null}', True),
    ],
)
def test_the_rule_of_retcodes(body: bytes, accepted: bool) -> None:
    assert read_reply(body).accepted is accepted


@pytest.mark.parametrize(
    "message",
    [
        *("Api unsupported", "unsupport action", "unsupported action", "No handlers for this request"),
        *("No hanlders for this request", "Invalid http request"),
    ],
)
def test_words_for_what_a_model_cannot_do(message: str) -> None:
    assert read_reply(json.dumps({"retcode": -1, "message": message}).encode()).unsupported


# ---------------------------------------------------------------------------------------------- people and schedules


def test_both_names_of_the_schedule_field_and_mixed_numbers() -> None:
    keys = {"1001": ALWAYS, "7": "gw-office"}
    for name in ("ScheduleRelay", "Schedule-Relay", "Schedule"):
        one = held_person(
            {"ID": 19, "UserID": 1001, "Name": "Ann", name: "1001-13;7-1;9-2", "PrivatePIN": 4711}, keys
        )
        assert (one.ref, one.user_id, one.pins) == ("19", "1001", ("4711",))
        assert one.grants == (Grant(ALWAYS, "13"), Grant("gw-office", "1"), Grant("#9", "2"))
        assert one.local


@pytest.mark.parametrize(
    "source,local", [("Local", True), ("1", True), ("", True), ("Cloud", False), ("4", False)]
)
def test_whose_a_person_is(source: str, local: bool) -> None:
    assert held_person({"SourceType": source}, {}).local is local


@given(
    st.sampled_from([Repeat.DAILY, Repeat.WEEKLY, Repeat.NEVER]),
    st.sets(st.sampled_from("0123456"), min_size=1),
    st.times(),
    st.times(),
    st.dates(date(2000, 1, 1), date(2099, 1, 1)),
    st.booleans(),
)
def test_a_schedule_survives_the_wire(  # noqa: PLR0917  one argument per drawn value
    repeat: Repeat, days: set[str], start: time, end: time, day: date, both: bool
) -> None:
    """What is sent, read back, leaves nothing to do, in either dialect."""
    bound = day if repeat is Repeat.NEVER else None
    week = "".join(days) if repeat is Repeat.WEEKLY else ""
    wish = WantedSchedule(f"{TAG}x", "X", repeat, week, start, end, bound, bound)
    record = schedule_record(wish, both=both) | {"ID": "9", "DisplayID": "12"}
    plan = make_plan(wanted(people=0, schedules=(wish,), settings=()), _observed((held_schedule(record),)))
    assert plan.changes == ()
    if both:
        flags = {name: value for name, value in record.items() if name not in {"Daily", "Date", "Week"}}
        assert held_schedule(flags) == held_schedule(record)


def _observed(schedules: tuple[HeldSchedule, ...]) -> Observed:
    return Observed(Identity("", "", ""), None, schedules, None)


def test_the_built_in_schedule_is_known_by_its_number() -> None:
    always = held_schedule(
        {"ID": "1", "DisplayID": "1001", "Name": "Always", "Type": 2, "Daily": "00:00:00-23:59:59"}
    )
    false = held_schedule({"ID": "9", "DisplayID": "4", "Name": "always", "Type": 2, "Daily": "08:00-09:00"})
    assert keys_by_display([always, false]) == {"1001": ALWAYS, "4": "#4"}


# ---------------------------------------------------------------------------------------------- settings, recorder


def test_passwords_of_the_s5xx_go_as_base64() -> None:
    key = "Config.DoorSetting.APIFCGI.Password"
    assert pairs_to_write("api_password", "secret", key, "S532") == {key: "c2VjcmV0"}
    assert pairs_to_write("api_password", "secret", key, "E12W") == {key: "secret"}


def test_masks() -> None:
    value = {
        "item": [{"Name": "Ann", "PrivatePIN": "4711", "CardCode": "", "Config.Account1.GENERAL.Pwd": "x"}]
    }
    assert masked(value) == {
        "item": [{"Name": "Ann", "PrivatePIN": "••••", "CardCode": "", "Config.Account1.GENERAL.Pwd": "••••"}]
    }
    assert (
        without_secrets("PIN 4711 is repeated (a47110)", frozenset({"4711"}))
        == "PIN •••• is repeated (a47110)"
    )
