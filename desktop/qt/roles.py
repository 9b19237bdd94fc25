"""The data roles which the generic views and delegates understand, and the small values that go with them.

A model answers these roles beside Qt's own; everything is optional. It may answer cell by cell role (VERDICT, MONO,
...) or, faster, everything about a cell at once with LOOK and everything about a row at once with ROW. The values are
plain data: they know no entity and no store.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, Qt

Index = QModelIndex | QPersistentModelIndex
_FIRST = int(Qt.ItemDataRole.UserRole) + 1


class Role(IntEnum):
    """Roles of a cell, then roles of a row (asked of column 0), then roles of a header section."""

    LOOK = _FIRST
    """Look: all of a cell at once; then the roles below are not asked."""
    VERDICT = _FIRST + 1
    """str: verdict or state; its mark stands before the text, which takes its colour."""
    MONO = _FIRST + 2
    """bool: MAC, IP, version, time, PIN, card: set in the mono font."""
    TONE = _FIRST + 3
    """str: tone of the text, a token or verdict name; default "t1"."""
    STRONG = _FIRST + 4
    """bool: a name, weight 500."""
    ICON = _FIRST + 5
    """str: name of a Lucide icon before the text."""
    DEVICE = _FIRST + 6
    """str: device silhouette in the middle of the cell."""
    EDITED = _FIRST + 7
    """bool: changed here, not saved."""
    HAS_GETS = _FIRST + 8
    """HasGets: what is there and what it becomes."""
    PROGRESS = _FIRST + 9
    """Progress: a bar with words behind it."""
    SPANS = _FIRST + 10
    """Sequence of (start, end): letters of the text which the search matched."""
    LINKS = _FIRST + 11
    """Sequence of Link: small acts in the cell; the view emits `link_activated(index, key)`."""
    CELL = _FIRST + 12
    """str: "fault", "fixed" or "double": a cell of an import sheet."""
    ICONS = _FIRST + 13
    """Sequence of (icon, on): a row of small icons, the ones that are off are faint."""
    REASON = _FIRST + 14
    """str: why something is so: tool tip, accessible description."""

    ROW = _FIRST + 40
    """RowLook: all of a row at once; then the roles below are not asked."""
    STRIPE = _FIRST + 41
    """str: tone or verdict of the 3 px stripe at the row's leading edge."""
    FADED = _FIRST + 42
    """bool: the row is not there yet; all its texts are in the third tone."""
    LIT = _FIRST + 43
    """float 0 to 1: how strongly the row is lit after something happened to it."""
    GROUP = _FIRST + 44
    """GroupRow: the row is a heading."""
    DETAIL = _FIRST + 45
    """DetailRow: the row explains the one above it."""
    NOTE = _FIRST + 46
    """NoteRow: one line over the whole width, e.g. a gap in a live log."""
    NO_TICK = _FIRST + 47
    """str: the row cannot be ticked, and why."""
    KEY = _FIRST + 48
    """object: what the row stands for; stable over sorting and loading."""
    JOB = _FIRST + 49
    """JobRow: a row of a job list."""

    HEAD_NOTE = _FIRST + 80
    """str, header: what stands under a matrix column ("37/39"), or before a matrix row (the unit)."""
    HEAD_MARK = _FIRST + 81
    """str, header: a verdict's mark under a matrix column instead of the note."""
    HEAD_TONE = _FIRST + 82
    """str, header: tone of the note."""


@dataclass(frozen=True, slots=True)
class HasGets:
    """What is there and what it becomes; `mono` for a value, not for words."""

    has: str
    gets: str
    mono: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """How far something is: `done` of `total`, the words behind the bar, its tone (acc, or ambiguous.solid)."""

    done: float
    total: float
    words: str = ""
    tone: str = "acc"

    @property
    def part(self) -> float:
        """Share done, 0 to 1."""
        return min(1.0, max(0.0, self.done / self.total)) if self.total > 0 else 0.0


@dataclass(frozen=True, slots=True)
class Link:
    """A small act in a cell, a detail row or a box: `key` is what the signal carries."""

    key: str
    text: str


@dataclass(frozen=True, slots=True)
class Look:
    """Everything about how a cell is drawn; the fields are the cell roles of `Role`. The text is Qt's DisplayRole."""

    verdict: str = ""
    mono: bool = False
    tone: str = ""
    strong: bool = False
    icon: str = ""
    device: str = ""
    edited: bool = False
    has_gets: HasGets | None = None
    progress: Progress | None = None
    spans: tuple[tuple[int, int], ...] = ()
    links: tuple[Link, ...] = ()
    cell: str = ""
    icons: tuple[tuple[str, bool], ...] = ()
    reason: str = ""
    end: bool = False
    """The text stands at the trailing edge: amounts, times."""


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A heading inside a table: title, count, a note, a small stacked bar, folded or not."""

    title: str
    count: str = ""
    note: str = ""
    parts: tuple[tuple[str, float], ...] = ()
    folded: bool | None = False
    """None: the group cannot be folded."""


@dataclass(frozen=True, slots=True)
class DetailRow:
    """What lies under a row: an opening, the device's own words, an explanation, and acts at the end."""

    lead: str
    words: str
    text: str
    acts: tuple[Link, ...] = ()
    verdict: str = "refused"


@dataclass(frozen=True, slots=True)
class NoteRow:
    """One line over the whole width of a table: icon, text, tone."""

    text: str
    icon: str = "triangle-alert"
    tone: str = "ambiguous"


@dataclass(frozen=True, slots=True)
class RowLook:
    """Everything about how a row is drawn; the fields are the row roles of `Role`."""

    stripe: str = ""
    faded: bool = False
    lit: float = 0.0
    group: GroupRow | None = None
    detail: DetailRow | None = None
    note: NoteRow | None = None
    no_tick: str = ""

    @property
    def special(self) -> bool:
        """True for a heading, an explanation or a note: it has no cells and cannot be ticked."""
        return self.group is not None or self.detail is not None or self.note is not None


PLAIN = Look()
PLAIN_ROW = RowLook()

_CELL_ROLES: tuple[tuple[str, Role], ...] = (
    ("verdict", Role.VERDICT),
    ("mono", Role.MONO),
    ("tone", Role.TONE),
    ("strong", Role.STRONG),
    ("icon", Role.ICON),
    ("device", Role.DEVICE),
    ("edited", Role.EDITED),
    ("has_gets", Role.HAS_GETS),
    ("progress", Role.PROGRESS),
    ("spans", Role.SPANS),
    ("links", Role.LINKS),
    ("cell", Role.CELL),
    ("icons", Role.ICONS),
    ("reason", Role.REASON),
)
_ROW_ROLES: tuple[tuple[str, Role], ...] = (
    ("stripe", Role.STRIPE),
    ("faded", Role.FADED),
    ("lit", Role.LIT),
    ("group", Role.GROUP),
    ("detail", Role.DETAIL),
    ("note", Role.NOTE),
    ("no_tick", Role.NO_TICK),
)


def _collect(ask: Callable[[int], object], wanted: tuple[tuple[str, Role], ...]) -> dict[str, object]:
    found = ((name, ask(role)) for name, role in wanted)
    return {name: value for name, value in found if value is not None}


def look_of(index: Index) -> Look:
    """Give how the cell at `index` is drawn: its LOOK, or one put together from the single roles."""
    whole = index.data(Role.LOOK)
    if isinstance(whole, Look):
        return whole
    parts = _collect(index.data, _CELL_ROLES)
    return Look(**parts) if parts else PLAIN  # type: ignore[arg-type]  # the roles say what a model must answer


def row_look_of(index: Index) -> RowLook:
    """Give how the row of `index` is drawn: the ROW of its first column, or one put together from the single roles."""
    first = index.sibling(index.row(), 0)
    whole = first.data(Role.ROW)
    if isinstance(whole, RowLook):
        return whole
    parts = _collect(first.data, _ROW_ROLES)
    return RowLook(**parts) if parts else PLAIN_ROW  # type: ignore[arg-type]  # the roles say what a model must answer


@dataclass(frozen=True, slots=True)
class Stuck:
    """Why a step is stuck: rows of (label, value), and the ways out as acts.

    A value may be a HasGets. `words` names the label whose value is the device's own words.
    """

    rows: tuple[tuple[str, str | HasGets], ...]
    acts: tuple[Link, ...] = ()
    words: str = ""
    verdict: str = "refused"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a step list.

    `mark` is a verdict or state (proved, accepted, running, refused, todo ...). `took` is e.g. "0.8 s". `stuck` opens
    the box that explains it.
    """

    title: str
    note: str = ""
    mark: str = "todo"
    took: str = ""
    stuck: Stuck | None = None


@dataclass(frozen=True, slots=True)
class JobRow:
    """One row of a job list: mark, title, step and last word, progress, time, and the one act (icon and its name).

    `act` is an icon: pause, x, lock (past the point of no return), rotate-ccw, chevron-right. `act_text` is its name,
    for a lock the reason.
    """

    title: str
    note: str = ""
    mark: str = "waiting"
    progress: Progress | None = None
    time: str = ""
    act: str = ""
    act_text: str = ""
    key: object = field(default=None, compare=False)
