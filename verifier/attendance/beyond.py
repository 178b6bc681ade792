"""Beyond one class: strangers who are somebody's students elsewhere, people in two places, seat-fillers, double enrolment.

Looks at:         unknown people of all retained sessions, all enrolled people, who was seen where.
Cannot tell when: the calibration's data is too small for the number of comparisons (`search.judge_hits`); a face may be somebody
                  who belongs there and whose picture was not handed in.
A case is about a person, so it is one, however many sessions show it, and hangs on the class that showed it first.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from verifier.attendance.calibration import ATTENDANCE_BUDGET_2023, Calibration, ErrorBudget
from verifier.attendance.cases import EVEN_ODDS, CaseKind
from verifier.attendance.search import (
    MIN_CASE_PROBABILITY,
    NEAREST,
    FaceIndex,
    KnownFace,
    MemoryIndex,
    SearchAnswer,
    SearchState,
    judge_hits,
    link_faces,
)
from verifier.language import Sentence, say


@dataclass(frozen=True, slots=True, eq=False)
class Enrolled:
    """One enrolled person of one class. `person` is equal for one ID number in several classes; `vector` as in `KnownFace`.

    `id_known` tells whether an ID number was filed, so that another one is known to be another person.
    """

    class_number: str
    number: str
    name: str
    person: str
    id_known: bool
    teaches: bool
    vector: NDArray[np.float32]
    inter_eye_px: float

    @property
    def key(self) -> str:
        """``class/number``; teachers' numbers and students' never meet."""
        return f"{self.class_number}/{'teacher ' if self.teaches else ''}{self.number}"

    def as_known(self) -> KnownFace:
        """For an index."""
        return KnownFace(self.key, self.person, self.vector, self.inter_eye_px)


@dataclass(frozen=True, slots=True, eq=False)
class SeenStranger:
    """One unknown person in one session. `vector` is a unit vector; times carry an offset; `file` shows the clearest face."""

    id: str
    class_number: str
    agency: str
    session_id: str
    starts_at: datetime
    ends_at: datetime
    file: str
    vector: NDArray[np.float32]
    inter_eye_px: float

    def order(self) -> tuple[datetime, str, str, str]:
        """By time, then by name."""
        return self.starts_at, self.class_number, self.session_id, self.id


@dataclass(frozen=True, slots=True)
class SeenStudent:
    """One roster student whose face was seen in one session. `probability` is that it was them."""

    class_number: str
    student_no: str
    name: str
    person: str
    session_id: str
    starts_at: datetime
    ends_at: datetime
    file: str
    probability: float


@dataclass(frozen=True, slots=True, eq=False)
class Belonging:
    """Who may be in a class's room without being an unknown: by person and by name.

    Attributes:
        members: Persons and names of the roster and the filed teachers, the supervisor too.
        unpictured: Names of those of them without a usable picture: an unknown face may be theirs.
    """

    members: frozenset[str]
    unpictured: frozenset[str]


@dataclass(frozen=True, slots=True, eq=False)
class City:
    """Everything the search beyond the classes takes, of one embedding contract.

    `read_students` gives the sessions in which some persons were seen; it is asked once, for the few it matters for.
    """

    embedding_contract: str
    strangers: Sequence[SeenStranger]
    enrolled: Sequence[Enrolled]
    read_students: Callable[[frozenset[str]], Sequence[SeenStudent]]
    belonging: Mapping[str, Belonging]


@dataclass(frozen=True, slots=True, eq=False)
class CityCase:
    """One suspicion beyond a class, hung on the class that showed it first.

    `key` names what it is about and does not change while more sightings come in. `strangers` are ids of the sightings,
    the first one is shown.
    """

    kind: CaseKind
    class_number: str
    key: str
    reason: Sentence
    probability: float
    student_no: str | None = None
    strangers: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class CityFindings:
    """What was found. `people` are the unknown people with all their sightings; `not_vouched` counts likenesses beyond the
    budget's limit that the calibration's data is too small to vouch for: no case, and worth a better calibration."""

    cases: tuple[CityCase, ...]
    people: tuple[tuple[SeenStranger, ...], ...]
    not_vouched: int


def search_city(
    city: City,
    calibration: Calibration,
    *,
    index: FaceIndex | None = None,
    budget: ErrorBudget = ATTENDANCE_BUDGET_2023,
) -> CityFindings:
    """Compare everybody with everybody else, and open the cases that the evidence carries.

    Args:
        index: Over `city.enrolled`; one is made in memory where None.
    Raises:
        ContractMismatchError: the index is of another contract.
    """
    strangers = sorted(city.strangers, key=SeenStranger.order)
    people = _link(strangers, calibration, budget)
    index = index or MemoryIndex([each.as_known() for each in city.enrolled], city.embedding_contract)
    found, not_vouched = _search_enrolled(city, strangers, index, calibration, budget)
    students = city.read_students(_find_persons_to_follow(city, found))
    cases = _propose_known(city, strangers, found, students, calibration)
    cases += _propose_fillers(city, people, set(found), calibration)
    cases += _propose_two_places(students, calibration)
    doubles, unsure_doubles = _propose_doubles(city, index, calibration, budget)
    return CityFindings(
        tuple(sorted([*cases, *doubles], key=lambda case: (case.class_number, case.key))),
        tuple(people),
        not_vouched + unsure_doubles,
    )


def _link(
    strangers: Sequence[SeenStranger], calibration: Calibration, budget: ErrorBudget
) -> list[tuple[SeenStranger, ...]]:
    if not strangers:
        return []
    groups = link_faces(
        np.stack([each.vector for each in strangers]),
        [each.inter_eye_px for each in strangers],
        [f"{each.class_number}/{each.session_id}" for each in strangers],
        calibration,
        budget=budget,
    )
    return [tuple(strangers[row] for row in group) for group in groups]


def _search_enrolled(
    city: City, strangers: Sequence[SeenStranger], index: FaceIndex, calibration: Calibration, budget: ErrorBudget
) -> tuple[dict[str, tuple[str, SearchAnswer]], int]:
    """stranger id → (key of the enrolled person, answer), and how many likenesses the data cannot vouch for."""
    if not strangers or not city.enrolled:
        return {}, 0
    by_key = {each.key: each for each in city.enrolled}
    candidates = len({each.person for each in city.enrolled})
    hits = index.find_nearest(np.stack([each.vector for each in strangers]), city.embedding_contract, NEAREST)
    found, not_vouched = {}, 0
    for stranger, near in zip(strangers, hits, strict=True):
        near = [hit for hit in near if hit.key in by_key]
        answer = judge_hits(
            near, stranger.inter_eye_px, candidates, calibration, searches=len(strangers), budget=budget
        )
        if answer.state is SearchState.FOUND:
            found[stranger.id] = answer.likenesses[0].hit.key, answer
        elif answer.likenesses and answer.likenesses[0].hit.similarity >= answer.limit:
            not_vouched += 1
    return found, not_vouched


def _find_persons_to_follow(city: City, found: Mapping[str, tuple[str, SearchAnswer]]) -> frozenset[str]:
    """Those who were found where they do not belong, and those on the rosters of several classes."""
    keys = {key for key, _ in found.values()}
    classes: dict[str, set[str]] = defaultdict(set)
    for each in city.enrolled:
        if not each.teaches:
            classes[each.person].add(each.class_number)
    follow = {each.person for each in city.enrolled if each.key in keys and not each.teaches}
    return frozenset(follow | {person for person, numbers in classes.items() if len(numbers) > 1})


def _propose_known(
    city: City,
    strangers: Sequence[SeenStranger],
    found: Mapping[str, tuple[str, SearchAnswer]],
    students: Sequence[SeenStudent],
    calibration: Calibration,
) -> list[CityCase]:
    """Strangers who are another class's students, one case a student; in two places at once where the times overlap."""
    by_key = {each.key: each for each in city.enrolled}
    seen: dict[str, list[SeenStranger]] = defaultdict(list)
    for stranger in strangers:
        if stranger.id not in found:
            continue
        who = by_key[found[stranger.id][0]]
        # A teacher standing in for another is no seat taken; somebody on this roster whose picture was refused here belongs here.
        if not who.teaches and not _belongs(who, city.belonging.get(stranger.class_number)):
            seen[who.person].append(stranger)
    presences: dict[str, list[SeenStudent]] = defaultdict(list)
    for student in students:
        presences[student.person].append(student)
    cases = []
    for person, sightings in sorted(seen.items()):
        keys = {found[each.id][0] for each in sightings}
        cases.append(_describe_known(by_key[min(keys)], sightings, found, presences[person], calibration))
    return cases


def _belongs(who: Enrolled, place: Belonging | None) -> bool:
    return place is not None and (who.person in place.members or who.name in place.members)


def _describe_known(
    who: Enrolled,
    sightings: Sequence[SeenStranger],
    found: Mapping[str, tuple[str, SearchAnswer]],
    presences: Sequence[SeenStudent],
    calibration: Calibration,
) -> CityCase:
    identity = {each.id: found[each.id][1].likenesses[0].probability for each in sightings}
    similarity = {each.id: found[each.id][1].likenesses[0].hit.similarity for each in sightings}
    most = 1 - calibration.shown_flag_rate
    overlaps = [
        (min(identity[seen.id], most) * there.probability, seen, there)
        for seen in sightings
        for there in presences
        if there.class_number != seen.class_number and _overlap(seen, there)
    ]
    first, ids = sightings[0], tuple(each.id for each in sightings)
    classes = "、".join(sorted({each.class_number for each in sightings}))
    right, here, there = max(overlaps, key=lambda each: each[0], default=(0.0, first, None))
    if there is not None and right > MIN_CASE_PROBABILITY:
        reason = say(
            "{file}（班次{here}，课次{session}）中一名不在花名册上的人与班次{training}的学员{student}相同（相似度{similarity:.2f}），而该学员同一时间出现在班次{there}的{other}里：一人不能同时在两处。判断有误的可能性约{wrong:.1%}，请核实。",
            file=here.file, here=here.class_number, session=here.session_id, training=who.class_number, student=who.number,
            similarity=similarity[here.id], there=there.class_number, other=there.file, wrong=1 - right,
        )  # fmt: skip
        return CityCase(
            CaseKind.TWO_PLACES, first.class_number, f"{CaseKind.TWO_PLACES}|{who.key}", reason, right, None, ids
        )
    clearest = max(sightings, key=lambda each: (identity[each.id], similarity[each.id], each.id))
    right = min(identity[clearest.id], most)
    reason = say(
        "{file}中一名不在花名册上的人与班次{training}的学员{student}相同（相似度{similarity:.2f}）；此人在班次{classes}的{count}个课次里出现。判断有误的可能性约{wrong:.1%}，请核实。",
        file=clearest.file, training=who.class_number, student=who.number, similarity=similarity[clearest.id], classes=classes,
        count=len(sightings), wrong=1 - right,
    )  # fmt: skip
    return CityCase(
        CaseKind.OTHER_CLASS, first.class_number, f"{CaseKind.OTHER_CLASS}|{who.key}", reason, right, None, ids
    )


def _overlap(one: SeenStranger | SeenStudent, other: SeenStranger | SeenStudent) -> bool:
    return one.starts_at < other.ends_at and other.starts_at < one.ends_at


def _propose_fillers(
    city: City, people: Sequence[tuple[SeenStranger, ...]], named: Collection[str], calibration: Calibration
) -> list[CityCase]:
    """The same stranger in several classes: one case with all sightings."""
    pairs = max(math.comb(len(city.strangers), 2), 1)
    cases = []
    for group in people:
        classes = sorted({each.class_number for each in group})
        # Whoever has a name has another case, or, as a teacher of another class, none.
        if len(classes) < 2 or any(each.id in named for each in group) or _may_belong(city, classes):
            continue
        identity = _sure_of_link(group, pairs, calibration)
        agencies = {each.agency for each in group}
        # In one agency's classes it may as well be its office staff, whom nobody files.
        right = identity * (1.0 if len(agencies) > 1 else EVEN_ODDS)
        first = group[0]
        overlapping = any(
            one.class_number != other.class_number and _overlap(one, other)
            for index, one in enumerate(group)
            for other in group[index + 1 :]
        )
        if overlapping and identity > MIN_CASE_PROBABILITY:
            kind, right = CaseKind.TWO_PLACES, identity
            reason = say(
                "同一张陌生人脸在重叠的时间出现在班次{classes}的照片里（共{count}个课次）：照片时间或人脸必有一个不实。判断有误的可能性约{wrong:.1%}，请核实。",
                classes="、".join(classes), count=len(group), wrong=1 - right,
            )  # fmt: skip
        elif identity > MIN_CASE_PROBABILITY:
            kind = CaseKind.SEAT_FILLER
            reason = say(
                "同一名不在花名册上的人出现在班次{classes}的照片里（{agencies}家机构，共{count}个课次），疑似职业替课人员，也可能是机构工作人员。判断有误的可能性约{wrong:.1%}，请核实。",
                classes="、".join(classes), agencies=len(agencies), count=len(group), wrong=1 - right,
            )  # fmt: skip
        else:
            continue
        cases.append(
            CityCase(
                kind, first.class_number, f"{kind}|{first.id}", reason, right, None, tuple(each.id for each in group)
            )
        )
    return cases


def _may_belong(city: City, classes: Sequence[str]) -> bool:
    """Whether one person without a picture belongs to all of these classes, as a teacher or supervisor of several does."""
    places = [city.belonging[number].unpictured if number in city.belonging else frozenset() for number in classes]
    return bool(frozenset.intersection(*places))


def _sure_of_link(group: Sequence[SeenStranger], pairs: int, calibration: Calibration) -> float:
    """How surely two classes of the group show one person: by its best pair of different classes."""
    vectors = np.stack([each.vector for each in group]).astype(np.float64)
    cosines = vectors @ vectors.T
    best = max(
        calibration.llr(float(cosines[one, other]), min(group[one].inter_eye_px, group[other].inter_eye_px))
        for one in range(len(group))
        for other in range(len(group))
        if group[one].class_number != group[other].class_number
    )
    return min(float(expit(calibration.bound_llr(best) - math.log(pairs))), 1 - calibration.shown_flag_rate)


def _propose_two_places(students: Sequence[SeenStudent], calibration: Calibration) -> list[CityCase]:
    """One ID number in two classes, the face seen in both at overlapping times: one case a person."""
    by_person: dict[str, list[SeenStudent]] = defaultdict(list)
    for student in students:
        by_person[student.person].append(student)
    cases = []
    for _, seen in sorted(by_person.items()):
        if len({each.class_number for each in seen}) < 2:
            continue
        seen.sort(key=lambda each: (each.starts_at, each.class_number, each.session_id))
        pairs = [
            (one, other)
            for place, one in enumerate(seen)
            for other in seen[place + 1 :]
            if one.class_number != other.class_number and _overlap(one, other)
        ]
        sure = [pair for pair in pairs if pair[0].probability * pair[1].probability > MIN_CASE_PROBABILITY]
        if not sure:
            continue
        one, other = max(sure, key=lambda pair: pair[0].probability * pair[1].probability)
        right = min(one.probability * other.probability, 1 - calibration.shown_flag_rate)
        reason = say(
            "班次{one}的学员{student}与班次{other}的学员{second}是同一人，同一时间在两处的照片（{file}、{second_file}）中都被认出（共{count}次）：一人不能同时在两处。判断有误的可能性约{wrong:.1%}，请核实。",
            one=one.class_number, student=one.student_no, other=other.class_number, second=other.student_no, file=one.file,
            second_file=other.file, count=len(sure), wrong=1 - right,
        )  # fmt: skip
        keys = sorted({f"{each.class_number}/{each.student_no}" for pair in sure for each in pair})
        anchor = min((each for pair in sure for each in pair), key=lambda each: (each.class_number, each.student_no))
        key = f"{CaseKind.TWO_PLACES}|{'+'.join(keys)}"[:400]
        cases.append(CityCase(CaseKind.TWO_PLACES, anchor.class_number, key, reason, right, anchor.student_no))
    return cases


def _propose_doubles(
    city: City, index: FaceIndex, calibration: Calibration, budget: ErrorBudget
) -> tuple[list[CityCase], int]:
    """One face enrolled under two names in two classes. Inside one class `cases.report_two_names` tells it."""
    students = [each for each in city.enrolled if not each.teaches]
    if len(students) < 2:
        return [], 0
    by_key = {each.key: each for each in students}
    pairs = math.comb(len({each.person for each in students}), 2)
    near = index.find_nearest(np.stack([each.vector for each in students]), city.embedding_contract, NEAREST)
    cases, not_vouched = [], 0
    for one, hits in zip(students, near, strict=True):
        for hit in hits:
            other = by_key.get(hit.key)
            if other is None or not one.key < other.key or one.class_number == other.class_number:
                continue
            size = min(one.inter_eye_px, other.inter_eye_px)
            if _is_one_person(one, other) or hit.similarity < calibration.match_similarity(size, pairs, budget):
                continue
            right = float(expit(calibration.bound_llr(calibration.llr(hit.similarity, size)) - math.log(max(pairs, 1))))
            if right <= MIN_CASE_PROBABILITY:
                not_vouched += 1
                continue
            cases.append(_describe_double(one, other, hit.similarity, min(right, 1 - calibration.shown_flag_rate)))
    return cases, not_vouched


def _is_one_person(one: Enrolled, other: Enrolled) -> bool:
    """The same ID number; or the same name where an ID number is missing, as nothing says that they are two."""
    return one.person == other.person or (one.name == other.name and not (one.id_known and other.id_known))


def _describe_double(one: Enrolled, other: Enrolled, similarity: float, right: float) -> CityCase:
    reason = say(
        "班次{one}的{student}与班次{other}的{second}登记照像同一个人（相似度{similarity:.2f}），姓名或身份证号却不同。判断有误的可能性约{wrong:.1%}，请核对。",
        one=one.class_number, student=one.number, other=other.class_number, second=other.number, similarity=similarity,
        wrong=1 - right,
    )  # fmt: skip
    key = f"{CaseKind.TWO_NAMES}|{one.key}+{other.key}"
    return CityCase(CaseKind.TWO_NAMES, one.class_number, key, reason, right, one.number)
