"""Was this very picture handed in before?

Looks at:         other submissions with the same bytes, or with the same pixels under other metadata.
Why it matters:   one photo proves one lesson; handed in again it proves nothing and hides an absence (Art. 7(2)).
Cannot tell when: nobody searched the records.
Can be fooled by: a crop, a new stamp or a re-encoding: those change the pixels.
"""

from __future__ import annotations

from functools import partial

from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, join, say
from verifier.observation import Look
from verifier.photo.context import OtherUse, PhotoContext

ID = "photo.reuse"
PROFILE = "reuse-exact-2023"
MAX_NAMED = 3


def check(look: Look, context: PhotoContext) -> Finding:
    """FAILED where another session's submission of the same picture came first; its first use stays PASSED.

    The same picture sent twice for the same session is a double upload and counts once; that a report needs two
    different photos is `photo.pair`'s subject.
    """
    del look  # the search in the records has compared the digests
    found = partial(Finding, ID, profile=PROFILE)
    if context.other_uses is None:
        return found(Outcome.NOT_APPLICABLE, say("没有可查重的档案（未检索其他照片）。"))
    earlier = [use for use in context.other_uses if use.received_first and not _is_same_session(use, context)]
    doubled = [use for use in context.other_uses if _is_same_session(use, context)]
    later = [use for use in context.other_uses if not use.received_first and not _is_same_session(use, context)]
    first = next(iter([*earlier, *later, *doubled]), None)
    measured: dict[str, Measured] = {"earlier": len(earlier), "later": len(later), "same_session": len(doubled)}
    if first is not None:
        measured |= {
            "how": first.how,
            "other_class": first.class_number,
            "other_session": first.session_id,
            "other_file": first.file,
            "other_sha256": first.sha256,
        }
    found = partial(found, measured=measured)
    file = context.submission.file
    if earlier:
        return found(
            Outcome.FAILED,
            say("{file} 此前已作为 {others} 提交过，同一张照片不能再次使用。", file=file, others=_name_uses(earlier)),
        )
    sentences = []
    if later:
        sentences.append(
            say("{file} 提交在先，之后又被作为 {others} 提交（问题在后者）。", file=file, others=_name_uses(later))
        )
    if doubled:
        sentences.append(
            say("{file} 在同一课次重复上传（{others}），只计一次。", file=file, others=_name_uses(doubled))
        )
    if not sentences:
        sentences.append(say("{file} 未发现与其他照片字节或像素相同。", file=file))
    return found(Outcome.PASSED, join(sentences))


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
    how = say("文件完全相同") if use.how == "bytes" else say("画面像素完全相同")
    if use.session_id is None:
        return say("班次 {number} 的 {file}（{how}）", number=use.class_number, file=use.file, how=how)
    return say(
        "班次 {number} 课次 {session} 的 {file}（{how}）",
        number=use.class_number,
        session=use.session_id,
        file=use.file,
        how=how,
    )
