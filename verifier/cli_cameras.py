"""``verifier watch`` (one camera, now) and ``verifier cameras`` (those on record)."""

from __future__ import annotations

import time
from pathlib import Path
from types import TracebackType
from typing import Annotated, Any, Self

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from verifier.cli_options import AsJson, Workspace, load_settings, print_json

cameras_app = typer.Typer(no_args_is_help=True, help="The cameras that agencies handed over (Art. 7(2)).")
_COLOURS = {"passed": "green", "failed": "red", "unsure": "yellow", "not_run": "magenta", "not_applicable": "dim"}


def watch(
    camera: Annotated[
        str,
        typer.Option(
            "--camera",
            metavar="URL",
            help="rtsp(s)://, http(s)://, onvif://, a recording, or with --class a camera's id. "
            "Passwords come from VERIFIER_CAMERA_SECRETS_FILE.",
        ),
    ],
    seconds: Annotated[
        float | None, typer.Option("--seconds", min=0.5, max=600, help="How long. [default: VERIFIER_CAMERA_SECONDS]")
    ] = None,
    class_folder: Annotated[
        Path | None, typer.Option("--class", metavar="CLASS_FOLDER", help="The class it should show.")
    ] = None,
    session: Annotated[
        str | None, typer.Option("--session", metavar="ID", help="The session that a recording is of (Art. 10).")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Look at one camera or recording now: is it live, does it show the class, who is there. Nothing is kept."""
    from verifier.watching import PasswordShownError, watch_camera

    settings = load_settings()
    try:
        with LiveTable("camera") as table:
            answer = watch_camera(camera, settings, seconds, class_folder, table.take, session)
    except PasswordShownError as error:
        raise typer.BadParameter(str(error), param_hint="--camera") from None
    if as_json:
        print_json(answer)
    else:
        _show_watch(answer)


@cameras_app.command("check")
def check(
    class_number: Annotated[
        str | None, typer.Option("--class", metavar="CLASS", help="Only this class's cameras, by its number.")
    ] = None,
    camera: Annotated[
        str | None, typer.Option("--camera", metavar="ID", help="Only the camera of this id; with --class.")
    ] = None,
    workspace: Workspace = None,
    as_json: AsJson = False,
) -> None:
    """Look at all cameras on record now, keep what was seen and judge it. A camera that hangs delays no other."""
    from verifier.watching import check_cameras

    if camera is not None and class_number is None:
        raise typer.BadParameter("an id is unique within a class only: name it with --class", param_hint="--camera")
    settings = load_settings(workspace)
    with LiveTable("cameras") as table:
        answer = check_cameras(settings, class_number, table.take, camera_id=camera)
    if as_json:
        print_json(answer)
        return
    _show_cameras(answer["cameras"], f"Cameras, looked at in {answer['seconds']} s")


@cameras_app.command("due")
def due(workspace: Workspace = None, as_json: AsJson = False) -> None:
    """Look at the cameras whose moment has come: call it every minute, from cron or a systemd timer.

    The moments are drawn at random inside each session, so that nobody can foresee them. Most of the time nothing is due.
    """
    from verifier.camera_schedule import visit_due_cameras

    settings = load_settings(workspace)
    with LiveTable("cameras") as table:
        answer = visit_due_cameras(settings, table.take)
    if as_json:
        print_json(answer)
        return
    _show_cameras(answer["cameras"], "Cameras whose moment had come")
    if answer["missed"]:
        print(f"{len(answer['missed'])} moment(s) went by while nobody looked.")


def _show_cameras(cameras: list[dict[str, Any]], title: str) -> None:
    shown = Table("class", "camera", "condition", "people", "what", title=title)
    for each in cameras:
        colour = _COLOURS.get(each["outcome"], "")
        worst = [finding["reason"] for finding in each["findings"] if finding["outcome"] == each["outcome"]]
        people = "" if each["people_count"] is None else str(each["people_count"])
        shown.add_row(
            Text(each["class"]), Text(each["camera"]), Text(each["condition"], colour), people, Text("\n".join(worst))
        )
    Console().print(shown)


class LiveTable:
    """A table on stderr that grows as pictures come; a plain log line a camera where stderr is no terminal."""

    def __init__(self, title: str) -> None:
        self.title, self.started = title, time.monotonic()
        self.console = Console(stderr=True)
        self.rows: dict[str, tuple[int, str, float, float | None]] = {}
        self.live = Live(self._draw(), console=self.console, refresh_per_second=4, transient=True)

    def __enter__(self) -> Self:
        if self.console.is_terminal:
            self.live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.live.stop()

    def take(self, visit: Any, frame: Any) -> None:
        """One picture came."""
        height, width = frame.picture_bgr.shape[:2]
        count = self.rows.get(visit.camera_id, (0,))[0] + 1
        since = time.monotonic() - self.started
        self.rows[visit.camera_id] = (count, f"{width}×{height}", since, frame.stream_seconds)
        self.live.update(self._draw())

    def _draw(self) -> Table:
        table = Table("camera", "pictures", "size", "last after", "stream's clock", title=self.title)
        for name, (count, size, since, stream) in self.rows.items():
            clock = "" if stream is None else f"{stream:.2f} s"
            table.add_row(Text(name), str(count), size, f"{since:.1f} s", clock)
        return table


def _show_watch(answer: dict[str, Any]) -> None:
    console = Console()
    camera = answer["camera"]
    size = "×".join(map(str, answer["size_wh"])) if answer["size_wh"] else "no picture"
    title = f"{camera['id']} ({camera['source']}): {answer['condition']}"
    table = Table("check", "outcome", "reason", title=Text(title))
    for finding in answer["findings"]:
        colour = _COLOURS.get(finding["outcome"], "")
        table.add_row(finding["check"], Text(finding["outcome"], colour), Text(finding["reason"]))
    console.print(table)
    facts = [camera["address"], f"{len(answer['frames'])} of {answer['received_frames']} pictures, {size}"]
    if answer["people_count"] is not None:
        facts.append(f"{answer['people_count']} people")
    if answer["fault"]:
        facts.append(f"{answer['fault']}: {answer['said']}")
    console.print(Text(" · ".join(facts)))
