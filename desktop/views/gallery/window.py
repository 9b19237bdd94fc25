"""The gallery's window: a head, the pages, and the switches of theme, density and direction."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QFrame, QScrollArea, QStackedWidget, QWidget

from desktop.qt.theme import Density, Mode, theme
from desktop.views.gallery import charts, composed, controls, foundations, frame, rows
from desktop.views.gallery.board import page
from desktop.views.widgets.base import Panel, column, row
from desktop.views.widgets.labels import Label, Picture
from desktop.views.widgets.toggles import Choice, Segmented

FACTS = "Inter 4 · JetBrains Mono · Lucide · base 13 px · grid 4 px"


def controls_page() -> QWidget:
    """Foundations, controls, rows: as in the first picture of the design."""
    return page(
        [
            (
                27,
                [
                    foundations.colours(),
                    foundations.verdicts(),
                    foundations.states(),
                    foundations.type_roles(),
                    foundations.spacing(),
                ],
            ),
            (41, [rows.table_rows(), controls.pills(), controls.navigation()]),
            (28, [controls.buttons(), controls.fields(), controls.chips()]),
        ]
    )


def composed_page() -> QWidget:
    """Composed parts: as in the second picture of the design."""
    return page(
        [
            (474, [composed.dry_run(), composed.jobs(), composed.refusal(), rows.live_tail()]),
            (415, [composed.toasts(), composed.batch(), composed.matrix(), composed.palette()]),
            (414, [composed.steps(), composed.wave(), composed.receipt(), composed.empty()]),
        ]
    )


def frame_page() -> QWidget:
    """Parts of whole pages."""
    return page(
        [
            (62, [frame.heads(), frame.conflict(), frame.rollout()]),
            (30, [frame.panel()]),
        ]
    )


def details_page() -> QWidget:
    """What did not fit on the others."""
    return page(
        [
            (1, [composed.stuck(), frame.feet(), charts.charts()]),
            (1, [rows.import_sheet(), controls.more(), charts.notices()]),
        ]
    )


PAGES = (
    ("1", "foundations, controls, rows", controls_page),
    ("2", "composed parts", composed_page),
    ("3", "parts of pages", frame_page),
    ("4", "details", details_page),
)


class GalleryWindow(QWidget):
    """Every component in every state, on pages; `show_page(0..2)` and the switches choose what is shown."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Component gallery"))
        self._note = Label("", "text", "t3")
        self.pages = QStackedWidget()
        for _, words, make in PAGES:
            area = QScrollArea()
            area.setFrameShape(QFrame.Shape.NoFrame)
            area.setWidgetResizable(True)
            area.setWidget(make())
            area.setAccessibleName(words)
            self.pages.addWidget(area)
        self.choice = Segmented([Choice(key, f"{key} of {len(PAGES)}") for key, _, _ in PAGES])
        self.choice.changed.connect(lambda key: self.show_page(int(key) - 1))
        self.mode = Segmented([Choice(mode.value, mode.value) for mode in Mode])
        self.mode.set_current(theme().mode.value)
        self.mode.changed.connect(lambda key: theme().set_mode(Mode(key)))
        self.density = Segmented([Choice(density.value, density.value) for density in Density])
        self.density.changed.connect(lambda key: theme().set_density(Density(key)))
        self.direction = Segmented([Choice("ltr", "ltr"), Choice("rtl", "rtl")])
        self.direction.changed.connect(self._turn)
        whole = column(gap=0)
        whole.addWidget(self._head())
        whole.addWidget(self.pages, 1)
        self.setLayout(whole)
        self.show_page(0)

    def _head(self) -> QWidget:
        made = Panel("header")
        line = row(gap=10, margins=(20, 11, 20, 11))
        line.addWidget(Picture("brand", size=20))
        line.addWidget(Label(self.tr("Component gallery"), "panel"))
        line.addWidget(self._note)
        line.addStretch(1)
        line.addWidget(Label(FACTS, "help", "t3"))
        self._switches = QWidget()
        inner = row(gap=8)
        for widget in (self.choice, self.mode, self.density, self.direction):
            inner.addWidget(widget)
        self._switches.setLayout(inner)
        line.addWidget(self._switches)
        made.setLayout(line)
        return made

    def show_switches(self, *, shown: bool) -> None:
        """Show or hide the switches; pictures are taken without them."""
        self._switches.setVisible(shown)

    def show_page(self, number: int) -> None:
        """Show a page, counted from 0."""
        self.pages.setCurrentIndex(number)
        key, words, _ = PAGES[number]
        self._note.setText(f"{key} of {len(PAGES)}: {words} · {theme().tokens.name}")

    def _turn(self, key: str) -> None:
        side = Qt.LayoutDirection.RightToLeft if key == "rtl" else Qt.LayoutDirection.LeftToRight
        app = QApplication.instance()
        if isinstance(app, QApplication):
            app.setLayoutDirection(side)
