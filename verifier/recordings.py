"""The night's look at recordings that were handed in (Art. 10): read in a watched process, looked at and judged like a camera.

A recording is looked at once. One that we could not read through our own fault is not written down, so the next night tries
again; one that is broken is, with a finding.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import structlog

from verifier.camera_health import COUNTING, Condition
from verifier.evidence import EvidenceStore
from verifier.evidence.store import EvidenceDamaged, EvidenceMissing
from verifier.finding import Finding, Outcome
from verifier.kept_frames import describe_frame, save_frame_look, store_frames
from verifier.looking import open_evidence, open_networks
from verifier.plan import Session, TrainingClass
from verifier.progress import open_progress
from verifier.records.cameras import SampleRecord
from verifier.records.database import Database
from verifier.records.filing import read_class_file
from verifier.records.recordings import HandedIn, list_recordings_to_look_at, save_recording_look
from verifier.settings import Settings
from verifier.video.address import RECORDINGS
from verifier.video.context import StreamContext
from verifier.video.judge import judge_stream, name_condition
from verifier.video.look import KeptFrame, keep_frames, look_at_frames
from verifier.video.look_json import stream_look_to_json
from verifier.video.source import Visit
from verifier.video.stream_look import StreamLook
from verifier.video.supervise import read_one
from verifier.vision.nets import Nets

if TYPE_CHECKING:
    from verifier.nightly import Tools

log = structlog.get_logger()

# Places in a recording that are compared, and of them those that are kept and looked at for faces: as many moments as a camera's
# session of a half-day is sampled at (`SAMPLING_2026`: 2.5 an hour).
PLACES = 24
KEPT_FRAMES = 8
# ffmpeg tells the container by its content; the name only must not send us to another kind of reader.
UNKNOWN_SUFFIX = ".mkv"


def look_at_recordings(settings: Settings, database: Database, tools: Tools) -> int:
    """Look at every recording that nobody has looked at; tells how many were.

    Raises:
        StoreUnavailable: the evidence store does not answer.
    """
    with database.reading() as tx:
        waiting = list_recordings_to_look_at(tx)
    if not waiting:
        return 0
    nets = open_networks(settings, settings.workers)
    store, looked = open_evidence(settings), 0
    with open_progress() as progress:
        task = progress.add_task("录像 recordings", total=len(waiting))
        for recording in waiting:
            looked += _look_at_one(recording, database, store, nets, tools)
            progress.advance(task)
    return looked


def _look_at_one(recording: HandedIn, database: Database, store: EvidenceStore, nets: Nets, tools: Tools) -> bool:
    with database.reading() as tx:
        training = read_class_file(tx, recording.class_number).training
    try:
        with _as_file(recording, store) as path:
            grab = read_one(Visit(recording.name, str(path), frames_wanted=PLACES, may_read_files=True))
    except (EvidenceMissing, EvidenceDamaged) as error:
        # Restored evidence is looked at in a later night; until then it is ours that nobody looked.
        log.error("recording_not_readable", sha256=recording.sha256, why=str(error))
        return False
    if grab.fault is not None and grab.fault.is_ours:
        log.error("recording_not_read", sha256=recording.sha256, fault=grab.fault.value, said=grab.said)
        return False
    look = look_at_frames(grab, nets)
    session = training.session(recording.session_id)
    findings = judge_stream(look, _make_context(recording, training, session))
    kept = keep_frames(grab, spread=KEPT_FRAMES)
    store_frames(store, kept)
    with database.transaction() as tx:
        save_recording_look(tx, recording, _make_samples(recording, session, look, findings, kept))
        save_frame_look(tx, look, tools.looks_key)
    log.info("recording_looked_at", sha256=recording.sha256, condition=name_condition(findings).value)
    return True


@contextmanager
def _as_file(recording: HandedIn, store: EvidenceStore) -> Iterator[Path]:
    """The recording as a file of our own: its reader seeks in it, in another process."""
    suffix = Path(recording.file).suffix.lower()
    with (
        tempfile.NamedTemporaryFile(suffix=suffix if suffix in RECORDINGS else UNKNOWN_SUFFIX) as file,
        store.open(recording.sha256) as kept,
    ):
        shutil.copyfileobj(kept, file, 1 << 20)
        file.flush()
        yield Path(file.name)


def _make_context(recording: HandedIn, training: TrainingClass, session: Session) -> StreamContext:
    # Without the roster: whose faces they are is concluded with the session's photos, when the class is judged.
    return StreamContext(
        camera_id=recording.name,
        session=session,
        expected=len(training.students),
        zone=ZoneInfo(training.timezone),
    )


def _make_samples(
    recording: HandedIn, session: Session, look: StreamLook, findings: tuple[Finding, ...], kept: Sequence[KeptFrame]
) -> list[SampleRecord]:
    condition = name_condition(findings)
    proven = any(each.check == "stream.recorded" and each.outcome is Outcome.PASSED for each in findings)
    # Who is in it counts for attendance only where the file itself says that it was made then and there.
    counted = condition if proven or condition not in COUNTING else Condition.DOUBTFUL
    said = {"why": "recording", "condition": condition.value}
    samples: list[SampleRecord] = []
    for number, frame in enumerate(kept):
        samples.append(
            SampleRecord(
                camera_id=recording.name,
                taken_at=_place_in_session(session, frame.stream_seconds or 0.0),
                state="picture",
                condition=counted,
                session_id=session.id,
                sha256=frame.sha256,
                findings=findings,
                frames=(describe_frame(frame),),
                look=None if number else stream_look_to_json(look),
                moment=None if number else said,
                versions=look.versions,
            )
        )
    if not samples:
        samples.append(
            SampleRecord(
                recording.name, session.starts_at, "no_picture", condition, session.id, look.said, findings=findings,
                look=stream_look_to_json(look), moment=said, versions=look.versions,
            )
        )  # fmt: skip
    return samples


def _place_in_session(session: Session, seconds: float) -> datetime:
    return min(session.starts_at + timedelta(seconds=seconds), session.ends_at)
