"""Cameras on record: the looks at them, the views of their rooms that people confirmed, and the history that follows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session as Tx

from verifier.camera_health import COUNTING, CameraFrame, CameraSample, Condition, HealthInterval, build_health
from verifier.finding import Finding, Outcome
from verifier.language import Sentence, say
from verifier.observation import Box
from verifier.plan import TrainingClass
from verifier.records.errors import PlanError
from verifier.records.office import RefusedError, find_person
from verifier.records.rows import find_class, insert_missing
from verifier.records.submissions import save_evidence
from verifier.records.tables.base import make_id
from verifier.records.tables.camera import CameraRow, CameraSampleRow, CameraViewRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.training_class import ClassRow
from verifier.records.tables.user import UserRow

# Loops are days long at most; at two looks an hour these are the looks of four weeks of teaching.
MOST_EARLIER = 300


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """One look at one camera, as it is kept.

    Attributes:
        taken_at: Our clock, with an offset; one camera has one look at any moment.
        state: ``picture``, ``unreachable``, ``refused`` or ``no_picture``.
        detail: What the camera or the reader said, English, without credentials.
        sha256: The decisive frame, kept as evidence; None without a picture.
        frames: All kept frames: ``sha256``, ``why``, ``received_at``, ``stream_seconds``, JSON-ready.
        shown_at: The camera's own clock as its picture shows it (ISO, no zone); None where it shows none.
        look: JSON of `video.look_json`; moment: why it was looked at just then; both JSON-ready.
    """

    camera_id: str
    taken_at: datetime
    state: str
    condition: Condition
    session_id: str | None = None
    detail: str = ""
    sha256: str | None = None
    findings: tuple[Finding, ...] = ()
    frames: tuple[Mapping[str, Any], ...] = ()
    shown_at: str | None = None
    look: Mapping[str, Any] | None = None
    moment: Mapping[str, Any] | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def evidence(self) -> tuple[str, ...]:
        """The kept frames, as the regulation's facts name evidence."""
        return tuple(f"sha256:{frame['sha256']}" for frame in self.frames)


@dataclass(frozen=True, slots=True)
class ConfirmedView:
    """A view of the room that somebody confirmed; `people` are boxes in its pixels, which are not the room."""

    name: str
    sha256: str
    people: tuple[Box, ...]
    confirmed_by: str
    confirmed_at: datetime


def save_sample(tx: Tx, class_number: str, sample: SampleRecord) -> bool:
    """Keep one look. One that stands is not written again; tells whether this one was.

    Args:
        sample: The bytes of its frames are in the evidence store already.
    Raises:
        PlanError: the class has no such camera or session.
        NotInRecordsError: there is no such class.
    """
    class_id = find_class(tx, class_number).id
    camera = _find_camera(tx, class_id, class_number, sample.camera_id)
    save_evidence(tx, {str(frame["sha256"]): frame.get("size_bytes") for frame in sample.frames})
    row_id = make_id("camera_sample", class_number, sample.camera_id, sample.taken_at.isoformat())
    row = {
        "id": row_id,
        "camera_id": camera.id,
        "session_id": _find_session(tx, class_id, class_number, sample.session_id),
        "taken_at": sample.taken_at,
        "state": sample.state,
        "detail": sample.detail,
        "sha256": sample.sha256,
        "condition": sample.condition.value,
        "shown_at": sample.shown_at,
        "findings": [_finding_to_json(finding) for finding in sample.findings],
        "look": dict(sample.look) if sample.look is not None else None,
        "frames": [dict(frame) for frame in sample.frames],
        "moment": dict(sample.moment) if sample.moment is not None else None,
        "versions": dict(sample.versions),
    }
    return insert_missing(tx, CameraSampleRow, [row]) == 1


def read_samples(
    tx: Tx,
    class_number: str,
    camera_id: str | None = None,
    session_id: str | None = None,
    *,
    recordings: bool = False,
) -> tuple[SampleRecord, ...]:
    """The looks at a class's cameras, in order of time, without those of other sessions or cameras where named.

    Args:
        recordings: Those into recordings that were handed in, instead.
    """
    class_id = find_class(tx, class_number).id
    query = (
        select(CameraSampleRow, CameraRow.code, SessionRow.code)
        .join(CameraRow, CameraRow.id == CameraSampleRow.camera_id)
        .outerjoin(SessionRow, SessionRow.id == CameraSampleRow.session_id)
        .where(CameraRow.class_id == class_id, CameraRow.is_recording.is_(recordings))
        .order_by(CameraSampleRow.taken_at, CameraRow.code)
    )
    if camera_id is not None:
        query = query.where(CameraRow.code == camera_id)
    if session_id is not None:
        query = query.where(SessionRow.code == session_id)
    return tuple(_sample(row, camera, session) for row, camera, session in tx.execute(query))


def read_frames(tx: Tx, class_number: str) -> dict[str, tuple[CameraFrame, ...]]:
    """Session → the pictures of its cameras that count for attendance, in order of time."""
    found: dict[str, list[CameraFrame]] = {}
    for frame in _list_frames(tx, CameraRow.class_id == find_class(tx, class_number).id, _counts_for_attendance()):
        found.setdefault(frame.session_id, []).append(frame)
    return {session: tuple(frames) for session, frames in found.items()}


def read_frames_by_id(tx: Tx, sample_ids: Collection[UUID]) -> list[CameraFrame]:
    """The pictures of these looks, those of no session left out."""
    return _list_frames(tx, CameraSampleRow.id.in_(sample_ids), CameraSampleRow.sha256.is_not(None))


def _list_frames(tx: Tx, *which: ColumnElement[bool]) -> list[CameraFrame]:
    rows = tx.execute(
        select(CameraSampleRow, CameraRow.code, CameraRow.is_recording, SessionRow.code)
        .join(CameraRow, CameraRow.id == CameraSampleRow.camera_id)
        .join(SessionRow, SessionRow.id == CameraSampleRow.session_id)
        .where(*which)
        .order_by(CameraSampleRow.taken_at, CameraRow.code)
    )
    return [
        CameraFrame(
            row.id, camera, row.taken_at, session, str(row.sha256),
            tuple(_finding_from_json(each) for each in row.findings or ()), recorded,
        )
        for row, camera, recorded, session in rows
    ]  # fmt: skip


def list_frame_digests(tx: Tx) -> list[str]:
    """Digests of all pictures that count for attendance, the earliest first: later versions look at them anew."""
    query = select(CameraSampleRow.sha256).where(_counts_for_attendance()).order_by(CameraSampleRow.taken_at)
    return list(dict.fromkeys(str(sha256) for sha256 in tx.scalars(query)))


def has_cameras(tx: Tx) -> bool:
    """Whether any class filed a camera."""
    return tx.scalar(select(CameraRow.id).limit(1)) is not None


def _counts_for_attendance() -> ColumnElement[bool]:
    counting = CameraSampleRow.condition.in_([each.value for each in COUNTING])
    return counting & CameraSampleRow.sha256.is_not(None) & CameraSampleRow.session_id.is_not(None)


def list_classes_on_air(tx: Tx, since: datetime, until: datetime) -> list[str]:
    """Numbers of the classes with a filed camera and a session that ended after `since` and began by `until`, in order."""
    query = (
        select(ClassRow.number)
        .join(SessionRow, SessionRow.class_id == ClassRow.id)
        .where(
            SessionRow.dropped_at.is_(None),
            SessionRow.starts_at <= until,
            SessionRow.ends_at > since,
            exists().where(
                CameraRow.class_id == ClassRow.id, CameraRow.dropped_at.is_(None), CameraRow.is_recording.is_(False)
            ),
        )
        .distinct()
        .order_by(ClassRow.number)
    )
    return list(tx.scalars(query))


def read_earlier_looks(
    tx: Tx, class_number: str, camera_id: str, before: datetime, most: int = MOST_EARLIER
) -> tuple[tuple[datetime, Mapping[str, Any]], ...]:
    """What earlier looks at the same address saw, newest first, also those for other classes that share the camera."""
    camera = _find_camera(tx, find_class(tx, class_number).id, class_number, camera_id)
    rows = tx.execute(
        select(CameraSampleRow.taken_at, CameraSampleRow.look)
        .join(CameraRow, CameraRow.id == CameraSampleRow.camera_id)
        .where(CameraRow.url == camera.url, CameraSampleRow.taken_at < before, CameraSampleRow.state == "picture")
        .order_by(CameraSampleRow.taken_at.desc())
        .limit(most)
    )
    return tuple((taken_at, look) for taken_at, look in rows if look is not None)


def read_last_condition(tx: Tx, class_number: str, camera_id: str, before: datetime) -> Condition | None:
    """What the camera's last look before a moment gave; None where there was none."""
    camera = _find_camera(tx, find_class(tx, class_number).id, class_number, camera_id)
    found = tx.scalar(
        select(CameraSampleRow.condition)
        .where(CameraSampleRow.camera_id == camera.id, CameraSampleRow.taken_at < before)
        .order_by(CameraSampleRow.taken_at.desc())
        .limit(1)
    )
    return Condition(found) if found else None


def as_camera_samples(samples: Iterable[SampleRecord]) -> list[CameraSample]:
    """The looks as the history is built from them."""
    return [CameraSample(each.camera_id, each.taken_at, each.condition, each.evidence) for each in samples]


def read_health(tx: Tx, training: TrainingClass) -> dict[str, tuple[HealthInterval, ...]]:
    """Camera id → its history over the sessions it is filed for; cameras that no session names are left out."""
    samples = as_camera_samples(read_samples(tx, training.number))
    filed: dict[str, list[Any]] = {}
    for session in training.sessions:
        if session.camera_id is not None:
            filed.setdefault(session.camera_id, []).append(session)
    return {camera_id: build_health(camera_id, sessions, samples) for camera_id, sessions in filed.items()}


def save_view(tx: Tx, class_number: str, camera_id: str, view: ConfirmedView) -> UUID:
    """Keep a view of the room as confirmed by somebody of the office; the same picture twice is once.

    Raises:
        RefusedError: nobody of that login may, or the view has no name.
        PlanError: the class has no such camera.
    """
    if not view.name.strip():
        raise RefusedError(say("参考画面须有名称，例如“白天”“夜视”。"))
    person = find_person(tx, view.confirmed_by)
    camera = _find_camera(tx, find_class(tx, class_number).id, class_number, camera_id)
    save_evidence(tx, {view.sha256: None})
    row_id = make_id("camera_view", class_number, camera_id, view.sha256)
    row = tx.get(CameraViewRow, row_id)
    if row is None:
        row = CameraViewRow(
            id=row_id, camera_id=camera.id, name=view.name, sha256=view.sha256,
            people=[[box.x, box.y, box.width, box.height] for box in view.people],
            confirmed_by=person.id, confirmed_at=view.confirmed_at,
        )  # fmt: skip
        tx.add(row)
    row.withdrawn_by, row.withdrawn_because = None, None
    tx.flush()
    return row_id


def withdraw_view(tx: Tx, view_id: UUID, by: str, why: str) -> None:
    """Take a view back, as when the camera was moved with leave; it stays visible with who and why.

    Raises:
        RefusedError: there is no such view, or no reason is given.
    """
    row, person = tx.get(CameraViewRow, view_id), find_person(tx, by)
    if row is None or not why.strip():
        raise RefusedError(say("没有可撤回的参考画面{view}，或未说明理由。", view=str(view_id)))
    if row.withdrawn_by is None:
        row.withdrawn_by, row.withdrawn_because = person.id, why
        tx.flush()


def read_views(tx: Tx, class_number: str, camera_id: str) -> tuple[ConfirmedView, ...]:
    """The confirmed views of a camera that stand, oldest first.

    Raises:
        PlanError: the class has no such camera.
    """
    camera = _find_camera(tx, find_class(tx, class_number).id, class_number, camera_id)
    rows = tx.execute(
        select(CameraViewRow, UserRow.login)
        .join(UserRow, UserRow.id == CameraViewRow.confirmed_by)
        .where(CameraViewRow.camera_id == camera.id, CameraViewRow.withdrawn_by.is_(None))
        .order_by(CameraViewRow.confirmed_at, CameraViewRow.sha256)
    )
    return tuple(
        ConfirmedView(row.name, row.sha256, _boxes(row.people), login, row.confirmed_at) for row, login in rows
    )


def _boxes(stored: Iterable[Sequence[float]]) -> tuple[Box, ...]:
    return tuple(Box(*(float(value) for value in box)) for box in stored)


def _find_camera(tx: Tx, class_id: UUID, class_number: str, code: str) -> CameraRow:
    row = tx.scalar(select(CameraRow).where(CameraRow.class_id == class_id, CameraRow.code == code))
    if row is None:
        raise PlanError(f"class {class_number} has no camera {code}")
    return row


def _find_session(tx: Tx, class_id: UUID, class_number: str, code: str | None) -> UUID | None:
    if code is None:
        return None
    found = tx.scalar(select(SessionRow.id).where(SessionRow.class_id == class_id, SessionRow.code == code))
    if found is None:
        raise PlanError(f"class {class_number} has no session {code}")
    return found


def _sample(row: CameraSampleRow, camera: str, session: str | None) -> SampleRecord:
    return SampleRecord(
        camera_id=camera,
        taken_at=row.taken_at,
        state=row.state,
        # A look from before conditions were kept says no more than whether a picture came.
        condition=Condition(row.condition) if row.condition else Condition.DOUBTFUL,
        session_id=session,
        detail=row.detail,
        sha256=row.sha256,
        findings=tuple(_finding_from_json(each) for each in row.findings or ()),
        frames=tuple(row.frames or ()),
        shown_at=row.shown_at,
        look=row.look,
        moment=row.moment,
        versions=row.versions or {},
    )


def _finding_to_json(finding: Finding) -> dict[str, Any]:
    return {
        "check": finding.check, "outcome": finding.outcome.value, "reason": finding.reason.to_json(),
        "profile": finding.profile, "measured": dict(finding.measured),
    }  # fmt: skip


def _finding_from_json(data: Mapping[str, Any]) -> Finding:
    return Finding(
        data["check"], Outcome(data["outcome"]), Sentence.from_json(data["reason"]), data["profile"], data["measured"]
    )
