"""The theme: switching at run time, fonts, icons, the style sheet, density and scale."""

from __future__ import annotations

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QFont, QFontInfo, QRawFont
from PySide6.QtWidgets import QApplication, QLabel, QLineEdit
from pytestqt.qtbot import QtBot

import resources
from desktop.qt import fonts, icons
from desktop.qt.theme import Density, Mode, Theme, style_sheet, theme
from desktop.qt.tokens import DARK, LIGHT, STATES, THEMES, VERDICTS


def test_there_is_one_theme(look: Theme, qapp: QApplication) -> None:
    assert Theme.install(qapp, Mode.LIGHT) is look
    assert theme() is look


@pytest.mark.parametrize(
    "mode,name", [(Mode.LIGHT, "light"), (Mode.DARK, "dark"), (Mode.CONTRAST, "contrast-light")]
)
def test_a_mode_is_taken_at_once(look: Theme, qtbot: QtBot, mode: Mode, name: str) -> None:
    look.set_mode(Mode.DARK if mode is Mode.LIGHT else Mode.LIGHT)
    with qtbot.waitSignal(look.themed, timeout=10_000):
        look.set_mode(mode)
    assert look.tokens.name == name
    assert look.colour("t1").name().upper() == look.tokens.t1


@pytest.mark.parametrize(
    "system,name",
    [
        ((False, False), "light"),
        ((True, False), "dark"),
        ((False, True), "contrast-light"),
        ((True, True), "contrast-dark"),
    ],
)
def test_system_mode_follows_the_system(
    look: Theme, qapp: QApplication, monkeypatch: pytest.MonkeyPatch, system: tuple[bool, bool], name: str
) -> None:
    look.set_mode(Mode.SYSTEM)
    # The offscreen platform has no colour scheme of its own, so the answer of the system is put in.
    monkeypatch.setattr(Theme, "_system_wants", lambda _self: system)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Dark if system[0] else Qt.ColorScheme.Light)
    assert look.tokens.name == name
    look.set_mode(Mode.DARK)
    qapp.styleHints().colorSchemeChanged.emit(Qt.ColorScheme.Light)
    assert look.tokens.name == "dark"


def test_widgets_change_with_the_theme(look: Theme, qtbot: QtBot) -> None:
    field = QLineEdit()
    qtbot.addWidget(field)
    field.ensurePolished()
    before = field.palette().color(field.backgroundRole())
    look.set_mode(Mode.DARK)
    field.ensurePolished()
    assert field.palette().color(field.backgroundRole()) != before


def test_the_bundled_fonts_are_used(look: Theme) -> None:
    assert QFontInfo(look.font("text")).family() == fonts.FAMILY
    assert QFontInfo(look.font("mono")).family() == fonts.MONO_FAMILY
    assert look.font("title").weight() == QFont.Weight.DemiBold
    assert look.font("title").pixelSize() == 18


@pytest.mark.parametrize("role", sorted(fonts.ROLES))
def test_figures_have_one_width(look: Theme, role: str) -> None:
    metrics = look.metrics(role)
    widths = [metrics.horizontalAdvance(figure * 10) for figure in "0123456789"]
    # Qt rounds an advance to a 64th of a pixel.
    assert max(widths) - min(widths) < 0.5


@pytest.mark.parametrize("letters", ["Grüße", "Ελλάδα", "Москва", "Ðđ", "ñ"])
def test_three_scripts_come_from_the_bundle(look: Theme, letters: str) -> None:
    for role in ("text", "mono"):
        glyphs = QRawFont.fromFont(look.font(role)).glyphIndexesForString(letters)
        assert len(glyphs) == len(letters)
        assert 0 not in glyphs


def test_scale_reaches_text_and_sizes(look: Theme) -> None:
    look.set_scale(1.5)
    assert look.font("text").pixelSize() == 20
    assert look.px(30) == 45
    assert look.row_height == 42
    look.set_scale(9)
    assert look.scale == 2.0


def test_density_changes_rows(look: Theme, qtbot: QtBot) -> None:
    assert look.row_height == 28
    with qtbot.waitSignal(look.themed, timeout=10_000):
        look.set_density(Density.COMFORTABLE)
    assert look.row_height == 36


def test_no_movement_means_no_time(look: Theme) -> None:
    assert look.duration(140) == 0
    look.set_reduce_motion(reduce=False)
    assert look.duration(140) == 140


@pytest.mark.parametrize("tokens", THEMES, ids=[tokens.name for tokens in THEMES])
def test_the_style_sheet_is_filled(look: Theme, tokens: object) -> None:
    assert tokens in THEMES
    sheet = style_sheet(LIGHT if tokens is LIGHT else DARK, 1.25)
    rules = re.sub(r"/\*.*?\*/", "", sheet, flags=re.DOTALL)
    assert "@" not in rules
    assert not re.search(r"\d+dp", rules)
    for name in re.findall(r"url\((.*?)\)", rules):
        assert resources.path("icons", "controls", name.rsplit("/", 1)[-1]).is_file()


def test_a_slip_in_the_template_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "text", lambda *_: "QLabel { color: @nosuch; }")
    with pytest.raises(KeyError):
        style_sheet(LIGHT, 1.0)


@pytest.mark.parametrize("name", icons.icon_names())
def test_every_icon_can_be_drawn(look: Theme, name: str) -> None:
    image = look.pixmap(name, "acc", 16, 2.0).toImage()
    colours = {
        image.pixelColor(x, y).name()
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() > 250
    }
    assert image.width() == 32
    assert look.tokens.acc.lower() in colours


def test_icons_are_kept(look: Theme) -> None:
    assert look.icon("bell") is look.icon("bell")
    first = look.icon("bell")
    look.set_mode(Mode.DARK)
    assert look.icon("bell") is not first


def test_marks_differ_in_shape_not_only_in_colour(look: Theme) -> None:
    shapes = set()
    for word in (*VERDICTS, *STATES):
        mask = look.verdict_mark(word, 16).toImage().createAlphaMask()
        shapes.add(bytes(mask.constBits()))
    # The four full shapes are outlined alike only where their outline is; with what is cut out they all differ.
    assert len(shapes) >= 9
    for word in VERDICTS:
        image = look.verdict_mark(word, 16).toImage()
        assert any(image.pixelColor(x, 8).alpha() or image.pixelColor(8, x).alpha() for x in range(16)), word


def test_silhouettes_and_brand(look: Theme) -> None:
    for kind in icons.device_names():
        assert not look.device(kind, size=34).isNull()
    assert set(icons.device_names()) >= {"door", "screen", "monitor", "guard", "access", "camera", "single"}
    assert look.mark(24, 2.0).width() == 48


def test_palette_reaches_plain_widgets(look: Theme, qtbot: QtBot) -> None:
    look.set_mode(Mode.DARK)
    label = QLabel("x")
    qtbot.addWidget(label)
    assert label.palette().color(label.foregroundRole()).name().upper() == DARK.t1


def test_bundle_stays_small_and_licensed() -> None:
    root = resources.path("fonts").parent
    total = sum(file.stat().st_size for file in root.rglob("*") if file.is_file() and file.suffix != ".py")
    assert total < 7 * 1024 * 1024
    for parts in (
        ("fonts", "OFL-Inter.txt"),
        ("fonts", "OFL-JetBrainsMono.txt"),
        ("icons", "lucide", "LICENSE"),
    ):
        assert len(resources.text(*parts)) > 500
    with pytest.raises(FileNotFoundError):
        resources.path("nosuch")
