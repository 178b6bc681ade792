"""Cases and violations: opened, grown, lapsed by closes; a person's decision about one is never undone by them.

Each run leaves a *support* for what it proposes, and supports count while their run is current. So what a case or violation
says follows from the current runs alone, in whatever order the sessions were closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select
from sqlalchemy.orm import Session as Tx

from verifier.language import Sentence, say
from verifier.records.closing import CaseProposal, SessionClose, ViolationProposal
from verifier.records.errors import PlanError
from verifier.records.names import Names
from verifier.records.outbox import CASE_OPENED, announce
from verifier.records.reading import in_parts
from verifier.records.rows import table_of
from verifier.records.tables.base import make_id
from verifier.records.tables.case import CaseRow, CaseSupportRow
from verifier.records.tables.evidence import EvidenceRow
from verifier.records.tables.run import RunRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.violation import (
    ViolationEvidenceRow,
    ViolationRow,
    ViolationSessionRow,
    ViolationSupportRow,
)
from verifier.regulation.facts import CaseState
from verifier.regulation.violation import follow_evidence

# The state of a matter that nobody has decided on; `follow_evidence` says what the evidence makes of it.
UNDECIDED = ("proposed", "lapsed")


@dataclass(frozen=True, slots=True)
class Support:
    """A support with the run it comes from and that run's session."""

    row: Any
    run: RunRow
    session: SessionRow | None

    def order(self) -> tuple[bool, datetime, str, int]:
        """By session; what belongs to no session comes last, as it is judged over the class as a whole."""
        if self.session is None:
            return (True, datetime.max.replace(tzinfo=UTC), "", self.run.ordinal)
        return (False, self.session.starts_at, self.session.code, self.run.ordinal)


def save_proposals(tx: Tx, run: RunRow, former: RunRow | None, close: SessionClose, names: Names) -> None:
    """Write what a new run proposes, and bring every matter in line that it or the former run supports."""
    for case in merge_cases(close.cases):
        _save_case(tx, run, case, names)
    for violation in merge_violations(close.violations):
        _save_violation(tx, run, violation, names)
    tx.flush()
    runs = [run.id] if former is None else [run.id, former.id]
    cases = select(CaseSupportRow.case_id).where(CaseSupportRow.run_id.in_(runs))
    for row in tx.scalars(select(CaseRow).where(CaseRow.id.in_(cases))):
        refresh_case(tx, row)
    violations = select(ViolationSupportRow.violation_id).where(ViolationSupportRow.run_id.in_(runs))
    for each in tx.scalars(select(ViolationRow).where(ViolationRow.id.in_(violations))):
        refresh_violation(tx, each, close.lapses.get(each.dedup_key))
    tx.flush()


def merge_cases(proposals: Iterable[CaseProposal]) -> list[CaseProposal]:
    """One proposal a dedup key: the most probable one."""
    found: dict[str, CaseProposal] = {}
    for each in proposals:
        other = found.get(each.dedup_key)
        if other is None or (each.probability or 0.0) > (other.probability or 0.0):
            found[each.dedup_key] = each
    return list(found.values())


def merge_violations(proposals: Iterable[ViolationProposal]) -> list[ViolationProposal]:
    """One proposal a dedup key: the first one, resting on the sessions and evidence of all."""
    found: dict[str, ViolationProposal] = {}
    for each in proposals:
        other = found.get(each.dedup_key)
        if other is not None:
            each = replace(
                other,
                session_ids=tuple(dict.fromkeys(other.session_ids + each.session_ids)),
                evidence=tuple(dict.fromkeys(other.evidence + each.evidence)),
            )
        found[each.dedup_key] = each
    return list(found.values())


def _save_case(tx: Tx, run: RunRow, proposal: CaseProposal, names: Names) -> None:
    row_id = make_id("case", names.class_number, proposal.dedup_key)
    details: dict[str, Any] = {
        "enrolment_id": names.student(proposal.student_no),
        "submission_id": names.photo(proposal.submission) if proposal.submission is not None else None,
        "box_xywh": proposal.box.xywh() if proposal.box is not None else None,
        "reason": proposal.reason.to_json(),
        "probability": None if proposal.probability is None else float(proposal.probability),
        "candidates": list(proposal.candidates) or None,
    }
    if tx.get(CaseRow, row_id) is None:
        case = CaseRow(
            id=row_id,
            class_id=run.class_id,
            kind=proposal.kind,
            dedup_key=proposal.dedup_key,
            state="proposed",
            supported=True,
            session_id=run.session_id,
            **details,
        )
        tx.add(case)
        tx.flush()
        announce_case(tx, case)
    tx.add(
        CaseSupportRow(id=make_id("case_support", str(row_id), str(run.id)), case_id=row_id, run_id=run.id, **details)
    )


def announce_case(tx: Tx, case: CaseRow) -> None:
    """Tell the office's subscribers of a case that was opened just now."""
    announce(tx, CASE_OPENED, case.class_id, case.id, {"case": str(case.id), "kind": case.kind}, office_only=True)


def _save_violation(tx: Tx, run: RunRow, proposal: ViolationProposal, names: Names) -> None:
    row_id = make_id("violation", names.class_number, proposal.dedup_key)
    reason = proposal.reason.to_json()
    if tx.get(ViolationRow, row_id) is None:
        violation = ViolationRow(
            id=row_id,
            class_id=run.class_id,
            rule=proposal.rule,
            code=proposal.code,
            dedup_key=proposal.dedup_key,
            state="proposed",
            supported=True,
            reason=reason,
        )
        tx.add(violation)
        tx.flush()
    support_id = make_id("violation_support", str(row_id), str(run.id))
    tx.add(
        ViolationSupportRow(
            id=support_id,
            violation_id=row_id,
            run_id=run.id,
            policy_name=run.policy_name,
            policy_version=run.policy_version,
            reason=reason,
            detail=dict(proposal.detail),
        )
    )
    tx.flush()
    sessions = [{"support_id": support_id, "session_id": names.session(code)} for code in set(proposal.session_ids)]
    if sessions:
        tx.execute(insert(table_of(ViolationSessionRow)), sessions)
    digests = {digest.removeprefix("sha256:") for digest in proposal.evidence}
    _require_evidence(tx, digests)
    if digests:
        tx.execute(
            insert(table_of(ViolationEvidenceRow)), [{"support_id": support_id, "sha256": each} for each in digests]
        )


def _require_evidence(tx: Tx, digests: set[str]) -> None:
    known = set(tx.scalars(select(EvidenceRow.sha256).where(EvidenceRow.sha256.in_(digests))))
    if unknown := sorted(digests - known):
        raise PlanError(f"no evidence {unknown[0]} is on record")


def read_supports(tx: Tx, matter: CaseRow | ViolationRow) -> list[Support]:
    """All supports of a case or violation, also of runs that are no longer current, in the order of their sessions."""
    model, column = (
        (CaseSupportRow, CaseSupportRow.case_id)
        if isinstance(matter, CaseRow)
        else (ViolationSupportRow, ViolationSupportRow.violation_id)
    )
    query: Any = select(model, RunRow, SessionRow)
    rows = tx.execute(
        query.join(RunRow, RunRow.id == model.run_id)
        .outerjoin(SessionRow, SessionRow.id == RunRow.session_id)
        .where(column == matter.id)
    )
    return sorted((Support(*row) for row in rows), key=Support.order)


def read_violation_supports(tx: Tx, ids: Sequence[UUID]) -> dict[UUID, list[Support]]:
    """As `read_supports`, of many violations at once."""
    found: dict[UUID, list[Support]] = {each: [] for each in ids}
    query: Any = (
        select(ViolationSupportRow, RunRow, SessionRow)
        .join(RunRow, RunRow.id == ViolationSupportRow.run_id)
        .outerjoin(SessionRow, SessionRow.id == RunRow.session_id)
    )
    for part in in_parts(ids):
        for row, run, session in tx.execute(query.where(ViolationSupportRow.violation_id.in_(part))):
            found[row.violation_id].append(Support(row, run, session))
    return {each: sorted(supports, key=Support.order) for each, supports in found.items()}


def refresh_case(tx: Tx, case: CaseRow) -> None:
    """Bring a case in line with the supports that count now."""
    supports = read_supports(tx, case)
    if not supports:
        return  # opened by people, as an inspection on site does: no run can take it back
    if _refresh_state(tx, case, supports):
        last = [each for each in supports if each.run.is_current][-1]
        case.session_id = last.run.session_id
        for name in ("enrolment_id", "submission_id", "box_xywh", "reason", "probability", "candidates"):
            setattr(case, name, getattr(last.row, name))


def refresh_violation(tx: Tx, violation: ViolationRow, why_lapsed: Sentence | None = None) -> None:
    """Bring a violation in line with the supports that count now; `why_lapsed` is what the regulation says, where it was asked."""
    supports = read_supports(tx, violation)
    if _refresh_state(tx, violation, supports, why_lapsed):
        violation.reason = [each for each in supports if each.run.is_current][-1].row.reason


def _refresh_state(
    tx: Tx, matter: CaseRow | ViolationRow, supports: list[Support], why_lapsed: Sentence | None = None
) -> bool:
    """Set whether the matter is supported, and its state as far as nobody decided. True where its words should follow."""
    supported = any(each.run.is_current for each in supports)
    undecided = matter.state in UNDECIDED
    # Asked first: a query would write the row half changed, which the database refuses.
    lapse_reason = None if supported or not undecided else _say_why_lapsed(tx, supports[-1], why_lapsed).to_json()
    matter.supported = supported
    if undecided:
        matter.state = follow_evidence(CaseState(matter.state), holds=supported).value
        matter.lapse_reason = lapse_reason
    return undecided and supported


def _say_why_lapsed(tx: Tx, last: Support, why: Sentence | None) -> Sentence:
    which = RunRow.session_id == last.run.session_id if last.run.session_id else RunRow.session_id.is_(None)
    same = (RunRow.class_id == last.run.class_id, which, RunRow.is_city.is_(last.run.is_city), RunRow.is_current)
    now = tx.scalars(select(RunRow).where(*same)).one()
    if last.run.is_city:
        return say("全市比对第 {ordinal} 次不再得出此项，提议自动失效。", ordinal=now.ordinal)
    if why is not None:
        return say("全班材料第 {ordinal} 次核验不再得出此项：{why}", ordinal=now.ordinal, why=why)
    if last.session is None:
        return say("全班材料第 {ordinal} 次核验不再得出此项，提议自动失效。", ordinal=now.ordinal)
    return say(
        "{day} 课次 {session} 第 {ordinal} 次核验不再得出此项，提议自动失效。",
        day=last.session.day.isoformat(),
        session=last.session.code,
        ordinal=now.ordinal,
    )
