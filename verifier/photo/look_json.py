"""A look as JSON for the records, and back, without loss.

Embeddings do not go into the JSON: they are encrypted at rest, and go as one float32 array whose row number stands in
each face's ``embedding``. Everything else is driven by the types in `verifier.observation`, so that a new field
there is stored without a change here.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from datetime import date, datetime, time, timedelta
from enum import Enum
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verifier.observation import FaceObservation, Look

SHAPE_VERSION = 1


def look_to_json(look: Look) -> dict[str, Any]:
    """The look as JSON-ready values; each face's ``embedding`` is its row in `stack_embeddings`, or None."""
    data: dict[str, Any] = _to_json(look)
    row = 0
    for face, stored in zip(look.faces or (), data["faces"] or (), strict=True):
        if face.embedding is not None:
            stored["embedding"] = row
            row += 1
    return {"shape": SHAPE_VERSION, **data}


def stack_embeddings(look: Look) -> NDArray[np.float32]:
    """The embeddings of the faces that have one, in order: (n, d) float32, (0, 0) where there are none."""
    found = [face.embedding for face in look.faces or () if face.embedding is not None]
    return np.stack(found).astype(np.float32) if found else np.zeros((0, 0), dtype=np.float32)


def look_from_json(data: dict[str, Any], embeddings: NDArray[np.float32]) -> Look:
    """The look that `look_to_json` and `stack_embeddings` wrote.

    Raises:
        ValueError: another shape version, or a face's row is not among the embeddings.
    """
    if data.get("shape") != SHAPE_VERSION:
        raise ValueError(f"look of shape {data.get('shape')!r}, this code reads {SHAPE_VERSION}")
    look: Look = _from_json(Look, {key: value for key, value in data.items() if key != "shape"})
    if look.faces is None:
        return look
    faces = []
    for face, stored in zip(look.faces, data["faces"], strict=True):
        row = stored["embedding"]
        if row is not None and not 0 <= row < len(embeddings):
            raise ValueError(f"embedding row {row} of {len(embeddings)}")
        vector = None if row is None else np.asarray(embeddings[row], dtype=np.float32)
        faces.append(dataclasses.replace(face, embedding=vector))
    return dataclasses.replace(look, faces=tuple(faces))


def _to_json(value: Any) -> Any:
    if isinstance(value, FaceObservation):
        found = {item.name: _to_json(getattr(value, item.name)) for item in dataclasses.fields(value)}
        return {**found, "embedding": None}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {item.name: _to_json(getattr(value, item.name)) for item in dataclasses.fields(value)}
    if isinstance(value, np.ndarray):
        return value.astype(float).tolist()  # float32 → float64 → float32 is exact
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list):
        return [_to_json(item) for item in value]
    if isinstance(value, dict):
        return {key: _to_json(item) for key, item in value.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _from_json(kind: Any, value: Any, arguments: dict[Any, Any] | None = None) -> Any:
    """Read a value of the wanted type; `arguments` are the type variables of a generic such as Field[date]."""
    kind = (arguments or {}).get(kind, kind)
    if value is None:
        return None
    origin = typing.get_origin(kind)
    inner = typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _from_json(next(part for part in inner if part is not type(None)), value)
    if origin is tuple:
        of = [inner[0]] * len(value) if len(inner) == 2 and inner[1] is Ellipsis else inner
        return tuple(_from_json(part, item) for part, item in zip(of, value, strict=True))
    if origin is np.ndarray:
        # Only the faces' landmarks and embeddings; the latter are put in later, here stands a row number.
        return np.asarray(value, dtype=np.float32) if isinstance(value, list) else None
    if origin is dict:
        return dict(value)
    if dataclasses.is_dataclass(origin):
        parameters = getattr(origin, "__parameters__", ())
        return _build(origin, value, dict(zip(parameters, inner, strict=True)))
    if dataclasses.is_dataclass(kind):
        return _build(kind, value, {})
    if kind is timedelta:
        return timedelta(seconds=value)
    if isinstance(kind, type) and issubclass(kind, datetime | date | time):
        return kind.fromisoformat(value)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return kind(value)
    return float(value) if kind is float else value


def _build(kind: Any, data: dict[str, Any], arguments: dict[Any, Any]) -> Any:
    known = {item.name for item in dataclasses.fields(kind)}
    hints = _hints(kind)
    return kind(**{name: _from_json(hints[name], item, arguments) for name, item in data.items() if name in known})
