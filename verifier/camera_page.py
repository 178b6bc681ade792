"""What the page of one camera shows, and its pictures for people. For the office's eyes only."""

from __future__ import annotations

from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import cv2
import numpy as np
from sqlalchemy.orm import Session as Tx

from verifier.answers import describe_finding
from verifier.camera_answers import describe_cameras
from verifier.evidence.store import EvidenceStore
from verifier.photo.annotate import encode_jpeg
from verifier.photo.decode import decode_photo
from verifier.records.camera_wall import find_camera_place, find_sample_ids
from verifier.records.cameras import SampleRecord, read_samples
from verifier.records.filing import read_training

MOST_SESSIONS = 20  # strips on one page: the last four weeks of half days
MOST_LOOKS = 12


def view_camera(
    tx: Tx, camera_row_id: UUID, today: date, zone: ZoneInfo, language: str | None = None
) -> dict[str, Any]:
    """One camera: how it stands, its last look in sentences, its history over the last sessions, the last pictures.

    Raises:
        NotInRecordsError: there is no such camera.
    """
    number, camera_id = find_camera_place(tx, camera_row_id)
    training = read_training(tx, number)
    begun = [each for each in training.sessions if each.camera_id == camera_id and each.day <= today]
    shown = begun[-MOST_SESSIONS:]
    described = describe_cameras(tx, training, shown[0].day if shown else None, today, zone)
    found = next((each for each in described if each["camera"] == camera_id), {})
    samples = read_samples(tx, number, camera_id)
    pictured = [each for each in samples if each.sha256 is not None][-MOST_LOOKS:]
    ids = find_sample_ids(tx, camera_row_id, [each.taken_at for each in pictured])
    ids_of_shown = {each.id for each in shown}
    return {
        "id": str(camera_row_id), "camera": camera_id, "class": number, "agency": training.agency.name,
        "agency_code": training.agency.code, "missing_hours": found.get("missing_hours"), "looks": len(samples),
        "sessions": [
            {
                "id": each.id, "date": each.day.isoformat(), "period": each.period.value,
                "starts_at": each.starts_at.isoformat(), "ends_at": each.ends_at.isoformat(),
                "intervals": [one for one in found.get("intervals", ()) if one["session"] == each.id],
            }
            for each in reversed(shown)
        ],
        "changes": [each for each in found.get("changes", ()) if each["session"] in ids_of_shown][::-1],
        "last": _describe_look(samples[-1], zone, language) if samples else None,
        "pictures": [
            {"id": str(ids[each.taken_at]), "taken_at": _tell(each, zone), "condition": each.condition.value}
            for each in reversed(pictured) if each.taken_at in ids
        ],
    }  # fmt: skip


def show_frame(store: EvidenceStore, sha256: str, side_px: int) -> bytes:
    """A kept picture as a JPEG, no larger than `side_px` on either side.

    Raises:
        KeyError: the bytes cannot be shown as a picture.
        EvidenceError: they are missing or damaged.
    """
    decoded, picture = decode_photo(store.read(sha256))
    if picture is None:
        raise KeyError(f"{sha256} cannot be shown ({decoded.fault})")
    height, width = picture.shape[:2]
    scale = min(1.0, side_px / max(height, width))
    size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    return encode_jpeg(np.asarray(cv2.resize(picture, size_wh, interpolation=cv2.INTER_AREA), dtype=np.uint8))


def _describe_look(sample: SampleRecord, zone: ZoneInfo, language: str | None) -> dict[str, Any]:
    return {
        "taken_at": _tell(sample, zone), "condition": sample.condition.value, "session": sample.session_id,
        "shown_at": sample.shown_at, "detail": sample.detail,
        "findings": [describe_finding(each, language) for each in sample.findings],
    }  # fmt: skip


def _tell(sample: SampleRecord, zone: ZoneInfo) -> str:
    return sample.taken_at.astimezone(zone).isoformat(timespec="seconds")
