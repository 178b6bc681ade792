"""The operating point: the cosines that the declared error budget sets by a calibration, and whether its data vouches for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verifier.attendance.calibration import Calibration, ErrorBudget, RateNotSupportedError
from verifier.language import Sentence, say


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What decides, at each size of face, by one budget.

    Attributes:
        candidates: How many people on the roster the limits are for.
        limits: (distance between the eyes in pixels, cosine from which a face is somebody's, cosine below which it is not theirs).
        vouched_flag_rate: The rate of false flags that the calibration's data can show at best; no case claims less.
        refused: Why the data cannot show the budget; "" where it can.
    """

    candidates: int
    limits: tuple[tuple[float, float, float], ...]
    vouched_flag_rate: float
    refused: str = ""

    def to_json(self) -> dict[str, Any]:
        """JSON-ready form."""
        return {
            "candidates": self.candidates,
            "limits": [
                {"inter_eye_px": size, "match_from": round(match, 4), "stranger_below": round(stranger, 4)}
                for size, match, stranger in self.limits
            ],
            "vouched_flag_rate": self.vouched_flag_rate,
            "refused": self.refused or None,
        }


def find_operating_point(calibration: Calibration, budget: ErrorBudget, candidates: int) -> OperatingPoint:
    """The limits at the calibration's own sizes; the budget is held against its data."""
    try:
        calibration.require_budget(budget)
        refused = ""
    except RateNotSupportedError as fault:
        refused = str(fault)
    limits = tuple(
        (size, calibration.match_similarity(size, candidates, budget), calibration.stranger_similarity(size, budget))
        for size in calibration.inter_eye_px
    )
    return OperatingPoint(candidates, limits, calibration.shown_flag_rate, refused)


def say_stricter(calibration: Calibration) -> list[Sentence]:
    """Whose faces set the limits for everybody: the group that is mistaken most, on each side."""
    groups, stricter = calibration.data.groups, calibration.data.stricter
    if len(groups) < 2:
        return []
    reason = say(
        "标定在{groups}中取更易出错的人群：本人相似度按{genuine}，他人相似度按{impostor}。",
        groups="、".join(groups), genuine=stricter["genuine"], impostor=stricter["impostor"],
    )  # fmt: skip
    return [reason]
