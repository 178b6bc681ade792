"""What `verifier evaluate` prints: errors of trials with their interval, and in words where so few trials can show nothing."""

from __future__ import annotations

import io

from rich.console import Console

from verifier.report.terminal import show_evaluation

RATE = {"errors": 1, "trials": 40, "rate": 0.025, "low": 0.0006, "high": 0.1316}
ANSWER = {
    "folder": "people [b]", "people": 5, "enrolment_pictures": 5, "test_pictures": 40, "strangers": 7, "crowd_faces": 12,
    "refused_enrolments": {"P1": "blurred"}, "unreadable": [], "calibration": "own",
    "methods": [
        {
            "name": "calibrated", "rank1_errors": RATE,
            "at_fpir": [
                {"fpir": 0.01, "refused": "too few", "threshold": None, "fnir": None, "wrong_identity": None},
                {"fpir": 0.1, "refused": None, "threshold": 1.25, "fnir": RATE, "wrong_identity": RATE},
            ],
        }
    ],
    "budget": {"name": "b", "false_flag_rate": 0.001, "false_match_rate": 0.01},
    "operating_point": {
        "candidates": 5, "limits": [{"inter_eye_px": 40, "match_from": 0.412, "stranger_below": 0.306}],
        "vouched_flag_rate": 0.0093, "refused": "322 pairs cannot show it. ",
    },
    "at_operating_point": {
        "stranger_matched": RATE,
        "stranger_found": {"errors": 0, "trials": 0, "rate": None, "low": 0.0, "high": 1.0},
    },
    "notes": ["a note"],
}  # fmt: skip


def test_an_evaluation_is_a_table_for_people() -> None:
    """Names with brackets stay text; what the data cannot show is said in the place of the number."""
    out = io.StringIO()
    show_evaluation(ANSWER, Console(file=out, width=160))
    told = out.getvalue()
    assert "people [b]" in told
    assert "1/40 = 2.50% [0.06%, 13.16%]" in told
    assert "人群中的脸12张" in told
    assert "too few" in told
    assert "0/0" in told  # nobody to show it with
    assert "0.412" in told
    assert "0.306" in told
    assert "322 pairs cannot show it. 疑点所称的误判可能性不会低于0.93%" in told
    assert "1.25" in told
    assert "陌生人被认作学员" in told
    assert "{'P1': 'blurred'}" in told
