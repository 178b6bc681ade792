"""Is the photo a photo of a screen or a print?

Looks at:         the strongest narrow peak of the spectrum, in two places of the picture at least: a screen's pixels against the
                  camera's make moiré.
Why it matters:   a photo of a photo shows another day with today's stamp.
Cannot tell when: the screen is finer than the camera sees, the photo was shrunk until the pattern was gone, or it is a print (of 13
                  photos of printed postcards none was noticed). Most photos of screens are not noticed: the model's file says how
                  many of how few were.
Can be fooled by: holding the camera farther away. Blinds, fences and fabric make patterns too, so it is never more than a remark.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial
from importlib import resources
from pathlib import Path

from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, say
from verifier.observation import Look, RecaptureTraces
from verifier.photo.context import PhotoContext

ID = "photo.recaptured"
FILE = "calibration-recapture.toml"


@dataclass(frozen=True, slots=True)
class RecaptureModel:
    """A logistic model over the fields of `RecaptureTraces`, and what it was measured on.

    `limit` is the probability from which on a photo is remarked; `supports_rate` tells whether the pictures are enough to show
    the wanted rate of false remarks. The limit was set without the screens; the others were counted where they were left out of it.
    """

    name: str
    intercept: float
    weights: Mapping[str, float]
    limit: float
    found: int
    screens: int
    false_remarks: int
    others: int
    wanted_rate: float
    supports_rate: bool

    def judge(self, traces: RecaptureTraces) -> float:
        """The probability that such traces come from a screen, 0 to 1, at equal numbers of both."""
        total = self.intercept + sum(weight * float(getattr(traces, name)) for name, weight in self.weights.items())
        return 1.0 / (1.0 + math.exp(-max(-60.0, min(60.0, total))))


def check(look: Look, context: PhotoContext) -> Finding:
    """Remark a pattern as screens leave it; never a failure.

    Args:
        look: What was seen in the photo.
        context: Names the file.
    """
    model = load_recapture_model()
    found = partial(Finding, ID, profile=model.name)
    file, traces = context.submission.file, look.recapture
    if traces is None:
        return found(Outcome.NOT_APPLICABLE, say("照片“{file}”没有可供判断翻拍的内容。", file=file))
    probability = model.judge(traces)
    measured: dict[str, Measured] = {
        "probability": round(probability, 4),
        "luma_peak": round(traces.luma_peak, 3),
    }
    if probability < model.limit:
        reason = say(
            "照片“{file}”未见屏幕翻拍的条纹（条纹强度 {seen:.1f}，判定值 {limit:.2f}，得分 {score:.2f}）。"
            "多数翻拍本来就看不出条纹：测试中 {screens} 张只看出 {found} 张。",
            file=file,
            seen=traces.luma_peak,
            limit=model.limit,
            score=probability,
            screens=model.screens,
            found=model.found,
        )
        return found(Outcome.PASSED, reason, measured=measured)
    reason = say(
        "照片“{file}”有屏幕翻拍常见的条纹（条纹强度 {seen:.1f}，得分 {score:.2f}，达到 {limit:.2f} 即提示），"
        "也可能是百叶窗、栅栏或织物，请人工查看。"
        "{support}",
        file=file,
        seen=traces.luma_peak,
        score=probability,
        limit=model.limit,
        support=_tell_support(model),
    )
    return found(Outcome.UNSURE, reason, measured=measured)


def _tell_support(model: RecaptureModel) -> Sentence:
    values = {"screens": model.screens, "found": model.found, "others": model.others, "wrong": model.false_remarks}
    if model.supports_rate:
        return say(
            "测试：翻拍 {screens} 张看出 {found} 张，实拍 {others} 张误报 {wrong} 张，误报率不超过 {rate:.0%}。",
            rate=model.wanted_rate,
            **values,
        )
    return say(
        "测试：翻拍 {screens} 张看出 {found} 张，实拍 {others} 张误报 {wrong} 张；数量太少，不能证明误报率不超过 {rate:.0%}。",
        rate=model.wanted_rate,
        **values,
    )


@cache
def load_recapture_model() -> RecaptureModel:
    """The model of the installed package, or of the checkout.

    Raises:
        FileNotFoundError: the package was built without its data.
        KeyError, TypeError: the file lacks a value.
    """
    data = tomllib.loads(_find_file())
    measured = data["measured"]
    return RecaptureModel(
        name=data["name"],
        intercept=float(data["model"]["intercept"]),
        weights={name: float(weight) for name, weight in data["model"]["weights"].items()},
        limit=float(data["model"]["limit"]),
        found=int(measured["found"]),
        screens=int(measured["screens"]),
        false_remarks=int(measured["false_remarks"]),
        others=int(measured["others"]),
        wanted_rate=float(measured["wanted_rate"]),
        supports_rate=bool(measured["supports_rate"]),
    )


def _find_file() -> str:
    installed = resources.files("verifier") / "packs" / FILE
    if installed.is_file():
        return installed.read_text(encoding="utf-8")
    return (Path(__file__).resolve().parents[2] / "models" / FILE).read_text(encoding="utf-8")
