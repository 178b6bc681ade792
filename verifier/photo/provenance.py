"""Is the file what its signer signed?

Looks at:         the C2PA manifest, where the camera or a program has written one.
Why it matters:   an intact signature tells which device or program made the file, and that nothing was changed since.
Cannot tell when: there is none, as with nearly all phones; a manifest whose contents do not agree may come from an app that
                  copied it along when it drew its stamp.
Can be fooled by: anybody can sign with an own certificate: without a trust list only the contents are vouched for.
"""

from __future__ import annotations

from functools import partial

from verifier.finding import Finding, Measured, Outcome
from verifier.language import say
from verifier.observation import Look, ManifestState
from verifier.photo.context import PhotoContext

ID = "photo.provenance"
PROFILE = "provenance-c2pa-2.1"
# IPTC NewsCodes "digital source type": made by a generative model from nothing but words or other data.
GENERATED = "trainedAlgorithmicMedia"


def check(look: Look, context: PhotoContext) -> Finding:
    """Judge the manifest. Its absence means nothing; only an intact one that says "generated" is a failure.

    Args:
        look: What was seen in the photo.
        context: Names the file.
    """
    found = partial(Finding, ID, profile=PROFILE)
    file, seen = context.submission.file, look.provenance
    if seen is None or seen.state is ManifestState.ABSENT:
        reason = say("照片“{file}”不带来源签名（C2PA）。多数手机都不写，来源未知，不说明问题。", file=file)
        return found(Outcome.NOT_APPLICABLE, reason)
    measured: dict[str, Measured] = {"state": seen.state.value, "signer": seen.signer, "generator": seen.generator,
                                     "failures": ", ".join(seen.failures)}  # fmt: skip
    if seen.state is ManifestState.UNREAD:
        reason = say(
            "照片“{file}”带有来源签名（C2PA），但本系统未安装 provenance 附加组件（c2pa-python），没有核验。", file=file
        )
        return found(Outcome.NOT_APPLICABLE, reason, measured=measured)
    if seen.state is ManifestState.BROKEN:
        reason = say("照片“{file}”的来源签名（C2PA）已损坏，无法读取，来源未知。", file=file)
        return found(Outcome.NOT_APPLICABLE, reason, measured={**measured, "detail": seen.detail})
    who = {"file": file, "signer": seen.signer or "?", "generator": seen.generator or "?"}
    if seen.state is ManifestState.CHANGED:
        reason = say(
            "照片“{file}”的内容与其来源签名（C2PA，{signer}，由 {generator} 生成）不一致：签名之后文件又被改动（{failures}）。"
            "要求：签名与内容一致。水印软件连同签名一起复制也会如此，请人工查看。",
            **who,
            failures=", ".join(seen.failures) or "?",
        )
        return found(Outcome.UNSURE, reason, measured=measured)
    if GENERATED in seen.source_types:
        reason = say(
            "照片“{file}”的来源签名（C2PA，{signer}，由 {generator} 生成）完好，"
            "并写明图像由人工智能生成（{kind}）；要求为实拍照片。",
            **who,
            kind=GENERATED,
        )
        return found(Outcome.FAILED, reason, measured=measured)
    if seen.state is ManifestState.TRUSTED:
        reason = say(
            "照片“{file}”的来源签名（C2PA）完好且签名者可信：{signer}，由 {generator} 生成，此后未改动。", **who
        )
    else:
        reason = say(
            "照片“{file}”的来源签名（C2PA）完好：由 {generator} 生成，此后未改动；签名者自称 {signer}，其身份未经担保。",
            **who,
        )
    return found(Outcome.PASSED, reason, measured=measured)
