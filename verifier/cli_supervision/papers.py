"""``verifier supervise …``: dates, archive documents and agreements that the office writes down."""

from __future__ import annotations

import tomllib
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer

from verifier.cli_options import AsJson, Workspace, parse_day
from verifier.cli_supervision.shared import (
    By,
    ClassNumber,
    keep_files,
    make_option,
    open_the_office,
    show,
    supervision_app,
)

_AGREEMENT = """# 补贴性职业培训项目协议书 (Annex 1). Leave a line out where it stays a blank for the pen.
number = "益培协2023-7"
year = 2023
people = 500                         # 年度补贴性职业培训任务, 人次
breakdown = "技能培训400人次，创业培训100人次"
complete_by = 2023-11-30
further_terms = []                   # at most three
authority_head = ""
authority_contact = ""
agency_head = ""
agency_contact = ""
signed_on = 2023-01-10
"""


def _day(name: str, text: str) -> Any:
    return make_option(name, parse_day, "YYYY-MM-DD", text)


@supervision_app.command()
def dates(
    class_number: ClassNumber,
    by: By,
    commenced: Annotated[date | None, _day("--commenced", "When teaching really began.")] = None,
    completed: Annotated[date | None, _day("--completed", "When it ended.")] = None,
    certified: Annotated[
        date | None, _day("--certified", "Certificates (Art. 7(6): two months run from here).")
    ] = None,
    applied: Annotated[date | None, _day("--applied", "Subsidy applied for.")] = None,
    paid: Annotated[date | None, _day("--paid", "Subsidy paid.")] = None,
    archived: Annotated[date | None, _day("--archived", "Archive laid down (kept for three years from here).")] = None,
    discarded: Annotated[date | None, _day("--archive-discarded", "Archive thrown away.")] = None,
    examined: Annotated[
        str | None, typer.Option(metavar="S01,S02", help="Who was put to the final examination (Art. 7(2)).")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Write down the days on which something happened to a class, and who was examined. What is not named stays as it is."""
    from verifier.supervising import save_closing

    given = {
        "commenced_on": commenced, "completed_on": completed, "certified_on": certified, "applied_on": applied,
        "paid_on": paid, "archived_on": archived, "archive_discarded_on": discarded,
    }  # fmt: skip
    known = {name: day for name, day in given.items() if day is not None}
    students = None if examined is None else tuple(each.strip() for each in examined.split(",") if each.strip())
    if not known and students is None:
        raise typer.BadParameter("name at least one date, or --examined")
    with open_the_office(workspace) as (office, _):
        save_closing(office, class_number, by, known, students)
    answer = {"class": class_number, **{name: day.isoformat() for name, day in known.items()}}
    show(answer | ({} if students is None else {"examined": list(students)}), as_json, f"{class_number}")


@supervision_app.command("archive-item")
def archive_item(
    class_number: ClassNumber,
    kind: Annotated[str, typer.Argument(help="Its code or title, as `verifier supervise archive CLASS` lists them.")],
    by: By,
    file: Annotated[Path | None, typer.Option("--file", metavar="FILE", help="The document.")] = None,
    missing: Annotated[bool, typer.Option("--missing", help="Say that this kind is not there.")] = False,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Write down one document of the class archive (Art. 7(5)), or that a kind of document is missing."""
    from verifier.paperwork import receive_archive_item

    if (file is None) != missing:
        raise typer.BadParameter("give either --file or --missing")
    with open_the_office(workspace) as (office, settings):
        kept = keep_files(settings, [file] if file else [])
        name = file.name if file else ""
        found = receive_archive_item(office, class_number, by, kind, name, kept[0] if kept else None)
    show({"id": str(found)}, as_json, f"{found}")


@supervision_app.command("archive-folder")
def archive_folder(
    class_number: ClassNumber,
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="One sub-folder a kind, named by its code or title.")],
    by: By,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Take in a whole class archive from a folder. Twice is once."""
    from verifier.looking import open_evidence
    from verifier.paperwork import receive_archive_folder

    with open_the_office(workspace) as (office, settings):
        counts = receive_archive_folder(office, open_evidence(settings), class_number, by, folder)
    show({"class": class_number, "files": counts}, as_json, *(f"{kind}: {count}" for kind, count in counts.items()))


@supervision_app.command()
def archive(class_number: ClassNumber, workspace: Workspace = None, as_json: AsJson = False) -> None:
    """What the class archive must hold (Art. 7(5)), what is there, what is missing, and what nobody has looked for."""
    from verifier.paperwork import describe_archive

    with open_the_office(workspace) as (office, _), office.database.reading() as tx:
        answer = describe_archive(tx, office.policy, class_number)
    marks = {True: "+", False: "-", None: "?"}
    lines = [f"{marks[each['present']]} {each['code']:22}{each['title']}  {len(each['documents'])}" for each in answer]
    show({"class": class_number, "kinds": answer}, as_json, *lines)


@supervision_app.command()
def agreement(
    agency: Annotated[str, typer.Argument(help="The agency's unified social credit code.")] = "",
    year: Annotated[int, typer.Argument(help="The year it is for.")] = 0,
    form: Annotated[Path | None, typer.Argument(metavar="FORM.toml", help="--example prints one.")] = None,
    example: Annotated[bool, typer.Option("--example", help="Print a form to fill in.")] = False,
    by: Annotated[str, typer.Option("--by", metavar="LOGIN", help="Who writes it down.")] = "",
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Keep the year's agreement with an agency (Annex 1): `verifier report CLASS` prints it. A later call replaces it."""
    from verifier.paperwork import write_agreement

    if example:
        print(_AGREEMENT)
        return
    if not agency or not year or form is None or not by:
        raise typer.BadParameter("give AGENCY, YEAR, FORM.toml and --by, or --example")
    try:
        fields = tomllib.loads(form.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"{form} is no TOML in UTF-8: {error}") from error
    with open_the_office(workspace) as (office, _):
        found = write_agreement(office, agency, year, by, fields)
    show({"id": str(found), "agency": agency, "year": year}, as_json, f"{agency} {year}")
