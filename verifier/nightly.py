"""The night: look at what is new, close the sessions that are over, propose what the regulation says, write the report.

It may be killed at any moment and started again: every look and every close is one transaction, and each is skipped where it
already stands. So the records after any number of interruptions equal those of an undisturbed run.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.exc import OperationalError as SqlOperationalError

from verifier.answers import answer_for
from verifier.asking_makers import ask_about_new_codes, open_authority, read_code_answers, read_code_uses
from verifier.attendance.calibration import Calibration, load_calibration
from verifier.attendance.session_checks import order_sign_ins
from verifier.city import CityNight, close_city
from verifier.closes import close_of_class, close_of_session
from verifier.collecting import collect_rarely
from verifier.evidence import StoreUnavailable
from verifier.judging import ClassToJudge, JudgedClass, judge_class
from verifier.judging_keys import has_records, make_class_key, make_session_key
from verifier.language import say
from verifier.looking import LookDone, look_at_all, look_limits, look_versions, not_looked_at, versions_key
from verifier.night_reports import write_reports
from verifier.one_at_a_time import AlreadyRunningError, hold_turn
from verifier.photo.context import OtherUse
from verifier.photo.look_json import look_from_json
from verifier.photo.room import confirms_room
from verifier.photo.room_history import RoomMemory, VenuePhoto
from verifier.plan import Submission, TrainingClass
from verifier.progress import open_progress
from verifier.recordings import look_at_recordings
from verifier.records.cameras import list_frame_digests, read_frames
from verifier.records.class_facts import list_closed_sessions, read_class_facts
from verifier.records.database import Database, open_database
from verifier.records.filing import list_numbers, read_class_file
from verifier.records.findings import read_input_key, save_session_close
from verifier.records.looks import forget_attempt, missing_looks, read_looks, save_attempt, save_look
from verifier.records.nights import find_latest_day, find_shared_night, finish_night, start_night
from verifier.records.pictures import similar_uses_of_class
from verifier.records.rooms import read_rooms, read_venue_photos, save_rooms
from verifier.records.submissions import uses_of_class
from verifier.records.violation_values import read_violation_values
from verifier.regulation.facts import ClassFacts
from verifier.regulation.policy import Policy, load_policy
from verifier.regulation.violation import Violation
from verifier.same_pictures import find_same_pictures
from verifier.sanctioning import propose_for_agencies
from verifier.settings import Settings

log = structlog.get_logger()

# The database or the store is away: that says nothing about the class or picture whose turn it was.
OUTAGES = (StoreUnavailable, SqlOperationalError)
JUDGE_VERSION = "5"  # raised when a check or a rule changes, so that closed sessions are judged again


@dataclass(frozen=True, slots=True)
class Night:
    """What a night did. `answer` is the JSON of ``verifier nightly --json``."""

    answer: dict[str, Any]
    report_html: Path | None
    report_xlsx: Path | None


@dataclass(slots=True)
class ClosedClass:
    """What closing classes did: sessions closed and their days, and what could not be closed, with the reason.

    In `not_closed` a class without a session is one that could not be judged: our fault, told in the report.
    """

    closed: int = 0
    days: set[date] = field(default_factory=set)
    not_closed: list[dict[str, str | None]] = field(default_factory=list)

    def add(self, other: ClosedClass) -> None:
        """Count another class too."""
        self.closed += other.closed
        self.days |= other.days
        self.not_closed += other.not_closed


@dataclass(slots=True)
class NightCounts:
    """What a night has done so far."""

    looked: int = 0
    cut_off: int = 0
    recordings: int = 0
    seconds: float = 0.0
    classes: ClosedClass = field(default_factory=lambda: ClosedClass())
    city: CityNight | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "looked": self.looked,
            "cut_off": self.cut_off,
            "recordings": self.recordings,
            "closed": self.classes.closed,
            "city": self.city.to_json() if self.city else None,
            "seconds": self.seconds,
        }


@dataclass(frozen=True, slots=True, eq=False)
class Tools:
    """What judging depends on besides the class: policy, calibration and versions."""

    policy: Policy
    calibration: Calibration
    versions: Mapping[str, str]
    embedding_contract: str
    stamp_authority: str | None = None  # the name of whoever knows stamps' codes; None: nobody is asked

    @property
    def looks_key(self) -> str:
        """By which the looks are found."""
        return versions_key(self.versions)

    def json_versions(self) -> dict[str, Any]:
        """As the JSON contract's ``versions``."""
        packs = {role: self.versions[role] for role in ("faces", "people", "text") if role in self.versions}
        return {
            "code": self.versions["code"],
            "packs": packs,
            "policy": str(self.policy.ref),
            "judging": JUDGE_VERSION,
            "calibration": self.calibration.name,
        }


def open_tools(settings: Settings) -> Tools:
    """Policy, calibration and the versions of what is installed; no network is loaded."""
    versions, contract = look_versions(settings)
    authority = open_authority(settings).name if settings.stamp_authority_url else None
    return Tools(
        load_policy(settings.policy),
        load_calibration(settings.face_pack, settings.models_dir),
        versions,
        contract,
        authority,
    )


def run_night(
    settings: Settings, day: date | None = None, since: date | None = None, now: datetime | None = None
) -> Night:
    """Do one night's work.

    Args:
        day: The last day to close; yesterday in the settings' zone where None.
        since: First day of the answer; the days that this call closed where None.
        now: The present moment, with an offset.
    Raises:
        AlreadyRunningError: another night works on the same records.
        StoreUnavailable: the evidence store does not answer.
    """
    started, clock = now or datetime.now(UTC), time.perf_counter()
    last_day = day or (started.astimezone(settings.zone).date() - timedelta(days=1))
    tools = open_tools(settings)
    database = open_database(settings.database, settings.data_key_bytes(), settings.limits_of("job"))
    counts = NightCounts()
    try:
        with hold_turn(database, "night"), _written_down(database, since, last_day, tools, counts):
            counts.recordings = look_at_recordings(settings, database, tools)
            _look_at_new(settings, database, tools, counts)
            find_same_pictures(database, tools.looks_key)
            ask_about_new_codes(settings, database, tools.looks_key)
            close_all(settings, database, tools, last_day, started, counts)
            propose_for_agencies(database, tools.policy, last_day)
            counts.city = close_city(settings, database, tools, started)
            counts.seconds = round(time.perf_counter() - clock, 3)
        first_day = since or min(counts.classes.days, default=last_day)
        answer = make_answer(database, settings, tools, first_day, last_day, counts.classes, counts.to_json(), started)
        html, xlsx = write_reports(settings, database, answer, last_day)
    finally:
        database.close()
    log.info("night_done", day=last_day.isoformat(), **answer["night"])
    return Night(answer, html, xlsx)


def make_answer(
    database: Database, settings: Settings, tools: Tools, first_day: date, last_day: date, classes: ClosedClass,
    counts: Mapping[str, Any], started: datetime,
) -> dict[str, Any]:  # fmt: skip
    """The JSON of ``verifier nightly --json``."""
    with database.reading() as tx:
        answer = answer_for(tx, settings, first_day, last_day)
    answer["versions"] = tools.json_versions()
    answer["not_closed"] = classes.not_closed
    answer["night"] = {**counts, "started_at": started.astimezone(settings.zone).isoformat(timespec="seconds")}
    return answer


@contextmanager
def _written_down(
    database: Database, since: date | None, last_day: date, tools: Tools, counts: NightCounts
) -> Iterator[None]:
    """Leave a row about the night, so that people see whether it ran, runs, failed or was broken off."""
    with database.transaction() as tx:
        if find_shared_night(tx) is not None:
            raise AlreadyRunningError(
                "another night is running on these records: workers do it (`verifier jobs list` shows how far it is, "
                "`verifier jobs cancel-night` ends it)"
            )
        night_id = start_night(tx, since, last_day, tools.json_versions())
    try:
        yield
    except Exception as error:
        with database.transaction() as tx:
            finish_night(tx, night_id, counts.to_json(), error=f"{type(error).__name__}: {error}")
        raise
    with database.transaction() as tx:
        finish_night(tx, night_id, counts.to_json())


def list_new_pictures(tx: Any, settings: Settings, tools: Tools) -> list[str]:
    """Digests of all pictures that are to be looked at: enrolment first, then photos by arrival, then cameras' frames."""
    key, limits = tools.looks_key, look_limits(settings)
    wanted = [*missing_looks(tx, key, "portraits", limits=limits), *missing_looks(tx, key, limits=limits)]
    wanted += missing_looks(tx, key, list_frame_digests(tx), limits=limits)
    return list(dict.fromkeys(wanted))


def keep_look(settings: Settings, database: Database, tools: Tools, done: LookDone) -> None:
    """Keep one look; of a picture that was never seen nothing is kept."""
    if not done.lasting:
        return
    key = tools.looks_key
    with database.transaction(redoable=True) as tx:
        save_look(tx, done.sha256, key, done.look_json, done.embeddings, done.embedding_contract)
        if why := done.cut_off or done.starved:
            save_attempt(tx, done.sha256, key, look_limits(settings), why)
        else:
            forget_attempt(tx, done.sha256, key)


def _look_at_new(settings: Settings, database: Database, tools: Tools, counts: NightCounts) -> None:
    with database.reading() as tx:
        wanted = list_new_pictures(tx, settings, tools)
    with open_progress() as progress:
        task = progress.add_task("照片 photos", total=len(wanted))
        for done in look_at_all(wanted, settings, tools.versions):
            keep_look(settings, database, tools, done)
            counts.looked += 1
            counts.cut_off += bool(done.cut_off)
            progress.advance(task)


@dataclass(frozen=True, slots=True)
class Closing:
    """Which sessions are closed: those until `last_day` that are over `now`, judged as of `judged_on`."""

    last_day: date
    judged_on: date
    now: datetime


def open_closing(tx: Any, settings: Settings, last_day: date, now: datetime) -> Closing:
    """What is closed by a night that is run now for days up to `last_day`."""
    # A night that is run again for an earlier day must not make deadlines unpassed; and none passes before its time.
    judged_on = min(max(last_day, find_latest_day(tx) or last_day), now.astimezone(settings.zone).date())
    return Closing(last_day, judged_on, now)


def close_all(
    settings: Settings, database: Database, tools: Tools, last_day: date, now: datetime, counts: NightCounts
) -> None:
    """Judge every class whose records have changed since it was last judged, and write what changed."""
    with database.reading() as tx:
        numbers = list_numbers(tx)
        closing = open_closing(tx, settings, last_day, now)
    with collect_rarely(), open_progress() as progress:
        task = progress.add_task("班次 classes", total=len(numbers))
        for number in numbers:
            try:
                counts.classes.add(close_class(settings, database, tools, number, closing))
            except OUTAGES:
                raise
            except Exception as error:
                # One class that cannot be judged must not keep the report of all others back.
                log.exception("class_not_closed", class_number=number)
                counts.classes.not_closed.append(tell_not_judged(number, error))
            progress.advance(task)


def tell_not_judged(number: str, why: Exception | str) -> dict[str, str | None]:
    """The line of a class that could not be judged through a fault of ours."""
    said = f"{type(why).__name__}: {why}" if isinstance(why, Exception) else why
    reason = str(say("系统未能判断本班（{why}），不是培训机构的问题；下一次核验会再试。", why=said))
    return {"class": number, "session": None, "reason": reason}


def close_class(settings: Settings, database: Database, tools: Tools, number: str, closing: Closing) -> ClosedClass:
    """Judge one class as a whole and close its sessions, a transaction each; where nothing changed nothing is written."""
    found, now = ClosedClass(), closing.now
    with database.reading() as tx:
        given = read_class_to_judge(tx, number, tools)
        former_class_key = read_input_key(tx, number, None)
        # An earlier day that is run again must not take back what later days have closed.
        already = list_closed_sessions(tx, number)
    sessions = given.class_file.training.sessions
    due = [session for session in sessions if session.day <= closing.last_day]
    over = now - timedelta(seconds=settings.close_after_s)
    closed = [session for session in sessions if session.id in already or (session in due and session.ends_at <= over)]
    found.not_closed += [
        {
            "class": number,
            "session": session.id,
            "reason": str(say("{end}才结束，尚未到结案时间。", end=f"{session.ends_at:%Y-%m-%d %H:%M}")),
        }
        for session in due
        if session.ends_at > over and session.id not in already
    ]
    if not closed and not given.class_file.submissions and not has_records(given):
        return found
    as_of = max([closing.judged_on, *(session.day for session in closed)])
    class_key = make_class_key(given, tools, closed, as_of)
    if class_key == former_class_key:
        return found
    judged = judge_class(given, closed, as_of)
    if given.rooms is not None and given.rooms.new:
        with database.transaction() as tx:
            save_rooms(tx, given.rooms.new, tools.looks_key)
    _save_sessions(database, tools, judged, given, found)
    with database.reading() as tx:
        recorded, violations = _read_recorded(tx, given.class_file.training, tools)
    # The cases that these closes opened or let lapse are facts of the class as a whole. Nothing else is taken from the second
    # reading: evidence that came in between waits for the next night.
    after = replace(given, recorded=recorded, violations=violations)
    key_after = make_class_key(after, tools, closed, as_of)
    if key_after != class_key:
        judged = judge_class(after, closed, as_of)
    # Last, as it says that all of the class's sessions stand: killed before this, the next night does the class again.
    close = close_of_class(judged, key_after, tools.json_versions(), tools.policy.ref)
    with database.transaction() as tx:
        save_session_close(tx, close)
    return found


def _save_sessions(
    database: Database, tools: Tools, judged: JudgedClass, given: ClassToJudge, found: ClosedClass
) -> None:
    versions, policy = tools.json_versions(), tools.policy.ref
    ordered = order_sign_ins(given.class_file.sign_ins)
    for session in judged.sessions:
        rests_on = session.conclusion.rests_on
        key = make_session_key(given, tools, session.session, session.photos, ordered, rests_on)
        with database.transaction() as tx:
            written = save_session_close(tx, close_of_session(judged.training.number, session, key, versions, policy))
        if written:
            found.closed += 1
            found.days.add(session.session.day)


def read_class_to_judge(tx: Any, number: str, tools: Tools) -> ClassToJudge:
    """Everything one class is judged by, from the records."""
    class_file = read_class_file(tx, number)
    frames = read_frames(tx, number)
    digests = {submission.sha256 for submission in class_file.submissions}
    digests.update(frame.sha256 for of_session in frames.values() for frame in of_session)
    for photos in (*class_file.enrolment_photos.values(), *class_file.teacher_photos.values()):
        digests.update(photos)
    looks = {
        sha256: look_from_json(body, embeddings)
        for sha256, (body, embeddings) in read_looks(tx, digests, tools.looks_key).items()
    }
    looks |= {
        sha256: not_looked_at(sha256, f"evidence {sha256} could not be read", tools.versions)
        for sha256 in digests - looks.keys()
    }
    uses = _read_uses(tx, number, class_file.submissions, tools)
    code_uses = read_code_uses(tx, number, class_file.submissions, tools.looks_key)
    code_answers = read_code_answers(tx, class_file.submissions, looks, tools.stamp_authority)
    recorded, violations = _read_recorded(tx, class_file.training, tools)
    return ClassToJudge(
        class_file,
        looks,
        tools.policy,
        tools.calibration,
        tools.embedding_contract,
        uses,
        recorded,
        violations,
        code_uses=code_uses,
        code_answers=code_answers,
        rooms=RoomMemory(read_rooms(tx, number, tools.looks_key)),
        venue_photos=_read_venue_photos(tx, class_file.training, tools),
        frames=frames,
    )


def _read_venue_photos(tx: Any, training: TrainingClass, tools: Tools) -> tuple[VenuePhoto, ...]:
    """The confirmed photos of classes that were taught in the same venues before."""
    photos = [(venue, photo) for venue, photo in read_venue_photos(tx, training) if confirms_room(photo.findings)]
    found = read_looks(tx, {photo.submission.sha256 for _, photo in photos}, tools.looks_key)
    return tuple(
        VenuePhoto(
            venue, photo.submission, look_from_json(*found[photo.submission.sha256]),
            f"{photo.class_number} {photo.submission.file}",
        )
        for venue, photo in photos
        if photo.submission.sha256 in found
    )  # fmt: skip


def _read_recorded(tx: Any, training: TrainingClass, tools: Tools) -> tuple[ClassFacts, tuple[Violation, ...]]:
    """What people recorded and decided about a class, and the violations that stand."""
    recorded = read_class_facts(tx, training.number, date.min, training=training)
    return recorded, tuple(read_violation_values(tx, training.number, tools.policy))


def _read_uses(
    tx: Any, number: str, submissions: Sequence[Submission], tools: Tools
) -> dict[Submission, tuple[OtherUse, ...]]:
    """Where else each photo was handed in: as the same file or pixels, then as a changed copy."""
    exact = uses_of_class(tx, number, submissions)
    similar = similar_uses_of_class(tx, number, submissions, tools.looks_key)
    return {
        submission: tuple(
            OtherUse(
                use.how,
                use.class_number,
                use.session_id,
                use.file,
                use.sha256,
                use.received_first,
                use.changes,
                use.similarity,
                use.seconds_apart,
            )
            for use in (*exact.get(submission, ()), *similar.get(submission, ()))
        )
        for submission in submissions
        if submission in exact or submission in similar
    }
