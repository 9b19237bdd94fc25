from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.base.errors import UserError
from core.base.verdict import Verdict
from core.entities.firmware import ROLLOUT, ROLLOUT_TARGET, RolloutState
from core.rules.plan import Act
from core.usecases.devices import set_extra
from core.usecases.people import remove_resident
from core.usecases.rollouts import abort_rollout
from desktop.models.rollout_form import RolloutForm, begins_at, form_of
from desktop.qt.dialogs import QuestionDialog
from desktop.qt.roles import Role
from desktop.views.firmware import FirmwarePage
from desktop.views.rollout_when import RolloutEdit, RolloutSheet
from desktop.views.widgets.dry_run import DryRunSheet
from tests.desktop.fixtures_window import Opened, Scene, lines_of, until

Stage = Callable[[Scene], None]


def _at(page: Any, name: str) -> Any:
    return next(x for x in lines_of(page.list.rows) if x.device.name == name)


def _was_read(rows: Any) -> bool:
    return any(x.has is not None for x in rows.all_rows())


def test_the_list_shows_the_worst_first_and_never_better_than_the_receipts(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("devices")
        rows = page.list.rows
        names = [rows.object_at(r).device.name for r in range(4)]
        assert set(names) == {"Roof terrace", "Bicycle room", "Courtyard gate", "Garage ramp"}
        assert _at(page, "Roof terrace").verdict is Verdict.REFUSED
        assert _at(page, "Courtyard gate").verdict is Verdict.DIFFERS
        assert _at(page, "Garage ramp").verdict is Verdict.WAITING
        assert page.list.head._note.whole_text() == "6 of 10 wholly proved"

    stage(scene)


def test_a_push_shows_how_far_it_is_can_be_stopped_and_keeps_the_cursor(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("devices")
        gym = _at(page, "Gym").device
        for number in range(3):
            await set_extra(opened.made.ctx, device_id=gym.id, key=f"Config.Test.{number}", value="1")
        await until(lambda: _at(page, "Gym").verdict is Verdict.WAITING)
        opened.made.gateway.gate = asyncio.Event()
        page.list.pane.show_key(gym.id)
        page.list.do("push")
        row = page.list.rows.row_of(gym.id)
        cell = page.list.rows.index(row, 3)
        await until(lambda: "sending 1 of 3" in str(cell.data()))
        assert cell.data(Role.LOOK).verdict == "running"
        assert page.list.pane.current().device.id == gym.id
        jobs = await opened.page("jobs")
        assert "sending · 1 of 3" in jobs.list.model().index(0).data(Role.JOB).note
        jobs.list.setCurrentIndex(jobs.list.model().index(0))
        QTest.keyClick(jobs.list, Qt.Key.Key_Delete)
        opened.made.gateway.gate.set()
        await until(lambda: not opened.desk.jobs.open_jobs())
        assert opened.desk.jobs.records()[0].state.value == "cancelled"
        page = await opened.page("devices")
        await until(lambda: _at(page, "Gym").verdict is Verdict.WAITING)

    stage(scene)


def test_pushing_many_shows_first_what_will_be_sent(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("devices")
        page.list.pane.table.tick_all()
        page.list.do("push")
        await until(lambda: bool(opened.window.findChildren(DryRunSheet)))
        sheet = opened.window.findChildren(DryRunSheet)[0]
        assert sheet.primary.label() == "Push 4 now"
        assert not opened.desk.jobs.open_jobs()
        sheet.reject()
        await opened.settle()
        assert not opened.desk.jobs.open_jobs()
        page.list.do("push")
        await until(lambda: bool(opened.window.findChildren(DryRunSheet)))
        opened.window.findChildren(DryRunSheet)[-1].accept()
        await until(lambda: len(opened.desk.jobs.records()) == 14 and not opened.desk.jobs.open_jobs())

    stage(scene)


def test_the_plan_says_what_was_refused_in_the_devices_own_words_and_shows_it_under_the_cursor(
    stage: Stage,
) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("devices", opened.made.devices[2].id)
        view = page.view
        view.show_tab("plan")
        await opened.settle()
        rows = view.plan.rows
        line = next(x for x in rows.all_rows() if x.verdict is Verdict.REFUSED)
        assert line.said == "HoldDelayB: out of range 1-10"
        view.plan.pane.show_key(line.key)
        await until(lambda: rows.row_of(f"detail:{line.key}") == rows.row_of(line.key) + 1)
        detail = rows.row_look(rows.row_of(f"detail:{line.key}")).detail
        assert detail is not None
        assert (detail.lead, detail.words) == ("The device said", line.said)

    stage(scene)


def test_reading_a_device_shows_what_it_has_beside_what_it_gets(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        liar = opened.made.devices[1]
        page = await opened.page("devices", liar.id)
        view = page.view
        view.do("read")
        assert view.work.isVisible()
        for rows in (view.plan.rows, view.people.rows):
            await until(partial(_was_read, rows))
        assert not view.work.isVisible()
        dropped = [x for x in view.people.rows.all_rows() if x.verdict is Verdict.DIFFERS]
        assert len(dropped) == 2
        assert [x.has for x in dropped] == ["", ""]
        held = [x for x in view.people.rows.all_rows() if x.verdict is Verdict.PROVED]
        assert all(x.has == x.gets for x in held)

    stage(scene)


def test_somebody_who_is_to_leave_a_device_is_one_line_after_it_was_read(stage: Stage) -> None:
    """The receipt names the person, the device its own id: without the match the removal stood there twice."""

    async def scene(opened: Opened) -> None:
        made = opened.made
        device = made.devices[0]
        page = await opened.page("devices", device.id)
        gone = next(x.subject for x in page.view.detail.people() if x.verdict is Verdict.PROVED)
        await remove_resident(made.ctx, gone)
        page.view.show_tab("people")
        page.view.do("read")
        rows = page.view.people.rows
        await until(partial(_was_read, rows))
        await until(lambda: [x.subject for x in rows.all_rows() if x.act is Act.REMOVE] == [gone])
        [line] = [x for x in rows.all_rows() if x.subject == gone]
        assert (line.verdict, bool(line.has)) == (Verdict.WAITING, True)

    stage(scene)


def test_what_is_on_the_device_and_nobodys_stays_until_a_person_decides(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("devices", opened.made.devices[3].id)
        page.view.show_tab("plan")
        await opened.settle()
        foreign = [x for x in page.view.plan.rows.all_rows() if x.verdict is Verdict.FOREIGN]
        assert len(foreign) == 1
        assert page.view.detail.plan.status.verdict() is Verdict.PROVED

    stage(scene)


def test_opening_a_relay_says_no_more_than_its_verdict(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("devices", opened.made.devices[0].id)
        view = page.view
        view.open_relay(view.detail.relays[0])
        await until(lambda: bool(opened.window.toasts.toasts()))
        toast = opened.window.toasts.toasts()[0]
        assert toast.verdict == "proved"
        assert "was read open" in toast.accessibleName()

    stage(scene)


def test_an_act_on_a_closed_device_is_told_with_its_reason(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("devices", opened.made.devices[5].id)
        page.view.do("identify")
        await until(lambda: bool(opened.window.toasts.toasts()))
        toast = opened.window.toasts.toasts()[0]
        assert toast.verdict == "refused"
        assert "403" in toast.accessibleName()

    stage(scene)


def test_the_log_tab_reads_the_devices_own_log(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("devices", opened.made.devices[0].id)
        page.view.show_tab("log")
        await until(lambda: "2 lines" in page.view.log._words.text())
        assert page.view.log.isVisible()

    stage(scene)


def test_escape_goes_back_to_the_list(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("devices", opened.made.devices[0].id)
        QTest.keyClick(page.view, Qt.Key.Key_Escape)
        assert page.view is None
        assert page.list.isVisible()

    stage(scene)


def test_a_rollout_begins_with_a_dry_run_and_ends_with_what_was_read_back(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page: FirmwarePage = await opened.page("firmware")
        start = page.button("rollout")
        assert start is not None
        await until(start.isEnabled)
        page.do("rollout")
        await until(lambda: bool(opened.window.findChildren(DryRunSheet)))
        sheet = opened.window.findChildren(DryRunSheet)[0]
        assert sheet.primary.label() == "Change 1"
        sheet.accept()
        await until(lambda: page.rollouts.rows.shown == 2)
        await until(lambda: any(x.proved == 1 for x in page.rollouts.rows.all_rows()), limit_s=30)
        target = await opened.made.mirror.read(lambda r: r.first(ROLLOUT_TARGET, after="29.30.10.438"))
        assert target is not None
        assert target.verdict is Verdict.PROVED
        assert page.tabs.current() == "rollouts"
        board = page.rollouts
        line = board.current()
        assert line is not None
        page._set_state(line, "pause")
        await until(lambda: any(x.rollout.state is RolloutState.PAUSED for x in board.rows.all_rows()))
        rollouts = await opened.made.mirror.read(lambda r: r.find(ROLLOUT))
        assert {r.state for r in rollouts} >= {RolloutState.PAUSED}

    stage(scene)


def test_fw_03_rollouts_are_filtered_and_deleted_and_come_back(stage: Stage) -> None:
    """FW-03: status, kind of site, site, version; any record is deleted, and undo brings it back."""

    async def scene(opened: Opened) -> None:
        page: FirmwarePage = await opened.page("firmware", "rollouts")
        rows = page.rollouts.rows
        await until(lambda: rows.is_settled and rows.shown == 1)
        [line] = rows.all_rows()
        assert [n.key for n in rows.narrowings()] == ["site"]
        offered = {f.key: [value for value, _ in f.choices()] for f in rows.filter_fields}
        assert line.rollout.site_id in offered["site"]
        assert rows.narrowings()[0].words == line.site.name
        assert offered["version"] == [line.version]
        rows.set_filter("site", None)
        rows.set_filter("status", line.status)
        rows.set_filter("kind", line.site.kind)
        await until(lambda: rows.is_settled and rows.shown == 1)
        rows.set_filter("version", "no such version")
        await until(lambda: rows.is_settled and rows.shown == 0)
        rows.clear_narrowing()
        await until(lambda: rows.is_settled and page.rollouts.current() is not None)
        page.rollouts.delete.click()
        await until(lambda: bool(opened.window.findChildren(DryRunSheet)))
        opened.window.findChildren(DryRunSheet)[0].accept()
        await until(lambda: rows.is_settled and not rows.all_rows())
        await until(lambda: opened.desk.undoing.back is not None)
        await opened.desk.undoing.take_back()
        await until(lambda: [x.rollout.id for x in rows.all_rows()] == [line.rollout.id])
        await opened.settle()

    stage(scene)


def test_fw_02_a_time_is_typed_in_the_zone_of_the_site() -> None:
    now = datetime(2026, 5, 1, 19, 0, tzinfo=UTC)
    assert begins_at("  ", "Europe/Madrid", now) is None
    assert begins_at("2026-05-01  22:00", "Europe/Madrid", now) == datetime(2026, 5, 1, 20, 0, tzinfo=UTC)
    for text, words in (("tomorrow", "is no time"), ("2026-05-01 20:59", "is past")):
        with pytest.raises(UserError, match=words) as caught:
            begins_at(text, "Europe/Madrid", now)
        assert caught.value.field == "at"


def test_fw_02_fw_03_a_rollout_gets_a_time_and_a_reset_and_is_edited(stage: Stage) -> None:
    """FW-02: at a time, reset with its warning. FW-03: a pending one is edited."""

    async def scene(opened: Opened) -> None:
        page: FirmwarePage = await opened.page("firmware")
        page.library_pane.show_first()
        page.do("rollout")
        await until(lambda: bool(opened.window.findChildren(RolloutSheet)))
        sheet = opened.window.findChildren(RolloutSheet)[0]
        assert not sheet.when.warning.isVisible()
        sheet.when.reset.click()
        assert sheet.when.warning.isVisible()
        sheet.when.at.setText("soon")
        sheet.accept()
        assert "is no time" in sheet.when.field.error
        sheet.when.at.setText("2099-05-01 22:00")
        sheet.accept()
        await until(lambda: bool(opened.window.findChildren(QuestionDialog)))
        question = opened.window.findChildren(QuestionDialog)[0]
        assert "cannot be brought back" in question.accessibleDescription()
        question._take("yes")
        rows = page.rollouts.rows
        await until(lambda: any(x.status == "pending" for x in rows.all_rows()))
        [line] = [x for x in rows.all_rows() if x.status == "pending"]
        assert line.rollout.reset_after
        page._set_state(line, "edit")
        await until(lambda: bool(opened.window.findChildren(RolloutEdit)))
        edit = opened.window.findChildren(RolloutEdit)[0]
        assert edit.when.at.text() == "2099-05-01 22:00"
        edit.when.at.setText("2099-06-01 23:30")
        edit.when.reset.click()
        edit.keep.click()
        await until(lambda: not next(x for x in rows.all_rows() if x.status == "pending").rollout.reset_after)
        [after] = [x.rollout for x in rows.all_rows() if x.status == "pending"]
        assert form_of(after, line.site.time_zone) == RolloutForm("2099-06-01 23:30")
        await abort_rollout(opened.desk.ctx, after.id)
        await opened.settle()

    stage(scene)


def test_a_file_that_is_no_firmware_is_refused_in_one_sentence(stage: Stage, tmp_path: Any) -> None:
    picture = tmp_path / "29.30.10.500.rom"
    picture.write_bytes(b"\x89PNG" + b"0" * 100_000)

    async def scene(opened: Opened) -> None:
        page: FirmwarePage = await opened.page("firmware")
        with pytest.raises(UserError, match="no firmware: it is a PNG picture"):
            await page.add_file(picture, "R29")
        assert page.library.shown == 1

    stage(scene)
