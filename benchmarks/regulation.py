"""How long the night's judging takes without pixels, and whether it grows in proportion to the number of classes.

    python -m benchmarks.regulation                 # 250 and 1,000 classes × 60 students × 60 sessions
    python -m benchmarks.regulation --classes 50 100
    python -m benchmarks.regulation --records --sample 25 --classes 100 300 1000
    python -m benchmarks.regulation --records --sample 25 --classes 1000 --nights

Every class is made up anew from a seed, with absences, doubts, missing reports and shared phones, so nothing is judged
twice; making it up is timed apart. Processor seconds of one process: classes are independent, so cores divide them.

With ``--records`` they stand in a real database (a SQLite file): the night reads each class with everything handed in for it, its
photos' looks, where else those were used and what people recorded, judges all its sessions, and makes the keys that tell what has
changed since the last night. Photos have readable stamps and no faces. Writing what has changed is not part of it.

With ``--nights`` as well, the last size is then closed for true: one night that writes every session of every class, and a second
one over unchanged records, which must leave the database file as it is, byte for byte.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import resource
import sqlite3
import statistics
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as clock
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.builders.city_records import FIRST_DAY, fill_records
from verifier.attendance.session_checks import order_sign_ins
from verifier.closes import close_of_class
from verifier.collecting import collect_rarely
from verifier.judging import judge_class as judge_recorded_class
from verifier.judging_keys import make_class_key, make_session_key
from verifier.nightly import NightCounts, Tools, close_all, open_tools, read_class_to_judge
from verifier.plan import Agency, Period, ProjectType, Session, Student, TrainingClass, Venue
from verifier.records.class_facts import list_closed_sessions
from verifier.records.database import Database, open_database
from verifier.records.filing import list_classes
from verifier.records.findings import read_input_key
from verifier.records.looks import missing_looks
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
from verifier.regulation.judging import judge_class
from verifier.regulation.policy import load_policy
from verifier.regulation.violation import reevaluate_all
from verifier.sanctioning import propose_for_agencies
from verifier.settings import Settings

ZONE = ZoneInfo("Asia/Shanghai")
VENUE = Venue("203", longitude=112.355129, latitude=28.570066)
PRESENCES = [Presence.PRESENT] * 88 + [Presence.ABSENT] * 6 + [Presence.UNSURE] * 5 + [Presence.LEAVE]
REPORTS = [ReportState.COMPLETE] * 94 + [ReportState.MISSING] * 3 + [ReportState.UNSURE] * 2 + [ReportState.NOT_RUN]


def make_class(number: int, students: int, sessions: int) -> ClassFacts:
    """One class with a plausible amount of trouble."""
    dice = random.Random(number)
    roster = tuple(Student(f"S{each:03}", f"学员{each}") for each in range(students))
    first = date(2024, 3, 4)
    plan = []
    for index in range(sessions):
        day = first + timedelta(days=index // 2)
        period, opens = ((Period.MORNING, clock(8, 30)), (Period.AFTERNOON, clock(14, 0)))[index % 2]
        starts = datetime.combine(day, opens, ZONE)
        plan.append(Session(f"{day}-{period}", day, period, starts, starts + timedelta(minutes=200), 4, VENUE))
    training = TrainingClass(
        f"C{number:05}", Agency(f"A{number % 50}", f"{number % 50:018}"), VENUE, ProjectType.SKILLS, "中式面点师", "初级", 1,
        sessions * 4, "Asia/Shanghai", filed_on=date(2024, 2, 20), approved_on=date(2024, 2, 26),
        sessions=tuple(plan), students=roster,
    )  # fmt: skip
    facts = tuple(make_session(session, roster, dice) for session in plan)
    return ClassFacts(training, plan[-1].day, facts)


def make_session(session: Session, roster: tuple[Student, ...], dice: random.Random) -> SessionFacts:
    """One session: who was there, who signed in when and with which phone, and whether the report came."""
    states = dice.choices(PRESENCES, k=len(roster))
    shared = dice.random() < 0.02
    people, signed = [], []
    for index, (student, state) in enumerate(zip(roster, states, strict=True)):
        face = FaceSeen.SEEN if state is Presence.PRESENT else FaceSeen.CANNOT_TELL
        people.append(StudentFact(student.student_no, state, face, (f"sha256:{session.id}",)))
        if state is Presence.PRESENT:
            at = session.starts_at - timedelta(seconds=dice.uniform(0, 1200))
            device = student.student_no
            if shared and index < 5:
                at, device = session.starts_at - timedelta(seconds=600 - 5 * index), "shared"
            signed.append(SignInFact(student.student_no, at, "xiangjiuye", device, distance_m=dice.uniform(0, 250)))
    report = PhotoReport(dice.choice(REPORTS), (f"sha256:{session.id}",))
    return SessionFacts(session, tuple(people), (report,), sign_ins=tuple(signed))


def measure(classes: int, students: int, sessions: int) -> tuple[list[float], float, int]:
    """Seconds for judging each class, for making all up, and how many violations were proposed."""
    policy = load_policy()
    judging: list[float] = []
    making = 0.0
    proposed = 0
    for number in range(classes):
        begins = time.process_time()
        facts = make_class(number, students, sessions)
        made = time.process_time()
        changes = reevaluate_all((), judge_class(facts, policy))
        judging.append(time.process_time() - made)
        making += made - begins
        proposed += len(changes)
    return judging, making, proposed


@dataclass(frozen=True, slots=True)
class RecordsMeasured:
    """Processor seconds: `listing` for asking what there is, then of each judged class its parts; `filling` is not the night's."""

    listing: float
    read: list[float]
    judge: list[float]
    keys: list[float]

    @property
    def each_class(self) -> list[float]:
        """Seconds of each class that was judged."""
        return [sum(parts) for parts in zip(self.read, self.judge, self.keys, strict=True)]


def measure_records(database: Database, tools: Tools, sample: int) -> RecordsMeasured:
    """Judge classes that stand in a database: all, or `sample` of them evenly spread where it is not 0."""
    at = time.process_time()
    with database.reading() as tx:
        numbers = [summary.number for summary in list_classes(tx)]
        missing_looks(tx, tools.looks_key)
    measured = RecordsMeasured(time.process_time() - at, [], [], [])
    with collect_rarely():
        _measure_classes(database, tools, numbers, sample, measured)
    return measured


def _measure_classes(
    database: Database, tools: Tools, numbers: list[str], sample: int, measured: RecordsMeasured
) -> None:
    for number in numbers[:: max(1, len(numbers) // sample) if sample else 1]:
        begins = time.process_time()
        with database.reading() as tx:
            given = read_class_to_judge(tx, number, tools)
            read_input_key(tx, number, None)
            list_closed_sessions(tx, number)
        plan, read = given.class_file.training.sessions, time.process_time()
        judged = judge_recorded_class(given, plan, plan[-1].day)
        close_of_class(judged, "", {}, tools.policy.ref)
        concluded = time.process_time()
        make_class_key(given, tools, plan, plan[-1].day)
        ordered = order_sign_ins(given.class_file.sign_ins)
        for session in judged.sessions:
            make_session_key(given, tools, session.session, session.photos, ordered)
        measured.read.append(read - begins)
        measured.judge.append(concluded - read)
        measured.keys.append(time.process_time() - concluded)


def show_nights(settings: Settings, database: Database, tools: Tools, file: Path) -> None:
    """Close all classes twice; the second night finds everything as it left it."""
    last_day = FIRST_DAY + timedelta(days=90)
    now = datetime.combine(last_day + timedelta(days=1), clock(2), ZONE)
    before = ""
    for name in ("first night", "second night"):
        counts, at, began = NightCounts(), time.process_time(), time.perf_counter()
        close_all(settings, database, tools, last_day, now, counts)
        propose_for_agencies(database, tools.policy, last_day)
        spent, waited = time.process_time() - at, time.perf_counter() - began
        with closing(sqlite3.connect(file)) as connection:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with file.open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        print(
            f"{name}: {counts.classes.closed} sessions written, {spent:.0f} s of one core ({waited:.0f} s passed); "
            f"file of {file.stat().st_size / 2**20:.0f} MiB, sha256 {digest[:16]}"
            f"{', unchanged' if digest == before else ''}",
            flush=True,
        )
        before = digest


def show_records(options: argparse.Namespace) -> None:
    """Print seconds a class for each number of classes; the same records grow from one to the next."""
    print("classes  judged  s/class  median ms  vs first  read ms  judge ms  keys ms  list s  all classes s  peak MiB")
    base, filled = None, 0
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(workspace=Path(folder))
        tools, file = open_tools(settings), Path(folder) / "records.sqlite3"
        database = open_database(f"sqlite:///{file}", bytes(32))
        for classes in sorted(options.classes):
            fill_records(database, classes - filled, tools.looks_key, options.students, options.sessions, filled)
            filled = classes
            found = measure_records(database, tools, options.sample)
            mean, middle = statistics.mean(found.each_class), statistics.median(found.each_class) * 1000
            base = base or middle
            parts = "  ".join(
                f"{statistics.median(part) * 1000:7.0f}" for part in (found.read, found.judge, found.keys)
            )
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(
                f"{classes:7}  {len(found.read):6}  {mean:7.3f}  {middle:9.0f}  {middle / base:7.2f}x  {parts}"
                f"  {found.listing:6.1f}  {found.listing + mean * classes:13.0f}  {peak:8.0f}",
                flush=True,
            )
        if options.nights:
            show_nights(settings, database, tools, file)
        database.close()


def main() -> None:
    """Measure each size and print the time per class beside the first size's."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--classes", type=int, nargs="+", default=[250, 1000])
    parser.add_argument("--students", type=int, default=60)
    parser.add_argument("--sessions", type=int, default=60)
    parser.add_argument("--records", action="store_true", help="Read the classes from a database.")
    parser.add_argument(
        "--sample", type=int, default=0, help="With --records: judge about so many of each size; 0: all."
    )
    parser.add_argument("--nights", action="store_true", help="With --records: then close all classes, twice.")
    options = parser.parse_args()
    if options.records:
        show_records(options)
        return
    # The middle class, not the mean: other work on the machine slows some classes down, and growth would slow all.
    print("classes  judging s  median ms/class  vs first  making up s  proposed  peak MiB")
    base = None
    for classes in options.classes:
        judging, making, proposed = measure(classes, options.students, options.sessions)
        each = statistics.median(judging) * 1000
        base = base or each
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(
            f"{classes:7}  {sum(judging):9.1f}  {each:15.1f}  {each / base:7.2f}x  {making:11.1f}  {proposed:8}  {peak:8.0f}",
            flush=True,
        )


if __name__ == "__main__":
    main()
