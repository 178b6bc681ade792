"""Open the networks of a process, once. Nothing is fetched here: what is not installed is an error, or None."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from verifier.language import say
from verifier.vision.face_net import FaceNet, InsightfaceFaceNet, OpencvZooFaceNet
from verifier.vision.packs import Pack, PackCondition, PackError, find_pack, locate_files, read_state
from verifier.vision.prepare import prepare_pack
from verifier.vision.yolox import PeopleNet

if TYPE_CHECKING:
    from verifier.vision.text import TextNet

TEXT_PACK = "rapidocr"
# Looks name the runtime, as the last digits of vectors differ; embedding contracts do not, as the vectors are equal otherwise.
OPENVINO_SUFFIX = "+openvino"
FaceRuntime = Literal["onnxruntime", "openvino", "auto"]


@dataclass(frozen=True, slots=True)
class Nets:
    """All opened networks of one process. `people` is None where no people pack is installed.

    `versions` maps a role to ``pack@digest``; `embedding_contract` goes beside every embedding that is kept.
    """

    faces: FaceNet
    people: PeopleNet | None
    text: TextNet
    versions: dict[str, str]
    embedding_contract: str


def open_nets(
    cache_dir: Path,
    models_dir: Path | None = None,
    threads: int = 1,
    face_pack: str = "opencv-zoo",
    people_pack: str | None = "yolox-nano",
    face_runtime: FaceRuntime = "onnxruntime",
) -> Nets:
    """Open the networks; the first call on a machine prepares them, which takes a second.

    Args:
        cache_dir: Where prepared and pulled packs live.
        models_dir: Where else to look for files of weights.
        threads: Processor threads a network; the answer to one picture is the same for the same number.
        face_pack, people_pack: Names of packs; `people_pack` None means faces only, also when one is installed.
        face_runtime: What computes the face vectors, see `choose_runtime`.
    Raises: PackError: a face or text file is missing, any file has a wrong digest, or the runtime is not installed.
    """
    faces = open_face_net(cache_dir, models_dir, threads, face_pack, face_runtime)
    text, text_version = _open_text(cache_dir, models_dir, threads)
    people = None if people_pack is None else open_people_net(cache_dir, models_dir, threads, people_pack)
    versions = {"faces": faces.version, "text": text_version}
    if people is not None:
        versions["people"] = people.version
    return Nets(faces, people, text, versions, faces.embedding_contract)


def choose_runtime(pack: Pack, wanted: FaceRuntime) -> Literal["onnxruntime", "openvino"]:
    """Which runtime computes a pack's vectors: other packs than OpenCV Zoo's run on onnxruntime whatever is wanted.

    `auto` takes OpenVINO where it is installed. All workers of one installation must then have it, or none, since the version of a
    look names the runtime.

    Raises: PackError: OpenVINO is wanted and the extra ``openvino`` is not installed.
    """
    if wanted == "onnxruntime" or pack.loader != "yunet-sface":
        return "onnxruntime"
    if find_spec("openvino") is not None:
        return "openvino"
    if wanted == "auto":
        return "onnxruntime"
    raise PackError(
        say("已设置用 OpenVINO 计算人脸向量，但未安装。请运行：pip install 'classroom-evidence-verifier[openvino]'")
    )


def installed_versions(
    cache_dir: Path,
    models_dir: Path | None,
    face_pack: str,
    people_pack: str | None,
    face_runtime: FaceRuntime = "onnxruntime",
) -> tuple[dict[str, str], str]:
    """What `open_nets` would say in ``versions`` and ``embedding_contract``, without loading a network.

    Raises: PackError: there is no pack of a given name, or the runtime is not installed.
    """
    faces = find_pack(face_pack)
    version = faces.version
    if choose_runtime(faces, face_runtime) == "openvino":
        version += OPENVINO_SUFFIX
    versions = {"faces": version, "text": find_pack(TEXT_PACK).version}
    if people_pack is not None:
        people = find_pack(people_pack)
        if read_state(people, cache_dir, models_dir).condition is not PackCondition.MISSING:
            versions["people"] = people.version
    return versions, faces.embedding_contract


def open_face_net(
    cache_dir: Path,
    models_dir: Path | None = None,
    threads: int = 1,
    name: str = "opencv-zoo",
    engine: FaceRuntime = "onnxruntime",
) -> FaceNet:
    """Open one face pack alone.

    Args:
        engine: What computes the vectors, see `choose_runtime`.
    Raises:
        PackError: it is no face pack, a file is missing or wrong, or the runtime is not installed.
    """
    pack = find_pack(name)
    _want_role(pack, "faces")
    files = prepare_pack(pack, cache_dir, models_dir)
    if pack.loader != "yunet-sface":
        return InsightfaceFaceNet(files, pack.version, pack.embedding_contract, threads)
    if choose_runtime(pack, engine) == "openvino":
        from verifier.vision.openvino_net import OpenvinoFaceNet

        return OpenvinoFaceNet(files, pack.version + OPENVINO_SUFFIX, pack.embedding_contract, threads)
    return OpencvZooFaceNet(files, pack.version, pack.embedding_contract, threads)


def open_people_net(
    cache_dir: Path, models_dir: Path | None = None, threads: int = 1, name: str = "yolox-nano"
) -> PeopleNet | None:
    """Open one people pack alone; None where it is not installed. Raises: PackError: a file has a wrong digest."""
    pack = find_pack(name)
    _want_role(pack, "people")
    if read_state(pack, cache_dir, models_dir).condition is PackCondition.MISSING:
        return None
    return PeopleNet(prepare_pack(pack, cache_dir, models_dir)["detect"], pack.version, threads)


def _open_text(cache_dir: Path, models_dir: Path | None, threads: int) -> tuple[TextNet, str]:
    # Imported here, so that faces can be looked for without loading the text reader.
    from verifier.vision.text import open_text_net

    pack = find_pack(TEXT_PACK)
    locate_files(pack, cache_dir, models_dir)
    return open_text_net(threads), pack.version


def _want_role(pack: Pack, role: str) -> None:
    if role not in pack.roles:
        raise PackError(
            say(
                "模型包 {pack} 的用途是 {seen}，不能用作 {wanted}。",
                pack=pack.name,
                seen=", ".join(pack.roles),
                wanted=role,
            )
        )
