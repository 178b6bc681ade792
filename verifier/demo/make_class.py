"""The demo's class folder: three days of one class, with known faults planted.

The folder follows the same contract as an agency's (`verifier template` writes an empty one), so it can be read, changed and
imported again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path

from PIL import Image

from verifier.demo.draw_stamp import DRAWN_LAYOUTS, StampText, draw_stamp
from verifier.demo.pictures import Variation, cut_student, cut_teacher, load_group, set_scene, vary
from verifier.language import Sentence, say

CLASS_NUMBER = "DEMO-2023-0001"
ADDRESS = "湖南省益阳市赫山区桃花仑西路788号"
LONGITUDE, LATITUDE = 112.355129, 28.570066  # GCJ-02, as Chinese phone apps print it
STUDENTS = (("S01", "林静怡"), ("S02", "罗大卫"), ("S03", "钱志明"), ("S04", "方佩琪"))
TEACHER = ("T01", "乔老师")
FIRST_DAY = date(2023, 6, 12)
MORNING, AFTERNOON = (time(8, 30), time(11, 50)), (time(14, 30), time(17, 50))
STRANGERS_SEAT = "S04"


@dataclass(frozen=True, slots=True)
class Plant:
    """One fault that was planted, and where it must show: a check on a photo or a session, or a case.

    `subject` is a photo's file or a session's id; `check` a check's id or ``case:<kind>``. `follows` are further checks that
    the same fault makes fail, such as the report that lacks a photo because the photo was from another day.
    """

    what: Sentence
    subject: str
    check: str
    follows: tuple[tuple[str, str], ...] = ()


@dataclass(slots=True)
class _Folder:
    """What is written so far: photos.csv and signins.csv grow as photos are made."""

    root: Path
    photo_rows: list[tuple[str, str, str, str]] = field(default_factory=list)
    sign_in_rows: list[tuple[str, str, str, str, str, str]] = field(default_factory=list)


def session_id(day: date, morning: bool) -> str:
    """The id of a session of the demo class."""
    return f"{day}-{'am' if morning else 'pm'}"


def make_demo_class(root: Path) -> tuple[Plant, ...]:
    """Write the class folder into `root` and tell what was planted.

    Args:
        root: Folder to write into; made where it is missing. Files of an earlier demo are written again, equal bytes.
    Returns: the planted faults, in the order of the timetable.
    Raises:
        DemoPicturesMissing: an installed package no longer ships its sample picture.
    """
    folder = _Folder(root)
    group = load_group()
    _write_people(folder, group)
    _write_filing(folder)
    plants = _write_days(folder, group)
    _write_table(root / "photos.csv", ("file", "received_at", "session", "view"), folder.photo_rows)
    heading = ("student_no", "signed_at", "source", "device", "longitude", "latitude")
    _write_table(root / "signins.csv", heading, folder.sign_in_rows)
    return plants


def _write_days(folder: _Folder, group: Image.Image) -> tuple[Plant, ...]:
    day1, day2, day3 = (FIRST_DAY + timedelta(days=n) for n in range(3))
    for day in (day1, day2, day3):
        for morning in (True, False):
            _sign_in_all(folder, day, morning, one_phone=(day, morning) == (day1, False))

    first_front = _take(folder, group, day1, morning=True, view="front", seed=11)
    _take(folder, group, day1, morning=True, view="back", seed=12)
    # Nothing on the first afternoon: the missing report.
    _take(folder, group, day2, morning=True, view="front", seed=31)
    _take(folder, group, day2, morning=True, view="back", seed=32)
    _take(folder, group, day2, morning=False, view="front", seed=41)
    other_day = _take(folder, group, day2, morning=False, view="back", seed=42, stamp_day=day1)
    _take(folder, group, day3, morning=True, view="front", seed=51, seat=STRANGERS_SEAT)
    _take(folder, group, day3, morning=True, view="back", seed=52, seat=STRANGERS_SEAT)
    _take(folder, group, day3, morning=False, view="back", seed=62)
    again = _hand_in_again(folder, first_front, day3, morning=False, view="front")

    return (
        Plant(say("下午没有报送照片"), session_id(day1, False), "session.reports"),
        Plant(say("一部手机在一分钟内替全班签到"), session_id(day1, False), "violation:13(1)(7)"),
        Plant(
            say("水印是前一天的照片"),
            other_day,
            "photo.stamp_time",
            follows=((session_id(day2, False), "session.reports"), (other_day, "photo.clock_agreement")),
        ),
        # The class has too few reports before to name anybody: the case lists the student, who stays unsure (docs/decisions/0007).
        Plant(say("座位上是别人，学员却签了到"), session_id(day3, True), "case:impersonation"),
        Plant(
            say("同一张照片交了两次"),
            again,
            "photo.reuse",
            follows=(
                (again, "photo.stamp_time"),
                (again, "photo.camera_time"),
                (session_id(day3, False), "session.reports"),
            ),
        ),
    )


def _take(
    folder: _Folder,
    group: Image.Image,
    day: date,
    *,
    morning: bool,
    view: str,
    seed: int,
    stamp_day: date | None = None,
    seat: str | None = None,
) -> str:
    starts, _ = MORNING if morning else AFTERNOON
    # A quarter of an hour in; the one from the back two minutes later.
    taken_at = datetime.combine(stamp_day or day, starts) + timedelta(minutes=15 if view == "front" else 17)
    received_at = datetime.combine(day, starts) + timedelta(minutes=40)
    picture = vary(set_scene(group, seed, seat), Variation(seed, brightness=0.94 + (seed % 7) * 0.02))
    text = StampText(taken_at.date(), taken_at.time(), ADDRESS, LONGITUDE, LATITUDE)
    stamped = draw_stamp(picture, text, DRAWN_LAYOUTS[(day - FIRST_DAY).days])
    file = f"photos/{day}/{'上午' if morning else '下午'}-{'前' if view == 'front' else '后'}.jpg"
    path = folder.root / file
    path.parent.mkdir(parents=True, exist_ok=True)
    # The camera app writes EXIF in the photo from the front; the other one came through a chat app, which strips it.
    exif = _exif(taken_at) if view == "front" else Image.Exif()
    stamped.save(path, "JPEG", quality=90, exif=exif)
    _declare(folder, file, received_at, session_id(day, morning), view)
    return file


def _hand_in_again(folder: _Folder, file: str, day: date, *, morning: bool, view: str) -> str:
    starts, _ = MORNING if morning else AFTERNOON
    copy = f"photos/{day}/{'上午' if morning else '下午'}-{'前' if view == 'front' else '后'}.jpg"
    (folder.root / copy).parent.mkdir(parents=True, exist_ok=True)
    (folder.root / copy).write_bytes((folder.root / file).read_bytes())
    _declare(folder, copy, datetime.combine(day, starts) + timedelta(minutes=40), session_id(day, morning), view)
    return copy


def _exif(taken_at: datetime) -> Image.Exif:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110] = "Demo", "Phone 1"
    shot = exif.get_ifd(0x8769)
    shot[0x9003] = shot[0x9004] = taken_at.strftime("%Y:%m:%d %H:%M:%S")
    shot[0x9011] = "+08:00"
    return exif


def _declare(folder: _Folder, file: str, received_at: datetime, session: str, view: str) -> None:
    folder.photo_rows.append((file, f"{received_at:%Y-%m-%dT%H:%M:%S}+08:00", session, view))


def _sign_in_all(folder: _Folder, day: date, morning: bool, *, one_phone: bool) -> None:
    starts, _ = MORNING if morning else AFTERNOON
    # Everybody on an own phone, in another order each time, a minute or so apart, some metres apart; or all on one at once.
    apart_s = 11 if one_phone else 97
    turn = (day - FIRST_DAY).days * 2 + (not morning)
    order = [*STUDENTS[turn % 4 :], *STUDENTS[: turn % 4]]
    if turn % 2:
        order.reverse()
    for place, (student_no, _) in enumerate(order):
        number = int(student_no[1:])
        signed_at = datetime.combine(day, starts) - timedelta(seconds=900 - apart_s * place - 13 * (turn % 4))
        folder.sign_in_rows.append(
            (
                student_no,
                f"{signed_at:%Y-%m-%dT%H:%M:%S}+08:00",
                "xiangjiuye",
                f"phone-{1 if one_phone else number:02d}",
                f"{LONGITUDE + 0.000011 * number + 0.000003 * turn:.6f}",
                f"{LATITUDE - 0.000007 * number + 0.000002 * turn:.6f}",
            )
        )


def _write_people(folder: _Folder, group: Image.Image) -> None:
    rows = [(student_no, name, _id_number(n), f"1380737{n:04d}") for n, (student_no, name) in enumerate(STUDENTS, 1)]
    _write_table(folder.root / "roster.csv", ("学号", "姓名", "身份证号", "联系电话"), rows)
    for sub in ("faces", "teachers"):
        (folder.root / sub).mkdir(parents=True, exist_ok=True)
    for student_no, _ in STUDENTS:
        cut_student(group, student_no).save(folder.root / "faces" / f"{student_no}.jpg", "JPEG", quality=95)
    cut_teacher().save(folder.root / "teachers" / f"{TEACHER[0]}.jpg", "JPEG", quality=95)


def _id_number(sequence: int) -> str:
    """An invented ID number with a right check digit (GB 11643-1999); area 430999 is assigned to nobody."""
    body = f"43099919900101{sequence:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(digit) * weight for digit, weight in zip(body, weights, strict=True)) % 11]


def _write_filing(folder: _Folder) -> None:
    sessions = [_session_toml(FIRST_DAY + timedelta(days=n), morning) for n in range(3) for morning in (True, False)]
    text = f"""# 演示班次；人名、号码均为虚构。 A made-up class: every name and number is invented.
[agency]
name = "演示职业培训学校"
code = "52430900MJJ000001X"

[class]
number = "{CLASS_NUMBER}"
project_type = "skills"
occupation = "中式面点师"
level = "初级"
term = 1
planned_hours = {4 * len(sessions)}
filed_on = 2023-05-29
approved_on = 2023-06-02
supervisor = "李老师"

[venue]
name = "本部二楼 203 教室"
address = "{ADDRESS}"
longitude = {LONGITUDE}
latitude = {LATITUDE}
frame = "gcj02"
radius_m = 300

[[teacher]]
number = "{TEACHER[0]}"
name = "{TEACHER[1]}"

{"".join(sessions)}"""
    folder.root.mkdir(parents=True, exist_ok=True)
    (folder.root / "class.toml").write_text(text, encoding="utf-8")


def _session_toml(day: date, morning: bool) -> str:
    starts, ends = MORNING if morning else AFTERNOON
    return f"""[[session]]
id = "{session_id(day, morning)}"
date = {day}
period = "{"morning" if morning else "afternoon"}"
starts = {starts}
ends = {ends}
hours = 4
teacher = "{TEACHER[0]}"
kind = "theory"

"""


def _write_table(path: Path, heading: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(heading)
    writer.writerows(rows)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.getvalue(), encoding="utf-8")


def expected_failures(plants: Iterable[Plant]) -> Mapping[tuple[str, str], Plant]:
    """Every (subject, check) that may fail because of a planted fault."""
    wanted: dict[tuple[str, str], Plant] = {}
    for plant in plants:
        for key in ((plant.subject, plant.check), *plant.follows):
            wanted[key] = plant
    return wanted
