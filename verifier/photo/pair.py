"""Does one report hold two photos, one from the front and one from the back? (Art. 7(2): 教室前后各一张)

Looks at:         all photos of one session: their views, their times, whether they are different pictures, and whether both show
                  the venue's room, as `photo.room` recognised it for each.
Why it matters:   two photos from both ends show the whole room; twice the same one shows half of it.
Cannot tell when: a view cannot be told (few people, no people model), or no time was read.
Can be fooled by: people moving between the two shots.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, join, say
from verifier.observation import Look
from verifier.photo.clocks import Clock, Reading, read_clocks
from verifier.photo.context import PhotoContext
from verifier.photo.read_fingerprint import count_different_bits
from verifier.photo.reuse import PROVEN
from verifier.photo.room import ROOM_2023
from verifier.photo.view import decide_view, name_view
from verifier.plan import View

ID = "photo.pair"


@dataclass(frozen=True, slots=True)
class PairLimits:
    """What makes two photos a pair.

    Attributes:
        apart_s: Walking through a room takes a minute; a quarter of an hour leaves room for a busy teacher. The
            regulation names no time, so more is a doubt, not a failure.
        alike_bits: Of 64; re-encodings of one picture differ by up to 4 (Zauner 2010), other pictures by about 32.
    """

    name: str = "pair-2023"
    apart_s: float = 900.0
    alike_bits: int = 4


PAIR_2023 = PairLimits()


@dataclass(frozen=True, slots=True)
class _Shot:
    look: Look
    context: PhotoContext
    seen: View | None
    taken: Reading | None

    @property
    def file(self) -> str:
        return self.context.submission.file

    @property
    def declared(self) -> View | None:
        return self.context.submission.view

    @property
    def view(self) -> View | None:
        """What the picture shows; where it cannot be told, what was declared."""
        return self.seen or self.declared


def check_pair(photos: Sequence[tuple[Look, PhotoContext]], limits: PairLimits = PAIR_2023) -> Finding:
    """Judge the photos of one session together.

    Args:
        photos: Each photo's look and context. Those that could not be decoded do not count.
    """
    found = partial(Finding, ID, profile=limits.name)
    shots = [_read_shot(*photo) for photo in photos if photo[0].decoded.fault is None and not _is_unread(photo[0])]
    if len(shots) < len(photos) and any(_is_unread(look) for look, _ in photos):
        return found(Outcome.NOT_RUN, say("本课次有照片因系统原因未能解码，未判断前后两张是否齐全。"))
    if not shots:
        return found(Outcome.NOT_APPLICABLE, say("本课次没有可用的照片，是否缺报另行判断。"))
    different = _drop_copies(shots)
    measured: dict[str, Measured] = {
        "photos": len(photos),
        "different": len(different),
        "front": sum(shot.view is View.FRONT for shot in different),
        "back": sum(shot.view is View.BACK for shot in different),
    }
    found = partial(found, measured=measured)
    if len(different) == 1:
        first = different[0]
        if len(shots) > 1:
            sentence = say(
                "本课次的 {count} 张照片是同一张（{files}），要求教室前、后各一张。",
                count=len(shots),
                files="、".join(shot.file for shot in shots),
            )
        else:
            sentence = say("本课次只有 1 张可用照片（{file}），要求教室前、后各一张，共 2 张。", file=first.file)
        return found(Outcome.FAILED, sentence)
    return _judge_views(found, different, limits)


def _judge_views(found: partial[Finding], shots: list[_Shot], limits: PairLimits) -> Finding:
    fronts = [shot for shot in shots if shot.view is View.FRONT]
    backs = [shot for shot in shots if shot.view is View.BACK]
    if not fronts or not backs:
        # Only what the pictures themselves show is hard; a view that is merely declared, not known, or declared otherwise than it
        # looks (a class that turned round for the photo) is not.
        if all(shot.seen is not None and shot.seen is (shot.declared or shot.seen) for shot in shots) and shots:
            only, missing = (View.FRONT, View.BACK) if fronts else (View.BACK, View.FRONT)
            return found(
                Outcome.FAILED,
                say(
                    "本课次 {count} 张照片都从{only}拍摄（{files}），缺少从{missing}拍摄的照片，要求前、后各一张。",
                    count=len(shots),
                    only=name_view(only),
                    missing=name_view(missing),
                    files=_list_files(shots),
                ),
            )
        return found(
            Outcome.UNSURE,
            say("无法确认本课次照片（{files}）是否教室前、后各一张，请人工查看。", files=_list_files(shots)),
        )
    front, back, apart_s = _find_closest(fronts, backs)
    pair = say("前：{front}，后：{back}", front=front.file, back=back.file)
    doubts = _find_doubts(front, back, apart_s, limits)
    if doubts:
        return found(Outcome.UNSURE, join([say("{pair}。", pair=pair), *doubts]))
    if apart_s is None:
        told = say("前后各一张（{pair}），未读到两张的时间，无法比较间隔。", pair=pair)
    else:
        told = say(
            "前后各一张（{pair}），相隔 {minutes} 分钟（不超过 {limit} 分钟）。",
            pair=pair,
            minutes=round(apart_s / 60),
            limit=round(limits.apart_s / 60),
        )
    return found(Outcome.PASSED, join([told, *_tell_room(front, back)]))


def _tell_room(front: _Shot, back: _Shot) -> list[Sentence]:
    """Both ends of a room share no wall, so the two are not compared with each other, but each with its own earlier photos."""
    rooms = (front.context.room, back.context.room)
    if any(room is None or room.common_features < ROOM_2023.least_inliers for room in rooms):
        return []
    return [say("两张的背景都与本教室以前的照片相符。")]


def _find_doubts(front: _Shot, back: _Shot, apart_s: float | None, limits: PairLimits) -> list[Sentence]:
    doubts = []
    if apart_s is not None and apart_s > limits.apart_s:
        doubts.append(
            say(
                "两张相隔 {minutes} 分钟，超过 {limit} 分钟，请核实是否同一次拍摄。",
                minutes=round(apart_s / 60),
                limit=round(limits.apart_s / 60),
            )
        )
    prints = (front.look.fingerprint, back.look.fingerprint)
    if prints[0] is not None and prints[1] is not None and prints[0].phash and prints[1].phash:
        bits = count_different_bits(prints[0].phash, prints[1].phash)
        if bits <= limits.alike_bits:
            doubts.append(say("两张画面几乎相同（64 位中只差 {bits} 位），请核实是否同一张照片。", bits=bits))
    for shot in (front, back):
        if shot.seen is None:
            doubts.append(say("{file} 的前后仅凭上传声明，画面无法证实。", file=shot.file))
    return doubts


def _read_shot(look: Look, context: PhotoContext) -> _Shot:
    clocks = read_clocks(look, context)
    return _Shot(look, context, decide_view(look).view, clocks.get(Clock.STAMP) or clocks.get(Clock.CAMERA))


def _is_unread(look: Look) -> bool:
    return "picture" in look.not_read


def _drop_copies(shots: list[_Shot]) -> list[_Shot]:
    """One shot for each different picture: by its pixels where they were digested, else by its bytes, and by what was compared."""
    kept: dict[str, _Shot] = {}
    for shot in shots:
        print_ = shot.look.fingerprint
        kept.setdefault(print_.pixels_sha256 if print_ is not None else shot.look.sha256, shot)
    by_bytes = {shot.look.sha256: shot for shot in reversed(kept.values())}
    different: list[_Shot] = []
    for shot in kept.values():
        # A cropped, mirrored or newly stamped copy is no second photo.
        copies = {use.sha256 for use in shot.context.other_uses or () if use.how in PROVEN}
        if by_bytes[shot.look.sha256] is shot and not any(each.look.sha256 in copies for each in different):
            different.append(shot)
    return different


def _find_closest(fronts: list[_Shot], backs: list[_Shot]) -> tuple[_Shot, _Shot, float | None]:
    """The pair of views taken closest together; the first ones where no time was read."""
    timed = [
        (abs((front.taken.at - back.taken.at).total_seconds()), front, back)
        for front in fronts
        for back in backs
        if front.taken is not None and back.taken is not None
    ]
    if not timed:
        return fronts[0], backs[0], None
    apart_s, front, back = min(timed, key=lambda pair: pair[0])
    return front, back, apart_s


def _list_files(shots: list[_Shot]) -> str:
    return "、".join(shot.file for shot in shots)
