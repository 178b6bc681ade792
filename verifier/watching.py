"""Look at cameras now: one for whoever asks (``verifier watch``), or all on record (``verifier cameras check``)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from verifier.answers import describe_finding
from verifier.camera_rounds import CameraJudged, RoundTools, Visited, find_session, run_round
from verifier.checking import enrol_class_folder
from verifier.finding import Finding, overall
from verifier.looking import open_evidence, open_networks
from verifier.nightly import Tools, open_tools
from verifier.plan import Camera, Session, TrainingClass
from verifier.records.database import Database, open_database
from verifier.records.filing import list_numbers, read_class_file
from verifier.settings import Settings
from verifier.video.address import read_address
from verifier.video.context import StreamContext
from verifier.video.credentials import CameraSecrets, load_secrets
from verifier.video.frames import Frame, Grab
from verifier.video.judge import judge_stream, name_condition
from verifier.video.look import look_at_frames
from verifier.video.source import Visit
from verifier.video.stream_look import StreamLook
from verifier.video.supervise import Lanes, Readers, read_one

Watcher = Callable[[Visit, Frame], None]


class CannotWatchError(ValueError):
    """The question itself cannot be answered: no such camera, a class folder with errors, nothing on record."""


class PasswordShownError(ValueError):
    """A password stands where others can read it."""


def watch_camera(
    camera: str,
    settings: Settings,
    seconds: float | None = None,
    class_folder: Path | None = None,
    watch: Watcher | None = None,
    session_id: str | None = None,
) -> dict[str, Any]:
    """Look at one camera, without any database.

    Args:
        camera: Its url, a recording's path, or with a class folder the id of one of its cameras.
        seconds: How long; None: as the settings say.
        class_folder: The class it should show.
        watch: Told of every picture as it comes.
        session_id: The session that a recording was handed in for; None: the one that goes on now.
    Returns: JSON-ready: ``versions``, ``camera``, ``session``, ``fault``, ``condition``, ``frames``, ``findings``, ``outcome`` …
    Raises:
        CannotWatchError: see the message.
        PasswordShownError: the url holds a password: it stands in the process list and in the shell's history already.
        CameraSecretsError: the secret file cannot be used.
    """
    secrets = load_secrets(settings.camera_secrets_file)
    tools = open_tools(settings)
    class_file, roster = (None, None) if class_folder is None else enrol_class_folder(class_folder, settings, tools)
    training = None if class_file is None else class_file.training
    filed = next((each for each in (training.cameras if training else ()) if each.id == camera), None)
    if filed is None and training is not None and "://" not in camera and not Path(camera).exists():
        known = ", ".join(each.id for each in training.cameras) or "none"
        raise CannotWatchError(f"the class has no camera {camera} (it has: {known}), and it is no url and no file")
    if filed is None and read_address(camera).holds_password:
        raise PasswordShownError(
            "the url holds a password, which everybody on this machine can read in the process list; leave it out, change it, "
            "and put it into the file that VERIFIER_CAMERA_SECRETS_FILE names"
        )
    chosen = filed or Camera(read_address(camera).host or Path(camera).name, camera)
    visit = make_visit(chosen, secrets, settings, seconds, may_read_files=filed is None)
    grab = read_one(visit, watch)
    now = grab.started_at
    context = StreamContext(
        camera_id=chosen.id,
        session=_choose_session(training, chosen.id, now, session_id) if training else None,
        expected=len(training.students) if training else None,
        roster=roster,
        calibration=tools.calibration if roster is not None else None,
        zone=settings.zone,
    )
    look = look_at_frames(grab, open_networks(settings, settings.workers))
    findings = judge_stream(look, context)
    session = context.session.id if context.session else None
    return {
        "versions": tools.json_versions(),
        "camera": {"id": chosen.id, "address": grab.address, "source": grab.source_kind},
        "session": session,
        **_describe_grab(grab, settings),
        **_describe_look(look, findings),
    }


def _choose_session(training: TrainingClass, camera_id: str, now: datetime, wanted: str | None) -> Session | None:
    if wanted is None:
        return find_session(training, camera_id, now)
    try:
        return training.session(wanted)
    except KeyError:
        raise CannotWatchError(f"class {training.number} has no session {wanted}") from None


def check_cameras(
    settings: Settings, class_number: str | None = None, watch: Watcher | None = None, now: datetime | None = None,
    camera_id: str | None = None,
) -> dict[str, Any]:  # fmt: skip
    """Look at all cameras on record now, keep what was seen and judge it.

    Args:
        class_number: Only this class's.
        watch: Told of every picture as it comes.
        now: The present moment, for the note why each was looked at.
        camera_id: Only the class's camera of this id.
    Returns: JSON-ready: ``versions``, ``cameras`` (one entry each), ``seconds``.
    Raises:
        CannotWatchError: no class on record has a camera.
        NotInRecordsError: there is no such class.
        CameraSecretsError: the secret file cannot be used.
        StoreUnavailable: the evidence store does not answer.
    """
    secrets = load_secrets(settings.camera_secrets_file)
    tools, started = open_tools(settings), now or datetime.now(UTC)
    database = open_database(settings.database, settings.data_key_bytes(), settings.limits_of("job"))
    try:
        asked = _find_cameras(database, class_number, camera_id)
        if not asked:
            known = (
                f"camera {camera_id}"
                if camera_id is not None
                else "a camera; cameras are filed in class.toml as [[camera]]"
            )
            raise CannotWatchError(f"no class on record has {known}")
        with Readers(Lanes(at_once=settings.cameras_at_once)) as readers:
            visits = _read(asked, readers, secrets, settings, watch, {"why": "asked", "at": started.isoformat()})
            judged = [
                describe_camera(each, settings) for each in run_round(visits, open_round(settings, database, tools))
            ]
    finally:
        database.close()
    judged.sort(key=lambda each: (each["class"], each["camera"]))
    seconds = (datetime.now(UTC) - started).total_seconds()
    return {"versions": tools.json_versions(), "cameras": judged, "seconds": round(seconds, 1)}


@dataclass(frozen=True, slots=True)
class _Asked:
    """One address with everybody who filed it: two classes in one room share a camera."""

    camera: Camera
    classes: tuple[tuple[str, str], ...]  # (class number, camera id)


def _find_cameras(database: Database, class_number: str | None, camera_id: str | None) -> list[_Asked]:
    with database.reading() as tx:
        numbers = [class_number] if class_number is not None else list_numbers(tx)
        trainings: list[TrainingClass] = [read_class_file(tx, number).training for number in numbers]
    by_url: dict[str, list[tuple[str, str]]] = {}
    for training in trainings:
        for camera in training.cameras:
            if camera_id not in (None, camera.id):
                continue
            by_url.setdefault(camera.url, []).append((training.number, camera.id))
    return [_Asked(Camera(classes[0][1], url), tuple(classes)) for url, classes in by_url.items()]


def _read(
    asked: list[_Asked],
    readers: Readers,
    secrets: CameraSecrets,
    settings: Settings,
    watch: Watcher | None,
    moment: dict[str, Any],
) -> Iterator[Visited]:
    by_visit = {id(visit): (visit, each) for each in asked for visit in [make_visit(each.camera, secrets, settings)]}
    for visit, grab in readers.read_all([visit for visit, _ in by_visit.values()], watch):
        for class_number, camera_id in by_visit[id(visit)][1].classes:
            yield Visited(class_number, camera_id, grab, moment)


def make_visit(
    camera: Camera,
    secrets: CameraSecrets,
    settings: Settings,
    seconds: float | None = None,
    may_read_files: bool = False,
) -> Visit:
    """One visit as the settings want it, with the camera's own secret."""
    secret = secrets.find(camera.id, read_address(camera.url))
    watched_s = seconds or settings.camera_seconds
    # A longer look shows more, not the same number of pictures further apart.
    frames = max(settings.camera_frames, round(settings.camera_frames * watched_s / settings.camera_seconds))
    return Visit(camera.id, camera.url, secret, watched_s, min(frames, 256), may_read_files=may_read_files)


def open_round(settings: Settings, database: Database, tools: Tools) -> RoundTools:
    """What a round works with, the networks loaded."""
    return RoundTools(database, open_evidence(settings), open_networks(settings, settings.workers), tools)


def _describe_grab(grab: Grab, settings: Settings) -> dict[str, Any]:
    facts = grab.container
    place = None if facts is None else {"longitude": facts.longitude, "latitude": facts.latitude}
    recording = None
    if facts is not None:
        created = facts.created_at.astimezone(settings.zone).isoformat() if facts.created_at else None
        said = {"device": facts.device, "software": facts.software}
        recording = {"format": facts.format, "seconds": facts.seconds, "created_at": created, "place": place, **said}
    return {
        "started_at": grab.started_at.astimezone(settings.zone).isoformat(timespec="milliseconds"),
        "ended_at": grab.ended_at.astimezone(settings.zone).isoformat(timespec="milliseconds"),
        "fault": grab.fault.value if grab.fault else None,
        "said": grab.said,
        "size_wh": list(grab.size_wh) if grab.size_wh else None,
        "frames_per_second": grab.frames_per_second,
        "received_frames": grab.received_frames,
        "frames": [
            {
                "received_at": frame.received_at.astimezone(settings.zone).isoformat(timespec="milliseconds"),
                "stream_seconds": frame.stream_seconds,
                "packet_sha256": frame.packet_sha256,
            }
            for frame in grab.frames
        ],
        "headers": dict(grab.http_headers),
        "recording": recording,
    }


def _describe_look(look: StreamLook, findings: tuple[Finding, ...]) -> dict[str, Any]:
    people = look.photo.people.count if look.photo is not None and look.photo.people is not None else None
    return {
        "condition": name_condition(findings).value,
        "clock": look.clocks[0].shown_at_local.isoformat() if look.clocks else None,
        "people_count": people,
        "findings": [describe_finding(finding) for finding in findings],
        "outcome": overall(findings).value,
    }


def describe_camera(judged: CameraJudged, settings: Settings) -> dict[str, Any]:
    """One camera of a round, JSON-ready."""
    sample, look = judged.sample, judged.look
    return {
        "class": judged.class_number,
        "camera": sample.camera_id,
        "source": look.source_kind,
        "session": sample.session_id,
        "taken_at": sample.taken_at.astimezone(settings.zone).isoformat(timespec="milliseconds"),
        "fault": look.fault.value if look.fault else None,
        "said": look.said,
        "evidence": list(sample.evidence),
        **_describe_look(look, sample.findings),
    }
