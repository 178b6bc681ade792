"""One round over many cameras: what the readers brought is looked at, judged, and kept with its frames.

Pictures are dropped as soon as they were looked at, so a round over a thousand cameras holds those of one. A camera that could not
be reached is judged last, when it is known whether the others could be: where nobody could, it was our own network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog

from verifier.attendance.calibration import Calibration
from verifier.attendance.enrolment import Roster
from verifier.camera_health import Condition
from verifier.evidence import EvidenceStore
from verifier.evidence.store import EvidenceError
from verifier.finding import Finding
from verifier.judging import enrol
from verifier.kept_frames import describe_frame, save_frame_look, store_frames
from verifier.nightly import Tools, read_class_to_judge
from verifier.photo.decode import decode_photo
from verifier.plan import Session, TrainingClass
from verifier.records.cameras import (
    ConfirmedView,
    SampleRecord,
    read_earlier_looks,
    read_last_condition,
    read_views,
    save_sample,
)
from verifier.records.database import Database
from verifier.video.context import EarlierLook, StreamContext
from verifier.video.frames import Grab, GrabFault
from verifier.video.judge import judge_stream, name_condition
from verifier.video.look import KeptFrame, keep_frames, look_at_frames
from verifier.video.look_json import read_earlier, stream_look_to_json
from verifier.video.reachable import NETWORK
from verifier.video.read_view import ReferenceView, make_reference
from verifier.video.stream_look import StreamLook
from verifier.vision.nets import Nets

log = structlog.get_logger()

_REFUSED = frozenset({GrabFault.REFUSED, GrabFault.UNAUTHORIZED})
_NO_PICTURE = frozenset({GrabFault.NO_PICTURE, GrabFault.DECODE_ERROR, GrabFault.UNSUPPORTED})


@dataclass(frozen=True, slots=True, eq=False)
class Visited:
    """One camera with what its reader brought. `moment` says why it was visited just then, JSON-ready."""

    class_number: str
    camera_id: str
    grab: Grab
    moment: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, eq=False)
class CameraJudged:
    """One camera after the round: what was seen, found, and kept."""

    class_number: str
    sample: SampleRecord
    look: StreamLook

    @property
    def condition(self) -> Condition:
        """What its findings add up to."""
        return self.sample.condition


@dataclass(frozen=True, slots=True, eq=False)
class RoundTools:
    """What a round works with besides the cameras."""

    database: Database
    store: EvidenceStore
    nets: Nets
    tools: Tools


@dataclass(frozen=True, slots=True, eq=False)
class _ClassSide:
    """What one class says about its cameras, read once a round."""

    training: TrainingClass
    roster: Roster
    calibration: Calibration
    leaves: Mapping[str, int]


@dataclass(slots=True)
class _Round:
    classes: dict[str, _ClassSide] = field(default_factory=dict)
    answered: dict[str, set[bool]] = field(default_factory=dict)  # agency → whether its cameras answered
    waiting: list[tuple[Visited, StreamLook, tuple[KeptFrame, ...]]] = field(default_factory=list)


def run_round(visits: Iterable[Visited], with_: RoundTools) -> Iterator[CameraJudged]:
    """Look at every camera of a round, judge it and keep it; each is answered once, as soon as it can be judged.

    The frames are in the evidence store before the records name them. Killed at any moment and run again, a camera has a second
    sample at a second time, and nothing is doubled.

    Raises:
        StoreUnavailable: the evidence store does not answer.
        NotInRecordsError: a class is not on record.
    """
    round_ = _Round()
    for visited in visits:
        side = _read_side(visited.class_number, with_, round_)
        references = _read_references(visited, with_)
        look = look_at_frames(visited.grab, with_.nets, references)
        # The pictures go, their JPEGs stay until it is known which of them are worth keeping.
        frames = keep_frames(visited.grab, ends=True)
        round_.answered.setdefault(side.training.agency.code, set()).add(_answered(look))
        visited = replace(visited, grab=replace(visited.grab, frames=()))
        if look.fault in NETWORK and not look.has_picture:
            round_.waiting.append((visited, look, frames))
        else:
            yield _judge_and_keep(visited, look, frames, with_, round_)
    for visited, look, frames in round_.waiting:
        yield _judge_and_keep(visited, look, frames, with_, round_)


def find_session(training: TrainingClass, camera_id: str, moment: datetime) -> Session | None:
    """The session that this camera should show at that moment; one without a named camera may be shown by any."""
    going_on = [each for each in training.sessions if each.starts_at <= moment < each.ends_at]
    named = [each for each in going_on if each.camera_id == camera_id]
    return next(iter(named or [each for each in going_on if each.camera_id is None]), None)


def _answered(look: StreamLook) -> bool:
    return look.has_picture or (look.fault is not None and look.fault not in NETWORK and not look.fault.is_ours)


def _read_side(class_number: str, with_: RoundTools, round_: _Round) -> _ClassSide:
    if class_number not in round_.classes:
        with with_.database.reading() as tx:
            given = read_class_to_judge(tx, class_number, with_.tools)
        leaves: dict[str, int] = {}
        for leave in given.class_file.leaves:
            leaves[leave.session_id] = leaves.get(leave.session_id, 0) + 1
        round_.classes[class_number] = _ClassSide(
            given.class_file.training, enrol(given).roster, with_.tools.calibration, leaves
        )
    return round_.classes[class_number]


def _read_references(visited: Visited, with_: RoundTools) -> tuple[ReferenceView, ...]:
    with with_.database.reading() as tx:
        confirmed = read_views(tx, visited.class_number, visited.camera_id)
    found = []
    for view in confirmed:
        reference = _open_view(view, with_.store)
        if reference is not None:
            found.append(reference)
    return tuple(found)


def _open_view(view: ConfirmedView, store: EvidenceStore) -> ReferenceView | None:
    try:
        _, picture = decode_photo(store.read(view.sha256))
    except EvidenceError as error:
        # The camera is judged by the other views, or as one without any: `stream.moved` then says so.
        log.error("confirmed_view_not_readable", sha256=view.sha256, why=str(error))
        return None
    return None if picture is None else make_reference(view.name, picture, view.people)


def _judge_and_keep(
    visited: Visited,
    look: StreamLook,
    frames: Sequence[KeptFrame],
    with_: RoundTools,
    round_: _Round,
) -> CameraJudged:
    side = round_.classes[visited.class_number]
    with with_.database.reading() as tx:
        earlier = read_earlier_looks(tx, visited.class_number, visited.camera_id, look.started_at)
        before = read_last_condition(tx, visited.class_number, visited.camera_id, look.started_at)
    session = find_session(side.training, visited.camera_id, look.started_at)
    context = _make_context(visited, side, session, earlier, round_)
    findings = judge_stream(look, context)
    condition = name_condition(findings)
    # Of a camera that goes on well one frame is enough; a change, or what speaks against it, keeps its surroundings too.
    changed = before is not condition or condition is not Condition.OK
    kept = [frame for frame in frames if changed or frame.why == "decisive"]
    sample = _make_sample(visited, look, findings, condition, session, kept)
    store_frames(with_.store, kept)
    with with_.database.transaction() as tx:
        save_sample(tx, visited.class_number, sample)
        save_frame_look(tx, look, with_.tools.looks_key)
    log.info("camera_looked_at", camera=visited.camera_id, condition=condition.value, at=look.started_at.isoformat())
    return CameraJudged(visited.class_number, sample, look)


def _make_context(
    visited: Visited,
    side: _ClassSide,
    session: Session | None,
    earlier: Sequence[tuple[datetime, Mapping[str, Any]]],
    round_: _Round,
) -> StreamContext:
    own = side.training.agency.code
    others = [answered for agency, values in round_.answered.items() if agency != own for answered in values]
    looks: list[EarlierLook] = [read_earlier(taken_at, dict(look)) for taken_at, look in earlier]
    return StreamContext(
        camera_id=visited.camera_id,
        session=session,
        expected=len(side.training.students) - side.leaves.get(session.id, 0) if session is not None else None,
        roster=side.roster,
        calibration=side.calibration,
        earlier=tuple(looks),
        others_answered=any(others) if others else None,
        zone=ZoneInfo(side.training.timezone),
    )


def _make_sample(
    visited: Visited,
    look: StreamLook,
    findings: Sequence[Finding],
    condition: Condition,
    session: Session | None,
    kept: Sequence[KeptFrame],
) -> SampleRecord:
    decisive = next((frame for frame in kept if frame.why == "decisive"), None)
    return SampleRecord(
        camera_id=visited.camera_id,
        taken_at=look.started_at,
        state=_name_state(look),
        condition=condition,
        session_id=session.id if session is not None else None,
        detail=look.said,
        sha256=decisive.sha256 if decisive is not None else None,
        findings=tuple(findings),
        frames=tuple(describe_frame(frame) for frame in kept),
        shown_at=look.clocks[0].shown_at_local.isoformat() if look.clocks else None,
        look=stream_look_to_json(look),
        moment=visited.moment,
        versions=look.versions,
    )


def _name_state(look: StreamLook) -> str:
    if look.has_picture:
        return "picture"
    if look.fault in _REFUSED:
        return "refused"
    return "no_picture" if look.fault in _NO_PICTURE else "unreachable"
