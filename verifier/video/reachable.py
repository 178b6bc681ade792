"""Did the camera give a picture when we asked?

Looks at:         the fault that the reader reported, and whether other agencies' cameras answered in the same round.
Why it matters:   Art. 7(2): the remote camera is switched on during the class.
Cannot tell when: nothing answered and nobody else was asked: that may be our own network.
Can be fooled by: a gateway that answers for a dead camera; `live` looks at that.
"""

from __future__ import annotations

from functools import partial

from verifier.camera_health import Condition
from verifier.finding import Finding, Outcome
from verifier.language import Sentence, say
from verifier.video.context import Seen, StreamContext
from verifier.video.frames import GrabFault

ID = "stream.reachable"
PROFILE = "stream-reachable-2026"

# Nothing came back from the other end: its network or ours. Everything else is an answer.
SILENT = frozenset({GrabFault.TIMEOUT, GrabFault.DNS, GrabFault.UNREACHABLE})
# No connection was made, so our own firewall may have answered as well.
NETWORK = SILENT | {GrabFault.REFUSED}
NO_PICTURE = frozenset({GrabFault.NO_PICTURE, GrabFault.DECODE_ERROR})


def name_fault(fault: GrabFault) -> Sentence:
    """A fault as people say it."""
    return {
        GrabFault.REFUSED: say("连接被拒绝（该地址没有开启视频服务）"),
        GrabFault.UNREACHABLE: say("网络不可达"),
        GrabFault.DNS: say("域名无法解析"),
        GrabFault.TLS: say("加密连接失败（证书无效或不支持）"),
        GrabFault.TIMEOUT: say("在限定时间内没有应答"),
        GrabFault.UNAUTHORIZED: say("用户名或密码不正确"),
        GrabFault.NOT_FOUND: say("地址不存在（404）"),
        GrabFault.UNAVAILABLE: say("设备或平台答复暂不可用"),
        GrabFault.NO_PICTURE: say("有应答，但不是图像"),
        GrabFault.DECODE_ERROR: say("图像数据损坏，无法解码"),
        GrabFault.STALLED: say("画面传输中途停止"),
        GrabFault.DROPPED: say("连接中途断开"),
        GrabFault.UNSUPPORTED: say("不支持这种地址"),
        GrabFault.NO_SECRET: say("系统未保存该摄像头的密码"),
        GrabFault.OUR_SIDE: say("系统读取程序出错"),
    }[fault]


def check(seen: Seen, context: StreamContext) -> Finding:
    """Judge whether pictures came. One that breaks off after it began is UNSURE: something was shown."""
    look = seen.look
    fault = look.fault
    measured = {
        "condition": Condition.OK.value if fault is None else Condition.OFFLINE.value,
        "fault": fault.value if fault else "",
        "source": look.source_kind,
        "frames": len(look.marks),
        "seconds": round((look.ended_at - look.started_at).total_seconds(), 1),
    }
    found = partial(Finding, ID, profile=PROFILE)
    at = context.show_time(look.started_at)
    if fault is None:
        return found(
            Outcome.PASSED,
            say("{at}连接摄像头，收到{frames}帧画面。", at=at, frames=len(look.marks)),
            measured=measured,
        )
    what = name_fault(fault)
    if fault.is_ours:
        measured["condition"] = Condition.NOT_RUN.value
        reason = say("{at}未能查看：{fault}。这是系统方面的问题，不是培训机构的责任。", at=at, fault=what)
        return found(Outcome.NOT_RUN, reason, measured=measured)
    if look.has_picture:
        reason = say(
            "{at}收到{frames}帧画面后，{fault}；要求上课期间画面持续。", at=at, frames=len(look.marks), fault=what
        )
        measured["condition"] = Condition.OK.value
        return found(Outcome.UNSURE, reason, measured=measured)
    if fault in NETWORK and context.others_answered is False:
        measured["condition"] = Condition.NOT_RUN.value
        reason = say(
            "{at}查看时{fault}，但同一轮中其他机构的摄像头也全部无法连接，应为系统网络中断，不计入该机构。",
            at=at,
            fault=what,
        )
        return found(Outcome.NOT_RUN, reason, measured=measured)
    if fault in SILENT and context.others_answered is None:
        measured["condition"] = Condition.DOUBTFUL.value
        reason = say(
            "{at}查看时{fault}；没有其他摄像头可以对照，不能区分是摄像头还是系统网络的问题。", at=at, fault=what
        )
        return found(Outcome.UNSURE, reason, measured=measured)
    if fault in NO_PICTURE:
        measured["condition"] = Condition.NO_PICTURE.value
    reason = say("{at}无法看到摄像头画面：{fault}；要求上课期间摄像头开启并可远程查看。", at=at, fault=what)
    return found(Outcome.FAILED, reason, measured=measured)
