"""What an inspector is told of copies, bursts and pictures that cannot be told apart."""

from __future__ import annotations

from typing import Any

import pytest

from tests.builders.looks import a_context, a_look
from tests.builders.plan import DAY
from verifier.finding import Finding, Outcome
from verifier.photo import reuse
from verifier.photo.context import OtherUse

HERE = {"class_number": "YY-2023-0071", "session_id": f"{DAY.isoformat()}-am"}


def a_use(how: str, **changes: Any) -> OtherUse:
    values: dict[str, Any] = {
        "how": how,
        "class_number": "YY-2023-0099",
        "session_id": "2023-06-10-am",
        "file": "photos/old.jpg",
        "sha256": "d" * 64,
        "received_first": True,
        "similarity": 0.97,
    }
    return OtherUse(**(values | changes))


def judge(*uses: OtherUse) -> Finding:
    return reuse.check(a_look(), a_context(other_uses=uses))


@pytest.mark.parametrize(
    ("use", "outcome", "told"),
    [
        pytest.param(a_use("picture", changes=("cropped", "mirrored")), Outcome.FAILED, ["97%", "裁剪、镜像"], id="copy"),
        pytest.param(a_use("picture", changes=("rotated",)), Outcome.FAILED, ["旋转"], id="turned"),
        pytest.param(a_use("picture", changes=("restamped",)), Outcome.FAILED, ["重新加水印"], id="stamped anew"),
        pytest.param(a_use("picture"), Outcome.FAILED, ["重新压缩或调整亮度"], id="only re-encoded"),
        pytest.param(a_use("picture", received_first=False), Outcome.PASSED, ["问题在后者"], id="copied later"),
        pytest.param(a_use("picture", **HERE), Outcome.PASSED, ["只计一次"], id="a copy in the same session"),
        pytest.param(a_use("burst", seconds_apart=2.0), Outcome.UNSURE, ["连拍", "2 秒", "不是翻用"], id="burst"),
        pytest.param(a_use("burst", seconds_apart=2.0, received_first=False), Outcome.UNSURE, ["连拍"], id="burst's first"),
        pytest.param(a_use("burst", seconds_apart=2.0, **HERE), Outcome.PASSED, ["未发现"], id="burst in one session"),
        pytest.param(a_use("bytes", **(HERE | {"session_id": None})), Outcome.UNSURE, ["没有对应到课次"], id="for no session"),
        pytest.param(
            a_use("picture", **(HERE | {"session_id": None}), changes=("restamped",)),
            Outcome.FAILED,
            ["重新加水印"],
            id="restamped and for no session",
        ),
        pytest.param(a_use("near"), Outcome.UNSURE, ["几乎相同", "人工比对"], id="nothing proves it"),
        pytest.param(a_use("near", **HERE), Outcome.PASSED, ["未发现"], id="alike in one session"),
    ],
)  # fmt: skip
def test_only_a_proven_copy_of_an_earlier_photo_fails(use: OtherUse, outcome: Outcome, told: list[str]) -> None:
    finding = judge(use)
    assert finding.outcome is outcome
    for part in told:
        assert part in str(finding.reason)
    assert "{" not in finding.reason.text("en")


def test_a_proven_copy_outweighs_a_doubt() -> None:
    finding = judge(a_use("burst", seconds_apart=1.0), a_use("picture", file="photos/first.jpg"))
    assert finding.outcome is Outcome.FAILED
    assert finding.measured["other_file"] == "photos/first.jpg"
    assert (finding.measured["earlier"], finding.measured["alike"]) == (1, 1)


def test_without_records_nobody_can_tell() -> None:
    assert reuse.check(a_look(), a_context(other_uses=None)).outcome is Outcome.NOT_APPLICABLE
