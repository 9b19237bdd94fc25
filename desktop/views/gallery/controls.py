"""Gallery: buttons, fields, ticks, chips, segments, tabs, pills, navigation, header."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QGridLayout, QWidget

from desktop.qt.theme import theme
from desktop.views.gallery.board import Ringed, section, side_by_side
from desktop.views.widgets.base import Panel, Rule, column, row
from desktop.views.widgets.buttons import Button, IconButton, LinkButton
from desktop.views.widgets.choice import ChoiceBox, DateField, NumberField
from desktop.views.widgets.fields import FormField, LineEdit, SecretEdit, set_property
from desktop.views.widgets.filter_bar import Chip
from desktop.views.widgets.header import ClockLabel, SitePicker
from desktop.views.widgets.labels import Label
from desktop.views.widgets.nav import NavItem, NavList
from desktop.views.widgets.pills import LanPill, SyncPill
from desktop.views.widgets.toggles import CheckBox, Choice, RadioButton, Segmented, Tabs, Toggle

NOON = datetime(2026, 11, 24, 8, 14, tzinfo=UTC)
KINDS = ("primary", "plain", "danger", "quiet")


def buttons() -> QWidget:
    """Every kind of button in every state."""
    holder, grid = QWidget(), QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(theme().px(5))
    grid.setVerticalSpacing(theme().px(4))
    for across, words in enumerate(("rest", "hover", "pressed", "focus", "off")):
        grid.addWidget(Label(words, "caption", "t3"), 0, across + 1)
    for down, kind in enumerate(KINDS):
        grid.addWidget(Label(kind, "caption", "t3"), down + 1, 0)
        for across, state in enumerate(("rest", "hover", "pressed")):
            button = Button("Push", kind)
            button.show_as(state)
            grid.addWidget(button, down + 1, across + 1)
        focused = Button("Push", kind)
        focused.show_as("rest")
        grid.addWidget(Ringed(focused), down + 1, 4)
        off = Button("Push", kind)
        off.set_reason("3 models at once: choose one.")
        grid.addWidget(off, down + 1, 5)
    grid.setColumnStretch(6, 1)
    holder.setLayout(grid)
    small = side_by_side(
        Button("Extend…", icon="calendar", size="small"),
        Button("Dry run", keys="D", size="small"),
        Button("Save", "primary", keys="Ctrl S", size="small"),
        LinkButton("Use 70318"),
    )
    return section("Buttons", holder, small)


def more() -> QWidget:
    """A large button, buttons with an icon and a badge, fields for dates and numbers."""
    bell = IconButton("bell", "Notices")
    bell.set_badge("2")
    columns = IconButton("columns-3", "Columns")
    line = side_by_side(Button("Sign in", "primary", keys="Enter", size="large"), columns, bell)
    pair = row(gap=12)
    pair.addWidget(FormField("Date", DateField(QDate(2027, 8, 31))))
    pair.addWidget(FormField("Number", NumberField(5, 1, 10)))
    return section("More controls", line, pair)


def fields() -> QWidget:
    """Form fields at rest, focused, edited, locked, with an error."""
    holder, grid = QWidget(), QGridLayout()
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(theme().px(12))
    grid.setVerticalSpacing(theme().px(12))
    focused = LineEdit("Entrance north")
    edited = FormField("Edited, not saved", LineEdit("Entrance N"))
    edited.set_edited(edited=True)
    pin = FormField("PIN", LineEdit("9120", mono=True), hint="2 to 8 digits")
    pin.set_edited(edited=True)
    pin.set_error("Starts with 9. Those belong to visitor passes. Use 0 to 8 first.")
    all_fields: tuple[tuple[QWidget, int, int, int], ...] = (
        (FormField("Rest", LineEdit("Entrance north")), 0, 0, 1),
        (FormField("Focus", focused), 0, 1, 1),
        (edited, 1, 0, 1),
        (FormField("Read only", LineEdit("0C:11:05:2A:7F:31", locked=True)), 1, 1, 1),
        (FormField("Choice", ChoiceBox([("b", "Building B"), ("a", "Building A")], current="b")), 2, 0, 1),
        (FormField("Secret", SecretEdit("4471")), 2, 1, 1),
        (pin, 3, 0, 2),
    )
    for widget, down, across, span in all_fields:
        grid.addWidget(widget, down, across, 1, span)
    holder.setLayout(grid)
    set_property(focused, "shown", "focus")
    return section("Fields", holder, ticks())


def ticks() -> QWidget:
    """Check boxes, radio button, toggles."""
    some = CheckBox("some")
    some.setTristate(True)
    some.setCheckState(Qt.CheckState.PartiallyChecked)
    on, off_box, focus = CheckBox("on"), CheckBox("off"), CheckBox()
    focus.setAccessibleName("focus")
    on.setChecked(True)
    cannot, radio = CheckBox("cannot"), RadioButton("one")
    cannot.setEnabled(False)
    radio.setChecked(True)
    holder = QWidget()
    lines = column(gap=6)
    lines.addLayout(side_by_side(off_box, on, some, Ringed(focus, radius=3), Label("focus"), cannot, gap=9))
    lines.addLayout(
        side_by_side(radio, Toggle("On", on=True), Label("on"), Toggle("Off"), Label("off"), gap=9)
    )
    holder.setLayout(lines)
    return holder


def chips() -> QWidget:
    """Filter chips, segments, tabs."""
    tabs = Tabs([Choice("o", "Overview"), Choice("p", "Plan", "14"), Choice("a", "Access", needs=True)])
    tabs.set_current("p")
    line = side_by_side(
        Chip("Filter", key="F", dashed=True),
        Chip("Building", "B"),
        Ringed(Chip("State", "active")),
        Chip("saved, off"),
        gap=6,
    )
    segments = Segmented([Choice("a", "All", "48"), Choice("l", "Left", "5"), Choice("g", "Only gaps")])
    return section("Chips, segments, tabs", line, side_by_side(segments), tabs)


def pills() -> QWidget:
    """The pills of the header in their states."""
    quiet, busy, offline, needs = SyncPill(), SyncPill(), SyncPill(), SyncPill()
    quiet.set_state(confirmed="09:14")
    busy.set_state(here=12, sent=3, confirmed="09:14")
    offline.set_state(offline_since="08:31", here=12)
    needs.set_state(needs=2, confirmed="09:14")
    lan, empty, none = LanPill(), LanPill(), LanPill()
    lan.set_state(45)
    empty.set_state(0, "no address")
    none.set_state(None)
    return section(
        "Header pills",
        side_by_side(quiet, busy),
        side_by_side(offline, needs),
        side_by_side(lan, empty, none),
    )


ENTRIES = (
    NavItem("rest", "LAN, rest", "radar", "7"),
    NavItem("hover", "Hover", "cpu"),
    NavItem("here", "Here", "users", "128"),
    NavItem("focus", "Focus", "history"),
    NavItem("needs", "Needs you", "grid-3x3", "9", needs=True),
)


def _nav(entries: tuple[NavItem, ...], *, rail: bool) -> QWidget:
    box, made = Panel("inset"), NavList()
    made.set_rail(rail=rail)
    made.entries.set_items(entries)
    made.set_here("here")
    if not rail:
        made.setCurrentIndex(made.entries.index(3))
        made.cursor_shown = True
    made.setFixedSize(theme().px(50 if rail else 175), theme().px((34 if rail else 30) * len(entries) + 2))
    inner = column(gap=0, margins=(1, 6, 1, 6))
    inner.addWidget(made)
    box.setLayout(inner)
    return box


def navigation() -> QWidget:
    """The navigation column, the rail, and the site in the header."""
    header, line = Panel("inset"), row(gap=10, margins=(14, 3, 12, 3))
    site, clock = SitePicker(), ClockLabel(lambda: NOON, local=UTC)
    site.set_site("Tamarind Court", "Community")
    clock.set_zone("UTC")
    line.addWidget(site)
    line.addWidget(Rule(vertical=True))
    line.addWidget(clock)
    header.setLayout(line)
    across = row(gap=12)
    rail = (ENTRIES[0], ENTRIES[2], ENTRIES[4])
    for widget in (_nav(ENTRIES, rail=False), _nav(rail, rail=True), header):
        across.addWidget(widget, 0, Qt.AlignmentFlag.AlignTop)
    across.addStretch(1)
    return section("Navigation, 200 and 52", across)
