"""What became of each enrolment picture is kept with its stable code and its reason."""

from __future__ import annotations

import pytest

from tests.builders.plan import a_class_file, a_digest
from verifier.attendance.enrolment import EnrolmentConflict, Roster, judge_same_faces
from verifier.finding import Outcome
from verifier.language import say
from verifier.records.closing import PortraitVerdict, SessionClose
from verifier.records.database import Database
from verifier.records.filing import save_class_file
from verifier.records.findings import save_session_close
from verifier.records.portraits import read_portraits

LONG = "S" + "0" * 150 + "2"


@pytest.mark.parametrize(
    "other", [pytest.param("S02", id="short number"), pytest.param(LONG, id="the longest numbers")]
)
def test_a_refusal_for_the_same_face_names_the_other_student(database: Database, other: str) -> None:
    conflict = EnrolmentConflict("same_face", ("S01", other), 0.93, say("…"))
    verdict = judge_same_faces(Roster("pack@1", {}, conflicts=(conflict,)))["S01"]
    sha256 = a_digest("s01")
    with database.transaction() as tx:
        file = a_class_file(enrolment_photos={"S01": (sha256,)})
        save_class_file(tx, file)
        kept = PortraitVerdict(True, "S01", sha256, verdict.code, verdict.reason)
        number = file.training.number
        save_session_close(tx, a_class_close(number, kept))
        (read,) = read_portraits(tx, number)
    assert read.verdict == kept
    assert verdict.code == f"same_face_as:{other}"


def a_class_close(number: str, *portraits: PortraitVerdict) -> SessionClose:
    return SessionClose(
        class_number=number, session_id=None, input_key="1", versions={}, policy_name="yiyang-2023-23", policy_version="1",
        outcome=Outcome.NOT_APPLICABLE, portraits=portraits,
    )  # fmt: skip
