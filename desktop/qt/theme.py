"""The theme of the window: one object that owns colours, fonts, icons, density and scale, and tells of changes.

`Theme.install(app)` once at start; `theme()` everywhere else. A widget that draws or colours by itself connects to
`themed` (or derives from `desktop.views.widgets.base.Themed`). No widget and no page here.
"""

from __future__ import annotations

import re
from enum import StrEnum
from typing import ClassVar

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QIcon, QPalette, QPixmap
from PySide6.QtWidgets import QApplication, QStyle, QToolTip

import resources
from desktop.qt import fonts, icons
from desktop.qt.tokens import CONTRAST_DARK, CONTRAST_LIGHT, DARK, LIGHT, Size, Tokens, blend

ICON_RATIOS = (1.0, 1.25, 1.5, 2.0, 3.0)


class Mode(StrEnum):
    """What the person chose. SYSTEM follows the system's light, dark and contrast settings at run time."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"
    CONTRAST = "contrast"


class Density(StrEnum):
    """Row heights of tables: DENSE 28, COMFORTABLE 36 (matrix 17 or 24)."""

    DENSE = "dense"
    COMFORTABLE = "comfortable"


class Theme(QObject):
    """Colours, fonts, icons, density and text scale of the running window.

    `tokens` are the colours in use; `reduce_motion` is True when nothing may move.

    Signal `themed()`: something of it changed; colours, fonts and sizes must be asked for again.
    """

    themed = Signal()
    installed: ClassVar[Theme | None] = None

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        self.setObjectName("theme")
        self._app = app
        self._mode = Mode.SYSTEM
        self._density = Density.DENSE
        self._scale = 1.0
        self.reduce_motion = app.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration) == 0
        self.tokens: Tokens = LIGHT
        self._fonts: dict[str, QFont] = {}
        self._metrics: dict[str, QFontMetricsF] = {}
        self._colours: dict[str, QColor] = {}
        self._icons: dict[tuple[str, str, int], QIcon] = {}
        self.advances: dict[tuple[str, str], float] = {}

    # -- installing and switching

    @classmethod
    def install(cls, app: QApplication, mode: Mode = Mode.SYSTEM) -> Theme:
        """Load the fonts, set style, palette and style sheet of the application, follow the system.

        Called twice on one application it gives the first theme back, switched to `mode`.
        """
        if cls.installed is not None and cls.installed.parent() is app:
            cls.installed.set_mode(mode)
            return cls.installed
        fonts.load()
        app.setStyle("Fusion")
        made = cls(app)
        hints = app.styleHints()
        hints.colorSchemeChanged.connect(made._follow_system)
        hints.accessibility().contrastPreferenceChanged.connect(made._follow_system)
        made._mode = mode
        cls.installed = made
        made._apply()
        return made

    @property
    def mode(self) -> Mode:
        """What the person chose, not what the system made of it: see `tokens.name` for that."""
        return self._mode

    def set_mode(self, mode: Mode) -> None:
        """Switch to light, dark, contrast or following the system, at once and everywhere."""
        if mode != self._mode:
            self._mode = mode
            self._apply()

    @property
    def density(self) -> Density:
        """Dense or comfortable rows."""
        return self._density

    def set_density(self, density: Density) -> None:
        """Switch the row height of all tables."""
        if density != self._density:
            self._density = density
            self.themed.emit()

    @property
    def scale(self) -> float:
        """Text scale on top of the screen's own: 1.0 is 13 px text."""
        return self._scale

    def set_scale(self, scale: float) -> None:
        """Set the text scale; held between 0.8 and 2.0. Sizes of controls and rows follow."""
        scale = min(2.0, max(0.8, scale))
        if scale != self._scale:
            self._scale = scale
            self._apply()

    def set_reduce_motion(self, *, reduce: bool) -> None:
        """Turn movement off or on."""
        self.reduce_motion = reduce
        self.themed.emit()

    def duration(self, milliseconds: int) -> int:
        """Give the length of a movement in milliseconds: 0 where the person wants none."""
        return 0 if self.reduce_motion else milliseconds

    # -- asking

    def px(self, pixels: float) -> int:
        """Scale a size of the token sheet to logical pixels."""
        return round(pixels * self._scale)

    @property
    def row_height(self) -> int:
        """Height of a table row in the chosen density."""
        dense = self._density is Density.DENSE
        return self.px(Size.ROW_DENSE if dense else Size.ROW_COMFORTABLE)

    def colour(self, tone: str) -> QColor:
        """Give the colour of a tone: token ("t2"), "#RRGGBB", verdict ("refused", its text) or "refused.tint"."""
        found = self._colours.get(tone)
        if found is None:
            found = self._colours[tone] = QColor(self.tokens.colour(tone))
        return found

    def font(self, role: str) -> QFont:
        """Give the font of a type role of `desktop.qt.fonts.ROLES`. Raises KeyError for an unknown one."""
        found = self._fonts.get(role)
        if found is None:
            found = self._fonts[role] = fonts.make(fonts.ROLES[role], self._scale)
        return found

    def metrics(self, role: str) -> QFontMetricsF:
        """Give the metrics of a type role's font."""
        found = self._metrics.get(role)
        if found is None:
            found = self._metrics[role] = QFontMetricsF(self.font(role))
        return found

    def line_height(self, role: str) -> int:
        """Give the line height of a type role in logical pixels."""
        return self.px(fonts.ROLES[role].line)

    def pixmap(self, name: str, tone: str = "t2", size: int = Size.ICON, ratio: float = 1.0) -> QPixmap:
        """Give a Lucide icon in a tone, `size` logical pixels square before the text scale."""
        side = self.px(size)
        return icons.render(icons.svg_icon(name, self.tokens.colour(tone)), side, side, ratio)

    def icon(self, name: str, tone: str = "t2", size: int = Size.ICON) -> QIcon:
        """Give a Lucide icon as a QIcon with pictures for the usual device pixel ratios."""
        key = (name, tone, size)
        found = self._icons.get(key)
        if found is None:
            found = QIcon()
            for ratio in ICON_RATIOS:
                found.addPixmap(self.pixmap(name, tone, size, ratio))
            off = self.pixmap(name, "off", size, 2.0)
            found.addPixmap(off, QIcon.Mode.Disabled)
            self._icons[key] = found
        return found

    def verdict_mark(
        self, word: str, size: int = Size.ICON, ratio: float = 1.0, ground: str = "sheet"
    ) -> QPixmap:
        """Give the mark of a verdict or state; `ground` is the tone seen through what is cut out of it."""
        tokens = self.tokens
        solid = tokens.verdict(word).solid
        svg = icons.svg_mark(word, solid, tokens.colour(ground), tokens.track)
        side = self.px(size)
        return icons.render(svg, side, side, ratio)

    def device(self, kind: str, tone: str = "t2", size: int = Size.ICON, ratio: float = 1.0) -> QPixmap:
        """Give a device silhouette: door, screen, single, monitor, guard, access or camera."""
        side = self.px(size)
        return icons.render(icons.svg_device(kind, self.tokens.colour(tone)), side, side, ratio)

    def mark(self, size: int = 24, ratio: float = 1.0) -> QPixmap:
        """Give the mark of the product."""
        side = self.px(size)
        return icons.render(icons.svg_brand("mark", self.tokens.t1, self.tokens.acc), side, side, ratio)

    # -- building

    def _follow_system(self) -> None:
        if self._mode in {Mode.SYSTEM, Mode.CONTRAST}:
            self._apply()

    def _system_wants(self) -> tuple[bool, bool]:
        """Whether the system is set to dark, and whether it is set to high contrast."""
        hints = self._app.styleHints()
        strong = hints.accessibility().contrastPreference() == Qt.ContrastPreference.HighContrast
        return hints.colorScheme() == Qt.ColorScheme.Dark, strong

    def _chosen_tokens(self) -> Tokens:
        dark, strong = self._system_wants()
        if self._mode is Mode.CONTRAST or (self._mode is Mode.SYSTEM and strong):
            return CONTRAST_DARK if dark else CONTRAST_LIGHT
        if self._mode is Mode.SYSTEM:
            return DARK if dark else LIGHT
        return DARK if self._mode is Mode.DARK else LIGHT

    def _apply(self) -> None:
        self.tokens = self._chosen_tokens()
        for cache in (self._fonts, self._metrics, self._colours, self._icons, self.advances):
            cache.clear()
        self._app.setPalette(palette_of(self.tokens))
        self._app.setFont(self.font("text"))
        QToolTip.setFont(self.font("help"))
        self._app.setStyleSheet(style_sheet(self.tokens, self._scale))
        self.themed.emit()


def palette_of(tokens: Tokens) -> QPalette:
    """Build the palette for what is drawn by Qt's own style: selections, placeholders, links, tool tips."""
    made = QPalette()
    roles = QPalette.ColorRole
    for role, tone in (
        (roles.Window, tokens.sheet),
        (roles.WindowText, tokens.t1),
        (roles.Base, tokens.sheet),
        (roles.AlternateBase, tokens.sunken),
        (roles.Text, tokens.t1),
        (roles.Button, tokens.raised),
        (roles.ButtonText, tokens.t1),
        (roles.BrightText, tokens.on_acc),
        (roles.Highlight, tokens.acc),
        (roles.HighlightedText, tokens.on_acc),
        (roles.Link, tokens.acct),
        (roles.LinkVisited, tokens.acct),
        (roles.PlaceholderText, tokens.t3),
        (roles.ToolTipBase, tokens.tip),
        (roles.ToolTipText, tokens.tipt),
        (roles.Accent, tokens.acc),
    ):
        made.setColor(role, QColor(tone))
    off = QColor(tokens.off)
    for role in (roles.WindowText, roles.Text, roles.ButtonText):
        made.setColor(QPalette.ColorGroup.Disabled, role, off)
    return made


_TOKEN = re.compile(r"@([a-z][a-z0-9_]*(?:\.[a-z]+)?)")
_PIXELS = re.compile(r"\b(\d+)dp\b")


def style_sheet(tokens: Tokens, scale: float) -> str:
    """Fill the template resources/theme.qss: `@token` is a colour, `12dp` a scaled size, `@res` the resources folder.

    Raises KeyError for an unknown token, so that a slip in the template fails the first start.
    """

    def colour(match: re.Match[str]) -> str:
        name = match[1]
        if name == "res":
            return resources.path("icons", "controls").as_posix()
        if name == "scrim":
            return blend(tokens.scrim, tokens.base, tokens.scrim_alpha)
        if name == "fw":
            return f"{tokens.focus_width}px"
        return tokens.colour(name)

    filled = _TOKEN.sub(colour, resources.text("theme.qss"))
    return _PIXELS.sub(lambda match: f"{round(int(match[1]) * scale)}px", filled)


def theme() -> Theme:
    """Give the installed theme. Raises RuntimeError when `Theme.install` was not called."""
    found = Theme.installed
    if found is None:
        raise RuntimeError("Theme.install(app) comes before the first widget.")
    return found
