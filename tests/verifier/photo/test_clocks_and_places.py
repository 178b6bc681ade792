"""Honest and forged combinations of clocks and places, in one table (regulation E4, E5).

Honest ones are never failed; forged ones are failed, or unsure with the right reason. The session is the morning of
2023-06-12, 08:30 to 11:50 in China, at a venue filed in GCJ-02 with a radius of 300 m.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from tests.builders.looks import VENUE_LONLAT, a_context, a_field, a_look, a_stamp, some_camera_data
from tests.builders.plan import DAY, a_session, a_submission, a_time, a_training_class, a_venue
from verifier.coordinates import convert_from_wgs84, convert_to_wgs84
from verifier.finding import Finding, Outcome
from verifier.observation import CameraMetadata
from verifier.photo import check_photo
from verifier.photo.context import Beside, OrderClash, Repeated
from verifier.plan import CoordinateFrame, Venue

YESTERDAY, TOMORROW = DAY - timedelta(days=1), DAY + timedelta(days=1)
AGREEMENT, CAMERA_TIME, STAMP_TIME = "photo.clock_agreement", "photo.camera_time", "photo.stamp_time"
WEEKDAY = "photo.stamp_weekday"
STAMP_PLACE, CAMERA_PLACE, PLACES = "photo.stamp_place", "photo.camera_place", "photo.place_agreement"
OURS = {AGREEMENT, CAMERA_TIME, STAMP_PLACE, CAMERA_PLACE, PLACES}
PASSED, FAILED, UNSURE, NONE = Outcome.PASSED, Outcome.FAILED, Outcome.UNSURE, Outcome.NOT_APPLICABLE
VENUE_WGS84 = convert_to_wgs84(*VENUE_LONLAT, CoordinateFrame.GCJ02)
VENUE_BD09 = convert_from_wgs84(*VENUE_WGS84, CoordinateFrame.BD09)
FAR = (VENUE_WGS84[0] + 0.08, VENUE_WGS84[1])  # about 8 km east


def camera(clock: str | None = "09:12:30", at: tuple[float, float] | None = None, **changes: Any) -> CameraMetadata:
    place = {} if at is None else {"longitude": at[0], "latitude": at[1]}
    return some_camera_data(clock, **place, **changes)


@dataclass(frozen=True)
class Case:
    """One combination: the stamp, the camera, when it was received, and what must be found."""

    stamp: dict[str, Any] = field(default_factory=dict)
    camera: CameraMetadata = field(default_factory=CameraMetadata)
    received: tuple[str, Any] | None = ("09:15", DAY)
    beside: Beside | None = None
    wanted: dict[str, Outcome] = field(default_factory=dict)
    reason: str = ""
    code: str = ""


HONEST = {
    "no EXIF after a chat app": Case(wanted={AGREEMENT: PASSED, CAMERA_TIME: NONE, CAMERA_PLACE: NONE, PLACES: NONE}),
    "no EXIF and no receipt time": Case(received=None, wanted={AGREEMENT: NONE}),
    "everything there and in agreement": Case(
        camera=camera(offset_h=8, gps_clock="09:12:28", at=VENUE_WGS84),
        wanted=dict.fromkeys(OURS, PASSED),
    ),
    "a stamp of HH:MM, taken in that minute's last second": Case(camera=camera("09:12:59"), wanted={AGREEMENT: PASSED}),
    "a camera clock four minutes off": Case(camera=camera("09:16:30"), wanted={AGREEMENT: PASSED}),
    "a clock set by hand, twenty minutes off": Case(camera=camera("09:32:30"), wanted={AGREEMENT: UNSURE}),
    "a fix twenty minutes old, indoors": Case(camera=camera(gps_clock="08:52"), wanted={AGREEMENT: PASSED}),
    "a fix of two hours ago": Case(camera=camera(gps_clock="07:10", at=FAR), wanted={CAMERA_PLACE: UNSURE}),
    "a fix of over half an hour, which a camera clock eight minutes slow makes younger": Case(
        camera=camera("09:04:30", gps_clock="08:38", at=FAR), wanted={CAMERA_PLACE: UNSURE, PLACES: UNSURE}
    ),
    "a fix of who knows when, from somewhere else, and no coordinates on the stamp": Case(
        stamp={"lonlat": None},
        camera=camera(at=FAR),
        wanted={CAMERA_PLACE: UNSURE, PLACES: NONE},
        reason="没有写明定位时间",
    ),
    "a fix of who knows when, and 0, 0 on the stamp": Case(
        stamp={"lonlat": (0.0, 0.0)}, camera=camera(at=FAR), wanted={CAMERA_PLACE: UNSURE}, reason="没有写明定位时间"
    ),
    "a phone in Tokyo's zone, no offset written": Case(
        camera=camera("10:12:30"), wanted={AGREEMENT: UNSURE, CAMERA_TIME: PASSED}, code="another_zone"
    ),
    "a phone in London's zone, no offset written": Case(
        camera=camera("02:12:30"), wanted={AGREEMENT: UNSURE, CAMERA_TIME: UNSURE}, reason="UTC+01:00"
    ),
    "a phone in Tokyo's zone, offset written, network time on the stamp": Case(
        camera=camera("10:12:30", offset_h=9), wanted={AGREEMENT: PASSED, CAMERA_TIME: PASSED}
    ),
    "a phone in Tokyo's zone that stamps its own time": Case(
        stamp={"clock": "10:12"}, camera=camera("10:12:30", offset_h=9), wanted={AGREEMENT: PASSED, CAMERA_TIME: PASSED}
    ),
    "a phone in London's zone that stamps its own time, offset written": Case(
        stamp={"clock": "02:12"},
        camera=camera("02:12:30", offset_h=1),
        wanted={STAMP_TIME: UNSURE, CAMERA_TIME: PASSED, AGREEMENT: PASSED},
        reason="UTC+01:00",
    ),
    "a phone in London's zone that stamps its own time, the satellites' written": Case(
        stamp={"clock": "02:12"},
        camera=camera("02:12:30", gps_clock="09:12:28"),
        wanted={STAMP_TIME: UNSURE, CAMERA_TIME: UNSURE, AGREEMENT: UNSURE},
        reason="UTC+01:00",
    ),
    "a phone in London's zone after a chat app, handed in at once": Case(
        stamp={"clock": "02:14"}, wanted={STAMP_TIME: UNSURE, AGREEMENT: PASSED}, reason="UTC+01:00"
    ),
    "no EXIF after a chat app, handed in the next morning": Case(
        received=("08:05", TOMORROW), wanted={AGREEMENT: PASSED, STAMP_TIME: PASSED, CAMERA_TIME: NONE}
    ),
    "a phone in Tokyo's zone after a chat app, handed in a quarter of an hour later": Case(
        stamp={"clock": "10:12"},
        received=("09:27", DAY),
        wanted={STAMP_TIME: PASSED, AGREEMENT: UNSURE},
        reason="UTC+09:00",
        code="another_zone",
    ),
    "a phone in Urumqi's zone with a fix a quarter of an hour old, no offset written": Case(
        stamp={"clock": "08:12"},
        camera=camera("08:12:30", gps_clock="09:57"),
        received=("10:40", DAY),
        wanted={STAMP_TIME: PASSED, AGREEMENT: UNSURE},
        reason="UTC+06:00",
        code="another_zone",
    ),
    "a clock set by hand, ten minutes fast, handed in at once": Case(
        stamp={"clock": "09:26"}, received=("09:16", DAY), wanted={AGREEMENT: UNSURE}, code="careless_clock"
    ),
    "a weekday printed beside its date": Case(stamp={"weekday": a_field(0)}, wanted={WEEKDAY: PASSED}),
    "an offset an hour wrong": Case(
        camera=camera("09:12:30", offset_h=7), wanted={AGREEMENT: UNSURE, CAMERA_TIME: PASSED}, code="another_zone"
    ),
    "GPS time written as local time": Case(
        camera=camera(gps_clock="17:12:28"), wanted={AGREEMENT: UNSURE}, reason="当地时间"
    ),
    "a camera whose clock was never set": Case(
        camera=camera("00:03:00", day=DAY.replace(year=2000, month=1, day=1)),
        wanted={AGREEMENT: UNSURE, CAMERA_TIME: UNSURE},
        code="clock_never_set",
    ),
    "handed in the next morning": Case(received=("08:05", TOMORROW), wanted={AGREEMENT: PASSED}),
    "handed in four minutes before, by a drifting server": Case(received=("09:08", DAY), wanted={AGREEMENT: PASSED}),
    "a stamp read with doubt": Case(
        stamp={"clock": "15:40", "confidence": 0.5},
        camera=camera("09:12:30"),
        wanted={AGREEMENT: UNSURE},
        reason="把握不足",
    ),
    "GCJ-02 printed, WGS-84 in EXIF": Case(
        camera=camera(at=VENUE_WGS84), wanted={STAMP_PLACE: PASSED, CAMERA_PLACE: PASSED, PLACES: PASSED}
    ),
    "BD-09 printed": Case(stamp={"lonlat": VENUE_BD09}, wanted={STAMP_PLACE: PASSED}, reason="BD-09"),
    "WGS-84 printed": Case(stamp={"lonlat": VENUE_WGS84}, wanted={STAMP_PLACE: PASSED}, reason="WGS-84"),
    "GCJ-02 in EXIF": Case(camera=camera(at=VENUE_LONLAT), wanted={CAMERA_PLACE: PASSED}, reason="GCJ-02"),
    "no GPS, all else in agreement": Case(
        camera=camera(offset_h=8), wanted={AGREEMENT: PASSED, CAMERA_TIME: PASSED, CAMERA_PLACE: NONE, PLACES: NONE}
    ),
    "HH:MM:SS printed": Case(stamp={"clock": "09:12:30"}, camera=camera("09:12:31"), wanted={AGREEMENT: PASSED}),
    "0, 0 in EXIF": Case(
        camera=CameraMetadata(has_exif=True, remarks=("gps_zero",)), wanted={CAMERA_PLACE: NONE}, reason="0, 0"
    ),
    "0, 0 on the stamp, with the right address": Case(stamp={"lonlat": (0.0, 0.0)}, wanted={STAMP_PLACE: PASSED}),
    "letters swapped on the stamp": Case(stamp={"swapped": True}, wanted={STAMP_PLACE: PASSED}, reason="印反"),
    "two decimals printed": Case(stamp={"lonlat": (112.36, 28.57)}, wanted={STAMP_PLACE: PASSED}),
    "a network position 400 m off": Case(
        stamp={"lonlat": (VENUE_LONLAT[0] + 0.0041, VENUE_LONLAT[1])}, wanted={STAMP_PLACE: UNSURE}, reason="定位误差"
    ),
    "an address and no coordinates": Case(stamp={"lonlat": None}, wanted={STAMP_PLACE: PASSED}, reason="桃花仑西路"),
    "one position to the last digit for three weeks, which is remarked": Case(
        beside=Beside(stamp_place=Repeated(30, 15, DAY - timedelta(days=21), YESTERDAY)),
        wanted={STAMP_PLACE: PASSED},
        reason="30",
    ),
    "a district and no coordinates": Case(
        stamp={"lonlat": None, "address": "益阳市赫山区"}, wanted={STAMP_PLACE: UNSURE}, reason="不足以确定"
    ),
    "no place at all on the stamp": Case(stamp={"lonlat": None, "address": None}, wanted={STAMP_PLACE: UNSURE}),
    "the overlapping development zone's name": Case(stamp={"address": "益阳市高新区"}, wanted={STAMP_PLACE: PASSED}),
}

FORGED = {
    "a stamp of another day over today's EXIF": Case(
        camera=camera(day=YESTERDAY), wanted={AGREEMENT: FAILED, CAMERA_TIME: FAILED}, reason="2023-06-11 09:12:30"
    ),
    "a photo of two years ago restamped, which satellites date as well": Case(
        camera=camera("15:31:02", day=DAY.replace(year=2021), gps_clock="15:30:59"),
        wanted={AGREEMENT: FAILED, CAMERA_TIME: FAILED},
        reason="2021-06-12",
    ),
    "a stamp of another day after a chat app": Case(
        stamp={"day": YESTERDAY}, wanted={STAMP_TIME: FAILED}, reason="不是这一天拍的"
    ),
    "a stamp of the night after a chat app, handed in with the others": Case(
        stamp={"clock": "02:14"}, received=("12:02", DAY), wanted={STAMP_TIME: FAILED}, reason="02:14"
    ),
    "the stamp's hour edited to the lesson's, handed in before it": Case(
        stamp={"clock": "09:12"}, received=("07:40", DAY), wanted={AGREEMENT: FAILED}, code="received_before"
    ),
    "the stamp's date edited, its weekday left": Case(
        stamp={"weekday": a_field(6)}, wanted={WEEKDAY: FAILED}, reason="星期"
    ),
    "the phone's clock turned back between two photos": Case(
        camera=camera("09:12:30"),
        beside=Beside(clashes=(OrderClash("photos/0.jpg", a_time("08:40"), a_time("10:02:10"), 1920.0, -2980.0),)),
        wanted={AGREEMENT: UNSURE},
        reason="先后矛盾",
    ),
    "the stamp's hour edited": Case(camera=camera("14:47:30"), wanted={AGREEMENT: FAILED, CAMERA_TIME: FAILED}),
    "a photo of three weeks ago": Case(
        camera=camera(day=DAY - timedelta(days=21), offset_h=8), wanted={AGREEMENT: FAILED, CAMERA_TIME: FAILED}
    ),
    "the afternoon's stamp drawn in the morning": Case(
        stamp={"clock": "14:20"},
        received=("09:15", DAY),
        wanted={STAMP_TIME: FAILED, AGREEMENT: UNSURE},
        reason="收到早于",
    ),
    "tomorrow's stamp handed in today": Case(
        stamp={"day": TOMORROW}, wanted={AGREEMENT: FAILED}, reason="不可能在拍摄之前收到"
    ),
    "the phone's clock turned back, satellites know better": Case(
        camera=camera("09:12:30", gps_clock="20:41:10", gps_day=TOMORROW),
        received=("20:45", TOMORROW),
        wanted={AGREEMENT: FAILED},
        code="taken_later",
    ),
    "the phone's clock turned back a day, handed in by chat at once": Case(
        stamp={"day": TOMORROW}, camera=camera(day=TOMORROW), wanted={AGREEMENT: FAILED}, code="received_before"
    ),
    "both clocks of the phone in the lesson, the satellites after it": Case(
        camera=camera("12:10:30", gps_clock="12:45:00"),
        stamp={"clock": "12:10"},
        received=("12:50", DAY),
        wanted={AGREEMENT: FAILED},
    ),
    "EXIF rewritten to fit, the satellites' time forgotten": Case(
        camera=camera(offset_h=8, gps_clock="15:03:10", gps_day=TOMORROW),
        received=("16:00", TOMORROW),
        wanted={AGREEMENT: FAILED},
    ),
    "EXIF rewritten to fit, the saving time forgotten": Case(
        camera=camera(modified_at_local=a_time("15:03:10", YESTERDAY).replace(tzinfo=None)),
        wanted={AGREEMENT: UNSURE},
        code="saved_before_taken",
    ),
    "an old photo restamped, its old fix left": Case(
        camera=camera(None, gps_clock="15:03:10", gps_day=YESTERDAY), wanted={AGREEMENT: UNSURE}, code="old_fix"
    ),
    "EXIF time after the receipt": Case(camera=camera("11:38:00"), wanted={AGREEMENT: FAILED}),
    "the stamp's place moved, EXIF left": Case(
        camera=camera(at=FAR), wanted={CAMERA_PLACE: FAILED, PLACES: FAILED}, reason="相距"
    ),
    "taken elsewhere by a camera that says when it found its place": Case(
        stamp={"lonlat": None}, camera=camera(at=FAR, gps_clock="09:12:20"), wanted={CAMERA_PLACE: FAILED}, reason="米"
    ),
    "both places elsewhere": Case(
        stamp={"lonlat": FAR}, camera=camera(at=FAR), wanted={STAMP_PLACE: FAILED, CAMERA_PLACE: FAILED, PLACES: PASSED}
    ),
    "the address edited, the coordinates left": Case(stamp={"lonlat": FAR}, wanted={STAMP_PLACE: FAILED}, reason="米"),
    "another town's address beside the right coordinates": Case(
        stamp={"address": "长沙市岳麓区麓山南路932号"}, wanted={STAMP_PLACE: UNSURE}, reason="长沙市"
    ),
    "another town's address and no coordinates": Case(
        stamp={"address": "长沙市岳麓区麓山南路932号", "lonlat": None}, wanted={STAMP_PLACE: UNSURE}, reason="长沙市"
    ),
}


def judge(case: Case) -> dict[str, Finding]:
    received = None if case.received is None else a_time(*case.received)
    look = a_look(stamps=(a_stamp(**case.stamp),), camera=case.camera)
    findings = check_photo(look, a_context(submission=a_submission(received_at=received), beside=case.beside))
    return {finding.check: finding for finding in findings}


def assert_wanted(case: Case, found: dict[str, Finding]) -> None:
    assert {check: found[check].outcome for check in case.wanted} == case.wanted, found
    told = " ".join(str(found[check].reason) for check in case.wanted)
    assert case.reason in told
    codes = {value for finding in found.values() for value in finding.measured.values()}
    assert not case.code or case.code in codes


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_photo_is_never_failed(name: str) -> None:
    found = judge(HONEST[name])
    assert not [finding for finding in found.values() if finding.outcome in (FAILED, Outcome.NOT_RUN)]
    assert_wanted(HONEST[name], found)


@pytest.mark.parametrize("name", FORGED)
def test_a_forged_photo_is_found_or_doubted_for_the_right_reason(name: str) -> None:
    found = judge(FORGED[name])
    assert {found[check].outcome for check in FORGED[name].wanted} & {FAILED, UNSURE}
    assert_wanted(FORGED[name], found)


@pytest.mark.parametrize(
    ("received", "outcome", "code"),
    [
        pytest.param("09:15:00", PASSED, "received_after", id="five minutes before, as clocks drift"),
        pytest.param("09:14:59", UNSURE, "careless_clock", id="more: a clock set by hand"),
        pytest.param("08:50:00", UNSURE, "careless_clock", id="half an hour before"),
        pytest.param(
            "08:49:59", UNSURE, "another_zone", id="more: within the lesson another zone of the phone explains it"
        ),
        pytest.param("07:57:59", FAILED, "received_before", id="before the lesson, so that no zone explains it"),
    ],
)
def test_how_much_the_receipt_may_precede_the_stamp(received: str, outcome: Outcome, code: str) -> None:
    found = judge(Case(stamp={"clock": "09:20:00"}, received=(received, DAY)))[AGREEMENT]
    assert (found.outcome, found.measured["stamp_to_receipt"]) == (outcome, code)


def test_another_zone_excuses_no_stamp_of_the_afternoon_that_is_handed_in_in_the_morning() -> None:
    afternoon = a_training_class().sessions[1]
    submission = a_submission(session_id=afternoon.id, received_at=a_time("09:15"))
    look = a_look(stamps=(a_stamp("14:20"),))
    found = {each.check: each for each in check_photo(look, a_context(session=afternoon, submission=submission))}
    assert found[AGREEMENT].outcome is FAILED
    assert found[AGREEMENT].measured["stamp_to_receipt"] == "received_before"


def test_an_offset_in_exif_leaves_no_other_zone_but_summer_time() -> None:
    """Stamp and EXIF at 10:12 local time, handed in at 09:14: an offset of an hour less may ignore summer time, UTC+8 has none."""
    late = {"stamp": {"clock": "10:12"}, "received": ("09:14", DAY)}
    tokyo = judge(Case(camera=camera("10:12:30", offset_h=9), **late))[AGREEMENT]
    china = judge(Case(camera=camera("10:12:30", offset_h=8), **late))[AGREEMENT]
    far = judge(Case(camera=camera("12:12:30", offset_h=8), stamp={"clock": "12:12"}, received=("09:14", DAY)))[
        AGREEMENT
    ]
    assert [each.outcome for each in (tokyo, china, far)] == [PASSED, UNSURE, FAILED]


def test_two_offsets_an_hour_apart_with_one_local_time_are_a_doubt() -> None:
    stamp = {"clock": "09:12", "utc_offset": timedelta(hours=8)}
    found = {hours: judge(Case(stamp=stamp, camera=camera("09:12:30", offset_h=hours)))[AGREEMENT] for hours in (7, 6)}
    assert {hours: each.measured["stamp_to_camera"] for hours, each in found.items()} == {
        7: "summer_time",
        6: "contradicts",
    }


@pytest.mark.parametrize(
    ("clock", "outcome"),
    [("07:59:59", FAILED), ("08:00:00", PASSED), ("12:20:00", PASSED), ("12:20:01", FAILED)],
)
def test_the_camera_window_has_half_an_hour_on_each_side(clock: str, outcome: Outcome) -> None:
    found = judge(Case(stamp={"clock": clock}, camera=camera(clock, offset_h=8), received=None))
    assert found[CAMERA_TIME].outcome is outcome


@pytest.mark.parametrize(("metres", "outcome"), [(290, PASSED), (310, UNSURE), (490, UNSURE), (520, FAILED)])
def test_the_geofence_is_radius_then_tolerance_then_outside(metres: float, outcome: Outcome) -> None:
    """North of the venue every other datum's reading lies further away than WGS-84's."""
    place = (VENUE_WGS84[0] + 0.0, VENUE_WGS84[1] + metres / 111_195)
    found = judge(Case(camera=camera(at=place)))
    nearest = min(value for key, value in found[CAMERA_PLACE].measured.items() if key.startswith("distance_"))
    assert nearest == pytest.approx(metres, abs=2)
    assert found[CAMERA_PLACE].outcome is outcome


def outlined(metres: float) -> Venue:
    """The venue with a square outline in GCJ-02, whose southern edge lies so far south of the filed point."""
    east, north = VENUE_LONLAT
    west, east, south, north = east - 0.01, east + 0.01, north - metres / 111_195, north + 0.01
    return a_venue(polygon=((west, south), (east, south), (east, north), (west, north)))


@pytest.mark.parametrize(("metres", "outcome"), [(-10, PASSED), (10, UNSURE), (190, UNSURE), (210, FAILED)])
def test_the_geofence_is_an_outline_then_tolerance_then_outside(metres: float, outcome: Outcome) -> None:
    """The edge is 1,000 m south of the point; south of it every other datum's reading lies further away than GCJ-02's."""
    place = (VENUE_LONLAT[0], VENUE_LONLAT[1] - (1000 + metres) / 111_195)
    session = a_session(venue=outlined(1000))
    look = a_look(stamps=(a_stamp(lonlat=place),))
    found = {each.check: each for each in check_photo(look, a_context(session=session))}[STAMP_PLACE]
    assert found.outcome is outcome
    assert found.measured["distance_gcj02_m"] == pytest.approx(max(0, metres), abs=2)
    assert found.measured["geofence"] == "polygon"
    assert "备案边界" in str(found.reason)


def test_the_distances_of_every_datum_are_kept_beside_the_reason() -> None:
    finding = judge(Case())[STAMP_PLACE]
    assert finding.measured["distance_gcj02_m"] == 0
    assert {"distance_wgs84_m", "distance_bd09_m", "frame", "radius_m"} <= set(finding.measured)


def test_without_a_class_nothing_can_be_compared_but_the_clocks_still_can() -> None:
    look = a_look(camera=camera(day=YESTERDAY))
    found = {finding.check: finding.outcome for finding in check_photo(look, a_context(training=None))}
    assert found[STAMP_PLACE] is found[CAMERA_TIME] is NONE
    assert found[AGREEMENT] is FAILED
