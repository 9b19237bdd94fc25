"""Sentences from below the window in the person's language: all of them, unmistakable, quick, safe in Hebrew."""

from __future__ import annotations

import ast
import re
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtWidgets import QApplication

from core.base.errors import UnreachableError, UserError
from core.entities.record import JobRecord, JobState
from desktop.models.jobs import job_row
from desktop.models.notices import NoticeBook
from desktop.qt import crash, language
from desktop.qt.sentences import FIRST_STRONG, HOLE, POP, Sentences
from desktop.views.widgets.boxes import RefusalBox
from desktop.views.widgets.faults import FaultState
from tests.fixtures_core import START as MONDAY
from tools import below, words

CODES = [one.code for one in language.LANGUAGES if one.code != "en"]
TEMPLATES = sorted(language.sentences_of("de"))
MAC, ADDRESS = "0C:11:05:2A:7F:31", "http://192.168.1.20:8080"


pytestmark = pytest.mark.usefixtures("english_afterwards")


@cache
def _found() -> dict[str, str]:
    """What the sources say now; reading them all takes a second."""
    return below.templates()


def _filled(template: str, fillings: list[str]) -> str:
    return HOLE.sub(lambda hole: fillings[int(hole[1])], template)


def _names(template: str) -> list[str]:
    return [f"Zq{n}x" for n in range(len(HOLE.findall(template)))]


# -- the catalogues


@pytest.mark.parametrize("code", CODES)
def test_every_sentence_has_its_words_in_every_language(code: str) -> None:
    """`python -m tools.below --missing es` prints what lacks; `--merge es FILE` takes it in."""
    found = _found()
    assert len(found) > 1300
    assert below.missing(code, found) == []
    assert below.unused(code, found) == []
    said = language.sentences_of(code)
    assert [text for text, told in said.items() if words.unfit(text, told)] == []
    same = [
        text
        for text, told in said.items()
        if text == told and len(re.findall("[a-z]+", HOLE.sub("", text))) > 2
    ]
    assert same == [], "a whole sentence was left in English"


def test_no_two_sentences_can_be_taken_for_each_other() -> None:
    talk = Sentences({text: text for text in TEMPLATES}, {})
    for template in TEMPLATES:
        fillings = _names(template)
        assert talk.known(_filled(template, fillings)) == (template, tuple(fillings))


@pytest.mark.parametrize("code", CODES)
def test_every_sentence_is_said_with_its_fillings(code: str) -> None:
    talk = language.speech(code)
    for template in TEMPLATES:
        fillings = _names(template)
        told = talk._sentence(_filled(template, fillings), inside=True)
        assert told is not None, template
        assert [one for one in fillings if one not in told] == [], template
        assert not HOLE.search(told), template


def _name(text: str) -> str:
    """A name without a full stop before a blank; those have their own test."""
    return re.sub(r"[.!?] ", "-", f"Zq{text}x")


@given(
    st.sampled_from([t for t in TEMPLATES if "{0}" in t]),
    st.text(" .,:;!?()'\"{}[]|\\\n$^*+-·1éאב😀", max_size=30).map(_name),
)
def test_no_name_breaks_a_sentence(template: str, name: str) -> None:
    """Whatever stands in the name of a door: the text is said, and the name stands in it as it was."""
    fillings = [name] * len(HOLE.findall(template))
    for code in ("de", "he"):
        told = language.speech(code).say(_filled(template, fillings))
        told = told.replace(FIRST_STRONG, "").replace(POP, "")
        assert all(line.strip() in told for line in name.split("\n"))


def test_errors_are_never_unknown() -> None:
    """No text of any layer is an 'unknown error': it says what happened and what to do, or shows the report."""
    vague = re.compile(
        r"unknown error|something went wrong|unexpected error|an error occurred|unknown fault", re.IGNORECASE
    )
    assert [text for text in (*TEMPLATES, *language.catalogue("de")) if vague.search(text)] == []


# -- how sentences are found in the sources

SOURCE = '''
"""A module's words are for programmers."""
LACKS = "There is no door."
def act(door, held, fault):
    """So are these."""
    log.warning("a thing that %s did", door)
    if held:
        msg = "a hold needs a door"
        raise ValueError(msg)
    raise UserError("x", f"{door.name} is {'open' if held else 'shut'}: {fault.message} It was 'x' " + "twice.",
                    remedy=f"Ask {door.label}.")
'''


def test_what_is_said_is_found_and_what_is_not_said_is_left() -> None:
    found = [one for _, text in below._inside(ast.parse(SOURCE)) for one in below.sentences(text)]
    assert found == [
        "There is no door.",
        "{0} is open: {1:word} It was 'x' twice.",
        "{0} is shut: {1:word} It was 'x' twice.",
        "Ask {0:word}.",
    ]


# -- how they are said


def test_sentences_in_a_row_labels_lists_and_choices_are_said() -> None:
    say = language.speech("de").say
    error = UserError("x", "A property-manager may not delete accounts.", remedy="Ask the installer.")
    assert say(str(error)) == (
        "Die Rolle 'Hausverwaltung' darf das nicht: Konten löschen. Den Installateur fragen."
    )
    assert say("Floor must be a whole number.") == "Stockwerk muss eine ganze Zahl sein."
    assert say("Lobby: No device was chosen.") == "Lobby: Kein Gerät wurde gewählt."
    assert say("Lease of Dr. Weber") == "Miete von Dr. Weber"
    assert (
        say("There is no account 'Dr. Weber' below yours.")
        == "Unter dem Ihren gibt es kein Konto 'Dr. Weber'."
    )
    nested = f"The device at {ADDRESS} does not answer (no answer in time)."
    assert say(nested) == f"Das Gerät unter {ADDRESS} antwortet nicht (keine rechtzeitige Antwort)."


@pytest.mark.parametrize("text", ["", "HoldDelayB: out of range", "Ana Ruiz", "-2 ('Lobby, door')"])
def test_what_nobody_knows_stays_as_it_is(text: str) -> None:
    assert language.speech("de").say(text) == text


def test_addresses_keep_their_direction_in_hebrew() -> None:
    told = language.speech("he").say(f"MAC {MAC} is already in use.")
    assert told == f"MAC {MAC} is already in use.", "an unknown sentence is left alone"
    told = language.speech("he").say(
        f"The device at {ADDRESS} does not accept the password of the user 'admin'."
    )
    assert f"{FIRST_STRONG}{ADDRESS}{POP}" in told
    assert f"{FIRST_STRONG}admin{POP}" in told
    told = language.speech("he").say(f"MAC {MAC} is not in your library.")
    assert f"{FIRST_STRONG}{MAC}{POP}" in told
    assert FIRST_STRONG not in language.speech("de").say(f"MAC {MAC} is not in your library.")


def test_few_templates_are_tried_for_a_text() -> None:
    """Each is filed under its rarest word: a text is held against some of them, never against all."""
    talk = language.speech("de")
    tried = [sum(1 for _ in talk._candidates(_filled(one, _names(one)))) for one in TEMPLATES]
    assert sum(tried) / len(tried) < len(talk.below) / 20


# -- where they are shown


def test_english_stays_english() -> None:
    language.install("en")
    assert language.spoken(UserError("x", "There is no such file.")) == "There is no such file."


@pytest.mark.usefixtures("qtbot", "look")
@pytest.mark.parametrize(("code", "why"), [("de", "antwortet nicht"), ("he", "אינו משיב")])
def test_a_fault_a_refusal_a_notice_and_a_job_are_said(code: str, why: str) -> None:
    language.install(code)
    words_of = f"The device at {ADDRESS} does not answer (no answer in time)."
    state = FaultState()
    state.show_fault(UnreachableError("x", words_of, remedy="Check its power and cable, then scan again."))
    assert why in state._why.text()
    assert "power" not in state._next.text()
    book = NoticeBook(lambda: MONDAY)
    assert why in book.add("refused", "Lobby", words_of).text
    record = JobRecord(
        id="1" * 32,
        kind="push",
        lane="d",
        title="Read device",
        state=JobState.FAILED,
        said=words_of,
        made_at=MONDAY,
        inputs={},
        journal={},
        result={},
    )
    assert why in job_row(record, MONDAY).note
    assert job_row(record, MONDAY).title == language.spoken("Read device") != "Read device"
    assert why in RefusalBox(words_of).accessibleName() + " ".join(
        part.text() for part in RefusalBox(words_of).findChildren(type(state._why))
    )


@pytest.mark.usefixtures("qtbot", "look")
@pytest.mark.allow_logs
def test_what_nobody_foresaw_is_told_in_the_persons_language(qapp: QApplication) -> None:
    language.install("de")
    crash.set_presenter(None)
    crash.report(LookupError("lost"))
    [dialog] = [one for one in qapp.topLevelWidgets() if isinstance(one, crash.CrashDialog)]
    assert dialog.windowTitle() == language.catalogue("de")["Something was not foreseen"]
    assert "LookupError: lost" in dialog.report.toPlainText()
    dialog.accept()


def test_a_link_of_an_explanation_goes_on_from_a_word_of_the_window() -> None:
    talk = language.speech("de")
    assert talk.say("has PIN and card", part=True) == "hat PIN und Karte"
    assert talk.say("Gate is on", part=True) == "Gate ist ein"
    assert talk.say("Gate is on") == "Gate is on"


def test_a_sentence_inside_another_one_is_known_without_its_full_stop() -> None:
    inner = "'Gate' has not been seen on this LAN yet. Check its power and cable, then scan again"
    told = language.speech("de").say(f"waiting: {inner}")
    assert told == f"wartet: {language.speech('de').say(inner + '.').removesuffix('.')}"
    assert "again" not in told


@pytest.mark.parametrize("code, day", [("de", "Di"), ("fr", "mar."), ("zh", "周二"), ("es", "mar")])
def test_the_day_of_a_moment_is_named_in_the_language(code: str, day: str) -> None:
    talk = language.speech(code)
    told = talk.say(
        "Ana Ruiz may open Gate on Tue 2026-11-24 at 09:14 (Europe/Madrid), by PIN, through 'All'."
    )
    assert f"{day} 2026-11-24" in told
