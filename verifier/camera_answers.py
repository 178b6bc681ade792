"""How the cameras of a class stand, as the JSON answers and the night's report tell it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session as Tx

from verifier.camera_health import (
    Condition,
    HealthInterval,
    build_health,
    longest_missing_hours,
    state_of,
)
from verifier.plan import TrainingClass
from verifier.records.cameras import SampleRecord, as_camera_samples, read_samples
from verifier.regulation.facts import CameraState


def describe_cameras(
    tx: Tx, training: TrainingClass, since: date | None, until: date | None, zone: ZoneInfo
) -> list[dict[str, Any]]:
    """Each camera of a class: how it stands now, and its history over the sessions of some days.

    Args:
        since, until: First and last day of the sessions, both included; None leaves that side open.
    """
    samples = read_samples(tx, training.number)
    found = []
    for camera in training.cameras:
        sessions = [each for each in training.sessions if each.camera_id == camera.id]
        intervals = build_health(camera.id, sessions, as_camera_samples(samples))
        shown = [
            each for each in sessions if (since is None or each.day >= since) and (until is None or each.day <= until)
        ]
        ids = {each.id for each in shown}
        inside = [each for each in intervals if each.session_id in ids]
        looks = [each for each in samples if each.camera_id == camera.id and each.session_id in ids]
        last = next((each for each in reversed(samples) if each.camera_id == camera.id), None)
        found.append(
            {
                "class": training.number,
                "camera": camera.id,
                **_describe_now(last, zone),
                "missing_hours": round(longest_missing_hours(inside, shown), 2),
                "looks": len(looks),
                "intervals": [_describe_interval(each, zone) for each in inside],
                "changes": _list_changes(looks, zone),
            }
        )
    return found


def _describe_now(last: SampleRecord | None, zone: ZoneInfo) -> dict[str, Any]:
    if last is None:
        return {"condition": None, "down": None, "looked_at": None}
    down: bool | None = state_of(last.condition) is CameraState.NOT_SHOWING
    if last.condition in (Condition.NOT_RUN, Condition.DOUBTFUL, Condition.WRONG_CLOCK):
        down = None  # nobody can tell
    looked_at = last.taken_at.astimezone(zone).isoformat(timespec="seconds")
    return {"condition": last.condition.value, "down": down, "looked_at": looked_at}


def _list_changes(looks: Sequence[SampleRecord], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Stretches of looks that gave the same, from the first to the last of them, with the frames of both."""
    found = []
    for condition, stretch in groupby(looks, key=lambda each: each.condition):
        held = list(stretch)
        first, last = held[0], held[-1]
        found.append(
            {
                "session": first.session_id,
                "starts_at": first.taken_at.astimezone(zone).isoformat(timespec="seconds"),
                "ends_at": last.taken_at.astimezone(zone).isoformat(timespec="seconds"),
                "condition": condition.value,
                "looks": len(held),
                "evidence": list(dict.fromkeys((*first.evidence, *last.evidence[:1]))),
            }
        )
    return found


def _describe_interval(interval: HealthInterval, zone: ZoneInfo) -> dict[str, Any]:
    starts, ends = (
        each.astimezone(zone).isoformat(timespec="seconds") for each in (interval.starts_at, interval.ends_at)
    )
    return {
        "session": interval.session_id,
        "starts_at": starts,
        "ends_at": ends,
        "condition": interval.condition.value,
        "state": state_of(interval.condition).value,
        "looks": interval.samples,
        "evidence": list(interval.evidence),
    }
