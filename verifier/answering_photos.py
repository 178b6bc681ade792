"""Some photos of one class as the JSON contract has them: read by their ids, without anything else of the class's records."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session as Tx

from verifier.answers import describe_recorded_photo
from verifier.records.filing import read_training
from verifier.records.reading import read_photos
from verifier.settings import Settings
from verifier.shown_looks import find_old_versions, read_shown_looks


def answer_photos(
    tx: Tx, settings: Settings, class_number: str, photo_ids: Sequence[UUID], language: str | None = None
) -> list[dict[str, Any]]:
    """Those of the ids that are judged photos of the class, in the ids' order.

    Raises:
        NotInRecordsError: there is no such class.
    """
    training = read_training(tx, class_number, with_roster=False)
    photos = {each.id: each for each in read_photos(tx, class_number, photo_ids=photo_ids)}
    looks = read_shown_looks(tx, settings, {each.submission.sha256 for each in photos.values()})
    old = find_old_versions(settings, looks)
    return [
        describe_recorded_photo(
            photos[each], looks.get(sha256 := photos[each].submission.sha256), training, settings.zone, language,
            old_version=old.get(sha256),
        )
        for each in photo_ids
        if each in photos
    ]  # fmt: skip
