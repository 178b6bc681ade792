"""A photo beside the class's others: repeated coordinates, contradicting order, the table of clocks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from tests.builders.looks import VENUE_LONLAT, a_context, a_look, a_stamp, some_camera_data
from tests.builders.plan import DAY, TIMEZONE, a_session, a_submission, a_time
from verifier.finding import Finding, Outcome
from verifier.observation import Look
from verifier.photo import check_photo
from verifier.photo.beside import PlacedPhoto, look_beside
from verifier.photo.clock_table import name_columns, tabulate_clocks
from verifier.photo.context import Beside

PHONE = {"make": "HUAWEI", "model": "NOH-AN00"}


def a_photo(number: int, look: Look, day: date = DAY) -> PlacedPhoto:
    return a_submission(f"photos/{number}.jpg"), look, a_session(day=day)


def on_days(count: int, **stamp: Any) -> list[PlacedPhoto]:
    """One photo on each of so many days, with the same stamped place."""
    days = [DAY + timedelta(days=number) for number in range(count)]
    return [a_photo(number, a_look(stamps=(a_stamp(day=day, **stamp),)), day) for number, day in enumerate(days)]


def answer(photos: list[PlacedPhoto], number: int = -1) -> Beside:
    return look_beside(photos, TIMEZONE)[photos[number][0]]


def judge(photos: list[PlacedPhoto], check: str, number: int = -1) -> Finding:
    submission, look, session = photos[number]
    assert look is not None
    context = a_context(submission=submission, session=session, beside=answer(photos, number))
    return next(finding for finding in check_photo(look, context) if finding.check == check)


def test_equal_digits_are_remarked_from_the_fifth_day_and_never_held_against_anybody() -> None:
    assert answer(on_days(4)).stamp_place is None
    found = judge(on_days(5), "photo.stamp_place")
    assert found.outcome is Outcome.PASSED
    assert (found.measured["repeated_days"], found.measured["repeated_photos"]) == (5, 5)
    assert "2023-06-12 至 2023-06-16 共 5 天的 5 张照片坐标一位不差" in str(found.reason)


def test_only_this_and_earlier_days_count() -> None:
    photos = on_days(6)
    assert answer(photos, 3).stamp_place is None
    seen = answer(photos, 4).stamp_place
    assert seen is not None
    assert seen.days == 5


@pytest.mark.parametrize(
    "stamp",
    [
        pytest.param({"lonlat": (112.3551, 28.5701)}, id="four decimals are rounding"),
        pytest.param({"confidence": 0.8}, id="not surely read"),
        pytest.param({"lonlat": (0.0, 0.0)}, id="no fix at all"),
        pytest.param({"lonlat": None}, id="no coordinates"),
    ],
)
def test_what_is_no_precise_fix_is_not_counted(stamp: dict[str, Any]) -> None:
    assert answer(on_days(9, **stamp)).stamp_place is None


def test_one_digit_that_differs_ends_the_row() -> None:
    other = (VENUE_LONLAT[0] + 0.000001, VENUE_LONLAT[1])
    assert answer([*on_days(5), *on_days(1, lonlat=other)]).stamp_place is None


def test_equal_camera_positions_are_remarked_too() -> None:
    photos = [
        a_photo(number, a_look(camera=some_camera_data(day=day, longitude=112.3497, latitude=28.5731)), day)
        for number, day in enumerate(DAY + timedelta(days=each) for each in range(5))
    ]
    found = judge(photos, "photo.camera_place")
    assert found.measured["repeated_days"] == 5
    assert "一位不差" in str(found.reason)
    assert found.outcome is Outcome.PASSED


@pytest.mark.parametrize(("decimals", "told"), [(3, True), (4, False)])
def test_rounded_coordinates_are_remarked(decimals: int, told: bool) -> None:
    place = (round(VENUE_LONLAT[0], decimals), round(VENUE_LONLAT[1], decimals))
    found = judge(on_days(1, lonlat=place), "photo.stamp_place")
    assert ("位小数" in str(found.reason)) is told
    assert found.measured["decimals"] == decimals


def a_shot(
    number: int, stamp: str, camera: str, model: str = "NOH-AN00", serial: str | None = None, **changes: Any
) -> PlacedPhoto:
    own = some_camera_data(camera, make="HUAWEI", model=model, serial=serial)
    look = a_look(stamps=(a_stamp(stamp, **changes),), camera=own)
    return a_photo(number, look)


def test_stamps_and_cameras_that_order_two_photos_differently_contradict_each_other() -> None:
    """The camera's clock is off by a quarter of an hour only, which alone is a careless clock."""
    photos = [a_shot(1, "09:12", "09:12:30"), a_shot(2, "09:20", "09:05:00")]
    (clash,) = answer(photos).clashes
    assert (clash.file, clash.stamp_gap_s < 0, clash.camera_gap_s > 0) == ("photos/1.jpg", True, True)
    found = judge(photos, "photo.clock_agreement")
    assert found.outcome is Outcome.UNSURE
    assert "photos/1.jpg" in str(found.reason)
    assert "先后矛盾" in str(found.reason)
    assert found.measured["neighbour1_file"] == "photos/1.jpg"


def test_a_photo_whose_own_clocks_agree_is_not_doubted_for_a_neighbours_sake() -> None:
    assert answer([a_shot(2, "09:20", "09:05:00"), a_shot(1, "09:12", "09:12:30")]).clashes == ()


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(a_shot(2, "09:20", "09:20:10"), id="in order"),
        pytest.param(a_shot(2, "09:20", "09:09:00"), id="within what clocks differ by"),
        pytest.param(a_shot(2, "09:20", "09:05:00", model="another"), id="another phone"),
        pytest.param(a_shot(2, "09:20", "09:05:00", serial="038021003455"), id="another body of the same model"),
        pytest.param(a_shot(2, "09:20", "09:05:00", confidence=0.5), id="a stamp read with doubt"),
    ],
)
def test_what_proves_no_contradiction(other: PlacedPhoto) -> None:
    assert answer([a_shot(1, "09:12", "09:12:30"), other]).clashes == ()
    assert answer([other, a_shot(1, "09:12", "09:12:30")]).clashes == ()


def test_one_body_by_its_serial_number_contradicts_itself() -> None:
    photos = [
        a_shot(number, stamp, camera, serial="038021003455")
        for number, stamp, camera in ((1, "09:12", "09:12:30"), (2, "09:20", "09:05:00"))
    ]
    assert len(answer(photos).clashes) == 1


@pytest.mark.parametrize(("clock", "outcome"), [("12:20:00", Outcome.NOT_APPLICABLE), ("12:20:01", Outcome.UNSURE)])
def test_a_satellite_fix_after_the_lesson_is_doubted_when_no_other_clock_speaks(clock: str, outcome: Outcome) -> None:
    look = a_look(stamps=(), camera=some_camera_data(None, gps_clock=clock))
    context = a_context(submission=a_submission(received_at=None))
    found = next(each for each in check_photo(look, context) if each.check == "photo.clock_agreement")
    assert found.outcome is outcome


def test_every_comparison_is_a_row_of_the_table_contradictions_first() -> None:
    photos = [a_shot(1, "09:12", "09:12:30"), a_shot(2, "09:20", "20:05:00")]
    submission, look, session = photos[1]
    assert look is not None
    context = a_context(submission=replace(submission, received_at=a_time("21:00")), session=session)
    found = next(each for each in check_photo(look, context) if each.check == "photo.clock_agreement")
    rows = tabulate_clocks(found.measured)
    assert [row.outcome for row in rows] == ["failed", "", "", "passed", "passed"]
    cells = [[cell.text("en") for cell in row.cells()] for row in rows]
    assert {len(row) for row in cells} == {len(name_columns())}
    assert cells[0][0].endswith("2023-06-12 09:20:00 UTC+08:00")
    assert cells[0][1].endswith("2023-06-12 20:05:00 UTC+08:00")
    assert cells[0][2:] == ["10 h 44 min", "they contradict each other"]
    assert any("after the session" in row[3] for row in cells)
    assert tabulate_clocks({}) == []
