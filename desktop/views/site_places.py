"""The lower half of the page Sites: buildings with apartments, departments and public areas of the chosen site."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget

from core.entities.site import Building
from desktop.models.areas import TOUCHES as AREA_TOUCHES
from desktop.models.areas import area_columns, load_areas
from desktop.models.desk import Desk
from desktop.models.rows_table import RowsPlan, RowsTable
from desktop.models.sites import TOUCHES, building_heading, load_place_rows, place_columns
from desktop.models.words import number_word
from desktop.views.list_pane import ListPane
from desktop.views.widgets.base import Panel, column, row
from desktop.views.widgets.boxes import Act
from desktop.views.widgets.figures import EmptyState
from desktop.views.widgets.page_head import PageHead
from desktop.views.widgets.toggles import Choice, Segmented


class SitePlaces(Panel):
    """Signals: `counted()` rows were fetched; `asked(str)` an act of an empty list."""

    counted = Signal()
    asked = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__("sheet")
        self.desk = desk
        places = RowsPlan(
            load=lambda: load_place_rows(desk.ctx, desk.sites.site_id),
            touches=TOUCHES,
            key=lambda x: x.key,
            group=lambda x: x.building.id,
            heading=building_heading,
            words=lambda x: x.building.name,
        )
        areas = RowsPlan(
            load=lambda: load_areas(desk.ctx, desk.sites.site_id), touches=AREA_TOUCHES, key=lambda x: x.key
        )
        self.places = RowsTable(place_columns(), places, desk.tasks, desk.feed)
        self.areas = RowsTable(area_columns(), areas, desk.tasks, desk.feed)
        self.head = PageHead(self.tr("Buildings and apartments"), "")
        self.places_pane = ListPane(self.places, name=self.tr("Buildings and apartments"), ticks=False)
        self.areas_pane = ListPane(self.areas, name=self.tr("Departments and public areas"), ticks=False)
        self.which = Segmented(self._choices())
        self.stack = QStackedWidget()
        self._build()
        self.which.changed.connect(self._show_which)
        for pane in (self.places_pane, self.areas_pane):
            pane.counted.connect(self._count)

    def _build(self) -> None:
        words = self.tr("A house needs none; a community has buildings, each with its default access group.")
        act = Act("building", self.tr("Add a building"), "primary", "plus")
        empty = EmptyState(self.tr("No building yet"), words, [act], icon="building")
        empty.act.connect(self.asked)
        self.places_pane.set_empty(empty)
        words = self.tr(
            "Public areas name what belongs to nobody: a garage, a gym. Offices have departments too."
        )
        self.areas_pane.set_empty(
            EmptyState(self.tr("No department or public area yet"), words, icon="layers")
        )
        self.stack.addWidget(self.places_pane)
        self.stack.addWidget(self.areas_pane)
        bar = Panel("head")
        line = row(gap=8, margins=(16, 0, 16, 6))
        line.addWidget(self.which)
        line.addStretch(1)
        bar.setLayout(line)
        inner = column(gap=0)
        inner.addWidget(self.head)
        inner.addWidget(bar)
        inner.addWidget(self.stack, 1)
        self.setLayout(inner)

    def _choices(self) -> list[Choice]:
        flats = sum(1 for r in self.places.all_rows() if r.apartment)
        others = len(self.areas.all_rows())
        return [
            Choice("flats", self.tr("Apartments"), number_word(flats) if flats else ""),
            Choice("areas", self.tr("Departments and public areas"), number_word(others) if others else ""),
        ]

    def _show_which(self, key: str) -> None:
        self.stack.setCurrentWidget(self.areas_pane if key == "areas" else self.places_pane)

    def _count(self) -> None:
        site = self.desk.sites.site
        self.head.set_title(site.name if site else self.tr("Buildings and apartments"))
        self.which.set_choices(self._choices())
        self.counted.emit()

    def buildings(self) -> list[Building]:
        """The buildings of the site, by name."""
        return list({r.building.id: r.building for r in self.places.all_rows()}.values())

    def reload(self) -> None:
        """Another site was chosen."""
        self.places.reload()
        self.areas.reload()

    def set_live(self, *, live: bool) -> None:
        """Whether the page is shown."""
        self.places.set_live(live=live)
        self.areas.set_live(live=live)

    def close_lists(self) -> None:
        """Fetch nothing any more."""
        self.places.close()
        self.areas.close()

    @property
    def is_settled(self) -> bool:
        """Whether both lists are fetched."""
        return all(r.is_settled for r in (self.places, self.areas))
