"""The window's language: one catalogue of words a language, Qt's own words, the locale's formats and the direction.

A catalogue is `resources/words/<code>.json`: English text -> text. `context|English text` wins where one English word
needs two (the verb "Open", the state "Open"). `tools/words.py` finds the texts and what a catalogue lacks.
Sentences made below the window come as plain English and are said in the person's language by `spoken`; their
catalogues are `resources/words/below/<code>.json`, and `tools/below.py` finds them.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, Qt, QTranslator
from PySide6.QtGui import QGuiApplication

import resources
from desktop.qt.sentences import Sentences


@dataclass(frozen=True, slots=True)
class Language:
    """A language of the window: its code for files and settings, its name in itself, the code of Qt's own words."""

    code: str
    name: str
    qt: str


LANGUAGES = (
    Language("en", "English", ""),
    Language("es", "Español", "es"),
    Language("de", "Deutsch", "de"),
    Language("fr", "Français", "fr"),
    Language("zh", "简体中文", "zh_CN"),
    Language("he", "עברית", "he"),
)
BY_CODE = {one.code: one for one in LANGUAGES}


def catalogue(code: str) -> dict[str, str]:
    """The words of a language; empty for English. Raises FileNotFoundError for a language that is not there."""
    if code == "en":
        return {}
    words: dict[str, str] = json.loads(resources.text("words", f"{code}.json"))
    return words


def sentences_of(code: str) -> dict[str, str]:
    """The sentences from below the window in a language; empty for English. Raises FileNotFoundError as `catalogue`."""
    if code == "en":
        return {}
    told: dict[str, str] = json.loads(resources.text("words", "below", f"{code}.json"))
    return told


@lru_cache(maxsize=len(LANGUAGES))
def speech(code: str) -> Sentences:
    """All sentences of a language, ready to be said; kept, since it is asked for with each text."""
    right_to_left, large_nouns = code == "he", code == "de"
    return Sentences(sentences_of(code), catalogue(code), _days(code), right_to_left, large_nouns)


def _days(code: str) -> dict[str, str]:
    """The short name of each day by its English one, in the form that stands alone."""
    numbers = range(Qt.DayOfWeek.Monday.value, Qt.DayOfWeek.Sunday.value + 1)
    both = [QLocale(one) for one in ("en", BY_CODE[code].qt or code)]
    short = QLocale.FormatType.ShortFormat
    english, told = [[one.standaloneDayName(day, short) for day in numbers] for one in both]
    return dict(zip(english, told, strict=True))


def spoken(text: object, *, part: bool = False) -> str:
    """An error or a finished English text from below the window in the person's language.

    A `part` goes on from a word of the window, as the links of an explanation do. What is not known, such as the words
    of a device, stays as it is. Any thread; a text is taken apart once.
    """
    return _put(_current[0], str(text), part)


@lru_cache(maxsize=2048)
def _put(code: str, text: str, part: bool) -> str:
    return speech(code).say(text, part=part) if code != "en" else text


_current = ["en"]


class CatalogueTranslator(QTranslator):
    """Answers Qt's questions from a catalogue; a text that it lacks stays English."""

    def __init__(self, words: dict[str, str]) -> None:
        super().__init__()
        self._words = words

    def isEmpty(self) -> bool:
        return not self._words

    def translate(
        self, context: str, sourceText: str, disambiguation: str | None = None, n: int = -1
    ) -> str | None:
        del disambiguation, n
        return self._words.get(f"{context}|{sourceText}") or self._words.get(sourceText)


def chosen(setting: str) -> Language:
    """The language of a setting; an empty one follows the system. English where the window lacks the language."""
    code = setting or QLocale.system().name().partition("_")[0]
    return BY_CODE.get(code, BY_CODE["en"])


def install(setting: str) -> Language:
    """Let the program speak the language of a setting; what is on the screen already is not changed by it.

    Needs the application. Gives the language.
    """
    app = QCoreApplication.instance()
    if not isinstance(app, QGuiApplication):
        msg = "a language needs the application of a window"
        raise RuntimeError(msg)  # noqa: TRY004  a question of order, not of types
    language = chosen(setting)
    _current[0] = language.code
    for translator in app.findChildren(QTranslator):
        app.removeTranslator(translator)
        translator.setParent(None)
    if language.qt:
        folder = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath))
        own = QTranslator(app)
        if own.load(f"qtbase_{language.qt}", str(folder)):
            app.installTranslator(own)
        words = CatalogueTranslator(catalogue(language.code))
        words.setParent(app)
        app.installTranslator(words)
    system = QLocale.system()
    same = system.name().partition("_")[0] == language.code
    QLocale.setDefault(system if same else QLocale(language.qt or "en"))
    rtl = language.code == "he"
    app.setLayoutDirection(Qt.LayoutDirection.RightToLeft if rtl else Qt.LayoutDirection.LeftToRight)
    return language
