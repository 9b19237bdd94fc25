"""Plan, apply, verify against simulated devices: every model, every access mode, and twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.base.verdict import Verdict
from core.ports.device import Link
from core.rules.desired import ALWAYS, Grant, WantedSetting
from core.rules.plan import Act
from device_link.simulator import SimLan, SimSpec
from tests.device_link.conftest import Desk, changes_of, link_to, person, wanted

# P5 is an E18, which is asked slowly: a request within 0.4 s of the last one confuses it.
E18 = pytest.param("P5", marks=pytest.mark.slow)
WITH_PEOPLE = ["P1", "P2", "P3", "P4", E18, "S532", "R29", "E12W", "R20K", "E18C"]


@pytest.mark.parametrize("profile", WITH_PEOPLE)
async def test_apply_then_observe_leaves_nothing_to_do(desk: Desk, profile: str) -> None:
    async with await SimLan.start([SimSpec(profile=profile)]) as lan:
        link = link_to(lan.devices[0])
        judgements = await desk.bring(link, wanted())
        assert {one.verdict for one in judgements} == {Verdict.PROVED}, [j for j in judgements if j.said]
        assert len(judgements) == 5 + 2 + 3
        if profile != "P5":
            again = await desk.plan(link, wanted())
            assert {item.act for item in again.items} == {Act.KEEP}


@pytest.mark.parametrize("auth", ["none", "allowlist", "basic", "digest"])
async def test_every_access_mode(desk: Desk, auth: str) -> None:
    async with await SimLan.start([SimSpec(profile="P2", auth=auth)]) as lan:
        link = link_to(lan.devices[0])
        if auth in {"none", "allowlist"}:
            link = replace(link, user="", password="")
        judgements = await desk.bring(link, wanted())
        assert {one.verdict for one in judgements} == {Verdict.PROVED}


async def test_whole_records_are_kept_on_change(desk: Desk) -> None:
    """What is not ours in a person's record survives a change of the PIN, on a unit that wants whole records."""
    async with await SimLan.start([SimSpec(profile="P1")]) as lan:
        device = lan.devices[0]
        link = link_to(device)
        await desk.bring(link, wanted())
        [user] = [one for one in device.users if one.name == "Person Number 2"]
        user.extra = {"LicensePlate": "AB-123", "Room": "12"}
        user.phone = "1012"
        user.web_relay = "3"
        changed = replace(wanted(), people=(person(1), person(2, pins=("777777",)), person(3)))
        judgements = await desk.bring(link, changed)
        foreign = [one.title for one in judgements if one.verdict is Verdict.FOREIGN]
        assert foreign == ["Person Number 2: licence plates"], "somebody else's plate is shown and left"
        assert {one.verdict for one in judgements} == {Verdict.PROVED, Verdict.FOREIGN}
        [after] = [one for one in device.users if one.name == "Person Number 2"]
        assert after.pin == "777777"
        assert after.id == user.id
        assert after.extra == {"LicensePlate": "AB-123", "Room": "12"}
        assert after.web_relay == "3"


async def test_removed_people_and_schedules_go_and_foreign_ones_stay(desk: Desk) -> None:
    async with await SimLan.start([SimSpec(profile="P2")]) as lan:
        device = lan.devices[0]
        link = link_to(device)
        await desk.bring(link, wanted(people=4))
        stranger = device.users[0].__class__(id="900", user_id="77", name="Somebody else", pin="1234")
        device.unit.people.keep(stranger)
        smaller = replace(wanted(people=2), schedules=wanted().schedules[:1])
        judgements = await desk.bring(link, smaller)
        by_verdict = {one.title: one.verdict for one in judgements}
        assert by_verdict.pop("Somebody else") is Verdict.FOREIGN
        assert set(by_verdict.values()) == {Verdict.PROVED}
        assert sorted(one.name for one in device.users) == [
            "Person Number 1",
            "Person Number 2",
            "Somebody else",
        ]
        assert "gw1a2b-night" not in {one.name for one in device.unit.state.schedules.values()}


async def test_a_second_apply_of_the_same_plan_doubles_nobody(desk: Desk) -> None:
    """A stale plan says ADD for what is there by now; it becomes a change."""
    async with await SimLan.start([SimSpec(profile="P1")]) as lan:
        link = link_to(lan.devices[0])
        stale = await desk.plan(link, wanted())
        await desk.apply(link, stale)
        results = await desk.apply(link, stale)
        assert {one.verdict for one in results} == {Verdict.ACCEPTED}
        assert len(lan.devices[0].users) == 3
        assert changes_of(await desk.plan(link, wanted())) == []


async def test_a_stale_removal_does_not_hit_another_person(desk: Desk) -> None:
    async with await SimLan.start([SimSpec(profile="P1")]) as lan:
        device = lan.devices[0]
        link = link_to(device)
        await desk.bring(link, wanted())
        removal = await desk.plan(link, wanted(people=2))
        assert changes_of(removal) == [(Act.REMOVE, "Person Number 3")]
        [leaving] = [one for one in device.users if one.name == "Person Number 3"]
        device.unit.people.remove(leaving.id)
        device.unit.people.keep(leaving.__class__(id=leaving.id, user_id="5", name="New tenant"))
        results = await desk.apply(link, removal)
        assert [(one.verdict, one.said) for one in results] == [(Verdict.ACCEPTED, "It was gone already.")]
        assert "New tenant" in {one.name for one in device.users}


async def test_sends_only_the_difference(desk: Desk) -> None:
    async with await SimLan.start([SimSpec(profile="P2")]) as lan:
        link = link_to(lan.devices[0])
        await desk.bring(link, wanted())
        before = len(desk.recorder.recent())
        changed = replace(wanted(), people=(*wanted().people[:2], person(3, name="Renamed Person")))
        await desk.apply(link, await desk.plan(link, changed))
        sent = [
            one for one in desk.recorder.recent()[before:] if one.method == "POST" and "get" not in one.path
        ]
        assert [one.path for one in sent] == ["/api/user/set"]
        assert "Renamed Person" in sent[0].request
        assert "Person Number 1" not in sent[0].request


async def test_settings_by_either_spelling_and_raw_keys(desk: Desk) -> None:
    settings = (
        WantedSetting("relay_b_name", "Relay B name", "Garage"),
        WantedSetting("relay_b_hold", "Relay B hold", "9"),
        WantedSetting("api_auth_mode", "HTTP API mode", "4"),
        WantedSetting("Config.DoorSetting.RTSP.Enable", "RTSP", "0"),
        WantedSetting("Config.Settings.SNTP.NTPServer1", "NTP", "10.0.0.1"),
        WantedSetting("relay_a_dtmf", "DTMF A", "11"),
        WantedSetting("relay_b_dtmf", "DTMF B", "12"),
    )
    desired = replace(wanted(), settings=settings, schedules=(), people=())
    async with await SimLan.start([SimSpec(profile="P1"), SimSpec(profile="R20K")]) as lan:
        for device, key in zip(lan.devices, ["NameB", "RelayNameB"], strict=True):
            judgements = await desk.bring(link_to(device), desired)
            assert {one.verdict for one in judgements} == {Verdict.PROVED}, judgements
            assert device.unit.config.get(f"Config.DoorSetting.RELAY.{key}") == "Garage"
            assert device.unit.config.get("Config.DoorSetting.DTMF.Option") == "2"
            assert device.unit.config.get("Config.DoorSetting.DTMF.MultiCode2") == "12"


async def test_a_setting_that_the_model_lacks_is_said_before_it_is_tried(desk: Desk) -> None:
    desired = replace(
        wanted(people=0),
        schedules=(),
        settings=(WantedSetting("relay_d_name", "Relay D name", "Roof"), wanted().settings[0]),
    )
    async with await SimLan.start([SimSpec(profile="E12W")]) as lan:
        judgements = await desk.bring(link_to(lan.devices[0]), desired)
        assert [(one.title, one.verdict) for one in judgements] == [
            ("Relay D name", Verdict.REFUSED),
            ("Device name", Verdict.PROVED),
        ]
        assert "no setting" in judgements[0].said


async def test_limits_are_named_before_anything_is_sent(desk: Desk) -> None:
    six = person(1, cards=tuple(f"0A{n:06X}" for n in range(6)))
    long = person(2, cards=tuple(f"0A{n:012X}" for n in range(5)))
    stray = person(3, grants=(Grant("gw1a2b-nowhere", "1"),))
    fine = person(4, grants=(Grant(ALWAYS, "12"),))
    desired = replace(wanted(), schedules=(), settings=(), people=(six, long, stray, fine))
    async with await SimLan.start([SimSpec(profile="P2")]) as lan:
        judgements = await desk.bring(link_to(lan.devices[0]), desired)
        assert [one.verdict for one in judgements] == [Verdict.REFUSED] * 3 + [Verdict.PROVED]
        assert "at most 5 cards" in judgements[0].said
        assert "63 characters" in judgements[1].said
        assert "gw1a2b-nowhere" in judgements[2].said
        assert len(lan.devices[0].users) == 1


async def test_many_people_in_chunks_and_pages(desk: Desk) -> None:
    async with await SimLan.start([SimSpec(profile="P2")]) as lan:
        link = link_to(lan.devices[0])
        judgements = await desk.bring(link, wanted(people=250))
        assert {one.verdict for one in judgements} == {Verdict.PROVED}
        adds = [one for one in desk.recorder.recent() if one.path == "/api/user/add"]
        assert len(adds) == 3
        assert len(desk.reported) == 250 + 2 + 5


async def test_another_mac_at_the_address_is_refused_before_anything_is_asked(desk: Desk) -> None:
    async with await SimLan.start([SimSpec(profile="P1")]) as lan:
        link = link_to(lan.devices[0], mac="0C1105FFFFFF")
        with pytest.raises(Exception, match="answers the device") as caught:
            await desk.gateway.observe(link, wanted(), frozenset())
        assert getattr(caught.value, "code", "") == "device.other"


async def test_people_of_another_cloud_are_not_touched(desk: Desk) -> None:
    async with await SimLan.start([SimSpec(profile="P2")]) as lan:
        device = lan.devices[0]
        await desk.bring(link_to(device), wanted(people=1))
        device.users[0].source = "Cloud"
        judgements = await desk.bring(
            link_to(device), replace(wanted(people=1), people=(person(1, name="New Name"),))
        )
        [one] = [j for j in judgements if j.verdict is not Verdict.PROVED]
        assert one.verdict is Verdict.REFUSED
        assert "another system's cloud" in one.said


async def test_links_without_scheme_and_with_a_path_work(desk: Desk) -> None:
    async with await SimLan.start([SimSpec(profile="P1", auth="none")]) as lan:
        identity = await desk.gateway.identify(
            Link(lan.devices[0].url.removeprefix("http://") + "/index.html")
        )
        assert identity.model == "X916S"
        assert identity.mac == lan.devices[0].mac
