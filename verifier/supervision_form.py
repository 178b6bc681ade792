"""The on-site form as a file that an inspector can fill in with any editor."""

from __future__ import annotations

import tomllib
from datetime import datetime, time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from verifier.language import say
from verifier.records.office import RefusedError
from verifier.records.supervision import InspectionVisit, Interviews, StudentSeen

EXAMPLE = """# 现场监管登记表 (Annex 2). Leave a line out where nobody looked; "" means it is in order.
class = "YY-2023-0071"
at = 2023-06-12T09:30:00            # local time
inspectors = ["li", "wang"]         # logins, at least two
session = "2023-06-12-am"
expected = 40
present = 37
attendance = ""                     # 考勤记录: "" = 正常, or what is wrong
timetable = ""
teachers = ""
venue = ""
other_problems = ""
opinion = ""
supervisor = "李老师"                # 班主任
teacher = "王老师"
notified_beforehand = false
transport_by_agency = false         # 第十四条（二）: came in a vehicle of the agency
favours_from_agency = false         # 第十四条（三）: accepted gifts, money or meals
# teaching_began = 08:30:00         # only what you saw yourselves, so not before "at" (13(1)(2))
# teaching_ended = 11:50:00

# [[student]]                       # one for each student whose details do not agree
# student_no = "S09"
# problem = "非本人"
# impersonated = true

# [interviews]                      # 现场询问: how many were asked, how many were never trained, how many stay unclear
# asked = 10
# false = 0
# unclear = 0
"""
_TEXTS = ("attendance", "timetable", "teachers", "venue", "other_problems", "opinion", "supervisor", "teacher")
_STATEMENTS = ("transport_by_agency", "favours_from_agency")
_KNOWN = {
    "class",
    "at",
    "inspectors",
    "session",
    "expected",
    "present",
    "notified_beforehand",
    *_STATEMENTS,
    "teaching_began",
    "teaching_ended",
    "student",
    "interviews",
    *_TEXTS,
}


def read_visit(path: Path, zone: ZoneInfo, evidence: tuple[str, ...] = ()) -> InspectionVisit:
    """Read a filled form.

    Args:
        zone: Of times without an offset.
        evidence: Digests of what was photographed or signed.
    Raises:
        RefusedError: the file is no TOML, a line is missing, of the wrong kind, or not known.
        OSError: it cannot be read.
    """
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
        return _visit(data, zone, evidence)
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        if isinstance(error, RefusedError):
            raise
        raise RefusedError(say("现场监管登记表{file}有误：{error}", file=str(path), error=str(error))) from error


def _visit(data: dict[str, Any], zone: ZoneInfo, evidence: tuple[str, ...]) -> InspectionVisit:
    if unknown := sorted(set(data) - _KNOWN):
        raise ValueError(f"unknown line {unknown[0]!r}")
    at = data["at"]
    if not isinstance(at, datetime):
        raise TypeError(f"at must be a time such as 2023-06-12T09:30:00, is {at!r}")
    talks, arrived = data.get("interviews"), at if at.tzinfo is not None else at.replace(tzinfo=zone)
    for name in _STATEMENTS:
        if not isinstance(data.get(name, False), bool):
            raise TypeError(f"{name} must be true or false, is {data[name]!r}")
    return InspectionVisit(
        class_number=data["class"],
        inspected_at=arrived,
        inspectors=tuple(data["inspectors"]),
        session_id=data.get("session"),
        expected=data.get("expected"),
        present=data.get("present"),
        students=tuple(
            StudentSeen(each["student_no"], each["problem"], bool(each.get("impersonated", False)))
            for each in data.get("student", ())
        ),
        notified_beforehand=bool(data.get("notified_beforehand", False)),
        interviews=Interviews(talks["asked"], talks["false"], talks.get("unclear", 0)) if talks else None,
        evidence=evidence,
        **{name: data[name] for name in (*_TEXTS, *_STATEMENTS) if name in data},
        teaching_began=_read_time(data, "teaching_began", arrived),
        teaching_ended=_read_time(data, "teaching_ended", arrived),
    )


def _read_time(data: dict[str, Any], name: str, arrived: datetime) -> datetime | None:
    """A time of day on the day of the visit, or a whole moment; None where it is left out."""
    value = data.get(name)
    if value is None:
        return None
    if isinstance(value, time):
        return datetime.combine(arrived.date(), value, arrived.tzinfo)
    if isinstance(value, datetime):
        return value if value.tzinfo is not None else value.replace(tzinfo=arrived.tzinfo)
    raise TypeError(f"{name} must be a time such as 08:30:00, is {value!r}")
