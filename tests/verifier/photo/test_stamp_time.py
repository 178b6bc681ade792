"""Does the stamp's time lie in the session? (E4)"""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.builders.looks import a_context, a_field, a_look, a_stamp, some_camera_data
from tests.builders.plan import a_session, a_training_class
from verifier.finding import Outcome
from verifier.photo.context import SessionSource
from verifier.photo.stamp_limits import STAMP_TIME_2023
from verifier.photo.stamp_time import check
from verifier.plan import Period

OTHER_DAY = date(2023, 6, 13)
LIMIT = STAMP_TIME_2023.min_confidence


def look_at(clock, day=None, **changes):
    """A look at a photo with that stamp."""
    stamp = a_stamp(clock, **({} if day is None else {"day": day}), **changes)
    return a_look(stamps=(stamp,))


@pytest.mark.parametrize(
    ("clock", "outcome"),
    [
        pytest.param("07:59", Outcome.FAILED, id="the minute before the grace"),
        pytest.param("07:59:59", Outcome.FAILED, id="the second before the grace"),
        pytest.param("08:00", Outcome.PASSED, id="the first minute of the grace"),
        pytest.param("08:00:00", Outcome.PASSED, id="the first second of the grace"),
        pytest.param("10:00", Outcome.PASSED, id="inside"),
        pytest.param("12:20", Outcome.PASSED, id="the last minute, of which only the first second is inside"),
        pytest.param("12:20:00", Outcome.PASSED, id="the last second of the grace"),
        pytest.param("12:20:01", Outcome.FAILED, id="a second after the grace"),
        pytest.param("12:21", Outcome.FAILED, id="the minute after the grace"),
    ],
)
def test_the_window_includes_both_ends(clock, outcome):
    """08:30 to 11:50 with half an hour on each side; HH:MM stands for the whole minute."""
    assert check(look_at(clock), a_context()).outcome == outcome


def test_a_minute_that_reaches_into_the_window_counts():
    """A session from 08:30:30 opens at 08:00:30: 08:00 may mean 08:00:45."""
    session = a_session("s", starts="08:30:30")
    context = a_context(training=a_training_class(sessions=(session,)))
    assert check(look_at("08:00"), context).outcome == Outcome.PASSED
    assert check(look_at("08:00:00"), context).outcome == Outcome.FAILED


def test_the_same_hour_on_another_day_fails_with_both_full_dates():
    """09:12 on the wrong day reads like a pass without its date."""
    finding = check(look_at("09:12", OTHER_DAY), a_context())
    assert finding.outcome == Outcome.FAILED
    for language in ("zh_CN", "en"):
        assert "2023-06-13 09:12" in finding.reason.text(language)
        assert "2023-06-12" in finding.reason.text(language)


@pytest.mark.parametrize(("confidence", "outcome"), [(LIMIT, Outcome.FAILED), (LIMIT - 0.01, Outcome.UNSURE)])
def test_a_mismatch_counts_only_where_the_reading_is_sure(confidence, outcome):
    """A misread digit must not accuse anybody."""
    assert check(look_at("15:07", confidence=confidence), a_context()).outcome == outcome


def test_one_unsure_digit_anywhere_is_enough_doubt():
    """The date was read surely, the clock was not."""
    stamp = replace(a_stamp("15:00"), clock=a_field(a_stamp("15:00").clock.value, LIMIT - 0.01))
    assert check(a_look(stamps=(stamp,)), a_context()).outcome == Outcome.UNSURE


def test_a_photo_put_to_its_session_by_its_own_stamp_says_so():
    """Such a time proves nothing about itself: inside is passed with the reservation, outside is a question."""
    context = a_context(session_source=SessionSource.STAMP)
    inside = check(look_at("09:12"), context)
    assert inside.outcome == Outcome.PASSED
    assert "未得到佐证" in inside.reason.text("zh_CN")
    assert "assigned by this very stamp" in inside.reason.text("en")
    assert check(look_at("15:00"), context).outcome == Outcome.UNSURE


@pytest.mark.parametrize(
    ("clock", "outcome", "nearest"),
    [
        pytest.param("09:12", Outcome.UNSURE, "m", id="inside a session, which nobody declared"),
        pytest.param("13:00", Outcome.FAILED, "a", id="between two sessions, nearer to the second"),
        pytest.param("23:00", Outcome.FAILED, "a", id="at night"),
    ],
)
def test_without_a_session_the_stamp_must_lie_in_one_of_the_class(clock, outcome, nearest):
    """The nearest session is named."""
    sessions = (a_session("m"), a_session("a", period=Period.AFTERNOON))
    context = a_context(
        training=a_training_class(sessions=sessions), session=None, session_source=SessionSource.UNKNOWN
    )
    finding = check(look_at(clock), context)
    assert (finding.outcome, finding.measured["nearest_session"]) == (outcome, nearest)
    assert f"“{nearest}”" in finding.reason.text("zh_CN")


@pytest.mark.parametrize(
    ("stamps", "outcome"),
    [
        pytest.param((), Outcome.UNSURE, id="no stamp"),
        pytest.param((a_stamp(None),), Outcome.UNSURE, id="the right day without a clock"),
        pytest.param((a_stamp(None, date(2023, 6, 13)),), Outcome.UNSURE, id="the next day without a clock"),
        pytest.param((a_stamp(None, date(2023, 6, 14)),), Outcome.FAILED, id="two days later, whatever the hour"),
        pytest.param((a_stamp(None, date(2023, 6, 14), confidence=0.5),), Outcome.UNSURE, id="a badly read date alone"),
        pytest.param((a_stamp(day=None),), Outcome.UNSURE, id="a clock without a date"),
        pytest.param(None, Outcome.NOT_RUN, id="nobody looked"),
    ],
)
def test_an_incomplete_stamp_is_a_question(stamps, outcome):
    """Unless its date alone is surely another day."""
    assert check(a_look(stamps=stamps), a_context()).outcome == outcome


def test_without_a_class_nothing_is_asked():
    """A photo checked alone has no session."""
    context = a_context(training=None, session=None)
    assert check(look_at("09:12"), context).outcome == Outcome.NOT_APPLICABLE


def test_a_printed_offset_is_honoured():
    """06:42 in India is 09:12 in China."""
    stamp = replace(a_stamp("06:42"), utc_offset=timedelta(hours=5, minutes=30))
    assert check(a_look(stamps=(stamp,)), a_context()).outcome == Outcome.PASSED


def test_an_evening_past_midnight_takes_the_next_days_stamp():
    """22:00 to 00:30: a stamp of 00:10 on the next day is inside."""
    session = a_session("e", period=Period.EVENING, starts="22:00", ends="00:30")
    context = a_context(training=a_training_class(sessions=(session,)))
    assert check(look_at("00:10", OTHER_DAY), context).outcome == Outcome.PASSED
    assert check(look_at("00:10"), context).outcome == Outcome.FAILED


@pytest.mark.parametrize(
    ("clock", "outcome"),
    [
        pytest.param("02:13", Outcome.UNSURE, id="seven hours and two minutes less a second before the receipt"),
        pytest.param("02:12", Outcome.FAILED, id="a minute more, which no zone explains"),
        pytest.param("02:16", Outcome.FAILED, id="in that zone after the receipt"),
        pytest.param("01:15", Outcome.UNSURE, id="eight hours before"),
    ],
)
def test_a_stamp_that_the_receipt_explains_by_a_zone_is_a_doubt(clock, outcome):
    """Handed in at 09:15:00 by a chat app, so that nothing but the stamp tells the time."""
    assert check(look_at(clock), a_context()).outcome == outcome


def test_a_zone_that_explains_nothing_excuses_nothing():
    """In Tokyo's zone a stamp of 15:12 is 14:12 here: after the session as well."""
    look = a_look(stamps=(a_stamp("15:12"),), camera=some_camera_data("15:12:30", offset_h=9))
    assert check(look, a_context()).outcome == Outcome.FAILED
