from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from core.base.verdict import Verdict
from core.entities.access import ACCESS_GROUP, GROUP_DOOR, GROUP_MEMBER
from core.entities.person import CREDENTIAL, RESIDENT, CredentialKind
from core.entities.record import AUDIT_ENTRY
from core.usecases import generic
from core.usecases.people import remove_resident
from desktop.views.editors import LineEditor
from desktop.views.widgets.fields import SecretEdit
from tests.desktop.fixtures_window import Opened, Scene, lines_of, until

Stage = Callable[[Scene], None]


def _type(page: Any, field: str, text: str) -> None:
    editor = page.person.form.editors[field]
    line: QLineEdit = editor.line
    line.clear()
    QTest.keyClicks(line, text)


async def _new(opened: Opened, **texts: str) -> Any:
    page = await opened.page("residents")
    page.do("new")
    await opened.settle()
    page.person.form.draft.set_text("apartment_id", opened.made.apartments[0].id)
    for field, text in texts.items():
        _type(page, field, text)
    return page


def test_a_new_resident_gets_a_pin_a_card_and_the_default_group(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await _new(opened, first_name="Ada", last_name="Byron", pin="70318", cards="0a:4f:99:01")
        QTest.keyClick(page, Qt.Key.Key_S, Qt.KeyboardModifier.ControlModifier)
        await until(lambda: page.rows.shown == 41)
        made = await opened.made.mirror.read(lambda r: r.first(RESIDENT, last_name="Byron"))
        assert made is not None
        codes = await opened.made.mirror.read(lambda r: r.find(CREDENTIAL, person_id=made.id))
        assert {(c.kind, c.code) for c in codes} == {
            (CredentialKind.PIN, "70318"),
            (CredentialKind.CARD, "0A4F9901"),
        }
        members = await opened.made.mirror.read(lambda r: r.find(GROUP_MEMBER, person_id=made.id))
        assert len(members) == 1
        line = next(x for x in lines_of(page.rows) if x.resident.id == made.id)
        assert line.verdict is Verdict.WAITING

    stage(scene)


def test_faults_stand_beside_their_field_while_it_is_typed(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await _new(opened, first_name="Ada", last_name="Byron", pin="9120")
        form = page.person.form
        assert form.fields["pin"].error.startswith("A PIN cannot start with 9")
        _type(page, "pin", "71")
        assert form.fields["pin"].error == ""
        _type(page, "cards", "0G")
        assert "0-9 and A-F" in form.fields["cards"].error
        page.do("save")
        assert (await opened.page("residents")).rows.shown == 40

    stage(scene)


def test_what_the_mirror_refuses_is_said_beside_the_field_and_nothing_is_half_done(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        taken = await opened.made.mirror.read(lambda r: r.first(CREDENTIAL, kind=CredentialKind.PIN))
        assert taken is not None
        page = await _new(opened, first_name="Ada", last_name="Byron", pin=taken.code)
        page.do("save")
        await until(lambda: page.person.form.fields["pin"].error != "")
        assert "already opens doors of this site for another person" in page.person.form.fields["pin"].error
        assert await opened.made.mirror.read(lambda r: r.first(RESIDENT, last_name="Byron")) is None

    stage(scene)


def test_a_draft_survives_leaving_the_page_and_a_change_from_elsewhere(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("residents")
        page.pane.show_first()
        page.open_panel(page.pane.current())
        await opened.settle()
        person = page.shown_row.resident
        _type(page, "email", "mirela@example.org")
        await opened.page("devices")
        await generic.put_row(opened.made.ctx, RESIDENT, {"mobile": "+34 600 555 017"}, row_id=person.id)
        page = await opened.page("residents")
        await until(lambda: page.person.form.draft.text("mobile") == "+34 600 555 017")
        assert page.person.form.draft.dirty() == ["email"]
        assert page.person.form.editors["email"].line.text() == "mirela@example.org"
        page.do("save")
        await until(lambda: not page.person.form.draft.dirty())
        saved = await opened.made.mirror.read(lambda r: r.require(RESIDENT, person.id))
        assert (saved.email, saved.mobile) == ("mirela@example.org", "+34 600 555 017")

    stage(scene)


def test_a_pin_is_masked_and_showing_it_is_audited(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("residents")
        page.pane.show_first()
        page.open_panel(page.pane.current())
        await opened.settle()
        editor = page.person.form.editors["pin"]
        assert isinstance(editor, LineEditor)
        assert isinstance(editor.line, SecretEdit)
        assert editor.line.echoMode() == QLineEdit.EchoMode.Password
        editor.line.eye.click()
        assert editor.line.echoMode() == QLineEdit.EchoMode.Normal
        await opened.settle()
        entries = await opened.made.mirror.read(
            lambda r: r.find(AUDIT_ENTRY, entity="residents", op="reveal")
        )
        assert len(entries) == 1

    stage(scene)


def test_a_removed_resident_closes_its_panel_and_others_keep_the_cursor(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("residents")
        page.pane.show_key(opened.made.residents[5].id)
        page.open_panel(page.pane.current())
        await opened.settle()
        held = page.pane.current().resident.id
        await remove_resident(opened.made.ctx, opened.made.residents[0].id)
        await until(lambda: page.rows.shown == 39)
        assert page.pane.current().resident.id == held
        await remove_resident(opened.made.ctx, held)
        await until(lambda: page.rows.shown == 38 and not page.panel.isVisible())

    stage(scene)


def test_the_batch_bar_counts_and_names_what_is_common(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("residents")
        table = page.pane.table
        table.set_cursor(0)
        QTest.keyClick(table, Qt.Key.Key_Space)
        QTest.keyClick(table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
        assert table.tick_count() == 2
        assert page.pane.batch_bar.is_open()
        assert page.pane.batch_bar.accessibleName().startswith("2 selected")
        page.pane.batch_bar.cleared.emit()
        assert not page.pane.batch_bar.is_open()

    stage(scene)


def test_a_group_gets_its_doors_and_times_and_a_default_group_stays(stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("groups")
        page.do("new")
        draft = page._form.draft
        draft.set_text("name", "Cleaners")
        draft.set_text("repeat", "weekly")
        assert draft.fault("days") == ""
        page.do("save")
        assert "needs days" in draft.fault("days")
        draft.set_text("days", "135")
        door = page._choices[0].relay_id
        draft.set_text("doors", door)
        page.do("save")
        await until(lambda: page.rows.shown == 3)
        group = await opened.made.mirror.read(lambda r: r.first(ACCESS_GROUP, name="Cleaners"))
        assert group is not None
        doors = await opened.made.mirror.read(lambda r: r.find(GROUP_DOOR, group_id=group.id))
        assert [d.relay_id for d in doors] == [door]
        default = next(x for x in page.rows.all_rows() if x.default_of)
        acts, _ = page.batch_acts([default])
        assert "stays" in acts[0].reason

    stage(scene)
