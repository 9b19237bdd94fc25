"""Gallery: the parts of a page: head, notice, filter bar, side panel, conflict, figures, status bar, rollout row."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtWidgets import QWidget

from desktop.qt.theme import theme
from desktop.views.gallery.board import section
from desktop.views.gallery.composed import WAVE, words_in_runs
from desktop.views.widgets.base import Panel, column, row
from desktop.views.widgets.batch_bar import BatchBar
from desktop.views.widgets.boxes import Act, Card, Frame, NoticeBar
from desktop.views.widgets.buttons import Button, IconButton
from desktop.views.widgets.conflicts import ConflictField, ConflictTable, Side
from desktop.views.widgets.figures import CountLine, Figure, KeyValues, Pair, StackBar, Stat, StatRow
from desktop.views.widgets.filter_bar import Filter, FilterBar
from desktop.views.widgets.labels import StateDot
from desktop.views.widgets.page_head import DeviceBox, PageHead
from desktop.views.widgets.side_panel import SidePanel
from desktop.views.widgets.status_bar import StatusBar, StatusItem
from desktop.views.widgets.toggles import Choice, Tabs
from desktop.views.widgets.waves import WaveCard, WaveGate


def _boxed(*widgets: QWidget) -> QWidget:
    box = Panel("head")
    inner = column(gap=0)
    for widget in widgets:
        inner.addWidget(widget)
    box.setLayout(inner)
    return Frame(box)


def heads() -> QWidget:
    """Heads of a list page and of a record page, notice, filters."""
    page = PageHead("LAN", "192.168.10.0/24 on Ethernet · 45 seen")
    page.add_act(Button("Scan a range", icon="locate"))
    page.add_act(Button("Sweep again", icon="refresh-cw", keys="F5"))
    record = PageHead("Main entrance")
    record.set_path([("b", "Building A"), ("p", "Public area")])
    record.set_state(StateDot("Online, 12 days", "proved", role="help"))
    record.set_second("X915 V2   0C:11:05:31:02:17   192.168.10.11")
    record.set_picture(DeviceBox("screen"))
    record.add_act(Button("Open door", icon="door-open", keys="O"))
    notice = NoticeBar(
        "Discovered 7 devices.",
        "5 free and yours · 1 on a factory address",
        [Act("a", "Adopt 5 free"), Act("s", "Show only these"), Act("i", "Ignore")],
    )
    filters = FilterBar()
    filters.set_filters([Filter("s", "Seen", "last 24 h"), Filter("t", "Site", "Tamarind Court, none")])
    filters.add_tool(IconButton("columns-3", "Columns"))
    filters.add_tool(IconButton("download", "Export"))
    bar = BatchBar()
    bar.set_selection("6 selected", "5 apartments · 6 end 30 Nov", all_text="Select all 48 that match")
    bar.set_acts(
        [
            Act("e", "Extend…", icon="calendar"),
            Act("d", "Delete", icon="trash-2", reason="Delete is off here."),
        ]
    )
    inset = QWidget()
    pad = row(gap=0, margins=(16, 0, 16, 10))
    pad.addWidget(notice)
    inset.setLayout(pad)
    return section("Heads and bars", _boxed(page, inset, filters, bar), _boxed(record))


def panel() -> QWidget:
    """A side panel with facts, figures and a foot."""
    made = SidePanel("Adopt R29")
    made.set_picture(DeviceBox("door"))
    made.set_lines(("0C:11:05:2A:7F:31", "mono", "t2"), ("Stuck at step 6 of 8 for 40 s", "help", "refused"))
    facts = [
        Pair("Address", "192.168.10.61", mono=True),
        Pair("Found", "mDNS, SIP PnP"),
        Pair("Firmware", "29.30.10.123", mono=True),
        Pair("Serial", "29-7F31-0482", mono=True),
    ]
    made.body.addWidget(KeyValues(facts, columns=2))
    made.body.addWidget(Figure("323 of 329", "equal"))
    counts = {"proved": 323, "accepted": 2, "waiting": 2, "refused": 1, "ambiguous": 1, "foreign": 1}
    made.body.addWidget(StackBar(counts, height=8))
    made.body.addWidget(CountLine({word: f"{count} {word}" for word, count in counts.items()}, columns=2))
    measured = [
        Pair("Clock", "Right, 0.4 s ahead", icon="clock", note="09:13"),
        Pair("Relays", "A closed, B closed", icon="settings", note="read"),
        Pair("People", "128 of 10,000", icon="users", note="1 %"),
    ]
    made.body.addWidget(KeyValues(measured))
    made.body.addWidget(words_in_runs())
    made.foot.set_text("3 changes, draft kept. 1 fault")
    made.foot.add_act(Button("Revert"))
    save = Button("Save", "primary")
    save.set_reason("1 field has a fault.")
    made.foot.add_act(save)
    made.show_foot()
    box = _boxed(made)
    box.setFixedSize(theme().px(390), theme().px(470))
    return section("Side panel", box)


CONFLICT = (
    ConflictField(
        "call",
        "Call type",
        "App and monitors",
        ("Monitors, app as backup", "08:52:10"),
        ("App, monitors, phone as backup", "09:05:31"),
        note="shown now: theirs",
        chosen="theirs",
    ),
    ConflictField(
        "pin",
        "User may make PINs",
        "on",
        ("off", "08:52:10"),
        ("on, set again", "09:05:31"),
        chosen="mine",
    ),
    ConflictField(
        "to",
        "Valid to",
        "no end",
        ("30 Nov 2026", "08:53:02, reason: “lease ends”"),
        ("31 Jan 2027", "09:06:12, reason: “extended, mail”"),
        note="not chosen",
    ),
)


def conflict() -> QWidget:
    """A conflict with one field chosen, and the figures of the sync centre."""
    table = ConflictTable(
        Side("git-compare", "Before both", "Last agreed", "the core · Mon 17:40"),
        Side("laptop", "Mine", "Tor Ostby", "Van 3 · today 08:52"),
        Side("cloud", "Theirs", "Ilse Brandvik", "Front desk 1 · today 09:05"),
        CONFLICT,
    )
    stats = StatRow(
        [
            Stat("On this laptop", "12", "not sent yet"),
            Stat("Sent", "3", "no answer yet"),
            Stat("Confirmed", "1,482", "last 09:14"),
            Stat("Bound", "409,306", end="40.9 %", bar=("proved", 0.409)),
        ]
    )
    return section("Conflict", Frame(table), stats)


def rollout() -> QWidget:
    """Waves and the gates between them."""
    done = replace(
        WAVE,
        title="Canary",
        mark="proved",
        done="2 of 2",
        total=2,
        parts=(("proved", 2),),
        line=1.0,
        counts={"proved": "2 proved"},
        note="door test passed",
        go_on=("Go on at", "100 %"),
        stop="Stop at 1 fault",
        faults=0,
        budget=1,
        state="done",
    )
    here = replace(WAVE, counts={"proved": "6", "refused": "1", "running": "6", "waiting": "1"})
    later = replace(
        done,
        title="Wave 3",
        mark="todo",
        done="0 of 22",
        total=22,
        parts=(),
        line=0.9,
        counts={"waiting": "22 waiting"},
        note="",
        state="later",
    )
    line = row(gap=4)
    for widget in (
        WaveCard(done),
        WaveGate("Watched 15 min", "no restart"),
        WaveCard(here),
        WaveGate("Needs 13 of 14", "has 6, 9 min left", icon="hourglass", tone="ambiguous.solid"),
        WaveCard(later),
    ):
        line.addWidget(widget)
    return section("Rollout", line)


def feet() -> QWidget:
    """Tabs and the status bar."""
    tabs = Tabs(
        [
            Choice("p", "Person"),
            Choice("a", "Access", needs=True),
            Choice("d", "Doors", "6"),
            Choice("h", "History"),
        ]
    )
    bar = StatusBar()
    bar.set_items(
        [
            StatusItem("1 selected of 45"),
            StatusItem("people not yet on every door", mark="waiting", strong="9"),
        ]
    )
    bar.set_hints([("↑↓", "move"), ("Space", "tick"), ("A", "adopt"), ("?", "all keys")])
    card = Card("What saving does")
    card.body.addWidget(
        CountLine(
            {"differs": "6 doors get a changed entry", "unreachable": "Garage ramp gets it when it answers"},
            columns=1,
        )
    )
    return section("Tabs, card, status bar", tabs, card, _boxed(bar))
