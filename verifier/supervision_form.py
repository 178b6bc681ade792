"""The on-site form as a file that an inspector can fill in with any editor."""

from __future__ import annotations

import tomllib
from datetime import datetime
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
_KNOWN = {
    "class",
    "at",
    "inspectors",
    "session",
    "expected",
    "present",
    "notified_beforehand",
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
    talks = data.get("interviews")
    return InspectionVisit(
        class_number=data["class"],
        inspected_at=at if at.tzinfo is not None else at.replace(tzinfo=zone),
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
        **{name: data[name] for name in _TEXTS if name in data},
    )
