"""Measure who is recognised, on the development pictures: ``python -m benchmarks.faces WHAT``.

``evaluate`` compares ways of deciding on portraits. ``composites`` stages class sessions and ``ten-photos`` reports of ten photos
each with those people, through the whole pipeline; ``doubt`` classes over the days, for whether a case is as often wrong as it
says; ``naming`` how many stand-ins and how many honest students are named after how many reports. ``speed`` times 12-megapixel
photos against a plain pipeline, ``reading`` counts what both read of stamps.

Needs ../shared/data; copies nothing of it, and prints what it measured. ``distance`` shows the test faces and the
strangers from as far away as the last rows of a classroom, as shrunken, noisy JPEGs. ``calibrate`` writes the calibration in
models/.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Iterable
from datetime import date
from pathlib import Path

import cv2

from benchmarks import composites, naming, speed
from tests.builders.class_photos import soften_room
from tests.builders.class_sessions import read_cast
from verifier.attendance.calibration import load_calibration, write_calibration
from verifier.attendance.enrolment import EnrolledPhoto
from verifier.attendance.measuring import Evaluation, LabelledFaces, evaluate_faces
from verifier.calibrating import RENDERED_PX, LabelledPicture, calibrate_folders, read_labelled_pictures
from verifier.evaluation import evaluate_folder, read_picture
from verifier.observation import FaceObservation
from verifier.vision.faces import find_faces
from verifier.vision.nets import Nets, open_nets

PROJECT = Path(__file__).resolve().parents[1]
DATA = PROJECT.parent / "shared" / "data"
STAGED = ("composites", "ten-photos", "doubt")
CHOICES = ("evaluate", "distance", "calibrate", *STAGED, "naming", "speed", "reading")


def lay_out(
    people: Iterable[tuple[str, list[Path]]],
    strangers: Iterable[Path],
    enrol: int,
    into: Path,
    crowds: Iterable[Path] = (),
) -> Path:
    """The folder that an evaluation reads, as links: the first `enrol` pictures of each person are enrolled."""
    for person, pictures in people:
        for place, picture in enumerate(pictures):
            target = into / ("enrol" if place < enrol else "test") / person / picture.name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(picture)
    for part, pictures in (("strangers", strangers), ("crowds", crowds)):
        for place, picture in enumerate(pictures):
            target = into / part / f"{place:03d}_{picture.name}"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(picture)
    return into


def list_groups() -> dict[str, list[tuple[str, list[Path]]]]:
    """The development people by group: person → pictures."""

    def in_folders(folder: Path) -> list[tuple[str, list[Path]]]:
        return [(person.name, sorted(person.iterdir())) for person in sorted(folder.iterdir()) if person.is_dir()]

    crops = sorted((DATA / "faces_bbt").glob("*.png"))
    television = [
        (name, [crop for crop in crops if crop.stem[:-1] == name]) for name in sorted({c.stem[:-1] for c in crops})
    ]
    return {
        "lfw": in_folders(DATA / "faces_lfw"),
        "east_asian": in_folders(DATA / "faces_asian"),
        "television": television,
    }


def list_strangers() -> list[Path]:
    """One picture each of people who are on no roster."""
    return sorted(path for path in (DATA / "faces_lfw_impostors").rglob("*") if path.is_file())


def list_crowds() -> list[Path]:
    """Groups in which nobody of `list_groups` stands. Of the two photos of one class only the first: its people sit in both."""
    groups = [
        path for name in ("groups_uncounted", "groups_wider", "groups_counted") for path in (DATA / name).glob("*.jpg")
    ]
    return sorted([*groups, min((DATA / "classroom").glob("*.jpg"))])


def show(evaluation: Evaluation) -> None:
    """Print an evaluation as lines for people."""
    print(f"{evaluation.people} people, {evaluation.test_pictures} test pictures, {evaluation.strangers} strangers, "
          f"{evaluation.crowd_faces} faces of crowds, "
          f"{len(evaluation.unreadable)} unreadable, calibration {evaluation.calibration}")  # fmt: skip
    for method in evaluation.methods:
        print(
            f"  {method.name}: rank-1 errors {method.rank1.errors}/{method.rank1.trials}, {method.non_mated} searches of nobody"
        )
        for row in method.rows:
            if row.fnir is None or row.wrong_identity is None:
                print(f"    FPIR {row.fpir:.2%}: refused: {row.refused}")
                continue
            told = row.fnir.to_json()
            print(f"    FPIR {row.fpir:.2%}: FNIR {row.fnir.errors}/{row.fnir.trials} = {told['rate']:.2%} "
                  f"[{told['low']:.2%}, {told['high']:.2%}], wrong identity {row.wrong_identity.errors}")  # fmt: skip
    for name, rate in evaluation.at_operating_point.items():
        print(f"  at the operating point: {name} {rate.errors}/{rate.trials}")
    for note in evaluation.notes:
        print(f"  {note}")


def evaluate(nets: Nets, as_json: bool) -> None:
    """One and two enrolment pictures, everybody on one roster."""
    everybody = [(f"{group}-{name}", pictures) for group, people in list_groups().items() for name, pictures in people]
    for enrol in (1, 2):
        with tempfile.TemporaryDirectory() as place:
            people = [(name, pictures) for name, pictures in everybody if len(pictures) > enrol]
            folder = lay_out(people, list_strangers(), enrol, Path(place), list_crowds())
            started = time.perf_counter()
            evaluation = evaluate_folder(folder, nets)
            if as_json:
                print(json.dumps(evaluation.to_json(), ensure_ascii=False, indent=2))
            else:
                print(f"{enrol} enrolment picture(s), {time.perf_counter() - started:.0f} s")
                show(evaluation)


def evaluate_distance(nets: Nets) -> None:
    """Sharp enrolment pictures against small faces, one enrolment picture a person."""
    enrolled: dict[str, tuple[EnrolledPhoto, ...]] = {}
    pictures: list[LabelledPicture] = []
    for group, people in list_groups().items():
        with tempfile.TemporaryDirectory() as place:
            folder = lay_out(people, list_strangers() if group == "lfw" else [], 1, Path(place) / group)
            for picture in read_labelled_pictures(folder, nets.faces):
                if "/enrol/" in picture.path:
                    enrolled[picture.person] = (EnrolledPhoto(picture.path, picture.face),)
                else:
                    pictures.append(picture)
    crowds = tuple(find_faces(read_picture(path), nets.faces) for path in list_crowds())
    for inter_eye_px in RENDERED_PX:
        tests: dict[str, tuple[FaceObservation | None, ...]] = {}
        strangers: list[FaceObservation | None] = []
        for picture in pictures:
            face = min(picture.renditions, key=lambda one: abs(one.inter_eye_px - inter_eye_px))
            if picture.person in enrolled:
                tests[picture.person] = (*tests.get(picture.person, ()), face)
            elif "/strangers/" in picture.path:
                strangers.append(face)
        faces = LabelledFaces(enrolled, tests, tuple(strangers), {}, (), nets.embedding_contract, crowds)
        print(f"about {inter_eye_px:.0f} px between the eyes")
        show(evaluate_faces(faces, load_calibration()))


def calibrate(nets: Nets, name: str, fitted_on: date) -> None:
    """Fit the shipped calibration to all development faces; strangers join the group that they come from."""
    with tempfile.TemporaryDirectory() as place:
        folders = []
        for group, people in list_groups().items():
            strangers = list_strangers() if group == "lfw" else []
            folders.append(lay_out(people, strangers, 1, Path(place) / group))
        calibration = calibrate_folders(
            folders, nets, name=name, data_name="development faces: LFW, East-Asian, television", fitted_on=fitted_on
        )
    target = PROJECT / "models" / f"calibration-{calibration.pack}.toml"
    target.write_text(write_calibration(calibration), encoding="utf-8")
    print(target.read_text(encoding="utf-8"))


def measure_composites(nets: Nets, sessions: int, what: str) -> None:
    """Staged sessions with the development people, in rooms made of the development rooms."""
    people = {f"{group}-{name}": pictures for group, found in list_groups().items() for name, pictures in found}
    paths = sorted([*(DATA / "classroom").glob("*.jpg"), *(DATA / "cctv_osd").glob("*.png")])
    rooms = [soften_room(read_picture(path)) for path in paths]
    if what == "doubt":
        composites.measure_doubt(people, list_strangers(), rooms, nets.faces, sessions)
    elif what == "ten-photos":
        composites.measure_ten_photos(people, list_strangers(), rooms, nets.faces, sessions)
    else:
        composites.measure_sessions(people, list_strangers(), rooms, nets.faces, nets.people, sessions)


def measure_speed(nets: Nets, cache_dir: Path, rounds: int) -> None:
    """A real class photo and a staged one with forty faces and a stamp, both of 12 megapixels."""
    people = {f"{group}-{name}": pictures for group, found in list_groups().items() for name, pictures in found}
    paths = sorted((DATA / "classroom").glob("*.jpg"))
    staged = speed.make_class_photo(read_cast(people, list_strangers(), nets.faces), read_picture(paths[0]))
    stamped, clock = speed.stamp_photo(staged.pixels)
    photos = [(path.name, path.read_bytes(), None, "") for path in paths]
    speed.measure_speed([*photos, ("forty faces, stamped", stamped, staged, clock)], nets, cache_dir, rounds)


def measure_reading(nets: Nets, cache_dir: Path, count: int) -> None:
    """Stamps on the real class photos and on a softened room."""
    pictures = [read_picture(path) for path in sorted((DATA / "classroom").glob("*.jpg"))]
    speed.measure_reading([*pictures, soften_room(pictures[0], speed.PHOTO_WH)], nets, cache_dir, count)


def main() -> None:
    """Run one of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=CHOICES, nargs="?", default="evaluate")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--sessions", type=int, default=20, help="staged sessions a script, or classes for doubt")
    parser.add_argument("--classes", type=int, default=500, help="classes a kind, for naming")
    parser.add_argument("--rounds", type=int, default=5, help="timed pairs a photo")
    parser.add_argument("--photos", type=int, default=32, help="stamped photos read")
    parser.add_argument("--people", type=Path, default=None, metavar="MODELS", help="count people with the pack there")
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "verifier-benchmark-packs")
    parser.add_argument("--date", type=date.fromisoformat, default=None, help="date written into the calibration")
    arguments = parser.parse_args()
    if arguments.what == "naming":  # of drawn faces, without pictures and networks
        naming.measure_naming(arguments.classes)
        return
    if not DATA.is_dir():
        parser.exit(1, f"{DATA} is not there: the development pictures are needed\n")
    cv2.setNumThreads(1)
    nets = open_nets(arguments.cache, arguments.people, people_pack="yolox-nano" if arguments.people else None)
    if arguments.what == "evaluate":
        evaluate(nets, arguments.json)
    elif arguments.what == "distance":
        evaluate_distance(nets)
    elif arguments.what == "speed":
        measure_speed(nets, arguments.cache, arguments.rounds)
    elif arguments.what == "reading":
        measure_reading(nets, arguments.cache, arguments.photos)
    elif arguments.what in STAGED:
        measure_composites(nets, arguments.sessions, arguments.what)
    else:
        fitted_on = arguments.date or date.today()
        calibrate(nets, f"opencv-zoo-{fitted_on:%Y-%m-%d}", fitted_on)


if __name__ == "__main__":
    main()
