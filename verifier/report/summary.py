"""What an answer adds up to: the numbers behind the charts, and what waits for a person. Plain dicts in, plain values out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from verifier.matter_states import OPEN_STATES

Answer = dict[str, Any]
SETTLED = ("passed", "not_applicable")  # nobody has to look
WORST_FIRST = ("failed", "not_run", "unsure", "passed", "not_applicable")


@dataclass(frozen=True, slots=True)
class AttendanceBar:
    """One session's attendance. Rates are shares from 0 to 1; None where nobody could be expected or nothing was counted.

    `minimum` is the lowest lawful rate it was judged by; None where no law of its day names one.
    """

    session_id: str
    day: str
    period: str
    low: float | None
    high: float | None
    present: int
    unsure: int
    expected: int
    minimum: float | None = None


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that a person must decide on. `kind` is ``case`` or ``violation``, `item` its entry in the answer."""

    kind: str
    item: Answer


@dataclass(frozen=True, slots=True)
class Located:
    """One finding with what it is about: `photo` or `session` is set."""

    finding: Answer
    photo: Answer | None = None
    session: Answer | None = None


def list_attendance(answer: Answer) -> dict[str, list[AttendanceBar]]:
    """Class number → its closed sessions in time order."""
    found: dict[str, list[AttendanceBar]] = {}
    for session in sorted(answer["sessions"], key=lambda one: (one["class"], one.get("starts_at") or "", one["id"])):
        if not session.get("closed", True):
            continue
        rate = session.get("rate")
        low, high = session.get("rate_low"), session.get("rate_high")
        found.setdefault(session["class"], []).append(
            AttendanceBar(
                session["id"],
                session["date"],
                session["period"],
                rate if low is None else low,
                rate if high is None else high,
                session.get("present") or 0,
                session.get("unsure") or 0,
                session.get("expected") or 0,
                _find_minimum(session),
            )
        )
    return found


def _find_minimum(session: Answer) -> float | None:
    for finding in session.get("findings", ()):
        if finding["check"] == "session.attendance":
            minimum = finding.get("measured", {}).get("minimum")
            return None if minimum is None else float(minimum)
    return None


def list_rates(answer: Answer) -> list[Answer]:
    """One line a class with its closed sessions together, then one an agency: numerator, denominator, rate, eligibility.

    An agency answers for all its classes on record, whatever the answer shows of them.
    """
    lines = [
        {"kind": "class", "name": one["number"], "eligibility": one.get("eligibility") or {}, **one["attendance"]}
        for one in answer.get("classes", ())
        if one.get("attendance") and one["attendance"]["closed"]
    ]
    lines += [{"kind": "agency", "eligibility": {}, **one} for one in answer.get("agencies", ()) if one["closed"]]
    return lines


def count_flags(answer: Answer) -> tuple[Counter[str], Counter[str]]:
    """What is open: proposed violations by rule label, and cases by kind."""
    rules = Counter(item.get("label") or item["rule"] for item in answer["violations"] if item["state"] in OPEN_STATES)
    kinds = Counter(item["kind"] for item in answer["cases"] if item["state"] in OPEN_STATES)
    return rules, kinds


def count_outcomes(answer: Answer) -> dict[str, Counter[str]]:
    """Check id → how often each outcome came out, over photos and closed sessions; checks in the order they first appear."""
    found: dict[str, Counter[str]] = {}
    for located in iterate_findings(answer):
        found.setdefault(located.finding["check"], Counter())[located.finding["outcome"]] += 1
    return found


def iterate_findings(answer: Answer) -> Iterator[Located]:
    """Every finding of the answer, photos first."""
    for photo in answer["photos"]:
        for finding in photo["findings"]:
            yield Located(finding, photo=photo)
    for session in answer["sessions"]:
        for finding in session["findings"]:
            yield Located(finding, session=session)


def list_findings(answer: Answer, outcome: str) -> list[Located]:
    """All findings with one outcome."""
    return [located for located in iterate_findings(answer) if located.finding["outcome"] == outcome]


def list_waiting(answer: Answer) -> list[Waiting]:
    """What waits for a person: violations first, as an agency is accused; then cases, the likeliest first."""
    violations = [item for item in answer["violations"] if item["state"] in OPEN_STATES]
    cases = [item for item in answer["cases"] if item["state"] in OPEN_STATES]
    cases.sort(key=lambda case: (-(case.get("probability") or 0.0), case.get("session") or "", case["id"]))
    return [*(Waiting("violation", item) for item in violations), *(Waiting("case", item) for item in cases)]


def list_pictured(answer: Answer) -> list[Answer]:
    """The photos worth a picture in a report: those with an open case, then every other failed one."""
    with_case = {case.get("photo_id") for case in answer["cases"] if case["state"] in OPEN_STATES}
    pictured = [photo for photo in answer["photos"] if photo["outcome"] == "failed" or photo["id"] in with_case]
    return sorted(pictured, key=lambda photo: (photo["id"] not in with_case, photo.get("session") or "", photo["file"]))


def list_unclosed(answer: Answer) -> list[Answer]:
    """Sessions without a close, with the reason where the night gave one: ``class``, ``session``, ``reason``."""
    told = {(item["class"], item.get("session")): item for item in answer.get("not_closed", ())}
    for session in answer["sessions"]:
        if not session["closed"]:
            told.setdefault(
                (session["class"], session["id"]), {"class": session["class"], "session": session["id"], "reason": ""}
            )
    return sorted(told.values(), key=lambda item: (item["class"], item.get("session") or ""))


def sort_findings(findings: list[Answer]) -> list[Answer]:
    """What matters first: failed, not run, unsure, then the rest, each in the pipeline's order."""
    return sorted(findings, key=lambda one: WORST_FIRST.index(one["outcome"]) if one["outcome"] in WORST_FIRST else 0)


def is_drawable(photo: Answer) -> bool:
    """Whether a copy may be drawn: a file that could not be decoded safely must not be decoded again for its picture."""
    return not any(
        finding["check"] == "photo.decodes" and finding["outcome"] in ("failed", "not_run")
        for finding in photo["findings"]
    )
