"""Draw on a copy of a photo what was seen in it and what was found: boxes, names, outcomes. Never on the original."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from verifier.finding import Finding, Outcome
from verifier.language import Sentence, say
from verifier.observation import Box, HeatMap, Look, Stamp
from verifier.photo.stamp_geometry import overlap_area

MIN_SIDE_PX, MAX_SIDE_PX = 960, 2560  # of the copy's longer side: text must be legible, and a page quick to load
JPEG_QUALITY = 88

Colour = tuple[int, int, int]  # RGB
WHITE, INK, STRIP, STAMP = (255, 255, 255), (30, 30, 30), (248, 248, 246), (0, 150, 170)
HEAT_BGR, HEAT_SHARE = (0, 0, 255), 0.5  # seen through, so that what is marked can be looked at
FACE_COLOURS: Mapping[str, Colour] = {
    "matched": (20, 140, 60),
    "teacher": (30, 90, 200),
    "stranger": (200, 30, 30),
    "unclear": (190, 110, 0),
    "unreadable": (110, 110, 110),
}
OUTCOME_COLOURS: Mapping[Outcome, Colour] = {
    Outcome.FAILED: (190, 20, 20),
    Outcome.UNSURE: (190, 110, 0),
    Outcome.NOT_RUN: (120, 60, 150),
    Outcome.PASSED: (20, 130, 50),
    Outcome.NOT_APPLICABLE: (120, 120, 120),
}


@dataclass(frozen=True, slots=True)
class FaceLabel:
    """What to write at a face: `state` as in the JSON contract (matched, teacher, stranger, unclear, unreadable)."""

    box: Box
    state: str
    text: str = ""


def annotate_photo(
    picture_bgr: NDArray[np.uint8], look: Look, findings: Sequence[Finding], face_labels: Sequence[FaceLabel]
) -> NDArray[np.uint8]:
    """Draw a copy with boxes and, below the picture, one line per finding that a person should read.

    Args:
        picture_bgr: (H, W, 3) uint8, upright, the pixels that `look` was made from.
    Returns: (h, w, 3) uint8 BGR; the longer side of the picture part between MIN_SIDE_PX and MAX_SIDE_PX.
    """
    height, width = picture_bgr.shape[:2]
    scale = min(MAX_SIDE_PX / max(height, width), max(1.0, MIN_SIDE_PX / max(height, width)))
    size_wh = (max(1, round(width * scale)), max(1, round(height * scale)))
    method = cv2.INTER_AREA if scale < 1.0 else cv2.INTER_CUBIC
    copy = cv2.resize(picture_bgr, size_wh, interpolation=method)
    drawn: NDArray[np.uint8] = np.asarray(copy, dtype=np.uint8)
    heat = look.compression.heat if look.compression is not None and _is_remarked(findings, "photo.edited") else None
    if heat is not None:
        drawn = lay_heat(drawn, heat)
    canvas = Image.fromarray(cv2.cvtColor(drawn, cv2.COLOR_BGR2RGB))
    draw = ImageDraw.Draw(canvas)
    text_px = max(14, round(max(size_wh) / 90))
    # What labels should leave to be read: the stamps' lines, and then each other.
    taken = [_scale(line.box, scale) for stamp in look.stamps or () for line in stamp.lines]
    for stamp in look.stamps or ():
        _draw_stamp(draw, stamp, scale, text_px, taken)
    # Unreadable faces first, so that they never cover a name.
    for label in sorted(face_labels, key=lambda label: label.state != "unreadable"):
        colour = FACE_COLOURS.get(label.state, FACE_COLOURS["unreadable"])
        _draw_box(draw, label.box, colour, scale, text_px)
        _write_label(draw, label.box, label.text, colour, scale, text_px, "above", taken)
    legend = _explain_marks(look, face_labels, with_heat=heat is not None)
    strip = _draw_strip(findings, legend, canvas.width, max(16, round(canvas.width / 70)))
    whole = Image.new("RGB", (canvas.width, canvas.height + strip.height), STRIP)
    whole.paste(canvas, (0, 0))
    whole.paste(strip, (0, canvas.height))
    return np.asarray(cv2.cvtColor(np.asarray(whole), cv2.COLOR_RGB2BGR), dtype=np.uint8)


def lay_heat(picture_bgr: NDArray[np.uint8], heat: HeatMap) -> NDArray[np.uint8]:
    """Lay a heat map over a picture: nothing stays as it is, the hottest cells turn half red.

    Args:
        picture_bgr: (H, W, 3) uint8, upright, in any size.
    Returns: a new array of the same shape.
    """
    cells = np.frombuffer(base64.b64decode(heat.cells), dtype=np.uint8).reshape(heat.rows, heat.columns)
    height, width = picture_bgr.shape[:2]
    strength = cv2.resize(cells, (width, height), interpolation=cv2.INTER_NEAREST)[:, :, None].astype(np.float32)
    share = strength / 255.0 * HEAT_SHARE
    mixed = picture_bgr.astype(np.float32) * (1.0 - share) + np.array(HEAT_BGR, dtype=np.float32) * share
    return np.asarray(np.rint(mixed), dtype=np.uint8)


def _is_remarked(findings: Sequence[Finding], check: str) -> bool:
    return any(each.check == check and each.outcome in (Outcome.FAILED, Outcome.UNSURE) for each in findings)


def encode_jpeg(picture_bgr: NDArray[np.uint8], quality: int = JPEG_QUALITY) -> bytes:
    """Encode (H, W, 3) uint8 BGR as JPEG.

    Raises:
        ValueError: the picture is empty or larger than JPEG allows (65,500 px).
    """
    if min(picture_bgr.shape[:2]) == 0 or max(picture_bgr.shape[:2]) > 65_500:
        raise ValueError(f"a picture of {picture_bgr.shape[1]}x{picture_bgr.shape[0]} cannot be a JPEG")
    done, encoded = cv2.imencode(".jpg", picture_bgr, [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError("OpenCV did not encode the picture")
    return bytes(encoded.tobytes())


def name_check(check: str) -> Sentence:
    """What inspectors call a check; its id where it has no name here."""
    names = {
        "photo.decodes": say("能否打开"),
        "photo.stamp_present": say("有无水印"),
        "photo.stamp_time": say("水印时间"),
        "photo.stamp_weekday": say("水印星期"),
        "photo.stamp_code": say("水印防伪码"),
        "photo.room": say("教室场景"),
        "photo.stamp_place": say("水印地点"),
        "photo.camera_time": say("相机时间"),
        "photo.clock_agreement": say("时间是否一致"),
        "photo.camera_place": say("相机定位"),
        "photo.place_agreement": say("地点是否一致"),
        "photo.quality": say("清晰度"),
        "photo.view": say("拍摄方向"),
        "photo.pair": say("前后成对"),
        "photo.reuse": say("重复使用"),
        "photo.edited": say("修改痕迹"),
        "photo.recaptured": say("翻拍"),
        "photo.stamp_pasted": say("水印是否后贴"),
        "photo.provenance": say("来源"),
        "photo.people": say("人数"),
        "photo.teacher": say("授课教师"),
        "photo.roster": say("与花名册比对"),
    }
    return names.get(check, Sentence("{check}", {"check": check}))


def name_outcome(outcome: Outcome) -> Sentence:
    """What inspectors call an outcome."""
    return {
        Outcome.PASSED: say("通过"),
        Outcome.FAILED: say("不通过"),
        Outcome.UNSURE: say("无法判断"),
        Outcome.NOT_APPLICABLE: say("不适用"),
        Outcome.NOT_RUN: say("未能检查"),
    }[outcome]


@lru_cache(maxsize=16)
def open_font(size_px: int) -> ImageFont.FreeTypeFont:
    """Noto Sans SC (OFL) out of its wheel, so that Chinese is drawn on any machine."""
    file = resources.files("pylopdf_fonts_zh_cn") / "NotoSansSC-Regular.otf"
    with resources.as_file(file) as path:
        return ImageFont.truetype(str(path), size_px)


def _draw_stamp(draw: ImageDraw.ImageDraw, stamp: Stamp, scale: float, text_px: int, taken: list[Box]) -> None:
    fields = (
        (stamp.day, say("日期")),
        (stamp.clock, say("时间")),
        (stamp.weekday, say("星期")),
        (stamp.address, say("地点")),
        (stamp.longitude, say("经度")),
        (stamp.latitude, say("纬度")),
        (stamp.code, say("防伪码")),
    )
    # Several fields may have been read from one line: one box then carries all their names.
    named: dict[tuple[float, ...], tuple[Box, list[str]]] = {}
    for found, name in fields:
        if found is not None:
            named.setdefault(tuple(found.box.xywh()), (found.box, []))[1].append(str(name))
    small_px = max(14, round(text_px * 0.85))
    if stamp.box is not None:
        _draw_box(draw, stamp.box, STAMP, scale, text_px)
    for box, _ in named.values():
        _draw_box(draw, box, STAMP, scale, small_px)
    for box, names in named.values():
        _write_label(draw, box, " ".join(names), STAMP, scale, small_px, "right", taken)


def _scale(box: Box, scale: float) -> Box:
    return Box(box.x * scale, box.y * scale, max(1.0, box.width * scale), max(1.0, box.height * scale))


def _draw_box(draw: ImageDraw.ImageDraw, box: Box, colour: Colour, scale: float, text_px: int) -> None:
    frame = _scale(box, scale)
    corners = (frame.x, frame.y, frame.x + frame.width, frame.y + frame.height)
    draw.rectangle(corners, outline=colour, width=max(2, text_px // 9))


def _write_label(
    draw: ImageDraw.ImageDraw,
    box: Box,
    text: str,
    colour: Colour,
    scale: float,
    text_px: int,
    where: str,
    taken: list[Box],
) -> None:
    """Name a box: `where` it covers nothing of what is `taken`, else on the side where it covers least; then that is taken too."""
    if not text:
        return
    font, frame = open_font(text_px), _scale(box, scale)
    wide, high = draw.textlength(text, font) + text_px * 0.5, text_px * 1.3
    right, bottom = frame.x + frame.width, frame.y + frame.height
    places = {
        "above": (frame.x, frame.y - high),
        "right": (right, frame.y),
        "below": (frame.x, bottom),
        "left": (frame.x - wide, frame.y),
    }
    corners = [places[where], *(place for side, place in places.items() if side != where)]
    across, down = max(0.0, draw.im.size[0] - wide), max(0.0, draw.im.size[1] - high)
    labels = [Box(min(max(0.0, x), across), min(max(0.0, y), down), wide, high) for x, y in corners]
    # Pushed back into the picture a label would cover its own box.
    chosen = min(labels, key=lambda label: sum(overlap_area(label, each) for each in (*taken, frame)))
    taken.append(chosen)
    draw.rectangle((chosen.x, chosen.y, chosen.x + wide, chosen.y + high), fill=colour)
    draw.text((chosen.x + text_px * 0.25, chosen.y + high / 2), text, font=font, fill=WHITE, anchor="lm")


def _explain_marks(look: Look, labels: Sequence[FaceLabel], *, with_heat: bool) -> Sequence[Sentence]:
    """What the colours stand for that were used."""
    states = {label.state if label.state in FACE_COLOURS else "unreadable" for label in labels}
    faces = {
        "matched": say("绿框：花名册学员"),
        "teacher": say("蓝框：教师"),
        "stranger": say("红框：不在花名册的人脸"),
        "unclear": say("橙框：不能认定是谁的人脸"),
        "unreadable": say("灰框：看不清的人脸"),
    }
    marks = [sentence for state, sentence in faces.items() if state in states]
    if look.stamps:
        marks.append(say("青框：水印和其中读出的各栏"))
    if with_heat:
        marks.append(say("红色方格：可能后来改动的部分，越红越可疑"))
    return marks


def _draw_strip(findings: Sequence[Finding], legend: Sequence[Sentence], width: int, text_px: int) -> Image.Image:
    """One paragraph per finding that asks for a person, then the names of the others by outcome, then what the colours mean."""
    paragraphs: list[tuple[str, str, Colour]] = []
    for outcome in (Outcome.FAILED, Outcome.UNSURE, Outcome.NOT_RUN):
        for finding in findings:
            if finding.outcome is outcome:
                head = f"{name_outcome(outcome)} · {name_check(finding.check)}"
                paragraphs.append((head, str(finding.reason), OUTCOME_COLOURS[outcome]))
    for outcome in (Outcome.PASSED, Outcome.NOT_APPLICABLE):
        names = [str(name_check(finding.check)) for finding in findings if finding.outcome is outcome]
        if names:
            paragraphs.append((str(name_outcome(outcome)), " · ".join(names), OUTCOME_COLOURS[outcome]))
    if legend and paragraphs:
        marks = " · ".join(str(mark) for mark in legend)
        paragraphs.append((str(say("图例")), marks, OUTCOME_COLOURS[Outcome.NOT_APPLICABLE]))
    font, pad, line_px = open_font(text_px), text_px, round(text_px * 1.5)
    column = pad + round(max((font.getlength(head) for head, _, _ in paragraphs), default=0)) + text_px
    wrapped = [_wrap(text, font, max(text_px * 4, width - column - pad)) for _, text, _ in paragraphs]
    height = 2 * pad + line_px * sum(len(lines) for lines in wrapped) if paragraphs else 0
    strip = Image.new("RGB", (width, height), STRIP)
    draw = ImageDraw.Draw(strip)
    y = pad
    for (head, _, colour), lines in zip(paragraphs, wrapped, strict=True):
        draw.text((pad, y), head, font=font, fill=colour)
        for line in lines:
            draw.text((column, y), line, font=font, fill=INK)
            y += line_px
    return strip


def _wrap(text: str, font: ImageFont.FreeTypeFont, width_px: float) -> list[str]:
    """Break text at any Chinese character, and Latin words at their spaces."""
    lines, line = [], ""
    for word in _split_words(text):
        if line and font.getlength(line + word) > width_px:
            lines.append(line.rstrip())
            line = word.lstrip()
        else:
            line += word
    return [*lines, line]


def _split_words(text: str) -> list[str]:
    words: list[str] = []
    for character in text.replace("\n", " "):
        word = bool(words) and character.isascii() and words[-1][-1].isascii() and words[-1][-1] != " "
        # No line begins with a closing sign, and none ends with an opening one.
        if words and (word or character in "，。、；：！？）”" or words[-1][-1] in "（“"):
            words[-1] += character
        else:
            words.append(character)
    return words
