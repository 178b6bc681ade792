"""Answers of a night for tests, in the shape of ``verifier nightly --json`` with the fields that pages and reports add.

an_answer()                          two classes, two days, something of everything: a failed photo, a case, a violation
a_photo(outcome="failed")            one photo; keywords replace whole fields
FakeSource(an_answer())              gives the pages what the records would
"""

from __future__ import annotations

import io
from datetime import date
from typing import Any
from uuid import UUID

from PIL import Image, ImageDraw

from verifier.report.summary import count_outcomes, list_findings

Plain = dict[str, Any]
CLASS = "YY-2023-0071"
OTHER_CLASS = "YY-2023-0088"
AGENCY = "52430900MJJ000001X"  # of CLASS


def an_id(n: int) -> str:
    """A stable id as the records give them."""
    return str(UUID(int=n))


def a_finding(
    check: str = "photo.stamp_time", outcome: str = "passed", reason: str = "在课次时间内。", **fields: Any
) -> Plain:
    return {"check": check, "outcome": outcome, "reason": reason, "profile": "stamp-time-2023", "measured": {}} | fields


def a_face(state: str = "matched", student_no: str | None = "S01", **fields: Any) -> Plain:
    return {
        "box_xywh": [120, 80, 60, 70],
        "score": 0.93,
        "state": state,
        "student_no": student_no,
        "similarity": 0.61 if student_no else None,
        "match_probability": 0.999 if student_no else None,
    } | fields


def a_photo(n: int = 1, session: str | None = "2023-06-12-am", **fields: Any) -> Plain:
    """A sound photo of the class; `n` makes its id, name and digest."""
    return {
        "id": an_id(n),
        "class": CLASS,
        "file": f"photos/{n}.jpg",
        "sha256": f"{n:064x}",
        "session": session,
        "session_source": "declared",
        "view": "front",
        "received_at": "2023-06-12T09:20:00+08:00",
        "width_px": 4032,
        "height_px": 3024,
        "stamp": {
            "taken_at": "2023-06-12T09:12:00+08:00",
            "weekday": "星期一",
            "address": "湖南省益阳市赫山区桃花仑西路788号",
            "longitude": 112.355129,
            "latitude": 28.570066,
            "code": "W7K3M9Q2PX",
            "app": "今日水印相机",
            "lines": ["09:12", "2023-06-12 星期一"],
            "fields": {"clock": [20, 2800, 300, 90]},
        },
        "camera": {
            "taken_at": "2023-06-12T09:12:04+08:00",
            "offset": "+08:00",
            "longitude": None,
            "latitude": None,
            "make": "HUAWEI",
            "model": "P40",
            "software": None,
        },
        "faces": [a_face(), a_face("stranger", None, box_xywh=[400, 90, 62, 71]), a_face("unreadable", None)],
        "people_count": 3,
        "findings": [a_finding(), a_finding("photo.view", "unsure", "看不出拍摄方向。")],
        "outcome": "unsure",
    } | fields


def a_student_in_session(student_no: str = "S01", presence: str = "present", *because: str) -> Plain:
    return {"student_no": student_no, "presence": presence, "because": list(because)}


def a_session(
    session_id: str = "2023-06-12-am",
    *,
    present: int = 2,
    expected: int = 3,
    unsure: int = 0,
    minimum: float | None = 0.8,
    **fields: Any,
) -> Plain:
    """A closed session; its rates follow from the counts. `minimum` is the lowest lawful rate, None where no law names one."""
    day, _, half = session_id.rpartition("-")
    period, starts, ends = {"am": ("morning", "08:30", "11:50"), "pm": ("afternoon", "14:00", "17:20")}[half]
    return {
        "id": session_id,
        "class": CLASS,
        "date": day,
        "period": period,
        "starts_at": f"{day}T{starts}:00+08:00",
        "ends_at": f"{day}T{ends}:00+08:00",
        "hours": 4,
        "expected": expected,
        "present": present,
        "unsure": unsure,
        "leave": 0,
        "rate": None if unsure else present / expected,
        "rate_low": present / expected,
        "rate_high": (present + unsure) / expected,
        "outcome": "failed" if (present + unsure) / expected < (minimum or 0) else "unsure" if unsure else "passed",
        "closed": True,
        "findings": [
            a_finding("session.reports", "passed", "上午照片反馈已收到2张，要求2张。"),
            # Only as its numbers: charts draw the law's line from them.
            *([a_finding("session.attendance", "passed", measured={"minimum": minimum})] if minimum else []),
        ],
        "students": [
            a_student_in_session("S01", "present", "face in photos/1.jpg (0.61)", "signed in 08:21"),
            a_student_in_session("S02", "absent", "not seen in 2 photos"),
            a_student_in_session("S03", "unsure", "face too small in photos/1.jpg"),
        ],
    } | fields


def a_student(student_no: str = "S01", name: str = "张三", **fields: Any) -> Plain:
    return {
        "class": CLASS,
        "student_no": student_no,
        "name": name,
        "attended_hours": 8,
        "unsure_hours": 0,
        "planned_hours": 80,
        "exam_eligible": None,
    } | fields


def a_case(n: int = 101, **fields: Any) -> Plain:
    return {
        "id": an_id(n),
        "class": CLASS,
        "kind": "impersonation",
        "state": "proposed",
        "session": "2023-06-12-am",
        "student_no": "S02",
        "photo": "photos/2.jpg",
        "file": "photos/2.jpg",
        "photo_id": an_id(2),
        "box_xywh": [400, 90, 62, 71],
        "reason": "S02（李四）已签到，但2张照片中每张脸都能看清且都不是此人。",
        "probability": 0.98,
    } | fields


def a_violation(n: int = 201, **fields: Any) -> Plain:
    return {
        "id": an_id(n),
        "class": CLASS,
        "rule": "13(1)(4)",
        "label": "13(1)(4)",
        "code": "attendance_below_80_percent",
        "quote": "监管过程中发现学员到课率低于80%的",
        "state": "proposed",
        "session": "2023-06-12-am",
        "reason": "课次2023-06-12-am：应到3人，实到2人，到课率66.7%，要求不低于80%。",
        "evidence": ["sha256:" + f"{2:064x}"],
        "dedup_key": "attendance_below_80_percent|YY-2023-0071||2023-06-12",
    } | fields


def a_class(number: str = CLASS, **fields: Any) -> Plain:
    return {
        "number": number,
        "agency": "益阳市示范职业培训学校",
        "occupation": "中式面点师",
        "level": "初级",
        "term": 3,
        "venue": "本部二楼 203 教室",
        "students": 3,
        "sessions": 4,
    } | fields


def an_answer(**fields: Any) -> Plain:
    """A night over two classes; keywords replace whole fields."""
    failed = a_photo(
        2,
        outcome="failed",
        stamp=a_photo()["stamp"] | {"taken_at": "2023-06-11T09:12:00+08:00", "weekday": "星期日"},
        findings=[
            a_finding(outcome="failed", reason="水印时间2023-06-11 09:12，课次为2023-06-12 08:30至11:50。"),
            a_finding(
                "photo.clock_agreement", "failed", "水印时间2023-06-11 09:12与相机时间2023-06-12 09:12相差24小时。"
            ),
            a_finding("photo.stamp_place", "passed", "水印坐标距备案地点42米，要求不超过300米。"),
        ],
    )
    poisoned = a_photo(
        3,
        outcome="not_run",
        stamp=None,
        camera=None,
        faces=[],
        people_count=None,
        findings=[a_finding("photo.decodes", "not_run", "查看超过180秒，已中止。")],
    )
    return {
        "versions": {"code": "0.1.0", "packs": {"faces": "opencv-zoo@abc"}, "policy": "yiyang-2023-23@def"},
        "day": "2023-06-13",
        "since": "2023-06-12",
        "night": {"looked": 4, "closed": 4, "cut_off": 1, "seconds": 12.3, "started_at": "2023-06-14T01:00:00+08:00"},
        "not_closed": [{"class": CLASS, "session": "2023-06-14-am", "reason": "课次尚未结束。"}],
        "classes": [a_class(), a_class(OTHER_CLASS, occupation="育婴员", sessions=1)],
        "photos": [a_photo(1), failed, poisoned, a_photo(4, "2023-06-12-am", **{"class": OTHER_CLASS})],
        "sessions": [
            a_session("2023-06-12-am"),
            a_session("2023-06-12-pm", present=3),
            a_session("2023-06-13-am", present=2, unsure=1),
            a_session("2023-06-12-am", present=3, **{"class": OTHER_CLASS}),
        ],
        "students": [
            a_student("S01"),
            a_student("S02", "李四", exam_eligible=False),
            a_student("S03", "王五", unsure_hours=4),
        ],
        "cases": [a_case()],
        "violations": [a_violation()],
    } | fields


def a_rate(present: int = 7, expected: int = 9, unsure: int = 1) -> Plain:
    return {
        "expected": expected, "present": present, "absent": expected - present - unsure, "unsure": unsure, "leave": 0,
        "rate": present / expected, "rate_low": present / expected, "rate_high": (present + unsure) / expected,
    }  # fmt: skip


def list_findings_of(answer: Plain, outcome: str) -> Plain:
    """The findings of an outcome as `today_page` lists them."""
    found = []
    for located in list_findings(answer, outcome):
        about = located.photo or located.session or {}
        place = {"class": about["class"], "session": about.get("session") or about.get("id")}
        photo = {"photo_id": about["id"], "file": about["file"]} if located.photo else {"photo_id": None, "file": None}
        found.append({**place, **photo, **{name: located.finding[name] for name in ("outcome", "check", "reason")}})
    return {"items": found, "count": len(found)}


def a_picture(size_wh: tuple[int, int] = (800, 600), colour: str = "#557799") -> bytes:
    """A JPEG with a box on it."""
    picture = Image.new("RGB", size_wh, colour)
    ImageDraw.Draw(picture).rectangle((100, 80, 180, 170), outline="red", width=4)
    out = io.BytesIO()
    picture.save(out, "JPEG")
    return out.getvalue()


class FakeSource:
    """The records behind the pages, without records: one answer, and one picture for every photo in it."""

    def __init__(self, answer: Plain, file: str | None = None) -> None:
        self._answer = answer
        self._file = file
        self.languages: list[str | None] = []
        self.asked: list[tuple[date | None, date | None, str | None]] = []
        self.looked: list[tuple[str, str, str]] = []

    def answer(self, since: date | None, until: date | None, class_number: str | None, language: str | None) -> Plain:
        self.languages.append(language)
        self.asked.append((since, until, class_number))
        if class_number is None:
            return self._answer
        lists = ("photos", "sessions", "students", "cases", "violations", "not_closed")
        mine = {key: [item for item in self._answer[key] if item["class"] == class_number] for key in lists}
        classes = [item for item in self._answer["classes"] if item["number"] == class_number]
        return self._answer | mine | {"classes": classes}

    def today(self, since: date | None, until: date | None, language: str | None, viewer: str = "bureau") -> Plain:  # noqa: ARG002
        """In the shape of `today_page.view_today`, out of the answer."""
        answer = self.answer(since, until, None, language)
        matters = [*answer["violations"], *answer["cases"]]
        return {
            "planned": 5, "closed": 4, "unclosed": 1, "photos": len(answer["photos"]), "attendance": a_rate(),
            "days": [{"day": day, **a_rate()} for day in sorted({one["date"] for one in answer["sessions"]})],
            "classes": [a_rate() | {"number": one["number"], "agency": one["agency"], "closed": 1, "below": 0, "lowest": 0.7}
                        for one in answer["classes"]],
            "sessions": answer["sessions"], "outcomes": count_outcomes(answer), "rules": {}, "kinds": {},
            "failed": list_findings_of(answer, "failed"), "not_run": list_findings_of(answer, "not_run"),
            "queue": [
                {"sort": "violation" if "rule" in one else "case", "kind": one.get("kind") or one["code"], "name": "",
                 "rule": "", "student_no": None, "probability": None, **one}
                for one in matters
            ],
            "queue_count": len(matters), "owed": [], "owed_count": 0, "plans": [], "cameras": 0, "cameras_down": [],
            "cameras_down_count": 0, "camera_days": [],
        }  # fmt: skip

    def class_page(self, number: str, language: str | None, viewer: str = "bureau") -> Plain:  # noqa: ARG002 - as the real one
        """In the shape of `class_page.view_class_page`, out of the answer."""
        answer = self.answer(None, None, number, language)
        if not answer["classes"]:
            raise KeyError(number)
        photos = [(photo, finding) for photo in answer["photos"] for finding in photo["findings"]]
        return {
            "training": {"agency_code": AGENCY, "teachers": [], **answer["classes"][0]},
            "sessions": answer["sessions"],
            "presence": {
                one["id"]: {each["student_no"]: each["presence"] for each in one["students"]} for one in answer["sessions"]
            },
            "students": answer["students"],
            "eligibility": {"eligible": 1, "not_eligible": 1, "depends": 1},
            "attendance": a_rate(),
            "photos": len(answer["photos"]),
            "loose": 0,
            "due": self._answer.get("due", {"class": number, "duties": [], "deadlines": [], "plans": []}),
            "archive": [],
            "dates": {},
            "cases": answer["cases"],
            "violations": answer["violations"],
            "notices": self._answer.get("notices", []),
            "sanctions": [],
            "findings": [
                {"outcome": finding["outcome"], "check": finding["check"], "session": photo["session"],
                 "file": photo["file"], "reason": finding["reason"], "photo_id": photo["id"], "day": None}
                for photo, finding in photos if finding["outcome"] in ("failed", "not_run", "unsure")
            ],
            "findings_count": len(photos),
        }  # fmt: skip

    def subsidy(self, number: str, language: str | None, viewer: str = "bureau") -> Plain:
        self.class_page(number, language, viewer)
        return self._answer["subsidy"] | {"class": number}

    def session_day(self, number: str, session_id: str) -> date | None:
        days = [one["date"] for one in self._answer["sessions"] if (one["class"], one["id"]) == (number, session_id)]
        return date.fromisoformat(days[0]) if days else None

    def annotated(self, photo_id: str) -> bytes:
        self._photo(photo_id)
        return a_picture()

    def original(self, photo_id: str) -> tuple[bytes, str, str]:
        photo = self._photo(photo_id)
        return b"\xff\xd8original", "image/jpeg", self._file or photo["file"].rpartition("/")[2]

    def class_of_photo(self, photo_id: str) -> str:
        return str(self._photo(photo_id)["class"])

    def last_day(self) -> date | None:
        days = [session["date"] for session in self._answer["sessions"]]
        return date.fromisoformat(max(days)) if days else None

    def last_night(self) -> Plain | None:
        night = self._answer.get("night")
        return None if night is None else {"state": "finished", "error": None} | night

    def classes_of_agency(self, code: str) -> frozenset[str]:
        return frozenset([CLASS]) if code == AGENCY else frozenset()

    def classes_of_others(self, code: str) -> frozenset[str]:
        return frozenset(each["number"] for each in self._answer["classes"]) - self.classes_of_agency(code)

    def note_look(self, actor: str, action: str, subject_id: str, kind: str = "photo") -> None:  # noqa: ARG002 - as the real one is called
        self.looked.append((actor, action, subject_id))

    def _photo(self, photo_id: str) -> Plain:
        for photo in self._answer["photos"]:
            if photo["id"] == photo_id:
                return photo
        raise KeyError(photo_id)
