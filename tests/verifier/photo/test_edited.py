"""Edited: what is a remark, what is a failure, and what honest files look like."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders.looks import a_context, a_look
from verifier.finding import Finding, Outcome
from verifier.observation import Box, FileHistory, PixelTraces
from verifier.photo.edited import EDITED_2023, check
from verifier.photo.editing_programs import find_editors

HONEST = FileHistory(tables="standard", quality=90, thumbnail_agreement=0.99, thumbnail_differs=0.0)
PHOTOSHOP = replace(HONEST, programs=("Adobe Photoshop 2024 (Macintosh)",))
QUIET = PixelTraces(grid_strength=3.0)
ODD = PixelTraces(
    earlier_strength=0.8, earlier_quality=82, readable_cells=300, odd_cells=9, odd_score=800.0, odd_box=Box(40, 60, 100, 120)
)  # fmt: skip


def judge(history: FileHistory | None = HONEST, traces: PixelTraces | None = QUIET) -> Finding:
    return check(a_look(history=history, compression=traces), a_context())


@pytest.mark.parametrize(
    ("history", "traces", "outcome"),
    [
        pytest.param(HONEST, QUIET, Outcome.PASSED, id="nothing found"),
        pytest.param(HONEST, None, Outcome.PASSED, id="no JPEG, and no program named"),
        pytest.param(None, None, Outcome.NOT_APPLICABLE, id="nothing to look at"),
        pytest.param(PHOTOSHOP, QUIET, Outcome.UNSURE, id="a program alone may only have turned the photo"),
        pytest.param(HONEST, ODD, Outcome.UNSURE, id="an odd part alone may be an app's badge"),
        pytest.param(PHOTOSHOP, ODD, Outcome.FAILED, id="a program and an odd part confirm each other"),
        pytest.param(replace(PHOTOSHOP, thumbnail_agreement=0.6), QUIET, Outcome.FAILED, id="a program and another thumbnail"),
        pytest.param(replace(HONEST, source_types=("trainedAlgorithmicMedia",)), QUIET, Outcome.FAILED, id="says it was generated"),
        pytest.param(replace(HONEST, source_types=("digitalCapture",)), QUIET, Outcome.PASSED, id="says it was captured"),
        pytest.param(replace(HONEST, source_types=("composite",)), QUIET, Outcome.UNSURE, id="says it was composed"),
        pytest.param(replace(HONEST, programs=("Image::ExifTool 12.7",)), QUIET, Outcome.UNSURE, id="metadata rewritten"),
        pytest.param(replace(HONEST, photoshop_block=True), QUIET, Outcome.PASSED, id="Facebook's block is no edit"),
    ],
)  # fmt: skip
def test_only_what_the_file_itself_says_and_the_pixels_confirm_fails(
    history: FileHistory | None, traces: PixelTraces | None, outcome: Outcome
) -> None:
    assert judge(history, traces).outcome is outcome


@pytest.mark.parametrize(
    ("traces", "outcome"),
    [
        pytest.param(replace(ODD, odd_cells=EDITED_2023.odd_cells), Outcome.UNSURE, id="as many cells as the limit"),
        pytest.param(replace(ODD, odd_cells=EDITED_2023.odd_cells - 1), Outcome.PASSED, id="a cell less"),
        pytest.param(replace(ODD, odd_score=EDITED_2023.odd_nats), Outcome.UNSURE, id="evidence at the limit"),
        pytest.param(replace(ODD, odd_score=EDITED_2023.odd_nats - 0.1), Outcome.PASSED, id="evidence below"),
        pytest.param(
            replace(QUIET, grid_strength=EDITED_2023.grid_sigmas), Outcome.UNSURE, id="a second grid at the limit"
        ),
        pytest.param(replace(QUIET, grid_strength=EDITED_2023.grid_sigmas - 0.1), Outcome.PASSED, id="a grid below"),
    ],
)
def test_both_sides_of_each_limit_on_pixels(traces: PixelTraces, outcome: Outcome) -> None:
    assert judge(traces=traces).outcome is outcome


@pytest.mark.parametrize(
    ("agreement", "differs", "outcome"),
    [
        pytest.param(EDITED_2023.own_picture, 0.0, Outcome.PASSED, id="agrees"),
        pytest.param(EDITED_2023.own_picture - 0.01, 0.0, Outcome.UNSURE, id="another picture"),
        pytest.param(0.95, EDITED_2023.differs_share, Outcome.PASSED, id="as much as may differ"),
        pytest.param(0.95, EDITED_2023.differs_share + 0.001, Outcome.UNSURE, id="a part differs"),
        pytest.param(None, None, Outcome.PASSED, id="no thumbnail means nothing"),
    ],
)
def test_both_sides_of_each_limit_on_thumbnails(
    agreement: float | None, differs: float | None, outcome: Outcome
) -> None:
    history = replace(HONEST, thumbnail_agreement=agreement, thumbnail_differs=differs)
    assert judge(history).outcome is outcome


def test_with_two_grids_the_cells_are_not_read() -> None:
    both = replace(ODD, grid_strength=20.0, grid_offset_xy=(1, 7))
    found = judge(traces=both)
    assert "偏移 1,7 像素" in str(found.reason)
    assert "热力图" not in str(found.reason)


def test_the_sentence_shows_place_evidence_and_limit_and_the_numbers_are_kept() -> None:
    found = judge(PHOTOSHOP, ODD)
    for part in ("photos/a.jpg", "Adobe Photoshop 2024", "40,60,100,120", "800", "100", "82"):
        assert part in str(found.reason)
    assert found.measured["odd_box_xywh"] == "40,60,100,120"
    assert found.measured["earlier_quality"] == 82
    assert found.reason.text("en").startswith("Photo “photos/a.jpg” was changed")


@pytest.mark.parametrize(
    ("name", "edits"),
    [
        ("Adobe Photoshop CS6 (Macintosh)", True),
        ("GIMP 2.10.34", True),
        ("Snapseed 2.0", True),
        ("美图秀秀", True),
        ("17.3.1", False),
        ("M127GXXS9DXJ1", False),
        ("Timemark 4.2", False),
        ("今日水印相机", False),
        ("WeChat", False),
        ("Adobe XMP Core 5.1.2", False),
        ("HDR+ 1.0.540104767zd", False),
    ],
)
def test_editors_are_told_from_cameras_watermark_and_chat_apps(name: str, edits: bool) -> None:
    assert bool(find_editors([name])) is edits
