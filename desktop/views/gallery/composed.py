"""Gallery: composed parts: dry run, jobs, refusal, toasts, batch bar, matrix, palette, steps, wave, empty state."""

from __future__ import annotations

from PySide6.QtCore import QAbstractTableModel, QObject, Qt
from PySide6.QtWidgets import QWidget

from desktop.qt.roles import HasGets, Index, JobRow, Link, Progress, Role, Step, Stuck
from desktop.qt.theme import theme
from desktop.qt.tokens import Size
from desktop.views.gallery.board import section
from desktop.views.widgets.base import Panel, column
from desktop.views.widgets.batch_bar import BatchBar
from desktop.views.widgets.boxes import Act, Card, Frame, RefusalBox
from desktop.views.widgets.dry_run import DryGroup, DryRow, DryRunSheet, as_card
from desktop.views.widgets.figures import EmptyState, StackBar
from desktop.views.widgets.jobs import JobList
from desktop.views.widgets.labels import VerdictLabel
from desktop.views.widgets.matrix import MatrixView
from desktop.views.widgets.palette import Command, PaletteBox
from desktop.views.widgets.paragraph import Paragraph, Run
from desktop.views.widgets.steps import StepList
from desktop.views.widgets.toasts import Toast
from desktop.views.widgets.waves import Wave, WaveCard

JOBS = (
    JobRow(
        "Push 128 people to Entrance north",
        "step 3 of 4, reading back · user 88 of 128",
        "running",
        Progress(88, 128),
        "20 s left",
        "pause",
        "Pause",
        key=1,
    ),
    JobRow(
        "R29 firmware, Courtyard gate",
        "writing, do not unplug",
        "running",
        Progress(64, 100, tone="ambiguous.solid"),
        "1:12",
        "lock",
        "Past the point of no return since 09:12:58",
        key=2,
    ),
    JobRow(
        "Templates to 3 monitors",
        "waits for Garage ramp to answer",
        "waiting",
        None,
        "2 h 10",
        "x",
        "Stop",
        key=3,
    ),
    JobRow(
        "Import of staff cards",
        "12 of 14 written, 2 refused: card not hex",
        "refused",
        None,
        "09:02",
        "rotate-ccw",
        "Again",
        key=4,
    ),
    JobRow(
        "Move out Livia Marro",
        "gone from 14 of 14 doors, last 09:03",
        "proved",
        None,
        "09:03",
        "chevron-right",
        "Open",
        key=5,
    ),
)
STEPS = (
    Step("Sign in", "Factory password replaced", "proved", "0.8 s"),
    Step("Set name", "Said yes, read-back is next", "accepted", "0.4 s"),
    Step("Push people", "88 of 128", "running", "14 s"),
    Step("Relay B, hold time", "HoldDelayB: out of range 1-10", "refused", "6.3 s"),
    Step("Test the door", "After the push", "todo"),
)
STUCK = Step(
    "Apply template",
    "41 of 42 settings proved, 1 refused",
    "refused",
    "6.3 s",
    Stuck(
        (
            ("Setting", "Relay B, hold time"),
            ("Has, gets", HasGets("5 s", "15 s", mono=True)),
            ("Device says", "HoldDelayB: out of range 1-10"),
            ("Why", "Firmware 29.30.10.123 holds at most 10 s. The template asks for 15 s."),
        ),
        (Link("skip", "Skip relay B"), Link("edit", "Edit template"), Link("said", "What was said")),
        words="Device says",
    ),
)


def dry_run() -> QWidget:
    """The sheet before a bulk act."""
    change = HasGets("30 Nov 26", "30 Nov 27", mono=True)
    groups = [
        DryGroup(
            "differs",
            38,
            "will change",
            (DryRow("Juno Pereda", change, "6 doors"), DryRow("Caspar Lindt", change, "4 doors")),
            unfolded=True,
        ),
        DryGroup("refused", 2, "cannot: apartment's lease ends 31 Jan 2027"),
        DryGroup("check", 5, "already so"),
    ]
    sheet = DryRunSheet(
        "Extend 45 contracts to 30 Nov 2027",
        "Nothing has been written. Checked 09:15:20 against this laptop.",
        groups,
        primary="Change 38",
        undo="Undo stays 30 days.",
    )
    sheet.tree.setFixedHeight(sheet.tree.content_height())
    return section("Dry-run sheet", as_card(sheet), note="before every bulk act")


def jobs() -> QWidget:
    """The rows of the job centre."""
    rows = JobList()
    rows.set_rows(JOBS)
    rows.setFixedHeight(theme().px(Size.JOB_ROW) * len(JOBS))
    return section("Job rows", Frame(rows), note="46 px, step and last word always shown")


def refusal() -> QWidget:
    """What a device said."""
    box = RefusalBox(
        "retcode -4: card count exceeds 5",
        "This model keeps 5 cards a person. Choose 5, or use a second entry.",
    )
    return section("Refusal", box)


def toasts() -> QWidget:
    """Toasts of four verdicts."""
    return section(
        "Toasts",
        Toast("proved", "38 contracts changed, read back at 6 doors", "Undo until 24 Dec", link="Undo"),
        Toast("waiting", "Saved on this laptop", "Goes out when the network is back", link="Outbox"),
        Toast("refused", "Gym refused 1 of 6 entries", "PIN •••• duplicate of user 117", link="Why"),
        Toast(
            "ambiguous",
            "Main entrance broke off after sending",
            "Reads it back in 30 s, then says which",
            link="Read now",
        ),
        note="never claim more than the verdict; 6 s, hover holds",
    )


def batch() -> QWidget:
    """The batch bar with an act that is not possible, and its reason."""
    bar = BatchBar()
    reason = "3 models at once: choose one. R29 has 9 of the 14."
    bar.show_close(shown=False)
    bar.set_selection("14 selected", "3 models · 2 offline")
    bar.set_acts([Act("push", "Push"), Act("reboot", "Reboot"), Act("upgrade", "Upgrade", reason=reason)])
    tip = Panel("tip")
    inner = column(gap=0, margins=(8, 5, 8, 5))
    inner.addWidget(Paragraph(reason, "help", "tipt"))
    tip.setLayout(inner)
    holder, line = QWidget(), column(gap=6)
    line.addWidget(bar)
    line.addWidget(tip, 0, Qt.AlignmentFlag.AlignRight)
    holder.setLayout(line)
    return section("Batch bar and reason", holder)


class MatrixRows(QAbstractTableModel):
    """Doors and people with verdicts, for the picture of a matrix."""

    DOORS = (
        ("Main entrance", "37/39", "refused"),
        ("Garage ramp", "", ""),
        ("Bicycle room", "21/22", "refused"),
        ("Gym", "24/26", "refused"),
    )
    PEOPLE = (
        ("Nobody", "card 008A4F11", ("foreign", "", "foreign", "")),
        ("B-0101", "Mirela Castan", ("proved", "stale", "proved", "proved")),
        ("", "Teodor Castan", ("proved", "", "proved", "")),
        ("B-0102", "Ilsa Brandt", ("accepted", "unreachable", "proved", "differs")),
        ("B-0402", "Jonas Birk", ("refused", "", "proved", "refused")),
        ("B-0404", "Vikram Sethe", ("proved", "waiting", "ambiguous", "proved")),
    )

    def rowCount(self, parent: Index | None = None) -> int:
        return len(self.PEOPLE)

    def columnCount(self, parent: Index | None = None) -> int:
        return len(self.DOORS)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        if orientation is Qt.Orientation.Vertical:
            unit, name, _ = self.PEOPLE[section]
            tone = "foreign" if unit == "Nobody" else ""
            spoken: dict[int, str] = {
                Qt.ItemDataRole.DisplayRole: name,
                Role.HEAD_NOTE: unit,
                Role.HEAD_TONE: tone,
            }
            return spoken.get(role)
        name, count, tone = self.DOORS[section]
        mark = "" if count else "unreachable"
        heads: dict[int, str] = {
            Qt.ItemDataRole.DisplayRole: name,
            Role.HEAD_NOTE: count,
            Role.HEAD_TONE: tone,
            Role.HEAD_MARK: mark,
        }
        return heads.get(role)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        verdict = self.PEOPLE[index.row()][2][index.column()]
        if role in {Role.VERDICT, Qt.ItemDataRole.DisplayRole, Qt.ItemDataRole.AccessibleTextRole}:
            return verdict
        return None


def matrix(parent: QObject | None = None) -> QWidget:
    """A small proof matrix with its cursor."""
    view = MatrixView()
    view.setModel(MatrixRows(parent or view))
    view.set_cursor(4, 3)
    view.setFixedHeight(theme().px(57 + 17 * 6 + 2))
    return section("Matrix", Frame(view), note="tint only where a person is needed")


def palette() -> QWidget:
    """The command palette with something typed."""
    box = PaletteBox(foot=False)
    box.set_commands(
        [
            Command("push", "Push 128 people", icon="arrow-up", shortcut=("Ctrl ↵",)),
            Command("gaps", "Push the gaps", icon="grid-3x3", shortcut=("G P",)),
            Command("agent", "Push from the cloud agent", icon="cloud", reason="needs the network"),
        ]
    )
    box.field.setText("push")
    return section("Command palette", box)


def steps() -> QWidget:
    """The steps of a commissioning."""
    card, made = Card(), StepList()
    made.set_folding(fold=False)
    made.set_steps(STEPS)
    card.body.addWidget(made)
    return section("Step list", card)


def stuck() -> QWidget:
    """A stuck step with its box."""
    card, made = Card(), StepList()
    made.set_folding(fold=False)
    made.set_steps([STUCK, Step("Push 128 people", "After step 6")])
    card.body.addWidget(made)
    return section("Stuck step", card)


WAVE = Wave(
    "Wave 2",
    "running",
    "7 of 14",
    14,
    (("proved", 6), ("refused", 1), ("running", 6)),
    line=0.9,
    go_on=("Go on at", "90 %"),
    stop="Stop at 2 faults",
    faults=1,
    budget=2,
    state="current",
)


def wave() -> QWidget:
    """The current wave of a rollout."""
    return section("Rollout wave", WaveCard(WAVE))


def receipt() -> QWidget:
    """A receipt that spreads: gone from which doors."""
    card = Card("Gone from 13 of 14 doors", "0:41")
    card.body.addWidget(StackBar([("proved", 13), ("unreachable", 1)]))
    line = VerdictLabel("unreachable", "Still opens Garage ramp. Not seen for 2 h 10.", role="help")
    card.body.addWidget(line)
    return section("Spreading receipt", card)


def empty() -> QWidget:
    """Nothing found: what was tried, and one act."""
    card = Panel("card")
    inner = column(gap=0)
    state = EmptyState(
        "No device seen yet",
        "Swept 192.168.10.0/24 four ways in 1.8 s.\nThe laptop has an address and a cable.",
        [Act("tried", "See what was tried"), Act("scan", "Scan a range", "primary")],
        devices=("door", "screen", "monitor"),
    )
    inner.addWidget(state)
    card.setLayout(inner)
    return section("Empty state", card, note="says what was tried, offers one act")


def words_in_runs() -> Paragraph:
    """A text with a link inside."""
    return Paragraph(
        [
            Run("Sent to t•••@ostby.example. "),
            Run("Send again", link="again"),
            Run(" or "),
            Run("use an app", link="app"),
        ]
    )
