"""Sentences from below the window, which are made as plain English, in another language. No Qt here.

What arrives is a finished text: an error, a verdict's reason, a row of the job list, an answer of the cloud from last
week. It is taken apart into sentences, each is recognised by its template (`resources/words/below/<code>.json`, found
in the sources by `tools/below.py`) and said again with the same fillings. What is not recognised stays English.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

ENDS = re.compile(r"(?<=[.!?])( +)")
ARTICLE = re.compile(r"^[Aa]n? (?=[A-Z\d])")
LEADING = re.compile(r"[:;,] +")
LIST = re.compile(r"(, | and )")
PARTS = re.compile(r"(: |; |, | \(|\)| · | and )")
WORD = re.compile(r"[^\W\d_]+")
HOLE = re.compile(r"\{(\d+)(:word)?\}")
CHINESE = re.compile(r"[\u2e80-\u9fff\uff00-\uffef]")
RIGHT = re.compile(r"[\u0590-\u08ff]")
FIRST_STRONG, POP = "\u2068", "\u2069"
WITHOUT_BLANK = ("\u3002", "\uff01", "\uff1f")
"""Chinese full stops, behind which no blank stands."""
DAY = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun)(?= \d{4}-\d\d-\d\d)")
STOPS = (".", "!", "?", ":")
WEAK = 5
"""Letters below which a template fits too much, unless it is a title; it only counts inside another one."""
LONGEST_WORD = 60
"""Letters of a text that may stand for a word in a hole, however it is written there."""
TOGETHER = 4
"""Sentences that one template may span because a filling holds a full stop."""


@dataclass(frozen=True)
class Template:
    """An English sentence with holes and its words in another language."""

    english: str
    said: str

    @cached_property
    def weight(self) -> int:
        """Letters that have to be there; of two templates that fit, the one that asks for more is meant."""
        return len(HOLE.sub("", self.english))

    @cached_property
    def weak(self) -> bool:
        """Whether it has too few letters of its own to be meant by a text of whatever kind."""
        letters = sum(one.isalpha() for one in HOLE.sub("", self.english))
        title = self.english[:1].isupper() and not self.english.endswith(".")
        return letters < WEAK and not title

    @cached_property
    def words(self) -> frozenset[str]:
        """The whole words of it that no filling can be a part of."""
        bare = HOLE.sub("\0", self.english)
        found = WORD.finditer(bare)
        return frozenset(one[0] for one in found if "\0" not in bare[max(one.start() - 1, 0) : one.end() + 1])

    @cached_property
    def form(self) -> re.Pattern[str]:
        """The whole sentence with a group for each hole."""
        texts, kinds = HOLE.split(self.english)[::3], HOLE.split(self.english)[2::3]
        groups = []
        for kind, after in zip(kinds, texts[1:], strict=True):
            # A name or figure in brackets ends with them, or a list of such would be one long name.
            own = "([^)]+?)" if after.startswith(")") else "(.+?)"
            groups.append("(.*?)" if kind else own)
        parts = zip(map(re.escape, texts), [*groups, ""], strict=True)
        return re.compile("".join(a + b for a, b in parts), re.DOTALL)


@dataclass(frozen=True)
class Sentences:
    """All sentences of one language.

    `below` are the sentences; `words` are the window's own texts, whose labels and choices may fill a hole; `days` the
    short names of the days by the English ones, for moments as sentences tell them: "Tue 2026-11-24".
    """

    below: Mapping[str, str]
    words: Mapping[str, str]
    days: Mapping[str, str] = field(default_factory=dict)
    right_to_left: bool = False
    large_nouns: bool = False
    _rarest: dict[str, list[Template]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        made = [Template(english, said) for english, said in self.below.items() if HOLE.search(english)]
        count = Counter(word for one in made for word in one.words)
        for one in made:
            key = min(one.words, key=lambda word: (count[word], -len(word), word), default="")
            self._rarest.setdefault(key, []).append(one)

    def say(self, text: str, *, part: bool = False) -> str:
        """A text of one or more sentences in the language; what is not known stays as it is.

        A `part` goes on from words of the window: "has PIN and card" behind "Credential". So few letters are enough.
        """
        return "\n".join(self._line(line, inside=part) for line in text.split("\n"))

    def known(self, sentence: str) -> tuple[str, tuple[str, ...]] | None:
        """The template of one sentence and what fills its holes; None for a sentence that no template fits."""
        if sentence in self.below:
            return sentence, ()
        found = self._fitting(sentence, inside=True)
        return (found[0].english, found[1]) if found else None

    def _line(self, line: str, *, inside: bool = False) -> str:
        pieces = ENDS.split(line)
        said, at = "", 0
        while at < len(pieces):
            step, words = self._longest(pieces, at, inside)
            blank = pieces[at + step] if at + step < len(pieces) else ""
            said += words + ("" if words.endswith(WITHOUT_BLANK) else blank)
            at += step + 1
        return said

    def _longest(self, pieces: list[str], at: int, inside: bool) -> tuple[int, str]:
        for step in range(1, 2 * TOGETHER, 2):
            if at + step > len(pieces):
                break
            words = self._sentence("".join(pieces[at : at + step]), last=at + step == len(pieces))
            if words is not None:
                return step, words
        listed = self._all_known(pieces[at]) if inside else ""
        return 1, listed or self._labelled(pieces[at]) or self._listed(pieces[at], inside)

    def _sentence(self, text: str, *, inside: bool = False, last: bool = True) -> str | None:
        """A whole text's words. What is not the `last` of a row ends as sentences do: "Lease of Dr." goes on."""
        if text in self.below and (inside or " " in text):  # A single word may be somebody's name for a door.
            return self.below[text]
        found = self._fitting(text, inside=inside)
        if found is None and last and not text.endswith(STOPS):
            return self._without_stop(text)
        if found is None or not (last or found[0].english.endswith((".", "?", ":"))):
            return None
        return self._filled(*found)

    def _without_stop(self, text: str) -> str | None:
        """A whole sentence that stands inside another one and so has lost its full stop; None when none fits."""
        whole = f"{text}."
        told = self.below.get(whole)
        if told is None and (found := self._fitting(whole, inside=False)):
            told = self._filled(*found)
        return None if told is None else told.removesuffix(".").removesuffix("\u3002")

    def _fitting(self, text: str, *, inside: bool) -> tuple[Template, tuple[str, ...]] | None:
        """The template that asks for the most letters of those that fit; a weak one only inside another."""
        best: tuple[Template, tuple[str, ...]] | None = None
        for one in self._candidates(text):
            heavier = best is None or one.weight > best[0].weight
            if heavier and (inside or not one.weak) and (match := one.form.fullmatch(text)):
                best = one, match.groups()
        return best

    def _candidates(self, text: str) -> Iterator[Template]:
        for word in {*WORD.findall(text), ""}:
            yield from self._rarest.get(word, ())

    def _filled(self, template: Template, fillings: tuple[str, ...]) -> str:
        def fill(hole: re.Match[str]) -> str:
            english = fillings[int(hole[1])]
            return self._filling(english) if hole[2] else self._kept(english)

        return HOLE.sub(fill, template.said)

    def _filling(self, english: str) -> str:
        """What fills a hole, if it is the program's wording: a sentence, a label, a choice, a list of these."""
        bare = ARTICLE.sub("", english.strip())
        if not bare:
            return english
        english = ARTICLE.sub("", english)
        start = LEADING.match(bare)
        if start and bare not in self.below and not self._fitting(bare, inside=True):
            return english.replace(bare, start[0] + self._filling(bare[start.end() :]), 1)
        word = self._word(bare)
        if word is None:
            said = self._line(bare, inside=True)
            word = said if said != bare else self._kept(bare)
        return english.replace(bare, word, 1)

    def _word(self, english: str) -> str | None:
        """A label, a member of a choice or a fragment, however it is written: `access_group`, `Access group`."""
        if found := self.below.get(english) or self.words.get(english):
            return found
        found = self._folded.get(english.replace("_", " ").replace("-", " ").casefold())
        if found is None or english[:1].isupper():
            return found and found[:1].upper() + found[1:]
        keeps = self.large_nouns or not found[1:2].islower()
        return found if keeps else found[:1].lower() + found[1:]

    @cached_property
    def _folded(self) -> dict[str, str]:
        both = {**self.words, **self.below}
        return {key.casefold(): said for key, said in both.items() if len(key) < LONGEST_WORD}

    def _labelled(self, text: str) -> str:
        """A label and its fault ("Floor must be a whole number.", "Lobby: No device was chosen."); else empty."""
        end = "." if text.endswith(".") else ""
        bare = text.removesuffix(".")
        for blank in re.finditer(" ", bare):
            head, tail = bare[: blank.start()], bare[blank.end() :]
            colon = head.endswith(":")
            said = self._sentence(tail + end) if colon and end else None
            if said is None and (colon or tail[:1].islower()):
                said = self._ended(self._sentence(tail), end)
            if said is not None:
                label = head.removesuffix(":")
                return f"{self._word(label) or self._kept(label)}{self._between(colon, said)}{said}"
        return ""

    def _between(self, colon: bool, said: str) -> str:
        """What stands between a label and its fault. In Hebrew a colon: the fault would have to know its gender."""
        if CHINESE.match(said):
            return "\uff1a" if colon else ""
        return ": " if colon or self.right_to_left else " "

    @staticmethod
    def _ended(said: str | None, end: str) -> str | None:
        full = "\u3002" if end and said and CHINESE.match(said[-1:]) else end
        return None if said is None else said + full

    def _all_known(self, text: str) -> str:
        """A list of which every member is known; else empty."""
        pieces = LIST.split(text)
        told = [self._sentence(one, inside=True) or self._word(one) for one in pieces[::2]]
        if len(told) == 1 or not all(told):
            return ""
        between = [self._part(one, inside=True) for one in pieces[1::2]]
        return "".join(f"{one}{blank}" for one, blank in zip(map(str, told), [*between, ""], strict=True))

    def _listed(self, text: str, inside: bool) -> str:
        """Known parts between commas, colons and brackets; the text as it is when there are none."""
        if inside and (said := self._sentence(text, inside=True)):
            return said
        pieces = PARTS.split(text)
        last = pieces[-1]
        if last.endswith(".") and last not in self.below:
            pieces[-1:] = [last[:-1], "."]
        if len(pieces) == 1:
            return text
        return "".join(self._part(one, inside) for one in pieces)

    def _part(self, text: str, inside: bool) -> str:
        if text == " and ":
            return f" {self.below.get('and', 'and')} "
        if text == "." or PARTS.fullmatch(text):
            return text
        return self._sentence(text, inside=inside) or (self._word(text) if inside else None) or text

    def _kept(self, text: str) -> str:
        """A name, an address, a code or a day as it is; in right-to-left text it keeps its own direction."""
        text = DAY.sub(lambda day: self.days.get(day[0], day[0]), text)
        if not self.right_to_left or not text or text.isdigit() or RIGHT.search(text):
            return text
        return f"{FIRST_STRONG}{text}{POP}"
