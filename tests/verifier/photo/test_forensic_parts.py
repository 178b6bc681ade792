"""The forensic parts of a look: read from whole files, kept as JSON, and never a crash on broken ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.builders.looks import a_context, a_look
from tests.builders.photos import a_photo_file, cut
from tests.builders.shared import shared_data
from verifier.finding import Outcome
from verifier.observation import (
    Box,
    FileHistory,
    HeatMap,
    Look,
    ManifestState,
    PixelTraces,
    Provenance,
    RecaptureTraces,
)
from verifier.photo import check_photo
from verifier.photo.decode import decode_photo
from verifier.photo.look_json import look_from_json, look_to_json, stack_embeddings
from verifier.photo.read_compression import read_compression
from verifier.photo.read_history import open_header, read_history
from verifier.photo.read_provenance import read_provenance
from verifier.photo.read_recapture import read_recapture

FORENSIC = ("photo.edited", "photo.recaptured", "photo.stamp_pasted", "photo.provenance")


def look_at(data: bytes) -> Look | None:
    """What the forensic readers see; None where the file cannot be opened."""
    decoded, picture = decode_photo(data)
    if picture is None:
        return None
    opened = open_header(data, decoded.format)
    traces = None
    if opened.table:
        traces = read_compression(picture, opened.table, [Box(5, 5, 60, 20)], opened.turns, opened.mirrored)
    return a_look(
        decoded=decoded,
        faces=(),
        history=read_history(opened, picture, []),
        compression=traces,
        recapture=read_recapture(picture),
        provenance=read_provenance(data, decoded.format),
    )


def outcomes(look: Look) -> dict[str, Outcome]:
    return {each.check: each.outcome for each in check_photo(look, a_context()) if each.check in FORENSIC}


@pytest.mark.parametrize("format", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_plain_file_of_every_format_is_not_remarked(format: str) -> None:
    look = look_at(a_photo_file(format))
    assert look is not None
    assert (look.compression is not None) is (format == "JPEG")
    assert set(outcomes(look)) == set(FORENSIC)
    assert set(outcomes(look).values()) <= {Outcome.PASSED, Outcome.NOT_APPLICABLE}


def test_the_forensic_parts_survive_json_without_loss() -> None:
    parts = {
        "history": FileHistory(("GIMP 2.10",), ("composite",), "own", None, True, 0.91, 0.02, Box(1, 2, 3, 4)),
        "compression": PixelTraces(
            (3, 5), 7.5, 0.4, 82, 300, 4, 120.5, Box(1, 2, 3, 4), (1.5, -2.0), HeatMap(2, 1, "AP8=")
        ),
        "recapture": RecaptureTraces(4.1),
        "provenance": Provenance(
            ManifestState.CHANGED, "A", "B", ("digitalCapture",), ("assertion.dataHash.mismatch",)
        ),
    }
    look = a_look(faces=(), **parts)
    back = look_from_json(json.loads(json.dumps(look_to_json(look))), stack_embeddings(look))
    assert {name: getattr(back, name) for name in parts} == parts


def test_a_stored_look_without_these_parts_concludes_nothing() -> None:
    found = outcomes(a_look())
    assert set(found.values()) <= {Outcome.NOT_APPLICABLE, Outcome.PASSED}
    assert found["photo.edited"] is Outcome.NOT_APPLICABLE


def mutations(data: bytes, count: int, seed: int = 20230612) -> Iterator[bytes]:
    """The file with some bytes changed, most of them in its header, or cut off."""
    random = np.random.default_rng(seed)
    for number in range(count):
        changed = bytearray(data)
        reach = len(data) if number % 3 == 0 else min(len(data), 900)
        for _ in range(int(random.integers(1, 6))):
            changed[int(random.integers(2, reach))] = int(random.integers(256))
        yield cut(bytes(changed), 0.9) if number % 10 == 9 else bytes(changed)


def test_mutated_files_never_crash_a_reader() -> None:
    exif = b"Exif\x00\x00II*\x00\x08\x00\x00\x00\x01\x001\x01\x02\x00\x05\x00\x00\x00\x1a\x00\x00\x00\x00\x00\x00\x00GIMP\x00"
    opened = 0
    for data in mutations(a_photo_file(exif=exif), 120):
        look = look_at(data)
        opened += look is not None
        if look is not None:
            assert Outcome.NOT_RUN not in outcomes(look).values()
    assert opened > 20


@pytest.mark.shared
def test_corrupt_files_never_crash_a_reader() -> None:
    files = [file for file in sorted(Path(shared_data() / "corrupt").rglob("*")) if file.is_file()]
    assert files
    for file in files:
        look = look_at(file.read_bytes())
        if look is not None:
            assert Outcome.NOT_RUN not in outcomes(look).values(), file.name
