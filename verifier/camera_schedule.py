"""Look at the cameras whose moment has come: the day's work, one call a minute (``verifier cameras due``).

Nothing is remembered between calls but the samples on record, so any call may be killed and any worker may make the next one.
A moment that nobody came for leaves no sample; the health record counts that time as our own (`not_run`).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog

from verifier.camera_health import Condition
from verifier.camera_rounds import Visited, run_round
from verifier.nightly import open_tools
from verifier.one_at_a_time import hold_turn
from verifier.plan import Session, TrainingClass
from verifier.records.cameras import SampleRecord, list_classes_on_air, read_samples
from verifier.records.database import Database, open_database
from verifier.records.filing import read_class_file
from verifier.settings import Settings
from verifier.video.credentials import CameraSecrets, load_secrets
from verifier.video.frames import GrabFault
from verifier.video.sampling import Moment, draw_again
from verifier.video.schedule import LATE_AFTER_S, Round, derive_seed, draw_day, plan_round
from verifier.video.source import Visit
from verifier.video.supervise import Lanes, Readers
from verifier.watching import Watcher, describe_camera, make_visit, open_round

log = structlog.get_logger()
# What another look soon may clear up. A room without people is looked at again at its next moment.
_NO_FAILURE = frozenset({Condition.OK, Condition.NO_CLASS})


@dataclass(frozen=True, slots=True)
class _Due:
    training: TrainingClass
    moment: Moment
    covers: tuple[str, ...]


def visit_due_cameras(settings: Settings, watch: Watcher | None = None, now: datetime | None = None) -> dict[str, Any]:
    """Visit every camera whose moment has come, keep what was seen and judge it.

    Args:
        watch: Told of every picture as it comes.
        now: The present moment, with an offset.
    Returns: JSON-ready: ``cameras`` (one entry a visit), ``missed`` (moments that went by), ``next_at`` (secret: not for agencies).
    Raises:
        AlreadyRunningError: the call of a minute ago is still at work.
        CameraSecretsError: the secret file cannot be used.
        StoreUnavailable: the evidence store does not answer.
    """
    moment = now or datetime.now(UTC)
    secrets = load_secrets(settings.camera_secrets_file)
    database = open_database(settings.database, settings.data_key_bytes(), settings.limits_of("job"))
    try:
        with hold_turn(database, "camera round"):
            rounds = list(_plan_all(database, moment))
            due = [
                _Due(training, each, tuple(one.key for one in planned.covered if one.camera_id == each.camera_id))
                for training, planned in rounds
                for each in planned.due
            ]
            judged = _visit(due, database, secrets, settings, watch) if due else []
    finally:
        database.close()
    missed = [
        {"class": training.number, "camera": each.camera_id, "session": each.session_id, "at": each.at.isoformat()}
        for training, planned in rounds
        for each in planned.missed
    ]
    if missed:
        log.warning("camera_moments_missed", count=len(missed), first=missed[0]["at"])
    coming = [planned.next_at for _, planned in rounds if planned.next_at is not None]
    return {"cameras": judged, "missed": missed, "next_at": min(coming).isoformat() if coming else None}


def _visit(
    due: Sequence[_Due], database: Database, secrets: CameraSecrets, settings: Settings, watch: Watcher | None
) -> list[dict[str, Any]]:
    with Readers(Lanes(at_once=settings.cameras_at_once)) as readers:
        visits = _read(due, readers, secrets, settings, watch)
        with_ = open_round(settings, database, open_tools(settings))
        return [describe_camera(each, settings) for each in run_round(visits, with_)]


def _plan_all(database: Database, now: datetime) -> Iterator[tuple[TrainingClass, Round]]:
    late = timedelta(seconds=LATE_AFTER_S)
    with database.reading() as tx:
        for number in list_classes_on_air(tx, now - late, now):
            training = read_class_file(tx, number).training
            going_on = [each for each in training.sessions if each.starts_at <= now < each.ends_at + late]
            moments: list[Moment] = []
            done: set[str] = set()
            failures: dict[str, int] = {}
            for session in going_on:
                seed = derive_seed(database.vault.sampling_key, training.number, session)
                moments += draw_day(training, [session], seed)
                samples = read_samples(tx, training.number, session.camera_id, session.id)
                done |= _find_done(samples)
                again, failed = _look_again(samples, session)
                moments += again
                if session.camera_id is not None:
                    failures[session.camera_id] = failed
            if going_on:
                yield training, plan_round(moments, done, now, failures)


def _find_done(samples: Sequence[SampleRecord]) -> set[str]:
    drawn = [sample.moment for sample in samples if sample.moment is not None and "seed" in sample.moment]
    return {Moment.from_json(said).key for said in drawn} | {key for said in drawn for key in said.get("covers", ())}


def _look_again(samples: Sequence[SampleRecord], session: Session) -> tuple[list[Moment], int]:
    """The moments that failures ask for, and how many failures in a row there were last."""
    again, failed = [], 0
    for sample in samples:
        if sample.condition in _NO_FAILURE:
            failed = 0
            continue
        failed += 1
        if sample.moment is None or "seed" not in sample.moment:
            continue  # somebody asked by hand
        wrong_password = (sample.look or {}).get("fault") == GrabFault.UNAUTHORIZED
        drawn = draw_again(Moment.from_json(sample.moment), session, sample.taken_at, failed, wrong_password)
        again += [drawn] if drawn is not None else []
    return again, failed


def _read(
    due: Sequence[_Due], readers: Readers, secrets: CameraSecrets, settings: Settings, watch: Watcher | None
) -> Iterator[Visited]:
    asked: dict[int, tuple[Visit, _Due]] = {}
    for each in due:
        camera = next(one for one in each.training.cameras if one.id == each.moment.camera_id)
        visit = make_visit(camera, secrets, settings)
        asked[id(visit)] = (visit, each)
    for visit, grab in readers.read_all([visit for visit, _ in asked.values()], watch):
        each = asked[id(visit)][1]
        said = {**each.moment.to_json(), "covers": list(each.covers)}
        yield Visited(each.training.number, each.moment.camera_id, grab, said)
