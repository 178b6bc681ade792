"""A city in the records: classes with enrolled faces, and closed sessions with strangers in them.

city = ACity(database)
city.add_class("A", people=(1, 2))            students S01, S02 are persons 1 and 2
city.close("A", strangers=(like((77, 0.8)),)) the morning session, with one face that nobody could name
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import update

from tests.builders.plan import DAY, a_class_file, a_session, a_student, a_submission, a_training_class, an_agency
from tests.verifier.attendance.people import CONTRACT, a_calibration, a_face, someone
from verifier.city import CityNight, close_city
from verifier.finding import Finding, Outcome
from verifier.language import say
from verifier.nightly import Tools
from verifier.observation import Box, Decoded, Look
from verifier.photo.look_json import look_to_json, stack_embeddings
from verifier.records.closing import FaceMatch, PhotoJudgement, SessionClose, StudentPresence, UnknownFace
from verifier.records.database import Database
from verifier.records.filing import save_class_file
from verifier.records.findings import save_session_close
from verifier.records.looks import save_look
from verifier.records.matters import CaseRecord, read_cases
from verifier.records.tables.evidence import EvidenceRow
from verifier.regulation.policy import load_policy
from verifier.settings import Settings

NOW = datetime(2023, 7, 1, tzinfo=UTC)


class ACity:
    """Classes and sessions in one database; `tools` judge with the round numbers of `a_calibration`."""

    def __init__(self, database: Database, **calibration: Any) -> None:
        self.database = database
        self.tools = Tools(
            load_policy("yiyang-2023-23"), a_calibration(**calibration), {"code": "1", "faces": "test@1"}, CONTRACT
        )
        self.classes: dict[str, Any] = {}

    def add_class(
        self, number: str, people: Sequence[int] = (), *, unpictured: Sequence[str] = (), agency: str = "agency",
        days: int = 1, names: Mapping[int, str] | None = None, faces: Mapping[int, NDArray[np.float32]] | None = None,
        teacher: int = 199, **changes: Any,
    ) -> None:  # fmt: skip
        """People are S01, S02, … with pictures of persons `people`; `unpictured` are names of students without one."""
        students, photos = [], {}
        for place, person in enumerate(people, 1):
            name = (names or {}).get(person, f"学员{person}")
            student = a_student(f"S{place:02d}", name, id_number=f"4309031990010{person:05d}")
            students.append(student)
            photos[student.student_no] = (self._portrait(person, (faces or {}).get(person, someone(person))),)
        students += [a_student(f"U{place:02d}", name, id_number="") for place, name in enumerate(unpictured, 1)]
        sessions = tuple(a_session(day=DAY.replace(day=DAY.day + offset)) for offset in range(days))
        training = a_training_class(
            number,
            agency=an_agency(agency, f"code-{agency}"),
            students=tuple(students),
            sessions=sessions,
            supervisor=changes.pop("supervisor", f"班主任{number}"),
            teachers=(replace_name(teacher),),
            **changes,
        )
        submissions = tuple(
            a_submission(f"photos/{number}-{session.id}.jpg", session_id=session.id) for session in sessions
        )
        file = a_class_file(
            training,
            submissions=submissions,
            enrolment_photos=photos,
            teacher_photos={"T01": (self._portrait(teacher, someone(teacher)),)},
        )
        self.classes[number] = file
        with self.database.transaction() as tx:
            save_class_file(tx, file)
            # The evidence came in while the class was held.
            tx.execute(update(EvidenceRow).values(recorded_at=sessions[0].starts_at))
            for sha256, look in self._looks.items():
                save_look(tx, sha256, self.tools.looks_key, look_to_json(look), stack_embeddings(look), CONTRACT)

    def _portrait(self, person: int, vector: NDArray[np.float32]) -> str:
        from tests.builders.plan import a_digest

        sha256 = a_digest(f"portrait {person} {vector.tobytes().hex()[:64]}")
        self._looks = {**getattr(self, "_looks", {}), sha256: self.a_look(sha256, vector)}
        return sha256

    def a_look(self, sha256: str, *vectors: NDArray[np.float32]) -> Look:
        """A picture with these faces side by side."""
        faces = tuple(a_face(vector, at=place) for place, vector in enumerate(vectors))
        return Look(sha256, {}, Decoded("JPEG", 4000, 3000, 1000), faces=faces, embedding_contract=CONTRACT)

    def close(
        self, number: str, strangers: Sequence[NDArray[np.float32]] = (), *, seen: Mapping[str, float] | None = None,
        day: int = 0, key: str = "1",
    ) -> None:  # fmt: skip
        """Close one session: `seen` maps a student_no to the probability of the match."""
        session, photo = self.classes[number].training.sessions[day], self.classes[number].submissions[day]
        boxes = [Box(100.0 * place, 50.0, 80.0, 100.0) for place in range(len(strangers) + len(seen or {}))]
        faces = [FaceMatch(boxes[place], 0.9, "stranger") for place in range(len(strangers))]
        faces += [
            FaceMatch(boxes[len(strangers) + place], 0.9, "matched", student_no, None, 0.7, probability)
            for place, (student_no, probability) in enumerate((seen or {}).items())
        ]
        close = SessionClose(
            class_number=number,
            session_id=session.id,
            input_key=key,
            versions={"code": "1"},
            policy_name="yiyang-2023-23",
            policy_version="1",
            outcome=Outcome.PASSED,
            photos=(
                PhotoJudgement(photo, (Finding("photo.decodes", Outcome.PASSED, say("…"), "test"),), tuple(faces)),
            ),
            presences=tuple(StudentPresence(student_no, "present") for student_no in seen or {}),
            unknown=tuple(
                UnknownFace(((photo, place, boxes[place]),), 40.0, vector, CONTRACT)
                for place, vector in enumerate(strangers)
            ),
        )
        with self.database.transaction() as tx:
            save_session_close(tx, close)

    def search(self, now: datetime = NOW, **settings: Any) -> CityNight:
        """The search of one night."""
        return close_city(Settings(**settings), self.database, self.tools, now)

    def cases(self, *states: str) -> list[CaseRecord]:
        """Proposed cases, or those of the named states."""
        with self.database.reading() as tx:
            return read_cases(tx, states=states or ("proposed",))


def replace_name(person: int) -> Any:
    """The teacher with that face; a person has one name wherever they teach."""
    from tests.builders.plan import a_teacher

    return a_teacher("T01", f"老师{person}")
