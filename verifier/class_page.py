"""Everything about one class that its page shows, JSON-ready: who was there, hours, duties, matters, papers. Reading only.

Sums and codes instead of whole records: a class of 60 students and 60 sessions is read in a fraction of a second.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from sqlalchemy.orm import Session as Tx

from verifier.answers import describe_case, describe_session, describe_violation
from verifier.class_standing import describe_due, describe_notice, describe_sanction, view_due
from verifier.matter_states import SETTLED_STATES, SHOWN_STATES
from verifier.paperwork import describe_archive
from verifier.records.class_grid import count_photos, read_presence_codes
from verifier.records.filing import read_training
from verifier.records.listing import Asked, find_page
from verifier.records.lists import list_findings_for
from verifier.records.matters import read_cases, read_violations
from verifier.records.notices import read_notices, read_sanctions
from verifier.records.plans import BUREAU, require_visible
from verifier.records.reading import read_sessions
from verifier.regulation.policy import Policy
from verifier.standing import view_class
from verifier.supervision_history import describe_dates

MOST_FINDINGS = 12  # the rest is a list of its own


def view_class_page(
    tx: Tx, policy: Policy, number: str, as_of: date, language: str | None = None, *, viewer: str = BUREAU
) -> dict[str, Any]:
    """One class as its page shows it.

    Args:
        viewer: `BUREAU`, or an agency's code: then without the office's duties and plans, and of the matters what is settled
            (Art. 14(1)).
    Raises:
        NotInRecordsError: there is no such class, or none that this viewer may see.
    """
    require_visible(tx, number, viewer)
    training = read_training(tx, number)
    sessions = read_sessions(tx, number, with_details=False)
    photos, loose = count_photos(tx, number)
    standing = view_class(tx, number, policy)
    (due,) = view_due(tx, policy, as_of, number, viewer=viewer, training=training)
    return {
        "training": {
            "number": number, "agency": training.agency.name, "agency_code": training.agency.code,
            "occupation": training.occupation, "level": training.level, "term": training.term,
            "venue": training.venue.name, "students": len(training.students), "sessions": len(training.sessions),
            "teachers": [{"number": each.number, "name": each.name} for each in training.teachers],
        },
        "sessions": [describe_session(each, language) for each in sessions],
        "presence": read_presence_codes(tx, number),
        "students": standing["students"],
        "eligibility": standing["eligibility"],
        "attendance": standing["class"],
        "photos": photos,
        "loose": loose,
        "due": describe_due(due, language),
        "archive": describe_archive(tx, policy, number, training),
        "dates": describe_dates(tx, number),
        **_describe_matters(tx, policy, number, language, viewer),
        **_find_pressing(tx, number, language, viewer),
    }  # fmt: skip


def _describe_matters(tx: Tx, policy: Policy, number: str, language: str | None, viewer: str) -> dict[str, Any]:
    states = SHOWN_STATES if viewer == BUREAU else SETTLED_STATES
    sanctions = [describe_sanction(each, language) for each in read_sanctions(tx, number)]
    return {
        "cases": [describe_case(each, language) for each in read_cases(tx, number, states=states)],
        "violations": [describe_violation(each, policy, language) for each in read_violations(tx, number, states=states)],
        "notices": [describe_notice(each) for each in read_notices(tx, number)],
        "sanctions": [each for each in sanctions if viewer == BUREAU or each["state"] == "issued"],
    }  # fmt: skip


def _find_pressing(tx: Tx, number: str, language: str | None, viewer: str) -> dict[str, Any]:
    """What the checks could not pass, the worst first."""
    listing = list_findings_for(None if viewer == BUREAU else viewer)
    asked = Asked(filters={"number": number, "outcome": "pressing"}, sort="severity", limit=MOST_FINDINGS)
    found = find_page(tx, listing, asked)
    return {
        "findings": [
            {
                **{name: row[name] for name in ("outcome", "check", "session", "file")},
                "reason": row["reason"].text(language), "photo_id": str(row["photo_id"]) if row["photo_id"] else None,
                "day": row["day"].isoformat() if row["day"] else None,
            }
            for row in found.rows
        ],
        "findings_count": found.total,
    }  # fmt: skip
