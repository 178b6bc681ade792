"""Can the photo be opened at all?

Looks at:         how decoding went, by the file's content and not by its name.
Why it matters:   a file that cannot be opened shows nobody; the agency can send it again while it still has it.
Cannot tell when: our own decoder or memory failed; that is `not_run`.
Can be fooled by: nothing that matters: any sound picture passes here, whatever it shows.
"""

from __future__ import annotations

from functools import partial

from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, say
from verifier.observation import Decoded, DecodeFault, Look
from verifier.photo.context import PhotoContext
from verifier.photo.decode import DECODE_2023, DecodeLimits

ID = "photo.decodes"


def check(look: Look, context: PhotoContext, limits: DecodeLimits = DECODE_2023) -> Finding:
    """Report how decoding went; a broken, cut off or foreign file is FAILED with what to do about it."""
    decoded = look.decoded
    measured: dict[str, Measured] = {
        "format": decoded.format,
        "width_px": decoded.width_px,
        "height_px": decoded.height_px,
        "size_bytes": decoded.size_bytes,
        "fault": decoded.fault.value if decoded.fault else None,
        "detail": decoded.detail,
    }
    found = partial(Finding, ID, profile=limits.name, measured=measured)
    file = context.submission.file
    if "picture" in look.not_read:
        return found(
            Outcome.NOT_RUN,
            say("{file}：系统未能解码这张照片（{why}），不是照片的问题。", file=file, why=look.not_read["picture"]),
        )
    if decoded.fault is None:
        return found(
            Outcome.PASSED,
            say(
                "{file} 可以打开：{format}，{width}×{height} 像素。",
                file=file,
                format=decoded.format.upper(),
                width=decoded.width_px,
                height=decoded.height_px,
            ),
        )
    return found(Outcome.FAILED, _explain_fault(decoded, file, limits))


def _explain_fault(decoded: Decoded, file: str, limits: DecodeLimits) -> Sentence:
    kib = f"{decoded.size_bytes / 1024:.1f}"
    size = f"{decoded.width_px}×{decoded.height_px}"
    match decoded.fault:
        case DecodeFault.EMPTY:
            return say("{file} 是空文件（0 字节），请重新上传原图。", file=file)
        case DecodeFault.NOT_AN_IMAGE:
            return say(
                "{file} 的内容不是图片（实际为 {format}），要求 JPEG、PNG、WebP 或 HEIC 照片。",
                file=file,
                format=decoded.format,
            )
        case DecodeFault.FORMAT_NOT_ALLOWED:
            return say(
                "{file} 是 {format} 格式，只接受 JPEG、PNG、WebP 或 HEIC，请上传手机原图。",
                file=file,
                format=decoded.format.upper(),
            )
        case DecodeFault.TOO_MANY_BYTES:
            return say(
                "{file} 有 {kib} KiB，超过上限 {limit} KiB，未打开。",
                file=file,
                kib=kib,
                limit=f"{limits.max_bytes / 1024:.0f}",
            )
        case DecodeFault.TOO_MANY_PIXELS:
            return say(
                "{file} 声明的尺寸为 {size} 像素，解码量超过上限（{limit} 百万像素），未打开。",
                file=file,
                size=size,
                limit=limits.max_pixels // 1_000_000,
            )
        case DecodeFault.TOO_SMALL:
            return say(
                "{file} 只有 {size} 像素，短边至少要 {limit} 像素才可能看清任何内容。",
                file=file,
                size=size,
                limit=limits.min_side_px,
            )
        case DecodeFault.TRUNCATED:
            return _explain_truncation(decoded, file, kib)
        case _:
            return say(
                "{file}（{format}，{kib} KiB）已损坏，无法解码，请重新上传原图。",
                file=file,
                format=decoded.format.upper(),
                kib=kib,
            )


def _explain_truncation(decoded: Decoded, file: str, kib: str) -> Sentence:
    rows = next((part[5:] for part in decoded.detail.split("; ") if part.startswith("rows=")), None)
    if rows is None:
        return say("{file} 不完整：只收到 {kib} KiB，后面的数据缺失，请重新上传原图。", file=file, kib=kib)
    return say(
        "{file} 不完整：只收到 {kib} KiB，画面只有上方 {percent}%，请重新上传原图。",
        file=file,
        kib=kib,
        percent=f"{float(rows) * 100:.0f}",
    )
