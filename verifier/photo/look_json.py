"""A look as JSON for the records, and back, without loss.

Embeddings do not go into the JSON: they are encrypted at rest, and go as one float32 array whose row number stands in
each face's ``embedding``. Everything else is driven by the types in `verifier.observation`, so that a new field
there is stored without a change here.
"""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable
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


# How values of one type are read. A night reads a hundred thousand looks, so each type is understood once.
_Reader = Callable[[Any], Any]


def _from_json(kind: Any, value: Any) -> Any:
    return _reader_of(kind)(value)


@cache
def _reader_of(kind: Any) -> _Reader:
    """How a value of that type is read; None stays None."""
    origin = typing.get_origin(kind)
    inner = typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        return _reader_of(next(part for part in inner if part is not type(None)))
    if origin is tuple:
        return _read_all(inner[0]) if len(inner) == 2 and inner[1] is Ellipsis else _read_each(inner)
    if origin is np.ndarray:
        # Only the faces' landmarks and embeddings; the latter are put in later, here stands a row number.
        return lambda value: np.asarray(value, dtype=np.float32) if isinstance(value, list) else None
    if origin is dict:
        return _unless_none(dict)
    if dataclasses.is_dataclass(origin):
        parameters = getattr(origin, "__parameters__", ())
        return _build(origin, dict(zip(parameters, inner, strict=True)))
    if dataclasses.is_dataclass(kind):
        return _build(kind, {})
    if kind is timedelta:
        return _unless_none(lambda value: timedelta(seconds=value))
    if isinstance(kind, type) and issubclass(kind, datetime | date | time):
        return _unless_none(kind.fromisoformat)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _unless_none(kind)
    return _unless_none(float) if kind is float else lambda value: value


def _unless_none(read: _Reader) -> _Reader:
    return lambda value: None if value is None else read(value)


def _read_all(part: Any) -> _Reader:
    read = _reader_of(part)
    return _unless_none(lambda value: tuple([read(item) for item in value]))


def _read_each(parts: tuple[Any, ...]) -> _Reader:
    readers = [_reader_of(part) for part in parts]
    return _unless_none(lambda value: tuple([read(item) for read, item in zip(readers, value, strict=True)]))


def _build(kind: Any, arguments: dict[Any, Any]) -> _Reader:
    """How a dataclass is read; `arguments` are the type variables of a generic such as Field[date]."""
    hints = typing.get_type_hints(kind)
    wanted = {item.name: arguments.get(hints[item.name], hints[item.name]) for item in dataclasses.fields(kind)}
    readers = {name: _reader_of(part) for name, part in wanted.items()}
    return _unless_none(
        lambda data: kind(**{name: readers[name](item) for name, item in data.items() if name in readers})
    )
