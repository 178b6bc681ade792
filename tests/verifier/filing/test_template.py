"""The empty class folder that a person fills in."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.builders.class_folder import a_picture
from tests.verifier.filing.faults import all_shown
from verifier.filing import Severity, read_class_folder, write_template


def test_an_empty_template_tells_exactly_what_to_fill_in(tmp_path: Path) -> None:
    """Every error is something missing, none is a mistake of ours."""
    written = write_template(tmp_path / "新班级")
    assert all(path.exists() for path in written)
    result = read_class_folder(tmp_path / "新班级")
    errors = [
        text for fault, text in zip(result.faults, all_shown(result), strict=True) if fault.severity is Severity.ERROR
    ]
    assert all(re.search(r"is empty|lacks|has no students", text) for text in errors), errors
    assert {re.search(r"lacks (\w+)|The (\w+) of|(roster)", text).group(0) for text in errors} == {  # type: ignore[union-attr]
        *(f"The {key} of" for key in ("name", "code", "number", "occupation", "id")),
        *(
            f"lacks {key}"
            for key in ("project_type", "term", "planned_hours", "date", "period", "starts", "ends", "hours")
        ),
        "roster",
    }


def test_a_filled_in_template_loads(tmp_path: Path) -> None:
    """Taking every # away from a sample and filling every quote is enough; so the samples are right."""
    write_template(tmp_path)
    toml = (tmp_path / "class.toml").read_text(encoding="utf-8")
    toml = re.sub(r"^# (\[|\w+ = )", r"\1", toml, flags=re.MULTILINE)
    for key, value in (("code", "52430900MJJ000001X"), ("id", "2023-06-12-am"), ("number", "T01")):
        toml = toml.replace(f'\n{key} = ""', f'\n{key} = "{value}"')
    toml = toml.replace('\nlink = ""', '\nlink = "https://live.example.cn/1"')
    toml = toml.replace('= ""', '= "填好"').replace("planned_hours = 80", "planned_hours = 4")
    (tmp_path / "class.toml").write_text(toml, encoding="utf-8")
    with (tmp_path / "roster.csv").open("a", encoding="utf-8") as roster:
        roster.write("S01,张三,,\n")
    for name in ("faces/S01.jpg", "teachers/T01.jpg", "photos/a.jpg"):
        (tmp_path / name).write_bytes(a_picture(len(name)))
    (tmp_path / "records").mkdir(exist_ok=True)
    (tmp_path / "records" / "2023-06-12-am.mp4").write_bytes(b"a recording")
    result = read_class_folder(tmp_path)
    assert [text.split(" | ")[0] for text in all_shown(result)] == [
        next(text for text in all_shown(result)).split(" | ")[0]
    ]
    assert "[session.venue] has no coordinates" in all_shown(result)[0]
    assert result.class_file is not None
    assert result.class_file.training.changes[0].what == "teacher"


@pytest.mark.parametrize("name", ["class.toml", "roster.csv", "photos"])
def test_nothing_is_overwritten(tmp_path: Path, name: str) -> None:
    """Whatever is there already, nothing at all is written."""
    (tmp_path / name).write_bytes(b"mine")
    with pytest.raises(FileExistsError, match=name):
        write_template(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert (tmp_path / name).read_bytes() == b"mine"
