"""What the people in one photo mean: how many, whether the teacher is among them, and who is on the roster (E6, E12).

These are concluded from faces that were observed; pixels stay outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from verifier.attendance.calibration import ATTENDANCE_BUDGET_2023
from verifier.attendance.enrolment import Roster
from verifier.attendance.matching import MATCHING_2023, FaceMatch, FaceState
from verifier.finding import Finding, Measured, Outcome
from verifier.language import say
from verifier.observation import PeopleCount
from verifier.plan import Session, View

PEOPLE_PROFILE = "people-2023"


def check_people(
    people: PeopleCount | None,
    *,
    expected: int | None,
    signed_in: int | None = None,
    teachers: int = 1,
    view: View | None = None,
) -> Finding:
    """Are there as many people in the photo as should be in the room?

    Too few is never FAILED: one photo need not show the whole room, and heads hide heads.

    Args:
        people: The count with its bounds; None where nobody counted.
        expected: Students expected (roster less approved leave); None without a class.
        signed_in: Students who signed in; None where no sign-ins are delivered.
        teachers: How many people beside the students belong there.
    """
    found = partial(Finding, "photo.people", profile=PEOPLE_PROFILE)
    if people is None:
        return found(Outcome.UNSURE, say("没有人数统计结果。"))
    measured: dict[str, Measured] = {
        "count": people.count, "low": people.low, "high": people.high, "method": people.method,
        "expected": expected, "signed_in": signed_in, "view": view.value if view else None,
    }  # fmt: skip
    if expected is None:
        return found(Outcome.NOT_APPLICABLE, say("照片中有{count}人（{low}至{high}人）；没有班级信息可比。",
                     count=people.count, low=people.low, high=people.high), measured=measured)  # fmt: skip
    seen = say("照片中有{count}人（{low}至{high}人），应到{expected}人。",
               count=people.count, low=people.low, high=people.high, expected=expected)  # fmt: skip
    if people.method == "faces":
        # Backs of heads are people too, so a count of faces can only show that enough are there.
        wanted = expected if signed_in is None else signed_in
        if people.low >= wanted:
            return found(Outcome.PASSED, seen, measured=measured)
        return found(Outcome.UNSURE, say("照片中找到{count}张人脸，应到{expected}人；未安装人数模型，背影没有计入。",
                     count=people.count, expected=expected), measured=measured)  # fmt: skip
    if people.low > expected + teachers:
        return found(Outcome.UNSURE, say("照片中至少有{low}人，多于应到的{expected}人和{teachers}名教师，请核实。",
                     low=people.low, expected=expected, teachers=teachers), measured=measured)  # fmt: skip
    if signed_in is not None and people.high < signed_in:
        return found(Outcome.UNSURE, say("照片中至多有{high}人，少于已签到的{signed}人，请核实。",
                     high=people.high, signed=signed_in), measured=measured)  # fmt: skip
    if people.high < expected and signed_in is None:
        return found(Outcome.UNSURE, seen, measured=measured)
    return found(Outcome.PASSED, seen, measured=measured)


def check_teacher(matches: Sequence[FaceMatch], session: Session | None, roster: Roster | None) -> Finding:
    """Is the filed teacher in the photo (13(1)(5))?

    Another *known* teacher in place of the filed one is UNSURE too: both may be there, and only the session as a whole, with the
    filed changes beside it, tells a replacement from a visit.
    """
    found = partial(Finding, "photo.teacher", profile=MATCHING_2023.name)
    if session is None or roster is None or session.teacher_number is None:
        return found(Outcome.NOT_APPLICABLE, say("没有备案教师可比对。"))
    wanted = session.teacher_number
    seen = {
        match.teacher_number: match for match in matches if match.state is FaceState.TEACHER and match.teacher_number
    }
    measured = {"wanted": wanted, "seen": "、".join(sorted(seen))}
    if wanted in seen:
        return found(Outcome.PASSED, say("认出备案教师{teacher}（相似度{similarity:.2f}）。",
                     teacher=wanted, similarity=seen[wanted].similarity), measured=measured)  # fmt: skip
    if seen:
        return found(Outcome.UNSURE, say("照片中是教师{seen}，备案教师{wanted}未在照片中认出；如更换教师须先报批（13(1)(5)）。",
                     seen="、".join(sorted(seen)), wanted=wanted), measured=measured)  # fmt: skip
    if wanted in roster.not_read:
        reason = say("系统未能读取备案教师{teacher}的登记照，将再次尝试，未检查。", teacher=wanted)
        return found(Outcome.NOT_RUN, reason, measured=measured)
    if wanted not in roster.teachers:
        return found(
            Outcome.UNSURE, say("备案教师{teacher}没有可用的登记照，无法辨认。", teacher=wanted), measured=measured
        )
    return found(
        Outcome.UNSURE,
        say("照片中没有认出备案教师{teacher}；可能背对镜头或不在画面内。", teacher=wanted),
        measured=measured,
    )


def check_roster(matches: Sequence[FaceMatch] | None, roster: Roster | None) -> Finding:
    """Who of the roster is in the photo, and who is in it without being on the roster (E12)?

    A stranger is UNSURE, not FAILED: visitors exist. Whether one sits in a student's place is for the session to conclude.
    """
    found = partial(Finding, "photo.roster", profile=f"{MATCHING_2023.name}+{ATTENDANCE_BUDGET_2023.name}")
    if roster is None:
        return found(Outcome.NOT_APPLICABLE, say("没有花名册可比对。"))
    if matches is None:
        return found(Outcome.UNSURE, say("没有人脸识别结果。"))
    counts = {state: sum(match.state is state for match in matches) for state in FaceState}
    measured = {
        **{state.value: count for state, count in counts.items()},
        "roster": len(roster.students), "without_photo": len(roster.without_photo), "not_read": len(roster.not_read),
    }  # fmt: skip
    if roster.not_read and (counts[FaceState.UNCLEAR] or not roster.students):
        reason = say(
            "系统未能读取{people}的登记照，将再次尝试；照片中不能认定的{unclear}人可能就是他们。",
            people="、".join(roster.not_read),
            unclear=counts[FaceState.UNCLEAR],
        )
        return found(Outcome.NOT_RUN, reason, measured=measured)
    if not roster.students:
        return found(Outcome.UNSURE, say("花名册上没有可用的登记照，无法辨认。"), measured=measured)
    seen = say("认出学员{matched}人、教师{teacher}人；不在花名册上{stranger}人，不能认定{unclear}人，看不清{unreadable}人。",
               **{state.value: count for state, count in counts.items()})  # fmt: skip
    if not matches:
        return found(Outcome.UNSURE, say("照片中没有找到人脸。"), measured=measured)
    if counts[FaceState.STRANGER]:
        if roster.without_photo or roster.teachers_without_photo:
            return found(Outcome.UNSURE, say("{seen}另有{count}名学员或教师没有登记照，不在花名册上的人可能就是他们。",
                         seen=seen, count=len(roster.without_photo) + len(roster.teachers_without_photo)),
                         measured=measured)  # fmt: skip
        return found(Outcome.UNSURE, seen, measured=measured)
    if counts[FaceState.UNCLEAR] or not counts[FaceState.MATCHED]:
        return found(Outcome.UNSURE, seen, measured=measured)
    return found(Outcome.PASSED, seen, measured=measured)
