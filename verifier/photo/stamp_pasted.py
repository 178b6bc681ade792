"""Was the stamp put on by the camera app, or drawn on a finished photo later?

Looks at:         whether the stamp's text went through the compression that the rest of the photo went through before, whether
                  stamps of different times stand in one picture, and whether a stamp names two makers.
Why it matters:   apps exist that draw any time and place on any photo.
Cannot tell when: the photo was shrunk afterwards, as chat apps do, or was saved as coarsely as before. A camera app that draws on
                  the camera's fine JPEG leaves the same trace at a high quality, so only a coarse earlier compression counts.
Can be fooled by: drawing the stamp on the camera's original, as the app itself does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, join, say
from verifier.observation import Look, PixelTraces, Stamp
from verifier.photo.context import PhotoContext

ID = "photo.stamp_pasted"
# What makers print of themselves; one stamp has one maker.
MAKERS = {
    "今日水印相机": re.compile(r"今日(?:水印)?相机|今日水印"),
    "马克水印相机": re.compile(r"马克(?:水印)?相机"),
    "元道经纬相机": re.compile(r"元道(?:经纬)?相机"),
    "Timemark": re.compile(r"Timemark", re.IGNORECASE),
    "GPS Map Camera": re.compile(r"GPS\s*Map\s*Camera", re.IGNORECASE),
}


@dataclass(frozen=True, slots=True)
class StampPastedLimits:
    """From where on a stamp is worth a look.

    Attributes:
        stamp_nats: Evidence that the text lacks the earlier compression. The highest on 371 honest watermark photos with an earlier
            quality up to the limit was 53 (``python benchmarks/forensics.py edited``).
        camera_quality: Cameras hand pictures to apps at a quality of 90 and more (Android's CameraX: 95 and 100, the phones in the
            development pictures 92 to 98); coarser ones have been through a chat app or an editor.
        grid_sigmas: As in `edited.EditLimits`: with a second grid the text cannot be compared.
        min_confidence: As in `stamp_limits`: dates read less surely contradict nothing.
    """

    name: str = "stamp-pasted-2023"
    stamp_nats: float = 150.0
    camera_quality: int = 85
    grid_sigmas: float = 6.0
    min_confidence: float = 0.9


STAMP_PASTED_2023 = StampPastedLimits()


def check(look: Look, context: PhotoContext, limits: StampPastedLimits = STAMP_PASTED_2023) -> Finding:
    """Say what speaks against the stamp having been put on by the camera app; never more than a remark.

    Args:
        look: What was seen in the photo.
        context: Names the file.
        limits: From where on a trace counts.
    """
    found = partial(Finding, ID, profile=limits.name)
    file = context.submission.file
    if not look.stamps:
        return found(Outcome.NOT_APPLICABLE, say("照片“{file}”上没有读到水印，谈不上后贴。", file=file))
    traces = look.compression
    score = max(traces.stamp_scores, default=None) if traces is not None else None
    measured: dict[str, Measured] = {
        "stamps": len(look.stamps),
        "stamp_nats": score,
        "earlier_quality": traces.earlier_quality if traces else None,
    }
    remarks = [
        *_remark_compression(traces, limits),
        *_remark_other_days(look.stamps, limits),
        *(remark for stamp in look.stamps for remark in _remark_makers(stamp)),
    ]
    if remarks:
        reason = say("照片“{file}”的水印可能不是拍摄时加上的，不足以断定，请人工查看。", file=file)
        return found(Outcome.UNSURE, join([reason, *remarks]), measured=measured)
    if score is None:
        reason = say("照片“{file}”的画面没有可与水印比对的压缩痕迹；水印的样式前后一致。未发现不等于没有。", file=file)
        return found(Outcome.PASSED, reason, measured=measured)
    reason = say("照片“{file}”的水印与画面没有矛盾的压缩痕迹，样式前后一致。未发现不等于没有。", file=file)
    return found(Outcome.PASSED, reason, measured=measured)


def _remark_compression(traces: PixelTraces | None, limits: StampPastedLimits) -> list[Sentence]:
    if traces is None or traces.earlier_quality is None or not traces.stamp_scores:
        return []
    score = max(traces.stamp_scores)
    if (
        score < limits.stamp_nats
        or traces.earlier_quality > limits.camera_quality
        or traces.grid_strength >= limits.grid_sigmas
    ):
        return []
    return [
        say(
            "画面在加水印之前已按约 {quality} 的质量压缩过（相机交给水印软件的画面高于 {wanted_quality}），水印文字没有经过那次压缩"
            "（证据 {seen:.0f}，偶然不超过 {wanted:.0f}）：照片像是先经聊天软件等处理，再加的水印。",
            quality=traces.earlier_quality,
            wanted_quality=limits.camera_quality,
            seen=score,
            wanted=limits.stamp_nats,
        )
    ]


def _remark_other_days(stamps: tuple[Stamp, ...], limits: StampPastedLimits) -> list[Sentence]:
    days = sorted(
        {stamp.day.value for stamp in stamps if stamp.day is not None and stamp.day.confidence >= limits.min_confidence}
    )
    if len(days) < 2:
        return []
    shown = "、".join(day.isoformat() for day in days)
    return [say("画面上有不同日期的水印：{days}；一次拍摄只有一个日期。", days=shown)]


def _remark_makers(stamp: Stamp) -> list[Sentence]:
    text = "".join(line.text for line in stamp.lines).replace(" ", "")
    named = [name for name, pattern in MAKERS.items() if pattern.search(text)]
    if len(named) < 2:
        return []
    return [say("同一处水印写着不同的软件：{names}；一款软件只写自己的名字。", names="、".join(named))]
