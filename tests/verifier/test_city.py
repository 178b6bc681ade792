"""Beyond one class: one case a person, whatever is killed or comes later; nobody accused who may belong there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.builders.city import NOW, ACity
from tests.verifier.attendance.people import like, someone
from tests.verifier.records.conftest import database, migrated_file, migrated_postgres  # noqa: F401 - fixtures
from verifier.attendance.calibration import CalibrationData
from verifier.records.database import Database
from verifier.records.dump import dump_records


@pytest.fixture
def city(database: Database) -> ACity:  # noqa: F811 - the fixture
    return ACity(database)


def stranger(person: int, cosine: float = 0.8, rest: int = 150):
    return like((person, cosine), rest=rest)


def kinds(city: ACity) -> list[tuple[str, str]]:
    return [(case.class_number, case.kind) for case in city.cases()]


def test_another_classs_student_is_one_case_with_all_sightings(city: ACity):
    city.add_class("A", (1, 2), days=3)
    city.add_class("B", (77, 78))
    for day in range(3):
        city.close("A", [stranger(77)], day=day)
    night = city.search()
    (case,) = city.cases()
    assert (case.class_number, case.kind, case.dedup_key) == ("A", "other_class_student", "other_class_student|B/S01")
    assert case.file == "photos/A-2023-06-12-am.jpg"
    assert "3" in case.reason.text("en")
    assert case.probability > 0.99
    assert (night.strangers, night.people, night.cases, night.closed) == (3, 1, 1, 1)


def test_the_same_night_again_writes_nothing(city: ACity):
    city.add_class("A", (1,))
    city.add_class("B", (77,))
    city.close("A", [stranger(77)])
    assert city.search().closed == 1
    with city.database.reading() as tx:
        before = dump_records(tx)
    assert city.search().closed == 0
    with city.database.reading() as tx:
        assert dump_records(tx) == before


def test_a_class_that_comes_later_finds_older_sightings_and_recloses_nothing_else(city: ACity):
    """Retrospective: whoever is enrolled today is found in what was seen weeks ago."""
    city.add_class("A", (1,))
    city.add_class("C", (5,))
    city.close("A", [stranger(77)])
    city.close("C", [stranger(88, rest=151)])
    assert (city.search().closed, kinds(city)) == (0, [])
    city.add_class("B", (77,))
    assert (city.search().closed, kinds(city)) == (1, [("A", "other_class_student")])


def test_a_session_judged_again_without_the_stranger_lapses_the_case(city: ACity):
    city.add_class("A", (1,))
    city.add_class("B", (77,))
    city.close("A", [stranger(77)])
    city.search()
    city.close("A", [], key="2")
    city.search()
    (case,) = city.cases("lapsed")
    assert not city.cases()
    assert (
        case.lapse_reason.text("en") == "Search 2 over all classes no longer finds this; the proposal lapsed by itself."
    )


def test_a_session_judged_again_with_the_same_stranger_keeps_the_case(city: ACity):
    city.add_class("A", (1,))
    city.add_class("B", (77,))
    city.close("A", [stranger(77)])
    city.search()
    (before,) = city.cases()
    city.close("A", [stranger(77)], key="2")
    assert city.search().closed == 0
    assert city.cases() == [before]


def test_in_two_places_at_once(city: ACity):
    city.add_class("A", (1,))
    city.add_class("B", (77,))
    city.close("A", [stranger(77)])
    city.close("B", seen={"S01": 0.99})
    city.search()
    (case,) = city.cases()
    assert (case.class_number, case.kind) == ("A", "two_places_at_once")
    assert case.probability == pytest.approx(0.99, abs=0.001)


def test_an_unsure_match_elsewhere_is_no_second_place(city: ACity):
    city.add_class("A", (1,))
    city.add_class("B", (77,))
    city.close("A", [stranger(77)])
    city.close("B", seen={"S01": 0.4})
    city.search()
    assert kinds(city) == [("A", "other_class_student")]


def test_one_id_number_seen_in_two_classes_at_once(city: ACity):
    city.add_class("A", (1, 5))
    city.add_class("B", (5,), days=2)
    city.close("A", seen={"S02": 0.99})
    city.close("B", seen={"S01": 0.99})
    city.search()
    (case,) = city.cases()
    assert (case.kind, case.student_no) == ("two_places_at_once", "S02")
    assert case.probability == pytest.approx(0.99**2, abs=0.001)


def test_one_id_number_in_two_classes_one_after_the_other_is_fine(city: ACity):
    city.add_class("A", (1, 5))
    city.add_class("B", (5,), days=2)
    city.close("A", seen={"S02": 0.99})
    city.close("B", seen={"S01": 0.99}, day=1)
    city.search()
    assert city.cases() == []


def test_the_same_stranger_in_two_agencies_is_one_seat_filler(city: ACity):
    city.add_class("A", (1,), agency="one")
    city.add_class("B", (2,), agency="two", days=2)
    city.close("A", [stranger(90)])
    city.close("B", [stranger(90, 0.95)], day=1)
    city.search()
    (case,) = city.cases()
    assert (case.class_number, case.kind) == ("A", "seat_filler")
    assert case.probability > 0.99


def test_in_one_agency_it_may_be_its_staff(city: ACity):
    city.add_class("A", (1,))
    city.add_class("B", (2,), days=2)
    city.close("A", [stranger(90)])
    city.close("B", [stranger(90)], day=1)
    city.search()
    (case,) = city.cases()
    assert (case.kind, case.probability) == ("seat_filler", pytest.approx(0.5, abs=0.01))


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        pytest.param(("陈新", "陈新"), 0, id="one name without a picture in both"),
        pytest.param(("陈新", "周立"), 1, id="two names"),
        pytest.param(("陈新", None), 1, id="in one of them only"),
    ],
)
def test_who_may_be_somebody_without_a_picture_is_not_accused(city: ACity, names, wanted):
    for number, name, day in (("A", names[0], 0), ("B", names[1], 1)):
        city.add_class(number, (1 if number == "A" else 2,), unpictured=[name] if name else [], agency=number, days=2)
        city.close(number, [stranger(90)], day=day)
    city.search()
    assert len(city.cases()) == wanted


def test_a_supervisor_of_both_classes_is_not_accused(city: ACity):
    for number, person, day in (("A", 1, 0), ("B", 2, 1)):
        city.add_class(number, (person,), days=2, supervisor="李老师")
        city.close(number, [stranger(90)], day=day)
    city.search()
    assert city.cases() == []


def test_another_classs_teacher_is_nobodys_case(city: ACity):
    city.add_class("A", (1,), days=2)
    city.add_class("B", (2,), days=2)
    city.add_class("C", (3,), teacher=198)
    city.close("A", [stranger(198)])
    city.close("B", [stranger(198)], day=1)
    city.search()
    assert city.cases() == []


def test_one_face_under_two_names_in_two_classes(city: ACity):
    city.add_class("A", (1, 2))
    city.add_class("B", (3, 4), faces={3: like((1, 0.9))})
    city.search()
    (case,) = city.cases()
    assert (case.class_number, case.kind, case.student_no) == ("A", "one_face_two_names", "S01")
    assert case.dedup_key == "one_face_two_names|A/S01+B/S01"


def test_the_same_id_number_in_two_classes_is_no_double(city: ACity):
    city.add_class("A", (1,))
    city.add_class("B", (1,))
    city.search()
    assert city.cases() == []


def test_evidence_too_thin_for_the_data_is_counted_and_no_case(database: Database):  # noqa: F811 - the fixture
    data = CalibrationData("tiny", NOW.date(), 3, 6, 3, 1, ("all",), {})
    city = ACity(database, data=data)
    city.add_class("A", (1, 2))
    city.add_class("B", (77, 78))
    city.close("A", [stranger(77, 0.95)])
    night = city.search()
    assert (city.cases(), night.not_vouched) == ([], 1)


def test_killed_between_two_classes_and_started_again(city: ACity, monkeypatch: pytest.MonkeyPatch):
    city.add_class("A", (1,))
    city.add_class("B", (2,))
    city.add_class("C", (77, 78))
    city.close("A", [stranger(77)])
    city.close("B", [stranger(78)])
    from verifier import city as module

    real = module.save_session_close

    def die_at_b(tx, close):
        if close.class_number == "B":
            raise KeyboardInterrupt
        return real(tx, close)

    monkeypatch.setattr(module, "save_session_close", die_at_b)
    with pytest.raises(KeyboardInterrupt):
        city.search()
    assert kinds(city) == [("A", "other_class_student")]
    monkeypatch.undo()
    assert city.search().closed == 1
    assert kinds(city) == [("A", "other_class_student"), ("B", "other_class_student")]


def test_unknown_faces_are_erased_when_their_time_is_over_but_not_under_an_open_case(city: ACity):
    city.add_class("A", (1,))
    city.add_class("B", (77,))
    city.close("A", [stranger(77), someone(120)])
    ends = city.classes["A"].training.sessions[0].ends_at
    just_before = city.search(ends + timedelta(days=90))
    assert (just_before.erased, just_before.strangers) == (0, 2)
    assert city.search(ends + timedelta(days=90, seconds=1)).erased == 1
    assert city.search(ends + timedelta(days=90, seconds=1)).strangers == 1
    assert kinds(city) == [("A", "other_class_student")]


def test_faces_of_another_contract_are_left_alone(city: ACity):
    """After a change of the pack the old faces wait until they are embedded anew; they are never compared."""
    city.add_class("A", (1,))
    city.add_class("B", (77,))
    city.close("A", [stranger(77)])
    from dataclasses import replace

    city.tools = replace(city.tools, embedding_contract="new-pack@2")
    assert city.search().strangers == 0
    assert city.cases() == []
