"""Staged class sessions with real faces, through the real pipeline: what happens to honest students and to seat-fillers.

Called by ``python -m benchmarks.faces`` with ``composites``, ``ten-photos`` or ``doubt``. The pictures come from
`tests.builders.class_photos`, one seed a session.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tests.builders.class_photos import Condition, Pixels
from tests.builders.class_sessions import (
    ALL_ROWS,
    Cast,
    Concluded,
    Script,
    Staged,
    conclude_staged,
    read_cast,
    stage_session,
)
from tests.builders.plan import a_session, a_sign_in, a_training_class
from tests.verifier.attendance.people import a_calibration, a_crowd, a_photo, a_roster, a_stranger
from verifier.attendance.calibration import load_calibration
from verifier.attendance.enrolment import Roster
from verifier.attendance.guests import NOTHING_KNOWN
from verifier.attendance.matching import FaceState
from verifier.attendance.measuring import LabelledFaces, MethodResult, Rate, measure_methods
from verifier.attendance.presence import SessionConclusion, SessionEvidence, conclude_session
from verifier.observation import FaceObservation
from verifier.regulation.facts import Presence
from verifier.vision.face_net import FaceNet
from verifier.vision.yolox import PeopleNet

TROUBLES = tuple(
    condition for condition in (Condition.TURNED, Condition.COVERED, Condition.BEHIND, Condition.SHAKEN) for _ in "ab"
)
SCRIPTS = (
    Script("clear", replaced=2, away=2),
    Script("some hidden, seat-fillers", replaced=2, away=2, hidden=3),
    Script("some hidden, nobody false", away=2, hidden=4),
    Script("all troubles", replaced=2, away=2, hidden=2, rows=ALL_ROWS, conditions=TROUBLES),
    Script("a guest, all visible", guests=1),
    Script("a guest, one hidden", guests=1, hidden=1),
)
MOST_HIDDEN = 6  # so many find a place behind somebody in every row
DRAWN_CLASSES = 1000
# The roster: those who sit there, and others who are enrolled and never come.
ROSTER_SIZE = 60
TEN_PHOTOS = Script("ten photos", photos=10, rows=ALL_ROWS, guests=4)
TEN_TROUBLED = Script("ten photos, a quarter in trouble", photos=10, rows=ALL_ROWS, guests=4, conditions=TROUBLES)


@dataclass(slots=True)
class Tally:
    """Counts over the sessions of one script."""

    sessions: int = 0
    complete: int = 0
    faces: Counter[str] = field(default_factory=Counter)
    strangers: Counter[str] = field(default_factory=Counter)
    presence: Counter[tuple[str, str]] = field(default_factory=Counter)
    flags: Counter[str] = field(default_factory=Counter)

    def add(self, staged: Staged, seen: Concluded) -> None:
        """Count one session."""
        self.sessions += 1
        self.complete += bool(seen.conclusion.complete_photos)
        for photo, truth, drawn in zip(seen.photos, seen.truth, staged.photos, strict=True):
            self._add_photo([(match.state, match.student_no) for match in photo.matches], truth)
            visible = [one.person for one in drawn.people if one.condition not in (Condition.HIDDEN, Condition.TURNED)]
            self.faces["not found"] += sum(not name.startswith("?") and name not in truth for name in visible)
        for student in seen.conclusion.students:
            self.presence[role_of(student.student_no, staged), student.presence.value] += 1
        self._add_cases(staged, seen)

    def _add_photo(self, matches: Sequence[tuple[FaceState, str | None]], truth: Sequence[str]) -> None:
        named = [number for _, number in matches if number is not None]
        self.faces["double assignments"] += len(named) - len(set(named))
        for (state, number), person in zip(matches, truth, strict=True):
            if person.startswith("?"):
                self.strangers[state.value] += 1
            elif not person:
                self.faces["false face"] += 1
            elif number is not None:
                self.faces["matched rightly" if number == person else "wrong identity"] += 1
            else:
                self.faces[state.value] += 1

    def _add_cases(self, staged: Staged, seen: Concluded) -> None:
        accused = {
            case.student_no for case in seen.conclusion.cases if case.kind == "impersonation" and case.student_no
        }
        pointed = {
            number
            for case in seen.conclusion.cases
            if case.kind == "impersonation" and case.student_no is None
            for number in case.candidates
        }
        unseen = {case.student_no for case in seen.conclusion.cases if case.kind == "signed_in_not_seen"}
        honest = {student.student_no for student in seen.conclusion.students} - staged.replaced
        self.flags["replaced"] += len(staged.replaced)
        self.flags["replaced, accused by name"] += len(accused & staged.replaced)
        self.flags["replaced, one of several candidates"] += len((pointed - accused) & staged.replaced)
        self.flags["honest"] += len(honest)
        self.flags["honest, accused by name"] += len(accused & honest)
        self.flags["honest, one of several candidates"] += len((pointed - accused) & honest)
        self.flags["honest, asked to explain the sign-in"] += len(unseen & honest)


def role_of(number: str, staged: Staged) -> str:
    """What the student really did."""
    if number in staged.replaced:
        return "replaced"
    if number in staged.away:
        return "away"
    return "hidden" if number in staged.hidden else "there"


def format_rate(errors: int, trials: int) -> str:
    """``3/50 = 6.0 % [1.2 %, 16.5 %]``."""
    told = Rate(errors, trials).to_json()
    return f"{errors}/{trials} = {told['rate']:.2%} [{told['low']:.2%}, {told['high']:.2%}]" if trials else "0/0"


def show_tally(name: str, tally: Tally) -> None:
    """Print one script's counts."""
    print(f"{name}: {tally.sessions} sessions, {tally.complete} with a complete photo")
    print("  faces:", ", ".join(f"{what} {count}" for what, count in sorted(tally.faces.items())))
    print(
        "  strangers' faces:", ", ".join(f"{what} {count}" for what, count in sorted(tally.strangers.items())) or "none"
    )
    for role in ("there", "hidden", "away", "replaced"):
        row = {presence.value: tally.presence[role, presence.value] for presence in Presence}
        if sum(row.values()):
            print(f"  {role}:", ", ".join(f"{what} {count}" for what, count in row.items() if count))
    flags = tally.flags
    for what in ("accused by name", "one of several candidates"):
        if flags["replaced"]:
            print(f"  replaced students {what}: {format_rate(flags[f'replaced, {what}'], flags['replaced'])}")
        print(f"  honest student-sessions {what}: {format_rate(flags[f'honest, {what}'], flags['honest'])}")
    print(f"  honest students asked about a sign-in (not seen): {flags['honest, asked to explain the sign-in']}")


def measure_sessions(
    people: Mapping[str, Sequence[Path]], strangers: Sequence[Path], rooms: Sequence[Pixels],
    net: FaceNet, counter: PeopleNet | None, sessions: int,
) -> None:  # fmt: skip
    """Stage, look, judge, count, print; one script after the other."""
    calibration = load_calibration()
    cast = read_cast(people, strangers, net)
    roster = cast.make_roster(net, calibration)
    print(f"{len(cast.heads)} students, {len(cast.strangers)} strangers; refused at enrolment: {dict(cast.refused)}")
    total = Tally()
    for number, script in enumerate(SCRIPTS):
        tally = Tally()
        for session in range(sessions):
            staged = stage_session(cast, script, rooms, 1000 * number + session)
            seen = conclude_staged(staged, roster, calibration, net, counter)
            tally.add(staged, seen)
            total.add(staged, seen)
        show_tally(script.name, tally)
    show_tally("all together", total)


def measure_doubt(
    people: Mapping[str, Sequence[Path]], strangers: Sequence[Path], rooms: Sequence[Pixels], net: FaceNet, classes: int
) -> None:
    """Is a case as often wrong as it says? A few classes in staged photos, and many of faces that are drawn as vectors.

    A class has twelve sessions and a rate of its own at which its reports hide people; in a third of the sessions somebody is
    replaced, in a third a guest sits there, in a third nobody is strange.
    """
    calibration = load_calibration()
    cast = read_cast(people, strangers, net)
    roster = cast.make_roster(net, calibration)
    told: list[tuple[float, bool]] = []
    for number in range(classes):
        earlier = NOTHING_KNOWN
        for session, (hidden, replaced, guests) in enumerate(deal_class(70_000 + number)):
            script = Script("doubt", replaced=replaced, hidden=hidden, guests=guests)
            staged = stage_session(cast, script, rooms, 70_000 + 100 * number + session)
            seen = conclude_staged(staged, roster, calibration, net, earlier=earlier)
            earlier += seen.conclusion.tells
            told += judge_cases(seen.conclusion, staged.replaced)
    show_doubt(f"{classes} staged classes", told)
    show_doubt(f"{DRAWN_CLASSES} classes of drawn faces", draw_doubt())


def deal_class(seed: int) -> list[tuple[int, int, int]]:
    """(hidden, replaced, guests) of twelve sessions."""
    random = np.random.default_rng(seed)
    rate = random.random()
    dealt = []
    for _ in range(12):
        role, hidden = int(random.integers(3)), min(int(random.geometric(1 - rate)) - 1, MOST_HIDDEN)
        dealt.append((hidden, int(role == 1), int(role == 2)))
    return dealt


def draw_doubt() -> list[tuple[float, bool]]:
    """Cases of many classes of twenty, through the same conclusions, their faces drawn as vectors."""
    told: list[tuple[float, bool]] = []
    roster, calibration = a_roster(20), a_calibration()
    numbers = sorted(roster.students)
    for number in range(DRAWN_CLASSES):
        earlier = NOTHING_KNOWN
        for day, (hidden, replaced, guests) in enumerate(deal_class(number)):
            away = frozenset(numbers[:replaced])
            visible = range(1 + replaced + hidden, 21)
            # In every second class the guest is always the same, as an assistant is, and in every second the stand-in is.
            stand_in, guest = 14 + (0 if number % 4 < 2 else day), 1 + (0 if number % 2 else day)
            others = [a_stranger(stand_in)] * replaced + [a_stranger(guest)] * guests
            faces = [*a_crowd(*visible), *others]
            session = a_session(teacher_number=None)
            evidence = SessionEvidence(
                a_training_class(students=20), session, (a_photo(faces, roster),),
                tuple(a_sign_in(each, day=session.day) for each in numbers), (), roster, calibration, earlier=earlier,
            )  # fmt: skip
            conclusion = conclude_session(evidence)
            earlier += conclusion.tells
            told += judge_cases(conclusion, away)
    return told


def judge_cases(conclusion: SessionConclusion, replaced: frozenset[str]) -> list[tuple[float, bool]]:
    """(stated doubt, whether it was wrong) of the impersonation cases; one without a name is right if anybody was replaced."""
    return [
        (case.wrong_probability, not (case.student_no in replaced if case.student_no else bool(replaced)))
        for case in conclusion.cases
        if case.kind == "impersonation"
    ]


def show_doubt(name: str, told: Sequence[tuple[float, bool]]) -> None:
    """Print, for cases of little and of much doubt, what they said and how many of them were wrong."""
    print(f"{name}: {len(told)} impersonation cases")
    for low, high in itertools.pairwise((0.0, 0.1, 0.15, 0.2, 0.3, 0.4, 0.51)):
        part = [(stated, wrong) for stated, wrong in told if low <= stated < high]
        if part:
            stated = sum(each for each, _ in part) / len(part)
            print(
                f"  stated {low:.0%} to {high:.0%}: on average {stated:.1%}, "
                f"wrong {format_rate(sum(wrong for _, wrong in part), len(part))}"
            )
    stated, wrong = sum(each for each, _ in told), sum(each for _, each in told)
    print(f"  all: {stated:.1f} wrong ones stated, {wrong} were")


def measure_ten_photos(
    people: Mapping[str, Sequence[Path]],
    strangers: Sequence[Path],
    rooms: Sequence[Pixels],
    net: FaceNet,
    sessions: int,
) -> None:
    """Misses of single photos and of ten together, beside plain nearest cosine on the same faces and the same roster of sixty."""
    calibration = load_calibration()
    cast = read_cast(people, strangers, net, ROSTER_SIZE)
    roster = cast.make_roster(net, calibration)
    for script in (TEN_PHOTOS, TEN_TROUBLED):
        measure_fusion(script, cast, roster, rooms, net, sessions)


def measure_fusion(
    script: Script, cast: Cast, roster: Roster, rooms: Sequence[Pixels], net: FaceNet, sessions: int
) -> None:
    """One script's reports, by all ways of deciding and by the pipeline itself."""
    calibration = load_calibration()
    reports, presence = [], Counter[str]()
    for session in range(sessions):
        staged = stage_session(cast, script, rooms, 90_000 + session)
        seen = conclude_staged(staged, roster, calibration, net)
        reports.append(collect_faces(cast, seen, net))
        presence.update(
            student.presence.value for student in seen.conclusion.students if student.student_no in cast.heads
        )
    show_fusion(script, cast, roster, reports, presence)


def show_fusion(
    script: Script, cast: Cast, roster: Roster, reports: Sequence[LabelledFaces], presence: Counter[str]
) -> None:
    """Print what was measured over a script's reports. `presence` is the pipeline's own answer for those who sat there."""
    print(
        f"{script.name}: {len(reports)} sessions, {len(cast.heads)} students there, {len(roster.students)} on the roster"
    )
    for method in measure_methods(reports, roster, load_calibration()):
        show_method(method)
    absent = presence.total() - presence[Presence.PRESENT.value]
    print(f"  the pipeline's own answer: not present {format_rate(absent, presence.total())} {dict(presence)}")
    pictures = Counter(len(heads) for heads in cast.heads.values())
    print(f"  different pictures behind it: {sorted(pictures.items())} (pictures, people with so many)")


def collect_faces(cast: Cast, seen: Concluded, net: FaceNet) -> LabelledFaces:
    """The faces of a staged session with their labels; a face not found or without an embedding is None."""
    tests: dict[str, list[FaceObservation | None]] = {person: [] for person in cast.heads}
    strangers: list[FaceObservation | None] = []
    for photo, truth in zip(seen.photos, seen.truth, strict=True):
        faces = {
            name: face for name, face in zip(truth, photo.look.faces or (), strict=True) if face.embedding is not None
        }
        for person, found in tests.items():
            found.append(faces.get(person))
        strangers += [face for name, face in faces.items() if name.startswith("?")]
    return LabelledFaces(
        cast.enrolled, {person: tuple(found) for person, found in tests.items()}, tuple(strangers), {}, (),
        net.embedding_contract,
    )  # fmt: skip


def show_method(method: MethodResult) -> None:
    """Print one way of deciding."""
    rank1 = format_rate(method.rank1.errors, method.rank1.trials)
    print(f"  {method.name}: rank-1 errors {rank1}, {method.non_mated} searches of nobody")
    for row in method.rows:
        if row.fnir is None or row.wrong_identity is None:
            print(f"    FPIR {row.fpir:.2%}: refused: {row.refused}")
            continue
        fnir = format_rate(row.fnir.errors, row.fnir.trials)
        print(f"    FPIR {row.fpir:.2%}: FNIR {fnir}, wrong identity {row.wrong_identity.errors}")
        if row.people is not None and row.by_person is not None:
            low, high = row.by_person
            ever = format_rate(row.people.errors, row.people.trials)
            print(f"      people drawn anew: [{low:.2%}, {high:.2%}]; people ever missed {ever}")
