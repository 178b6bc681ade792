"""Forms filled as far as the facts go: what is left blank is for people to find out, decide and sign."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from verifier.plan import TrainingClass
from verifier.regulation.attendance_rate import count_presences
from verifier.regulation.drawing import Draw
from verifier.regulation.facts import CaseState, SessionFacts
from verifier.regulation.forms import FollowUpForm, FollowUpLine, OnSiteForm, RectificationNotice
from verifier.regulation.result import Consequence
from verifier.regulation.violation import Violation


def draft_notice(
    training: TrainingClass,
    violations: Sequence[Violation],
    *,
    number: str,
    found_on: date,
    issued_on: date,
    supervision: Sequence[str],
    office: str,
) -> RectificationNotice:
    """Annex 4 for confirmed violations of one class: one notice, however many, is one written warning.

    Args:
        number: As `next_notice_number` gave it and the records allotted it.
        supervision: How it was found: of ``现场监管``, ``非现场监管``, ``跟踪回访``.
    Raises:
        ValueError: a violation is of another class, is not confirmed, or leads to no warning; or there is none.
    """
    if not violations:
        raise ValueError("a notice needs at least one violation")
    for each in violations:
        if each.result.subject != training.number:
            raise ValueError(f"{each.key} is of {each.result.subject}, not of {training.number}")
        if each.state is not CaseState.CONFIRMED:
            raise ValueError(f"{each.key} is {each.state}: only confirmed violations go into a notice")
        if each.result.consequence is not Consequence.WARNING:
            raise ValueError(f"{each.key} leads to {each.result.consequence}, not to a warning")
    first = min((session.day for session in training.sessions), default=found_on)
    return RectificationNotice(
        number=number, agency=training.agency.name, found_on=found_on, class_year=first.year, term=training.term,
        class_name=training.occupation, supervision=tuple(supervision), office=office, issued_on=issued_on,
        problems=tuple(f"{each.result.reason.text('zh_CN')}（{each.result.citation.article}）" for each in violations),
    )  # fmt: skip


def draft_on_site_form(training: TrainingClass, session: SessionFacts) -> OnSiteForm:
    """Annex 2 for the session that is visited: class and place, and who is expected. What is seen is left blank."""
    return OnSiteForm(
        place=session.session.venue.name, agency=training.agency.name, project=training.project_type,
        occupation_and_level=f"{training.occupation} {training.level}".strip(),
        expected=count_presences(session.students).expected or len(training.students) or None,
    )  # fmt: skip


def draft_follow_up_form(
    training: TrainingClass, draw: Draw, *, office: str, by: str, show_number: Callable[[str], str]
) -> FollowUpForm:
    """Annex 3 for the students of a draw; the answers are left blank.

    Args:
        show_number: How ID numbers and phones are to be shown, e.g. masked; they are sensitive.
    Raises:
        ValueError: somebody was drawn who is not on the roster.
    """
    roster = {student.student_no: student for student in training.students}
    if strangers := [each for each in draw.chosen if each not in roster]:
        raise ValueError(f"drawn, but not on the roster of {training.number}: {', '.join(strangers)}")
    days = sorted(session.day for session in training.sessions)
    # Dots and lines of its own: the box is narrow, and breaks dates at their hyphens.
    when = f"{days[0]:%Y.%m.%d}至\n{days[-1]:%Y.%m.%d}\n" if days else ""
    return FollowUpForm(
        office=office, by=by, project=training.project_type, agency=training.agency.name,
        training_time_and_term=f"{when}第{training.term}期", occupation=training.occupation,
        lines=tuple(
            FollowUpLine(roster[no].name, show_number(roster[no].id_number), show_number(roster[no].phone), "")
            for no in draw.chosen
        ),
    )  # fmt: skip
