"""The files that people find in the morning."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from verifier.evidence.store import EvidenceDamaged, EvidenceMissing
from verifier.looking import open_evidence
from verifier.records.database import Database
from verifier.settings import Settings


def write_reports(settings: Settings, database: Database, answer: dict[str, Any], day: date) -> tuple[Path, Path]:
    """Write the night's report and workbook into the workspace's folder of that day; those of an earlier call are replaced."""
    from verifier.annotated import annotated_photo
    from verifier.report import write_night_report, write_night_workbook

    folder = settings.workspace / "reports" / day.isoformat()
    folder.mkdir(parents=True, exist_ok=True)
    store = open_evidence(settings)

    def read_frame(sha256: str) -> bytes:
        try:
            return store.read(sha256)
        except (EvidenceMissing, EvidenceDamaged) as error:
            raise KeyError(sha256) from error

    html = write_night_report(
        answer, folder, lambda photo_id: annotated_photo(settings, database, photo_id), frame=read_frame
    )
    return html, write_night_workbook(answer, folder / "night.xlsx")
