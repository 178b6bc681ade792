"""Was the photo changed after it was taken?

Looks at:         programs named in the file, the embedded thumbnail, and traces of earlier compressions in the pixels.
Why it matters:   Art. 7(2) asks for original photos: a person pasted in or painted over makes a class that was not held.
Cannot tell when: the photo was shrunk, as chat apps do, or was saved as coarsely as before: both wipe the traces out. That
                  nothing is found proves nothing.
Can be fooled by: shrinking the changed photo, or photographing it. A collage or badge that a camera app draws itself outside the
                  stamp that was read looks like a part put in later: hence a remark, not a failure.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, join, say
from verifier.observation import Box, FileHistory, Look, PixelTraces
from verifier.photo.context import PhotoContext
from verifier.photo.editing_programs import find_editors, find_metadata_editors

ID = "photo.edited"
GENERATED = "trainedAlgorithmicMedia"
# IPTC NewsCodes "digital source type": parts made by a model, or put together from several pictures.
COMPOSED = frozenset({"compositeWithTrainedAlgorithmicMedia", "compositeSynthetic", "composite", "algorithmicMedia"})


@dataclass(frozen=True, slots=True)
class EditLimits:
    """From where on a trace is worth a look. Measured with ``python benchmarks/forensics.py edited`` unless said otherwise.

    Attributes:
        odd_cells, odd_nats: Size and evidence of an area without the earlier compression that all others show. Parts pasted in
            or painted over in full-size phone photos had 10 cells and 200 to 4,600 nats. The strongest on honest ones: 3 cells and
            57 nats (371 photos), 35 nats (80 full-size ones, ``forensics.py full-size``); the limit leaves room for 2.6 times that.
        grid_sigmas: Edges of an earlier grid that lies elsewhere; honest photos reach 4.5, a shifted one 12.
        own_picture: Best correlation with the embedded thumbnail, turned, mirrored and cropped. Own ones: 0.98 and more (14),
            other pictures' 0.90 and less (182). A frame or panel drawn by an app lowers it too, so it is a remark.
        differs_share: Share of the cells outside the stamp that differ from the thumbnail; none on own ones.
    """

    name: str = "edited-2023"
    odd_cells: int = 4
    odd_nats: float = 150.0
    grid_sigmas: float = 6.0
    own_picture: float = 0.9
    differs_share: float = 0.01


EDITED_2023 = EditLimits()


def check(look: Look, context: PhotoContext, limits: EditLimits = EDITED_2023) -> Finding:
    """Put together what speaks for a change. It fails only where the file itself says so and the pixels agree.

    Args:
        look: What was seen in the photo; without `history` nothing is concluded.
        context: Names the file.
        limits: From where on a trace counts.
    """
    found = partial(Finding, ID, profile=limits.name)
    file, history, traces = context.submission.file, look.history, look.compression
    if history is None:
        return found(Outcome.NOT_APPLICABLE, say("照片“{file}”没有可供查看修改痕迹的内容。", file=file))
    editors = find_editors(history.programs)
    measured = _measure(history, traces)
    if GENERATED in history.source_types:
        reason = say(
            "照片“{file}”的文件信息写明图像由人工智能生成（{kind}）；要求为实拍照片。", file=file, kind=GENERATED
        )
        return found(Outcome.FAILED, reason, measured=measured)
    in_pixels = [*_remark_thumbnail(history, limits), *_remark_compression(traces, limits)]
    in_words = _remark_words(history, editors)
    if editors and in_pixels:
        reason = say("照片“{file}”被修改过：文件信息与画面相互印证。", file=file)
        return found(Outcome.FAILED, join([reason, *in_words, *in_pixels]), measured=measured)
    if in_words or in_pixels:
        reason = say("照片“{file}”有修改的迹象，不足以断定，请人工查看。", file=file)
        return found(Outcome.UNSURE, join([reason, *in_words, *in_pixels]), measured=measured)
    if traces is None:
        reason = say("照片“{file}”的文件信息中没有修图软件；不是 JPEG，画面无从比对压缩痕迹。", file=file)
        return found(Outcome.PASSED, reason, measured=measured)
    reason = say(
        "照片“{file}”未发现修改痕迹（文件信息、缩略图、压缩痕迹）。聊天软件转发或水印软件保存不算修改；未发现不等于未修改。",
        file=file,
    )
    return found(Outcome.PASSED, reason, measured=measured)


def _measure(history: FileHistory, traces: PixelTraces | None) -> dict[str, Measured]:
    measured: dict[str, Measured] = {
        "programs": "; ".join(history.programs),
        "jpeg_tables": history.tables,
        "jpeg_quality": history.quality,
        "photoshop_block": history.photoshop_block,
        "thumbnail_agreement": history.thumbnail_agreement,
        "thumbnail_differs": history.thumbnail_differs,
    }
    if traces is not None:
        measured |= {
            "earlier_quality": traces.earlier_quality,
            "earlier_strength_nats": round(traces.earlier_strength, 4),
            "grid_offset_xy": f"{traces.grid_offset_xy[0]},{traces.grid_offset_xy[1]}",
            "grid_sigmas": traces.grid_strength,
            "readable_cells": traces.readable_cells,
            "odd_cells": traces.odd_cells,
            "odd_nats": traces.odd_score,
            "odd_box_xywh": _show_box(traces.odd_box),
        }
    return measured


def _remark_words(history: FileHistory, editors: tuple[str, ...]) -> list[Sentence]:
    remarks = []
    if editors:
        remarks.append(say("文件信息写有修图软件：{names}。", names="、".join(editors)))
    rewriters = find_metadata_editors(history.programs)
    if rewriters:
        remarks.append(say("文件信息被软件改写过：{names}。", names="、".join(rewriters)))
    composed = sorted(COMPOSED & set(history.source_types))
    if composed:
        remarks.append(say("文件信息写明画面经合成：{kinds}。", kinds="、".join(composed)))
    return remarks


def _remark_thumbnail(history: FileHistory, limits: EditLimits) -> list[Sentence]:
    agreement, differs = history.thumbnail_agreement, history.thumbnail_differs
    if agreement is None:
        return []
    if agreement < limits.own_picture:
        return [
            say(
                "内嵌缩略图与画面不大相符：最高相关 {seen:.2f}，同一张照片不低于 {wanted:.2f}。",
                seen=agreement,
                wanted=limits.own_picture,
            )
        ]
    if differs is not None and differs > limits.differs_share:
        return [
            say(
                "内嵌缩略图与画面在水印以外有 {seen:.1%} 的面积不同（位置 {box}），应不超过 {wanted:.1%}。",
                seen=differs,
                wanted=limits.differs_share,
                box=_show_box(history.thumbnail_box),
            )
        ]
    return []


def _remark_compression(traces: PixelTraces | None, limits: EditLimits) -> list[Sentence]:
    if traces is None:
        return []
    if traces.grid_strength >= limits.grid_sigmas:
        # Two grids break the assumption behind the cells, so they are not read then.
        return [
            say(
                "画面曾以另一位置的分块压缩（偏移 {x},{y} 像素，强度 {seen:.1f}，偶然不超过 {wanted:.1f}）："
                "此前的照片被裁剪或拼接后重新保存。",
                x=traces.grid_offset_xy[0],
                y=traces.grid_offset_xy[1],
                seen=traces.grid_strength,
                wanted=limits.grid_sigmas,
            )
        ]
    if traces.odd_cells >= limits.odd_cells and traces.odd_score >= limits.odd_nats:
        return [
            say(
                "画面其余部分曾以约 {quality} 的质量压缩过，唯有一处没有（位置 {box}，证据 {seen:.0f}，偶然不超过 {wanted:.0f}）："
                "这一处可能是后来加上的，热力图标出了它。",
                quality=traces.earlier_quality,
                box=_show_box(traces.odd_box),
                seen=traces.odd_score,
                wanted=limits.odd_nats,
            )
        ]
    return []


def _show_box(box: Box | None) -> str:
    return "" if box is None else ",".join(str(round(value)) for value in box.xywh())
