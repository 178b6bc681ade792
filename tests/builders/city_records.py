"""A city's classes in a real database, made from a seed: rosters, timetables, sign-ins, photos with looks.

``fill_records(database, 100, looks_key="…")`` writes them in bulk, as if they had been imported and looked at. There are no
pixels: each look is a stored one, of a photo with a readable stamp and without faces. The trouble is plausible: absences, leaves,
missing photos, one phone that signs for several.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from tests.builders.looks import a_look, a_stamp
from tests.builders.plan import a_digest
from verifier.photo.look_json import look_to_json
from verifier.plan import (
    Agency,
    ClassFile,
    CoordinateFrame,
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
    View,
)
from verifier.records.database import Database
from verifier.records.filing import save_class_file
from verifier.records.rows import table_of
from verifier.records.submissions import submission_id
from verifier.records.tables.base import Base, make_id
from verifier.records.tables.evidence import EvidenceRow, SubmissionRow
from verifier.records.tables.look import LookRow
from verifier.records.tables.sign_in import SignInRow
from verifier.records.timetable import place_values

ZONE = ZoneInfo("Asia/Shanghai")
FIRST_DAY = date(2024, 3, 4)
VENUE = Venue("203", "湖南省益阳市赫山区", 112.355129, 28.570066, CoordinateFrame.GCJ02, 300)
AGENCIES = 50


def make_class_file(number: int, students: int, sessions: int) -> ClassFile:
    """One class as an agency hands it in; the same number is the same class."""
    dice = random.Random(number)
    roster = tuple(Student(f"S{each:03}", f"学员{each}") for each in range(students))
    plan = tuple(_list_sessions(sessions))
    agency = Agency(f"机构{number % AGENCIES}", f"52430900{number % AGENCIES:010}")
    training = TrainingClass(
        f"C{number:05}", agency, VENUE, ProjectType.SKILLS, "中式面点师", "初级", 1, sessions * 4, "Asia/Shanghai",
        filed_on=date(2024, 2, 20), approved_on=date(2024, 2, 26), teachers=(Teacher("T01", "王老师"),), sessions=plan,
        students=roster,
    )  # fmt: skip
    handed_in: dict[str, list[Any]] = {"sign_ins": [], "leaves": [], "submissions": []}
    for session in plan:
        _hand_in(number, session, roster, dice, handed_in)
    return ClassFile(
        training, tuple(handed_in["submissions"]), tuple(handed_in["sign_ins"]), tuple(handed_in["leaves"])
    )


def _list_sessions(count: int) -> Iterator[Session]:
    for index in range(count):
        day = FIRST_DAY + timedelta(days=index // 2)
        period, opens, short = ((Period.MORNING, time(8, 30), "am"), (Period.AFTERNOON, time(14), "pm"))[index % 2]
        starts = datetime.combine(day, opens, ZONE)
        ends = starts + timedelta(minutes=200)
        yield Session(f"{day}-{short}", day, period, starts, ends, 4, VENUE, "T01")


def _hand_in(
    number: int, session: Session, roster: tuple[Student, ...], dice: random.Random, found: dict[str, list[Any]]
) -> None:
    shared = dice.random() < 0.02
    for index, student in enumerate(roster):
        fate = dice.random()
        if fate < 0.01:
            found["leaves"].append(Leave(student.student_no, session.id, "生病", "李老师"))
        elif fate < 0.93:
            signed_at = (session.starts_at - timedelta(seconds=dice.randrange(1200))).replace(microsecond=0)
            device = f"phone-{student.student_no}"
            if shared and index < 5:
                signed_at, device = session.starts_at - timedelta(seconds=600 - 5 * index), "phone-X"
            found["sign_ins"].append(SignIn(student.student_no, signed_at, "xiangjiuye", device))
    if dice.random() < 0.96:
        for view in View:
            file = f"photos/{session.id}-{view.value}.jpg"
            received = session.starts_at + timedelta(minutes=40)
            digest = a_digest(f"{number}/{file}")
            found["submissions"].append(Submission(file, digest, 1_000_000, received, session.id, view))


def fill_records(
    database: Database, classes: int, looks_key: str, students: int = 60, sessions: int = 60, first: int = 0
) -> None:
    """Write classes `first` up to `first + classes` with everything handed in and one look for each photo.

    Filing and roster go the importer's own way; sign-ins and photos, which are many, are inserted as it would write them.
    """
    for number in range(first, first + classes):
        class_file = make_class_file(number, students, sessions)
        with database.transaction() as tx:
            save_class_file(tx, replace(class_file, sign_ins=(), submissions=()))
            for model, rows in _list_rows(class_file, looks_key):
                tx.execute(insert(table_of(model)), rows)


def _list_rows(class_file: ClassFile, looks_key: str) -> Iterator[tuple[type[Base], list[dict[str, Any]]]]:
    number = class_file.training.number
    class_id = make_id("class", number)
    students = {each.student_no: make_id("enrolment", number, each.student_no) for each in class_file.training.students}
    nowhere = place_values(None, None, CoordinateFrame.GCJ02)
    yield (
        SignInRow,
        [
            {
                "id": uuid4(), "class_id": class_id, "enrolment_id": students[each.student_no],
                "signed_at": each.signed_at, "source": each.source, "device": each.device, **nowhere,
            }
            for each in class_file.sign_ins
        ],
    )  # fmt: skip
    now = datetime.now(ZONE)
    photos = class_file.submissions
    yield EvidenceRow, [{"sha256": each.sha256, "size_bytes": each.size_bytes, "recorded_at": now} for each in photos]
    yield (
        SubmissionRow,
        [
            {
                "id": submission_id(number, each), "class_id": class_id, "sha256": each.sha256, "file": each.file,
                "declared_session": each.session_id, "session_id": make_id("session", number, each.session_id),
                "received_at": each.received_at, "receipt": "declared", "view": each.view.value if each.view else None,
                "superseded_by": None, "recorded_at": now,
            }
            for each in photos
        ],
    )  # fmt: skip
    yield LookRow, [_look_values(each, looks_key, now) for each in photos]


def _look_values(photo: Submission, looks_key: str, now: datetime) -> dict[str, Any]:
    """A look with a stamp of the right time and no faces: nobody can be told from it, so everything stays to be judged."""
    taken_at = photo.received_at - timedelta(minutes=2) if photo.received_at else now
    look = a_look(
        sha256=photo.sha256,
        stamps=(a_stamp(f"{taken_at:%H:%M:%S}", day=taken_at.date()),),
        faces=(),
        versions={},
        embedding_contract="",
    )
    return {
        "id": make_id("look", photo.sha256, looks_key), "sha256": photo.sha256, "versions_key": looks_key,
        "body": look_to_json(look), "pixels_sha256": None, "embedding_contract": "", "embedding_count": 0,
        "embedding_length": 0, "embeddings_sealed": None, "recorded_at": now,
    }  # fmt: skip
