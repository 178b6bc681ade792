"""One self-contained HTML file about a night: what waits for a person, charts, sessions, students, and the flagged photos."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from importlib import resources
from pathlib import Path
from typing import Any

import structlog
from markupsafe import Markup
from PIL import Image

from verifier.language import current_language, translate
from verifier.report.charts import draw_attendance, draw_flags, draw_outcomes
from verifier.report.files import name_file, write_whole
from verifier.report.summary import is_drawable, list_findings, list_pictured, list_rates, list_unclosed, list_waiting
from verifier.report.templating import make_environment

log = structlog.get_logger()

# A copy of 1600 px is about 300 KB, so 60 of them make a file of about 25 MB: what mail gateways commonly still take.
PICTURE_LIMIT = 60
PICTURE_MAX_PX = 1600
PICTURE_QUALITY = 80
FRAME_MAX_PX = 320  # a camera's picture beside its row, 15 KB each
FRAME_LIMIT = 120


def write_night_report(
    answer: dict[str, Any],
    folder: Path,
    picture: Callable[[str], bytes],
    *,
    name: str | None = None,
    title: str | None = None,
    picture_limit: int = PICTURE_LIMIT,
    language: str | None = None,
    frame: Callable[[str], bytes] | None = None,
) -> Path:
    """Write the report of a night, atomically; the same answer and pictures give the same bytes.

    Args:
        answer: What ``verifier nightly --json`` prints, with the added fields.
        folder: Where to write; made if missing.
        picture: Submission id → annotated copy, encoded as Pillow can read. KeyError, OSError and ValueError are told in the
            report instead of stopping it.
        name: File name; default ``night-<day>.html``.
        title: Heading; default names the day.
        picture_limit: How many photos get their picture embedded; how many did not is said in the report.
        language: ``zh_CN`` or ``en``; default the context's.
        frame: SHA-256 of a camera's kept picture → its bytes, with the same errors; None shows none.
    Returns: the path of the HTML file.
    Raises:
        OSError: the file cannot be written.
    """
    language = language or current_language()
    day = answer.get("day")
    pictured = list_pictured(answer)
    shown = [(photo, _embed_picture(photo, picture) if n < picture_limit else None) for n, photo in enumerate(pictured)]
    html = (
        make_environment()
        .get_template("night.html")
        .render(
            answer=answer,
            title=title or translate("核验报告 {day}", language).format(day=day or ""),
            period=_name_period(answer),
            language=language,
            css=Markup(_read_css()),  # our own files
            waiting=list_waiting(answer),
            rates=list_rates(answer),
            unclosed=list_unclosed(answer),
            not_run=list_findings(answer, "not_run"),
            attendance=draw_attendance(answer, language=language),
            flags=draw_flags(answer, language=language),
            outcomes=draw_outcomes(answer, language=language),
            pictured=shown,
            cameras=_show_cameras(answer, frame),
            pictures_left_out=max(0, len(pictured) - picture_limit),
        )
    )
    # A file name's stray bytes are no Unicode: shown as escapes instead of failing the whole report.
    return write_whole(
        folder / (name or f"night-{name_file(str(day or 'all'))}.html"), html.encode("utf-8", "backslashreplace")
    )


def _name_period(answer: dict[str, Any]) -> str:
    since, day = answer.get("since"), answer.get("day")
    if since and day and since != day:
        return f"{since} – {day}"
    if day or since:
        return str(day or since)
    days = sorted(session["date"] for session in answer["sessions"])
    return f"{days[0]} – {days[-1]}" if days else "–"


def _embed_picture(photo: dict[str, Any], picture: Callable[[str], bytes]) -> str:
    """The annotated copy as a data URI of at most PICTURE_MAX_PX; empty where there is none to show."""
    if not is_drawable(photo):
        return ""
    return _shrink(photo["id"], picture, PICTURE_MAX_PX)


def _show_cameras(answer: dict[str, Any], frame: Callable[[str], bytes] | None) -> list[dict[str, Any]]:
    """The answer's cameras, each change with its pictures as data URIs."""
    left, shown = FRAME_LIMIT, []
    for camera in answer.get("cameras", ()):
        changes = []
        for change in camera["changes"]:
            digests = [each.removeprefix("sha256:") for each in change["evidence"][:2]] if frame is not None else []
            pictures = [_shrink(each, frame, FRAME_MAX_PX) for each in digests[:left] if frame is not None]
            left -= len(pictures)
            changes.append({**change, "pictures": [each for each in pictures if each]})
        shown.append({**camera, "changes": changes})
    return shown


def _shrink(name: str, read: Callable[[str], bytes], longest_px: int) -> str:
    try:
        with Image.open(io.BytesIO(read(name))) as opened:
            opened.thumbnail((longest_px, longest_px))
            small = opened.convert("RGB")
    except (KeyError, OSError, ValueError) as error:
        # The findings are what counts; that a picture is missing is said beside them.
        log.warning("report_picture_missing", name=name, error=f"{type(error).__name__}: {error}")
        return ""
    out = io.BytesIO()
    small.save(out, "JPEG", quality=PICTURE_QUALITY)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode("ascii")


def _read_css() -> str:
    folder = resources.files("verifier.report") / "static"
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in ("parts.css", "night.css"))
