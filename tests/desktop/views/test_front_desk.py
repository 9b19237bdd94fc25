"""The pages of the front desk: the day, doors and their log, codes, apartments, moves, the matrix; for a manager."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from core.base.verdict import Verdict
from core.entities.access import GROUP_MEMBER, RELAY_SCHEDULE
from core.entities.credential import CREDENTIAL, CredentialKind
from core.entities.person import RESIDENT
from core.entities.record import AUDIT_ENTRY
from core.entities.task import TASK, TaskKind
from core.entities.turnover import TURNOVER
from core.usecases.desk_board import Place
from core.usecases.lan import scan
from core.usecases.today import today
from core.usecases.turnover import move_out
from core.usecases.visitor_pass import NewPass, visitor_pass
from core.usecases.visitors import Times
from desktop.models.codes import whose_code
from desktop.models.pass_draft import PassDraft, load_pass_data
from desktop.models.receipts import ReceiptState
from desktop.models.today import day_facts, load_today, note_of, time_of
from desktop.models.words import zone_of
from desktop.views.door_panel import DoorPanel
from desktop.views.move_out import LATER, MoveOutSheet
from desktop.views.people_acts import MoveIn, group_entries
from desktop.views.who_opens import ExplainBox, OpenersBox
from desktop.views.widgets.dry_run import DryRunSheet
from tests.desktop.fixtures_desk import confirm, dialog
from tests.desktop.fixtures_window import Opened, Scene, lines_of, until

Stage = Callable[[Scene], None]


# -- the day


def test_the_board_has_who_is_expected_and_the_desk_lets_them_in_and_out(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("today")
        names = {g.name for g in page.today.at(Place.EXPECTED)} | {g.name for g in page.today.at(Place.GONE)}
        assert {"Goran Milich", "Laundry service"} <= names
        guest = next(g for g in page.today.guests if g.name == "Goran Milich")
        page.board.focus_card(guest.line.person.id)
        page.do("arrived")
        await until(lambda: page.today.guest(guest.line.person.id).line.place is Place.INSIDE)
        page.board.focus_card(guest.line.person.id)
        QTest.keyClick(page.person, Qt.Key.Key_2)
        await until(lambda: page.today.guest(guest.line.person.id).line.place is Place.GONE)
        assert page._not_inside() == "Goran Milich is not in the house."
        noted = await opened.made.mirror.read(lambda r: r.find(AUDIT_ENTRY, entity=RESIDENT.name, op="left"))
        assert [n.who for n in noted] == ["Ilse Brandvik"]

    desk_stage(scene)


def test_the_day_counts_moves_receipts_silent_doors_and_codes_that_end_and_leads_to_them(
    desk_stage: Stage,
) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("today")
        day = await today(opened.made.ctx, opened.made.site.id)
        assert page.today.day == day
        assert {g.line for g in page.today.guests} == set(day.people)
        expected = {"doors": len(day.offline), "codes": len(day.expiring)}
        facts = day_facts(day)
        assert {f.page for f in facts} == {key for key, count in expected.items() if count}
        assert [link.text() for link in page.day.links] == [f.words for f in facts]
        assert all(link.accessibleName() and link.accessibleDescription() for link in page.day.links)
        person = opened.made.residents[1].id
        zone = zone_of(opened.made.site.time_zone)
        at = datetime.combine(opened.made.ctx.clock.now().astimezone(zone).date(), time(23, 59, 59), zone)
        await move_out(opened.made.ctx, person=person, at=at)
        await until(lambda: any(f.key == "moves_out" for f in day_facts(page.today.day)))
        link = page.day.links[0]
        assert link.text() == "1 moves out"
        QTest.keyClick(link, Qt.Key.Key_Space)
        await until(lambda: opened.frame.page_of("receipts") is not None)

    desk_stage(scene)


def test_vis_01_who_may_come_at_any_time_is_expected_and_never_late(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        now = opened.made.ctx.clock.now()
        today_, day = now.astimezone(zone_of(opened.made.site.time_zone)).date(), timedelta(days=1)
        draft = PassDraft(await load_pass_data(opened.made.ctx, opened.made.site.id))
        draft.search("castan")
        host = draft.host
        assert host is not None
        times = Times(from_day=today_ - day, to_day=today_ + day, from_time=time(14, 30))
        asked = NewPass(opened.made.site.id, "Ida Week", apartment_id=host.apartment_id, times=times)
        made = await visitor_pass(opened.made.ctx, asked)
        shown = await load_today(opened.made.ctx, opened.made.site.id)
        guest = shown.guest(made.key.visitor.id)
        assert guest is not None
        assert (guest.line.place, guest.line.all_day) == (Place.EXPECTED, True)
        assert (time_of(guest, opened.made.site.time_zone), note_of(guest, now)) == (
            "",
            ("all day", "t2", False),
        )

    desk_stage(scene)


def test_a_resident_is_found_by_letters_unit_or_plate_with_doors_and_acts(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("today")
        for words in ("mirela cas", "4471kld"):
            page.search.clear()
            QTest.keyClicks(page.search, words)
            assert page.person.accessibleName() == "Mirela Castan", words
        assert [b.label() for b in page.person.acts][:2] == ["Visitor pass", "Open a door"]
        QTest.keyClick(page.search, Qt.Key.Key_Return)
        QTest.keyClick(page.person, Qt.Key.Key_4)
        residents: Any = opened.frame.page_of("residents")
        await until(lambda: residents.is_settled and residents.person is not None)
        assert residents.person.data.resident.id == opened.made.residents[0].id

    desk_stage(scene)


# -- doors and their log


def test_a_door_is_opened_held_and_asked_for_and_each_answer_is_kept(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("doors")
        line = next(x for x in page.rows.all_rows() if x.device.name == "Gym")
        page.pane.show_key(line.relay.id)
        page.do("open")
        await opened.settle()
        page.hold(line, 600, 10)
        await opened.settle()
        answers = page.answers[line.relay.id]
        assert [a.verdict for a in answers] == [Verdict.PROVED, Verdict.PROVED]
        assert answers[0].act == "Hold open for 10 minutes"
        opened.made.gateway.by_url[line.device.address].away = True
        page.do("open")
        await opened.settle()
        assert page.answers[line.relay.id][0].verdict is Verdict.UNREACHABLE
        page.ask_site(line)
        await opened.settle()
        tasks = await opened.made.mirror.read(lambda r: r.find(TASK, kind=TaskKind.RELAY))
        assert [t.device_id for t in tasks] == [line.device.id]
        assert page.answers[line.relay.id][0].verdict is Verdict.WAITING

    desk_stage(scene)


def test_a_door_says_who_may_open_it_and_is_held_open_in_a_groups_times(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("doors")
        line = next(x for x in page.rows.all_rows() if x.device.name == "Gym")
        page.pane.show_key(line.relay.id)
        page.open_panel(page.pane.current())
        await opened.settle()
        panel = page.panel.findChildren(DoorPanel)[-1]
        openers = panel.findChildren(OpenersBox)[0].openers
        assert openers is not None
        assert len(openers.people) == line.people
        group_id, name = next((g, n) for g, n in page.groups if n == "Cleaners")
        panel._boxes[group_id].click()
        await until(lambda: page.same_row(line).held_by == ((group_id, name),))
        rows = await opened.made.mirror.read(lambda r: r.find(RELAY_SCHEDULE, relay_id=line.relay.id))
        assert [r.group_id for r in rows] == [group_id]

    desk_stage(scene)


def test_the_log_reads_every_door_names_the_silent_ones_and_says_why(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("door_log")
        before = page.log.total
        assert before == 10
        page.do("read")
        await opened.settle()
        await until(lambda: page.log.total > before)
        assert page.bar._strong.whole_text() == "8 of 10 doors report"
        assert "Garage ramp" in page.bar._text.whole_text()
        refused = next(
            e
            for e in (page.log.object_at(n) for n in range(page.log.rowCount()))
            if e.person_id and not e.worked
        )
        page.open_panel(refused)
        await opened.settle()
        answer = page.panel.findChildren(ExplainBox)[-1].answer
        assert answer is not None
        assert "Garage ramp" in answer.sentence
        page.log.set_filter("worked", "refused")
        await opened.settle()
        assert all(not page.log.object_at(n).worked for n in range(page.log.rowCount()))

    desk_stage(scene)


# -- codes and apartments


def test_codes_are_masked_until_shown_and_found_only_whole(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("codes")
        assert {x.line.code for x in lines_of(page.rows)} == {"••••"}
        page.do("show")
        await until(lambda: all(x.line.code.isdigit() for x in lines_of(page.rows)))
        noted = await opened.made.mirror.read(lambda r: r.find(AUDIT_ENTRY, op="reveal"))
        assert len(noted) == 1
        site = opened.made.site.id
        card = next(c for c in await _codes(opened, CredentialKind.CARD) if c.code.startswith("0A4F"))
        assert await whose_code(opened.made.ctx, site, card.code.lower()) == (CredentialKind.CARD, card.id)
        assert await whose_code(opened.made.ctx, site, card.code[:5]) is None
        page.pane.show_first()
        page.do("remove")
        await confirm(opened, DryRunSheet)
        left = await _codes(opened, CredentialKind.PIN)
        await until(lambda: page.rows.shown == len(left))

    desk_stage(scene)


async def _codes(opened: Opened, kind: CredentialKind) -> list[Any]:
    found = await opened.made.mirror.read(
        lambda r: r.find(CREDENTIAL, kind=kind, scope_id=opened.made.site.id)
    )
    return list(found)


def test_switches_of_many_apartments_change_after_a_dry_run_or_say_why_not(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("apartments")
        page.pane.table.tick_all()
        page.switch("may_pin", on=False)
        sheet = await dialog(opened, DryRunSheet)
        assert sheet.primary.label() in {"Change 20", "Change 0"}
        assert sheet.tree.model().rowCount() >= 1
        sheet.reject()
        page.pane.table.clear_ticks()
        page.pane.show_first()
        page.open_panel(page.pane.current())
        await opened.settle()
        assert page._form.draft.fields["number"].locked
        page._form.draft.set_text("name", "Penthouse")
        page.do("save")
        await until(lambda: any(x.home.name == "Penthouse" for x in page.rows.all_rows()))

    desk_stage(scene)


# -- moves


@pytest.mark.soak  # the manager's walk does the same with real devices in every run
def test_a_move_out_leaves_a_receipt_that_closes_with_the_last_door(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("residents")
        person = opened.made.residents[1]
        page.pane.show_key(person.id)
        page.do("move_out")
        sheet = await dialog(opened, MoveOutSheet)
        assert sheet.primary.label() == "Move out now"
        QTest.keyClick(sheet, Qt.Key.Key_Return)
        await opened.settle()
        assert await opened.made.mirror.read(lambda r: r.get(RESIDENT, person.id)) is None
        moves = await opened.page("receipts")
        line = moves.rows.all_rows()[0]
        assert (line.state, line.proved) == (ReceiptState.OPEN, 0)
        moves.pane.show_key(line.receipt.id)
        moves.open_panel(moves.pane.current())
        assert moves._remainder(line).startswith("Left: ")
        await _mend(opened)
        moves.do("push")
        await until(lambda: moves.rows.all_rows()[0].state is ReceiptState.CLOSED, limit_s=30.0)

    desk_stage(scene)


async def _mend(opened: Opened) -> None:
    """Every device answers again, keeps what it is given, and was seen since."""
    for device in opened.made.gateway.by_url.values():
        device.away, device.blocked, device.drops = False, False, 0
    await scan(opened.made.ctx, [])


def test_a_later_move_waits_for_its_moment_and_a_bad_one_says_so(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("residents")
        person = opened.made.residents[2]
        page.pane.show_key(person.id)
        page.do("move_out")
        sheet = await dialog(opened, MoveOutSheet)
        sheet.when.set_current(LATER)
        assert sheet.primary.reason.startswith("Say the day")
        for words, reason in (("2020-01-01", "This moment has passed"), ("2031-05-04 12:00", "")):
            sheet.at.line.setText(words)
            sheet.at.edited.emit(words)
            assert sheet.primary.reason.startswith(reason)
        QTest.keyClick(sheet, Qt.Key.Key_Return)
        await opened.settle()
        kept = await opened.made.mirror.read(lambda r: r.require(RESIDENT, person.id))
        assert kept.valid_until is not None
        assert kept.valid_until.year == 2031
        moves = await opened.page("receipts")
        assert moves.rows.all_rows()[0].state is ReceiptState.DUE

    desk_stage(scene)


def test_moving_in_from_an_apartment_opens_a_receipt(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        home = opened.made.apartments[6]
        page = await opened.page("residents", MoveIn(home.id))
        await until(lambda: page.person is not None and page.person.moves_in)
        form = page.person.form
        for name, words in (("first_name", "Ada"), ("last_name", "Byron"), ("pin", "70318")):
            QTest.keyClicks(form.editors[name].line, words)
        page.do("save")
        await until(lambda: page.rows.shown == 41)
        rows = await opened.made.mirror.read(lambda r: r.find(TURNOVER, apartment_id=home.id))
        assert [(r.title, r.kind.value) for r in rows] == [("Ada Byron", "move_in")]

    desk_stage(scene)


def test_ticked_people_join_a_group_after_a_dry_run_and_leave_it_by_undo(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        staff = await opened.page("staff")
        staff.pane.table.tick_all()
        entries = await group_entries(staff, opened.desk, staff.rows.pick(staff.pane.ranges()), inside=True)
        next(entry for entry in entries if entry is not None and entry.text == "Cleaners").run()
        await confirm(opened, DryRunSheet)
        members = await opened.made.mirror.read(lambda r: r.find(GROUP_MEMBER))
        people = {x.resident.id for x in lines_of(staff.rows)}
        assert sum(1 for m in members if m.person_id in people) == 3
        await opened.desk.undoing.take_back()
        left = await opened.made.mirror.read(lambda r: r.find(GROUP_MEMBER))
        assert not [m for m in left if m.person_id in people]

    desk_stage(scene)


# -- the matrix


def test_the_matrix_counts_narrows_and_pushes_what_is_missing(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("matrix")
        data = page.model.data_of
        assert len(data.devices) == 8
        totals = data.totals()
        assert totals[Verdict.FOREIGN] == 1
        assert page.model.rows[0].nobody
        index = page.view.currentIndex()
        cell = page.model.cell(index.row(), index.column())
        assert cell is not None
        assert cell.verdict is not Verdict.PROVED, "it begins at the first gap"
        page.narrow.setText("castan")
        assert {r.name.split()[1] for r in page.model.rows} == {"Castan"}
        page.narrow.setText("gym")
        assert [d.name for d in page.model.columns] == ["Gym"]
        page.narrow.clear()
        await _mend(opened)
        page.do("push")
        limit = "A limit of uses cannot be sent to this device."
        await until(lambda: {c.said for _, _, c in page.model.data_of.gaps()} == {limit}, what="gaps stay")
        page.which.set_current("gaps")
        names = {r.name for r in page.model.rows if not r.nobody}
        assert names == {"Goran Milich", "Boiler service", "Piano tuner"} & names
        assert page.model.rows[0].nobody

    desk_stage(scene)
