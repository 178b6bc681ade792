"""What was recorded of single sessions beside photos and sign-ins: remote records, camera samples, visits, teacher cases."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Tx

from verifier.camera_health import CameraSample, Condition, build_health, list_spans
from verifier.finding import Outcome
from verifier.language import Sentence, say
from verifier.plan import ClassFile, RemoteKind, RemoteRecord, Session, SessionKind, SessionMode, TrainingClass
from verifier.records.errors import PlanError
from verifier.records.recordings import SeenRecording, best_state, read_recordings
from verifier.records.rows import KindCount, insert_missing
from verifier.records.tables.base import make_id
from verifier.records.tables.camera import CameraRow, CameraSampleRow
from verifier.records.tables.case import CaseRow
from verifier.records.tables.evidence import SubmissionRow
from verifier.records.tables.remote_record import RemoteRecordRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.supervision import OnSiteInspectionRow
from verifier.records.tables.training_class import ClassRow
from verifier.regulation.facts import (
    CameraSpan,
    ObservedTeaching,
    OnlineRecord,
    PhotoReport,
    RecordedSession,
    ReportState,
    Seen,
)

# Samples are taken every few minutes; within this time other agencies' cameras were asked by the same workers and network.
SAME_MOMENT = timedelta(minutes=10)
# Fewer silent cameras of others are a coincidence; from two on the common cause is nearer: ourselves.
OTHERS_SILENT = 2


def save_remote_records(tx: Tx, class_id: UUID, class_file: ClassFile) -> KindCount:
    """Add screenshots, recordings and links; none is ever removed.

    Raises:
        PlanError: one names a session that the class does not have.
    """
    sessions = dict(tx.execute(select(SessionRow.code, SessionRow.id).where(SessionRow.class_id == class_id)).all())
    rows = {}
    for each in class_file.remote_records:
        if each.session_id not in sessions:
            raise PlanError(f"a record names session {each.session_id}, which the class does not have")
        what = (each.kind.value, each.sha256, each.link, each.platform)
        row_id = make_id("remote_record", class_file.training.number, each.session_id, *what)
        rows[row_id] = {
            "id": row_id, "class_id": class_id, "session_id": sessions[each.session_id], "kind": each.kind.value,
            "platform": each.platform, "file": each.file, "link": each.link, "sha256": each.sha256 or None,
        }  # fmt: skip
    added = insert_missing(tx, RemoteRecordRow, list(rows.values()))
    return KindCount(added=added, unchanged=len(rows) - added)


def read_remote_records(tx: Tx, class_id: UUID) -> tuple[RemoteRecord, ...]:
    """Everything handed in, by session, kind and file."""
    rows = tx.execute(
        select(RemoteRecordRow, SessionRow.code)
        .join(SessionRow, SessionRow.id == RemoteRecordRow.session_id)
        .where(RemoteRecordRow.class_id == class_id)
    )
    found = [
        RemoteRecord(code, RemoteKind(row.kind), row.platform, row.file, row.sha256 or "", link=row.link)
        for row, code in rows
    ]
    return tuple(sorted(found, key=lambda each: (each.session_id, each.kind, each.file, each.sha256, each.link)))


def read_recorded_sessions(tx: Tx, class_id: UUID, training: TrainingClass) -> Mapping[str, RecordedSession]:
    """Session id → what was recorded of it; sessions of which nothing was are left out."""
    remote: dict[str, list[RemoteRecord]] = defaultdict(list)
    for each in read_remote_records(tx, class_id):
        remote[each.session_id].append(each)
    visits, observed = _read_visits(tx, class_id), _read_observed(tx, class_id, training)
    decided = _read_teacher_cases(tx, class_id)
    spans = read_camera_spans(tx, class_id, training)
    found = {}
    seen = read_recordings(tx, training.number)
    delivers = any(_recording(records, seen) for records in remote.values())
    for session in training.sessions:
        visit = visits.get(session.id, {})
        recorded = RecordedSession(
            camera=spans.get(session.id),
            recording=_recording(remote[session.id], seen) or _missing_recording(session, delivers),
            online=_online(remote[session.id]),
            teacher=visit.get("teachers") or decided.get(session.id),
            place=visit.get("venue"),
            timetable=visit.get("timetable"),
            observed=observed.get(session.id),
        )
        if recorded != RecordedSession():
            found[session.id] = recorded
    return found


def _recording(records: Iterable[RemoteRecord], seen: Mapping[tuple[str, str], SeenRecording]) -> PhotoReport | None:
    """What the session's recordings show. One that nobody looked at yet is our own doing; a link nobody can look at for long."""
    wanted = [each for each in records if each.kind is not RemoteKind.SCREENSHOT]
    if not wanted:
        return None
    evidence = {f"sha256:{each.sha256}" if each.sha256 else f"link:{each.link}" for each in wanted}
    states = []
    for each in wanted:
        look = seen.get((each.session_id, each.sha256))
        if look is not None:
            evidence.update(look.evidence)
            states.append(look.state)
        else:
            states.append(ReportState.NOT_RUN if each.sha256 else ReportState.UNSURE)
    return PhotoReport(best_state(states), tuple(sorted(evidence)))


def _missing_recording(session: Session, delivers: bool) -> PhotoReport | None:
    """A class that hands in recordings of its sessions outside has left this one out; without any, nothing is known of them."""
    outside = session.mode is SessionMode.MOBILE and session.kind is not SessionKind.ONLINE
    return PhotoReport(ReportState.MISSING) if delivers and outside else None


def _online(records: Iterable[RemoteRecord]) -> OnlineRecord | None:
    wanted = list(records)
    if not wanted:
        return None
    shots = {f"sha256:{each.sha256}" for each in wanted if each.kind is RemoteKind.SCREENSHOT and each.sha256}
    platform = next((each.platform for each in wanted if each.platform), "")
    return OnlineRecord(platform, tuple(sorted(shots)))


def _list_visits(tx: Tx, class_id: UUID) -> list[tuple[OnSiteInspectionRow, str, tuple[str, ...]]]:
    """Inspections of a session, in time order: the row, the session's code, what names them as evidence."""
    rows = tx.execute(
        select(OnSiteInspectionRow, SessionRow.code)
        .join(SessionRow, SessionRow.id == OnSiteInspectionRow.session_id)
        .where(OnSiteInspectionRow.class_id == class_id, OnSiteInspectionRow.state == "done")
    ).all()
    return [
        (
            row,
            code,
            tuple(sorted([f"inspection:{row.id}", *(f"sha256:{each}" for each in row.form.get("evidence", ()))])),
        )
        for row, code in sorted(rows, key=lambda each: (str(each[0].inspected_at), str(each[0].id)))
    ]


def _read_observed(tx: Tx, class_id: UUID, training: TrainingClass) -> dict[str, ObservedTeaching]:
    """Session → when inspectors saw teaching begin and end: the first beginning and the last end that anybody saw."""
    zone = ZoneInfo(training.timezone)
    found: dict[str, ObservedTeaching] = {}
    for row, code, evidence in _list_visits(tx, class_id):
        began, ended = (
            datetime.fromisoformat(row.form[name]).astimezone(zone) if row.form.get(name) else None
            for name in ("teaching_began", "teaching_ended")
        )
        if began is None and ended is None:
            continue
        before = found.get(code, ObservedTeaching(source="on_site"))
        # A beginning that was seen on an earlier visit stands; the later visit may have seen the end.
        first = began is not None and before.started_at is None and row.inspected_at is not None
        found[code] = ObservedTeaching(
            began if first else before.started_at, ended or before.ended_at, "on_site",
            tuple(sorted({*before.evidence, *evidence})),
            row.inspected_at.astimezone(zone) if first and row.inspected_at else before.watched_from,
        )  # fmt: skip
    return found


def _read_visits(tx: Tx, class_id: UUID) -> dict[str, dict[str, Seen]]:
    """Session → what inspectors found about teachers, venue and timetable; "" in the form says that it was in order."""
    found: dict[str, dict[str, Seen]] = defaultdict(dict)
    for row, code, evidence in _list_visits(tx, class_id):
        for name in ("teachers", "venue", "timetable"):
            text = row.form.get(name)
            if text is None:
                continue
            if text:
                found[code][name] = Seen(Outcome.FAILED, evidence, say("现场监管登记：{text}。", text=text))
            else:
                found[code].setdefault(name, Seen(Outcome.PASSED, evidence))
    return found


def _read_teacher_cases(tx: Tx, class_id: UUID) -> dict[str, Seen]:
    """What people decided about another teacher in the filed one's place."""
    rows = tx.execute(
        select(CaseRow, SessionRow.code, SubmissionRow.sha256)
        .join(SessionRow, SessionRow.id == CaseRow.session_id)
        .outerjoin(SubmissionRow, SubmissionRow.id == CaseRow.submission_id)
        .where(
            CaseRow.class_id == class_id,
            CaseRow.kind == "teacher_replaced",
            CaseRow.state.in_(("confirmed", "dismissed")),
        )
    ).all()
    found: dict[str, Seen] = {}
    for row, code, sha256 in sorted(rows, key=lambda each: (each[0].state == "confirmed", each[0].dedup_key)):
        evidence = tuple(sorted([f"case:{row.id}", *([f"sha256:{sha256}"] if sha256 else [])]))
        if row.state == "confirmed":
            found[code] = Seen(Outcome.FAILED, evidence, Sentence.from_json(row.reason))
        else:
            found[code] = Seen(Outcome.UNSURE, evidence)
    return found


# ---------------------------------------------------------------- cameras


def read_camera_spans(tx: Tx, class_id: UUID, training: TrainingClass) -> dict[str, tuple[CameraSpan, ...]]:
    """Session id → what its camera showed, for the cameras that were ever looked at. Silence of our own side is `not_run`."""
    query = (
        select(
            CameraRow.code, CameraSampleRow.id, CameraSampleRow.taken_at, CameraSampleRow.condition,
            CameraSampleRow.frames,
        )
        .join(CameraRow, CameraRow.id == CameraSampleRow.camera_id)
        .where(CameraRow.class_id == class_id, CameraRow.is_recording.is_(False))
        .order_by(CameraSampleRow.taken_at)
    )  # fmt: skip
    by_camera: dict[str, list[CameraSample]] = defaultdict(list)
    for code, row_id, taken_at, stored, frames in tx.execute(query):
        # A look from before conditions were kept says no more than whether a picture came.
        condition = Condition(stored) if stored else Condition.DOUBTFUL
        if condition is Condition.OFFLINE and was_ours(tx, class_id, taken_at):
            condition = Condition.NOT_RUN
        evidence = tuple(f"sha256:{frame['sha256']}" for frame in frames or ()) or (f"camera_sample:{row_id}",)
        by_camera[code].append(CameraSample(code, taken_at, condition, evidence))
    found: dict[str, list[CameraSpan]] = defaultdict(list)
    for code, samples in by_camera.items():
        sessions = [each for each in training.sessions if each.camera_id == code]
        for interval in build_health(code, sessions, samples):
            found[interval.session_id] += list_spans([interval])
    return {session_id: tuple(spans) for session_id, spans in found.items()}


def was_ours(tx: Tx, class_id: UUID, moment: datetime) -> bool:
    """Whether cameras of other agencies were silent at the same moment, and none of them answered: then it was our network."""
    agency = select(ClassRow.agency_id).where(ClassRow.id == class_id).scalar_subquery()
    rows = tx.execute(
        select(CameraSampleRow.state, func.count(CameraSampleRow.camera_id.distinct()))
        .join(CameraRow, CameraRow.id == CameraSampleRow.camera_id)
        .join(ClassRow, ClassRow.id == CameraRow.class_id)
        .where(
            CameraSampleRow.taken_at.between(moment - SAME_MOMENT, moment + SAME_MOMENT),
            ClassRow.agency_id != agency,
            CameraRow.is_recording.is_(False),
        )
        .group_by(CameraSampleRow.state)
    )
    counts = dict(rows.all())
    # One that refuses us or sends rubbish has answered: our way out was open.
    return set(counts) == {"unreachable"} and counts["unreachable"] >= OTHERS_SILENT
