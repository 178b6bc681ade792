"""A class is saved from plan values and read back as the same values."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date

import pytest
from sqlalchemy import func, select

from tests.builders.plan import (
    a_camera,
    a_change,
    a_class_file,
    a_digest,
    a_leave,
    a_session,
    a_sign_in,
    a_student,
    a_submission,
    a_teacher,
    a_time,
    a_training_class,
    a_venue,
    students,
)
from verifier.plan import ClassFile, CoordinateFrame, Period, View
from verifier.records.database import Database
from verifier.records.errors import NotInRecordsError, PlanError
from verifier.records.filing import list_classes, read_class_file, save_class_file
from verifier.records.rows import KindCount
from verifier.records.tables.enrolment import EnrolmentRow
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.sign_in import SignInRow
from verifier.records.tables.student import StudentRow
from verifier.records.tables.venue import VenueRow


def a_full_class() -> ClassFile:
    """Every field of a class file in use, in the order in which it is read back."""
    evening = a_session(period=Period.EVENING, ends="00:30", venue=a_venue("实训室", longitude=None, latitude=None))
    training = a_training_class(
        sessions=(a_session(camera_id="cam-203"), a_session(period=Period.AFTERNOON), evening),
        teachers=(a_teacher(), a_teacher("T02", "赵老师")),
        cameras=(a_camera(),),
        changes=(a_change(session_ids=("2023-06-12-am",)), a_change(what="time", approved_on=None)),
    )
    return ClassFile(
        training=training,
        submissions=(
            a_submission("photos/a.jpg", view=View.FRONT),
            a_submission("photos/b 'quoted' 后.jpg", view=View.BACK),
            a_submission("photos/c.jpg", session_id=None, received_at=None),
        ),
        sign_ins=(a_sign_in("S01", longitude=112.35, latitude=28.57), a_sign_in("S02", "08:22:30.25")),
        leaves=(a_leave("S03"),),
        enrolment_photos={"S01": (a_digest("s01"), a_digest("s01_2")), "S02": (a_digest("s02"),)},
        teacher_photos={"T01": (a_digest("t01"),)},
    )


def test_a_class_comes_back_as_it_was_saved(database: Database) -> None:
    with database.transaction() as tx:
        save_class_file(tx, a_full_class())
    with database.reading() as tx:
        assert read_class_file(tx, "YY-2023-0071") == a_full_class()


def test_times_come_back_in_the_zone_of_the_class(database: Database) -> None:
    with database.transaction() as tx:
        save_class_file(tx, a_full_class())
    with database.reading() as tx:
        session = read_class_file(tx, "YY-2023-0071").training.sessions[0]
    assert session.starts_at.isoformat() == "2023-06-12T08:30:00+08:00"


def test_importing_twice_changes_nothing(database: Database) -> None:
    with database.transaction() as tx:
        first = save_class_file(tx, a_full_class(), a_time("20:00"))
    with database.transaction() as tx:
        second = save_class_file(tx, a_full_class(), a_time("21:00"))
    assert first.kinds["student"] == KindCount(added=3)
    assert first.total.added > 15
    assert second.changed_nothing
    assert second.total.unchanged == first.total.added


def test_a_changed_roster_line_is_updated(database: Database) -> None:
    with database.transaction() as tx:
        save_class_file(tx, a_class_file())
        corrected = replace(a_training_class().students[0], name="张三", phone="13900000000")
        roster = (corrected, *a_training_class().students[1:])
        counts = save_class_file(tx, a_class_file(a_training_class(students=roster)))
    assert counts.kinds["student"] == KindCount(changed=1, unchanged=2)
    with database.reading() as tx:
        assert read_class_file(tx, "YY-2023-0071").training.students[0] == corrected


def test_a_student_dropped_from_the_roster_is_marked_and_comes_back_when_filed_again(database: Database) -> None:
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(sign_ins=(a_sign_in("S03"),)))
        counts = save_class_file(tx, a_class_file(a_training_class(students=2)))
        assert counts.kinds["student"] == KindCount(unchanged=2, dropped=1)
        found = read_class_file(tx, "YY-2023-0071")
        assert [student.student_no for student in found.training.students] == ["S01", "S02"]
        assert found.sign_ins == ()
        assert tx.scalar(select(func.count()).select_from(EnrolmentRow)) == 3
        assert tx.scalar(select(func.count()).select_from(SignInRow)) == 1
        counts = save_class_file(tx, a_class_file(a_training_class(students=3)))
        assert counts.kinds["student"] == KindCount(changed=1, unchanged=2)
        assert len(read_class_file(tx, "YY-2023-0071").sign_ins) == 1


def test_a_submission_is_never_removed(database: Database) -> None:
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(submissions=(a_submission("photos/a.jpg"),)))
        counts = save_class_file(tx, a_class_file(submissions=(a_submission("photos/b.jpg"),)))
        assert counts.kinds["submission"] == KindCount(added=1)
        assert [each.file for each in read_class_file(tx, "YY-2023-0071").submissions] == [
            "photos/a.jpg",
            "photos/b.jpg",
        ]


def test_the_same_bytes_for_two_sessions_are_two_submissions(database: Database) -> None:
    morning = a_submission()
    afternoon = a_submission(session_id="2023-06-12-pm")
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(submissions=(morning, afternoon)))
        assert read_class_file(tx, "YY-2023-0071").submissions == (morning, afternoon)


def test_the_time_of_the_first_import_stays_the_assumed_time_of_receipt(database: Database) -> None:
    unknown = a_submission(received_at=None)
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(submissions=(unknown,)), a_time("20:00"))
        save_class_file(tx, a_class_file(submissions=(unknown,)), a_time("21:00"))
        (found,) = read_class_file(tx, "YY-2023-0071").submissions
        assert found.received_at == a_time("20:00")
        save_class_file(tx, a_class_file(submissions=(a_submission(),)), a_time("22:00"))
        (found,) = read_class_file(tx, "YY-2023-0071").submissions
        assert found.received_at == a_time("09:15")


def test_a_photo_declared_for_a_session_that_does_not_exist_is_kept(database: Database) -> None:
    stray = a_submission(session_id="2023-13-99")
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(submissions=(stray,)))
        assert read_class_file(tx, "YY-2023-0071").submissions == (stray,)
        assert tx.scalar(select(SubmissionRow.session_id)) is None


def test_a_file_name_that_is_no_unicode_is_kept_with_its_bytes_escaped(database: Database) -> None:
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(submissions=(a_submission("photos/\udcff\x00.jpg"),)))
        (found,) = read_class_file(tx, "YY-2023-0071").submissions
    assert found.file == "photos/\\udcff\\x00.jpg"


def test_one_person_in_two_classes_is_one_person(database: Database) -> None:
    person = a_student("S01", id_number="43090319900101001x")
    same = a_student("A7", id_number="43090319900101001X ")
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(a_training_class("C-1", students=(person,))))
        save_class_file(tx, a_class_file(a_training_class("C-2", students=(same,))))
        assert tx.scalar(select(func.count()).select_from(StudentRow)) == 1
        assert tx.scalar(select(func.count()).select_from(EnrolmentRow)) == 2


def test_students_without_id_number_are_persons_of_their_own_until_one_is_filed(database: Database) -> None:
    unknown = (a_student("S01", id_number=""), a_student("S02", id_number=""))
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(a_training_class(students=unknown)))
        assert tx.scalar(select(func.count()).select_from(StudentRow)) == 2
        save_class_file(tx, a_class_file(a_training_class(students=students(2))))
        assert tx.scalar(select(func.count()).select_from(StudentRow)) == 2
        assert tx.scalar(select(func.count()).where(StudentRow.id_number_lookup.is_(None))) == 0


def test_a_moved_venue_is_another_row_and_the_old_one_stays(database: Database) -> None:
    with database.transaction() as tx:
        save_class_file(tx, a_class_file())
        moved = a_venue(longitude=112.4)
        training = a_training_class(venue=moved, sessions=(a_session(venue=moved),))
        counts = save_class_file(tx, a_class_file(training))
        assert counts.kinds["venue"] == KindCount(added=1)
        assert counts.kinds["session"] == KindCount(changed=1, dropped=1)
        assert tx.scalar(select(func.count()).select_from(VenueRow)) == 2


def test_an_outlined_venue_comes_back_as_filed_and_is_another_than_the_same_without(database: Database) -> None:
    outline = ((112.354, 28.569), (112.357, 28.569), (112.357, 28.571))
    with database.transaction() as tx:
        save_class_file(tx, a_class_file())
        outlined = a_venue(polygon=outline)
        training = a_training_class(venue=outlined, sessions=(a_session(venue=outlined),))
        assert save_class_file(tx, a_class_file(training)).kinds["venue"] == KindCount(added=1)
        assert save_class_file(tx, a_class_file(training)).kinds["venue"] == KindCount(unchanged=1)
        found = read_class_file(tx, training.number).training
    assert found.venue == outlined
    assert found.sessions[0].venue.polygon == outline


def test_a_venue_is_stored_in_wgs84_beside_what_was_filed(database: Database) -> None:
    with database.transaction() as tx:
        save_class_file(tx, a_class_file())
        row = tx.scalars(select(VenueRow)).one()
    assert (row.filed_longitude, row.filed_latitude, row.frame) == (112.355129, 28.570066, CoordinateFrame.GCJ02)
    assert row.longitude is not None
    assert 0.002 < row.filed_longitude - row.longitude < 0.01


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(a_class_file(sign_ins=(a_sign_in("S99"),)), id="sign-in of someone on no roster line"),
        pytest.param(a_class_file(leaves=(a_leave("S99"),)), id="leave of someone on no roster line"),
        pytest.param(a_class_file(leaves=(a_leave(session_id="none"),)), id="leave for a session that is not held"),
        pytest.param(a_class_file(enrolment_photos={"S99": (a_digest(),)}), id="picture of an unknown student"),
        pytest.param(a_class_file(teacher_photos={"T99": (a_digest(),)}), id="picture of an unknown teacher"),
        pytest.param(a_class_file(a_training_class(teachers=())), id="session with an unknown teacher"),
        pytest.param(
            a_class_file(a_training_class(sessions=(a_session(camera_id="cam"),))), id="session with an unknown camera"
        ),
    ],
)
def test_values_that_contradict_themselves_are_refused_whole(database: Database, wrong: ClassFile) -> None:
    with pytest.raises(PlanError), database.transaction() as tx:
        save_class_file(tx, wrong)
    with database.reading() as tx, pytest.raises(NotInRecordsError):
        read_class_file(tx, "YY-2023-0071")


def test_classes_are_listed_with_their_days_and_sizes(database: Database) -> None:
    with database.transaction() as tx:
        assert list_classes(tx) == []
        save_class_file(tx, a_full_class())
        save_class_file(tx, a_class_file(a_training_class("B-1", sessions=(), students=0)))
        empty, full = list_classes(tx)
    assert (empty.number, empty.first_day, empty.sessions, empty.students) == ("B-1", None, 0, 0)
    assert (full.number, full.agency_name) == ("YY-2023-0071", "益阳市示范职业培训学校")
    assert (full.first_day, full.last_day) == (date(2023, 6, 12), date(2023, 6, 12))
    assert (full.sessions, full.students, full.submissions) == (3, 3, 3)


def test_a_time_without_a_zone_is_refused(database: Database) -> None:
    naive = a_submission(received_at=a_time("09:00").replace(tzinfo=None))
    with pytest.raises(Exception, match="has no zone"), database.transaction() as tx:
        save_class_file(tx, a_class_file(submissions=(naive,)))


def test_the_same_moment_in_another_zone_is_no_change(database: Database) -> None:
    submission = a_submission()
    assert submission.received_at is not None
    elsewhere = replace(submission, received_at=submission.received_at.astimezone(UTC))
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(submissions=(submission,)))
        assert save_class_file(tx, a_class_file(submissions=(elsewhere,))).changed_nothing
