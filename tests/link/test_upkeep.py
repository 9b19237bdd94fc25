"""Keeping a site right: AutoP, drift, baselines, clocks, door events, tasks from afar; all on simulated devices."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from core.base.errors import UserError
from core.base.verdict import Verdict
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.device import DEVICE_SETTING, RELAY
from core.entities.event import DOOR_EVENT, EventSource
from core.entities.task import TASK, TaskKind
from core.ports.device import Part
from core.rules.autop import BATCH
from core.rules.compile import device_user_id
from core.rules.door_event import ActionCall, parse_call
from core.rules.lease import Held
from core.usecases import agent, autop, clock, drift, events
from core.usecases.leases import who_am_i
from core.usecases.provision import submit
from device_link.events import EventListener
from tests.codes import stands_in
from tests.factories import plant
from tests.link.conftest import MakeWorld
from tests.link.world import World, put_people, specs

RTSP = "Config.DoorSetting.RTSP.Enable"
HOLD = "Config.DoorSetting.RELAY.RelayADelay"


async def pushed(made: World, *parts: Part) -> None:
    for job in await submit(made.ctx, made.devices, parts=frozenset(parts or Part)):
        await made.ctx.jobs.wait(job)


def other(made: World, key: str = RTSP) -> str:
    return "0" if made.lan.devices[0].unit.config.get(key) == "1" else "1"


async def test_autop_regular_is_kept_and_proved_again(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(2))
    value = other(made)
    text = f"{RTSP} = {value}\n{RTSP}={value}\n"
    ids = [d.id for d in made.devices]
    shown = await autop.preview(made.ctx, text, ids)
    assert [p.changes for p in shown] == [(RTSP,)] * 2
    assert f"{RTSP} = {value}\n" in shown[0].text
    for job in await autop.apply_regular(made.ctx, text, ids):
        assert (await made.ctx.jobs.wait(job)).result["verdict"] == "proved"
    assert [u.unit.config.get(RTSP) for u in made.lan.devices] == [value] * 2
    kept = await made.read(lambda r: r.find(DEVICE_SETTING))
    assert {(s.key, s.value) for s in kept} == {(RTSP, value)}
    assert (await autop.preview(made.ctx, text, ids))[0].changes == ()


async def test_autop_once_is_sent_and_not_kept(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(2, "", f"config-ignore:{RTSP}"))
    value = other(made)
    jobs = await autop.apply_once(made.ctx, f"{RTSP} = {value}", [d.id for d in made.devices])
    ended = [await made.ctx.jobs.wait(job) for job in jobs]
    assert [r.result["verdict"] for r in ended] == ["proved", "differs"]
    assert await made.read(lambda r: r.find(DEVICE_SETTING)) == []
    with pytest.raises(UserError, match="password"):
        await autop.apply_once(made.ctx, "Config.Account1.GENERAL.Pwd = x", [made.devices[0].id])


async def test_autop_refuses_before_anything_is_sent(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))
    before = len(made.recorder.recent())
    ids = [made.devices[0].id]
    with pytest.raises(UserError, match="Line 2"):
        await autop.apply_regular(made.ctx, f"{RTSP} = 1\nConfig.x", ids)
    with pytest.raises(UserError, match="no Config line"):
        await autop.apply_regular(made.ctx, "# nothing", ids)
    with pytest.raises(UserError, match="only works in a file"):
        await autop.apply_regular(made.ctx, "Config.Firmware.Url = http://x/y.rom", ids)
    with pytest.raises(UserError, match=str(BATCH)):
        await autop.apply_once(made.ctx, f"{RTSP} = 1", [f"{n:032x}" for n in range(BATCH + 1)])
    assert len(made.recorder.recent()) == before


async def test_drift_is_one_line_and_one_press_to_restore_or_accept(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))
    device, unit = made.devices[0], made.lan.devices[0]
    await pushed(made, Part.SETTINGS)
    assert await drift.compare(made.ctx, device.id) == []
    wanted = unit.unit.config.get(HOLD)
    unit.unit.config.put({HOLD: "42"})
    [found] = await drift.compare(made.ctx, device.id)
    assert (found.subject, found.has, found.wanted, found.acceptable) == ("relay_a_hold", "42", wanted, True)
    for job in await drift.put_back(made.ctx, [device.id]):
        await made.ctx.jobs.wait(job)
    assert unit.unit.config.get(HOLD) == wanted
    unit.unit.config.put({HOLD: "42", "Config.Settings.SNTP.TimeZone": "GMT+8:00"})
    found_both = await drift.compare(made.ctx, device.id)
    assert [d.acceptable for d in found_both] == [False, True]
    with pytest.raises(UserError, match="follows from the site"):
        await drift.accept(made.ctx, found_both)
    assert await drift.accept(made.ctx, found_both[1:]) == 1
    [relay] = await made.read(lambda r: r.find(RELAY))
    assert relay.hold_s == 42


async def test_a_baseline_goes_to_a_file_and_to_another_unit(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(2))
    first, second = made.devices
    await pushed(made, Part.SETTINGS)
    made.lan.devices[0].unit.config.put({RTSP: other(made), "Config.DoorSetting.GENERAL.DeviceName": "Gold"})
    text = (await drift.export_baseline(made.ctx, first)).document()
    assert "assword" not in text.replace("FirstPasswordChanged", "")
    baseline = drift.read_baseline(text)
    found = await drift.against_baseline(made.ctx, second, baseline)
    assert [d.subject for d in found if "RELAY.RelayName" not in d.subject] == [RTSP]
    assert await drift.import_baseline(made.ctx, second, baseline) == len(found)
    await pushed(made, Part.SETTINGS)
    assert await drift.against_baseline(made.ctx, second, baseline) == []
    for bad in (
        "",
        "[]",
        '{"format": "x"}',
        text.replace("baseline-1", "baseline-9"),
        text.replace('"Config.', '"Bad.'),
    ):
        with pytest.raises(UserError, match="no baseline"):
            drift.read_baseline(bad)


async def test_a_wrong_clock_is_measured_set_and_proved(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1, "clock-off:10800"))
    await pushed(made, Part.SETTINGS)
    reading = await clock.measure_clock(made.ctx, made.devices[0])
    assert abs(reading.drift - timedelta(hours=3)) < timedelta(seconds=5)
    assert not reading.right_time
    assert reading.right_zone
    assert "ahead" in reading.said
    result = await clock.set_clock(made.ctx, made.devices[0])
    assert (result.verdict, result.after.said) == (Verdict.PROVED, "Its clock is right.")


async def test_a_wrong_zone_is_named_and_the_clock_is_right_all_the_same(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1, "clock-off:-7200"))
    made.lan.devices[0].unit.config.put(
        {"Config.Settings.SNTP.TimeZone": "GMT+9:00", "Config.Settings.SNTP.Name": "Tokyo"}
    )
    result = await clock.set_clock(made.ctx, made.devices[0])
    assert not result.before.right_zone
    assert "Tokyo" in result.before.said
    assert result.verdict is Verdict.PROVED
    assert abs(result.after.drift) < timedelta(seconds=5)


async def test_door_log_is_pulled_once_matched_to_people_and_redated(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1, "clock-off:10800"))
    people = await made.write(lambda tx: put_people(tx, made.site, made.building, 3))
    await pushed(made)
    unit = made.lan.devices[0]
    await unit.enter_pin("20000")
    await unit.enter_pin("99999")
    pulled = await events.pull_log(made.ctx, made.devices[0])
    assert [(e.event, e.person_id) for e in pulled.events] == [("opened", people[0].id), ("refused", None)]
    opened = pulled.events[0]
    assert abs(opened.at - made.ctx.clock.now()) < timedelta(seconds=10), "the device is three hours ahead"
    assert opened.device_time
    assert (await events.pull_log(made.ctx, made.devices[0])).events == ()
    for _ in range(45):
        await unit.enter_pin("20001")
    again = await events.pull_log(made.ctx, made.devices[0])
    assert len(again.events) == 45
    assert {e.person_id for e in again.events} == {people[1].id}
    assert len(await events.latest(made.ctx, made.site.id)) == 47


async def test_calls_of_action_urls_are_taken_in_live(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))
    people = await made.write(lambda tx: put_people(tx, made.site, made.building, 2))
    card = "00A1B2C3"
    await made.write(
        lambda tx: plant(tx, CREDENTIAL, person_id=people[1].id, kind=CredentialKind.CARD, code=card)
    )
    await pushed(made)
    came: asyncio.Queue[Any] = asyncio.Queue()

    async def take(call: ActionCall) -> None:
        await came.put(await events.note_call(made.ctx, call))

    listener = EventListener(take)
    base = await listener.open("127.0.0.1")
    try:
        judged = await events.point_at(made.ctx, made.devices[0], base)
        assert {j.verdict for j in judged} == {Verdict.PROVED}
        unit = made.lan.devices[0]
        await unit.enter_pin("20000")
        first = await asyncio.wait_for(came.get(), 30)
        await unit.swipe_card("A1B2C3")
        second = await asyncio.wait_for(came.get(), 30)
        await unit.enter_pin("11111")
        third = await asyncio.wait_for(came.get(), 30)
        await unit.settled()
    finally:
        await listener.close()
    assert [(e.event, e.person_id, e.worked) for e in (first, second, third)] == [
        ("valid_code", people[0].id, True),
        ("valid_card", people[1].id, True),
        ("invalid_code", None, False),
    ]
    assert second.code_tail == "B2C3"
    kept = await made.read(lambda r: r.find(DOOR_EVENT))
    assert {e.source for e in kept} == {EventSource.CALL}
    assert not stands_in("20000", repr(kept))


async def test_a_call_of_a_stranger_is_not_kept(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(1))
    call = parse_call([("mac", "0C:11:05:FF:FF:FF"), ("e", "valid_card"), ("card", "$card_sn")])
    assert call is not None
    assert call.card == ""
    assert await events.note_call(made.ctx, call) is None
    assert parse_call([("mac", "x"), ("e", "valid_card")]) is None
    assert parse_call([("mac", "0C1105FFFFFF"), ("e", "<script>")]) is None


async def test_tasks_from_afar_are_done_once_with_their_verdicts(make_world: MakeWorld) -> None:
    made: World = await make_world(specs(2))
    people = await made.write(lambda tx: put_people(tx, made.site, made.building, 2))
    ctx, site, [first, second] = made.ctx, made.site.id, made.devices
    await made.lan.devices[1].set_offline()
    await agent.ask(ctx, site, TaskKind.PUSH, device_id=first.id)
    await agent.ask(ctx, site, TaskKind.PUSH, device_id=second.id)
    await agent.ask(ctx, site, TaskKind.RELAY, device_id=first.id, what="1")
    await agent.ask(ctx, site, TaskKind.AUTOP, device_id=first.id, what=f"{RTSP} = {other(made)}")
    await agent.ask(ctx, site, TaskKind.REBOOT, device_id=first.id)
    await agent.ask(ctx, site, TaskKind.PULL_LOG, device_id=first.id)
    await agent.ask(ctx, site, TaskKind.CLOCK, device_id=first.id)
    done = await agent.run_once(ctx, site)
    assert [(d.task.kind, d.verdict) for d in done] == [
        (TaskKind.PUSH, Verdict.PROVED),
        (TaskKind.PUSH, Verdict.UNREACHABLE),
        (TaskKind.RELAY, Verdict.PROVED),
        (TaskKind.AUTOP, Verdict.PROVED),
        (TaskKind.REBOOT, Verdict.PROVED),
        (TaskKind.PULL_LOG, Verdict.PROVED),
        (TaskKind.CLOCK, Verdict.PROVED),
    ]
    assert {u.user_id for u in made.lan.devices[0].users} == {
        device_user_id(site, person.id) for person in people
    }
    assert await agent.run_once(ctx, site) == []
    rows = await made.read(lambda r: r.find(TASK))
    assert all(t.done_at is not None and t.done_by == "test station" and t.said for t in rows)
    with pytest.raises(UserError, match="needs a device"):
        await agent.ask(ctx, site, TaskKind.RELAY)


@pytest.mark.parametrize(
    ("kind", "minutes", "held", "verdict"),
    [
        (TaskKind.RELAY, 3, "", Verdict.REFUSED),
        (TaskKind.RELAY, 0, "me", Verdict.AMBIGUOUS),
        (TaskKind.VERIFY, 60, "me", Verdict.PROVED),
        (TaskKind.VERIFY, 60, "other", None),
    ],
)
async def test_what_somebody_began_or_asked_long_ago(
    make_world: MakeWorld, kind: TaskKind, minutes: int, held: str, verdict: Verdict | None
) -> None:
    made: World = await make_world(specs(1))
    await pushed(made)
    task = await agent.ask(made.ctx, made.site.id, kind, device_id=made.devices[0].id, what="1")
    now = made.ctx.clock.now()
    if held:
        holder = await who_am_i(made.ctx) if held == "me" else "another"
        text = Held(now + timedelta(minutes=5), holder, "Van 2").text()
        await made.write(lambda tx: tx.patch(TASK, task, held=text))
    await made.write(lambda tx: tx.patch(TASK, task, asked_at=now - timedelta(minutes=minutes)))
    done = await agent.run_once(made.ctx, made.site.id)
    assert [d.verdict for d in done] == ([verdict] if verdict else [])
    opened = made.lan.devices[0].unit.relays.is_open(1)
    assert not opened
