"""Plan values for tests: each builder gives a sound value, and keywords change what the test is about.

a_training_class(students=3)                       three students, one morning and one afternoon session
a_training_class(sessions=(a_session("m"),))       exactly these sessions
a_class_file(submissions=(a_submission(),))
"""

from __future__ import annotations

import hashlib
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from verifier.plan import (
    Agency,
    Camera,
    ClassFile,
    CoordinateFrame,
    FilingChange,
    Leave,
    Period,
    ProjectType,
    Session,
    SignIn,
    Student,
    Submission,
    Teacher,
    TrainingClass,
    Venue,
)

TIMEZONE = "Asia/Shanghai"
CHINA = ZoneInfo(TIMEZONE)
DAY = date(2023, 6, 12)  # a Monday, and the regulation of 2023 is in force
PERIOD_TIMES = {
    Period.MORNING: (time(8, 30), time(11, 50), "am"),
    Period.AFTERNOON: (time(14, 0), time(17, 20), "pm"),
    Period.EVENING: (time(19, 0), time(21, 30), "ev"),
}


def a_time(clock: str = "09:12", day: date = DAY) -> datetime:
    """A moment in China: ``a_time("09:12")``, ``a_time("09:12:30", date(2023, 6, 13))``."""
    return datetime.combine(day, time.fromisoformat(clock), CHINA)


def a_digest(name: str = "photo") -> str:
    """A SHA-256 that stands for the picture of that name."""
    return hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()


def an_agency(name: str = "益阳市示范职业培训学校", code: str = "52430900MJJ000001X") -> Agency:
    """A training agency."""
    return Agency(name=name, code=code)


def a_venue(name: str = "本部二楼 203 教室", **changes: Any) -> Venue:
    """A venue in Yiyang with a GCJ-02 coordinate, as filed."""
    values: dict[str, Any] = {
        "address": "湖南省益阳市赫山区桃花仑西路788号",
        "longitude": 112.355129,
        "latitude": 28.570066,
        "frame": CoordinateFrame.GCJ02,
        "radius_m": 300.0,
    }
    return Venue(name=name, **(values | changes))


def a_teacher(number: str = "T01", name: str = "王老师") -> Teacher:
    """A filed teacher."""
    return Teacher(number=number, name=name)


def a_student(student_no: str = "S01", name: str | None = None, **changes: Any) -> Student:
    """A student with an (invented) ID number and phone that follow from the student_no."""
    serial = int(hashlib.sha256(student_no.encode()).hexdigest(), 16) % 10_000
    values: dict[str, Any] = {"id_number": f"43090319900101{serial:04d}", "phone": f"1370000{serial:04d}"}
    return Student(student_no=student_no, name=name or f"学员{student_no}", **(values | changes))


def students(count: int) -> tuple[Student, ...]:
    """S01, S02, … as many as wanted."""
    return tuple(a_student(f"S{number:02d}") for number in range(1, count + 1))


def a_session(
    session_id: str | None = None,
    day: date = DAY,
    period: Period = Period.MORNING,
    starts: str | None = None,
    ends: str | None = None,
    **changes: Any,
) -> Session:
    """A session of four standard hours; `starts` and `ends` are clocks, an end before the start is on the next day."""
    first, last, suffix = PERIOD_TIMES[period]
    starts_at = datetime.combine(day, time.fromisoformat(starts) if starts else first, CHINA)
    ends_at = datetime.combine(day, time.fromisoformat(ends) if ends else last, CHINA)
    if ends_at <= starts_at:
        ends_at += timedelta(days=1)
    values: dict[str, Any] = {"hours": 4.0, "venue": a_venue(), "teacher_number": "T01"}
    return Session(
        id=session_id or f"{day.isoformat()}-{suffix}",
        day=day,
        period=period,
        starts_at=starts_at,
        ends_at=ends_at,
        **(values | changes),
    )


def a_training_class(number: str = "YY-2023-0071", **changes: Any) -> TrainingClass:
    """A filed and approved class: one day with a morning and an afternoon session, three students, one teacher.

    `students` may be a number instead of the students themselves.
    """
    values: dict[str, Any] = {
        "agency": an_agency(),
        "venue": a_venue(),
        "project_type": ProjectType.SKILLS,
        "occupation": "中式面点师",
        "level": "初级",
        "term": 3,
        "planned_hours": 80.0,
        "timezone": TIMEZONE,
        "filed_on": date(2023, 5, 29),
        "approved_on": date(2023, 6, 2),
        "supervisor": "李老师",
        "teachers": (a_teacher(),),
        "sessions": (a_session(), a_session(period=Period.AFTERNOON)),
        "students": 3,
    }
    values |= changes
    if isinstance(values["students"], int):
        values["students"] = students(values["students"])
    return TrainingClass(number=number, **values)


def a_camera(camera_id: str = "cam-203", url: str = "rtsp://camera.example/203") -> Camera:
    """A camera without credentials."""
    return Camera(id=camera_id, url=url)


def a_change(**changes: Any) -> FilingChange:
    """An approved change of teacher for the whole class."""
    values: dict[str, Any] = {
        "filed_on": date(2023, 6, 6),
        "what": "teacher",
        "takes_effect_on": date(2023, 6, 12),
        "approved_on": date(2023, 6, 8),
    }
    return FilingChange(**(values | changes))


def a_sign_in(student_no: str = "S01", clock: str = "08:21", day: date = DAY, **changes: Any) -> SignIn:
    """A sign-in on the platform a few minutes before the morning session."""
    values: dict[str, Any] = {"source": "xiangjiuye", "device": f"phone-{student_no}"}
    return SignIn(student_no=student_no, signed_at=a_time(clock, day), **(values | changes))


def a_leave(student_no: str = "S01", session_id: str = f"{DAY.isoformat()}-am", **changes: Any) -> Leave:
    """An approved leave for the morning session."""
    values: dict[str, Any] = {"reason": "生病", "approved_by": "李老师"}
    return Leave(student_no=student_no, session_id=session_id, **(values | changes))


def a_submission(file: str = "photos/a.jpg", **changes: Any) -> Submission:
    """A photo handed in for the morning session while it was on; its digest follows from its name."""
    values: dict[str, Any] = {
        "sha256": a_digest(file),
        "size_bytes": 1_000,
        "received_at": a_time("09:15"),
        "session_id": f"{DAY.isoformat()}-am",
    }
    return Submission(file=file, **(values | changes))


def a_class_file(training: TrainingClass | None = None, **changes: Any) -> ClassFile:
    """A class with nothing handed in yet."""
    return ClassFile(training=training or a_training_class(), **changes)
