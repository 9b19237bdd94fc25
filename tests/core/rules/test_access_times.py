"""GRP-02: when a group is open, on the wall clock of the site, nights of changing clocks included."""

# ruff: noqa: DTZ001  a wall clock has no zone

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.base.errors import UserError
from core.entities.access import Repeat
from core.rules.access_times import (
    DAY_BEGINS,
    DAY_ENDS,
    is_open,
    local_of,
    moment_words,
    weekday_digit,
    windows_of_period,
)

MADRID = "Europe/Madrid"
ZONES = st.sampled_from(
    [MADRID, "UTC", "America/Santiago", "Australia/Lord_Howe", "Asia/Kathmandu", "Africa/Casablanca"]
)
MOMENTS = st.datetimes(datetime(2024, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))
TIMES = st.times().map(lambda t: t.replace(microsecond=0))
DAYS = st.dates(date(2026, 2, 20), date(2026, 4, 5))
WEEK = st.sets(st.sampled_from("0123456")).map(lambda digits: "".join(sorted(digits)))


def daily(local: datetime, begin: time = DAY_BEGINS, end: time = DAY_ENDS) -> bool:
    return is_open(Repeat.DAILY, "", begin, end, None, None, local)


@pytest.mark.parametrize(
    ("clock", "expected"),
    [("07:59:59", False), ("08:00:00", True), ("18:00:00", True), ("18:00:01", False), ("00:00:00", False)],
)
def test_ends_count_as_open_to_the_second(clock: str, expected: bool) -> None:
    local = datetime.fromisoformat(f"2026-03-04T{clock}")
    assert daily(local, time(8), time(18)) is expected
    assert daily(local.replace(microsecond=999_999), time(8), time(18)) is expected


@given(MOMENTS, ZONES)
def test_the_default_span_is_open_at_every_moment(moment: datetime, zone: str) -> None:
    local = local_of(moment, zone)
    assert daily(local)
    assert is_open(Repeat.WEEKLY, "0123456", DAY_BEGINS, DAY_ENDS, None, None, local)


@given(MOMENTS, ZONES, WEEK)
def test_weekly_is_daily_on_the_chosen_days(moment: datetime, zone: str, days: str) -> None:
    local = local_of(moment, zone)
    chosen = is_open(Repeat.WEEKLY, days, time(9), time(17), None, None, local)
    assert chosen == (daily(local, time(9), time(17)) and weekday_digit(local.date()) in days)


def test_digit_0_is_sunday() -> None:
    assert [weekday_digit(date(2026, 3, day)) for day in range(1, 8)] == list("0123456")


@given(TIMES, TIMES, st.datetimes(datetime(2026, 3, 1), datetime(2026, 3, 3)))
def test_a_span_over_midnight_is_never_open(one: time, two: time, local: datetime) -> None:
    begin, end = max(one, two), min(one, two)
    if begin != end:
        assert not daily(local, begin, end)


def test_a_period_is_one_stretch_of_time() -> None:
    def inside(text: str) -> bool:
        local = datetime.fromisoformat(text)
        return is_open(Repeat.NEVER, "", time(22), time(6), date(2026, 3, 1), date(2026, 3, 3), local)

    assert [inside(t) for t in ("2026-03-01T21:59:59", "2026-03-01T22:00:00")] == [False, True]
    assert inside("2026-03-02T12:00:00")
    assert [inside(t) for t in ("2026-03-03T06:00:00", "2026-03-03T06:00:01")] == [True, False]


def test_a_period_without_its_days_is_never_open() -> None:
    local = datetime(2026, 3, 1, 12)
    for first, last in [(None, None), (date(2026, 3, 1), None), (None, date(2026, 3, 1))]:
        assert not is_open(Repeat.NEVER, "", DAY_BEGINS, DAY_ENDS, first, last, local)


@given(DAYS, TIMES, DAYS, TIMES, st.datetimes(datetime(2026, 2, 19), datetime(2026, 4, 6)))
def test_the_windows_of_a_period_open_exactly_in_the_period(
    from_day: date, from_time: time, to_day: date, to_time: time, local: datetime
) -> None:
    windows = list(windows_of_period(from_day, from_time, to_day, to_time))
    edges = [datetime.combine(from_day, from_time), datetime.combine(to_day, to_time)]
    second = timedelta(seconds=1)
    for at in [local, *edges, *(e - second for e in edges), *(e + second for e in edges)]:
        by_period = is_open(Repeat.NEVER, "", from_time, to_time, from_day, to_day, at)
        by_windows = sum(
            w.from_day <= at.date() <= w.to_day
            and w.from_time <= at.time().replace(microsecond=0) <= w.to_time
            for w in windows
        )
        assert by_windows == int(by_period)
    assert len(windows) <= 3


def test_the_hour_that_comes_twice_is_open_twice() -> None:
    """Madrid, 25 October 2026: 02:30 comes at 00:30 and at 01:30 UTC."""
    for hour in (0, 1):
        local = local_of(datetime(2026, 10, 25, hour, 30, tzinfo=UTC), MADRID)
        assert (local.hour, local.minute) == (2, 30)
        assert daily(local, time(2, 0), time(3, 0))
    assert not daily(local_of(datetime(2026, 10, 25, 2, 30, tzinfo=UTC), MADRID), time(2, 0), time(3, 0))


def test_the_hour_that_is_skipped_opens_nothing() -> None:
    """Madrid, 29 March 2026: 02:00 to 02:59:59 do not happen."""
    night = datetime(2026, 3, 28, 22, tzinfo=UTC)
    minutes = (night + timedelta(minutes=m) for m in range(10 * 60))
    assert not any(daily(local_of(at, MADRID), time(2, 0), time(2, 59, 59)) for at in minutes)


@given(MOMENTS, ZONES)
def test_a_local_time_is_the_same_moment(moment: datetime, zone: str) -> None:
    assert local_of(moment, zone).astimezone(UTC) == moment


@given(st.dates(date(2024, 1, 1), date(2027, 12, 31)), ZONES)
def test_every_day_is_open_as_long_as_the_wall_clock_runs_through_the_span(day: date, zone: str) -> None:
    """Counted in minutes of real time, clocks that change included: never more than the span plus what comes twice."""
    start = datetime.combine(day, DAY_BEGINS, tzinfo=UTC) - timedelta(hours=14)
    locals_ = [local_of(start + timedelta(minutes=m), zone) for m in range(52 * 60)]
    of_day = [at for at in locals_ if at.date() == day]
    opened = [at for at in of_day if daily(at, time(1), time(4))]
    assert {(at.hour, at.minute) for at in opened} == {
        (at.hour, at.minute) for at in of_day if 1 <= at.hour < 4
    } | {(at.hour, at.minute) for at in of_day if (at.hour, at.minute) == (4, 0)}
    assert 120 <= len(opened) <= 241


@pytest.mark.parametrize("zone", ["", "Nowhere/Land", "../etc/passwd", "a\0b"])
def test_an_unknown_zone_is_said(zone: str) -> None:
    with pytest.raises(UserError, match="IANA"):
        local_of(datetime(2026, 1, 1, tzinfo=UTC), zone)


def test_a_moment_needs_a_zone() -> None:
    with pytest.raises(ValueError, match="zone"):
        local_of(datetime(2026, 1, 1), MADRID)


def test_a_moment_is_told_by_the_sites_clock_and_names_the_zone() -> None:
    moment = datetime(2026, 11, 24, 8, 14, tzinfo=UTC)
    assert moment_words(moment, "Europe/Madrid") == "2026-11-24 09:14 (Europe/Madrid)"
    assert moment_words(moment, "America/New_York") == "2026-11-24 03:14 (America/New_York)"
