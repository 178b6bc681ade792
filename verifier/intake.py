"""Taking a class folder in: the bytes go into the evidence store, what was filed into the records. Twice is once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import structlog
from rich.progress import track

from verifier.filing import ClassFolder, Fault, Severity, find_class_line, read_class_folder
from verifier.language import say
from verifier.looking import open_evidence
from verifier.progress import progress_console
from verifier.records.database import open_database
from verifier.records.errors import ForeignClassError
from verifier.records.filing import ImportCounts, refuse_foreign_class, save_class_file
from verifier.settings import Settings

if TYPE_CHECKING:
    from verifier.evidence import EvidenceStore

log = structlog.get_logger()


class FileChanged(OSError):
    """A file was changed between being read for its digest and being stored; import again."""


@dataclass(frozen=True, slots=True)
class ImportAnswer:
    """What an import did: all faults, and the counts of what was loaded (None while there are errors)."""

    folder: ClassFolder
    path: Path
    counts: ImportCounts | None

    @property
    def loaded(self) -> bool:
        """Whether the class is in the records now."""
        return self.counts is not None

    def to_json(self) -> dict[str, Any]:
        """As ``verifier import --json`` prints it."""
        class_file = self.folder.class_file
        faults = [
            {
                "file": fault.file,
                "line": fault.line,
                "severity": str(fault.severity),
                "problem": str(fault.problem),
                "remedy": str(fault.remedy),
            }
            for fault in self.folder.faults
        ]
        return {
            "folder": str(self.path),
            "class": class_file.training.number if class_file else None,
            "loaded": self.loaded,
            "errors": sum(fault["severity"] == "error" for fault in faults),
            "warnings": sum(fault["severity"] == "warning" for fault in faults),
            "faults": faults,
            "counts": {
                name: {"added": n.added, "changed": n.changed, "unchanged": n.unchanged, "dropped": n.dropped}
                for name, n in (self.counts.kinds if self.counts else {}).items()
            },
        }


def import_class_folder(path: Path, settings: Settings) -> ImportAnswer:
    """Read a class folder, and load it when it has no errors.

    The bytes are stored before the records name them, so that no record points to missing evidence, also when this is killed in
    between; what was stored without a record is found again by the next import.

    Raises:
        FileChanged: a file changed while it was read.
        ForeignClassError: another agency filed the class number while this was running.
    """
    folder = read_class_folder(path, settings.timezone)
    if folder.class_file is None:
        return ImportAnswer(folder, path, None)
    training = folder.class_file.training
    database = open_database(settings.database, settings.data_key_bytes(), settings.limits_of("job"))
    try:
        try:
            # Before anything is stored; saving asks again, as another import may come first.
            with database.reading() as tx:
                refuse_foreign_class(tx, training.number, training.agency.code)
        except ForeignClassError as error:
            return ImportAnswer(replace(folder, faults=(_tell_owner(path, error), *folder.faults)), path, None)
        store_files(folder.files, open_evidence(settings))
        with database.transaction() as tx:
            counts = save_class_file(tx, folder.class_file, received_at_default=None)
    finally:
        database.close()
    log.info("class_imported", number=training.number, at=datetime.now(UTC).isoformat())
    return ImportAnswer(folder, path, counts)


def _tell_owner(path: Path, error: ForeignClassError) -> Fault:
    return Fault(
        "class.toml",
        find_class_line(path, "agency", "code"),
        Severity.ERROR,
        say(
            "班次 {number} 已由培训机构{agency}（{code}）备案，不能由其他机构导入。",
            number=error.number,
            agency=error.agency_name,
            code=error.agency_code,
        ),
        say("请核对班次编号和机构代码；如班次确已移交，请由人社部门办理变更。"),
    )


def store_files(files: Mapping[str, Path], store: EvidenceStore) -> None:
    """Put files into the store under the digests they were read with, with a progress bar."""
    wanted: Iterable[tuple[str, Path]] = files.items()
    for sha256, path in track(wanted, "evidence", total=len(files), console=progress_console(), transient=True):
        if store.exists(sha256):
            continue
        with path.open("rb") as source:
            stored = store.put(source)
        if stored != sha256:
            raise FileChanged(f"{path} changed while it was imported; import the folder again")
