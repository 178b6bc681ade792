"""Common sign-in terminals and what online and mobile sessions leave are filed in class.toml, with every fault said."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.builders.class_folder import write_class_folder
from verifier.filing import ClassFolder, read_class_folder
from verifier.plan import RemoteKind

RECORD = '[[record]]\nsession = "2023-06-12-am"\nkind = "recording"\nfile = "records/am.mp4"\n'


def read(tmp_path: Path, more: str, *files: str) -> ClassFolder:
    folder = write_class_folder(tmp_path / "class")
    with (folder / "class.toml").open("a", encoding="utf-8") as toml:
        toml.write("\n" + more)
    if files:
        (folder / "records").mkdir()
    for name in files:
        (folder / "records" / name).write_bytes(name.encode())
    return read_class_folder(folder)


def errors_in(found: ClassFolder) -> list[str]:
    return [str(fault.problem) for fault in found.faults if fault.severity == "error"]


def test_a_recording_is_read_with_its_digest_and_kept_as_evidence(tmp_path: Path) -> None:
    found = read(tmp_path, RECORD, "am.mp4")
    assert found.class_file is not None
    (record,) = found.class_file.remote_records
    assert (record.session_id, record.kind, record.file) == ("2023-06-12-am", RemoteKind.RECORDING, "records/am.mp4")
    assert found.files[record.sha256].name == "am.mp4"


def test_a_link_to_a_replayable_stream_needs_no_file(tmp_path: Path) -> None:
    found = read(tmp_path, RECORD.replace('file = "records/am.mp4"', 'link = "https://live.example/1"'))
    assert found.class_file is not None
    assert found.class_file.remote_records[0].link == "https://live.example/1"


@pytest.mark.parametrize(
    ("toml", "problem"),
    [
        pytest.param(RECORD, "[[record]] 所写的文件不在 records/ 里。", id="a file that is not there"),
        pytest.param(
            RECORD.replace("2023-06-12-am", "2023-06-30-am"),
            "截屏或录像所属的课次 2023-06-30-am 不存在。", id="a session that is not filed",
        ),
        pytest.param(
            RECORD.replace('file = "records/am.mp4"', ""),
            "[[record]] 没有写文件，也没有写回看链接。", id="neither file nor link",
        ),
        pytest.param(
            RECORD.replace('file = "records/am.mp4"', 'link = "C:/am.mp4"'), "回看链接不是网址。", id="no web address"
        ),
    ],
)  # fmt: skip
def test_a_faulty_record_is_an_error_with_its_reason(tmp_path: Path, toml: str, problem: str) -> None:
    assert problem in errors_in(read(tmp_path, toml))


def test_a_file_that_no_record_names_is_pointed_out(tmp_path: Path) -> None:
    found = read(tmp_path, RECORD, "am.mp4", "pm.mp4")
    assert [fault.file for fault in found.faults if "[[record]]" in str(fault.problem)] == ["records/pm.mp4"]


@pytest.mark.parametrize(
    ("shared", "devices"),
    [
        pytest.param("shared = true", ("gate",), id="filed as common"),
        pytest.param("", ("gate",), id="common unless said otherwise"),
        pytest.param("shared = false", (), id="filed as one person's own"),
    ],
)
def test_a_sign_in_device_that_is_shared(tmp_path: Path, shared: str, devices: tuple[str, ...]) -> None:
    found = read(tmp_path, f'[[signin_device]]\nid = "gate"\n{shared}\n')
    assert found.class_file is not None
    assert found.class_file.training.shared_devices == devices


def test_a_flag_in_quotes_is_an_error(tmp_path: Path) -> None:
    assert errors_in(read(tmp_path, '[[signin_device]]\nid = "gate"\nshared = "yes"\n'))
