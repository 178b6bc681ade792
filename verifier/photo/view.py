"""Was the photo taken from the front of the classroom, or from its back?

Looks at:         how many faces look towards the camera, against how many people are there.
Why it matters:   Art. 7(2) asks for one photo from the front and one from the back in each report.
Cannot tell when: few people are in the picture, or no people model is installed: then people seen from behind are not
                  counted, and a view from the back looks like an empty room.
Can be fooled by: people who turn round for the photo. What the uploader declared is a prior, not the truth.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from verifier.finding import Finding, Measured, Outcome
from verifier.language import Sentence, say
from verifier.observation import Look
from verifier.photo.context import PhotoContext
from verifier.plan import View

ID = "photo.view"


@dataclass(frozen=True, slots=True)
class ViewLimits:
    """When faces make a front view.

    Attributes:
        facing_yaw_deg: A head turned further shows its profile.
        min_people: A teacher and a passer-by face the back's camera too; three people say more.
        front_share: More than half of the people face the camera.
        back_share: At most one in five does, besides the teacher.
    """

    name: str = "view-2023"
    facing_yaw_deg: float = 60.0
    min_people: int = 3
    front_share: float = 0.5
    back_share: float = 0.2


VIEW_2023 = ViewLimits()


@dataclass(frozen=True, slots=True)
class SeenView:
    """The view the picture itself shows, None where it cannot be told.

    `people` is None without a people model; `code` says why the view is what it is.
    """

    view: View | None
    facing: int
    people: int | None
    code: str


def decide_view(look: Look, limits: ViewLimits = VIEW_2023) -> SeenView:
    """Tell front from back by what is in the picture, without what anybody declared."""
    facing = sum(abs(face.yaw_deg) <= limits.facing_yaw_deg for face in look.faces or ())
    counted = look.people if look.people is not None and look.people.method != "faces" else None
    if counted is None:
        if facing >= limits.min_people:
            return SeenView(View.FRONT, facing, None, "faces_towards_camera")
        return SeenView(None, facing, None, "no_people_model")
    people = max(counted.count, facing)
    if people < limits.min_people:
        return SeenView(None, facing, people, "too_few_people")
    if facing >= limits.min_people and facing > limits.front_share * people:
        return SeenView(View.FRONT, facing, people, "faces_towards_camera")
    if facing <= max(1.0, limits.back_share * people):
        return SeenView(View.BACK, facing, people, "people_from_behind")
    return SeenView(None, facing, people, "mixed")


def check(look: Look, context: PhotoContext, limits: ViewLimits = VIEW_2023) -> Finding:
    """Decide the view and hold it against the declaration; a contradiction is UNSURE: fingers slip."""
    seen, declared = decide_view(look, limits), context.submission.view
    measured: dict[str, Measured] = {
        "view": seen.view.value if seen.view else None,
        "declared": declared.value if declared else None,
        "facing_faces": seen.facing,
        "people": seen.people,
        "because": seen.code,
    }
    found = partial(Finding, ID, profile=limits.name, measured=measured)
    counts = _describe_counts(seen)
    if seen.view is None:
        why = _explain_doubt(seen)
        if declared is None:
            return found(
                Outcome.UNSURE, say("无法判断从教室前面还是后面拍摄：{counts}，{why}。", counts=counts, why=why)
            )
        return found(
            Outcome.UNSURE,
            say(
                "上传时声明从{declared}拍摄，画面无法证实也无法否定：{counts}，{why}。",
                declared=name_view(declared),
                counts=counts,
                why=why,
            ),
        )
    if declared is not None and declared is not seen.view:
        return found(
            Outcome.UNSURE,
            say(
                "上传时声明从{declared}拍摄，画面看来是从{seen}拍摄（{counts}），请核实。",
                declared=name_view(declared),
                seen=name_view(seen.view),
                counts=counts,
            ),
        )
    return found(Outcome.PASSED, say("照片从{seen}拍摄：{counts}。", seen=name_view(seen.view), counts=counts))


def name_view(view: View) -> Sentence:
    """What inspectors call a view."""
    return say("教室前面") if view is View.FRONT else say("教室后面")


def _describe_counts(seen: SeenView) -> Sentence:
    if seen.people is None:
        return say("{facing} 张人脸朝向镜头", facing=seen.facing)
    return say("约 {people} 人中 {facing} 张人脸朝向镜头", people=seen.people, facing=seen.facing)


def _explain_doubt(seen: SeenView) -> Sentence:
    return {
        "no_people_model": say("没有安装人体检测模型，看不到背对镜头的人"),
        "too_few_people": say("人数太少"),
        "mixed": say("朝向不一"),
    }[seen.code]
