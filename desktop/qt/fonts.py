"""The bundled fonts and the type roles that are set in them.

A role is a name such as "title" or "cell"; everything that draws text asks for a role, never for a size.
"""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtGui import QFont, QFontDatabase

import resources

FAMILY = "Inter"
MONO_FAMILY = "JetBrains Mono"
OTHER_SCRIPTS = ("Noto Sans CJK SC", "Gatewright Sans SC", "Noto Sans Hebrew", "Noto Sans Arabic")
"""The first is the system's where it has it; the others are bundled, so that no script of ours needs a font of it."""
FALLBACKS = ("Noto Sans", *OTHER_SCRIPTS, "DejaVu Sans")
MONO_FALLBACKS = ("Noto Sans Mono", "DejaVu Sans Mono", *OTHER_SCRIPTS)


@dataclass(frozen=True, slots=True)
class Role:
    """One type role: size and line height in logical pixels, weight, letter spacing in pixels, mono or not."""

    px: int
    line: int
    weight: int = 400
    spacing: float = 0.0
    mono: bool = False


ROLES: dict[str, Role] = {
    "figure": Role(24, 28, 600, -0.4),
    "figure2": Role(18, 24, 600, -0.2),
    "title": Role(18, 24, 600, -0.2),
    "panel": Role(15, 20, 600),
    "omnibox": Role(14, 20),
    "text": Role(13, 18),
    "strong": Role(13, 18, 500),
    "head": Role(13, 18, 600),
    "help": Role(12, 16),
    "help-strong": Role(12, 16, 500),
    "section": Role(12, 16, 600),
    "caption": Role(11, 16),
    "caption-strong": Role(11, 16, 500),
    "column": Role(11, 16, 500),
    "column-head": Role(11, 16, 600),
    "badge": Role(10, 12, 600),
    "mono": Role(12, 16, 400, mono=True),
    "mono-strong": Role(12, 16, 600, mono=True),
    "log": Role(12, 16, 400, mono=True),
    "key": Role(10, 14, 400, mono=True),
    "code": Role(18, 24, 500, mono=True),
}


def load() -> tuple[str, ...]:
    """Register the bundled font files with Qt and give the families that are now there.

    Raises RuntimeError when Qt cannot read one of them: every size in the window is built on them.
    """
    families: list[str] = []
    for name in resources.names("fonts", suffix=".otf") + resources.names("fonts", suffix=".ttf"):
        number = QFontDatabase.addApplicationFont(str(resources.path("fonts", name)))
        if number < 0:
            raise RuntimeError(f"The font file {name} cannot be read.")
        families.extend(QFontDatabase.applicationFontFamilies(number))
    return tuple(dict.fromkeys(families))


def make(role: Role, scale: float) -> QFont:
    """Build the QFont of a role; figures are tabular everywhere."""
    font = QFont()
    font.setFamilies([MONO_FAMILY, *MONO_FALLBACKS] if role.mono else [FAMILY, *FALLBACKS])
    font.setPixelSize(max(8, round(role.px * scale)))
    font.setWeight(QFont.Weight(role.weight))
    if role.spacing:
        font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, role.spacing * scale)
    font.setFeature(QFont.Tag("tnum"), 1)
    if role.mono:
        # A device's words are shown as they are: no ligatures in "->" or "!=".
        font.setFeature(QFont.Tag("calt"), 0)
        font.setFeature(QFont.Tag("liga"), 0)
    # Whole advances would spread 13 px text by 3 %; sharp horizontals are worth keeping.
    font.setHintingPreference(QFont.HintingPreference.PreferVerticalHinting)
    font.setStyleStrategy(QFont.StyleStrategy.PreferAntialias)
    return font
