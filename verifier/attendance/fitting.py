"""Fit a calibration to labelled comparisons: curves over face size, the stricter group on each side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

from verifier.attendance.calibration import Calibration, CalibrationData

# Half an octave apart, over the sizes at which the mean cosine of one person falls with distance.
KNOTS_PX = (10.0, 14.0, 20.0, 28.0, 40.0)
FEWEST_PAIRS = 30  # below this a group's mean is known no better than a fifth of its spread


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Compared faces of one group of people: row i is one enrolment face against one face in a photo.

    Attributes:
        group: What the people have in common, e.g. ``east_asian``.
        similarity: (n,) cosines.
        inter_eye_px: (n,) distance between the eyes in the photo.
        same_person: (n,) bool.
        people, pictures: How many are behind the rows.
        genuine_pairs, impostor_pairs: Pairs of different pictures behind the rows, each once whatever its renditions.
    """

    group: str
    similarity: NDArray[np.float64]
    inter_eye_px: NDArray[np.float64]
    same_person: NDArray[np.bool_]
    people: int
    pictures: int
    genuine_pairs: int
    impostor_pairs: int


def fit_calibration(
    groups: Sequence[Comparisons], *, name: str, pack: str, data_name: str, fitted_on: date, shared_correlation: float
) -> Calibration:
    """Fit the two curves: their shape from everybody, their height from the group that is mistaken most.

    A group too small for a curve of its own (5 people) still shows by how much it lies below (genuine) or above (impostor) the
    common curve; the worst offset counts for everybody, since nobody knows beforehand who sits in a class.

    Raises:
        ValueError: fewer than FEWEST_PAIRS rows of one person or of two people in every group.
    """
    genuine, genuine_sd, strict_genuine = _fit_side(groups, same=True)
    impostor, impostor_sd, strict_impostor = _fit_side(groups, same=False)
    return Calibration(
        name=name,
        pack=pack,
        data=CalibrationData(
            name=data_name,
            fitted_on=fitted_on,
            people=sum(group.people for group in groups),
            pictures=sum(group.pictures for group in groups),
            genuine_pairs=sum(group.genuine_pairs for group in groups),
            impostor_pairs=sum(group.impostor_pairs for group in groups),
            groups=tuple(group.group for group in groups),
            stricter={"genuine": strict_genuine, "impostor": strict_impostor},
        ),
        inter_eye_px=KNOTS_PX,
        genuine_mean=tuple(genuine),
        impostor_mean=tuple(impostor),
        genuine_sd=genuine_sd,
        impostor_sd=impostor_sd,
        shared_correlation=shared_correlation,
    )


def _fit_side(groups: Sequence[Comparisons], *, same: bool) -> tuple[list[float], float, str]:
    """Knots, spread and the stricter group of one side (the same person, or two)."""
    chosen = [(group, group.same_person == same) for group in groups]
    chosen = [(group, rows) for group, rows in chosen if int(rows.sum()) >= FEWEST_PAIRS]
    if not chosen:
        side = "of one person" if same else "of two people"
        raise ValueError(f"no group has {FEWEST_PAIRS} comparisons {side}: too few to calibrate on")
    design = np.vstack([_knot_weights(group.inter_eye_px[rows]) for group, rows in chosen])
    similarity = np.concatenate([group.similarity[rows] for group, rows in chosen])
    # A pull of one row's weight towards the overall mean keeps knots without data finite.
    ridge = np.eye(len(KNOTS_PX))
    knots = np.linalg.solve(
        design.T @ design + ridge, design.T @ similarity + ridge @ np.full(len(KNOTS_PX), similarity.mean())
    )
    offsets, spreads = {}, {}
    for group, rows in chosen:
        residual = group.similarity[rows] - _knot_weights(group.inter_eye_px[rows]) @ knots
        offsets[group.group], spreads[group.group] = float(residual.mean()), float(residual.std())
    strict = min(offsets, key=offsets.__getitem__) if same else max(offsets, key=offsets.__getitem__)
    if same:
        # A face from further away is never more alike; where few rows say otherwise it is chance.
        knots = np.minimum.accumulate(knots[::-1])[::-1]
    return [float(value) for value in knots + offsets[strict]], max(spreads.values()), strict


def _knot_weights(inter_eye_px: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, knots) weights of linear interpolation over the logarithm, flat outside."""
    at = np.log(np.maximum(inter_eye_px, 1.0))
    return np.stack([np.interp(at, np.log(KNOTS_PX), row) for row in np.eye(len(KNOTS_PX))], axis=1)


def measure_shared_correlation(similarity: NDArray[np.float64], against: Sequence[object]) -> float:
    """How alike the cosines of several pictures against one enrolment are (intraclass correlation), 0 to 1.

    Args:
        similarity: (n,) cosines, all of one person or all of two people.
        against: n labels; rows of one label share the enrolment picture and the person in the photo.
    Raises:
        ValueError: no label stands twice, so nothing can be compared.
    """
    centred = similarity - similarity.mean()
    products, pairs = 0.0, 0
    labels = np.unique(np.array([str(label) for label in against]), return_inverse=True)[1]
    for label in range(int(labels.max()) + 1):
        rows = centred[labels == label]
        products += (rows.sum() ** 2 - (rows**2).sum()) / 2
        pairs += len(rows) * (len(rows) - 1) // 2
    if pairs == 0:
        raise ValueError("no enrolment picture was compared with two pictures of one person")
    return float(np.clip(products / pairs / centred.var(), 0.0, 1.0))
