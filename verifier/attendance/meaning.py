"""What a likeness means, in words, and where the data behind the words ends."""

from __future__ import annotations

from statistics import NormalDist

from verifier.attendance.calibration import Calibration, find_upper_rate
from verifier.language import Sentence, say

PAIRS = 1000  # people think in "so many of a thousand"


def explain_similarity(calibration: Calibration, similarity: float, inter_eye_px: float) -> list[Sentence]:
    """How often two different people look at least this alike, and one person at most this alike, in the calibration.

    No rate is told below what the number of compared pairs can show (95 % upper limit without a single error).

    Args:
        similarity: Cosine, -1 to 1.
        inter_eye_px: Distance between the eyes of the smaller face, in pixels.
    """
    two_people = 1 - NormalDist(calibration.impostor_at(inter_eye_px), calibration.impostor_sd).cdf(similarity)
    one_person = NormalDist(calibration.genuine_at(inter_eye_px), calibration.genuine_sd).cdf(similarity)
    data = calibration.data
    shown_two, shown_one = find_upper_rate(0, data.impostor_pairs), find_upper_rate(0, data.genuine_pairs)
    return [
        _tell(
            two_people,
            shown_two,
            say("每{pairs}对不同的人中，约有{count}对这样相像或更相像。", pairs=PAIRS, count=_round(two_people)),
            say("每{pairs}对不同的人中，这样相像的不到{count}对。", pairs=PAIRS, count=_round(shown_two)),
        ),
        _tell(
            one_person,
            shown_one,
            say("每{pairs}对同一个人的照片中，约有{count}对像这样不相像或更不相像。", pairs=PAIRS, count=_round(one_person)),
            say("每{pairs}对同一个人的照片中，这样不相像的不到{count}对。", pairs=PAIRS, count=_round(shown_one)),
        ),
        say(
            "依据：标定数据“{name}”，{people}人、{impostor}对不同的人、{genuine}对同一个人；其他人群、光线和相机下可能不同。",
            name=data.name, people=data.people, impostor=data.impostor_pairs, genuine=data.genuine_pairs,
        ),
    ]  # fmt: skip


def _tell(rate: float, shown: float, told: Sentence, at_most: Sentence) -> Sentence:
    return told if rate >= shown else at_most


def _round(rate: float) -> str:
    count = rate * PAIRS
    return f"{count:.0f}" if count >= 10 else f"{count:.1f}"
