"""The keys by which a night tells what has changed: digests of everything that a session's or a class's judgement depends on.

The same key again writes nothing; another one judges anew (docs/decisions/0002-look-once-judge-often.md).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import fields, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from verifier.attendance.guests import EarlierReports
from verifier.attendance.session_checks import OrderedSignIns, select_sign_ins
from verifier.judging import ClassToJudge, JudgedPhoto
from verifier.plan import Session, Submission
from verifier.regulation.facts import ClassFacts
from verifier.regulation.turning_days import list_passed_days

if TYPE_CHECKING:
    from verifier.nightly import Tools


def make_session_key(
    given: ClassToJudge,
    tools: Tools,
    session: Session,
    photos: Sequence[JudgedPhoto],
    sign_ins: OrderedSignIns,
    rests_on: EarlierReports | None = None,
) -> str:
    """The digest of everything a session's close depends on; see docs/decisions/0002.

    Args:
        sign_ins: All of the class.
        rests_on: What earlier sessions told, where this one asked for it: no other session's key changes by it.
    """
    file = given.class_file
    return _digest(
        {
            **_common_input(given, tools),
            "session": session,
            "sign_ins": select_sign_ins(session, sign_ins),
            # A class without any sign-in list is another thing than a session that nobody signed.
            "delivers_sign_ins": bool(file.sign_ins),
            "leaves": [leave for leave in file.leaves if leave.session_id == session.id],
            "photos": _photo_input(given, [photo.submission for photo in photos]),
            # What the class's other photos say beside these.
            "beside": [
                (photo.submission.file, photo.context.beside, photo.context.room, photo.context.other_uses)
                for photo in photos
                if photo.context
            ],
            **_frame_input(given, [session]),
            **({} if rests_on is None else {"earlier": rests_on}),
        }
    )


def has_records(given: ClassToJudge) -> bool:
    """Whether anything stands on record that may point to a rule though no session is over and no photo came (13(1)(1), (6))."""
    facts = given.recorded
    return bool(given.violations) or (
        facts is not None
        and bool(
            facts.records or facts.inspections or facts.cases or facts.samples or facts.warnings
            or facts.off_site or facts.follow_ups or facts.recorded_sessions or facts.certified_on or facts.archive
            or facts.commenced_on or facts.completed_on or facts.urgings
        )
    )  # fmt: skip


def make_class_key(given: ClassToJudge, tools: Tools, closed: Iterable[Session], as_of: date) -> str:
    """The digest of everything a class's judgement depends on; of the day of judging, only which turning days have come."""
    file = given.class_file
    facts = given.recorded or ClassFacts(file.training, as_of)
    return _digest(
        {
            **_common_input(given, tools),
            "closed": [session.id for session in closed],
            "passed": list_passed_days(facts, tools.policy, as_of),
            "timetable": (file.training.sessions, file.training.changes, file.training.shared_devices),
            "sign_ins": file.sign_ins,
            "leaves": file.leaves,
            "photos": _photo_input(given, file.submissions),
            **_frame_input(given, closed),
            **_venue_input(given),
            **_recorded_input(given),
        }
    )


def _recorded_input(given: ClassToJudge) -> dict[str, Any]:
    """What people did. Without the day of judging, of which the turning days stand in the key, and the filing, which does too."""
    values = (
        {} if given.recorded is None else {each.name: getattr(given.recorded, each.name) for each in fields(ClassFacts)}
    )
    for name in ("training", "as_of", "settled"):
        values.pop(name, None)
    decided = [(each.key, each.state, each.decisions) for each in given.violations if each.decisions]
    return {"recorded": values, "decisions": decided}


def _common_input(given: ClassToJudge, tools: Tools) -> dict[str, Any]:
    file = given.class_file
    # The roster's ID numbers and phones change nothing that is judged, and stay out of digests. Sessions are added by the caller.
    training = replace(file.training, students=(), sessions=(), changes=(), shared_devices=())
    return {
        "versions": {**tools.versions, **tools.json_versions()},
        "training": training,
        "students": [student.student_no for student in file.training.students],
        "enrolment": (file.enrolment_photos, file.teacher_photos),
        # Evidence that is restored, or read whole at a later try, is judged anew.
        "portraits_not_read": [
            (sha256, _list_not_read(given, sha256))
            for photos in (*file.enrolment_photos.values(), *file.teacher_photos.values())
            for sha256 in photos
            if _list_not_read(given, sha256)
        ],
    }


def _photo_input(given: ClassToJudge, submissions: Iterable[Submission]) -> list[Any]:
    rows = [
        (
            submission,
            (given.other_uses or {}).get(submission, ()),
            _list_not_read(given, submission.sha256),
            (given.code_uses or {}).get(submission, ()),
            given.code_answers.get(submission),
        )
        for submission in submissions
    ]
    return sorted(rows, key=lambda row: (row[0].file, row[0].sha256, row[0].session_id or ""))


def _frame_input(given: ClassToJudge, sessions: Iterable[Session]) -> dict[str, Any]:
    """What cameras showed of people in these sessions; nothing where they showed nothing, so that no other key changes."""
    rows = [
        (frame, _list_not_read(given, frame.sha256))
        for session in sessions
        for frame in given.frames.get(session.id, ())
    ]
    return {"frames": rows} if rows else {}


def _venue_input(given: ClassToJudge) -> dict[str, Any]:
    """What other classes showed of the venues before; nothing where they showed nothing, so that no other key changes."""
    photos = [(photo.submission.sha256, photo.shown_as) for photo in given.venue_photos]
    return {"venue_photos": photos} if photos else {}


def _list_not_read(given: ClassToJudge, sha256: str) -> list[str]:
    look = given.looks.get(sha256)
    return ["picture"] if look is None else sorted(look.not_read)


def _digest(value: Any) -> str:
    def plain(item: Any) -> Any:
        if hasattr(item, "__dataclass_fields__"):
            # Not `asdict`, which copies everything inside: a class has thousands of sign-ins.
            return {name: getattr(item, name) for name in item.__dataclass_fields__}
        return sorted(map(str, item)) if isinstance(item, frozenset) else str(item)

    return hashlib.sha256(json.dumps(value, sort_keys=True, default=plain, ensure_ascii=False).encode()).hexdigest()
