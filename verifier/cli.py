"""The command line. Each command reads its input, calls one use case and shows the answer; the work is done elsewhere.

Exit status: 0 = ran, whatever it found; 1 = could not do the work; 2 = wrong usage. With ``--json`` stdout holds one JSON object
and nothing else; progress bars and logs go to stderr.
"""

from __future__ import annotations

import io
import sys
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import structlog
import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text
from sqlalchemy.exc import OperationalError

from verifier import __version__
from verifier.cli_accounts import audit_app, client_app, user_app
from verifier.cli_cameras import cameras_app, watch
from verifier.cli_faces import faces_app
from verifier.cli_jobs import beat, jobs_app, run_any_night, worker
from verifier.cli_keys import keys_app
from verifier.cli_options import AsJson, Workspace, load_settings, parse_day, print_json
from verifier.cli_store import store_app
from verifier.cli_supervision import supervision_app
from verifier.cli_webhooks import webhooks_app
from verifier.logs import configure_logs
from verifier.settings import Settings

log = structlog.get_logger()
app = typer.Typer(
    name="verifier",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="markdown",
    help="""Checks that subsidised vocational training really happened.

Start here: **verifier demo** makes a sample class, verifies it and shows what was found.

With your own class: **verifier template DIR**, fill it in, **verifier import DIR**, **verifier nightly**, **verifier serve**.

Settings are environment variables VERIFIER_… (VERIFIER_WORKSPACE, VERIFIER_LANGUAGE=en, VERIFIER_WORKERS …);
**verifier settings** lists them with their values.""",
)
models_app = typer.Typer(
    no_args_is_help=True, help="Model packs: what is installed, under which licence, and how to get more."
)
database_app = typer.Typer(no_args_is_help=True, help="The database behind the records.")
app.add_typer(models_app, name="models")
app.add_typer(database_app, name="database")
app.add_typer(supervision_app, name="supervise")
app.add_typer(faces_app, name="faces")
app.add_typer(cameras_app, name="cameras")
app.command()(watch)
app.add_typer(user_app, name="user")
app.add_typer(client_app, name="client")
app.add_typer(audit_app, name="audit")
app.add_typer(webhooks_app, name="webhooks")
app.add_typer(store_app, name="store")
app.add_typer(keys_app, name="keys")
app.add_typer(jobs_app, name="jobs")
app.command()(worker)
app.command()(beat)


class CannotDoIt(Exception):
    """The work could not be done; the message says why and what to do. Exit status 1."""


@app.command()
def demo(
    workspace: Annotated[
        Path | None, typer.Option("--workspace", help="Where to make it. [default: ./verifier-demo]")
    ] = None,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the pages when done.")] = True,
) -> None:
    """Make a sample class with planted faults, run the night over it and show what was found.

    The pictures come from installed packages (insightface's sample photo, scikit-image's astronaut). Enrolment and class pictures
    derive from the same photo, so this shows that the machinery works, not how well faces are recognised.
    """
    from verifier.demo.run import run_demo

    settings = load_settings((workspace or Path("verifier-demo")).absolute())
    all_found = run_demo(settings, Console())
    if serve:
        _serve(settings.model_copy(update={"login": "off", "host": "127.0.0.1"}))
    if not all_found:
        raise typer.Exit(1)


@app.command()
def template(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that does not exist yet or is empty.")],
) -> None:
    """Write an empty, commented class folder to fill in."""
    from verifier.filing import write_template

    load_settings()
    try:
        for path in write_template(folder):
            print(path)
    except FileExistsError as error:
        raise CannotDoIt(str(error)) from error


@app.command("import")
def import_(
    class_folder: Annotated[
        Path, typer.Argument(metavar="CLASS_FOLDER", help="A folder with class.toml, roster, photos …")
    ],
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Check a class folder, say every fault with file and line, and load it. Twice is once.

    Nothing is loaded while there are errors; warnings are shown and loaded. Photos and sign-ins that are gone from the folder
    stay on record: evidence is never taken back. A photo whose session was corrected in photos.csv counts for the new one.
    """
    from verifier.intake import import_class_folder

    settings = load_settings(workspace)
    answer = import_class_folder(class_folder, settings)
    if as_json:
        print_json(answer.to_json())
    else:
        _show_import(answer.to_json())
    if not answer.loaded:
        raise typer.Exit(1)


def _show_import(answer: dict[str, Any]) -> None:
    console = Console()
    for fault in answer["faults"]:
        place = fault["file"] + (f":{fault['line']}" if fault["line"] else "")
        colour = "red" if fault["severity"] == "error" else "yellow"
        console.print(f"[{colour}]{fault['severity']}[/] ", end="")
        console.print(f"{place}  {fault['problem']} {fault['remedy']}", markup=False, highlight=False, soft_wrap=True)
    if not answer["loaded"]:
        console.print(
            f"{answer['class'] or answer['folder']}: nothing was loaded, {answer['errors']} error(s).", markup=False
        )
        return
    table = Table("what", "added", "changed", "unchanged", title=f"{answer['class']}: loaded")
    for name, counts in answer["counts"].items():
        table.add_row(name, *(str(counts[key]) for key in ("added", "changed", "unchanged")))
    console.print(table)


@app.command()
def nightly(
    day: Annotated[
        date | None,
        typer.Option("--date", parser=parse_day, metavar="YYYY-MM-DD", help="The day to close. [default: yesterday]"),
    ] = None,
    since: Annotated[
        date | None,
        typer.Option(
            "--since",
            parser=parse_day,
            metavar="YYYY-MM-DD",
            help="Report from this day on. [default: what this run closed]",
        ),
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Verify all evidence not yet verified and close the sessions of the day and of every earlier day not yet closed.

    It may be killed at any moment and started again. A missed night is caught up by the next.
    """
    from verifier.report.terminal import show_night

    settings = load_settings(workspace)
    if day and since and since > day:
        raise typer.BadParameter(f"--since {since} is after --date {day}")
    night = run_any_night(settings, day, since)
    if as_json:
        print_json(night.answer)
    else:
        show_night(night, Console())


@app.command()
def check(
    photos: Annotated[list[Path], typer.Argument(metavar="PHOTO…", help="Pictures to verify.")],
    class_folder: Annotated[
        Path | None, typer.Option("--class", metavar="CLASS_FOLDER", help="The class they belong to.")
    ] = None,
    session: Annotated[
        str | None, typer.Option("--session", metavar="ID", help="The session they were handed in for.")
    ] = None,
    annotate: Annotated[
        Path | None, typer.Option("--annotate", metavar="DIR", help="Write copies with boxes and outcomes there.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Verify pictures without any database. What needs a class is `not_applicable` without one."""
    from verifier.checking import check_photos
    from verifier.report.terminal import show_photos

    settings = load_settings()
    if session and not class_folder:
        raise typer.BadParameter("--session needs --class: sessions are defined by a class")
    answer = check_photos(photos, settings, class_folder=class_folder, session_id=session, annotate_into=annotate)
    if as_json:
        print_json(answer)
    else:
        show_photos(answer, Console())


@app.command()
def evaluate(
    folder: Annotated[
        Path,
        typer.Argument(metavar="DIR", help="Folders enrol/<id>/*.jpg, test/<id>/*.jpg, strangers/*.jpg, crowds/*.jpg."),
    ],
    calibrate: Annotated[
        bool,
        typer.Option(
            "--calibrate",
            help="Fit a calibration on the folder first and write it (TOML), with its data's name, size and date. In "
            "VERIFIER_MODELS_DIR it is in force from the next night on, and everything is judged anew by it.",
        ),
    ] = False,
    groups: Annotated[
        list[Path] | None,
        typer.Option(
            "--group",
            metavar="DIR",
            help="With --calibrate: more folders of that form, each another group of people, as of another region. The group "
            "that is mistaken most sets the calibration for everybody. May be repeated.",
        ),
    ] = None,
    into: Annotated[
        Path | None,
        typer.Option(
            "--into",
            metavar="PLACE",
            help="Where --calibrate writes: a file, or a folder for calibration-<pack>.toml in it. Default: "
            "VERIFIER_MODELS_DIR; without it the folder itself.",
        ),
    ] = None,
    blur: Annotated[
        bool,
        typer.Option(
            "--blur", help="With --calibrate: also fit what a blurred face's likeness is worth, beside its size."
        ),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure error rates on labelled data: FNIR at stated FPIR, with intervals."""
    from verifier.attendance.calibration import load_calibration, name_calibration_file, write_calibration
    from verifier.calibrating import calibrate_folders
    from verifier.evaluation import evaluate_folder
    from verifier.looking import open_networks
    from verifier.progress import open_progress
    from verifier.report.terminal import show_evaluation

    settings = load_settings()
    nets = open_networks(settings, settings.workers)
    with open_progress() as progress:
        task = progress.add_task("pictures", total=None)
        if calibrate:
            calibration = calibrate_folders(
                [folder, *(groups or [])],
                nets,
                name=f"{settings.face_pack}-{folder.name}",
                data_name=", ".join(each.name for each in (folder, *(groups or []))),
                fitted_on=date.today(),
                progress=lambda _: progress.advance(task),
                blurred=blur,
            )
            place = into or settings.models_dir or folder
            target = place / name_calibration_file(settings.face_pack) if place.is_dir() else place
            target.write_text(write_calibration(calibration), encoding="utf-8")
            typer.echo(f"calibration written to {target}", err=True)
        else:
            calibration = load_calibration(settings.face_pack, settings.models_dir)
        answer = evaluate_folder(
            folder, nets, calibration=calibration, progress=lambda _: progress.advance(task)
        ).to_json()
    if as_json:
        print_json(answer)
    else:
        show_evaluation(answer, Console())


@models_app.command("list")
def models_list(as_json: AsJson = False) -> None:
    """Packs with their role, licence, source and state."""
    from verifier.vision.packs import list_packs, read_state

    settings = load_settings()
    packs: list[dict[str, Any]] = []
    for pack in list_packs():
        state = read_state(pack, settings.cache_dir, settings.models_dir)
        packs.append(
            {
                "name": pack.name,
                "version": pack.version,
                "roles": list(pack.roles),
                "state": state.condition.value,
                "faults": [str(fault) for fault in state.faults],
                "licence": pack.licence.spdx,
                "source": pack.source_url,
                "summary": pack.summary,
            }
        )
    if as_json:
        print_json({"packs": packs})
        return
    table = Table("pack", "role", "state", "licence", "source", title=f"Model packs (cache: {settings.cache_dir})")
    for row in packs:
        table.add_row(row["name"], ", ".join(row["roles"]), row["state"], row["licence"], row["source"])
    Console().print(table)


@models_app.command("pull")
def models_pull(
    name: Annotated[str, typer.Argument(help="A pack of `verifier models list`.")],
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="You read the licence and accept it.")
    ] = False,
) -> None:
    """Fetch a pack from its upstream and check every file's SHA-256."""
    from verifier.vision.pull import pull_pack

    settings = load_settings()
    print(pull_pack(name, settings.cache_dir, accept_licence=accept_licence))


@database_app.command("upgrade")
def database_upgrade(workspace: Workspace = None) -> None:
    """Bring the database's tables to this version (PostgreSQL; SQLite does it by itself)."""
    from verifier.records.migrate import upgrade

    settings = load_settings(workspace)
    upgrade(settings.database)
    print("The database is up to date.")


@app.command()
def serve(
    workspace: Workspace = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on. [default: VERIFIER_HOST]")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on. [default: VERIFIER_PORT]")] = None,
    processes: Annotated[
        int | None, typer.Option(min=1, max=64, help="As many as cores. [default: VERIFIER_SERVER_PROCESSES, 1]")
    ] = None,
) -> None:
    """Serve the API and the pages."""
    given = {"host": host, "port": port, "server_processes": processes}
    _serve(
        load_settings(workspace).model_copy(update={name: value for name, value in given.items() if value is not None})
    )


def _serve(settings: Settings) -> None:
    # By name: nobody imports the ways in, and this is only a way to start one of them.
    from importlib import import_module

    import_module("api.server").serve(settings)


@app.command()
def report(
    class_number: Annotated[str, typer.Argument(metavar="CLASS", help="The class's number, e.g. YY-2023-0071.")],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="[default: reports/ in the workspace]")
    ] = None,
    workspace: Workspace = None,
) -> None:
    """Write the class's records and documents (.html, .xlsx)."""
    from verifier.report import write_class_report

    settings = load_settings(workspace)
    for path in write_class_report(class_number, settings, out):
        print(path)


@app.command()
def settings(workspace: Workspace = None) -> None:
    """List all settings with their values; secrets are shown as stars."""
    current = load_settings(workspace)
    table = Table("variable", "value", "what")
    for name, field in Settings.model_fields.items():
        # As plain text: a value may hold brackets, which are markup elsewhere.
        table.add_row(Text(f"VERIFIER_{name.upper()}"), Text(current.shown(name)), Text(field.description or ""))
    Console().print(table)


@app.command()
def version() -> None:
    """Print the version."""
    print(__version__)


def _known_failures() -> tuple[type[Exception], ...]:
    """Failures that are explained by their message; anything else is a fault of ours and keeps its traceback."""
    from verifier.checking import CannotCheckError
    from verifier.demo.pictures import DemoPicturesMissing
    from verifier.evaluation import EvaluationError
    from verifier.evidence import EvidenceError
    from verifier.job_running import NoBrokerError
    from verifier.looking import CannotLookError
    from verifier.one_at_a_time import AlreadyRunningError
    from verifier.records.errors import NotInRecordsError
    from verifier.records.face_index import FaceIndexError
    from verifier.records.migrate import DatabaseOutdatedError, DatabaseTooNewError
    from verifier.regulation.policy import PolicyError
    from verifier.video.credentials import CameraSecretsError
    from verifier.vision.packs import PackError
    from verifier.watching import CannotWatchError

    return (
        AlreadyRunningError,
        CameraSecretsError,
        CannotDoIt,
        CannotWatchError,
        CannotLookError,
        CannotCheckError,
        DemoPicturesMissing,
        EvaluationError,
        EvidenceError,
        FaceIndexError,
        NoBrokerError,
        NotInRecordsError,
        DatabaseOutdatedError,
        DatabaseTooNewError,
        PolicyError,
        PackError,
        OSError,
    )


def main() -> None:
    """Entry point: run a command; a failure becomes one clear line and exit status 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            # A terminal that cannot show a character shows its code; the work is not lost over it.
            stream.reconfigure(errors="backslashreplace")
    # Also what fails before the settings are read is logged without the values of local variables.
    configure_logs()
    try:
        app(standalone_mode=True)
    except ValidationError as error:
        for fault in error.errors():
            name = "_".join(str(part) for part in fault["loc"]).upper()
            print(f"verifier: settings: {'VERIFIER_' + name + ': ' if name else ''}{fault['msg']}", file=sys.stderr)
        sys.exit(2)
    except _known_failures() as error:
        print(f"verifier: {error}", file=sys.stderr)
        sys.exit(1)
    except OperationalError as error:
        # The driver's own words; SQLAlchemy adds the statement with its values.
        print(f"verifier: the database does not answer: {error.orig}", file=sys.stderr)
        sys.exit(1)
    except Exception as error:
        log.exception("command_failed")
        print(f"verifier: unexpected {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)


if __name__ == "__main__":
    main()
