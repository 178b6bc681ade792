"""A city in the records as after its nights: every session closed, with findings, presences, faces, cases and violations.

What stands there is what the judgement of the first class really said, written for each class anew; presences and faces, which a
city without pixels has not got, are drawn from a seed.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import insert

from tests.builders.city_records import fill_records
from verifier.closes import close_of_class, close_of_session
from verifier.judging import judge_class
from verifier.nightly import Tools, open_tools, read_class_to_judge
from verifier.observation import Box
from verifier.plan import Submission
from verifier.records.closing import CaseProposal, SessionClose, SessionNumbers, ViolationProposal
from verifier.records.database import Database
from verifier.records.filing import read_class_file
from verifier.records.findings import save_session_close
from verifier.records.names import Names
from verifier.records.rows import find_class, table_of
from verifier.records.tables.base import Base, make_id
from verifier.records.tables.face_observation import FaceObservationRow
from verifier.records.tables.finding import FindingRow
from verifier.records.tables.presence import PresenceRow
from verifier.records.tables.run import RunRow
from verifier.settings import Settings

FACES = 20  # in each photo
Rows = tuple[type[Base], list[dict[str, Any]]]


@dataclass(frozen=True)
class _Judged:
    """What the first class's judgement said: of each session, and of the class as a whole."""

    sessions: tuple[SessionClose, ...]
    whole: SessionClose


def fill_concluded(database: Database, settings: Settings, classes: int, students: int, sessions: int) -> list[str]:
    """Write so many classes with all their conclusions; gives their numbers."""
    tools = open_tools(settings)
    fill_records(database, classes, tools.looks_key, students, sessions)
    numbers = [f"C{number:05}" for number in range(classes)]
    judged = _judge(database, tools, numbers[0])
    for place, number in enumerate(numbers):
        with database.transaction() as tx:
            training = read_class_file(tx, number)
            names = Names(tx, number, find_class(tx, number).id)
            for model, rows in _list_rows(training.submissions, judged.sessions, names, random.Random(place)):
                tx.execute(insert(table_of(model)), rows)
            case = CaseProposal("impersonation", f"impersonation|{number}", judged.whole.findings[0].reason, "S001",
                                training.submissions[0], Box(100, 100, 80, 100), 0.9)  # fmt: skip
            held = ViolationProposal(
                "13(1)(8)", "attendance_below_80_percent", f"attendance|{number}", judged.whole.findings[0].reason,
                tuple(each.session_id or "" for each in judged.sessions[:3]), (training.submissions[0].sha256,),
            )  # fmt: skip
            close = replace(judged.whole, class_number=number, photos=(), cases=(case,), violations=(held,))
            save_session_close(tx, close)
    return numbers


def _judge(database: Database, tools: Tools, number: str) -> _Judged:
    with database.reading() as tx:
        given = read_class_to_judge(tx, number, tools)
    plan = given.class_file.training.sessions
    judged = judge_class(given, plan, plan[-1].day)
    sessions = (close_of_session(number, each, "key", tools.versions, tools.policy.ref) for each in judged.sessions)
    return _Judged(tuple(sessions), close_of_class(judged, "key", tools.versions, tools.policy.ref))


def _list_rows(
    photos: tuple[Submission, ...], closes: tuple[SessionClose, ...], names: Names, dice: random.Random
) -> Iterator[Rows]:
    rows: dict[type[Base], list[dict[str, Any]]] = {
        model: [] for model in (RunRow, FindingRow, PresenceRow, FaceObservationRow)
    }
    by_file = {each.file: each for each in photos}
    for close in closes:
        run_id = make_id("run", names.class_number, close.session_id, 1)
        present = _add_presences(rows[PresenceRow], run_id, close, names, dice)
        rows[RunRow].append(_describe_run(run_id, close, names, present))
        rows[FindingRow] += _describe_findings(run_id, None, close.findings)
        for judged in close.photos:
            if judged.submission.file in by_file:
                photo_id = names.photo(by_file[judged.submission.file])
                rows[FindingRow] += _describe_findings(run_id, photo_id, judged.findings)
                rows[FaceObservationRow] += _draw_faces(run_id, photo_id, names, len(close.presences), dice)
    yield from rows.items()


def _add_presences(found: list[dict[str, Any]], run_id: Any, close: SessionClose, names: Names, dice: Any) -> int:
    present = 0
    for each in close.presences:
        there = dice.random() < 0.92
        present += there
        found.append(
            {
                "id": make_id("presence", str(run_id), each.student_no), "run_id": run_id,
                "session_id": names.session(close.session_id or ""), "enrolment_id": names.student(each.student_no),
                "is_current": True, "presence": "present" if there else "unsure",
                "because": [sentence.to_json() for sentence in each.because],
            }
        )  # fmt: skip
    return present


def _describe_run(run_id: Any, close: SessionClose, names: Names, present: int) -> dict[str, Any]:
    numbers = close.numbers or SessionNumbers(0, 0, 0, 0, None)
    expected = max(numbers.expected, present)
    return {
        "id": run_id, "class_id": make_id("class", names.class_number), "session_id": names.session(close.session_id or ""),
        "ordinal": 1, "is_current": True, "is_city": False, "input_key": "key", "versions": dict(close.versions),
        "policy_name": close.policy_name, "policy_version": close.policy_version, "outcome": close.outcome.value,
        "expected": expected, "present": present, "unsure": expected - present, "on_leave": 0,
        "rate": present / expected if expected else None,
    }  # fmt: skip


def _describe_findings(run_id: Any, photo_id: Any, findings: Any) -> list[dict[str, Any]]:
    return [
        {
            "id": make_id("finding", str(run_id), str(photo_id), each.check), "run_id": run_id, "submission_id": photo_id,
            "camera_sample_id": None, "check_id": each.check, "position": place, "outcome": each.outcome.value,
            "reason": each.reason.to_json(), "profile": each.profile, "measured": dict(each.measured),
        }
        for place, each in enumerate(findings)
    ]  # fmt: skip


def _draw_faces(run_id: Any, photo_id: Any, names: Names, students: int, dice: random.Random) -> list[dict[str, Any]]:
    seen = dice.sample(range(students), min(FACES, students))
    return [
        {
            "id": make_id("face", str(run_id), str(photo_id), place), "run_id": run_id, "submission_id": photo_id,
            "camera_sample_id": None, "position": place, "box_x": 60.0 * place, "box_y": 200.0, "box_width": 48.0,
            "box_height": 60.0, "score": 0.93, "state": "matched", "enrolment_id": names.student(f"S{student:03}"),
            "teacher_id": None, "similarity": 0.6, "match_probability": 0.999, "unreadable_because": "",
        }
        for place, student in enumerate(seen)
    ]  # fmt: skip
