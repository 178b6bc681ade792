"""Measure the networks: recall by size, counts, milliseconds, peak memory, beside a plain pipeline in the same run.

    python -m benchmarks.vision [--data ../shared/data] [--models ../shared/models] [--threads 1]

The plain pipeline is what one would write first: YuNet over the whole photo, shrunk to 1,280 px (or whole, with
``--plain-side 0``), then one face after the other through SFace as published.
"""

from __future__ import annotations

import argparse
import json
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnx
import onnxruntime

from verifier.observation import Box
from verifier.vision import faces as finding
from verifier.vision.align import align_face
from verifier.vision.candidates import merge_candidates
from verifier.vision.face_net import OpencvZooFaceNet
from verifier.vision.nets import open_face_net, open_people_net
from verifier.vision.packs import find_pack, locate_files
from verifier.vision.people import count_people
from verifier.vision.prepare import prepare_pack
from verifier.vision.yunet import Yunet

SIZES_PX = ((10, 20), (20, 40), (40, 100_000))
Find = Callable[[np.ndarray], list[Box]]


class PlainPipeline:
    """One full-frame detection, then the published SFace face by face; only its list of inputs is mended to run at all."""

    def __init__(self, cache_dir: Path, threads: int, side_px: int) -> None:
        pack = find_pack("opencv-zoo")
        self._detector = Yunet(prepare_pack(pack, cache_dir)["detect"], threads, 0.6)
        model = onnx.load(locate_files(pack, cache_dir)["embed"])
        kept = [value for value in model.graph.input if value.name == "data"]
        del model.graph.input[:]
        model.graph.input.extend(kept)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.log_severity_level = threads, 3
        self._recogniser = onnxruntime.InferenceSession(model.SerializeToString(), options)
        self._side_px = side_px

    def find(self, picture_bgr: np.ndarray) -> list[Box]:
        """Boxes of the faces; each is also embedded."""
        scale = min(1.0, self._side_px / max(picture_bgr.shape[:2])) if self._side_px else 1.0
        small = picture_bgr if scale == 1 else cv2.resize(picture_bgr, None, fx=scale, fy=scale)
        found = merge_candidates(self._detector.detect(small), 0.4, 1.0).move(1 / scale, 0, 0)
        for landmarks in found.landmarks:
            crop = align_face(picture_bgr, landmarks)[..., ::-1].transpose(2, 0, 1)[None]
            self._recogniser.run(None, {"data": np.ascontiguousarray(crop, np.float32)})
        return [Box(x1, y1, x2 - x1, y2 - y1) for x1, y1, x2, y2 in found.boxes.tolist()]


def overlap(one: Box, other: Box) -> float:
    """Intersection over union."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    shared = max(width, 0.0) * max(height, 0.0)
    return shared / (one.width * one.height + other.width * other.height - shared)


def read_groups(folder: Path) -> list[tuple[np.ndarray, list[Box]]]:
    """The annotated groups."""
    listed = json.loads((folder / "boxes_xywh.json").read_text())
    return [(cv2.imread(str(folder / name)), [Box(*box) for box in boxes]) for name, boxes in listed.items()]


def lay_sheets(groups: list[tuple[np.ndarray, list[Box]]]) -> list[tuple[np.ndarray, list[Box]]]:
    """The same pictures, as they are, one in the middle of each frame of 12 megapixels of a dim, noisy wall.

    So far from any other face nothing but its own faint hints can lead to a small one.
    """
    width, height = 4032, 3024
    sheets = []
    for index, (picture, boxes) in enumerate(groups):
        sheet = np.random.default_rng(index).normal(90, 3, (height, width, 3)).clip(0, 255).astype(np.uint8)
        x, y = (width - picture.shape[1]) // 2 + index, (height - picture.shape[0]) // 2 + index
        sheet[y : y + picture.shape[0], x : x + picture.shape[1]] = picture
        sheets.append((sheet, [Box(box.x + x, box.y + y, box.width, box.height) for box in boxes]))
    return sheets


def measure_recall(groups: list[tuple[np.ndarray, list[Box]]], find: Find) -> dict[str, tuple[int, int, int]]:
    """Size class → (found, annotated, false) over the annotated groups; a match has an overlap above 0.35."""
    counts = {size: [0, 0, 0] for size in SIZES_PX}
    for picture, wanted in groups:
        seen = find(picture)
        taken: set[int] = set()
        for box in wanted:
            scores = [-1.0 if index in taken else overlap(box, other) for index, other in enumerate(seen)]
            hit = bool(scores) and max(scores) > 0.35
            if hit:
                taken.add(int(np.argmax(scores)))
            add_to_class(counts, box, (int(hit), 1, 0))
        for index, box in enumerate(seen):
            if index not in taken:
                add_to_class(counts, box, (0, 0, 1))
    return {f"{low}-{high} px": (a, b, c) for (low, high), (a, b, c) in counts.items()}


def add_to_class(counts: dict[tuple[int, int], list[int]], box: Box, numbers: tuple[int, int, int]) -> None:
    """Add to the size class of a box (geometric mean of its sides); below the smallest class nothing is counted."""
    side = (box.width * box.height) ** 0.5
    for (low, high), row in counts.items():
        if low <= side < high:
            for index, number in enumerate(numbers):
                row[index] += number


def measure_seconds(work: Callable[[], object], repeats: int = 3) -> float:
    """Processor seconds of the fastest of some runs, after one to warm up: the machine's other work is not ours.

    With one thread these are the seconds that an idle core takes.
    """
    work()
    seconds = []
    for _ in range(repeats):
        started = time.process_time()
        work()
        seconds.append(time.process_time() - started)
    return min(seconds)


def measure_shares(picture: np.ndarray, net: OpencvZooFaceNet) -> dict[str, float]:
    """Seconds of the parts of `find_faces`."""
    found = finding.detect_faces(picture, net)
    crops = [align_face(picture, landmarks) for landmarks in found.landmarks]
    stacked = np.stack(crops)
    return {
        "detect": measure_seconds(lambda: finding.detect_faces(picture, net)),
        "align": measure_seconds(lambda: [align_face(picture, landmarks) for landmarks in found.landmarks]),
        "embed": measure_seconds(lambda: net.embed(stacked)),
    }


def peak_mb() -> int:
    """Peak memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def main() -> None:
    """Print all measures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(__file__).resolve().parents[2] / "shared"
    parser.add_argument("--data", type=Path, default=shared / "data")
    parser.add_argument("--models", type=Path, default=shared / "models")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--plain-side", type=int, default=1280)
    chosen = parser.parse_args()
    cv2.setNumThreads(chosen.threads)
    with tempfile.TemporaryDirectory() as folder:
        report(chosen, Path(folder))


def report(chosen: argparse.Namespace, cache_dir: Path) -> None:
    """Measure ours first, so that the peak memory shown is not the plain pipeline's."""
    net = open_face_net(cache_dir, threads=chosen.threads)
    assert isinstance(net, OpencvZooFaceNet)
    people = open_people_net(cache_dir, chosen.models, chosen.threads)

    def find(picture: np.ndarray) -> list[Box]:
        return [face.box for face in finding.find_faces(picture, net)]

    large = sorted((chosen.data / "classroom").glob("*.jpg"))
    pictures = [np.asarray(cv2.imread(str(path)), np.uint8) for path in large]
    print(f"loaded: {peak_mb()} MB (two 12-megapixel pictures included)")
    for path, picture in zip(large, pictures, strict=True):
        faces = finding.find_faces(picture, net)
        seconds = measure_seconds(lambda picture=picture: finding.find_faces(picture, net))
        shares = ", ".join(f"{part} {value * 1e3:.0f} ms" for part, value in measure_shares(picture, net).items())
        readable = sum(face.readable for face in faces)
        print(f"{path.name}: {len(faces)} faces, {readable} readable, {seconds:.2f} s ({shares})")
        if people is not None:
            count = count_people(picture, people, faces)
            spent = measure_seconds(lambda picture=picture, faces=faces: count_people(picture, people, faces))
            print(f"  people {count.count} ({count.low} to {count.high}), {spent:.2f} s")
    print(f"peak after 12-megapixel pictures: {peak_mb()} MB")
    crops = np.random.default_rng(0).integers(0, 256, (16, 112, 112, 3), dtype=np.uint8)
    print(f"embedding: {measure_seconds(lambda: net.embed(crops)) / 16 * 1e3:.1f} ms a face")
    groups = read_groups(chosen.data / "groups_wider")
    print("recall (found / annotated, false):", format_recall(measure_recall(groups, find)))

    def find_readable(picture: np.ndarray) -> list[Box]:
        return [face.box for face in finding.find_faces(picture, net) if face.readable]

    # Only these can be called somebody or a stranger.
    print("  of those the readable ones:", format_recall(measure_recall(groups, find_readable)))
    print("recall in frames of 12 megapixels:", format_recall(measure_recall(lay_sheets(groups), find)))
    counted = sorted((chosen.data / "groups_counted").glob("*.jpg"))
    print("counts:", ", ".join(f"{path.stem.split('_')[1]}→{len(find(cv2.imread(str(path))))}" for path in counted))

    plain = PlainPipeline(cache_dir, chosen.threads, chosen.plain_side)
    print(f"plain pipeline, {'whole' if not chosen.plain_side else f'at most {chosen.plain_side} px a side'}:")
    for path, picture in zip(large, pictures, strict=True):
        seconds = measure_seconds(lambda picture=picture: plain.find(picture), 2)
        print(f"  {path.name}: {len(plain.find(picture))} faces, {seconds:.2f} s")
    print("  recall:", format_recall(measure_recall(groups, plain.find)))
    print(f"peak with both: {peak_mb()} MB")


def format_recall(recall: dict[str, tuple[int, int, int]]) -> str:
    """One line."""
    return "; ".join(f"{size}: {found}/{wanted}, {false} false" for size, (found, wanted, false) in recall.items())


if __name__ == "__main__":
    main()
