"""The night's judging: every rule of a policy over one class or one agency.

A policy names its rules by code; `find_judge` finds the function: a built-in, one of an installed package (entry point
group ``verifier.rules``), one in a file beside the policy, or a dotted path written in the policy file.
"""

from __future__ import annotations

import hashlib
import sys
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cache, partial
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import cast

import structlog

from verifier.finding import Outcome
from verifier.language import say
from verifier.regulation.attendance_rate import judge_attendance_rate
from verifier.regulation.class_closing import judge_application, judge_archive, judge_retention
from verifier.regulation.discipline import judge_favours, judge_interests, judge_notice, judge_transport
from verifier.regulation.duties import judge_follow_up, judge_off_site, judge_on_site
from verifier.regulation.facts import AgencyFacts, ClassFacts
from verifier.regulation.filing_rules import judge_change_filing, judge_filing_lead, judge_unapproved_class
from verifier.regulation.impersonation import judge_impersonations
from verifier.regulation.ladder import judge_agency_warnings, judge_class_warnings, judge_sample
from verifier.regulation.missing_reports import judge_missing_reports
from verifier.regulation.policy import Policy, PolicyError, RuleEntry, is_file_rule
from verifier.regulation.recorded import find_recorded, judge_recorded
from verifier.regulation.remote_records import judge_online_records, judge_recordings
from verifier.regulation.result import NextStep, RuleResult
from verifier.regulation.rule import AgencyJudge, ClassJudge, Rule, bind_rule
from verifier.regulation.session_duties import judge_reports, judge_sign_ins
from verifier.regulation.sign_in_for_show import judge_sign_in_for_show
from verifier.regulation.student_hours import judge_examined
from verifier.regulation.teaching_time import judge_teaching_time
from verifier.regulation.unapproved_change import judge_unapproved_change
from verifier.regulation.urged_materials import judge_urged_materials

_log = structlog.get_logger(__name__)

ENTRY_POINT_GROUP = "verifier.rules"

CLASS_RULES: dict[str, ClassJudge] = {
    "unapproved_class": judge_unapproved_class,
    "hours_cut": judge_teaching_time,
    "three_impersonations_on_site": judge_impersonations,
    "attendance_below_80_percent": judge_attendance_rate,
    "unapproved_change": judge_unapproved_change,
    "sign_in_for_show": judge_sign_in_for_show,
    "reports_missing_7_hours": judge_missing_reports,
    "materials_late_after_urging": judge_urged_materials,
    "half_of_sample_false": judge_sample,
    "two_warnings_of_one_class": judge_class_warnings,
    "filed_7_to_10_working_days_ahead": judge_filing_lead,
    "changes_filed_3_working_days_ahead": judge_change_filing,
    "photo_reports_each_half_day": judge_reports,
    "sign_in_each_half_day": judge_sign_ins,
    "exam_only_from_80_percent_of_hours": judge_examined,
    "online_sessions_recorded": judge_online_records,
    "mobile_sessions_recorded": judge_recordings,
    "archive_complete": judge_archive,
    "archive_kept_3_years": judge_retention,
    "subsidy_applied_within_2_months": judge_application,
    "on_site_once": judge_on_site,
    "off_site_twice": judge_off_site,
    "follow_up_20_percent": judge_follow_up,
    "no_notice_before_inspection": judge_notice,
    "no_transport_of_agency": judge_transport,
    "no_favours_of_agency": judge_favours,
    "inspectors_without_interest": judge_interests,
    "recorded_by_people": judge_recorded,
}
AGENCY_RULES: dict[str, AgencyJudge] = {
    "five_warnings_in_a_year": judge_agency_warnings,
    "agency_recorded_by_people": judge_recorded,
}


@dataclass(frozen=True, slots=True)
class _Bound:
    """A rule with its function. `for_agency` tells which facts the function takes."""

    rule: Rule
    judge: ClassJudge | AgencyJudge
    for_agency: bool


def judge_class(facts: ClassFacts, policy: Policy, codes: Collection[str] | None = None) -> tuple[RuleResult, ...]:
    """Apply every class rule of the policy (or those of `codes`) to one class, in the policy's order.

    Every rule leaves at least one result: one that crashes leaves NOT_RUN, and the others still judge.

    Raises:
        ValueError: the sessions are not in time order, which streaks depend on.
        PolicyError: the policy names a rule that has no function.
        KeyError: `codes` names a rule that the policy does not have.
    """
    for before, after in pairwise(facts.sessions):
        if after.session.starts_at < before.session.starts_at:
            raise ValueError(
                f"class {facts.training.number}: session {after.session.id} starts before {before.session.id}"
            )
    results: list[RuleResult] = []
    for bound in _choose(policy, codes, for_agency=False):
        judge = cast(ClassJudge, bound.judge)
        results += _judge_safely(partial(judge, facts, bound.rule), bound.rule, facts.training.number)
        if bound.judge is not judge_recorded:
            results += find_recorded(facts, bound.rule)
    return tuple(results)


def judge_agency(facts: AgencyFacts, policy: Policy, codes: Collection[str] | None = None) -> tuple[RuleResult, ...]:
    """Apply every agency rule of the policy (or those of `codes`) to one agency; see `judge_class`."""
    results: list[RuleResult] = []
    for bound in _choose(policy, codes, for_agency=True):
        judge = cast(AgencyJudge, bound.judge)
        results += _judge_safely(partial(judge, facts, bound.rule), bound.rule, facts.agency.code)
        if bound.judge is not judge_recorded:
            results += find_recorded(facts, bound.rule)
    return tuple(results)


def _choose(policy: Policy, codes: Collection[str] | None, *, for_agency: bool) -> list[_Bound]:
    for code in codes or ():
        policy.rule(code)
    return [
        bound
        for bound in _bind_all(policy)
        if bound.for_agency is for_agency and (codes is None or bound.rule.citation.code in codes)
    ]


# A policy is a value with a digest; binding it anew for each of a thousand classes would import nothing new.
_bound: dict[str, tuple[_Bound, ...]] = {}


def _bind_all(policy: Policy) -> tuple[_Bound, ...]:
    key = str(policy.ref)
    if key not in _bound:
        _bound[key] = tuple(_bind(entry, policy) for entry in policy.rules)
    return _bound[key]


def _bind(entry: RuleEntry, policy: Policy) -> _Bound:
    judge, for_agency = find_judge(entry)
    return _Bound(bind_rule(policy, entry.citation.code), judge, for_agency)


def find_judge(entry: RuleEntry) -> tuple[ClassJudge | AgencyJudge, bool]:
    """The function of a rule, and whether it takes an agency's facts.

    Raises:
        PolicyError: no function is known under the name.
    """
    name = entry.judge
    if name in CLASS_RULES:
        return CLASS_RULES[name], False
    if name in AGENCY_RULES:
        return AGENCY_RULES[name], True
    offered = _offered_rules()
    judge = offered.get(name) or (_import_judge(entry) if ":" in name else None)
    if judge is None:
        raise PolicyError(f"rule {entry.citation.code}: no function is known as {name!r}")
    return judge, bool(getattr(judge, "for_agency", False))


@cache
def _offered_rules() -> dict[str, Callable[..., tuple[RuleResult, ...]]]:
    return {point.name: point.load() for point in entry_points(group=ENTRY_POINT_GROUP)}


def _import_judge(entry: RuleEntry) -> Callable[..., tuple[RuleResult, ...]]:
    name, _, function = entry.judge.rpartition(":")
    try:
        module = _load_file(name, Path(name).read_bytes()) if is_file_rule(entry.judge) else import_module(name)
        return cast("Callable[..., tuple[RuleResult, ...]]", getattr(module, function))
    except (ImportError, AttributeError) as error:
        raise PolicyError(f"rule {entry.citation.code}: cannot load {entry.judge}: {error}") from error
    except Exception as error:
        # Their file may fail in any way while it is read.
        raise PolicyError(f"{name}: {type(error).__name__}: {error}") from error


@cache
def _load_file(name: str, content: bytes) -> ModuleType:
    """A policy's own file of rules, as a module that nobody can import; once for each content it has had."""
    unique = f"rules_of_{hashlib.sha256(content).hexdigest()[:12]}"
    spec = spec_from_file_location(unique, name)
    if spec is None or spec.loader is None:
        raise ImportError(f"{name} is no Python file")
    module = module_from_spec(spec)
    sys.modules[unique] = module  # dataclasses look their module up there
    spec.loader.exec_module(module)
    return module


def _judge_safely(judge: Callable[[], tuple[RuleResult, ...]], rule: Rule, subject: str) -> tuple[RuleResult, ...]:
    try:
        return judge()
    except Exception as error:  # noqa: BLE001 - one broken rule must not silence the others; it is logged and shown
        _log.exception("rule_crashed", rule=rule.citation.code, subject=subject, policy=str(rule.policy.ref))
        reason = say(
            "规则{label}未能执行（{error}），属系统原因，不影响当事人。",
            label=rule.citation.label,
            error=type(error).__name__,
        )
        return (rule.answer(Outcome.NOT_RUN, reason, subject, next_step=NextStep.NOTHING),)
