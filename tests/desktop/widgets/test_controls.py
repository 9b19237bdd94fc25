"""Buttons, fields, ticks, toggles, segments, tabs, chips: what they do, say and refuse."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QDate, QPoint, Qt
from PySide6.QtGui import QKeySequence, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.qt.shots import picture
from desktop.qt.theme import Theme
from desktop.views.widgets.base import row
from desktop.views.widgets.buttons import Button, IconButton, LinkButton
from desktop.views.widgets.choice import ChoiceBox, DateField, NumberField
from desktop.views.widgets.fields import FormField, LineEdit, SecretEdit
from desktop.views.widgets.filter_bar import Chip, Filter, FilterBar
from desktop.views.widgets.paragraph import Paragraph, Run
from desktop.views.widgets.toggles import CheckBox, Choice, RadioButton, Segmented, Tabs, Toggle

CHOICES = [Choice("a", "All", "48"), Choice("l", "Left", "5"), Choice("g", "Only gaps", needs=True)]


def clicks(button: Button) -> list[bool]:
    seen: list[bool] = []
    button.clicked.connect(lambda: seen.append(True))
    return seen


def test_a_button_is_pressed_by_mouse_and_keyboard(look: Theme, qtbot: QtBot) -> None:
    button = Button("Push", "primary", keys="Ctrl Enter")
    qtbot.addWidget(button)
    seen = clicks(button)
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    QTest.keyClick(button, Qt.Key.Key_Space)
    assert len(seen) == 2
    assert button.accessibleName() == "Push"


@pytest.mark.qt_log_ignore("does not support raise", extend=True)  # a tool tip on a platform without windows
def test_an_impossible_act_says_why_and_cannot_be_pressed(look: Theme, qtbot: QtBot) -> None:
    button = Button("Delete")
    button.setShortcut(QKeySequence("Ctrl+D"))
    qtbot.addWidget(button)
    button.show()
    seen = clicks(button)
    button.set_reason("Delete is off for managers at this site.")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    QTest.keyClick(button, Qt.Key.Key_Space)
    QTest.keyClick(button, Qt.Key.Key_D, Qt.KeyboardModifier.ControlModifier)
    assert seen == []
    assert button.isEnabled()
    assert button.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert button.toolTip() == button.accessibleDescription() == "Delete is off for managers at this site."
    assert button.state() == "off"
    button.set_reason("")
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    assert len(seen) == 1


def test_an_ampersand_is_a_letter(look: Theme, qtbot: QtBot) -> None:
    button = Button("Pine & Latch")
    qtbot.addWidget(button)
    assert button.label() == "Pine & Latch"
    assert button.shortcut().isEmpty()


def test_the_ground_of_a_primary_button_is_the_token(look: Theme, qtbot: QtBot) -> None:
    button = Button("Push", "primary")
    qtbot.addWidget(button)
    button.resize(button.sizeHint())
    button.show_as("rest")
    assert picture(button).pixelColor(6, 15).name().upper() == look.tokens.acc
    button.show_as("pressed")
    assert picture(button).pixelColor(6, 15).name().upper() == look.tokens.accp


def test_buttons_keep_the_heights_of_the_sheet(look: Theme, qtbot: QtBot) -> None:
    for size, height in (("small", 24), ("normal", 30), ("large", 38)):
        button = Button("Push", size=size)
        qtbot.addWidget(button)
        assert button.height() == height


def test_a_badge_is_part_of_the_name(look: Theme, qtbot: QtBot) -> None:
    bell = IconButton("bell", "Notices")
    qtbot.addWidget(bell)
    bell.set_badge("2")
    assert bell.accessibleName() == "Notices, 2"
    bell.set_badge("")
    assert bell.accessibleName() == "Notices"


def test_a_link_is_clicked(look: Theme, qtbot: QtBot) -> None:
    link = LinkButton("Use 70318")
    qtbot.addWidget(link)
    with qtbot.waitSignal(link.clicked, timeout=10_000):
        QTest.mouseClick(link, Qt.MouseButton.LeftButton)
    assert link.accessibleName() == "Use 70318"


def test_a_field_with_an_error_says_it_and_offers_the_way_out(look: Theme, qtbot: QtBot) -> None:
    field = FormField("PIN", LineEdit("9120", mono=True), hint="2 to 8 digits")
    qtbot.addWidget(field)
    field.resize(300, 80)
    field.show()
    before = field.sizeHint().height()
    field.set_error("Starts with 9.", link="use", link_text="Use 70318")
    assert field.error == "Starts with 9."
    assert field.editor.property("state") == "error"
    assert field.editor.accessibleDescription() == "Starts with 9."
    assert field.editor.accessibleName() == "PIN"
    assert field.sizeHint().height() > before
    line = field.findChildren(Paragraph)[1]
    with qtbot.waitSignal(field.link_activated, timeout=10_000) as caught:
        QTest.keyClick(line, Qt.Key.Key_Return)
    assert caught.args == ["use"]
    field.set_error("")
    assert field.error == ""
    assert not field.editor.property("state")


def test_a_changed_value_is_marked(look: Theme, qtbot: QtBot) -> None:
    field = FormField("Name", LineEdit("Entrance N"))
    qtbot.addWidget(field)
    field.resize(200, 60)
    plain = picture(field).pixelColor(100, 40).name().upper()
    field.set_edited(edited=True)
    assert field.edited
    assert picture(field).pixelColor(100, 40).name().upper() == look.tokens.edit != plain


def test_a_secret_is_masked_until_the_eye_is_pressed(look: Theme, qtbot: QtBot) -> None:
    field = SecretEdit("4471")
    qtbot.addWidget(field)
    assert field.echoMode() == QLineEdit.EchoMode.Password
    field.eye.click()
    assert field.echoMode() == QLineEdit.EchoMode.Normal
    field.hide_again()
    assert field.echoMode() == QLineEdit.EchoMode.Password
    assert field.inputMethodHints() & Qt.InputMethodHint.ImhNoPredictiveText


def test_a_locked_field_is_read_only(look: Theme, qtbot: QtBot) -> None:
    field = LineEdit("0C:11:05:2A:7F:31", locked=True)
    qtbot.addWidget(field)
    assert field.isReadOnly()
    QTest.keyClicks(field, "x")
    assert field.text() == "0C:11:05:2A:7F:31"
    field.set_locked(locked=False)
    QTest.keyClicks(field, "x")
    assert field.text() == "0C:11:05:2A:7F:31x"


def test_the_small_things_in_a_field_change_sides(look: Theme, qtbot: QtBot) -> None:
    field = SecretEdit("4471")
    qtbot.addWidget(field)
    field.resize(200, 30)
    assert field.eye.x() > 100
    field.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert field.eye.x() < 20


def test_scrolling_a_form_does_not_edit_it(look: Theme, qtbot: QtBot) -> None:
    box = ChoiceBox([("a", "Building A"), ("b", "Building B")], current="a")
    number = NumberField(5, 1, 10)
    for widget in (box, number):
        qtbot.addWidget(widget)
        event = QWheelEvent(
            QPoint(5, 5),
            QPoint(5, 5),
            QPoint(0, 0),
            QPoint(0, -120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        widget.wheelEvent(event)
        assert not event.isAccepted()
    assert (box.current(), number.value()) == ("a", 5)


def test_a_choice_is_told_by_its_key(look: Theme, qtbot: QtBot) -> None:
    box = ChoiceBox([(1, "One"), (2, "Two")])
    qtbot.addWidget(box)
    assert box.current() is None
    with qtbot.waitSignal(box.chosen, timeout=10_000) as caught:
        QTest.keyClick(box, Qt.Key.Key_Down)
    assert caught.args == [1]
    box.set_current(9)
    assert box.current() is None


def test_a_date_is_written_in_words(look: Theme, qtbot: QtBot) -> None:
    field = DateField(QDate(2027, 8, 31))
    qtbot.addWidget(field)
    assert field.text() == "31 Aug 2027"


def test_a_check_box_has_three_states(look: Theme, qtbot: QtBot) -> None:
    box = CheckBox("some")
    qtbot.addWidget(box)
    box.setTristate(True)
    box.setCheckState(Qt.CheckState.PartiallyChecked)
    QTest.mouseClick(box, Qt.MouseButton.LeftButton)
    assert box.checkState() == Qt.CheckState.Checked
    assert box.accessibleName() == "some"


@pytest.mark.parametrize("key", [Qt.Key.Key_Space, Qt.Key.Key_Return])
def test_a_toggle_acts_at_once(look: Theme, qtbot: QtBot, key: Qt.Key) -> None:
    toggle = Toggle("May make visitor passes")
    qtbot.addWidget(toggle)
    with qtbot.waitSignal(toggle.toggled, timeout=10_000) as caught:
        QTest.keyClick(toggle, key)
    assert caught.args == [True]
    assert toggle.accessibleName() == "May make visitor passes"


def test_the_knob_changes_sides(look: Theme, qtbot: QtBot) -> None:
    toggle = Toggle("x", on=True)
    qtbot.addWidget(toggle)
    toggle.resize(28, 16)
    white = "#ffffff"
    assert picture(toggle).pixelColor(20, 8).name() == white
    toggle.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert picture(toggle).pixelColor(8, 8).name() == white
    assert picture(toggle).pixelColor(20, 8).name() != white


def test_a_radio_button_can_be_clicked_anywhere(look: Theme, qtbot: QtBot) -> None:
    radio = RadioButton("Monitors")
    qtbot.addWidget(radio)
    radio.resize(200, 18)
    QTest.mouseClick(radio, Qt.MouseButton.LeftButton, pos=QPoint(150, 9))
    assert radio.isChecked()


@pytest.mark.parametrize("kind", [Segmented, Tabs])
def test_a_strip_goes_by_keys(look: Theme, qtbot: QtBot, kind: type[Segmented | Tabs]) -> None:
    strip = kind(CHOICES)
    qtbot.addWidget(strip)
    seen: list[str] = []
    strip.changed.connect(seen.append)
    for key in (Qt.Key.Key_Right, Qt.Key.Key_End, Qt.Key.Key_Right, Qt.Key.Key_Home):
        QTest.keyClick(strip, key)
    assert seen == ["l", "g", "a"]
    strip.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    QTest.keyClick(strip, Qt.Key.Key_Left)
    assert strip.current() == "l"
    assert "2 of 3" in strip.accessibleDescription()
    with pytest.raises(KeyError):
        strip.set_current("x")


def test_a_strip_is_clicked_where_it_is_drawn(look: Theme, qtbot: QtBot) -> None:
    strip = Segmented(CHOICES)
    qtbot.addWidget(strip)
    strip.resize(strip.sizeHint())
    QTest.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(strip.width() - 5, 10))
    assert strip.current() == "g"
    strip.set_choices(CHOICES[::-1])
    assert strip.current() == "g"
    strip.set_choices(CHOICES[:2])
    assert strip.current() == "a"


def test_a_chip_is_changed_or_removed(look: Theme, qtbot: QtBot) -> None:
    bar = FilterBar()
    qtbot.addWidget(bar)
    bar.resize(900, 40)
    bar.set_filters([Filter("b", "Building", "B"), Filter("s", "State", "active")])
    bar.show()
    removed: list[str] = []
    changed: list[str] = []
    bar.filter_removed.connect(removed.append)
    bar.filter_clicked.connect(changed.append)
    first, second = bar.chips()
    QTest.mouseClick(first, Qt.MouseButton.LeftButton, pos=first.cross_rect().center())
    QTest.mouseClick(first, Qt.MouseButton.LeftButton, pos=QPoint(12, 12))
    QTest.keyClick(second, Qt.Key.Key_Delete)
    QTest.keyClick(second, Qt.Key.Key_Return)
    assert removed == ["b", "s"]
    assert changed == ["b", "s"]


def test_chips_that_do_not_fit_are_counted(look: Theme, qtbot: QtBot) -> None:
    bar = FilterBar()
    qtbot.addWidget(bar)
    bar.resize(420, 40)
    bar.set_filters([Filter(str(number), "Building", f"number {number}") for number in range(6)])
    bar.show()
    hidden = [chip for chip in bar.chips() if chip.isHidden()]
    more = [chip for chip in bar.findChildren(Chip) if chip.accessibleName().endswith("more filters")]
    assert hidden
    assert more[0].accessibleName() == f"{len(hidden)} more filters"
    with qtbot.waitSignal(bar.more_clicked, timeout=10_000):
        more[0].click()
    bar.resize(1400, 40)
    assert not [chip for chip in bar.chips() if chip.isHidden()]


def test_a_paragraph_breaks_and_knows_its_links(look: Theme, qtbot: QtBot) -> None:
    words = Paragraph([Run("Sent to the address of the person. "), Run("Send again", link="again")])
    qtbot.addWidget(words)
    wide, narrow = words.heightForWidth(600), words.heightForWidth(120)
    assert wide == 16
    assert narrow >= 48
    words.resize(600, wide)
    with qtbot.waitSignal(words.link_activated, timeout=10_000) as caught:
        QTest.mouseClick(words, Qt.MouseButton.LeftButton, pos=QPoint(words.sizeHint().width() - 10, 8))
    assert caught.args == ["again"]
    assert words.link_at(QPoint(4, 8).toPointF()) == ""


def test_a_paragraph_is_never_markup(look: Theme, qtbot: QtBot) -> None:
    words = Paragraph("<b>bold</b>\nsecond")
    qtbot.addWidget(words)
    assert words.text() == "<b>bold</b>\nsecond"
    assert words.heightForWidth(400) == 32


def test_rows_of_widgets_follow_the_direction(look: Theme, qtbot: QtBot) -> None:
    holder, line = QWidget(), row(gap=0)
    first, second = Button("One"), Button("Two")
    line.addWidget(first)
    line.addWidget(second)
    holder.setLayout(line)
    qtbot.addWidget(holder)
    holder.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    holder.resize(200, 40)
    holder.show()
    assert first.x() > second.x()
