"""Header, pills, page head, batch bar, side panel, status bar, figures, conflict: what they say and tell."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from desktop.qt.shots import picture
from desktop.qt.theme import Theme
from desktop.views.gallery.composed import WAVE
from desktop.views.gallery.frame import CONFLICT
from desktop.views.widgets.batch_bar import BatchBar
from desktop.views.widgets.boxes import Act, EdgeBox, NoticeBar, RefusalBox
from desktop.views.widgets.brand import initials
from desktop.views.widgets.buttons import Button, LinkButton
from desktop.views.widgets.conflicts import ConflictTable, Side
from desktop.views.widgets.figures import EmptyState, KeyValues, Pair, StackBar, Stat, StatRow, in_stack_order
from desktop.views.widgets.header import ClockLabel, HeaderBar, Omnibox
from desktop.views.widgets.labels import Label, VerdictLabel
from desktop.views.widgets.page_head import PageHead
from desktop.views.widgets.pills import LanPill, SyncPill
from desktop.views.widgets.side_panel import SidePanel
from desktop.views.widgets.status_bar import StatusBar, StatusItem
from desktop.views.widgets.waves import WaveCard

NOON = datetime(2026, 11, 24, 8, 14, tzinfo=UTC)


@pytest.mark.parametrize(
    "state,words",
    [
        ({"here": 12, "sent": 3, "confirmed": "09:14"}, ["12 on this laptop", "3 sent", "Confirmed 09:14"]),
        ({"confirmed": "09:14"}, ["Confirmed 09:14"]),
        ({"offline_since": "08:31", "here": 12, "sent": 3}, ["Offline since 08:31", "12 on this laptop"]),
        ({"needs": 2, "confirmed": "09:14"}, ["2 need you", "Confirmed 09:14"]),
        ({"here": 1, "confirmed": "09:14", "filling": "38 %"}, ["1 on this laptop", "Fetching 38 %"]),
        ({"offline_since": "08:31", "filling": "38 %"}, ["Offline since 08:31"]),
        ({}, ["Not confirmed yet"]),
        ({"here": 1482}, ["1,482 on this laptop"]),
    ],
)
def test_the_sync_pill_says_only_what_is(
    look: Theme, qtbot: QtBot, state: dict[str, object], words: list[str]
) -> None:
    pill = SyncPill()
    qtbot.addWidget(pill)
    pill.set_state(**state)  # type: ignore[arg-type]  # the table above holds its arguments
    assert pill.words() == words
    assert pill.accessibleName() == "Sync: " + ", ".join(words)


def test_the_lan_pill(look: Theme, qtbot: QtBot) -> None:
    pill = LanPill()
    qtbot.addWidget(pill)
    pill.set_state(45)
    assert pill.words() == ["LAN 45"]
    pill.set_state(0, "no address")
    assert pill.words() == ["LAN 0 , no address"]
    pill.set_state(None)
    assert pill.words() == ["No LAN"]
    with qtbot.waitSignal(pill.clicked, timeout=10_000):
        QTest.keyClick(pill, Qt.Key.Key_Space)


def test_the_clock_names_the_zone_and_the_readers_time_only_where_it_differs(
    look: Theme, qtbot: QtBot
) -> None:
    now = [NOON]
    clock = ClockLabel(lambda: now[0], local=ZoneInfo("Europe/London"))
    qtbot.addWidget(clock)
    clock.set_zone("Europe/Madrid")
    assert clock.words() == ("Tue 24 Nov 09:14", "Europe/Madrid · here 08:14")
    clock.set_zone("Europe/Lisbon")
    assert clock.words() == ("Tue 24 Nov 08:14", "Europe/Lisbon")
    now[0] += timedelta(minutes=1)
    clock.refresh()
    assert clock.words()[0].endswith("08:15")
    clock.set_zone("Nowhere/Nothing")
    assert clock.words() == ("Tue 24 Nov 08:15", "")


def test_the_header_fits_into_1280(look: Theme, qtbot: QtBot) -> None:
    header = HeaderBar(lambda: NOON, local=UTC)
    qtbot.addWidget(header)
    header.site.set_site("Tamarind Court", "Community · 3 buildings")
    header.clock.set_zone("Europe/Madrid")
    header.lan.set_state(45)
    header.sync.set_state(here=12, sent=3, confirmed="09:14")
    assert header.minimumSizeHint().width() <= 1280 - 52
    assert header.height() == 48


def test_the_omnibox_tells_what_is_typed(look: Theme, qtbot: QtBot) -> None:
    box = Omnibox("Find anyone")
    qtbot.addWidget(box)
    seen: list[str] = []
    box.searched.connect(seen.append)
    box.entered.connect(lambda text: seen.append("enter " + text))
    box.left.connect(lambda: seen.append("left"))
    QTest.keyClicks(box, "ca")
    QTest.keyClick(box, Qt.Key.Key_Return)
    QTest.keyClick(box, Qt.Key.Key_Escape)
    QTest.keyClick(box, Qt.Key.Key_Escape)
    assert seen == ["c", "ca", "enter ca", "", "left"]
    assert box.accessibleName() == "Find anyone"


def test_a_path_is_walked(look: Theme, qtbot: QtBot) -> None:
    head = PageHead("Main entrance", "1 relay")
    qtbot.addWidget(head)
    head.set_path([("b", "Building A"), ("", "Public area")])
    with qtbot.waitSignal(head.path_clicked, timeout=10_000) as caught:
        head.findChildren(LinkButton)[0].click()
    assert caught.args == ["b"]
    assert head.minimumHeight() == 52
    assert head.title() == "Main entrance"


def test_a_long_note_is_cut_and_kept_as_tool_tip(look: Theme, qtbot: QtBot) -> None:
    label = Label("192.168.10.0/24 on Ethernet · 45 seen", elide=True)
    qtbot.addWidget(label)
    label.resize(80, 18)
    label.show()
    assert label.text().endswith("…")
    assert label.toolTip() == label.accessibleName() == label.whole_text()
    label.resize(600, 18)
    assert label.text() == label.whole_text()
    assert label.toolTip() == ""


def test_a_name_from_the_network_is_never_markup(look: Theme, qtbot: QtBot) -> None:
    label = Label("<img src='file:///etc/passwd'>")
    qtbot.addWidget(label)
    assert label.textFormat() == Qt.TextFormat.PlainText


def test_labels_stand_at_the_leading_edge_in_both_directions(look: Theme, qtbot: QtBot) -> None:
    label = Label("0C:11:05:2A:7F:31", "mono")
    qtbot.addWidget(label)
    label.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert label.alignment() & Qt.AlignmentFlag.AlignRight
    label.setLayoutDirection(Qt.LayoutDirection.LeftToRight)
    assert label.alignment() & Qt.AlignmentFlag.AlignLeft


def test_the_word_stands_beside_the_mark(look: Theme, qtbot: QtBot) -> None:
    label = VerdictLabel("refused", "refused: max 5 cards")
    qtbot.addWidget(label)
    assert (label.verdict, label.text(), label.accessibleName()) == ("refused", *["refused: max 5 cards"] * 2)
    label.set_verdict("proved")
    assert label.text() == "proved"


def test_the_batch_bar_acts_and_refuses(look: Theme, qtbot: QtBot) -> None:
    bar = BatchBar()
    qtbot.addWidget(bar)
    bar.set_selection("6 selected", "5 apartments", all_text="Select all 48 that match")
    bar.set_acts([Act("push", "Push"), Act("delete", "Delete", reason="Delete is off here.")])
    bar.show()
    seen: list[str] = []
    bar.act.connect(seen.append)
    bar.select_all.connect(lambda: seen.append("all"))
    bar.cleared.connect(lambda: seen.append("cleared"))
    for button in bar.buttons():
        QTest.mouseClick(button, Qt.MouseButton.LeftButton)
    bar.findChildren(LinkButton)[0].click()
    bar._close.click()
    assert seen == ["push", "all", "cleared"]
    assert bar.accessibleName() == "6 selected, 5 apartments"


def test_the_batch_bar_comes_and_goes(look: Theme, qtbot: QtBot) -> None:
    bar = BatchBar()
    qtbot.addWidget(bar)
    bar.show()
    bar.set_open(shown=False)
    qtbot.waitUntil(lambda: not bar.isVisible(), timeout=20_000)
    bar.set_open(shown=True)
    qtbot.waitUntil(lambda: bar.isVisible() and bar.height() == 40, timeout=20_000)
    assert bar.is_open()


def test_a_notice_acts(look: Theme, qtbot: QtBot) -> None:
    bar = NoticeBar(
        "Discovered 7 devices.", "5 free", [Act("adopt", "Adopt 5 free"), Act("ignore", "Ignore")]
    )
    qtbot.addWidget(bar)
    kinds = [button.kind for button in bar.findChildren(Button)]
    assert kinds == ["plain", "quiet"]
    with qtbot.waitSignal(bar.act, timeout=10_000) as caught:
        bar.findChildren(Button)[1].click()
    assert caught.args == ["ignore"]


def test_a_refusal_keeps_the_devices_words(look: Theme, qtbot: QtBot) -> None:
    box = RefusalBox("retcode -4: card count exceeds 5", "Choose 5.", [Act("five", "Choose 5 cards")])
    qtbot.addWidget(box)
    words = [one.accessibleName() for one in box.findChildren(QWidget) if one.accessibleName()]
    assert "Device says retcode -4: card count exceeds 5" in words
    with qtbot.waitSignal(box.act, timeout=10_000):
        box.findChildren(Button)[0].click()


def test_the_edge_is_at_the_leading_side(look: Theme, qtbot: QtBot) -> None:
    box = EdgeBox("refused")
    qtbot.addWidget(box)
    box.resize(200, 60)
    solid = look.tokens.verdict("refused").solid
    assert picture(box).pixelColor(1, 30).name().upper() == solid
    box.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert picture(box).pixelColor(198, 30).name().upper() == solid


def test_the_side_panel_closes_by_cross_and_escape(look: Theme, qtbot: QtBot) -> None:
    panel = SidePanel("Adopt R29")
    qtbot.addWidget(panel)
    panel.show()
    seen: list[int] = []
    panel.closed.connect(lambda: seen.append(1))
    panel._close.click()
    QTest.keyClick(panel, Qt.Key.Key_Escape)
    assert len(seen) == 2
    panel.slide(shown=False)
    qtbot.waitUntil(lambda: not panel.isVisible(), timeout=20_000)
    panel.slide(shown=True)
    qtbot.waitUntil(lambda: panel.isVisible() and panel.minimumWidth() == 320, timeout=20_000)


def test_the_body_of_a_panel_is_emptied(look: Theme, qtbot: QtBot) -> None:
    panel = SidePanel("x")
    qtbot.addWidget(panel)
    panel.body.addWidget(QLabel("one"))
    panel.clear_body()
    assert panel.body.count() == 0


def test_the_status_bar_shows_items_and_keys(look: Theme, qtbot: QtBot) -> None:
    bar = StatusBar()
    qtbot.addWidget(bar)
    bar.set_items([StatusItem("1 selected of 45"), StatusItem("people", mark="waiting", strong="9")])
    bar.set_hints([("Space", "tick"), (["J", "K"], "next, back")])
    bar.set_items([StatusItem("2 selected of 45")])
    words = [label.whole_text() for label in bar.findChildren(Label) if not label.isHidden()]
    assert "2 selected of 45" in words
    assert "1 selected of 45" not in words
    assert bar.height() == 26


def test_the_plan_bar_has_one_order(look: Theme, qtbot: QtBot) -> None:
    assert in_stack_order({"refused": 1, "running": 2, "proved": 3, "waiting": 0}) == [
        ("proved", 3),
        ("refused", 1),
        ("running", 2),
    ]
    bar = StackBar({"refused": 1, "proved": 3})
    qtbot.addWidget(bar)
    bar.resize(100, 6)
    assert bar.accessibleName() == "3 proved, 1 refused"
    image = picture(bar)
    assert image.pixelColor(40, 3).name().upper() == look.tokens.verdict("proved").solid
    bar.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    assert picture(bar).pixelColor(10, 3).name().upper() == look.tokens.verdict("refused").solid


def test_tiles_are_changed_in_place(look: Theme, qtbot: QtBot) -> None:
    tiles = StatRow([Stat("Sent", "3"), Stat("Bound", "40", bar=("proved", 0.4))])
    qtbot.addWidget(tiles)
    tiles.set_stats([Stat("Sent", "4", "no answer yet"), Stat("Bound", "41")])
    assert [tile.accessibleName() for tile in tiles.tiles] == ["Sent: 4 no answer yet", "Bound: 41"]
    with pytest.raises(ValueError, match="zip"):
        tiles.set_stats([Stat("Sent", "4")])


def test_facts_can_be_replaced(look: Theme, qtbot: QtBot) -> None:
    facts = KeyValues([Pair("Address", "192.168.10.61", mono=True)], columns=2)
    qtbot.addWidget(facts)
    facts.set_pairs([Pair("Serial", "29-7F31"), Pair("Found", "mDNS", note="now", icon="radar")])
    words = [one.whole_text() for one in facts.findChildren(Label) if not one.isHidden()]
    assert words == ["Serial", "Found", "now"]


def test_an_empty_state_offers_its_act(look: Theme, qtbot: QtBot) -> None:
    state = EmptyState(
        "No device seen yet", "Swept four ways.", [Act("scan", "Scan a range", "primary")], devices=("door",)
    )
    qtbot.addWidget(state)
    with qtbot.waitSignal(state.act, timeout=10_000) as caught:
        state.findChildren(Button)[0].click()
    assert caught.args == ["scan"]
    assert state.accessibleName() == "No device seen yet. Swept four ways."


def test_a_conflict_is_chosen_by_the_person_alone(look: Theme, qtbot: QtBot) -> None:
    side = Side("laptop", "Mine", "Tor Ostby", "today")
    table = ConflictTable(side, side, Side("cloud", "Theirs", "Ilse", "today"), CONFLICT)
    qtbot.addWidget(table)
    assert table.choices() == {"call": "theirs", "pin": "mine"}
    with qtbot.waitSignal(table.chosen, timeout=10_000) as caught:
        table.choose("to", "theirs")
    assert caught.args == ["to", "theirs"]
    table.choose("to", "mine")
    assert table.choices()["to"] == "mine"
    with pytest.raises(KeyError):
        table.choose("nosuch", "mine")


def test_a_wave_is_spoken_and_clicked(look: Theme, qtbot: QtBot) -> None:
    card = WaveCard(WAVE)
    qtbot.addWidget(card)
    assert card.accessibleName() == "Wave 2, 7 of 14, Go on at 90 %, Stop at 2 faults"
    with qtbot.waitSignal(card.clicked, timeout=10_000):
        QTest.keyClick(card, Qt.Key.Key_Return)
    with qtbot.waitSignal(card.clicked, timeout=10_000):
        QTest.mouseClick(card, Qt.MouseButton.LeftButton)


@pytest.mark.parametrize(
    "name,letters", [("Tor Ostby", "TO"), ("Ilse", "I"), ("", "?"), ("  ", "?"), ("ana maria de luz", "AL")]
)
def test_initials(name: str, letters: str) -> None:
    assert initials(name) == letters
