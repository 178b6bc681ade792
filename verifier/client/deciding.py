"""What people of the office decide: matters, sanctions, notices. A program names in `by` whose decision it passes on."""

from __future__ import annotations

from typing import Literal

from verifier.client import answers, bodies
from verifier.client.connection import Connection, drop_none, name_class, quote_part

Verdict = Literal["confirm", "dismiss", "needs_on_site"]


class Deciding(Connection):
    """Writes of the scope ``decisions`` about matters. What the law gives to two people takes two."""

    def decide_case(
        self, case_id: str, verdict: Verdict, why: str, *, by: str | None = None, key: str | None = None
    ) -> answers.DecidedOut:
        """Confirm or dismiss a case, or ask for a check on site."""
        return self._decide(f"/cases/{quote_part(case_id)}/decisions", verdict, why, by, key)

    def decide_violation(
        self, violation_id: str, verdict: Verdict, why: str, *, by: str | None = None, key: str | None = None
    ) -> answers.DecidedOut:
        """Confirm or dismiss a violation, or ask for a check on site."""
        return self._decide(f"/violations/{quote_part(violation_id)}/decisions", verdict, why, by, key)

    def decide_sanction(
        self, sanction_id: str, verdict: Literal["confirm", "dismiss", "withdraw"], why: str, *, by: str | None = None,
        key: str | None = None,
    ) -> answers.SanctionOut:  # fmt: skip
        """Issue, dismiss or withdraw a sanction."""
        body = drop_none(verdict=verdict, why=why, by=by)
        path = f"/sanctions/{quote_part(sanction_id)}/decisions"
        told: answers.SanctionOut = self._write("POST", path, body, key).json()
        return told

    def withdraw_decision(
        self, decision_id: str, why: str, *, by: str | None = None, key: str | None = None
    ) -> answers.DecidedOut:
        """Take a decision back; it stays visible."""
        path = f"/decisions/{quote_part(decision_id)}/withdraw"
        told: answers.DecidedOut = self._write("POST", path, drop_none(why=why, by=by), key).json()
        return told

    def preview_notice(self, number: str, draft: bodies.NoticeDraftIn) -> answers.NoticeTextOut:
        """What a notice would print; nothing is written."""
        path = f"{name_class(number)}/notices/preview"
        told: answers.NoticeTextOut = self._ask("POST", path, json=draft).json()  # no write, so no key
        return told

    def issue_notice(self, number: str, notice: bodies.NoticeIn, *, key: str | None = None) -> answers.NoticeOut:
        """Issue a notice for confirmed violations."""
        told: answers.NoticeOut = self._write("POST", f"{name_class(number)}/notices", notice, key).json()
        return told

    def void_notice(
        self, notice_id: str, why: str, *, by: str | None = None, key: str | None = None
    ) -> answers.NoticeOut:
        """Void a notice: it keeps its number and counts no more."""
        path = f"/notices/{quote_part(notice_id)}/void"
        told: answers.NoticeOut = self._write("POST", path, drop_none(why=why, by=by), key).json()
        return told

    def save_record(self, record: bodies.RecordIn, *, key: str | None = None) -> str:
        """Write down what only a person can establish, under a rule; gives its id."""
        told: answers.WrittenOut = self._write("POST", "/records", record, key).json()
        return told["id"]

    def withdraw_record(self, record_id: str, why: str, *, by: str | None = None, key: str | None = None) -> None:
        """Take a record back; it stays visible."""
        self._write("POST", f"/records/{quote_part(record_id)}/withdraw", drop_none(why=why, by=by), key)

    def _decide(self, path: str, verdict: str, why: str, by: str | None, key: str | None) -> answers.DecidedOut:
        told: answers.DecidedOut = self._write("POST", path, drop_none(verdict=verdict, why=why, by=by), key).json()
        return told
