"""The bundled fonts alone draw every language of the window: a machine may have no font of Chinese or Hebrew at all."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QFont, QRawFont
from PySide6.QtWidgets import QApplication

import resources
from desktop.qt.language import LANGUAGES, catalogue, sentences_of
from desktop.qt.theme import Theme

FACES = resources.names("fonts", suffix=".otf") + resources.names("fonts", suffix=".ttf")
CODES = [one.code for one in LANGUAGES if one.code != "en"]


def lacks(letters: set[str], faces: list[str]) -> set[str]:
    """The letters for which none of these font files has a glyph."""
    for face in faces:
        raw = QRawFont(str(resources.path("fonts", face)), 13)
        assert raw.isValid(), face
        letters = {one for one in letters if not raw.supportsCharacter(ord(one))}
    return letters


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("weights", [("Regular",), ("Bold", "SemiBold")])
def test_bundled_fonts_draw_every_letter_of_a_language(
    qapp: QApplication, code: str, weights: tuple[str, ...]
) -> None:
    words = [*catalogue(code).values(), *sentences_of(code).values()]
    letters = {letter for text in words for letter in text if letter.isprintable() and letter != " "}
    faces = [face for face in FACES if face.partition(".")[0].endswith(weights)]
    assert lacks(letters, faces) == set()


@pytest.mark.parametrize("name", ["王晗琪", "孫", "יעל כהן", "ليلى حداد", "Ξένια", "Юлия", "Łukasz"])
def test_names_of_people_in_other_scripts_are_drawn(qapp: QApplication, name: str) -> None:
    """Traditional characters are the system's business: 孫 is the one here that no bundled font has."""
    assert lacks(set(name) - {" "}, list(FACES)) == (set("孫") & set(name))


def test_a_letter_of_another_script_is_drawn_by_the_bundled_font_of_that_script(look: Theme) -> None:
    for letter, family in (
        ("琪", "Gatewright Sans SC"),
        ("ש", "Noto Sans Hebrew"),
        ("ح", "Noto Sans Arabic"),
    ):
        font = QFont(family)
        font.setWeight(QFont.Weight.DemiBold)
        assert QRawFont.fromFont(font).supportsCharacter(ord(letter)), family
