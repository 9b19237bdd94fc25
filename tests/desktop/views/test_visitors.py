"""Visitors: a pass by a few keys from anywhere; keys in a list, extended and deleted after a dry run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from core.entities.access import ACCESS_GROUP
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.person import RESIDENT, PersonKind
from core.entities.record import AUDIT_ENTRY
from core.usecases.visitors import qr_payload
from desktop.models.visitors import KeyState
from desktop.views.pass_card import PassCard
from desktop.views.pass_sheet import PassSheet
from desktop.views.visitor_panel import VisitorPanel
from desktop.views.widgets.dry_run import DryRunSheet
from tests.desktop.fixtures_desk import confirm
from tests.desktop.fixtures_window import Opened, Scene, until

Stage = Callable[[Scene], None]
MOST_KEYS = 6


async def _sheet(opened: Opened) -> PassSheet:
    found: list[PassSheet] = []

    def look() -> bool:
        found[:] = [d for d in opened.window.findChildren(PassSheet) if d.isVisible()]
        return bool(found) and bool(found[0].draft.data.hosts)

    await until(look, what="the pass does not open")
    return found[0]


async def _keys(opened: Opened) -> list[Any]:
    people = await opened.made.mirror.read(
        lambda r: r.find(RESIDENT, scope_id=opened.made.site.id, kind=PersonKind.VISITOR)
    )
    return list(people)


def test_a_pass_takes_five_keys_from_any_page_and_is_copied_with_its_code(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        await opened.page("devices")
        pressed = 1
        opened.window.acts.do("pass")  # F6: offscreen windows get no shortcuts of the whole window
        assert next(a for a in opened.window.acts.acts() if a.key == "pass").keys == "F6"
        sheet = await _sheet(opened)
        assert sheet.make.reason == "Say who is visited; a few letters are enough."
        for letter in "cas":
            QTest.keyClicks(sheet.host, letter)
            pressed += 1
        assert sheet.draft.host is not None
        assert "Castan" in sheet.draft.host.name
        QTest.keyClick(sheet.host, Qt.Key.Key_Return)
        pressed += 1
        await until(lambda: sheet.made is not None, what="no pass is made")
        assert pressed <= MOST_KEYS
        assert sheet.made is not None
        made = sheet.made.key
        assert made.credential.code.startswith("9")
        card = sheet.findChildren(PassCard)[0]
        assert card.code.text == qr_payload(made)
        copied = QApplication.clipboard().text()
        assert f"{made.credential.code[:4]} {made.credential.code[4:]}" in copied
        assert [v.id for v in await _keys(opened)] == [made.visitor.id]
        sheet.reject()

    stage(scene)


def test_a_pass_needs_somebody_to_visit_and_says_who_nobody_is(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("residents")
        opened.window.acts.do("pass")
        sheet = await _sheet(opened)
        QTest.keyClick(sheet.host, Qt.Key.Key_Return)
        QTest.keyClicks(sheet.host, "zzz")
        assert sheet.make.reason == "Nobody here matches 'zzz'."
        QTest.keyClick(sheet.host, Qt.Key.Key_Return)
        await until(lambda: page.is_settled)
        assert await _keys(opened) == []
        QTest.keyClick(sheet.host, Qt.Key.Key_Escape)
        await until(lambda: not sheet.isVisible())

    stage(scene)


def test_the_list_says_which_keys_hold_now_and_extends_only_those_with_an_end(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("visitors")
        lines = {x.name: x for x in page.rows.all_rows()}
        assert set(lines) >= {"Goran Milich", "Laundry service", "Piano tuner"}
        assert lines["Piano tuner"].state is KeyState.LATER
        later = lines["Freya Lunden"]
        page.extend([later, lines["Laundry service"]], 7)
        await confirm(opened, DryRunSheet)
        group = await opened.made.mirror.read(lambda r: r.require(ACCESS_GROUP, later.group.id))
        assert group.to_day == later.group.to_day + timedelta(days=7)
        assert "1 cannot" in opened.desk.notices.notices()[0].text
        await opened.desk.undoing.take_back()
        back = await opened.made.mirror.read(lambda r: r.require(ACCESS_GROUP, later.group.id))
        assert back.to_day == later.group.to_day

    desk_stage(scene)


def test_a_key_is_shown_only_after_the_audit_noted_it(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("visitors")
        page.pane.show_key(next(x.key_id for x in page.rows.all_rows() if x.name == "Goran Milich"))
        page.open_panel(page.pane.current())
        await opened.settle()
        panel = page.panel.findChildren(VisitorPanel)[-1]
        assert not panel.findChildren(PassCard)
        panel.reveal()
        await opened.settle()
        shown = panel.findChildren(PassCard)[0]
        noted = await opened.made.mirror.read(
            lambda r: r.find(AUDIT_ENTRY, entity=CREDENTIAL.name, op="reveal")
        )
        assert [n.entity_id for n in noted] == [panel.line.credential.id]
        assert shown.digits.text().replace(" ", "") == panel.line.credential.code

    desk_stage(scene)


def test_deleted_keys_are_gone_and_come_back_by_undo(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("visitors")
        before = page.rows.shown
        page.pane.show_first()
        page.do("remove")
        await confirm(opened, DryRunSheet)
        await until(lambda: page.rows.shown == before - 1)
        await opened.desk.undoing.take_back()
        await until(lambda: page.rows.shown == before)
        codes = await opened.made.mirror.read(lambda r: r.find(CREDENTIAL, kind=CredentialKind.TEMPORARY))
        assert len(codes) == before

    desk_stage(scene)
