"""What the office plans, looks at and keeps: plans, visits, follow-ups, urgings, documents, dates, agreements."""

from __future__ import annotations

from pathlib import Path

from verifier.client import answers, bodies
from verifier.client.connection import Connection, digest_file, drop_none, name_class, quote_part


class Supervising(Connection):
    """Writes of the scope ``decisions`` about supervision. Documents are sent first and named by their digest."""

    def send_document(self, file: Path | bytes, *, key: str | None = None) -> answers.DocumentOut:
        """Store a document, recording or picture of the office's."""
        sent = self._upload("/documents", file, "document", {"sha256": digest_file(file)}, key)
        told: answers.DocumentOut = sent.json()
        return told

    def make_plan(self, number: str, plan: bodies.PlanIn, *, key: str | None = None) -> answers.PlanOut:
        """Plan a supervision and draw its people."""
        told: answers.PlanOut = self._write("POST", f"{name_class(number)}/plans", plan, key).json()
        return told

    def cancel_plan(self, plan_id: str, why: str, *, by: str | None = None, key: str | None = None) -> answers.PlanOut:
        """Cancel a plan; it stays on record."""
        path = f"/plans/{quote_part(plan_id)}/cancel"
        told: answers.PlanOut = self._write("POST", path, drop_none(why=why, by=by), key).json()
        return told

    def record_inspection(self, number: str, visit: bodies.InspectionIn, *, key: str | None = None) -> str:
        """Write down an on-site inspection (Annex 2); gives its id."""
        return self._note(f"{name_class(number)}/inspections", visit, key)

    def record_off_site(self, number: str, record: bodies.OffSiteIn, *, key: str | None = None) -> str:
        """Write down an off-site supervision (Art. 10); gives its id."""
        return self._note(f"{name_class(number)}/off-site", record, key)

    def draw_follow_ups(
        self, number: str, seed: str, *, plan: str | None = None, by: str | None = None, key: str | None = None
    ) -> answers.DrawOut:
        """Draw whom to follow up."""
        body = drop_none(seed=seed, plan=plan, by=by)
        told: answers.DrawOut = self._write("POST", f"{name_class(number)}/follow-ups", body, key).json()
        return told

    def record_call(self, number: str, draw_id: str, call: bodies.CallIn, *, key: str | None = None) -> str:
        """Write down what following up one drawn student gave (Annex 3); gives its id."""
        return self._note(f"{name_class(number)}/follow-ups/{quote_part(draw_id)}/calls", call, key)

    def urge(self, number: str, urging: bodies.UrgingIn, *, key: str | None = None) -> str:
        """Write down that the agency was urged to hand something in; gives its id."""
        return self._note(f"{name_class(number)}/urgings", urging, key)

    def answer_urging(self, urging_id: str, answer: bodies.UrgingAnswerIn, *, key: str | None = None) -> None:
        """Write down what came of an urging."""
        self._note(f"/urgings/{quote_part(urging_id)}/answers", answer, key)

    def receive_archive_item(self, number: str, item: bodies.ArchiveItemIn, *, key: str | None = None) -> str:
        """Write down that a document of the class archive came in, or is not there; gives its id."""
        return self._note(f"{name_class(number)}/archive/items", item, key)

    def save_dates(
        self, number: str, dates: bodies.DatesIn, *, etag: str = "", key: str | None = None
    ) -> tuple[answers.DatesOut, str]:
        """Write down dates and who was examined; gives what stands now, and its ETag."""
        answer = self._write("PATCH", f"{name_class(number)}/dates", dates, key, etag)
        return answer.json(), answer.headers["etag"]

    def save_agreement(
        self, agency_code: str, year: int, agreement: bodies.AgreementIn, *, etag: str = "", key: str | None = None
    ) -> tuple[answers.AgreementOut, str]:
        """Keep the year's agreement (Annex 1); gives what stands now, and its ETag."""
        path = f"/agencies/{quote_part(agency_code)}/agreements/{year}"
        answer = self._write("PUT", path, agreement, key, etag)
        return answer.json(), answer.headers["etag"]

    def _note(self, path: str, body: object, key: str | None) -> str:
        told: answers.WrittenOut = self._write("POST", path, body, key).json()
        return told["id"]
