"""The JSON contract of `check` and `nightly` as required keys and types; what is not named here may be added freely.

A shape is a type, a tuple of types, a list with one shape, a dict of required keys, or a set of allowed words; `Maybe` allows null.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Maybe:
    """Null, or the shape."""

    shape: Any


NUMBER = (int, float)
OUTCOMES = {"passed", "failed", "unsure", "not_applicable", "not_run"}
FINDING = {"check": str, "outcome": OUTCOMES, "reason": str, "profile": str, "measured": dict}
STAMP = {
    "taken_at": Maybe(str), "weekday": Maybe(str), "address": Maybe(str), "longitude": Maybe(NUMBER),
    "latitude": Maybe(NUMBER), "code": Maybe(str), "app": Maybe(str), "lines": [str],
}  # fmt: skip
CAMERA = {
    "taken_at": Maybe(str), "offset": Maybe(str), "longitude": Maybe(NUMBER), "latitude": Maybe(NUMBER),
    "make": Maybe(str), "model": Maybe(str), "software": Maybe(str),
}  # fmt: skip
FACE = {
    "box_xywh": [NUMBER], "score": NUMBER, "state": {"matched", "teacher", "stranger", "unclear", "unreadable"},
    "student_no": Maybe(str), "similarity": Maybe(NUMBER), "match_probability": Maybe(NUMBER),
}  # fmt: skip
PHOTO = {
    "file": str, "sha256": str, "session": Maybe(str), "view": Maybe({"front", "back"}), "stamp": Maybe(STAMP),
    "camera": Maybe(CAMERA), "faces": [FACE], "people_count": Maybe(int), "findings": [FINDING], "outcome": OUTCOMES,
}  # fmt: skip
VERSIONS = {"code": str, "packs": {"faces": str}, "policy": str}
SESSION = {
    "id": str, "expected": Maybe(int), "present": Maybe(int), "rate": Maybe(NUMBER), "outcome": OUTCOMES,
    "students": [{"student_no": str, "presence": {"present", "absent", "unsure", "leave"}, "because": [str]}],
}  # fmt: skip
STUDENT = {"student_no": str, "attended_hours": NUMBER, "planned_hours": NUMBER, "exam_eligible": Maybe(bool)}
CASE = {
    "kind": str, "session": Maybe(str), "student_no": Maybe(str), "photo": Maybe(str), "box_xywh": [NUMBER],
    "reason": str, "probability": Maybe(NUMBER),
}  # fmt: skip
VIOLATION = {
    "rule": str, "code": str, "state": {"proposed", "confirmed", "dismissed", "needs_check"}, "session": Maybe(str),
    "reason": str, "evidence": [str],
}  # fmt: skip
CHECK = {"versions": VERSIONS, "photos": [PHOTO]}
NIGHTLY = {**CHECK, "sessions": [SESSION], "students": [STUDENT], "cases": [CASE], "violations": [VIOLATION]}


def breaches(value: Any, shape: Any, at: str = "$") -> list[str]:
    """Everything in which a value departs from a shape, with where it stands."""
    if isinstance(shape, Maybe):
        return [] if value is None else breaches(value, shape.shape, at)
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return [f"{at} is {type(value).__name__}, an object is wanted"]
        missing = [f"{at}.{name} is missing" for name in shape if name not in value]
        return missing + [
            breach for name in shape if name in value for breach in breaches(value[name], shape[name], f"{at}.{name}")
        ]
    if isinstance(shape, list):
        if not isinstance(value, list):
            return [f"{at} is {type(value).__name__}, a list is wanted"]
        return [breach for place, item in enumerate(value) for breach in breaches(item, shape[0], f"{at}[{place}]")]
    if isinstance(shape, set):
        return [] if value in shape else [f"{at} is {value!r}, none of {sorted(shape)}"]
    # True is an int to Python, and no number to anybody else.
    wrong = not isinstance(value, shape) or (isinstance(value, bool) and shape is not bool)
    return [f"{at} is {value!r}, {shape} is wanted"] if wrong else []
