"""Facts for the rules of the regulation: a class of 80 hours, and whatever a test wants to be different."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from verifier.plan import Agency, Period, ProjectType, Session, Student, TrainingClass, Venue
from verifier.regulation.facts import (
    ClassFacts,
    FaceSeen,
    PhotoReport,
    Presence,
    ReportState,
    SessionFacts,
    SignInFact,
    StudentFact,
)

SHANGHAI = ZoneInfo("Asia/Shanghai")
FIRST_DAY = date(2023, 6, 12)  # a Monday
AGENCY = Agency("益阳市示范职业培训学校", "52430900MJJ000001X")
VENUE = Venue("本部二楼203教室", "湖南省益阳市赫山区", 112.355129, 28.570066, radius_m=300)
_HOURS = {
    Period.MORNING: (time(8, 30), time(11, 50)),
    Period.AFTERNOON: (time(14, 0), time(17, 20)),
    Period.EVENING: (time(19, 0), time(21, 0)),
}


def at(day: date, clock: str) -> datetime:
    """A moment in Shanghai: ``at(FIRST_DAY, "09:12")`` or with seconds."""
    return datetime.combine(day, time.fromisoformat(clock), SHANGHAI)


def a_session(day: date = FIRST_DAY, period: Period = Period.MORNING, **changes: Any) -> Session:
    """One planned session of four standard hours."""
    starts, ends = _HOURS[period]
    short = {Period.MORNING: "am", Period.AFTERNOON: "pm", Period.EVENING: "ev"}[period]
    session = Session(
        id=f"{day.isoformat()}-{short}", day=day, period=period, starts_at=datetime.combine(day, starts, SHANGHAI),
        ends_at=datetime.combine(day, ends, SHANGHAI), hours=4, venue=VENUE, teacher_number="T01",
    )  # fmt: skip
    return replace(session, **changes)


def half_days(count: int, first: date = FIRST_DAY) -> list[Session]:
    """So many sessions, mornings and afternoons on one weekday after the other."""
    sessions: list[Session] = []
    day = first
    while len(sessions) < count:
        if day.weekday() < 5:
            sessions += [a_session(day, Period.MORNING), a_session(day, Period.AFTERNOON)]
        day += timedelta(days=1)
    return sessions[:count]


def numbers(count: int, first: int = 1) -> list[str]:
    """Student numbers S01, S02, …"""
    return [f"S{number:02}" for number in range(first, first + count)]


def a_roster(count: int) -> tuple[Student, ...]:
    """Students S01, S02, …"""
    return tuple(Student(no, f"学员{no}") for no in numbers(count))


def students(
    present: int = 0, absent: int = 0, unsure: int = 0, leave: int = 0, not_run: int = 0
) -> tuple[StudentFact, ...]:
    """So many students of each state, numbered on."""
    states = (
        [Presence.PRESENT] * present + [Presence.ABSENT] * absent + [Presence.UNSURE] * unsure
        + [Presence.LEAVE] * leave + [Presence.NOT_RUN] * not_run
    )  # fmt: skip
    return tuple(
        StudentFact(no, state, FaceSeen.CANNOT_TELL, (f"photo-of-{no}",))
        for no, state in zip(numbers(len(states)), states, strict=True)
    )


def a_report(state: ReportState = ReportState.COMPLETE) -> PhotoReport:
    """One photo report."""
    return PhotoReport(state)


def session_facts(session: Session | None = None, **changes: Any) -> SessionFacts:
    """A session with a full room and its photo report."""
    facts = SessionFacts(session or a_session(), students=students(present=10), reports=(a_report(),))
    return replace(facts, **changes)


def a_class(sessions: Sequence[SessionFacts] | Iterable[SessionFacts] = (), **changes: Any) -> ClassFacts:
    """A class approved in time, with these sessions."""
    sessions = tuple(sessions)
    training = TrainingClass(
        number="YY-2023-0071", agency=AGENCY, venue=VENUE, project_type=ProjectType.SKILLS, occupation="中式面点师",
        level="初级", term=3, planned_hours=80, timezone="Asia/Shanghai", filed_on=date(2023, 5, 31),
        approved_on=date(2023, 6, 2), supervisor="李老师", sessions=tuple(each.session for each in sessions),
        students=a_roster(10),
    )  # fmt: skip
    plan = {
        name: changes.pop(name)
        for name in list(changes)
        if name in TrainingClass.__dataclass_fields__ and name != "sessions"
    }
    as_of = sessions[-1].session.day if sessions else FIRST_DAY
    facts = ClassFacts(replace(training, **plan), as_of, sessions)
    return replace(facts, **changes)


def sign_ins(
    session: Session, count: int, every_s: float = 30, first: str = "08:20", **changes: Any
) -> tuple[SignInFact, ...]:
    """So many students signing in one after the other, each with a phone of their own."""
    begins = at(session.day, first)
    return tuple(
        replace(
            SignInFact(
                no, begins + timedelta(seconds=index * every_s), "xiangjiuye", f"phone-{no}", evidence=f"sign-in-{no}"
            ),
            **changes,
        )
        for index, no in enumerate(numbers(count))
    )
