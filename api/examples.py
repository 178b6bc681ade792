"""An example of every body that is sent, by the name of its shape: what `/docs` shows. Tests compare each with its shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
_VIOLATION = "6f9619ff-8b86-5011-b42d-00cf4fc964ff"
_WHY = "现场核实，确非本人。"
_VENUE = {
    "name": "203 教室", "address": "实训楼二楼", "longitude": 112.355129, "latitude": 28.570066, "frame": "gcj02",
    "radius_m": 300,
}  # fmt: skip
_SESSION = {
    "id": "2024-03-11-am", "date": "2024-03-11", "period": "morning", "starts": "08:30:00", "ends": "11:50:00", "hours": 4,
    "teacher": "T01", "camera": "cam-203",
}  # fmt: skip
_TEACHER = {"number": "T01", "name": "王老师"}
_CAMERA = {"id": "cam-203", "url": "rtsp://camera.example/203"}
_NOTICE = {
    "violations": [_VIOLATION], "found_on": "2024-03-20", "issued_on": "2024-03-21", "supervision": ["非现场监管"],
}  # fmt: skip

EXAMPLES: Mapping[str, Any] = {
    "AgencyNameIn": {"name": "益阳市某职业培训学校"},
    "FilingIn": {
        "agency": {"name": "益阳市某职业培训学校", "code": "52430900MJJ000001X"},
        "class": {
            "number": "YY-2024-0001", "project_type": "skills", "occupation": "中式面点师", "level": "初级", "term": 3,
            "planned_hours": 4, "filed_on": "2024-03-01", "supervisor": "李老师",
        },
        "venue": _VENUE, "teacher": [_TEACHER], "camera": [_CAMERA], "session": [_SESSION],
    },
    "TimetableIn": {"session": [_SESSION]},
    "ChangeIn": {
        "filed_on": "2024-03-05", "what": "teacher", "takes_effect_on": "2024-03-11", "sessions": ["2024-03-11-am"],
    },
    "ApprovalIn": {"approved_on": "2024-03-06"},
    "VenueIn": _VENUE,
    "TeacherIn": _TEACHER,
    "CameraIn": _CAMERA,
    "RosterIn": {
        "students": [{"student_no": "S01", "name": "张三", "id_number": "43090219900101002X", "phone": "13800000000"}]
    },
    "SignInsIn": {
        "sign_ins": [
            {"student_no": "S01", "signed_at": "2024-03-11T08:21:00+08:00", "source": "app", "device": "phone-1",
             "longitude": 112.3551, "latitude": 28.5701, "frame": "gcj02"}
        ]
    },
    "LeavesIn": {
        "leaves": [{"student_no": "S02", "session": "2024-03-11-am", "reason": "病假", "approved_by": "李老师"}]
    },
    "UploadIn": {"sha256": _DIGEST, "size_bytes": 4_812_345},
    "CompleteIn": {"name": "p01.jpg", "session": "2024-03-11-am", "view": "front"},
    "VerificationIn": {"since": "2024-03-11", "until": "2024-03-11"},
    "WebhookIn": {
        "url": "https://city.example/hooks/training", "events": ["verification.finished", "case.opened"],
        "secret": "replace-by-32-or-more-random-characters",
    },
    "DecisionIn": {"by": "li", "verdict": "confirm", "why": _WHY},
    "SanctionDecisionIn": {"by": "li", "verdict": "confirm", "why": "已由两人复核。"},
    "ReasonIn": {"by": "li", "why": "录入有误。"},
    "NoticeDraftIn": _NOTICE,
    "NoticeIn": {"by": "li"} | _NOTICE,
    "RecordIn": {
        "by": "li", "rule": "13(1)(9)", "recorded_on": "2024-03-20", "note": "逾期未提交整改材料。", "class": "YY-2024-0001",
        "evidence": [_DIGEST],
    },
    "PlanIn": {"by": "li", "kind": "on_site", "planned_on": "2024-03-14", "seed": "2024-03-14"},
    "InspectionIn": {
        "by": "li", "inspected_at": "2024-03-11T09:30:00+08:00", "inspectors": ["li", "wang"], "session": "2024-03-11-am",
        "expected": 20, "present": 18, "attendance": "", "timetable": "", "teachers": "", "venue": "",
        "students": [{"student_no": "S07", "problem": "非本人", "impersonated": True}], "evidence": [_DIGEST],
        "interviews": {"asked": 5, "false": 0, "unclear": 1},
    },
    "OffSiteIn": {
        "by": "li", "kind": "phone", "held_at": "2024-03-12T10:00:00+08:00", "result": "情况属实。", "evidence": _DIGEST,
    },
    "DrawIn": {"by": "li", "seed": "2024-04-01"},
    "CallIn": {
        "by": "li", "student_no": "S01", "called_at": "2024-04-02T10:00:00+08:00", "outcome": "confirmed",
        "answer": "参加了培训。", "recording": _DIGEST,
    },
    "UrgingIn": {"by": "li", "what": "结业材料", "urged_on": "2024-04-01", "due_on": "2024-04-08"},
    "UrgingAnswerIn": {"by": "li", "outcome": "delivered", "answered_on": "2024-04-05"},
    "ArchiveItemIn": {"by": "li", "kind": "pledge", "name": "承诺书.pdf", "sha256": _DIGEST},
    "DatesIn": {"by": "li", "completed_on": "2024-03-31", "certified_on": "2024-04-10", "examined": ["S01", "S02"]},
    "AgreementIn": {"by": "li", "number": "2024-17", "people": 400, "signed_on": "2024-03-01"},
}  # fmt: skip


def show_examples(paths: Mapping[str, Mapping[str, dict[str, Any]]]) -> None:
    """Put the examples beside the bodies of all operations."""
    for operations in paths.values():
        for operation in operations.values():
            content = operation.get("requestBody", {}).get("content", {}).get("application/json")
            if content is not None:
                content["example"] = EXAMPLES[content["schema"]["$ref"].rpartition("/")[2]]
