"""Milliseconds a 12-megapixel photo: the product's whole look against a plain pipeline, in turns, with the recall of both.

Called by ``python -m benchmarks.faces speed``. The plain pipeline is what one writes first with the same networks: decode with
OpenCV, YuNet over the full frame, the published SFace one face after the other, rapidocr over the full frame. The product's look
does more (tiles and zoom, readability, quality, fingerprint, camera metadata, all kinds of stamps), and all of it is timed.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
from PIL import Image

from tests.builders.class_photos import ClassPhoto, Condition, Pixels, compose_photo, soften_room
from tests.builders.class_sessions import ALL_ROWS, Cast, Seat
from tests.builders.stamps import a_stamped_picture, as_jpeg
from verifier.observation import Box
from verifier.photo.look import look_at_photo
from verifier.vision.align import align_face
from verifier.vision.candidates import merge_candidates
from verifier.vision.nets import Nets
from verifier.vision.packs import find_pack, locate_files
from verifier.vision.prepare import prepare_pack
from verifier.vision.yunet import Yunet

PHOTO_WH = (4032, 3024)


@dataclass(frozen=True, slots=True)
class Answer:
    """What one pipeline found: faces' boxes, lines of text, and the processor and wall seconds that it took."""

    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    processor_s: float
    wall_s: float


class PlainPipeline:
    """One network after the other, one face after the other, over the whole frame; one thread, as in a worker."""

    def __init__(self, cache_dir: Path) -> None:
        from rapidocr import RapidOCR

        pack = find_pack("opencv-zoo")
        self._detector = Yunet(prepare_pack(pack, cache_dir)["detect"], 1, 0.6)
        model = onnx.load(locate_files(pack, cache_dir)["embed"])
        # Only the list of inputs is mended, without which onnxruntime does not run the published file at all.
        kept = [value for value in model.graph.input if value.name == "data"]
        del model.graph.input[:]
        model.graph.input.extend(kept)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = 1, 3
        self._recogniser = onnxruntime.InferenceSession(model.SerializeToString(), options)
        self._reader: Any = RapidOCR(params={"EngineConfig.onnxruntime.intra_op_num_threads": 1})

    def look(self, data: bytes) -> tuple[tuple[Box, ...], tuple[str, ...]]:
        """Boxes of the faces, each also embedded, and all lines of text."""
        picture = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)
        found = merge_candidates(self._detector.detect(picture), 0.4, 1.0)
        for landmarks in found.landmarks:
            crop = align_face(picture, landmarks)[..., ::-1].transpose(2, 0, 1)[None]
            self._recogniser.run(None, {"data": np.ascontiguousarray(crop, np.float32)})
        read = self._reader(picture)
        boxes = tuple(Box(x1, y1, x2 - x1, y2 - y1) for x1, y1, x2, y2 in found.boxes.tolist())
        return boxes, tuple(read.txts or ())


def make_class_photo(cast: Cast, room: Pixels) -> ClassPhoto:
    """Forty people at 40 to 160 px in 12 megapixels."""
    heads = [(heads[0]) for heads in cast.heads.values()] + list(cast.strangers)
    seats = [Seat(head, ALL_ROWS[place % len(ALL_ROWS)], Condition.CLEAR) for place, head in enumerate(heads[:40])]
    return compose_photo(seats, soften_room(room, PHOTO_WH), 1)


def stamp_photo(picture_bgr: Pixels) -> tuple[bytes, str]:
    """A JPEG with a watermark camera's stamp, and the clock that it shows."""
    image = Image.open(BytesIO(cv2.imencode(".png", picture_bgr)[1].tobytes())).convert("RGB")
    stamped, truth = a_stamped_picture(image, "1 sign-in", 3)
    return as_jpeg(stamped, 90), f"{truth.clock:%H:%M}"


def measure_speed(
    photos: Sequence[tuple[str, bytes, ClassPhoto | None, str]], nets: Nets, cache_dir: Path, rounds: int
) -> None:
    """Both pipelines in turns over every photo; the median ratio of the pairs counts, as both see the machine's same mood."""
    plain = PlainPipeline(cache_dir)
    for name, data, staged, clock in photos:
        pairs = []
        for turn in range(rounds + 1):
            mine, theirs = run_timed(lambda: look(data, nets)), run_timed(lambda: plain.look(data))  # noqa: B023
            if turn:  # the first one warms up
                pairs.append((mine, theirs))
        mine, theirs = pairs[-1]
        ratios = sorted(their.processor_s / my.processor_s for my, their in pairs)
        print(f"{name}: ours {median(my.processor_s for my, _ in pairs):.2f} s, plain "
              f"{median(their.processor_s for _, their in pairs):.2f} s of processor time, {median(ratios):.2f} times as fast "
              f"({ratios[0]:.2f} to {ratios[-1]:.2f} over {len(pairs)} pairs; "
              f"wall {mine.wall_s:.2f} against {theirs.wall_s:.2f} s)")  # fmt: skip
        for who, answer in (("ours", mine), ("plain", theirs)):
            text = (
                f"clock {'read' if any(clock in line for line in answer.lines) else 'missed'}" if clock else "no stamp"
            )
            print(f"  {who}: {len(answer.boxes)} faces{recall_of(answer.boxes, staged)}, {text}")


def look(data: bytes, nets: Nets) -> tuple[tuple[Box, ...], tuple[str, ...]]:
    """The product's whole look at one photo."""
    seen = look_at_photo(data, "0" * 64, nets)
    lines = tuple(line.text for stamp in seen.stamps or () for line in stamp.lines)
    return tuple(face.box for face in seen.faces or ()), lines


def run_timed(work: Callable[[], tuple[tuple[Box, ...], tuple[str, ...]]]) -> Answer:
    """Run once with both clocks."""
    wall, processor = time.perf_counter(), time.process_time()
    boxes, lines = work()
    return Answer(boxes, lines, time.process_time() - processor, time.perf_counter() - wall)


def recall_of(boxes: Sequence[Box], staged: ClassPhoto | None) -> str:
    """How many of the drawn faces have a box whose centre lies in them."""
    if staged is None:
        return ""
    centres = [(box.x + box.width / 2, box.y + box.height / 2) for box in boxes]
    found = sum(
        any(
            one.box.x <= x <= one.box.x + one.box.width and one.box.y <= y <= one.box.y + one.box.height
            for x, y in centres
        )
        for one in staged.people
    )
    return f", {found} of {len(staged.people)} drawn"
