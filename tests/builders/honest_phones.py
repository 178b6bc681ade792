"""Photos as honest phones take them in a lesson, drawn at random, and what forgers do to one of them.

`draw_honest_photo(random)` draws the lesson, its venue, the phone, what the app stamps, what the file keeps and when it is handed
in. `FORGERIES` change one thing about an honest photo. Neither looks at what the checks make of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from tests.builders.looks import a_context, a_field, a_look, a_stamp
from tests.builders.plan import a_session, a_submission, a_training_class, a_venue
from verifier.coordinates import convert_from_wgs84
from verifier.observation import CameraMetadata, Look
from verifier.photo.context import PhotoContext, SessionSource
from verifier.plan import CoordinateFrame

LonLat = tuple[float, float]
CLASS_ZONES = ("Asia/Shanghai", "Asia/Shanghai", "Asia/Shanghai", "Asia/Urumqi")
OTHER_ZONES = ("Asia/Shanghai", "Asia/Tokyo", "Asia/Urumqi", "Asia/Kathmandu", "Asia/Kolkata", "Europe/London", "UTC",
               "America/New_York", "America/St_Johns", "Australia/Lord_Howe", "Pacific/Auckland")  # fmt: skip
ADDRESSES = (None, "湖南省益阳市赫山区桃花仑西路788号", "益阳市·桃花仑西路", "益阳市赫山区", "某某大厦")


@dataclass(frozen=True)
class TakenPhoto:
    """What is true of a photo, what it shows, and what was handed in. Moments are in UTC, `place` is WGS-84."""

    at: datetime
    place: LonLat
    zone: ZoneInfo  # the class's
    look: Look
    context: PhotoContext
    fresh_fix: bool  # satellites at that moment, in UTC
    own_zone: bool  # the phone shows the class's zone, and its clock is right


def draw_honest_photo(random: Random) -> TakenPhoto:
    """One photo of one lesson.

    Where a phone is set to another zone something tells it: an offset, satellites at that moment, or a prompt receipt; a clock
    that was set by hand (20 minutes off at most) shows the classroom's zone. Without any of these a wrong hour is a wrong hour.
    """
    zone = ZoneInfo(random.choice(CLASS_ZONES))
    day = date(2023, 1, 1) + timedelta(days=random.randrange(1000))
    starts = datetime.combine(day, random.choice([time(8, 30), time(14), time(19), time(22, 30)]), zone)
    ends = starts + timedelta(minutes=random.choice([90, 150, 200, 240]))
    at = (starts + timedelta(seconds=random.uniform(-600, (ends - starts).total_seconds() + 600))).astimezone(UTC)
    place = random.uniform(100, 120), random.uniform(22, 40)
    frame = random.choice(list(CoordinateFrame))
    filed = convert_from_wgs84(*place, frame)
    side = random.choice([0.0, 0.0, 0.001, 0.003])
    corners = tuple((filed[0] + x * side, filed[1] + y * side) for x, y in ((-1, -1), (1, -1), (1, 1), (-1, 1)))
    venue = a_venue(
        longitude=filed[0], latitude=filed[1], frame=frame, radius_m=random.choice([100.0, 300.0, 1000.0]),
        polygon=corners if side else (),
    )  # fmt: skip
    session = replace(a_session(day=day, venue=venue), starts_at=starts, ends_at=ends)
    by_hand = random.random() < 0.2
    wrong_s = random.uniform(-1200, 1200) if by_hand else random.uniform(-5, 5)
    phone_zone = zone if by_hand or random.random() < 0.5 else ZoneInfo(random.choice(OTHER_ZONES))
    shown = (at + timedelta(seconds=wrong_s)).astimezone(phone_zone)
    own_zone = shown.utcoffset() == at.astimezone(zone).utcoffset()
    camera, age_s, offset_right = _draw_camera(random, at, shown, place, own_zone and abs(wrong_s) < 300, ends)
    network_time = random.random() < 0.15 and offset_right is not False
    stamp, told = _draw_stamp(random, at.astimezone(zone) if network_time else shown, place)
    look = a_look(stamps=(stamp,), camera=camera)
    told = told or network_time or own_zone or offset_right is True or (age_s is not None and age_s < 90)
    delay_s = random.choice([random.uniform(0, 100), random.uniform(0, 7200), random.uniform(0, 172_800)])
    late_s = delay_s + random.uniform(0, 5) if told else random.uniform(2, 100)
    received = None if told and random.random() < 0.2 else at + timedelta(seconds=late_s)
    context = a_context(
        training=a_training_class(sessions=(session,), timezone=zone.key),
        submission=a_submission(received_at=received, session_id=session.id),
        session=session,
        session_source=random.choice([SessionSource.DECLARED, SessionSource.NAME]),
        timezone=zone.key,
    )
    fresh = (
        age_s is not None
        and age_s < 300
        and camera.gps_at_utc == (at - timedelta(seconds=age_s)).replace(microsecond=0)
    )
    return TakenPhoto(at, place, zone, look, context, fresh, own_zone and not by_hand)


def _draw_stamp(random: Random, shown: datetime, place: LonLat) -> tuple[object, bool]:
    """The stamp, drawn up to 15 s before the file is written, and whether it prints its offset."""
    exact, with_offset = random.random() < 0.4, random.random() < 0.12
    then = (shown - timedelta(seconds=random.uniform(0, 15))).replace(microsecond=0)
    frame, decimals = random.choice(list(CoordinateFrame)), random.choice([2, 3, 4, 5, 6, 7])
    longitude, latitude = convert_from_wgs84(*_stray(random, place), frame)
    printed = random.choice([None, (0.0, 0.0), *[(round(longitude, decimals), round(latitude, decimals))] * 3])
    stamp = a_stamp(
        then.strftime("%H:%M:%S" if exact else "%H:%M"),
        then.date(),
        printed,
        random.choice(ADDRESSES),
        confidence=random.choice([0.99, 0.99, 0.7]),
        utc_offset=then.utcoffset() if with_offset else None,
        weekday=a_field(then.weekday()) if random.random() < 0.5 else None,
        swapped=random.random() < 0.1,
    )
    return stamp, with_offset


def _draw_camera(
    random: Random, at: datetime, shown: datetime, place: LonLat, plain: bool, ends: datetime
) -> tuple[CameraMetadata, float | None, bool | None]:
    """EXIF, the age of its satellite fix in seconds, and whether its offset is right; None where it has none.

    A wrong offset ignores summer time, as some apps do. `plain`: the phone shows the classroom's time.
    """
    if random.random() < 0.3:
        return CameraMetadata(), None, None  # a chat app took it away
    offset = shown.utcoffset() if random.random() < 0.5 else None
    right = None if offset is None else True
    if offset is not None and random.random() < 0.2 and at < ends - timedelta(minutes=40):
        offset -= shown.dst() or timedelta(0)
        right = offset == shown.utcoffset()
    fix = age_s = longitude = latitude = None
    if random.random() < 0.6:
        age_s = random.choice([random.uniform(0, 60), random.uniform(0, 1700), random.uniform(0, 3 * 86_400)])
        fix = (at - timedelta(seconds=age_s)).replace(microsecond=0)
        if random.random() < 0.1 and age_s < 1000 and plain:
            fix = fix.replace(tzinfo=None) + (
                shown.utcoffset() or timedelta(0)
            )  # local time, written as the satellites'
            fix = fix.replace(tzinfo=UTC)
    if random.random() < 0.6:
        here = _stray(random, place)
        if age_s is not None and age_s > 2000 and (plain or right) and random.random() < 0.5:
            here = here[0] + random.uniform(-0.3, 0.3), here[1] + 0.1  # where the phone was before
        frame = random.choice([CoordinateFrame.WGS84, CoordinateFrame.WGS84, CoordinateFrame.GCJ02])
        longitude, latitude = convert_from_wgs84(*here, frame)
    taken = shown.replace(microsecond=0, tzinfo=None)
    saved = random.choice([None, taken, taken + timedelta(hours=random.uniform(0, 30))])
    camera = CameraMetadata(taken, offset, saved, fix, longitude, latitude, "HUAWEI", "P40", has_exif=True)
    return camera, age_s, right


def _stray(random: Random, place: LonLat) -> LonLat:
    """As a phone indoors finds its place: off by 150 m at most."""
    metres, turn = min(150.0, abs(random.gauss(0, 60))), random.uniform(0, 2 * math.pi)
    east = metres * math.cos(turn) / (111_320 * math.cos(math.radians(place[1])))
    return place[0] + east, place[1] + metres * math.sin(turn) / 111_320


def _change_stamp(photo: TakenPhoto, **changes: object) -> TakenPhoto:
    (stamp,) = photo.look.stamps or ()
    return replace(photo, look=replace(photo.look, stamps=(replace(stamp, **changes),)))  # type: ignore[arg-type]


def _change_camera(photo: TakenPhoto, **changes: object) -> TakenPhoto:
    assert photo.look.camera is not None
    return replace(photo, look=replace(photo.look, camera=replace(photo.look.camera, **changes)))  # type: ignore[arg-type]


def stamp_of_another_day(photo: TakenPhoto, random: Random) -> TakenPhoto:
    """The stamp says another day than the lesson's, two days off and more, so that no zone and no midnight explains it."""
    (stamp,) = photo.look.stamps or ()
    assert stamp.day is not None
    day = stamp.day.value + timedelta(days=random.choice([-1, 1]) * random.randint(2, 400))
    return _change_stamp(photo, day=a_field(day), weekday=None)


def edited_hour(photo: TakenPhoto, random: Random) -> TakenPhoto:
    """The stamp's clock was moved by an hour and a half to two within the day, EXIF with its offset was left."""
    local = photo.at.astimezone(photo.zone).replace(microsecond=0, tzinfo=None)
    moved = local + timedelta(minutes=random.choice([-1, 1]) * random.choice([85, 97, 115]))
    photo = _change_camera(
        photo, taken_at_local=local, offset=photo.at.astimezone(photo.zone).utcoffset(), has_exif=True
    )
    return _change_stamp(
        photo,
        day=a_field(moved.date()),
        clock=a_field(moved.time()),
        clock_has_seconds=True,
        utc_offset=None,
        weekday=None,
    )


def edited_weekday(photo: TakenPhoto, random: Random) -> TakenPhoto:
    """The date was edited and its weekday forgotten."""
    (stamp,) = photo.look.stamps or ()
    assert stamp.day is not None
    return _change_stamp(
        photo, day=a_field(stamp.day.value), weekday=a_field((stamp.day.value.weekday() + random.randint(1, 6)) % 7)
    )


def moved_stamp(photo: TakenPhoto, random: Random) -> TakenPhoto:
    """Taken 6 km away and more, and stamped so."""
    far = photo.place[0] + random.choice([-1, 1]) * random.uniform(0.08, 2), photo.place[1]
    return _change_stamp(photo, longitude=a_field(round(far[0], 5)), latitude=a_field(round(far[1], 5)))


def drawn_place(photo: TakenPhoto, random: Random) -> TakenPhoto:
    """Taken 6 km away and more, as EXIF knows; a stamp of the venue was drawn on it."""
    far = photo.place[0] + random.choice([-1, 1]) * random.uniform(0.08, 2), photo.place[1]
    photo = _change_camera(photo, longitude=far[0], latitude=far[1], has_exif=True)
    return _change_stamp(photo, longitude=a_field(round(photo.place[0], 5)), latitude=a_field(round(photo.place[1], 5)))


def clock_turned_back(photo: TakenPhoto, random: Random) -> TakenPhoto:
    """Taken a day or more after the lesson with the clock turned back into it; the satellites and the receipt are right."""
    later = photo.at + timedelta(days=random.uniform(1, 30))
    photo = _change_camera(photo, gps_at_utc=later, has_exif=True)
    received = later + timedelta(minutes=random.uniform(1, 600))
    return replace(photo, context=_receive(photo.context, received))


def clock_turned_forward(photo: TakenPhoto, random: Random) -> TakenPhoto:
    """Taken and handed in a day or more before the lesson, with the clock turned forward into it."""
    return replace(photo, context=_receive(photo.context, photo.at - timedelta(days=random.uniform(1, 30))))


def rewritten_exif(photo: TakenPhoto, random: Random) -> TakenPhoto:
    """An old photo, its EXIF time rewritten to fit the stamp, the time it was saved at forgotten."""
    local = photo.at.astimezone(photo.zone).replace(microsecond=0, tzinfo=None)
    return _change_camera(photo, taken_at_local=local, modified_at_local=local - timedelta(days=random.randint(2, 400)),
                          offset=None, has_exif=True)  # fmt: skip


def _receive(context: PhotoContext, received: datetime) -> PhotoContext:
    return replace(context, submission=replace(context.submission, received_at=received))


CLOCKS = ("photo.stamp_time", "photo.camera_time", "photo.clock_agreement")
PLACES = ("photo.stamp_place", "photo.camera_place", "photo.place_agreement")
OURS = (*CLOCKS, *PLACES, "photo.stamp_weekday")  # the checks that an honest clock or place must not fail
# Each with the checks of which one at least must find or doubt it.
FORGERIES: Mapping[str, tuple[Callable[[TakenPhoto, Random], TakenPhoto], tuple[str, ...]]] = {
    "a stamp of another day": (stamp_of_another_day, ("photo.stamp_time",)),
    "an edited hour": (edited_hour, CLOCKS),
    "an edited date": (edited_weekday, ("photo.stamp_weekday",)),
    "another place stamped": (moved_stamp, ("photo.stamp_place",)),
    "the venue drawn on a photo from elsewhere": (drawn_place, PLACES[1:]),
    "the clock turned back": (clock_turned_back, ("photo.clock_agreement",)),
    "the clock turned forward": (clock_turned_forward, ("photo.clock_agreement",)),
    "EXIF rewritten": (rewritten_exif, ("photo.clock_agreement",)),
}
