"""Was this very picture handed in before?

Looks at:         other submissions with the same bytes, the same pixels, or the same picture cropped, turned, mirrored, stamped
                  anew or re-encoded, or a screenshot of it.
Why it matters:   one photo proves one lesson; handed in again it proves nothing and hides an absence (Art. 7(2)).
Cannot tell when: nobody searched the records; or fewer than three people show, as walls and desks look alike every day.
Can be fooled by: another shot of the same moment, which its clock tells as a burst; a crop of more than half. Shots within a
                  tenth of a second differ no more than a copy does: without clocks that tell seconds they count as one.
"""

from __future__ import annotations

from functools import partial

from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, join, say
from verifier.observation import Look
from verifier.photo.context import OtherUse, PhotoContext

ID = "photo.reuse"
PROFILE = "reuse-2023"
MAX_NAMED = 3
PROVEN = ("bytes", "pixels", "picture")


def check(look: Look, context: PhotoContext) -> Finding:
    """FAILED where another session's submission of the same picture came first; its first use stays PASSED.

    UNSURE for both of two pictures that are of one moment, or that nothing tells apart. The same picture sent twice for the
    same session is a double upload and counts once; that a report needs two different photos is `photo.pair`'s subject.
    Where no class is known, nobody knows which came first or what each was handed in for: UNSURE for both; likewise for the very
    same picture of one class where one of the two is for no session.
    """
    del look  # the search in the records has compared the looks
    found = partial(Finding, ID, profile=PROFILE)
    if context.other_uses is None:
        return found(Outcome.NOT_APPLICABLE, say("没有可查重的档案（未检索以前的照片）。"))
    file = context.submission.file
    unplaced = [use for use in context.other_uses if use.class_number is None]
    if unplaced:
        reason = say(
            "{file} 与 {others} 为同一张照片或同一时刻的画面；没有班次信息，不知道先后和各自用于哪个课次，请核实。",
            file=file,
            others=_name_uses(unplaced),
        )
        return found(Outcome.UNSURE, reason, measured={"unplaced": len(unplaced)} | _measure(unplaced[0]))
    nowhere = [use for use in context.other_uses if _is_unplaced(use, context)]
    elsewhere = [use for use in context.other_uses if use not in nowhere and not _is_same_session(use, context)]
    earlier = [use for use in elsewhere if use.how in PROVEN and use.received_first]
    later = [use for use in elsewhere if use.how in PROVEN and not use.received_first]
    alike = [use for use in elsewhere if use.how not in PROVEN]
    doubled = [use for use in context.other_uses if _is_same_session(use, context) and use.how in PROVEN]
    first = next(iter([*earlier, *later, *alike, *nowhere, *doubled]), None)
    measured: dict[str, Measured] = {
        "earlier": len(earlier),
        "later": len(later),
        "alike": len(alike),
        "same_session": len(doubled),
        "without_session": len(nowhere),
    }
    found = partial(found, measured=measured | (_measure(first) if first is not None else {}))
    if earlier:
        return found(
            Outcome.FAILED,
            say("{file} 此前已作为 {others} 提交过，同一张照片不能再次使用。", file=file, others=_name_uses(earlier)),
        )
    sentences = _tell_doubts(alike, file)
    if nowhere:
        sentences.append(
            say(
                "{file} 与 {others} 是同一张照片，其中有的没有对应到课次，不知道是重复上传还是再次使用，请核实。",
                file=file,
                others=_name_uses(nowhere),
            )
        )
    if later:
        sentences.append(
            say("{file} 提交在先，之后又被作为 {others} 提交（问题在后者）。", file=file, others=_name_uses(later))
        )
    if doubled:
        sentences.append(
            say("{file} 在同一课次重复上传（{others}），只计一次。", file=file, others=_name_uses(doubled))
        )
    if not sentences:
        sentences.append(say("{file} 未发现与其他照片为同一张（已比对文件、像素和画面）。", file=file))
    return found(Outcome.UNSURE if alike or nowhere else Outcome.PASSED, join(sentences))


def _measure(use: OtherUse) -> dict[str, Measured]:
    found: dict[str, Measured] = {
        "how": use.how,
        "other_class": use.class_number,
        "other_session": use.session_id,
        "other_file": use.file,
        "other_sha256": use.sha256,
    }
    if use.similarity is not None:
        found |= {"similarity": use.similarity, "changes": " ".join(use.changes), "seconds_apart": use.seconds_apart}
    return found


def _tell_doubts(alike: list[OtherUse], file: str) -> list[Sentence]:
    sentences = []
    bursts = [use for use in alike if use.how == "burst"]
    near = [use for use in alike if use.how == "near"]
    if bursts:
        sentences.append(
            say(
                "{file} 与 {others} 疑为同一时刻的连拍（相隔约 {seconds:.0f} 秒），不是翻用同一张照片，但用于不同课次，请核实。",
                file=file,
                others=_name_uses(bursts),
                seconds=bursts[0].seconds_apart or 0.0,
            )
        )
    if near:
        sentences.append(
            say(
                "{file} 与 {others} 画面几乎相同，但画面中可比对的人不足以断定是同一张，请人工比对。",
                file=file,
                others=_name_uses(near),
            )
        )
    return sentences


def _is_unplaced(use: OtherUse, context: PhotoContext) -> bool:
    """The very same picture of the same class, where one of the two is for no session: it may just have been sent twice."""
    here = context.session.id if context.session is not None else context.submission.session_id
    own = context.training is not None and use.class_number == context.training.number
    return own and use.how in ("bytes", "pixels") and (use.session_id is None or here is None)


def _is_same_session(use: OtherUse, context: PhotoContext) -> bool:
    here = context.session.id if context.session is not None else context.submission.session_id
    return (
        context.training is not None
        and use.class_number == context.training.number
        and use.session_id is not None
        and use.session_id == here
    )


def _name_uses(uses: list[OtherUse]) -> Sentence:
    named = [_name_use(use) for use in uses[:MAX_NAMED]]
    phrase = named[0]
    for part in named[1:]:
        phrase = say("{first}、{second}", first=phrase, second=part)
    if len(uses) > MAX_NAMED:
        return say("{first} 等 {count} 处", first=phrase, count=len(uses))
    return phrase


def _name_use(use: OtherUse) -> Sentence:
    how = _name_how(use)
    if use.class_number is None:
        return say("{file}（{how}）", file=use.file, how=how)
    if use.session_id is None:
        return say("班次 {number} 的 {file}（{how}）", number=use.class_number, file=use.file, how=how)
    return say(
        "班次 {number} 课次 {session} 的 {file}（{how}）",
        number=use.class_number,
        session=use.session_id,
        file=use.file,
        how=how,
    )


def _name_how(use: OtherUse) -> Sentence:
    if use.how == "bytes":
        return say("文件完全相同")
    if use.how == "pixels":
        return say("画面像素完全相同")
    share = f"{use.similarity or 0.0:.0%}"
    if use.how != "picture":
        return say("画面细节 {share} 一致", share=share)
    changes = {
        "cropped": say("裁剪"),
        "mirrored": say("镜像"),
        "rotated": say("旋转"),
        "restamped": say("重新加水印"),
    }
    done = [changes[change] for change in use.changes if change in changes] or [
        # Two shots a tenth of a second apart look no different from a copy; one moment still serves one session only.
        say("重新压缩或调整亮度，或是同一瞬间的连拍")
    ]
    phrase = done[0]
    for part in done[1:]:
        phrase = say("{first}、{second}", first=phrase, second=part)
    return say("同一画面，细节 {share} 一致，经{changes}", share=share, changes=phrase)
