"""A recording's own time and place against the session: wrong only where nothing innocent explains it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.builders.plan import CHINA, a_session
from tests.builders.shared import shared_data
from tests.verifier.video.test_recording import grab, record
from verifier.finding import Outcome
from verifier.video import recorded
from verifier.video.context import Seen, StreamContext
from verifier.video.judge import judge_stream
from verifier.video.look import look_at_frames
from verifier.video.stream_look import StreamLook

SESSION = a_session()
HERE = (112.349, 28.573)  # the venue's GCJ-02 coordinates as WGS-84, within 100 m
START = SESSION.starts_at.astimezone(UTC)


def judge(made: datetime | None, place: tuple[float, float] | None = HERE, length_s: float = 60.0) -> Outcome:
    longitude, latitude = place or (None, None)
    look = StreamLook(
        "recording", START, START, created_at=made, length_s=length_s, longitude=longitude, latitude=latitude
    )
    return recorded.check(Seen(look), StreamContext("cam", SESSION, zone=CHINA)).outcome


@pytest.mark.parametrize(
    ("made", "outcome"),
    [
        pytest.param(START + timedelta(minutes=30), Outcome.PASSED, id="in the session"),
        pytest.param(START - timedelta(minutes=31), Outcome.PASSED, id="half an hour before and its own length"),
        pytest.param(START - timedelta(minutes=32), Outcome.UNSURE, id="a minute earlier, the same day"),
        pytest.param(START + timedelta(hours=8), Outcome.UNSURE, id="saved anew in the evening"),
        pytest.param(START - timedelta(hours=8), Outcome.UNSURE, id="local time written as UTC"),
        pytest.param(START - timedelta(days=2), Outcome.FAILED, id="two days before"),
        pytest.param(START - timedelta(days=400), Outcome.UNSURE, id="a clock that was never set"),
        pytest.param(None, Outcome.UNSURE, id="no time, as after a chat app"),
    ],
)
def test_time(made: datetime | None, outcome: Outcome) -> None:
    assert judge(made) is outcome


@pytest.mark.parametrize(
    ("place", "outcome"),
    [
        pytest.param(HERE, Outcome.PASSED, id="at the venue"),
        pytest.param((112.40, 28.60), Outcome.FAILED, id="kilometres away"),
        pytest.param(None, Outcome.UNSURE, id="location off"),
    ],
)
def test_place(place: tuple[float, float] | None, outcome: Outcome) -> None:
    assert judge(START + timedelta(minutes=30), place) is outcome


def test_what_a_phone_writes_is_judged(tmp_path: Path) -> None:
    """From a real container to the finding, beside the eight of every camera."""
    made = START + timedelta(minutes=12)
    claims = {"location": "+28.5730+112.3490/", "creation_time": made.isoformat()}
    look = look_at_frames(grab(record(tmp_path / "class.mp4", **claims)), None)
    findings = {each.check: each for each in judge_stream(look, StreamContext("cam", SESSION, zone=CHINA))}
    assert findings["stream.recorded"].outcome is Outcome.PASSED, findings["stream.recorded"].reason
    assert len(findings) == 9
    unknown = judge_stream(look, StreamContext("cam", zone=CHINA))
    assert unknown[-1].outcome is Outcome.NOT_APPLICABLE


@pytest.mark.shared
def test_real_recordings_play_through() -> None:
    """A hand over the lens and a small training room, pictures from their first to their last second."""
    for name in ("Test_video3.mp4", "classroom.gif"):
        seen = grab(shared_data() / "cctv" / name, frames_wanted=24, deadline=60.0)
        assert seen.fault is None, (name, seen.said)
        assert seen.container is not None
        times = [frame.stream_seconds or 0.0 for frame in seen.frames]
        assert len(times) == 24
        assert times == sorted(times)
        assert times[-1] - times[0] >= 0.8 * (seen.container.seconds or 0.0), name
