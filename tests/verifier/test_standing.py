"""Rates and eligibility as the records have them: per session, class and agency, the unsure apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders.city_records import fill_records, make_class_file
from tests.builders.plan import a_class_file, a_session, a_training_class, students
from verifier.finding import Outcome
from verifier.plan import Period
from verifier.records.closing import SessionClose, SessionNumbers, StudentPresence
from verifier.records.database import Database, open_database
from verifier.records.filing import read_class_file, save_class_file
from verifier.records.findings import save_session_close
from verifier.records.office import save_dates, save_person
from verifier.records.rates import ClassRate
from verifier.regulation.attendance_rate import PresenceCount
from verifier.regulation.policy import load_policy
from verifier.standing import (
    describe_agency_rates,
    describe_class_rate,
    find_exam_minimum,
    view_class,
    view_rates,
    view_students,
)

POLICY = load_policy()
MORNING, AFTERNOON = a_session(), a_session(period=Period.AFTERNOON)
ONE, OTHER = "YY-2023-0071", "YY-2023-0072"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path}/records.db", bytes(range(32)))
    yield opened
    opened.close()


COUNTS = st.builds(PresenceCount, *[st.integers(0, 2000) for _ in range(5)])
RATES = st.builds(
    ClassRate, st.just("C"), st.sampled_from(["A1", "A2", "A3"]), st.just("机构"), st.just(9), st.integers(0, 9), COUNTS
)


@given(st.lists(RATES, max_size=12))
def test_an_agency_s_rate_is_its_classes_heads_together_never_the_mean_of_their_rates(rates: list[ClassRate]) -> None:
    """Numerators and denominators are added up first; the share is taken once."""
    told = {each["code"]: each for each in describe_agency_rates(rates)}
    assert set(told) == {each.agency_code for each in rates}
    for code, agency in told.items():
        mine = [describe_class_rate(each) for each in rates if each.agency_code == code]
        for name in ("expected", "present", "absent", "unsure", "leave", "closed"):
            assert agency[name] == sum(each[name] for each in mine)
        assert agency["expected"] == agency["present"] + agency["absent"] + agency["unsure"]
        if agency["expected"]:
            assert agency["rate"] == agency["present"] / agency["expected"]
            assert 0 <= agency["rate_low"] == agency["rate"] <= agency["rate_high"] <= 1
            own = [each["rate"] for each in mine if each["expected"]]
            assert min(own) <= agency["rate"] <= max(own)
        else:
            assert agency["rate"] is agency["rate_low"] is agency["rate_high"] is None


def file(database: Database, number: str = ONE, planned_hours: float = 8) -> None:
    training = a_training_class(
        number=number,
        sessions=(MORNING, AFTERNOON),
        students=students(4),
        planned_hours=planned_hours,
        agency=a_training_class().agency,
    )
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(training=training, submissions=(), sign_ins=(), leaves=()))


def close(database: Database, presences: str, session_id: str = MORNING.id, number: str = ONE) -> None:
    """Close a session with one letter a student: present, absent, unsure, leave."""
    words = {"p": "present", "a": "absent", "u": "unsure", "l": "leave"}
    found = tuple(StudentPresence(f"S{n:02}", words[each]) for n, each in enumerate(presences, start=1))
    count = {word: sum(each.presence == word for each in found) for word in words.values()}
    expected = len(found) - count["leave"]
    numbers = SessionNumbers(
        expected, count["present"], count["unsure"], count["leave"], count["present"] / expected if expected else None
    )
    with database.transaction() as tx:
        save_session_close(
            tx,
            SessionClose(
                number,
                session_id,
                f"{session_id}-{presences}",
                {},
                "p",
                "1",
                Outcome.PASSED,
                presences=found,
                numbers=numbers,
            ),
        )


def test_a_class_adds_up_its_closed_sessions_and_an_agency_its_classes(database: Database) -> None:
    file(database)
    file(database, OTHER)
    close(database, "ppau")
    close(database, "pppl", AFTERNOON.id)
    close(database, "aaaa", number=OTHER)
    with database.reading() as tx:
        rates = view_rates(tx, classes=[ONE])
    (one,) = rates["classes"]
    assert (one["closed"], one["sessions"], one["present"], one["expected"], one["unsure"]) == (2, 2, 5, 7, 1)
    assert (one["absent"], one["leave"]) == (1, 1)
    assert (one["rate_low"], one["rate_high"]) == (5 / 7, 6 / 7)
    (agency,) = rates["agencies"]  # chosen by one class, it still answers for both
    assert (agency["classes"], agency["present"], agency["expected"]) == (2, 5, 11)


def test_a_session_that_is_closed_anew_counts_once(database: Database) -> None:
    file(database)
    close(database, "aaaa")
    close(database, "pppp")
    with database.reading() as tx:
        assert view_rates(tx)["classes"][0]["present"] == 4


def test_a_class_nobody_closed_has_no_rate(database: Database) -> None:
    file(database)
    with database.reading() as tx:
        (one,) = view_rates(tx)["classes"]
    assert (one["closed"], one["expected"], one["rate_low"]) == (0, 0, None)


@pytest.mark.parametrize(
    ("first", "second", "eligibility", "eligible"),
    [
        pytest.param("p", "p", "eligible", True, id="all of eight hours"),
        pytest.param("p", "a", "not_eligible", False, id="half of them"),
        pytest.param("p", "u", "depends", None, id="half, and half in doubt"),
        pytest.param("p", "l", "not_eligible", False, id="leave is no training"),
        pytest.param("p", None, "depends", None, id="half are still to come"),
        pytest.param("a", None, "not_eligible", None, id="out of reach while a session remains"),
    ],
)
def test_who_may_sit_the_examination(database, first, second, eligibility, eligible):
    file(database)
    close(database, first * 4)
    if second is not None:
        close(database, second * 4, AFTERNOON.id)
    with database.reading() as tx:
        student = view_students(tx, ONE, POLICY)[0]
    assert (student["eligibility"], student["exam_eligible"]) == (eligibility, eligible)
    assert student["unsure_hours"] == (4.0 if second == "u" else 0.0)


def test_hours_that_no_timetable_holds_yet_are_still_to_come_until_the_class_is_over(database: Database) -> None:
    file(database, planned_hours=16)
    close(database, "ppaa")
    close(database, "ppaa", AFTERNOON.id)
    with database.reading() as tx:
        before = view_students(tx, ONE, POLICY)[0]
    assert (before["hours_ahead"], before["eligibility"], before["exam_eligible"]) == (8, "depends", None)
    with database.transaction() as tx:
        save_person(tx, "li", "李检查员", "inspector")
        save_dates(tx, ONE, "li", {"completed_on": date(2023, 6, 30)})
        after = view_students(tx, ONE, POLICY)[0]
    assert (after["hours_ahead"], after["eligibility"], after["exam_eligible"]) == (0, "not_eligible", False)


def test_a_class_s_page_has_its_rate_its_agency_s_its_sessions_and_who_is_eligible(database: Database) -> None:
    file(database)
    close(database, "ppau")
    close(database, "pppp", AFTERNOON.id)
    with database.reading() as tx:
        page = view_class(tx, ONE, POLICY)
    assert page["eligibility"] == {"eligible": 2, "not_eligible": 1, "depends": 1}
    assert [(each["id"], each["present"], each["expected"]) for each in page["sessions"]] == [
        (MORNING.id, 2, 4), (AFTERNOON.id, 4, 4),
    ]  # fmt: skip
    assert (page["class"]["present"], page["agency"]["present"]) == (6, 6)
    assert page["policy"] == str(POLICY.ref)


@pytest.mark.parametrize(
    ("day", "minimum"),
    [
        pytest.param(date(2023, 5, 31), None, id="the day before the regulation"),
        pytest.param(date(2023, 6, 1), 80.0, id="its first day"),
        pytest.param(date(2028, 6, 1), None, id="the day after its last"),
        pytest.param(None, None, id="no timetable"),
    ],
)
def test_the_share_of_hours_is_the_law_of_the_first_day(day, minimum):
    assert find_exam_minimum(POLICY, day) == minimum


def test_another_city_may_ask_for_no_share(database: Database) -> None:
    file(database)
    close(database, "pppp")
    city = replace(POLICY, parameters={})
    with database.reading() as tx:
        assert view_students(tx, ONE, city)[0]["eligibility"] is None


def test_a_made_up_city_reads_as_if_it_had_been_imported(tmp_path: Path) -> None:
    """What the benchmark judges is what an import would have written."""
    read = []
    for name in ("bulk", "import"):
        opened = open_database(f"sqlite:///{tmp_path}/{name}.db", bytes(range(32)))
        if name == "bulk":
            fill_records(opened, 1, "looks", students=5, sessions=4)
        else:
            with opened.transaction() as tx:
                save_class_file(tx, make_class_file(0, 5, 4))
        with opened.reading() as tx:
            read.append(read_class_file(tx, "C00000"))
        opened.close()
    assert read[0] == read[1]
    assert read[0].sign_ins
    assert read[0].submissions
