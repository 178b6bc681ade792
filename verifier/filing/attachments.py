"""Read photos.csv, signins.csv and leave.csv: what was declared beside the pictures."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from verifier.filing.entries import LEAVE_CSV, PHOTOS_CSV, SIGNINS_CSV, has_file, same_name
from verifier.filing.fault import FaultList
from verifier.filing.pictures import FoundFile
from verifier.filing.sheet import Column, Row, clean_number, fold, match_headings, parse_csv
from verifier.filing.text_file import read_text_file
from verifier.language import Sentence, say
from verifier.plan import CoordinateFrame, Leave, SignIn, Submission, View

_STUDENT = ("学号", "student_no", "学员编号", "学员号")
_SESSION = ("课次", "session", "课次编号", "session_id")
PHOTO_COLUMNS = (
    Column("file", ("文件", "file", "文件名", "照片", "filename"), required=True),
    Column("received_at", ("上传时间", "接收时间", "received_at", "收到时间", "提交时间")),
    Column("session", _SESSION),
    Column("view", ("视角", "拍摄位置", "view", "位置")),
)
SIGNIN_COLUMNS = (
    Column("student_no", _STUDENT, required=True),
    Column("signed_at", ("签到时间", "signed_at", "时间", "打卡时间"), required=True),
    Column("source", ("来源", "方式", "签到方式", "source")),
    Column("device", ("设备", "device", "设备号")),
    Column("longitude", ("经度", "longitude", "lon", "lng")),
    Column("latitude", ("纬度", "latitude", "lat")),
    Column("frame", ("坐标系", "frame")),
)
LEAVE_COLUMNS = (
    Column("student_no", _STUDENT, required=True),
    Column("session", _SESSION, required=True),
    Column("reason", ("原因", "请假原因", "事由", "reason")),
    Column("approved_by", ("批准人", "审批人", "approved_by")),
)
VIEWS = {
    View.FRONT: ("front", "前", "前面", "前方", "前侧", "前部", "教室前", "教室前面", "教室前方", "正面"),
    View.BACK: ("back", "后", "后面", "后方", "后侧", "后部", "教室后", "教室后面", "教室后方", "背面"),
}
_LOCAL_TIME = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class Known:
    """What the rows may refer to; None where it could not be read, and then nothing is said to be unknown."""

    student_numbers: Collection[str] | None
    session_ids: Collection[str] | None
    zone: ZoneInfo


def read_submissions(folder: Path, photos: Sequence[FoundFile], known: Known, faults: FaultList) -> list[Submission]:
    """Each photo with what photos.csv declares about it; a photo that is not listed is declared nothing about."""
    plain = {same_name(photo.file): Submission(photo.file, photo.sha256, photo.size_bytes) for photo in photos}
    declared_on: dict[str, int] = {}
    for row in _read_rows(folder, PHOTOS_CSV, PHOTO_COLUMNS, faults):
        name = _find_photo(row["file"], plain)
        received_at = _read_time(row, "received_at", say("上传时间"), PHOTOS_CSV, known.zone, faults)
        session = _read_session(row, PHOTOS_CSV, known, faults)
        view = _read_view(row, faults)
        if name is None:
            faults.error(
                PHOTOS_CSV,
                row.line,
                say("photos/ 里没有文件 {file}。", file=row["file"] or "—"),
                say("请放入照片，或改正文件名（相对于 photos/ 的路径，含扩展名）。"),
            )
        elif name in declared_on:
            faults.error(
                PHOTOS_CSV,
                row.line,
                say(
                    "照片 {file} 重复：第 {first} 行和第 {second} 行。",
                    file=name,
                    first=declared_on[name],
                    second=row.line,
                ),
                say("请只保留一行。"),
            )
        else:
            declared_on[name] = row.line
            plain[name] = replace(plain[name], received_at=received_at, session_id=session, view=view)
    return list(plain.values())


def read_sign_ins(folder: Path, known: Known, faults: FaultList) -> list[SignIn]:
    """The sign-ins in the file's order; the same line twice counts once."""
    sign_ins: dict[SignIn, int] = {}
    for row in _read_rows(folder, SIGNINS_CSV, SIGNIN_COLUMNS, faults):
        student = _read_student(row, SIGNINS_CSV, known, faults)
        signed_at = _read_time(row, "signed_at", say("签到时间"), SIGNINS_CSV, known.zone, faults, required=True)
        place = _read_place(row, faults)
        frame = _read_frame(row, faults)
        if student is None or signed_at is None or place is None or frame is None:
            continue
        sign_in = SignIn(student, signed_at, row["source"], row["device"], *place, frame)
        if sign_in in sign_ins:
            _warn_twice(SIGNINS_CSV, row.line, sign_ins[sign_in], faults)
        sign_ins.setdefault(sign_in, row.line)
    return list(sign_ins)


def read_leaves(folder: Path, known: Known, faults: FaultList) -> list[Leave]:
    """The approved absences in the file's order, one for each student and session."""
    leaves: dict[tuple[str, str], Leave] = {}
    lines: dict[tuple[str, str], int] = {}
    for row in _read_rows(folder, LEAVE_CSV, LEAVE_COLUMNS, faults):
        student = _read_student(row, LEAVE_CSV, known, faults)
        session = _read_session(row, LEAVE_CSV, known, faults, required=True)
        if not row["approved_by"]:
            faults.warning(LEAVE_CSV, row.line, say("请假没有写批准人。"), say("请填写批准人。"))
        if student is None or session is None:
            continue
        if (student, session) in leaves:
            _warn_twice(LEAVE_CSV, row.line, lines[student, session], faults)
        leaves.setdefault((student, session), Leave(student, session, row["reason"], row["approved_by"]))
        lines.setdefault((student, session), row.line)
    return list(leaves.values())


def parse_time(text: str, zone: ZoneInfo) -> datetime | None:
    """A moment as people and machines write it: RFC 3339, or a local ``2023-06-12 08:21[:30]``; None for anything else.

    Args:
        zone: Where a time without an offset was read off the clock.
    """
    text = unicodedata.normalize("NFKC", text).strip()
    try:
        if local := _LOCAL_TIME.fullmatch(text):
            year, month, day, hour, minute, second = (int(part or 0) for part in local.groups())
            return datetime(year, month, day, hour, minute, second, tzinfo=zone)
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    # An ISO date alone, or week dates, are no moment that anybody meant.
    return moment if moment.tzinfo is not None and ":" in text else None


def _read_rows(folder: Path, file: str, columns: Sequence[Column], faults: FaultList) -> list[Row]:
    if not has_file(folder, file):
        return []
    text = read_text_file(folder / file, file, faults)
    raw = None if text is None else parse_csv(text, file, faults)
    return (match_headings(raw, columns, file, faults) or []) if raw is not None else []


def _find_photo(declared: str, photos: Mapping[str, Submission]) -> str | None:
    """The photo a declaration means: with or without ``photos/`` in front, with either slash."""
    name = same_name(declared.replace("\\", "/").removeprefix("./"))
    for candidate in (name, f"photos/{name}"):
        if candidate in photos and ".." not in PurePosixPath(candidate).parts:
            return candidate
    return None


def _read_time(
    row: Row, field: str, heading: Sentence, file: str, zone: ZoneInfo, faults: FaultList, *, required: bool = False
) -> datetime | None:
    if not row[field] and not required:
        return None
    moment = parse_time(row[field], zone)
    if moment is None:
        faults.error(
            file,
            row.line,
            say("{heading}“{seen}”不是完整的日期和时间。", heading=heading, seen=row[field]),
            say("请写成 2023-06-12 08:21:30，或带时区的 2023-06-12T08:21:30+08:00。"),
        )
    return moment


def _read_student(row: Row, file: str, known: Known, faults: FaultList) -> str | None:
    number = clean_number(row["student_no"])
    if not number:
        faults.error(
            file, row.line, say("{heading}是空的。", heading=say("学号")), say("请填写{heading}。", heading=say("学号"))
        )
        return None
    if known.student_numbers is not None and number not in known.student_numbers:
        faults.error(
            file,
            row.line,
            say("学号 {number} 不在花名册上。", number=number),
            say("请改正学号（注意开头的 0），或把学员补进花名册。"),
        )
        return None
    return number


def _read_session(row: Row, file: str, known: Known, faults: FaultList, *, required: bool = False) -> str | None:
    session = row["session"]
    if not session:
        if required:
            faults.error(
                file,
                row.line,
                say("{heading}是空的。", heading=say("课次")),
                say("请填写{heading}。", heading=say("课次")),
            )
        return None
    if known.session_ids is not None and session not in known.session_ids:
        faults.error(
            file,
            row.line,
            say("课次 {session} 不在 class.toml 中。", session=session),
            say("请改为 [[session]] 中的 id：{known}。", known=_some(known.session_ids)),
        )
        return None
    return session


def _read_view(row: Row, faults: FaultList) -> View | None:
    folded = fold(row["view"])
    for view, words in VIEWS.items():
        if folded in words:
            return view
    if folded:
        faults.error(
            PHOTOS_CSV,
            row.line,
            say("拍摄位置“{seen}”不认识。", seen=row["view"]),
            say("请写 front（前）或 back（后），不清楚就留空。"),
        )
    return None


def _read_place(row: Row, faults: FaultList) -> tuple[float | None, float | None] | None:
    """Longitude and latitude in degrees, both None where there are none; None as a whole for unsound ones."""
    if not row["longitude"] and not row["latitude"]:
        return None, None
    problem: Sentence | None = None
    try:
        longitude, latitude = (float(unicodedata.normalize("NFKC", row[name])) for name in ("longitude", "latitude"))
    except ValueError:
        problem = say(
            "经纬度“{longitude}，{latitude}”不是两个数字。", longitude=row["longitude"], latitude=row["latitude"]
        )
    else:
        # Written so that NaN, of which every comparison is false, is refused too.
        if not (-180 <= longitude <= 180 and -90 <= latitude <= 90):
            problem = say("经度 {longitude}、纬度 {latitude} 超出范围。", longitude=longitude, latitude=latitude)
    if problem is None:
        return longitude, latitude
    faults.error(SIGNINS_CSV, row.line, problem, say("请写成十进制度数，经度和纬度不要写反；没有就都留空。"))
    return None


def _read_frame(row: Row, faults: FaultList) -> CoordinateFrame | None:
    folded = fold(row["frame"])
    if not folded:
        return CoordinateFrame.GCJ02
    for frame in CoordinateFrame:
        if folded == frame.value:
            return frame
    faults.error(
        SIGNINS_CSV,
        row.line,
        say("坐标系“{seen}”不认识。", seen=row["frame"]),
        say("请改为下列之一：{choices}。", choices="、".join(frame.value for frame in CoordinateFrame)),
    )
    return None


def _warn_twice(file: str, line: int, first: int, faults: FaultList) -> None:
    faults.warning(
        file,
        line,
        say("与第 {first} 行相同，只算一次。", first=first),
        say("请删去重复的一行。"),
    )


def _some(ids: Collection[str]) -> str:
    shown = sorted(ids)
    return "、".join(shown[:8]) + ("…" if len(shown) > 8 else "")
