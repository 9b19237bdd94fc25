"""The field kinds: what people type, what is stored, what is shown, and what is out of bounds."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time, timedelta, timezone
from enum import StrEnum
from typing import Any

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from core.schema.field import (
    BadValueError,
    Choice,
    Day,
    Daytime,
    Digest,
    Digests,
    Doc,
    Field,
    Flag,
    Items,
    Mac,
    Moment,
    Number,
    Ref,
    Secret,
    Text,
)


class Colour(StrEnum):
    RED = "red"
    DARK_BLUE = "dark_blue"


ANY_TEXT = st.text(alphabet=st.characters(), max_size=60)
KINDS = (
    Text(),
    Secret(),
    Number(),
    Flag(),
    Choice(of=Colour),
    Moment(),
    Day(),
    Daytime(),
    Mac(),
    Digest(),
    Digests(),
    Items(),
    Ref(),
)


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: type(k).__name__)
@given(text=ANY_TEXT)
def test_any_text_is_parsed_or_refused_in_words_without_the_value(kind: Field, text: str) -> None:
    try:
        value = kind.parse(text)
    except BadValueError as fault:
        words = str(fault)
        assert words[0].islower()
        assert len(text.strip()) < 4 or text.strip() not in words
        return
    if kind.problem(value) == "":
        stored = kind.store(value)
        assert stored is None or type(stored) in {int, str}
        assert kind.store(kind.load(stored)) == stored
        assert kind.load(stored) == value


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: type(k).__name__)
def test_nothing_is_shown_as_nothing(kind: Field) -> None:
    assert kind.show(None) == ""


@given(
    st.integers(0, 2**48 - 1),
    st.sampled_from([":", "-", ".", " ", ""]),
    st.sampled_from([2, 4]),
    st.booleans(),
)
def test_a_mac_in_any_notation(number: int, mark: str, group: int, upper: bool) -> None:
    """MAC-02."""
    digits = f"{number:012X}"
    text = mark.join(digits[i : i + group] for i in range(0, 12, group))
    parsed = Mac().parse(f"  {text if upper else text.lower()}\t")
    assert parsed == digits
    assert Mac().problem(parsed) == ""
    assert Mac().parse(Mac().show(parsed)) == parsed


@given(ANY_TEXT)
def test_what_is_no_mac(text: str) -> None:
    digits = "".join(c for c in text if not c.isspace() and c not in ":.-")
    assume(len(digits) != 12 or any(c not in "0123456789abcdefABCDEF" for c in digits))
    with pytest.raises(BadValueError, match="twelve hexadecimal digits"):
        Mac().parse(text)


@pytest.mark.parametrize("value", ["0c11052a7f31", "0C11052A7F3", "0C:11:05:2A:7F:31", ""])
def test_a_stored_mac_has_one_shape(value: str) -> None:
    assert Mac().problem(value)


@pytest.mark.parametrize(
    ("text", "value"), [("3", 3), (" -4 ", -4), ("+5", 5), ("3.0", 3), ("0012", 12), ("3.000", 3)]
)
def test_whole_numbers(text: str, value: int) -> None:
    assert Number().parse(text) == value


@pytest.mark.parametrize("text", ["", "3.5", "1e3", "0x10", "٣", "1 000", "9" * 30, "--1", "inf", "nan"])
def test_what_is_no_whole_number(text: str) -> None:
    with pytest.raises(BadValueError):
        Number().parse(text)


def test_bounds_of_numbers() -> None:
    kind = Number(low=1, high=4)
    assert [bool(kind.problem(n)) for n in (0, 1, 4, 5)] == [True, False, False, True]


@pytest.mark.parametrize(
    ("text", "value"), [("Yes", True), ("1.0", True), ("OFF", False), ("", False), ("n", False)]
)
def test_yes_and_no(text: str, value: bool) -> None:
    assert Flag().parse(text) is value


def test_a_choice_by_its_word_and_a_word_of_a_newer_version() -> None:
    kind = Choice(of=Colour)
    assert kind.parse(" Dark Blue ") is Colour.DARK_BLUE
    assert kind.show(Colour.DARK_BLUE) == "dark blue"
    assert kind.parse(kind.show(Colour.DARK_BLUE)) is Colour.DARK_BLUE
    assert kind.load("red") is Colour.RED
    assert kind.load("ultraviolet") == "ultraviolet"
    assert kind.store("ultraviolet") == "ultraviolet"
    assert kind.problem("ultraviolet") == "must be one of red, dark_blue"
    with pytest.raises(BadValueError, match="red, dark_blue"):
        kind.parse("green")


ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))


@given(st.datetimes(timezones=ZONES))
def test_a_moment_with_any_zone_even_at_the_end_of_days(moment: datetime) -> None:
    kind = Moment()
    try:
        parsed = kind.parse(moment.isoformat())
    except BadValueError:
        assert moment.year in {1, 9999}
        return
    assert parsed == moment
    assert kind.parse(kind.show(parsed)) == parsed.replace(microsecond=0)


@pytest.mark.parametrize("text", ["2026-03-01", "2026-03-01T09:00", "tomorrow", "", "2026-13-01T00:00Z"])
def test_a_text_that_does_not_say_when(text: str) -> None:
    with pytest.raises(BadValueError, match="zone"):
        Moment().parse(text)


def test_a_moment_without_a_zone_is_out_of_bounds() -> None:
    assert Moment().problem(datetime(2026, 1, 1)) == "needs a zone"  # noqa: DTZ001
    assert Moment().problem(datetime(2026, 1, 1, tzinfo=UTC)) == ""


@given(st.dates())
def test_days(day: date) -> None:
    kind = Day()
    assert kind.parse(kind.show(day)) == day == kind.load(kind.store(day))


@given(st.times().map(lambda t: t.replace(microsecond=0, fold=0)))
def test_times_of_the_day(moment: time) -> None:
    kind = Daytime()
    assert kind.parse(kind.show(moment)) == moment == kind.load(kind.store(moment))


@pytest.mark.parametrize(
    ("text", "value"), [("8:30", time(8, 30)), ("08:30:15", time(8, 30, 15)), ("00:00", time(0))]
)
def test_times_as_people_type_them(text: str, value: time) -> None:
    assert Daytime().parse(text) == value


@pytest.mark.parametrize(
    "text", ["24:00", "8", "8.30", "08:30+01:00", "08:30:15.5", "T08:30", "", "8:3", "12:60"]
)
def test_what_is_no_time_of_the_day(text: str) -> None:
    with pytest.raises(BadValueError):
        Daytime().parse(text)


@given(st.lists(ANY_TEXT, max_size=5))
def test_lists_that_are_in_bounds_read_back_as_they_are_shown(items: list[str]) -> None:
    kind = Items(max_items=4, max_len=30)
    value = tuple(items)
    if kind.problem(value) == "":
        assert kind.load(kind.store(value)) == value
        assert kind.parse(kind.show(value)) == tuple(item.strip() for item in items)
    else:
        assert len(items) > 4 or any(
            len(i) > 30 or not i.strip() or not i.isprintable() or ";" in i for i in items
        )


@given(ANY_TEXT)
def test_a_text_in_bounds_can_be_kept(text: str) -> None:
    kind = Text(max_len=30)
    words = kind.problem(text)
    if words == "":
        assert len(text) <= 30
        assert text.splitlines() in ([], [text])
        text.encode("utf-8")
        assert "\0" not in text
    else:
        assert len(text) > 30 or not text.isprintable()


def test_lines_are_a_matter_of_the_kind() -> None:
    assert Text().problem("a\nb") == "must be one line"
    assert Text(lines=True).problem("a\nb") == ""
    for kind in (Text(), Text(lines=True)):
        assert kind.problem("a\0b") == "has a character that cannot be kept"
        assert kind.problem("a\ud800") == "has a character that cannot be kept"
    assert Text(max_len=3).problem("abcd") == "has 4 characters; at most 3 are allowed"


@given(st.text(min_size=1, max_size=20))
def test_a_secret_is_never_shown(code: str) -> None:
    assert Secret().show(code) == "••••"
    assert Secret().show("") == ""
    assert Secret.secret
    assert not Text.secret


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(st.dictionaries(st.text(max_size=5), JSON, max_size=4))
def test_documents(value: dict[str, Any]) -> None:
    kind = Doc()
    stored = kind.store(value)
    assert isinstance(stored, str)
    assert kind.load(stored) == value
    assert json.loads(stored) == value


@pytest.mark.parametrize(
    ("value", "fine"), [("a" * 64, True), ("A" * 64, False), ("a" * 63, False), ("g" * 64, False)]
)
def test_digests(value: str, fine: bool) -> None:
    assert (Digest().problem(value) == "") is fine


@pytest.mark.parametrize(
    ("value", "fine"),
    [
        ((), True),
        (("a" * 64, "b" * 64), True),
        (("a" * 64, "b" * 63), False),
        (("a" * 64 + ";",), False),
        (("a" * 64,) * 3, False),
    ],
)
def test_digests_of_several_files(value: tuple[str, ...], fine: bool) -> None:
    kind = Digests(max_items=2)
    assert (kind.problem(value) == "") is fine
    if fine:
        assert kind.digests(kind.store(value)) == value


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: type(k).__name__)
@given(stored=st.none() | st.integers() | st.floats() | ANY_TEXT | st.lists(ANY_TEXT).map(json.dumps))
@example(stored="[" * 100_000)
@example(stored=json.dumps(["a" * 64, "../" + "a" * 61, 7, None, ["b" * 64]]))
@example(stored="a" * 64)
def test_whatever_came_by_the_network_names_files_by_digests_only(kind: Field, stored: Any) -> None:
    """A name of a file becomes a path: nothing but a digest may become one."""
    named = kind.digests(stored)
    assert all(len(one) == 64 and set(one) <= set("0123456789abcdef") for one in named)
    assert kind.names_files or named == ()
