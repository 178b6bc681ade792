"""Is it a camera's picture of this moment, or a stored one?

Looks at:         whether frames differ as a sensor's do and their time stamps advance, whether the very same frames were sent on
                  an earlier visit, what the server says of a snapshot's age, and whether the picture was drawn rather than filmed.
Why it matters:   a gateway answers with its last picture, its logo or a recording when the camera is down, and says 200 OK.
Cannot tell when: a picture is all black or white, or a video of a room in which nothing moves carries no clock: an encoder makes
                  a still picture and a still room look alike.
Can be fooled by: a recording that is long, was never sampled in the same place twice, and shows no clock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial

from verifier.camera_health import Condition
from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, say
from verifier.video.context import Seen, StreamContext
from verifier.video.read_liveness import match_smalls
from verifier.video.stream_look import LiveReading, PictureReading, StreamLook

ID = "stream.live"


@dataclass(frozen=True, slots=True)
class LiveLimits:
    """From when on a picture counts as stored.

    Attributes:
        identical_s: Not one pixel changed for so long. Cameras come set to a key frame every 2 s (interval 50 at 25 frames a
            second); with a noisy scene two codings never agree, so two intervals leave no room for chance.
        equal_snapshots_s: So far apart, pictures that are coded by themselves are equal. Cameras renew a snapshot every second
            or two; three leave room for that.
        noise: Grey levels (standard deviation) between two snapshots. Sensors at daylight show 0.7 and more, after JPEG 80
            and denoising 0.3; a stored picture shows 0.
        moving_share: Share of blocks that moved: two of the 3600 of a picture of 1280 × 720, that is a hand.
        stale_s: A server's own words about a snapshot's age. Minutes, since nobody sets clocks of cameras to the second.
        drawn_share, main_colours_share, drawn_contrast: Measured on 17 pictures, each also at 200 kbit/s, dark and blurred:
            at most 0.54 (out of focus 0.82); cards and bars, also re-coded, 0.95 and more, with 0.97 of main colours.
        same_frames: So many frames of an earlier visit again. One alone may be a gateway's "please wait".
        stands_share: The stream's own clock may run so slow beside ours: what a network holds back comes later, but it comes.
        alike_moves: Mean grey levels that the small copies of one visit must differ by, before equal ones mean anything.
    """

    name: str = "stream-live-2026"
    identical_s: float = 4.0
    equal_snapshots_s: float = 3.0
    noise: float = 0.3
    moving_share: float = 0.0005
    stale_s: float = 120.0
    drawn_share: float = 0.90
    main_colours_share: float = 0.85
    drawn_contrast: float = 10.0
    same_frames: int = 2
    stands_share: float = 0.25
    alike_moves: float = 8.0


LIVE_2026 = LiveLimits()
_Answer = tuple[Outcome, Condition, Sentence, dict[str, Measured]]


def check(seen: Seen, context: StreamContext, limits: LiveLimits = LIVE_2026) -> Finding:
    """Judge whether the picture is of this moment; the first sign of a stored one decides."""
    look = seen.look
    found = partial(Finding, ID, profile=limits.name)
    live, picture = look.live, look.picture
    if live is None or picture is None:
        raise ValueError("the frames were not compared")
    measured: dict[str, Measured] = {
        "condition": Condition.OK.value, "frames": live.frames, "distinct": live.distinct, "span_s": live.span_s,
        "identical_s": live.identical_s, "equal_keys_s": live.equal_keys_s, "noise": live.noise,
        "equal_share": live.equal_share, "moving_share": live.moving_share, "drawn_share": picture.drawn_share,
    }  # fmt: skip
    if look.source_kind == "recording":
        return found(Outcome.NOT_APPLICABLE, say("这是录像文件，不要求是实时画面。"), measured=measured)
    for judge in _SIGNS:
        answer = judge(look, context, limits)
        if answer is not None:
            outcome, condition, reason, more = answer
            return found(outcome, reason, measured={**measured, "condition": condition.value, **more})
    return _conclude_live(look, live, measured, limits)


def is_drawn(picture: PictureReading, limits: LiveLimits = LIVE_2026) -> bool:
    """Whether the picture was drawn (a slate, a logo, colour bars) rather than filmed."""
    return (
        picture.drawn_share >= limits.drawn_share
        and picture.main_colours_share >= limits.main_colours_share
        and picture.contrast >= limits.drawn_contrast
    )


def _find_card(look: StreamLook, _context: StreamContext, limits: LiveLimits) -> _Answer | None:
    picture = look.picture
    if picture is None or not is_drawn(picture, limits):
        return None
    reason = say(
        "画面是绘制的图形（测试图、台标或提示页）：{percent}%的像素与四周完全相同（实拍画面不超过{limit}%），不是教室实况。",
        percent=round(picture.drawn_share * 100), limit=round(limits.drawn_share * 100),
    )  # fmt: skip
    return Outcome.FAILED, Condition.TEST_CARD, reason, {}


def _find_repeat(look: StreamLook, context: StreamContext, limits: LiveLimits) -> _Answer | None:
    """The very same frames as on an earlier visit: exactly, whatever was played in between."""
    mine = {mark.pixels for mark in look.marks if not mark.flat}
    distinct = {mark.pixels for mark in look.marks}
    for earlier in context.earlier:
        theirs = {mark.pixels for mark in earlier.marks if not mark.flat}
        common = mine & theirs
        if not common:
            continue
        when = context.show_time(earlier.taken_at)
        more: dict[str, Measured] = {"same_frames": len(common), "same_as": when}
        if len(distinct) == 1 and len({mark.pixels for mark in earlier.marks}) == 1:
            reason = say("画面与{when}收到的完全相同，一个像素也没有变化，是静止的旧画面，不是实况。", when=when)
            snapshot = look.source_kind in ("snapshot", "onvif")
            return Outcome.FAILED, Condition.STALE_SNAPSHOT if snapshot else Condition.FROZEN, reason, more
        reason = say(
            "本次收到的画面中有{count}帧与{when}收到的完全相同：同一段录像在重复播放，不是实况。",
            count=len(common),
            when=when,
        )
        if len(common) >= limits.same_frames:
            return Outcome.FAILED, Condition.LOOPED, reason, more
        return Outcome.UNSURE, Condition.DOUBTFUL, reason, more
    return None


def _find_frozen(look: StreamLook, _context: StreamContext, limits: LiveLimits) -> _Answer | None:
    live = look.live
    if live is None or all(mark.flat for mark in look.marks):
        return None
    snapshot = look.source_kind in ("snapshot", "onvif")
    condition = Condition.STALE_SNAPSHOT if snapshot else Condition.FROZEN
    lasted, limit = live.identical_s, limits.identical_s
    if live.coded_apart or live.equal_keys_s > live.identical_s:
        lasted, limit = max(live.equal_keys_s, live.identical_s), limits.equal_snapshots_s
    if lasted >= limit:
        reason = say(
            "画面在{seconds}秒内一个像素也没有变化（实况画面每隔{limit}秒必有噪点变化），是静止的旧画面，不是实况。",
            seconds=f"{lasted:.1f}", limit=f"{limit:.0f}",
        )  # fmt: skip
        return Outcome.FAILED, condition, reason, {}
    if live.frames >= 2 and live.distinct == 1:
        reason = say(
            "收到的{frames}帧画面完全相同，但只看了{seconds}秒（认定静止需{limit}秒），不能认定。",
            frames=live.frames, seconds=f"{live.span_s:.1f}", limit=f"{limit:.0f}",
        )  # fmt: skip
        return Outcome.UNSURE, Condition.DOUBTFUL, reason, {}
    return None


def _find_standing(look: StreamLook, _context: StreamContext, limits: LiveLimits) -> _Answer | None:
    """Pictures come and their time stamps do not advance, or jump back. Doubt only: cheap cameras write none that hold."""
    live = look.live
    if live is None or live.stream_advance_s is None or len(look.marks) < 2:
        return None
    ours = (look.marks[-1].received_at - look.marks[0].received_at).total_seconds()
    if ours < limits.identical_s or live.stream_advance_s >= limits.stands_share * ours:
        return None
    reason = say(
        "{ours}秒内收到的画面，其自身的时间戳只前进了{stream}秒（应同步前进），可能是旧画面重放，请核实。",
        ours=f"{ours:.1f}", stream=f"{live.stream_advance_s:.1f}",
    )  # fmt: skip
    return (
        Outcome.UNSURE,
        Condition.DOUBTFUL,
        reason,
        {"stream_advance_s": live.stream_advance_s, "received_s": round(ours, 1)},
    )


def _find_stale(look: StreamLook, context: StreamContext, limits: LiveLimits) -> _Answer | None:
    """What the server itself says of a snapshot's age; by its own clock, so that a wrong one does no harm."""
    age = _read_age_s(look.headers)
    if age is None or age <= limits.stale_s:
        return None
    reason = say(
        "服务器自称这张快照生成于{minutes}分钟前（要求不超过{limit}分钟）；画面本身没有其他异常，请核实。",
        minutes=round(age / 60), limit=round(limits.stale_s / 60),
    )  # fmt: skip
    # Some cameras send the date of their firmware; words alone convict nobody.
    return Outcome.UNSURE, Condition.OK, reason, {"age_s": round(age), "asked_at": context.show_time(look.started_at)}


def _read_age_s(headers: dict[str, str]) -> float | None:
    ages = []
    if headers.get("age", "").strip().isdigit():
        ages.append(float(headers["age"]))
    sent, changed = _read_date(headers.get("date")), _read_date(headers.get("last-modified"))
    if sent is not None and changed is not None:
        ages.append((sent - changed).total_seconds())
    return max(ages, default=None)


def _read_date(text: str | None) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text) if text else None
    except ValueError:
        return None
    return moment if moment is not None and moment.tzinfo is not None else None


def _find_alike(look: StreamLook, context: StreamContext, limits: LiveLimits) -> _Answer | None:
    """Everybody moves as they moved before: the same minutes, coded anew. Never certain, as small copies show little."""
    for earlier in context.earlier:
        count, own, when = match_smalls(look.small, earlier.small)
        if count >= max(2, len(look.small) - 1) and own >= limits.alike_moves and when is not None:
            reason = say(
                "本次画面中人物的动作与{when}逐帧相同，可能是同一段录像重新播放，请核实。", when=context.show_time(when)
            )
            return (
                Outcome.UNSURE,
                Condition.DOUBTFUL,
                reason,
                {"alike_frames": count, "same_as": context.show_time(when)},
            )
    return None


_SIGNS: tuple[Callable[[StreamLook, StreamContext, LiveLimits], _Answer | None], ...] = (
    _find_card, _find_repeat, _find_frozen, _find_standing, _find_alike, _find_stale,
)  # fmt: skip


def _conclude_live(look: StreamLook, live: LiveReading, measured: dict[str, Measured], limits: LiveLimits) -> Finding:
    """Nothing speaks for a stored picture; does anything speak for a live one?"""
    found = partial(Finding, ID, profile=limits.name, measured=measured)
    if live.frames < 2:
        return found(Outcome.UNSURE, say("只收到一帧画面，不能判断是否实况；至少需要间隔数秒的两帧。"))
    if all(mark.flat for mark in look.marks):
        return found(Outcome.UNSURE, say("画面没有内容（全黑或全白），不能判断是否实况。"))
    if live.moving_share >= limits.moving_share:
        reason = say("{seconds}秒内画面中有物体移动，噪点正常，是实况画面。", seconds=f"{live.span_s:.1f}")
        return found(Outcome.PASSED, reason)
    if _clock_runs(look):
        return found(Outcome.PASSED, say("{seconds}秒内画面上的时钟在走，是实况画面。", seconds=f"{live.span_s:.1f}"))
    if live.coded_apart and live.noise >= limits.noise:
        reason = say(
            "两帧之间的噪点为{noise}级灰度（静止图片为0，要求不低于{limit}），是实况画面。",
            noise=f"{live.noise:.2f}", limit=f"{limits.noise:.1f}",
        )  # fmt: skip
        return found(Outcome.PASSED, reason)
    reason = say(
        "{seconds}秒内没有物体移动，也没有可读的时钟，静止的房间与静止的图片无法区分。", seconds=f"{live.span_s:.1f}"
    )
    return Finding(ID, Outcome.UNSURE, reason, limits.name, {**measured, "still": True})


def _clock_runs(look: StreamLook) -> bool:
    return len(look.clocks) >= 2 and look.clocks[-1].shown_at_local > look.clocks[0].shown_at_local
