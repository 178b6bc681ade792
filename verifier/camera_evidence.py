"""A camera's pictures as attendance takes photos: the same faces, matched the same way, weighed together with the photos'."""

from __future__ import annotations

from verifier.attendance.calibration import Calibration
from verifier.attendance.enrolment import Roster
from verifier.attendance.matching import match_faces
from verifier.attendance.presence import PhotoEvidence
from verifier.camera_health import CameraFrame
from verifier.language import say
from verifier.observation import Look
from verifier.plan import Session, Submission


def as_photo_evidence(
    frame: CameraFrame, look: Look, session: Session, roster: Roster, calibration: Calibration
) -> PhotoEvidence:
    """One picture with its faces matched; our own clock says when it was taken (`presence.TIME_PROVING`), or, of a recording
    that counts, its container (`stream.recorded`).

    A camera hangs in the front or in the back, as its faces will tell: no view.
    """
    submission = Submission(frame.file, frame.sha256, look.decoded.size_bytes, frame.taken_at, session.id)
    contract = look.embedding_contract or None
    matches = () if look.faces is None else match_faces(look.faces, roster, calibration, embedding_contract=contract)
    local = frame.taken_at.astimezone(session.starts_at.tzinfo)
    if frame.of_recording:
        shown_as = say("录像{recording}的画面", recording=frame.camera_id)
    else:
        shown_as = say("摄像头{camera}于{time}的画面", camera=frame.camera_id, time=f"{local:%Y-%m-%d %H:%M:%S}")
    return PhotoEvidence(submission, look, tuple(matches), frame.findings, frame=frame, shown_as=shown_as)
