"""The design tokens: colours of each theme, sizes of the grid.

One frozen object per theme; the style sheet, the palette and every delegate read the same one. No Qt here, so that
tests and tools can compute with colours. The law behind the numbers is the project's token sheet.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from types import MappingProxyType

VERDICTS = ("proved", "accepted", "differs", "waiting", "refused", "unreachable", "ambiguous", "foreign")
"""The closed list of verdict words, in no particular order of merit."""

STATES = ("running", "todo", "stale")
"""States that have a mark of their own but are no verdicts."""

STACK_ORDER = (
    "proved",
    "accepted",
    "waiting",
    "differs",
    "refused",
    "ambiguous",
    "foreign",
    "unreachable",
)
"""The order of parts in a stacked bar."""


@dataclass(frozen=True, slots=True)
class VerdictColours:
    """The colours of one verdict: the mark, words on a quiet ground, and the tint of a chip or cell."""

    solid: str
    text: str
    tint: str


@dataclass(frozen=True, slots=True)
class Tokens:
    """All colours of one theme as "#RRGGBB". `scrim_alpha` is the opacity of the scrim, 0 to 1."""

    name: str
    dark: bool
    canvas: str
    base: str
    sheet: str
    sunken: str
    raised: str
    hover: str
    press: str
    line: str
    line2: str
    field: str
    t1: str
    t2: str
    t3: str
    off: str
    acc: str
    acch: str
    accp: str
    on_acc: str
    acct: str
    focus: str
    sel: str
    sel2: str
    selline: str
    edit: str
    track: str
    tip: str
    tipt: str
    scrim: str
    scrim_alpha: float
    focus_width: int
    verdicts: MappingProxyType[str, VerdictColours]

    def verdict(self, word: str) -> VerdictColours:
        """Give the colours of a verdict or of a state (running, todo, stale).

        Unknown words get the colours of `unreachable`: grey, claiming nothing.
        """
        if word == "stale":
            return self.verdicts["proved"]
        if word == "running":
            return self.verdicts["differs"]
        return self.verdicts.get(word, self.verdicts["unreachable"])

    def colour(self, tone: str) -> str:
        """Resolve a tone: a token name ("t2"), "#RRGGBB", a verdict ("refused", its text) or "refused.tint".

        Raises KeyError for a word that is none of these.
        """
        if tone.startswith("#"):
            return tone
        if tone in COLOUR_NAMES:
            return str(getattr(self, tone))
        word, _, part = tone.partition(".")
        if word in self.verdicts or word in STATES:
            return str(getattr(self.verdict(word), part or "text"))
        raise KeyError(tone)


def _verdicts(
    acct: str, sel2: str, table: dict[str, tuple[str, str, str]]
) -> MappingProxyType[str, VerdictColours]:
    found = {word: VerdictColours(*colours) for word, colours in table.items()}
    found["differs"] = VerdictColours(acct, acct, sel2)
    return MappingProxyType(found)


LIGHT = Tokens(
    name="light",
    dark=False,
    canvas="#EFEDE8",
    base="#F7F6F3",
    sheet="#FFFFFF",
    sunken="#F2F0EC",
    raised="#FFFFFF",
    hover="#F5F3EF",
    press="#E8E5DF",
    line="#E5E2DB",
    line2="#D3CFC6",
    field="#8B8880",
    t1="#1A1C20",
    t2="#484B53",
    t3="#64676F",
    off="#9B9DA3",
    acc="#2746C7",
    acch="#1F39A6",
    accp="#172C84",
    on_acc="#FFFFFF",
    acct="#2340B8",
    focus="#2746C7",
    sel="#E4E9FB",
    sel2="#F2F4FD",
    selline="#B9C5F2",
    edit="#FFF8DC",
    track="#D3CFC6",
    tip="#1F2227",
    tipt="#F3F4F6",
    scrim="#1A1C20",
    scrim_alpha=0.34,
    focus_width=2,
    verdicts=_verdicts(
        "#2340B8",
        "#F2F4FD",
        {
            "proved": ("#1B7F43", "#146335", "#E2F3E7"),
            "accepted": ("#0C7A93", "#0A5F73", "#DDF1F5"),
            "refused": ("#C22F26", "#A4231B", "#FBE7E4"),
            "unreachable": ("#676E7A", "#4B515B", "#EBECEE"),
            "ambiguous": ("#A86400", "#7F4B00", "#FCEFD3"),
            "foreign": ("#99328F", "#7E2676", "#F7E4F4"),
            "waiting": ("#5A6AA0", "#465384", "#E9ECF6"),
        },
    ),
)

DARK = Tokens(
    name="dark",
    dark=True,
    canvas="#0D0F12",
    base="#14171B",
    sheet="#191C21",
    sunken="#14171B",
    raised="#21252B",
    hover="#20242A",
    press="#2A2F37",
    line="#272B32",
    line2="#383D46",
    field="#737B88",
    t1="#ECEEF1",
    t2="#B7BCC6",
    t3="#939AA6",
    off="#656B76",
    acc="#4364E6",
    acch="#4969E8",
    accp="#3553CC",
    on_acc="#FFFFFF",
    acct="#9DB1FF",
    focus="#8FA6FF",
    sel="#252F55",
    sel2="#1C2238",
    selline="#3C4C8C",
    edit="#332C12",
    track="#383D46",
    tip="#ECEEF1",
    tipt="#14171B",
    scrim="#050608",
    scrim_alpha=0.58,
    focus_width=2,
    verdicts=_verdicts(
        "#9DB1FF",
        "#1C2238",
        {
            "proved": ("#43B971", "#74D79A", "#15301F"),
            "accepted": ("#38AFC8", "#74CFE2", "#10303A"),
            "refused": ("#F0685C", "#FF958B", "#431C1B"),
            "unreachable": ("#8A929F", "#B1B7C1", "#2A2E35"),
            "ambiguous": ("#DDA032", "#F2C067", "#39290C"),
            "foreign": ("#CC70C4", "#E8A0E2", "#3A1C39"),
            "waiting": ("#8494D0", "#AFBBE9", "#242B45"),
        },
    ),
)

COLOUR_NAMES = frozenset(
    f.name for f in fields(Tokens) if isinstance(getattr(LIGHT, f.name), str) and f.name != "name"
)
"""The names of all plain colour tokens."""


def high_contrast(of: Tokens) -> Tokens:
    """Derive the high contrast theme: lines and borders as strong as text, tints gone, marks in the text colour.

    Second and third text become first text, because contrast is what the person asked for.
    """
    verdicts = {word: VerdictColours(c.text, c.text, of.sheet) for word, c in of.verdicts.items()}
    return replace(
        of,
        name="contrast-dark" if of.dark else "contrast-light",
        track=of.field,
        off=of.t3,
        line=of.t1,
        line2=of.t1,
        field=of.t1,
        t2=of.t1,
        t3=of.t1,
        selline=of.acct,
        focus_width=3,
        verdicts=MappingProxyType(verdicts),
    )


CONTRAST_LIGHT = high_contrast(LIGHT)
CONTRAST_DARK = high_contrast(DARK)
THEMES = (LIGHT, DARK, CONTRAST_LIGHT, CONTRAST_DARK)


def _channel(value: int) -> float:
    part = value / 255
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def luminance(colour: str) -> float:
    """Relative luminance of "#RRGGBB" as WCAG 2 defines it, 0 to 1."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return 0.2126 * _channel(red) + 0.7152 * _channel(green) + 0.0722 * _channel(blue)


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as WCAG 2 defines it, 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def blend(over: str, under: str, alpha: float) -> str:
    """Mix `over` onto `under`; alpha 1 gives `over`."""
    parts = []
    for i in (1, 3, 5):
        a, b = int(over[i : i + 2], 16), int(under[i : i + 2], 16)
        parts.append(round(a * alpha + b * (1 - alpha)))
    return "#{:02X}{:02X}{:02X}".format(*parts)


class Size:
    """Sizes of the grid in logical pixels, before the text scale of the theme."""

    SIDE = 16
    CELL_GAP = 12
    FIELD_GAP = 12
    LABEL_GAP = 4
    SECTION_GAP = 16
    RADIUS_TICK = 3
    RADIUS_CHIP = 4
    RADIUS_FIELD = 6
    RADIUS_CARD = 8
    RADIUS_PALETTE = 10
    ROW_DENSE = 28
    ROW_COMFORTABLE = 36
    MATRIX_DENSE = 17
    MATRIX_COMFORTABLE = 24
    CARD_ROW = 44
    JOB_ROW = 46
    TAIL_ROW = 28
    NAV_ROW = 30
    RAIL_ROW = 34
    PALETTE_ROW = 36
    NAV = 200
    RAIL = 52
    RAIL_BELOW = 1360
    HEADER = 48
    PAGE_HEAD = 52
    FILTER_BAR = 40
    BATCH_BAR = 40
    FOOT_BAR = 50
    STATUS_BAR = 26
    SIDE_PANEL = 388
    SIDE_PANEL_MIN = 320
    SIDE_PANEL_MAX = 440
    CONTROL = 30
    CONTROL_SMALL = 24
    CONTROL_LARGE = 38
    STRIPE = 3
    ICON = 16
    ICON_SMALL = 13
    ICON_RAIL = 17
