"""A stream's look as JSON for the records, and back, without loss.

The decisive frame's own look is kept where those of photos are (sealed embeddings and all); here stands its digest alone.
"""

from __future__ import annotations

import dataclasses
from datetime import datetime
from typing import Any

from verifier.observation import Look
from verifier.video.context import EarlierLook
from verifier.video.frames import GrabFault
from verifier.video.stream_look import (
    FrameMark,
    LiveReading,
    OverlayClock,
    PictureReading,
    SmallPicture,
    StreamLook,
    ViewReading,
)

SHAPE_VERSION = 1
_LISTS: dict[str, type[Any]] = {
    "marks": FrameMark, "small": SmallPicture, "clocks": OverlayClock, "views": ViewReading,
}  # fmt: skip
_PARTS: dict[str, type[Any]] = {"live": LiveReading, "picture": PictureReading}


def stream_look_to_json(look: StreamLook) -> dict[str, Any]:
    """JSON-ready values; ``photo`` is the digest of the decisive frame."""
    data = {
        field.name: _plain(getattr(look, field.name)) for field in dataclasses.fields(look) if field.name != "photo"
    }
    return {"shape": SHAPE_VERSION, **data, "photo": look.photo.sha256 if look.photo is not None else None}


def stream_look_from_json(data: dict[str, Any], photo: Look | None = None) -> StreamLook:
    """The look that `stream_look_to_json` wrote.

    Args:
        photo: The decisive frame's look; None where it is not wanted.
    Raises:
        ValueError: another shape version, or `photo` is of another frame.
    """
    if data.get("shape") != SHAPE_VERSION:
        raise ValueError(f"stream look of shape {data.get('shape')!r}, this code reads {SHAPE_VERSION}")
    if photo is not None and photo.sha256 != data["photo"]:
        raise ValueError(f"the look is of frame {data['photo']}, not of {photo.sha256}")
    values = {field.name: data[field.name] for field in dataclasses.fields(StreamLook) if field.name in data}
    for name, kind in _LISTS.items():
        values[name] = tuple(_build(kind, item) for item in values.get(name) or ())
    for name, kind in _PARTS.items():
        values[name] = _build(kind, values[name]) if values.get(name) is not None else None
    values["fault"] = GrabFault(values["fault"]) if values.get("fault") else None
    for name in ("started_at", "ended_at", "created_at"):
        values[name] = datetime.fromisoformat(values[name]) if values.get(name) else None
    return StreamLook(**{**values, "photo": photo})


def read_earlier(taken_at: datetime, data: dict[str, Any]) -> EarlierLook:
    """What a kept look says to later ones."""
    look = stream_look_from_json(data)
    return EarlierLook(taken_at, look.marks, look.small)


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, GrabFault):
        return value.value
    return value


def _build(kind: type[Any], data: dict[str, Any]) -> Any:
    known = {field.name for field in dataclasses.fields(kind)}
    times = {"received_at", "shown_at_local"}
    return kind(
        **{
            name: datetime.fromisoformat(item) if name in times else item
            for name, item in data.items()
            if name in known
        }
    )
