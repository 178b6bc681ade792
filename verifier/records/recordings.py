"""Recordings handed in for sessions (Art. 10): which wait to be looked at, and what was seen in them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session as Tx

from verifier.camera_health import Condition
from verifier.finding import Outcome
from verifier.plan import RemoteKind
from verifier.records.cameras import SampleRecord, read_samples, save_sample
from verifier.records.rows import find_class, insert_missing
from verifier.records.tables.base import make_id
from verifier.records.tables.camera import CameraRow, CameraSampleRow
from verifier.records.tables.remote_record import RemoteRecordRow
from verifier.records.tables.session import SessionRow
from verifier.records.tables.training_class import ClassRow
from verifier.regulation.facts import ReportState

# What one look at a recording means to Art. 10. What shows no class at all is no recording of one; where nobody can tell, a
# person must look.
_STATES = {
    Condition.OK: ReportState.COMPLETE,
    Condition.NOT_RUN: ReportState.NOT_RUN,
    Condition.NO_CLASS: ReportState.UNSURE,
    Condition.DOUBTFUL: ReportState.UNSURE,
    Condition.WRONG_CLOCK: ReportState.UNSURE,
}
_BEST_FIRST = (ReportState.COMPLETE, ReportState.UNSURE, ReportState.NOT_RUN, ReportState.INCOMPLETE)


@dataclass(frozen=True, slots=True)
class HandedIn:
    """One recording of one session."""

    class_number: str
    session_id: str
    file: str
    sha256: str

    @property
    def name(self) -> str:
        """What it is called where cameras have ids: unique in its class."""
        return f"{self.session_id}/{self.file[-120:]}@{self.sha256[:12]}"


@dataclass(frozen=True, slots=True)
class SeenRecording:
    """One recording that was looked at.

    Attributes:
        state: What it means to Art. 10.
        sample: The look with its findings; the kept frames of its other samples are in `evidence` too.
        other_days: (class, session, day) of other days for which the very same bytes were handed in.
    """

    handed_in: HandedIn
    state: ReportState
    sample: SampleRecord
    evidence: tuple[str, ...]
    other_days: tuple[tuple[str, str, str], ...] = ()


def list_recordings_to_look_at(tx: Tx) -> list[HandedIn]:
    """The recordings that nobody has looked at yet, by class and session."""
    looked_at = set(
        tx.scalars(
            select(CameraSampleRow.camera_id)
            .join(CameraRow, CameraRow.id == CameraSampleRow.camera_id)
            .where(CameraRow.is_recording)
        )
    )
    return [each for each, _ in _list_handed_in(tx) if _camera_id(each) not in looked_at]


def save_recording_look(tx: Tx, recording: HandedIn, samples: Sequence[SampleRecord]) -> None:
    """Keep what was seen in a recording: the look, then one sample for each further frame. What stands is not written again.

    Args:
        samples: Their `camera_id` is the recording's `name`. The bytes of their frames are in the evidence store already.
    Raises:
        PlanError: the class has no such session.
    """
    row = {
        "id": _camera_id(recording), "class_id": find_class(tx, recording.class_number).id, "code": recording.name,
        "url": f"evidence:{recording.sha256}", "position": 0, "is_recording": True,
    }  # fmt: skip
    insert_missing(tx, CameraRow, [row])
    for sample in samples:
        save_sample(tx, recording.class_number, sample)


def read_recordings(tx: Tx, class_number: str) -> dict[tuple[str, str], SeenRecording]:
    """(session, SHA-256) → what was seen in the recordings of a class; those that nobody looked at are left out."""
    looks: dict[str, SampleRecord] = {}
    frames: dict[str, list[str]] = {}
    for sample in read_samples(tx, class_number, recordings=True):
        frames.setdefault(sample.camera_id, []).extend(sample.evidence)
        if sample.look is not None:
            looks[sample.camera_id] = sample
    found = {}
    own = _list_handed_in(tx, class_number)
    uses = _find_uses(tx, {each.sha256 for each, _ in own})
    for each, day in own:
        look = looks.get(each.name)
        if look is None:
            continue
        others = tuple(sorted(use for use in uses[each.sha256] if use[2] != day))
        found[each.session_id, each.sha256] = SeenRecording(
            each, _name_state(look, others), look, tuple(dict.fromkeys(frames[each.name])), others
        )
    return found


def best_state(states: Iterable[ReportState]) -> ReportState:
    """Of several recordings of one session, the one that speaks best for the agency counts."""
    return min(states, key=_BEST_FIRST.index)


def _name_state(look: SampleRecord, other_days: Collection[object]) -> ReportState:
    by_check = {finding.check: finding.outcome for finding in look.findings}
    if by_check.get("stream.recorded") is Outcome.FAILED:
        return ReportState.INCOMPLETE
    # Whether its picture shows a class, also where nothing proves when it was made: chat apps strip that.
    condition = Condition((look.moment or {}).get("condition", look.condition))
    state = _STATES.get(condition, ReportState.INCOMPLETE)
    # One recording cannot be of two days; which of them it is of, a person decides.
    return ReportState.UNSURE if state is ReportState.COMPLETE and other_days else state


def _list_handed_in(tx: Tx, class_number: str | None = None) -> list[tuple[HandedIn, str]]:
    query = (
        select(RemoteRecordRow.file, RemoteRecordRow.sha256, SessionRow.code, SessionRow.day, ClassRow.number)
        .join(SessionRow, SessionRow.id == RemoteRecordRow.session_id)
        .join(ClassRow, ClassRow.id == RemoteRecordRow.class_id)
        .where(RemoteRecordRow.kind != RemoteKind.SCREENSHOT.value, RemoteRecordRow.sha256.is_not(None))
        .order_by(ClassRow.number, SessionRow.code, RemoteRecordRow.file, RemoteRecordRow.sha256)
    )
    if class_number is not None:
        query = query.where(ClassRow.number == class_number)
    return [
        (HandedIn(number, session, file, str(sha256)), day.isoformat())
        for file, sha256, session, day, number in tx.execute(query)
    ]


def _find_uses(tx: Tx, digests: Collection[str]) -> dict[str, set[tuple[str, str, str]]]:
    """SHA-256 → (class, session, day) of all sessions of the city that it was handed in for."""
    rows = tx.execute(
        select(RemoteRecordRow.sha256, ClassRow.number, SessionRow.code, SessionRow.day)
        .join(SessionRow, SessionRow.id == RemoteRecordRow.session_id)
        .join(ClassRow, ClassRow.id == RemoteRecordRow.class_id)
        .where(RemoteRecordRow.sha256.in_(sorted(digests)), RemoteRecordRow.kind != RemoteKind.SCREENSHOT.value)
    )
    found: dict[str, set[tuple[str, str, str]]] = {}
    for sha256, number, session, day in rows:
        found.setdefault(str(sha256), set()).add((number, session, day.isoformat()))
    return found


def _camera_id(recording: HandedIn) -> UUID:
    return make_id("recording", recording.class_number, recording.name)
