"""Clock, ids, words, errors, verdicts, paths."""

from __future__ import annotations

import os
import re
import stat
import threading
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base import errors
from core.base.clock import SystemClock, from_ms, to_ms
from core.base.ids import _Sequence, are_ids, is_id, new_id
from core.base.paths import Profile
from core.base.verdict import SEVERITY, Verdict, worst
from core.base.words import clean, listed

ZONES = st.integers(-14 * 60, 14 * 60).map(lambda m: timezone(timedelta(minutes=m)))
AWARE = st.datetimes(datetime(2, 1, 1), datetime(9998, 1, 1), timezones=ZONES)  # noqa: DTZ001  the zone comes with it


@given(AWARE)
def test_a_moment_survives_to_the_millisecond(moment: datetime) -> None:
    back = from_ms(to_ms(moment))
    assert back.tzinfo is UTC
    assert abs(back - moment) <= timedelta(microseconds=500)
    assert to_ms(back) == to_ms(moment)


@given(st.integers(-62_000_000_000_000, 253_000_000_000_000))
def test_milliseconds_survive(value: int) -> None:
    assert to_ms(from_ms(value)) == value


def test_what_is_no_moment() -> None:
    with pytest.raises(ValueError, match="zone"):
        to_ms(datetime(2026, 1, 1))  # noqa: DTZ001  that is the point
    for value in (10**17, -(10**17)):
        with pytest.raises(ValueError, match="no such moment"):
            from_ms(value)


async def test_the_system_clock_goes_forward() -> None:
    clock = SystemClock()
    before, wall = clock.monotonic(), clock.now()
    await clock.sleep(0)
    assert clock.monotonic() >= before
    assert wall.tzinfo is UTC


def test_ids_have_the_shape_of_uuid_7_and_grow() -> None:
    ids = [new_id() for _ in range(20_000)]
    assert all(is_id(i) for i in ids)
    assert are_ids(ids)
    assert are_ids([])
    wrong = ("", "x" * 32, f"{ids[0]}\n", f"{ids[0]}{ids[1]}", ids[0][:-1])
    assert not any(are_ids([*ids, text]) for text in wrong)
    assert not are_ids([ids[0][:-1], f"{ids[1]}{ids[0][-1]}"]), "each by itself"
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


def test_ids_of_several_threads_are_single() -> None:
    made: list[str] = []
    threads = [
        threading.Thread(target=lambda: made.extend([new_id() for _ in range(3000)])) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(made)) == 12_000


@given(st.lists(st.integers(1, 2**40), min_size=1, max_size=200))
def test_ids_grow_when_the_clock_stands_or_steps_back(times: list[int]) -> None:
    sequence = _Sequence()
    made = [sequence.next(now) for now in times for _ in range(50)]
    assert made == sorted(set(made))
    assert all(0 <= count <= 0xFFF for _, count in made)


def test_a_millisecond_that_is_used_up() -> None:
    sequence = _Sequence()
    made = [sequence.next(5) for _ in range(9000)]
    assert len(set(made)) == 9000
    assert made[-1][0] > 5


@given(st.text(max_size=40))
def test_what_is_no_id(text: str) -> None:
    assert is_id(text) == (re.fullmatch(r"[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}", text) is not None)


ANY_TEXT = st.text(alphabet=st.characters(), max_size=200)


@given(ANY_TEXT, st.integers(1, 60))
def test_cleaned_words_are_one_short_printable_line(text: str, limit: int) -> None:
    line = clean(text, limit=limit)
    assert len(line) <= limit
    assert line == " ".join(line.split())
    assert "\n" not in line
    line.encode()  # no half of a surrogate pair
    assert clean(line, limit=limit) == line


@given(st.text(alphabet=st.characters(categories=("L", "N", "P")), max_size=50))
def test_plain_words_stay_as_they_are(text: str) -> None:
    assert clean(text) == text


def test_a_cut_is_marked() -> None:
    assert clean("abcdef", limit=4) == "abc…"
    assert clean("a" * 5000, limit=10) == "aaaaaaaaa…"
    assert clean("x" + "\0" * 900, limit=10) == "x…"
    assert clean(b"bytes") == "b'bytes'"
    assert clean(None) == "None"
    assert clean("a\u202eb\u200bc\x1b[31m") == "abc[31m"


def test_lists_read_as_people_say_them() -> None:
    assert listed([]) == ""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b and c"
    assert listed(list("abcdefgh")) == "a, b, c, d, e and 3 more"


def test_the_error_tree_is_drawn_as_it_is() -> None:
    drawn = re.findall(r"^\s*[|`\s]*(?:\|--|`--)?\s*([A-Z]\w+)\s{2,}", errors.__doc__ or "", re.MULTILINE)
    real = {
        n for n, c in vars(errors).items() if isinstance(c, type) and issubclass(c, errors.GatewrightError)
    }
    assert set(drawn) == real


def test_an_error_as_a_document_and_as_a_sentence() -> None:
    fault = errors.UserError("area.fault", "It is so.", remedy="Do this.", field="name")
    assert fault.document() == {
        "code": "area.fault",
        "message": "It is so.",
        "remedy": "Do this.",
        "field": "name",
    }
    assert str(fault) == "It is so. Do this."
    assert errors.UserError("a.b", "It is.").document() == {"code": "a.b", "message": "It is."}
    assert errors.RefusedError("a.b", "No.", said="nope").document()["said"] == "nope"
    assert errors.SignInError("a.b", "No.").document() == {"code": "a.b", "message": "No."}
    assert str(errors.CancelledByPerson()) == "This work was stopped on request."


def test_exit_codes_are_those_of_the_command_line() -> None:
    assert {errors.UserError.exit_code, errors.DataError.exit_code, errors.RefusedError.exit_code} == {1}
    assert {errors.UnreachableError.exit_code, errors.AmbiguousError.exit_code} == {3}


def test_the_list_of_verdicts_is_closed() -> None:
    words = "proved accepted differs waiting refused unreachable ambiguous foreign"
    assert [v.value for v in Verdict] == words.split()
    assert set(SEVERITY) == set(Verdict) - {Verdict.FOREIGN}


@given(st.lists(st.sampled_from(Verdict), max_size=6))
def test_the_whole_is_never_better_than_a_part(verdicts: list[Verdict]) -> None:
    whole = worst(verdicts)
    parts = [v for v in verdicts if v is not Verdict.FOREIGN]
    assert whole in parts or (not parts and whole is Verdict.PROVED)
    assert all(SEVERITY.index(whole) <= SEVERITY.index(v) for v in parts)
    if whole is Verdict.PROVED:
        assert set(parts) <= {Verdict.PROVED}


def test_a_profile_is_made_for_its_user_only(tmp_path: Path) -> None:
    profile = Profile(tmp_path / "p")
    assert not profile.root.exists()
    profile.make().make()
    for folder in (profile.root, profile.logs, profile.blobs, profile.backups):
        assert folder.is_dir()
        if os.name == "posix":
            assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    inside = (profile.mirror, profile.salt, profile.settings, profile.lock)
    assert {path.parent for path in inside} == {profile.root}
    assert Profile.default().root.name == "default"
