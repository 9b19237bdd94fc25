"""The nights on which clocks change, found in every kind of zone, and the schedules that they catch."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import UserError
from core.entities.access import ACCESS_GROUP, AccessGroup, Repeat
from core.rules.access_times import is_open, local_of
from core.rules.dst_nights import dst_warnings, nights_of
from tests.factories import make

START = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(("zone", "nights"), [
    ("Europe/Madrid", ["2026-03-29 02:00 03:00 missing", "2026-10-25 02:00 03:00 doubled"]),
    ("America/New_York", ["2026-03-08 02:00 03:00 missing", "2026-11-01 01:00 02:00 doubled"]),
    ("Australia/Lord_Howe", ["2026-04-05 01:30 02:00 doubled", "2026-10-04 02:00 02:30 missing"]),
    ("Asia/Tokyo", []),
    ("UTC", []),
])  # fmt: skip
def test_nights(zone: str, nights: list[str]) -> None:
    found = [
        f"{n.start:%Y-%m-%d %H:%M} {n.end:%H:%M} {'missing' if n.missing else 'doubled'}"
        for n in nights_of(zone, START)
        if n.start.year == 2026
    ]
    assert found == nights


def test_an_unknown_zone_is_named() -> None:
    with pytest.raises(UserError, match="IANA"):
        list(nights_of("Nowhere/City", START))


def group(begin: str, end: str, repeat: Repeat = Repeat.DAILY, days: str = "", **more: Any) -> AccessGroup:
    base = make(ACCESS_GROUP, site_id="5" * 32, name="Cleaning", code=1, repeat=repeat, days=days, **more)
    return replace(base, from_time=time.fromisoformat(begin), to_time=time.fromisoformat(end))


@pytest.mark.parametrize(("what", "words"), [
    (group("02:15", "02:45"), ["does not open on 2026-03-29", "opens twice on 2026-10-25"]),
    (group("02:30", "06:00"), ["opens at 03:00 on 2026-03-29", "opens twice on 2026-10-25"]),
    (group("00:00", "02:30"), ["shuts at 03:00 on 2026-03-29", "opens twice on 2026-10-25"]),
    (group("02:00", "03:00"), []),
    (group("08:00", "18:00"), []),
    (group("02:30", "06:00", Repeat.WEEKLY, "12345"), []),
    (group("02:30", "06:00", Repeat.WEEKLY, "0"), ["opens at 03:00 on 2026-03-29", "opens twice on 2026-10-25"]),
    (group("02:30", "06:00", Repeat.NEVER, from_day=date(2026, 3, 29), to_day=date(2026, 4, 1)),
     ["opens at 03:00 on 2026-03-29"]),
    (group("02:30", "06:00", Repeat.NEVER), []),
])  # fmt: skip
def test_warnings(what: AccessGroup, words: list[str]) -> None:
    found = [w.words for w in dst_warnings([what], "Europe/Madrid", START)]
    assert len(found) == len(words)
    for said, part in zip(found, words, strict=True):
        assert part in said
        assert "'Cleaning'" in said


@given(st.integers(0, 1438), st.integers(1, 1439))
def test_a_night_without_a_warning_is_a_night_like_others(begin: int, length: int) -> None:
    """Without a bound inside the hour that is left out, a daily span is open on both sides of it or on none."""
    end = min(begin + length, 1439)
    what = group(f"{begin // 60:02}:{begin % 60:02}", f"{end // 60:02}:{end % 60:02}")
    warned = any(w.night.missing for w in dst_warnings([what], "Europe/Madrid", START))
    change = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)
    sides = [
        is_open(what.repeat, "", what.from_time, what.to_time, None, None, local_of(moment, "Europe/Madrid"))
        for moment in (change - timedelta(seconds=30), change + timedelta(seconds=30))
    ]
    at_the_edge = bool({begin, end} & {119, 120, 180})
    assert warned or at_the_edge or sides[0] == sides[1]
    assert warned == any(120 < bound < 180 for bound in (begin, end))
