"""Find the sentences made below the window: in core, device_link and sync, where they stand as plain English.

A sentence is a literal or an f-string that reads like words. Its holes are numbered; `{0:word}` is a hole whose filling
is the program's own wording and is put into the person's language too, `{0}` holds a name, an address or a number.
Everything that reads like words counts, unless one of the short lists here says that no person reads it: a new
sentence in a new place is found without anybody having thought of this file.

`python -m tools.below` counts; `--missing es` prints what Spanish lacks as a catalogue to fill in; `--merge es FILE`
takes such a catalogue in, refuses what does not fit its English sentence, and drops what nobody says any more.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from collections.abc import Iterator, Mapping
from itertools import pairwise, product
from pathlib import Path

import resources
from desktop.qt.language import catalogue, sentences_of
from tools.unheard import BUILT_IN, CALLS, FILES, KEYWORDS, PROTOCOL
from tools.words import Work, command_line, unfit

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "resources" / "words" / "below"
PACKAGES = ("core", "device_link", "sync")
OWN = frozenset(
    (
        *(
            "name",
            "names",
            "user",
            "user_name",
            "full_name",
            "first_name",
            "last_name",
            "who",
            "door",
            "email",
        ),
        *("url", "mac", "ip", "host", "port", "address", "own_address", "device_ip", "mask", "path", "file"),
        *("file_name", "version", "ref", "uid", "id", "code", "sha256", "family_id", "zone", "day", "hour"),
        *("number", "numbers", "count", "counted", "total", "limit", "low", "high", "size", "bits", "length"),
        *(
            "status",
            "least",
            "until",
            "due",
            "columns",
            "rows",
            "year",
            "seconds",
            "minutes",
            "hours",
            "days",
        ),
        *("member_limit", "free_members", "took_ms"),
    )
)
"""A hole that ends in one of these holds somebody's own word or a figure; it is never translated."""
OWN_CALLS = frozenset(
    ("len", "round", "max", "min", "abs", "int", "str", "name_of", "web_page", "hinted", "to_ms")
)
SAME_AS = frozenset(("clean", "_shown", "_quoted", "listed", "join", "sorted", "strip", "upper"))
"""Calls whose result is somebody's own word where what they are given is."""
MORE = (
    *(
        "and",
        "ahead",
        "behind",
        "heartbeat",
        "motion",
        "notifications",
        "nowhere",
        "credentials",
        "groups",
        "members",
    ),
    *("No such file or directory", "Permission denied", "Is a directory", "Not a directory", "File exists"),
    *("No space left on device", "Read-only file system", "File name too long", "Input/output error"),
    *("Connection refused", "Connection reset by peer", "Network is unreachable", "No route to host"),
    *("All connection attempts failed", "unable to open database file", "database or disk is full"),
    *("disk I/O error", "database disk image is malformed", "file is not a database", "database is locked"),
    *("Address already in use", "Name or service not known", "Operation not permitted", "Broken pipe"),
)
"""What fills a hole and is no literal of ours that reads like words: single words, and what the system says."""
MOST = 24
"""Forms of one f-string whose parts are chosen by conditions."""
SENTENCE_END = re.compile(r"(?<=[.!?]) +(?=[A-Z'{])")
AFTER = re.compile(r"^\{0(:word)?\} (?=[A-Z].*\.$)")
"""A whole sentence fills the hole; the one behind it stands alone."""
HOLE = re.compile(r"\{\d+(:word)?\}")


def templates() -> dict[str, str]:
    """Every sentence with the first place that says it."""
    features = json.loads(resources.text("catalogue.json"))["features"].values()
    found: dict[str, tuple[str, str]] = {text: (text, "tools/below.py") for text in MORE}
    found |= {one["words"]: (one["words"], "resources/catalogue.json") for one in features}
    for path in files():
        name = path.relative_to(ROOT).as_posix()
        for line, text in _inside(ast.parse(path.read_text("utf-8"))):
            for sentence in sentences(text):
                # One place fills a name and another a word of ours: then the hole is one for words.
                alike = _bare(sentence)
                if alike not in found or len(found[alike][0]) < len(sentence):
                    found[alike] = sentence, f"{name}:{line}"
    return dict(found.values())


def files() -> Iterator[Path]:
    """The files that may speak to a person."""
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if not path.relative_to(ROOT).as_posix().startswith(FILES):
                yield path


def sentences(text: str) -> Iterator[str]:
    """A text's sentences, each with its holes numbered from 0; what has no words of its own is left out."""
    if "\n" in text:
        return  # A letter, a file or a message of a protocol.
    for part in SENTENCE_END.split(AFTER.sub("", text)):
        pieces = HOLE.split(part)
        texts, kinds = pieces[::2], pieces[1::2]
        if sum(one.isalpha() for one in "".join(texts)) > 1 and not PROTOCOL.search(part.strip()):
            holes = [f"{{{n}{kind or ''}}}" for n, kind in enumerate(kinds)]
            yield "".join(a + b for a, b in zip(texts, [*holes, ""], strict=True)).strip()


def _inside(node: ast.AST) -> Iterator[tuple[int, str]]:
    if _unheard(node):
        return
    if said := list(_said(node)):
        yield from ((getattr(node, "lineno", 0), text) for text in said if _reads(text))
        for hole in ast.walk(node):
            if isinstance(hole, ast.FormattedValue):
                yield from _inside(hole.value)
        return
    aside = _for_programmers(node)
    for child in ast.iter_child_nodes(node):
        if child not in aside:
            yield from _inside(child)


def _for_programmers(node: ast.AST) -> set[ast.AST]:
    """The texts of errors of Python itself, which the project writes as `msg = ...; raise ValueError(msg)`."""
    found: set[ast.AST] = set()
    for body in (getattr(node, "body", None), getattr(node, "orelse", None)):
        for one, after in pairwise(body) if isinstance(body, list) else ():
            fault = after.exc if isinstance(after, ast.Raise) else None
            if isinstance(one, ast.Assign) and isinstance(fault, ast.Call) and _called(fault) in BUILT_IN:
                found.add(one)
    return found


def _called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _unheard(node: ast.AST) -> bool:
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return True
    if isinstance(node, ast.keyword):
        return node.arg in KEYWORDS
    return isinstance(node, ast.Call) and _called(node) in CALLS


def _reads(text: str) -> bool:
    bare = HOLE.sub("", text)
    return " " in text.strip() and sum(one.isalpha() for one in bare) > 1


def _said(node: ast.AST) -> Iterator[str]:
    """The texts that an expression may give, with holes; nothing for what is no text."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.JoinedStr):
        parts = [list(_part(one)) for one in node.values]
        for count, chosen in enumerate(product(*parts)):
            if count < MOST:
                yield "".join(chosen)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left, right = list(_said(node.left)), list(_said(node.right))
        if left or right:
            for one, other in product(left or [_hole(node.left)], right or [_hole(node.right)]):
                yield one + other
    elif isinstance(node, ast.IfExp):
        yield from _said(node.body)
        yield from _said(node.orelse)


def _part(node: ast.AST) -> Iterator[str]:
    if not isinstance(node, ast.FormattedValue):
        yield from _said(node)
        return
    if isinstance(node.value, ast.IfExp):
        arms = [list(_said(node.value.body)), list(_said(node.value.orelse))]
        if all(arms):
            yield from (text for arm in arms for text in arm)
            return
    yield _hole(node.value)


def _hole(node: ast.AST) -> str:
    return "{0}" if _own(node) else "{0:word}"


def _own(node: ast.AST) -> bool:
    """Whether an expression gives a name, an address or a figure."""
    if isinstance(node, ast.Attribute):
        return node.attr in OWN and getattr(node.value, "id", "") != "spec"
    if isinstance(node, ast.Name):
        return node.id in OWN or node.id.lstrip("_").isupper()
    if isinstance(node, ast.Subscript):  # A table of words is written large, a list of names small.
        return _own(node.value) and not getattr(node.value, "id", "").isupper()
    if isinstance(node, ast.Call):
        inner = [*node.args, node.func.value] if isinstance(node.func, ast.Attribute) else node.args
        return _called(node) in OWN_CALLS or (_called(node) in SAME_AS and any(_own(one) for one in inner))
    return isinstance(node, ast.BinOp)


def missing(code: str, found: Mapping[str, str]) -> list[str]:
    """The sentences that a language lacks."""
    said = sentences_of(code)
    return [text for text in found if text not in said]


def unused(code: str, found: Mapping[str, str]) -> list[str]:
    """The entries of a catalogue that nobody says any more."""
    return [text for text in sentences_of(code) if text not in found]


def merge(code: str, more: Mapping[str, str]) -> list[str]:
    """Take sentences into a catalogue, sorted; what the window says with the same words is taken from there.

    Gives what was refused and why.
    """
    found, window = templates(), catalogue(code)
    refused = [f"{text!r} {why}" for text, said in more.items() if (why := unfit(text, said))]
    fit = {text: said for text, said in more.items() if not unfit(text, said)}
    words = {text: said for text, said in window.items() if not HOLE.search(text)} | sentences_of(code) | fit
    alike = {_bare(text): said for text, said in words.items()}
    kept = {
        text: words.get(text) or _holes(text, alike[_bare(text)])
        for text in sorted(found)
        if _bare(text) in alike
    }
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / f"{code}.json").write_text(json.dumps(kept, ensure_ascii=False, indent=0) + "\n", "utf-8")
    return refused


def _bare(text: str) -> str:
    return text.replace(":word}", "}")


def _holes(text: str, said: str) -> str:
    """Words whose holes were of another kind, with the holes of the sentence as it is now."""
    kinds = {hole.partition(":")[0]: hole for hole in (one[0].strip("{}") for one in HOLE.finditer(text))}
    return HOLE.sub(lambda hole: f"{{{kinds[hole[0].strip('{}').partition(':')[0]]}}}", said)


if __name__ == "__main__":
    sys.exit(command_line(Work("sentences", templates, missing, unused, merge), __doc__))
