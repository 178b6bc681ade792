"""Find and hash the pictures of a class folder; what is in them is for others to see."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from verifier.filing.entries import has_folder, is_noise, refuse_link, show_name, stays_inside
from verifier.filing.fault import FaultList
from verifier.filing.sheet import clean_number
from verifier.language import Sentence, say

PICTURE_ENDINGS = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif"}
_MORE = re.compile(r"(?P<number>.+)_(?P<copy>\d+)")


@dataclass(frozen=True, slots=True)
class FoundFile:
    """One file: its name inside the class folder (valid text, with ``/``), its bytes' digest and size."""

    file: str
    path: Path
    sha256: str
    size_bytes: int


@dataclass(slots=True)
class PortraitSet:
    """Portraits by student or teacher number, in the order of their copies."""

    digests: dict[str, tuple[str, ...]] = field(default_factory=dict)
    files: list[FoundFile] = field(default_factory=list)


def find_photos(folder: Path, faults: FaultList, name: str = "photos") -> list[FoundFile]:
    """Every file under ``photos/`` (or ``records/``), whatever is in it: evidence is taken as it is and judged later."""
    if not has_folder(folder, name):
        return []
    return [_hash(path, file) for path, file in _walk(folder, folder / name, faults, deep=True)]


def find_portraits(
    folder: Path, name: str, numbers: Collection[str] | None, whom: Sentence, faults: FaultList
) -> PortraitSet:
    """The pictures under ``faces/`` or ``teachers/`` by whose they are.

    Args:
        folder: The class folder.
        name: ``faces`` or ``teachers``.
        numbers: Who may be pictured; None where that is not known, and then nobody is missed.
        whom: What faults call them.
    """
    result, copies = PortraitSet(), dict[str, list[tuple[int, FoundFile]]]()
    if has_folder(folder, name):
        for path, file in _walk(folder, folder / name, faults, deep=False):
            if path.suffix.lower() not in PICTURE_ENDINGS:
                faults.warning(
                    file,
                    None,
                    say("不是图片文件，未读取。"),
                    say("请改用 {endings} 格式。", endings="、".join(sorted(PICTURE_ENDINGS))),
                )
                continue
            owner = _owner_of(PurePosixPath(file).stem, numbers)
            if owner is None:
                faults.warning(
                    file,
                    None,
                    say("没有{whom}用这个编号，照片未读取。", whom=whom),
                    say("文件名应为“编号.jpg”或“编号_2.jpg”，编号与名单一致。"),
                )
                continue
            found = _hash(path, file)
            if found.size_bytes == 0:
                faults.warning(file, None, say("图片是空文件（0 字节）。"), say("请重新放入照片。"))
            copies.setdefault(owner[0], []).append((owner[1], found))
    for number, pictures in copies.items():
        pictures.sort(key=lambda pair: (pair[0], pair[1].file))
        result.digests[number] = tuple(dict.fromkeys(found.sha256 for _, found in pictures))
        result.files.extend(found for _, found in pictures)
    _check_portraits(name, result, copies, numbers, whom, faults)
    return result


def _check_portraits(
    name: str,
    found: PortraitSet,
    copies: Mapping[str, list[tuple[int, FoundFile]]],
    numbers: Collection[str] | None,
    whom: Sentence,
    faults: FaultList,
) -> None:
    owners: dict[str, str] = {}
    for number, pictures in copies.items():
        for _, picture in pictures:
            other = owners.setdefault(picture.sha256, number)
            if other != number:
                faults.warning(
                    picture.file,
                    None,
                    say("与 {other} 的照片完全相同。", other=other),
                    say("请核对这张照片是谁的。"),
                )
    for number in sorted(set(numbers or ()) - set(found.digests)):
        faults.warning(
            f"{name}/",
            None,
            say("{whom} {number} 没有照片，无法辨认，是否到场只能待定。", whom=whom, number=number),
            say("请放入 {name}/{number}.jpg。", name=name, number=number),
        )


def _owner_of(stem: str, numbers: Collection[str] | None) -> tuple[str, int] | None:
    """Whose picture a file name says it is, and the how-manieth; a number may itself hold an underscore."""
    stem = clean_number(stem)
    more = _MORE.fullmatch(stem)
    named = [(stem, 1)] + ([(more["number"], int(more["copy"]))] if more else [])
    if numbers is None:
        return named[-1]
    for wanted, copy in named:
        if wanted in numbers:
            return wanted, copy
    for wanted, copy in named:  # s07.JPG for S07, unless both are on the roster
        same = [number for number in numbers if number.casefold() == wanted.casefold()]
        if len(same) == 1:
            return same[0], copy
    return None


def _walk(root: Path, folder: Path, faults: FaultList, *, deep: bool) -> Iterator[tuple[Path, str]]:
    """Readable regular files below a folder in the order of their names; faults for everything passed over."""
    for entry in sorted(os.scandir(folder), key=lambda one: one.name):
        path = Path(entry.path)
        file = show_name(path.relative_to(root))
        if is_noise(entry.name):
            faults.warning(file, None, say("隐藏文件或系统文件，未读取。"), say("可以删去。"))
        elif entry.is_symlink() and not stays_inside(root, path):
            refuse_link(file, faults)
        elif entry.is_dir():
            if deep and not entry.is_symlink():
                yield from _walk(root, path, faults, deep=True)
            else:
                faults.warning(file, None, say("这里不读取子文件夹或文件夹链接。"), say("请把文件直接放在上一级。"))
        elif not entry.is_file():
            # A pipe or a device would never end being read.
            faults.error(file, None, say("不是普通文件。"), say("请放入文件本身。"))
        elif not os.access(path, os.R_OK):
            faults.error(file, None, say("没有权限读取。"), say("请修改文件权限。"))
        else:
            if file != path.relative_to(root).as_posix():
                faults.warning(file, None, say("文件名不是 UTF-8 编码，已换一种写法显示。"), say("请改用普通文件名。"))
            yield path, file


def _hash(path: Path, file: str) -> FoundFile:
    with path.open("rb") as source:
        digest = hashlib.file_digest(source, "sha256").hexdigest()
        return FoundFile(file, path, digest, source.tell())
