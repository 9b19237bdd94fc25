"""Find the window's texts, and say what a catalogue of `resources/words` lacks or no longer needs.

`python -m tools.words` counts; `--missing es` prints what Spanish lacks as a catalogue to fill in; `--merge es FILE`
takes such a catalogue in, refuses what does not fit its English text, and drops what is no longer used.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import json
import re
import string
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from core.entities import ALL
from core.schema.field import Choice
from desktop.models.words import choice_text
from desktop.qt.language import LANGUAGES, catalogue

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "resources" / "words"
CALLS = {"tr", "_tr", "translate", "counted", "_many", "many"}
TABLES = (
    "desktop.models.checks:_TITLES",
    "desktop.views.device_tabs:METHODS",
)
"""Texts that stand in tables and are translated where they are used."""
PLACE = re.compile(r"\{[^{}]*\}")
HIDDEN = re.compile(r"[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


def texts() -> dict[str, str]:
    """Every English text of the window with the first place that shows it."""
    found: dict[str, str] = {}
    for path in sorted((ROOT / "desktop").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(("desktop/cli/", "desktop/views/gallery/")):
            continue
        for line, text in _literals(ast.parse(path.read_text("utf-8"))):
            found.setdefault(text, f"{name}:{line}")
    for text, place in (*_declared(), *_tabled()):
        found.setdefault(text, place)
    return {text: place for text, place in found.items() if any(c.isalpha() for c in PLACE.sub("", text))}


def _literals(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        attribute = isinstance(node.func, ast.Attribute)
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name not in CALLS:
            continue
        # Qt's own function has its context first; the window's `translate(text, context)` has it last.
        first = 1 if (attribute or name == "tr") and name != "_tr" and len(node.args) > 1 else 0
        words = node.args[first : first + 1] if name in ("tr", "_tr", "translate") else node.args
        for argument in words:
            for part in ast.walk(argument):
                if isinstance(part, ast.Constant) and isinstance(part.value, str):
                    yield part.lineno, part.value


def _declared() -> Iterator[tuple[str, str]]:
    """Labels of entities and fields, and the members of choices as `choice_word` writes them."""
    for spec in ALL:
        yield spec.label, f"core/entities: {spec.name}"
        for column in spec.columns:
            yield column.label, f"core/entities: {spec.name}.{column.name}"
            if isinstance(column.kind, Choice):
                for member in column.kind.of:
                    yield choice_text(member.value), f"core/entities: {spec.name}.{column.name}"


def _tabled() -> Iterator[tuple[str, str]]:
    for place in TABLES:
        module, _, name = place.partition(":")
        table: Mapping[Enum, str] = getattr(importlib.import_module(module), name)
        for text in table.values():
            yield text, place


def unfit(english: str, text: str) -> str:
    """Why a translation cannot stand for its English text; empty when it can."""
    source = english.rpartition("|")[2]
    if not text.strip():
        return "is empty"
    if sorted(_fields(source)) != sorted(_fields(text)):
        return "has other {places} than the English text"
    if HIDDEN.search(text):
        return "holds invisible direction marks"
    if source.strip() == source and text.strip() != text:
        return "begins or ends with a blank"
    return ""


def _fields(text: str) -> list[str]:
    try:
        return [f"{name}:{form}" for _, name, form, _ in string.Formatter().parse(text) if name is not None]
    except ValueError:
        return ["?"]


def missing(code: str, found: Mapping[str, str]) -> list[str]:
    """The texts that a language lacks."""
    words = catalogue(code)
    return [text for text in found if text not in words]


def unused(code: str, found: Mapping[str, str]) -> list[str]:
    """The entries of a catalogue that no text asks for."""
    return [key for key in catalogue(code) if key.rpartition("|")[2] not in found]


def merge(code: str, more: Mapping[str, str]) -> list[str]:
    """Take words into a catalogue, sorted, without what is unused; gives what was refused and why."""
    found = texts()
    refused = [f"{key!r} {why}" for key, text in more.items() if (why := unfit(key, text))]
    words = catalogue(code) | {key: text for key, text in more.items() if not unfit(key, text)}
    kept = {key: words[key] for key in sorted(words) if key.rpartition("|")[2] in found}
    text = json.dumps(kept, ensure_ascii=False, indent=0) + "\n"
    (FOLDER / f"{code}.json").write_text(text, "utf-8")
    return refused


@dataclass(frozen=True, slots=True)
class Work:
    """What the command line does with catalogues of one kind. `found` gives what the sources say now."""

    noun: str
    found: Callable[[], Mapping[str, str]]
    missing: Callable[[str, Mapping[str, str]], list[str]]
    unused: Callable[[str, Mapping[str, str]], list[str]]
    merge: Callable[[str, Mapping[str, str]], list[str]]


def command_line(work: Work, words: str | None) -> int:
    """List what a language lacks, take words in, or count both for all; 1 when words were refused."""
    parser = argparse.ArgumentParser(description=words)
    parser.add_argument("--missing", metavar="CODE")
    parser.add_argument("--merge", nargs=2, metavar=("CODE", "FILE"))
    chosen = parser.parse_args()
    if chosen.merge:
        code, file = chosen.merge
        refused = work.merge(code, json.loads(Path(file).read_text("utf-8")))
        sys.stdout.write("".join(f"{line}\n" for line in refused))
        return int(bool(refused))
    found = work.found()
    if chosen.missing:
        lacking = dict.fromkeys(work.missing(chosen.missing, found), "")
        sys.stdout.write(json.dumps(lacking, ensure_ascii=False, indent=0) + "\n")
        return 0
    sys.stdout.write(f"{len(found)} {work.noun}\n")
    for code in (one.code for one in LANGUAGES if one.code != "en"):
        lacking_count, stale = len(work.missing(code, found)), len(work.unused(code, found))
        sys.stdout.write(f"{code}: {lacking_count} missing, {stale} no longer used\n")
    return 0


if __name__ == "__main__":
    sys.exit(command_line(Work("texts", texts, missing, unused, merge), __doc__))
