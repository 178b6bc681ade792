"""The class archive (档案) of Article 7(5) as one .zip: every document in its folder, an index with hashes, what is missing.

Beside what the agency has to hand in stands what supervision itself left (监管档案, Art. 11 and 12): records and forms. They
are indexed and hashed like the rest, and never make up for a document that the agency owes.

The same documents give the same bytes: entries are sorted and stored uncompressed with a fixed date, so the archive's
own SHA-256 can be recorded and compared years later. Files are streamed; a class's videos need not fit into memory.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import IO, BinaryIO

from verifier.regulation.class_closing import list_archive_kinds
from verifier.regulation.facts import ArchiveItem, ClassFacts
from verifier.regulation.policy import ArchiveKind, Policy

# The kind of what supervision itself left; no policy lists it, as it is no document of the agency's.
SUPERVISION = "supervision"
_SUPERVISION_FOLDER = "监管档案"
_SUPERVISION_TITLE = "监管材料（第十一条、第十二条）"
INDEX = "目录.csv"
COMPLETENESS = "完整性清单.csv"
CHECKSUMS = "SHA256SUMS"
# Zip knows no day before 1980; a fixed one keeps the bytes the same.
_EPOCH = (1980, 1, 1, 0, 0, 0)
_CHUNK_BYTES = 1 << 20
# People open these lists with Excel, which takes a .csv for GBK unless a byte order mark says otherwise.
_EXCEL_UTF8 = "utf-8-sig"


class ArchiveError(ValueError):
    """A document that cannot go into the archive as given; the message names it."""


@dataclass(frozen=True, slots=True)
class ArchiveDocument:
    """One file for the archive.

    Attributes:
        kind: Code of the policy's archive list: ``photos``, ``timetable``, …; or `SUPERVISION`.
        name: File name inside its folder, with sub-folders if wanted (``2023-06-12-am/a.jpg``); no ``..``, not absolute.
        open: Opens the bytes for reading; called once.
        sha256: Its digest as recorded, lower-case hex; checked while writing. Empty where none was recorded.
    """

    kind: str
    name: str
    open: Callable[[], BinaryIO]
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class IndexLine:
    """One line of the index."""

    path: str
    kind: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class CompletenessLine:
    """One kind of document and how many files of it the archive holds."""

    kind: ArchiveKind
    files: int

    @property
    def present(self) -> bool:
        """Whether there is at least one."""
        return self.files > 0


@dataclass(frozen=True, slots=True)
class ArchiveIndex:
    """What was written. `sha256` is of the whole .zip."""

    lines: tuple[IndexLine, ...]
    completeness: tuple[CompletenessLine, ...]
    sha256: str

    @property
    def missing(self) -> tuple[str, ...]:
        """Titles of the kinds of document that are not there."""
        return tuple(line.kind.title for line in self.completeness if not line.present)


def list_completeness(
    kinds: Sequence[ArchiveKind], documents: Iterable[ArchiveDocument]
) -> tuple[CompletenessLine, ...]:
    """How many files there are of every kind that the class must have."""
    codes = [document.kind for document in documents]
    return tuple(CompletenessLine(kind, codes.count(kind.code)) for kind in kinds)


def list_items(documents: Iterable[ArchiveDocument], kinds: Iterable[ArchiveKind]) -> tuple[ArchiveItem, ...]:
    """The documents as facts for `judge_archive`: a kind without a file is missing."""
    by_kind: dict[str, list[str]] = {}
    for document in documents:
        by_kind.setdefault(document.kind, []).append(document.sha256)
    return tuple(
        ArchiveItem(kind.code, kind.code in by_kind, tuple(sorted(filter(None, by_kind.get(kind.code, ())))))
        for kind in kinds
    )


def write_archive(
    target: BinaryIO, facts: ClassFacts, policy: Policy, documents: Iterable[ArchiveDocument]
) -> ArchiveIndex:
    """Write the class archive.

    Args:
        target: Opened for reading and writing in binary, empty (``open(path, "w+b")``); write to a temporary name and
            rename, as a killed run leaves half a file.
    Raises:
        ArchiveError: an unknown kind, a path that leaves its folder or stands twice, or bytes that do not have the
            recorded digest.
        OSError: a document cannot be read.
    """
    kinds = {kind.code: kind for kind in policy.archive}
    placed = _place(documents, kinds)
    lines: list[IndexLine] = []
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
        for path, document in sorted(placed.items()):
            with document.open() as source, archive.open(_entry(path), "w", force_zip64=True) as sink:
                size, digest = _copy(source, sink)
            if document.sha256 and document.sha256 != digest:
                raise ArchiveError(f"{path}: recorded as {document.sha256}, but the bytes are {digest}")
            lines.append(IndexLine(path, document.kind, size, digest))
        completeness = list_completeness(list_archive_kinds(facts.training, policy), placed.values())
        for name, content in (
            (CHECKSUMS, "".join(f"{line.sha256}  {line.path}\n" for line in lines).encode()),
            (COMPLETENESS, _write_completeness(completeness)),
            (INDEX, _write_index(lines, kinds)),
        ):
            archive.writestr(_entry(name), content)
    target.seek(0)
    whole = hashlib.sha256()
    while chunk := target.read(_CHUNK_BYTES):
        whole.update(chunk)
    return ArchiveIndex(tuple(lines), completeness, whole.hexdigest())


def _place(documents: Iterable[ArchiveDocument], kinds: dict[str, ArchiveKind]) -> dict[str, ArchiveDocument]:
    """Every document under its path: ``培训档案/全程培训照片…/name``."""
    placed: dict[str, ArchiveDocument] = {}
    for document in documents:
        if document.kind != SUPERVISION and document.kind not in kinds:
            raise ArchiveError(f"{document.name}: {document.kind!r} is no kind of archive document of this policy")
        name = PurePosixPath(document.name)
        if name.is_absolute() or ".." in name.parts or "\\" in document.name or not name.parts:
            raise ArchiveError(f"{document.name!r} would lie outside its folder")
        if document.kind == SUPERVISION:
            folder = PurePosixPath(_SUPERVISION_FOLDER)
        else:
            folder = PurePosixPath(kinds[document.kind].folder) / kinds[document.kind].title
        path = str(folder / name)
        if path in placed:
            raise ArchiveError(f"{path}: two documents of one name")
        placed[path] = document
    return placed


def _entry(path: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(path, _EPOCH)
    info.external_attr = 0o644 << 16
    info.create_system = 3  # Unix, also where this runs on Windows: one of the bytes
    return info


def _copy(source: BinaryIO, sink: IO[bytes]) -> tuple[int, str]:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK_BYTES):
        digest.update(chunk)
        sink.write(chunk)
        size += len(chunk)
    return size, digest.hexdigest()


def _write_index(lines: Sequence[IndexLine], kinds: dict[str, ArchiveKind]) -> bytes:
    rows = [("路径", "资料类别", "字节数", "SHA-256")]
    titles = {code: kind.title for code, kind in kinds.items()} | {SUPERVISION: _SUPERVISION_TITLE}
    rows += [(line.path, titles[line.kind], str(line.size_bytes), line.sha256) for line in lines]
    return write_csv(rows)


def _write_completeness(lines: Sequence[CompletenessLine]) -> bytes:
    rows = [("档案", "资料类别", "依据原文", "文件数", "是否齐备")]
    rows += [
        (line.kind.folder, line.kind.title, line.kind.quote, str(line.files), "是" if line.present else "缺")
        for line in lines
    ]
    return write_csv(rows)


def write_csv(rows: Sequence[Sequence[str]]) -> bytes:
    """Rows as a list that Excel opens: UTF-8 with a mark, no cell a formula. The same rows give the same bytes."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows([_defuse(cell) for cell in row] for row in rows)
    return text.getvalue().encode(_EXCEL_UTF8)


def _defuse(cell: str) -> str:
    """A file named ``=cmd…`` must not become a formula in whoever's Excel."""
    return f"'{cell}" if cell[:1] in "=+-@\t" and cell else cell
