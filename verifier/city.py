"""Beyond one class: the search over the whole city after the classes are closed.

It is a pure function of what the closed sessions left, so it may be killed and run again at any time: what it concludes hangs on
one class each, and is written only where it says something else than before. docs/decisions/0006
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import structlog
from numpy.typing import NDArray
from sqlalchemy.orm import Session as Tx

from verifier.attendance.beyond import (
    Belonging,
    City,
    CityCase,
    CityFindings,
    Enrolled,
    SeenStranger,
    SeenStudent,
    search_city,
)
from verifier.attendance.search import NEAREST, FaceIndex, Hit, require_same_contract
from verifier.finding import Outcome
from verifier.judging import ClassToJudge, enrol
from verifier.photo.look_json import look_from_json
from verifier.plan import Submission
from verifier.records.closing import CaseProposal, SessionClose
from verifier.records.database import Database
from verifier.records.face_index import IndexedFace, VectorTable
from verifier.records.faces import (
    UnknownRecord,
    list_city_classes,
    purge_unknown_faces,
    read_open_matters,
    read_persons,
    read_presences_by_face,
    read_unknown_faces,
)
from verifier.records.filing import list_numbers, read_class_file
from verifier.records.findings import save_session_close
from verifier.records.looks import read_looks
from verifier.settings import Settings

if TYPE_CHECKING:
    from verifier.nightly import Tools

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class CityNight:
    """What one search over the city did.

    `not_vouched` counts likenesses that would have been cases with a calibration from more data; `erased` unknown people
    whose time was over.
    """

    strangers: int
    people: int
    cases: int
    closed: int
    not_vouched: int
    erased: int

    def to_json(self) -> dict[str, int]:
        """For the night's counts."""
        return asdict(self)


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    city: City
    records: dict[str, UnknownRecord]  # by SeenStranger.id
    city_classes: set[str]


def close_city(settings: Settings, database: Database, tools: Tools, now: datetime) -> CityNight:
    """Search all retained unknown people among all enrolled and among each other, keep the cases, erase what is over.

    Args:
        now: The present moment, with an offset; retention is counted back from it.
    """
    with database.reading() as tx:
        read = _read_city(tx, tools)
        index = _open_index(settings, database, tools, read)
        findings = search_city(read.city, tools.calibration, index=index)
    closed = 0
    for number in sorted({case.class_number for case in findings.cases} | read.city_classes):
        cases = [case for case in findings.cases if case.class_number == number]
        with database.transaction() as tx:
            closed += save_session_close(tx, _close_of_city(number, cases, read.records, tools))
    erased = _erase(settings, database, findings, read, now)
    night = CityNight(
        len(read.city.strangers), len(findings.people), len(findings.cases), closed, findings.not_vouched, erased
    )
    log.info("city_searched", **night.to_json())
    return night


def _read_city(tx: Tx, tools: Tools) -> _Read:
    enrolled, belonging = read_enrolled(tx, tools)
    records = {name_stranger(record): record for record in read_unknown_faces(tx, tools.embedding_contract)}

    def read_students(persons: frozenset[str]) -> list[SeenStudent]:
        return [SeenStudent(**asdict(record)) for record in read_presences_by_face(tx, persons)]

    strangers = [_as_stranger(record) for record in records.values()]
    city = City(tools.embedding_contract, strangers, enrolled, read_students, belonging)
    return _Read(city, records, list_city_classes(tx))


def read_enrolled(tx: Tx, tools: Tools) -> tuple[list[Enrolled], dict[str, Belonging]]:
    """Everybody enrolled in any class by a usable picture, and who belongs to each class with or without one."""
    enrolled: list[Enrolled] = []
    belonging: dict[str, Belonging] = {}
    for number in list_numbers(tx):
        file = read_class_file(tx, number)
        pictures = (*file.enrolment_photos.values(), *file.teacher_photos.values())
        stored = read_looks(tx, {digest for digests in pictures for digest in digests}, tools.looks_key)
        looks = {sha256: look_from_json(body, vectors) for sha256, (body, vectors) in stored.items()}
        roster = enrol(ClassToJudge(file, looks, tools.policy, tools.calibration, tools.embedding_contract)).roster
        persons = read_persons(tx, number)
        training = file.training
        names = {student.student_no: student.name for student in training.students}
        teachers = {teacher.number: teacher.name for teacher in training.teachers}
        for template in roster.students.values():
            person, id_known = persons[template.number]
            enrolled.append(
                Enrolled(
                    number, template.number, names[template.number], person, id_known, False, template.mean,
                    template.inter_eye_px,
                )
            )  # fmt: skip
        for template in roster.teachers.values():
            # A teacher is known by name only; the same name in two classes is taken for the same person.
            name = teachers[template.number]
            enrolled.append(
                Enrolled(
                    number, template.number, name, f"teacher {name}", False, True, template.mean, template.inter_eye_px
                )
            )
        staff = {*teachers.values(), *([training.supervisor] if training.supervisor else [])}
        unpictured = {names[each] for each in roster.without_photo} | {
            teachers[each] for each in roster.teachers_without_photo
        }
        if training.supervisor and training.supervisor not in teachers.values():
            unpictured.add(training.supervisor)  # nobody files the supervisor's picture
        members = {*names.values(), *staff, *(person for person, _ in persons.values())}
        belonging[number] = Belonging(frozenset(members), frozenset(unpictured))
    return enrolled, belonging


def name_stranger(record: UnknownRecord) -> str:
    """The same for the same face, whichever run of its session found it."""
    photo, index, _ = record.sightings[0]
    return f"{record.class_number}|{record.session_id}|{photo.sha256[:16]}|{index}"


def _as_stranger(record: UnknownRecord) -> SeenStranger:
    return SeenStranger(
        id=name_stranger(record),
        class_number=record.class_number,
        agency=record.agency,
        session_id=record.session_id,
        starts_at=record.starts_at,
        ends_at=record.ends_at,
        file=record.sightings[0][0].file,
        vector=record.embedding,
        inter_eye_px=record.inter_eye_px,
    )


def _close_of_city(
    number: str, cases: Sequence[CityCase], records: dict[str, UnknownRecord], tools: Tools
) -> SessionClose:
    proposals = []
    for case in cases:
        # The photo must be of the class that the case hangs on; its first sighting is.
        shown = records[case.strangers[0]].sightings[0] if case.strangers else None
        photo = shown[0] if shown and isinstance(shown[0], Submission) else None  # a camera's picture was not handed in
        proposals.append(
            CaseProposal(
                kind=case.kind.value,
                dedup_key=case.key,
                reason=case.reason,
                student_no=case.student_no,
                submission=photo,
                box=shown[2] if shown and photo else None,
                probability=case.probability,
            )
        )
    said = [
        (each.dedup_key, each.reason.to_json(), each.probability, each.student_no, each.submission, each.box)
        for each in proposals
    ]
    versions = tools.json_versions()
    content = json.dumps([said, versions], sort_keys=True, default=str, ensure_ascii=False)
    return SessionClose(
        class_number=number,
        session_id=None,
        # What is concluded, not what was compared: a class that comes in changes only the closes of those it touches.
        input_key=hashlib.sha256(content.encode()).hexdigest(),
        versions=versions,
        policy_name=tools.policy.ref.name,
        policy_version=tools.policy.ref.version,
        outcome=Outcome.NOT_APPLICABLE,
        cases=tuple(proposals),
        of_city=True,
    )


def _erase(settings: Settings, database: Database, findings: CityFindings, read: _Read, now: datetime) -> int:
    before = now - timedelta(days=settings.unknown_faces_days)
    resting = {(case.class_number, case.key): case.strangers for case in findings.cases}
    with database.transaction() as tx:
        undecided = read_open_matters(tx, resting.keys())
        keep = {read.records[each].id for matter in undecided for each in resting[matter]}
        return purge_unknown_faces(tx, before, keep)


class TableIndex:
    """A `FaceIndex` over the records' vector table."""

    def __init__(self, table: VectorTable) -> None:
        """Take a table that was made."""
        self._table = table
        self.embedding_contract = table.embedding_contract

    @property
    def size(self) -> int:
        """How many faces the table holds."""
        return self._table.size

    @property
    def complete(self) -> bool:
        """Whether every row is compared."""
        return self._table.exact

    def find_nearest(
        self, vectors: NDArray[np.float32], embedding_contract: str, count: int = NEAREST
    ) -> list[list[Hit]]:
        """As `FaceIndex` says."""
        require_same_contract(embedding_contract, self.embedding_contract)
        return [[Hit(*row) for row in rows] for rows in self._table.nearest(vectors, count)]


def _open_index(settings: Settings, database: Database, tools: Tools, read: _Read) -> FaceIndex | None:
    """Bring the vector tables up to date where they are wanted; the night itself then searches them too."""
    if settings.face_index != "pgvector" or not read.city.enrolled:
        return None
    enrolled = VectorTable(database, "enrolled", tools.embedding_contract, len(read.city.enrolled[0].vector))
    enrolled.create()
    enrolled.fill(IndexedFace(each.key, each.person, each.vector, each.inter_eye_px) for each in read.city.enrolled)
    return TableIndex(enrolled)
