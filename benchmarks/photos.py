"""What one photo costs through the whole look, and whether the workers' memory stays flat over a night.

``python benchmarks/photos.py --photos 60`` looks at 12-megapixel photos of 15 faces each, two at a time, as the night does;
``--width 2016`` takes smaller ones, to run over more of them. Pictures are staged from the demo's people; the seed is fixed.
"""

from __future__ import annotations

import argparse
import multiprocessing
import tempfile
import threading
import time
from collections import defaultdict
from datetime import date
from datetime import time as clock
from io import BytesIO
from pathlib import Path
from statistics import median

import numpy as np
from PIL import Image

from verifier.demo.draw_stamp import DRAWN_LAYOUTS, StampText, draw_stamp
from verifier.demo.pictures import load_group, set_scene
from verifier.evidence import LocalStore
from verifier.looking import look_at_all, look_versions
from verifier.settings import Settings

SCENES = 3  # five faces each


def stage_photo(group: Image.Image, seed: int, width_px: int) -> bytes:
    """A 4:3 photo of three rows of people, stamped; JPEG."""
    height_px = width_px * 3 // 4
    rng = np.random.default_rng(seed)
    canvas = Image.fromarray(rng.integers(90, 130, (height_px // 8, width_px // 8, 3), dtype=np.uint8)).resize(
        (width_px, height_px)
    )
    for row in range(SCENES):
        scene = set_scene(group, seed * SCENES + row)
        high = height_px // SCENES - 8
        scene = scene.resize((round(scene.width * high / scene.height), high), Image.Resampling.LANCZOS)
        canvas.paste(scene, (int(rng.integers(0, width_px - scene.width)), row * (height_px // SCENES)))
    text = StampText(date(2023, 6, 12), clock(9, 10), "湖南省益阳市赫山区桃花仑西路788号", 112.355129, 28.570066)
    data = BytesIO()
    draw_stamp(canvas, text, DRAWN_LAYOUTS[seed % 3]).save(data, "JPEG", quality=88)
    return data.getvalue()


class Watch:
    """Samples the memory of all child processes twice a second."""

    def __init__(self) -> None:
        self.samples: list[tuple[float, int]] = []
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(0.5):
            largest = max((_resident_mb(child.pid) for child in multiprocessing.active_children()), default=0)
            self.samples.append((time.perf_counter(), largest))


def _resident_mb(pid: int | None) -> int:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    except OSError:
        return 0
    return int(status.split("VmRSS:")[1].split()[0]) // 1024 if "VmRSS:" in status else 0


def main() -> None:
    """Stage, look, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=int, default=60)
    parser.add_argument("--width", type=int, default=4032)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    group = load_group()
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(workspace=Path(folder), workers=options.workers)
        store = LocalStore(Path(settings.evidence))
        digests = [store.put(stage_photo(group, seed, options.width)) for seed in range(options.photos)]
        versions, _ = look_versions(settings)
        shares: dict[str, list[float]] = defaultdict(list)
        faces = []
        ends = []
        with Watch() as watch:
            started = time.perf_counter()
            for done in look_at_all(digests, settings, versions):
                ends.append(time.perf_counter())
                faces.append(len(done.look_json["faces"] or ()))
                for step, seconds in done.look_json["seconds"].items():
                    shares[step].append(seconds)
    spent = {step: median(values) for step, values in shares.items()}
    whole = sum(spent.values())
    rate = (ends[-1] - ends[0]) / max(len(ends) - 1, 1)
    size = f"{options.width} x {options.width * 3 // 4}"
    print(f"{options.photos} photos of {size}, {options.workers} workers, median {median(faces):g} faces found")
    print(
        f"one photo on one core: {whole:.2f} s; the night takes {rate:.2f} s a photo; first answer after {ends[0] - started:.1f} s"
    )
    for step, seconds in sorted(spent.items(), key=lambda item: -item[1]):
        print(f"  {step:12} {seconds:6.3f} s {seconds / whole:6.1%}")
    span = (ends[0], ends[-1])
    thirds = [
        [mb for at, mb in watch.samples if low <= (at - span[0]) / max(span[1] - span[0], 1e-9) < high]
        for low, high in ((0, 1 / 3), (2 / 3, 1))
    ]
    print(f"largest worker, resident: peak {max(mb for _, mb in watch.samples)} MB; median of the first third "
          f"{median(thirds[0] or [0]):g} MB, of the last third {median(thirds[1] or [0]):g} MB")  # fmt: skip


if __name__ == "__main__":
    main()
