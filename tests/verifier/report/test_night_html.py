"""The report is one file that says everything, shows the flagged photos and lets nothing run."""

from __future__ import annotations

import base64
import io
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from PIL import Image

from tests.builders.answers import a_case, a_finding, a_photo, a_picture, a_student, an_answer, an_id
from verifier.report import write_night_report

HOSTILE = "<img src=x onerror=alert(1)>'\"{{7*7}}.jpg"


class Page(HTMLParser):
    """What a browser would make of the file: elements with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] != "style":
            self.text += data

    def images(self) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.elements if tag == "img"]


def read(path: Path) -> Page:
    return Page(path.read_text(encoding="utf-8"))


def test_everything_found_is_in_the_report(tmp_path: Path):
    path = write_night_report(an_answer(), tmp_path, lambda _: a_picture())
    assert path == tmp_path / "night-2023-06-13.html"
    page = read(path)
    for sentence in (
        "水印时间2023-06-11 09:12，课次为2023-06-12 08:30至11:50。",
        "S02（李四）已签到，但2张照片中每张脸都能看清且都不是此人。",
        "监管过程中发现学员到课率低于80%的",
        "查看超过180秒，已中止。",
        "课次尚未结束。",
        "66.66%–100%",
        "不可参加（到课不足）",
    ):
        assert sentence in page.text


def test_it_asks_nothing_of_any_other_file_or_host(tmp_path: Path):
    page = read(write_night_report(an_answer(), tmp_path, lambda _: a_picture()))
    addresses = [
        value for _, attributes in page.elements for name, value in attributes.items() if name in ("src", "href")
    ]
    assert all((address or "").startswith("data:image/jpeg;base64,") for address in addresses)
    assert not [tag for tag, _ in page.elements if tag in ("script", "link", "iframe")]
    assert [entry.name for entry in tmp_path.iterdir()] == ["night-2023-06-13.html"]


def test_pictures_are_small_copies_of_failed_photos_and_of_photos_with_a_case(tmp_path: Path):
    photos = [
        a_photo(1, outcome="passed"),
        a_photo(2, outcome="unsure"),
        a_photo(3, outcome="unsure"),
        a_photo(4, outcome="failed"),
    ]
    asked: list[str] = []

    def picture(photo_id: str) -> bytes:
        asked.append(photo_id)
        return a_picture((4000, 3000))

    page = read(write_night_report(an_answer(photos=photos, cases=[a_case(photo_id=an_id(2))]), tmp_path, picture))
    assert asked == [an_id(2), an_id(4)], "the one with a case comes first"
    data = base64.b64decode((page.images()[0]["src"] or "").partition(",")[2])
    assert Image.open(io.BytesIO(data)).size == (1600, 1200)


def test_more_photos_than_the_limit_are_counted_not_hidden(tmp_path: Path):
    photos = [a_photo(n, outcome="failed") for n in range(1, 6)]
    page = read(
        write_night_report(an_answer(photos=photos, cases=[]), tmp_path, lambda _: a_picture(), picture_limit=2)
    )
    assert len(page.images()) == 2
    assert "共5张，这里附图2张；其余3张只列结论" in page.text
    assert all(f"photos/{n}.jpg" in page.text for n in range(1, 6))


@pytest.mark.parametrize("error", [KeyError("gone"), OSError("damaged"), ValueError("broken")])
def test_a_picture_that_cannot_be_had_is_told_and_stops_nothing(tmp_path: Path, error: Exception):
    def picture(_: str) -> bytes:
        raise error

    page = read(write_night_report(an_answer(), tmp_path, picture))
    assert "图片无法显示。" in page.text
    assert "水印时间2023-06-11 09:12" in page.text


@pytest.mark.parametrize("outcome", ["failed", "not_run"])
def test_a_file_that_could_not_be_decoded_is_not_decoded_again(tmp_path: Path, outcome: str):
    photo = a_photo(2, outcome="failed", findings=[a_finding("photo.decodes", outcome, "打不开。")])

    def picture(_: str) -> bytes:
        raise AssertionError("asked for the picture of a poisoned file")

    assert "图片无法显示。" in read(write_night_report(an_answer(photos=[photo]), tmp_path, picture)).text


def test_names_files_and_stamps_stay_text(tmp_path: Path):
    photo = a_photo(2, file=HOSTILE, outcome="failed", findings=[a_finding(outcome="failed", reason=HOSTILE)])
    answer = an_answer(photos=[photo], students=[a_student(name=HOSTILE)], cases=[a_case(reason=HOSTILE, file=HOSTILE)])
    page = read(write_night_report(answer, tmp_path, lambda _: a_picture()))
    assert page.text.count(HOSTILE) >= 4
    assert all((image["src"] or "").startswith("data:") for image in page.images())
    assert not [attributes for _, attributes in page.elements if "onerror" in attributes]


def test_a_file_name_with_stray_bytes_is_shown_escaped(tmp_path: Path):
    name = b"photos/\xff.jpg".decode("utf-8", "surrogateescape")
    page = read(
        write_night_report(an_answer(photos=[a_photo(2, file=name, outcome="failed")]), tmp_path, lambda _: a_picture())
    )
    assert "\\udcff.jpg" in page.text


def test_the_same_answer_gives_the_same_bytes_readable_by_their_owner_only(tmp_path: Path):
    first = write_night_report(an_answer(), tmp_path / "a", lambda _: a_picture())
    second = write_night_report(an_answer(), tmp_path / "b", lambda _: a_picture())
    assert first.read_bytes() == second.read_bytes()
    assert first.stat().st_mode & 0o077 == 0


def test_a_report_that_fails_leaves_the_former_one_whole(tmp_path: Path):
    path = write_night_report(an_answer(), tmp_path, lambda _: a_picture())
    before = path.read_bytes()

    def picture(_: str) -> bytes:
        raise RuntimeError("a fault of ours")

    with pytest.raises(RuntimeError):
        write_night_report(an_answer(), tmp_path, picture)
    assert path.read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1


def test_english_says_the_same_without_chinese_words_of_ours(tmp_path: Path):
    answer = an_answer(photos=[], cases=[], violations=[], sessions=[], students=[], not_closed=[], classes=[])
    page = read(write_night_report(answer, tmp_path, lambda _: a_picture(), language="en"))
    assert "Nothing needs a person." in page.text
    assert re.findall(r"[\u4e00-\u9fff]+", page.text) == []


def test_an_answer_of_the_records_alone_needs_no_night_and_no_versions(tmp_path: Path):
    answer = an_answer(day=None, since=None)
    for name in ("night", "versions", "not_closed"):
        del answer[name]
    answer["sessions"][0] |= {
        "closed": False,
        "present": None,
        "expected": None,
        "unsure": None,
        "leave": None,
        "findings": [],
    }
    page = read(write_night_report(answer, tmp_path, lambda _: a_picture()))
    assert "尚未结课" in page.text
    assert "2023-06-12 – 2023-06-13" in page.text
