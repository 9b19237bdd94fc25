"""The foot of a long list, in a window over forty residents."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.models.preferences import Preferences
from desktop.models.saved_views import ViewBook
from desktop.views.widgets.fields import FormField
from tests.desktop.fixtures_window import Opened, Scene, until

Stage = Callable[[Scene], None]


async def _long(opened: Opened) -> Any:
    page = await opened.page("residents")
    await until(lambda: not page.pane.foot.isHidden(), what="the foot of a long list is not there")
    return page


def test_acc_19_a_long_list_tells_its_rows_pages_and_goes_where_it_is_asked(stage: Stage) -> None:
    """ACC-19: total number, lines per page, page, 'go to', sort by a click on the column."""

    async def scene(opened: Opened) -> None:
        page = await _long(opened)
        foot, table, total = page.pane.foot, page.pane.table, page.listing.rowCount()
        fits = foot.paging.fits
        assert 5 < fits < total
        assert foot.rows.whole_text() == f"Rows 1 to {fits} of {total}"
        assert foot.field.text() == "1"
        assert foot.before.reason
        QTest.mouseClick(foot.next, Qt.MouseButton.LeftButton)
        assert table.verticalScrollBar().value() == min(fits, table.verticalScrollBar().maximum()) > 0
        assert table.current_row() == fits
        foot.set_lines(10)
        assert foot.of.whole_text() == f"of {-(-total // 10)}"
        table.setFocus()
        QTest.keyClick(table, Qt.Key.Key_G, Qt.KeyboardModifier.ControlModifier)
        await until(foot.field.hasFocus)
        QTest.keyClicks(foot.field, "2")
        QTest.keyClick(foot.field, Qt.Key.Key_Return)
        assert (table.current_row(), table.rowAt(1)) == (10, 10)
        assert table.hasFocus()
        foot.field.setText("99")
        foot.go()
        assert "There are pages 1 to" in foot.rows.whole_text()
        assert foot.field.text() == "99", "what was typed stays beside the reason"
        foot.field.setText(f"#{total}")
        foot.go()
        assert table.current_row() == total - 1
        assert foot.rows.whole_text().endswith(f"to {total} of {total}")
        assert foot.next.reason
        before = page.listing.object_at(0)
        table.sort_asked.emit(1, True)
        await until(lambda: page.listing.object_at(0) != before)

    stage(scene)


def test_acc_19_a_list_in_sight_as_a_whole_has_no_foot_and_an_empty_one_a_plain_word(stage: Stage) -> None:
    """ACC-19: 'a plain word when empty'; no field that leads nowhere."""

    async def scene(opened: Opened) -> None:
        page = await _long(opened)
        page.pane.search.setText("Mirela")
        page.pane._search_now()
        await until(page.pane.foot.isHidden)
        page.pane.search.setText("nobody at all")
        page.pane._search_now()
        await until(lambda: page.pane.stack.currentWidget() is page.pane.no_match)
        await opened.settle()

    stage(scene)


def test_acc_19_required_fields_carry_a_star_and_a_page_in_a_page_its_path(stage: Stage) -> None:
    """ACC-19: 'required fields carry a star'; 'path of the page above' leads back."""

    async def scene(opened: Opened) -> None:
        page = await _long(opened)
        page.do("new")
        await opened.settle()
        draft = page.form.draft if hasattr(page, "form") else None
        fields = page.panel.findChildren(FormField)
        starred = {field.label for field in fields if field.star is not None}
        assert {"First name", "Last name", "Apartment"} <= starred
        assert "E-mail" not in starred
        assert draft is None or all(
            draft.fields[n].label in starred for n in draft.fields if draft.fields[n].required
        )
        devices = await opened.page("devices")
        devices.open(opened.made.devices[0].id)
        await opened.settle()
        devices.view.head.path_clicked.emit("devices")
        await until(lambda: devices.view is None or not devices.view.isVisible())

    stage(scene)


def test_lines_of_a_page_are_kept_beside_the_columns_of_a_list(theme: Any) -> None:
    """ACC-19: the choice is kept per list; a damaged one counts as 'as many as fit'."""
    preferences = Preferences()
    book = ViewBook(preferences, "residents")
    book.set_hidden(("email",))
    book.set_lines(50)
    assert (book.lines(), book.hidden(), ViewBook(preferences, "macs").lines()) == (50, ("email",), 0)
    preferences.set("table_state", {"residents": {"lines": "many"}})
    assert book.lines() == 0
