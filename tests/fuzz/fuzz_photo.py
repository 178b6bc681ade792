"""Mutate photo files and stamp lines, and feed them to the readers that see foreign bytes first.

    python -m tests.fuzz.fuzz_photo --count 20000 --seed 1 [--seeds FOLDER …]

Each mutated file goes through decoding, metadata, signed manifest and, where pixels came out, quality, fingerprint, the file's
history, traces of compression and of screens; each mutated text through the stamp's grammar. Wanted: no exception, nothing
slower than ten seconds, and memory that stays bounded. The same seed and seed files give the same mutations, but for the signed
ones; a file that failed is kept where ``--keep`` says. Exit status 1 where something was found.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import random
import resource
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path

from PIL import Image

from tests.builders.photos import BROKEN_FILES, a_photo_file, a_scene, an_exif, an_exif_with_thumbnail
from tests.builders.signed import signed
from verifier.observation import Box, TextLine
from verifier.photo.decode import DecodeLimits, decode_photo
from verifier.photo.read_camera import read_camera
from verifier.photo.read_compression import read_compression
from verifier.photo.read_fingerprint import read_fingerprint
from verifier.photo.read_history import open_header, read_history
from verifier.photo.read_provenance import read_provenance
from verifier.photo.read_quality import read_quality
from verifier.photo.read_recapture import read_recapture
from verifier.photo.stamp_grammar import parse_stamp
from verifier.photo.stamp_text import normalise

MAX_SECONDS = 10
# Mutated headers may ask for anything up to the limit; a smaller one than in service keeps 20,000 files affordable.
LIMITS = DecodeLimits("fuzz", max_pixels=20_000_000)
STAMP = Box(8.0, 80.0, 90.0, 30.0)  # where a stamp was read; in smaller pictures it lies outside, which must do no harm
STAMP_LINES = (
    "经度:112.355129",
    "纬度：28.570066",
    "经纬度: 39.92144, 116.44314",
    "经纬度: 45.171850°E,124.816980°N",
    "N28°34′12.2″ E112°21′18.5″",
    "Lat 12.923974° Long 77.625419°",
    "2023-06-12 09:12:30 星期一",
    "2024年08月10日 星期六",
    "2018.09.15  11:30",
    "Thursday, 25/12/2025 04:48 PM GMT +05:30",
    "11 Aug 2026 Tues",
    "02-23-2017 星期四 13:04:43",
    "防伪 W7K3M9Q2PXAB",
    "今日水印相机已验证照片真实性",
    "地址: 益阳市赫山区桃花仑西路788号",
    "时　间： 2019-09-15 11:30:4x",
    "✓打卡 01:02",
    "08:262026年02月09日",
    "东经103323478北纬34350736",
)
SIGNS = "0123456789:：.-/年月日°′″'\"NESW经纬度星期一 ()，,AMPM+GMT\u0000\ufeff\U0001f600OolI|SB"


@dataclass
class Report:
    """What a run met. `failures` are the inputs' numbers with their tracebacks."""

    files: int = 0
    texts: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    failed_files: list[bytes] = field(default_factory=list)
    slowest_s: float = 0.0
    peak_mib: int = 0


def make_seeds(folders: Iterable[Path] = ()) -> list[bytes]:
    """Sound files in every format with rich metadata, the broken ones, and every file below the folders up to 1 MB."""
    exif = an_exif(
        taken=datetime(2023, 6, 12, 9, 12, 30),
        offset="+08:00",
        position=(112.355129, 28.570066),
        gps_at=datetime(2023, 6, 12, 1, 12, 28),
        modified=datetime(2023, 6, 12, 9, 12, 30),
        orientation=6,
        software="17.3.1",
        make="Apple",
        model="iPhone",
    )
    small = a_scene(160, 120)
    seeds = [a_photo_file(format, exif=exif, picture=small) for format in ("JPEG", "PNG", "WEBP", "HEIF")]
    seeds.append(a_photo_file(exif=exif, picture=small, progressive=True))
    seeds.append(a_photo_file(picture=small.convert("CMYK")))
    seeds.append(a_photo_file("PNG", picture=small.convert("P")))
    seeds += [make() for name, make in BROKEN_FILES.items() if name != "many_scans.jpg"]
    for folder in folders:
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size < 1_000_000)
        seeds += [path.read_bytes() for path in files]
    return seeds


def make_forensic_seeds() -> list[bytes]:
    """What the forensic readers look for: an embedded thumbnail, two compressions on two grids, a signed manifest.

    The signature is new each time, so where the extra ``provenance`` is installed two runs of one seed differ a little.
    """
    room = a_scene(400, 304)
    small = io.BytesIO()
    room.resize((160, 120)).save(small, "JPEG", quality=80)
    twice = Image.open(io.BytesIO(a_photo_file(picture=room, quality=60))).crop((3, 5, 400, 304))
    seeds = [
        a_photo_file(exif=an_exif_with_thumbnail(small.getvalue(), orientation=6), picture=room),
        a_photo_file(picture=twice, quality=92),
    ]
    if find_spec("c2pa") is not None:
        seeds += [signed(a_photo_file(picture=room)), signed(a_photo_file("PNG", picture=room), mime_type="image/png")]
    return seeds


def mutate_bytes(data: bytes, chance: random.Random, others: Sequence[bytes]) -> bytes:
    """Flip, overwrite, cut, insert, repeat or splice a few places; most often near the start, where headers are."""
    mutated = bytearray(data)
    # Half of them are changed in one place only, as few that are changed in eight get past the decoder.
    for _ in range(chance.choice((1, chance.randint(1, 8)))):
        if not mutated:
            return bytes(mutated)
        reach = len(mutated) if chance.random() < 0.5 else min(len(mutated), 600)
        at = chance.randrange(reach)
        match chance.randrange(7):
            case 0:
                mutated[at] ^= 1 << chance.randrange(8)
            case 1:
                mutated[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF, 0xD8, 0xD9, 0xDA, 0xE1))
            case 2:
                mutated[at : at + 4] = chance.choice(
                    (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\1\0\0")
                )
            case 3:
                del mutated[at : at + chance.randint(1, 64)]
            case 4:
                mutated[at:at] = chance.randbytes(chance.randint(1, 32))
            case 5:
                piece = mutated[at : at + chance.randint(1, 64)]
                mutated[at:at] = piece * chance.randint(1, 20)
            case _:
                other = chance.choice(others)
                start = chance.randrange(max(1, len(other)))
                mutated[at : at + 64] = other[start : start + chance.randint(1, 200)]
    return bytes(mutated[: chance.randrange(len(mutated) + 1)] if chance.random() < 0.1 else mutated)


def mutate_lines(chance: random.Random) -> list[str]:
    """A few lines of stamps with signs exchanged, dropped, doubled and joined."""
    lines = []
    for _ in range(chance.randint(0, 8)):
        line = list(chance.choice(STAMP_LINES))
        for _ in range(chance.randint(0, 6)):
            at = chance.randrange(len(line) + 1)
            match chance.randrange(4):
                case 0:
                    line[at : at + 1] = chance.choice(SIGNS)
                case 1:
                    line[at:at] = chance.choice(SIGNS) * chance.randint(1, 40)
                case 2:
                    del line[at : at + chance.randint(1, 6)]
                case _:
                    line[at:at] = chance.choice(STAMP_LINES)
        lines.append("".join(line))
    return lines


def read_file(data: bytes) -> str:
    """What the readers do with a file; the name of how it ended."""
    decoded, picture = decode_photo(data, LIMITS)
    read_camera(data)
    if (picture is None) is (decoded.fault is None):
        raise AssertionError(f"fault {decoded.fault} with{'out' if picture is None else ''} a picture")
    read_provenance(data, decoded.format)
    if picture is not None:
        read_quality(picture)
        read_fingerprint(picture)
        opened = open_header(data, decoded.format)
        read_history(opened, picture, [STAMP])
        read_recapture(picture)
        if opened.table:
            read_compression(picture, opened.table, [STAMP], opened.turns, opened.mirrored)
    return decoded.fault.value if decoded.fault else "decoded"


def read_lines(texts: Sequence[str]) -> str:
    """What the stamp's grammar does with lines of text."""
    lines = [
        TextLine(text, 0.9, Box(20.0, 40.0 * index, 20.0 * len(text) + 1, 32.0), (0.9,) * len(text))
        for index, text in enumerate(texts)
    ]
    parsed = parse_stamp(lines, [normalise(line) for line in lines])
    return "stamp with a date" if parsed.stamp.day else "text"


def fuzz(count: int, seed: int, folders: Iterable[Path] = (), watched: bool = False) -> Report:
    """Feed `count` mutated files and as many mutated stamps; the seeds themselves go first, unchanged.

    With `watched` a hang, also one inside a decoder's C code, ends the process with a traceback.
    """
    chance = random.Random(seed)
    seeds = [*make_seeds(folders), *make_forensic_seeds()]
    report = Report()
    for data in seeds:
        _feed(report, lambda data=data: read_file(data), f"seed file of {len(data)} bytes")
    for number in range(count):
        data = mutate_bytes(chance.choice(seeds), chance, seeds)
        report.files += 1
        if watched:
            faulthandler.dump_traceback_later(3 * MAX_SECONDS, exit=True)
        if not _feed(report, lambda data=data: read_file(data), f"file {number} of seed {seed}, {data[:64].hex()}…"):
            report.failed_files.append(data)
        texts = mutate_lines(chance)
        report.texts += 1
        _feed(report, lambda texts=texts: read_lines(texts), f"text {number} of seed {seed}, {texts!r}")
    faulthandler.cancel_dump_traceback_later()
    report.peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return report


def _feed(report: Report, work: Callable[[], str], name: str) -> bool:
    """Do the work under a stop-watch; returns whether it came out well."""
    started, failures = time.perf_counter(), len(report.failures)
    try:
        report.outcomes[work()] += 1
    except Exception:  # noqa: BLE001 - to find any exception at all is the purpose
        report.failures.append(f"{name}\n{traceback.format_exc()}")
    seconds = time.perf_counter() - started
    if seconds > MAX_SECONDS:
        report.failures.append(f"{name}\ntook {seconds:.1f} s")
    report.slowest_s = max(report.slowest_s, seconds)
    return len(report.failures) == failures


def main(arguments: Sequence[str] | None = None) -> int:
    """Run from the command line; prints the report."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=20_000, help="mutated files, and as many mutated stamps")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--seeds", type=Path, nargs="*", default=[], help="folders with more files to start from")
    parser.add_argument("--keep", type=Path, help="folder for the files that failed")
    chosen = parser.parse_args(arguments)
    report = fuzz(chosen.count, chosen.seed, chosen.seeds, watched=True)
    for failure in report.failures[:10]:
        print(failure)
    for number, data in enumerate(report.failed_files if chosen.keep is not None else ()):
        chosen.keep.mkdir(parents=True, exist_ok=True)
        (chosen.keep / f"failed_{chosen.seed}_{number}").write_bytes(data)
    print(f"{report.files} files and {report.texts} stamps: {len(report.failures)} failures")
    print(f"slowest {report.slowest_s:.2f} s, peak memory {report.peak_mib} MiB, outcomes {dict(report.outcomes)}")
    return 1 if report.failures else 0


if __name__ == "__main__":
    sys.exit(main())
