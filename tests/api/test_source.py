"""The pages over real records: a class that is loaded, judged by a real night, and read back."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from api.server import create_app
from api.source import RecordSource
from tests.builders.plan import DAY, a_class_file, a_submission, a_training_class
from verifier.nightly import run_night
from verifier.records.database import open_database
from verifier.records.errors import NotInRecordsError
from verifier.records.filing import save_class_file
from verifier.records.nights import finish_night, start_night
from verifier.records.submissions import submission_id
from verifier.report import write_class_report
from verifier.settings import Settings

NUMBER = "YY-2023-0071"


def a_workspace(folder: Path, *submissions: object) -> Settings:
    """Settings of a workspace that holds one class with three students."""
    settings = Settings(workspace=folder, workers=1)
    database = open_database(settings.database, settings.data_key_bytes())
    with database.transaction() as tx:
        save_class_file(tx, a_class_file(a_training_class(NUMBER, students=3), submissions=submissions))
    database.close()
    return settings


def test_a_photo_belongs_to_the_class_that_it_was_handed_in_for(tmp_path: Path):
    submission = a_submission("photos/a.jpg")
    source = RecordSource(a_workspace(tmp_path, submission))
    assert source.class_of_photo(str(submission_id(NUMBER, submission))) == NUMBER
    for unknown in ("00000000-0000-0000-0000-000000000001", "../../etc/passwd", ""):
        with pytest.raises(KeyError):
            source.class_of_photo(unknown)


def test_before_the_first_night_there_is_no_last_day(tmp_path: Path):
    source = RecordSource(a_workspace(tmp_path))
    assert source.last_day() is None
    assert source.last_night() is None


def test_a_night_that_was_written_down_is_told(tmp_path: Path):
    settings = a_workspace(tmp_path)
    database = open_database(settings.database, settings.data_key_bytes())
    with database.transaction() as tx:
        night = start_night(tx, None, DAY, {})
    source = RecordSource(settings)
    running = source.last_night()
    assert running is not None
    assert running["state"] == "running"
    with database.transaction() as tx:
        finish_night(tx, night, {"looked": 4, "closed": 2, "cut_off": 1, "seconds": 9.5})
    database.close()
    finished = source.last_night()
    assert finished is not None
    assert finished["started_at"].endswith("+08:00")
    assert (finished["state"], finished["looked"], finished["closed"], finished["cut_off"]) == ("finished", 4, 2, 1)


def test_every_page_of_a_class_that_a_real_night_has_judged(tmp_path: Path):
    settings = a_workspace(tmp_path)
    run_night(settings, day=DAY)
    client = TestClient(create_app(settings.model_copy(update={"login": "off"})), base_url="http://127.0.0.1")
    assert RecordSource(settings).last_day() == DAY == date(2023, 6, 12)
    session = f"/classes/{NUMBER}/sessions/{DAY}-am"
    for path in ("/", "/cases", "/violations", f"/classes/{NUMBER}", session):
        for language in ("zh", "en"):
            answer = client.get(f"{path}?lang={language}")
            assert answer.status_code == 200, path
    assert "Photo reports" in client.get(session).text
    assert client.get("/classes/UNKNOWN").status_code == 404
    assert client.get("/photos/00000000-0000-0000-0000-000000000001/original").status_code == 404


def test_the_report_of_one_class_is_written_from_the_records(tmp_path: Path):
    settings = a_workspace(tmp_path)
    html, xlsx, *documents = write_class_report(NUMBER, settings, tmp_path / "out")
    assert (html.name, xlsx.name) == (f"class-{NUMBER}.html", f"class-{NUMBER}.xlsx")
    assert all(path.is_file() for path in documents)
    assert f"班次{NUMBER}核验记录" in html.read_text(encoding="utf-8")
    assert write_class_report(NUMBER, settings)[0].parent == settings.workspace / "reports"
    with pytest.raises(NotInRecordsError, match="UNKNOWN"):
        write_class_report("UNKNOWN", settings, tmp_path / "out")
