"""What a cosine between two faces is worth as evidence, and how far the data behind that carries.

Cosines of the same person and of two people are both close to normal (measured on the development pictures: skewness -0.4 and
0.0, excess kurtosis -0.2 and 0.0), with means that fall as the face gets smaller and a spread that hardly does. So a calibration
is a table of two means over the distance between the eyes and one spread a side, small enough to be read by a person.

The log-likelihood ratio uses the wider spread for both sides: two normals of one spread make it a straight line in the cosine,
so a higher cosine can never be weaker evidence. Between groups of people the stricter side counts, see `fit_calibration`.
"""

from __future__ import annotations

import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache
from importlib import resources
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import betaincinv, nctdtrit

from verifier.language import Sentence, say

CONFIDENCE = 0.95  # of every one-sided bound and two-sided interval in this room


class RateNotSupportedError(ValueError):
    """A rate was asked for that so few comparisons cannot show, even if none of them went wrong."""


@dataclass(frozen=True, slots=True)
class ErrorBudget:
    """The errors the bureau accepts, declared before looking.

    Attributes:
        name: Stored with every finding that rests on it.
        false_flag_rate: Share of honest student-sessions that may be flagged as impersonation: the student's own readable face
            is taken for a stranger's. One in a thousand is a flag in about 25 sessions of a class of 40.
        false_match_rate: Share of strangers' faces that may be taken for somebody on the roster (FPIR). A wrong match helps
            the agency and accuses nobody, so it may be dearer than a false flag.
    """

    name: str
    false_flag_rate: float
    false_match_rate: float


ATTENDANCE_BUDGET_2023 = ErrorBudget("attendance-2023", false_flag_rate=1e-3, false_match_rate=1e-2)


def find_upper_rate(errors: int, trials: int, confidence: float = CONFIDENCE) -> float:
    """The highest error rate that `errors` of `trials` do not rule out (Clopper–Pearson, one-sided); 1.0 without trials."""
    if trials <= 0 or errors >= trials:
        return 1.0
    return float(betaincinv(errors + 1, trials - errors, confidence))


def find_interval(errors: int, trials: int, confidence: float = CONFIDENCE) -> tuple[float, float]:
    """The two-sided Clopper–Pearson interval of an error rate; (0, 1) without trials."""
    if trials <= 0:
        return 0.0, 1.0
    tail = (1 - confidence) / 2
    low = 0.0 if errors == 0 else float(betaincinv(errors, trials - errors + 1, tail))
    high = 1.0 if errors == trials else float(betaincinv(errors + 1, trials - errors, 1 - tail))
    return low, high


def require_support(rate: float, trials: int, confidence: float = CONFIDENCE) -> None:
    """Refuse a rate that so many trials cannot show even without a single error (exact rule of three).

    Raises:
        RateNotSupportedError: with the rate, the number of trials and the number that would be needed.
        ValueError: the rate is not between 0 and 1.
    """
    if not 0 < rate < 1:
        raise ValueError(f"an error rate lies between 0 and 1, not at {rate}")
    if find_upper_rate(0, trials, confidence) > rate:
        needed = math.ceil(math.log(1 - confidence) / math.log1p(-rate))
        raise RateNotSupportedError(
            say("{trials}次比对即使无一出错，也不能证明错误率低至{rate}：至少需要{needed}次（置信度{confidence:.0%}）。",
                trials=trials, rate=_as_one_in(rate), needed=needed, confidence=confidence)
        )  # fmt: skip


def _as_one_in(rate: float) -> Sentence:
    if rate > 0.1:
        return say("{rate:.1%}", rate=rate)
    return say("{times:,}分之一", times=round(1 / rate))


@dataclass(frozen=True, slots=True)
class CalibrationData:
    """What a calibration was fitted on.

    `genuine_pairs` and `impostor_pairs` count pairs of *different pictures*, each once: the same pair at several sizes teaches
    the curve, but is no new evidence about how often people are mistaken. `stricter` names the group that set each side, and
    `genuine_people` counts those of whom two pictures were compared; 0 where an older file does not say.
    """

    name: str
    fitted_on: date
    people: int
    pictures: int
    genuine_pairs: int
    impostor_pairs: int
    groups: tuple[str, ...] = ()
    stricter: Mapping[str, str] = field(default_factory=dict)
    genuine_people: int = 0

    @property
    def independent(self) -> int:
        """How many independent sources one person's cosines come from: people, since the pairs of one share pictures."""
        return max(min(self.genuine_people or self.people, self.genuine_pairs), 2)


@dataclass(frozen=True, slots=True)
class Calibration:
    """From cosine and face size to evidence. Read with `load_calibration`, made with `fit_calibration`.

    Attributes:
        pack: The face pack it belongs to; cosines of other packs mean other things.
        inter_eye_px: Knots, rising; means are interpolated over their logarithm and held flat outside.
        genuine_mean, impostor_mean: Mean cosine at each knot, of one person and of two.
        genuine_sd, impostor_sd: Spread of the cosines around those means.
        shared_correlation: How alike the errors of several pictures of one person are against one enrolment picture, 0 to 1.
        sharpness: Knots, rising, as `measure_sharpness` measures; none where a blur was not calibrated.
        sharpness_loss: At each, how much of the mean cosine of one person a blur or a shake of that sharpness costs.
    """

    name: str
    pack: str
    data: CalibrationData
    inter_eye_px: tuple[float, ...]
    genuine_mean: tuple[float, ...]
    impostor_mean: tuple[float, ...]
    genuine_sd: float
    impostor_sd: float
    shared_correlation: float
    sharpness: tuple[float, ...] = ()
    sharpness_loss: tuple[float, ...] = ()

    def __post_init__(self) -> None:
        knots = len(self.inter_eye_px)
        if not knots == len(self.genuine_mean) == len(self.impostor_mean) or knots == 0:
            raise ValueError(f"calibration {self.name}: the table's columns differ in length, or are empty")
        if list(self.inter_eye_px) != sorted(set(self.inter_eye_px)) or self.inter_eye_px[0] <= 0:
            raise ValueError(f"calibration {self.name}: inter_eye_px must rise and be positive")
        if any(g <= i for g, i in zip(self.genuine_mean, self.impostor_mean, strict=True)):
            raise ValueError(
                f"calibration {self.name}: the same person must look more alike than two people at every size"
            )
        if self.genuine_sd <= 0 or self.impostor_sd <= 0 or not 0 <= self.shared_correlation <= 1:
            raise ValueError(f"calibration {self.name}: spreads must be positive and shared_correlation within 0 and 1")
        if len(self.sharpness) != len(self.sharpness_loss) or list(self.sharpness) != sorted(set(self.sharpness)):
            raise ValueError(f"calibration {self.name}: sharpness must rise, with a loss at each knot")

    def genuine_at(self, inter_eye_px: float) -> float:
        """Mean cosine of one person whose face is that large in the photo."""
        return self._between(self.genuine_mean, inter_eye_px)

    def impostor_at(self, inter_eye_px: float) -> float:
        """Mean cosine of two people where the face in the photo is that large."""
        return self._between(self.impostor_mean, inter_eye_px)

    def find_legible_px(self, inter_eye_px: float, sharpness: float) -> float:
        """How large a sharp face would be that shows as much of who it is: the size at which a face of that sharpness counts.

        A blur takes detail as distance does, so the curves over size serve for it too; not below the smallest knot, where they end.
        """
        loss = float(np.interp(sharpness, self.sharpness, self.sharpness_loss)) if self.sharpness else 0.0
        if loss <= 0:
            return inter_eye_px
        left = self.genuine_at(inter_eye_px) - loss
        equal = float(np.exp(np.interp(left, self.genuine_mean, np.log(self.inter_eye_px))))
        return min(inter_eye_px, equal)

    def llr(self, similarity: float, inter_eye_px: float) -> float:
        """Natural-log likelihood ratio "the same person" to "two people"; rises with the similarity.

        Not bounded by the data: differences between candidates need it; probabilities that are shown use `bound_llr`.
        """
        return float(self.llrs(np.array(similarity), np.array(inter_eye_px)))

    def llrs(self, similarity: NDArray[np.float64], inter_eye_px: NDArray[np.float64]) -> NDArray[np.float64]:
        """`llr` of many pairs; two arrays of one shape."""
        at = np.log(np.maximum(inter_eye_px, 1.0))
        genuine = np.interp(at, np.log(self.inter_eye_px), self.genuine_mean)
        impostor = np.interp(at, np.log(self.inter_eye_px), self.impostor_mean)
        variance = max(self.genuine_sd, self.impostor_sd) ** 2
        return np.asarray((genuine - impostor) / variance * (similarity - (genuine + impostor) / 2), dtype=np.float64)

    def bound_llr(self, llr: float) -> float:
        """The part of the evidence that the amount of data can vouch for: nobody has seen an error rarer than one in n."""
        return float(np.clip(llr, -math.log(self.data.genuine_pairs + 1), math.log(self.data.impostor_pairs + 1)))

    def match_similarity(
        self, inter_eye_px: float, candidates: int, budget: ErrorBudget = ATTENDANCE_BUDGET_2023
    ) -> float:
        """From this cosine on a face is somebody's: the best of so many wrong candidates exceeds it at the budgeted rate."""
        tail = -math.expm1(math.log1p(-budget.false_match_rate) / max(candidates, 1))
        return self.impostor_at(inter_eye_px) + _tail_to_deviations(tail) * self.impostor_sd

    def stranger_similarity(self, inter_eye_px: float, budget: ErrorBudget = ATTENDANCE_BUDGET_2023) -> float:
        """Below this cosine a face is not that person's: the person's own falls below it at the budgeted rate."""
        return self.genuine_at(inter_eye_px) - _tail_to_deviations(budget.false_flag_rate) * self.genuine_sd

    def unlike_similarity(self, inter_eye_px: float, budget: ErrorBudget = ATTENDANCE_BUDGET_2023) -> float:
        """As `stranger_similarity`, for where a name hangs on it: the person's own falls below it *at most* at the budgeted rate,
        with the confidence of this room.

        Mean and spread are known from so many people only, so it lies lower than the curve through them would set it (one-sided
        tolerance limit of a normal population, by the noncentral t). New glasses or a new beard are in no curve of few people.
        """
        people = self.data.independent
        root = math.sqrt(people)
        deviations = float(nctdtrit(people - 1, _tail_to_deviations(budget.false_flag_rate) * root, CONFIDENCE)) / root
        return self.genuine_at(inter_eye_px) - deviations * self.genuine_sd

    def fused_llr(self, llrs: list[float]) -> float:
        """The evidence of several pictures of one face against one enrolment, whose errors are partly shared.

        n pictures of correlation r are worth n / (1 + (n - 1) r) independent ones.
        """
        return sum(llrs) / (1 + (len(llrs) - 1) * self.shared_correlation) if llrs else 0.0

    def require_budget(self, budget: ErrorBudget) -> None:
        """Refuse to vouch for a budget that the data cannot show.

        Raises:
            RateNotSupportedError: naming the calibration's data.
        """
        for rate, pairs in (
            (budget.false_flag_rate, self.data.genuine_pairs),
            (budget.false_match_rate, self.data.impostor_pairs),
        ):
            try:
                require_support(rate, pairs)
            except RateNotSupportedError as fault:
                raise RateNotSupportedError(
                    say("标定{name}（{data}）：{fault}", name=self.name, data=self.data.name, fault=fault.args[0])
                ) from None

    @property
    def shown_flag_rate(self) -> float:
        """The false-flag rate that the data can vouch for at best: no error in all pairs of different pictures."""
        return find_upper_rate(0, self.data.genuine_pairs)

    def _between(self, means: tuple[float, ...], inter_eye_px: float) -> float:
        return float(np.interp(math.log(max(inter_eye_px, 1.0)), np.log(self.inter_eye_px), means))


def _tail_to_deviations(tail: float) -> float:
    """How many standard deviations above the mean a normal value exceeds at that rate."""
    return -NormalDist().inv_cdf(tail)


def read_calibration(text: str) -> Calibration:
    """Read the TOML form that `write_calibration` makes.

    Raises:
        ValueError: the text is no TOML, an entry is missing or the table contradicts itself.
    """
    try:
        return _from_mapping(tomllib.loads(text))
    except KeyError as missing:
        raise ValueError(f"the calibration lacks the entry {missing}") from None


def _from_mapping(raw: Mapping[str, Any]) -> Calibration:
    data, scores = raw["data"], raw["scores"]
    return Calibration(
        name=raw["name"],
        pack=raw["pack"],
        data=CalibrationData(
            name=data["name"],
            fitted_on=data["fitted_on"],
            people=data["people"],
            pictures=data["pictures"],
            genuine_pairs=data["genuine_pairs"],
            impostor_pairs=data["impostor_pairs"],
            groups=tuple(data["groups"]),
            stricter=dict(data["stricter"]),
            genuine_people=int(data.get("genuine_people", 0)),
        ),
        inter_eye_px=tuple(float(value) for value in scores["inter_eye_px"]),
        genuine_mean=tuple(float(value) for value in scores["genuine_mean"]),
        impostor_mean=tuple(float(value) for value in scores["impostor_mean"]),
        genuine_sd=float(scores["genuine_sd"]),
        impostor_sd=float(scores["impostor_sd"]),
        shared_correlation=float(scores["shared_correlation"]),
        sharpness=tuple(float(value) for value in scores.get("sharpness", ())),
        sharpness_loss=tuple(float(value) for value in scores.get("sharpness_loss", ())),
    )


def load_calibration(pack: str = "opencv-zoo", own: Path | None = None) -> Calibration:
    """The calibration in force for a pack: the bureau's own, else the one shipped beside the pack's manifest.

    Args:
        own: A folder that may hold ``calibration-<pack>.toml``, as `verifier evaluate DIR --calibrate` writes it; its name then
            carries the file's digest, so that judgements tell a refitted one from its predecessor.
    Raises:
        FileNotFoundError: there is none for that pack; `verifier evaluate DIR --calibrate` makes one.
        ValueError: the file is broken, or belongs to another pack.
    """
    name = name_calibration_file(pack)
    if own is not None and (own / name).is_file():
        content = (own / name).read_bytes()
        fitted = _read_for_pack(content.decode("utf-8"), name, pack)
        return replace(fitted, name=f"{fitted.name}@{hashlib.sha256(content).hexdigest()[:8]}")
    return _load_shipped(pack)


@cache
def _load_shipped(pack: str) -> Calibration:
    name = name_calibration_file(pack)
    installed = resources.files("verifier") / "packs" / name
    checkout = Path(__file__).resolve().parents[2] / "models" / name
    for place in (installed, checkout):
        if place.is_file():
            return _read_for_pack(place.read_text(encoding="utf-8"), name, pack)
    raise FileNotFoundError(
        f"no calibration is shipped for the pack {pack}: make one with `verifier evaluate --calibrate`"
    )


def name_calibration_file(pack: str) -> str:
    """What the file of a pack's calibration is called."""
    return f"calibration-{pack}.toml"


def _read_for_pack(text: str, name: str, pack: str) -> Calibration:
    found = read_calibration(text)
    if found.pack != pack:
        raise ValueError(f"{name} was fitted for the pack {found.pack}, not {pack}")
    return found


def write_calibration(calibration: Calibration) -> str:
    """The calibration as TOML, rounded to what its data can tell, in the form `read_calibration` takes."""
    data = calibration.data

    def listed(values: tuple[float, ...]) -> str:
        return "[" + ", ".join(f"{value:.4g}" for value in values) + "]"

    def quoted(value: str) -> str:
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

    stricter = ", ".join(f"{side} = {quoted(group)}" for side, group in sorted(data.stricter.items()))
    return f"""\
name = {quoted(calibration.name)}
pack = {quoted(calibration.pack)}

[data]
name = {quoted(data.name)}
fitted_on = {data.fitted_on.isoformat()}
people = {data.people}
# Those of whom two pictures were compared: so many say how unlike themselves people look.
genuine_people = {data.genuine_people}
pictures = {data.pictures}
# Pairs of different pictures, each once; see CalibrationData.
genuine_pairs = {data.genuine_pairs}
impostor_pairs = {data.impostor_pairs}
groups = [{", ".join(quoted(group) for group in data.groups)}]
# The group whose people are mistaken more often sets each side for everybody.
stricter = {{ {stricter} }}

[scores]
inter_eye_px = {listed(calibration.inter_eye_px)}
genuine_mean = {listed(calibration.genuine_mean)}
impostor_mean = {listed(calibration.impostor_mean)}
genuine_sd = {calibration.genuine_sd:.4g}
impostor_sd = {calibration.impostor_sd:.4g}
shared_correlation = {calibration.shared_correlation:.4g}
# What a blur or a shake of that sharpness takes of one person's mean cosine; the worse of the two.
sharpness = {listed(calibration.sharpness)}
sharpness_loss = {listed(calibration.sharpness_loss)}
"""
