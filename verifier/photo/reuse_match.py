"""Are two photos the same picture, although one was cropped, turned, mirrored, stamped or re-encoded?

Two honest photos of one room from one place share their geometry: the same features, in the same places. What they never
share are people holding still to the pixel. So the pictures are laid on each other by their features, and then the detail in
every person's place must agree; walls and desks alone prove nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import cv2
import numpy as np
from numpy.typing import NDArray

from verifier.observation import Box, Look
from verifier.photo.read_descriptors import Features, mirror_descriptors, read_features
from verifier.photo.read_fingerprint import open_thumbnail

SAME, BURST, NEAR = "picture", "burst", "near"


@dataclass(frozen=True, slots=True)
class MatchLimits:
    """From when on two pictures are the same; measured by benchmarks/photo.py."""

    name: str
    ratio: float  # Lowe 2004: a feature's best match must be this much closer than its second best
    reprojection_px: float  # on the thumbnail: twice what re-encoding moves a feature
    least_inliers: int  # pictures of different scenes reach 8
    block_px: int
    least_contrast: float  # grey levels; a flatter block holds only noise
    block_agrees: float  # correlation; other moments' blocks are below, copies' (but for a new stamp) above 0.9
    least_blocks: int
    least_agreeing: float  # share of blocks; a stamp covers up to a fifth of a picture
    least_people: int  # one or two may sit still for a moment; never three
    people_agree: float  # the tenth percentile: most copies 0.95 and more, a second later in a film at most 0.82
    people_alike: float  # the median, below which people are elsewhere: two lessons, not one moment
    least_overlap: float  # of the smaller picture's area
    burst_s: float


MATCH_2023 = MatchLimits(
    "reuse-match-2023",
    ratio=0.8,
    reprojection_px=2.0,
    least_inliers=20,
    block_px=32,
    least_contrast=2.0,
    block_agrees=0.7,
    least_blocks=12,
    least_agreeing=0.7,
    least_people=3,
    people_agree=0.92,
    people_alike=0.7,
    least_overlap=0.5,
    burst_s=30.0,
)


@dataclass(frozen=True, slots=True, eq=False)
class ReadPicture:
    """What is compared of one photo. Boxes are in pixels of `grey`, the thumbnail."""

    sha256: str
    grey: NDArray[np.uint8]
    features: Features
    stamps: tuple[Box, ...]
    people: tuple[Box, ...]
    clocks: tuple[tuple[str, datetime, bool], ...]  # which clock, its local time, whether it has seconds


@dataclass(frozen=True, slots=True)
class PictureMatch:
    """How two photos belong together; JSON-ready.

    `how`: ``picture`` (one shot), ``burst`` (two shots of one moment), ``near`` (nothing moved, but no people prove it).
    `changes` is what was done to one of them: cropped, mirrored, rotated, restamped. `people_agree` (tenth percentile) and
    `details_agree` (share) are of `people` places and `blocks`. `seconds_apart` None: no clock in common.
    """

    how: str
    changes: tuple[str, ...]
    inliers: int
    people: int
    people_agree: float | None
    blocks: int
    details_agree: float
    seconds_apart: float | None


def read_picture(look: Look) -> ReadPicture | None:
    """Prepare a look for comparing; None where it has no thumbnail."""
    print_ = look.fingerprint
    grey = open_thumbnail(print_) if print_ is not None else None
    if print_ is None or grey is None or print_.thumbnail_box is None:
        return None
    shown = print_.thumbnail_box
    scale = grey.shape[1] / shown.width

    def place(box: Box) -> Box:
        return Box((box.x - shown.x) * scale, (box.y - shown.y) * scale, box.width * scale, box.height * scale)

    stamps = tuple(place(line.box) for stamp in look.stamps or () for line in stamp.lines)
    people = tuple(place(box) for box in _find_people(look))
    return ReadPicture(look.sha256, grey, read_features(grey, stamps), stamps, people, _read_clocks(look))


def compare_pictures(one: ReadPicture, other: ReadPicture, limits: MatchLimits = MATCH_2023) -> PictureMatch | None:
    """Compare two photos; the order does not matter. None: not one moment."""
    if (one.sha256, id(one)) > (other.sha256, id(other)):
        one, other = other, one
    laid = _lay_on(one, other, limits)
    if laid is None:
        return None
    mirrored, onto, inliers = laid
    stamps = [*one.stamps, *(_carry(box, other, mirrored, onto) for box in other.stamps)]
    warped, visible = _warp(one, other, mirrored, onto)
    if visible.sum() < limits.least_overlap * min(visible.size, other.grey.size * abs(np.linalg.det(onto[:, :2]))):
        return None
    visible = cv2.erode(visible.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(bool)
    for box in stamps:
        visible[_cut(box, one.grey.shape)] = False
    details = _band(one.grey), _band(warped)
    blocks = _correlate(*details, visible, _grid(one.grey.shape, limits.block_px), limits)
    if len(blocks) < limits.least_blocks:
        return None
    agreeing = float(np.mean(blocks >= limits.block_agrees))
    everyone = [*one.people, *(_carry(box, other, mirrored, onto) for box in other.people)]
    people = _correlate(*details, visible, everyone, limits)
    if agreeing < limits.least_agreeing or (len(people) and np.median(people) < limits.people_alike):
        return None
    apart = _seconds_apart(one, other)
    lowest = round(float(np.percentile(people, 10)), 3) if len(people) else None
    proven = len(people) >= limits.least_people and lowest is not None and lowest >= limits.people_agree
    return PictureMatch(
        how=_name_kind(proven, apart, limits),
        changes=_list_changes(one, other, mirrored, onto, visible),
        inliers=inliers,
        people=len(people),
        people_agree=lowest,
        blocks=len(blocks),
        details_agree=round(agreeing, 3),
        seconds_apart=apart[0] if apart else None,
    )


def _name_kind(proven: bool, apart: tuple[float, bool] | None, limits: MatchLimits) -> str:
    if apart is None:
        return SAME if proven else NEAR
    seconds, has_seconds = apart
    if proven:
        # One shot has one time: two clocks that tell seconds and differ by a few are two shots of a burst.
        return BURST if has_seconds and 0 < seconds <= limits.burst_s else SAME
    return BURST if seconds <= (limits.burst_s if has_seconds else 60) else NEAR


def _find_people(look: Look) -> list[Box]:
    """Head and shoulders of every face; the upper half of people without one."""
    faces = [face.box for face in look.faces or ()]
    places = [Box(b.x - b.width / 2, b.y - b.height * 0.3, b.width * 2, b.height * 2) for b in faces]
    for body in look.people.boxes if look.people else ():
        centres = [(face.x + face.width / 2, face.y + face.height / 2) for face in faces]
        if not any(0 <= x - body.x <= body.width and 0 <= y - body.y <= body.height for x, y in centres):
            places.append(Box(body.x, body.y, body.width, body.height / 2))
    return places


def _read_clocks(look: Look) -> tuple[tuple[str, datetime, bool], ...]:
    found = []
    if look.camera is not None and look.camera.taken_at_local is not None:
        found.append(("camera", look.camera.taken_at_local, True))
    stamp = look.stamp
    if stamp is not None and stamp.taken_at_local is not None:
        found.append(("stamp", stamp.taken_at_local, stamp.clock_has_seconds))
    return tuple(found)


def _seconds_apart(one: ReadPicture, other: ReadPicture) -> tuple[float, bool] | None:
    for name, here, exact in one.clocks:
        for their_name, there, their_exact in other.clocks:
            if name == their_name:
                return abs((here - there).total_seconds()), exact and their_exact
    return None


def _lay_on(one: ReadPicture, other: ReadPicture, limits: MatchLimits) -> tuple[bool, NDArray[np.float64], int] | None:
    """Mirrored or not, the affine map (2, 3) from the other's pixels to one's, and how many features follow it."""
    best: tuple[bool, NDArray[np.float64], int] | None = None
    if min(len(one.features.points), len(other.features.points)) < limits.least_inliers:
        return None
    for mirrored in (False, True):
        theirs = other.features.descriptors
        cosines = one.features.descriptors @ (mirror_descriptors(theirs) if mirrored else theirs).T
        two_best = 2 - 2 * np.partition(cosines, -2, axis=1)[:, -2:]
        match = cosines.argmax(axis=1)
        mutual = cosines.argmax(axis=0)[match] == np.arange(len(match))
        chosen = mutual & (two_best[:, 1] < limits.ratio**2 * two_best[:, 0])
        if chosen.sum() < limits.least_inliers:
            continue
        source = other.features.points[match[chosen]].copy()
        if mirrored:
            source[:, 0] = other.grey.shape[1] - 1 - source[:, 0]
        cv2.setRNGSeed(20230612)  # RANSAC draws; the same two photos must always give the same answer
        onto, follows = cv2.estimateAffine2D(
            source,
            one.features.points[chosen],
            ransacReprojThreshold=limits.reprojection_px,
            maxIters=2000,
            confidence=0.999,
        )
        inliers = int(follows.sum()) if onto is not None else 0
        if inliers >= limits.least_inliers and (best is None or inliers > best[2]):
            best = (mirrored, np.asarray(onto, dtype=np.float64), inliers)
    return best


def _warp(
    one: ReadPicture, other: ReadPicture, mirrored: bool, onto: NDArray[np.float64]
) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The other picture in one's pixels, and where it covers them."""
    source = np.ascontiguousarray(other.grey[:, ::-1]) if mirrored else other.grey
    size = (one.grey.shape[1], one.grey.shape[0])
    warped = cv2.warpAffine(source, onto, size, flags=cv2.INTER_LINEAR)
    covered = cv2.warpAffine(np.full(source.shape, 255, np.uint8), onto, size, flags=cv2.INTER_NEAREST)
    return np.asarray(warped, dtype=np.uint8), np.asarray(covered > 0)


def _carry(box: Box, other: ReadPicture, mirrored: bool, onto: NDArray[np.float64]) -> Box:
    """A box of the other picture in one's pixels."""
    across = np.array([box.x, box.x + box.width, box.x, box.x + box.width])
    if mirrored:
        across = other.grey.shape[1] - 1 - across
    corners = onto @ np.array([across, [box.y, box.y, box.y + box.height, box.y + box.height], np.ones(4)])
    (left, top), (right, bottom) = corners.min(axis=1), corners.max(axis=1)
    return Box(float(left), float(top), float(right - left), float(bottom - top))


def _band(grey: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Detail without noise and without light: what re-encoding and brightness leave as it was."""
    values = grey.astype(np.float32)
    # A blur of 6 px is as smooth at half the size, and costs an eighth there.
    half = cv2.resize(values, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    light = cv2.resize(cv2.GaussianBlur(half, (0, 0), 3.0), grey.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.GaussianBlur(values, (0, 0), 1.2) - light, np.float32)


def _grid(shape: tuple[int, ...], side: int) -> list[Box]:
    return [
        Box(x, y, side, side)
        for y in range(0, shape[0] - side + 1, side)
        for x in range(0, shape[1] - side + 1, side)
    ]  # fmt: skip


def _cut(box: Box, shape: tuple[int, ...]) -> tuple[slice, slice]:
    left, top = max(0, math.floor(box.x)), max(0, math.floor(box.y))
    right, bottom = min(shape[1], math.ceil(box.x + box.width)), min(shape[0], math.ceil(box.y + box.height))
    return slice(top, max(top, bottom)), slice(left, max(left, right))


def _correlate(
    one: NDArray[np.float32],
    other: NDArray[np.float32],
    visible: NDArray[np.bool_],
    boxes: Sequence[Box],
    limits: MatchLimits,
) -> NDArray[np.float64]:
    """The correlation in each box that is visible and holds detail, -1 to 1."""
    found = []
    for box in boxes:
        place = _cut(box, visible.shape)
        seen = visible[place]
        count = np.count_nonzero(seen)
        if min(seen.shape) < 8 or count < 0.9 * seen.size:
            continue
        here, there = (
            (one[place].ravel(), other[place].ravel()) if count == seen.size else (one[place][seen], other[place][seen])
        )
        here, there = here - here.sum() / count, there - there.sum() / count
        energies = float(here @ here), float(there @ there)
        # Flat in both: a blank wall. Flat in one only: something is missing there, which counts as no agreement.
        if math.sqrt(max(energies) / count) < limits.least_contrast:
            continue
        norm = math.sqrt(energies[0] * energies[1])
        found.append(float(here @ there) / norm if norm > 0 else 0.0)
    return np.array(found)


def _list_changes(
    one: ReadPicture, other: ReadPicture, mirrored: bool, onto: NDArray[np.float64], visible: NDArray[np.bool_]
) -> tuple[str, ...]:
    turn = abs(math.degrees(math.atan2(onto[1, 0], onto[0, 0])))
    area = abs(float(np.linalg.det(onto[:, :2]))) * other.grey.size
    whole = min(visible.size, area) / max(visible.size, area)
    stamps = [tuple(clock[1] for clock in each.clocks if clock[0] == "stamp") for each in (one, other)]
    changed = {
        "cropped": whole < 0.97,
        "mirrored": mirrored,
        "rotated": min(turn, abs(180 - turn)) > 0.5,
        "restamped": stamps[0] != stamps[1],
    }
    return tuple(name for name, is_so in changed.items() if is_so)
