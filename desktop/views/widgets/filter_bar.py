"""The filter bar: a way to add a filter, one chip per filter, and at the end views and tools."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from desktop.qt.painting import Artist, Row
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.widgets.base import Panel, drawn, follow_theme, is_rtl, row
from desktop.views.widgets.labels import Label


class Chip(QAbstractButton):
    """One filter: label, value, and a cross.

    Without a value it is a plain chip (saved view). `dashed` is the one that adds a filter. Signals: `clicked` to
    change it, `removed` for the cross or the Delete key.
    """

    removed = Signal()

    def __init__(
        self,
        label: str,
        value: str = "",
        *,
        key: str = "",
        dashed: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._label, self._value, self._key, self._dashed = label, value, key, dashed
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(f"{label} {value}".strip())
        if value:
            self.setAccessibleDescription(self.tr("Delete takes this filter away"))
        follow_theme(self)

    def apply_theme(self) -> None:
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        look = theme()
        width = look.px(18) + int(look.metrics("help").horizontalAdvance(self._label)) + 1
        if self._value:
            width += (
                look.px(5)
                + int(look.metrics("help-strong").horizontalAdvance(self._value))
                + 1
                + look.px(8 + 12)
            )
        if self._key:
            width += look.px(6) + max(
                look.px(18), int(look.metrics("key").horizontalAdvance(self._key)) + look.px(10)
            )
        return QSize(width, look.px(26))

    def cross_rect(self) -> QRect:
        """Where the cross is."""
        if not self._value:
            return QRect()
        row = Row(self.rect(), rtl=is_rtl(self))
        row.trail(theme().px(5))
        return row.trail(theme().px(20))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self.cross_rect().contains(event.position().toPoint()) and self.isDown():
            self.setDown(False)
            self.removed.emit()
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._value and event.key() in {Qt.Key.Key_Delete, Qt.Key.Key_Backspace}:
            self.removed.emit()
        elif event.key() in {Qt.Key.Key_Return, Qt.Key.Key_Enter}:
            self.click()
        else:
            super().keyPressEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        drawn(self, self._paint)

    def _paint(self, art: Artist) -> None:
        px = art.theme.px
        over = self.underMouse()
        if self._value:
            art.box(self.rect(), "sel" if over else "sel2", "selline")
        else:
            art.box(self.rect(), "hover" if over else "sheet", "line2", dashed=self._dashed)
        row = Row(self.rect(), rtl=art.rtl)
        row.pad(px(9))
        art.text(row.lead(art.width(self._label, "help"), px(5)), self._label, "help", "t2", elide=False)
        if self._value:
            words = art.width(self._value, "help-strong")
            art.text(row.lead(words, px(8)), self._value, "help-strong", "t1", elide=False)
            art.icon(row.lead(px(12)), "x", "t3", 12)
        if self._key:
            row.lead(px(1))
            art.key(row.lead(art.key_width(self._key)), self._key)


@dataclass(frozen=True, slots=True)
class Filter:
    """One filter as shown: key, label, value."""

    key: str
    label: str
    value: str


class _ChipRow(QWidget):
    """Chips side by side; those that do not fit are counted in one chip at the end."""

    overflow_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._chips: list[Chip] = []
        self._more = Chip("+0", parent=self)
        self._more.clicked.connect(self.overflow_clicked)
        self._more.hide()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def set_chips(self, chips: Sequence[Chip]) -> None:
        for chip in self._chips:
            chip.hide()
            chip.deleteLater()
        self._chips = list(chips)
        for chip in self._chips:
            chip.setParent(self)
        self._place()

    def hidden_count(self) -> int:
        return sum(1 for chip in self._chips if chip.isHidden())

    def sizeHint(self) -> QSize:
        gap = theme().px(6)
        return QSize(sum(chip.sizeHint().width() + gap for chip in self._chips), theme().px(26))

    def minimumSizeHint(self) -> QSize:
        return QSize(theme().px(60), theme().px(26))

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._place()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() == QEvent.Type.LayoutDirectionChange:
            self._place()
        super().changeEvent(event)

    def _place(self) -> None:
        gap, room, shown = theme().px(6), self.width(), 0
        widths = [chip.sizeHint().width() + gap for chip in self._chips]
        reserve = 0 if sum(widths) - gap <= room else theme().px(44)
        used = 0
        for width in widths:
            if used + width - gap > room - reserve:
                break
            used, shown = used + width, shown + 1
        flow = Row(self.rect(), rtl=is_rtl(self))
        for number, chip in enumerate(self._chips):
            chip.setVisible(number < shown)
            if number < shown:
                self._put(chip, flow.lead(chip.sizeHint().width(), gap))
        self._more.setVisible(shown < len(self._chips))
        if shown < len(self._chips):
            left = len(self._chips) - shown
            self._more._label = f"+{left}"  # noqa: SLF001  # both classes are this module's
            self._more.setAccessibleName(self.tr("{0} more filters").format(left))
            self._put(self._more, flow.lead(self._more.sizeHint().width()))

    def _put(self, chip: Chip, rect: QRect) -> None:
        chip.resize(chip.sizeHint())
        chip.move(QPoint(rect.left(), (self.height() - chip.height()) // 2))


class FilterBar(Panel):
    """The bar over a table, 40 high.

    Signals: `add_clicked()`, `filter_clicked(str)`, `filter_removed(str)`, `more_clicked()` for the chip that counts
    what did not fit. `add_tool` puts a widget at the end, `set_summary` words before the tools.
    """

    add_clicked = Signal()
    filter_clicked = Signal(str)
    filter_removed = Signal(str)
    more_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__("ruled", parent)
        self.add = Chip(self.tr("Filter"), key="F", dashed=True)
        self.add.clicked.connect(self.add_clicked)
        self._row = _ChipRow()
        self._row.overflow_clicked.connect(self.more_clicked)
        self._summary = Label("", "help", "t3")
        self._lead = row(gap=6)
        self._tools = row(gap=2)
        line = row(gap=6, margins=(Size.SIDE, 0, Size.SIDE, 0))
        line.addLayout(self._lead)
        line.addWidget(self.add)
        line.addWidget(self._row, 1)
        line.addWidget(self._summary)
        line.addLayout(self._tools)
        self.setLayout(line)
        follow_theme(self)

    def set_filters(self, filters: Sequence[Filter]) -> None:
        """Show these filters, in order."""
        chips = []
        for item in filters:
            chip = Chip(item.label, item.value)
            chip.clicked.connect(lambda _on=False, key=item.key: self.filter_clicked.emit(key))
            chip.removed.connect(lambda key=item.key: self.filter_removed.emit(key))
            chips.append(chip)
        self._row.set_chips(chips)

    def chips(self) -> list[Chip]:
        """The chips shown, in order."""
        return list(self._row._chips)  # noqa: SLF001  # both classes are this module's

    def set_summary(self, text: str) -> None:
        """Show words before the tools, e.g. how many rows match."""
        self._summary.setText(text)

    def add_lead(self, widget: QWidget) -> None:
        """Put a widget before the filters, e.g. a search field or a segmented control."""
        self._lead.addWidget(widget)

    def add_tool(self, widget: QWidget) -> None:
        """Put a widget at the end."""
        self._tools.addWidget(widget)

    def apply_theme(self) -> None:
        self.setFixedHeight(theme().px(Size.FILTER_BAR))
