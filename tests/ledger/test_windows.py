"""Calendar windows: consecutive periods never gap or overlap, and begin at the first instant of their first local day."""

from __future__ import annotations

import datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from empower.ledger import Window, WindowKind, windows
from empower.ledger.windows import _end_of_gap, day_interval, local_day, window_interval
from empower.testing.asks import DAY, HOUR, MS, instant

MINUTE = 60 * MS
EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
KINDS = ("day", "week", "month", "quarter", "year")

ZONES = {
    "Europe/London": "an hour, at one o'clock",
    "America/Sao_Paulo": "forward over midnight, until 2018",
    "Asia/Beirut": "forward over midnight",
    "Africa/Cairo": "forward over midnight, back over it, and years without",
    "America/Havana": "forward over midnight, back from one o'clock to it",
    "America/St_Johns": "half an hour off; until 2011 at one minute past midnight, so that a day began, went back and began again",
    "Australia/Lord_Howe": "by half an hour",
    "Asia/Kathmandu": "a quarter of an hour off",
    "Pacific/Apia": "30 December 2011 never was",
    "Pacific/Kwajalein": "21 August 1993 never was",
    "Asia/Pyongyang": "by half an hour, at midnight, once each way",
    "Antarctica/Troll": "by two hours",
    "Africa/Casablanca": "back for Ramadan",
    "Asia/Gaza": "at midnight, at one, at two, on days told late",
    "America/Caracas": "by half an hour",
}

STRANGE_DAYS = [
    ("America/Sao_Paulo", "2018-11-04", 23, "2018-11-04 01:00"),
    ("America/Sao_Paulo", "2018-02-17", 25, "2018-02-17 00:00"),
    ("Asia/Beirut", "2022-03-27", 23, "2022-03-27 01:00"),
    ("Africa/Cairo", "2023-04-28", 23, "2023-04-28 01:00"),
    ("America/Havana", "2023-03-12", 23, "2023-03-12 01:00"),
    ("America/Havana", "2023-11-05", 25, "2023-11-05 00:00"),
    ("America/St_Johns", "2010-03-14", 23, "2010-03-14 00:00"),
    ("Europe/London", "2026-03-29", 23, "2026-03-29 00:00"),
    ("Europe/London", "2026-10-25", 25, "2026-10-25 00:00"),
    ("Pacific/Apia", "2011-12-29", 24, "2011-12-29 00:00"),
    ("Pacific/Apia", "2011-12-30", 0, "2011-12-31 00:00"),
    ("Pacific/Apia", "2011-12-31", 24, "2011-12-31 00:00"),
    ("Pacific/Kwajalein", "1993-08-21", 0, "1993-08-22 00:00"),
    ("Antarctica/Troll", "2024-03-31", 22, "2024-03-31 00:00"),
]


def ordinal(date: str) -> int:
    return datetime.date.fromisoformat(date).toordinal()


def wall(zone: str, at_ms: int) -> datetime.datetime:
    """What the clocks of the zone show."""
    return (EPOCH + datetime.timedelta(milliseconds=at_ms)).astimezone(ZoneInfo(zone))


def assert_begins(zone: str, start: int, day: int, step: int) -> None:
    """The clocks show the day, or a later one, from this instant on and not before: they are looked at."""
    assert wall(zone, start).toordinal() >= day
    assert all(wall(zone, start - back).toordinal() < day for back in (1, *range(step, 26 * HOUR, step)))


@pytest.mark.parametrize("zone", ZONES)
def test_days_follow_each_other_without_a_gap(zone: str) -> None:
    """Of each of thousands of days: it ends where the next begins, and begins at its first instant."""
    for day in range(ordinal("2008-01-01"), ordinal("2024-06-01")):
        start, end = day_interval(zone, day)
        assert end == day_interval(zone, day + 1)[0]
        assert end >= start
        if end - start != DAY:
            assert_begins(zone, start, day, MINUTE)
            assert_begins(zone, end, day + 1, MINUTE)
        else:
            assert wall(zone, start).toordinal() == day
            assert wall(zone, start - 1).toordinal() < day


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("kind", KINDS)
def test_periods_follow_each_other_without_a_gap(zone: str, kind: WindowKind) -> None:
    at = instant("1992-11-11 11:11") if kind == "day" else instant("1965-05-05 05:05")
    last = instant("1995-01-01 00:00") if kind == "day" else instant("2037-01-01 00:00")
    interval = window_interval(Window(kind), zone, at)
    while interval[0] < last:
        following = window_interval(Window(kind), zone, interval[1])
        assert interval[0] < interval[1] == following[0]
        assert window_interval(Window(kind), zone, interval[1] - 1) == interval
        assert begins_a(kind, wall(zone, interval[0]).date())
        interval = following


def begins_a(kind: str, date: datetime.date) -> bool:
    """Is this the first day of such a period? Two of them never were."""
    if date.isoformat() in ("2011-12-31", "1993-08-22"):
        return True
    match kind:
        case "week":
            return date.weekday() == 0
        case "month":
            return date.day == 1
        case "quarter":
            return (date.month - 1) % 3 == 0 and date.day == 1
        case "year":
            return (date.month, date.day) == (1, 1)
    return True


@pytest.mark.parametrize(("zone", "date", "hours", "first"), STRANGE_DAYS)
def test_a_strange_day(zone: str, date: str, hours: int, first: str) -> None:
    start, end = day_interval(zone, ordinal(date))
    assert (end - start, start) == (hours * HOUR, instant(first, zone))
    if hours:
        assert {local_day(zone, at) for at in range(start, end, 10 * MINUTE)} == {local_day(zone, end - 1)} == {ordinal(date)}
    assert local_day(zone, end) == max(ordinal(date) + 1, wall(zone, end).toordinal())


def test_a_day_that_began_goes_on_although_clocks_went_back_over_midnight() -> None:
    """St John's, 7 November 2010: at 00:01 clocks went back to 23:01 on the 6th. The 7th began at the first midnight."""
    start, end = day_interval("America/St_Johns", ordinal("2010-11-07"))
    assert end - start == 25 * HOUR
    assert wall("America/St_Johns", start + MINUTE).isoformat() == "2010-11-06T23:01:00-03:30"
    assert local_day("America/St_Johns", start + MINUTE) == ordinal("2010-11-07")
    assert local_day("America/St_Johns", start - 1) == ordinal("2010-11-06")


def test_a_gap_may_begin_before_midnight_and_end_after_it() -> None:
    """Toronto, 30 March 1919: after 23:29 came 00:30, which is the first instant of the 31st."""
    start, end = day_interval("America/Toronto", ordinal("1919-03-31"))
    assert wall("America/Toronto", start).isoformat() == "1919-03-31T00:30:00-04:00"
    assert_begins("America/Toronto", start, ordinal("1919-03-31"), MINUTE)
    assert end - start == 23 * HOUR + 30 * MINUTE
    assert day_interval("America/Toronto", ordinal("1919-03-30"))[1] == start


def test_the_end_of_a_gap_is_found_to_the_second() -> None:
    end = instant("2026-03-29 02:00") // MS
    for before, after in ((1, 0), (2, 1), (7, 5), (1000, 777), (3600, 0)):
        assert _end_of_gap(ZoneInfo("Europe/London"), end - before, end + after) == end


def test_weeks_of_other_lengths_are_real() -> None:
    def hours(date: str, zone: str) -> int:
        start, end = window_interval(Window("week"), zone, instant(date, zone))
        return (end - start) // HOUR

    assert hours("2026-03-25", "Europe/London") == 167
    assert hours("2026-10-25", "Europe/London") == 169
    assert hours("2011-12-28", "Pacific/Apia") == 144


@settings(max_examples=300, deadline=None)
@given(zone=st.sampled_from(sorted(ZONES)), at=st.integers(instant("1900-01-01"), instant("2100-01-01")), kind=st.sampled_from(KINDS))
def test_an_instant_lies_in_its_period_and_in_its_day(zone: str, at: int, kind: WindowKind) -> None:
    start, end = window_interval(Window(kind), zone, at)
    assert start <= at < end
    first, last = day_interval(zone, local_day(zone, at))
    assert start <= first <= at < last <= end


@settings(max_examples=200, deadline=None)
@given(
    zone=st.sampled_from(sorted(ZONES)), days=st.lists(st.integers(ordinal("1900-01-01"), ordinal("2100-01-01")), min_size=2).map(sorted)
)
def test_time_and_days_run_the_same_way(zone: str, days: list[int]) -> None:
    starts = [day_interval(zone, day)[0] for day in days]
    assert all(earlier <= later for earlier, later in pairwise(starts))


@pytest.mark.parametrize("window", [Window("ever"), Window("rolling", 30 * DAY)])
def test_other_windows_have_no_calendar(window: Window) -> None:
    assert window_interval(window, "Europe/London", 0) is None


@pytest.mark.parametrize("zone", ["Europe/Lundon", "", "../etc/passwd", "/etc/passwd", "Europe", "localtime", "a\0b", "zone.tab"])
def test_an_unknown_zone_is_named(zone: str) -> None:
    for call in (lambda: local_day(zone, 0), lambda: day_interval(zone, 1), lambda: window_interval(Window("day"), zone, 0)):
        with pytest.raises(ValueError) as caught:
            call()
        assert repr(zone) in str(caught.value)


def test_an_instant_beyond_all_dates_is_named() -> None:
    for at in (10**18, -(10**18)):
        with pytest.raises(ValueError, match=str(at)):
            local_day("UTC", at)
    for day in (0, ordinal("9999-12-31") + 1):
        with pytest.raises(ValueError, match=str(day)):
            day_interval("Asia/Kolkata", day)


@pytest.mark.parametrize("year", [1960, 2020])
def test_a_day_may_end_within_an_hour(year: int) -> None:
    """Where the offset is half an hour, the last day of an hour is not its first, whichever of them was asked about before."""
    at = instant(f"{year}-06-01T18:00", "UTC")  # half past eleven in India
    before, after = (datetime.date(year, 6, day).toordinal() for day in (1, 2))
    assert [local_day("Asia/Kolkata", at + minutes * MINUTE) for minutes in (15, 45, 15, 29, 30)] == [before, after, before, before, after]


def test_the_memory_of_days_stays_small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A process that goes on for years remembers the days of the hours asked about last, and no others."""
    monkeypatch.setattr(windows, "_days", {})
    monkeypatch.setattr(windows, "_DAYS_MAX", 3)
    for hour in range(30):
        assert local_day("UTC", hour * HOUR) == datetime.date(1970, 1, 1 + hour // 24).toordinal()
        assert len(windows._days) <= 3
