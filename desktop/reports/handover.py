"""The hand-over report: what an installer gives to a building's owner. Words and their places on the paper only.

What is open comes before what is proved. Names and texts are drawn as they are, never read as markup.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import QCoreApplication

from core.base.verdict import Verdict
from core.entities.proof import ItemKind
from core.rules.compile import shown_mac
from core.usecases.handover import DeviceFacts, Handover, OpenItem, PlacePeople
from desktop.models.words import choice_word, counted, day_word, number_word, verdict_word, zone_of
from desktop.qt.language import spoken
from desktop.qt.tokens import LIGHT
from desktop.reports.sheet import WIDTH, Ink, Line, Paper, Piece

NAMED = 6
"""So many items of one reason are named; the others are counted."""
QUIET = Ink(8.5, colour=LIGHT.t3)
TEXT = Ink(9.0)
STRONG = Ink(9.0, 600)
HEAD = Ink(13.0, 600)
LABEL = 38.0
"""The column of labels, in millimetres."""


def tr(text: str) -> str:
    """The text in the window's language."""
    return QCoreApplication.translate("report", text)


def write_handover(path: Path, facts: Handover) -> int:
    """Write the report as a PDF; gives the number of pages. Needs the application. OSError: it cannot be written."""
    paper = Paper(f"{tr('Hand-over report')} · {facts.site.name}", foot=facts.site.name)
    for lines in blocks(facts):
        paper.keep(lines)
    return paper.write(path)


def blocks(facts: Handover) -> Iterable[list[Line]]:
    """The report as groups of lines that stay together."""
    yield _head(facts)
    yield _figures(facts)
    yield from _under(tr("Open at hand-over"), _open_blocks(facts), _nothing_open(facts))
    yield from _under(
        tr("Devices"), [_device(one, facts) for one in facts.devices], tr("There are no devices.")
    )
    yield from _under(tr("People by building"), [_people(facts)] if facts.people else [], tr("Nobody yet."))
    yield _signatures(facts)


def moment_words(moment: datetime | None, zone: str) -> str:
    """`30 Nov 2026, 14:05` in the site's zone; empty for None."""
    return f"{day_word(moment, zone)}, {moment.astimezone(zone_of(zone)):%H:%M}" if moment else ""


def _under(title: str, groups: Sequence[list[Line]], nothing: str) -> Iterable[list[Line]]:
    """A section: its title stays with its first group, or with the sentence that there is none."""
    first = Line((Piece(title, ink=HEAD),), above=10)
    groups = groups or [[Line((Piece(nothing, ink=TEXT),), above=2.5)]]
    yield [first, *groups[0]]
    yield from groups[1:]


def _head(facts: Handover) -> list[Line]:
    site = facts.site
    city = " ".join(part for part in (site.post_code, site.city) if part)
    address = ", ".join(part for part in (site.street, city, site.state, site.country) if part)
    made = f"{moment_words(facts.made_at, site.time_zone)} ({site.time_zone})"
    rows = (
        (tr("Kind of site"), choice_word(site.kind)),
        (tr("Address"), address or tr("not given")),
        (tr("Time zone"), site.time_zone),
        (tr("Installer"), facts.installer or tr("not known on this workstation")),
        (tr("Made by"), facts.made_by),
        (tr("Made at"), made),
    )
    lines = [
        Line((Piece(tr("Hand-over report"), ink=Ink(9.5, 600, LIGHT.acct)),)),
        Line((Piece(site.name, ink=Ink(24.0, 600)),), above=0.5),
    ]
    return [*lines, *(_labelled(*row, above=5.0 if n == 0 else 1.0) for n, row in enumerate(rows))]


def _labelled(label: str, words: str, *, above: float = 0.8, ink: Ink = TEXT) -> Line:
    return Line((Piece(label, width=LABEL - 3, ink=QUIET), Piece(words, LABEL, WIDTH - LABEL, ink)), above)


def _figures(facts: Handover) -> list[Line]:
    people = sum(place.people for place in facts.people)
    of = tr("{0} of {1}")
    figures = (
        (of.format(facts.commissioned, len(facts.devices)), tr("devices set up"), LIGHT.t1),
        (of.format(number_word(facts.proved), number_word(facts.wanted)), tr("items proved"), LIGHT.t1),
        (number_word(facts.open), tr("items open"), LIGHT.colour("waiting") if facts.open else LIGHT.t1),
        (number_word(people), tr("people"), LIGHT.t1),
    )
    wide = WIDTH / len(figures)
    columns = [(n * wide, wide - 3) for n in range(len(figures))]
    each = list(zip(columns, figures, strict=True))
    said = tr(
        "Proved: written to the device, read back from it and found equal. Everything else counts as open and is "
        "listed below with its reason. The report holds no PINs, cards or other codes."
    )
    return [
        Line(tuple(Piece(f[0], *c, Ink(16.0, 600, f[2])) for c, f in each), above=9, rule=True),
        Line(tuple(Piece(f[1], *c, QUIET) for c, f in each), above=0.3),
        Line((Piece(said, ink=QUIET),), above=4),
    ]


def _nothing_open(facts: Handover) -> str:
    if not facts.devices:
        return tr("There is no device, so there is nothing to prove.")
    return tr("Nothing. Every item of every device is proved.")


def _open_blocks(facts: Handover) -> list[list[Line]]:
    """By device, those with something open or not set up; a device of which nothing is wanted is told too."""
    found = []
    for one in facts.devices:
        if not one.open_items and one.commissioned:
            continue
        said = one.place if one.commissioned else f"{one.place} · {tr('not set up yet')}"
        head = (Piece(one.device.name, width=70, ink=STRONG), Piece(said, 70, WIDTH - 70, QUIET, at_end=True))
        lines = [Line(head, above=5, rule=True)]
        for item in one.open_items:
            lines += _open_item(item)
        found.append(lines)
    return found


def _open_item(item: OpenItem) -> list[Line]:
    names = ", ".join(item.titles[:NAMED])
    if more := len(item.titles) - NAMED:
        names += " " + tr("and {0} more").format(number_word(more)) if more > 0 else ""
    what, said = _count_words(item.kind, len(item.titles)), spoken(item.said)
    if item.kind is ItemKind.FIRMWARE:  # A device has one, so that counting and naming it says nothing.
        what, names, said = _kind_word(item.kind), said, ""
    first = (
        _chip(item.verdict),
        Piece(what, LABEL, 28, TEXT),
        Piece(names, LABEL + 30, WIDTH - LABEL - 30, TEXT),
    )
    lines = [Line(first, above=1.6)]
    if said:
        lines.append(Line((Piece(said, LABEL + 30, WIDTH - LABEL - 30, QUIET),), above=0.3))
    return lines


def _chip(verdict: Verdict, *, x: float = 0.0, width: float = LABEL, at_end: bool = False) -> Piece:
    colours = LIGHT.verdict(verdict)
    ink = Ink(7.5, 600, colours.text)
    return Piece(verdict_word(verdict), x, width, ink, at_end, chip=colours.tint)


def _count_words(kind: ItemKind, count: int) -> str:
    one, many = {
        ItemKind.SETTING: ("{0} setting", "{0} settings"),
        ItemKind.SCHEDULE: ("{0} schedule", "{0} schedules"),
        ItemKind.CONTACT: ("{0} contact", "{0} contacts"),
        ItemKind.PERSON: ("{0} person", "{0} people"),
        ItemKind.FIRMWARE: ("{0} version", "{0} versions"),
    }[kind]
    return counted(count, one, many)


def _kind_word(kind: ItemKind) -> str:
    words = {
        ItemKind.SETTING: tr("Settings"),
        ItemKind.SCHEDULE: tr("Schedules"),
        ItemKind.CONTACT: tr("Contacts"),
        ItemKind.PERSON: tr("People"),
        ItemKind.FIRMWARE: tr("Firmware"),
    }
    return words[kind]


def _device(one: DeviceFacts, facts: Handover) -> list[Line]:
    device, zone = one.device, facts.site.time_zone
    head = [Piece(device.name, width=WIDTH - 60, ink=Ink(10.5, 600))]
    if one.wanted:
        head.append(_chip(one.verdict, x=WIDTH - 60, width=60, at_end=True))
    lines = [Line(tuple(head), above=6, rule=True), Line((Piece(one.place, ink=QUIET),), above=0.3)]
    lines.append(_labelled(tr("Model"), device.model or tr("not known"), above=1.8))
    lines.append(_labelled(tr("MAC"), shown_mac(device.mac), ink=Ink(8.5, mono=True)))
    lines.append(_labelled(tr("Firmware"), _firmware(one)))
    lines.append(_labelled(tr("State"), tr("set up") if one.commissioned else tr("planned, not set up yet")))
    for number, relay in enumerate(one.relays):
        words = tr("{0} · holds {1} s").format(relay.name, relay.hold_s)
        words += "" if relay.enabled else f" · {tr('off')}"
        lines.append(_labelled(tr("Relays") if number == 0 else "", f"{'ABCD'[relay.number - 1]}  {words}"))
    for share in one.shares:
        if share.kind is not ItemKind.FIRMWARE:
            words = tr("{0} of {1} proved").format(number_word(share.proved), number_word(share.wanted))
            at = tr("last on {0}").format(moment_words(share.at, zone)) if share.at else ""
            lines.append(_labelled(_kind_word(share.kind), " · ".join(p for p in (words, at) if p)))
    if one.open:
        words = counted(one.open, "{0} item, listed above", "{0} items, listed above")
        lines.append(_labelled(tr("Still open"), words))
    return lines


def _firmware(one: DeviceFacts) -> str:
    device = one.device
    has = device.firmware or tr("not read yet")
    if one.firmware is None:
        return tr("{0} · no version is prescribed").format(has)
    if one.firmware is Verdict.PROVED:
        return f"{has} · {verdict_word(one.firmware)}"
    return tr("{0} · {1} is wanted: {2}").format(has, device.wanted_firmware, verdict_word(one.firmware))


def _people(facts: Handover) -> list[Line]:
    end = (80.0, 40.0), (125.0, WIDTH - 125.0)
    heads = (tr("Apartments"), tr("People"))
    first = Line(
        (
            Piece(tr("Building"), width=75, ink=QUIET),
            *(Piece(h, *c, QUIET, at_end=True) for h, c in zip(heads, end, strict=True)),
        ),
        above=3,
    )
    return [first, *(_place(place, end) for place in facts.people)]


def _place(place: PlacePeople, end: tuple[tuple[float, float], ...]) -> Line:
    numbers = (number_word(place.apartments), number_word(place.people))
    name = Piece(place.name or tr("The site as a whole"), width=75, ink=TEXT)
    cells = (Piece(n, *c, TEXT, at_end=True) for n, c in zip(numbers, end, strict=True))
    return Line((name, *cells), above=2.4, rule=True)


def _signatures(facts: Handover) -> list[Line]:
    half = WIDTH / 2
    wide, dots = half - 10, "." * 62
    titles = (tr("Handed over by"), tr("Received by"))
    names = (facts.installer or facts.made_by, tr("for the owner"))
    rows = ((titles, STRONG, 16.0), (names, QUIET, 0.5), ((dots, dots), QUIET, 14.0))
    lines = [
        Line(tuple(Piece(w, n * half, wide, ink) for n, w in enumerate(words)), above)
        for words, ink, above in rows
    ]
    where = tuple(Piece(tr("Date, signature"), n * half, wide, Ink(7.5, colour=LIGHT.t3)) for n in (0, 1))
    return [*lines, Line(where, above=0.5)]
