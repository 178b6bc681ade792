"""Patterns by which sign-ins for show give themselves away: each named, each with its own threshold in the policy.

A pattern finds *hits*, nothing more; `sign_in_for_show` makes results of them. Every one can be innocent: common
terminals are excluded by name, the rest is what people decide on. Thresholds: the policy's ``…_students`` etc.,
all marked as defaults, since the regulation names none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from verifier.language import Sentence, say
from verifier.regulation.facts import CaseState, ClassFacts, FaceSeen, Presence, SessionFacts, SignInFact
from verifier.regulation.rule import Rule, show_number


@dataclass(frozen=True, slots=True)
class Hit:
    """One occurrence of a pattern in one session. `reached`: it reaches the pattern's threshold of students."""

    session: SessionFacts
    students: tuple[str, ...]
    reason: Sentence
    evidence: tuple[str, ...]
    reached: bool


FindHits = Callable[[ClassFacts, Sequence[SessionFacts], Rule], list[Hit]]


@dataclass(frozen=True, slots=True)
class SignInPattern:
    """A named pattern. `name` is stored and also begins its parameters' names in the policy."""

    name: str
    find: FindHits
    title: Sentence

    def proposes(self, session: SessionFacts, rule: Rule) -> bool:
        """Whether the policy lets this pattern alone propose a violation; a lead only asks a person to look."""
        return rule.word(f"{self.name}_strength", session.session.day) == "proposal"


def find_one_device(facts: ClassFacts, sessions: Sequence[SessionFacts], rule: Rule) -> list[Hit]:
    """One device signs for many students within seconds (一次多签). Paper lists and named terminals have no device."""
    hits = []
    for session in sessions:
        needed = rule.count("one_device_students", session.session.day)
        within = timedelta(seconds=rule.count("one_device_within_s", session.session.day))
        by_device: dict[str, list[SignInFact]] = defaultdict(list)
        for sign_in in session.sign_ins:
            if sign_in.device and sign_in.device not in facts.training.shared_devices:
                by_device[sign_in.device].append(sign_in)
        for device, sign_ins in sorted(by_device.items()):
            if len(sign_ins) < needed:
                continue
            burst = _largest_burst(sign_ins, within)
            students = _students(burst)
            if len(students) >= needed:
                reason = say(
                    "课次{session}：设备{device}在{seconds}秒内为{count}名学员签到（{students}，自{first}起），达到{needed}名/{limit}秒。",
                    session=session.session.id, device=device, count=len(students), students="、".join(students),
                    seconds=show_number((burst[-1].signed_at - burst[0].signed_at).total_seconds()),
                    first=burst[0].signed_at.isoformat(" ", "seconds"), needed=needed,
                    limit=int(within.total_seconds()),
                )  # fmt: skip
                hits.append(Hit(session, students, reason, _evidence(burst), reached=True))
    return hits


def find_elsewhere(_facts: ClassFacts, sessions: Sequence[SessionFacts], rule: Rule) -> list[Hit]:
    """Signed in far from the venue. A sign-in without coordinates says nothing."""
    hits = []
    for session in sessions:
        day = session.session.day
        limit = session.session.venue.radius_m + float(rule.number("elsewhere_beyond_radius_m", day))
        far = [each for each in session.sign_ins if each.distance_m is not None and each.distance_m > limit]
        if not far:
            continue
        students = _students(far)
        needed = rule.count("elsewhere_students", day)
        reason = say(
            "课次{session}：{count}名学员（{students}）在距上课地点{limit}米以外签到，最远{farthest}米；达到{needed}名即提出。",
            session=session.session.id, count=len(students), students="、".join(students), limit=show_number(limit),
            farthest=show_number(round(max(each.distance_m or 0.0 for each in far))), needed=needed,
        )  # fmt: skip
        hits.append(Hit(session, students, reason, _evidence(far), reached=len(students) >= needed))
    return hits


def find_afterwards(_facts: ClassFacts, sessions: Sequence[SessionFacts], rule: Rule) -> list[Hit]:
    """Signed after the session was over (过后补签). Somebody who had also signed in time is no case."""
    hits = []
    for session in sessions:
        day = session.session.day
        grace = timedelta(minutes=rule.count("afterwards_grace_min", day))
        closes = session.session.ends_at + grace
        in_time = {each.student_no for each in session.sign_ins if each.signed_at <= closes}
        late = [each for each in session.sign_ins if each.signed_at > closes and each.student_no not in in_time]
        if not late:
            continue
        students = _students(late)
        needed = rule.count("afterwards_students", day)
        reason = say(
            "课次{session}（{ends}结束）：{count}名学员（{students}）在结束{grace}分钟以后才签到，最晚{last}；达到{needed}名即提出。",
            session=session.session.id, ends=session.session.ends_at.isoformat(" ", "minutes"), count=len(students),
            students="、".join(students), grace=int(grace.total_seconds() // 60),
            last=max(each.signed_at for each in late).isoformat(" ", "seconds"), needed=needed,
        )  # fmt: skip
        hits.append(Hit(session, students, reason, _evidence(late), reached=len(students) >= needed))
    return hits


def find_identical_coordinates(_facts: ClassFacts, sessions: Sequence[SessionFacts], rule: Rule) -> list[Hit]:
    """Coordinates of several students equal to the last digit. The venue's own filed point is what apps snap to."""
    hits = []
    for session in sessions:
        day, venue = session.session.day, session.session.venue
        decimals = rule.count("identical_coordinates_decimals", day)
        needed = rule.count("identical_coordinates_students", day)
        groups: dict[tuple[float, float], list[SignInFact]] = defaultdict(list)
        for each in session.sign_ins:
            if each.longitude is None or each.latitude is None:
                continue
            if _decimals(each.longitude) < decimals and _decimals(each.latitude) < decimals:
                continue
            if (each.longitude, each.latitude) != (venue.longitude, venue.latitude):
                groups[each.longitude, each.latitude].append(each)
        for (longitude, latitude), sign_ins in sorted(groups.items()):
            students = _students(sign_ins)
            if len(students) >= needed:
                reason = say(
                    "课次{session}：{count}名学员（{students}）签到坐标相同（{longitude}, {latitude}）。",
                    session=session.session.id, count=len(students), students="、".join(students),
                    longitude=repr(longitude), latitude=repr(latitude),
                )  # fmt: skip
                hits.append(Hit(session, students, reason, _evidence(sign_ins), reached=True))
    return hits


def find_same_order(_facts: ClassFacts, sessions: Sequence[SessionFacts], rule: Rule) -> list[Hit]:
    """The same students sign in the same order, session after session, as when one hand passes through a list."""
    hits: list[Hit] = []
    row: list[tuple[SessionFacts, tuple[str, ...]]] = []
    for session in sessions:
        order = _strict_order(session.sign_ins)
        needed = rule.count("same_order_students", session.session.day)
        if row and order:
            common = _common_order(row[-1][1], order)
            if common is not None and len(common) >= needed:
                row.append((session, common))
                continue
            hits += _order_hits(row, rule)
            row = []
        if len(order) >= needed:
            row = [(session, order)]
    return hits + _order_hits(row, rule)


def find_signed_for_another(facts: ClassFacts, sessions: Sequence[SessionFacts], rule: Rule) -> list[Hit]:
    """Signed in while strangers sat in the places of those who signed (冒名代签).

    Strangers whom students and teachers without an enrolment picture may explain were left out when the cases were opened; a case
    that people dismissed speaks for the student.
    """
    cleared = {(each.session_id, each.student_no) for each in facts.cases if each.state is CaseState.DISMISSED}
    hits = []
    for session in sessions:
        signed = {each.student_no: each for each in session.sign_ins}
        replaced = [
            each
            for each in session.students
            if each.replaced_in and each.student_no in signed and (session.session.id, each.student_no) not in cleared
        ]
        if not replaced:
            continue
        students = tuple(sorted(each.student_no for each in replaced))
        pictures = {item for each in replaced for item in each.replaced_in}
        needed = rule.count("signed_for_another_students", session.session.day)
        reason = say(
            "课次{session}：{count}名学员（{students}）已签到，照片中未见其本人，而有不在花名册上的人在座（{photos}张照片）；达到{needed}名即提出。",
            session=session.session.id, count=len(students), students="、".join(students), photos=len(pictures),
            needed=needed,
        )  # fmt: skip
        evidence = tuple(sorted(pictures | {signed[no].evidence for no in students}))
        hits.append(Hit(session, students, reason, evidence, reached=len(students) >= needed))
    return hits


def find_signed_without_face(_facts: ClassFacts, sessions: Sequence[SessionFacts], rule: Rule) -> list[Hit]:
    """Signed in, and not among the faces of photos in which every face could be read: hidden behind others, or never there.

    Those in whose places strangers sat are `find_signed_for_another`'s.
    """
    hits = []
    for session in sessions:
        signed = {each.student_no: each for each in session.sign_ins}
        unseen = [
            each
            for each in session.students
            if each.face is FaceSeen.NOT_SEEN
            and each.presence is not Presence.LEAVE
            and each.student_no in signed
            and not each.replaced_in
        ]
        if not unseen:
            continue
        students = tuple(sorted(each.student_no for each in unseen))
        needed = rule.count("signed_without_face_students", session.session.day)
        reason = say(
            "课次{session}：{count}名学员（{students}）已签到，但照片中人脸均可辨认而未见其本人，可能被他人遮挡；达到{needed}名须核查。",
            session=session.session.id, count=len(students), students="、".join(students), needed=needed,
        )  # fmt: skip
        evidence = {item for each in unseen for item in each.evidence} | {signed[no].evidence for no in students}
        hits.append(Hit(session, students, reason, tuple(sorted(evidence)), reached=len(students) >= needed))
    return hits


SIGN_IN_PATTERNS: tuple[SignInPattern, ...] = (
    SignInPattern("one_device", find_one_device, say("一机多签")),
    SignInPattern("elsewhere", find_elsewhere, say("异地签到")),
    SignInPattern("afterwards", find_afterwards, say("课后补签")),
    SignInPattern("identical_coordinates", find_identical_coordinates, say("签到坐标完全相同")),
    SignInPattern("same_order", find_same_order, say("每次签到顺序相同")),
    SignInPattern("signed_for_another", find_signed_for_another, say("冒名代签")),
    SignInPattern("signed_without_face", find_signed_without_face, say("签到而照片中无本人")),
)


def _students(sign_ins: Iterable[SignInFact]) -> tuple[str, ...]:
    return tuple(sorted({each.student_no for each in sign_ins}))


def _evidence(sign_ins: Iterable[SignInFact]) -> tuple[str, ...]:
    return tuple(sorted({each.evidence for each in sign_ins if each.evidence}))


def _largest_burst(sign_ins: list[SignInFact], within: timedelta) -> list[SignInFact]:
    """The stretch no longer than `within` with the most different students."""
    ordered = sorted(sign_ins, key=lambda each: (each.signed_at, each.student_no))
    best: list[SignInFact] = []
    best_count = 0
    counts: dict[str, int] = defaultdict(int)
    first = 0
    for last, sign_in in enumerate(ordered):
        counts[sign_in.student_no] += 1
        while sign_in.signed_at - ordered[first].signed_at > within:
            counts[ordered[first].student_no] -= 1
            if not counts[ordered[first].student_no]:
                del counts[ordered[first].student_no]
            first += 1
        if len(counts) > best_count:
            best, best_count = ordered[first : last + 1], len(counts)
    return best


def _decimals(degrees: float) -> int:
    """Decimals a coordinate was given with, as its shortest decimal form shows them."""
    return len(repr(degrees).partition(".")[2])


def _strict_order(sign_ins: Sequence[SignInFact]) -> tuple[str, ...]:
    """Students by their first sign-in. Equal times have no order, and sources with minutes only have many: left out."""
    first: dict[str, SignInFact] = {}
    for each in sorted(sign_ins, key=lambda each: each.signed_at):
        first.setdefault(each.student_no, each)
    at: dict[object, int] = defaultdict(int)
    for each in first.values():
        at[each.signed_at] += 1
    return tuple(no for no, each in first.items() if at[each.signed_at] == 1)


def _common_order(before: tuple[str, ...], now: tuple[str, ...]) -> tuple[str, ...] | None:
    """The students both sessions have, where their order is the same; None where it differs."""
    both = set(before) & set(now)
    common = tuple(no for no in now if no in both)
    return common if common == tuple(no for no in before if no in both) else None


def _order_hits(row: list[tuple[SessionFacts, tuple[str, ...]]], rule: Rule) -> list[Hit]:
    if len(row) < 2 or len(row) < rule.count("same_order_sessions", row[0][0].session.day):
        return []
    students = row[-1][1]
    first, last = row[0][0].session, row[-1][0].session
    reason = say(
        "{first}至{last}连续{sessions}个课次，{count}名学员的签到先后顺序完全相同（{students}）。",
        first=first.id, last=last.id, sessions=len(row), count=len(students), students="、".join(students),
    )  # fmt: skip
    kept = set(students)
    return [
        Hit(
            session, students, reason, _evidence(each for each in session.sign_ins if each.student_no in kept),
            reached=True,
        )
        for session, _ in row
    ]  # fmt: skip
