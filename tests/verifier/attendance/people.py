"""Synthetic faces: unit vectors whose cosines are what the test says, in the house's own values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.builders.plan import a_digest, a_submission
from verifier.attendance.calibration import Calibration, CalibrationData
from verifier.attendance.enrolment import EnrolledPhoto, Roster, build_roster
from verifier.attendance.matching import FaceMatch, match_faces
from verifier.attendance.presence import PhotoEvidence
from verifier.finding import Finding, Outcome
from verifier.language import say
from verifier.observation import Box, Decoded, FaceObservation, Look, PeopleCount
from verifier.plan import View

CONTRACT = "test-pack@1"
DIMENSIONS = 256


def a_calibration(**changes: Any) -> Calibration:
    """Round numbers: one person 0.60, two people 0.10, both spread 0.10, at every size; enough data for 1 in 1,000."""
    values: dict[str, Any] = {
        "name": "test", "pack": "test-pack",
        "data": CalibrationData("synthetic", date(2023, 1, 1), 1000, 5000, 10_000, 1_000_000, ("all",), {}),
        "inter_eye_px": (10.0, 40.0), "genuine_mean": (0.6, 0.6), "impostor_mean": (0.1, 0.1),
        "genuine_sd": 0.1, "impostor_sd": 0.1, "shared_correlation": 0.5,
    }  # fmt: skip
    return Calibration(**(values | changes))


def someone(number: int) -> NDArray[np.float32]:
    """The face of person `number`: at right angles to everybody else's."""
    vector = np.zeros(DIMENSIONS, np.float32)
    vector[number] = 1.0
    return vector


def like(*parts: tuple[int, float], rest: int = DIMENSIONS - 1) -> NDArray[np.float32]:
    """A unit vector with the wanted cosine to each named person; what is left points at `rest`, who is nobody.

    ``like((3, 0.6))`` has cosine 0.6 to person 3 and 0 to all others.
    """
    vector = np.zeros(DIMENSIONS, np.float32)
    for number, cosine in parts:
        vector[number] = cosine
    left = 1.0 - float((vector**2).sum())
    assert left >= -1e-6, "these cosines do not fit into a unit vector"
    vector[rest] = max(left, 0.0) ** 0.5
    return vector


def a_face(embedding: NDArray[np.float32] | None = None, *, at: int = 0, **changes: Any) -> FaceObservation:
    """A sharp frontal face, 40 px between the eyes, in the place `at` of the photo."""
    values: dict[str, Any] = {
        "box": Box(100.0 * at, 50.0, 80.0, 100.0), "score": 0.95,
        "landmarks_px": np.zeros((5, 2), np.float32), "embedding": someone(0) if embedding is None else embedding,
        "inter_eye_px": 40.0, "sharpness": 1.0, "yaw_deg": 0.0, "pitch_deg": 0.0, "roll_deg": 0.0,
    }  # fmt: skip
    return FaceObservation(**(values | changes))


def an_unreadable_face(because: str = "blurred", *, at: int = 0) -> FaceObservation:
    """A face that nobody could read."""
    return replace(a_face(at=at), embedding=None, unreadable_because=because)


def an_enrolled_photo(embedding: NDArray[np.float32], name: str = "enrolled") -> EnrolledPhoto:
    """An accepted enrolment picture of that face."""
    return EnrolledPhoto(a_digest(name), a_face(embedding))


def a_roster(students: int = 3, *, teachers: int = 1, without_photo: Sequence[str] = (), **changes: Any) -> Roster:
    """Students S01, S02, … are persons 1, 2, …; teachers T01, … are persons 201, …."""
    enrolled = {
        f"S{number:02d}": []
        if f"S{number:02d}" in without_photo
        else [an_enrolled_photo(someone(number), f"S{number}")]
        for number in range(1, students + 1)
    }
    staff = {
        f"T{number:02d}": [an_enrolled_photo(someone(200 + number), f"T{number}")] for number in range(1, teachers + 1)
    }
    return replace(build_roster(enrolled, staff, CONTRACT, a_calibration()), **changes)


def a_crowd(*persons: int, cosine: float = 0.7) -> list[FaceObservation]:
    """One face of each person, with that cosine to their enrolment picture; what is left of each points elsewhere."""
    return [a_face(like((person, cosine), rest=100 + place), at=place) for place, person in enumerate(persons)]


def a_stranger(number: int = 1, *, at: int = 90) -> FaceObservation:
    """A face like nobody on the roster; the same number is the same stranger."""
    return a_face(someone(220 + number), at=at)


def finding(check: str, outcome: Outcome = Outcome.PASSED) -> Finding:
    """A finding of that check with that outcome."""
    return Finding(check, outcome, say("…"), "test")


ON_TIME = (finding("photo.decodes"), finding("photo.stamp_time"))


def a_photo(
    faces: Sequence[FaceObservation],
    roster: Roster,
    *,
    file: str = "photos/front.jpg",
    view: View | None = View.FRONT,
    findings: Sequence[Finding] = ON_TIME,
    people: PeopleCount | None = None,
    calibration: Calibration | None = None,
    matches: tuple[FaceMatch, ...] | None = None,
) -> PhotoEvidence:
    """A photo with these faces, matched to the roster, taken at the right time."""
    look = Look(
        sha256=a_digest(file),
        versions={},
        decoded=Decoded("JPEG", 4000, 3000, 1_000_000),
        faces=tuple(faces),
        people=people or PeopleCount(len(faces), len(faces), len(faces), "faces"),
        embedding_contract=CONTRACT,
    )
    found = match_faces(faces, roster, calibration or a_calibration()) if matches is None else matches
    return PhotoEvidence(a_submission(file, sha256=look.sha256), look, found, tuple(findings), view)
