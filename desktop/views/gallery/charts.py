"""Gallery: charts of the dashboards, and the notice centre's rows."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from desktop.qt.roles import JobRow
from desktop.qt.theme import theme
from desktop.views.gallery.board import section
from desktop.views.widgets.base import row
from desktop.views.widgets.boxes import Card, Frame
from desktop.views.widgets.charts import ColumnChart, ColumnData, Legend
from desktop.views.widgets.jobs import JobList

DAYS = ((6, 0, 0), (9, 1, 0), (4, 0, 0), (0, 0, 0), (12, 2, 1), (7, 0, 0), (10, 1, 0), (8, 0, 1))
NOTICES = (
    JobRow("Main entrance", "Read back equal", "proved", None, "09:12", "chevron-right", "Show it", key=1),
    JobRow("Exported", "312 rows in residents.xlsx", "accepted", None, "09:10", key=2),
    JobRow(
        "Roof terrace", "The API answers 403", "refused", None, "08:58", "chevron-right", "Show it", key=3
    ),
)


def charts() -> QWidget:
    """Columns with figures, columns without any, and their legend."""
    days = [
        ColumnData(f"{n}.11.", {"proved": a, "waiting": b, "refused": c})
        for n, (a, b, c) in enumerate(DAYS, 9)
    ]
    full, bare = Card("Jobs", "last 8 days"), Card("At the doors", "last 8 days")
    full.body.addWidget(ColumnChart(days, name="Jobs"))
    full.body.addWidget(Legend([("proved", "proved"), ("waiting", "waiting"), ("refused", "refused")]))
    bare.body.addWidget(ColumnChart([ColumnData(d.label, {}) for d in days], name="At the doors"))
    bare.body.addWidget(Legend([("line2", "No door told anything in these days")]))
    line = row(gap=12)
    line.addWidget(full, 1)
    line.addWidget(bare, 1)
    return section("Charts", line, note="pointing at a column says its figures")


def notices() -> QWidget:
    """Rows of the notice centre."""
    rows = JobList(name="Notices")
    rows.set_rows(NOTICES)
    rows.setFixedHeight(theme().px(46 * len(NOTICES)))
    return section(
        "Notices", Frame(rows), note="kept after the toast is gone, with a way to what it is about"
    )
