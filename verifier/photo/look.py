"""Look at one photo: decode it once, let every reader see the same pixels, and keep what each one saw.

A reader that crashes costs its own part only: the part stays None and `Look.not_read` says why.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from verifier import __version__
from verifier.guarded_reading import GuardedReading
from verifier.observation import Box, Decoded, FaceObservation, FileHistory, Look, PeopleCount, PixelTraces
from verifier.photo.container import sniff_format
from verifier.photo.decode import DECODE_2023, DecodeLimits, decode_photo
from verifier.photo.read_camera import read_camera
from verifier.photo.read_compression import read_compression
from verifier.photo.read_fingerprint import read_fingerprint
from verifier.photo.read_history import OpenedFile, open_header, read_history
from verifier.photo.read_provenance import read_provenance
from verifier.photo.read_quality import read_quality
from verifier.photo.read_recapture import read_recapture
from verifier.photo.read_stamp import read_stamps
from verifier.vision.faces import find_faces
from verifier.vision.nets import Nets
from verifier.vision.people import count_faces_only, count_people

# The parts of a Look, as `not_read` names them; "picture" is the decoding itself.
PICTURE = "picture"


# Raised when a reader changes what it sees, so that pictures are looked at again.
LOOK_VERSION = 17


def code_versions(limits: DecodeLimits = DECODE_2023) -> dict[str, str]:
    """What a look depends on besides the networks."""
    return {"code": f"{__version__}+look{LOOK_VERSION}", "decode": limits.name}


def look_at_photo(data: bytes, sha256: str, nets: Nets, limits: DecodeLimits = DECODE_2023) -> Look:
    """Look at one photo.

    Args:
        data: The file's bytes.
        sha256: Their digest, as the evidence store knows it.
        nets: The loaded networks.
        limits: What the photo may cost.
    Returns: The look. Nothing that is in the bytes makes this raise.
    """
    reading = GuardedReading()
    result = reading.run(PICTURE, lambda: decode_photo(data, limits))
    decoded, picture = result or (Decoded(sniff_format(data), 0, 0, len(data)), None)
    camera = (
        reading.run("camera", lambda: read_camera(data)) if decoded.format in {"jpeg", "heic", "png", "webp"} else None
    )
    versions = {**code_versions(limits), **nets.versions}
    if picture is None:
        return Look(sha256, versions, decoded, camera=camera, not_read=reading.not_read, seconds=reading.seconds)
    pixels: NDArray[np.uint8] = picture
    faces = reading.run("faces", lambda: tuple(find_faces(pixels, nets.faces)))
    people = reading.run("people", lambda: _count(pixels, nets, faces)) if faces is not None else None
    if faces is None:
        reading.not_read["people"] = "needs the faces, which were not read"
    stamps = reading.run("stamps", lambda: tuple(read_stamps(pixels, nets.text)))
    boxes = [stamp.box for stamp in stamps or () if stamp.box is not None]
    opened = reading.run("history", lambda: open_header(data, decoded.format))
    return Look(
        sha256=sha256,
        versions=versions,
        decoded=decoded,
        camera=camera,
        stamps=stamps,
        quality=reading.run("quality", lambda: read_quality(pixels)),
        faces=faces,
        people=people,
        fingerprint=reading.run("fingerprint", lambda: read_fingerprint(pixels)),
        history=reading.run("history", lambda: _read_history(opened, pixels, boxes)),
        compression=reading.run("compression", lambda: _read_compression(opened, pixels, boxes)),
        recapture=reading.run("recapture", lambda: read_recapture(pixels)),
        provenance=reading.run("provenance", lambda: read_provenance(data, decoded.format)),
        embedding_contract=nets.embedding_contract,
        not_read=reading.not_read,
        seconds=reading.seconds,
    )


def _count(picture_bgr: NDArray[np.uint8], nets: Nets, faces: tuple[FaceObservation, ...]) -> PeopleCount:
    if nets.people is None:
        return count_faces_only(faces)
    return count_people(picture_bgr, nets.people, faces)


def _read_history(opened: OpenedFile | None, picture_bgr: NDArray[np.uint8], stamps: list[Box]) -> FileHistory | None:
    return None if opened is None else read_history(opened, picture_bgr, stamps)


def _read_compression(
    opened: OpenedFile | None, picture_bgr: NDArray[np.uint8], stamps: list[Box]
) -> PixelTraces | None:
    """Only JPEG files leave such traces; None for others."""
    if opened is None or not opened.table:
        return None
    return read_compression(picture_bgr, opened.table, stamps, opened.turns, opened.mirrored)
