"""What an eye finds wrong on a window: words that are cut or faint, forms that scroll sideways, nameless controls."""

from __future__ import annotations

from array import array
from collections import Counter
from functools import cache
from itertools import combinations

from PySide6.QtCore import QAbstractListModel, QObject, QPoint, QRect, Qt
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QAbstractScrollArea,
    QLabel,
    QLineEdit,
    QScrollArea,
    QWidget,
)

from desktop.qt.language import spoken
from desktop.qt.shots import picture
from desktop.qt.theme import theme
from desktop.qt.tokens import contrast
from desktop.views.widgets.buttons import Button
from desktop.views.widgets.labels import Label
from desktop.views.widgets.paragraph import Paragraph
from desktop.views.widgets.row_delegate import PAD
from desktop.views.widgets.table_heads import ColumnHead

SCALE = 2
"""At one pixel a point the stems of small letters are thinner than a pixel, and none has the colour of the ink."""
READABLE = 4.5


def parts(window: QWidget) -> list[QWidget]:
    """Every widget that can be seen."""
    return [one for one in window.findChildren(QWidget) if one.isVisible()]


def cut_off(window: QWidget, *, notes: bool = False) -> list[str]:
    """Labels, buttons and paragraphs that have less room than their words need.

    `notes`: those too that are made to give way, with the whole text as tool tip.
    """
    found = []
    for one in parts(window):
        if isinstance(one, Label) and one.may_be_cut and not notes:
            continue
        if isinstance(one, Label) and one.text() != one.whole_text():
            found.append(f"label {one.whole_text()!r}")
        elif isinstance(one, QLabel) and one.sizeHint().width() > one.width() + 1 and one.text():
            found.append(f"label {one.text()!r} has {one.width()} of {one.sizeHint().width()}")
        elif (
            isinstance(one, QAbstractButton)
            and one.minimumSizeHint().width() > one.width() + 1
            and one.text()
        ):
            found.append(f"button {one.text()!r}")
        elif (
            isinstance(one, QAbstractButton) and one.text() and not _in_scroll_area(one) and _hidden_part(one)
        ):
            found.append(f"button {one.text()!r} stands beyond the edge")
        elif isinstance(one, QLineEdit) and _placeholder_cut(one):
            found.append(f"placeholder {one.placeholderText()!r}")
        elif isinstance(one, ColumnHead):
            found += [f"head {words!r}" for words in _heads_cut(one)]
        elif isinstance(one, Paragraph) and one.heightForWidth(one.width()) > one.height():
            found.append(f"paragraph {one.text()!r}")
    return found


def _placeholder_cut(one: QLineEdit) -> bool:
    margins = one.textMargins()
    room = one.contentsRect().width() - margins.left() - margins.right()
    return not one.text() and one.fontMetrics().horizontalAdvance(one.placeholderText()) > room


def _heads_cut(head: ColumnHead) -> list[str]:
    """Heads of columns with less room than their words; the arrow of the sorted one may take some."""
    found = []
    for section in range(head.count()):
        words = str(head.model().headerData(section, head.orientation()) or "")
        room = head.sectionSize(section) - 2 * theme().px(PAD)
        if head.isSectionHidden(section) or section == head.sort_column:
            continue
        if theme().metrics("column").horizontalAdvance(words) > room:
            found.append(words)
    return found


def _hidden_part(one: QWidget) -> bool:
    seen = one.visibleRegion().boundingRect()
    return seen.width() < one.width() - 1 or seen.height() < one.height() - 1


def _in_scroll_area(one: QWidget) -> bool:
    parent = one.parentWidget()
    while parent is not None:
        if isinstance(parent, QAbstractScrollArea):
            return True
        parent = parent.parentWidget()
    return False


def overlapping(window: QWidget) -> list[str]:
    """Words that stand on other words: neighbours of one parent whose places meet."""
    found = []
    worded = [one for one in parts(window) if isinstance(one, (QLabel, Paragraph, Button)) and one.text()]
    by_parent: dict[QObject | None, list[QWidget]] = {}
    for widget in worded:
        by_parent.setdefault(widget.parent(), []).append(widget)
    for members in by_parent.values():
        for one, other in combinations(members, 2):
            meet = one.geometry().intersected(other.geometry())
            if meet.width() > 1 and meet.height() > 1:
                found.append(f"{_words_of(one)!r} and {_words_of(other)!r}")
    return found


def sideways(window: QWidget) -> list[str]:
    """Forms with a horizontal scroll bar; a table may have one."""
    return [
        f"{type(one).__name__} in {type(one.parent()).__name__}"
        for one in parts(window)
        if isinstance(one, QScrollArea)
        and not isinstance(one, QAbstractItemView)
        and one.horizontalScrollBar().isVisible()
    ]


def nameless(window: QWidget) -> list[str]:
    """What takes the focus by Tab and says nothing to a screen reader."""
    found = []
    for one in parts(window):
        takes = one.focusPolicy() & Qt.FocusPolicy.TabFocus
        inner = type(one).__name__ in {"QScrollArea", "QWidget"} or one.objectName().startswith("qt_")
        text = one.text() if isinstance(one, QAbstractButton) else ""
        if takes and not inner and not (one.accessibleName() or text):
            found.append(f"{type(one).__name__} in {type(one.parent()).__name__}")
    return found


def faint(window: QWidget) -> list[str]:
    """Words with less than 4.5:1 against what lies behind them, measured on the painted window at 200 %.

    What cannot be done now may be faint: WCAG 1.4.3 leaves inactive controls out, and ours say why in their tool tip.
    """
    image = picture(window, SCALE)
    found = []
    for one in parts(window):
        words = _words_of(one)
        area = QRect(one.mapTo(window, QPoint(0, 0)), one.size()).intersected(window.rect())
        seen = one.visibleRegion().boundingRect()
        if not words or area.isEmpty() or seen.size() != one.size():
            continue
        ratio = _contrast_in(image, area)
        if ratio < READABLE:
            found.append(f"{type(one).__name__} {words!r} has {ratio:.2f}:1")
    return found


def _words_of(one: QWidget) -> str:
    """The words a widget shows by itself; empty for what need not be readable or shows none."""
    if isinstance(one, QLabel):
        return one.text()
    if isinstance(one, Paragraph):
        return one.text()
    if isinstance(one, Button):
        return "" if one.reason or not one.isEnabled() else one.text()
    return ""


def _contrast_in(image: QImage, area: QRect) -> float:
    """The contrast of the pixel that differs most from the commonest one: ink against its ground."""
    scaled = QRect(area.topLeft() * SCALE, area.size() * SCALE)
    crop = image.copy(scaled).convertToFormat(QImage.Format.Format_RGB32)
    pixels = Counter(array("I", bytes(crop.constBits())[: crop.sizeInBytes()]))
    ground = _hex(pixels.most_common(1)[0][0])
    return max(_ratio(ground, _hex(value)) for value in pixels)


@cache
def _ratio(one: str, other: str) -> float:
    return contrast(one, other)


def _hex(value: int) -> str:
    return f"#{value & 0xFFFFFF:06X}"


def unspoken(window: QWidget) -> list[str]:
    """Sentences from below the window that are shown as they arrived, in English, while the window speaks otherwise."""
    found = []
    for one in parts(window):
        if isinstance(one, Label | Paragraph | QAbstractButton):
            texts = [one.text()]
        elif isinstance(one, QAbstractItemView) and one.model() is not None:
            model = one.model()
            columns = 1 if isinstance(model, QAbstractListModel) else model.columnCount()
            cells = [(r, c) for r in range(min(model.rowCount(), 40)) for c in range(columns)]
            texts = [str(model.index(r, c).data() or "") for r, c in cells]
        else:
            continue
        found += [f"English {text!r}" for text in texts if " " in text and spoken(text) != text]
    return found
