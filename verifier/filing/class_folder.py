"""Read a whole class folder: what was promised and what was handed in, or every fault that stands against it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePosixPath
from zoneinfo import ZoneInfo

from verifier.filing.attachments import Known, read_leaves, read_sign_ins, read_submissions
from verifier.filing.class_toml import Filing, read_class_toml
from verifier.filing.entries import CLASS_TOML, check_entries, has_file
from verifier.filing.fault import Fault, FaultList
from verifier.filing.pictures import find_photos, find_portraits
from verifier.filing.remote import RECORDS_FOLDER, find_record_files
from verifier.filing.roster import read_roster
from verifier.filing.text_file import read_text_file
from verifier.filing.toml_lines import find_lines
from verifier.language import say
from verifier.plan import ClassFile, Session


@dataclass(frozen=True, slots=True)
class ClassFolder:
    """What was read from a class folder.

    Attributes:
        class_file: The class with what was handed in; None where any fault is an error.
        faults: Everything that is wrong, by file and line.
        files: Where the bytes of each photo, enrolment and teacher picture lie: SHA-256 → path.
    """

    class_file: ClassFile | None
    faults: tuple[Fault, ...]
    files: Mapping[str, Path]


def read_class_folder(folder: Path, timezone: str = "Asia/Shanghai") -> ClassFolder:
    """Read a class folder as ``docs`` and `write_template` describe it. Nothing in it is changed.

    Args:
        folder: The folder with class.toml in it.
        timezone: IANA zone in which its dates and clocks are meant.
    Raises:
        zoneinfo.ZoneInfoNotFoundError: there is no such zone.
    """
    zone, faults = ZoneInfo(timezone), FaultList()
    if not check_entries(folder, faults):
        return ClassFolder(None, faults.in_order(), {})
    filing = _read_filing(folder, timezone, faults)
    roster = read_roster(folder, faults)
    photos = find_photos(folder, faults)
    faces = find_portraits(folder, "faces", roster.numbers, say("学员"), faults)
    teachers = find_portraits(folder, "teachers", filing.teacher_numbers, say("教师"), faults)
    known = Known(roster.numbers, filing.session_ids, zone)
    remote = find_photos(folder, faults, RECORDS_FOLDER)
    records = find_record_files(filing.records, remote, faults)
    submissions = read_submissions(folder, photos, known, faults)
    sign_ins, leaves = read_sign_ins(folder, known, faults), read_leaves(folder, known, faults)
    if not photos:
        faults.warning("photos/", None, say("还没有任何照片。"), say("请把水印照片放进 photos/，可以分子文件夹。"))
    class_file = None
    if filing.training is not None and not faults.errors:
        class_file = ClassFile(
            training=replace(filing.training, students=roster.students),
            submissions=tuple(submissions),
            sign_ins=tuple(sign_ins),
            leaves=tuple(leaves),
            enrolment_photos=faces.digests,
            teacher_photos=teachers.digests,
            remote_records=records,
        )
    files = {found.sha256: found.path for found in (*teachers.files, *faces.files, *photos, *remote)}
    return ClassFolder(class_file, faults.in_order(), files)


def find_class_line(folder: Path, *key: str) -> int | None:
    """On which line of class.toml a key stands, for what is found wrong about it later; None where it does not."""
    text = read_text_file(folder / CLASS_TOML, CLASS_TOML, FaultList())
    return None if text is None else find_lines(text).get(key)


def session_from_name(file: str, sessions: Iterable[Session]) -> str | None:
    """The session that a photo's file or folder name holds the id of; None where it names none, or several.

    ``photos/2023-06-12-am/前.jpg`` and ``photos/front 2023-06-12-am.jpg`` both say ``2023-06-12-am``. The innermost name
    that says anything counts. An id is found as a whole word only: ``s1`` is not in ``s10.jpg``.
    """
    ids = [session.id for session in sessions]
    parts = PurePosixPath(file.replace("\\", "/")).parts
    for part in reversed(parts[1:] if parts[:1] == ("photos",) else parts):
        named = {session_id for session_id in ids if _holds_word(part, session_id)}
        # Where one id is part of another (am, 2023-06-12-am), the longer one is meant.
        named = {one for one in named if not any(one != other and _holds_word(other, one) for other in named)}
        if named:
            return named.pop() if len(named) == 1 else None
    return None


@lru_cache(maxsize=1024)  # a class's session ids are held against every file name
def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _holds_word(text: str, word: str) -> bool:
    text, word = _fold(text), _fold(word)
    return word in text and re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) is not None


def _read_filing(folder: Path, timezone: str, faults: FaultList) -> Filing:
    if not has_file(folder, CLASS_TOML):
        faults.error(
            CLASS_TOML,
            None,
            say("没有办班备案文件 class.toml。"),
            say("请用 verifier template 写出样例，填好后放进来。"),
        )
        return Filing(None, None, None)
    text = read_text_file(folder / CLASS_TOML, CLASS_TOML, faults)
    return Filing(None, None, None) if text is None else read_class_toml(text, timezone, faults)
