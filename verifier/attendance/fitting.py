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
# From where faces are too blurred to read to the median of undisturbed ones, from where on a face counts as sharp: no loss.
KNOTS_SHARPNESS = (0.2, 0.3, 0.4, 0.5, 0.6)
FEWEST_PAIRS = 30  # below this a group's mean is known no better than a fifth of its spread


@dataclass(frozen=True, slots=True)
class BlurredRows:
    """Compared faces of one person, one of each pair blurred in one way: (n,) arrays, `sharpness` as `measure_sharpness`."""

    kind: str
    similarity: NDArray[np.float64]
    inter_eye_px: NDArray[np.float64]
    sharpness: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Compared faces of one group of people: row i is one enrolment face against one face in a photo.

    Attributes:
        group: What the people have in common, e.g. ``east_asian``.
        similarity: (n,) cosines.
        inter_eye_px: (n,) distance between the eyes in the photo.
        same_person: (n,) bool.
        people, pictures: How many are behind the rows.
        genuine_people: How many of the people have two pictures and more.
        blurred: The same for blurred faces, one for each way of blurring.
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
    genuine_people: int = 0
    blurred: tuple[BlurredRows, ...] = ()


@dataclass(frozen=True, slots=True)
class _Side:
    """The fit of one side: knots of everybody together, each group's offset from them, the widest spread, the stricter group."""

    knots: NDArray[np.float64]
    offsets: dict[str, float]
    spread: float
    strict: str

    @property
    def strict_knots(self) -> tuple[float, ...]:
        return tuple(float(value) for value in self.knots + self.offsets[self.strict])


def fit_calibration(
    groups: Sequence[Comparisons], *, name: str, pack: str, data_name: str, fitted_on: date, shared_correlation: float
) -> Calibration:
    """Fit the two curves: their shape from everybody, their height from the group that is mistaken most.

    A group too small for a curve of its own (5 people) still shows by how much it lies below (genuine) or above (impostor) the
    common curve; the worst offset counts for everybody, since nobody knows beforehand who sits in a class.

    Raises:
        ValueError: fewer than FEWEST_PAIRS rows of one person or of two people in every group.
    """
    genuine, impostor = _fit_side(groups, same=True), _fit_side(groups, same=False)
    loss = _fit_blur(groups, genuine)
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
            stricter={"genuine": genuine.strict, "impostor": impostor.strict},
            genuine_people=sum(group.genuine_people for group in groups),
        ),
        inter_eye_px=KNOTS_PX,
        genuine_mean=genuine.strict_knots,
        impostor_mean=impostor.strict_knots,
        genuine_sd=genuine.spread,
        impostor_sd=impostor.spread,
        shared_correlation=shared_correlation,
        sharpness=KNOTS_SHARPNESS if loss else (),
        sharpness_loss=loss,
    )


def _fit_side(groups: Sequence[Comparisons], *, same: bool) -> _Side:
    """One side: the same person, or two."""
    chosen = [(group, group.same_person == same) for group in groups]
    chosen = [(group, rows) for group, rows in chosen if int(rows.sum()) >= FEWEST_PAIRS]
    if not chosen:
        side = "of one person" if same else "of two people"
        raise ValueError(f"no group has {FEWEST_PAIRS} comparisons {side}: too few to calibrate on")
    design = np.vstack([_weigh_sizes(group.inter_eye_px[rows]) for group, rows in chosen])
    similarity = np.concatenate([group.similarity[rows] for group, rows in chosen])
    # A pull of one row's weight towards the overall mean keeps knots without data finite.
    ridge = np.eye(len(KNOTS_PX))
    knots = np.linalg.solve(
        design.T @ design + ridge, design.T @ similarity + ridge @ np.full(len(KNOTS_PX), similarity.mean())
    )
    offsets, spreads = {}, {}
    for group, rows in chosen:
        residual = group.similarity[rows] - _weigh_sizes(group.inter_eye_px[rows]) @ knots
        offsets[group.group], spreads[group.group] = float(residual.mean()), float(residual.std())
    strict = min(offsets, key=offsets.__getitem__) if same else max(offsets, key=offsets.__getitem__)
    if same:
        # A face from further away is never more alike; where few rows say otherwise it is chance.
        knots = np.minimum.accumulate(knots[::-1])[::-1]
    return _Side(knots, offsets, max(spreads.values()), strict)


def _fit_blur(groups: Sequence[Comparisons], genuine: _Side) -> tuple[float, ...]:
    """What each sharpness costs of one person's mean cosine, against the group's own curve over size; () without blurred rows.

    The way of blurring that costs more sets it: nobody knows why a face in a photo is not sharp.
    """
    costs = []
    for kind in sorted({rows.kind for group in groups for rows in group.blurred}):
        chosen = [
            (rows, genuine.offsets[group.group])
            for group in groups
            for rows in group.blurred
            if rows.kind == kind and group.group in genuine.offsets
        ]
        sharpness = np.concatenate([rows.sharpness for rows, _ in chosen])
        lost = np.concatenate(
            [_weigh_sizes(rows.inter_eye_px) @ genuine.knots + offset - rows.similarity for rows, offset in chosen]
        )
        design = _weigh_knots(sharpness, np.array(KNOTS_SHARPNESS))
        costs.append(np.linalg.solve(design.T @ design + np.eye(len(KNOTS_SHARPNESS)), design.T @ lost))
    if not costs:
        return ()
    worst = np.maximum(np.max(costs, axis=0), 0.0)
    worst[-1] = 0.0
    # A sharper face never costs more; where few rows say otherwise it is chance.
    return tuple(float(value) for value in np.maximum.accumulate(worst[::-1])[::-1])


def _weigh_sizes(inter_eye_px: NDArray[np.float64]) -> NDArray[np.float64]:
    return _weigh_knots(np.log(np.maximum(inter_eye_px, 1.0)), np.log(KNOTS_PX))


def _weigh_knots(at: NDArray[np.float64], knots: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, knots) weights of linear interpolation, flat outside."""
    return np.stack([np.interp(at, knots, row) for row in np.eye(len(knots))], axis=1)


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
