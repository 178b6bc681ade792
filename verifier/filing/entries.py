"""What may stand in a class folder, under which names; nothing outside the folder is ever read through it."""

from __future__ import annotations

import difflib
import os
import unicodedata
from pathlib import Path

from verifier.filing.fault import FaultList
from verifier.language import say

CLASS_TOML = "class.toml"
ROSTER_CSV, ROSTER_XLSX = "roster.csv", "roster.xlsx"
PHOTOS_CSV, SIGNINS_CSV, LEAVE_CSV = "photos.csv", "signins.csv", "leave.csv"
README = "说明.txt"  # the template's; read by people only
FILES = (CLASS_TOML, ROSTER_CSV, ROSTER_XLSX, PHOTOS_CSV, SIGNINS_CSV, LEAVE_CSV, README)
FOLDERS = ("faces", "teachers", "photos")
OPTIONAL_FOLDERS = ("records",)  # of online and mobile sessions only
_WRITTEN_UNASKED = {"thumbs.db", "desktop.ini", "__macosx"}  # by Windows and macOS


def check_entries(folder: Path, faults: FaultList) -> bool:
    """Whether there is anything to read; warns of what nobody will read, as it is often a misspelt name."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        faults.error(
            ".",
            None,
            say("无法读取班级文件夹 {folder}：{error}。", folder=show_name(folder), error=error.strerror or ""),
            say("请检查路径：应为含有 class.toml 的文件夹。"),
        )
        return False
    entries = [entry for entry in entries if not is_noise(entry.name)]
    if not entries:
        faults.error(
            ".",
            None,
            say("班级文件夹 {folder} 是空的。", folder=show_name(folder)),
            say("请用 verifier template 写出样例，再填写。"),
        )
        return False
    for entry in entries:
        if entry.name in ((*FOLDERS, *OPTIONAL_FOLDERS) if entry.is_dir() else FILES):
            if not stays_inside(folder, Path(entry.path)):
                refuse_link(entry.name, faults)
            continue
        file = show_name(Path(entry.name)) + ("/" if entry.is_dir() else "")
        near = difflib.get_close_matches(entry.name.lower(), FOLDERS if entry.is_dir() else FILES, n=1, cutoff=0.7)
        remedy = say("是否应改名为 {guess}？", guess=near[0]) if near else say("可以删去或移到别处。")
        faults.warning(file, None, say("班级文件夹里不应有这一项，未读取。"), remedy)
    return True


def has_file(folder: Path, name: str) -> bool:
    """Whether the class folder has that file, and not a link to somewhere else."""
    return (folder / name).is_file() and stays_inside(folder, folder / name)


def has_folder(folder: Path, name: str) -> bool:
    """Whether the class folder has that sub-folder, and not a link to somewhere else."""
    return (folder / name).is_dir() and stays_inside(folder, folder / name)


def stays_inside(root: Path, path: Path) -> bool:
    """Whether a path, with every link on it followed, exists and ends inside the class folder."""
    try:
        return path.resolve(strict=True).is_relative_to(root.resolve())
    except (OSError, RuntimeError):  # dangling, or links in a circle
        return False


def refuse_link(file: str, faults: FaultList) -> None:
    """Note that a link leaves the folder: whoever made it could otherwise read any file of the server."""
    faults.error(
        file,
        None,
        say("是指向文件夹之外或不存在的文件的链接。"),
        say("请把文件本身复制进来。"),
    )


def is_noise(name: str) -> bool:
    """Whether a file is hidden, a lock, or one of those that desktops write unasked."""
    return name.startswith((".", "~$")) or name.lower() in _WRITTEN_UNASKED


def show_name(relative: Path) -> str:
    """A path as valid text with ``/``: names from old archives may be GB18030 bytes, or no text at all."""
    raw = os.fsencode(relative.as_posix())
    for encoding in ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("utf-8", errors="backslashreplace")


def same_name(file: str) -> str:
    """A file name for comparing: macOS writes accents and some letters in two pieces."""
    return unicodedata.normalize("NFC", file)
