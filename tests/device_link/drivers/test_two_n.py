"""The 2N driver against simulated units: identity, people, settings, switches, log, firmware, refusals."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from core.base.clock import SystemClock
from core.base.errors import AmbiguousError, CancelledByPerson, RefusedError, SignInError, UnreachableError
from core.base.verdict import Verdict
from core.entities.access import Repeat
from core.ports.device import FirmwareStage, Link
from core.rules.capabilities import Capability
from core.rules.desired import ALWAYS, Grant, WantedSchedule, WantedSetting
from core.rules.plan import ItemResult, judge, make_plan
from device_link.drivers.akuvox.pacing import fast_pacing
from device_link.drivers.twon.gateway import TwoNGateway
from device_link.drivers.twon.people import held_person
from device_link.gateways import MakerGateway, capabilities_at, read_config
from device_link.recorder import FlightRecorder
from device_link.simulator.twon import TwoNDevice, TwoNSpec
from tests.device_link.conftest import EVERYTHING, TAG, person, wanted


def gateway(**more: Any) -> TwoNGateway:
    return TwoNGateway(SystemClock(), pacing=fast_pacing, **more)


def link(unit: TwoNDevice, **changes: str) -> Link:
    facts = {"url": unit.url, "mac": unit.spec.mac, "user": "admin", "password": "2n"} | changes
    return Link(**facts)


SETTINGS = (
    WantedSetting("ntp_enabled", "Time from the network", "0"),
    WantedSetting("ntp_server", "Time server", "10.0.0.1"),
)


async def bring(unit: TwoNDevice, desired: Any, door: TwoNGateway | None = None) -> dict[str, Verdict]:
    """Plan, apply, read back: the verdict of each item by title."""
    door = door or gateway()
    plan = make_plan(desired, await door.observe(link(unit), desired, EVERYTHING))
    told: list[ItemResult] = []
    results = await door.apply(link(unit), plan, report=told.append, check_cancel=lambda: None)
    assert sorted(told, key=results.index) == results
    after = make_plan(desired, await door.observe(link(unit), desired, EVERYTHING))
    return {one.title: one.verdict for one in judge(after, results)}


@pytest.mark.parametrize("auth", ["none", "basic", "digest"])
async def test_identity_time_and_ports_under_each_sign_in(auth: str) -> None:
    async with TwoNDevice(TwoNSpec(auth=auth)) as unit:
        door = gateway()
        found = await door.identify(link(unit))
        assert (found.mac, found.model, found.firmware) == ("7C1EB3000001", "2N IP Verso", "2.46.0.1.2")
        assert abs((await door.device_time(link(unit)) - SystemClock().now()).total_seconds()) < 60
        assert await door.port_states(link(unit)) == {
            "relay1": False, "relay2": False, "input1": False, "tamper": False,
        }  # fmt: skip
        assert (await door.snapshot(link(unit))).startswith(b"\xff\xd8\xff")
        assert b"DeviceDatabase" in await door.read_config(link(unit))


async def test_another_mac_and_a_wrong_password_are_refused_by_name() -> None:
    async with TwoNDevice() as unit:
        with pytest.raises(RefusedError) as refusal:
            await gateway().identify(link(unit, mac="7C1EB3FFFFFF"))
        assert refusal.value.code == "device.other"
        with pytest.raises(SignInError):
            await gateway().identify(link(unit, password="wrong"))


async def test_people_are_added_changed_removed_and_others_left_alone() -> None:
    async with TwoNDevice() as unit:
        unit.state.directory.create([{"name": "Somebody Else", "access": {"pin": "9999"}}], force=False)
        one = replace(wanted(120), settings=SETTINGS, schedules=())
        one = replace(one, people=tuple(replace(p, grants=(Grant(ALWAYS, "1"),)) for p in one.people))
        verdicts = await bring(unit, one)
        assert verdicts.pop("Somebody Else") is Verdict.FOREIGN
        assert set(verdicts.values()) == {Verdict.PROVED}
        uuids = {e["owner"]: e["uuid"] for e in unit.state.directory.living() if e["owner"]}
        assert len(uuids) == 120
        # Another PIN, a card less, one person less: the uuid of whoever stays is what it was.
        changed = replace(one.people[0], pins=("778899",), cards=())
        less = replace(one, people=(changed, *one.people[2:]))
        assert set((await bring(unit, less)).values()) == {Verdict.PROVED, Verdict.FOREIGN}
        entries = {e["owner"]: e for e in unit.state.directory.living()}
        assert f"{TAG}2" not in entries
        assert entries[f"{TAG}1"]["uuid"] == uuids[f"{TAG}1"]
        assert entries[f"{TAG}1"]["access"]["pin"] == "778899"
        assert entries[f"{TAG}1"]["access"]["card"] == ["", ""]
        assert entries[""]["name"] == "Somebody Else"
        assert unit.state.time == {"automatic": False, "server": "10.0.0.1"}
        plan = make_plan(less, await gateway().observe(link(unit), less, EVERYTHING))
        assert plan.changes == ()


async def test_what_a_directory_cannot_say_is_refused_before_it_is_sent() -> None:
    weekly = WantedSchedule(f"{TAG}office", "Office", Repeat.WEEKLY, "12345")
    people = (
        person(1),
        person(2, grants=(Grant(ALWAYS, "1"), Grant(weekly.key, "1"))),
        person(3, grants=(Grant(ALWAYS, "2"),)),
        person(4, pins=("1111", "2222")),
        person(5, cards=("AA11", "AA12", "AA13")),
        person(6, pins=("400001",)),
    )
    desired = replace(wanted(0), settings=(*SETTINGS, WantedSetting("relay_a_hold", "Hold", "7")),
                      schedules=(weekly,), people=people)  # fmt: skip
    async with TwoNDevice() as unit:
        verdicts = await bring(unit, desired)
        assert verdicts == {
            "Time from the network": Verdict.PROVED, "Time server": Verdict.PROVED, "Hold": Verdict.REFUSED,
            "Office": Verdict.REFUSED, "Person Number 1": Verdict.PROVED, "Person Number 2": Verdict.REFUSED,
            "Person Number 3": Verdict.REFUSED, "Person Number 4": Verdict.REFUSED,
            "Person Number 5": Verdict.REFUSED,
            "Person Number 6": Verdict.REFUSED,
        }  # fmt: skip
        assert [e["name"] for e in unit.state.directory.living()] == ["Person Number 1"]


async def test_a_connection_lost_after_a_write_is_ambiguous_and_the_second_round_finds_no_doubles() -> None:
    desired = replace(wanted(4), settings=(), schedules=())
    desired = replace(desired, people=tuple(replace(p, grants=(Grant(ALWAYS, "1"),)) for p in desired.people))
    async with TwoNDevice(TwoNSpec(faults=("drop-after-write",))) as unit:
        door = gateway()
        plan = make_plan(desired, await door.observe(link(unit), desired, EVERYTHING))
        results = await door.apply(link(unit), plan, report=lambda _: None, check_cancel=lambda: None)
        assert {one.verdict for one in results} == {Verdict.AMBIGUOUS}
        assert set((await bring(unit, desired)).values()) == {Verdict.PROVED}
        assert len(unit.state.directory.living()) == 4


async def test_no_code_of_a_person_reaches_the_recorder() -> None:
    recorder = FlightRecorder(500)
    desired = replace(wanted(0), settings=(), schedules=(), people=(person(1),))
    async with TwoNDevice() as unit:
        await bring(unit, desired, gateway(recorder=recorder))
    told = " ".join(f"{one.request} {one.reply} {one.path}" for one in recorder.recent())
    assert "Person Number 1" in told
    assert "400001" not in told
    assert "0A1B0001" not in told


async def test_switches_open_for_their_time_and_the_door_log_tells_who() -> None:
    async with TwoNDevice() as unit:
        unit.state.directory.create(
            [{"name": "Ann", "owner": f"{TAG}7", "access": {"pin": "4711", "card": ["0A1B2C3D"]}}],
            force=False,
        )
        door = gateway()
        assert await door.relay_states(link(unit)) == {1: False, 2: False}
        await door.trigger_relay(link(unit), 2, hold_s=9)
        assert await door.relay_states(link(unit)) == {1: False, 2: True}
        with pytest.raises(RefusedError):
            await door.trigger_relay(link(unit), 3, hold_s=9)
        for _ in range(200):
            unit.state.person_at_the_door(pin="0000")
        assert unit.state.person_at_the_door(card="0A1B2C3D")
        events = await door.door_events(link(unit), newest=150)
        assert len(events) == 150
        first, second = events[:2]
        assert (first.name, first.method, first.success, first.code_tail) == ("Ann", "Card", True, "2C3D")
        assert first.user_id == f"{TAG}7", "our own id, as people were written with it"
        assert (second.name, second.method, second.success, second.code_tail) == ("", "PIN", False, "")
        assert unit.state.subscriptions == {}, "the subscription was given back"
        unit.faults.add("no-hold")
        await door.trigger_relay(link(unit), 1, hold_s=3)


@pytest.mark.parametrize(
    ("service", "words"), [("Switch", "switched off"), ("Access control", "switched off")]
)
async def test_a_service_that_is_off_is_named_with_the_way_to_open_it(service: str, words: str) -> None:
    async with TwoNDevice(TwoNSpec(off=(service,))) as unit:
        act: Callable[[], Any] = (
            (lambda: gateway().relay_states(link(unit)))
            if service == "Switch"
            else (lambda: gateway().observe(link(unit), wanted(1), EVERYTHING))
        )
        with pytest.raises(RefusedError) as refusal:
            await act()
        assert words in refusal.value.said
        assert "Services > HTTP API" in refusal.value.remedy


async def test_an_account_that_may_only_look_is_told_so() -> None:
    async with TwoNDevice(TwoNSpec(read_only=("Switch",))) as unit:
        assert await gateway().relay_states(link(unit)) == {1: False, 2: False}
        with pytest.raises(RefusedError) as refusal:
            await gateway().trigger_relay(link(unit), 1, hold_s=3)
        assert "may not" in refusal.value.said


def firmware(folder: Path, version: str) -> Path:
    path = folder / "image.hip"
    path.write_bytes(f"HIPFW {version}\n".encode() + b"\0" * 300_000)
    return path


async def test_firmware_goes_in_and_is_proved_after_the_restart(tmp_path: Path) -> None:
    async with TwoNDevice() as unit:
        stages: list[FirmwareStage] = []
        door = gateway()
        await door.send_firmware(
            link(unit), firmware(tmp_path, "2.47.0.3"), "", stage=lambda s, _d, _t: stages.append(s)
        )
        found = await door.wait_back(link(unit), limit_s=30)
        assert found.firmware == "2.47.0.3"
        assert list(dict.fromkeys(stages)) == [
            FirmwareStage.PREPARE,
            FirmwareStage.UPLOAD,
            FirmwareStage.UPGRADE,
        ]


async def test_a_stop_before_the_upgrade_takes_the_upload_back(tmp_path: Path) -> None:
    def stop(stage: FirmwareStage, _done: int, _total: int) -> None:
        if stage is FirmwareStage.UPGRADE:
            raise CancelledByPerson("The upgrade")

    async with TwoNDevice() as unit:
        with pytest.raises(CancelledByPerson):
            await gateway().send_firmware(link(unit), firmware(tmp_path, "2.47.0.3"), "", stage=stop)
        assert unit.state.pending is None
        assert unit.state.firmware == "2.46.0.1.2"


async def test_a_wrong_image_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "wrong.hip"
    path.write_bytes(b"something else")
    async with TwoNDevice() as unit:
        with pytest.raises(RefusedError):
            await gateway().send_firmware(link(unit), path, "", stage=lambda *_: None)
        assert unit.state.restarts == 0


async def test_restart_reset_and_a_unit_that_never_comes_back() -> None:
    async with TwoNDevice() as unit:
        door = gateway()
        await door.reboot(link(unit))
        assert (await door.wait_back(link(unit), limit_s=30)).mac == unit.spec.mac
        assert unit.state.restarts == 1
        unit.state.directory.create([{"name": "Ann"}], force=False)
        series = unit.state.directory.series
        await door.reset(link(unit))
        await door.wait_back(link(unit), limit_s=30)
        assert unit.state.directory.living() == []
        assert unit.state.directory.series != series
        unit.faults.add("never-back")
        await door.reboot(link(unit))
        with pytest.raises(UnreachableError):
            await door.wait_back(link(unit), limit_s=0.5)


async def test_a_configuration_file_goes_back() -> None:
    async with TwoNDevice() as unit:
        door = gateway()
        data = await door.read_config(link(unit))
        unit.state.name = "changed"
        await door.write_config(link(unit), data)
        await door.wait_back(link(unit), limit_s=30)
        assert unit.state.name == "Door"


# ------------------------------------------------------------------------------------------------- one door for all


async def test_the_gateway_chooses_the_driver_by_what_the_device_is() -> None:
    door = MakerGateway(SystemClock(), pacing=fast_pacing)
    async with TwoNDevice() as by_mac, TwoNDevice(TwoNSpec(mac="020000000001", auth="none")) as by_answer:
        assert (await door.identify(link(by_mac))).model == "2N IP Verso"
        assert (await door.identify(link(by_answer))).mac == "020000000001"
        requests = len(by_answer.requests)
        await door.identify(link(by_answer))
        assert len(by_answer.requests) == requests + 1, "the maker is asked for once"
        able = await capabilities_at(door, link(by_mac))
        assert Capability.CONFIG_BACKUP in able
        assert Capability.SCHEDULES not in able
        assert await door.stream_address(link(by_mac)) == "rtsp://127.0.0.1:554/h264_stream"
        assert await read_config(door, link(by_mac))


async def test_nobody_there_is_unreachable_and_not_remembered() -> None:
    door = MakerGateway(SystemClock(), pacing=fast_pacing)
    unit = TwoNDevice(TwoNSpec(mac="020000000001"))
    await unit.start()
    port = int(unit.url.rpartition(":")[2])
    await unit.stop()
    with pytest.raises(UnreachableError) as fault:
        await door.identify(link(unit, url=f"http://127.0.0.1:{port}"))
    assert not isinstance(fault.value, AmbiguousError)
    again = TwoNDevice(TwoNSpec(mac="020000000001"))
    await again.start(port=port)
    try:
        assert (await door.identify(link(again))).model == "2N IP Verso"
    finally:
        await again.stop()


async def test_twenty_units_at_once() -> None:
    units = [TwoNDevice(TwoNSpec(mac=f"7C1EB30000{n:02X}", seed=n)) for n in range(20)]
    for unit in units:
        await unit.start()
    try:
        door = gateway()
        found = await asyncio.gather(*(door.identify(link(unit)) for unit in units))
        assert [one.mac for one in found] == [unit.spec.mac for unit in units]
    finally:
        for unit in units:
            await unit.stop()


def test_dates_that_somebody_set_at_the_unit_are_seen() -> None:
    held = held_person({"uuid": "u", "owner": f"{TAG}1", "name": "A", "access": {"validTo": "1900000000"}})
    assert held.grants == (Grant("#dates", "1"),)


async def test_a_unit_calls_tells_that_it_rings_and_hangs_up_every_call() -> None:
    async with TwoNDevice() as unit:
        phone = gateway().phone(link(unit))
        assert await phone.state() == "Ready"
        await phone.dial("sip:101@127.0.0.1", name="Flat 101")
        assert await phone.state() == "ringing"
        unit.state.calls[1]["state"] = "connected"
        assert await phone.state() == "connected"
        unit.state.dial("102")
        await phone.hang_up()
        assert unit.state.calls == {}
        await phone.hang_up()
        assert await phone.state() == "Ready"
        with pytest.raises(RefusedError):
            await phone.dial("", name="")
