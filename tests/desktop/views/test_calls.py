"""Calls from the day, a door and an apartment: live until they end, refused in words (device API 3.7)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.base.verdict import Verdict
from core.entities.device import DeviceKind
from core.entities.person import RESIDENT
from core.rules.calling import Callee
from core.store.changes import Origin
from core.store.tx import Tx
from core.usecases.calling import Whom
from desktop.models.live_call import PREFERENCE, CallState, Line, LiveCall, load_line
from desktop.views.call_sheet import CallSheet
from tests.desktop.fakes_window import FakeDevice
from tests.desktop.fixtures_desk import dialog
from tests.desktop.fixtures_window import Opened, Scene, until

Stage = Callable[[Scene], None]


def fake(opened: Opened, device_id: str) -> FakeDevice:
    """The fake behind a row."""
    row = next(d for d in opened.made.devices if d.id == device_id)
    found: FakeDevice = next(d for d in opened.made.gateway.by_url.values() if d.mac == row.mac)
    return found


async def give_phone(opened: Opened) -> str:
    """A resident with a mobile number; their name."""
    person = opened.made.residents[0]

    def work(tx: Tx) -> None:
        tx.patch(RESIDENT, tx.require(RESIDENT, person.id), mobile="600100200")

    await opened.made.mirror.write(work, origin=Origin.USER)
    return RESIDENT.name_of(person)


async def sheet_of(opened: Opened, name: str) -> CallSheet:
    """The sheet of a call to a resident, opened from the day."""
    page = await opened.page("today")
    assert page.person.why_no_call() == "Find a resident first, or mark a guest of one."
    await until(lambda: any(n.person.mobile for n in page.today.neighbours))
    page.search.setText(name)
    page._searched(name)
    page.do("call")
    sheet: CallSheet = await dialog(opened, CallSheet)
    return sheet


def test_a_resident_is_called_from_the_day_by_two_keys_and_the_call_is_followed_to_its_end(
    desk_stage: Stage,
) -> None:
    async def scene(opened: Opened) -> None:
        name = await give_phone(opened)
        sheet = await sheet_of(opened, name)
        assert sheet.windowTitle() == f"Call {name}"
        assert sheet.chosen() is None
        assert sheet.call.reason == "Choose first which device calls: you talk there.", (
            "no door rings by mistake"
        )
        sheet.caller.setCurrentIndex(0)
        sheet.caller.activated.emit(0)
        ends = sheet.chosen()
        assert ends is not None
        phone, to = ends
        assert to.name.startswith("Monitor"), "the monitor of the home before the own phone"
        assert sheet.line.callees[-1] == Callee(name, "600100200")
        assert sheet.hang_up.reason == "There is no call to end."
        QTest.keyClick(sheet, Qt.Key.Key_Return)
        await until(lambda: sheet.live.state is CallState.IN_CALL)
        device = fake(opened, phone.id)
        assert device.dialled == [f"{to.name} {to.number}"]
        assert (sheet.live.verdict, sheet.hang_up.reason) == (Verdict.PROVED, "")
        assert sheet.call.reason == "The call goes on: hang up first."
        assert opened.desk.preferences.text(PREFERENCE) == phone.id
        QTest.keyClick(sheet, Qt.Key.Key_H)
        await until(lambda: sheet.live.state is CallState.ENDED and not sheet.call.reason)
        assert device.phone == "Ready"
        sheet.close()

    desk_stage(scene)


def test_who_is_called_hangs_up_and_a_call_that_goes_on_is_not_thrown_out(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        sheet = await sheet_of(opened, await give_phone(opened))
        sheet.caller.setCurrentIndex(0)
        sheet.caller.activated.emit(0)
        ends = sheet.chosen()
        assert ends is not None
        device = fake(opened, ends[0].id)
        QTest.keyClick(sheet, Qt.Key.Key_Return)
        await until(lambda: sheet.live.state is CallState.IN_CALL)
        device.phone = "Ready"  # they hang up: the sheet says so by itself
        await until(lambda: sheet.live.words == "The call is over.")
        # Another call goes on there: it is not thrown out.
        device.phone = "Talking"
        QTest.keyClick(sheet, Qt.Key.Key_Return)
        await until(lambda: sheet.live.state is CallState.REFUSED)
        assert "is in a call already" in sheet.live.words
        sheet.close()

    desk_stage(scene)


def test_a_door_is_called_from_its_row_and_what_cannot_says_why(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("doors")
        line = next(x for x in page.rows.all_rows() if x.device.kind is DeviceKind.MULTI_DOOR)
        page.pane.show_key(line.relay.id)
        page.do("call")
        sheet = await dialog(opened, CallSheet)
        assert line.device.id not in {one.id for one in sheet.line.phones}, "nobody calls itself"
        assert (sheet.line.why_not == "") == bool(sheet.line.callees)
        sheet.close()
        assert Line((), (Callee("x", "1"),)).why_not.startswith("No device here makes calls")
        assert Line((line.device,), ()).why_not == "No address, SIP number or phone number is known."
        with_none = await load_line(
            opened.made.ctx, opened.made.site.id, Whom(apartment_id=opened.made.apartments[-1].id)
        )
        assert with_none.phones
        assert with_none.phone is None
        again = Line(with_none.phones, (), with_none.phones[0].id)
        assert again.phone is with_none.phones[0], "what called last is the phone at the desk"

    desk_stage(scene)


def test_a_device_that_stops_answering_keeps_the_call_and_says_so(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        line = await load_line(
            opened.made.ctx, opened.made.site.id, Whom(device_id=opened.made.devices[0].id)
        )
        phone, step = line.phones[0], asyncio.Event()

        async def wait(_seconds: float) -> None:
            await step.wait()
            step.clear()

        live = LiveCall(opened.made.ctx, wait=wait)
        await live.call(phone, Callee("Flat", "101"))
        await until(lambda: live.state is CallState.IN_CALL)
        device = fake(opened, phone.id)
        device.away = True
        step.set()
        await until(lambda: live.verdict is Verdict.UNREACHABLE)
        assert live.state is CallState.IN_CALL, "the people may well talk on"
        device.away = False
        step.set()
        await until(lambda: live.verdict is Verdict.PROVED)
        device.phone = "Ready"
        step.set()
        await until(lambda: live.state is CallState.ENDED)
        live.stop()

    desk_stage(scene)
