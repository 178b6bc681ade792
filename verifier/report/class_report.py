"""The records of one class as documents: HTML to read, a workbook to count in."""

from __future__ import annotations

from pathlib import Path

from verifier.language import current_language, translate
from verifier.report.files import name_file
from verifier.report.night_html import write_night_report
from verifier.report.night_xlsx import write_night_workbook
from verifier.settings import Settings


def write_class_report(class_number: str, settings: Settings, out: Path | None = None) -> tuple[Path, ...]:
    """Write everything known about one class.

    Args:
        class_number: The class's number as filed.
        settings: Where the records and the evidence are.
        out: Folder to write to; default ``reports`` in the workspace.
    Returns: the paths of the .html and the .xlsx file, then those of `write_class_documents`.
    Raises:
        NotInRecordsError: no class has that number.
        OSError: a file cannot be written.
    """
    # Here, so that whoever only draws a report does not load the records and the picture libraries.
    from verifier.annotated import annotated_photo
    from verifier.answers import answer_for
    from verifier.nightly import open_tools
    from verifier.records.database import open_database
    from verifier.records.errors import NotInRecordsError
    from verifier.report.class_documents import write_class_documents

    database = open_database(settings.database, settings.data_key_bytes(), settings.limits_of("job"))
    try:
        with database.reading() as tx:
            answer = answer_for(tx, settings, None, None, class_number=class_number, language=current_language())
        if not answer["classes"]:
            raise NotInRecordsError(f"there is no class {class_number} in the records; `verifier import` loads one")
        answer["versions"] = open_tools(settings).json_versions()
        folder = out or settings.workspace / "reports"
        stem = f"class-{name_file(class_number)}"
        html = write_night_report(
            answer,
            folder,
            lambda photo_id: annotated_photo(settings, database, photo_id),
            name=f"{stem}.html",
            title=translate("班次{number}核验记录").format(number=class_number),
        )
        workbook = write_night_workbook(answer, folder / f"{stem}.xlsx")
        with database.reading() as tx:
            return html, workbook, *write_class_documents(tx, settings, class_number, folder)
    finally:
        database.close()
