"""The page Lock codes: what to enter and take away, said one by one and together, taken back (SET-03, INT-02)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from PySide6.QtWidgets import QLineEdit

from core.base.verdict import Verdict
from core.entities.credential import CREDENTIAL
from core.entities.lock import LOCK_CODE
from core.entities.organisation import Role
from core.entities.record import AUDIT_ENTRY
from core.rules.lock_codes import Todo
from core.sheets.read import read_table
from desktop.qt.dialogs import QuestionDialog
from desktop.views.lock_codes import LockCodesPage
from desktop.views.widgets.dry_run import DryRunSheet
from tests.codes import stands_in
from tests.desktop.fixtures_desk import confirm, dialog
from tests.desktop.fixtures_window import Opened, Scene, until
from tests.desktop.furnish_locks import REFUSED, furnish_locks

Stage = Callable[[Scene], None]


async def with_locks(opened: Opened) -> LockCodesPage:
    """The page of a manager at a site with locks."""
    manager = opened.made.ctx.actor
    assert manager is not None
    opened.made.ctx.actor = replace(manager, role=Role.INSTALLER)
    await furnish_locks(opened.made)
    opened.made.ctx.actor = manager
    page = await opened.page("lock_codes")
    assert isinstance(page, LockCodesPage)
    await until(lambda: page.work.open > 0)
    await opened.settle()
    return page


def counts(page: LockCodesPage) -> dict[Todo, int]:
    todos = [line.item.todo for line in page.work.lines]
    return {todo: todos.count(todo) for todo in set(todos)}


def test_set_03_a_manager_goes_through_the_list_one_key_a_code_and_takes_one_back(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await with_locks(opened)
        assert counts(page) == {Todo.TAKE: 1, Todo.ADD: 4, Todo.CANNOT: 3, Todo.KEEP: 2}
        # What still opens and should not stands first, and the cursor is where the work is.
        assert page.pane.show_first()
        first = page.pane.current()
        assert (first.item.todo, first.page, first.unit) == (Todo.TAKE, "", "gone")
        page.do("done")
        await until(lambda: Todo.TAKE not in counts(page))
        await opened.settle()
        assert opened.window.focusWidget() is page.pane.table
        assert page.pane.current().item.todo is Todo.ADD, "the next code is under the cursor"
        refused = next(
            line for line in page.work.lines if line.item.verdict is Verdict.REFUSED and line.since
        )
        assert refused.item.why == REFUSED
        await until(lambda: opened.desk.undoing.back is not None)
        await opened.desk.undoing.take_back()
        await until(lambda: counts(page).get(Todo.TAKE) == 1)

    desk_stage(scene)


def test_set_03_many_are_said_after_a_dry_run_and_a_refusal_with_the_programs_words(
    desk_stage: Stage,
) -> None:
    async def scene(opened: Opened) -> None:
        page = await with_locks(opened)
        page.pane.table.tick_all()
        page.do("done")
        sheet = await dialog(opened, DryRunSheet)
        assert sheet.primary.text().endswith("5")
        await confirm(opened, DryRunSheet)
        await until(lambda: counts(page) == {Todo.KEEP: 6, Todo.CANNOT: 3})
        assert page.pane.table.tick_count() == 0
        assert page.work.open == 0
        assert page._not_done()
        kept = next(line for line in page.work.lines if line.item.todo is Todo.KEEP)
        assert page.pane.show_key(kept.key)
        page.do("refused")
        asked = await dialog(opened, QuestionDialog)
        asked.findChild(QLineEdit).setText("Battery was changed")
        await confirm(opened, QuestionDialog)
        await until(lambda: counts(page).get(Todo.ADD) == 1)
        rows = await opened.made.mirror.read(lambda r: r.find(LOCK_CODE, verdict=Verdict.REFUSED))
        assert [row.said for row in rows] == ["Battery was changed"]
        assert rows[0].by == "Ilse Brandvik"

    desk_stage(scene)


def test_set_03_a_code_is_shown_until_the_page_is_left_and_the_list_is_of_the_lock_it_is_narrowed_to(
    desk_stage: Stage, tmp_path: Path
) -> None:
    async def scene(opened: Opened) -> None:
        page = await with_locks(opened)
        line = next(one for one in page.work.lines if one.item.todo is Todo.ADD)
        code = line.item.code
        assert code is not None
        page.pane.show_key(line.key)
        page.do("show")
        await until(lambda: page._seen == (line.key, code.code))
        seen = await opened.made.mirror.read(lambda r: r.find(AUDIT_ENTRY, op="reveal"))
        assert [one.entity_id for one in seen] == [code.id]
        shown = [[column.text(one) for column in page.rows.columns] for one in page.work.lines]
        codes = await opened.made.mirror.read(lambda r: r.find(CREDENTIAL))
        assert not any(stands_in(one.code, str(shown)) for one in codes if one.code), "none is in the list"
        await opened.page("today")
        assert page._seen == ("", "")
        page = await opened.page("lock_codes")
        page.rows.set_filter("lock", line.item.lock.id)
        await page.write_sheet(tmp_path / "codes.xlsx")
        written = read_table(tmp_path / "codes.xlsx").rows[1:]
        assert len(written) == 5
        assert {row[0] for row in written} == {line.item.lock.name}

    desk_stage(scene)


def test_set_03_a_site_without_locks_says_where_they_come_from(desk_stage: Stage) -> None:
    async def scene(opened: Opened) -> None:
        page = await opened.page("lock_codes")
        assert page.work.locks == 0
        assert page.pane.nothing.buttons == {}
        assert page._no_sheet()

    desk_stage(scene)
