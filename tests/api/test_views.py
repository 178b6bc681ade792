"""What an agency's people see of the pages' answers: their own classes, and nothing that would announce a check."""

from __future__ import annotations

import pytest

from api.views import VisitorSource
from tests.builders.answers import AGENCY, CLASS, OTHER_CLASS, FakeSource, a_case, a_violation, an_answer, an_id
from verifier.access import ROLE_SCOPES, Caller

OFFICE = Caller("user:li", "李", "inspector", ROLE_SCOPES["inspector"])
SCHOOL = Caller("user:school", "校", "agency", ROLE_SCOPES["agency"], AGENCY)
STRANGER = Caller("user:other", "别", "agency", ROLE_SCOPES["agency"], "another")
ANSWER = an_answer(
    cases=[a_case(1), a_case(2, state="confirmed")],
    violations=[a_violation(3), a_violation(4, state="needs_check"), a_violation(5, state="dismissed")],
)


def test_the_office_sees_everything():
    assert VisitorSource(FakeSource(ANSWER), OFFICE).answer(None, None, None, None) == ANSWER


def test_an_agency_sees_its_own_classes_and_settled_matters_only():
    seen = VisitorSource(FakeSource(ANSWER), SCHOOL).answer(None, None, None, None)
    assert [each["number"] for each in seen["classes"]] == [CLASS]
    for key in ("photos", "sessions", "students", "not_closed"):
        assert seen[key]
        assert {each["class"] for each in seen[key]} == {CLASS}
    assert [each["state"] for each in seen["cases"]] == ["confirmed"]
    assert [each["state"] for each in seen["violations"]] == ["dismissed"]


def test_another_agency_sees_nothing_not_even_by_name():
    source = VisitorSource(FakeSource(ANSWER), STRANGER)
    for number in (None, CLASS, OTHER_CLASS):
        seen = source.answer(None, None, number, None)
        assert not any(seen[key] for key in ("classes", "photos", "sessions", "students", "cases", "violations"))
    for look in (source.annotated, source.original, source.class_of_photo):
        with pytest.raises(KeyError):
            look(an_id(2))
    assert source.last_night() is None


def test_every_look_at_a_picture_is_written_down_with_who():
    fake = FakeSource(ANSWER)
    source = VisitorSource(fake, SCHOOL)
    source.annotated(an_id(2))
    source.original(an_id(2))
    assert fake.looked == [
        ("user:school", "photo.look_annotated", an_id(2)), ("user:school", "photo.look_original", an_id(2)),
    ]  # fmt: skip
