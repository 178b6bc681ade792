"""Milliseconds a 12-megapixel photo: the product's whole look against a plain pipeline, in turns, with the recall of both.

Called by ``python -m benchmarks.faces speed``. The plain pipeline is what one writes first with the same networks: decode with
OpenCV, YuNet over the full frame, the published SFace one face after the other, rapidocr over the full frame. The product's look
does more (tiles and zoom, readability, quality, fingerprint, camera metadata, all kinds of stamps), and all of it is timed.

Left alone, rapidocr first shrinks a picture to 2,000 px a side, so that its answer is not that of the full frame. Both are
timed: the full frame is what the product is held against, the shrunken one stands beside it.
``python benchmarks/faces.py reading`` shows what the three read of stamps: the plain ones' lines go through the product's own
grammar, which costs them nothing, and count as the product's do.
"""

from __future__ import annotations

import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from statistics import median
from typing import Any

import cv2
import numpy as np
import onnx
import onnxruntime
from PIL import Image

from benchmarks.stamps import GRADED, compare
from tests.builders.class_photos import ClassPhoto, Condition, Pixels, compose_photo, soften_room
from tests.builders.class_sessions import ALL_ROWS, Cast, Seat
from tests.builders.stamps import LAYOUTS, a_stamped_picture, as_jpeg
from verifier.observation import Box, Stamp, TextLine
from verifier.photo.decode import decode_photo
from verifier.photo.look import look_at_photo
from verifier.photo.read_stamp import read_stamps
from verifier.photo.stamp_geometry import join_rows
from verifier.photo.stamp_grammar import parse_stamp
from verifier.photo.stamp_text import normalise
from verifier.vision.align import align_face
from verifier.vision.candidates import merge_candidates
from verifier.vision.nets import Nets, open_nets
from verifier.vision.packs import find_pack, locate_files
from verifier.vision.prepare import prepare_pack
from verifier.vision.yunet import Yunet

PHOTO_WH = (4032, 3024)


OURS = "ours"
# What is held against it: name → longest side in pixels that rapidocr leaves as it is; 2,000 is its own choice.
FULL_FRAME, SHRUNKEN = "plain, full frame", "plain, text at 2,000 px"
PLAIN_SIDES_PX = {FULL_FRAME: 100_000, SHRUNKEN: 2000}


@dataclass(frozen=True, slots=True)
class Answer:
    """What one pipeline found: faces' boxes, lines of text, and the processor and wall seconds that it took, faces apart."""

    boxes: tuple[Box, ...]
    lines: tuple[TextLine, ...]
    faces_s: float
    processor_s: float = 0.0
    wall_s: float = 0.0


class PlainPipeline:
    """One network after the other, one face after the other, over the whole frame; one thread, as in a worker."""

    def __init__(self, cache_dir: Path, text_side_px: int) -> None:
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
        params = {
            "Global.log_level": "critical",
            "Global.max_side_len": text_side_px,
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
        }
        self._reader: Any = RapidOCR(params=params)

    def look(self, data: bytes) -> Answer:
        """Boxes of the faces, each also embedded, and all lines of text."""
        picture = np.asarray(cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR), np.uint8)
        started = time.perf_counter()
        found = merge_candidates(self._detector.detect(picture), 0.4, 1.0)
        for landmarks in found.landmarks:
            crop = align_face(picture, landmarks)[..., ::-1].transpose(2, 0, 1)[None]
            self._recogniser.run(None, {"data": np.ascontiguousarray(crop, np.float32)})
        faces_s = time.perf_counter() - started
        boxes = tuple(Box(x1, y1, x2 - x1, y2 - y1) for x1, y1, x2, y2 in found.boxes.tolist())
        return Answer(boxes, self.read(picture), faces_s)

    def read(self, picture: Pixels) -> tuple[TextLine, ...]:
        """All lines of text."""
        read = self._reader(picture)
        lines = []
        for text, score, corners in zip(
            read.txts or (), read.scores or (), read.boxes if read.txts else (), strict=True
        ):
            (left, top), (right, bottom) = corners.min(axis=0).tolist(), corners.max(axis=0).tolist()
            box = Box(left, top, right - left, bottom - top)
            lines.append(TextLine(text, float(score), box, (float(score),) * len(text)))
        return tuple(lines)


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
    """All pipelines in turns over every photo; the median ratio of the pairs counts, as both see the machine's same mood."""
    looks: dict[str, Callable[[bytes], Answer]] = {OURS: lambda data: look(data, nets)}
    looks |= {name: PlainPipeline(cache_dir, side).look for name, side in PLAIN_SIDES_PX.items()}
    for name, data, staged, clock in photos:
        turns = [{who: run_timed(work, data) for who, work in looks.items()} for _ in range(rounds + 1)][1:]
        print(f"{name}, {len(turns)} turns after one to warm up")
        for who in looks:
            answers = [turn[who] for turn in turns]
            ratios = sorted(turn[who].processor_s / turn[OURS].processor_s for turn in turns)
            told = f"{ratios[0]:.2f} to {ratios[-1]:.2f}"
            faces = len(answers[0].boxes)
            read = any(clock in line.text for line in answers[0].lines)
            print(
                f"  {who}: {median(one.processor_s for one in answers):.2f} s of processor time, wall "
                f"{median(one.wall_s for one in answers):.2f} s; {median(ratios):.2f} times ours ({told}); faces "
                f"{median(one.faces_s for one in answers) / max(1, faces) * 1e3:.0f} ms each; {faces} faces"
                f"{recall_of(answers[0].boxes, staged)}" + (f", clock {'read' if read else 'missed'}" if clock else "")
            )
    for who in looks:
        # A fresh process each: memory once taken stays with a process.
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as pool:
            before, after = pool.submit(measure_peak, who, [data for _, data, _, _ in photos], cache_dir).result()
        print(f"{who}: peak memory {after} MB over these photos, {before} MB of them when the networks are open")


def measure_peak(who: str, photos: Sequence[bytes], cache_dir: Path) -> tuple[int, int]:
    """Peak memory of this process in MB, before and after it looks at photos."""
    cv2.setNumThreads(1)
    if who == OURS:
        nets = open_nets(cache_dir, None, people_pack=None)
        work: Callable[[bytes], Answer] = lambda data: look(data, nets)  # noqa: E731
    else:
        work = PlainPipeline(cache_dir, PLAIN_SIDES_PX[who]).look
    before = read_peak_mb()
    for data in photos:
        work(data)
    return before, read_peak_mb()


def read_peak_mb() -> int:
    """The largest resident set of this process so far, as Linux notes it."""
    lines = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) // 1024


def measure_reading(backgrounds: Sequence[Pixels], nets: Nets, cache_dir: Path, count: int) -> None:
    """What each pipeline reads of stamps of all layouts on 12 megapixels, field by field."""
    plain = {name: PlainPipeline(cache_dir, side) for name, side in PLAIN_SIDES_PX.items()}
    exact: Counter[tuple[str, str]] = Counter()
    drawn: Counter[str] = Counter()
    chance = random.Random(4)
    for number in range(count):
        image = Image.fromarray(backgrounds[number % len(backgrounds)][..., ::-1])
        scale = chance.uniform(0.77, 1.15)
        stamped, truth = a_stamped_picture(image, LAYOUTS[number % len(LAYOUTS)], 4000 + number, scale=scale)
        _, picture = decode_photo(as_jpeg(stamped, chance.choice((70, 85, 95))))
        assert picture is not None
        stamps = {OURS: next(iter(read_stamps(picture, nets.text)), None)}
        stamps |= {name: parse_lines(pipeline.read(picture)) for name, pipeline in plain.items()}
        for who, stamp in stamps.items():
            for name, (right, _) in compare(truth, stamp).items():
                exact[who, name] += right
                drawn[name] += who == OURS
    for who in (OURS, *plain):
        fields = ", ".join(f"{name} {exact[who, name]}/{drawn[name]}" for name in drawn)
        graded = sum(exact[who, name] for name in GRADED), sum(drawn[name] for name in GRADED)
        print(f"{who}: {fields}; {', '.join(GRADED)} together {graded[0]}/{graded[1]}")


def parse_lines(lines: Sequence[TextLine]) -> Stamp:
    """The stamp that the product's grammar sees in lines of text, from top to bottom."""
    ordered = sorted(lines, key=lambda line: (line.box.y, line.box.x))
    return parse_stamp(ordered, join_rows([normalise(line) for line in ordered])).stamp


def look(data: bytes, nets: Nets) -> Answer:
    """The product's whole look at one photo."""
    seen = look_at_photo(data, "0" * 64, nets)
    lines = tuple(line for stamp in seen.stamps or () for line in stamp.lines)
    return Answer(tuple(face.box for face in seen.faces or ()), lines, seen.seconds["faces"])


def run_timed(work: Callable[[bytes], Answer], data: bytes) -> Answer:
    """Run once with both clocks."""
    wall, processor = time.perf_counter(), time.process_time()
    answer = work(data)
    return replace(answer, processor_s=time.process_time() - processor, wall_s=time.perf_counter() - wall)


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
