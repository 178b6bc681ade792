"""Policy files: quotes are the law's own words, numbers are dated, and a second city needs no change of code."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from tests.builders.regulation import a_class, half_days, session_facts, students
from tests.builders.shared import PROJECT
from verifier.finding import Outcome
from verifier.language import say
from verifier.regulation.judging import find_judge, judge_class
from verifier.regulation.policy import PolicyError, choose_policy, load_policy, parse_policy
from verifier.regulation.rule import bind_rule

POLICY = load_policy()
OTHER_CITY = Path(__file__).with_name("hengshui-2030-1.toml")  # made up for these tests


def the_regulation() -> str:
    text = PROJECT.parent / "shared" / "regulation" / "yiyang-2023-23.txt"
    if not text.is_file():
        pytest.skip("the regulation's text (../shared/regulation) is not on this machine")
    return text.read_text(encoding="utf-8")


@pytest.mark.shared
@pytest.mark.parametrize("code", [entry.citation.code for entry in POLICY.rules])
def test_the_quote_of_every_rule_is_verbatim(code):
    assert POLICY.rule(code).citation.quote in the_regulation()


@pytest.mark.shared
@pytest.mark.parametrize(
    "parameter",
    [pytest.param(each, id=each.name) for versions in POLICY.parameters.values() for each in versions if each.quote],
)
def test_the_quote_of_every_number_is_verbatim(parameter):
    assert parameter.quote in the_regulation()


@pytest.mark.shared
@pytest.mark.parametrize(
    "entry",
    [pytest.param(each, id=each.citation.code) for each in POLICY.rules if each.citation.label.startswith("13(")],
)
def test_every_clause_of_article_13_is_quoted_from_the_item_it_names(entry):
    """13(1)(4) is quoted from the line that begins with 4. under （一）."""
    article = the_regulation().split("第十三条", 1)[1].split("第十四条", 1)[0]
    parts = re.split(r"\n（([一二三四])）", article)
    paragraphs = dict(zip("1234", [parts[2], parts[4], parts[6], parts[8]], strict=True))
    numbers = re.findall(r"\((\d+)\)", entry.citation.label)
    text = paragraphs[numbers[0]]
    if len(numbers) == 2:
        (text,) = (line for line in text.splitlines() if line.startswith(f"{numbers[1]}."))
    assert entry.citation.quote in text


@pytest.mark.parametrize("entry", POLICY.rules, ids=lambda each: each.citation.code)
def test_every_rule_of_the_policy_has_a_function_and_a_code_word(entry):
    find_judge(entry)
    assert re.fullmatch(r"[a-z][a-z0-9_]+", entry.citation.code)
    assert entry.citation.last_checked >= entry.citation.from_day


def test_a_default_says_where_it_comes_from_and_a_number_of_the_text_has_its_words():
    for versions in POLICY.parameters.values():
        for each in versions:
            assert each.quote or each.to_be_set
            assert not (each.quote and each.to_be_set)


def test_the_version_is_the_digest_of_the_file():
    content = OTHER_CITY.read_bytes()
    assert parse_policy(content, "a").version == parse_policy(content, "b").version
    assert parse_policy(content, "a").version != parse_policy(content + b"# changed\n", "a").version


# ---------------------------------------------------------------- another city


def judge_hungry_class(facts, rule):
    """A rule that only the made-up city has; its policy file names this function by dotted path."""
    missing = [
        each for each in facts.sessions if each.session.hours > float(rule.number("hours_without_meal", facts.as_of))
    ]
    outcome = Outcome.FAILED if missing else Outcome.PASSED
    return (rule.answer(outcome, say("{count}", count=len(missing)), facts.training.number),)


def other_city():
    return parse_policy(OTHER_CITY.read_bytes(), OTHER_CITY.name)


def one_class(day, present):
    return a_class([session_facts(each, students=students(present, 20 - present)) for each in half_days(1, day)])


def test_a_second_city_changes_numbers_and_adds_rules_without_code_that_exists():
    facts = one_class(date(2030, 6, 3), present=17)  # 85 %
    results = {each.citation.code: each for each in judge_class(facts, other_city())}
    assert results["attendance_below_90_percent"].outcome is Outcome.FAILED
    assert results["attendance_below_90_percent"].citation.label == "21(2)"
    assert "要求不低于90%" in results["attendance_below_90_percent"].reason.text("zh_CN")
    assert results["hungry_class"].outcome is Outcome.FAILED
    assert {each.policy.name for each in results.values()} == {"hengshui-2030-1"}
    assert {each.policy.version for each in results.values()} == {other_city().version}


def test_a_dated_number_changes_on_its_day():
    rule = "attendance_below_90_percent"
    before = judge_class(one_class(date(2030, 12, 31), present=17), other_city(), [rule])
    after = judge_class(one_class(date(2031, 1, 1), present=17), other_city(), [rule])
    assert [before[0].outcome, after[0].outcome] == [Outcome.FAILED, Outcome.PASSED]


def test_the_policy_of_the_class_s_day_is_chosen():
    policies = [POLICY, other_city()]
    assert choose_policy(policies, date(2024, 1, 1)) is POLICY
    assert choose_policy(policies, date(2030, 6, 3)) is policies[1]
    assert choose_policy(policies, date(2029, 1, 1)) is None


def test_rules_can_be_asked_for_by_code_and_an_unknown_one_is_refused():
    facts = one_class(date(2023, 6, 12), present=20)
    assert len(judge_class(facts, POLICY, ["attendance_below_80_percent"])) == 1
    with pytest.raises(KeyError, match="no rule attendance_below_90_percent"):
        judge_class(facts, POLICY, ["attendance_below_90_percent"])
    with pytest.raises(KeyError):
        bind_rule(POLICY, "nonsense")


def test_a_rule_that_crashes_leaves_not_run_and_the_others_judge():
    broken = OTHER_CITY.read_text(encoding="utf-8").replace('name = "hours_without_meal"', 'name = "another"')
    results = {each.citation.code: each for each in judge_class(
        one_class(date(2030, 6, 3), present=20), parse_policy(broken.encode(), "broken.toml")
    )}  # fmt: skip
    assert results["hungry_class"].outcome is Outcome.NOT_RUN
    assert results["attendance_below_90_percent"].outcome is Outcome.PASSED


def test_sessions_out_of_order_are_refused():
    plan = half_days(2)
    with pytest.raises(ValueError, match="starts before"):
        judge_class(a_class([session_facts(plan[1]), session_facts(plan[0])]), POLICY)


HEAD = '[policy]\nname = "x"\ntitle = "x"\ndocument = "x"\nfrom = 2023-06-01\nlast_checked = 2024-01-01\n'
RULE = '[[rule]]\ncode = "a"\nlabel = "1"\narticle = "1"\nquote = "q"\n'
NUMBER = '[[parameter]]\nname = "n"\nvalue = 1\nquote = "q"\n'


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param("[policy", "not a TOML file", id="no TOML"),
        pytest.param(HEAD.replace("from = 2023-06-01", "from = 2023"), "from must be a date", id="a year for a date"),
        pytest.param(HEAD + RULE + RULE, "rule code used twice: a", id="a rule twice"),
        pytest.param(HEAD + RULE + 'consequence = "prison"\n', "consequence 'prison'", id="an unknown consequence"),
        pytest.param(HEAD + NUMBER + NUMBER, "set twice for the same days", id="a number twice for one day"),
        pytest.param(HEAD + '[[parameter]]\nname = "n"\nvalue = 1\n', "needs its words as quote", id="no words"),
        pytest.param(HEAD + NUMBER.replace("1", "true"), "value must be a number", id="a truth value"),
        pytest.param(HEAD + NUMBER + "to = 2020-01-01\n", "before it begins", id="ends before it begins"),
    ],
)
def test_a_faulty_policy_file_is_refused_by_name(content, message):
    with pytest.raises(PolicyError, match=message) as error:
        parse_policy(content.encode(), "x.toml")
    assert "x.toml" in str(error.value)


def test_a_rule_without_function_is_refused():
    policy = parse_policy((HEAD + RULE).encode(), "x.toml")
    with pytest.raises(PolicyError, match="no function is known as 'a'"):
        judge_class(one_class(date(2023, 6, 12), 20), policy)
    dotted = parse_policy((HEAD + RULE + 'judge = "nowhere.at:all"\n').encode(), "x.toml")
    with pytest.raises(PolicyError, match=r"cannot load nowhere\.at:all"):
        judge_class(one_class(date(2023, 6, 12), 20), dotted)
