"""Read the sessions of a class: ends before starts, overlaps, hours that do not add up."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from verifier.filing.table import Table
from verifier.filing.venue import read_venue
from verifier.language import say
from verifier.plan import STANDARD_HOUR_MINUTES, Period, Session, SessionKind, SessionMode, Venue

# An evening lesson that ends after midnight is odd but happens; longer than this the end is a typing mistake.
MAX_EVENING_PAST_MIDNIGHT = timedelta(hours=6)
MAX_SESSION_HOURS = 24.0
# When a session of a period begins, generously: to notice a wrong word, not to judge a timetable.
PERIOD_BEGINS = {
    Period.MORNING: (time(5), time(13)),
    Period.AFTERNOON: (time(11), time(19)),
    Period.EVENING: (time(16), time(23, 59, 59)),
}


def read_session(
    table: Table, venue: Venue | None, teachers: Collection[str], cameras: Collection[str], zone: ZoneInfo
) -> tuple[str | None, Session | None]:
    """Read one ``[[session]]``.

    Args:
        venue: The class's own place, for sessions that file none of their own.
        teachers, cameras: The numbers and ids that are filed.
    Returns: its id, where it has one, and the session, unless something in it is an error.
    """
    session_id = table.read_text("id", "2023-06-12-am")
    day = table.read_date("date")
    period = table.read_choice("period", Period)
    starts, ends = table.read_clock("starts", "08:30:00"), table.read_clock("ends", "11:50:00")
    hours = table.read_number("hours", "4", low=0, high=MAX_SESSION_HOURS, above=True)
    kind = table.read_choice("kind", SessionKind, default=SessionKind.THEORY)
    mode = table.read_choice("mode", SessionMode, default=SessionMode.CLASSROOM)
    teacher = table.read_text("teacher", "T01", required=False) or None
    camera = table.read_text("camera", "cam-203", required=False) or None
    own_venue = table.read_table("venue", required=False)
    held_at = read_venue(own_venue) if own_venue else None if table.has("venue") else venue
    table.finish()

    known = _check_known(table, teacher, teachers, camera, cameras)
    window = _place_in_time(table, day, period, starts, ends, zone)
    if window and hours is not None:
        _check_hours_fit(table, hours, *window)
    if (
        session_id is None
        or day is None
        or period is None
        or window is None
        or hours is None
        or kind is None
        or mode is None
        or held_at is None
        or not known
    ):
        return session_id, None
    session = Session(session_id, day, period, *window, hours, held_at, teacher, kind, mode, camera)
    return session_id, session


def check_timetable(tables: Sequence[Table], sessions: Sequence[Session | None]) -> None:
    """Warn of sessions of the class that overlap; both sequences are in the file's order."""
    placed = sorted(
        ((session, table) for session, table in zip(sessions, tables, strict=True) if session),
        key=lambda pair: pair[0].starts_at,
    )
    for (earlier, _), (later, table) in pairwise(placed):
        if later.starts_at < earlier.ends_at:
            table.warning(
                "starts",
                say(
                    "课次 {later} 从 {starts} 开始，而课次 {earlier} 到 {ends} 才结束，时间重叠。",
                    later=later.id,
                    starts=f"{later.starts_at:%Y-%m-%d %H:%M}",
                    earlier=earlier.id,
                    ends=f"{earlier.ends_at:%Y-%m-%d %H:%M}",
                ),
                say("请核对两个课次的日期和时间。"),
            )


def _check_known(
    table: Table, teacher: str | None, teachers: Collection[str], camera: str | None, cameras: Collection[str]
) -> bool:
    if teacher is None:
        table.warning(
            None,
            say("{table} 没有写授课教师。", table=table.name),
            say('请加上 teacher = "教师编号"，否则无法核对教师是否到场。'),
        )
    elif teacher not in teachers:
        table.error(
            "teacher",
            say("授课教师 {teacher} 没有备案。", teacher=teacher),
            say(
                "请加上编号为 {teacher} 的 [[teacher]]，或改为已备案的编号：{known}。",
                teacher=teacher,
                known=_list(teachers),
            ),
        )
    if camera is not None and camera not in cameras:
        table.error(
            "camera",
            say("摄像头 {camera} 没有登记。", camera=camera),
            say("请加上 id 为 {camera} 的 [[camera]]，或改为已登记的：{known}。", camera=camera, known=_list(cameras)),
        )
    return (teacher is None or teacher in teachers) and (camera is None or camera in cameras)


def _place_in_time(
    table: Table, day: date | None, period: Period | None, starts: time | None, ends: time | None, zone: ZoneInfo
) -> tuple[datetime, datetime] | None:
    """The session's window; an evening may run a little past midnight."""
    if day is None or starts is None or ends is None:
        return None
    starts_at, ends_at = datetime.combine(day, starts, zone), datetime.combine(day, ends, zone)
    if ends_at <= starts_at:
        ends_at += timedelta(days=1)
        short = ends_at - starts_at <= MAX_EVENING_PAST_MIDNIGHT
        if period is not Period.EVENING or not short:
            table.error(
                "ends",
                say("结束时间 {ends} 不晚于开始时间 {starts}。", ends=f"{ends:%H:%M}", starts=f"{starts:%H:%M}"),
                say("请改正时间；只有不超过 6 小时的晚上课次可以在次日结束。"),
            )
            return None
        table.warning(
            "ends",
            say(
                "晚上课次从 {starts} 到 {ends}，跨过了午夜，按次日结束处理。",
                starts=f"{starts_at:%Y-%m-%d %H:%M}",
                ends=f"{ends_at:%Y-%m-%d %H:%M}",
            ),
            say("请确认结束时间没有写错。"),
        )
    if period is not None and not PERIOD_BEGINS[period][0] <= starts <= PERIOD_BEGINS[period][1]:
        table.warning(
            "period",
            say("课次从 {starts} 开始，但 period 写的是 {period}。", starts=f"{starts:%H:%M}", period=period.value),
            say("请核对：morning 上午、afternoon 下午、evening 晚上。"),
        )
    return starts_at, ends_at


def _check_hours_fit(table: Table, hours: float, starts_at: datetime, ends_at: datetime) -> None:
    wanted, there = hours * STANDARD_HOUR_MINUTES, (ends_at - starts_at).total_seconds() / 60
    if wanted > there:
        table.warning(
            "hours",
            say(
                "{hours} 个标准学时需要 {wanted} 分钟，而 {starts} 到 {ends} 只有 {there} 分钟。",
                hours=f"{hours:g}",
                wanted=f"{wanted:g}",
                starts=f"{starts_at:%H:%M}",
                ends=f"{ends_at:%H:%M}",
                there=f"{there:g}",
            ),
            say("请核对学时和起止时间；一个标准学时为 {minutes} 分钟。", minutes=STANDARD_HOUR_MINUTES),
        )


def _list(known: Collection[str]) -> str:
    return "、".join(sorted(known)) or "—"
