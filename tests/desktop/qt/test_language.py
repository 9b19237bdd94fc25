"""The window's language: its words, Qt's own, the direction, and what a catalogue must have."""

from __future__ import annotations

import pytest
from PySide6.QtCore import QCoreApplication, Qt, QTranslator
from PySide6.QtWidgets import QApplication, QLabel

from desktop.qt import language
from tools import words

CODES = [one.code for one in language.LANGUAGES if one.code != "en"]


pytestmark = pytest.mark.usefixtures("english_afterwards")


class Gate(QLabel):
    """Something with a context of its own."""


@pytest.mark.usefixtures("qtbot")
def test_a_word_of_a_context_wins_over_the_common_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(language, "catalogue", lambda _code: {"Open": "Abrir", "Gate|Open": "Abierta"})
    language.install("es")
    assert (Gate().tr("Open"), QLabel().tr("Open")) == ("Abierta", "Abrir")
    assert QLabel().tr("A text that nobody translated") == "A text that nobody translated"


def test_each_language_has_its_direction_and_qts_own_words(qapp: QApplication) -> None:
    """ACC-18: one's own choice, and from right to left where it is read so."""
    said = {}
    for code in CODES:
        language.install(code)
        said[code] = QCoreApplication.translate("QPlatformTheme", "Cancel")
        right = code == "he"
        assert (qapp.layoutDirection() == Qt.LayoutDirection.RightToLeft) == right
    assert said["de"] == "Abbrechen"
    assert "Cancel" not in said.values()
    language.install("en")
    assert not qapp.findChildren(QTranslator)


def test_an_empty_setting_follows_the_system_and_an_unknown_one_is_english() -> None:
    assert language.chosen("tlh").code == "en"
    assert language.chosen("").code in {one.code for one in language.LANGUAGES}


@pytest.mark.parametrize(
    ("english", "text", "why"),
    [
        ("{0} files", "{0} archivos", ""),
        ("{0} of {1}", "{1} / {0}", ""),
        ("{0} files", "archivos", "places"),
        ("Gate|Open", "Abierta", ""),
        ("Open", " ", "empty"),
        ("Open", "Abrir ", "blank"),
        ("Open", "\u200fפתח", "invisible"),
    ],
)
def test_what_does_not_fit_its_english_text_is_refused(english: str, text: str, why: str) -> None:
    said = words.unfit(english, text)
    assert why in said
    assert bool(said) == bool(why)


def test_every_text_has_its_words_in_every_language() -> None:
    """`python -m tools.words --missing es` prints what lacks; `--merge es FILE` takes it in."""
    found = words.texts()
    assert len(found) > 1500
    for code in CODES:
        assert words.missing(code, found) == [], code
        assert words.unused(code, found) == [], code
        assert [key for key, text in language.catalogue(code).items() if words.unfit(key, text)] == [], code
