"""An emergency at the desk (ALM-02): Enter alone opens nothing, every door answers, the rest is tried again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.base.verdict import Verdict
from core.entities.record import AUDIT_ENTRY
from core.entities.site import SITE
from core.entities.task import TASK, TaskKind
from core.usecases.doors import set_emergency_doors
from desktop.models.emergency import Emergency
from desktop.views.emergency import EmergencySheet
from tests.desktop.fixtures_desk import dialog
from tests.desktop.fixtures_window import Opened, Scene, until

Stage = Callable[[Scene], None]


def _opened(opened: Opened) -> int:
    return sum(len(device.open_relays) for device in opened.made.gateway.by_url.values())


async def _sheet(opened: Opened) -> Any:
    page = await opened.page("today")
    page.do("emergency")
    sheet = await dialog(opened, EmergencySheet)
    await until(lambda: sheet.flow.doors)
    await opened.settle()
    return sheet


def test_alm_02_doors_open_after_a_yes_and_each_answers_in_the_receipt(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        sheet = await _sheet(opened)
        total = len(sheet.flow.doors)
        assert sheet.openall.label() == f"Open {total} doors"
        assert sheet.focusWidget() is sheet.leave, "Enter must open nothing"
        before = _opened(opened)
        held = {d.device.id for d in sheet.flow.doors}
        away = [d for d in opened.made.gateway.by_url.values() if d.away or d.blocked]
        sheet.openall.click()
        await until(lambda: sheet.flow.done and not sheet.flow.running)
        shut = sheet.flow.shut()
        assert _opened(opened) - before == total - len(shut)
        assert shut, "the garage ramp was never seen"
        assert (len(held), bool(away)) == (len({d.device.id for d in sheet.flow.doors}), True)
        assert sheet.flow.sentence().startswith(f"{total - len(shut)} of {total} doors opened.")
        sheet.copy.click()
        text = QApplication.clipboard().text()
        assert text.startswith("Emergency at Tamarind Court\n")
        assert all(door.name in text for door in sheet.flow.doors)
        assert "Ilse Brandvik" in text
        noted = await opened.made.mirror.read(lambda r: r.find(AUDIT_ENTRY, entity=SITE.name))
        assert {
            f"Emergency: opening {total} doors",
            f"Emergency: {total - len(shut)} of {total} doors opened",
        } <= {n.act for n in noted if n.op == "emergency"}
        QTest.keyClick(sheet, Qt.Key.Key_Escape)

    desk_stage(scene)


def test_alm_02_what_did_not_open_is_tried_alone_again_or_asked_for_at_the_site(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        ctx, site = opened.made.ctx, opened.made.site.id
        flow = Emergency(ctx, site)
        await flow.load()
        for device in opened.made.gateway.by_url.values():
            device.away = True
        told: list[int] = []
        await flow.open(lambda: told.append(len(flow.answers)))
        assert told == list(range(1, len(flow.doors) + 1))
        assert len(flow.shut()) == len(flow.doors)
        for device in opened.made.gateway.by_url.values():
            device.away = device.blocked = False
        await flow.open(lambda: None)
        left = flow.shut()
        assert 0 < len(left) < len(flow.doors), "only what was never seen stays shut"
        assert {flow.answers[d.relay.id].verdict for d in left} == {Verdict.WAITING}
        await flow.ask_site()
        tasks = await opened.made.mirror.read(lambda r: r.find(TASK, kind=TaskKind.RELAY))
        assert sorted((t.device_id, t.what) for t in tasks) == sorted(
            (d.device.id, str(d.relay.number)) for d in left
        )
        assert flow.away() == []

    desk_stage(scene)


def test_alm_02_only_the_chosen_doors_are_opened_and_none_is_said(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        ctx, site = opened.made.ctx, opened.made.site.id
        flow = Emergency(ctx, site)
        await flow.load()
        capable = next(d for d in flow.doors if d.device.model.startswith(("R29", "X915", "R20")))
        await set_emergency_doors(ctx, site_id=site, relay_ids=[capable.relay.id])
        await flow.load()
        assert [d.relay.id for d in flow.doors] == [capable.relay.id]
        await set_emergency_doors(ctx, site_id=site, relay_ids=[])
        await flow.load()
        assert flow.reason() == "The site has no emergency door. Choose them in its settings."

    desk_stage(scene)
