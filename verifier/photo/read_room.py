"""What is recognisable of the room itself in a photo: walls, boards, windows, furniture; people and stamps are left out."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box, Look
from verifier.photo.read_descriptors import Features, read_features, read_tilted_features
from verifier.photo.read_fingerprint import open_thumbnail


def read_room(look: Look) -> Features | None:
    """The room's features, in pixels of the look's thumbnail; None where the look has none."""
    found = _open_room(look)
    return None if found is None else read_features(*found)


def read_tilted_room(look: Look) -> Features | None:
    """The same as seen aslant too, for a standpoint far aside; each place may be there several times. Ten times the cost."""
    found = _open_room(look)
    return None if found is None else read_tilted_features(*found)


def _open_room(look: Look) -> tuple[NDArray[np.uint8], list[Box]] | None:
    """The thumbnail, and what of it is no room, in its pixels."""
    shown = look.fingerprint
    grey = open_thumbnail(shown) if shown is not None else None
    if shown is None or grey is None or shown.thumbnail_box is None:
        return None
    frame = shown.thumbnail_box
    scale = grey.shape[1] / frame.width
    masked = [
        Box((box.x - frame.x) * scale, (box.y - frame.y) * scale, box.width * scale, box.height * scale)
        for box in (*find_bodies(look), *_find_stamps(look))
    ]
    return grey, masked


def find_bodies(look: Look) -> Iterator[Box]:
    """Where people are: what the people model found, and below each face a seated body (three heads wide, four high)."""
    if look.people is not None:
        yield from look.people.boxes
    for face in look.faces or ():
        box = face.box
        yield Box(box.x - box.width, box.y - box.height * 0.5, box.width * 3, box.height * 4)


def _find_stamps(look: Look) -> Iterator[Box]:
    for stamp in look.stamps or ():
        if stamp.box is not None:
            yield stamp.box
        for line in stamp.lines:
            yield line.box
