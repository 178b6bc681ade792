"""What the pages say, in both languages, about sound, hostile, empty and unknown things."""

from __future__ import annotations

from datetime import date
from html import unescape
from urllib.parse import quote

import pytest
from httpx import Response
from starlette.testclient import TestClient

from api.server import create_app
from tests.builders.answers import (
    CLASS,
    OTHER_CLASS,
    FakeSource,
    a_case,
    a_class,
    a_face,
    a_finding,
    a_photo,
    a_session,
    a_student,
    a_student_in_session,
    a_violation,
    an_answer,
    an_id,
)
from verifier.settings import Settings

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(2)>\"'"


def a_client(source: FakeSource | None = None) -> TestClient:
    return TestClient(create_app(Settings(login="off"), source or FakeSource(an_answer())), base_url="http://127.0.0.1")


def get(path: str, source: FakeSource | None = None) -> Response:
    return a_client(source).get(path)


def test_today_says_what_waits_failed_and_was_not_checked():
    html = get("/").text
    for sentence in (
        "到课率低于规定 13(1)(4)",
        "S02（李四）已签到",
        "水印时间2023-06-11 09:12，课次为2023-06-12",
        "查看超过180秒，已中止。",
        "有1个课次已上完而尚未结课",
        "新看照片4张",
    ):
        assert sentence in html
    assert f'href="/photos/{an_id(2)}"' in html
    assert f'href="/classes/{CLASS}"' in html


def test_today_shows_two_weeks_up_to_the_last_closed_day_or_the_days_asked_for():
    source = FakeSource(an_answer())
    client = a_client(source)
    client.get("/")
    client.get("/?since=2023-01-01&until=2023-02-01")
    client.get("/?since=&until=")
    assert source.asked == [
        (date(2023, 5, 31), date(2023, 6, 13), None),
        (date(2023, 1, 1), date(2023, 2, 1), None),
        (date(2023, 5, 31), date(2023, 6, 13), None),
    ]


def test_a_wrong_date_is_told_with_how_to_write_it():
    answer = get("/?since=12.06.2023")
    assert answer.status_code == 422
    assert "2023-06-12" in answer.text


@pytest.mark.parametrize(("state", "told"), [("running", "正在进行"), ("broken_off", "被中断"), ("failed", "出错")])
def test_a_night_that_did_not_finish_is_said_first(state: str, told: str):
    night = an_answer()["night"] | {"state": state, "error": "disk full"}
    assert told in get("/", FakeSource(an_answer(night=night))).text


def test_an_empty_beginning_says_what_to_do():
    empty = {key: [] for key in ("photos", "sessions", "students", "cases", "violations", "not_closed", "classes")}
    answer = get("/", FakeSource(an_answer(**empty, night=None)))
    assert answer.status_code == 200
    assert "先运行 verifier nightly" in answer.text
    assert "还没有可画的数据" in answer.text


def test_a_session_that_failed_without_any_photo_is_on_todays_page():
    missing = a_session(findings=[a_finding("session.reports", "failed", "没有收到照片。应有前后各一张。")])
    assert "应有前后各一张" in get("/", FakeSource(an_answer(sessions=[missing], photos=[]))).text


def test_the_class_page_shows_each_presence_as_sign_and_word_with_a_way_to_its_evidence():
    html = get(f"/classes/{CLASS}").text
    for state, sign, word in (("present", "✓", "到"), ("absent", "✗", "缺"), ("unsure", "?", "疑")):
        assert f'<td class="v-cell v-{state}">' in html
        assert f">{sign}{word}</a></td>" in html
    assert f'href="/classes/{CLASS}/sessions/2023-06-12-am#s-S02"' in html
    assert "不可参加（到课不足）" in html
    assert "66.66%–<wbr>100%" in html


def test_the_class_page_is_about_one_class():
    html = get(f"/classes/{OTHER_CLASS}").text
    assert "育婴员" in html
    assert "李四" not in html


def test_the_session_page_says_why():
    html = get(f"/classes/{CLASS}/sessions/2023-06-12-am").text
    for sentence in ("face in photos/1.jpg (0.61)", "signed in 08:21", "上午照片反馈已收到2张", "王五", "66.66%"):
        assert sentence in html
    assert 'id="s-S02"' in html


def test_a_violation_over_several_sessions_is_on_the_page_of_each():
    violation = a_violation(sessions=["2023-06-12-am", "2023-06-12-pm"])
    source = FakeSource(an_answer(violations=[violation]))
    assert violation["quote"] in get(f"/classes/{CLASS}/sessions/2023-06-12-pm", source).text
    assert violation["quote"] not in get(f"/classes/{CLASS}/sessions/2023-06-13-am", source).text


def test_the_photo_page_sets_stamp_camera_and_filing_side_by_side_and_marks_contradictions():
    html = get(f"/photos/{an_id(2)}").text
    for value in (
        "2023-06-11 09:12:00 +08:00",
        "2023-06-12 09:12:04 +08:00",
        "2023-06-12 08:30:00 – 2023-06-12 11:50:00",
    ):
        assert value in html
    assert html.count("矛盾") == 1, "only the row whose check failed"
    assert "28.570066° N, 112.355129° E" in html
    assert f"{2:064x}" in html
    assert f'src="/photos/{an_id(2)}/annotated.jpg"' in html
    assert f'href="/photos/{an_id(2)}/original"' in html


def test_the_photo_page_holds_every_finding_and_every_face():
    photo = a_photo(
        7,
        findings=[
            a_finding("photo.view", "unsure", "句子view"),
            a_finding("photo.room", "passed", "句子room"),
            a_finding("photo.pair", "not_applicable", "句子pair"),
        ],
        faces=[a_face(), a_face("teacher", None, teacher_number="T01"), a_face("unreadable", None, unreadable_because="blurred")],
    )  # fmt: skip
    answer = an_answer(photos=[photo], classes=[a_class(teachers=[{"number": "T01", "name": "王老师"}])])
    html = get(f"/photos/{an_id(7)}", FakeSource(answer)).text
    for shown in ("句子view", "句子room", "句子pair", "张三", "T01", "王老师", "看不清", "模糊", "0.61"):
        assert shown in html


def test_a_photo_that_could_not_be_opened_is_not_drawn():
    html = get(f"/photos/{an_id(3)}").text
    assert "annotated.jpg" not in html
    assert "这个文件打不开" in html


def test_the_annotated_copy_is_a_jpeg():
    answer = get(f"/photos/{an_id(1)}/annotated.jpg")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8")


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("a.jpg", "a.jpg"),
        ("上午 前.jpg", "__ _.jpg"),
        ('x"; filename=evil.exe\r\nSet-Cookie: a=b', "x__ filename_evil.exe__Set-Cookie_ a_b"),
        ("../../etc/passwd", "passwd"),
        ("长" * 255, "_" * 255),
    ],
)
def test_the_original_is_for_saving_under_its_own_name(name: str, plain: str):
    answer = get(f"/photos/{an_id(1)}/original", FakeSource(an_answer(), file=name))
    assert answer.content == b"\xff\xd8original"
    disposition = answer.headers["content-disposition"]
    base = name.rpartition("/")[2]
    assert disposition == f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(base, safe='')}"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert "set-cookie" not in answer.headers


def test_an_original_that_is_no_picture_is_handed_out_as_plain_bytes():
    class Odd(FakeSource):
        def original(self, _photo_id: str) -> tuple[bytes, str, str]:
            return b"<html>", "text/html", "evil.html"

    assert get(f"/photos/{an_id(1)}/original", Odd(an_answer())).headers["content-type"] == "application/octet-stream"


@pytest.mark.parametrize(
    "path",
    [
        "/nothing",
        "/classes/UNKNOWN",
        f"/classes/{CLASS}/sessions/unknown",
        "/classes/UNKNOWN/sessions/2023-06-12-am",
        f"/photos/{an_id(999)}",
        "/photos/not-an-id",
        f"/photos/{an_id(999)}/annotated.jpg",
        f"/photos/{an_id(999)}/original",
    ],
)
def test_what_is_not_there_is_a_404_page(path: str):
    answer = get(path)
    assert answer.status_code == 404
    assert "没有这个页面" in answer.text


def test_other_methods_are_refused_as_a_page():
    answer = a_client().post("/")
    assert answer.status_code == 405
    assert "GET" in answer.headers["allow"]


@pytest.mark.parametrize("number", ["益人社(2023)/12", "a b&c?d#e", "100%", HOSTILE])
def test_class_and_session_numbers_may_hold_any_character(number: str):
    session = a_session(**{"class": number}) | {"id": number}
    source = FakeSource(
        an_answer(
            classes=[a_class(number)],
            sessions=[session],
            photos=[],
            cases=[],
            violations=[],
            students=[],
            not_closed=[],
        )
    )
    client = a_client(source)
    html = client.get("/").text
    class_url = f"/classes/{quote(number, safe='')}"
    assert f'href="{class_url}"' in html
    html = client.get(class_url).text
    assert f'href="{class_url}/sessions/{quote(number, safe="")}"' in html
    assert client.get(f"{class_url}/sessions/{quote(number, safe='')}").status_code == 200


def test_nothing_that_comes_from_outside_becomes_markup():
    photo = a_photo(
        2,
        file=HOSTILE,
        outcome="failed",
        stamp=a_photo()["stamp"] | {"lines": [HOSTILE]} | dict.fromkeys(("address", "app", "taken_at", "weekday"), HOSTILE),
        camera=a_photo()["camera"] | {"make": HOSTILE, "software": HOSTILE},
        findings=[a_finding(outcome="failed", reason=HOSTILE, check=HOSTILE)],
    )  # fmt: skip
    student_no = "S<i>9"
    session = a_session(
        students=[a_student_in_session(student_no, "absent", HOSTILE)],
        findings=[a_finding(outcome="failed", reason=HOSTILE)],
    )
    answer = an_answer(
        photos=[photo],
        sessions=[session],
        students=[a_student(student_no, HOSTILE)],
        classes=[a_class(agency=HOSTILE, occupation=HOSTILE, venue=HOSTILE)],
        cases=[a_case(reason=HOSTILE, file=HOSTILE, kind=HOSTILE, student_no=student_no)],
        violations=[a_violation(reason=HOSTILE, quote=HOSTILE, label=HOSTILE)],
        not_closed=[{"class": CLASS, "session": "x", "reason": HOSTILE}],
    )
    client = a_client(FakeSource(answer))
    for path in (
        "/",
        f"/classes/{CLASS}",
        f"/classes/{CLASS}/sessions/{session['id']}",
        f"/photos/{an_id(2)}",
    ):
        html = client.get(path).text
        assert "<script>" not in html, path
        assert "<img src=x" not in html, path
        assert "<i>" not in html, path
        assert HOSTILE in unescape(html), path


def test_english_is_asked_for_once_and_kept():
    source = FakeSource(an_answer())
    client = a_client(source)
    first = client.get(f"/classes/{CLASS}?lang=en")
    assert '<html lang="en">' in first.text
    assert "Suspected impersonation" in first.text
    cookie = first.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert '<html lang="en">' in client.get("/").text
    assert '<html lang="zh-CN">' in client.get("/?lang=zh").text
    assert '<html lang="zh-CN">' in client.get("/").text
    assert source.languages == ["en", "en", "zh_CN", "zh_CN"]


def test_the_setting_decides_where_nobody_chose_and_nonsense_changes_nothing():
    app = create_app(Settings(language="en", login="off"), FakeSource(an_answer()))
    client = TestClient(app, base_url="http://127.0.0.1", cookies={"verifier_language": "tlh"})
    answer = client.get("/?lang=../../etc")
    assert '<html lang="en">' in answer.text
    assert "set-cookie" not in answer.headers


def test_sixty_students_in_sixty_sessions_are_one_grid_with_a_way_to_the_evidence_in_every_cell():
    """How long it takes is measured by benchmarks/pages.py: other work on a machine must not fail a test."""
    students = [a_student(f"S{n:02d}", f"学员{n}") for n in range(60)]
    there = [
        a_student_in_session(f"S{n:02d}", ("present", "absent", "unsure", "leave")[n % 4], "because") for n in range(60)
    ]
    sessions = [
        a_session(f"2023-{6 + n // 28:02d}-{n % 28 + 1:02d}-{half}", students=there)
        for n in range(30)
        for half in ("am", "pm")
    ]
    client = a_client(FakeSource(an_answer(students=students, sessions=sessions)))
    html = client.get(f"/classes/{CLASS}").text
    assert html.count('<td class="v-cell v-') == html.count("#s-S") == 60 * 60
    assert html.count('class="v-cell v-present"><a') == 15 * 60
