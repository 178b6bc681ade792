"""A city brings its regulation as a folder of its own: a policy file, a file of rules, the agreement. No code here is touched."""

from __future__ import annotations

import io
from datetime import date
from pathlib import Path

import pytest
from docx import Document

from tests.builders.regulation import a_class, half_days, session_facts, students
from verifier.finding import Outcome
from verifier.regulation.forms import Agreement, OnSiteForm, write_agreement, write_on_site_form
from verifier.regulation.judging import judge_class
from verifier.regulation.policy import PolicyError, load_policy

RULES = '''"""Rules that only this city has."""

from verifier.finding import Outcome
from verifier.language import say


def judge_meals(facts, rule):
    """Art. 22: a session of more than three hours needs a meal."""
    long = [
        each for each in facts.sessions if each.session.hours > rule.number("hours_without_meal", each.session.day)
    ]
    reason = say("{count}", count=len(long))
    return (rule.answer(Outcome.FAILED if long else Outcome.PASSED, reason, facts.training.number),)
'''
POLICY = """
[policy]
name = "elsewhere-2024-5"
title = "（虚构）《培训监管办法》"
document = "（虚构）〔2024〕5号"
from = 2023-01-01
last_checked = 2026-11-23
[texts]
city = "（虚构）某市"
authority = "（虚构）某市人社局"
notice_prefix = "某培改"
agreement = "agreement.txt"
[[rule]]
code = "attendance_below_95_percent"
judge = "attendance_below_80_percent"
label = "21(2)"
article = "第二十一条第二款"
quote = "到课率低于百分之九十五的"
consequence = "written_warning"
[[rule]]
code = "meals"
judge = "rules.py:judge_meals"
label = "22"
article = "第二十二条"
quote = "超过三学时不安排用餐的"
[[parameter]]
name = "attendance_rate_min_percent"
value = 95
quote = "到课率低于百分之九十五的"
[[parameter]]
name = "hours_without_meal"
value = 3
quote = "超过三学时不安排用餐的"
"""


def a_city(folder: Path, policy: str = POLICY, rules: str = RULES) -> str:
    (folder / "rules.py").write_text(rules, encoding="utf-8")
    (folder / "agreement.txt").write_text("一、培训{people}人次，自备工具。", encoding="utf-8")
    (folder / "policy.toml").write_text(policy, encoding="utf-8")
    return str(folder / "policy.toml")


def judge_94_percent(city: str) -> dict[str, Outcome]:
    (session,) = half_days(1, date(2023, 6, 12))
    facts = a_class([session_facts(session, students=students(47, 3))])
    policy = load_policy(city)
    results = judge_class(facts, policy)
    assert {each.policy for each in results} == {policy.ref}
    return {each.citation.code: each.outcome for each in results}


def test_a_folder_changes_a_number_and_adds_a_rule(tmp_path: Path) -> None:
    assert judge_94_percent(a_city(tmp_path)) == {
        "attendance_below_95_percent": Outcome.FAILED,
        "meals": Outcome.FAILED,
    }


def test_its_forms_bear_its_name_its_law_and_its_agreement(tmp_path: Path) -> None:
    policy = load_policy(a_city(tmp_path))
    page = Document(io.BytesIO(write_on_site_form(OnSiteForm(), policy)))
    assert page.paragraphs[1].text == "（虚构）某市职业培训现场监管登记表"
    assert (
        page.sections[0]
        .footer.paragraphs[0]
        .text.startswith("依据：（虚构）〔2024〕5号    规则版本：elsewhere-2024-5@")
    )
    agreement = Document(io.BytesIO(write_agreement(Agreement(people=40), policy)))
    assert "一、培训40人次，自备工具。" in [each.text for each in agreement.paragraphs]


def use_everything(city: str) -> None:
    policy = load_policy(city)
    judge_class(a_class(()), policy)
    policy.number("attendance_rate_min_percent", date(2023, 6, 12))
    write_on_site_form(OnSiteForm(), policy)


@pytest.mark.parametrize("file", ["policy.toml", "rules.py", "agreement.txt"])
def test_whatever_its_answers_depend_on_makes_another_version(tmp_path: Path, file: str) -> None:
    city = a_city(tmp_path)
    before = load_policy(city).version
    assert load_policy(city).version == before
    (tmp_path / file).write_text((tmp_path / file).read_text(encoding="utf-8") + "\n#\n", encoding="utf-8")
    assert load_policy(city).version != before


def test_a_changed_rule_is_read_anew(tmp_path: Path) -> None:
    assert judge_94_percent(a_city(tmp_path))["meals"] is Outcome.FAILED
    relaxed = RULES.replace('rule.number("hours_without_meal", each.session.day)', "8")
    assert judge_94_percent(a_city(tmp_path, rules=relaxed))["meals"] is Outcome.PASSED


@pytest.mark.parametrize(
    ("policy", "rules", "says"),
    [
        pytest.param(
            POLICY.replace("rules.py", "other.py"), RULES, "meals: judge names other.py, and there is no such file",
            id="a file that is not there",
        ),
        pytest.param(POLICY, "def judge_nothing(): ...", "judge_meals", id="a function that is not in it"),
        pytest.param(POLICY, "1 / 0", "rules.py: ZeroDivisionError", id="a file that fails"),
        pytest.param(POLICY, "def (", "rules.py: SyntaxError", id="a file that is no Python"),
        pytest.param(POLICY.replace("agreement.txt", "none.txt"), RULES, "agreement names none.txt", id="no agreement"),
        pytest.param(POLICY.replace("[texts]\ncity", "[texts]\ntown"), RULES, "lacks city", id="no name of the city"),
        pytest.param(POLICY.replace("value = 95", 'value = "x"'), RULES, "is the word 'x'", id="a word for a number"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_city_s_folder_is_said(tmp_path: Path, policy: str, rules: str, says: str) -> None:
    with pytest.raises(PolicyError, match=says):
        use_everything(a_city(tmp_path, policy, rules))
