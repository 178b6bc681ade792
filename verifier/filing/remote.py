"""Read ``[[signin_device]]`` and ``[[record]]``: common sign-in terminals, and what online and mobile sessions leave (7(3), 10)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from verifier.filing.entries import same_name
from verifier.filing.fault import FaultList
from verifier.filing.pictures import FoundFile
from verifier.filing.table import Table
from verifier.language import say
from verifier.plan import RemoteKind, RemoteRecord

RECORDS_FOLDER = "records"
LINK_SCHEMES = {"http", "https"}


def read_sign_in_device(table: Table) -> tuple[str | None, str | None]:
    """Read one ``[[signin_device]]``: its id, twice, where it is a common terminal; one that is not shared changes nothing."""
    device = table.read_text("id", "terminal-203")
    shared = table.read_flag("shared", default=True)
    table.read_text("name", "一楼前台签到机", required=False)
    table.finish()
    return device, device if shared else None


def read_record(table: Table, session_ids: Collection[str]) -> RemoteRecord | None:
    """Read one ``[[record]]``; its bytes are looked for later, by `find_record_files`."""
    session = table.read_text("session", "2023-06-12-am")
    kind = table.read_choice("kind", RemoteKind)
    platform = table.read_text("platform", "湖南省职业培训在线平台", required=False) or ""
    file = table.read_text("file", "records/2023-06-12-am.mp4", required=False) or ""
    link = table.read_text("link", "https://…", required=False) or ""
    table.finish()
    if session is not None and session not in session_ids:
        table.error(
            "session",
            say("截屏或录像所属的课次 {session} 不存在。", session=session),
            say("请改为 [[session]] 中已有的 id。"),
        )
        return None
    if not file and not link:
        table.error(
            None,
            say("{table} 没有写文件，也没有写回看链接。", table=table.name),
            say('请加上 file = "records/…" 或 link = "https://…"。'),
        )
        return None
    if link and urlsplit(link).scheme not in LINK_SCHEMES:
        table.error("link", say("回看链接不是网址。"), say("请以 https:// 开头。"))
        return None
    if session is None or kind is None:
        return None
    return RemoteRecord(session, kind, platform, file=file, link=link)


def find_record_files(
    records: Sequence[RemoteRecord], files: Sequence[FoundFile], faults: FaultList
) -> tuple[RemoteRecord, ...]:
    """The records with the digests of their files; a file that is named and not there is an error."""
    by_name = {same_name(found.file): found for found in files}
    named, complete = set(), []
    for record in records:
        if not record.file:
            complete.append(record)
            continue
        name = same_name(record.file)
        found = by_name.get(name) or by_name.get(f"{RECORDS_FOLDER}/{name}")
        if found is None:
            faults.error(
                record.file,
                None,
                say("[[record]] 所写的文件不在 {folder}/ 里。", folder=RECORDS_FOLDER),
                say("请放入文件，或改正文件名。"),
            )
            continue
        named.add(found.file)
        complete.append(replace(record, file=found.file, sha256=found.sha256, size_bytes=found.size_bytes))
    for found in files:
        if found.file not in named:
            faults.warning(
                found.file,
                None,
                say("没有 [[record]] 提到这个文件，未读取。"),
                say("请在 class.toml 中加一节 [[record]]，写明 session、kind 和 file。"),
            )
    return tuple(complete)
