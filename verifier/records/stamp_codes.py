"""Anti-counterfeit codes on record: which photo shows which, who else shows it, what its maker said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.orm import Session as Tx

from verifier.observation import fold_code, list_alike_codes
from verifier.plan import Submission
from verifier.records.rows import insert_missing
from verifier.records.submissions import order_of_receipt, submission_id
from verifier.records.tables.base import make_id
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.look import LookRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.stamp_code import CodeAnswerRow, StampCodeRow
from verifier.records.tables.training_class import ClassRow

_ASKED_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class CodeUse:
    """Another submission whose stamp shows the same code; `code` as this one's was read (O or 0).

    `stamp` is the other photo's stamp as its look has it, JSON.
    """

    code: str
    class_number: str
    session_id: str | None
    file: str
    sha256: str
    received_first: bool
    stamp: Mapping[str, Any]


def save_codes(tx: Tx, look_id: UUID, look_json: Mapping[str, Any]) -> None:
    """Keep the codes that a look shows, in the place of those it had before."""
    best: dict[str, float] = {}
    for stamp in look_json.get("stamps") or ():
        code = stamp.get("code")
        if code is not None:
            best[code["value"]] = max(best.get(code["value"], 0.0), float(code["confidence"]))
    tx.execute(delete(StampCodeRow).where(StampCodeRow.look_id == look_id))
    rows = [{"look_id": look_id, "code": code, "confidence": sure} for code, sure in sorted(best.items())]
    insert_missing(tx, StampCodeRow, rows)


def codes_of_class(
    tx: Tx, class_number: str, submissions: Iterable[Submission], versions_key: str, min_confidence: float
) -> dict[Submission, list[CodeUse]]:
    """Where else the codes of a class's photos are shown, in any class, first received first; others are left out.

    Args:
        min_confidence: What was read with less is passed over, on both sides.
    """
    own = select(SubmissionRow.sha256).where(
        SubmissionRow.class_id == make_id("class", class_number), SubmissionRow.superseded_by.is_(None)
    )
    sure = (LookRow.versions_key == versions_key) & (StampCodeRow.confidence >= min_confidence)
    own_codes = tx.scalars(
        select(StampCodeRow.code).join(LookRow, LookRow.id == StampCodeRow.look_id).where(sure, LookRow.sha256.in_(own))
    ).all()
    wanted = sorted({alike for code in own_codes for alike in list_alike_codes(code)})
    rows: list[Any] = []
    for start in range(0, len(wanted), _ASKED_AT_ONCE):
        rows += tx.execute(
            select(SubmissionRow, ClassRow.number, SessionRow.starts_at, StampCodeRow.code, LookRow.body)
            .join(ClassRow, ClassRow.id == SubmissionRow.class_id)
            .outerjoin(SessionRow, SessionRow.id == SubmissionRow.session_id)
            .join(LookRow, LookRow.sha256 == SubmissionRow.sha256)
            .join(StampCodeRow, StampCodeRow.look_id == LookRow.id)
            .where(
                sure,
                StampCodeRow.code.in_(wanted[start : start + _ASKED_AT_ONCE]),
                SubmissionRow.superseded_by.is_(None),
            )
        ).all()
    by_code: dict[str, list[Any]] = {}
    for row in sorted(rows, key=lambda row: order_of_receipt(row[0], row[1], row[2])):
        by_code.setdefault(fold_code(row[3]), []).append(row)
    places = {(row[0].id, code): place for code, group in by_code.items() for place, row in enumerate(group)}
    found: dict[Submission, list[CodeUse]] = {}
    for submission in submissions:
        own_id = submission_id(class_number, submission)
        uses = [
            use
            for code, group in sorted(by_code.items())
            if (own_id, code) in places
            for use in _describe(group, places[own_id, code], submission.sha256)
        ]
        if uses:
            found[submission] = uses
    return found


def _describe(group: Sequence[Any], own: int, sha256: str) -> list[CodeUse]:
    shown = group[own][3]
    return [
        CodeUse(shown, number, row.declared_session or None, row.file, row.sha256, place < own, _stamp_of(body, code))
        for place, (row, number, _, code, body) in enumerate(group)
        if row.sha256 != sha256
    ]


def _stamp_of(body: Mapping[str, Any], code: str) -> Mapping[str, Any]:
    stamps: list[Mapping[str, Any]] = body.get("stamps") or []
    return next((stamp for stamp in stamps if (stamp.get("code") or {}).get("value") == code), {})


def unasked_codes(tx: Tx, versions_key: str, authority: str, min_confidence: float) -> list[tuple[str, str | None]]:
    """(code, app's name) of every code that this authority has not answered about, by code."""
    # Not `NOT IN`: see `missing_looks`.
    answered = select(CodeAnswerRow.code).where(
        CodeAnswerRow.authority == authority, CodeAnswerRow.code == StampCodeRow.code
    )
    rows = tx.execute(
        select(StampCodeRow.code, LookRow.body)
        .join(LookRow, LookRow.id == StampCodeRow.look_id)
        .where(
            LookRow.versions_key == versions_key,
            StampCodeRow.confidence >= min_confidence,
            ~answered.exists(),
        )
    )
    found: dict[str, str | None] = {}
    for code, body in rows:
        found.setdefault(code, _stamp_of(body, code).get("app"))
    return sorted(found.items(), key=lambda item: item[0])


def save_answer(tx: Tx, code: str, authority: str, answer: Mapping[str, Any]) -> None:
    """Keep what an authority said; the first answer stays."""
    insert_missing(tx, CodeAnswerRow, [{"code": code, "authority": authority, "answer": dict(answer)}])


def read_answers(tx: Tx, codes: Iterable[str], authority: str) -> dict[str, dict[str, Any]]:
    """Code → what that authority said."""
    found: dict[str, dict[str, Any]] = {}
    listed = sorted(set(codes))
    for start in range(0, len(listed), _ASKED_AT_ONCE):
        part = listed[start : start + _ASKED_AT_ONCE]
        query = select(CodeAnswerRow).where(CodeAnswerRow.authority == authority, CodeAnswerRow.code.in_(part))
        found |= {row.code: row.answer for row in tx.scalars(query)}
    return found
