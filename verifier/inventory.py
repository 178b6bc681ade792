"""What judges here: the packs that are installed and in force, the face pack's calibration, and the policy, as plain values."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from verifier import __version__
from verifier.attendance.calibration import load_calibration
from verifier.looking import look_versions
from verifier.regulation.policy import Policy
from verifier.settings import Settings
from verifier.vision.packs import list_packs, read_state


def describe_packs(settings: Settings) -> list[dict[str, Any]]:
    """Every pack that is known, those in force first, with its state and the faults of its files."""
    used = {settings.face_pack, settings.people_pack}
    found = []
    for pack in list_packs():
        state = read_state(pack, settings.cache_dir, settings.models_dir)
        found.append(
            {
                "name": pack.name, "version": pack.version, "roles": list(pack.roles), "used": pack.name in used,
                "state": state.condition.value, "faults": list(state.faults), "licence": pack.licence.spdx,
                "commercial": pack.licence.commercial_use, "summary": pack.summary, "source": pack.source_url,
                "files": [{"name": each.name, "sha256": each.sha256} for each in pack.files],
            }
        )  # fmt: skip
    return sorted(found, key=lambda each: (not each["used"], str(each["name"])))


def describe_calibration(settings: Settings) -> dict[str, Any] | None:
    """What the likeness of faces is weighed by, and what it was measured on; None where the pack has none."""
    try:
        found = load_calibration(settings.face_pack, settings.models_dir)
    except FileNotFoundError:
        return None
    return {"name": found.name, "pack": found.pack} | asdict(found.data)


def describe_policy(policy: Policy) -> dict[str, Any]:
    """The regulation in force: its rules, and the numbers that it fixes or leaves to the bureau."""
    parameters = [each for dated in policy.parameters.values() for each in dated]
    return {
        "name": policy.name, "version": policy.version, "title": policy.title, "document": policy.document,
        "from_day": policy.from_day, "to_day": policy.to_day, "rules": [each.citation for each in policy.rules],
        "parameters": sorted(parameters, key=lambda each: (not each.to_be_set, each.name, each.from_day)),
    }  # fmt: skip


def describe_versions(settings: Settings) -> dict[str, str]:
    """The versions that the next look at a picture will have."""
    return {"verifier": __version__} | look_versions(settings)[0]
