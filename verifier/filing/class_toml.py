"""Read class.toml, the filing (办班备案), into plan values."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, TypeVar
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from verifier.filing.entries import CLASS_TOML
from verifier.filing.fault import FaultList
from verifier.filing.remote import read_record, read_sign_in_device
from verifier.filing.table import Table
from verifier.filing.timetable import check_timetable, read_session
from verifier.filing.toml_lines import find_error_line, find_lines
from verifier.filing.venue import read_venue
from verifier.language import say
from verifier.plan import Agency, Camera, FilingChange, ProjectType, RemoteRecord, Session, Teacher, TrainingClass

CAMERA_SCHEMES = {"rtsp", "rtsps", "http", "https", "file", ""}
MAX_HOURS = 10_000.0
# People write 08:30; TOML before 1.1 wants 08:30:00, and its parser would stop at the first one.
_CLOCK_WITHOUT_SECONDS = re.compile(r"^(\s*(?:starts|ends)\s*=\s*\d\d:\d\d)(?=\s*(?:#.*)?$)", re.MULTILINE)
# Passwords hide in a camera's address in more places than before the @.
_SECRET_IN_URL = re.compile(r"(?i)(?:user(?:name)?|usr|pass(?:word|wd)?|pwd|token|auth|secret)\s*=")
_SOCIAL_CREDIT_CODE = re.compile(r"[0-9A-Z]{18}")  # GB 32100-2015; its check character is the registry's business


Value = TypeVar("Value")


class ChangeKind(StrEnum):
    """What a filed change is about; `FilingChange.what`."""

    TIME = "time"
    PLACE = "place"
    TEACHER = "teacher"
    PLAN = "plan"


@dataclass(frozen=True, slots=True)
class Filing:
    """What class.toml says.

    `training` (still without students) is None, or lacks parts, where something is an error. The ids and numbers are
    those that could be read, for checking the other files against; None where the file could not be parsed at all.
    """

    training: TrainingClass | None
    session_ids: frozenset[str] | None
    teacher_numbers: frozenset[str] | None
    records: tuple[RemoteRecord, ...] = ()  # without their files' digests


def read_class_toml(text: str, timezone: str, faults: FaultList) -> Filing:
    """Read the text of class.toml, noting every fault.

    Raises:
        KeyError, ValueError: `timezone` is no IANA zone, e.g. ``zoneinfo.ZoneInfoNotFoundError``.
    """
    zone = ZoneInfo(timezone)
    text = _CLOCK_WITHOUT_SECONDS.sub(r"\1:00", text)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        faults.error(
            CLASS_TOML,
            find_error_line(error, text),
            say("不符合 TOML 格式：{error}。", error=str(error)),
            say("请改正这一行：文字加引号，日期如 2023-06-12，时刻如 08:30:00，每个键只写一次。"),
        )
        return Filing(None, None, None)
    return _read_root(Table(values, (), find_lines(text), faults), timezone, zone)


def read_class_values(values: Mapping[str, Any], timezone: str, faults: FaultList) -> Filing:
    """Read what class.toml would hold out of plain values, as a program sends them; faults then have no lines.

    Raises:
        KeyError, ValueError: `timezone` is no IANA zone, e.g. ``zoneinfo.ZoneInfoNotFoundError``.
    """
    return _read_root(Table(values, (), {}, faults), timezone, ZoneInfo(timezone))


def _read_root(root: Table, timezone: str, zone: ZoneInfo) -> Filing:
    agency_table, class_table = root.read_table("agency", required=True), root.read_table("class", required=True)
    venue_table = root.read_table("venue", required=True)
    agency = _read_agency(agency_table) if agency_table else None
    venue = read_venue(venue_table) if venue_table else None
    teachers, numbers = _read_unique(root.read_tables("teacher"), "number", _read_teacher)
    cameras, camera_ids = _read_unique(root.read_tables("camera"), "id", _read_camera)
    if not root.has("teacher"):
        root.warning(None, say("没有备案任何授课教师。"), say("请为每位教师加一节 [[teacher]]，写明 number 和 name。"))

    session_tables = root.read_tables("session")
    sessions, session_ids = _read_unique(
        session_tables, "id", lambda table: read_session(table, venue, numbers, camera_ids, zone)
    )
    check_timetable(session_tables, sessions)
    if not root.values.get("session", []):
        root.error(
            None,
            say("没有任何课次。"),
            say("请为每个半天加一节 [[session]]，写明 id、date、period、starts、ends、hours。"),
        )
    changes = [_read_change(table, session_ids) for table in root.read_tables("change")]
    devices, _ = _read_unique(root.read_tables("signin_device"), "id", read_sign_in_device)
    records = tuple(filter(None, (read_record(table, session_ids) for table in root.read_tables("record"))))
    details = _read_class(class_table, sessions) if class_table else None
    root.finish()
    if agency is None or venue is None or details is None:
        return Filing(None, session_ids, numbers)
    training = TrainingClass(
        **details,
        agency=agency,
        venue=venue,
        timezone=timezone,
        teachers=tuple(filter(None, teachers)),
        sessions=tuple(filter(None, sessions)),
        cameras=tuple(filter(None, cameras)),
        changes=tuple(filter(None, changes)),
        shared_devices=tuple(filter(None, devices)),
    )
    return Filing(training, session_ids, numbers, records)


def _read_unique(
    tables: Sequence[Table], key: str, read: Callable[[Table], tuple[str | None, Value | None]]
) -> tuple[list[Value | None], frozenset[str]]:
    """Read repeated tables whose `key` must differ: the values in the file's order, and the keys that could be read."""
    values, first_lines = [], dict[str, int | None]()
    for table in tables:
        name, value = read(table)
        values.append(value)
        if name is None:
            continue
        if name in first_lines:
            table.error(
                key,
                say("{table} 的 {key} {name} 重复了。", table=table.name, key=key, name=name),
                say("第 {line} 行已经用过 {name}，请改为不同的 {key}。", line=first_lines[name], name=name, key=key),
            )
        first_lines.setdefault(name, table.line(key))
    return values, frozenset(first_lines)


def _read_agency(table: Table) -> Agency | None:
    name, code = table.read_text("name", "益阳市示范职业培训学校"), table.read_text("code", "52430900MJJ000001X")
    table.finish()
    if code is not None and not _SOCIAL_CREDIT_CODE.fullmatch(code):
        table.warning(
            "code",
            say("统一社会信用代码 {code} 不是 18 位数字或大写字母。", code=code),
            say("请按营业执照或登记证书核对。"),
        )
    return None if name is None or code is None else Agency(name, code)


def _read_class(table: Table, sessions: Sequence[Session | None]) -> dict[str, Any] | None:
    """The fields of TrainingClass that stand in ``[class]``; None where a required one is an error."""
    required = {
        "number": table.read_text("number", "YY-2023-0071"),
        "project_type": table.read_choice("project_type", ProjectType),
        "occupation": table.read_text("occupation", "中式面点师"),
        "term": table.read_whole("term", "3", low=1, high=10_000),
        "planned_hours": table.read_number("planned_hours", "80", low=0, high=MAX_HOURS, above=True),
    }
    optional = {
        "level": table.read_text("level", "初级", required=False) or "",
        "supervisor": table.read_text("supervisor", "李老师", required=False) or "",
        "filed_on": table.read_date("filed_on", required=False),
        "approved_on": table.read_date("approved_on", required=False),
    }
    table.finish()
    sound = [session for session in sessions if session]
    _check_dates(table, optional["filed_on"], optional["approved_on"], sound)
    if len(sound) == len(sessions):  # a sum without the faulty ones would be one more fault that is none
        _check_hours(table, required["planned_hours"], sound)
    return None if None in required.values() else required | optional


def _check_dates(table: Table, filed_on: Any, approved_on: Any, sessions: Sequence[Session]) -> None:
    """Warn of an odd order of days; what follows from it is for the law to say, not for the reader."""
    for key, word in (("filed_on", say("备案日期")), ("approved_on", say("批准日期"))):
        if not table.has(key):
            table.warning(
                None,
                say("没有写{word} {key}，按没有{word}处理。", word=word, key=key),
                say("如已办理，请加一行，例如 {key} = 2023-06-12。", key=key),
            )
    if filed_on and approved_on and approved_on < filed_on:
        table.warning(
            "approved_on",
            say("批准日期 {approved} 早于备案日期 {filed}。", approved=str(approved_on), filed=str(filed_on)),
            say("请核对两个日期。"),
        )
    first = min((session.day for session in sessions), default=None)
    for key, word, day in (("filed_on", say("备案日期"), filed_on), ("approved_on", say("批准日期"), approved_on)):
        if day and first and day > first:
            table.warning(
                key,
                say("{word} {day} 晚于第一次课 {first}。", word=word, day=str(day), first=str(first)),
                say("请核对日期。"),
            )


def _check_hours(table: Table, planned_hours: Any, sessions: Sequence[Session]) -> None:
    total = sum(session.hours for session in sessions)
    if planned_hours is not None and sessions and abs(total - planned_hours) > 1e-6:
        table.warning(
            "planned_hours",
            say("计划学时为 {planned}，而各课次学时之和为 {total}。", planned=f"{planned_hours:g}", total=f"{total:g}"),
            say("请核对 planned_hours 和每个课次的 hours。"),
        )


def _read_teacher(table: Table) -> tuple[str | None, Teacher | None]:
    number, name = table.read_text("number", "T01"), table.read_text("name", "王老师")
    table.finish()
    return number, None if number is None or name is None else Teacher(number, name)


def _read_camera(table: Table) -> tuple[str | None, Camera | None]:
    camera_id, url = table.read_text("id", "cam-203"), table.read_text("url", "rtsp://192.168.1.20/stream1")
    table.finish()
    if url is not None and not _is_address(table, url):
        url = None
    return camera_id, None if camera_id is None or url is None else Camera(camera_id, url)


def _is_address(table: Table, url: str) -> bool:
    """Whether a camera's address can be used. No part of it is ever shown: it may hold a password."""
    try:
        parts = urlsplit(url)
    except ValueError:
        table.error("url", say("摄像头地址不成立。"), say('请写成 url = "rtsp://主机:端口/路径"。'))
        return False
    if "@" in parts.netloc or _SECRET_IN_URL.search(url):
        table.error(
            "url",
            say("摄像头地址里含有用户名或密码。"),
            say("请从 class.toml 中删去，改在服务器的密钥设置中登记；已经写过的密码请更换。"),
        )
        return False
    if parts.scheme not in CAMERA_SCHEMES:
        table.error(
            "url",
            say("摄像头地址的协议不受支持。"),
            say(
                "请使用 {schemes} 或文件路径。",
                schemes="、".join(f"{name}://" for name in sorted(CAMERA_SCHEMES) if name),
            ),
        )
        return False
    return True


def _read_change(table: Table, session_ids: frozenset[str]) -> FilingChange | None:
    filed_on, takes_effect_on = table.read_date("filed_on"), table.read_date("takes_effect_on")
    approved_on = table.read_date("approved_on", required=False)
    what = table.read_choice("what", ChangeKind)
    sessions = table.read_texts("sessions", '["2023-06-12-am"]')
    detail = table.read_text("detail", "改由李老师授课", required=False) or ""
    table.finish()
    for unknown in sorted(set(sessions) - session_ids):
        table.error(
            "sessions",
            say("变更所指的课次 {session} 不存在。", session=unknown),
            say("请改为 [[session]] 中已有的 id，或补上该课次；整班变更可不写 sessions。"),
        )
    if filed_on is None or takes_effect_on is None or what is None:
        return None
    if takes_effect_on < filed_on:
        table.warning(
            "takes_effect_on",
            say("变更生效日期 {effect} 早于备案日期 {filed}。", effect=str(takes_effect_on), filed=str(filed_on)),
            say("请核对两个日期。"),
        )
    return FilingChange(filed_on, what.value, takes_effect_on, approved_on, sessions, detail)
