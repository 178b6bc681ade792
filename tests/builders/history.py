"""Three months of one agency with twelve classes, made from a seed: each class has a story that leads to a rung of the ladder.

Plain values only. `a_history(seed).facts_on(number, day)` is what was known about a class on the evening of that day;
late photos and people's records appear when they came. Nothing in a story depends on what the rules answer.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from datetime import date, timedelta

from tests.builders.regulation import AGENCY, VENUE, a_roster, half_days
from verifier.finding import Outcome
from verifier.plan import ProjectType, TrainingClass
from verifier.regulation.facts import (
    CaseSource,
    CaseState,
    ClassFacts,
    FaceSeen,
    FollowUp,
    ImpersonationCase,
    OffSiteSupervision,
    OnSiteInspection,
    PhotoReport,
    Presence,
    ReportState,
    Sample,
    Seen,
    SessionFacts,
    SignInFact,
    StudentFact,
    TeachingSeen,
)

FIRST_DAY = date(2023, 6, 12)
LAST_DAY = date(2023, 9, 10)
SESSIONS = 16  # of four standard hours: 64 hours, eight weekdays
STUDENTS = 20

# What happens in each class, and what should come of it when an office confirms what is proposed.
STORIES = {
    0: "flawless",
    1: "half the students stay away for a day",
    2: "no photos for a day",
    3: "one phone signs for five students, and again after the warning",
    4: "half the students stay away for a day, and a week later no photos come for a day",
    5: "another teacher than the filed one",
    6: "no photos for a day, but they come the evening after",
    7: "our own storage was down for a week",
    8: "three impersonations found on site",
    9: "half of those called were never there",
    10: "faces that could not be read",
    11: "half the students stay away for a day, with an excuse that the inspector accepts",
}


@dataclass(frozen=True)
class History:
    """The generated classes. `complete` holds each as it stands when everything has come in."""

    complete: tuple[ClassFacts, ...]
    late: dict[tuple[int, str], date]  # (class, session) → the day its photo report came

    def facts_on(self, number: int, day: date) -> ClassFacts:
        """What was known about a class on the evening of that day."""
        facts = self.complete[number]
        sessions = []
        for each in facts.sessions:
            if each.session.day > day:
                continue
            if self.late.get((number, each.session.id), day) > day:
                each = replace(each, reports=(PhotoReport(ReportState.MISSING),))
            sessions.append(each)
        ended = facts.sessions[-1].session.day <= day
        return replace(
            facts, as_of=day, sessions=tuple(sessions),
            first_teaching=facts.first_teaching if sessions else None,
            cases=tuple(each for each in facts.cases if each.session_id in {one.session.id for one in sessions}),
            inspections=tuple(each for each in facts.inspections if each.day <= day),
            off_site=tuple(each for each in facts.off_site if each.day <= day),
            samples=tuple(each for each in facts.samples if each.day <= day),
            follow_ups=tuple(each for each in facts.follow_ups if each.day <= day) if ended else (),
        )  # fmt: skip


def a_history(seed: int = 2023) -> History:
    """Make the twelve classes, one a week from 12 June on."""
    dice = random.Random(seed)
    late: dict[tuple[int, str], date] = {}
    classes = tuple(_make_class(number, dice, late) for number in range(len(STORIES)))
    return History(classes, late)


def _make_class(number: int, dice: random.Random, late: dict[tuple[int, str], date]) -> ClassFacts:
    plan = half_days(SESSIONS, FIRST_DAY + timedelta(days=7 * number))
    begins, ends = plan[0].day, plan[-1].day
    training = TrainingClass(
        number=f"YY-2023-{number:04}", agency=AGENCY, venue=VENUE, project_type=ProjectType.SKILLS, occupation="中式面点师",
        level="初级", term=number + 1, planned_hours=4 * SESSIONS, timezone="Asia/Shanghai",
        filed_on=begins - timedelta(days=13), approved_on=begins - timedelta(days=6), supervisor="李老师",
        sessions=tuple(plan), students=a_roster(STUDENTS),
    )  # fmt: skip
    sessions = []
    for index, session in enumerate(plan):
        facts = _make_session(session, dice)
        facts = _tell(number, index, facts, late, dice)
        sessions.append(facts)
    visit = OnSiteInspection(f"visit-{number}", plan[4].day, ("甲检查员", "乙检查员"), (f"sha256:visit-{number}",))
    facts = ClassFacts(
        training, ends, tuple(sessions), first_teaching=TeachingSeen(begins, (f"sha256:{plan[0].id}-{number}",)),
        inspections=(visit,),
        off_site=tuple(OffSiteSupervision(f"off-{number}-{n}", plan[6 + n].day, "video", "甲检查员") for n in range(2)),
        follow_ups=tuple(FollowUp(f"S{n:02}", ends + timedelta(days=2), "甲检查员", recording="call") for n in range(1, 5)),
    )  # fmt: skip
    if number == 8:
        cases = tuple(
            ImpersonationCase(
                f"case-{n}", f"S{n:02}", plan[4].id, CaseSource.ON_SITE, CaseState.CONFIRMED, (f"sha256:face-{n}",),
                visit.reference,
            )
            for n in range(1, 4)
        )  # fmt: skip
        facts = replace(facts, cases=cases)
    if number == 9:
        facts = replace(
            facts, samples=(Sample("calls-9", ends + timedelta(days=2), "phone", 4, 2, 0, ("sha256:calls",)),)
        )
    return facts


def _make_session(session, dice) -> SessionFacts:
    """An ordinary session: nearly everybody comes, signs in with their own phone, and the report arrives."""
    people, signed = [], []
    for index in range(1, STUDENTS + 1):
        student_no = f"S{index:02}"
        present = dice.random() < 0.97
        photo = f"sha256:{session.id}-{session.starts_at:%H}"
        people.append(
            StudentFact(
                student_no, Presence.PRESENT if present else Presence.ABSENT,
                FaceSeen.SEEN if present else FaceSeen.CANNOT_TELL, (photo,),
            )
        )  # fmt: skip
        if present:
            at = session.starts_at - timedelta(seconds=dice.uniform(10, 1200))
            signed.append(
                SignInFact(
                    student_no,
                    at,
                    "xiangjiuye",
                    f"phone-{student_no}",
                    distance_m=dice.uniform(0, 200),
                    evidence=f"sha256:sign-ins-{session.id}",
                )
            )
    # Chance alone must not push an ordinary session below 80 %: 16 of 20.
    while sum(each.presence is Presence.PRESENT for each in people) < 17:
        index = next(n for n, each in enumerate(people) if each.presence is Presence.ABSENT)
        people[index] = replace(people[index], presence=Presence.PRESENT)
    fine = Seen(Outcome.PASSED)
    return SessionFacts(
        session, tuple(people), (PhotoReport(ReportState.COMPLETE, (f"sha256:{session.id}",)),), sign_ins=tuple(signed),
        teacher=fine, place=fine, timetable=fine,
    )  # fmt: skip


def _tell(number, index, facts, late, dice) -> SessionFacts:
    """Put the class's story into one session."""
    half_empty = tuple(
        replace(each, presence=Presence.ABSENT) if n % 2 else each for n, each in enumerate(facts.students)
    )  # fmt: skip
    no_report = (PhotoReport(ReportState.MISSING),)
    if number in (1, 4, 11) and index in (2, 3):
        return replace(facts, students=half_empty)
    if (number == 2 and index in (4, 5)) or (number == 4 and index in (12, 13)):
        return replace(facts, reports=no_report)
    if number == 3 and index in (2, 3, 6, 7, 12, 13):
        begins = facts.session.starts_at - timedelta(minutes=dice.randrange(5, 15))
        shared = tuple(
            replace(each, device="phone-S01", signed_at=begins + timedelta(seconds=4 * n)) if n < 5 else each
            for n, each in enumerate(facts.sign_ins)
        )
        return replace(facts, sign_ins=shared)
    if number == 5 and index in (8, 9):
        return replace(facts, teacher=Seen(Outcome.FAILED, (f"sha256:{facts.session.id}",), "照片中授课的是T02王某"))
    if number == 6 and index in (4, 5):
        late[number, facts.session.id] = facts.session.day + timedelta(days=1)
    if number == 7 and index in range(4, 10):
        lost = tuple(replace(each, presence=Presence.NOT_RUN, face=FaceSeen.NOT_RUN) for each in facts.students)
        return replace(facts, students=lost, reports=(PhotoReport(ReportState.NOT_RUN),))
    if number == 10:
        doubtful = tuple(
            replace(each, presence=Presence.UNSURE, face=FaceSeen.CANNOT_TELL) if n % 2 else each
            for n, each in enumerate(facts.students)
        )
        return replace(facts, students=doubtful)
    return facts
