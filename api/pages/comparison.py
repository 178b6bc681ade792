"""What the stamp, the camera and the filing say about one photo, side by side.

Whether they contradict is decided by the checks alone; the table only puts their findings beside the values.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from verifier.report.summary import sort_findings
from verifier.report.templating import show_time
from verifier.report.words import label, name_code


@dataclass(frozen=True, slots=True)
class ComparedRow:
    """One line of the table. `outcome` is the worst of its findings, None where no check looked."""

    label: str
    stamp: str
    camera: str
    filed: str
    findings: list[dict[str, Any]]
    outcome: str | None


def compare_sources(
    photo: dict[str, Any], session: dict[str, Any] | None, venue: str | None, language: str
) -> list[ComparedRow]:
    """The rows about time, weekday, place, coordinates, device and receipt.

    Args:
        photo: The photo's entry in the answer.
        session: The entry of the session it was handed in for; None where that is unknown.
        venue: The class's filed venue.
        language: For the labels.
    """
    stamp, camera = photo["stamp"] or {}, photo["camera"] or {}
    planned = f"{show_time(session['starts_at'])} – {show_time(session['ends_at'])}" if session else "–"
    device = " ".join(str(camera[key]) for key in ("make", "model", "software") if camera.get(key))
    app = " ".join(str(stamp[key]) for key in ("app", "code") if stamp.get(key))

    def row(label: str, of_stamp: str, of_camera: str, filed: str, checks: Sequence[str]) -> ComparedRow:
        found = sort_findings([finding for finding in photo["findings"] if finding["check"] in checks])
        outcome = found[0]["outcome"] if found else None
        return ComparedRow(label, of_stamp or "–", of_camera or "–", filed or "–", found, outcome)

    times = ("photo.stamp_time", "photo.camera_time", "photo.clock_agreement")
    taken = (show_time(stamp.get("taken_at"), True), show_time(camera.get("taken_at"), True))
    return [
        row(label("时间", language), *taken, planned, times),
        # The check compares the printed weekday with the printed date, so nothing of the filing stands beside it.
        row(
            label("星期", language),
            name_code(stamp.get("weekday"), "weekday", language),
            "–",
            "–",
            ("photo.stamp_weekday",),
        ),
        row(label("地点", language), stamp.get("address") or "–", "–", venue or "–", ("photo.stamp_place",)),
        row(
            label("坐标", language),
            _show_coordinates(stamp),
            _show_coordinates(camera),
            "–",
            ("photo.camera_place", "photo.place_agreement"),
        ),
        row(label("设备或应用", language), app, device, "–", ("photo.provenance",)),
        row(label("收到时间", language), "–", "–", show_time(photo.get("received_at"), True), ()),
    ]


def _show_coordinates(place: dict[str, Any]) -> str:
    longitude, latitude = place.get("longitude"), place.get("latitude")
    if longitude is None or latitude is None:
        return "–"
    north, east = ("N" if latitude >= 0 else "S"), ("E" if longitude >= 0 else "W")
    return f"{abs(latitude):.6f}° {north}, {abs(longitude):.6f}° {east}"
