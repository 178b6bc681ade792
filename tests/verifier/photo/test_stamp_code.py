"""One code on two photos, and what the maker of the app says: both sides of every limit, and doubt where nobody can know."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.builders.looks import VENUE_LONLAT, a_context, a_field, a_look, a_stamp
from tests.builders.plan import DAY, a_submission, a_time
from verifier.finding import Outcome
from verifier.observation import Look, Stamp, fold_code, list_alike_codes
from verifier.photo import stamp_code
from verifier.photo.context import CodeAnswer, CodeState, CodeUse, OtherUse, PhotoContext
from verifier.photo.stamp_authority import NoAuthority, ask_about

PASSED, FAILED, UNSURE, NONE, NOT_RUN = (
    Outcome.PASSED, Outcome.FAILED, Outcome.UNSURE, Outcome.NOT_APPLICABLE, Outcome.NOT_RUN
)  # fmt: skip
CODE = "W7K3M9Q2PXAB"
OWN_CLASS = "YY-2023-0071"


def a_coded(code: str | None = CODE, sure: float = 0.99, app: str | None = "今日水印相机", **changes: Any) -> Look:
    stamp: Stamp = a_stamp(code=None if code is None else a_field(code, sure), app=app, **changes)
    return a_look(stamps=(stamp,))


def a_use(**changes: Any) -> CodeUse:
    values: dict[str, Any] = {
        "code": CODE,
        "class_number": OWN_CLASS,
        "session_id": "2023-06-10-am",
        "file": "photos/old.jpg",
        "sha256": "d" * 64,
        "received_first": True,
        "taken_at": datetime(2023, 6, 10, 9, 12),
    }
    return CodeUse(**(values | changes))


@pytest.mark.parametrize(
    ("look", "uses", "outcome", "told"),
    [
        pytest.param(a_look(stamps=()), (a_use(),), NONE, "没有防伪码", id="no stamp"),
        pytest.param(a_coded(None), (a_use(),), NONE, "没有防伪码", id="no code"),
        pytest.param(a_coded(sure=0.89), (a_use(),), NONE, "把握不足", id="read with doubt"),
        pytest.param(a_coded(sure=0.9), (a_use(),), FAILED, "old.jpg", id="read surely"),
        pytest.param(a_coded(), None, NONE, "没有可比对的档案", id="no records"),
        pytest.param(a_coded(), (), PASSED, "未在其他照片上出现", id="on no other photo"),
        pytest.param(a_coded(), (a_use(class_number="YY-2023-0099"),), UNSURE, "YY-2023-0099", id="another class"),
        pytest.param(a_coded(), (a_use(received_first=False),), UNSURE, "至少一张", id="the other one came later"),
        pytest.param(
            a_coded(), (a_use(taken_at=datetime(2023, 6, 12, 9, 12)),), UNSURE, "至少一张", id="of the same minute"
        ),
        pytest.param(a_coded(), (a_use(taken_at=None),), UNSURE, "至少一张", id="the other's time was not read"),
        pytest.param(a_coded(app="马克水印相机"), (a_use(),), UNSURE, "一张一码", id="an app with codes of another kind"),
        pytest.param(a_coded(app=None), (a_use(),), UNSURE, "一张一码", id="an unknown app"),
    ],
)  # fmt: skip
def test_one_code_on_two_photos_is_a_finding(
    look: Look, uses: tuple[CodeUse, ...] | None, outcome: Outcome, told: str
) -> None:
    found = stamp_code.check(look, a_context(code_uses=uses))
    assert found.outcome is outcome
    assert told in str(found.reason)


@pytest.mark.parametrize(
    ("how", "outcome"), [("pixels", PASSED), ("picture", PASSED), ("near", PASSED), ("burst", FAILED)]
)
def test_the_same_shot_handed_in_again_is_not_two_photos(how: str, outcome: Outcome) -> None:
    copy = OtherUse(how, OWN_CLASS, "2023-06-10-am", "photos/old.jpg", "d" * 64, received_first=True)
    found = stamp_code.check(a_coded(), a_context(code_uses=(a_use(),), other_uses=(copy,)))
    assert found.outcome is outcome


def an_answer(minutes: float = 0, east: float = 0.0, **changes: Any) -> CodeAnswer:
    values: dict[str, Any] = {
        "state": CodeState.KNOWN,
        "authority": "https://codes.example/ask",
        "taken_at": a_time("09:12") + timedelta(minutes=minutes),
        "longitude": VENUE_LONLAT[0] + east,
        "latitude": VENUE_LONLAT[1],
    }
    return CodeAnswer(**(values | changes))


@pytest.mark.parametrize(
    ("answer", "outcome", "told"),
    [
        pytest.param(an_answer(), PASSED, "相符", id="the same moment and place"),
        pytest.param(an_answer(5.98), PASSED, "相符", id="within five minutes of the printed minute"),
        pytest.param(an_answer(6.1), FAILED, "相差", id="later than that"),
        pytest.param(an_answer(-5), PASSED, "相符", id="five minutes earlier"),
        pytest.param(an_answer(-5.1), FAILED, "2023-06-12 09:06", id="earlier than that"),
        pytest.param(an_answer(60 * 24), FAILED, "2023-06-13 09:12", id="another day"),
        pytest.param(an_answer(east=0.029), PASSED, "相符", id="2.9 km away"),
        pytest.param(an_answer(east=0.06), FAILED, "相距", id="6 km away"),
        pytest.param(an_answer(taken_at=None), PASSED, "相符", id="only a place"),
        pytest.param(an_answer(taken_at=None, longitude=None), PASSED, "没有可比对", id="known, and no more"),
        pytest.param(an_answer(state=CodeState.UNKNOWN), UNSURE, "查无防伪码", id="unknown to the maker"),
        pytest.param(an_answer(state=CodeState.COULD_NOT_ASK), NOT_RUN, "未能向", id="nobody could be asked"),
    ],
)
def test_the_makers_answer_is_compared(answer: CodeAnswer, outcome: Outcome, told: str) -> None:
    found = stamp_code.check(a_coded(day=DAY), a_context(code_uses=(), code_answers={CODE: answer}))
    assert found.outcome is outcome
    assert told in str(found.reason)
    assert found.measured["authority_state"] == answer.state.value


def test_a_copied_code_fails_also_while_nobody_can_be_asked() -> None:
    answer = an_answer(state=CodeState.COULD_NOT_ASK)
    assert stamp_code.check(a_coded(), a_context(code_uses=(a_use(),), code_answers={CODE: answer})).outcome is FAILED


class Slow:
    """Takes ten seconds for each question by its own clock; knows nothing."""

    name = "slow"

    def __init__(self, state: CodeState = CodeState.UNKNOWN) -> None:
        self.now, self.asked, self.state = 0.0, 0, state

    def ask(self, code: str, app: str | None) -> CodeAnswer:
        assert (code, app) == (f"C{self.asked}", None)
        self.now, self.asked = self.now + 10, self.asked + 1
        return CodeAnswer(self.state, self.name)


def test_the_time_for_all_questions_is_bounded() -> None:
    slow = Slow()
    answers = dict(ask_about([(f"C{each}", None) for each in range(9)], slow, 35, clock=lambda: slow.now))
    assert slow.asked == 4
    assert [answer.state for answer in answers.values()].count(CodeState.COULD_NOT_ASK) == 5


def test_a_service_that_is_down_is_given_up() -> None:
    slow = Slow(CodeState.COULD_NOT_ASK)
    answers = list(ask_about([(f"C{each}", None) for each in range(9)], slow, 1e9, clock=lambda: slow.now))
    assert slow.asked == 3
    assert len(answers) == 9


def test_by_default_nobody_is_asked() -> None:
    assert NoAuthority().ask(CODE, None).state is CodeState.COULD_NOT_ASK


SECOND_CODE = "ZZ9988776655"


def two_stamps(first_sure: float = 0.99, second_app: str = "今日水印相机") -> Look:
    first = a_stamp(code=a_field(CODE, first_sure), app="今日水印相机")
    second = a_stamp(code=a_field(SECOND_CODE, 0.99), app=second_app)
    return a_look(stamps=(first, second))


@pytest.mark.parametrize(
    ("look", "used", "outcome"),
    [
        pytest.param(two_stamps(), SECOND_CODE, FAILED, id="the second stamp's code was used before"),
        pytest.param(two_stamps(), CODE, FAILED, id="the first one's"),
        pytest.param(two_stamps(), "QQ1122334455", PASSED, id="neither's"),
        pytest.param(two_stamps(first_sure=0.5), SECOND_CODE, FAILED, id="the first one's was not surely read"),
        pytest.param(two_stamps(first_sure=0.5), CODE, PASSED, id="a doubtful code is not compared"),
        pytest.param(two_stamps(second_app="马克水印相机"), SECOND_CODE, UNSURE, id="of an app with other codes"),
    ],
)
def test_each_of_several_stamps_is_judged_by_its_own_code(look: Look, used: str, outcome: Outcome) -> None:
    found = stamp_code.check(look, a_context(code_uses=(a_use(code=used),)))
    assert found.outcome is outcome


def test_one_code_on_two_stamps_of_a_picture_is_told_once() -> None:
    stamp = a_stamp(code=a_field(CODE, 0.99), app="今日水印相机")
    found = stamp_code.check(a_look(stamps=(stamp, stamp)), a_context(code_uses=(a_use(),)))
    assert (found.outcome, found.measured["codes"], found.measured["other_photos"]) == (FAILED, 1, 1)
    assert str(found.reason).count("old.jpg") == 1


@pytest.mark.parametrize(
    ("first", "second", "outcome"),
    [
        pytest.param(an_answer(), an_answer(60), FAILED, id="the second code was given out an hour later"),
        pytest.param(an_answer(60), an_answer(), FAILED, id="the first one was"),
        pytest.param(an_answer(), an_answer(state=CodeState.UNKNOWN), UNSURE, id="the second one is unknown"),
        pytest.param(an_answer(), an_answer(state=CodeState.COULD_NOT_ASK), NOT_RUN, id="the second was not asked"),
        pytest.param(an_answer(), an_answer(), PASSED, id="both are known"),
    ],
)
def test_the_maker_is_heard_about_every_code(first: CodeAnswer, second: CodeAnswer, outcome: Outcome) -> None:
    answers = {CODE: first, SECOND_CODE: second}
    found = stamp_code.check(two_stamps(), a_context(code_uses=(), code_answers=answers))
    assert found.outcome is outcome
    assert (found.measured["authority_state"], found.measured["authority_state_2"]) == (first.state, second.state)


def test_each_stamp_is_compared_with_the_answer_about_its_own_code() -> None:
    """Two honest stamps of two minutes: each code was given out in its own."""
    stamps = [a_stamp(clock, code=a_field(code, 0.99), app="今日水印相机") for clock, code in
              (("09:12", CODE), ("10:12", SECOND_CODE))]  # fmt: skip
    look = a_look(stamps=tuple(stamps))
    right = {CODE: an_answer(), SECOND_CODE: an_answer(60)}
    wrong = {CODE: an_answer(60), SECOND_CODE: an_answer()}
    assert stamp_code.check(look, a_context(code_uses=(), code_answers=right)).outcome is PASSED
    assert stamp_code.check(look, a_context(code_uses=(), code_answers=wrong)).outcome is FAILED


def test_photos_of_no_known_class_are_told_which_of_them_share_a_code_and_neither_fails():
    """Which of the two was copied, and which came first, cannot be seen; a doubtful code is compared with nothing."""
    one, other, doubtful = (a_submission(f"{name}.jpg", sha256=name * 64) for name in "abc")
    looks = {
        one.sha256: a_coded(clock="09:12"),
        other.sha256: a_coded(clock="14:03"),
        doubtful.sha256: a_coded(sure=0.89),
    }
    uses = stamp_code.find_codes_among(None, (one, other, doubtful), looks)
    assert uses[doubtful] is None
    assert [use.file for use in uses[one] or ()] == ["b.jpg"]
    finding = stamp_code.check(looks[one.sha256], PhotoContext(one, code_uses=uses[one]))
    assert finding.outcome is UNSURE
    assert "b.jpg" in str(finding.reason)
    assert "14:03" in str(finding.reason)


def test_photos_of_one_class_that_are_checked_together_share_a_code_as_in_the_records() -> None:
    """The same rule as in the night's records: the later of two of the class's own photos fails."""
    morning = a_submission("a.jpg", sha256="a" * 64, received_at=a_time("09:15"))
    later = a_submission("b.jpg", sha256="b" * 64, received_at=a_time("14:05"), session_id=f"{DAY.isoformat()}-pm")
    looks = {morning.sha256: a_coded(clock="09:12"), later.sha256: a_coded(clock="14:03")}
    uses = stamp_code.find_codes_among("YY-2023-0071", (later, morning), looks)
    found = [
        stamp_code.check(looks[each.sha256], a_context(submission=each, code_uses=uses[each]))
        for each in (morning, later)
    ]
    assert [each.outcome for each in found] == [UNSURE, FAILED]
    assert "a.jpg" in str(found[1].reason)


def test_a_code_read_once_with_o_and_once_with_0_is_one_code() -> None:
    """No recogniser tells them apart in one line of capitals; another letter is another code."""
    one, other, third = (a_submission(f"{name}.jpg", sha256=name * 64) for name in "abc")
    looks = {
        one.sha256: a_coded("W7K0M9Q2PXI1"),
        other.sha256: a_coded("W7KOM9Q2PX1I"),
        third.sha256: a_coded("W7KQM9Q2PX11"),
    }
    uses = stamp_code.find_codes_among(None, (one, other, third), looks)
    assert {each.file: [(use.code, use.file) for use in found or ()] for each, found in uses.items()} == {
        "a.jpg": [("W7K0M9Q2PXI1", "b.jpg")],
        "b.jpg": [("W7KOM9Q2PX1I", "a.jpg")],
        "c.jpg": [],
    }
    assert stamp_code.check(looks[one.sha256], PhotoContext(one, code_uses=uses[one])).outcome is UNSURE


@pytest.mark.parametrize(
    ("code", "alike"), [("AB0", {"AB0", "ABO"}), ("I0", {"10", "1O", "I0", "IO"}), ("XYZ", {"XYZ"})]
)
def test_every_reading_of_a_code_is_listed(code: str, alike: set[str]) -> None:
    """Each folds as the code does; of a code of many look-alikes only two are looked for."""
    assert set(list_alike_codes(code)) == alike
    assert {fold_code(each) for each in alike} == {fold_code(code)}
    assert list_alike_codes("O" * 12) == ["0" * 12, "O" * 12]
