"""The charts say what the answer says, to eyes, to screen readers and without colour."""

from __future__ import annotations

from itertools import pairwise
from xml.etree.ElementTree import Element, fromstring

import pytest

from tests.builders.answers import CLASS, OTHER_CLASS, a_case, a_session, a_violation, an_answer
from verifier.report.charts import OUTCOME_FILL, draw_attendance, draw_flags, draw_outcomes

HOSTILE = '</svg><script>alert(1)</script>"\x00'


def texts(svg: Element) -> list[str]:
    return [element.text or "" for element in svg.iter("text")]


def fills(svg: Element) -> list[str]:
    return [element.get("fill", "") for element in svg.iter("rect") if element.find("title") is not None]


def test_each_class_gets_one_chart_with_a_title_and_a_description():
    charts = dict(draw_attendance(an_answer(), language="en"))
    assert list(charts) == [CLASS, OTHER_CLASS]
    svg = fromstring(charts[CLASS])
    title, description = svg.find("title"), svg.find("desc")
    assert title is not None
    assert description is not None
    assert svg.get("role") == "img"
    assert svg.get("aria-labelledby") == f"{title.get('id')} {description.get('id')}"
    assert title.text == "Attendance rate of class YY-2023-0071 by session"
    assert "3 sessions, 1 of them below the lowest lawful rate" in (description.text or "")


@pytest.mark.parametrize(
    ("present", "unsure", "expected", "outcome", "label"),
    [
        pytest.param(4, 0, 5, "passed", "80%", id="exactly 80 percent is not below"),
        pytest.param(799, 0, 1000, "failed", "✗ 79%", id="79.9 percent is below and does not read 80"),
        pytest.param(2, 1, 3, "unsure", "? 66–100%", id="the undecided could lift it over the line"),
        pytest.param(1, 1, 5, "failed", "✗ 20–40%", id="below even with all the undecided"),
    ],
)
def test_a_column_is_judged_by_what_is_certain(present: int, unsure: int, expected: int, outcome: str, label: str):
    session = a_session(present=present, unsure=unsure, expected=expected)
    [(_, chart)] = draw_attendance(an_answer(sessions=[session]))
    svg = fromstring(chart)
    assert fills(svg)[0] == OUTCOME_FILL[outcome]
    assert label in texts(svg)
    hatched = [fill for fill in fills(svg) if fill.startswith("url(#")]
    assert len(hatched) == (1 if unsure else 0)


@pytest.mark.parametrize(
    ("minimum", "outcome", "lines"),
    [
        pytest.param(0.9, "failed", ["90%"], id="another city asks for more"),
        pytest.param(0.85, "passed", ["85%"], id="and this one for as much"),
        pytest.param(None, "not_applicable", [], id="and this one for nothing"),
    ],
)
def test_the_line_is_drawn_where_the_law_of_the_session_has_it(minimum: float | None, outcome: str, lines: list[str]):
    [(_, chart)] = draw_attendance(an_answer(sessions=[a_session(present=85, expected=100, minimum=minimum)]))
    svg = fromstring(chart)
    assert fills(svg)[0] == OUTCOME_FILL[outcome]
    assert [each for each in texts(svg) if each in ("80%", "85%", "90%")] == [
        *lines, *(["85%"] if outcome != "failed" else []),
    ]  # fmt: skip


def test_sessions_that_are_not_closed_or_expect_nobody_are_no_column():
    unclosed = a_session("2023-06-12-am") | {"closed": False}
    empty = a_session("2023-06-12-pm") | {"expected": 0, "rate": None, "rate_low": None, "rate_high": None}
    [(_, chart)] = draw_attendance(an_answer(sessions=[unclosed, empty]))
    assert fills(fromstring(chart)) == []


def test_sixty_sessions_fit_and_labels_do_not_pile_up():
    sessions = [
        a_session(f"2023-{6 + n // 28:02d}-{n % 28 + 1:02d}-{half}") for n in range(30) for half in ("am", "pm")
    ]
    [(_, chart)] = draw_attendance(an_answer(sessions=sessions))
    svg = fromstring(chart)
    assert len(fills(svg)) == 60
    days = [float(element.get("x", "0")) for element in svg.iter("text") if (element.text or "").count("-") in (1, 2)]
    assert len(days) > 5
    assert min(b - a for a, b in pairwise(days)) >= 34


def test_flags_count_only_what_is_open():
    violations = [
        a_violation(1),
        a_violation(2),
        a_violation(3, state="dismissed"),
        a_violation(4, rule="13(1)(8)", label="13(1)(8)"),
    ]
    cases = [a_case(5), a_case(6, state="needs_check"), a_case(7, state="confirmed")]
    svg = fromstring(draw_flags(an_answer(violations=violations, cases=cases), language="en"))
    assert [text for text in texts(svg) if "·" in text] == ["2 · Violations", "1 · Violations", "2 · Cases"]
    assert draw_flags(an_answer(violations=[], cases=[])) == ""


def test_outcomes_are_stacked_with_the_worst_first():
    svg = fromstring(draw_outcomes(an_answer(), language="en"))
    titles = [title.text for title in svg.iter("title")]
    assert "Stamp time: Failed 1/3" in titles
    assert titles.index("Stamp time: Failed 1/3") < titles.index("Stamp time: Passed 2/3")
    assert draw_outcomes(an_answer(photos=[], sessions=[])) == ""


def test_text_never_becomes_markup():
    answer = an_answer(
        sessions=[a_session(**{"class": HOSTILE})],
        violations=[a_violation(label=HOSTILE)],
        photos=[],
    )
    for chart in (draw_attendance(answer)[0][1], draw_flags(answer)):
        svg = fromstring(chart)
        assert svg.find(".//script") is None
        assert "alert(1)" in "".join(svg.itertext())


def test_nothing_in_a_chart_needs_an_inline_style_or_script():
    answer = an_answer()
    for chart in (draw_attendance(answer)[0][1], draw_flags(answer), draw_outcomes(answer)):
        for element in fromstring(chart).iter():
            assert "style" not in element.attrib
            assert not any(name.startswith("on") for name in element.attrib)
