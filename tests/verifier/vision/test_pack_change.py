"""Another face pack looks at everything anew, and faces of the old and the new one never meet."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from tests.builders.plan import a_class_file, a_digest, a_submission, a_training_class
from tests.verifier.attendance.people import a_calibration, a_crowd, a_roster
from verifier.attendance.enrolment import ContractMismatchError
from verifier.attendance.matching import match_faces
from verifier.judging import ClassToJudge, enrol
from verifier.looking import look_versions, versions_key
from verifier.observation import Decoded, Look
from verifier.records.database import open_database
from verifier.records.filing import save_class_file
from verifier.records.looks import missing_looks, read_looks, save_look
from verifier.regulation.policy import load_policy
from verifier.settings import Settings
from verifier.vision.packs import Pack, find_pack

OLD, NEW = "opencv-zoo", "buffalo_s"


def key_of(pack: str) -> str:
    return versions_key(look_versions(Settings(face_pack=pack))[0])


def contract_of(pack: str) -> str:
    return look_versions(Settings(face_pack=pack))[1]


def with_other_weights(pack: Pack) -> Pack:
    return replace(pack, files=(*pack.files[:-1], replace(pack.files[-1], sha256="0" * 64)))


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param(find_pack(NEW), id="another pack"),
        pytest.param(with_other_weights(find_pack(OLD)), id="other weights under the same name"),
        pytest.param(replace(find_pack(OLD), preprocessing="arcface-5pt-112-bgr"), id="the colours swapped"),
    ],
)
def test_whatever_changes_a_vector_changes_the_contract(changed):
    assert changed.embedding_contract != find_pack(OLD).embedding_contract


def test_after_a_change_of_pack_the_night_looks_at_everything_again_and_reads_nothing_old(tmp_path):
    """The job resumes by itself: what the new pack has looked at is no longer missing."""
    photos = (a_submission("photos/a.jpg"), a_submission("photos/b.jpg"))
    vectors = np.ones((1, 128), np.float32)
    database = open_database(f"sqlite:///{tmp_path}/records.db", bytes(range(32)))
    try:
        with database.transaction() as tx:
            save_class_file(tx, a_class_file(submissions=photos))
            for photo in photos:
                save_look(tx, photo.sha256, key_of(OLD), {}, vectors, contract_of(OLD))
            assert missing_looks(tx, key_of(OLD)) == []
            assert set(missing_looks(tx, key_of(NEW))) == {photo.sha256 for photo in photos}
            assert read_looks(tx, [photo.sha256 for photo in photos], key_of(NEW)) == {}
            save_look(tx, photos[0].sha256, key_of(NEW), {}, np.ones((1, 512), np.float32), contract_of(NEW))
            assert missing_looks(tx, key_of(NEW)) == [photos[1].sha256]
            assert read_looks(tx, [photos[0].sha256], key_of(OLD))[photos[0].sha256][1].shape == (1, 128)
    finally:
        database.close()


def test_a_portrait_embedded_by_the_old_pack_enrols_nobody():
    portrait = a_digest("portrait")
    look = Look(
        portrait, {}, Decoded("jpeg", 400, 400, 1), faces=tuple(a_crowd(1)), embedding_contract=contract_of(OLD)
    )
    training = a_training_class(students=1)
    number = training.students[0].student_no
    file = a_class_file(training, enrolment_photos={number: (portrait,)})

    def enrolled_by(pack: str) -> set[str]:
        given = ClassToJudge(file, {portrait: look}, load_policy(Settings().policy), a_calibration(), contract_of(pack))
        return set(enrol(given).roster.students)

    assert enrolled_by(OLD) == {number}
    assert enrolled_by(NEW) == set()


def test_faces_of_two_packs_are_an_error_and_never_a_number():
    roster = replace(a_roster(3), embedding_contract=contract_of(NEW))
    with pytest.raises(ContractMismatchError, match=OLD):
        match_faces(a_crowd(1), roster, a_calibration(), embedding_contract=contract_of(OLD))
